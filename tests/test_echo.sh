# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
# The echo programs, asked by ping. The stack of v0 answers nothing, so all answers are theirs.

. tests/world.sh

# quiet_host: the stack answers no echo.
quiet_host()
{
	need ping
	echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all
	echo 1 >/proc/sys/net/ipv6/icmp/echo_ignore_all
}

# with_ipv6: addresses on both ends. The stacks then send by themselves, but no echo.
with_ipv6()
{
	echo 0 >/proc/sys/net/ipv6/conf/v0/disable_ipv6
	in_peer sh -c 'echo 0 >/proc/sys/net/ipv6/conf/v1/disable_ipv6'
	ip addr add 2001:db8::1/64 dev v0 nodad
	in_peer ip addr add 2001:db8::2/64 dev v1 nodad
	ip neigh replace 2001:db8::2 lladdr "$V1_MAC" dev v0 nud permanent
	in_peer ip neigh replace 2001:db8::1 lladdr "$V0_MAC" dev v1 nud permanent
}

# A native program's XDP_TX is dropped by a veth whose peer has no native program.
peer_takes_tx() { in_peer ip link set dev v1 xdpdrv obj "$OBJECT" sec xdp; }

# answered N ADDRESS [OPTION OF ping]...: all N requests are, with the hops that a host sets.
answered()
{
	local count=$1

	shift
	run in_peer ping -q -c "$count" -i 0.005 -W 5 "$@"
	[[ $output == *"$count packets transmitted, $count received, 0% packet loss"* ]] ||
		fail "ping $*: $output $errors"
}

unanswered()
{
	run in_peer ping -q -c 2 -i 0.1 -W 1 "$@"
	[[ $output == *"2 packets transmitted, 0 received"* ]] || fail "ping $*: $output $errors"
}

# all_sizes: of IPv4 and IPv6, 300 requests in all, up to what fits an MTU of 1500.
all_sizes()
{
	local size

	for size in 0 1 55 56 1000 1472; do
		answered 25 10.0.0.1 -s "$size"
	done
	for size in 0 1 55 56 1000 1452; do
		answered 25 2001:db8::1 -s "$size"
	done
}

test_a_quiet_host_answers_nothing_by_itself()
{
	quiet_host
	with_ipv6
	unanswered 10.0.0.1
	unanswered 2001:db8::1
}

test_native_xdp_answers_each_size()
{
	quiet_host
	with_ipv6
	peer_takes_tx
	load v0 objects/xdp_echo.o >/dev/null
	all_sizes
	# 150 of IPv4 and 150 of IPv6: Ethernet, IP and ICMP headers, and the payloads.
	expect_counter "$BPFFS/v0/xdp_stats_map" 3 300 $((150 * 42 + 25 * (56 + 55 + 1 + 1000 + 1472) +
		150 * 62 + 25 * (56 + 55 + 1 + 1000 + 1452)))
}

test_generic_xdp_of_stock_ip_answers_each_size()
{
	quiet_host
	with_ipv6
	link_xdp v0 objects/xdp_echo.o
	pin_maps v0 >/dev/null
	all_sizes
	[[ $(counter "$BPFFS/v0/xdp_stats_map" 3) == "300 "* ]] || fail "$(stats v0)"
}

test_stock_tc_answers_each_size()
{
	quiet_host
	with_ipv6
	link_tc v0 ingress objects/tc_echo.o
	pin_maps v0 >/dev/null
	all_sizes
	[[ $(counter "$BPFFS/v0/tc_stats_map" 7) == "300 "* ]] || fail "$(stats v0)"
}

test_xdp_loader_loads_it()
{
	need xdp-loader
	quiet_host
	peer_takes_tx
	LIBXDP_SKIP_DISPATCHER=1 xdp-loader load -m native v0 objects/xdp_echo.o
	answered 20 10.0.0.1
	pin_maps --foreign v0 >/dev/null
	[[ $(counter "$BPFFS/v0/xdp_stats_map" 3) == "20 "* ]] || fail "$(stats v0)"
}

test_a_large_mtu_is_answered_by_the_frags_build()
{
	need_frags
	quiet_host
	ip link set v0 mtu 9000
	in_peer ip link set v1 mtu 9000
	in_peer ip link set dev v1 xdpdrv obj objects/xdp_pass_frags.o sec xdp.frags
	load v0 objects/xdp_echo_frags.o >/dev/null
	answered 20 10.0.0.1 -s 8972
	[[ $(counter "$BPFFS/v0/xdp_stats_map" 3) == "20 "$((20 * 9014)) ]] || fail "$(stats v0)"
}

test_the_hops_are_those_of_a_host_and_the_answer_is_marked_as_the_request()
{
	quiet_host
	with_ipv6
	peer_takes_tx
	load v0 objects/xdp_echo.o >/dev/null
	run in_peer ping -c 1 -t 3 10.0.0.1
	[[ $output == *"icmp_seq=1 ttl=64 "* ]] || fail "$output"
	run in_peer ping -c 1 -t 3 2001:db8::1
	[[ $output == *"icmp_seq=1 ttl=64 "* || $output == *"icmp_seq=1 hops=64 "* ]] || fail "$output"
}

test_fragments_and_broadcasts_are_left_to_the_host()
{
	need ping
	peer_takes_tx
	load v0 objects/xdp_echo.o >/dev/null
	answered 5 10.0.0.1 -s 4000
	# Without ARP, a broadcast is sent to the sender's own address.
	in_peer ip link set v1 arp on
	run in_peer ping -q -c 2 -i 0.1 -W 1 -b 10.0.0.255
	[[ $(counter "$BPFFS/v0/xdp_stats_map" 3) == "0 0" ]] || fail "$(stats v0)"
	[[ $(counter "$BPFFS/v0/xdp_stats_map" 2) != "0 0" ]] || fail "$(stats v0)"
}

# make_echo_router: forwards between v0 and w0, has no default route, and lets the peer ask for any
# address of either network: to the peer, none is a broadcast.
make_echo_router()
{
	quiet_host
	with_ipv6
	make_other
	echo 0 >/proc/sys/net/ipv6/conf/w0/disable_ipv6
	ip addr add 2001:db8:1::1/64 dev w0 nodad
	in_peer ip addr flush dev v1
	in_peer ip addr add 10.0.0.2/32 dev v1
	in_peer ip route add 10.0.0.1 dev v1
	in_peer ip neigh replace 10.0.0.1 lladdr "$V0_MAC" dev v1 nud permanent
	in_peer ip route add default via 10.0.0.1
	in_peer ip addr add 2001:db8::2/64 dev v1 nodad
	in_peer ip route add default via 2001:db8::1
	in_peer ip neigh replace fe80::77 lladdr "$V0_MAC" dev v1 nud permanent
	in_peer ip addr add 10.0.0.255/32 dev v1
}

forward_all() { echo "$1" | tee /proc/sys/net/ipv4/ip_forward >/proc/sys/net/ipv6/conf/all/forwarding; }

# router_answers_for_itself_alone MAP SLOT: with echo on v0, and nothing else that answers.
router_answers_for_itself_alone()
{
	local address

	forward_all 0
	for address in 203.0.113.9 2001:db8:99::1 fe80::77%v1; do
		answered 1 -I "$(answer_from "$address")" "$address"
	done
	forward_all 1
	# Nobody's, that of another host, broadcasts of both networks, and from one.
	for address in 203.0.113.9 10.0.1.2 10.0.0.255 10.0.1.255 2001:db8:99::1 2001:db8:1::2 fe80::77%v1; do
		unanswered -I "$(answer_from "$address")" "$address"
	done
	unanswered -I 10.0.0.255 10.0.0.1
	[[ $(counter "$BPFFS/v0/$1" "$2") == "3 "* ]] || fail "$(stats v0)"
	if kernel_before 6.7; then
		# Of those, Debian's 6.1 tells sources as well.
		run in_peer ping -q -c 3 -i 0.1 -W 1 -I 10.0.0.2 10.0.0.1
		[[ $output != *" 0 received"* ]] || return 0
	else
		answered 3 -I 10.0.0.2 10.0.0.1
	fi
	answered 3 -I 10.0.0.2 10.0.1.1
	answered 3 2001:db8::1
	answered 3 2001:db8:1::1
	[[ $(counter "$BPFFS/v0/$1" "$2") == "15 "* ]] || fail "$(stats v0)"
}

# answer_from ADDRESS: what the peer asks from; the interface leaves the choice to its stack.
answer_from() { [[ $1 == *:* ]] && echo v1 || echo 10.0.0.2; }

test_a_router_answers_for_itself_alone_in_xdp()
{
	make_echo_router
	peer_takes_tx
	load v0 objects/xdp_echo.o >/dev/null
	router_answers_for_itself_alone xdp_stats_map 3
}

test_a_router_answers_for_itself_alone_in_tc()
{
	make_echo_router
	load v0 objects/tc_echo.o >/dev/null
	router_answers_for_itself_alone tc_stats_map 7
}

# A frame for the Ethernet address of another host comes in if the interface is promiscuous.
test_what_is_for_the_ethernet_address_of_another_is_not_answered_in_tc()
{
	quiet_host
	ip link set dev v0 promisc on
	link_tc v0 ingress objects/tc_echo.o
	pin_maps v0 >/dev/null
	in_peer ip neigh replace 10.0.0.1 lladdr 02:00:00:00:00:99 dev v1 nud permanent
	unanswered 10.0.0.1
	expect_counter "$BPFFS/v0/tc_stats_map" 7 0 0
	in_peer ip neigh replace 10.0.0.1 lladdr "$V0_MAC" dev v1 nud permanent
	answered 3 10.0.0.1
	[[ $(counter "$BPFFS/v0/tc_stats_map" 7) == "3 "* ]] || fail "$(stats v0)"
}

test_requests_of_the_host_itself_go_out()
{
	need ping
	link_tc v0 egress objects/tc_echo.o
	pin_maps v0 >/dev/null
	run ping -q -c 3 -i 0.01 -W 5 10.0.0.2
	[[ $output == *"3 packets transmitted, 3 received"* ]] || fail "$output"
	[[ $(counter "$BPFFS/v0/%egress/tc_stats_map" 9) == "3 "* ]] || fail "$(stats v0)"
}

test_counters_go_on_when_another_program_takes_the_place()
{
	local id

	quiet_host
	peer_takes_tx
	load v0 objects/xdp_pass.o >/dev/null
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	load v0 objects/xdp_echo.o >/dev/null
	answered 5 10.0.0.1
	load v0 objects/xdp_echo.o >/dev/null
	answered 5 10.0.0.1
	[[ $(map_id "$BPFFS/v0/xdp_stats_map") == "$id" ]] || fail "another map"
	[[ $(counter "$BPFFS/v0/xdp_stats_map" 3) == "10 "* ]] || fail "$(stats v0)"
}
