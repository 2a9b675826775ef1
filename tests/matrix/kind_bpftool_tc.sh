# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# bpftool prog load, then tc, since bpftool attaches to tcx alone, from version 7.6 on.

bpftool_tc_over()
{
	local words status=0

	add_clsact "$1"
	bpftool_prog "$1" "$2" classifier || return
	read -ra words < <(filter_place "$1")
	tc filter replace dev "$1" ingress "${words[@]}" bpf da pinned "$BPFFS/prog" || status=$?
	rm "$BPFFS/prog"
	return "$status"
}

bpftool_tc_load() { bpftool_tc_over "$@"; }
bpftool_tc_off() { tc_off "$1"; }
bpftool_tc_version() { bpftool_version; }
bpftool_tc_how()
{
	echo "bpftool prog load $objects/NAME.o /sys/fs/bpf/prog type classifier${place:+ pinmaps /sys/fs/bpf/v0};" \
		"tc filter add dev v0 ingress bpf da pinned /sys/fs/bpf/prog"
}
