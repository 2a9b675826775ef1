# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An unload is killed directly before or after the kernel takes the program off, where another program
# of the same hook has a map of the same name: nothing is lost, doubled or left over.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh
. tests/faults.sh

# two_filters: each with a program and counters of its own; the name is that of the first.
two_filters()
{
	local pref

	tc qdisc add dev v0 clsact
	for pref in 10 20; do
		tc filter add dev v0 ingress pref $pref handle 1 bpf obj objects/tc_pass.o sec tc
	done
	run pin_maps v0
	stays=$(tc_prog v0 ingress 10)
	goes=$(tc_prog v0 ingress 20)
	map=$(prog_maps "$goes")
	send 5
}
stays='' goes='' map=''

# killed_at LATER: at the message that takes the filter off, or so many messages later.
killed_at()
{
	local n

	two_filters
	n=$(looks_of sendto RTM_DELTFILTER unload --id "$goes" v0)
	tc qdisc del dev v0 clsact
	rm -rf "$BPFFS/v0" "$BPFFS/%ifbpf"
	two_filters
	inject sendto signal=KILL $((n + $1)) unload --id "$goes" v0
	((status == 137)) || fail "status $status: $errors"
	grep -q RTM_DELTFILTER "$TMPDIR/trace" || fail "not at the filter: $(<"$TMPDIR/trace")"
	[[ -n $(ls -A "$BPFFS/%ifbpf/stage") ]] || fail "there is no stage"
}

expect_kept()
{
	[[ $(old_maps "$BPFFS/v0") == "tc_stats_map%old-$map" ]] || fail "left: $(old_maps "$BPFFS/v0")"
	[[ $(stats v0) == *" 10 packets "* ]] || fail "counted: $(stats v0)"
	expect_status 0 pin_maps --carry v0
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0")"
	[[ $(stats v0) == *" 10 packets "* ]] || fail "counted: $(stats v0)"
	expect_no_stage
}

test_killed_before_its_program_is_off_it_leaves_no_pin_of_a_map_in_use()
{
	killed_at 0
	expect_status 0 gc
	[[ $output$errors != *"counted stays"* && -z $(old_maps "$BPFFS/v0") ]] ||
		fail "it says: $output$errors, left: $(old_maps "$BPFFS/v0")"
	[[ $(tc_prog v0 ingress 20) == "$goes" ]] || fail "it is off"
	expect_no_stage
	expect_status 0 unload --id "$goes" v0
	expect_kept
}

test_killed_after_its_program_is_off_it_names_whose_the_other_one_is()
{
	killed_at 1
	expect_fail "finished what a killed 'unload' began in $BPFFS/v0: program $stays (tc_pass) is on tc_ingress of v0" \
		unload --id "$goes" v0
	expect_kept
}
