# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load --on-mismatch migrate: another hook, another interface or somebody's pin has the old map.
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
. tests/load_migrate.sh

test_pins_of_others_that_keep_the_old_map_are_named()
{
	local old how

	for how in migrate fresh; do
		unload --purge v0 >/dev/null 2>&1 || true
		load v0 "$BUILT/carry1.o" >/dev/null
		deny 0 8
		old=$(map_id "$BPFFS/v0/deny_list")
		bpftool map pin pinned "$BPFFS/v0/deny_list" "$BPFFS/rules-$how"
		bpftool map pin pinned "$BPFFS/v0/deny_list" "$BPFFS/again-$how"
		expect_status 0 load --dry-run --on-mismatch "$how" v0 "$BUILT/carry2.o"
		[[ $errors == *"map 'deny_list': the old one (id $old) is pinned at "*" as well"*"would not reach program carry2"* ]] ||
			fail "$how, dry: it says: $errors"
		expect_status 0 load --on-mismatch "$how" v0 "$BUILT/carry2.o"
		[[ $errors =~ "map 'deny_list': the old one (id $old) stays pinned at "(.*)" as well: what is written there "\
"does not reach program carry2"$'\n'"  hint: have each hold the new one: "(rm\ .*\ \&\&\ bpftool\ map\ pin\ [^$'\n']*) ]] ||
			fail "$how: it says: $errors"
		[[ ${BASH_REMATCH[1]} == *"$BPFFS/rules-$how"* && ${BASH_REMATCH[1]} == *"$BPFFS/again-$how"* ]] ||
			fail "$how: it names: ${BASH_REMATCH[1]}"
		[[ $errors != *"'frames_seen': the old one"* ]] || fail "$how: nobody else has it: $errors"
		bash -c "${BASH_REMATCH[2]}"
		[[ $(map_id "$BPFFS/rules-$how") == "$(map_id "$BPFFS/v0/deny_list")" ||
			$(map_id "$BPFFS/again-$how") == "$(map_id "$BPFFS/v0/deny_list")" ]] || fail "the hint is wrong"
	done
}

# Who reads by that pin what the program on w0 counts, would not any more.
test_a_pin_of_others_is_left_to_the_program_that_goes_on_with_it()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	bpftool map pin pinned "$BPFFS/v0/frames_seen" "$BPFFS/theirs"
	make_veth w0
	ip link set dev w0 xdp pinned "$BPFFS/v0/%progs/xdp/carry1"
	expect_status 0 load --on-mismatch fresh v0 "$BUILT/carry2.o"
	[[ $errors == *"map 'frames_seen': the old one (id "*") stays pinned at $BPFFS/theirs as well"*"map 'frames_seen': w0 (program $(prog_id w0) on xdp) goes on with the old one"* ]] ||
		fail "it says: $errors"
	[[ $errors != *"hold the new one"* ]] || fail "it says: $errors"
}

test_a_map_whose_name_another_hook_needs_is_not_carried_over()
{
	local before

	load v0 "$BUILT/carry1.o" >/dev/null
	load -s xdp --hook tc_ingress v0 "$BUILT/carry1.o" >/dev/null
	deny 0 8
	send 10
	before=$(snapshot)
	expect_status 2 load --on-mismatch migrate -s xdp --hook tc_ingress v0 "$BUILT/carry2.o"
	[[ $errors == *"cannot carry map '"*"' over: the new one cannot be pinned"*\
"hint: its name belongs to map "*" on xdp"* ]] || fail "it says: $errors"
	expect_unchanged "$before"
	expect_seen 0 10
}

test_the_old_map_stays_while_another_hook_uses_it()
{
	local old

	load v0 "$BUILT/carry1.o" >/dev/null
	load -s xdp --hook tc_ingress v0 "$BUILT/carry1.o" >/dev/null
	deny 0 8
	send 10
	old=$(map_id "$BPFFS/v0/frames_seen")
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry2.o"
	[[ $errors == *"map 'frames_seen': program carry1 (id "*") on tc_ingress goes on with the old one"* ]] ||
		fail "it says: $errors"
	expect_seen 0 10
	[[ -e $BPFFS/v0/frames_seen%old-$old ]] || fail "there is: $(ls "$BPFFS/v0")"
	[[ ! -e $BPFFS/v0/%carry ]] || fail "not finished"
}

test_what_is_prepared_takes_no_map_of_a_program_that_runs()
{
	local before how

	load v0 "$BUILT/carry1.o" >/dev/null
	send 10
	for how in fresh migrate; do
		before=$(snapshot)
		expect_status 2 load --no-attach --on-mismatch "$how" v0 "$BUILT/carry2.o"
		[[ $errors == *"cannot prepare another map "*" and a program that is attached uses it"*\
"hint: replace that program in one step, without --no-attach"* ]] || fail "it says: $errors"
		expect_unchanged "$before"
	done
	expect_seen 10 0
	# What is refused next is no hint.
	expect_status 2 load --no-attach v0 "$BUILT/carry2.o"
	[[ $errors == *"value.note"*"hint: a program that is attached uses them"*\
"hint: replace that program in one step, without --no-attach"* && $errors != *--on-mismatch* ]] ||
		fail "it says: $errors"
}

test_what_is_prepared_takes_over_from_maps_that_nobody_uses()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	deny 0 8
	send 10
	ip link set dev v0 xdp off
	expect_status 0 load --no-attach --on-mismatch migrate v0 "$BUILT/carry2.o"
	expect_seen 0 10
	expect_nothing_left
	ip link set dev v0 xdp pinned "$BPFFS/v0/%progs/xdp/carry2"
	send 10
	expect_seen 0 20
}

# put_on_w0: what load pinned for v0 runs on another interface as well.
put_on_w0()
{
	make_veth w0
	ip link set dev w0 xdp pinned "$BPFFS/v0/%progs/xdp/carry1"
}

# expect_left LIST COUNTERS: these, of v0's old maps, are as the program on w0 needs them.
expect_left()
{
	[[ $(old_maps "$BPFFS/v0" | sort) == "deny_list%old-$1"$'\n'"frames_seen%old-$2" ]] ||
		fail "there is: $(ls "$BPFFS/v0")"
	bpftool map update id "$1" key 7 0 0 0 value 0 0 0 0 1 0 0 0
	expect_seen 0 0
	[[ $(bpftool map dump id "$2" | awk '$1 == "\"passed\":" { sum += $2 } END { print sum + 0 }') == 10 ]] ||
		fail "the counts were taken: $(bpftool map dump id "$2")"
	[[ ! -e $BPFFS/v0/%carry ]] || fail "not finished"
}

test_what_a_program_on_another_interface_goes_on_with_is_left_to_it()
{
	local list counters running

	load v0 "$BUILT/carry1.o" >/dev/null
	list=$(map_id "$BPFFS/v0/deny_list") counters=$(map_id "$BPFFS/v0/frames_seen")
	running=$(prog_id v0)
	put_on_w0
	fill 10
	send 10
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry2.o"
	[[ $errors == *"map 'deny_list': w0 (program $running on xdp) goes on with the old one: the new one is a copy"* &&
		$errors == *"map 'frames_seen': w0 (program $running on xdp) goes on with the old one, where all counts"* ]] ||
		fail "it says: $errors"
	[[ $(rule 5 0 1 0) == 0x05* ]] || fail "no copy: $(rules_of "$BPFFS/v0/deny_list")"
	expect_left "$list" "$counters"
	# Once it has gone, they come over.
	ip link set dev w0 xdp off
	expect_status 0 pin_maps --carry v0
	expect_seen 10 0
}

# It is called by a program on another interface, through a program array.
test_what_is_called_on_another_interface_is_left_to_it()
{
	local list counters

	load v0 "$BUILT/carry1.o" >/dev/null
	list=$(map_id "$BPFFS/v0/deny_list") counters=$(map_id "$BPFFS/v0/frames_seen")
	make_veth w0
	load -n jumps_main w0 "$BUILT/load_jumps.o" >/dev/null
	bpftool map update pinned "$BPFFS/w0/jumps" key 0 0 0 0 value pinned "$BPFFS/v0/%progs/xdp/carry1"
	send 10
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry2.o"
	[[ $errors == *"map 'deny_list': w0 (program "*" on xdp) goes on with the old one"* ]] || fail "it says: $errors"
	expect_left "$list" "$counters"
}

test_killed_after_the_switch_it_is_left_to_another_interface_as_well()
{
	local list counters at

	load v0 "$BUILT/carry1.o" >/dev/null
	run env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" strace -f -qq -o "$TMPDIR/calls" -e trace=sendto \
		load --on-mismatch migrate v0 "$BUILT/carry2.o"
	at=$(grep ' sendto(' "$TMPDIR/calls" | sed -n '/RTM_SETLINK/=')
	rm -r "$BPFFS/v0"
	ip link set dev v0 xdp off
	load v0 "$BUILT/carry1.o" >/dev/null
	list=$(map_id "$BPFFS/v0/deny_list") counters=$(map_id "$BPFFS/v0/frames_seen")
	put_on_w0
	send 10
	stop_at sendto "$at" load --on-mismatch migrate v0 "$BUILT/carry2.o"
	kill_it
	[[ $(prog_id v0) != "$(prog_id w0)" ]] || fail "not switched"
	expect_status 0 pin_maps v0
	[[ $errors == *"map 'deny_list': w0 (program "*" on xdp) goes on with the old one"* ]] || fail "it says: $errors"
	expect_left "$list" "$counters"
}
