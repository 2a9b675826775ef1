# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# redirect: calls at the same time, of which one loads a stub.

. tests/pins.sh
. tests/world.sh
. tests/redirect.sh

# The lock that load needs, and redirect does not: so a stub that is about to be loaded waits.
hold_up_loads()
{
	exec 8<"$BPFFS/%ifbpf/lock"
	flock 8
}

let_loads_go_on() { exec 8<&-; }

stub_is_noted() { [[ $(bpftool -j map lookup pinned "$BPFFS/v0/redirect_mode" key 0 0 0 0) == *'"0xff","0xff","0xff","0xff"'* ]]; }

is_stopped() { grep -q "stopped by SIGSTOP" "$TMPDIR/calls" 2>/dev/null; }

waits_or_ended() { grep -q "waiting for process" "$1" || ! kill -0 "$2" 2>/dev/null; }

gone() { ! kill -0 "$1" 2>/dev/null; }

# begin_with_stub: a call in the background, $first, whose stub is noted and not there yet.
begin_with_stub()
{
	hold_up_loads
	redirect --with-stub v0 w0 "$V1_MAC=$W1_MAC" >/dev/null 8<&- &
	first=$!
	eventually stub_is_noted || fail "it notes no stub"
}

test_calls_that_load_stubs_go_one_after_the_other()
{
	local first second

	need strace
	make_ends
	load_both
	begin_with_stub
	# It may have seen the note by then, but does nothing before the first has ended.
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -qq -o "$TMPDIR/calls" -e trace=flock \
		-e inject=flock:signal=STOP:when=2 \
		redirect --with-stub v0 w0 02:00:00:00:00:aa=02:00:00:00:00:bb >/dev/null 8<&- &
	second=$!
	eventually is_stopped || fail "it is not held up: $(<"$TMPDIR/calls")"
	let_loads_go_on
	wait "$first" || fail "the first failed"
	kill -CONT "$(pgrep -P "$second")"
	wait "$second" || fail "the second failed"
	[[ $(redirect v0) == *"$V1_MAC -> $W1_MAC"* && $(redirect v0) == *"02:00:00:00:00:aa -> 02:00:00:00:00:bb"* ]] ||
		fail "$(redirect v0)"
	[[ $(redirect -j v0) == *"\"stub_program_id\":$(prog_id w1 other),"* ]] || fail "$(redirect -j v0)"
	redirect v0 off
	[[ -z $(prog_id w1 other) ]] || fail "the stub stays"
	expect_off v0
}

test_off_takes_the_stub_that_a_killed_call_still_loads()
{
	local first off orphan

	make_ends
	load_both
	begin_with_stub
	orphan=$(pgrep -P "$first")
	kill -KILL "$first"
	redirect v0 off 2>"$TMPDIR/off" 8<&- &
	off=$!
	eventually waits_or_ended "$TMPDIR/off" "$off" || fail "it goes on: $(<"$TMPDIR/off")"
	let_loads_go_on
	wait "$off" || fail "$(<"$TMPDIR/off")"
	eventually gone "$orphan" || fail "load goes on"
	[[ -z $(prog_id w1 other) ]] || fail "the stub stays"
	expect_off v0
}

# It came after redirect had looked.
test_a_program_that_is_quicker_than_the_stub_stays()
{
	local first id pin status=0

	make_ends
	load_both
	# One of load's, whose place another one of load's may take.
	load --netns other --no-attach w1 objects/xdp_drop.o >/dev/null
	pin=$(echo "$BPFFS"/%ifbpf/ns/*/w1/%progs/xdp/xdp_drop)
	begin_with_stub
	in_other ip link set dev w1 xdpgeneric pinned "$pin"
	id=$(prog_id w1 other)
	let_loads_go_on
	wait "$first" || status=$?
	[[ $status == 2 ]] || fail "status $status"
	[[ $(prog_id w1 other) == "$id" ]] || fail "it is gone"
	expect_off v0
}
