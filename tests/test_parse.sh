# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # set by run
# xdp_parse and tc_parse on the wire, whoever loads them. What they find in a packet is tested in
# tests/packet/test_parse.c.

. tests/frames.sh

PROBE=build/tests/bpf/parse_probe.o

# Frames to 10.0.0.1 from 192.0.2.7, without the Ethernet type: IPv4 with a UDP header and 4 bytes.
ETHERNET="02 00 00 00 00 01 02 00 00 00 00 02"
UDP="45 00 00 20 00 00 00 00 40 11 00 00 c0 00 02 07 0a 00 00 01 04 d2 00 35 00 0c 00 00 01 02 03 04"

# send_frame HEX [SIZE]
send_frame() { send_frames "${@:2}" <<<"$1"; }

# probed FIELD: of the last packet that the probe has seen.
probed()
{
	bpftool -j map dump pinned "$BPFFS/probe/probed" | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}

probe_tc()
{
	mkdir "$BPFFS/probe"
	bpftool prog loadall "$PROBE" "$BPFFS/probe/all" pinmaps "$BPFFS/probe"
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 10 bpf da object-pinned "$BPFFS/probe/all/probe_tc"
}

# counted WHAT N: the line of top.
counted() { top -n 0 v0 | grep -qE "  $1 +$2 packets"; }

test_ip_tc_load_and_xdp_loader_load_it_and_it_counts()
{
	need xdp-loader ping
	ip link set dev v0 xdpgeneric obj objects/xdp_parse.o sec xdp
	pin_maps v0 >/dev/null
	in_peer ping -q -c 3 -i 0.01 10.0.0.1 >/dev/null
	counted "IPv4 ICMP" 3 || fail "$(top v0)"
	counted "10.0.0.2" 3 || fail "$(top v0)"
	ip link set dev v0 xdpgeneric off
	rm -r "$BPFFS/v0"

	link_tc v0 ingress objects/tc_parse.o
	pin_maps v0 >/dev/null
	in_peer ping -q -c 4 -i 0.01 10.0.0.1 >/dev/null
	counted "IPv4 ICMP" 4 || fail "$(top v0)"
	tc qdisc del dev v0 clsact
	rm -r "$BPFFS/v0"

	xdp-loader load -m skb v0 objects/xdp_parse.o
	pin_maps --foreign v0 >/dev/null
	in_peer ping -q -c 5 -i 0.01 10.0.0.1 >/dev/null
	counted "IPv4 ICMP" 5 || fail "$(top v0)"
	xdp-loader unload -a v0
	rm -r "$BPFFS/v0"

	load v0 "$(other_build xdp_parse)" >/dev/null
	in_peer ping -q -c 6 -i 0.01 10.0.0.1 >/dev/null
	counted "IPv4 ICMP" 6 || fail "$(top v0)"
}

test_xdp_and_tc_count_in_the_same_maps()
{
	load v0 objects/xdp_parse.o >/dev/null
	load v0 --hook tc_ingress objects/tc_parse.o >/dev/null
	send_frame "$ETHERNET 08 00 $UDP"
	eventually counted "192.0.2.7" 2 || fail "$(top v0)"
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 1 46
	expect_counter "$BPFFS/v0/tc_stats_map" 9 1 46
}

test_a_reload_keeps_what_was_counted()
{
	local id

	load v0 objects/xdp_parse.o >/dev/null
	id=$(map_id "$BPFFS/v0/parse_sources")
	send_frame "$ETHERNET 08 00 $UDP"
	eventually counted "192.0.2.7" 1 || fail "$(top v0)"
	load v0 "$(other_build xdp_parse)" >/dev/null
	[[ $(map_id "$BPFFS/v0/parse_sources") == "$id" ]] || fail "another map was made"
	send_frame "$ETHERNET 08 00 $UDP"
	eventually counted "192.0.2.7" 2 || fail "$(top v0)"
	eventually counted "IPv4 UDP" 2 || fail "$(top v0)"
}

test_truncated_and_malformed_packets_pass_and_are_counted()
{
	load v0 objects/xdp_parse.o >/dev/null
	load v0 --hook tc_ingress objects/tc_parse.o >/dev/null
	send_frame "$ETHERNET 08 00 ${UDP:0:60}"
	send_frame "$ETHERNET 08 00 44${UDP:2}"
	send_frame "$ETHERNET 08 06 00 01"
	eventually counted truncated 2 || fail "$(top v0)"
	eventually counted malformed 2 || fail "$(top v0)"
	eventually counted ARP 2 || fail "$(top v0)"
	eventually counted 192.0.2.7 2 || fail "of the truncated one the source is known: $(top v0)"
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 $((34 + 46 + 16))
}

# The kernel takes the outer tag out of the packet before tc sees it.
test_tc_finds_the_vlan_tag_beside_the_packet()
{
	probe_tc
	send_frame "$ETHERNET 81 00 60 07 08 00 $UDP"
	eventually test "$(probed vlans)" = 1 || fail "vlans $(probed vlans)"
	[[ $(probed outer_tci) == $((0x6007)) ]] || fail "tci $(probed outer_tci)"
	# Where IP begins shows that the tag is not in the packet.
	[[ $(probed ip4) == 14 && $(probed dport) == 53 ]] || fail "ip4 $(probed ip4)"
	send_frame "$ETHERNET 88 a8 00 05 81 00 00 06 08 00 $UDP"
	eventually test "$(probed vlans)" = 2 || fail "vlans $(probed vlans)"
	[[ $(probed outer_tci) == 5 && $(probed inner_tci) == 6 && $(probed ip4) == 18 ]] ||
		fail "tci $(probed outer_tci) $(probed inner_tci), ip4 $(probed ip4)"
}

test_tc_finds_headers_that_are_not_in_one_piece()
{
	ip link set dev v0 mtu 9000
	in_peer ip link set dev v1 mtu 9000
	probe_tc
	send_frame "$ETHERNET 08 00 $UDP" 6000
	eventually test "$(probed bytes)" = 6000 || fail "bytes $(probed bytes)"
	[[ $(probed status) == 0 && $(probed ip4) == 14 && $(probed dport) == 53 ]] ||
		fail "status $(probed status), ip4 $(probed ip4), dport $(probed dport)"
}
