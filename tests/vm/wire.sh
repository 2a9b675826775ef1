#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# wire - qemu with two virtio-net interfaces of four queues each, one wire between them
#
# Usage: wire.sh QEMU ARGUMENT..., in a network namespace of its own: it ends with qemu. Several
# queues need tap interfaces here; nothing moves on the wire but what the guest sends.
set -eu

queues=4
for scope in all default; do
	v6=/proc/sys/net/ipv6/conf/$scope/disable_ipv6
	[[ ! -e $v6 ]] || echo 1 >"$v6"
done
ip link add wire mtu 9000 type bridge mcast_snooping 0
arguments=()
for i in 1 2; do
	ip tuntap add "tap$i" mode tap multi_queue
	ip link set "tap$i" mtu 9000 master wire up
	arguments+=(-netdev "tap,id=n$i,ifname=tap$i,queues=$queues,script=no,downscript=no,vhost=off"
		-device "virtio-net-pci,netdev=n$i,mq=on,vectors=$((2 * queues + 2)),mac=02:00:00:00:01:0$i")
done
ip link set wire up
exec "$@" "${arguments[@]}"
