# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The program that is replaced was adopted, and its maps are pinned by others alone: nothing that they
# hold is left behind unless the user says so.
. tests/pins.sh
. tests/carry.sh
. tests/loads.sh

theirs=$BPFFS/theirs

# begin: of bpftool, adopted, with a rule that drops every packet and a count of two.
begin()
{
	mkdir "$theirs"
	bpftool prog load "$BUILT/carry1.o" "$theirs/prog" type xdp pinmaps "$theirs"
	bpftool net attach xdpgeneric pinned "$theirs/prog" dev v0
	rm "$theirs/prog"
	bpftool map update pinned "$theirs/deny_list" key 0 0 0 0 value 1 0 0 0 0 0 0 0
	send 2
	expect_status 0 pin_maps v0
	[[ $output == *"foreign "*"deny_list"* ]] || fail "$output"
}

# expect_unpinned STATUS COMMAND...: refused for either map, and the program is the old one.
expect_unpinned()
{
	local before prog wanted=$1

	shift
	before=$(snapshot)
	prog=$(prog_id v0)
	expect_status "$wanted" "$@"
	[[ $errors == *"cannot load with a new map 'deny_list'"*"pinned by others, at $theirs/deny_list"* && $errors == *"new map 'frames_seen'"* &&
		$errors == *"pin them in $BPFFS/v0"*" --foreign v0"*"--on-mismatch "* ]] ||
		fail_run "it says otherwise" "$@"
	[[ $(prog_id v0) == "$prog" ]] || fail "$*: another program is attached"
	expect_unchanged "$before"
}

test_maps_that_others_pin_are_not_left_behind()
{
	local id

	begin
	expect_unpinned 2 load v0 "$BUILT/carry1.o"
	expect_unpinned 2 load --dry-run v0 "$BUILT/carry1.o"
	expect_unpinned 2 load --no-attach v0 "$BUILT/carry1.o"
	expect_unpinned 2 load --shared v0 "$BUILT/carry1.o"
	expect_unpinned 2 load --on-mismatch migrate v0 "$BUILT/carry2.o"
	expect_unpinned 2 load --explain v0 "$BUILT/carry1.o"
	[[ $errors == *"a map of the replaced program is not pinned here"* ]] || fail "$errors"
	# What is hinted at.
	id=$(map_id "$theirs/deny_list")
	pin_maps --foreign v0 >/dev/null
	expect_status 0 load v0 "$BUILT/carry1.o"
	expect_id "$BPFFS/v0/deny_list" "$id"
	send 3
	expect_seen 0 5
}

test_the_plugin_of_ip_leaves_no_such_map_behind()
{
	export IP_LIB_DIR=compat

	begin
	expect_unpinned 1 ip link set dev v0 type ifbpf obj "$BUILT/carry1.o"
}

test_several_interfaces_at_once_leave_no_such_map_behind()
{
	make_veth w0
	begin
	run load --shared w0 v0 "$BUILT/carry1.o"
	[[ $status == 3 && $errors == *"cannot load with a new map 'deny_list'"* ]] || fail "$status: $errors"
	send 3
	[[ $(bpftool map dump pinned "$theirs/frames_seen" | awk '$1 == "\"dropped\":" { n += $2 } END { print n }') == 5 ]] ||
		fail "the rule does not hold"
}

test_an_empty_map_is_taken_if_asked_for()
{
	local how

	for how in "--on-mismatch fresh" "--on-mismatch deny_list=fresh --on-mismatch frames_seen=fresh" --replace; do
		[[ ! -e $theirs ]] || rm -r "$theirs"
		unload --all v0 >/dev/null 2>&1 || true
		rm -f "$BPFFS"/v0/{deny_list,frames_seen}*
		begin
		# shellcheck disable=SC2086 # words
		expect_status 0 load $how v0 "$BUILT/carry1.o"
		[[ $errors == *"map 'deny_list' begins empty: what map $(map_id "$theirs/deny_list") of program "*"pinned by others, at $theirs/deny_list"* ]] ||
			fail "$how: $errors"
		send 3
		expect_seen 3 0
	done
}

# Another's map of that name is no better than an empty one.
test_a_stale_pin_is_not_taken_for_the_map()
{
	local id

	load v0 "$BUILT/carry1.o" -m skb >/dev/null
	id=$(map_id "$BPFFS/v0/deny_list")
	ip link set dev v0 xdpgeneric off
	begin
	expect_status 2 load v0 "$BUILT/carry1.o"
	[[ $errors == *"cannot load with map 'deny_list' pinned in $BPFFS/v0: program "*" has another one, map "* ]] ||
		fail "$errors"
	expect_status 0 load --replace v0 "$BUILT/carry1.o"
	[[ $errors == *"map 'deny_list' is map $id: what map "*" holds stays behind"* ]] || fail "$errors"
}

test_a_map_whose_pin_was_removed_is_not_left_behind()
{
	local id

	load -m skb v0 "$BUILT/carry1.o" >/dev/null
	deny 0 8
	id=$(map_id "$BPFFS/v0/deny_list")
	rm "$BPFFS/v0/deny_list"
	expect_status 2 load v0 "$BUILT/carry1.o"
	[[ $errors == *"map $id, not pinned"*"pin_maps v0"* ]] || fail "$errors"
	pin_maps v0 >/dev/null
	expect_status 0 load v0 "$BUILT/carry1.o"
	expect_id "$BPFFS/v0/deny_list" "$id"
}

test_it_is_so_on_a_tc_hook()
{
	export TC_LIB_DIR=compat

	tc qdisc add dev v0 clsact
	mkdir "$theirs"
	bpftool prog load objects/tc_pass.o "$theirs/prog" type classifier pinmaps "$theirs"
	tc filter add dev v0 ingress pref 10 handle 1 bpf da pinned "$theirs/prog"
	rm "$theirs/prog"
	send 4
	pin_maps v0 >/dev/null
	expect_status 2 load v0 objects/tc_drop.o
	[[ $errors == *"cannot load with a new map 'tc_stats_map'"*"at $theirs/tc_stats_map"* ]] || fail "$errors"
	expect_status 1 tc filter replace dev v0 ingress pref 10 handle 1 ifbpf obj objects/tc_drop.o da
	[[ $errors == *"cannot load with a new map 'tc_stats_map'"* ]] || fail "$errors"
	pin_maps --foreign v0 >/dev/null
	expect_status 0 load v0 objects/tc_drop.o
	send 2
	expect_counter "$BPFFS/v0/tc_stats_map" 0 4 400
	expect_counter "$BPFFS/v0/tc_stats_map" 2 2 200
}
