# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# load --on-mismatch migrate: a change of program and of map definitions keeps rules and counts.
. tests/load_migrate.sh
. tests/build.sh
. tests/faults.sh

test_rules_and_counts_are_carried_over()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	send 10
	deny 0 8
	send 20
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry2.o"
	[[ $output == *"map deny_list id "*" migrated"* ]] || fail "$output"
	[[ $output == *"map frames_seen id "*" migrated"* ]] || fail "$output"
	[[ $(tr -s ' ' <<<"$errors") == *"map 'deny_list' is to be carried over into a new one:
 old new
"*" value.note __u32, 4 B at byte 4 __u64, 8 B at byte 0 widened
"*" value.added - __u32, 4 B at byte 12 added"* ]] || fail "the plan is not shown: $errors"
	! grep ' $' <<<"$errors" || fail "blanks at the end of a line"
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

test_what_holds_events_alone_is_made_anew()
{
	local ring samples map

	load v0 "$BUILT/carry_events.o" >/dev/null
	send 5
	ring=$(map_id "$BPFFS/v0/events") samples=$(map_id "$BPFFS/v0/samples")
	expect_status 2 load v0 "$BUILT/carry_events_grown.o"
	[[ $errors == *"carry the content over: --on-mismatch migrate"* && $errors != *events=fresh* ]] ||
		fail "it says: $errors"
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry_events_grown.o"
	for map in events samples; do
		[[ $errors == *"map '$map' is made anew, the one pinned in $BPFFS/v0 is not what the object defines; it holds no state, and its readers have to open the new one:"* ]] ||
			fail "of $map it says: $errors"
	done
	[[ $output == *"map events id "*" created"* && $output == *"map counts id "*" migrated"* ]] || fail "$output"
	send 2
	[[ $(bpftool -j map lookup pinned "$BPFFS/v0/counts" key 0 0 0 0 | grep -o '"value":[0-9]*' |
		awk -F: '{ n += $2 } END { print n }') == 7 ]] || fail "$(bpftool map dump pinned "$BPFFS/v0/counts")"
	[[ $(old_maps "$BPFFS/v0") == "events%old-$ring"$'\n'"samples%old-$samples" ]] || fail "left: $(old_maps "$BPFFS/v0")"
}

# hits MAP: what is counted in entry 0 of the maps of tests/bpf/timers.bpf.h.
hits() { bpftool -j map lookup pinned "$BPFFS/v0/$1" key 0 0 0 0 | sed -n 's/.*"hits":\([0-9]*\).*/\1/p'; }

test_what_the_kernel_holds_in_a_map_is_lost_only_if_that_was_asked_for()
{
	local before map

	! kernel_before 5.15 || skip "needs timers in maps: this kernel has none"
	load v0 "$BUILT/timers1.o" >/dev/null
	bpftool map update pinned "$BPFFS/v0/timers" key 0 0 0 0 value 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 7 0 0 0 0 0 0 0
	bpftool map update pinned "$BPFFS/v0/locks" key 0 0 0 0 value 0 0 0 0 7 0 0 0
	before=$(snapshot)
	expect_status 2 load --on-mismatch migrate v0 "$BUILT/timers2.o"
	[[ $errors == *"cannot carry map 'timers' over as a whole: what the kernel holds in value.timer would be lost"* ]] ||
		fail "it says: $errors"
	[[ $errors == *"--on-mismatch timers=migrate"*"--on-mismatch timers=fresh"* ]] || fail "no way out: $errors"
	[[ $errors != *"'locks' over as a whole"* ]] || fail "a lock holds nothing: $errors"
	expect_unchanged "$before"
	expect_status 0 load --on-mismatch migrate --on-mismatch timers=migrate v0 "$BUILT/timers2.o"
	grep -q "value.timer  *struct bpf_timer, 16 B at byte 0  *struct bpf_timer, 16 B at byte 0  *anew: " <<<"$errors" || fail "the plan: $errors"
	for map in timers locks; do
		[[ $(hits "$map") == 7 ]] || fail "$map: $(bpftool map dump pinned "$BPFFS/v0/$map")"
	done
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

# count_alike: what the old program counted at last, and as much by the new one.
count_alike()
{
	bpftool map update pinned "$BPFFS/v0/common" key 7 0 0 0 value 5 0 0 0 0 0 0 0
	send 5
}

test_a_list_in_which_both_programs_count_as_much_is_partly_done()
{
	local n map

	need strace
	load v0 "$BUILT/stops1.o" >/dev/null
	for map in stops recent common; do
		migrate_world number "$BPFFS/v0/$map" 8 7
	done
	n=$(switches_at sendto RTM_SETLINK load --on-mismatch migrate v0 "$BUILT/stops2.o")
	load --on-mismatch migrate v0 "$BUILT/stops1.o" >/dev/null 2>&1
	between_calls sendto "$n" count_alike load --on-mismatch migrate v0 "$BUILT/stops2.o"
	((status == 3)) || fail "status $status: $errors"
	[[ $errors == *"map 'common': in 1 of them a number went on in both maps"*"--class common=counter"* ]] ||
		fail "it says: $errors"
}

test_a_verdict_does_not_become_another_one_by_its_number()
{
	local before object

	load v0 "$BUILT/verdicts1.o" >/dev/null
	bpftool map update pinned "$BPFFS/v0/rules" key 1 0 0 0 value 1 0 0 0
	before=$(snapshot)
	expect_status 2 load v0 "$BUILT/verdicts2.o"
	[[ $errors == *"VERDICT_DENY = 0"*"VERDICT_DENY = 1"* || $errors == *"VERDICT_DENY = 1"*"VERDICT_DENY = 0"* ]] ||
		fail "it says: $errors"
	for object in verdicts2 verdicts3; do
		expect_status 2 load --on-mismatch migrate v0 "$BUILT/$object.o"
		[[ $errors == *"constants of its enum mean something else"* ]] || fail "$object: $errors"
	done
	expect_unchanged "$before"
	expect_status 0 load v0 "$BUILT/verdicts4.o"
	[[ $output == *"map rules id "*" reused"* ]] || fail "$output"
}

# closed_pipe: descriptor 8 writes to a pipe that nobody reads any more.
closed_pipe()
{
	mkfifo "$TMPDIR/pipe"
	: <"$TMPDIR/pipe" &
	exec 8>"$TMPDIR/pipe"
	wait $!
}

test_a_reader_of_the_output_that_goes_away_does_not_end_a_load()
{
	closed_pipe
	load v0 "$BUILT/carry1.o" >/dev/null
	fill 10
	send 10
	status=0
	load --on-mismatch migrate v0 "$BUILT/carry2.o" >/dev/null 2>&8 || status=$?
	((status == 0)) || fail "status $status"
	expect_nothing_left
	expect_seen 10 0
	# What is lost of the output itself is said.
	status=0
	load --on-mismatch migrate v0 "$BUILT/carry1.o" >&8 2>"$TMPDIR/errors" || status=$?
	((status == 3)) || fail "status $status"
	grep -q "cannot write the output" "$TMPDIR/errors" || fail "it says: $(<"$TMPDIR/errors")"
	expect_nothing_left
	[[ $(load_state v0 xdp) == *" carry1" ]] || fail "$(load_state v0 xdp)"
	status=0
	unload v0 >&8 2>/dev/null || status=$?
	((status == 3)) || fail "status $status"
	[[ -z $(prog_id v0) ]] || fail "unload did not end its work"
}

test_what_cannot_be_carried_over_does_not_keep_the_other_maps_from_it()
{
	local queue

	load v0 "$BUILT/load_mixed1.o" >/dev/null
	bpftool map update pinned "$BPFFS/v0/allowed" key 1 0 0 0 value 7 0 0 0
	bpftool map push pinned "$BPFFS/v0/waiting" value 9 0 0 0
	queue=$(map_id "$BPFFS/v0/waiting")
	expect_status 2 load --on-mismatch migrate v0 "$BUILT/load_mixed2.o"
	[[ $errors == *"an empty map in its place"*"--on-mismatch waiting=fresh"* ]] ||
		fail "no way out: $errors"
	expect_id "$BPFFS/v0/waiting" "$queue"
	expect_status 0 load --on-mismatch migrate --on-mismatch waiting=fresh v0 "$BUILT/load_mixed2.o"
	[[ $output == *"map allowed id "*" migrated"* ]] || fail "$output"
	[[ $output == *"map waiting id "*" created (map $queue stays as $BPFFS/v0/waiting%old-$queue)"* ]] ||
		fail "$output"
	[[ $(bpftool map lookup pinned "$BPFFS/v0/allowed" key 1 0 0 0) == *'"value": 7'* ]] ||
		fail "$(bpftool map dump pinned "$BPFFS/v0/allowed")"
	[[ $(bpftool map dequeue pinned "$BPFFS/v0/waiting%old-$queue") == *"09 00 00 00"* ]] ||
		fail "the old queue was emptied"
}

test_a_map_can_be_carried_over_alone()
{
	load v0 "$BUILT/load_mixed1.o" >/dev/null
	bpftool map update pinned "$BPFFS/v0/allowed" key 1 0 0 0 value 7 0 0 0
	expect_status 2 load --on-mismatch allowed=migrate v0 "$BUILT/load_mixed2.o"
	[[ $errors == *"cannot reuse map 'waiting'"* && $errors != *"cannot reuse map 'allowed'"* ]] ||
		fail "$errors"
	expect_status 2 load --on-mismatch fresh --on-mismatch allowed=fail v0 "$BUILT/load_mixed2.o"
	[[ $errors == *"cannot reuse map 'allowed'"* ]] || fail "$errors"
	expect_status 0 load --on-mismatch fresh --on-mismatch allowed=migrate v0 "$BUILT/load_mixed2.o"
	[[ $output == *"map allowed id "*" migrated"*"map waiting id "*" created"* ]] || fail "$output"
}

test_a_way_for_no_map_of_the_object_is_wrong_usage()
{
	expect_status 1 load --on-mismatch waitin=fresh v0 "$BUILT/load_mixed2.o"
	[[ $errors == "load: --on-mismatch waitin=fresh: $BUILT/load_mixed2.o has no such map; it has "*waiting* ]] ||
		fail "$errors"
	expect_status 1 load --on-mismatch waiting=nonsense v0 "$BUILT/load_mixed2.o"
	expect_status 1 load --on-mismatch =fresh v0 "$BUILT/load_mixed2.o"
}

test_a_class_can_be_said()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	expect_status 0 load --on-mismatch migrate --class deny_list=flow v0 "$BUILT/carry2.o"
	expect_status 1 load --class deny_list=nonsense v0 "$BUILT/carry2.o"
	expect_status 1 load --class deny_list v0 "$BUILT/carry2.o"
}

test_a_class_of_no_map_of_the_object_is_wrong_usage()
{
	local how before

	load v0 "$BUILT/carry1.o" >/dev/null
	before=$(snapshot)
	for how in --on-mismatch=migrate --shared; do
		expect_status 1 load "$how" --class deny_lis=flow --class frames_seen=counter v0 "$BUILT/carry2.o"
		[[ $errors == *"--class deny_lis=flow: $BUILT/carry2.o has no such map; it has "*deny_list* ]] ||
			fail "$errors"
	done
	expect_unchanged "$before"
}

test_a_map_that_its_user_froze_is_said_to_take_edits_again()
{
	local said="map 'deny_list' is frozen, and the new one is not: it takes edits"

	load v0 "$BUILT/carry1.o" >/dev/null
	expect_status 0 load --dry-run --on-mismatch migrate v0 "$BUILT/carry2.o"
	[[ $errors != *"is frozen, and"* ]] || fail "it says: $errors"
	bpftool map freeze pinned "$BPFFS/v0/deny_list"
	expect_status 0 load --dry-run --on-mismatch migrate v0 "$BUILT/carry2.o"
	[[ $errors == *"$said"* ]] || fail "it says: $errors"
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry2.o"
	[[ $(grep -c 'is frozen, and' <<<"$errors") == 1 && $errors == *"$said"* ]] || fail "it says: $errors"
}

# build_flagged ENTRIES FLAGS: to $TMPDIR/built.o
build_flagged()
{
	build "struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, $1); __uint(map_flags, $2);
__type(key, __u32); __type(value, __u64); } rules SEC(\".maps\");
SEC(\"xdp\") int pass(struct xdp_md *ctx) { __u32 key = 1; return bpf_map_lookup_elem(&rules, &key) ? 1 : 2; }"
}

test_a_map_whose_maker_may_only_read_or_write_it_is_migrated_and_used_on()
{
	local flags entries=4 id

	need setpriv
	build_flagged 4 0
	load v0 "$TMPDIR/built.o" >/dev/null
	bpftool map update pinned "$BPFFS/v0/rules" key 1 0 0 0 value 7 0 0 0 0 0 0 0
	for flags in BPF_F_RDONLY BPF_F_WRONLY; do
		build_flagged $((entries *= 2)) "$flags"
		run setpriv --inh-caps -all,+bpf,+net_admin --bounding-set -all,+bpf,+net_admin \
			load --dry-run --on-mismatch migrate v0 "$TMPDIR/built.o"
		[[ $status == 2 && $errors == *"cannot open map 'rules' both to read and to write it"*"hint: "*CAP_SYS_ADMIN* ]] ||
			fail "$status: $errors"
		expect_status 0 load --dry-run --on-mismatch migrate v0 "$TMPDIR/built.o"
		expect_status 0 load --on-mismatch migrate v0 "$TMPDIR/built.o"
		[[ $(bpftool map lookup pinned "$BPFFS/v0/rules" key 1 0 0 0) == *'"value": 7'* ]] ||
			fail "$(bpftool map dump pinned "$BPFFS/v0/rules")"
		id=$(map_id "$BPFFS/v0/rules")
		expect_status 0 load v0 "$TMPDIR/built.o"
		expect_id "$BPFFS/v0/rules" "$id"
	done
}
