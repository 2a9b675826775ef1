# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the cells of the matrix have in common: one loader of tests/matrix/loaders, and v0 of
# tests/lib.sh. A kind of loader, kind_KIND.sh, is these functions, of an interface and the name of
# an object of the store:
#
#   KIND_load      what is typed to put its program where there is none
#   KIND_over      to put it in the place of what is there
#   KIND_off       to take it off
#   KIND_version   which one it is, in a few words
#
# They may use what use_loader sets: $hook, $bin (the folder of the binaries, empty for those of
# this machine), $place, and $objects (which build of the store it takes). The first three print one
# line for the shell, in which these words stand for something:
#
#   NAME      the object
#   PROGRAM   its program
#   SECTION   the section of that
#   PLACE     pref and handle of the filter that is there, or of the first one
#   MAPS      pinmaps and the directory; where maps are pinned already, map name … pinned for each

for file in tests/matrix/kind_*.sh; do
	# shellcheck disable=SC1090 # those above
	. "$file"
done

# loader_row NAME: HOOK KIND WHERE PLACE, PLACE may be missing.
loader_row() { awk -v name="$1" '$1 == name { print $2, $3, $4, $5 }' tests/matrix/loaders; }

# loaders_of HOOK: the names, one a line.
loaders_of() { awk -v hook="$1" '$1 !~ /^#/ && $2 == hook { print $1 }' tests/matrix/loaders; }

# shellcheck disable=SC2034 # the kinds and the cells use them
use_loader()
{
	read -r hook kind where place < <(loader_row "$1")
	case $where in
	host | tree) bin='' ;;
	*) bin=$(<"$MATRIX_BINARIES/$where")/ ;;
	esac
	case $where:$place in
	legacy:*) objects=objects/legacy ;;
	*:env | *:pin-path) objects=objects/pinned ;;
	*) objects=objects ;;
	esac
	case $hook in
	xdp) stats_map=xdp_stats_map hook_name=xdp ;;
	tc) stats_map=tc_stats_map hook_name=tc_ingress ;;
	esac
}

# loader_line load|over|off NAME: what is typed to do so, with an object.
loader_line()
{
	local line

	line=$("${kind}_$1")
	line=${line//PROGRAM/${2%_frags}}
	line=${line//SECTION/$(section "$2")}
	[[ $line != *PLACE* ]] || line=${line//PLACE/$(filter_place)}
	[[ $line != *MAPS* ]] || line=${line//MAPS/$(pinned_words "$2")}
	echo "${line//NAME/$2}"
}

# loader load|over|off NAME: type it.
loader()
{
	local line

	line=$(loader_line "$@")
	echo "\$ $line"
	(
		PATH=${bin:+$bin:}$PATH
		export TC_LIB_DIR=compat IP_LIB_DIR=compat
		eval "$line"
	)
}

# filter_place: the words that say where the bpf filter is, or where a new one goes.
filter_place()
{
	local found

	found=$(tc -j filter show dev v0 ingress |
		sed -nE 's/.*"pref":([0-9]+),"kind":"bpf","chain":0,"options":\{"handle":"(0x[0-9a-f]+)".*/pref \1 handle \2/p')
	echo "${found:-pref 10 handle 1}"
}

# pinned_words NAME: for bpftool prog load.
pinned_words()
{
	local map words=()

	for map in $(elf_maps "$(object "$1")"); do
		[[ ! -e $BPFFS/v0/$map ]] || words+=(map name "$map" pinned "$BPFFS/v0/$map")
	done
	((${#words[@]} > 0)) || words=(pinmaps "$BPFFS/v0")
	echo "${words[*]}"
}

object() { echo "$objects/$1.o"; }

# section NAME: in which an object of the store has its program.
section()
{
	case $1 in
	*_frags) echo xdp.frags ;;
	*) echo "$hook" ;;
	esac
}

# slot NAME: under which action an object that nobody has configured counts every frame.
slot()
{
	case ${1%_frags} in
	xdp_aborted) echo 0 ;;
	xdp_drop) echo 1 ;;
	xdp_*) echo 2 ;;
	tc_pass) echo 0 ;;
	tc_drop) echo 2 ;;
	tc_*) echo 9 ;; # TC_ACT_UNSPEC
	esac
}

# elf_maps FILE: the names of the maps that it defines, sorted. The legacy dialect has no BTF.
elf_maps()
{
	local index

	if [[ $1 == objects/legacy/* ]]; then
		index=$(readelf -SW "$1" | sed -nE 's/^ *\[ *([0-9]+)\] maps .*/\1/p')
		readelf -sW "$1" | awk -v index_="$index" '$4 == "OBJECT" && $7 == index_ { print $8 }'
	else
		bpftool btf dump file "$1" |
			sed -n "/DATASEC '\.maps'/,/^\[/ s/.*(VAR '\(.*\)').*/\1/p"
	fi | sort
}

# pinned_maps: the names in the directory of v0, without what a replacement left, sorted.
pinned_maps() { find "$BPFFS/v0" -maxdepth 1 -type f ! -name '%*' ! -name '*%old-*' -printf '%f\n' | sort; }

# hook_programs: the ids of what runs on the hook, one a line. Of a dispatcher of libxdp: of what is
# behind it.
hook_programs()
{
	status --json v0 | sed 's/{"hook"/\n&/g' | grep -v '"name":"xdp_dispatcher"' |
		sed -nE "s/^\{\"hook\":\"$hook_name\",\"attached\":.*\"loaded_ns\".*/&/; s/.*\"id\":([0-9]+),\"name\":(null|\"[^\"]*\"),\"tag\".*/\1/p"
}

# adopt NAME: what a loader did not pin by itself. Its maps may have no names, but those that the
# object gives.
adopt()
{
	local -a options=()

	[[ -z $place ]] || return 0
	if [[ $objects == */legacy ]] && pin_maps --help | grep -q -- --object; then
		options+=(--object "$(object "$1")")
	fi
	pin_maps "${options[@]}" "${@:2}" v0
}

# result WORD...: what the cell has, the last one counts.
result() { echo "$*" >&3; }
