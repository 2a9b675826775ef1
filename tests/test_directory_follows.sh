# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The directory follows its interface where that gets another name, and another interface that has the
# old one takes nothing from it.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh

test_the_directory_follows_a_renamed_interface()
{
	local id inode

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	inode=$(stat -c %i "$BPFFS/v0")
	rename_link v0 uplink.1
	expect_status 0 pin_maps uplink.1
	[[ $errors == "pin_maps: uplink.1 was v0: its directory followed to $BPFFS/uplink%2E1" ]] ||
		fail "it says: $errors"
	expect_states "kept xdp xdp_stats_map"
	expect_id "$BPFFS/uplink%2E1/xdp_stats_map" "$id"
	[[ $(stat -c %i "$BPFFS/uplink%2E1") == "$inode" ]] || fail "another directory was made"
	[[ ! -e $BPFFS/v0 ]] || fail "the old one is still there"
	expect_status 0 pin_maps uplink.1
	[[ -z $errors ]] || fail "it says so again: $errors"
}

# The run that finds it puts it in its place first, and looks for it after that.
test_the_directory_of_a_killed_first_load_follows_a_renamed_interface()
{
	local id

	run with_fault renameat2:signal=KILL:when=1 load v0 objects/xdp_pass.o
	[[ ! -e $BPFFS/v0 && -n $(prog_id v0) ]] || fail "not killed before its directory is in its place"
	id=$(prog_maps "$(prog_id v0)")
	rename_link v0 w0
	expect_status 0 load w0 objects/xdp_drop.o
	[[ $errors == *"w0 was v0: its directory followed to $BPFFS/w0"* ]] || fail "it says: $errors"
	expect_id "$BPFFS/w0/xdp_stats_map" "$id"
	[[ ! -e $BPFFS/v0 ]] || fail "the old one is still there"
}

test_the_directories_follow_swapped_names()
{
	local v w

	make_veth w0
	link_xdp v0 objects/xdp_pass.o
	link_xdp w0 objects/xdp_drop.o
	pin_maps v0 >/dev/null
	pin_maps w0 >/dev/null
	v=$(map_id "$BPFFS/v0/xdp_stats_map")
	w=$(map_id "$BPFFS/w0/xdp_stats_map")
	rename_link v0 x0
	rename_link w0 v0
	rename_link x0 w0
	expect_status 0 pin_maps v0
	expect_states "kept xdp xdp_stats_map"
	expect_status 0 pin_maps w0
	expect_states "kept xdp xdp_stats_map"
	expect_id "$BPFFS/v0/xdp_stats_map" "$w"
	expect_id "$BPFFS/w0/xdp_stats_map" "$v"
}

# swap_names: of v0 and w0, whose maps are $v and $w then.
swap_names()
{
	local was_v=$v

	rename_link v0 x0
	rename_link w0 v0
	rename_link x0 w0
	v=$w w=$was_v
}

# Where the kernel cannot exchange two directories (5.10); and where such a run was killed between
# two of its renames.
test_swapped_names_are_followed_without_an_exchange()
{
	local v w killed_after

	make_veth w0
	link_xdp v0 objects/xdp_pass.o
	link_xdp w0 objects/xdp_drop.o
	pin_maps v0 >/dev/null
	pin_maps w0 >/dev/null
	v=$(map_id "$BPFFS/v0/xdp_stats_map")
	w=$(map_id "$BPFFS/w0/xdp_stats_map")
	swap_names
	expect_status 0 with_fault renameat2:error=EINVAL:when=1 pin_maps v0
	expect_id "$BPFFS/v0/xdp_stats_map" "$v"
	expect_id "$BPFFS/w0/xdp_stats_map" "$w"
	[[ ! -e $BPFFS/%ifbpf/ns/0 ]] || fail "left aside: $(find "$BPFFS/%ifbpf/ns")"
	expect_status 0 pin_maps w0
	for killed_after in 1 2; do
		swap_names
		mkdir -p "$BPFFS/%ifbpf/ns/0"
		mv -T "$BPFFS/v0" "$BPFFS/%ifbpf/ns/0/v0"
		((killed_after < 2)) || mv -T "$BPFFS/w0" "$BPFFS/v0"
		expect_status 0 pin_maps v0
		expect_status 0 pin_maps w0
		expect_id "$BPFFS/v0/xdp_stats_map" "$v"
		expect_id "$BPFFS/w0/xdp_stats_map" "$w"
	done
}

test_a_name_that_another_living_interface_left_waits_for_it()
{
	local before

	make_veth w0
	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	rename_link v0 old0
	rename_link w0 v0
	link_xdp v0 objects/xdp_drop.o
	before=$(snapshot)
	expect_refusal "cannot use $BPFFS/v0: it belongs to interface old0" "$before" pin_maps v0
	[[ $errors == *"hint: "*": pin_maps old0"* ]] || fail "no way out: $errors"
	expect_status 0 pin_maps old0
	expect_states "kept xdp xdp_stats_map"
	expect_status 0 pin_maps v0
	expect_states "pinned xdp xdp_stats_map"
}

# change_all OLD NEW MAC: another name and another address; what runs on it stays.
change_all()
{
	ip link set dev "$1" down
	ip link set dev "$1" address "$3"
	ip link set dev "$1" name "$2"
	ip link set dev "$2" up
}

# Nothing but the number and what runs tells that it is the same interface.
test_the_directory_follows_where_the_address_was_changed_as_well()
{
	local how id inode n=0

	for how in --netlink --link; do
		expect_status 0 load $how v0 objects/xdp_drop.o
		id=$(map_id "$BPFFS/v0/xdp_stats_map") inode=$(stat -c %i "$BPFFS/v0")
		change_all v0 new0 "02:00:00:00:07:0$((++n))"
		expect_status 0 status new0
		[[ $output == *"ours: loaded by ifbpf"* && $output == *" $BPFFS/v0 "* ]] ||
			fail "$how: it says: $output"
		expect_status 0 stats v0
		[[ $errors == *"v0 is called new0 now"* ]] || fail "$how: it says: $errors"
		expect_status 0 gc --grace 0
		expect_status 0 load $how new0 objects/xdp_pass.o
		[[ $errors == *"new0 was v0: its directory followed to $BPFFS/new0"* ]] ||
			fail "$how: it says: $errors"
		expect_id "$BPFFS/new0/xdp_stats_map" "$id"
		[[ $(stat -c %i "$BPFFS/new0") == "$inode" ]] || fail "$how: another one was made"
		expect_status 0 unload --all --purge new0
		rename_link new0 v0
	done
}

# Other programs may have come meanwhile: the link, or the maps, are what is left as witnesses.
test_a_link_or_a_map_tells_whose_directory_it_is()
{
	local id

	expect_status 0 load --link v0 objects/xdp_pass.o
	bpftool prog load objects/xdp_drop.o "$BPFFS/other" type xdp
	"$PWD/build/tests/attach" update "$BPFFS/v0/%links/xdp" "$BPFFS/other"
	change_all v0 new0 02:00:00:00:07:01
	expect_status 0 pin_maps new0
	[[ $errors == *"its directory followed to $BPFFS/new0"* ]] || fail "by the link: $errors"
	expect_status 0 unload --all --purge new0
	rename_link new0 v0
	rm "$BPFFS/other"
	expect_status 0 load v0 objects/xdp_pass.o
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	bpftool prog load objects/xdp_drop.o "$BPFFS/other" type xdp \
		map name xdp_stats_map id "$id"
	ip -force link set dev v0 xdp pinned "$BPFFS/other"
	change_all v0 new0 02:00:00:00:07:02
	expect_status 0 pin_maps new0
	[[ $errors == *"its directory followed to $BPFFS/new0"* ]] || fail "by the map: $errors"
	expect_id "$BPFFS/new0/xdp_stats_map" "$id"
}

# The name is another one's now, which gets nothing of what runs on the first.
test_a_new_interface_takes_nothing_from_one_that_has_another_name_and_address()
{
	local how before id running

	for how in --netlink --link; do
		expect_status 0 load $how v0 objects/xdp_acl.o
		acl v0 add 02:00:00:00:00:77 >/dev/null
		id=$(map_id "$BPFFS/v0/acl_macs") running=$(prog_id v0)
		change_all v0 old0 02:00:00:00:07:01
		make_veth v0
		before=$(snapshot)
		expect_refusal "cannot use $BPFFS/v0: it belongs to interface old0 (ifindex " "$before" \
			load v0 objects/xdp_acl.o
		[[ $errors == *"hint: "*": pin_maps old0"* ]] || fail "$how: no way out: $errors"
		expect_refusal "cannot use $BPFFS/v0: it belongs to interface old0 (ifindex " "$before" \
			load --fresh v0 objects/xdp_pass.o
		expect_refusal "cannot use $BPFFS/v0: it belongs to interface old0 (ifindex " "$before" \
			acl v0 policy drop
		expect_status 2 pin_maps v0
		[[ $errors == *"$BPFFS/v0 belongs to interface old0 (ifindex "* &&
			$errors != *"nothing uses it"* ]] || fail "$how: it says: $errors"
		expect_unchanged "$before"
		expect_status 0 pin_maps old0
		expect_status 0 load $how v0 objects/xdp_acl.o
		expect_status 0 acl v0 policy drop
		expect_status 0 acl old0
		[[ $output == *"02:00:00:00:00:77"* && $output != *"policy drop"* ]] ||
			fail "$how: it says: $output"
		expect_id "$BPFFS/old0/acl_macs" "$id"
		[[ $(prog_id old0) == "$running" ]] || fail "$how: it is off"
		expect_status 0 unload --all --purge old0
		expect_status 0 unload --all --purge v0
		ip link del dev old0
		expect_status 0 gc --grace 0
	done
}

# What is found at work, and is not known to be the one of the record, keeps what it works with.
test_what_works_on_an_unknown_interface_is_not_inherited()
{
	local before id

	make_veth w0
	expect_status 0 load --no-attach v0 objects/xdp_pass.o
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	ip link set dev w0 xdp pinned "$BPFFS/v0/%progs/xdp/xdp_pass"
	ip link del dev v0
	make_veth v0
	before=$(snapshot)
	expect_refusal "cannot use $BPFFS/v0: what was pinned there for another interface" "$before" \
		load v0 objects/xdp_drop.o
	[[ $errors == *" is at work on w0 (ifindex "*"hint: "*": pin_maps w0"* ]] ||
		fail "no way out: $errors"
	expect_refusal "cannot use $BPFFS/v0: what was pinned there" "$before" \
		load --fresh v0 objects/xdp_drop.o
	expect_status 0 pin_maps w0
	expect_id "$BPFFS/w0/xdp_stats_map" "$id"
	expect_status 0 load v0 objects/xdp_drop.o
	[[ $errors == *"its maps are inherited"* && $errors == *" shared with w0"* ]] ||
		fail "it says: $errors"
}

test_its_own_directory_wins_over_that_of_a_name_that_vanished()
{
	local own old inode before

	make_veth b0
	load -m skb v0 objects/xdp_pass.o >/dev/null
	load -m skb --link b0 objects/xdp_drop.o >/dev/null
	own=$(map_id "$BPFFS/b0/xdp_stats_map") old=$(map_id "$BPFFS/v0/xdp_stats_map")
	inode=$(stat -c %i "$BPFFS/b0")
	ip link del dev v0
	rename_link b0 v0
	before=$(snapshot)
	expect_status 0 pin_maps --dry-run v0
	[[ $errors == *"what it left would go to $BPFFS/b0"*"its directory would follow to $BPFFS/v0"* ]] ||
		fail "it says: $errors"
	expect_unchanged "$before"
	expect_status 0 pin_maps v0
	[[ $errors == *"$BPFFS/v0 belonged to an interface that is gone (ifindex "*": what it left goes to \
$BPFFS/b0, until 'gc' removes it"*"v0 was b0: its directory followed to $BPFFS/v0"* ]] ||
		fail "it says: $errors"
	expect_id "$BPFFS/v0/xdp_stats_map" "$own"
	expect_id "$BPFFS/b0/xdp_stats_map" "$old"
	[[ $(stat -c %i "$BPFFS/v0") == "$inode" ]] || fail "another directory is there"
	expect_status 0 load -m skb --link v0 objects/xdp_pass.o
	expect_id "$BPFFS/v0/xdp_stats_map" "$own"
	expect_status 0 gc --grace 0
	[[ ! -e $BPFFS/b0 ]] || fail "what vanished stays: $output"
	expect_status 0 unload v0
}

test_what_was_put_aside_says_whose_it_was_and_is_not_inherited()
{
	local index old

	make_veth b0
	load -m skb v0 objects/xdp_pass.o >/dev/null
	load -m skb b0 objects/xdp_drop.o >/dev/null
	index=$(ifindex v0)
	ip link del dev v0
	rename_link b0 v0
	pin_maps v0 >/dev/null 2>&1
	old=$(map_id "$BPFFS/b0/xdp_stats_map")
	ip link add dev placeholder type veth peer name p1
	make_veth b0
	expect_status 0 load -m skb b0 objects/xdp_pass.o
	[[ $errors == *"$BPFFS/b0 belonged to an interface that is gone (v0, ifindex $index): its maps are \
dropped"* && $errors != *"hint: --fresh"* ]] || fail "it says: $errors"
	[[ $(map_id "$BPFFS/b0/xdp_stats_map") != "$old" && -z $(old_maps "$BPFFS/b0") ]] ||
		fail "it counts on in map $old: $(ls "$BPFFS/b0")"
}
