# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Running the benchmark in its quick mode, and what its rows say.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run

# bench OPTION...: quick, in namespaces of its own; sets what run sets.
bench() { run tests/bench/run.sh --quick "$@"; }

# measure GROUP...: its tables and rows as bench_json prints them, in $rows.
measure()
{
	bench --json "$@"
	((status == 0)) || fail "status $status: $errors"
	[[ -z $(grep -v '^bench: \(measuring\|done\)' <<<"$errors") ]] || fail "it says: $errors"
	[[ $(wc -l <<<"$output") == 1 ]] || fail "not one line"
	rows=$(bench_json <<<"$output") || fail "the document is not whole"
}
rows=''

# expect_measured TABLE ROW...: all of them are.
expect_measured()
{
	local table=$1 row

	grep -q "^table $table [1-9]" <<<"$rows" || fail "no table $table: $rows"
	shift
	for row; do
		grep -qx "row $table $row measured" <<<"$rows" || fail "$row of $table: $rows"
	done
}

# Each row is measured, or says why not in a way that we know.
expect_reasons()
{
	! grep '^row ' <<<"$rows" |
		grep -vE ' measured$| is not built yet$| is there, .* is not$| needs [a-z-]+.* \(package .*\)$' ||
		fail "rows without a reason: $rows"
}

# What is no difference from another row is above nothing in each round: TABLE...
expect_above_nothing()
{
	local table

	for table; do
		grep -q "^value $table [^ ]* wall " <<<"$rows" || fail "no times of $table: $rows"
		! awk -v table="$table" '$1 == "value" && $2 == table && $6 <= 0' <<<"$rows" | grep . ||
			fail "less than nothing"
	done
}
