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
	add_veth w0 02:00:00:00:00:03 10.0.1.1 peer w1 02:00:00:00:00:04 10.0.1.2
	ip route add 10.64.0.0/10 via 10.0.0.2
	echo 1 >/proc/sys/net/ipv4/ip_forward
	echo 0 >/proc/sys/net/ipv4/conf/w0/forwarding # where nothing comes from
	ethtool -K v0 gro on
	ethtool -K w0 gro on
	in_peer ethtool -K v1 gro on
	in_peer ethtool -K w1 gro on
}

# Of the loaders that were fetched only xdp-forward is called by its name: all else is this system's.
bench_peers()
{
	[[ -n ${BENCH_FETCHED-} ]] || return 0
	mkdir /run/peers
	printf '#!/bin/sh\nexec "%s" "$@"\n' "$BENCH_FETCHED/xdp-forward" >/run/peers/xdp-forward
	chmod +x /run/peers/xdp-forward
	PATH=$PATH:/run/peers
}
