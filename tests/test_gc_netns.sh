# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# gc: directories of network namespaces, of those above all that cannot be found.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/gc.sh

# Tools of other tests look into each namespace that a process leads them to, and would lead to it then.
is_in_nobodys_hands()
{
	local link=${1/\[/\\[}

	! find /proc/[0-9]*/task/*/ns/net /proc/[0-9]*/fd -lname "$link" 2>/dev/null | grep -q .
}

# in_lost_netns: w0 is loaded in a network namespace that is gone then. Sets $lost, its cookie.
in_lost_netns()
{
	local pid netns

	# shellcheck disable=SC2016 # by the inner shell
	unshare --net sh -c 'echo $$ >"$TMPDIR/pid"; exec sleep 1000' &
	eventually test -s "$TMPDIR/pid"
	pid=$(<"$TMPDIR/pid")
	rm "$TMPDIR/pid"
	nsenter --net="/proc/$pid/ns/net" ip link add w0 type veth peer name q0
	load --netns "$pid" w0 objects/xdp_pass.o >/dev/null
	# Where the number of its inode is all that names it, no other namespace may get that meanwhile: it
	# stays, empty, and where nobody finds it.
	ip netns attach lost "$pid"
	hide_netns lost
	nsenter --net="/proc/$pid/ns/net" ip link del w0
	netns=$(readlink "/proc/$pid/ns/net")
	kill "$pid"
	wait "$pid" 2>/dev/null || true
	eventually is_in_nobodys_hands "$netns"
	lost=$(find "$BPFFS/%ifbpf/ns" -mindepth 1 -maxdepth 1 -printf '%f\n')
}

test_a_namespace_that_cannot_be_found_is_kept_until_it_is_named()
{
	local before

	left_by w0
	in_lost_netns
	aged "$BPFFS/%ifbpf/ns/$lost/w0"
	before=$(snapshot "$BPFFS/%ifbpf/ns")
	expect_status 0 gc --grace 0
	expect_decision removed directory "$BPFFS/w0"
	expect_decision kept directory "$BPFFS/%ifbpf/ns/$lost/w0" "network namespace $lost cannot be found among the \
named ones, those of running processes and those that they hold open; --netns $lost removes its directories"
	expect_unchanged "$before" "$BPFFS/%ifbpf/ns"
	left_by w0
	expect_status 0 gc --netns "$lost"
	expect_decision removed directory "$BPFFS/%ifbpf/ns/$lost/w0" "cannot be found"
	expect_decision removed namespace "$BPFFS/%ifbpf/ns/$lost" "it is empty"
	[[ -z $(find "$BPFFS/%ifbpf/ns" -mindepth 1) ]] || fail "$(snapshot)"
	[[ $output != *"$BPFFS/w0"* ]] || fail "it looked elsewhere: $output"
}

test_a_namespace_that_is_only_held_open_is_not_lost()
{
	local netns

	load --netns peer v1 objects/xdp_pass.o >/dev/null
	exec 6</run/netns/peer
	ip netns del peer
	netns=$(find "$BPFFS/%ifbpf/ns" -mindepth 1 -maxdepth 1 -printf '%f\n')
	expect_status 0 gc --grace 0
	[[ -z $output ]] || fail "it says: $output"
	unload --netns /proc/self/fd/6 --all v1 >/dev/null
	expect_status 0 gc --netns "$netns" --dry-run
	[[ -z $output ]] || fail "it says: $output"
	expect_status 0 gc --netns "$netns" --grace 0
	[[ -z $output && -e $BPFFS/%ifbpf/ns/$netns/v1/xdp_stats_map ]] || fail "it says: $output"
	expect_status 0 stats --netns /proc/self/fd/6 v1
	# Its interface goes, and then the last who holds it.
	nsenter --net=/proc/self/fd/6 ip link del v1
	expect_status 0 gc --netns "$netns" --grace 0
	expect_decision removed directory "$BPFFS/%ifbpf/ns/$netns/v1"
	exec 6<&-
}

# What holds a program is known once its pin is gone: a dry run does not say that nothing does.
test_a_dry_run_does_not_know_what_holds_a_program()
{
	local netns net

	load --netns peer v1 objects/xdp_pass.o >/dev/null
	netns=$(find "$BPFFS/%ifbpf/ns" -mindepth 1 -maxdepth 1 -printf '%f\n')
	net=$(nsenter --net=/run/netns/peer readlink /proc/self/ns/net)
	hide_netns peer
	eventually is_in_nobodys_hands "$net"
	expect_status 0 gc --netns "$netns" --dry-run
	[[ $output == *"%progs/xdp/xdp_pass: its interface is gone; should something hold it"* ]] ||
		fail "it says: $output"
	[[ $output == *"cannot be found; it stays if something holds a program of it"* ]] ||
		fail "it says: $output"
	expect_status 0 gc --netns "$netns"
	expect_decision kept program "$BPFFS/%ifbpf/ns/$netns/v1/%progs/xdp/xdp_pass" "something holds it"
	expect_decision kept directory "$BPFFS/%ifbpf/ns/$netns/v1"
}

test_a_namespace_that_has_no_directory_is_an_error()
{
	expect_status 2 gc --netns 99999999
	left_by w0
	expect_status 2 gc --netns 99999999
	[[ $errors == "gc: cannot open $BPFFS/%ifbpf/ns/99999999: No such file or directory"*"hint: "* ]] || fail "$errors"
	expect_status 0 gc --netns "$(cookie "$BPFFS/w0")"
}

test_one_namespace_alone_and_by_its_rules()
{
	left_by w0
	in_peer ip link add w1 type veth peer name q7
	load --netns peer w1 objects/xdp_pass.o >/dev/null
	in_peer ip link del dev w1
	lost=$(find "$BPFFS/%ifbpf/ns" -mindepth 1 -maxdepth 1 -printf '%f\n')
	expect_status 0 gc --netns "$lost"
	[[ $output == "kept directory $BPFFS/%ifbpf/ns/$lost/w1: "*"noted now"* ]] || fail "it says: $output"
	expect_status 0 gc --netns "$lost" --grace 0
	expect_decision removed directory "$BPFFS/%ifbpf/ns/$lost/w1"
	[[ -d $BPFFS/%ifbpf/ns/$lost ]] || fail "the directory of a living namespace is gone"
	[[ -e $BPFFS/w0 ]] || fail "home was collected as well"
	expect_status 0 gc --netns "$(cookie "$BPFFS/w0")" --grace 0
	[[ ! -e $BPFFS/w0 ]] || fail "home was not collected"
	ip netns del peer
	eventually empty_netns_is_removed || fail "$output"
}

empty_netns_is_removed()
{
	expect_status 0 gc
	[[ $output == "removed namespace $BPFFS/%ifbpf/ns/$lost: it is empty, and its network namespace cannot be found" ]]
}
