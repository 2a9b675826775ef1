# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# tc filter … bpf obj, with or without libbpf; with the maps in the directory of the interface (env).

add_clsact() { [[ $(tc qdisc show dev "$1") == *clsact* ]] || tc qdisc add dev "$1" clsact; }

# filter_place IFNAME: the words that say where the bpf filter is, or where a new one goes.
filter_place()
{
	local found

	found=$(tc -j filter show dev "$1" ingress |
		sed -nE 's/.*"pref":([0-9]+),"kind":"bpf","chain":0,"options":\{"handle":"(0x[0-9a-f]+)".*/pref \1 handle \2/p')
	echo "${found:-pref 10 handle 1}"
}

tc_filter()
{
	local words

	add_clsact "$2"
	read -ra words < <(filter_place "$2")
	iproute2 "$2" tc filter "$1" dev "$2" ingress "${words[@]}" bpf da \
		obj "$(object "$3")" sec "$(section "$3")"
}

tc_load() { tc_filter add "$@"; }
tc_over() { tc_filter replace "$@"; }
tc_off()
{
	local words

	read -ra words < <(filter_place "$1")
	"${bin}tc" filter del dev "$1" ingress "${words[@]}" bpf
}
tc_version() { iproute2_version tc; }
tc_how() { echo "${place:+eval \"\$(iproute2_env v0)\"; }tc filter add dev v0 ingress bpf da obj $objects/NAME.o sec tc"; }
