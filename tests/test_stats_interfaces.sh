# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# stats: whose counters: one interface, several or all, and those that got another name or are gone.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/stats.sh

test_an_interface_without_a_directory_says_what_to_type()
{
	expect_status 2 stats v0
	[[ -z $output ]] || fail "it prints: $output"
	[[ $errors == "\
stats: cannot find the maps of v0 at $BPFFS/v0
  hint: pin what runs there first: pin_maps v0" ]] || fail "$errors"
}

test_an_unknown_interface_is_named()
{
	expect_fail "cannot find interface nope: No such device" stats nope
	((status == 2)) || fail "status $status"
	expect_fail "cannot find interface a/b" stats a/b
	expect_fail "cannot find interface" stats ""
}

test_the_others_are_shown_beside_an_unknown_interface()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	send 3
	expect_status 3 stats nope v0 lo
	[[ $output == "v0  xdp  XDP_PASS  3 packets  300 bytes" ]] || fail "$output"
	[[ $errors == *"cannot find interface nope"*"cannot find the maps of lo"* ]] ||
		fail "$errors"
}

test_without_a_name_every_interface_with_a_directory_is_shown()
{
	ip link add v2 type veth peer name v3
	link_xdp v0 objects/xdp_pass.o
	link_xdp v2 objects/xdp_drop.o
	pin_xdp v0
	pin_xdp v2
	send 12
	expect_output "\
v0  xdp  XDP_PASS  12 packets  1200 bytes
v2  xdp  XDP_PASS   0 packets     0 bytes" stats
}

test_no_directory_at_all_is_no_error()
{
	expect_status 0 stats
	[[ -z $output && $errors == *"no interface"*"hint: "*"pin_maps"* ]] || fail "$output $errors"
}

test_a_directory_without_statistics_is_no_error()
{
	make_dir v0
	expect_status 0 stats v0
	[[ -z $output && $errors == "stats: $BPFFS/v0 holds no statistics map" ]] ||
		fail "$output $errors"
	expect_status 0 stats --json v0
	[[ $output == *'"hooks":[]}' && -z $errors ]] || fail "$output $errors"
}

test_asked_for_all_those_without_statistics_are_no_matter()
{
	make_dir v0
	expect_status 0 stats
	[[ -z $output && $errors == "stats: no interface of this network namespace has a statistics map pinned in $BPFFS" ]] ||
		fail "$output $errors"
	ip link add w0 type veth peer name w1
	load w0 objects/xdp_pass.o >/dev/null
	expect_status 0 stats
	[[ $output == *"w0  xdp "* && -z $errors ]] || fail "$output $errors"
}

test_an_interface_that_is_gone_shows_its_last_counters()
{
	local ifindex

	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	write_record 2 "$(published)"
	send 3
	ifindex=$(ifindex v0)
	ip link del v0
	expect_status 0 stats v0
	[[ $output == "v0  xdp  XDP_PASS  3 packets  300 bytes  (stale: the interface is gone)" ]] ||
		fail "$output"
	[[ $errors == "stats: there is no interface v0 any more: these are its last counters" ]] ||
		fail "$errors"
	expect_status 0 stats --json v0
	[[ $output == *'"ifname":"v0","ifindex":'"$ifindex,"*'"stale":true'* ]] || fail "$output"
	rm "$BPFFS/v0/%meta"
	expect_status 0 stats --json v0
	[[ $output == *'"ifname":"v0","ifindex":null,'*'"stale":true'* ]] || fail "$output"
}

test_a_renamed_interface_is_found_by_both_names()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	write_record 2 "$(published)"
	send 3
	rename_link v0 w0
	expect_output "w0  xdp  XDP_PASS  3 packets  300 bytes" stats w0
	expect_status 0 stats v0
	[[ $output == "w0  xdp  XDP_PASS  3 packets  300 bytes" ]] || fail "$output"
	[[ $errors == "stats: v0 is called w0 now" ]] || fail "$errors"
}

test_interfaces_that_swapped_names_keep_their_counters()
{
	ip link add v2 type veth peer name v3
	link_xdp v0 objects/xdp_pass.o
	link_xdp v2 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	pin_maps v2 >/dev/null
	send 3
	ip link set dev v0 down
	rename_link v0 tmp0
	rename_link v2 v0
	rename_link tmp0 v2
	expect_output "\
v2  xdp  XDP_PASS  3 packets  300 bytes
v0  xdp  XDP_PASS  0 packets    0 bytes" stats v2 v0
}

test_a_successor_of_the_same_name_is_said()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	write_record 2 "$(published)"
	send 3
	ip link del v0
	ip link add v0 index 4242 type veth peer name v1
	expect_status 0 stats v0
	[[ $output == "v0  xdp  XDP_PASS  3 packets  300 bytes  (stale: no program runs)" ]] ||
		fail "$output"
	[[ $errors == "stats: $BPFFS/v0 is of an earlier interface of that name" ]] || fail "$errors"
}

test_odd_interface_names()
{
	local pair name dir

	for pair in v0.100=v0%2E100 tc=%74c -x=%2Dx 'a;netns=9=a%3Bnetns%3D9'; do
		name=${pair%=*} dir=${pair##*=}
		ip link add name "$name" type veth peer name other
		mkdir -m 0700 "$BPFFS/$dir"
		make_map "$BPFFS/$dir/xdp_stats_map" percpu_array 4 16 5
		expect_status 0 stats -- "$name"
		[[ $output == "$name "* ]] || fail "$name: $output"
		ip link del dev other
	done
}

test_an_altname_shows_the_interface()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	ip link property add dev v0 altname a-name-that-is-longer-than-fifteen
	expect_output "v0  xdp  XDP_PASS  0 packets  0 bytes" stats a-name-that-is-longer-than-fifteen
}

test_an_interface_of_another_netns()
{
	local dir netns

	run stats --netns peer v1
	[[ $status == 2 && $errors == *"hint: "*"pin_maps --netns peer v1" ]] || fail "$errors"
	dir=$(sed -n 's/.* of v1 at //p' <<<"$errors")
	[[ $dir == "$BPFFS/%ifbpf/ns/"*/v1 ]] || fail "not its directory: $dir"
	# mkdir -m does not reach the parents.
	(umask 077 && mkdir -p "$dir")
	in_peer ip link set dev v1 xdpgeneric obj objects/xdp_pass.o sec xdp
	bpftool map pin id "$(prog_map_id "$(in_peer ip -j -d link show dev v1 |
		sed -n 's/.*"prog":{"id":\([0-9]*\).*/\1/p')")" "$dir/xdp_stats_map"
	send_out 3
	expect_output "v1  xdp  XDP_PASS  3 packets  300 bytes" stats --netns peer v1
	expect_output "v1  xdp  XDP_PASS  3 packets  300 bytes" stats --netns peer
	expect_status 0 stats --netns peer --json v1
	dir=${dir%/v1} netns=null
	# A namespace without a cookie has its directory by the number of its inode.
	[[ $dir == */i* ]] || netns="\"${dir##*/}\""
	[[ $output == *"\"netns\":$netns,"* && $output == *'"stale":false'* ]] ||
		fail "$output"
	expect_fail "cannot find network namespace nope" stats --netns nope v1
}

test_an_interface_named_twice_is_shown_once()
{
	local names

	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	send 3
	ip link property add dev v0 altname another-name
	for names in "v0 v0" "v0 another-name" "another-name v0 v0"; do
		# shellcheck disable=SC2086 # words
		expect_status 0 stats $names
		[[ $(grep -c 'XDP_PASS  3 packets' <<<"$output") == 1 && $(wc -l <<<"$output") == 1 && -z $errors ]] ||
			fail "$names: $output$errors"
		# shellcheck disable=SC2086 # words
		expect_status 0 stats --json $names
		[[ $(wc -l <<<"$output") == 1 ]] || fail "$names: $output"
	done
	# What fails is told once as well.
	expect_status 2 stats nope nope
	[[ $(grep -c 'cannot find interface nope' <<<"$errors") == 1 ]] || fail "$errors"
}

test_interfaces_that_share_a_map_are_named()
{
	ip link add a0 type veth peer name a1
	ip link add b0 type veth peer name b1
	load --shared a0 b0 objects/xdp_pass.o >/dev/null
	expect_status 0 stats a0
	[[ $output == "a0  xdp  XDP_PASS  0 packets  0 bytes  (shared with b0)" ]] || fail "$output"
	expect_status 0 stats --json b0
	[[ $output == *'"shared_with":["a0"]'* ]] || fail "$output"
	load v0 objects/xdp_pass.o >/dev/null
	[[ $(stats v0) != *shared* ]] || fail "$(stats v0)"
}

# All of them in one sample: the records are read once for all.
test_the_records_are_read_once_for_all_interfaces_of_a_sample()
{
	local i names=() opened

	need strace
	for ((i = 0; i < 50; i++)); do
		names+=("m$i")
		ip link add "m$i" type veth peer name "n$i"
	done
	load "${names[@]}" objects/xdp_pass.o >/dev/null
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -qq -o "$TMPDIR/calls" -e trace=openat stats >/dev/null
	opened=$(grep -c openat "$TMPDIR/calls")
	((opened > 50 && opened < 50 * 12)) || fail "$opened files were opened for 50 interfaces"
}
