# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pinning/migrate.h: what is edited in either map while and after its content is brought over, by who
# may be killed meanwhile.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/migrate.sh
. tests/faults.sh

test_config_brings_over_what_others_changed_in_the_old_map()
{
	maps
	for addr in {1..8}; do
		put_rule "$addr" 1 "$addr"
	done
	mkfifo /run/go
	migrate run "$OLD/rules" "$NEW/rules" config copy reconcile touch=/run/copied wait=/run/switched \
		reconcile reconcile >/run/report &
	eventually [ -e /run/copied ]
	expect_rule 1 1 1
	put_rule 1 2 100 # changed in the old map
	drop_rule 2 # deleted there
	put_rule 20 1 20 # added there
	put_new_rule 3 7 300 # changed in the new map
	drop_new_rule 4 # deleted there
	put_new_rule 30 7 30 # added there
	put_rule 5 2 500 # changed in both
	put_new_rule 5 7 501
	drop_rule 6 # deleted in the old, changed in the new
	put_new_rule 6 7 600
	put_rule 7 2 700 # changed in the old, deleted in the new
	drop_new_rule 7
	touch /run/switched
	wait $!
	output=$(</run/report)
	says "added=1 changed=1 deleted=1 conflicts=3 counted=1" "left=0"
	expect_rule 1 2 100
	expect_no_rule 2
	expect_rule 20 1 20
	expect_rule 3 7 300
	expect_no_rule 4
	expect_rule 30 7 30
	expect_rule 5 7 501
	expect_rule 6 7 600
	expect_no_rule 7
	expect_rule 8 1 8
}

test_what_both_programs_count_alike_is_told_and_what_the_old_one_counts_alone_is_kept()
{
	maps
	for addr in 1 2 3; do
		put_rule "$addr" 1 "$addr"
	done
	migrate run "$OLD/rules" "$NEW/rules" config copy snapshot="$BPFFS/base" >/dev/null
	put_rule 1 1 17 # counted in both, as often
	put_new_rule 1 1 17
	put_rule 2 1 18 # in the old one alone
	put_rule 3 2 19 # and its action is edited, which is another word
	move rules config resume="$BPFFS/base" reconcile
	# Without exchanges that are atomic, nothing is replaced in place.
	says "changed=2 deleted=0 conflicts=1 counted=1 overwritten=$(attach has exchange && echo 1 || echo 2)"
	expect_rule 1 1 17
	expect_rule 2 1 18
	expect_rule 3 2 19
}

test_what_is_counted_while_an_entry_is_brought_over_is_not_overwritten()
{
	local n run=(migrate run "$OLD/rules" "$NEW/rules" config resume="$BPFFS/base" reconcile)

	need strace
	attach has exchange || skip "needs programs that compare and exchange: this kernel has none"
	maps
	put_rule 1 1 1
	migrate run "$OLD/rules" "$NEW/rules" config copy snapshot="$BPFFS/base" >/dev/null
	put_rule 1 1 2
	n=$(switches_at bpf migrate_replace "${run[@]}")
	expect_rule 1 1 2
	put_rule 1 1 3
	count_now() { put_new_rule 1 1 40; }
	between_calls bpf "$n" count_now "${run[@]}"
	((status == 0)) || fail "status $status: $errors"
	says "changed=0 deleted=0 conflicts=1 counted=1 overwritten=0"
	expect_rule 1 1 40
}

# arrays SLOTS: $BPFFS/from and $BPFFS/into, of numbers of 8 bytes.
arrays()
{
	local map

	for map in from into; do
		bpftool map create "$BPFFS/$map" type array key 4 value 8 entries "$1" name "$map"
	done
}

# shellcheck disable=SC2046
put_number() { put "$BPFFS/$1" $(le 4 "$2") value $(le 8 "$3"); }

# expect_number MAP KEY NUMBER
# shellcheck disable=SC2046
expect_number()
{
	local found

	found=$(bpftool -j map lookup pinned "$BPFFS/$1" key $(le 4 "$2"))
	[[ $found == *"\"value\":[\"0x$(printf %02x "$3")\",\"0x00\","* ]] || fail "slot $2 of $1: $found, expected $3"
}

# Zeros in a slot of an array count as no entry: nothing comes from there, and nothing is lost.
test_slots_of_zeros_are_not_brought_over()
{
	local class

	for class in config flow; do
		arrays 4
		put_number into 1 7
		put_number from 2 5
		put_number from 3 9
		put_number into 3 9
		expect_status 0 migrate run "$BPFFS/from" "$BPFFS/into" $class resume reconcile reconcile
		says "added=1 changed=0 deleted=0 conflicts=0 counted=0 " "left=0"
		[[ $class == config ]] && ! attach has exchange || says "overwritten=0"
		expect_number into 0 0
		expect_number into 1 7
		expect_number into 2 5
		expect_number into 3 9
		rm "$BPFFS/from" "$BPFFS/into"
	done
}

test_what_is_counted_in_a_slot_of_zeros_meanwhile_stays()
{
	local class n run

	need strace
	count_now() { put_number into 0 40; }
	for class in config flow; do
		run=(migrate run "$BPFFS/from" "$BPFFS/into" "$class" resume reconcile)
		arrays 1
		n=$(switches_at bpf BPF_MAP_LOOKUP_ELEM "${run[@]}")
		between_calls bpf "$n" count_now "${run[@]}"
		((status == 0)) || fail "status $status: $errors"
		expect_number into 0 40
		rm "$BPFFS/from" "$BPFFS/into"
	done
}

test_what_has_to_be_written_as_a_whole_is_told()
{
	maps
	put "$OLD/settings" 0 0 0 0 value 5 0 0 0
	migrate run "$OLD/settings" "$NEW/settings" config copy snapshot="$BPFFS/base" >/dev/null
	put "$OLD/settings" 0 0 0 0 value 6 0 0 0
	move settings config resume="$BPFFS/base" reconcile
	says "changed=1 deleted=0 conflicts=0 counted=0 overwritten=1"
}

# What did not fit when it was copied: rule 2 is gone by the end, 3 fits then, and 4 does not fit still.
test_what_did_not_fit_is_counted_as_it_is_in_the_end()
{
	maps
	for addr in 2 3 4; do
		put_rule "$addr" 65536 1
	done
	migrate run "$OLD/rules" "$NEW/rules" config copy reconcile touch=/run/copied wait=/run/edited \
		reconcile >/run/report &
	eventually [ -e /run/copied ]
	drop_rule 2
	put_rule 3 7 1
	put_rule 4 65536 5
	touch /run/edited
	wait $!
	output=$(</run/report)
	says "added=1 " "left=1" "left: 04 00 00 00 50 00 00 00: value.action does not fit"
	[[ $(grep -c '^left: ' <<<"$output") == 1 ]] || fail "$output"
	expect_rule 3 7 1
}

# What others do between the copy and the end, in maps of a directory of their own, while the process
# that goes on from the snapshot is killed at its Nth call of bpf(2). Returns 1 if that was its end.
goes_on_after_a_kill_at()
{
	local OLD=$BPFFS/old$1 NEW=$BPFFS/new$1 killed

	maps
	for addr in {1..6}; do
		put_rule "$addr" 1 "$addr"
	done
	move rules config copy snapshot="$BPFFS/snapshot$1"
	put_rule 1 2 100
	drop_rule 2
	put_rule 20 1 20
	put_new_rule 3 7 300
	drop_new_rule 4
	put_rule 5 2 500
	put_new_rule 5 7 501
	run with_fault "bpf:signal=KILL:when=$1" migrate run "$OLD/rules" "$NEW/rules" config \
		resume="$BPFFS/snapshot$1" reconcile
	# shellcheck disable=SC2154 # set by run
	killed=$status
	((killed == 0)) || move rules config resume="$BPFFS/snapshot$1" reconcile
	expect_rule 1 2 100
	expect_no_rule 2
	expect_rule 20 1 20
	expect_rule 3 7 300
	expect_no_rule 4
	expect_rule 5 7 501
	expect_rule 6 1 6
	# Again: nothing is left to do, and later edits of the new map stay.
	put_new_rule 1 8 101
	move rules config resume="$BPFFS/snapshot$1" reconcile reconcile
	says "added=0 changed=0 deleted=0 conflicts=0"
	expect_rule 1 8 101
	rm -r "$OLD" "$NEW" "$BPFFS/snapshot$1"
	((killed != 0))
}

test_a_killed_migration_goes_on_from_the_snapshot()
{
	local n=12 # before it, the maps are opened

	while goes_on_after_a_kill_at "$n"; do
		((++n))
	done
	((n > 20)) || fail "only $n calls"
}

test_without_a_snapshot_what_is_missing_is_added()
{
	maps
	put_rule 1 1 1
	put_rule 2 1 2
	put_new_rule 2 7 200
	move rules config resume reconcile
	says "added=1" "conflicts=1"
	expect_rule 1 1 1
	expect_rule 2 7 200
}

test_a_killed_copy_is_done_again()
{
	local n

	maps
	migrate_world fill "$OLD/rules" 20000
	for n in 9 12 14; do
		run with_fault "bpf:signal=KILL:when=$n" migrate run "$OLD/rules" "$NEW/rules" config copy
		((status != 0)) || fail "not killed at $n"
	done
	(($(entries "$NEW/rules") > 0)) || fail "killed before the first entry"
	move rules config copy
	expect_status 0 migrate_world check "$NEW/rules" 20000
	says "20000 entries"
}

test_a_million_entries_take_seconds()
{
	local TIMEFORMAT='%U %S' user system

	maps
	migrate_world fill "$OLD/rules" 1000000
	{ time move rules config copy snapshot="$BPFFS/snapshot" reconcile; } 2>/run/time
	# Of the CPU: other tests run at the same time.
	read -r user system </run/time
	((${user%.*} + ${system%.*} < ${PATIENCE:-10})) || fail "$user + $system s"
	says "entries=1000000" "moved=1000000" "left=0" "progress=1000000"
	expect_status 0 migrate_world check "$NEW/rules" 1000000
	says "1000000 entries"
}

# The editor changes, adds and deletes rules through the pin all the time. The old map refuses it in
# the end, and then it finds the new one.
test_an_editor_loses_nothing()
{
	local editor

	migrate load "$OLD_OBJECT" "$OLD"
	migrate_world fill "$OLD/rules" 200000
	mkdir "$BPFFS/live"
	ln "$OLD/rules" "$BPFFS/live/rules"
	mkfifo /run/ended
	migrate_world edit "$BPFFS/live/rules" 10000 </run/ended >/run/editor &
	editor=$!
	exec 8>/run/ended
	migrate load "$NEW_OBJECT" "$NEW"
	migrate run "$OLD/rules" "$NEW/rules" config copy reconcile touch=/run/copied wait=/run/switched \
		freeze reconcile >/run/report &
	eventually [ -e /run/copied ]
	sleep 0.2 # edits of the old map after the copy; how many does not matter
	touch /run/switched
	wait $!
	mv "$NEW/rules" "$BPFFS/live/rules"
	kill -TERM "$editor"
	eventually grep -q stopped /run/editor
	echo >&8
	wait "$editor" || fail "$(</run/editor)"
	output=$(</run/editor)
	says ", 0 wrong"
	[[ $output != *"refused 0 times"* ]] || fail "the old map was not closed: $output"
	output=$(</run/report)
	[[ $output =~ changed=([0-9]+) && ${BASH_REMATCH[1]} -gt 0 ]] || fail "nothing to bring over: $output"
}

# frozen PIN: as the kernel says.
frozen() { bpftool -j map show pinned "$1" | grep -q '"frozen":1'; }

test_a_map_is_closed_to_edits_once_and_what_the_kernel_does_not_close_is_told()
{
	mkfifo /run/ended
	maps
	put_rule 1 1 1
	move rules config freeze
	frozen "$OLD/rules" || fail "open: $(bpftool map show pinned "$OLD/rules")"
	! frozen "$NEW/rules" || fail "the new one is closed"
	# Whoever goes on after a kill finds it closed.
	move rules config copy freeze reconcile
	expect_rule 1 1 1
	# Somebody has it in memory, to write.
	bpftool map create "$BPFFS/mapped" type array key 4 value 8 entries 4 flags 0x400 name mapped
	bpftool map create "$BPFFS/wider" type array key 4 value 8 entries 8 name wider
	migrate_world hold "$BPFFS/mapped" </run/ended >/run/held &
	exec 8>/run/ended
	eventually grep -q held /run/held
	run migrate run "$BPFFS/mapped" "$BPFFS/wider" config freeze
	((status != 0)) && ! frozen "$BPFFS/mapped" || fail "closed"
	echo >&8
	wait $!
	expect_status 0 migrate run "$BPFFS/mapped" "$BPFFS/wider" config freeze
	frozen "$BPFFS/mapped" || fail "open"
}

# Of an LRU map: who deletes an entry of it, a tool or a program, means it.
# shellcheck disable=SC2046
test_what_is_changed_and_deleted_in_an_lru_map_is_brought_over()
{
	local class key

	for class in flow config; do
		rm -rf /run/copied /run/switched "$OLD" "$NEW"
		maps
		for key in 1 2 3; do
			put "$OLD/flows" $(le 4 $key) value $(le 4 1 2 3)
		done
		migrate run "$OLD/flows" "$NEW/flows" $class copy touch=/run/copied wait=/run/switched \
			reconcile >/run/report &
		eventually [ -e /run/copied ]
		put "$OLD/flows" $(le 4 1) value $(le 4 5 6 7)
		bpftool map delete pinned "$OLD/flows" key $(le 4 2)
		touch /run/switched
		wait $!
		output=$(</run/report)
		says "changed=1 deleted=1"
		[[ $class != flow ]] || says "bound: an entry that packets change in both maps"
		expect_entry "$NEW/flows" $(le 4 1) -- '{"weight":6,"since":0,"action":5,"pad":0}'
		expect_entry "$NEW/flows" $(le 4 2) -- ""
		expect_entry "$NEW/flows" $(le 4 3) -- '{"weight":2,"since":0,"action":1,"pad":0}'
	done
}
