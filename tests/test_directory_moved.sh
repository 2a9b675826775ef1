# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The directory follows its interface to another network namespace and back.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/directory.sh

test_the_directory_follows_to_another_namespace_and_back()
{
	local id

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	ip link set dev v0 netns peer
	[[ $(in_peer ip -d link show dev v0) == *prog/xdp* ]] || skip "needs XDP that survives a move"
	expect_status 0 pin_maps --netns peer v0
	[[ $errors == *"v0 came from another network namespace: its directory followed to \
$BPFFS/%ifbpf/ns/"* ]] ||
		fail "it says: $errors"
	expect_states "kept xdp xdp_stats_map"
	expect_id "$BPFFS/%ifbpf/ns/$(peer_cookie)/v0/xdp_stats_map" "$id"
	[[ ! -e $BPFFS/v0 ]] || fail "it is still at home as well"
	in_peer ip link set dev v0 netns $$
	expect_status 0 pin_maps v0
	expect_states "kept xdp xdp_stats_map"
	expect_id "$BPFFS/v0/xdp_stats_map" "$id"
}

# remove_both: the v0 of here and the one that went to the peer, with all that they left.
remove_both()
{
	expect_status 0 unload --all --purge v0
	expect_status 0 unload --netns peer --all --purge v0
	in_peer ip link del dev v0
	ip link del dev placeholder
	expect_status 0 gc --grace 0
}

# leave_v0 COMMAND...: v0 with what the command put on it goes to the peer's namespace, and is up
# there; another interface has its name then. MAC: the address that it gets on the way.
leave_v0()
{
	"$@" >/dev/null
	ip link set dev v0 netns peer
	index=$(in_peer ip -o link show dev v0 | cut -d: -f1)
	[[ -z ${MAC-} ]] || in_peer ip link set dev v0 address "$MAC"
	in_peer ip link set dev v0 up
	ip link add dev placeholder type veth peer name p1
	make_veth v0
}

# expect_it_followed ID INODE COMMAND...: the command says and does so; what runs there goes on.
expect_it_followed()
{
	local there id=$1 inode=$2

	shift 2
	expect_status 0 "$@"
	there=$BPFFS/%ifbpf/ns/$(peer_cookie)/v0
	[[ $errors == *"$BPFFS/v0 belongs to an interface that is now v0 (ifindex $index) in network \
namespace peer: it followed to $there"* && $errors != *inherited* ]] || fail "it says: $errors"
	expect_id "$there/xdp_stats_map" "$id"
	[[ $(stat -c %i "$there") == "$inode" ]] || fail "another directory is there"
	[[ $(map_id "$BPFFS/v0/xdp_stats_map") != "$id" ]] || fail "the map is shared"
}

test_a_new_interface_takes_nothing_from_one_that_moved()
{
	local how index id inode running before

	for how in --link --netlink; do
		leave_v0 load $how -m skb v0 objects/xdp_drop.o
		id=$(map_id "$BPFFS/v0/xdp_stats_map") inode=$(stat -c %i "$BPFFS/v0")
		running=$(prog_id v0 peer)
		[[ -n $running ]] || skip "needs XDP that survives a move"
		before=$(snapshot)
		expect_status 0 load $how -m skb --dry-run v0 objects/xdp_pass.o
		[[ $errors == *"it would follow to $BPFFS/%ifbpf/ns/"* ]] || fail "it says: $errors"
		expect_unchanged "$before"
		expect_it_followed "$id" "$inode" load $how --fresh -m skb v0 objects/xdp_pass.o
		[[ $(prog_id v0 peer) == "$running" ]] || fail "$how: runs $(prog_id v0 peer)"
		expect_status 0 load --netns peer $how -m skb v0 objects/xdp_pass.o
		expect_id "$BPFFS/%ifbpf/ns/$(peer_cookie)/v0/xdp_stats_map" "$id"
		remove_both
	done
}

test_killed_while_a_directory_follows_nothing_is_lost()
{
	local index id running call n killed=0

	for call in renameat renameat2; do
		for n in 1 2 3; do
			leave_v0 load --link -m skb v0 objects/xdp_drop.o
			id=$(map_id "$BPFFS/v0/xdp_stats_map")
			running=$(prog_id v0 peer)
			[[ -n $running ]] || skip "needs XDP that survives a move"
			run with_fault "$call:signal=KILL:when=$n" load -m skb v0 objects/xdp_pass.o
			((killed += status != 0, 1))
			[[ $(prog_id v0 peer) == "$running" ]] || fail "$call $n: it is off"
			expect_status 0 pin_maps --netns peer v0
			expect_status 0 load -m skb v0 objects/xdp_pass.o
			[[ $(prog_id v0 peer) == "$running" ]] || fail "$call $n: it is off in the end"
			expect_id "$BPFFS/%ifbpf/ns/$(peer_cookie)/v0/xdp_stats_map" "$id"
			[[ $(map_id "$BPFFS/v0/xdp_stats_map") != "$id" ]] || fail "$call $n: shared"
			remove_both
		done
	done
	# To send the old one after it, to write its record, and to put the new one in its place.
	((killed >= 3)) || fail "killed $killed times only"
}

test_a_new_interface_takes_no_tcx_link_from_one_that_moved()
{
	local index

	need_tcx
	leave_v0 load --link --tc tcx v0 objects/tc_pass.o
	runs_in_peer tc_pass || skip "needs tcx that survives a move"
	expect_status 0 load --link --tc tcx v0 objects/tc_drop.o
	[[ $errors == *" it followed to "* ]] || fail "it says: $errors"
	runs_in_peer tc_pass || fail "it is off"
}

runs_in_peer() { [[ $(in_peer "$PWD/pinning/status" v0) == *" $1 "*" tcx "* ]]; }

# By its link, where nothing else is as it was.
test_what_moved_under_another_name_and_address_is_found_by_its_link()
{
	local index running MAC=02:00:00:00:07:07

	leave_v0 load --link -m skb v0 objects/xdp_drop.o
	rename_in_peer v0 eth7
	running=$(prog_id eth7 peer)
	[[ -n $running ]] || skip "needs XDP that survives a move"
	expect_status 0 load -m skb v0 objects/xdp_pass.o
	[[ $errors == *"is now eth7 (ifindex $index) in network namespace peer: it followed to "* ]] ||
		fail "it says: $errors"
	[[ $(prog_id eth7 peer) == "$running" ]] || fail "it is off"
	expect_status 0 pin_maps --netns peer eth7
	[[ $output == *"kept"* && -z $errors ]] || fail "it says: $output $errors"
}

rename_in_peer()
{
	in_peer ip link set dev "$1" down
	in_peer ip link set dev "$1" name "$2"
	in_peer ip link set dev "$2" up
}

test_a_place_that_is_taken_there_is_refused()
{
	local index running

	in_peer ip link add dev v0 type veth peer name q0
	in_peer ip link set dev v0 xdpgeneric obj objects/xdp_pass.o sec xdp
	pin_maps --netns peer v0 >/dev/null
	in_peer ip link del dev v0
	leave_v0 load --link -m skb v0 objects/xdp_drop.o
	running=$(prog_id v0 peer)
	[[ -n $running ]] || skip "needs XDP that survives a move"
	expect_fail "cannot use $BPFFS/v0: it belongs to an interface that is now v0 (ifindex $index) in \
network namespace peer" load -m skb v0 objects/xdp_pass.o
	[[ $status == 2 && $errors == *"hint: "*": pin_maps --netns peer v0"* ]] || fail "no way out: $errors"
	[[ $(prog_id v0 peer) == "$running" ]] || fail "it is off"
	expect_status 0 pin_maps --netns peer v0
	expect_status 0 load -m skb v0 objects/xdp_pass.o
	[[ $(prog_id v0 peer) == "$running" ]] || fail "it is off"
}

test_a_link_on_an_interface_that_nobody_finds_is_left_alone()
{
	local index running before

	leave_v0 load --link -m skb v0 objects/xdp_drop.o
	running=$(prog_id v0 peer)
	[[ -n $running ]] || skip "needs XDP that survives a move"
	hide_netns peer
	before=$(snapshot)
	expect_refusal "cannot use $BPFFS/v0: its link of xdp holds a program on an interface that is not \
found" "$before" load -m skb v0 objects/xdp_pass.o
	[[ $(in_hidden_netns peer ip -d link show dev v0) == *"prog/xdp id $running "* ]] || fail "it is off"
}

# No name leads to the namespace, and no process is in it: but one has it open, or it is mounted.
test_what_moved_where_only_a_descriptor_or_a_mount_leads_is_found()
{
	local how index running path leads

	for how in descriptor mount; do
		leave_v0 load -m skb v0 objects/xdp_drop.o
		running=$(prog_id v0 peer)
		[[ -n $running ]] || skip "needs XDP that survives a move"
		exec 9</run/netns/peer
		path=/proc/self/fd/9 leads='/proc/[0-9]*/fd/9'
		if [[ $how == mount ]]; then
			path=/run/there leads=/run/there
			touch "$path"
			mount --bind /run/netns/peer "$path"
			exec 9<&-
		fi
		umount -l /run/netns/peer
		expect_status 0 load -m skb v0 objects/xdp_pass.o
		grep -q "is now v0 (ifindex $index) in network namespace $leads: it followed to " <<<"$errors" ||
			fail "by a $how: it says: $errors"
		mount -c --bind "$path" /run/netns/peer
		exec 9<&-
		[[ $(prog_id v0 peer) == "$running" ]] || fail "by a $how: it is off"
		remove_both
	done
}

# An address can be that of several interfaces, which share a program.
test_another_interface_of_the_same_address_has_a_directory_of_its_own()
{
	local mac

	make_veth w0
	mac=$(ip -o link show dev v0 | sed 's/.* link[/]ether \([^ ]*\).*/\1/')
	ip link set dev w0 address "$mac"
	load -m skb --shared v0 w0 objects/xdp_pass.o >/dev/null
	ip link del dev v0
	ip link add dev placeholder type veth peer name p1
	make_veth v0
	ip link set dev v0 address "$mac"
	expect_status 0 load -m skb v0 objects/xdp_drop.o
	[[ $errors == *"its maps are inherited"* ]] || fail "it says: $errors"
	[[ -e $BPFFS/w0/xdp_stats_map ]] || fail "that of w0 is gone"
}
