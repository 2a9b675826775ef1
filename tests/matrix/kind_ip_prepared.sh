# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# load --no-attach, and stock ip or tc as mere attachers of the program that is pinned then.

# prepared NAME: the path of its pin; the program is named as the object is, but for _frags.
prepared() { echo "$BPFFS/v0/%progs/$hook_name/${1%_frags}"; }

ip_prepared_load() { ip_prepared_over "$@"; }
ip_prepared_over()
{
	load --no-attach "$1" "$(object "$2")" || return
	ip -force link set dev "$1" xdpgeneric pinned "$(prepared "$2")"
}
ip_prepared_off() { ip link set dev "$1" xdpgeneric off && unload --prepared --all "$1"; }
ip_prepared_version() { ip_version; }
ip_prepared_how()
{
	echo "load --no-attach v0 $objects/NAME.o;" \
		"ip link set dev v0 xdpgeneric pinned /sys/fs/bpf/v0/%progs/xdp/NAME"
}
