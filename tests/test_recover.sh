# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A load is killed, and its interface moved, removed or made anew before the next run: what runs is
# never taken off, and what is gone never in the way.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh
. tests/faults.sh
. tests/carry.sh

# killed_after_switch OPTION... OBJECT: v0 runs the new program, and the directory has the old pins.
killed_after_switch()
{
	inject renameat signal=KILL 1 load "${@:1:$#-1}" v0 "${!#}"
	expect_stage
}

# killed_before_switch OPTION... OBJECT: v0 still runs the old program.
killed_before_switch()
{
	local n

	need strace
	n=$(strace -f -qq -e trace=sendto load --dry-run "${@:1:$#-1}" v0 "${!#}" 2>&1 >/dev/null |
		grep -c 'sendto(')
	for ((; n < 99; n++)); do
		inject sendto signal=KILL "$n" load "${@:1:$#-1}" v0 "${!#}"
		! grep -q RTM_SETLINK "$TMPDIR/trace" || break
		expect_status 0 pin_maps v0
	done
	expect_stage
}

expect_stage()
{
	((status == 137)) || fail "status $status: $errors"
	[[ -n $(ls -A "$BPFFS/%ifbpf/stage") ]] || fail "there is no stage"
}

# move_away: to network namespace "away".
move_away()
{
	ip netns add away
	before=$(prog_id v0)
	ip link set dev v0 netns away
	ip -n away link set dev v0 up
	expect_runs "$before"
}
before=''

expect_runs()
{
	local is

	is=$(ip -n away -j -d link show dev v0 | sed -n 's/.*"prog":{"id":\([0-9]*\).*/\1/p')
	[[ $is == "$1" ]] || fail "program '$is' runs, it was $1"
}

# expect_followed NAME: its directory is that of the interface in "away", with the program that runs.
expect_followed()
{
	local dir

	expect_no_stage
	expect_status 0 pin_maps --netns away v0
	expect_runs "$before"
	dir=$(echo "$BPFFS"/%ifbpf/ns/*/v0)
	[[ $(bpftool -j prog show pinned "$dir/%progs/xdp/$1") == '{"id":'$before,* ]] ||
		fail "another program than $1 is pinned: $(find "$BPFFS" -path '*%progs*')"
	[[ ! -e $BPFFS/v0 ]] || fail "it was not followed"
}

test_what_a_killed_load_switched_is_finished_after_a_move()
{
	local dir

	load v0 "$BUILT/carry1.o" >/dev/null
	send 10
	killed_after_switch --on-mismatch migrate "$BUILT/carry2.o"
	send 5
	move_away
	expect_status 0 gc
	[[ $output == *"it was finished or undone"* ]] || fail "it says: $output"
	expect_followed carry2
	send 3
	dir=$(echo "$BPFFS"/%ifbpf/ns/*/v0)
	[[ $(bpftool map dump pinned "$dir/frames_seen" | awk '$1 == "\"passed\":" { n += $2 } END { print n }') == 18 ]] ||
		fail "counted: $(bpftool map dump pinned "$dir/frames_seen")"
}

test_what_a_killed_load_had_only_prepared_is_undone_after_a_move()
{
	load v0 objects/xdp_pass.o >/dev/null
	killed_before_switch objects/xdp_drop.o
	move_away
	expect_status 0 gc
	expect_followed xdp_pass
}

# The link in the stage is all that holds the program.
test_a_link_that_a_killed_load_made_is_kept_after_a_move()
{
	load v0 objects/xdp_pass.o >/dev/null
	killed_after_switch --link objects/xdp_drop.o
	move_away
	expect_status 0 gc --grace 0
	expect_runs "$before"
	expect_followed xdp_drop
	[[ -e $(echo "$BPFFS"/%ifbpf/ns/*/v0/%links/xdp) ]] || fail "its pin is gone"
}

test_a_link_is_kept_in_a_namespace_that_cannot_be_found()
{
	load v0 objects/xdp_pass.o >/dev/null
	killed_after_switch --link objects/xdp_drop.o
	move_away
	hide_netns away
	make_veth w0
	expect_status 0 load w0 objects/xdp_pass.o
	expect_status 0 gc --grace 0
	unhide_netns away
	expect_runs "$before"
	expect_followed xdp_drop
}

test_a_link_that_was_updated_tells_the_way_after_a_move()
{
	load --link v0 objects/xdp_pass.o >/dev/null
	killed_after_switch objects/xdp_drop.o
	move_away
	expect_status 0 gc
	expect_followed xdp_drop
}

# made_anew: an interface of that name and number, which is another one.
made_anew()
{
	local index

	index=$(ifindex v0)
	ip link del dev v0
	ip link add name v0 index "$index" address "02:00:00:00:00:9$((++anew))" type veth peer name v1 netns peer
	ip link set dev v0 up
}

anew=0

test_an_interface_made_anew_is_not_held_up_by_the_stage_of_the_one_before()
{
	local when

	for when in killed_before_switch killed_after_switch; do
		load v0 objects/xdp_pass.o >/dev/null
		"$when" objects/xdp_drop.o
		made_anew
		expect_status 0 load v0 objects/xdp_pass.o
		[[ $errors != *"cannot"* ]] || fail "$when: it says: $errors"
		expect_no_stage
		[[ $(load_state v0 xdp) == *" xdp_pass" ]] || fail "$when: $(load_state v0 xdp)"
	done
}
