# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
# The store on VLAN devices, and on the interfaces below them. The kernel's own VLAN devices put the
# tags on and take them off, so what the programs say of a packet has a second opinion.
#
#   this netns                              netns "peer"
#   v0.10 10.0.10.1/24  on v0  <= veth =>   v1  v1.10 10.0.10.2/24
#                                               v1.20 10.0.20.2/24, known here to nobody

. tests/vlan.sh

# A tag that the peer leaves beside the packet is not seen by XDP on v0; one in the packet is.
tags_in_the_packet() { in_peer ethtool -K v1 txvlan off >/dev/null; }

setup_vlan()
{
	need ping ethtool
	need_link_type vlan
	add_vlan v0.10 10 10.0.10.1 v0
	add_peer_vlan v1.10 10 10.0.10.2 v1
	add_peer_vlan v1.20 20 10.0.20.2 v1
	neighbours 10.0.10.1 v1.10 10.0.10.2 v0.10
}

# pings N ADDRESS: the peer gets N answers.
pings()
{
	in_peer ping -q -c "$1" -i 0.01 -W 5 "$2" >/dev/null || fail "no answer from $2: $(ip -s link show v0)"
}

no_ping() { ! in_peer ping -q -c 1 -W 1 "$1" >/dev/null || fail "an answer from $1"; }

# counted IFNAME WHAT N: the line of top.
counted() { top -n 0 "$1" | grep -qE "  $2 +$3 packets"; }

expect_counted() { eventually counted "$@" || fail "$2, expected $3: $(top -n 0 "$1")"; }

# A ping of 84 bytes in an Ethernet frame: without a tag, and with one.
PING=98
TAGGED=102

test_xdp_on_the_device_has_packets_without_their_tag()
{
	local way

	setup_vlan
	link_xdp v0.10 objects/xdp_parse.o
	pin_maps v0.10 >/dev/null
	for way in on off; do
		in_peer ethtool -K v1 txvlan "$way" >/dev/null
		pings 3 10.0.10.1
	done
	expect_counter "$BPFFS/v0%2E10/xdp_stats_map" 2 6 $((6 * PING))
	expect_counted v0.10 "IPv4 ICMP" 6
	expect_counted v0.10 10.0.10.2 6
	# What is not of this VLAN does not come here.
	pings 2 10.0.0.1
	expect_counter "$BPFFS/v0%2E10/xdp_stats_map" 2 6 $((6 * PING))
}

test_xdp_below_the_device_sees_a_tag_that_is_in_the_packet()
{
	setup_vlan
	link_xdp v0 objects/xdp_parse.o
	pin_maps v0 >/dev/null
	tags_in_the_packet
	pings 3 10.0.10.1
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 $((3 * TAGGED))
	expect_counted v0 "IPv4 ICMP" 3
	expect_counted v0 10.0.10.2 3
	in_peer ethtool -K v1 txvlan on >/dev/null
	pings 3 10.0.10.1
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 6 $((3 * TAGGED + 3 * PING))
	expect_counted v0 10.0.10.2 6
}

test_tc_counts_on_both()
{
	setup_vlan
	link_tc v0 ingress objects/tc_parse.o
	link_tc v0.10 ingress objects/tc_parse.o
	pin_maps v0 >/dev/null
	pin_maps v0.10 >/dev/null
	pings 4 10.0.10.1
	pings 2 10.0.0.1
	# tc counts a packet without the tag that lies beside it.
	expect_counter "$BPFFS/v0/tc_stats_map" 9 6 $((6 * PING))
	expect_counter "$BPFFS/v0%2E10/tc_stats_map" 9 4 $((4 * PING))
	expect_counted v0 10.0.10.2 4
	expect_counted v0 10.0.0.2 2
	expect_counted v0.10 10.0.10.2 4
}

test_load_takes_the_device_and_what_a_reload_finds_there()
{
	local map

	setup_vlan
	# From 5.15 on, native XDP has to be there before what lies above has any.
	expect_status 0 load v0 objects/xdp_pass.o
	expect_fail "Operation not supported" load v0.10 objects/xdp_pass.o
	[[ $errors == *"take the kernel's own: --mode skb"* ]] || fail "it says: $errors"
	expect_status 0 load --mode auto v0.10 objects/xdp_pass.o
	[[ $output == *"in skb mode"* ]] || fail "it says: $output"
	pings 2 10.0.10.1
	map=$(map_id "$BPFFS/v0%2E10/xdp_stats_map")
	expect_status 0 load v0.10 objects/xdp_parse.o
	[[ $(map_id "$BPFFS/v0%2E10/xdp_stats_map") == "$map" ]] || fail "another map"
	pings 1 10.0.10.1
	expect_counter "$BPFFS/v0%2E10/xdp_stats_map" 2 3 $((3 * PING))
	expect_status 0 load --hook tc_egress v0.10 objects/tc_pass.o
	pings 2 10.0.10.1
	expect_counter "$BPFFS/v0%2E10/xdp_stats_map" 2 5 $((5 * PING))
	expect_counter "$BPFFS/v0%2E10/%egress/tc_stats_map" 0 2 $((2 * PING))
	expect_status 0 unload --all v0.10
	[[ -z $(prog_id v0.10) && -n $(prog_id v0) ]] || fail "$(ip link show v0.10)"
}

# denies IFNAME: what acl denies there, the VLAN has no more; all else goes on.
denies()
{
	pings 1 10.0.10.1
	acl "$1" add 10.0.10.2
	no_ping 10.0.10.1
	pings 1 10.0.0.1
	[[ $(acl "$1") == *" 10.0.10.2 "*" 1 packets "* ]] || fail "$(acl "$1")"
	acl "$1" flush
	pings 1 10.0.10.1
}

test_acl_denies_on_the_device_and_below_it()
{
	local ifname

	setup_vlan
	for ifname in v0.10 v0; do
		load --mode skb "$ifname" objects/xdp_acl.o >/dev/null
		denies "$ifname"
		tags_in_the_packet
		denies "$ifname"
		in_peer ethtool -K v1 txvlan on >/dev/null
		unload "$ifname" >/dev/null
		load --hook tc_ingress "$ifname" objects/tc_acl.o >/dev/null
		denies "$ifname"
		unload --hook tc_ingress "$ifname" >/dev/null
	done
}

# limited IFNAME: of 30 pings, 10 and one for each second that it took.
limited()
{
	local received

	SECONDS=0
	ratelimit "$1" add 10.0.10.0/24 pps 1 burst 10
	received=$(in_peer ping -q -c 30 -i 0.01 -W 1 10.0.10.1 | sed -n 's/.* \([0-9]*\) received.*/\1/p')
	((received >= 10 && received <= 11 + SECONDS)) || fail "$1: $received of 30 in $SECONDS s"
	[[ $(ratelimit "$1" dropped) == *"10.0.10.2 "*" $((30 - received)) packets"* ]] ||
		fail "$1, $received received: $(ratelimit "$1" dropped)"
	ratelimit "$1" flush
}

test_a_rate_is_limited_on_the_device_and_below_it()
{
	local ifname

	setup_vlan
	tags_in_the_packet
	for ifname in v0.10 v0; do
		load --mode skb "$ifname" objects/xdp_ratelimit.o >/dev/null
		limited "$ifname"
		unload "$ifname" >/dev/null
		# With it goes what was counted.
		rm "$BPFFS/${ifname/./%2E}"/rate_*
		load --hook tc_ingress "$ifname" objects/tc_ratelimit.o >/dev/null
		limited "$ifname"
		unload --hook tc_ingress "$ifname" >/dev/null
	done
}

# --- rewrite on v0, where packets come in by XDP or tc and leave by tc

# rewrite_by xdp|tc: which one takes what comes in.
rewrite_by()
{
	case $1 in
	xdp)
		load --mode skb v0 objects/xdp_rewrite.o >/dev/null
		tags_in_the_packet
		;;
	tc) load --hook tc_ingress v0 objects/tc_rewrite.o >/dev/null ;;
	esac
	load --hook tc_egress v0 objects/tc_rewrite.o >/dev/null
}

# each_hit N: each rule has counted N packets.
each_hit() { ! rewrite v0 | grep -v "  $1 packets "; }

expect_each_hit() { eventually each_hit "$1" || fail "expected $1 each: $(rewrite v0)"; }

# VLAN 20 of the peer ends on v0, which has no device for it.
pop_and_push()
{
	setup_vlan
	rewrite_by "$1"
	ip addr add 10.0.20.1/24 dev v0
	neighbours 10.0.20.1 v1.20 10.0.20.2 v0
	no_ping 10.0.20.1
	rewrite v0 add in vlan 20 pop
	rewrite v0 add out vlan none dst 10.0.20.2 push 20
	pings 5 10.0.20.1
	expect_each_hit 5
	pings 1 10.0.10.1
	expect_each_hit 5
}

test_xdp_pops_what_the_kernel_pushed() { pop_and_push xdp; }

test_tc_pops_what_the_kernel_pushed() { pop_and_push tc; }

# What the peer sends without a tag is for v0.10.
push_and_pop()
{
	setup_vlan
	rewrite_by "$1"
	in_peer ip link del v1.10
	in_peer ip addr add 10.0.10.2/24 dev v1
	neighbours 10.0.10.1 v1 10.0.10.2 v0.10
	no_ping 10.0.10.1
	rewrite v0 add in vlan none dst 10.0.10.1 push 10
	rewrite v0 add out vlan 10 pop
	pings 5 10.0.10.1
	expect_each_hit 5
	pings 1 10.0.0.1
	expect_each_hit 5
}

test_the_kernel_pops_what_xdp_pushed() { push_and_pop xdp; }

test_the_kernel_pops_what_tc_pushed() { push_and_pop tc; }

# VLAN 20 of the peer is VLAN 10 here.
swap()
{
	setup_vlan
	rewrite_by "$1"
	ip addr add 10.0.20.1/24 dev v0.10
	neighbours 10.0.20.1 v1.20 10.0.20.2 v0.10
	no_ping 10.0.20.1
	rewrite v0 add in vlan 20 set vlan 10
	rewrite v0 add out vlan 10 dst 10.0.20.2 set vlan 20
	pings 5 10.0.20.1
	expect_each_hit 5
	pings 1 10.0.10.1
	expect_each_hit 5
}

test_xdp_swaps_tags_between_devices() { swap xdp; }

test_tc_swaps_tags_between_devices() { swap tc; }

# A tag of 802.1ad before one of 802.1Q, as two devices of the kernel on top of each other have it.
test_a_service_tag_is_pushed_before_that_of_a_device()
{
	setup_vlan
	rewrite_by xdp
	add_vlan v0.ad 30 10.0.30.1 v0 proto 802.1ad
	add_vlan v0.q 20 10.0.20.1 v0.ad
	neighbours 10.0.20.1 v1.20 10.0.20.2 v0.q
	no_ping 10.0.20.1
	rewrite v0 add in vlan 20 push 30 802.1ad
	rewrite v0 add out vlan 30 pop
	pings 5 10.0.20.1
	expect_each_hit 5
}

# TCP as the stacks send it, with checksums and segments left to the card.
test_tcp_crosses_a_swap()
{
	local way

	setup_vlan
	rewrite_by tc
	ip addr add 10.0.20.1/24 dev v0.10
	neighbours 10.0.20.1 v1.20 10.0.20.2 v0.10
	rewrite v0 add in vlan 20 set vlan 10
	rewrite v0 add out vlan 10 dst 10.0.20.2 set vlan 20
	serve tcp 10.0.20.1 8080 &
	for way in on off; do
		in_peer ethtool -K v1 tx "$way" >/dev/null
		eventually greeted || fail "offload $way: $(rewrite v0)"
		[[ $(in_peer timeout 20 bash -c 'exec 3<>/dev/tcp/10.0.20.1/8080
			head -c 300000 /dev/zero | tr "\0" x >&3 &
			head -c 300000 <&3 | tail -c 250000 | tr -d x | wc -c; wait') == 0 ]] ||
			fail "offload $way: $(rewrite v0)"
	done
	! each_hit 0 || fail "$(rewrite v0)"
}

greeted()
{
	[[ $(in_peer timeout 10 bash -c 'exec 3<>/dev/tcp/10.0.20.1/8080 && printf hello >&3 &&
		head -c 9 <&3') == "10.0.20.2" ]]
}
