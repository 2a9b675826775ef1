# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whose directory: names, interfaces that are renamed, moved or made anew, network namespaces; who
# may write and who may read.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh

NOBODY=65534

# ready: a program runs on v0, and the bpffs is in use already by another interface, so that
# whatever a test then finds changed was changed for v0.
ready()
{
	make_veth w0
	link_xdp w0 objects/xdp_pass.o
	pin_maps w0 >/dev/null
	link_xdp v0 objects/xdp_pass.o
}

# expect_own_map IFNAME DIR: pin_maps has pinned what runs there in exactly this directory.
expect_own_map()
{
	local before

	before=$(snapshot)
	[[ ! -e $BPFFS/$2 ]] || fail "$2 was there before"
	link_xdp "$1" objects/xdp_pass.o
	expect_status 0 pin_maps -- "$1"
	expect_id "$BPFFS/$2/xdp_stats_map" "$(prog_maps "$(prog_id "$1")")"
	[[ $(readlink "$BPFFS/$2/%meta") == *";ifindex=$(ifindex "$1");"* ]] ||
		fail "the record is $(readlink "$BPFFS/$2/%meta")"
	[[ $(comm -13 <(awk '{ print $1 }' <<<"$before") <(snapshot | awk '{ print $1 }') |
		grep -vF -e "$BPFFS/$2" -e "$BPFFS/%ifbpf" -e "$BPFFS/tc" -e "$BPFFS/xdp" \
			-e "$BPFFS/ip") == '' ]] || fail "made elsewhere: $(snapshot)"
}

# peer_cookie: of the peer's network namespace, as the name of its directory.
peer_cookie() { find "$BPFFS/%ifbpf/ns" -mindepth 1 -maxdepth 1 -printf '%f\n'; }

test_interface_names_are_encoded_one_way_each()
{
	local name names=(v0.100 tc xdp ip globals snap cilium -x 'a;netns=9' 2 "it's" 'a\b' 'q=1')
	local files=(v0%2E100 %74c %78dp %69p %67lobals %73nap %63ilium %2Dx a%3Bnetns%3D9 2 it%27s
		a%5Cb q%3D1)
	local i

	make_veth "${names[@]}"
	for i in "${!names[@]}"; do
		name=${names[i]}
		expect_own_map "$name" "${files[i]}"
		[[ $output == *"$name: 1 of 1 maps in $BPFFS/${files[i]}" ]] || fail "it says: $output"
		expect_status 0 pin_maps -- "$name"
		expect_states "kept xdp xdp_stats_map"
	done
}

test_an_option_is_no_interface_and_the_other_way_round()
{
	make_veth -x
	link_xdp -x objects/xdp_pass.o
	expect_status 1 pin_maps -x
	expect_status 0 pin_maps -- -x
}

test_a_record_of_any_name_is_read_back()
{
	local name='a;netns=9'

	make_veth "$name"
	link_xdp "$name" objects/xdp_pass.o
	pin_maps "$name" >/dev/null
	rename_link "$name" b0
	expect_status 0 pin_maps b0
	[[ $errors == *"b0 was $name: its directory followed to $BPFFS/b0"* ]] || fail "$errors"
}

test_altnames_lead_to_the_directory_of_the_real_name()
{
	local long=an-altname-that-is-longer-than-any-name

	ip link property add dev v0 altname short altname "$long"
	link_xdp v0 objects/xdp_pass.o
	expect_status 0 pin_maps "$long"
	[[ $output == *"v0: 1 of 1 maps in $BPFFS/v0" ]] || fail "it says: $output"
	expect_status 0 pin_maps short
	expect_states "kept xdp xdp_stats_map"
	[[ $(find "$BPFFS" -maxdepth 1 -name '*short*' -o -name 'an-*') == '' ]] || fail "made its own"
}

test_one_name_in_two_namespaces_has_two_directories()
{
	local here there

	ip link add v1 type veth peer name q1
	silence v1
	ip link set dev v1 up
	link_xdp v1 objects/xdp_pass.o
	in_peer ip link set dev v1 xdpgeneric obj objects/xdp_drop.o sec xdp
	expect_status 0 pin_maps v1
	expect_status 0 pin_maps --netns peer v1
	expect_states "pinned xdp xdp_stats_map"
	[[ $output == *" in $BPFFS/%ifbpf/ns/$(peer_cookie)/v1" ]] || fail "it says: $output"
	here=$(map_id "$BPFFS/v1/xdp_stats_map")
	there=$(map_id "$BPFFS/%ifbpf/ns/$(peer_cookie)/v1/xdp_stats_map")
	[[ $here == "$(prog_maps "$(prog_id v1)")" ]] || fail "the one here is map $here"
	[[ $there == "$(prog_maps "$(in_peer ip -j -d link show dev v1 |
		sed -n 's/.*"prog":{"id":\([0-9]*\).*/\1/p')")" ]] || fail "the one there is map $there"
	send_out 3
	expect_counter "$BPFFS/%ifbpf/ns/$(peer_cookie)/v1/xdp_stats_map" 1 3 300
	expect_counter "$BPFFS/v1/xdp_stats_map" 2 0 0
	[[ $(stat -c %a "$BPFFS/%ifbpf/ns/$(peer_cookie)") == 711 ]] || fail "its parent is not 0711"
}

test_a_namespace_is_named_by_name_path_or_pid()
{
	local dir pid

	in_peer ip link set dev v1 xdpgeneric obj objects/xdp_pass.o sec xdp
	expect_status 0 pin_maps --netns peer v1
	expect_states "pinned xdp xdp_stats_map"
	dir=$BPFFS/%ifbpf/ns/$(peer_cookie)/v1
	nsenter --net=/run/netns/peer sleep 100 &
	pid=$!
	eventually in_peer_netns "$pid" || fail "no process there"
	expect_status 0 pin_maps --netns /run/netns/peer v1
	expect_states "kept xdp xdp_stats_map"
	expect_status 0 pin_maps --netns "$pid" v1
	expect_states "kept xdp xdp_stats_map"
	expect_status 0 in_peer pin_maps v1
	expect_states "kept xdp xdp_stats_map"
	[[ $output == *" in $dir" ]] || fail "it says: $output"
	[[ $(find "$BPFFS" -maxdepth 1 -name v1) == '' ]] || fail "taken for an interface of home"
	kill "$pid"
}

in_peer_netns() { [[ $(readlink "/proc/$1/ns/net") == "net:[$(stat -Lc %i /run/netns/peer)]" ]]; }

test_the_callers_namespace_is_home_also_with_netns()
{
	in_peer ip link set dev v1 xdpgeneric obj objects/xdp_pass.o sec xdp
	expect_status 0 pin_maps --netns peer v1
	link_xdp v0 objects/xdp_pass.o
	expect_own_map_at_home
}

expect_own_map_at_home()
{
	expect_status 0 pin_maps v0
	[[ $output == *" in $BPFFS/v0" ]] || fail "it says: $output"
}

test_a_namespace_that_is_not_there_is_named()
{
	local before

	ready
	before=$(snapshot)
	expect_refusal "cannot find network namespace nope at /run/netns/nope: No such file" "$before" \
		pin_maps --netns nope v0
	expect_refusal "cannot enter network namespace /dev/null at /dev/null: " "$before" \
		pin_maps --netns /dev/null v0
}

test_the_directory_follows_a_renamed_interface()
{
	local id inode

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	inode=$(stat -c %i "$BPFFS/v0")
	rename_link v0 uplink.1
	expect_status 0 pin_maps uplink.1
	[[ $errors == "pin_maps: uplink.1 was v0: its directory followed to $BPFFS/uplink%2E1" ]] ||
		fail "it says: $errors"
	expect_states "kept xdp xdp_stats_map"
	expect_id "$BPFFS/uplink%2E1/xdp_stats_map" "$id"
	[[ $(stat -c %i "$BPFFS/uplink%2E1") == "$inode" ]] || fail "another directory was made"
	[[ ! -e $BPFFS/v0 ]] || fail "the old one is still there"
	expect_status 0 pin_maps uplink.1
	[[ -z $errors ]] || fail "it says so again: $errors"
}

test_the_directories_follow_swapped_names()
{
	local v w

	make_veth w0
	link_xdp v0 objects/xdp_pass.o
	link_xdp w0 objects/xdp_drop.o
	pin_maps v0 >/dev/null
	pin_maps w0 >/dev/null
	v=$(map_id "$BPFFS/v0/xdp_stats_map")
	w=$(map_id "$BPFFS/w0/xdp_stats_map")
	rename_link v0 x0
	rename_link w0 v0
	rename_link x0 w0
	expect_status 0 pin_maps v0
	expect_states "kept xdp xdp_stats_map"
	expect_status 0 pin_maps w0
	expect_states "kept xdp xdp_stats_map"
	expect_id "$BPFFS/v0/xdp_stats_map" "$w"
	expect_id "$BPFFS/w0/xdp_stats_map" "$v"
}

# swap_names: of v0 and w0, whose maps are $v and $w then.
swap_names()
{
	local was_v=$v

	rename_link v0 x0
	rename_link w0 v0
	rename_link x0 w0
	v=$w w=$was_v
}

# Where the kernel cannot exchange two directories (5.10); and where such a run was killed between
# two of its renames.
test_swapped_names_are_followed_without_an_exchange()
{
	local v w killed_after

	make_veth w0
	link_xdp v0 objects/xdp_pass.o
	link_xdp w0 objects/xdp_drop.o
	pin_maps v0 >/dev/null
	pin_maps w0 >/dev/null
	v=$(map_id "$BPFFS/v0/xdp_stats_map")
	w=$(map_id "$BPFFS/w0/xdp_stats_map")
	swap_names
	expect_status 0 with_fault renameat2:error=EINVAL:when=1 pin_maps v0
	expect_id "$BPFFS/v0/xdp_stats_map" "$v"
	expect_id "$BPFFS/w0/xdp_stats_map" "$w"
	[[ ! -e $BPFFS/%ifbpf/ns/0 ]] || fail "left aside: $(find "$BPFFS/%ifbpf/ns")"
	expect_status 0 pin_maps w0
	for killed_after in 1 2; do
		swap_names
		mkdir -p "$BPFFS/%ifbpf/ns/0"
		mv -T "$BPFFS/v0" "$BPFFS/%ifbpf/ns/0/v0"
		((killed_after < 2)) || mv -T "$BPFFS/w0" "$BPFFS/v0"
		expect_status 0 pin_maps v0
		expect_status 0 pin_maps w0
		expect_id "$BPFFS/v0/xdp_stats_map" "$v"
		expect_id "$BPFFS/w0/xdp_stats_map" "$w"
	done
}

test_a_name_that_another_living_interface_left_waits_for_it()
{
	local before

	make_veth w0
	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	rename_link v0 old0
	rename_link w0 v0
	link_xdp v0 objects/xdp_drop.o
	before=$(snapshot)
	expect_refusal "cannot use $BPFFS/v0: it belongs to interface old0" "$before" pin_maps v0
	[[ $errors == *"hint: "*": pin_maps old0"* ]] || fail "no way out: $errors"
	expect_status 0 pin_maps old0
	expect_states "kept xdp xdp_stats_map"
	expect_status 0 pin_maps v0
	expect_states "pinned xdp xdp_stats_map"
}

# change_all OLD NEW MAC: another name and another address; what runs on it stays.
change_all()
{
	ip link set dev "$1" down
	ip link set dev "$1" address "$3"
	ip link set dev "$1" name "$2"
	ip link set dev "$2" up
}

# Nothing but the number and what runs tells that it is the same interface.
test_the_directory_follows_where_the_address_was_changed_as_well()
{
	local how id inode n=0

	for how in --netlink --link; do
		expect_status 0 load $how v0 objects/xdp_drop.o
		id=$(map_id "$BPFFS/v0/xdp_stats_map") inode=$(stat -c %i "$BPFFS/v0")
		change_all v0 new0 "02:00:00:00:07:0$((++n))"
		expect_status 0 status new0
		[[ $output == *"ours: loaded by ifbpf"* && $output == *" $BPFFS/v0 "* ]] ||
			fail "$how: it says: $output"
		expect_status 0 stats v0
		[[ $errors == *"v0 is called new0 now"* ]] || fail "$how: it says: $errors"
		expect_status 0 gc --grace 0
		expect_status 0 load $how new0 objects/xdp_pass.o
		[[ $errors == *"new0 was v0: its directory followed to $BPFFS/new0"* ]] ||
			fail "$how: it says: $errors"
		expect_id "$BPFFS/new0/xdp_stats_map" "$id"
		[[ $(stat -c %i "$BPFFS/new0") == "$inode" ]] || fail "$how: another one was made"
		expect_status 0 unload --all --purge new0
		rename_link new0 v0
	done
}

# Other programs may have come meanwhile: the link, or the maps, are what is left as witnesses.
test_a_link_or_a_map_tells_whose_directory_it_is()
{
	local id

	expect_status 0 load --link v0 objects/xdp_pass.o
	bpftool prog load objects/xdp_drop.o "$BPFFS/other" type xdp
	"$PWD/build/tests/attach" update "$BPFFS/v0/%links/xdp" "$BPFFS/other"
	change_all v0 new0 02:00:00:00:07:01
	expect_status 0 pin_maps new0
	[[ $errors == *"its directory followed to $BPFFS/new0"* ]] || fail "by the link: $errors"
	expect_status 0 unload --all --purge new0
	rename_link new0 v0
	rm "$BPFFS/other"
	expect_status 0 load v0 objects/xdp_pass.o
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	bpftool prog load objects/xdp_drop.o "$BPFFS/other" type xdp \
		map name xdp_stats_map id "$id"
	ip -force link set dev v0 xdp pinned "$BPFFS/other"
	change_all v0 new0 02:00:00:00:07:02
	expect_status 0 pin_maps new0
	[[ $errors == *"its directory followed to $BPFFS/new0"* ]] || fail "by the map: $errors"
	expect_id "$BPFFS/new0/xdp_stats_map" "$id"
}

# The name is another one's now, which gets nothing of what runs on the first.
test_a_new_interface_takes_nothing_from_one_that_has_another_name_and_address()
{
	local how before id running

	for how in --netlink --link; do
		expect_status 0 load $how v0 objects/xdp_acl.o
		acl v0 add 02:00:00:00:00:77 >/dev/null
		id=$(map_id "$BPFFS/v0/acl_macs") running=$(prog_id v0)
		change_all v0 old0 02:00:00:00:07:01
		make_veth v0
		before=$(snapshot)
		expect_refusal "cannot use $BPFFS/v0: it belongs to interface old0 (ifindex " "$before" \
			load v0 objects/xdp_acl.o
		[[ $errors == *"hint: "*": pin_maps old0"* ]] || fail "$how: no way out: $errors"
		expect_refusal "cannot use $BPFFS/v0: it belongs to interface old0 (ifindex " "$before" \
			load --fresh v0 objects/xdp_pass.o
		expect_refusal "cannot use $BPFFS/v0: it belongs to interface old0 (ifindex " "$before" \
			acl v0 policy drop
		expect_status 2 pin_maps v0
		[[ $errors == *"$BPFFS/v0 belongs to interface old0 (ifindex "* &&
			$errors != *"nothing uses it"* ]] || fail "$how: it says: $errors"
		expect_unchanged "$before"
		expect_status 0 pin_maps old0
		expect_status 0 load $how v0 objects/xdp_acl.o
		expect_status 0 acl v0 policy drop
		expect_status 0 acl old0
		[[ $output == *"02:00:00:00:00:77"* && $output != *"policy drop"* ]] ||
			fail "$how: it says: $output"
		expect_id "$BPFFS/old0/acl_macs" "$id"
		[[ $(prog_id old0) == "$running" ]] || fail "$how: it is off"
		expect_status 0 unload --all --purge old0
		expect_status 0 unload --all --purge v0
		ip link del dev old0
		expect_status 0 gc --grace 0
	done
}

# What is found at work, and is not known to be the one of the record, keeps what it works with.
test_what_works_on_an_unknown_interface_is_not_inherited()
{
	local before id

	make_veth w0
	expect_status 0 load --no-attach v0 objects/xdp_pass.o
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	ip link set dev w0 xdp pinned "$BPFFS/v0/%progs/xdp/xdp_pass"
	ip link del dev v0
	make_veth v0
	before=$(snapshot)
	expect_refusal "cannot use $BPFFS/v0: what was pinned there for another interface" "$before" \
		load v0 objects/xdp_drop.o
	[[ $errors == *" is at work on w0 (ifindex "*"hint: "*": pin_maps w0"* ]] ||
		fail "no way out: $errors"
	expect_refusal "cannot use $BPFFS/v0: what was pinned there" "$before" \
		load --fresh v0 objects/xdp_drop.o
	expect_status 0 pin_maps w0
	expect_id "$BPFFS/w0/xdp_stats_map" "$id"
	expect_status 0 load v0 objects/xdp_drop.o
	[[ $errors == *"its maps are inherited"* && $errors == *" shared with w0"* ]] ||
		fail "it says: $errors"
}

# make_anew NAME: the interface goes away and comes again, with another ifindex and program.
make_anew()
{
	ip link del dev "$1"
	ip link add dev placeholder type veth peer name p1
	make_veth "$1"
	link_xdp "$1" objects/xdp_drop.o
}

test_an_interface_made_anew_inherits_the_maps()
{
	local old

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	send 4
	old=$(map_id "$BPFFS/v0/xdp_stats_map")
	make_anew v0
	expect_status 0 pin_maps v0
	[[ $errors == *"$BPFFS/v0 belonged to an interface that is gone"*"its maps are inherited"* ]] ||
		fail "it says: $errors"
	expect_states "replaced xdp xdp_stats_map"
	expect_counter "$BPFFS/v0/xdp_stats_map%old-$old" 2 4 400
	expect_status 0 pin_maps v0
	[[ -z $errors ]] || fail "it says so again: $errors"
}

test_fresh_drops_what_an_interface_that_is_gone_left()
{
	local old before

	link_xdp v0 objects/xdp_pass.o
	link_tc v0 egress objects/tc_pass.o
	pin_maps v0 >/dev/null
	old=$(map_id "$BPFFS/v0/xdp_stats_map")
	make_anew v0
	before=$(snapshot)
	expect_status 0 pin_maps --fresh --dry-run v0
	expect_unchanged "$before"
	expect_status 0 pin_maps --fresh v0
	[[ $errors == *"its maps are dropped"* ]] || fail "it says: $errors"
	expect_id "$BPFFS/v0/xdp_stats_map" "$(prog_maps "$(prog_id v0)")"
	[[ $(find "$BPFFS/v0" -type f) == "$BPFFS/v0/xdp_stats_map" ]] || fail "more is left:
$(find "$BPFFS/v0" -type f)"
	! exists map "$old" || fail "map $old lives on"
}

test_fresh_drops_nothing_of_an_interface_that_lives()
{
	local before

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	ip -force link set dev v0 xdpgeneric obj objects/xdp_drop.o sec xdp
	pin_maps v0 >/dev/null
	before=$(snapshot)
	expect_status 0 pin_maps --fresh v0
	expect_unchanged "$before"
	[[ $errors == *"--fresh drops nothing: $BPFFS/v0 is of this interface, "*"hint: to be rid of its maps: unload --all --purge v0, "* ]] ||
		fail "it says: $errors"
}

# What the hint says is what still works.
test_who_inherits_is_told_how_to_be_rid_of_it()
{
	load v0 objects/xdp_drop.o >/dev/null
	send 3
	make_anew v0
	ip link set dev v0 xdpgeneric off
	expect_status 0 load --dry-run v0 objects/xdp_drop.o
	[[ $errors == *"hint: --fresh drops them instead"* ]] || fail "it says: $errors"
	expect_status 0 load v0 objects/xdp_drop.o
	[[ $errors == *"its maps are inherited"*"to be rid of them, unload --all --purge v0, and begin anew"* ]] ||
		fail "it says: $errors"
	expect_status 0 load --fresh v0 objects/xdp_drop.o
	[[ $errors == *"--fresh drops nothing"* ]] || fail "it says: $errors"
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 3 300
	unload --all --purge v0 >/dev/null
	load v0 objects/xdp_drop.o >/dev/null
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 0 0
}

test_a_directory_that_others_may_write_in_is_made_roots_again()
{
	local mode

	load v0 objects/xdp_pass.o >/dev/null
	for mode in 777 730 702; do
		chmod "$mode" "$BPFFS/v0"
		run doctor v0
		[[ $output == *"problem  others than root may write in its directory of pins"* ]] || fail "$mode: it says: $output"
		expect_status 0 load --dry-run v0 objects/xdp_drop.o
		[[ $errors == *"could write in $BPFFS/v0 (mode 0$mode): that would end"* ]] || fail "$mode: it says: $errors"
		[[ $(stat -c %a "$BPFFS/v0") == "$mode" ]] || fail "a dry run changed it"
		expect_status 0 load v0 objects/xdp_pass.o
		[[ $errors == *"could write in $BPFFS/v0 (mode 0$mode): that ends"*"hint: see that its pins "*"status v0"* ]] ||
			fail "$mode: it says: $errors"
		(($(stat -c 0%a "$BPFFS/v0") & 022)) && fail "$mode: $(stat -c %a "$BPFFS/v0")"
	done
	run doctor v0
	[[ $output != *"others than root may write"* ]] || fail "it says: $output"
	expect_status 0 load v0 objects/xdp_pass.o
	[[ $errors != *"could write"* ]] || fail "it says: $errors"
}

test_an_ifindex_that_is_used_again_is_another_interface()
{
	local index before

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	index=$(ifindex v0)
	before=$(snapshot "$BPFFS/v0")
	ip link del dev v0
	ip link add name w0 index "$index" type veth peer name q0
	ip link set dev w0 up
	link_xdp w0 objects/xdp_pass.o
	expect_status 0 pin_maps w0
	expect_states "pinned xdp xdp_stats_map"
	[[ -z $errors ]] || fail "it says: $errors"
	expect_unchanged "$before" "$BPFFS/v0"
}

test_the_directory_follows_to_another_namespace_and_back()
{
	local id

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	ip link set dev v0 netns peer
	[[ $(in_peer ip -d link show dev v0) == *prog/xdp* ]] || skip "needs XDP that survives a move"
	expect_status 0 pin_maps --netns peer v0
	[[ $errors == *"v0 came from another network namespace: its directory followed to \
$BPFFS/%ifbpf/ns/"* ]] ||
		fail "it says: $errors"
	expect_states "kept xdp xdp_stats_map"
	expect_id "$BPFFS/%ifbpf/ns/$(peer_cookie)/v0/xdp_stats_map" "$id"
	[[ ! -e $BPFFS/v0 ]] || fail "it is still at home as well"
	in_peer ip link set dev v0 netns $$
	expect_status 0 pin_maps v0
	expect_states "kept xdp xdp_stats_map"
	expect_id "$BPFFS/v0/xdp_stats_map" "$id"
}

# remove_both: the v0 of here and the one that went to the peer, with all that they left.
remove_both()
{
	expect_status 0 unload --all --purge v0
	expect_status 0 unload --netns peer --all --purge v0
	in_peer ip link del dev v0
	ip link del dev placeholder
	expect_status 0 gc --grace 0
}

# leave_v0 COMMAND...: v0 with what the command put on it goes to the peer's namespace, and is up
# there; another interface has its name then. MAC: the address that it gets on the way.
leave_v0()
{
	"$@" >/dev/null
	ip link set dev v0 netns peer
	index=$(in_peer ip -o link show dev v0 | cut -d: -f1)
	[[ -z ${MAC-} ]] || in_peer ip link set dev v0 address "$MAC"
	in_peer ip link set dev v0 up
	ip link add dev placeholder type veth peer name p1
	make_veth v0
}

# expect_it_followed ID INODE COMMAND...: the command says and does so; what runs there goes on.
expect_it_followed()
{
	local there id=$1 inode=$2

	shift 2
	expect_status 0 "$@"
	there=$BPFFS/%ifbpf/ns/$(peer_cookie)/v0
	[[ $errors == *"$BPFFS/v0 belongs to an interface that is now v0 (ifindex $index) in network \
namespace peer: it followed to $there"* && $errors != *inherited* ]] || fail "it says: $errors"
	expect_id "$there/xdp_stats_map" "$id"
	[[ $(stat -c %i "$there") == "$inode" ]] || fail "another directory is there"
	[[ $(map_id "$BPFFS/v0/xdp_stats_map") != "$id" ]] || fail "the map is shared"
}

test_a_new_interface_takes_nothing_from_one_that_moved()
{
	local how index id inode running before

	for how in --link --netlink; do
		leave_v0 load $how -m skb v0 objects/xdp_drop.o
		id=$(map_id "$BPFFS/v0/xdp_stats_map") inode=$(stat -c %i "$BPFFS/v0")
		running=$(prog_id v0 peer)
		[[ -n $running ]] || skip "needs XDP that survives a move"
		before=$(snapshot)
		expect_status 0 load $how -m skb --dry-run v0 objects/xdp_pass.o
		[[ $errors == *"it would follow to $BPFFS/%ifbpf/ns/"* ]] || fail "it says: $errors"
		expect_unchanged "$before"
		expect_it_followed "$id" "$inode" load $how --fresh -m skb v0 objects/xdp_pass.o
		[[ $(prog_id v0 peer) == "$running" ]] || fail "$how: runs $(prog_id v0 peer)"
		expect_status 0 load --netns peer $how -m skb v0 objects/xdp_pass.o
		expect_id "$BPFFS/%ifbpf/ns/$(peer_cookie)/v0/xdp_stats_map" "$id"
		remove_both
	done
}

test_killed_while_a_directory_follows_nothing_is_lost()
{
	local index id running call n killed=0

	for call in renameat renameat2; do
		for n in 1 2 3; do
			leave_v0 load --link -m skb v0 objects/xdp_drop.o
			id=$(map_id "$BPFFS/v0/xdp_stats_map")
			running=$(prog_id v0 peer)
			[[ -n $running ]] || skip "needs XDP that survives a move"
			run with_fault "$call:signal=KILL:when=$n" load -m skb v0 objects/xdp_pass.o
			((killed += status != 0, 1))
			[[ $(prog_id v0 peer) == "$running" ]] || fail "$call $n: it is off"
			expect_status 0 pin_maps --netns peer v0
			expect_status 0 load -m skb v0 objects/xdp_pass.o
			[[ $(prog_id v0 peer) == "$running" ]] || fail "$call $n: it is off in the end"
			expect_id "$BPFFS/%ifbpf/ns/$(peer_cookie)/v0/xdp_stats_map" "$id"
			[[ $(map_id "$BPFFS/v0/xdp_stats_map") != "$id" ]] || fail "$call $n: shared"
			remove_both
		done
	done
	# To send the old one after it, to write its record, and to put the new one in its place.
	((killed >= 3)) || fail "killed $killed times only"
}

test_a_new_interface_takes_no_tcx_link_from_one_that_moved()
{
	local index

	need_tcx
	leave_v0 load --link --tc tcx v0 objects/tc_pass.o
	runs_in_peer tc_pass || skip "needs tcx that survives a move"
	expect_status 0 load --link --tc tcx v0 objects/tc_drop.o
	[[ $errors == *" it followed to "* ]] || fail "it says: $errors"
	runs_in_peer tc_pass || fail "it is off"
}

runs_in_peer() { [[ $(in_peer "$PWD/pinning/status" v0) == *" $1 "*" tcx "* ]]; }

# By its link, where nothing else is as it was.
test_what_moved_under_another_name_and_address_is_found_by_its_link()
{
	local index running MAC=02:00:00:00:07:07

	leave_v0 load --link -m skb v0 objects/xdp_drop.o
	rename_in_peer v0 eth7
	running=$(prog_id eth7 peer)
	[[ -n $running ]] || skip "needs XDP that survives a move"
	expect_status 0 load -m skb v0 objects/xdp_pass.o
	[[ $errors == *"is now eth7 (ifindex $index) in network namespace peer: it followed to "* ]] ||
		fail "it says: $errors"
	[[ $(prog_id eth7 peer) == "$running" ]] || fail "it is off"
	expect_status 0 pin_maps --netns peer eth7
	[[ $output == *"kept"* && -z $errors ]] || fail "it says: $output $errors"
}

rename_in_peer()
{
	in_peer ip link set dev "$1" down
	in_peer ip link set dev "$1" name "$2"
	in_peer ip link set dev "$2" up
}

test_a_place_that_is_taken_there_is_refused()
{
	local index running

	in_peer ip link add dev v0 type veth peer name q0
	in_peer ip link set dev v0 xdpgeneric obj objects/xdp_pass.o sec xdp
	pin_maps --netns peer v0 >/dev/null
	in_peer ip link del dev v0
	leave_v0 load --link -m skb v0 objects/xdp_drop.o
	running=$(prog_id v0 peer)
	[[ -n $running ]] || skip "needs XDP that survives a move"
	expect_fail "cannot use $BPFFS/v0: it belongs to an interface that is now v0 (ifindex $index) in \
network namespace peer" load -m skb v0 objects/xdp_pass.o
	[[ $status == 2 && $errors == *"hint: "*": pin_maps --netns peer v0"* ]] || fail "no way out: $errors"
	[[ $(prog_id v0 peer) == "$running" ]] || fail "it is off"
	expect_status 0 pin_maps --netns peer v0
	expect_status 0 load -m skb v0 objects/xdp_pass.o
	[[ $(prog_id v0 peer) == "$running" ]] || fail "it is off"
}

test_a_link_on_an_interface_that_nobody_finds_is_left_alone()
{
	local index running before

	leave_v0 load --link -m skb v0 objects/xdp_drop.o
	running=$(prog_id v0 peer)
	[[ -n $running ]] || skip "needs XDP that survives a move"
	hide_netns peer
	before=$(snapshot)
	expect_refusal "cannot use $BPFFS/v0: its link of xdp holds a program on an interface that is not \
found" "$before" load -m skb v0 objects/xdp_pass.o
	[[ $(in_hidden_netns peer ip -d link show dev v0) == *"prog/xdp id $running "* ]] || fail "it is off"
}

# No name leads to the namespace, and no process is in it: but one has it open, or it is mounted.
test_what_moved_where_only_a_descriptor_or_a_mount_leads_is_found()
{
	local how index running path leads

	for how in descriptor mount; do
		leave_v0 load -m skb v0 objects/xdp_drop.o
		running=$(prog_id v0 peer)
		[[ -n $running ]] || skip "needs XDP that survives a move"
		exec 9</run/netns/peer
		path=/proc/self/fd/9 leads='/proc/[0-9]*/fd/9'
		if [[ $how == mount ]]; then
			path=/run/there leads=/run/there
			touch "$path"
			mount --bind /run/netns/peer "$path"
			exec 9<&-
		fi
		umount -l /run/netns/peer
		expect_status 0 load -m skb v0 objects/xdp_pass.o
		grep -q "is now v0 (ifindex $index) in network namespace $leads: it followed to " <<<"$errors" ||
			fail "by a $how: it says: $errors"
		mount -c --bind "$path" /run/netns/peer
		exec 9<&-
		[[ $(prog_id v0 peer) == "$running" ]] || fail "by a $how: it is off"
		remove_both
	done
}

# An address can be that of several interfaces, which share a program.
test_another_interface_of_the_same_address_has_a_directory_of_its_own()
{
	local mac

	make_veth w0
	mac=$(ip -o link show dev v0 | sed 's/.* link[/]ether \([^ ]*\).*/\1/')
	ip link set dev w0 address "$mac"
	load -m skb --shared v0 w0 objects/xdp_pass.o >/dev/null
	ip link del dev v0
	ip link add dev placeholder type veth peer name p1
	make_veth v0
	ip link set dev v0 address "$mac"
	expect_status 0 load -m skb v0 objects/xdp_drop.o
	[[ $errors == *"its maps are inherited"* ]] || fail "it says: $errors"
	[[ -e $BPFFS/w0/xdp_stats_map ]] || fail "that of w0 is gone"
}

test_its_own_directory_wins_over_that_of_a_name_that_vanished()
{
	local own old inode before

	make_veth b0
	load -m skb v0 objects/xdp_pass.o >/dev/null
	load -m skb --link b0 objects/xdp_drop.o >/dev/null
	own=$(map_id "$BPFFS/b0/xdp_stats_map") old=$(map_id "$BPFFS/v0/xdp_stats_map")
	inode=$(stat -c %i "$BPFFS/b0")
	ip link del dev v0
	rename_link b0 v0
	before=$(snapshot)
	expect_status 0 pin_maps --dry-run v0
	[[ $errors == *"what it left would go to $BPFFS/b0"*"its directory would follow to $BPFFS/v0"* ]] ||
		fail "it says: $errors"
	expect_unchanged "$before"
	expect_status 0 pin_maps v0
	[[ $errors == *"$BPFFS/v0 belonged to an interface that is gone (ifindex "*": what it left goes to \
$BPFFS/b0, until 'gc' removes it"*"v0 was b0: its directory followed to $BPFFS/v0"* ]] ||
		fail "it says: $errors"
	expect_id "$BPFFS/v0/xdp_stats_map" "$own"
	expect_id "$BPFFS/b0/xdp_stats_map" "$old"
	[[ $(stat -c %i "$BPFFS/v0") == "$inode" ]] || fail "another directory is there"
	expect_status 0 load -m skb --link v0 objects/xdp_pass.o
	expect_id "$BPFFS/v0/xdp_stats_map" "$own"
	expect_status 0 gc --grace 0
	[[ ! -e $BPFFS/b0 ]] || fail "what vanished stays: $output"
	expect_status 0 unload v0
}

test_what_was_put_aside_says_whose_it_was_and_is_not_inherited()
{
	local index old

	make_veth b0
	load -m skb v0 objects/xdp_pass.o >/dev/null
	load -m skb b0 objects/xdp_drop.o >/dev/null
	index=$(ifindex v0)
	ip link del dev v0
	rename_link b0 v0
	pin_maps v0 >/dev/null 2>&1
	old=$(map_id "$BPFFS/b0/xdp_stats_map")
	ip link add dev placeholder type veth peer name p1
	make_veth b0
	expect_status 0 load -m skb b0 objects/xdp_pass.o
	[[ $errors == *"$BPFFS/b0 belonged to an interface that is gone (v0, ifindex $index): its maps are \
dropped"* && $errors != *"hint: --fresh"* ]] || fail "it says: $errors"
	[[ $(map_id "$BPFFS/b0/xdp_stats_map") != "$old" && -z $(old_maps "$BPFFS/b0") ]] ||
		fail "it counts on in map $old: $(ls "$BPFFS/b0")"
}

test_an_interface_that_is_not_there_is_named()
{
	local before

	ready
	before=$(snapshot)
	expect_refusal "cannot find interface nope: No such device" "$before" pin_maps nope
	expect_refusal "cannot find interface '': " "$before" pin_maps ''
	expect_refusal "cannot find interface ../v0: " "$before" pin_maps ../v0
	expect_refusal "cannot find interface $(printf 'n%.0s' {1..300}): " "$before" \
		pin_maps "$(printf 'n%.0s' {1..300})"
}

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

test_a_directory_of_root_without_a_record_is_adopted()
{
	mkdir -m 755 "$BPFFS/v0"
	link_xdp v0 objects/xdp_pass.o
	expect_status 0 pin_maps v0
	[[ $errors == "pin_maps: adopted $BPFFS/v0, which had no record"* ]] || fail "it says: $errors"
	[[ $(stat -c %a "$BPFFS/v0") == 700 ]] || fail "mode $(stat -c %a "$BPFFS/v0")"
	expect_status 0 pin_maps v0
	[[ -z $errors ]] || fail "it says so again: $errors"
}

test_a_directory_of_somebody_else_is_refused()
{
	local before

	ready
	as_user mkdir "$BPFFS/v0"
	before=$(snapshot)
	expect_refusal "cannot use $BPFFS/v0, a directory that belongs to uid $NOBODY" "$before" \
		pin_maps v0
}

test_a_symlink_in_place_of_a_directory_is_refused()
{
	local before

	ready
	as_user ln -s "$BPFFS/w0" "$BPFFS/v0"
	before=$(snapshot)
	expect_refusal "cannot use $BPFFS/v0, a symlink made by uid $NOBODY" "$before" pin_maps v0
	rm "$BPFFS/v0"
	ln -s w0 "$BPFFS/v0"
	before=$(snapshot)
	expect_refusal "cannot use $BPFFS/v0, a symlink made by uid 0" "$before" pin_maps v0
}

test_a_pin_in_place_of_a_directory_is_refused()
{
	local before

	ready
	bpftool prog pin id "$(prog_id v0)" "$BPFFS/v0"
	before=$(snapshot)
	expect_refusal "cannot use $BPFFS/v0, which is no directory" "$before" pin_maps v0
}

test_our_own_directory_squatted_is_refused()
{
	local before

	link_xdp v0 objects/xdp_pass.o
	as_user mkdir "$BPFFS/%ifbpf"
	before=$(snapshot)
	expect_refusal "cannot use $BPFFS/%ifbpf, a directory that belongs to uid $NOBODY" "$before" \
		pin_maps v0
	rmdir "$BPFFS/%ifbpf"
	as_user mkdir /run/tmp/elsewhere
	as_user ln -s /run/tmp/elsewhere "$BPFFS/%ifbpf"
	before=$(snapshot)
	expect_refusal "cannot use $BPFFS/%ifbpf, a symlink made by uid $NOBODY" "$before" pin_maps v0
	[[ -z $(ls -A /run/tmp/elsewhere) ]] || fail "it wrote through the symlink"
}

test_a_squatted_egress_directory_is_refused()
{
	local before

	ready
	mkdir -m 777 "$BPFFS/v0"
	as_user mkdir "$BPFFS/v0/%egress"
	link_tc v0 egress objects/tc_pass.o
	expect_status 2 pin_maps v0
	[[ $errors == *"cannot "*" $BPFFS/v0"*"%egress"* ]] || fail "it says: $errors"
	[[ -z $(find "$BPFFS/v0/%egress" -mindepth 1) ]] || fail "pinned for somebody else"
	expect_status 0 pin_maps w0
}

# damage TEXT: the record of v0 says this.
damage()
{
	rm -f "$BPFFS/v0/%meta"
	ln -s "$1" "$BPFFS/v0/%meta"
}

test_a_record_of_another_version_is_refused_and_never_rewritten()
{
	local before text

	ready
	pin_maps v0 >/dev/null
	for text in 'v=2;gen=7;name=v0' 'v=10;gen=2' 'v=2'; do
		damage "$text"
		before=$(snapshot)
		expect_refusal "cannot read the record of $BPFFS/v0: " "$before" pin_maps v0
		[[ $errors == *"hint: a newer version of ifbpf wrote it"* ]] || fail "it says: $errors"
		expect_refusal "cannot read the record of $BPFFS/v0: " "$before" pin_maps --fresh v0
	done
}

test_a_damaged_record_is_refused_and_never_rewritten()
{
	local before text

	ready
	pin_maps v0 >/dev/null
	for text in 'garbage' 'v=' 'v=1;gen' 'v=1;gen=x' 'v=1;gen=2;ifindex=99999999999' \
		'v=1;gen=2;xdp=prog:-1' 'v=1;gen=2;name=%zz' 'v=1;gen=2;name=far-too-long-a-name'; do
		damage "$text"
		before=$(snapshot)
		expect_refusal "cannot read the record of $BPFFS/v0: " "$before" pin_maps v0
	done
	rm "$BPFFS/v0/%meta"
	mkdir "$BPFFS/v0/%meta"
	before=$(snapshot)
	expect_refusal "cannot read the record of $BPFFS/v0: " "$before" pin_maps v0
}

test_a_damaged_record_is_written_anew_as_the_hint_says()
{
	local id command

	load v0 objects/xdp_pass.o >/dev/null
	load --hook tc_egress v0 objects/tc_pass.o >/dev/null
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	send 3
	damage garbage
	expect_status 2 load v0 objects/xdp_drop.o
	command=$(sed -n 's/.*the pins stay: //p' <<<"$errors")
	[[ $command == "rm -r $BPFFS/v0/%meta && pin_maps v0" ]] || fail "it says: $errors"
	bash -c "$command" >/dev/null
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 300
	[[ $(map_id "$BPFFS/v0/xdp_stats_map") == "$id" ]] || fail "another map has the name"
	expect_status 0 load v0 objects/xdp_drop.o
	expect_status 0 unload --all v0
}

test_a_root_record_of_another_version_is_refused()
{
	local before

	ready
	rm "$BPFFS/%ifbpf/%root"
	ln -s 'v=2;gen=0;netns=1' "$BPFFS/%ifbpf/%root"
	before=$(snapshot)
	expect_refusal "cannot read the record $BPFFS/%ifbpf/%root: " "$before" pin_maps v0
	[[ $errors == *"newer version"* && $errors != *"rm "* ]] || fail "it says: $errors"
}

test_a_damaged_root_record_is_written_anew_by_what_is_told()
{
	local before command

	ready
	pin_maps v0 >/dev/null
	before=$(readlink "$BPFFS/%ifbpf/%root")
	ln -snf 'gen=0;netns=1' "$BPFFS/%ifbpf/%root"
	expect_refusal "cannot read the record $BPFFS/%ifbpf/%root: " "$(snapshot)" load v0 objects/xdp_drop.o
	command=$(sed -n 's/.*IFNAME: \(rm .*\)IFNAME$/\1v0/p' <<<"$errors")
	[[ $command == "rm '$BPFFS/%ifbpf/%root' && pin_maps v0" || $command == "rm $BPFFS/%ifbpf/%root && pin_maps v0" ]] ||
		fail "it says: $errors"
	bash -ec "$command" >/dev/null
	[[ $(readlink "$BPFFS/%ifbpf/%root") == "$before" ]] ||
		fail "it was $before and is $(readlink "$BPFFS/%ifbpf/%root")"
	expect_status 0 load v0 objects/xdp_drop.o
}

test_fields_that_we_do_not_know_stay_in_the_record()
{
	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	damage "$(readlink "$BPFFS/v0/%meta" | sed 's/;xdp=/;colour=blue;xdp=/')"
	ip -force link set dev v0 xdpgeneric obj objects/xdp_drop.o sec xdp
	expect_status 0 pin_maps v0
	[[ $(readlink "$BPFFS/v0/%meta") == *";colour=blue"* ]] ||
		fail "the record is $(readlink "$BPFFS/v0/%meta")"
}

test_pins_are_roots_alone_under_any_umask()
{
	local path

	link_xdp v0 objects/xdp_pass.o
	link_tc v0 egress objects/tc_pass.o
	(umask 0 && pin_maps v0 >/dev/null)
	for path in v0 v0/%egress %ifbpf/lock %ifbpf/stage; do
		[[ $(stat -c %a "$BPFFS/$path") == 700 ]] || fail "$path: $(stat -c %a "$BPFFS/$path")"
	done
	for path in %ifbpf %ifbpf/ns; do
		[[ $(stat -c %a "$BPFFS/$path") == 711 ]] || fail "$path: $(stat -c %a "$BPFFS/$path")"
	done
	for path in xdp_stats_map %egress/tc_stats_map; do
		[[ $(stat -c %a "$BPFFS/v0/$path") == 600 ]] || fail "$path: $(stat -c %a "$BPFFS/v0/$path")"
	done
}

test_a_root_of_0700_is_good_enough_for_root()
{
	chmod 0700 "$BPFFS"
	link_xdp v0 objects/xdp_pass.o
	expect_own_map_at_home
	expect_status 2 as_user "$PWD/build/tests/reader" list v0
	[[ $errors == *"cannot "* ]] || fail "it says: $errors"
}

test_a_group_may_read_the_maps_and_nobody_else()
{
	local path

	chmod 0711 "$BPFFS"
	link_xdp v0 "$BUILT/hooks.o"
	link_tc v0 egress objects/tc_pass.o
	expect_status 0 pin_maps --group $NOBODY v0
	send 4
	expect_status 0 as_user "$PWD/build/tests/reader" list v0
	[[ $output == *$'\n'"flows $(map_id "$BPFFS/v0/flows") 4"* &&
		$output == *$'\n'"%egress/tc_stats_map $(map_id "$BPFFS/v0/%egress/tc_stats_map") "* ]] ||
		fail "the group reads: $output"
	for path in v0 v0/%egress; do
		[[ $(stat -c '%a %u %g' "$BPFFS/$path") == "750 0 $NOBODY" ]] ||
			fail "$path: $(stat -c '%a %u %g' "$BPFFS/$path")"
	done
	for path in flows %egress/tc_stats_map; do
		[[ $(stat -c '%a %u %g' "$BPFFS/v0/$path") == "440 0 $NOBODY" ]] ||
			fail "$path: $(stat -c '%a %u %g' "$BPFFS/v0/$path")"
	done
	expect_fail "Permission denied" setpriv --reuid 12345 --regid 12345 --clear-groups \
		--inh-caps -all --bounding-set -all "$PWD/build/tests/reader" list v0
	run as_user bpftool map update pinned "$BPFFS/v0/flows" key 0 0 0 0 value 0 0 0 0 0 0 0 0
	[[ $status != 0 && $errors == *"Permission denied"* ]] || fail "the group writes: $errors"
}

test_a_group_stays_let_in_when_the_maps_are_replaced()
{
	chmod 0711 "$BPFFS"
	link_xdp v0 objects/xdp_pass.o
	pin_maps --group nogroup v0 >/dev/null
	ip -force link set dev v0 xdpgeneric obj objects/xdp_drop.o sec xdp
	pin_maps v0 >/dev/null
	expect_status 0 as_user "$PWD/build/tests/reader" list v0
	[[ $(grep -c '^xdp_stats_map' <<<"$output") == 2 ]] || fail "the group reads: $output"
}

test_a_group_is_refused_where_it_could_write()
{
	local before

	ready
	before=$(snapshot)
	expect_refusal "cannot let group $NOBODY read: others than root can write $BPFFS, " "$before" \
		pin_maps --group $NOBODY v0
	[[ $errors == *"hint: "*"chmod 0711 '$BPFFS'"* ]] || fail "no way out: $errors"
	chmod 0711 "$BPFFS"
	mkdir "$BPFFS/shared"
	chmod 0770 "$BPFFS/shared"
	chgrp $NOBODY "$BPFFS/shared"
	before=$(snapshot)
	expect_refusal "cannot let group $NOBODY read: others than root can write $BPFFS/shared, " "$before" \
		pin_maps --group $NOBODY v0
}

test_a_group_is_refused_that_cannot_pass_the_root()
{
	local before

	ready
	chmod 0700 "$BPFFS"
	before=$(snapshot)
	expect_refusal "cannot let group $NOBODY read: it cannot enter $BPFFS (mode 0700)" "$before" \
		pin_maps --group $NOBODY v0
	[[ $errors == *"chmod 0711 '$BPFFS'"* ]] || fail "no way out: $errors"
}

test_a_group_that_is_not_there_is_named()
{
	local before

	ready
	chmod 0711 "$BPFFS"
	before=$(snapshot)
	expect_refusal "cannot find group nope" "$before" pin_maps --group nope v0
	expect_refusal "cannot find group -1" "$before" pin_maps --group -1 v0
	expect_refusal "cannot find group 4294967297" "$before" pin_maps --group 4294967297 v0
	expect_refusal "cannot find group nope" "$before" pin_maps --dry-run --group nope v0
}
