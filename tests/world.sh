# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of programs between two interfaces have in common.
#
#   netns "peer"                     this netns                     netns "other"
#   v1 10.0.0.2/24  <== veth ==>  v0 10.0.0.1/24
#                                 w0 10.0.1.1/24  <== veth ==>  w1 10.0.1.2/24
#
# With IPv6 as well if a test asks for it. XDP loses the offload of checksums of what it sends on,
# so the ends compute them.
W0_MAC=02:00:00:00:00:03
W1_MAC=02:00:00:00:00:04

in_other() { nsenter --net=/run/netns/other "$@"; }

make_other()
{
	ip netns add other
	add_veth w0 "$W0_MAC" 10.0.1.1 other w1 "$W1_MAC" 10.0.1.2
	ends_tx off
}

# ends_tx on|off: whether they leave checksums and segmentation to a device.
ends_tx()
{
	in_peer ethtool -K v1 tx "$1" >/dev/null
	in_other ethtool -K w1 tx "$1" >/dev/null
}

# type_tx_off: what the hints in $errors say, each in the network namespace that it names.
type_tx_off()
{
	local name command

	# shellcheck disable=SC2154 # $errors is set by run, in lib.sh
	while read -r name command; do
		case $name in
		v1) in_peer bash -c "$command" >/dev/null ;;
		w1) in_other bash -c "$command" >/dev/null ;;
		*) fail "of neither end: $errors" ;;
		esac
	done < <(sed -n 's/^  hint: leave .* in the network namespace of \([^:]*\): /\1 /p' <<<"$errors")
}

# tcp NAME: a counter of the TCP of the present network namespace, such as InCsumErrors.
tcp() { awk -v name="$1" '/^Tcp:/ { if (!n) { for (n = NF; $n != name; n--); } else print $n }' /proc/net/snmp; }

# tcp_counts NAME N NETNS: that many at least.
tcp_counts()
{
	# shellcheck disable=SC2016 # the arguments of the inner bash
	(($(nsenter --net="/run/netns/$3" bash -c '. tests/world.sh; tcp "$1"' bash "$1") >= $2))
}

# The world above, with this namespace as the router of the two others.
make_router()
{
	make_other
	in_peer ip route add default via 10.0.0.1
	in_other ip route add default via 10.0.1.1
	echo 1 >/proc/sys/net/ipv4/conf/all/forwarding
	echo 0 >/proc/sys/net/ipv4/conf/all/send_redirects
}

# What the ends of veths need for frames that native programs send them.
add_stubs()
{
	in_peer ip link set dev v1 xdpdrv obj objects/xdp_stub.o sec xdp
	in_other ip link set dev w1 xdpdrv obj objects/xdp_stub.o sec xdp
}

# How many packets the stack has forwarded itself.
by_the_stack() { sed -n '/^Ip: [0-9]/s/^Ip: [0-9]* [0-9]* [0-9]* [0-9]* [0-9]* \([0-9]*\).*/\1/p' /proc/net/snmp; }

# serve [HOST]: a TCP server in netns "other", for as long as the test runs.
serve() { in_other "$PWD/build/tests/stream" serve "${1-0.0.0.0}" 9000 & }

# need_frags_redirected ADDRESS: skip unless one packet of several buffers gets there and back by
# redirection; before 6.3 the kernel drops it.
need_frags_redirected()
{
	need ping
	in_peer ping -q -c 1 -W 3 -s 8000 "$1" >/dev/null ||
		skip "needs packets of several buffers that are redirected: this kernel drops them"
}

# talk HOST BYTES [SECONDS]: a TCP client in the peer, which checks what comes back.
talk() { in_peer timeout "${3-30}" "$PWD/build/tests/stream" talk "$1" 9000 "$2"; }
