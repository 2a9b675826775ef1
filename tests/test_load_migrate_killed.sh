# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load --on-mismatch migrate, killed or failing after the switch: the next run brings over what is left.
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
. tests/load_migrate.sh
. tests/faults.sh

# stop_switched [NAME]: carry2 is on the hook instead of carry1, or of NAME the same, and the old maps
# take edits still.
stop_switched()
{
	local name=${1-carry} at before

	need strace
	run env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" strace -f -qq -o "$TMPDIR/calls" -e trace=sendto \
		load --on-mismatch migrate v0 "$BUILT/${name}2.o"
	at=$(grep ' sendto(' "$TMPDIR/calls" | sed -n '/RTM_SETLINK/=')
	load --on-mismatch migrate v0 "$BUILT/${name}1.o" >/dev/null 2>&1
	before=$(prog_id v0)
	stop_at sendto "$at" load --on-mismatch migrate v0 "$BUILT/${name}2.o"
	[[ $(prog_id v0) != "$before" ]] || fail "not switched"
}

test_what_was_edited_in_the_old_map_before_and_after_a_kill_is_brought_over()
{
	local old

	load v0 "$BUILT/carry1.o" >/dev/null
	fill 100
	deny 0 8
	send 10
	stop_switched
	old=$(map_id "$BPFFS/v0/deny_list")
	bpftool map update pinned "$BPFFS/v0/deny_list" key 5 0 1 0 value 0 0 0 0 99 0 0 0
	kill_it
	bpftool map update pinned "$BPFFS/v0/deny_list" key 7 7 7 7 value 0 0 0 0 77 0 0 0
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 6 0 1 0
	send 10
	expect_status 0 pin_maps v0
	[[ $errors == *"finished what a killed 'load' began"*"brought over what an earlier run had left"* ]] ||
		fail "it says: $errors"
	[[ $(map_id "$BPFFS/v0/deny_list") != "$old" ]] || fail "the old map is still in place"
	[[ $(rule 5 0 1 0) == 0x63* ]] || fail "a rule that was changed: $(rule 5 0 1 0)"
	[[ $(rule 7 7 7 7) == 0x4d* ]] || fail "a rule that was added: $(rule 7 7 7 7)"
	[[ -z $(rule 6 0 1 0) ]] || fail "a rule that was deleted: $(rule 6 0 1 0)"
	[[ $(rule 8 0 1 0) == 0x08* ]] || fail "a rule that stayed: $(rule 8 0 1 0)"
	expect_seen 0 20
	expect_nothing_left
	[[ $(load_state v0 xdp) == *" carry2" ]]
}

first_of_two()
{
	ip link set dev v0 xdp off
	rm -rf "$BPFFS/v0" "$BPFFS/%ifbpf"
	load v0 "$BUILT/carry1.o" >/dev/null
	send 3
}

# The last of the orders to drop is gone by then.
test_the_place_of_the_notes_goes_also_if_the_run_that_empties_it_is_killed()
{
	local at

	first_of_two
	at=$(looks_of unlinkat '"%carry", AT_REMOVEDIR' load --on-mismatch migrate v0 "$BUILT/carry2.o" |
		tail -1)
	first_of_two
	inject unlinkat signal=KILL "$at" load --on-mismatch migrate v0 "$BUILT/carry2.o"
	((status == 137)) || fail "status $status: $errors"
	[[ -d $BPFFS/v0/%carry && -z $(ls -A "$BPFFS/v0/%carry") ]] || fail "not there: $(find "$BPFFS/v0")"
	expect_status 0 pin_maps v0
	[[ ! -e $BPFFS/v0/%carry ]] || fail "it stays"
	expect_nothing_left
	expect_seen 3 0
}

# What is added, changed and deleted in the old maps between the copy and their end; and in the other
# round before and after a kill.
test_devices_and_cpus_that_are_changed_meanwhile_are_brought_over()
{
	local way map

	(($(nproc) > 1)) || skip "needs two CPUs"
	for way in go_on kill_it; do
		load v0 "$BUILT/targets1.o" >/dev/null
		for map in to_ports to_peers; do
			aim $map 1 1
			aim $map 2 1
		done
		aim to_cpus 1 64
		stop_switched targets
		for map in to_ports to_peers; do
			aim $map 0 1
			bpftool map delete pinned "$BPFFS/v0/$map" key 2 0 0 0
		done
		aim to_cpus 1 128
		$way
		[[ $way != kill_it ]] || aim to_ports 3 1
		[[ $way != kill_it ]] || aim to_cpus 0 32
		expect_status 0 pin_maps v0
		for map in to_ports to_peers; do
			expect_aim $map 0 1
			expect_aim $map 1 1
			expect_aim $map 2 ''
		done
		expect_aim to_cpus 1 128
		[[ $way != kill_it ]] || expect_aim to_ports 3 1
		[[ $way != kill_it ]] || expect_aim to_cpus 0 32
		expect_nothing_left
		unload --all --purge v0 >/dev/null
	done
}

# The number of a device means one of the namespace that the load was killed in, not of this one.
test_devices_of_another_namespace_are_brought_over_from_this_one()
{
	local dir at

	need strace
	ip -n peer link add far index 77 type veth peer name further index 78
	load v0 "$BUILT/targets1.o" >/dev/null # the namespace at home is this one
	in_peer load v1 "$BUILT/targets1.o" >/dev/null
	dir=$(echo "$BPFFS"/%ifbpf/ns/*/v1)
	run env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" strace -f -qq -o "$TMPDIR/calls" -e trace=sendto \
		nsenter --net=/run/netns/peer load --on-mismatch migrate v1 "$BUILT/targets2.o"
	# What goes on in another namespace, strace does not spell out: RTM_SETLINK is 0x13.
	at=$(grep ' sendto(' "$TMPDIR/calls" | sed -n '/RTM_SETLINK\|nlmsg_type=0x13 /=')
	in_peer load --on-mismatch migrate v1 "$BUILT/targets1.o" >/dev/null 2>&1
	stop_at sendto "$at" nsenter --net=/run/netns/peer load --on-mismatch migrate v1 "$BUILT/targets2.o"
	in_peer bpftool map update pinned "$dir/to_ports" key 0 0 0 0 value 77 0 0 0
	kill_it
	expect_status 0 gc
	[[ $errors$output == *"finished what a killed 'load' began"* ]] || fail "$errors$output"
	[[ $(bpftool map lookup pinned "$dir/to_ports" key 0 0 0 0) == *"value: 4d "* ]] ||
		fail "$(bpftool map dump pinned "$dir/to_ports")"
	[[ $(bpftool map show pinned "$dir/to_ports") == *"max_entries 6 "* ]] || fail "not published"
}

# Rule 5 is edited in the old map after the copy, and put back in the new one, to what was copied:
# that is no copy. The pins are exchanged by the recovery, which has brought over the first edit.
test_an_edit_that_looks_like_a_copy_is_kept_after_a_kill()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	fill 10
	stop_switched
	bpftool map update pinned "$BPFFS/v0/deny_list" key 5 0 1 0 value 0 0 0 0 99 0 0 0
	kill_it
	expect_status 0 iproute2_env v0
	[[ $(rule 5 0 1 0) == 0x63* ]] || fail "not brought over: $(rule 5 0 1 0)"
	bpftool map update pinned "$BPFFS/v0/deny_list" key 5 0 1 0 \
		value 5 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
	expect_status 0 pin_maps v0
	[[ $(rule 5 0 1 0) == 0x05* ]] || fail "an edit was undone: $(rule 5 0 1 0)"
	expect_nothing_left
}

expect_refused()
{
	run bpftool map "$@"
	((status != 0)) && [[ $errors == *"Operation not permitted"* ]] || fail_run "not refused" "$@"
}

test_between_the_switch_and_the_exchange_an_edit_is_refused_and_not_lost()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	fill 10
	# The first rename is that of a note that all is in the new map.
	stop_at renameat 1 load --on-mismatch migrate v0 "$BUILT/carry2.o"
	expect_refused update pinned "$BPFFS/v0/deny_list" key 5 0 1 0 value 0 0 0 0 99 0 0 0
	expect_refused delete pinned "$BPFFS/v0/deny_list" key 5 0 1 0
	send 5
	kill_it
	expect_refused delete pinned "$BPFFS/v0/deny_list" key 5 0 1 0
	expect_status 0 pin_maps v0
	[[ $errors != *"cannot be closed"* ]] || fail "it is: $errors"
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 5 0 1 0
	[[ -z $(rule 5 0 1 0) && $(rule 6 0 1 0) == 0x06* ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
	expect_seen 5 0
	expect_nothing_left
}

# Edits are refused from then on: what was changed between the last comparison before the switch and
# that moment is brought over before it.
test_little_is_left_to_bring_over_once_edits_are_refused()
{
	local before after
	also=(-e "trace=sendto,renameat,bpf")

	load v0 "$BUILT/carry1.o" >/dev/null
	fill 10
	stop_switched
	fill 3000
	go_on
	((status == 0)) || fail_run "status $status" load
	read -r before after < <(awk '/BPF_MAP_FREEZE/ { frozen = 1 } frozen && /renameat/ { exit }
		/BPF_MAP_UPDATE_ELEM/ { n[frozen + 0]++ } END { print n[0] + 0, n[1] + 0 }' "$TMPDIR/trace")
	((before >= 2990 && after < 10)) || fail "brought over: $before, and $after while edits were refused"
	[[ $(rules_of "$BPFFS/v0/deny_list" | wc -l) == 3000 ]] || fail "$(rules_of "$BPFFS/v0/deny_list" | wc -l) rules"
	expect_nothing_left
}

test_what_was_edited_in_the_new_map_after_a_kill_is_kept()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	fill 10
	send 10
	# The pins are exchanged with the last rename of that kind, that of the even record.
	run env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" strace -f -qq -o "$TMPDIR/calls" -e trace=renameat \
		load --on-mismatch migrate v0 "$BUILT/carry2.o"
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry1.o"
	stop_at renameat "$(grep ' renameat(' "$TMPDIR/calls" | sed -n '/"%meta".*"%meta"/=' | head -n 1)" \
		load --on-mismatch migrate v0 "$BUILT/carry2.o"
	kill_it
	# Published by whoever comes next; what is brought over after that must not undo an edit.
	expect_status 0 iproute2_env v0
	[[ -n $(old_maps "$BPFFS/v0") ]] || fail "it was published and finished: nothing to test"
	bpftool map update pinned "$BPFFS/v0/deny_list" key 5 0 1 0 \
		value 99 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 6 0 1 0
	expect_status 0 gc --old
	[[ $(rule 5 0 1 0) == 0x63* ]] || fail "a rule that was changed: $(rule 5 0 1 0)"
	[[ -z $(rule 6 0 1 0) ]] || fail "a rule that was deleted: $(rule 6 0 1 0)"
	expect_seen 10 0
	expect_nothing_left
}

test_counters_that_cannot_be_merged_are_partly_done_and_the_next_run_does_it()
{
	local how old

	for how in --hook=xdp --json; do
		fail_merge "$how"
		((status == 3)) || fail "status $status: $errors"
		old=$(old_maps "$BPFFS/v0")
		[[ $old == frames_seen%old-* ]] || fail "left: $old"
		[[ $errors == *"cannot merge the counters"*"map 'frames_seen': what is not brought over yet stays in $old;"* ]] ||
			fail "it says: $errors"
		if [[ $how == --json ]]; then
			[[ $output == *'"attached":{"by":"xdp"'*'"name":"frames_seen"'*"\"old_id\":${old#*-}"* ]] ||
				fail "it says: $output"
		else
			[[ $output == *"attached by netlink"*"(map ${old#*-} stays as $BPFFS/v0/$old)"* ]] ||
				fail "it says: $output"
		fi
		expect_status 0 gc --old --dry-run
		[[ $output == *"kept"*"$old"*"not brought over yet"* ]] ||
			fail "it says: $output"
		send 5
		expect_status 0 pin_maps v0
		expect_seen 15 0
		expect_nothing_left
	done
}

test_what_is_still_to_be_brought_over_can_be_dropped_and_this_is_said()
{
	local old

	fail_merge
	old=$(map_id "$(echo "$BPFFS"/v0/frames_seen%old-*)")
	expect_status 0 unload --purge --dry-run v0
	[[ $errors == *"map 'frames_seen': what was not brought over yet from map $old would be dropped with it"* ]] ||
		fail "it says: $errors"
	[[ -n $(ls -A "$BPFFS/v0/%carry") ]] || fail "the note is gone"
	# The merge cannot be made now either.
	expect_status 0 with_fault sched_setaffinity:error=EPERM unload --purge v0
	[[ $errors == *"map 'frames_seen': what was not brought over yet from map $old is dropped with it"* ]] ||
		fail "it says: $errors"
	[[ -z $(find "$BPFFS/v0" -type f) && ! -e $BPFFS/v0/%carry ]] || fail "left: $(snapshot)"
	expect_status 0 load v0 "$BUILT/carry1.o"
	[[ -z $errors ]] || fail "it says: $errors"
}

test_without_a_program_it_is_brought_over_as_well()
{
	fail_merge
	expect_status 0 with_fault sched_setaffinity:error=EPERM unload v0
	[[ -n $(old_maps "$BPFFS/v0") ]] || fail "it was merged: nothing to test"
	expect_status 2 pin_maps v0
	[[ $errors == *"brought over what an earlier run had left to do"*"cannot find any BPF program on v0"* ]] ||
		fail "it says: $errors"
	expect_nothing_left
	expect_seen 10 0
}
