# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The topology of tests/lib.sh, and a way through it, for what forwards from v0 to w0:
#
#   netns "peer"          this netns           netns "peer"
#   v1 10.0.0.2 <=====> v0 10.0.0.1
#                          w0 10.0.1.1 <=====> w1 10.0.1.2
#
# Live frames arrive at a veth only if it has GRO or a native XDP program.
bench_world()
{
	ip link set lo up
	ip link add w0 address 02:00:00:00:00:03 type veth peer name w1 \
		address 02:00:00:00:00:04 netns peer
	silence w0
	in_peer bash -c '. tests/lib.sh; silence w1'
	ip addr add 10.0.1.1/24 dev w0
	in_peer ip addr add 10.0.1.2/24 dev w1
	ip link set w0 up
	in_peer ip link set w1 up
	ip neigh replace 10.0.1.2 lladdr 02:00:00:00:00:04 dev w0 nud permanent
	in_peer ip neigh replace 10.0.1.1 lladdr 02:00:00:00:00:03 dev w1 nud permanent
	ip route add 10.64.0.0/10 via 10.0.0.2
	echo 1 >/proc/sys/net/ipv4/ip_forward
	ethtool -K v0 gro on
	ethtool -K w0 gro on
	in_peer ethtool -K v1 gro on
	in_peer ethtool -K w1 gro on
}
