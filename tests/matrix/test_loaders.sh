# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The matrix with loaders of each kind, for the kernels of make vmtest: xdp_pass and tc_pass by each of
# them, and by each after every other. What is not as tests/matrix/expected has it fails.

# expect_cells SUITE LOADER...
expect_cells()
{
	tests/matrix/fetch.sh "$1" >/dev/null 2>&1 || skip "needs the loaders of $1: make matrix fetches them"
	# Other tests of the matrix may run beside this one.
	export MATRIX_RESULTS=build/matrix.$BASHPID
	if ! LIMIT=300 tests/matrix/run.sh --objects '*_pass' "${@:2}" >"$TMPDIR/table"; then
		grep -v '^# ' "$TMPDIR/table"
		fail "cells differ"
	fi
	rm -r "$MATRIX_RESULTS"
}

test_ip_bpftool_and_load() { expect_cells bullseye ip-5.10 bpftool load; }

test_tc_bpftool_and_load() { expect_cells bullseye tc-5.10+env bpftool-tc+maps load-clsact; }

test_ip_and_its_plugins() { expect_cells bookworm ip-6.1+env ip-plugin tc-exec; }

test_tc_and_its_plugins() { expect_cells bookworm tc-6.1 tc-plugin tc-exec-tc; }

test_ip_with_what_load_prepared_and_links() { expect_cells trixie ip-6.15 ip-prepared load-link; }

test_tc_with_what_load_prepared_and_tcx() { expect_cells trixie tc-6.15+env tc-prepared load-tcx; }
