#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Run the tests: each function test_* of each file in network and mount namespaces of its own.
set -u
export LC_ALL=C

usage='Usage: tests/run.sh [FILE[:TEST] | UNIT]...
Run tests and print TAP. Paths count from the top of the tree.

  FILE        a test file: all its functions test_*
  FILE:TEST   one function of it
  FILE:N/M    one of M parts of it: each Mth function from the Nth on
  UNIT        a cmocka binary, such as build/tests/unit/names
  (nothing)   all of tests/test_*.sh, build/tests/unit/ and build/tests/packet/

Environment:
  JOBS=N      tests that run at the same time; default: three for two CPUs
  LIMIT=S     seconds before a test is killed; default 180
  BUDGET=S    seconds after which no test begins: what is left is skipped; default: no such end
  FAULTS=no   leave out the tests that try a fault at every system call: those whose
              names say anywhere, at_any or any_failing; FAULTS=only: only those
  SLOW=no     leave out what tests/slow lists; SLOW=only: only that
  OMIT=REGEX  leave out the tests whose whole names it matches
  AGAIN=yes   run what failed once more, alone and when all else is done: that decides
  TIMES=yes   print the seconds that each took
  CI=true     a skip whose reason is not in tests/known_skips is a failure

Example: tests/run.sh tests/test_testenv.sh:test_ping_works_over_ipv4_and_ipv6
'

if [[ ${1-} == -h || ${1-} == --help ]]; then
	printf '%s' "$usage"
	exit 0
fi
if [[ ${1-} == -* ]]; then
	printf '%s' "$usage" >&2
	exit 1
fi
if ((EUID != 0)); then
	echo "tests/run.sh: cannot make network and mount namespaces: not root" >&2
	echo "  hint: sudo make check" >&2
	exit 2
fi

# POSIXLY_CORRECT: no options after other arguments, which the tests write as they come.
unset CDPATH POSIXLY_CORRECT
cd "$(dirname "$0")/.." || exit 2
# Many tests wait for RCU, and leave a CPU to others meanwhile.
jobs=${JOBS:-$(($(nproc) * 3 / 2))}
limit=${LIMIT:-180}
if ! [[ $jobs =~ ^[1-9][0-9]*$ && $limit =~ ^[1-9][0-9]*$ && ${BUDGET:-1} =~ ^[1-9][0-9]*$ ]]; then
	echo "tests/run.sh: JOBS, LIMIT and BUDGET must be numbers above 0" >&2
	exit 1
fi

# One job is one test function or one unit binary. What it left in $tmp, by its number:
# .out what it printed, .skip the reason it gave, .status its exit status and duration in seconds;
# .late if its time was over before it began.
tmp=$(mktemp -d) || exit 2
files=() names=() workers=()
declare -A listed_slow=()
while read -r line; do
	[[ -z $line || $line == '#'* ]] || listed_slow[$line]=yes
done <tests/slow
number=0 passed=0 failed=0 skipped=0

clean_up()
{
	trap '' INT TERM
	((${#workers[@]} == 0)) || kill "${workers[@]}" 2>/dev/null
	wait
	rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Private propagation: no mount of a test is seen outside it.
isolated() { unshare --net --mount --propagation private "$@"; }

add_job()
{
	files+=("$1")
	names+=("$2")
}

# A job that has failed before it could run: FILE and what is wrong with it.
add_failure()
{
	printf '%s\n' "$2" >"$tmp/${#files[@]}.out"
	echo 1 0 >"$tmp/${#files[@]}.status"
	add_job "$1" ""
}

# Print the test functions of a file in their order, or what is wrong with the file.
list_tests()
{
	local twice

	bash -n "$1" || return
	twice=$(sed -nE 's/^(function +)?(test_[A-Za-z0-9_]+) *\(.*/\2/p' "$1" | sort | uniq -d)
	if [[ -n $twice ]]; then
		echo "$1: defined twice: $twice"
		return 1
	fi
	# shellcheck disable=SC2016 # expanded by the inner bash
	isolated bash -euc '
		. tests/lib.sh
		. "$1" >&2
		shopt -s extdebug
		for name in $(compgen -A function test_); do
			declare -F "$name"
		done | sort -k2n | while read -r name _; do echo "$name"; done
	' list "$1"
}

# is_wanted FILE [NAME]: by OMIT, FAULTS and SLOW; the matrices of faults take minutes.
is_wanted()
{
	local matrix=no slow=no

	[[ -z ${OMIT-} || ! ${2-} =~ ^($OMIT)$ ]] || return 1
	[[ ! ${2-} =~ anywhere|_at_any_|_any_failing_|_a_failing_bpf_call ]] || matrix=only
	[[ -z ${listed_slow[$1]-}${listed_slow[$1:${2-}]-} ]] || slow=only
	[[ -z ${FAULTS-} || $FAULTS == "$matrix" ]] && [[ -z ${SLOW-} || $SLOW == "$slow" ]]
}

add_file()
{
	local file=${1%%:*} only='' list name found='' part=1 parts=1 i=0

	[[ $1 != *:* ]] || only=${1#*:}
	if [[ $only =~ ^([1-9][0-9]*)/([1-9][0-9]*)$ ]]; then
		part=${BASH_REMATCH[1]} parts=${BASH_REMATCH[2]} only=''
	fi
	[[ $file == */* ]] || file=./$file
	if [[ $file != *.sh && -x $file && -f $file ]]; then
		! is_wanted "$file" || add_job "$file" ""
		return
	fi
	if ! list=$(list_tests "$file" 2>"$tmp/errors" </dev/null); then
		add_failure "$file" "$list$(<"$tmp/errors")"
		return
	fi
	for name in $list; do
		((i++ % parts == part - 1)) || continue
		if [[ -z $only || $name == "$only" ]]; then
			found=yes
			is_wanted "$file" "$name" || continue
			add_job "$file" "$name"
		fi
	done
	[[ -n $found ]] || add_failure "$1" "no test in $1"
}

# Run job N, and kill what it left behind: timeout makes a process group of each.
work()
{
	local n=$1 group begin=$SECONDS

	if [[ -n ${names[n]} ]]; then
		# shellcheck disable=SC2016 # expanded by the inner bash
		set -- bash -c '. tests/lib.sh; run_test "$@"' "tests/run.sh" "${files[n]}" "${names[n]}"
	else
		set -- env CMOCKA_MESSAGE_OUTPUT=TAP "./${files[n]}"
	fi
	timeout -k 5 "$limit" unshare --net --mount --propagation private "$@" \
		>"$tmp/$n.out" 2>&1 </dev/null 3>"$tmp/$n.skip" 9>&- &
	group=$!
	trap 'kill -KILL -- "-$group" 2>/dev/null; exit' TERM
	trap '' INT
	wait "$group" 2>/dev/null
	echo "$? $((SECONDS - begin))" >"$tmp/$n.status"
	kill -KILL -- "-$group" 2>/dev/null
	echo "$n" >&9
}

diagnostics()
{
	local line

	while IFS= read -r line || [[ -n $line ]]; do
		printf '# %s\n' "$line"
	done
}

result_ok()
{
	echo "ok $((++number)) - $1"
	((++passed))
}

result_failed()
{
	echo "not ok $((++number)) - $1"
	echo "# not ok $number - $1" >>"$tmp/failures"
	((++failed))
}

# of_a_failure: what is read, now and once more at the end, where a long log is cut last.
of_a_failure()
{
	diagnostics | tee "$tmp/failure"
	tail -n 15 "$tmp/failure" >>"$tmp/failures"
}

result_skipped()
{
	if [[ ${CI-} == true ]] && ! grep -qxEf <(grep -v -e '^#' -e '^[[:space:]]*$' tests/known_skips) <<<"$2"; then
		result_failed "$1"
		echo "skipped for a reason that tests/known_skips does not list: $2" | of_a_failure
		return
	fi
	echo "ok $((++number)) - $1 # SKIP $2"
	((++skipped))
}

# A cmocka binary printed TAP of its own: count each of its tests.
report_unit()
{
	local unit=${files[$1]##*/} status=$2 line planned='' seen=0 bad=0

	while IFS= read -r line || [[ -n $line ]]; do
		if [[ $line =~ ^1\.\.([0-9]+)$ ]]; then
			planned=${BASH_REMATCH[1]}
		elif [[ $line =~ ^(not\ )?ok\ [0-9]+\ \#\ SKIP\ ?(.*)$ ]]; then
			((++seen))
			result_skipped "$unit: ${BASH_REMATCH[2]}" "by the unit test itself"
		elif [[ $line =~ ^not\ ok\ [0-9]+\ -\ (.*)$ ]]; then
			((++seen, ++bad))
			result_failed "$unit: ${BASH_REMATCH[1]}"
		elif [[ $line =~ ^ok\ [0-9]+\ -\ (.*)$ ]]; then
			((++seen))
			result_ok "$unit: ${BASH_REMATCH[1]}"
		elif ! [[ $line =~ ^#\ (not\ )?ok\ -\  ]]; then # the group as a whole
			echo "# ${line#\# }"
		fi
	done <"$tmp/$1.out"
	if [[ $planned != "$seen" || $seen == 0 ]]; then
		result_failed "$unit: all its tests run"
		echo "planned: ${planned:-nothing}, seen: $seen, exit status $status" | of_a_failure
	elif ((status != 0 && bad == 0)); then
		result_failed "$unit: exit status"
		echo "exit status $status" | of_a_failure
	fi
}

# why_it_failed N STATUS SECONDS
why_it_failed()
{
	tail -n 200 "$tmp/$1.out"
	if (($2 == 124 || $2 == 137 && $3 >= limit)); then
		echo "no end after $limit s: killed"
	elif (($2 != 1)); then
		echo "exit status $2"
	fi
}

report()
{
	local n=$1 status seconds name=${names[$1]} reason

	if [[ -e $tmp/$n.late ]]; then
		result_skipped "${name:-${files[n]##*/}}" "needs more than the $BUDGET s that are there for all tests"
		return
	fi
	read -r status seconds <"$tmp/$n.status"
	[[ ${TIMES-} != yes ]] || echo "# $seconds s: ${files[n]}${name:+:$name}"
	if [[ -z $name && -e $tmp/$n.skip ]]; then
		report_unit "$n" "$status"
		return
	fi
	if [[ $status == 0 ]]; then
		result_ok "$name"
		((n < planned)) || echo "# ok $number - $name: failed beside others, passed alone" >>"$tmp/again"
		# How much a matrix of faults covered is a result as well, and of how many frames none passed.
		[[ ! -s $tmp/$n.out ]] ||
			grep -E '^(killed|failed) at [0-9]+ |[0-9] frames, [0-9]+ passed' "$tmp/$n.out" | diagnostics
		return
	fi
	reason=$(cat "$tmp/$n.skip" 2>/dev/null)
	if [[ $status == 77 && -n $reason ]]; then
		result_skipped "$name" "$reason"
		return
	fi
	if [[ ${AGAIN-} == yes && -n $name ]] && ((n < planned)); then
		echo "# failed beside others, and comes once more: $name"
		why_it_failed "$n" "$status" "$seconds" | diagnostics
		add_job "${files[n]}" "$name"
		return
	fi
	result_failed "${name:-${files[n]}}"
	why_it_failed "$n" "$status" "$seconds" | of_a_failure
}

if (($# == 0)); then
	shopt -s nullglob
	set -- tests/test_*.sh
	for file in build/tests/unit/* build/tests/packet/*; do
		[[ $file == *.* || ! -f $file || ! -x $file ]] || set -- "$@" "$file"
	done
	shopt -u nullglob
fi
for file; do
	add_file "$file"
done

# Workers report by number through the fifo; results are printed in the order of the jobs.
mkfifo "$tmp/done" && exec 9<>"$tmp/done" || exit 2
next=0 shown=0 running=0 planned=${#files[@]}
while ((shown < ${#files[@]})); do
	# What is there beyond what was planned comes once more, alone.
	while ((next < ${#files[@]} && running < (next < planned ? jobs : 1))); do
		if [[ ${BUDGET-} ]] && ((SECONDS >= BUDGET && next < planned)); then
			: >"$tmp/$next.late"
			echo 0 0 >"$tmp/$next.status"
		fi
		if [[ ! -e $tmp/$next.status ]]; then
			work "$next" &
			workers[next]=$!
			((++running))
		fi
		((++next))
	done
	while ((shown < next)) && [[ -s $tmp/$shown.status && -z ${workers[shown]-} ]]; do
		report "$shown"
		((++shown))
	done
	if ((running > 0)); then
		read -r n <&9
		wait "${workers[n]}" 2>/dev/null
		unset "workers[n]"
		((running--))
	fi
done

((passed + failed > 0)) || echo "tests/run.sh: no test ran" >&2
! [[ -e $tmp/again ]] || cat "$tmp/again"
((failed == 0)) || cat "$tmp/failures"
echo "1..$number"
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
