# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# ip link set … type ifbpf obj: compat/link_ifbpf.so

ip_plugin_load() { echo "ip link set dev v0 type ifbpf obj $objects/NAME.o mode skb"; }
ip_plugin_over() { echo "pin_maps v0 && ip link set dev v0 type ifbpf obj $objects/NAME.o"; }
ip_plugin_off() { echo "ip link set dev v0 type ifbpf off"; }
ip_plugin_version() { ip_version; }
