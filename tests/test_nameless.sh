# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# pin_maps --object: maps without a name in the kernel get those of the object they were made of.
. tests/pins.sh
. tests/legacy.sh

NAMELESS=$BUILT/nameless.o

# load_ids PROGRAM: has the ids of its maps in order of use in $ids.
load_ids()
{
	load_nameless v0 "$NAMELESS" "$1"
	mapfile -t ids < <(prog_maps "$(prog_id v0)")
}
ids=()

test_without_an_object_they_are_refused_and_the_option_is_named()
{
	load_nameless v0 "$NAMELESS" in_order
	expect_status 3 pin_maps v0
	[[ $output == *"it has no name in the kernel"*"--object names it"* ]] || fail "$output"
}

test_the_order_of_use_tells_maps_of_one_shape_apart()
{
	load_ids in_order
	expect_status 0 pin_maps --object "$NAMELESS" v0
	expect_id "$BPFFS/v0/ones" "${ids[0]}"
	expect_id "$BPFFS/v0/large" "${ids[1]}"
	expect_id "$BPFFS/v0/twos" "${ids[2]}"
	rm -r "$BPFFS/v0"
	ip link set dev v0 xdpgeneric off
	load_ids in_disorder
	expect_status 0 pin_maps --object "$NAMELESS" v0
	expect_id "$BPFFS/v0/twos" "${ids[0]}"
	expect_id "$BPFFS/v0/ones" "${ids[1]}"
	expect_id "$BPFFS/v0/large" "${ids[2]}"
}

test_a_later_run_knows_them_by_their_pins()
{
	load_ids in_order
	pin_maps --object "$NAMELESS" v0 >/dev/null
	expect_status 0 pin_maps v0
	expect_states "kept xdp ones" "kept xdp large" "kept xdp twos"
}

test_what_could_be_either_is_refused_and_both_are_named()
{
	load_ids first
	expect_status 3 pin_maps --object "$NAMELESS" v0
	[[ $output == *"it may be 'alike1' or 'alike2': several programs of $NAMELESS use such maps"* ]] ||
		fail "$output"
	[[ -z $(find "$BPFFS/v0" -name 'alike*') ]] || fail "it was pinned"
}

test_another_object_is_refused()
{
	load_nameless v0 "$NAMELESS" in_order
	expect_status 3 pin_maps --object objects/xdp_pass.o v0
	[[ $output == *"no program of objects/xdp_pass.o, nor of objects/legacy/xdp_pass.o, uses maps of the same types and sizes in the same order"* ]] ||
		fail "$output"
	expect_status 2 pin_maps --object nothing.o v0
	[[ $errors == *"cannot find object nothing.o"* ]] || fail "$errors"
	expect_status 2 pin_maps --object README.md v0
	expect_status 2 pin_maps --object ./README.md v0
	[[ $errors == *"cannot open object ./README.md"* ]] || fail "$errors"
}

# Whatever build is named: this one does less, and has no maps for the rest.
test_the_build_of_the_object_that_loader_takes_names_them()
{
	local object

	need_legacy
	tc qdisc add dev v0 clsact
	for object in objects/xdp_acl.o objects/pinned/xdp_acl.o; do
		ip link set dev v0 xdpgeneric obj objects/legacy/xdp_acl.o sec xdp
		expect_status 0 pin_maps --object "$object" v0
		[[ $output == *"v0: 10 of 10 maps in "* && -e $BPFFS/v0/acl_settings ]] || fail "$output"
		ip link set dev v0 xdpgeneric off
		rm -r "$BPFFS/v0"
	done
	tc filter add dev v0 ingress pref 10 handle 1 bpf da obj objects/legacy/tc_acl.o sec tc
	expect_status 0 pin_maps --object objects/tc_acl.o v0
	[[ $output == *"v0: 10 of 10 maps in "* && -e $BPFFS/v0/tc_stats_map ]] || fail "$output"
}

test_why_no_program_fits_is_said_once_for_each_program()
{
	local why="no program of objects/xdp_chain.o, nor of objects/legacy/xdp_chain.o, uses maps of the same types"

	load_ids in_order
	expect_status 3 pin_maps --object objects/xdp_chain.o v0
	[[ $(grep -c "$why" <<<"$output") == 1 && $(grep -c "(as map ${ids[0]})" <<<"$output") == 2 ]] ||
		fail "$output"
	expect_status 3 pin_maps --json --object objects/xdp_chain.o v0
	[[ $output == *"$why"*"as map ${ids[0]}"* ]] || fail "$output"
}

test_either_dialect_of_the_object_names_them()
{
	load_nameless v0 objects/xdp_pass.o xdp_pass
	send 3
	expect_status 0 pin_maps --object objects/legacy/xdp_pass.o v0
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 300
}

test_what_ip_without_libbpf_loaded_is_recognised()
{
	need_legacy
	btf2legacy --pin none "$BUILT/pair.o" "$TMPDIR/pair.o"
	ip link set dev v0 xdpgeneric obj "$TMPDIR/pair.o" sec xdp
	expect_status 0 pin_maps --object "$BUILT/pair.o" v0
	mapfile -t ids < <(prog_maps "$(prog_id v0)")
	expect_id "$BPFFS/v0/left" "${ids[0]}"
	expect_id "$BPFFS/v0/right" "${ids[1]}"
	rm "$BPFFS/v0/left" "$BPFFS/v0/right"
	expect_status 0 pin_maps --object "$TMPDIR/pair.o" v0
	expect_id "$BPFFS/v0/left" "${ids[0]}"
}

test_a_replaced_map_without_a_name_is_carried_over()
{
	load_nameless v0 objects/xdp_pass.o xdp_pass
	pin_maps --object objects/xdp_pass.o v0 >/dev/null
	send 3
	load_nameless v0 objects/xdp_pass.o xdp_pass
	send 2
	expect_status 0 pin_maps --carry --object objects/xdp_pass.o v0
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 5 500
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0")"
}

test_counters_of_ip_without_libbpf_go_on_with_carry()
{
	need_legacy
	btf2legacy --pin none objects/xdp_pass.o "$TMPDIR/pass.o"
	ip link set dev v0 xdpgeneric obj "$TMPDIR/pass.o" sec xdp
	pin_maps --object objects/xdp_pass.o v0 >/dev/null
	send 7
	ip -force link set dev v0 xdpgeneric obj "$TMPDIR/pass.o" sec xdp
	send 2
	expect_status 0 pin_maps --carry --object objects/xdp_pass.o v0
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 9 900
}
