# shellcheck shell=bash
# shellcheck disable=SC2154 # set by run
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

# Those of them that are in none of the sets above.
test_what_pins_by_itself_and_what_does_not() { expect_cells bullseye ip-5.10+env bpftool+maps tc-5.10 bpftool-tc; }

test_ip_without_the_variable_and_tc_with_it() { expect_cells bookworm ip-6.1 ip-prepared tc-6.1+env; }

test_later_plugins_and_links_of_tcx() { expect_cells trixie ip-6.15-plugin tc-6.15-plugin load-tcx-link; }

# unpack_5_10: $folder is where Debian's binaries of 5.10 are. They run with this machine's C library, which
# the plugins are linked with, and their own libbpf.
unpack_5_10()
{
	folder=$(tests/matrix/fetch.sh bullseye 2>/dev/null) ||
		skip "needs the loaders of bullseye: make matrix fetches them"
	folder=${folder%/run}
	mkdir "$TMPDIR/lib"
	cp -a "$folder"/lib/libbpf.so.0* "$TMPDIR/lib/"
}

test_tc_5_10_takes_the_plugins()
{
	local folder tc

	unpack_5_10
	tc=(env TC_LIB_DIR=compat LD_LIBRARY_PATH="$TMPDIR/lib" "$folder/bin/tc")
	# Debian's 5.10.0-4 calls itself so.
	[[ $("${tc[@]}" -V) == *"iproute2-5.9.0, libbpf 0.3.0" ]] || fail "$("${tc[@]}" -V)"
	tc qdisc add dev v0 clsact
	"${tc[@]}" filter add dev v0 ingress pref 10 handle 1 ifbpf obj objects/tc_pass.o da
	send 3
	"${tc[@]}" filter replace dev v0 ingress pref 10 handle 1 ifbpf obj objects/tc_drop.o da
	send 2
	expect_status 0 "${tc[@]}" exec ifbpf stats dev v0
	[[ $output == "v0  tc_ingress  TC_ACT_OK    3 packets  300 bytes
v0  tc_ingress  TC_ACT_SHOT  2 packets  200 bytes" ]] || fail "$output"
	expect_fail "cannot find object nothing.o" \
		"${tc[@]}" filter replace dev v0 ingress pref 10 handle 1 ifbpf obj nothing.o da
	"${tc[@]}" filter del dev v0 ingress pref 10 handle 1 ifbpf
	[[ -z $(tc filter show dev v0 ingress) ]] || fail "$(tc filter show dev v0 ingress)"
}

# It has no IP_LIB_DIR, but a folder of its own, which is no place for a test: ours stands there instead, in
# as many bytes.
test_ip_5_10_takes_the_plugin()
{
	local folder ip

	unpack_5_10
	sed 's|/usr/lib/ip/link_|./compat////link_|' "$folder/bin/ip" >"$TMPDIR/ip"
	chmod +x "$TMPDIR/ip"
	! cmp -s "$folder/bin/ip" "$TMPDIR/ip" || fail "another folder is compiled in"
	ip=(env LD_LIBRARY_PATH="$TMPDIR/lib" "$TMPDIR/ip")
	[[ $("${ip[@]}" -V) == *"iproute2-5.9.0, libbpf 0.3.0" ]] || fail "$("${ip[@]}" -V)"
	"${ip[@]}" link set dev v0 type ifbpf obj objects/xdp_pass.o mode skb
	send 3
	"${ip[@]}" link set dev v0 type ifbpf obj objects/xdp_drop.o
	send 2
	expect_status 0 stats v0
	[[ $output == "v0  xdp  XDP_DROP  2 packets  200 bytes
v0  xdp  XDP_PASS  3 packets  300 bytes" ]] || fail "$output"
	expect_fail "cannot find object nothing.o" "${ip[@]}" link set dev v0 type ifbpf obj nothing.o
	expect_fail "no kind of link to add" "${ip[@]}" link add type ifbpf obj objects/xdp_pass.o
	[[ $("${ip[@]}" link help ifbpf 2>&1) == "Usage: ip link set dev IFNAME type ifbpf "* ]] || fail "no help"
	"${ip[@]}" link set dev v0 type ifbpf off
	[[ -z $(prog_id v0) ]] || fail "$(ip link show dev v0)"
	printf 'link set dev v0 type ifbpf obj %s mode skb\n' nothing.o objects/xdp_pass.o >"$TMPDIR/batch"
	run "${ip[@]}" -force -batch "$TMPDIR/batch"
	[[ $(prog_id v0) ]] || fail "the second line was not done"
}
