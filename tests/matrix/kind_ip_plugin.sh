# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# ip link set … type ifbpf obj: compat/link_ifbpf.so

ip_plugin() { IP_LIB_DIR=compat "${bin}ip" link set dev "$1" type ifbpf "${@:2}"; }

ip_plugin_load() { ip_plugin "$1" obj "$(object "$2")" mode skb; }
ip_plugin_over() { pin_maps "$1" && ip_plugin "$1" obj "$(object "$2")"; }
ip_plugin_off() { ip_plugin "$1" off; }
ip_plugin_version() { ip_version; }
ip_plugin_how() { echo "ip link set dev v0 type ifbpf obj $objects/NAME.o mode skb"; }
