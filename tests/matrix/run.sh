#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run - every loader with every object of the store, and every loader after every other one
set -u
export LC_ALL=C

usage='Usage: tests/matrix/run.sh [--again] [--docs FILE] [--objects PATTERN]
       [LOADER...]
Load every object of the store by every loader on interfaces of their own, and
xdp_pass and tc_pass by every loader over what every other one loaded, and an
acl with a list by every loader over itself, with frames that are counted.
Each cell is compared with tests/matrix/expected; any that differs is a failure,
also one that works though it should not.

  --again             run no cell, but compare and print what the last run left
  --docs FILE         write the tables in Markdown as well, if all cells were
                      run and are as expected
  --objects PATTERN   only these objects of the store
  LOADER              only rows and columns of these; default: all of
                      tests/matrix/loaders

What each cell typed and got is in build/matrix/TABLE.ROW.COLUMN.log. Cells need
what make test-programs builds.

Environment:
  JOBS=N    cells that run at the same time; default: three for two CPUs
  LIMIT=S   seconds before a cell is killed; default 60
  MATRIX_RESULTS=DIR   instead of build/matrix, in the tree
  CI=true   a skip whose reason is not in tests/known_skips is a failure
  MATRIX_CACHE, MATRIX_MIRROR, LEGACY_CACHE, LEGACY_MIRROR   as for fetch.sh and
            build_legacy_iproute2

Example: tests/matrix/run.sh ip-6.1 load
'

docs='' pattern='*' again=''
while [[ ${1-} == -* ]]; do
	case $#:$1 in
	*:-h | *:--help)
		printf '%s' "$usage"
		exit 0
		;;
	*:--again)
		again=yes
		shift
		continue
		;;
	1:*) ;;
	*:--docs)
		docs=$2
		shift 2
		continue
		;;
	*:--objects)
		pattern=$2
		shift 2
		continue
		;;
	esac
	printf '%s' "$usage" >&2
	exit 1
done
if ((EUID != 0)); then
	echo "tests/matrix/run.sh: cannot make network and mount namespaces: not root" >&2
	echo "  hint: sudo make matrix" >&2
	exit 2
fi
unset CDPATH
cd "$(dirname "$0")/../.." || exit 2
# They wait for RCU as well.
jobs=${JOBS:-$(($(nproc) * 3 / 2))}
limit=${LIMIT:-60}
if ! [[ $jobs =~ ^[1-9][0-9]*$ && $limit =~ ^[1-9][0-9]*$ ]]; then
	echo "tests/matrix/run.sh: JOBS and LIMIT must be numbers above 0" >&2
	exit 1
fi
PATH=$PWD/pinning:$PWD/scripts:$PWD/compat:$PWD/build/tests:$PATH
. tests/matrix/lib.sh
. tests/matrix/tables.sh

wanted=("$@")
is_wanted() { ((${#wanted[@]} == 0)) || [[ " ${wanted[*]} " == *" $1 "* ]]; }
for name in "${wanted[@]}"; do
	if [[ -z $(loader_row "$name") ]]; then
		echo "tests/matrix/run.sh: there is no loader $name in tests/matrix/loaders" >&2
		exit 1
	fi
done

# store_objects HOOK: the names, one a line.
store_objects()
{
	find objects -maxdepth 1 -name "$1_*.o" -name "$pattern.o" -printf '%f\n' | sed 's/\.o$//' | sort
}

# Whether a loader that is asked for has any object to load.
has_objects()
{
	local hook name

	for hook in xdp tc; do
		for name in $(loaders_of "$hook"); do
			! is_wanted "$name" || [[ -z $(store_objects "$hook") ]] || return 0
		done
	done
	return 1
}

if [[ -z $again && ! -x build/tests/send ]]; then
	echo "tests/matrix/run.sh: cannot send frames: build/tests/send is not there" >&2
	echo "  hint: make test-programs" >&2
	exit 2
fi
if [[ $pattern != '*' ]] && ! has_objects; then
	echo "tests/matrix/run.sh: no object in objects is called $pattern and is for ${wanted[*]:-any loader}" >&2
	exit 1
fi
tmp=$(mktemp -d) || exit 2
clean_up()
{
	local -a workers

	trap '' INT TERM
	mapfile -t workers < <(jobs -p)
	((${#workers[@]} == 0)) || kill "${workers[@]}" 2>/dev/null
	wait
	rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# What the cells read and leave is in the tree, since they have a /run and a TMPDIR of their own. Of
# each place that binaries come from: the folder, or why there is none.
results=${MATRIX_RESULTS:-build/matrix}
export MATRIX_BINARIES=$results/binaries
[[ -n $again ]] || rm -rf "$results"
mkdir -p "$MATRIX_BINARIES" || exit 2
declare -A missing=()

# get_binaries WHERE WHAT COMMAND...
get_binaries()
{
	"${@:3}" >"$MATRIX_BINARIES/$1" 2>"$tmp/errors" && return
	missing[$1]="needs $2: ${*:3} failed"
	sed 's/^/# /' "$tmp/errors" | tail -n 20
}

for name in $(loaders_of xdp) $(loaders_of tc); do
	! is_wanted "$name" || loader_row "$name" | cut -d ' ' -f 3
done | sort -u >"$tmp/places"
while read -r place; do
	case $place in
	host | tree) : >"$MATRIX_BINARIES/$place" ;;
	legacy) get_binaries legacy "an iproute2 without libbpf" tests/matrix/build_legacy_iproute2 ;;
	*) get_binaries "$place" "the loaders of $place" tests/matrix/fetch.sh "$place" ;;
	esac
done <"$tmp/places"

# lacks LOADER: prints why it cannot be tried here; nothing if it can.
lacks()
{
	use_loader "$1" 2>/dev/null
	if [[ -n ${missing[$where]-} ]]; then
		echo "${missing[$where]}"
	elif [[ $hook == tc && $place == @(tcx|link) ]] && ! attach has tcx_ingress; then
		echo "needs tcx: this kernel has none"
	fi
}

# list_cells: TABLE ROW COLUMN a line.
list_cells()
{
	local hook row column

	for hook in xdp tc; do
		for row in $(loaders_of "$hook"); do
			is_wanted "$row" || continue
			for column in $(store_objects "$hook"); do
				echo "store $row $column"
			done
			for column in $(loaders_of "$hook"); do
				! is_wanted "$column" || echo "handover $row $column"
			done
			# shellcheck disable=SC2053 # a pattern
			[[ ${hook}_acl != $pattern ]] || echo "content $row ${hook}_acl"
		done
	done
}

# run_cell TABLE ROW COLUMN: leaves its word, or none, and its log. What it left behind is killed.
run_cell()
{
	local cell=$results/$1.$2.$3 group

	timeout -k 5 "$limit" unshare --net --mount --propagation private \
		tests/matrix/cell.sh "$@" >"$cell.log" 2>&1 </dev/null 3>"$cell" &
	group=$!
	trap 'kill -KILL -- "-$group" 2>/dev/null; exit' TERM
	trap '' INT
	wait "$group"
	case $? in
	124 | 137) echo "no end after $limit s: killed" >>"$cell.log" ;;
	esac
	kill -KILL -- "-$group" 2>/dev/null
}

list_cells >"$tmp/list"
declare -A lacking=()
for name in $(cut -d ' ' -f 2-3 "$tmp/list" | tr ' ' '\n' | sort -u); do
	[[ -n $(loader_row "$name") ]] || continue
	lacking[$name]=$(lacks "$name")
done
running=0
while read -r table row column; do
	[[ -z ${lacking[$row]-}${lacking[$column]-}$again ]] || continue
	if ((running == jobs)); then
		wait -n
		((running--))
	fi
	run_cell "$table" "$row" "$column" &
	((++running))
done <"$tmp/list"
wait

passed=0 failed=0 skipped=0
declare -A got=()

# expect TABLE ROW COLUMN: sets $outcome and $why: the first line of tests/matrix/expected that fits.
expect()
{
	local table row column

	while read -r table row column outcome why; do
		# shellcheck disable=SC2053 # patterns
		[[ $1 == "$table" && $2 == $row && $3 == $column ]] && return
	done <"$tmp/expected"
	case $1 in
	store) outcome=yes ;;
	handover | content) outcome=kept ;;
	esac
	why=''
}

skip_cell()
{
	got[$cell]=skipped
	if [[ ${CI-} == true ]] && ! grep -qxEf <(grep -v -e '^#' -e '^[[:space:]]*$' tests/known_skips) <<<"$1"; then
		fail_cell "is skipped for a reason that tests/known_skips does not list: $1"
		return
	fi
	((++skipped))
}

fail_cell()
{
	echo "not ok - $table: $row, $column: $1"
	[[ ! -s $results/$cell.log ]] || tail -n 60 "$results/$cell.log" | sed 's/^/# /'
	((++failed))
}

# Whether xdp-loader has its dispatcher here, and whether programs behind it may change packets, is the
# same for all cells.
dispatcher=direct strict=no
for name in $(loaders_of xdp); do
	if [[ $(loader_row "$name") == *" xdp_loader "* && -v lacking[$name] && -z ${lacking[$name]} ]]; then
		[[ -n $again ]] || (run_cell dispatcher "$name" xdp_pass)
		dispatcher=$(tail -n 1 "$results/dispatcher.$name.xdp_pass")
		[[ $dispatcher == dispatcher ]] || break
		[[ -n $again ]] || (run_cell dispatcher "$name" xdp_chain)
		[[ -s $results/dispatcher.$name.xdp_chain ]] || strict=strict
		break
	fi
done
sed -nE "/^(#|[[:space:]]*$)/d; s/^([a-z]+)(@($dispatcher|$strict))?[[:space:]]/\\1 /p" tests/matrix/expected >"$tmp/expected"
while read -r table row column; do
	cell=$table.$row.$column
	why=${lacking[$row]:-${lacking[$column]-}}
	if [[ -n $why ]]; then
		skip_cell "$why"
		continue
	fi
	word=''
	[[ ! -e $results/$cell ]] || word=$(tail -n 1 "$results/$cell")
	expect "$table" "$row" "$column"
	got[$cell]=${word:-nothing}
	if [[ $word == "$outcome" ]]; then
		((++passed))
	else
		fail_cell "${word:-nothing}, expected $outcome${why:+ ($why)}"
	fi
done <"$tmp/list"

print_text
if [[ -n $docs ]]; then
	if ((failed + skipped + ${#wanted[@]} == 0)) && [[ $pattern == '*' ]]; then
		print_markdown >"$docs.new" && mv "$docs.new" "$docs"
	else
		echo "# $docs stays as it is: not every cell was run and is as expected"
	fi
fi
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
