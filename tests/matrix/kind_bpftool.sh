# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# bpftool prog load, then net attach; with pinmaps the maps go to the directory of the interface, and
# those that are pinned there are used (MAPS). Its pin of the program would make that foreign.

# bpftool_prog TYPE
bpftool_prog() { echo "bpftool prog load $objects/NAME.o /sys/fs/bpf/prog type $1${place:+ MAPS}"; }

bpftool_load() { bpftool_attach ''; }
bpftool_over() { bpftool_attach ' overwrite'; }
bpftool_off() { echo "bpftool net detach xdpgeneric dev v0"; }
bpftool_version() { bpftool version | sed -n 's/^bpftool v/bpftool /p; s/^using \(libbpf\) v/, \1 /p' | tr -d '\n'; }

bpftool_attach()
{
	echo "$(bpftool_prog xdp) && bpftool net attach xdpgeneric pinned /sys/fs/bpf/prog dev v0$1 && rm /sys/fs/bpf/prog"
}
