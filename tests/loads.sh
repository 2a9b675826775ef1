# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is seen of a load: which program is where, its link, its counts.
# shellcheck disable=SC2154 # $output is set by run, in lib.sh

# tc_ids IFNAME ingress|egress: of the bpf filters there.
tc_ids() { tc -j filter show dev "$1" "$2" 2>/dev/null | grep -o '"prog":{"id":[0-9]*' | grep -o '[0-9]*$' || true; }

# field NAME: of the JSON in $output, numbers and plain strings, the first of that name.
field() { sed -n "s/.*\"$1\":\"\?\([^,\"}]*\).*/\1/p" <<<"$output"; }

# loaded IFNAME HOOK: what runs there is pinned with its maps. Prints 'ID NAME'.
loaded() { load_state "$1" "$2" || fail "$1 $2: pins and program do not belong together"; }

# runs IFNAME HOOK NAME
runs()
{
	local is

	is=$(loaded "$1" "$2")
	[[ ${is#* } == "$3" ]] || fail "$1 $2 runs '$is', expected $3"
}

# is_gone map|prog ID
is_gone() { ! exists "$@"; }

# link_of PIN: id of the pinned link.
link_of() { bpftool -j link show pinned "$1" | sed -n 's/^{"id":\([0-9]*\),.*/\1/p'; }

# totals IFNAME: 'ACTION PACKETS' of all actions that counted something.
totals() { stats "$1" | awk '$4 { print $2, $3, $4 }'; }

# expect_totals IFNAME 'HOOK ACTION PACKETS'...
expect_totals()
{
	local ifname=$1 wanted

	shift
	wanted=$(printf '%s\n' "$@")
	eventually has_totals "$ifname" "$wanted" || fail "expected:
$wanted
got: $(totals "$ifname")"
}

has_totals() { [[ $(totals "$1") == "$2" ]]; }
