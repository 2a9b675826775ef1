# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# load --on-mismatch migrate, with lists that count what they stop: whether a key is there is the
# verdict, so it is there for every packet, and the counts that follow are exact.
. tests/pins.sh
. tests/faults.sh
. tests/carry.sh
. tests/rate.sh

COUNTED=(--on-mismatch migrate --class common=counter)

# listed COUNT: the keys below it are in all lists of stops1, with zeros.
listed()
{
	local map

	load v0 "$BUILT/stops1.o" >/dev/null
	for map in stops recent common; do
		migrate_world number "$BPFFS/v0/$map" "$1"
	done
}

# stopped MAP: the frames, over the CPUs and all maps that had the name.
stopped()
{
	local pin

	for pin in "$BPFFS/v0/$1" "$BPFFS/v0/$1"%old-*; do
		[[ ! -e $pin ]] || bpftool map dump pinned "$pin"
	done | tr -d '",' | awk '$1 == "frames:" { sum += $2 } END { print sum + 0 }'
}

# has_key MAP KEY
has_key() { bpftool map lookup pinned "$BPFFS/v0/$1" key $(($2 % 256)) $(($2 / 256)) 0 0 >/dev/null 2>&1; }

forth_and_back()
{
	local i number

	for i in 1 2 3; do
		for number in 2 1; do
			load "${COUNTED[@]}" v0 "$BUILT/stops$number.o" >"$TMPDIR/load" 2>&1 ||
				fail "load $i: $(<"$TMPDIR/load")"
		done
	done
}

test_a_list_that_counts_is_in_force_for_every_packet()
{
	local map

	ethtool -K v0 gro on
	listed 9000
	rate forth_and_back
	echo "$frames frames, $passed passed" >&2
	((passed == 0)) || fail "$passed of $frames frames passed"
	((frames > 20000)) || fail "only $frames frames"
	for map in stops recent common; do
		[[ $(stopped "$map") == "$frames" ]] || fail "$map: $(stopped "$map") of $frames"
		[[ $(bpftool map dump pinned "$BPFFS/v0/$map" | grep -c '"key"') == 9000 ]] || fail "$map: keys were lost"
	done
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0")"
	# What this test would see.
	rate ip link set dev v0 xdp off
	((passed > 0)) || fail "nothing passed: this test sees no leak"
}

test_the_plan_says_what_a_key_finds_until_the_counts_are_added()
{
	listed 10
	expect_status 0 load --dry-run "${COUNTED[@]}" v0 "$BUILT/stops2.o"
	[[ $errors == *"are in the new one for every packet, with zeros until their counts are added"* ]] || fail "$errors"
	[[ $errors == *"an LRU map drops keys to make room"* ]] || fail "$errors"
}

# edit_between: key 3 goes, and a new one comes, in lists that are still in place.
edit_between()
{
	local map

	for map in stops recent common; do
		bpftool map delete pinned "$BPFFS/v0/$map" key 3 0 0 0
		[[ $map == recent ]] || migrate_world number "$BPFFS/v0/$map" 11 10
	done
}

expect_edited_stops()
{
	local map

	for map in stops recent common; do
		! has_key "$map" 3 || fail "$map: a key that was deleted came back"
		has_key "$map" 4 || fail "$map: a key is lost"
		[[ $map == recent ]] || has_key "$map" 10 || fail "$map: a key that was added is lost"
		[[ $(stopped "$map") == "$1" ]] || fail "$map: $(stopped "$map") of $1"
	done
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0")"
	[[ -z $(ls -A "$BPFFS/v0/%carry" 2>/dev/null) ]] || fail "left: $(ls "$BPFFS/v0/%carry")"
}

# switch_at: the number of the message by which load puts stops2 on.
switch_at()
{
	switches_at sendto RTM_SETLINK load "${COUNTED[@]}" v0 "$BUILT/stops2.o"
	load "${COUNTED[@]}" v0 "$BUILT/stops1.o" >/dev/null 2>&1
}

test_a_key_that_is_deleted_or_added_around_the_switch_is_not_there_or_there()
{
	local n

	listed 10
	n=$(switch_at)
	send 5
	between_calls sendto "$n" edit_between load "${COUNTED[@]}" v0 "$BUILT/stops2.o"
	((status == 0)) || fail "status $status: $errors"
	send 5
	expect_edited_stops 10
}

edit_and_kill()
{
	edit_between
	kill -KILL "$(sed -n 's/^\([0-9]*\) .*stopped by SIGSTOP.*/\1/p' "$TMPDIR/trace")"
}

test_killed_after_the_switch_the_next_run_knows_which_keys_were_copied()
{
	local n

	listed 10
	n=$(switch_at)
	send 5
	between_calls sendto "$n" edit_and_kill load "${COUNTED[@]}" v0 "$BUILT/stops2.o"
	((status == 137)) || fail "status $status: $errors"
	send 5
	expect_status 0 pin_maps v0
	expect_edited_stops 10
}

test_until_the_new_map_is_in_place_an_edit_of_a_list_that_counts_is_refused()
{
	listed 10
	between_calls renameat 1 delete_refused load "${COUNTED[@]}" v0 "$BUILT/stops2.o"
	((status == 0)) || fail "status $status: $errors"
	has_key stops 5 || fail "a key is lost"
	bpftool map delete pinned "$BPFFS/v0/stops" key 5 0 0 0
}

delete_refused()
{
	run bpftool map delete pinned "$BPFFS/v0/stops" key 5 0 0 0
	[[ $errors == *"Operation not permitted"* ]] || fail_run "not refused" delete
}

test_where_counts_stay_with_other_interfaces_the_keys_come_over()
{
	local map

	add_veth w0 02:00:00:00:00:03 10.0.1.1 peer w1 02:00:00:00:00:04 10.0.1.2
	load --shared v0 w0 "$BUILT/stops1.o" >/dev/null
	for map in stops recent common; do
		migrate_world number "$BPFFS/v0/$map" 10
	done
	send 5
	expect_status 0 load "${COUNTED[@]}" v0 "$BUILT/stops2.o"
	[[ $errors == *"map 'stops' is shared by w0, where all counts up to now stay: the new one begins at zero, with the same keys"* ]] ||
		fail "$errors"
	send 5
	for map in stops recent common; do
		[[ $(stopped "$map") == 5 ]] || fail "$map: $(stopped "$map") of 5"
	done
}

# count_on: the old program has counted since the last comparison before the switch.
count_on()
{
	bpftool map update pinned "$BPFFS/v0/common" key 7 0 0 0 value 50 0 0 0 0 0 0 0
	send 5
}

test_counts_that_a_list_loses_make_the_load_partly_done()
{
	local n

	COUNTED=(--on-mismatch migrate)
	listed 10
	n=$(switch_at)
	send 5
	between_calls sendto "$n" count_on load "${COUNTED[@]}" --json v0 "$BUILT/stops2.o"
	((status == 3)) || fail "status $status: $output$errors"
	[[ $output == *'"name":"common",'*'"lost":1,"left":0'* ]] || fail "$output"
	[[ $errors == *"what programs count in entries meanwhile, the old one until the switch and the new one since, is lost for the old one"* ]] ||
		fail "no bound: $errors"
	[[ $errors == *"map 'common': in 1 of them a number went on in both maps"*"until which every number in the new map is zero"* ]] ||
		fail "$errors"
	# The next one finds nothing that went on.
	expect_status 0 load "${COUNTED[@]}" v0 "$BUILT/stops1.o"
	[[ $output != *"went on"* ]] || fail "$output"
}

# What comes into a map that is in use already, too.
test_hooks_that_follow_one_another_find_the_keys_as_well()
{
	local hook map

	for hook in tc_ingress tc_egress; do
		load --hook "$hook" v0 "$BUILT/tc_stops1.o" >/dev/null
	done
	for map in stops recent common; do
		migrate_world number "$BPFFS/v0/$map" 10
	done
	send 5
	send_out 6
	for hook in tc_ingress tc_egress; do
		expect_status 0 load "${COUNTED[@]}" --hook "$hook" v0 "$BUILT/tc_stops2.o"
		send 5
		send_out 6
	done
	for map in stops recent common; do
		map=$({
			stopped "$map"
			[[ -L "$BPFFS/v0/%egress/$map" ]] || stopped "%egress/$map"
		} | awk '{ sum += $1 } END { print sum }')
		((map == 33)) || fail "$map of 33"
	done
}
