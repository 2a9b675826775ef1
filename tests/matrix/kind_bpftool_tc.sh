# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# bpftool prog load, then tc, since bpftool attaches to tcx alone, from version 7.6 on.

# bpftool_tc_filter WORD...: of tc filter.
bpftool_tc_filter()
{
	echo "$(bpftool_prog classifier) && tc filter $1 dev v0 ingress ${*:2} bpf da" \
		"pinned /sys/fs/bpf/prog && rm /sys/fs/bpf/prog"
}

bpftool_tc_load() { bpftool_tc_filter add pref 10 handle 1; }
bpftool_tc_over() { bpftool_tc_filter replace PLACE; }
bpftool_tc_off() { tc_off; }
bpftool_tc_version() { bpftool_version; }
