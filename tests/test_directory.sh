# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whose directory: names, network namespaces, and interfaces that are made anew.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/directory.sh

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
