# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is ours cannot be looked at: that is no reason to take it for another's, or for nothing.
# shellcheck disable=SC2154 # $status, $output, $errors and $injected are set by run and inject
. tests/pins.sh
. tests/faults.sh

# blinded PREPARE CHECK COMMAND...: each look at a pin of ours fails once.
blinded()
{
	local prepare=$1 check=$2 points=0 n call pattern errno

	need jq
	shift 2
	while read -r call errno pattern; do
		"$prepare"
		for n in $(looks_of "$call" "$pattern" "$@"); do
			"$prepare"
			inject "$call" "error=$errno" "$n" "$@"
			# Links of other tests, which are asked for as well, move the calls.
			[[ $injected =~ $pattern ]] || continue
			((status == 0)) || [[ $errors == *": cannot "* ]] ||
				fail "$call $n: $injected: status $status: $errors"
			[[ $output$errors != *"that is no map"* ]] || fail "$call $n: $injected: $output$errors"
			"$check" "$call $n $errno: $injected"
			((++points))
		done
	done <<-END
		openat ENFILE %(links|progs)
		openat EACCES %(links|progs)
		newfstatat ENOMEM %(links|progs)|tc_|xdp
		faccessat ENOMEM %(links|progs)
		bpf ENOMEM BPF_OBJ_GET,
		bpf ENOMEM BPF_OBJ_GET_INFO_BY_FD
	END
	echo "blinded at $points points" >&2
	((points > 8)) || fail "blinded at $points points only"
}

by_link()
{
	unload --all --purge --foreign v0 >/dev/null 2>&1 || true
	rm -rf "$BPFFS/v0"
	load --link v0 objects/tc_pass.o >/dev/null
	load --link v0 objects/xdp_pass.o >/dev/null
}

names() { status --json v0 | jq -r '.programs[] | "\(.hook) \(.name) \(.ours)"' | sort; }

one_runs()
{
	local is

	# Partly done: the next run ends it.
	((status != 3)) || run pin_maps v0
	is=$(names)
	[[ $is == $'tc_ingress tc_drop true\nxdp xdp_pass true' ]] ||
		[[ $is == $'tc_ingress tc_pass true\nxdp xdp_pass true' && $status != 0 ]] ||
		fail "$1: status $status: there is: $is
$errors"
}

test_load_brings_no_second_program_when_ours_cannot_be_seen()
{
	blinded by_link one_runs load v0 objects/tc_drop.o
}

by_netlink()
{
	unload --all --purge --foreign v0 >/dev/null 2>&1 || true
	rm -rf "$BPFFS/v0"
	load v0 objects/tc_pass.o >/dev/null
	load v0 objects/xdp_pass.o >/dev/null
}

one_runs_pinned()
{
	one_runs "$1"
	[[ $(names) != *tc_drop* || -e $BPFFS/v0/%progs/tc_ingress/tc_drop ]] || fail "$1: not pinned"
}

test_load_pins_its_program_when_something_cannot_be_seen()
{
	blinded by_netlink one_runs_pinned load v0 objects/tc_drop.o
}

all_off()
{
	((status != 0)) || [[ -z $(names) ]] || fail "$1: status 0, and there is: $(names)
$errors"
}

test_unload_of_all_leaves_nothing_on_unsaid()
{
	blinded by_link all_off unload --all --purge v0
}

adopted()
{
	by_netlink
	rm "$BPFFS/v0/tc_stats_map"
}

as_it_was() { :; }

test_a_map_that_cannot_be_opened_is_not_said_to_be_none()
{
	blinded adopted as_it_was pin_maps v0
	blinded by_netlink as_it_was pin_maps v0
}
