#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cell - one cell of the matrix, in network and mount namespaces of its own: called by run.sh
#
# Usage: cell.sh store|dispatcher LOADER OBJECT, or cell.sh handover FIRST SECOND. What the cell has goes to
# descriptor 3, the last word counts; what was typed and said goes to stdout.
set -u
exec 2>&1
. tests/lib.sh
. tests/pins.sh
. tests/matrix/lib.sh
setup || exit

# tried COMMAND...: what it types is shown.
tried()
{
	echo "# $*"
	(
		set -x
		"$@"
	)
}

# are_pinned NAME: the maps that the object defines are in the directory, under their full names, and
# they are those of the program that runs; nothing else is.
are_pinned()
{
	local wanted map used

	wanted=$(elf_maps "$(object "$1")")
	if [[ $(pinned_maps) != "$wanted" ]]; then
		diff <(cat <<<"$wanted") <(pinned_maps)
		return 1
	fi
	used=$(for map in $(hook_programs); do prog_maps "$map"; done)
	for map in $wanted; do
		grep -qx "$(map_id "$BPFFS/v0/$map")" <<<"$used" && continue
		echo "$map id $(map_id "$BPFFS/v0/$map") is not among the maps that run: "$used
		return 1
	done
}

# counted NAME PACKETS: in frames of 100 bytes, as bpftool reads them; and stats has them all, and
# nothing else.
counted()
{
	eventually counter_is "$BPFFS/v0/$stats_map" "$(slot "$1")" "$2" "$(($2 * 100))" &&
		all_counted "$2" && return
	bpftool map dump pinned "$BPFFS/v0/$stats_map"
	stats v0
	return 1
}

# all_counted PACKETS: by stats, which adds what a replacement left.
all_counted()
{
	[[ $(stats v0 | awk '$4 { print $2, $4, $6 }') == "$hook_name $1 $(($1 * 100))" ]]
}

# cell_dispatcher LOADER NAME: whether that loader puts programs behind a dispatcher here.
cell_dispatcher()
{
	use_loader "$1"
	tried loader load v0 "$2" || return
	if [[ $(status --json v0) == *'"name":"xdp_dispatcher"'* ]]; then
		result dispatcher
	else
		result direct
	fi
}

cell_store()
{
	local word=yes

	use_loader "$1"
	if [[ ! -e $(object "$2") ]]; then
		result absent
		return
	fi
	result load
	tried loader load v0 "$2" || return
	result maps
	tried adopt "$2" || return
	if ! are_pinned "$2"; then
		tried pin_maps v0 && are_pinned "$2" || return
		word=later
	fi
	result count
	send 5
	counted "$2" 5 || return
	result "$word"
}

# replaced FIRST_PROGRAM: it runs no more, another one alone does.
replaced()
{
	local now

	now=$(hook_programs)
	[[ $now =~ ^[0-9]+$ && $now != "$1" ]]
}

# put_second FIRST SECOND NAME: over the first loader's, or else after that one has been taken off,
# with $off set.
put_second()
{
	local first

	first=$(hook_programs)
	use_loader "$2"
	off=''
	if tried loader over v0 "$3" && replaced "$first"; then
		return
	fi
	off=off,
	[[ $(hook_programs) == "$first" ]] || tried loader off v0
	if [[ -n $(hook_programs) ]]; then
		use_loader "$1"
		tried loader off v0 || return
		use_loader "$2"
	fi
	tried loader load v0 "$3"
}

cell_handover()
{
	local name off id

	use_loader "$1"
	name=${hook}_pass
	result load
	tried loader load v0 "$name" || return
	result maps
	tried adopt "$name" || return
	are_pinned "$name" || return
	send 3
	counted "$name" 3 || return
	id=$(map_id "$BPFFS/v0/$stats_map")

	result over
	put_second "$1" "$2" "$name" || return
	send 2
	result "${off}maps"
	tried adopt "$name" --carry || return
	are_pinned "$name" || return
	result "${off}count"
	if [[ $(map_id "$BPFFS/v0/$stats_map") == "$id" ]]; then
		counted "$name" 5 && result "${off}kept"
	else
		counted "$name" 5 && result "${off}carried"
	fi
}

"cell_$1" "$2" "$3"
