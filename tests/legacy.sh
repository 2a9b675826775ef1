# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An iproute2 without libbpf.

# need_legacy: puts an ip and tc without libbpf before the others.
need_legacy()
{
	local bin

	bin=$(tests/matrix/build_legacy_iproute2 --where) ||
		skip "needs an iproute2 without libbpf: tests/matrix/build_legacy_iproute2 makes one"
	PATH=$bin:$PATH
	[[ $(ip -V) != *libbpf* ]] || fail "$(ip -V)"
}
