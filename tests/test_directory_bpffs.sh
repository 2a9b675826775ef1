# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which BPF filesystem has the directories: it is mounted where there is none, and IFBPF_BPFFS names
# another one; and who may write there.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/directory.sh

test_a_bpffs_is_mounted_where_there_is_none_and_this_is_said()
{
	link_xdp v0 objects/xdp_pass.o
	umount "$BPFFS"
	expect_status 0 pin_maps v0
	[[ $errors == "pin_maps: mounted a BPF filesystem at $BPFFS" ]] || fail "it says: $errors"
	[[ $(stat -fc %T "$BPFFS") == bpf_fs && $(stat -c %A "$BPFFS") == drwx-----[-T] ]] ||
		fail "it is $(stat -fc %T "$BPFFS"), $(stat -c %A "$BPFFS")"
	expect_id "$BPFFS/v0/xdp_stats_map" "$(prog_maps "$(prog_id v0)")"
}

test_two_runs_without_a_bpffs_mount_only_one()
{
	local pids=()

	make_veth w0
	link_xdp v0 objects/xdp_pass.o
	link_xdp w0 objects/xdp_pass.o
	umount "$BPFFS"
	pin_maps v0 &
	pids+=($!)
	pin_maps w0 &
	pids+=($!)
	wait "${pids[0]}"
	wait "${pids[1]}"
	[[ $(grep -c " $BPFFS " /proc/self/mounts) == 1 ]] || fail "$(grep "$BPFFS" /proc/self/mounts)"
	[[ -e $BPFFS/v0/xdp_stats_map && -e $BPFFS/w0/xdp_stats_map ]] || fail "not both pinned"
}

test_without_privilege_nothing_is_done()
{
	local before

	link_xdp v0 objects/xdp_pass.o
	before=$(snapshot)
	expect_refusal "cannot open the programs on v0 by their ids: Operation not permitted" "$before" \
		as_user pin_maps v0
	[[ $errors == *"hint: run as root"* ]] || fail "no way out: $errors"
	umount "$BPFFS"
	expect_status 2 as_user pin_maps v0
	[[ $errors == *"Operation not permitted"* ]] || fail "it says: $errors"
	! mountpoint -q "$BPFFS" || fail "it mounted one"
}

test_cap_net_admin_alone_is_not_enough()
{
	local before

	ready
	before=$(snapshot)
	expect_refusal "cannot open the programs on v0 by their ids: Operation not permitted" "$before" \
		setpriv --reuid $NOBODY --regid $NOBODY --clear-groups --inh-caps -all,+net_admin \
		--ambient-caps -all,+net_admin "$(type -P pin_maps)" v0
}

test_inside_ip_netns_exec_the_private_sys_is_explained()
{
	local before

	ready
	in_peer ip link set dev v1 xdpgeneric obj objects/xdp_pass.o sec xdp
	before=$(snapshot)
	expect_refusal "cannot find a BPF filesystem at $BPFFS, and this shell has a /sys of its own" \
		"$before" ip netns exec peer pin_maps v1
	[[ $errors == *"--netns NAME"* && $errors == *"nsenter --net=/run/netns/NAME"* ]] ||
		fail "no way out: $errors"
}

test_ifbpf_bpffs_names_another_bpffs()
{
	local before

	mkdir /run/other
	mount -t bpf bpf /run/other
	link_xdp v0 objects/xdp_pass.o
	before=$(snapshot)
	IFBPF_BPFFS=/run/other expect_status 0 pin_maps v0
	[[ $output == *" in /run/other/v0" ]] || fail "it says: $output"
	expect_id /run/other/v0/xdp_stats_map "$(prog_maps "$(prog_id v0)")"
	expect_unchanged "$before"
}

test_ifbpf_bpffs_that_is_none_is_named()
{
	local before

	ready
	before=$(snapshot)
	IFBPF_BPFFS=/run/tmp expect_refusal "cannot find a BPF filesystem at /run/tmp" "$before" \
		pin_maps v0
	pin_maps v0 >/dev/null
	before=$(snapshot)
	IFBPF_BPFFS=$BPFFS/%ifbpf expect_refusal "it is a part of the layout in $BPFFS" "$before" \
		pin_maps v0
	IFBPF_BPFFS=/nowhere expect_refusal "cannot find /nowhere, named by IFBPF_BPFFS: No such file" \
		"$before" pin_maps v0
	! mountpoint -q /run/tmp || fail "it mounted one"
}

test_no_hint_is_to_mount_a_bpffs_over_something()
{
	local path

	link_xdp v0 objects/xdp_pass.o
	: >/run/tmp/file
	for path in / /run /run/tmp /proc "$PWD/README.md"; do
		IFBPF_BPFFS=$path expect_status 2 pin_maps v0
		[[ $errors != *"mount -t"* && $errors == *"hint: IFBPF_BPFFS names the place where one is mounted; without it that is $BPFFS"* ]] ||
			fail "$path: it says: $errors"
	done
	mkdir /run/bpf /run/empty
	IFBPF_BPFFS=/run/empty expect_status 2 pin_maps v0
	[[ $errors == *"hint: mount one, as root: mount -t bpf bpf /run/empty" ]] || fail "it says: $errors"
	umount "$BPFFS"
	mount -t bpf bpf /run/bpf
	IFBPF_BPFFS=/run/tmp expect_status 2 pin_maps v0
	[[ $errors == *"hint: there is one at /run/bpf" ]] || fail "it says: $errors"
}
