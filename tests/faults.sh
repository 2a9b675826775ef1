# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tools that are killed, or that fail, at any of their system calls; and several at once.

# shellcheck disable=SC2034,SC2154 # $injected is for the tests; $status and $errors are set by run

# Whatever changes something, and bpf(2), most of whose commands do not. A '?': where it exists.
CHANGING_CALLS="?mkdirat ?symlinkat ?linkat ?renameat ?renameat2 ?unlinkat ?fchmod ?fchmodat
	?fchmodat2 ?fchown ?fchownat"

# What each of them can end with, in the order in which they are tried.
ERRNOS="ENOMEM EPERM ENOSPC EBUSY"

# each_errno CALL...: a line CALL:ERRNO for each of both.
each_errno()
{
	local call errno

	for call; do
		for errno in $ERRNOS; do
			echo "$call:$errno"
		done
	done
}

expect_no_stage()
{
	[[ -z $(find "$BPFFS/%ifbpf/stage" -mindepth 1) ]] ||
		fail "left behind: $(find "$BPFFS/%ifbpf/stage" -mindepth 1)"
}

# inject CALL FAULT N COMMAND...: sets what run sets, and $injected if the Nth call was reached.
inject()
{
	local call=$1 fault=$2 n=$3

	shift 3
	need strace
	run env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" \
		strace -f -qq -o "$TMPDIR/trace" -e "trace=$call" -e "inject=$call:$fault:when=$n" "$@"
	injected=$(grep -e INJECTED -e 'killed by SIGKILL' "$TMPDIR/trace" || true)
}

# kill_everywhere CALLS PREPARE COMMAND... -- CHECK...: for each of the calls and each N, PREPARE,
# then kill COMMAND at the Nth such call, then CHECK. Counts in $points.
kill_everywhere()
{
	local calls=$1 prepare=$2 call n command=()

	shift 2
	while [[ $1 != -- ]]; do
		command+=("$1")
		shift
	done
	shift
	for call in $calls; do
		for ((n = 1; ; n++)); do
			"$prepare"
			inject "$call" signal=KILL "$n" "${command[@]}"
			[[ -n $injected ]] || break
			((status == 137)) || fail "killed at $call $n: status $status, $errors"
			((++points))
			"$@" || fail "after a kill at $call $n"
		done
		((status == 0)) || fail "not killed: status $status, $errors"
	done
}
points=0

# at_once COMMAND...: eight of them; fails unless all end with status 0. Output in $TMPDIR/once.N
at_once()
{
	local i pids=() bad=0

	for ((i = 0; i < 8; i++)); do
		"$@" >"$TMPDIR/once.$i" 2>&1 &
		pids+=($!)
	done
	for i in "${!pids[@]}"; do
		wait "${pids[i]}" || bad=1
	done
	((bad == 0)) || fail "$(tail -n +1 "$TMPDIR"/once.*)"
}

# looks_of CALL PATTERN COMMAND...: which of its calls of that name PATTERN, a regular expression, is
# in.
looks_of()
{
	local call=$1 pattern=$2

	shift 2
	need strace
	run env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" \
		strace -f -qq -o "$TMPDIR/calls" -e "trace=$call" "$@"
	((status == 0)) || fail_run "status $status" "$@"
	grep " $call(" "$TMPDIR/calls" | grep -nE "$pattern" | cut -d: -f1
}

# switches_at CALL PATTERN COMMAND...: the last of them: that is when load puts its program on.
switches_at() { looks_of "$@" | tail -1; }

# between_calls CALL N CHANGE COMMAND...: COMMAND, after the Nth such call CHANGE, then it goes on. Sets
# what run sets.
between_calls()
{
	local call=$1 n=$2 change=$3 pid child

	shift 3
	rm -f "$TMPDIR/trace"
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o "$TMPDIR/trace" -e "trace=$call" \
		-e "inject=$call:signal=STOP:when=$n" "$@" >"$TMPDIR/output" 2>"$TMPDIR/errors" &
	pid=$!
	eventually grep -qs 'stopped by SIGSTOP' "$TMPDIR/trace" || fail "not stopped"
	child=$(sed -n 's/^\([0-9]*\) .*stopped by SIGSTOP.*/\1/p' "$TMPDIR/trace")
	"$change"
	# It may be gone by then.
	kill -CONT "$child" 2>/dev/null || true
	status=0
	wait "$pid" || status=$?
	output=$(<"$TMPDIR/output") errors=$(<"$TMPDIR/errors")
}

# overtaken CHANGE COMMAND...: load, as COMMAND, has looked at the hooks, then CHANGE, then it goes on.
overtaken()
{
	local change=$1

	shift
	need strace
	between_calls symlinkat 1 "$change" "$@"
	((status == 2)) || fail "status $status: $output$errors"
	[[ $errors == "load: cannot "* ]] || fail "it says: $errors"
	[[ -z $(find "$BPFFS/%ifbpf/stage" -mindepth 1) ]] || fail "a stage was left"
}
