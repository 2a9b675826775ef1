# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# load --on-mismatch migrate: a change of program and of map definitions keeps rules and counts.
. tests/pins.sh

# deny: every packet is dropped from now on. The verdict is word $1 of the rule of $2 bytes.
deny()
{
	local word=$1 size=$2 value=() i

	for ((i = 0; i < size; i++)); do
		value+=("$((i == word * 4))")
	done
	bpftool map update pinned "$BPFFS/v0/deny_list" key 0 0 0 0 value "${value[@]}"
}

# seen NAME: passed or dropped, summed over the CPUs, as bpftool reads it by BTF.
seen()
{
	bpftool map dump pinned "$BPFFS/v0/frames_seen" |
		awk -v name="\"$1\":" '$1 == name { sum += $2 } END { print sum + 0 }'
}

expect_seen()
{
	[[ "$(seen passed) $(seen dropped)" == "$1 $2" ]] ||
		fail "passed and dropped: $(seen passed) $(seen dropped), expected $1 $2"
}

test_rules_and_counts_are_carried_over()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	send 10
	deny 0 8
	send 20
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry2.o"
	[[ $output == *"map deny_list id "*" migrated"* ]] || fail "$output"
	[[ $output == *"map frames_seen id "*" migrated"* ]] || fail "$output"
	[[ $errors == *"value.added"*"added"* ]] || fail "the plan is not shown: $errors"
	send 30
	expect_seen 10 50
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "merged to the last, but left: $(old_maps "$BPFFS/v0")"
	[[ -z $(ls -A "$BPFFS/%ifbpf/stage") ]] || fail "a stage is left"
	(($(generation "$BPFFS/v0") % 2 == 0)) || fail "$(readlink "$BPFFS/v0/%meta")"
}

test_without_being_asked_a_difference_is_refused()
{
	local before

	load v0 "$BUILT/carry1.o" >/dev/null
	before=$(snapshot)
	expect_status 2 load v0 "$BUILT/carry2.o"
	[[ $errors == *"--on-mismatch migrate"* ]] || fail "no way out: $errors"
	expect_unchanged "$before"
}

test_a_dry_run_shows_the_plan_and_moves_nothing()
{
	local before

	load v0 "$BUILT/carry1.o" >/dev/null
	send 3
	before=$(snapshot)
	expect_status 0 load --dry-run --on-mismatch migrate v0 "$BUILT/carry2.o"
	[[ $errors == *"value.verdict"* ]] || fail "$errors"
	expect_unchanged "$before"
	expect_seen 3 0
}

test_no_packet_passes_while_a_deny_list_is_carried_over()
{
	local sender i

	load v0 "$BUILT/carry1.o" >/dev/null
	deny 0 8
	send 300000 &
	sender=$!
	for ((i = 0; i < 5; i++)); do
		load --on-mismatch migrate v0 "$BUILT/carry2.o" >/dev/null 2>&1 || fail "round $i"
		load --on-mismatch migrate v0 "$BUILT/carry1.o" >/dev/null 2>&1 || fail "round $i back"
	done
	wait "$sender"
	expect_seen 0 300000
}

test_what_does_not_fit_stays_in_the_old_map()
{
	load v0 "$BUILT/carry2.o" >/dev/null
	# note is 8 bytes there and 4 in carry1: this one does not fit.
	bpftool map update pinned "$BPFFS/v0/deny_list" key 7 0 0 0 \
		value 0 0 0 0 1 0 0 0 1 0 0 0 0 0 0 0
	bpftool map update pinned "$BPFFS/v0/deny_list" key 8 0 0 0 \
		value 5 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry1.o"
	[[ $errors == *"1 entries did not fit and stay in %old-"* ]] || fail "$errors"
	bpftool map lookup pinned "$BPFFS/v0/deny_list" key 8 0 0 0 >/dev/null || fail "8 was lost"
	! bpftool map lookup pinned "$BPFFS/v0/deny_list" key 7 0 0 0 >/dev/null 2>&1 ||
		fail "7 was cut"
	bpftool map lookup pinned "$BPFFS/v0/$(old_maps "$BPFFS/v0")" key 7 0 0 0 >/dev/null ||
		fail "7 is not in $(old_maps "$BPFFS/v0")"
}

test_a_class_can_be_said()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	expect_status 0 load --on-mismatch migrate --class deny_list=flow v0 "$BUILT/carry2.o"
	expect_status 1 load --class deny_list=nonsense v0 "$BUILT/carry2.o"
	expect_status 1 load --class deny_list v0 "$BUILT/carry2.o"
}
