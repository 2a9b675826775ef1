# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# xdp-loader load, with its dispatcher where the kernel has freplace; with -p its maps are pinned
# in the directory of the interface.

xdp_loader_load() { echo "xdp-loader load -m skb ${place:+-p /sys/fs/bpf/v0 }v0 $objects/NAME.o"; }
xdp_loader_over() { xdp_loader_load; }
xdp_loader_off() { echo "xdp-loader unload v0 --all"; }
xdp_loader_version() { sed -n 's/^xdp-tools /&/p' "${bin}packages"; }
