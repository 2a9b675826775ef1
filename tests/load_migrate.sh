# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A load that migrates carry1 to carry2: its rules, and how it is stopped, killed and left.
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
. tests/pins.sh
. tests/carry.sh

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

# stopped N: for the Nth time.
stopped() { (($(grep -c 'stopped by SIGSTOP' "$TMPDIR/trace") == $1)); }

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
