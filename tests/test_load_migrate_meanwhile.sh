# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load --on-mismatch migrate: what others do while much is copied.
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
. tests/load_migrate.sh
. tests/rate.sh

# stop_copying COMMAND...: stopped in the middle of copying 20000 rules, which takes 30 calls.
stop_copying()
{
	stop_at bpf "$(($(calls_before_copying) + 12))" "$@"
	[[ $(grep -c 'BPF_MAP_LOOKUP_BATCH, {batch={in_batch=NULL' "$TMPDIR/trace") == 1 ]] ||
		fail "it does not copy: $(tail -n 3 "$TMPDIR/trace")"
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
	load v0 "$BUILT/million1.o" >/dev/null
	migrate_world fill "$BPFFS/v0/rules" 200000
	expect_edits_come_over "$BPFFS/v0/rules" "2 1 2 1 2" run load --on-mismatch migrate v0
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
