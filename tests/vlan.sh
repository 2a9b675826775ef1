# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# VLAN devices of the kernel, for the tests that look at tags.

# add_vlan IFNAME ID ADDRESS LOWER [WORD...]: a silent VLAN device, in this netns.
add_vlan()
{
	ip link add link "$4" name "$1" type vlan "${@:5}" id "$2"
	silence "$1"
	ip addr add "$3/24" dev "$1"
	ip link set "$1" up
}

add_peer_vlan()
{
	# shellcheck disable=SC2016 # the arguments of the inner bash
	in_peer bash -c '. tests/lib.sh; . tests/vlan.sh; add_vlan "$@"' bash "$@"
}

# neighbours ADDRESS PEER_IFNAME PEER_ADDRESS IFNAME [MAC PEER_MAC]: both ends know each other.
neighbours()
{
	in_peer ip neigh replace "$1" lladdr "${5-$V0_MAC}" dev "$2" nud permanent
	ip neigh replace "$3" lladdr "${6-$V1_MAC}" dev "$4" nud permanent
}
