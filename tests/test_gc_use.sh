# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# gc: what something still uses stays: another interface, a process, a program array; and what was
# shared goes with the last one.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/gc.sh
. tests/faults.sh
. tests/build.sh

test_maps_that_another_interface_uses_keep_the_directory()
{
	local prog map

	make_veth w0 w1
	load --shared w0 w1 objects/xdp_pass.o >/dev/null
	prog=$(prog_id w1)
	map=$(map_id "$BPFFS/w0/xdp_stats_map")
	ip link del dev w0
	# What runs on w1 has its maps here only.
	rm -r "$BPFFS/w0/%progs/xdp/xdp_pass" "$BPFFS/w1"
	expect_status 0 gc --grace 0
	expect_decision kept directory "$BPFFS/w0" "its map $map is used by program $prog (xdp_pass)"
	expect_id "$BPFFS/w0/xdp_stats_map" "$map"
	ip link del dev w1
	eventually freed prog "$prog" || fail "program $prog is still there"
	expect_status 0 gc --grace 0
	expect_decision removed directory "$BPFFS/w0"
}

test_what_was_shared_goes_with_the_last_interface_in_one_run()
{
	local way prog map i

	for way in "" --link; do
		# A veth takes its other end with it.
		ip link add w0 type veth peer name w1
		make_veth w2
		# shellcheck disable=SC2086 # nothing or one word
		load $way --shared w0 w1 w2 objects/xdp_pass.o >/dev/null
		prog=$(bpftool -j prog show pinned "$BPFFS/w2/%progs/xdp/xdp_pass" | sed -n 's/^{"id":\([0-9]*\).*/\1/p')
		map=$(map_id "$BPFFS/w2/xdp_stats_map")
		ip link del dev w0
		ip link del dev w2
		# The notes of the three are of one run, and void for none of them.
		expect_status 0 gc
		for i in 0 1 2; do
			expect_decision kept directory "$BPFFS/w$i" "noted now"
			aged "$BPFFS/w$i"
		done
		expect_status 0 gc
		for i in 0 1 2; do
			expect_decision removed program "$BPFFS/w$i/%progs/xdp/xdp_pass" "nothing else holds it"
			expect_decision removed directory "$BPFFS/w$i" "has been gone for 72"
			[[ ! -e $BPFFS/w$i ]] || fail "w$i is left"
		done
		eventually freed map "$map" || fail "map $map is still there"
		eventually freed prog "$prog" || fail "program $prog is still there"
	done
}

test_what_was_shared_goes_but_for_the_interface_that_lives()
{
	local prog map before

	make_veth w1
	ip link add w0 type veth peer name w2
	load --shared w0 w1 w2 objects/xdp_pass.o >/dev/null
	prog=$(prog_id w1)
	map=$(map_id "$BPFFS/w1/xdp_stats_map")
	before=$(snapshot "$BPFFS/w1")
	ip link del dev w0
	expect_status 0 gc --grace 0
	expect_decision removed directory "$BPFFS/w0"
	expect_decision removed directory "$BPFFS/w2"
	[[ ! -e $BPFFS/w0 && ! -e $BPFFS/w2 && $(prog_id w1) == "$prog" ]] || fail "$(snapshot)"
	expect_unchanged "$before" "$BPFFS/w1"
	expect_id "$BPFFS/w1/xdp_stats_map" "$map"
}

test_an_interface_that_is_not_gone_for_long_keeps_what_was_shared()
{
	make_veth w0 w1
	load --shared w0 w1 objects/xdp_pass.o >/dev/null
	ip link del dev w0
	expect_status 0 gc
	expect_decision kept directory "$BPFFS/w0" "noted now"
	ip link del dev w1
	aged "$BPFFS/w0"
	expect_status 0 gc
	expect_decision removed directory "$BPFFS/w0"
	expect_decision kept directory "$BPFFS/w1" "noted now"
	[[ -e $BPFFS/w1/%progs/xdp/xdp_pass && -e $BPFFS/w1/xdp_stats_map ]] || fail "$(snapshot)"
	aged "$BPFFS/w1"
	expect_status 0 gc
	expect_decision removed directory "$BPFFS/w1"
}

test_a_shared_program_that_something_else_holds_keeps_all_of_its_directories()
{
	local prog map holder i

	ip link add w0 type veth peer name w1
	load --shared w0 w1 objects/xdp_pass.o >/dev/null
	prog=$(prog_id w1)
	map=$(map_id "$BPFFS/w1/xdp_stats_map")
	ln "$BPFFS/w0/%progs/xdp/xdp_pass" "$BPFFS/theirs"
	ip link del dev w0
	expect_status 0 gc --grace 0
	for i in 0 1; do
		expect_decision kept program "$BPFFS/w$i/%progs/xdp/xdp_pass" "something holds it"
		expect_decision kept directory "$BPFFS/w$i" "is used by program $prog (xdp_pass)"
	done
	expect_id "$BPFFS/w0/xdp_stats_map" "$map"
	expect_id "$BPFFS/w1/xdp_stats_map" "$map"
	# A process instead of a pin: its descriptor outlives what it attached to.
	make_veth w2
	load_hold w2 "$BPFFS/theirs" &
	holder=$!
	eventually runs_something w2 || fail "load_hold did not attach"
	ip link del dev w2
	rm "$BPFFS/theirs"
	expect_status 0 gc --grace 0
	expect_decision kept directory "$BPFFS/w0" "is used by program $prog (xdp_pass)"
	expect_decision kept directory "$BPFFS/w1" "is used by program $prog (xdp_pass)"
	# Another interface runs it.
	ip link set dev v0 xdpgeneric pinned "$BPFFS/w1/%progs/xdp/xdp_pass"
	expect_status 0 gc --grace 0
	expect_decision kept directory "$BPFFS/w0" "its program $prog runs on xdp of v0"
	expect_decision kept directory "$BPFFS/w1" "its program $prog runs on xdp of v0"
	ip link set dev v0 xdpgeneric off
	kill "$holder"
	wait "$holder" 2>/dev/null || true
	expect_status 0 gc --grace 0
	[[ ! -e $BPFFS/w0 && ! -e $BPFFS/w1 ]] || fail "left over: $output"
}

runs_something() { [[ -n $(prog_id "$1") ]]; }

test_a_shared_interface_that_was_moved_keeps_its_directory_beside_one_that_lives()
{
	make_veth w0 w1
	load --shared w0 w1 objects/xdp_pass.o >/dev/null
	ip link set dev w0 netns peer
	expect_status 0 gc --grace 0
	expect_decision kept directory "$BPFFS/w0" " runs on xdp of w"
	[[ -e $BPFFS/w0/xdp_stats_map ]] || fail "$(snapshot)"
}

test_a_program_that_runs_elsewhere_keeps_its_pin()
{
	local prog

	left_by w0
	ip link set dev v0 xdpgeneric pinned "$BPFFS/w0/%progs/xdp/xdp_pass"
	prog=$(prog_id v0)
	expect_status 0 gc --grace 0
	expect_decision kept directory "$BPFFS/w0" "its program $prog runs on xdp of v0"
	[[ -e $BPFFS/w0/%progs/xdp/xdp_pass ]] || fail "the program is gone"
	ip link set dev v0 xdpgeneric off
	expect_status 0 gc --grace 0
	expect_decision removed directory "$BPFFS/w0"
}

# The program that is called is in a program array, and pinned nowhere.
test_what_a_program_array_of_a_sharer_holds_does_not_keep_the_directory()
{
	local map

	build 'struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); } n SEC(".maps");
int called(struct xdp_md *ctx);
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(key_size, 4); __uint(max_entries, 1); __array(values, int (void *)); } jmp SEC(".maps") = { .values = { [0] = (void *)&called } };
SEC("xdp") int called(struct xdp_md *ctx) { __u32 k = 0; return bpf_map_lookup_elem(&n, &k) ? XDP_DROP : XDP_PASS; }
SEC("xdp") int calls(struct xdp_md *ctx) { bpf_tail_call(ctx, &jmp, 0); return XDP_PASS; }'
	make_veth w0 w1
	load --shared -n calls w0 w1 "$TMPDIR/built.o" >/dev/null
	map=$(map_id "$BPFFS/w1/n")
	ip link del dev w0
	expect_status 0 gc --grace 0
	expect_decision removed directory "$BPFFS/w0"
	expect_id "$BPFFS/w1/n" "$map"
}

test_a_program_that_something_unseen_holds_is_pinned_again()
{
	local prog

	left_by w0
	ln "$BPFFS/w0/%progs/xdp/xdp_pass" "$BPFFS/theirs"
	prog=$(bpftool -j prog show pinned "$BPFFS/theirs" | sed -n 's/^{"id":\([0-9]*\).*/\1/p')
	expect_status 0 gc --grace 0
	expect_decision kept program "$BPFFS/w0/%progs/xdp/xdp_pass" "something holds it"
	expect_decision kept directory "$BPFFS/w0" "is used by program $prog (xdp_pass)"
	[[ $(bpftool -j prog show pinned "$BPFFS/w0/%progs/xdp/xdp_pass") == "{\"id\":$prog,"* ]] ||
		fail "another program is pinned"
	[[ $(generation "$BPFFS/w0") == *[02468] ]] || fail "generation $(generation "$BPFFS/w0")"
	rm "$BPFFS/theirs"
	expect_status 0 gc --grace 0
	expect_decision removed directory "$BPFFS/w0"
}

test_programs_that_are_only_prepared_stay_with_their_interface()
{
	local before

	make_veth w0
	load --no-attach w0 objects/xdp_pass.o >/dev/null
	before=$(snapshot)
	expect_status 0 gc --grace 0
	[[ -z $output ]] || fail "it says: $output"
	expect_unchanged "$before"
	ip link del dev w0
	expect_status 0 gc --grace 0
	expect_decision removed program "$BPFFS/w0/%progs/xdp/xdp_pass"
}

collect_forever()
{
	local stopped='' rounds=0

	trap 'stopped=yes' TERM
	until [[ -n $stopped ]]; do
		gc --grace 0 --old >>"$TMPDIR/collected" 2>&1 || [[ -n $stopped ]] || exit 1
		((++rounds))
	done
	echo "$rounds rounds" >>"$TMPDIR/collected"
	exit 0
}

# still_there IFNAME: what runs there has its pins.
still_there()
{
	[[ $(map_id "$BPFFS/$1/xdp_stats_map") == "$(prog_maps "$(prog_id "$1")")" ]] ||
		fail "$1: another map, or none: $(grep "/$1" "$TMPDIR/collected")"
}

test_beside_loaders_and_interfaces_that_come_and_go_nothing_in_use_is_removed()
{
	local pids i map end=$((SECONDS + 8)) rounds=0

	load v0 objects/xdp_pass.o >/dev/null
	map=$(map_id "$BPFFS/v0/xdp_stats_map")
	: >"$TMPDIR/collected"
	collect_forever &
	pids=$!
	collect_forever &
	pids+=" $!"
	while ((SECONDS < end || rounds < 4)); do
		make_veth w0 w1
		load w0 objects/xdp_pass.o >/dev/null 2>"$TMPDIR/errors" || fail "$(<"$TMPDIR/errors")"
		still_there w0
		link_xdp w1 objects/xdp_pass.o
		pin_maps w1 >/dev/null 2>"$TMPDIR/errors" || fail "$(<"$TMPDIR/errors")"
		still_there w1
		load w0 objects/xdp_drop.o >/dev/null 2>"$TMPDIR/errors" || fail "$(<"$TMPDIR/errors")"
		still_there w0
		load --link v0 objects/xdp_pass.o >/dev/null 2>&1 || load v0 objects/xdp_pass.o >/dev/null 2>&1
		still_there w1
		still_there v0
		ip link del dev w0
		ip link del dev w1
		((++rounds))
	done
	# shellcheck disable=SC2086 # two pids
	kill -TERM $pids
	for i in $pids; do
		wait "$i" || fail "gc failed: $(tail -n 5 "$TMPDIR/collected")"
	done
	expect_id "$BPFFS/v0/xdp_stats_map" "$map"
	! grep -q "directory $BPFFS/v0" "$TMPDIR/collected" || fail "$(grep "$BPFFS/v0" "$TMPDIR/collected")"
	! grep -q '^failed' "$TMPDIR/collected" || fail "$(grep '^failed' "$TMPDIR/collected")"
	grep -q "^removed directory $BPFFS/w[01]: " "$TMPDIR/collected" || fail "it never removed anything"
	expect_status 0 gc --grace 0
	[[ ! -e $BPFFS/w0 && ! -e $BPFFS/w1 ]] || fail "left over: $output"
	expect_no_stage
}
