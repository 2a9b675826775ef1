# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load on a tc hook where two programs are ours: the one that is not replaced stays attached, and
# ours.
# shellcheck disable=SC2154 # $status, $output, $errors and $injected are set by run and inject
. tests/pins.sh
. tests/faults.sh
. tests/loads.sh

# second OBJECT [OPTION...]: OBJECT is ours on the hook, and tc_drop beside it, as tc puts it on what
# was prepared. Sets $first and $other, their ids.
second()
{
	local object=$1

	shift
	need_tcx
	first=$(load "$@" v0 "$object" | sed -n 's/.*: program [^ ]* id \([0-9]*\).*/\1/p')
	load --no-attach v0 objects/tc_drop.o >/dev/null 2>&1
	tc qdisc add dev v0 clsact 2>/dev/null || true
	tc filter add dev v0 ingress pref 800 handle 1 bpf da pinned "$BPFFS/v0/%progs/tc_ingress/tc_drop"
	other=$(tc_prog v0 ingress 800)
}
first='' other=''

# expect_both: the first one is there as before, and ours, as is whatever is at pref 800.
expect_both()
{
	[[ $(status v0 | grep -c 'ours: loaded by ifbpf') == 2 ]] || fail "$1: $(status v0)"
	[[ $(status v0) == *" id $first"* && $(status v0) != *drift* && $(status v0) != *orphan* ]] ||
		fail "$1: $(status v0)"
}

test_the_link_of_a_program_that_stays_keeps_its_pin()
{
	local link way

	second objects/tc_pass.o --link
	link=$(link_of "$BPFFS/v0/%links/tc_ingress")
	for way in "" --netlink; do
		# shellcheck disable=SC2086 # an option or none
		expect_status 0 load $way --expect "$other" v0 objects/tc_drop.o
		[[ $errors == *"program tc_pass (id $first"*"tcx by link, stays on tc_ingress of v0"* ]] ||
			fail "it says: $errors"
		[[ $(link_of "$BPFFS/v0/%links/tc_ingress") == "$link" ]] || fail "its link went: $(status v0)"
		other=$(tc_prog v0 ingress 800)
		expect_both "${way:-as it was}"
	done
	send 3
	expect_totals v0 "tc_ingress TC_ACT_OK 3"
	expect_status 0 gc --old
	expect_both gc
	# The first one has a link still, and is updated where it is.
	expect_status 0 load --expect "$first" v0 objects/tc_echo.o
	[[ $(link_of "$BPFFS/v0/%links/tc_ingress") == "$link" ]] || fail "not updated: $(status v0)"
	expect_status 0 unload --all v0
	[[ -z $(find "$BPFFS/v0/%links" "$BPFFS/v0/%progs/tc_ingress" -type f) ]] ||
		fail "left: $(ls -R "$BPFFS/v0")"
}

test_a_second_link_on_a_hook_is_refused_and_the_way_is_said()
{
	local before

	second objects/tc_pass.o --link
	before=$(snapshot)
	expect_refusal "cannot load onto tc_ingress of v0 by link: program tc_pass (id $first" "$before" \
		load --link --expect "$other" v0 objects/tc_drop.o
	[[ $errors == *"unload v0 --hook tc_ingress --id $first"* && $errors == *"leave out --link"* ]] ||
		fail "it says: $errors"
	expect_status 2 load --dry-run --link --expect "$other" v0 objects/tc_drop.o
	expect_status 0 unload v0 --hook tc_ingress --id "$first"
	expect_status 0 load --link --expect "$other" v0 objects/tc_drop.o
	[[ -n $(link_of "$BPFFS/v0/%links/tc_ingress") && -z $(tc_prog v0 ingress 800) ]] ||
		fail "it is: $(status v0)"
}

test_a_program_that_stays_keeps_a_pin_when_its_name_goes()
{
	local new

	second objects/tc_pass.o --tc tcx
	expect_status 0 load --expect "$other" v0 objects/tc_pass.o
	[[ $errors == *"program $first, which is on tc_ingress of v0, is pinned as tc_pass%old-$first now"* ]] ||
		fail "it says: $errors"
	expect_both "after the load"
	# What has that name is what a next load replaces.
	new=$(tc_prog v0 ingress 800)
	expect_status 0 load v0 objects/tc_pass.o
	[[ $output == *"replaced program id $new"* ]] || fail "it says: $output$errors"
	expect_both "after one more"
	expect_status 0 unload --all v0
	[[ $output == *"$first"* && -z $(ls -A "$BPFFS/v0/%progs/tc_ingress") ]] || fail "it says: $output"
	[[ -z $(bpftool net show dev v0 | grep tcx) ]] || fail "left: $(bpftool net show dev v0)"
}

# What a kill leaves is seen to by the next run.
expect_first_ours()
{
	[[ $(link_of "$BPFFS/v0/%links/tc_ingress") == "$link" ]] || fail "its link went: $(status v0)"
	run pin_maps v0
	((status == 0)) || fail "status $status: $errors"
	[[ $(link_of "$BPFFS/v0/%links/tc_ingress") == "$link" ]] || fail "its link went: $(status v0)"
	bpftool prog show pinned "$BPFFS/v0/%progs/tc_ingress/tc_drop%old-$first" >/dev/null 2>&1 ||
		bpftool prog show pinned "$BPFFS/v0/%progs/tc_ingress/tc_drop" | grep -q "^$first:" ||
		fail "its pin went: $(ls "$BPFFS/v0/%progs/tc_ingress")"
	expect_no_stage
}


test_what_stays_has_its_pins_whatever_is_killed_anywhere()
{
	local link call n ids

	second objects/tc_drop.o --link
	link=$(link_of "$BPFFS/v0/%links/tc_ingress")
	for call in $CHANGING_CALLS sendto bpf; do
		for ((n = 1; ; n++)); do
			other=$(tc_prog v0 ingress 800)
			inject "$call" signal=KILL "$n" load --expect "$other" v0 objects/tc_drop.o
			[[ -n $injected ]] || break
			((status == 137)) || fail "killed at $call $n: status $status, $errors"
			((++points))
			expect_first_ours
		done
		((status == 0)) || fail "not killed: status $status, $errors"
	done
	expect_first_ours
	ids=$(tc_ids v0 ingress | wc -l)
	((ids == 1)) || fail "filters: $(tc filter show dev v0 ingress)"
	echo "killed at $points calls" >&2
	((points > 20)) || fail "killed at $points points only"
}

test_what_stays_has_its_pins_whatever_fails_anywhere()
{
	local link call n errno

	second objects/tc_drop.o --link
	link=$(link_of "$BPFFS/v0/%links/tc_ingress")
	for call in $CHANGING_CALLS sendto bpf; do
		for errno in ENOMEM EPERM; do
			for ((n = 1; ; n++)); do
				other=$(tc_prog v0 ingress 800)
				inject "$call" "error=$errno" "$n" load --expect "$other" v0 objects/tc_drop.o
				[[ -n $injected ]] || break
				((status == 0 || status == 2 || status == 3)) ||
					fail "$call $n $errno: status $status, $errors"
				((++points))
				expect_first_ours
			done
		done
	done
	[[ $(tc_ids v0 ingress | wc -l) == 1 ]] || fail "filters: $(tc filter show dev v0 ingress)"
	echo "failed at $points calls" >&2
	((points > 40)) || fail "failed at $points points only"
}
