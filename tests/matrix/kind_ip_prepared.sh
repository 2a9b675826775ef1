# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# load --no-attach, and stock ip or tc as mere attachers of the program that is pinned then; its name is
# that of the object, but for _frags: PROGRAM.

ip_prepared_load() { ip_attach ip; }
ip_prepared_over() { ip_attach 'ip -force'; }
ip_prepared_off() { echo "ip link set dev v0 xdpgeneric off && unload --prepared --all v0"; }
ip_prepared_version() { ip_version; }

ip_attach()
{
	echo "load --no-attach v0 $objects/NAME.o && $1 link set dev v0 xdpgeneric" \
		"pinned /sys/fs/bpf/v0/%progs/xdp/PROGRAM"
}
