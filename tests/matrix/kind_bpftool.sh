# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# bpftool prog load, then net attach; with pinmaps the maps go to the directory of the interface, and
# those that are pinned there are used (map name). Its pin of the program would make that foreign.

# bpftool_prog IFNAME NAME TYPE: loaded, and pinned as $BPFFS/prog.
bpftool_prog()
{
	local name maps=()

	if [[ $place == pinmaps ]]; then
		for name in $(elf_maps "$(object "$2")"); do
			[[ ! -e $BPFFS/$1/$name ]] || maps+=(map name "$name" pinned "$BPFFS/$1/$name")
		done
		((${#maps[@]} > 0)) || maps=(pinmaps "$BPFFS/$1")
	fi
	bpftool prog load "$(object "$2")" "$BPFFS/prog" type "$3" "${maps[@]}"
}

# bpftool_attach IFNAME NAME [overwrite]
bpftool_attach()
{
	local status=0

	bpftool_prog "$1" "$2" xdp || return
	bpftool net attach xdpgeneric pinned "$BPFFS/prog" dev "$1" "${@:3}" || status=$?
	rm "$BPFFS/prog"
	return "$status"
}

bpftool_load() { bpftool_attach "$@"; }
bpftool_over() { bpftool_attach "$@" overwrite; }
bpftool_off() { bpftool net detach xdpgeneric dev "$1"; }
bpftool_version() { bpftool version | sed -n 's/^bpftool v/bpftool /p; s/^using \(libbpf\) v/, \1 /p' | tr -d '\n'; }
bpftool_how()
{
	echo "bpftool prog load $objects/NAME.o /sys/fs/bpf/prog type xdp${place:+ pinmaps /sys/fs/bpf/v0};" \
		"bpftool net attach xdpgeneric pinned /sys/fs/bpf/prog dev v0"
}
