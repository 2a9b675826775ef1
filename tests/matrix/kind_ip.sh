# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# ip link set … obj, with or without libbpf; with the maps in the directory of the interface (env).

# env_words: what has iproute2 pin there.
env_words() { [[ $place != env ]] || printf '%s' 'eval "$(iproute2_env v0)" && '; }

# iproute2_version ip|tc: that of the package if it is of one, which tells more than the program.
iproute2_version()
{
	local said package

	said=$("$bin$1" -V | sed 's/.*, iproute2-/iproute2 /')
	package=$(grep '^iproute2 ' "${bin:-/}packages" 2>/dev/null)
	echo "${package:-${said%%, *}}, $(grep -o 'libbpf .*' <<<"$said" || echo 'no libbpf')"
}

ip_load() { echo "$(env_words)ip link set dev v0 xdpgeneric obj $objects/NAME.o sec SECTION"; }
ip_over() { echo "$(env_words)ip -force link set dev v0 xdpgeneric obj $objects/NAME.o sec SECTION"; }
ip_off() { echo "ip link set dev v0 xdpgeneric off"; }
ip_version() { iproute2_version ip; }
