# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of pins have in common.

# shellcheck disable=SC2154 # $output and $errors are set by run, in lib.sh

# What tests/bpf/ was compiled to.
export BUILT=build/tests/bpf

# snapshot [DIR]: everything that a change would show in, a line for each file of a bpffs.
snapshot() { find "${1-$BPFFS}" -printf '%p %y %i %M %U %G %n %l\n' | sort; }

# expect_unchanged SNAPSHOT [DIR]: nothing was made, removed, replaced or opened up since.
expect_unchanged()
{
	local changes

	changes=$(diff <(cat <<<"$1") <(snapshot "${2-$BPFFS}")) || fail "it changed: $changes"
}

# expect_refusal TEXT SNAPSHOT COMMAND...: exit status 2, one failure which says TEXT, no change.
expect_refusal()
{
	local text=$1 before=$2

	shift 2
	expect_status 2 "$@"
	[[ $errors == *"$text"* ]] || fail_run "stderr lacks: $text" "$@"
	[[ $(grep -c ': cannot ' <<<"$errors") == 1 ]] || fail_run "more than one failure" "$@"
	[[ -z $output ]] || fail_run "data in spite of the failure" "$@"
	expect_unchanged "$before"
}

# expect_states 'STATE HOOK MAP'...: what the last pin_maps that run has run printed, in this order.
expect_states()
{
	local got

	got=$(awk '$4 == "id" { print $1, $2, $3 }' <<<"$output")
	[[ $got == "$(printf '%s\n' "$@")" ]] || fail "expected: $(printf '\n  %s' "$@")
got: $(sed 's/^/  /' <<<$'\n'"$output$errors")"
}

# generation DIR: of its record.
generation() { readlink "$1/%meta" | sed -n 's/.*;gen=\([0-9]*\);.*/\1/p'; }

# prog_maps ID: the ids of a program's maps, one a line.
prog_maps() { bpftool -j prog show id "$1" | sed -n 's/.*"map_ids":\[\([^]]*\)\].*/\1/p' | tr , '\n'; }

# tc_prog IFNAME ingress|egress [PREF]: the id of the program that is attached there.
tc_prog()
{
	tc -j filter show dev "$1" "$2" pref "${3-10}" |
		sed -n 's/.*"prog":{"id":\([0-9]*\).*/\1/p'
}

# ifindex IFNAME: by netlink, since /sys/class/net is that of another namespace here.
ifindex() { ip -j link show dev "$1" | sed 's/.*"ifindex":\([0-9]*\).*/\1/'; }

# exists map|prog ID: the kernel still has it.
exists() { bpftool "$1" show id "$2" >/dev/null 2>&1; }

# expect_id PATH ID: that map is pinned there.
expect_id()
{
	[[ $(map_id "$1") == "$2" ]] || fail "$1 is map $(map_id "$1"), expected $2"
}

# old_maps DIR: the names of what replacements left, one a line.
old_maps() { find "$1" -maxdepth 1 -name '*%old-*' -printf '%f\n' | sort; }

# hide_netns NAME: it lives on, but only a mount in another mount namespace, in which no process is,
# leads to it. in_hidden_netns NAME COMMAND... works there.
hide_netns()
{
	local cpu

	# The kernel takes it on a mount that is not shared.
	mkdir /run/hidden
	mount -t tmpfs hidden /run/hidden
	mount --make-private /run/hidden
	touch /run/hidden/mounts
	# It takes namespaces of higher ids than the one that it is in, and each CPU has a row of its own.
	for ((cpu = $(nproc) - 1; cpu >= 0; cpu--)); do
		! taskset -c "$cpu" unshare --mount=/run/hidden/mounts --propagation private true || break
	done
	((cpu >= 0)) || fail "no CPU makes a namespace that can be mounted"
	# To remove the file would take the mount from there as well.
	umount -l "/run/netns/$1"
}

in_hidden_netns()
{
	# shellcheck disable=SC2016 # the arguments of the inner bash
	nsenter --mount=/run/hidden/mounts bash -c 'nsenter --net="/run/netns/$1" "${@:2}"' bash "$@"
}

# unhide_netns NAME: it has its name again.
unhide_netns()
{
	local there holder

	exec {there}< <(in_hidden_netns "$1" sh -c 'echo $$ && exec sleep 10')
	read -r holder <&"$there"
	mount -c --bind "/proc/$holder/ns/net" "/run/netns/$1"
	kill "$holder"
	exec {there}<&-
}

# make_veth NAME...: one more interface each, up and silent; its peer is called q<number>.
make_veth()
{
	local name

	for name; do
		ip link add name "$name" type veth peer name "q$((++veths))"
		silence "$name"
		silence "q$veths"
		ip link set dev "$name" up
		ip link set dev "q$veths" up
	done
}
veths=0
