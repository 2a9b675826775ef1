# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What each program costs the verifier, against tests/verifier_cost.txt: growth is meant, or it fails.

# costs FILE: object, program, cost.
costs() { grep '^objects/' "$1"; }

# excess NOW BEFORE PERCENT: what is missing in BEFORE or NOW, and what costs more than so many
# percent of what it did.
excess()
{
	awk -v percent="$3" '
		NR == FNR { was[$1 " " $2] = $3; next }
		{ key = $1 " " $2; seen[key] = 1 }
		!(key in was) { print key " is new: " $3 }
		(key in was) && $3 * 100 > was[key] * percent { print key ": " was[key] " became " $3 }
		END { for (key in was) if (!(key in seen)) print key " is gone" }
	' <(costs "$2") <(costs "$1") | sort
}

test_the_verifier_costs_are_those_of_the_tree()
{
	local percent=110 found

	build/tests/verifier_cost "$OBJECT" >/dev/null 2>&1 ||
		skip "needs a verifier that tells what a program cost it: this kernel's does not"
	tests/verifier_cost.sh >"$TMPDIR/now"
	(($(costs "$TMPDIR/now" | wc -l) >= 5)) || fail "$(<"$TMPDIR/now")"
	# Kernels and compilers differ by more than a tenth.
	diff <(grep -E '^(linux|clang) ' "$TMPDIR/now") \
		<(grep -E '^(linux|clang) ' tests/verifier_cost.txt) >/dev/null || percent=200
	found=$(excess "$TMPDIR/now" tests/verifier_cost.txt "$percent")
	[[ -z $found ]] || fail "more than $percent % of tests/verifier_cost.txt, see 'make verifier-cost':
$found"
}

test_growth_beyond_a_tenth_and_new_programs_are_noticed()
{
	printf '%s\n' "linux 1" "objects/a.o a 1000" "objects/b.o b 1000" "objects/c.o c 5" >"$TMPDIR/was"
	printf '%s\n' "linux 1" "objects/a.o a 1100" "objects/b.o b 1101" "objects/d.o d 5" >"$TMPDIR/now"
	[[ $(excess "$TMPDIR/now" "$TMPDIR/was" 110) == "objects/b.o b: 1000 became 1101
objects/c.o c is gone
objects/d.o d is new: 5" ]] || fail "$(excess "$TMPDIR/now" "$TMPDIR/was" 110)"
}
