# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of gc begin with, and how they read its decisions.
# shellcheck disable=SC2154 # $output and $errors are set by run, in lib.sh
. tests/pins.sh

# left_by NAME [LOAD_OPTION...]: an interface of that name was loaded, and is gone.
left_by()
{
	local name=$1

	shift
	make_veth "$name"
	load "$@" "$name" objects/xdp_pass.o >/dev/null
	ip link del dev "$name"
}

# rewrite DIR SED: its record, generation and all.
rewrite()
{
	local record

	record=$(readlink "$1/%meta" | sed "$2")
	rm "$1/%meta"
	ln -s "$record" "$1/%meta"
}

# note_gone DIR REAL BOOT: since these seconds, as seen from now, both clocks know it to be gone.
note_gone()
{
	local boot

	read -r boot _ </proc/uptime
	rewrite "$1" 's/;gone=[^;]*//'
	rewrite "$1" "s/\(;mac=[^;]*\)/\1;gone=$(($(date +%s) - $2)),$((${boot%.*} - $3)),$(generation "$1")/"
}

# aged DIR: gone for two hours.
aged() { note_gone "$1" 7200 7200; }

noted() { readlink "$1/%meta" | grep -q ';gone='; }

# expect_decision DONE WHAT PATH [WHY]: exactly one line about it, which contains WHY.
expect_decision()
{
	local lines

	lines=$(grep -F " $2 $3: " <<<"$output" || true)
	[[ $lines == "$1 $2 $3: "*"${4-}"* && $lines != *$'\n'* ]] || fail "expected: $1 $2 $3: ...${4-}
got: $output$errors"
}

# cookie DIR: of the network namespace in its record; i and its inode number where the kernel has
# no cookies.
cookie()
{
	readlink "$1/%meta" | sed -n 's/.*;netns=\([0-9]*\).*/\1/p; s/.*;nsino=\([0-9]*\).*/i\1/p'
}

freed() { ! exists "$1" "$2"; }
