# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# ip link set … obj, with or without libbpf; with the maps in the directory of the interface (env).

# iproute2 IFNAME ip|tc WORD...: of this row, set up as the row says.
iproute2()
{
	local setting=

	[[ $place != env ]] || setting=$(iproute2_env "$1")
	(eval "$setting" && "$bin$2" "${@:3}")
}

# iproute2_version ip|tc: that of the package if it is of one, which tells more than the program.
iproute2_version()
{
	local said package

	said=$("$bin$1" -V | sed 's/.*, iproute2-/iproute2 /')
	package=$(grep '^iproute2 ' "${bin:-/}packages" 2>/dev/null)
	echo "${package:-${said%%, *}}, $(grep -o 'libbpf .*' <<<"$said" || echo 'no libbpf')"
}

ip_load() { iproute2 "$1" ip link set dev "$1" xdpgeneric obj "$(object "$2")" sec "$(section "$2")"; }
ip_over() { iproute2 "$1" ip -force link set dev "$1" xdpgeneric obj "$(object "$2")" sec "$(section "$2")"; }
ip_off() { "${bin}ip" link set dev "$1" xdpgeneric off; }
ip_version() { iproute2_version ip; }
ip_how() { echo "${place:+eval \"\$(iproute2_env v0)\"; }ip link set dev v0 xdpgeneric obj $objects/NAME.o sec xdp"; }
