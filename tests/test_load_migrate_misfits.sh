# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load --on-mismatch migrate: entries and counts for which the new map has no room stay in the old one,
# and this is said, by a dry run as well; those that fit are not lost.
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
. tests/load_migrate.sh

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
	[[ $output == *"would stay in map $old: "*"16 bits at the end of a value cannot be added"* ]] ||
		fail "$output"
	expect_status 3 load --on-mismatch migrate v0 "$BUILT/tally2.o"
	[[ $output == *"map last id "*" migrated (map $old stays as $BPFFS/v0/last%old-$old)"* ]] || fail "$output"
	[[ $errors == *"map 'last': fields that may be counts cannot be added, and stay in %old-$old: 1"* ]] ||
		fail "$errors"
	[[ $output == *"1 stays in map $old: value.frames has 16 bits at the end of a value, which cannot be added"* ]] ||
		fail "$output"
	[[ $errors == *"hint: value.frames has 16 bits at the end of a value, which cannot be added: a map that can take it has 32 bits there, or two more bytes behind it"* ]] ||
		fail "$errors"
	[[ $(old_maps "$BPFFS/v0") == *"last%old-$old" ]] || fail "left: $(old_maps "$BPFFS/v0")"
	[[ $(tallied tallies small) == 5 ]] || fail "small: $(tallied tallies small) of 5"
	[[ $errors == *"hint: once a map that can take it is in place: pin_maps --carry v0"* ]] || fail "$errors"
	run load --on-mismatch migrate v0 "$BUILT/tally1.o"
	[[ $errors == *"map 'last': what an earlier run left in %old-$old was not added to it"* ]] || fail "$errors"
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
	[[ $output == *'"name":"deny_list"'*'"state":"migrated"'*"\"old_id\":$old,"*'"left":2,'* ]] || fail "$output"
	[[ $output =~ '"name":"frames_seen",'[^}]*'"old_id":null,' ]] || fail "$output"
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
