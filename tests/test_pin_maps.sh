# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pin_maps: which maps it finds, what it does with each, what it says, and its exit status.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh

# bare_prog OBJECT TYPE PIN: load it with no map pinned, the program at PIN.
bare_prog() { bpftool prog load "$1" "$3" type "$2"; }

# dumped PATH KEY: packets and bytes of a slot by 'bpftool map dump', which knows the BTF.
dumped()
{
	bpftool map dump pinned "$1" | awk -v wanted="$2," '
		$1 == "\"key\":" { slot = $2 }
		slot == wanted && $1 == "\"rx_packets\":" { packets += $2 }
		slot == wanted && $1 == "\"rx_bytes\":" { bytes += $2 }
		END { print packets, bytes }'
}

test_a_session_with_stock_ip_and_tc_counts_exactly_what_was_sent()
{
	link_xdp v0 objects/xdp_pass.o
	send 7 200
	expect_status 0 pin_maps v0
	expect_states "pinned xdp xdp_stats_map"
	send 3
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 10 handle 1 bpf da obj objects/tc_pass.o sec tc
	tc filter add dev v0 egress pref 10 handle 1 bpf da obj objects/tc_pass.o sec tc
	expect_status 0 pin_maps v0
	expect_states "kept xdp xdp_stats_map" "pinned tc_ingress tc_stats_map" \
		"pinned tc_egress tc_stats_map"
	send 4
	send_out 5 150
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 14 2100
	expect_counter "$BPFFS/v0/tc_stats_map" 0 4 400
	expect_counter "$BPFFS/v0/%egress/tc_stats_map" 0 5 750
	[[ $(dumped "$BPFFS/v0/xdp_stats_map" 2) == "14 2100" &&
		$(dumped "$BPFFS/v0/tc_stats_map" 0) == "4 400" &&
		$(dumped "$BPFFS/v0/%egress/tc_stats_map" 0) == "5 750" ]] ||
		fail "bpftool map dump shows something else"
	expect_status 0 stats v0
	[[ $(tr -s ' ' <<<"$output") == "v0 xdp XDP_PASS 14 packets 2100 bytes
v0 tc_ingress TC_ACT_OK 4 packets 400 bytes
v0 tc_egress TC_ACT_OK 5 packets 750 bytes" ]] || fail "stats says: $output"
}

test_the_line_of_a_map_says_all_about_it()
{
	local id prog

	link_xdp v0 objects/xdp_pass.o
	prog=$(prog_id v0)
	id=$(prog_maps "$prog")
	expect_status 0 pin_maps v0
	[[ $(head -n 1 <<<"$output" | tr -s ' ') == "pinned xdp xdp_stats_map id $id percpu_array key 4 B\
 value 16 B entries 5 program xdp_pass id $prog" ]] || fail "it says: $output"
	[[ $(tail -n 1 <<<"$output") == "v0: 1 of 1 maps in $BPFFS/v0" ]] || fail "it says: $output"
	[[ -z $errors ]] || fail "messages without need: $errors"
}

test_json_has_what_the_text_has()
{
	local id prog netns

	link_xdp v0 objects/xdp_pass.o
	prog=$(prog_id v0)
	id=$(prog_maps "$prog")
	expect_status 0 pin_maps --json v0
	netns=$(json_netns "$BPFFS/v0")
	[[ $output == "{\"schema\":\"ifbpf.pin/1\",\"ifname\":\"v0\",\"ifindex\":$(ifindex v0),\
\"netns\":$netns,\"path\":\"$BPFFS/v0\",\"gen\":2,\"dry_run\":false,\"maps\":[{\"state\":\"pinned\",\
\"hook\":\"xdp\",\"name\":\"xdp_stats_map\",\"id\":$id,\"type\":\"percpu_array\",\"key_size\":4,\
\"value_size\":16,\"max_entries\":5,\"program\":{\"name\":\"xdp_pass\",\"id\":$prog},\
\"path\":\"$BPFFS/v0/xdp_stats_map\",\"old_id\":null,\"shared_with\":null,\"reason\":null}],\
\"internal_skipped\":0,\"carried\":[]}" ]] || fail "it says: $output"
}

test_json_says_what_was_replaced_and_refused()
{
	local old

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	old=$(map_id "$BPFFS/v0/xdp_stats_map")
	ip -force link set dev v0 xdpgeneric obj objects/xdp_drop.o sec xdp
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 10 handle 1 bpf da obj objects/tc_pass.o sec tc
	tc filter add dev v0 ingress pref 20 handle 1 bpf da obj objects/tc_pass.o sec tc
	expect_status 3 pin_maps -j --dry-run v0
	[[ $output == *'"dry_run":true'* && $output == *'"state":"replaced"'*"\"old_id\":$old"* &&
		$output == *'"state":"refused"'*'"path":null'*'"reason":"its name belongs to map '* ]] ||
		fail "it says: $output"
}

test_a_second_run_keeps_everything_as_it_is()
{
	local before

	link_xdp v0 objects/xdp_pass.o
	link_tc v0 ingress objects/tc_pass.o
	link_tc v0 egress objects/tc_pass.o
	pin_maps v0 >/dev/null
	before=$(snapshot)
	expect_status 0 pin_maps v0
	expect_states "kept xdp xdp_stats_map" "kept tc_ingress tc_stats_map" \
		"kept tc_egress tc_stats_map"
	expect_unchanged "$before"
}

test_a_replaced_map_stays_as_old_with_its_counts()
{
	local old new before

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	old=$(map_id "$BPFFS/v0/xdp_stats_map")
	send 6
	ip -force link set dev v0 xdpgeneric obj objects/xdp_drop.o sec xdp
	new=$(prog_maps "$(prog_id v0)")
	send 2
	expect_status 0 pin_maps v0
	expect_states "replaced xdp xdp_stats_map"
	[[ $output == *"(map $old stays as $BPFFS/v0/xdp_stats_map%old-$old)"* ]] || fail "not said: $output"
	expect_id "$BPFFS/v0/xdp_stats_map" "$new"
	expect_id "$BPFFS/v0/xdp_stats_map%old-$old" "$old"
	expect_counter "$BPFFS/v0/xdp_stats_map%old-$old" 2 6 600
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 2 200
	[[ $(generation "$BPFFS/v0") == 4 ]] || fail "generation $(generation "$BPFFS/v0")"
	expect_status 0 stats v0
	[[ $(tr -s ' ' <<<"$output") == "v0 xdp XDP_DROP 2 packets 200 bytes
v0 xdp XDP_PASS 6 packets 600 bytes" ]] || fail "stats says: $output"
	before=$(snapshot)
	expect_status 0 pin_maps v0
	expect_states "kept xdp xdp_stats_map"
	expect_unchanged "$before"
}

test_a_map_that_is_back_in_use_is_no_old_one_any_more()
{
	local first second

	bare_prog objects/xdp_pass.o xdp "$BPFFS/first"
	bare_prog objects/xdp_pass.o xdp "$BPFFS/second"
	ip link set dev v0 xdpgeneric pinned "$BPFFS/first"
	pin_maps v0 >/dev/null
	first=$(map_id "$BPFFS/v0/xdp_stats_map")
	ip -force link set dev v0 xdpgeneric pinned "$BPFFS/second"
	pin_maps v0 >/dev/null
	second=$(map_id "$BPFFS/v0/xdp_stats_map")
	[[ $(old_maps "$BPFFS/v0") == "xdp_stats_map%old-$first" ]] || fail "$(old_maps "$BPFFS/v0")"
	ip -force link set dev v0 xdpgeneric pinned "$BPFFS/first"
	pin_maps v0 >/dev/null
	expect_id "$BPFFS/v0/xdp_stats_map" "$first"
	[[ $(old_maps "$BPFFS/v0") == "xdp_stats_map%old-$second" ]] ||
		fail "it would be counted twice: $(old_maps "$BPFFS/v0")"
}

test_maps_that_others_keep_pinned_are_left_to_them_without_foreign()
{
	local id before

	mkdir "$BPFFS/theirs"
	bpftool prog load objects/xdp_pass.o "$BPFFS/theirs/prog" type xdp pinmaps "$BPFFS/theirs"
	id=$(map_id "$BPFFS/theirs/xdp_stats_map")
	before=$(snapshot "$BPFFS/theirs")
	ip link set dev v0 xdpgeneric pinned "$BPFFS/theirs/prog"
	expect_status 0 pin_maps v0
	expect_states "foreign xdp xdp_stats_map"
	[[ $output == *"(others keep it at $BPFFS/theirs/xdp_stats_map)"* ]] || fail "not said: $output"
	[[ ! -e $BPFFS/v0/xdp_stats_map ]] || fail "it was pinned"
	expect_status 0 pin_maps --json v0
	[[ $output == *'"state":"foreign"'*"\"path\":\"$BPFFS/theirs/xdp_stats_map\""* ]] ||
		fail "it says: $output"
	expect_status 0 pin_maps --foreign v0
	expect_states "pinned xdp xdp_stats_map"
	expect_id "$BPFFS/v0/xdp_stats_map" "$id"
	expect_status 0 pin_maps v0
	expect_states "kept xdp xdp_stats_map"
	expect_unchanged "$before" "$BPFFS/theirs"
}

test_a_pin_in_another_bpffs_is_foreign_as_well()
{
	mkdir /run/other
	mount -t bpf bpf /run/other
	bpftool prog load objects/xdp_pass.o /run/other/prog type xdp pinmaps /run/other
	ip link set dev v0 xdpgeneric pinned /run/other/prog
	expect_status 0 pin_maps v0
	expect_states "foreign xdp xdp_stats_map"
	[[ $output == *"(others keep it at /run/other/xdp_stats_map)"* ]] || fail "not said: $output"
}

test_dry_run_says_the_same_and_changes_nothing()
{
	local before said

	link_xdp v0 objects/xdp_pass.o
	link_tc v0 egress objects/tc_pass.o
	before=$(snapshot)
	expect_status 0 pin_maps --dry-run v0
	expect_states "pinned xdp xdp_stats_map" "pinned tc_egress tc_stats_map"
	[[ $output == *"2 of 2 maps would be in $BPFFS/v0" ]] || fail "it says: $output"
	expect_unchanged "$before"
	said=$(head -n 2 <<<"$output")
	expect_status 0 pin_maps v0
	[[ $(head -n 2 <<<"$output") == "$said" ]] || fail "it did something else: $output"
	ip -force link set dev v0 xdpgeneric obj objects/xdp_drop.o sec xdp
	before=$(snapshot)
	expect_status 0 pin_maps --dry-run v0
	expect_states "replaced xdp xdp_stats_map" "kept tc_egress tc_stats_map"
	expect_unchanged "$before"
}

test_dry_run_mounts_nothing()
{
	link_xdp v0 objects/xdp_pass.o
	umount "$BPFFS"
	expect_status 2 pin_maps --dry-run v0
	[[ $errors == *"cannot find a BPF filesystem at $BPFFS"* ]] || fail "it says: $errors"
	! mountpoint -q "$BPFFS" || fail "it mounted one"
}

test_misuse_is_status_1_and_help_is_0()
{
	local before

	before=$(snapshot)
	expect_status 1 pin_maps
	[[ $errors == "pin_maps: the interface is missing"* && -z $output ]] || fail "it says: $output$errors"
	expect_status 1 pin_maps --no-such-option v0
	expect_status 1 pin_maps --netns
	expect_status 0 pin_maps --help
	[[ $output == "Usage: pin_maps "*$'\nExample: '* && -z $errors ]] || fail "$output$errors"
	expect_status 0 pin_maps --version
	[[ $output == "pin_maps $(<VERSION)" ]] || fail "it says: $output"
	expect_unchanged "$before"
}

# Of a set that is shared, a hint names each of the interfaces.
test_several_interfaces_are_done_one_after_the_other()
{
	make_veth h1
	link_xdp v0 objects/xdp_pass.o
	link_xdp h1 objects/xdp_drop.o
	expect_status 3 pin_maps v0 nosuch h1
	[[ $errors == *"cannot find interface nosuch"* ]] || fail "it says: $errors"
	[[ $output == *"v0: 1 of 1 maps in $BPFFS/v0"*"h1: 1 of 1 maps in $BPFFS/h1"* ]] || fail "it says: $output"
	[[ $(map_id "$BPFFS/v0/xdp_stats_map") != "$(map_id "$BPFFS/h1/xdp_stats_map")" ]] || fail "they have one map"
	expect_status 0 pin_maps --json v0 h1
	[[ $(grep -c '"schema":"ifbpf.pin/1"' <<<"$output") == 2 ]] || fail "it says: $output"
	expect_status 2 pin_maps nosuch nobody
}

test_maps_of_sections_are_skipped_and_counted()
{
	link_xdp v0 "$BUILT/names.o"
	expect_status 0 pin_maps v0
	[[ $output == *", 2 internal skipped" ]] || fail "it says: $output"
	[[ -z $(find "$BPFFS/v0" -name '*rodata*' -o -name '*bss*') ]] || fail "one was pinned"
	expect_status 0 pin_maps --json v0
	[[ $output == *'"internal_skipped":2,'* ]] || fail "it says: $output"
}

test_a_dot_in_a_name_makes_no_map_internal()
{
	link_xdp v0 "$BUILT/dotted.o"
	expect_status 0 pin_maps v0
	[[ $output == *", 2 internal skipped" ]] || fail "it says: $output"
	[[ -f $BPFFS/v0/deny%2Elist && -f $BPFFS/v0/the_long_deny_list%2Eof%2Ehosts &&
		-f $BPFFS/v0/limits%2Edata ]] || fail "pinned: $(ls "$BPFFS/v0")"
}

test_names_that_the_kernel_cut_are_whole_again()
{
	link_xdp v0 "$BUILT/names.o"
	expect_status 0 pin_maps v0
	expect_states "pinned xdp the_longest_name_of_all" "pinned xdp exactly_fifteen" \
		"pinned xdp addresses_of_ipv4" "pinned xdp addresses_of_ipv6"
	bpftool map show pinned "$BPFFS/v0/the_longest_name_of_all" | grep -q 'name the_longest_nam ' ||
		fail "another map has that name"
}

test_maps_of_one_cut_name_are_told_apart_by_their_shape()
{
	link_xdp v0 "$BUILT/names.o"
	pin_maps v0 >/dev/null
	bpftool map show pinned "$BPFFS/v0/addresses_of_ipv4" | grep -q 'key 4B' || fail "ipv4 is not"
	bpftool map show pinned "$BPFFS/v0/addresses_of_ipv6" | grep -q 'key 8B' || fail "ipv6 is not"
}

test_maps_that_cannot_be_told_apart_are_refused_and_the_rest_is_pinned()
{
	local id

	link_xdp v0 "$BUILT/twins.o"
	expect_status 3 pin_maps v0
	expect_states "refused xdp -" "refused xdp -" "pinned xdp another"
	for id in $(prog_maps "$(prog_id v0)" | head -n 2); do
		grep -q "id $id .*several maps of its program share the 15 letters that the kernel keeps: --object tells them apart" <<<"$output" ||
			fail "map $id is not named: $output"
	done
	[[ $(find "$BPFFS/v0" -maxdepth 1 -type f) == "$BPFFS/v0/another" ]] ||
		fail "pinned: $(find "$BPFFS/v0" -type f)"
}

test_a_map_without_a_name_is_refused_by_its_id_and_the_rest_is_pinned()
{
	local id

	attach nameless v0
	id=$(prog_maps "$(prog_id v0)" | head -n 1)
	expect_status 3 pin_maps v0
	expect_states "refused xdp -" "pinned xdp named"
	[[ $output == *"id $id "*"(it has no name in the kernel"* ]] || fail "it says: $output"
	expect_status 3 pin_maps v0
	expect_states "refused xdp -" "kept xdp named"
}

test_a_map_whose_name_a_pinned_program_has_is_refused()
{
	local before

	link_xdp v0 objects/xdp_pass.o
	link_tc v0 ingress objects/tc_pass.o
	pin_maps v0 >/dev/null
	rm "$BPFFS/v0/xdp_stats_map"
	bpftool prog pin id "$(prog_id v0)" "$BPFFS/v0/xdp_stats_map"
	before=$(snapshot "$BPFFS/v0" | grep xdp_stats_map)
	expect_status 3 pin_maps v0
	expect_states "refused xdp xdp_stats_map" "kept tc_ingress tc_stats_map"
	[[ $output == *"($BPFFS/v0/xdp_stats_map is taken by something that is no map)"* ]] ||
		fail "it says: $output"
	[[ $(snapshot "$BPFFS/v0" | grep xdp_stats_map) == "$before" ]] || fail "the program is gone"
}

test_native_and_generic_programs_are_found()
{
	local mode

	for mode in xdpdrv xdpgeneric; do
		ip link set dev v0 "$mode" obj objects/xdp_pass.o sec xdp
		expect_status 0 pin_maps v0
		expect_id "$BPFFS/v0/xdp_stats_map" "$(prog_maps "$(prog_id v0)")"
		ip link set dev v0 "$mode" off
	done
}

test_an_xdp_link_is_found()
{
	bare_prog objects/xdp_pass.o xdp "$BPFFS/prog"
	attach link xdp v0 "$BPFFS/prog" "$BPFFS/link"
	expect_status 0 pin_maps v0
	expect_states "pinned xdp xdp_stats_map"
	send 3
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 300
}

test_tcx_links_are_found()
{
	need_tcx
	bare_prog objects/tc_pass.o tc "$BPFFS/in"
	bare_prog objects/tc_pass.o tc "$BPFFS/out"
	attach link tcx_ingress v0 "$BPFFS/in" "$BPFFS/link_in"
	attach link tcx_egress v0 "$BPFFS/out" "$BPFFS/link_out"
	expect_status 0 pin_maps v0
	expect_states "pinned tc_ingress tc_stats_map" "pinned tc_egress tc_stats_map"
	send 3
	send_out 2
	expect_counter "$BPFFS/v0/tc_stats_map" 0 3 300
	expect_counter "$BPFFS/v0/%egress/tc_stats_map" 0 2 200
}

test_tcx_takes_the_flat_name_before_clsact_behind_it()
{
	need_tcx
	bare_prog objects/tc_pass.o tc "$BPFFS/first"
	attach link tcx_ingress v0 "$BPFFS/first" "$BPFFS/link"
	link_tc v0 ingress objects/tc_pass.o
	expect_status 3 pin_maps v0
	expect_states "pinned tc_ingress tc_stats_map" "refused tc_ingress tc_stats_map"
	send 2
	expect_counter "$BPFFS/v0/tc_stats_map" 0 2 200
}

test_netkit_links_are_found()
{
	need_link_type netkit
	ip link add name kit type netkit # its other end gets a name of its own
	bare_prog objects/tc_pass.o tc "$BPFFS/prog"
	attach link netkit_primary kit "$BPFFS/prog" "$BPFFS/link"
	expect_status 0 pin_maps kit
	expect_states "pinned tc_egress tc_stats_map"
}

test_what_xdp_loader_loaded_is_found()
{
	need xdp-loader
	xdp-loader load -m skb v0 objects/xdp_pass.o
	expect_status 0 pin_maps v0
	grep -q '^pinned  *xdp  *xdp_stats_map ' <<<"$output" || fail "it says: $output"
	send 3
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 300
}

test_what_bpftool_attached_is_found()
{
	bare_prog objects/xdp_pass.o xdp "$BPFFS/prog"
	bpftool net attach xdpgeneric pinned "$BPFFS/prog" dev v0
	expect_status 0 pin_maps v0
	expect_states "pinned xdp xdp_stats_map"
	expect_id "$BPFFS/v0/xdp_stats_map" "$(prog_maps "$(prog_id v0)")"
}

test_maps_that_bpftool_pinned_in_the_directory_are_used_on()
{
	local id

	mkdir -m 700 "$BPFFS/v0"
	bpftool prog load objects/xdp_pass.o "$BPFFS/prog" type xdp pinmaps "$BPFFS/v0"
	bpftool net attach xdpgeneric pinned "$BPFFS/prog" dev v0
	send 3
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	expect_status 0 pin_maps v0
	expect_states "kept xdp xdp_stats_map"
	# The program is pinned by others, so it stays until --replace; its counters are ours to go on.
	expect_fail "is not ours: pinned at $BPFFS/prog" load -m skb v0 objects/xdp_drop.o
	load -m skb --replace v0 objects/xdp_drop.o >/dev/null
	send 2
	expect_id "$BPFFS/v0/xdp_stats_map" "$id"
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 300
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 2 200
}

test_bpftool_goes_on_with_the_maps_of_the_directory()
{
	local id

	load -m skb v0 objects/xdp_pass.o >/dev/null
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	send 3
	bpftool prog load objects/xdp_drop.o "$BPFFS/prog" type xdp \
		map name xdp_stats_map pinned "$BPFFS/v0/xdp_stats_map"
	bpftool net attach xdpgeneric pinned "$BPFFS/prog" dev v0 overwrite
	send 2
	expect_status 0 pin_maps v0
	expect_states "kept xdp xdp_stats_map"
	expect_id "$BPFFS/v0/xdp_stats_map" "$id"
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 300
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 2 200
	expect_status 0 stats v0
	[[ $output != *stale* ]] || fail "$output"
}

test_what_bpftool_loaded_anew_is_carried_over()
{
	bare_prog objects/xdp_pass.o xdp "$BPFFS/prog"
	bpftool net attach xdpgeneric pinned "$BPFFS/prog" dev v0
	pin_maps v0 >/dev/null
	send 3
	rm "$BPFFS/prog"
	bare_prog objects/xdp_drop.o xdp "$BPFFS/prog"
	bpftool net attach xdpgeneric pinned "$BPFFS/prog" dev v0 overwrite
	send 2
	expect_status 0 pin_maps --carry v0
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 300
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 2 200
}

test_filters_of_the_older_ingress_qdisc_are_ingress_alone()
{
	tc qdisc add dev v0 ingress
	tc filter add dev v0 parent ffff: pref 10 bpf da obj objects/tc_pass.o sec tc
	expect_status 0 pin_maps v0
	expect_states "pinned tc_ingress tc_stats_map"
	send 2
	expect_counter "$BPFFS/v0/tc_stats_map" 0 2 200
}

test_filters_of_any_chain_and_of_a_shared_block_are_found()
{
	tc qdisc add dev v0 ingress_block 7 clsact
	tc filter add block 7 chain 3 pref 10 handle 1 bpf da obj "$BUILT/hooks.o" sec tc
	tc filter add block 7 pref 10 handle 1 bpf da obj objects/tc_pass.o sec tc
	expect_status 0 pin_maps v0
	grep -q '^pinned  *tc_ingress  *tc_stats_map ' <<<"$output" || fail "it says: $output"
	grep -q '^pinned  *tc_ingress  *flows ' <<<"$output" || fail "it says: $output"
}

test_classic_bpf_and_other_filters_are_passed_over()
{
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 5 bpf bytecode '1,6 0 0 0'
	tc filter add dev v0 ingress pref 10 handle 1 bpf da obj objects/tc_pass.o sec tc
	expect_status 0 pin_maps v0
	expect_states "pinned tc_ingress tc_stats_map"
}

test_maps_of_programs_in_a_program_array_are_found()
{
	local dir=$BPFFS/load

	load_held "$dir"
	bpftool map update pinned "$dir/jumps" key 0 0 0 0 value pinned "$dir/held_tail"
	hold_only "$dir/jumps"
	expect_status 0 pin_maps v0
	grep -q '^pinned  *xdp  *of_tail .* program held_tail id ' <<<"$output" || fail "$output"
	[[ -e $BPFFS/v0/of_tail ]] || fail "not pinned"
}

test_maps_of_programs_in_devmap_and_cpumap_entries_are_found()
{
	local dir=$BPFFS/load

	load_held "$dir"
	attach put "$dir/ports" 1 "$(ifindex v0)" "$dir/held_port"
	attach put "$dir/cpus" 0 64 "$dir/held_cpu"
	hold_only
	expect_status 0 pin_maps v0
	grep -q '^pinned  *xdp  *of_port .* program held_port id ' <<<"$output" || fail "$output"
	grep -q '^pinned  *xdp  *of_cpu .* program held_cpu id ' <<<"$output" || fail "$output"
	grep -q '^pinned  *xdp  *ports ' <<<"$output" || fail "$output"
}

# load_held DIR: held.bpf.c with its programs and maps pinned there, the main one on v0.
load_held()
{
	mkdir "$1"
	bpftool prog loadall "$BUILT/held.o" "$1" pinmaps "$1"
	# Before 5.15, generic XDP takes no maps whose entries may hold programs.
	ip link set dev v0 xdpdrv pinned "$1/held_main"
}

# hold_only [PIN]: of what load_held pinned only this stays. An array of programs whose last
# pin goes is emptied.
hold_only()
{
	local pin

	for pin in "$BPFFS/load"/*; do
		[[ $pin == "${1-}" ]] || rm "$pin"
	done
}

test_two_programs_on_one_hook_with_maps_of_one_name()
{
	local first second

	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 20 handle 1 bpf da obj objects/tc_pass.o sec tc
	tc filter add dev v0 ingress pref 10 handle 1 bpf da obj objects/tc_pass.o sec tc
	first=$(tc_prog v0 ingress 10)
	second=$(tc_prog v0 ingress 20)
	expect_status 3 pin_maps v0
	expect_states "pinned tc_ingress tc_stats_map" "refused tc_ingress tc_stats_map"
	expect_id "$BPFFS/v0/tc_stats_map" "$(prog_maps "$first")"
	grep -q "^refused .* id $(prog_maps "$second") .* program tc_pass id $second  (its name belongs \
to map $(prog_maps "$first") of program tc_pass (id $first) on tc_ingress)$" <<<"$output" ||
		fail "it says: $output"
	[[ $output == *"v0: 1 of 2 maps in $BPFFS/v0" ]] || fail "it says: $output"
	tc filter del dev v0 ingress pref 20
	expect_status 0 pin_maps v0
	expect_states "kept tc_ingress tc_stats_map"
}

test_where_hooks_differ_xdp_is_flat_then_ingress_then_egress()
{
	local out

	link_tc v0 egress "$BUILT/hooks.o"
	expect_status 0 pin_maps v0
	out=$(map_id "$BPFFS/v0/flows")
	[[ -n $out ]] || fail "the only map of that name is not flat"
	link_tc v0 ingress objects/tc_pass.o
	link_xdp v0 "$BUILT/hooks.o"
	expect_status 0 pin_maps v0
	expect_states "replaced xdp flows" "pinned tc_ingress tc_stats_map" "pinned tc_egress flows"
	expect_id "$BPFFS/v0/flows" "$(prog_maps "$(prog_id v0)")"
	expect_id "$BPFFS/v0/%egress/flows" "$out"
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "a live map is called old: $(old_maps "$BPFFS/v0")"
	ip link set dev v0 xdpgeneric off
	link_tc v0 ingress "$BUILT/hooks.o"
	expect_status 0 pin_maps v0
	expect_id "$BPFFS/v0/flows" "$(prog_maps "$(tc_prog v0 ingress)")"
	expect_id "$BPFFS/v0/%egress/flows" "$out"
}

test_an_egress_map_that_becomes_flat_leaves_no_pin_in_egress()
{
	local first

	link_tc v0 egress "$BUILT/hooks.o"
	link_xdp v0 "$BUILT/hooks.o"
	pin_maps v0 >/dev/null
	first=$(map_id "$BPFFS/v0/%egress/flows")
	[[ ! -L $BPFFS/v0/%egress/flows ]] || fail "no pin of its own"
	ip link set dev v0 xdpgeneric off
	pin_maps v0 >/dev/null
	expect_id "$BPFFS/v0/flows" "$first"
	[[ $(readlink "$BPFFS/v0/%egress/flows") == ../flows ]] || fail "it is pinned twice"
	link_tc v0 egress "$BUILT/hooks.o"
	pin_maps v0 >/dev/null
	expect_id "$BPFFS/v0/%egress/flows" "$(prog_maps "$(tc_prog v0 egress)")"
	[[ $(find "$BPFFS/v0/%egress" -mindepth 1 \( -type f -o -name '%*' \)) == '' ]] || fail "left over"
}

test_xdp_and_ingress_maps_of_one_name_which_differ_are_not_mixed_up()
{
	link_tc v0 ingress "$BUILT/hooks.o"
	link_xdp v0 "$BUILT/hooks.o"
	expect_status 3 pin_maps v0
	expect_states "pinned xdp flows" "refused tc_ingress flows"
	expect_id "$BPFFS/v0/flows" "$(prog_maps "$(prog_id v0)")"
}

test_statistics_of_egress_are_never_flat()
{
	link_tc v0 egress objects/tc_pass.o
	expect_status 0 pin_maps v0
	expect_states "pinned tc_egress tc_stats_map"
	[[ ! -e $BPFFS/v0/tc_stats_map ]] || fail "they are flat"
	link_tc v0 ingress objects/tc_pass.o
	expect_status 0 pin_maps v0
	expect_states "pinned tc_ingress tc_stats_map" "kept tc_egress tc_stats_map"
	send 3
	send_out 2
	expect_counter "$BPFFS/v0/tc_stats_map" 0 3 300
	expect_counter "$BPFFS/v0/%egress/tc_stats_map" 0 2 200
}

test_symlinks_lead_from_egress_to_the_flat_maps()
{
	link_xdp v0 "$BUILT/hooks.o"
	pin_maps v0 >/dev/null
	[[ $(readlink "$BPFFS/v0/%egress/flows") == ../flows ]] || fail "no symlink"
	expect_id "$BPFFS/v0/%egress/flows" "$(map_id "$BPFFS/v0/flows")"
	ip -force link set dev v0 xdpgeneric obj "$BUILT/hooks.o" sec xdp
	pin_maps v0 >/dev/null
	expect_id "$BPFFS/v0/%egress/flows" "$(prog_maps "$(prog_id v0)")"
	link_tc v0 ingress objects/tc_pass.o
	pin_maps v0 >/dev/null
	[[ ! -L $BPFFS/v0/%egress/tc_stats_map ]] || fail "egress would count into ingress"
}

test_a_map_that_hooks_share_is_pinned_once_and_named_for_each()
{
	mkdir "$BPFFS/load"
	bpftool prog loadall "$BUILT/hooks.o" "$BPFFS/load"
	ip link set dev v0 xdpgeneric pinned "$BPFFS/load/hooks_xdp"
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 10 handle 1 bpf da pinned "$BPFFS/load/hooks_tc"
	tc filter add dev v0 egress pref 10 handle 1 bpf da pinned "$BPFFS/load/hooks_tc"
	expect_status 0 pin_maps v0
	expect_states "pinned xdp flows" "pinned tc_ingress flows" "pinned tc_egress flows"
	[[ $(find "$BPFFS/v0" -type f) == "$BPFFS/v0/flows" ]] || fail "$(find "$BPFFS/v0" -type f)"
}

test_two_interfaces_with_one_object_never_share_a_map()
{
	make_veth w0
	link_xdp v0 objects/xdp_pass.o
	link_xdp w0 objects/xdp_pass.o
	expect_status 0 pin_maps v0
	[[ $output != *shared* ]] || fail "it says: $output"
	expect_status 0 pin_maps w0
	[[ $output != *shared* ]] || fail "it says: $output"
	[[ $(map_id "$BPFFS/v0/xdp_stats_map") != "$(map_id "$BPFFS/w0/xdp_stats_map")" ]] ||
		fail "one map for both"
	send 3
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 300
	expect_counter "$BPFFS/w0/xdp_stats_map" 2 0 0
}

test_a_map_that_two_interfaces_share_is_said()
{
	make_veth w0
	link_xdp v0 objects/pinned/xdp_pass.o
	link_xdp w0 objects/pinned/xdp_pass.o
	expect_status 0 pin_maps v0
	expect_states "pinned xdp xdp_stats_map"
	expect_status 0 pin_maps w0
	expect_states "pinned xdp xdp_stats_map"
	[[ $output == *"(shared with $BPFFS/v0/xdp_stats_map)"* ]] || fail "not said: $output"
	expect_status 0 pin_maps --json v0
	[[ $output == *"\"shared_with\":\"$BPFFS/w0/xdp_stats_map\""* ]] || fail "not said: $output"
}

test_nothing_attached_is_a_failure_and_the_pins_stay_stale()
{
	local before xdp tc

	link_xdp v0 objects/xdp_pass.o
	link_tc v0 egress objects/tc_pass.o
	send 2
	pin_maps v0 >/dev/null
	xdp=$(prog_id v0) tc=$(tc_prog v0 egress)
	ip link set dev v0 xdpgeneric off
	tc qdisc del dev v0 clsact
	# The kernel frees them some time later.
	eventually is_gone "$xdp" || fail "program $xdp is still there"
	eventually is_gone "$tc" || fail "program $tc is still there"
	before=$(snapshot)
	expect_refusal "cannot find any BPF program on v0" "$before" pin_maps v0
	[[ $errors == *"$BPFFS/v0/xdp_stats_map stays, and is stale"* &&
		$errors == *"$BPFFS/v0/%egress/tc_stats_map stays, and is stale"* ]] ||
		fail "it says: $errors"
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 2 200
	expect_refusal "cannot find any BPF program on v0" "$before" pin_maps --dry-run v0
}

is_gone() { ! exists prog "$1"; }

test_nothing_attached_makes_nothing()
{
	local before

	before=$(snapshot)
	expect_refusal "cannot find any BPF program on v0" "$before" pin_maps v0
	umount "$BPFFS"
	expect_status 2 pin_maps v0
	[[ $errors == *"cannot find any BPF program on v0"* ]] || fail "it says: $errors"
	! mountpoint -q "$BPFFS" || fail "it mounted a bpffs for nothing"
}

test_pins_by_stock_ip_in_the_directory_are_kept()
{
	local id

	eval "$(iproute2_env v0)"
	link_xdp v0 objects/pinned/xdp_pass.o
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	expect_status 0 pin_maps v0
	expect_states "kept xdp xdp_stats_map"
	ip -force link set dev v0 xdpgeneric obj objects/pinned/xdp_drop.o sec xdp
	expect_status 0 pin_maps v0
	expect_states "kept xdp xdp_stats_map"
	expect_id "$BPFFS/v0/xdp_stats_map" "$id"
}
