#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cell - one cell of the matrix, in network and mount namespaces of its own: called by run.sh
#
# Usage: cell.sh store|dispatcher|content LOADER OBJECT, or cell.sh handover FIRST SECOND. What the cell has goes to
# descriptor 3, the last word counts; what was typed and said goes to stdout.
set -u
exec 2>&1
. tests/lib.sh
. tests/pins.sh
. tests/acl.sh
. tests/matrix/lib.sh
setup || exit
tc qdisc add dev v0 clsact || exit

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

# own_counted NAME PACKETS: by parse, which has counters beside those of all: of other EtherTypes.
own_counted()
{
	case $1 in
	xdp_parse* | tc_parse) ;;
	*) return 0 ;;
	esac
	counter_is "$BPFFS/v0/parse_protocols" 513 "$2" "$(($2 * 100))" && return
	bpftool map dump pinned "$BPFFS/v0/parse_protocols" | head
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
	tried loader load "$2" || return
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
	tried loader load "$2" || return
	result maps
	tried adopt "$2" || return
	if ! are_pinned "$2"; then
		tried pin_maps v0 && are_pinned "$2" || return
		word=later
	fi
	result count
	send 5 || return
	counted "$2" 5 && own_counted "$2" 5 || return
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
# with $how set: in two steps that the loader itself says it has to take, or off.
put_second()
{
	local first

	first=$(hook_programs)
	use_loader "$2"
	how=''
	if tried loader over "$3" >"$TMPDIR/over" 2>&1 && cat "$TMPDIR/over" && replaced "$first"; then
		! grep -q 'cannot be done in one step' "$TMPDIR/over" || how=two,
		return
	fi
	cat "$TMPDIR/over"
	how=off,
	# What is left of one that failed in the middle.
	rm -f "$BPFFS/prog"
	[[ $(hook_programs) == "$first" ]] || tried loader off "$3"
	if [[ -n $(hook_programs) ]]; then
		use_loader "$1"
		tried loader off "$3" || return
		use_loader "$2"
	fi
	tried loader load "$3"
}

# outcome ID COMMAND...: how the second loader came there, and whether with the map of that id.
outcome()
{
	local word=carried

	[[ $(map_id "$BPFFS/v0/$stats_map") != "$1" ]] || word=kept
	"${@:2}" && result "$how$word"
}

cell_handover()
{
	local name how id

	use_loader "$1"
	name=${hook}_pass
	result load
	tried loader load "$name" || return
	result maps
	tried adopt "$name" || return
	are_pinned "$name" || return
	send 3 || return
	counted "$name" 3 || return
	id=$(map_id "$BPFFS/v0/$stats_map")

	result over
	put_second "$1" "$2" "$name" || return
	send 2 || return
	result "${how}maps"
	tried adopt "$name" --carry || return
	are_pinned "$name" || return
	result "${how}count"
	outcome "$id" counted "$name" 5
}

# listed PACKETS: the list is there, and has dropped and counted so many frames.
listed()
{
	local drop=1

	[[ $hook == xdp ]] || drop=2
	eventually counter_is "$BPFFS/v0/$stats_map" "$drop" "$1" "$(($1 * 100))" && hits_are "$SENDER" "$1" && return
	acl v0
	stats v0
	return 1
}

# The same loader again, over what a user has configured: lists, and what each entry counted.
cell_content()
{
	local how id

	use_loader "$1"
	result load
	tried loader load "$2" || return
	result maps
	tried adopt "$2" || return
	tried acl v0 add "$SENDER" || return
	send 3 || return
	listed 3 || return
	id=$(map_id "$BPFFS/v0/$stats_map")

	result over
	put_second "$1" "$1" "$2" || return
	result "${how}maps"
	tried adopt "$2" --carry || return
	are_pinned "$2" || return
	result "${how}count"
	send 2 || return
	outcome "$id" listed 5
}

"cell_$1" "$2" "$3"
