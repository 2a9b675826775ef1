# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load --shared: one program and one set of maps on a hundred interfaces, for little more than one.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh

# traced COMMAND...: its calls of bpf(2), and what it opens, are in $TMPDIR/calls.
traced()
{
	need strace
	expect_status 0 env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" \
		strace -f -qq -o "$TMPDIR/calls" -e trace=bpf,openat,getdents64 "$@"
}

calls() { grep -c "$@" "$TMPDIR/calls" || true; }

names() { seq -f h%g "$1" "$2"; }

# expect_shared PROGRAM IFNAME...: it is on each, with its map pinned there.
expect_shared()
{
	local prog=$1 ifname id map state

	shift
	id=$(prog_id "$1") map=$(prog_maps "$(prog_id "$1")")
	for ifname; do
		state=$(load_state "$ifname" xdp) || fail "$ifname: pins and program do not belong together"
		[[ $state == "$id $prog" ]] || fail "$ifname runs $state, not $id $prog"
		expect_id "$BPFFS/$ifname/xdp_stats_map" "$map"
	done
}

test_a_hundred_interfaces_share_one_program_and_one_set_of_maps()
{
	# shellcheck disable=SC2046 # words
	make_veth $(names 1 100)
	# shellcheck disable=SC2046 # words
	expect_status 0 load --shared $(names 1 100) objects/xdp_pass.o
	[[ $(wc -l <<<"$output") == 300 && -z $errors ]] || fail "it says: $output$errors"
	# shellcheck disable=SC2046 # words
	expect_shared xdp_pass $(names 1 100)
	# shellcheck disable=SC2046 # words
	traced load --shared $(names 1 100) objects/xdp_drop.o
	# shellcheck disable=SC2046 # words
	expect_shared xdp_drop $(names 1 100)
	[[ $(calls 'BPF_PROG_LOAD.*prog_name="xdp_drop"') == 1 ]] || fail "loaded more than once"
	[[ $(calls 'BPF_MAP_CREATE.*"xdp_stats_map"') == 0 ]] || fail "the map was made again"

	# All count together, and it is said.
	"$PWD/build/tests/send" q7 "$V0_MAC" 5
	"$PWD/build/tests/send" q99 "$V0_MAC" 6
	expect_counter "$BPFFS/h50/xdp_stats_map" 1 11 1100
	expect_status 0 stats h50
	[[ $output == *"XDP_DROP  11 packets"*"(shared with h"*" and 91 more)" ]] || fail "it says: $output"
	expect_status 0 stats --json h50
	[[ $output == *'"shared_with":["h'* ]] || fail "it says: $output"
}

# Nothing is looked at anew for each: what a hundred cost is what ten cost, ten times.
test_what_each_more_interface_costs_does_not_grow_with_their_number()
{
	local ten hundred

	# shellcheck disable=SC2046 # words
	make_veth $(names 1 100)
	# shellcheck disable=SC2046 # words
	traced load --shared $(names 1 10) objects/xdp_pass.o
	ten=$(calls .)
	# shellcheck disable=SC2046 # words
	load --shared $(names 1 100) objects/xdp_drop.o >/dev/null
	# shellcheck disable=SC2046 # words
	traced load --shared $(names 1 100) objects/xdp_pass.o
	hundred=$(calls .)
	echo "ten: $ten calls, a hundred: $hundred" >&2
	((hundred < 12 * ten)) || fail "ten take $ten calls, a hundred $hundred"
}
