# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of redirect have in common; pins.sh and world.sh come first.

# Both ends in one IP network: what they send each other is for the station in between, by its
# hardware address, until redirect writes the other end's.
make_ends()
{
	make_other
	in_other ip addr add 10.0.0.3/24 dev w1
	in_other ip neigh replace 10.0.0.2 lladdr "$W0_MAC" dev w1 nud permanent
	in_peer ip neigh replace 10.0.0.3 lladdr "$V0_MAC" dev v1 nud permanent
	# The stack in between answers and forwards nothing.
	echo 0 >/proc/sys/net/ipv4/ip_forward
	echo 0 >/proc/sys/net/ipv4/conf/all/send_redirects
}

load_both() { load v0 w0 "${1-objects/xdp_redirect.o}" >/dev/null; }

# without_admin COMMAND...
without_admin() { capsh --drop=cap_sys_admin -- -c 'exec "$@"' sh "$@"; }

# expect_off IFNAME: nothing of ours is left in its maps.
expect_off()
{
	[[ $(redirect "$1") == "$1 -> off" ]] || fail "it shows: $(redirect "$1")"
	expect_empty "$1"
}

# expect_empty IFNAME: the same where the interface may be gone.
expect_empty()
{
	local map

	for map in redirect_params redirect_flows; do
		[[ $(bpftool -j map dump pinned "$BPFFS/$1/$map") == "[]" ]] || fail "$map is not empty"
	done
	map=$(bpftool -j map lookup pinned "$BPFFS/$1/redirect_mode" key 0 0 0 0 |
		grep -o '"value":\[[^]]*\]')
	[[ $map == *0x00* && ! $map =~ 0x(.[1-9a-f]|[1-9a-f]) ]] || fail "redirect_mode: $map"
}
