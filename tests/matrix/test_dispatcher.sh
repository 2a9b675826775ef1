# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The part of the matrix in which xdp-loader has its dispatcher: for the kernels of make vmtest.

# expect_cells PATTERN LOADER...: with these objects of the store.
expect_cells()
{
	local suite

	for suite in bookworm trixie; do
		tests/matrix/fetch.sh "$suite" >/dev/null 2>&1 ||
			skip "needs the loaders of $suite: make matrix fetches them"
	done
	export MATRIX_RESULTS=build/matrix.$BASHPID
	if ! LIMIT=300 tests/matrix/run.sh --objects "$@" >"$TMPDIR/table"; then
		grep -v '^# ' "$TMPDIR/table"
		fail "cells differ"
	fi
	grep -q 'xdp-loader with its dispatcher' "$TMPDIR/table" || skip "needs freplace programs: this kernel refuses them"
}

# Its versions, and others, as few as a slow machine asks for.
test_xdp_loader_with_its_dispatcher_and_others_after_each_other()
{
	expect_cells xdp_pass xdp-loader-1.3-p xdp-loader-1.5 ip-6.15+env load
}

# Of those that kernels differ about, chain and parse.
test_xdp_loader_with_its_dispatcher_and_what_may_change_packets()
{
	expect_cells 'xdp_[cp]*' xdp-loader-1.3 xdp-loader-1.5-p
	kernel_before 6.12 || grep -q '^xdp_chain *x *x$' "$TMPDIR/table" || fail "$(<"$TMPDIR/table")"
}
