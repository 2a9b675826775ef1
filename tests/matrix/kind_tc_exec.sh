# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# tc exec ifbpf load, for both hooks: compat/e_ifbpf.so

tc_exec() { TC_LIB_DIR=compat "${bin}tc" exec ifbpf "$@"; }

tc_exec_load()
{
	local mode=()

	[[ $hook != xdp ]] || mode=(mode skb)
	tc_exec load dev "$1" obj "$(object "$2")" "${mode[@]}"
}
tc_exec_over() { tc_exec pin dev "$1" && tc_exec load dev "$1" obj "$(object "$2")"; }
tc_exec_off() { tc_exec unload --hook "$hook_name" dev "$1"; }
tc_exec_version() { tc_version; }
tc_exec_how() { echo "tc exec ifbpf load dev v0 obj $objects/NAME.o"; }
