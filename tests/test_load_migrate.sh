# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# load --on-mismatch migrate: a change of program and of map definitions keeps rules and counts.
. tests/pins.sh
. tests/build.sh
. tests/carry.sh
. tests/rate.sh
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

# note is 8 bytes in carry2 and 4 in carry1: 7 and 9 do not fit.
load_misfits()
{
	local key

	load v0 "$BUILT/carry2.o" >/dev/null
	for key in 7 9; do
		bpftool map update pinned "$BPFFS/v0/deny_list" key "$key" 0 0 0 \
			value 0 0 0 0 1 0 0 0 1 0 0 0 0 0 0 0
	done
	bpftool map update pinned "$BPFFS/v0/deny_list" key 8 0 0 0 \
		value 5 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0
}

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

test_one_entry_that_does_not_fit_is_one()
{
	local old

	load_misfits
	old=$(map_id "$BPFFS/v0/deny_list")
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 9 0 0 0
	expect_status 3 load --on-mismatch migrate v0 "$BUILT/carry1.o"
	[[ $output == *"
    1 stays in map $old: key 7: value.note does not fit"* ]] || fail "$output"
	[[ $errors == *": 1 entry did not fit and stays in %old-$old"* ]] || fail "$errors"
}

test_what_does_not_fit_stays_in_the_old_map_and_the_load_is_partly_done()
{
	local old

	load_misfits
	old=$(map_id "$BPFFS/v0/deny_list")
	expect_status 3 load --on-mismatch migrate v0 "$BUILT/carry1.o"
	[[ $errors == *"2 entries did not fit and stay in %old-$old"* ]] || fail "$errors"
	[[ $output == *"map deny_list id "*" migrated (map $old stays as $BPFFS/v0/deny_list%old-$old)
    2 stay in map $old: the first, key "[79]": value.note does not fit"* ]] || fail "$output"
	bpftool map lookup pinned "$BPFFS/v0/deny_list" key 8 0 0 0 >/dev/null || fail "8 was lost"
	! bpftool map lookup pinned "$BPFFS/v0/deny_list" key 7 0 0 0 >/dev/null 2>&1 ||
		fail "7 was cut"
	bpftool map lookup pinned "$BPFFS/v0/deny_list%old-$old" key 7 0 0 0 >/dev/null ||
		fail "7 is not in $(old_maps "$BPFFS/v0")"
}

test_what_helps_with_what_is_left_is_said_and_said_again_when_the_old_definition_is_back()
{
	local old path

	load_misfits
	old=$(map_id "$BPFFS/v0/deny_list")
	path=$BPFFS/v0/deny_list%old-$old
	expect_status 3 load --on-mismatch migrate v0 "$BUILT/carry1.o"
	[[ $errors == *"hint: look at it: bpftool map dump pinned $path"*"hint: put into the new one"*"gc --old"* ]] ||
		fail "$errors"
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry2.o"
	[[ $errors == *"map 'deny_list': what did not fit in an earlier run is in %old-$old still"*"pinned $path"* ]] ||
		fail "$errors"
	[[ $errors != *"map 'frames_seen': what"* ]] || fail "$errors"
	expect_status 0 gc --old
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry1.o"
	[[ $errors != *"earlier run"* ]] || fail "$errors"
}

# keys PIN: all keys that are numbers, one a line. total PIN: the sum of all values, of all CPUs.
keys() { bpftool map dump pinned "$1" | tr -d '",' | awk '$1 == "key:" { print $2 }' | sort; }
total() { bpftool map dump pinned "$1" | awk '$1 == "\"value\":" { sum += $2 } END { print sum + 0 }'; }

# number_keys MAP COUNT: the value 1 under each key below COUNT, on each CPU.
number_keys()
{
	local i

	for ((i = 0; i < $2; i++)); do
		echo "map update pinned $BPFFS/v0/$1 key $((i % 256)) $((i / 256)) 0 0 value 1 0 0 0 0 0 0 0"
	done >"$TMPDIR/keys"
	bpftool batch file "$TMPDIR/keys" >/dev/null
}

# An LRU map takes every entry, and drops others.
test_what_an_lru_map_drops_stays_in_the_old_map_and_the_load_is_partly_done()
{
	local old dropped

	# One CPU alone has all the room of a map with a list for each.
	(($(nproc) > 1)) || skip "needs two CPUs"
	load v0 "$BUILT/lru1.o" >/dev/null
	number_keys members 1000
	old=$(map_id "$BPFFS/v0/members")
	expect_status 3 load --dry-run --on-mismatch migrate v0 "$BUILT/lru2.o"
	[[ $output == *"would stay in map $old: the first, key "*"an LRU, and dropped it to make room"* ]] ||
		fail "$output"
	expect_status 3 load --on-mismatch migrate v0 "$BUILT/lru2.o"
	old=$BPFFS/v0/members%old-$old
	dropped=$(($(keys "$old" | wc -l) - $(keys "$BPFFS/v0/members" | wc -l)))
	((dropped > 0)) || fail "this LRU map has room for all"
	[[ $errors == *"map 'members': $dropped entries did not fit and stay"* ]] || fail "$errors"
	[[ $(keys "$old" | wc -l) == 1000 ]] || fail "the old map has $(keys "$old" | wc -l) keys"
	# Of which none is dropped, nothing stays.
	unload --purge v0 >/dev/null
	load v0 "$BUILT/lru1.o" >/dev/null
	number_keys members 10
	expect_status 0 load --dry-run --on-mismatch migrate v0 "$BUILT/lru2.o"
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/lru2.o"
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0")"
}

test_a_count_that_an_lru_map_has_no_room_for_stays_in_the_old_map()
{
	local cpus old

	load v0 "$BUILT/lru1.o" >/dev/null
	number_keys talkers 6000
	cpus=$(($(total "$BPFFS/v0/talkers") / 6000))
	old=$(map_id "$BPFFS/v0/talkers")
	expect_status 3 load --on-mismatch migrate v0 "$BUILT/lru2.o"
	old=$BPFFS/v0/talkers%old-$old
	(($(total "$BPFFS/v0/talkers") + $(total "$old") == 6000 * cpus)) ||
		fail "of $((6000 * cpus)): $(total "$BPFFS/v0/talkers") and $(total "$old")"
}

# tallied MAP FIELD: summed over the CPUs and over the pins of all maps that had this name.
tallied()
{
	local pin

	for pin in "$BPFFS/v0/$1" "$BPFFS/v0/$1"%old-*; do
		[[ ! -e $pin ]] || bpftool map dump pinned "$pin"
	done | tr -d '",' | awk -v name="$2:" '$1 == name { sum += $2 } END { print sum + 0 }'
}

test_no_count_of_any_width_is_lost_under_traffic()
{
	local sender i count

	load v0 "$BUILT/tally1.o" >/dev/null
	send 100
	send 40000 &
	sender=$!
	for ((i = 0; i < 3; i++)); do
		run load --on-mismatch migrate v0 "$BUILT/tally2.o"
		((status == 0 || status == 3)) || fail "round $i: $errors"
		run load --on-mismatch migrate v0 "$BUILT/tally1.o"
		((status == 0 || status == 3)) || fail "round $i back: $errors"
	done
	wait "$sender"
	for count in narrower wider small either; do
		[[ $(tallied tallies "$count") == 40100 ]] || fail "$count: $(tallied tallies "$count") of 40100"
	done
	[[ $(tallied last frames) == 40100 ]] || fail "last: $(tallied last frames) of 40100"
}

test_a_count_that_cannot_be_added_stays_in_the_old_map_and_the_load_is_partly_done()
{
	local old

	attach has exchange || skip "needs programs that compare and exchange: this kernel has none"
	load v0 "$BUILT/tally1.o" >/dev/null
	send 5
	old=$(map_id "$BPFFS/v0/last")
	expect_status 3 load --dry-run --on-mismatch migrate v0 "$BUILT/tally2.o"
	[[ $output == *"would stay in map $old: "*"a counter cannot be added where its new field is"* ]] ||
		fail "$output"
	expect_status 3 load --on-mismatch migrate v0 "$BUILT/tally2.o"
	[[ $output == *"map last id "*" migrated (map $old stays as $BPFFS/v0/last%old-$old)"* ]] || fail "$output"
	[[ $errors == *"map 'last': fields that may be counts cannot be added, and stay in %old-$old: 1"* ]] ||
		fail "$errors"
	[[ $(old_maps "$BPFFS/v0") == *"last%old-$old" ]] || fail "left: $(old_maps "$BPFFS/v0")"
	[[ $(tallied tallies small) == 5 ]] || fail "small: $(tallied tallies small) of 5"
	[[ $errors == *"hint: once a map that can take it is in place: pin_maps --carry v0"* ]] || fail "$errors"
	run load --on-mismatch migrate v0 "$BUILT/tally1.o"
	[[ $errors == *"map 'last': what an earlier run left in %old-$old was not added to it"* ]] || fail "$errors"
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

# Both arrays have a slot less then, with nothing in it; one with something is left.
test_an_empty_slot_that_a_shorter_array_lacks_is_no_loss()
{
	load v0 "$BUILT/load_pair2.o" >/dev/null
	expect_status 0 load --dry-run --on-mismatch migrate v0 "$BUILT/load_pair1.o"
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/load_pair1.o"
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0")"
	load --on-mismatch migrate v0 "$BUILT/load_pair2.o" >/dev/null 2>&1
	bpftool map update pinned "$BPFFS/v0/left" key 1 0 0 0 value 5 0 0 0 0 0 0 0
	expect_status 3 load --dry-run --on-mismatch migrate v0 "$BUILT/load_pair1.o"
	expect_status 3 load --on-mismatch migrate v0 "$BUILT/load_pair1.o"
	[[ $output == *"key 1: the new map has no such slot"* && $(old_maps "$BPFFS/v0") == left%old-* ]] ||
		fail "it says: $output"
}

test_what_does_not_fit_is_in_the_document()
{
	load_misfits
	expect_status 3 load --json --on-mismatch migrate v0 "$BUILT/carry1.o"
	[[ $output == *'"name":"deny_list"'*'"state":"migrated"'*'"left":2,"reason":"key '[79]': value.note does not fit"}'* &&
		$output == *'"name":"frames_seen"'*'"left":0,"reason":null}'* ]] || fail "$output"
}

test_a_dry_run_counts_what_would_not_fit()
{
	local before old

	load_misfits
	old=$(map_id "$BPFFS/v0/deny_list")
	before=$(snapshot)
	expect_status 3 load --dry-run --on-mismatch migrate v0 "$BUILT/carry1.o"
	[[ $errors == *"value.note"*"narrowed"* ]] || fail "$errors"
	[[ $output == *"map deny_list id "*" would be migrated (map $old would stay as $BPFFS/v0/deny_list%old-$old)
    2 would stay in map $old: the first, key "[79]": value.note does not fit"* &&
		$output == *"map frames_seen id "*" would be migrated"* ]] || fail "$output"
	expect_status 3 load --dry-run --json --on-mismatch migrate v0 "$BUILT/carry1.o"
	[[ $output == *'"name":"deny_list"'*'"state":"migrated"'*'"left":2,'* ]] || fail "$output"
	expect_unchanged "$before"
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 7 0 0 0
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 9 0 0 0
	expect_status 0 load --dry-run --on-mismatch migrate v0 "$BUILT/carry1.o"
	[[ $output != *"would stay"* ]] || fail "$output"
}

# staying MAP: how many of its counters and fields stay, of what a load or pin_maps has printed.
staying()
{
	sed -n "/map $1 /,\$ s/^    \([0-9]*\) \(would stay\|stays\?\) in map .*/\1/p" <<<"$output" | head -n 1
	sed -n "s/.* into $1 .*, all but \([0-9]*\):.*/\1/p" <<<"$output"
}

test_a_dry_run_counts_counters_of_each_cpu_as_the_run_does()
{
	local foreseen

	attach has exchange || skip "needs programs that compare and exchange: this kernel has none"
	load v0 "$BUILT/tally1.o" >/dev/null
	# narrower: 0x10000, and what is cut off, on every CPU.
	bpftool map update pinned "$BPFFS/v0/tallies" key 0 0 0 0 value 0 0 1 0 0 0 0 0 0 0 0 0 0 0 0 0 \
		0 0 0 0 0 0 0 0 1 0 0 0 1 0 0 0 0 0 0 0 0 0 0 0
	expect_status 3 load --dry-run --on-mismatch migrate v0 "$BUILT/tally2.o"
	foreseen=$(staying tallies)
	((foreseen > 1)) || fail "it foresees $foreseen: $output"
	[[ $output == *"the first, key 0: a counter does not fit its narrower field"* ]] || fail "$output"
	expect_status 3 load --on-mismatch migrate v0 "$BUILT/tally2.o"
	[[ $(staying tallies) == "$foreseen" ]] || fail "foreseen $foreseen: $output"
	# A number that is set in both maps, and may be a count, stays: on the one CPU that counted.
	unload --all --purge v0 >/dev/null
	load v0 "$BUILT/tally1.o" >/dev/null
	bpftool map update pinned "$BPFFS/v0/tallies" key 0 0 0 0 value 0 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0 \
		0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
	ip -force link set dev v0 xdp obj "$BUILT/tally2.o" sec xdp
	send 3
	expect_status 3 pin_maps --dry-run --carry v0
	foreseen=$(staying tallies)
	((foreseen > 0)) || fail "it foresees nothing: $output"
	expect_status 3 pin_maps --carry v0
	[[ $(staying tallies) == "$foreseen" ]] || fail "foreseen $foreseen: $output"
}

# carry1 has room for 200000 rules.
test_a_dry_run_counts_what_would_find_no_room()
{
	load v0 "$BUILT/carry2.o" >/dev/null
	migrate_world number "$BPFFS/v0/deny_list" 200003
	expect_status 3 load --dry-run --on-mismatch migrate v0 "$BUILT/carry1.o"
	[[ $output == *"    3 would stay in map "*": the new map is full"* ]] || fail "$output"
	expect_status 3 load --on-mismatch migrate v0 "$BUILT/carry1.o"
	[[ $output == *"    "*" stay in map "*": the new map is full"* ]] || fail "$output"
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

# --- while it copies, and when it is killed

# fill N: N rules, from key 0 0 1 0 on, each with word 1 as its number.
fill()
{
	local i

	for ((i = 0; i < $1; i++)); do
		echo "map update pinned $BPFFS/v0/deny_list key $((i % 256)) $((i / 256)) 1 0" \
			"value 0 0 0 0 $((i % 256)) $((i / 256)) 0 0"
	done >"$TMPDIR/rules"
	bpftool batch file "$TMPDIR/rules" >/dev/null
}

# rule A B C D: the value under that key, its bytes in a row; nothing if there is none.
rule()
{
	bpftool -j map lookup pinned "$BPFFS/v0/deny_list" key "$@" 2>/dev/null |
		grep -o '"value":\["[^]]*' | grep -o '0x..' | tr -d '\n' || true
}

# stop_at CALL N COMMAND...: sets $loader, stopped at the Nth such call, and $tracer. Output and
# errors are in $TMPDIR/stopped and $TMPDIR/stopped.errors, what it called in $TMPDIR/trace.
stop_at()
{
	local call=$1 n=$2

	shift 2
	need strace
	: >"$TMPDIR/trace"
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o "$TMPDIR/trace" -e "trace=$call,renameat" \
		-e "inject=$call:signal=STOP:when=$n" "${also[@]}" "$@" >"$TMPDIR/stopped" 2>"$TMPDIR/stopped.errors" &
	tracer=$!
	eventually grep -q 'stopped by SIGSTOP' "$TMPDIR/trace" || fail "it did not stop: $(<"$TMPDIR/stopped.errors")"
	loader=$(awk '/stopped by SIGSTOP/ { print $1 }' "$TMPDIR/trace")
}
tracer='' loader='' also=()

# calls_before_copying: how many times a load calls bpf(2) before it copies, more or less.
calls_before_copying()
{
	run env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" strace -f -qq -o "$TMPDIR/calls" -e trace=bpf \
		load --dry-run --on-mismatch migrate v0 "${1-$BUILT/carry2.o}"
	((status == 0)) || fail_run "status $status" load --dry-run
	# It reads the old map as well, to see what would not fit.
	awk '/BPF_MAP_LOOKUP_BATCH/ { exit } / bpf\(/ { n++ } END { print n }' "$TMPDIR/calls"
}

# stop_copying COMMAND...: stopped in the middle of copying 20000 rules, which takes 30 calls.
stop_copying()
{
	stop_at bpf "$(($(calls_before_copying) + 12))" "$@"
	[[ $(grep -c 'BPF_MAP_LOOKUP_BATCH, {batch={in_batch=NULL' "$TMPDIR/trace") == 1 ]] ||
		fail "it does not copy: $(tail -n 3 "$TMPDIR/trace")"
}

# go_on: sets what run sets.
go_on()
{
	kill -CONT "$loader"
	status=0
	wait "$tracer" || status=$?
	output=$(<"$TMPDIR/stopped")
	errors=$(<"$TMPDIR/stopped.errors")
}

# kill_it: as it stands there.
kill_it()
{
	kill -KILL "$loader"
	! wait "$tracer" || fail "it ended by itself"
}

expect_nothing_left()
{
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0")"
	[[ -z $(find "$BPFFS/v0/%carry" "$BPFFS/%ifbpf/stage" -mindepth 1 2>/dev/null) ]] ||
		fail "left: $(find "$BPFFS/v0/%carry" "$BPFFS/%ifbpf/stage" -mindepth 1)"
	(($(generation "$BPFFS/v0") % 2 == 0)) || fail "$(readlink "$BPFFS/v0/%meta")"
}

test_writers_of_other_interfaces_do_not_wait_while_much_is_copied()
{
	make_veth v2
	load v0 "$BUILT/carry1.o" >/dev/null
	fill 20000
	send 10
	stop_copying load --on-mismatch migrate v0 "$BUILT/carry2.o"
	expect_status 0 timeout 20 load v2 objects/xdp_pass.o
	expect_status 0 timeout 20 pin_maps v2
	# Neither does anybody take the copy for a dead one's.
	expect_status 0 timeout 20 gc
	[[ $(ls "$BPFFS/%ifbpf/stage") == v0~* ]] || fail "the stage: $(ls "$BPFFS/%ifbpf/stage")"
	# Who edits a rule meanwhile finds the map in place, and its lock free.
	flock -n "$BPFFS/v0/%lock" bpftool map update pinned "$BPFFS/v0/deny_list" key 5 0 1 0 \
		value 0 0 0 0 99 0 0 0
	go_on
	((status == 0)) || fail "status $status: $errors"
	[[ $(rule 5 0 1 0) == 0x630x000x000x000x000x000x000x000x000x000x000x000x000x000x000x00 ]] ||
		fail "the edit: $(rule 5 0 1 0)"
	expect_seen 10 0
	expect_nothing_left
	[[ $(load_state v0 xdp) == *" carry2" ]]
}

# Who waits for the directory of one interface does not hold up the writers of the others.
test_writers_of_other_interfaces_do_not_wait_for_one_that_waits()
{
	local command holder waiter

	make_veth v2
	load v0 objects/xdp_pass.o >/dev/null
	load v2 objects/xdp_pass.o >/dev/null
	for command in "load v0 objects/xdp_drop.o" "pin_maps v0" "iproute2_env v0" "unload v0"; do
		flock "$BPFFS/v0/%lock" sh -c ': >"$TMPDIR/held"; exec sleep 1000' &
		eventually test -e "$TMPDIR/held"
		holder=$(pgrep -n -x sleep -P "$!" || pgrep -n -P "$!")
		# shellcheck disable=SC2086 # words
		$command >"$TMPDIR/waiter" 2>&1 &
		waiter=$!
		eventually grep -q "which holds the lock of $BPFFS/v0/%lock" "$TMPDIR/waiter" ||
			fail "$command does not wait: $(<"$TMPDIR/waiter")"
		expect_status 0 timeout 20 load v2 objects/xdp_drop.o
		expect_status 0 timeout 20 pin_maps v2
		expect_status 0 timeout 20 gc
		[[ $output == *"kept directory $BPFFS/v0: another process is at work in it"* ]] ||
			fail "it says: $output"
		kill -0 "$waiter" || fail "$command did not wait"
		kill "$holder"
		wait "$waiter" || fail "$command: $(<"$TMPDIR/waiter")"
		rm "$TMPDIR/held"
	done
}

# Merging takes the directory's lock alone, also when another run goes on with it.
test_writers_of_other_interfaces_do_not_wait_while_a_merge_is_gone_on_with()
{
	local command

	make_veth v2
	for command in "pin_maps v0" "load v0 $BUILT/carry2.o" "unload v0"; do
		fail_merge
		[[ -n $(old_maps "$BPFFS/v0") ]] || fail "it was merged: nothing to test"
		# shellcheck disable=SC2086 # words
		stop_at sched_setaffinity 1 $command
		expect_status 0 timeout 20 load v2 objects/xdp_pass.o
		expect_status 0 timeout 20 gc --old
		go_on
		((status == 0)) || fail "$command: status $status: $errors"
		[[ $errors == *"brought over what an earlier run had left to do"* ]] || fail "it says: $errors"
		expect_nothing_left
		expect_seen 10 0
		run unload v0
	done
}

# The first rename of a replacement is that of the record: the program is switched by then, and the
# old map still has its name.
test_what_is_denied_while_much_is_copied_is_denied_from_the_switch_on()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	fill 20000
	also=(-e inject=renameat:signal=STOP:when=1)
	stop_copying load --on-mismatch migrate v0 "$BUILT/carry2.o"
	deny 0 8
	send 10
	kill -CONT "$loader"
	eventually stopped 2 || fail "not stopped again: $(tail -n 3 "$TMPDIR/trace")"
	[[ $(bpftool -j prog show id "$(prog_id v0)") == *'"name":"carry2"'* ]] || fail "not switched"
	send 10
	go_on
	((status == 0)) || fail "status $status: $errors"
	expect_seen 0 20
	expect_nothing_left
}

# stopped N: for the Nth time.
stopped() { (($(grep -c 'stopped by SIGSTOP' "$TMPDIR/trace") == $1)); }

test_what_others_change_on_the_interface_meanwhile_makes_it_begin_anew()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	fill 20000
	deny 0 8
	send 10
	stop_copying load --on-mismatch migrate v0 "$BUILT/carry2.o"
	expect_status 0 timeout 20 load v0 "$BUILT/carry1.o"
	send 10
	go_on
	((status == 0)) || fail "status $status: $errors"
	[[ $errors == *"v0 was changed by others while much was copied: beginning anew"* ]] || fail "$errors"
	expect_seen 0 20
	expect_nothing_left
	[[ $(load_state v0 xdp) == *" carry2" ]]
}

test_a_name_that_is_anothers_after_copying_is_not_loaded_onto()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	fill 20000
	send 10
	stop_copying load --on-mismatch migrate v0 "$BUILT/carry2.o"
	ip link set dev v0 down
	ip link set dev v0 name x0
	ip link set dev x0 up
	make_veth v0
	expect_status 0 pin_maps x0
	go_on
	((status == 0)) || fail "status $status: $errors"
	[[ $output == "x0 xdp: program carry2 "* ]] || fail "it says: $output"
	[[ -z $(prog_id v0) && ! -e $BPFFS/v0 ]] || fail "loaded onto the new v0"
	[[ $(load_state x0 xdp) == *" carry2" ]] || fail "$(load_state x0 xdp)"
}

test_a_filesystem_that_is_unmounted_while_much_is_copied_is_noticed()
{
	local id

	load v0 "$BUILT/carry1.o" >/dev/null
	fill 20000
	id=$(prog_id v0)
	stop_copying load --on-mismatch migrate v0 "$BUILT/carry2.o"
	umount -l "$BPFFS"
	mount -t bpf bpf "$BPFFS"
	go_on
	((status == 2)) || fail "status $status: $errors"
	[[ $errors == *"cannot go on in the BPF filesystem at $BPFFS: it was unmounted"* ]] ||
		fail "it says: $errors"
	[[ $(prog_id v0) == "$id" ]] || fail "another program is on"
}

test_a_program_that_comes_to_the_hook_while_much_is_copied_is_not_replaced()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	fill 20000
	stop_copying load --on-mismatch migrate v0 "$BUILT/carry2.o"
	ip -force link set dev v0 xdp obj objects/xdp_pass.o sec xdp
	go_on
	((status == 2)) || fail "status $status: $errors"
	[[ $errors == *"is not ours"* ]] || fail "$errors"
	[[ -z $(ls -A "$BPFFS/%ifbpf/stage") ]] || fail "a stage is left"
}

test_a_copy_that_is_killed_is_removed()
{
	local program map

	load v0 "$BUILT/carry1.o" >/dev/null
	fill 20000
	program=$(prog_id v0) map=$(map_id "$BPFFS/v0/deny_list")
	stop_copying load --on-mismatch migrate v0 "$BUILT/carry2.o"
	kill_it
	expect_status 0 pin_maps v0
	expect_nothing_left
	[[ $(prog_id v0) == "$program" ]]
	expect_id "$BPFFS/v0/deny_list" "$map"
}

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

# fail_merge OPTION...: a load that migrates cannot run the program that merges, once on each CPU.
fail_merge()
{
	rm -rf "$BPFFS/v0" "$BPFFS/%ifbpf"
	ip link set dev v0 xdp off
	load v0 "$BUILT/carry1.o" >/dev/null
	send 10
	run with_fault sched_setaffinity:error=ENOMEM load "$@" --on-mismatch migrate v0 "$BUILT/carry2.o"
	[[ -n $(old_maps "$BPFFS/v0") ]] || fail "the merge was not met"
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

# slowly OBJECT: on stdout the command of a load that takes half a second and more to copy.
slowly()
{
	local n

	n=$(calls_before_copying "$1")
	# What comes behind depends on how much else the kernel has.
	echo "strace -f -qq -o /dev/null -e inject=bpf:delay_enter=60000:when=$((n - 20))..$((n + 40))" \
		"load --on-mismatch migrate v0 $1"
}

test_a_terminal_is_told_how_far_it_is_and_a_log_is_not()
{
	need script strace
	export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
	load v0 "$BUILT/carry1.o" >/dev/null
	fill 20000
	expect_status 0 bash -c "$(slowly "$BUILT/carry2.o")"
	[[ $errors != *$'\r'* && $output != *$'\r'* ]] || fail "in a log: $errors"
	script -qec "$(slowly "$BUILT/carry1.o") >/run/output" /run/terminal >/dev/null
	grep -q $'\r  deny_list: [0-9]* entries, room for 300000\e\[K' /run/terminal || fail "$(cat -v /run/terminal)"
	[[ $(</run/output) != *$'\r'* ]] || fail "in the data"
}

# --- all at once

# The editor changes, adds and deletes rules below 10000 and above the million through the pin, and
# takes no lock; the frames ask for the last of the million.
test_a_million_rules_are_carried_over_under_full_rate_while_they_are_edited()
{
	local editor edits

	load v0 "$BUILT/million1.o" >/dev/null
	migrate_world fill "$BPFFS/v0/rules" 1000000
	mkfifo /run/ended
	rate migrate_while_edited
	echo "$frames frames, $passed passed" >&2
	((passed == 0)) || fail "$passed of $frames frames passed"
	((frames > 100000)) || fail "only $frames frames"
	expect_seen 0 "$frames"
	wait "$editor" || fail "the editor: $(</run/editor)"
	[[ $(</run/editor) =~ ([0-9]+)\ edits,\ 0\ wrong,\ refused\ [0-9]+ ]] || fail "the editor: $(</run/editor)"
	edits=${BASH_REMATCH[1]}
	echo "$edits edits" >&2
	((edits > 1000)) || fail "only $edits edits"
	expect_status 0 migrate_world check "$BPFFS/v0/rules" 1000000 10000
	expect_nothing_left
	[[ $(load_state v0 xdp) == *" million2" ]]
}

# Each edit opens the pin anew, takes no lock, and is made again where it is refused: what was let in
# is there in the end, in whatever map, however often it looked like a copy.
test_an_editor_without_a_lock_loses_nothing_in_one_migration_after_the_other()
{
	local editor i

	load v0 "$BUILT/million1.o" >/dev/null
	migrate_world fill "$BPFFS/v0/rules" 200000
	mkfifo /run/ended
	migrate_world edit "$BPFFS/v0/rules" 20000 </run/ended >/run/editor &
	editor=$!
	exec 8>/run/ended
	for i in 2 1 2 1 2; do
		run load --on-mismatch migrate v0 "$BUILT/million$i.o"
		# An edit of several fields that comes over after the switch is no loss here, but could be one.
		((status == 0)) || [[ $status == 3 && $errors == *"had to be written as a whole"* ]] ||
			fail "status $status: $errors"
		[[ $errors != *"went on in both maps"* && $errors != *"is lost"$'\n'* ]] || fail "it says: $errors"
	done
	kill -TERM "$editor"
	eventually grep -q stopped /run/editor
	echo >&8
	wait "$editor" || fail "the editor: $(</run/editor)"
	cat /run/editor >&2
	expect_nothing_left
}

migrate_while_edited()
{
	migrate_world edit "$BPFFS/v0/rules" 10000 </run/ended >/run/editor &
	editor=$!
	exec 8>/run/ended
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/million2.o"
	kill -TERM "$editor"
	eventually grep -q stopped /run/editor
	echo >&8
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

test_a_dry_run_sees_keys_that_become_equal()
{
	local before old key

	load v0 "$BUILT/keys1.o" >/dev/null
	for key in '1 0 0 0 1 0 0 0' '1 0 0 0 2 0 0 0' '2 0 0 0 1 0 0 0' '2 0 0 0 2 0 0 0'; do
		# shellcheck disable=SC2086 # words
		bpftool map update pinned "$BPFFS/v0/rules" key $key value 1 0 0 0 0 0 0 0
	done
	old=$(map_id "$BPFFS/v0/rules")
	before=$(snapshot)
	expect_status 3 load --dry-run --on-mismatch migrate v0 "$BUILT/keys2.o"
	[[ $output == *"2 would stay in map $old: the first, key "*": another entry has the same key in the new map"* ]] ||
		fail "$output"
	expect_unchanged "$before"
	# Counts are added up.
	expect_status 0 load --dry-run --class rules=counter --on-mismatch migrate v0 "$BUILT/keys2.o"
	expect_status 3 load --on-mismatch migrate v0 "$BUILT/keys2.o"
	[[ $errors == *"2 entries did not fit and stay in %old-$old"* ]] || fail "$errors"
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
