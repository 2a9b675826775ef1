# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# tc exec ifbpf load, for both hooks: compat/e_ifbpf.so

tc_exec_load() { echo "tc exec ifbpf load dev v0 obj $objects/NAME.o$([[ $hook != xdp ]] || echo ' mode skb')"; }
tc_exec_over() { echo "tc exec ifbpf pin dev v0 && tc exec ifbpf load dev v0 obj $objects/NAME.o"; }
tc_exec_off() { echo "tc exec ifbpf unload --hook $hook_name dev v0"; }
tc_exec_version() { tc_version; }
