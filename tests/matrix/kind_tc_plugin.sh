# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# tc filter … ifbpf obj: compat/f_ifbpf.so

tc_plugin()
{
	local words

	add_clsact "$2"
	read -ra words < <(filter_place "$2")
	TC_LIB_DIR=compat "${bin}tc" filter "$1" dev "$2" ingress "${words[@]}" ifbpf "${@:3}"
}

tc_plugin_load() { tc_plugin add "$1" da obj "$(object "$2")" sec tc; }
tc_plugin_over() { pin_maps "$1" && tc_plugin replace "$1" da obj "$(object "$2")" sec tc; }
tc_plugin_off() { tc_plugin del "$1"; }
tc_plugin_version() { tc_version; }
tc_plugin_how() { echo "tc filter add dev v0 ingress ifbpf da obj $objects/NAME.o sec tc"; }
