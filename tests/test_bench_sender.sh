# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What sends the benchmark's frames, and times them.
# shellcheck disable=SC2154 # $output is set by run
# shellcheck source=tests/bench/world.sh
. tests/bench/world.sh

# The clock is read each 1024 frames, whatever was sent before. Its time begins with the first frame
# at which it was read: to count frames from an earlier one would make a rate too high.
test_frames_are_timed_from_the_one_at_which_the_clock_is_first_read()
{
	local first stamped between took count=3000

	bench_world
	expect_status 0 bench_sender run 3000 50000
	[[ $(cut -d ' ' -f 1-2 <<<"$output") == '1 2049'$'\n''73 49225' ]] || fail "$output"
	while read -r first stamped between took; do
		((between > 0 && (took - between * count / (stamped - first)) ** 2 <= 1)) ||
			fail "$count frames: $output"
		count=50000
	done <<<"$output"
}

# Between two calls the kernel waits for RCU, for longer than some thousand frames take.
test_frames_come_without_a_break()
{
	local calls

	need strace
	bench_world
	# A look for leaks wants to trace as well.
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -e trace=bpf -o "$TMPDIR/calls" \
		"$PWD/build/tests/bench_sender" stream 500000
	# A signal that comes just before a call leaves one more.
	calls=$(grep -c 'BPF_PROG_TEST_RUN\|BPF_PROG_RUN' "$TMPDIR/calls")
	((calls >= 1 && calls <= 2)) || fail "$calls calls"
}
