# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# gc itself killed, or refused, at each system call.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/gc.sh
. tests/faults.sh

# The preparation of the tests below: w0 was there, has all kinds of pins, and is gone for long.
leave()
{
	rm -rf "$BPFFS/w0"
	left_by w0
	mkdir -p "$BPFFS/w0/%links"
	ln -s ../gone "$BPFFS/w0/%egress/gone"
	aged "$BPFFS/w0"
}

expect_all_or_nothing()
{
	# A pin of a program may have gone before; the maps go all at once.
	[[ ! -e $BPFFS/w0 || -e $BPFFS/w0/xdp_stats_map ]] || fail "half of it is left: $(snapshot "$BPFFS/w0")"
	# What was written is of a new generation, and the interface perhaps noted anew.
	run gc --grace 0
	((status == 0)) || fail "the next run: status $status, $output$errors"
	[[ ! -e $BPFFS/w0 ]] || fail "the next run left it: $output"
	expect_no_stage
	expect_unchanged "$untouched" "$BPFFS/v0"
}

test_killed_anywhere_the_next_run_finishes_it()
{
	load v0 objects/xdp_pass.o >/dev/null
	untouched=$(snapshot "$BPFFS/v0")
	kill_everywhere "$CHANGING_CALLS" leave gc -- expect_all_or_nothing
	echo "killed at $points points" >&2
	((points > 30)) || fail "killed at $points points only"
}

leave_shared()
{
	rm -rf "$BPFFS/w0" "$BPFFS/w1"
	make_veth w0 w1
	load --shared w0 w1 objects/xdp_pass.o >/dev/null
	ip link del dev w0
	ip link del dev w1
	aged "$BPFFS/w0"
	aged "$BPFFS/w1"
}

expect_both_go()
{
	[[ ! -e $BPFFS/w1 || -e $BPFFS/w1/xdp_stats_map ]] || fail "half of it is left: $(snapshot "$BPFFS/w1")"
	expect_all_or_nothing
	[[ ! -e $BPFFS/w1 ]] || fail "the next run left it: $output"
}

test_killed_between_the_directories_of_a_set_the_next_run_finishes_it()
{
	load v0 objects/xdp_pass.o >/dev/null
	untouched=$(snapshot "$BPFFS/v0")
	kill_everywhere "?renameat ?renameat2 unlinkat" leave_shared gc -- expect_both_go
	echo "killed at $points points" >&2
	((points > 30)) || fail "killed at $points points only"
}

test_killed_at_any_bpf_call_the_next_run_finishes_it()
{
	# The number of bpf calls grows with the programs of the whole machine.
	local n

	load v0 objects/xdp_pass.o >/dev/null
	untouched=$(snapshot "$BPFFS/v0")
	for ((n = 1; n < 400; n += 1 + n / 12)); do
		leave
		inject bpf signal=KILL "$n" gc
		[[ -n $injected ]] || break
		((++points))
		expect_all_or_nothing
	done
	echo "killed at $points points" >&2
	((points > 20)) || fail "killed at $points points only"
}

test_noting_killed_anywhere_leaves_a_whole_record()
{
	load v0 objects/xdp_pass.o >/dev/null
	untouched=$(snapshot "$BPFFS/v0")
	kill_everywhere "?symlinkat ?renameat ?unlinkat" leave_unnoted gc -- expect_note_or_none
	echo "killed at $points points" >&2
	((points > 6)) || fail "killed at $points points only"
}

leave_unnoted()
{
	rm -rf "$BPFFS/w0"
	left_by w0
}

expect_note_or_none()
{
	expect_status 0 gc
	noted "$BPFFS/w0" || fail "$(readlink "$BPFFS/w0/%meta")"
	[[ $(generation "$BPFFS/w0") == *[02468] ]] || fail "generation $(generation "$BPFFS/w0")"
	expect_no_stage
	expect_unchanged "$untouched" "$BPFFS/v0"
}

test_failing_anywhere_it_says_so_and_the_next_run_finishes_it()
{
	local fault call n

	load v0 objects/xdp_pass.o >/dev/null
	untouched=$(snapshot "$BPFFS/v0")
	# shellcheck disable=SC2086 # words
	for fault in $(each_errno $CHANGING_CALLS) flock:ENOLCK; do
		call=${fault%:*}
		for ((n = 1; ; n++)); do
			leave
			inject "$call" "error=${fault#*:}" "$n" gc
			[[ -n $injected ]] || break
			case $status in
			0) ;;
			2 | 3) [[ $errors == *"gc: cannot "* || $output == *"failed "* ]] || fail "$fault $n: $output$errors" ;;
			*) fail "$fault $n: status $status: $errors" ;;
			esac
			((++points))
			expect_all_or_nothing
		done
	done
	echo "failed at $points points" >&2
	((points > 30)) || fail "failed at $points points only"
}

test_failing_at_any_bpf_call_it_removes_nothing_too_much_and_the_next_run_finishes_it()
{
	# The number of bpf calls grows with the programs of the whole machine.
	local errno n

	load v0 objects/xdp_pass.o >/dev/null
	untouched=$(snapshot "$BPFFS/v0")
	for errno in $ERRNOS; do
		for ((n = 1; n < 400; n += 1 + n / 12)); do
			leave
			inject bpf "error=$errno" "$n" gc
			[[ -n $injected ]] || break
			((status == 0 || status == 2 || status == 3)) || fail "$errno $n: status $status: $errors"
			((++points))
			expect_all_or_nothing
		done
	done
	echo "failed at $points points" >&2
	((points > 80)) || fail "failed at $points points only"
}
