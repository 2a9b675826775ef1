# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# pin_maps --object: maps without a name in the kernel get those of the object they were made of.
. tests/build.sh
. tests/faults.sh
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

# Their object does, also once each is replaced.
test_the_order_of_use_tells_maps_apart_whose_names_are_cut_alike()
{
	local twins=$BUILT/twins.o n

	link_xdp v0 "$twins"
	expect_status 3 pin_maps --object objects/xdp_pass.o v0
	[[ $output == *"no program of objects/xdp_pass.o"* ]] || fail "$output"
	for n in 1 2; do
		mapfile -t ids < <(prog_maps "$(prog_id v0)")
		# What they are is only guessed: programs may have counted there meanwhile.
		expect_status $((n == 1 ? 0 : 3)) pin_maps --carry --object "$twins" v0
		[[ $n == 1 || $errors == *"=config that only tools do"* ]] || fail "$errors"
		send 1
		expect_id "$BPFFS/v0/identical_name_2" "${ids[0]}"
		expect_id "$BPFFS/v0/identical_name_1" "${ids[1]}"
		bpftool map dump pinned "$BPFFS/v0/identical_name_2" | grep -q '"value": 2' ||
			fail "$(bpftool map dump pinned "$BPFFS/v0/identical_name_2")"
		ip -force link set dev v0 xdpgeneric obj "$twins" sec xdp
	done
}

# Those of the functions that a program calls come after its own.
test_maps_of_functions_that_are_called_are_told_apart()
{
	local map n=0

	load_nameless v0 "$BUILT/called.o" called
	expect_status 0 pin_maps --object "$BUILT/called.o" v0
	send 1
	for map in first second third fourth; do
		n=$((n + 1))
		bpftool map dump pinned "$BPFFS/v0/called_$map" | grep -q "value: 0$n 00 00 00" ||
			fail "$map: $(bpftool map dump pinned "$BPFFS/v0/called_$map")"
	done
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
	for object in objects/xdp_acl.o objects/pinned/xdp_acl.o objects/xdp_acl_frags.o \
		objects/pinned/xdp_acl_frags.o; do
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

# What was noted of its types, when it was pinned, says whether they are the new map's.
test_a_loader_that_knows_the_types_takes_over_from_one_that_does_not()
{
	load_nameless v0 objects/xdp_pass.o xdp_pass
	pin_maps --object objects/xdp_pass.o v0 >/dev/null
	send 3
	ip -force link set dev v0 xdpgeneric obj objects/xdp_pass.o sec xdp
	send 2
	expect_status 0 pin_maps --carry v0
	[[ -z $errors ]] || fail "$errors"
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 5 500
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0")"
}

test_members_in_another_order_are_not_taken_for_the_same()
{
	load_nameless v0 "$BUILT/types1.o" types1
	pin_maps --object "$BUILT/types1.o" v0 >/dev/null
	bpftool map update pinned "$BPFFS/v0/table" key 1 0 0 0 value 7 0 0 0 0 0 0 0
	ip -force link set dev v0 xdpgeneric obj "$BUILT/types2.o" sec xdp
	expect_status 3 pin_maps --carry v0
	[[ $output == *"refused "*" into table "*"the types of its key and value are noted as others than the new map's"* ]] ||
		fail "$output"
	bpftool map dump pinned "$BPFFS/v0/$(old_maps "$BPFFS/v0")" | grep -q "07 00 00 00" || fail "it is lost"
}

# --- the classes and the fields that only the object tells

TAGGED=$BUILT/tagged.o

# counted: packets, bytes and the longest, of which the kernel was told no types.
counted()
{
	local b

	read -ra b < <(bpftool map lookup pinned "$BPFFS/v0/counts" key 7 0 0 0 | tr '\n' ' ' | sed 's/.*value: *//')
	echo "$((16#${b[3]}${b[2]}${b[1]}${b[0]})) $((16#${b[7]}${b[6]}${b[5]}${b[4]})) $((16#${b[9]}${b[8]}))"
}

# set_to N: on each CPU; has_set N.
set_to()
{
	bpftool map update pinned "$BPFFS/v0/setting" key 0 0 0 0 value "$1" 0 0 0 0 0 0 0
}
has_set() { [[ $(bpftool -j map dump pinned "$BPFFS/v0/setting") == *"\"value\":[\"0x$(printf %02x "$1")\","* ]]; }

# replace_tagged OBJECT: 2 packets of 200 bytes before the program is replaced, 3 of 100 after it.
replace_tagged()
{
	load_nameless v0 "$TAGGED" tagged
	pin_maps --object "$1" v0 >/dev/null
	set_to 77
	send 2 200
	load_nameless v0 "$TAGGED" tagged
	send 3 100
}

test_the_tags_of_the_object_say_how_its_maps_are_carried_over()
{
	btf2legacy --pin none "$TAGGED" "$TMPDIR/tagged.o"
	for object in "$TAGGED" "$TMPDIR/tagged.o"; do
		replace_tagged "$object"
		expect_status 0 pin_maps --carry --object "$object" v0
		[[ $output == *"into counts (id "*", counter"* && $output == *"into setting (id "*", config"* ]] ||
			fail "$object: $output"
		[[ $errors != *"to be carried over"* ]] || fail "nothing differs, but it says: $errors"
		[[ $(counted) == "5 700 200" ]] || fail "$object: $(counted)"
		has_set 77 || fail "$object: $(bpftool -j map dump pinned "$BPFFS/v0/setting")"
		[[ -z $(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0")"
		ip link set dev v0 xdpgeneric off
		rm -r "$BPFFS/v0"
	done
}

# The names are in the pins by then, and the class is still the object's.
test_the_tags_count_also_for_what_is_pinned_already()
{
	replace_tagged "$TAGGED"
	pin_maps --object "$TAGGED" v0 >/dev/null
	expect_status 0 pin_maps --carry --object "$TAGGED" v0
	[[ $output == *"into counts (id "*", counter"* && $(counted) == "5 700 200" ]] ||
		fail "$output $(counted)"
}

test_a_word_of_the_user_comes_before_the_tag_and_without_the_object_the_type_decides()
{
	replace_tagged "$TAGGED"
	expect_status 0 pin_maps --dry-run --carry --object "$TAGGED" --class counts=flow v0
	[[ $output == *"into counts (id "*", flow"* ]] || fail "$output"
	pin_maps --object "$TAGGED" v0 >/dev/null
	run pin_maps --dry-run --carry v0
	[[ $output == *"into counts (id "*", config"* && $output == *"into setting (id "*", counter"* ]] ||
		fail "$output"
}

test_of_a_map_that_was_pinned_without_the_object_nothing_is_said_to_differ()
{
	load_nameless v0 objects/xdp_pass.o xdp_pass
	mkdir "$BPFFS/v0"
	bpftool map pin id "$(prog_maps "$(prog_id v0)")" "$BPFFS/v0/xdp_stats_map"
	pin_maps v0 >/dev/null 2>&1
	send 3
	load_nameless v0 objects/xdp_pass.o xdp_pass
	expect_status 0 pin_maps --carry --object objects/xdp_pass.o v0
	[[ $errors == *"into one that is taken to be defined alike:"*"taken as the new one's"* ]] || fail "$errors"
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 300
}

# marks: of what is still to be brought over.
marks() { find "$BPFFS/v0" -path '*/%carry/*' -type l; }

replace_tagged_anew()
{
	ip link set dev v0 xdpgeneric off
	rm -rf "$BPFFS/v0"
	replace_tagged "$TAGGED" 2>/dev/null
}

expect_to_go_on_with_the_object()
{
	run pin_maps v0
	if [[ -n $(marks) ]]; then
		[[ $errors == *"counts of map "*" wait for the object that tells its fields"*"--carry --object OBJECT v0"* ]] ||
			fail "$injected: $errors"
		((++waited))
	fi
	run pin_maps --carry --object "$TAGGED" v0
	[[ $(counted) == "5 700 200" && -z $(marks) ]] || fail "$injected: $(counted) $(marks) $output $errors"
	has_set 77 || fail "$injected: the setting is $(bpftool -j map dump pinned "$BPFFS/v0/setting")"
}

# Who goes on without the object would add the longest up. Not at calls of bpf(2): how many there are
# depends on what else is on the machine.
test_killed_anywhere_counts_wait_for_the_object()
{
	local waited=0

	kill_everywhere "symlinkat linkat renameat unlinkat" replace_tagged_anew \
		pin_maps --carry --object "$TAGGED" v0 -- expect_to_go_on_with_the_object
	((waited)) || fail "none of $points kills left anything to wait"
}

# --- names that are there already

test_a_pinned_name_that_the_object_contradicts_is_said()
{
	load_ids in_order
	build_alike
	expect_status 0 pin_maps --object "$TMPDIR/built.o" v0
	[[ -e $BPFFS/v0/wrong_two ]] || fail "$(ls "$BPFFS/v0")"
	[[ $errors == "pin_maps: program $(prog_id v0) has not the instructions of any in $TMPDIR/built.o: what its maps are called is told by their types, sizes and order alone" ]] ||
		fail "$errors"
	expect_status 0 pin_maps --object "$NAMELESS" v0
	[[ $errors == *"map ${ids[0]} is pinned as 'wrong_one', and $NAMELESS has the name 'ones' for it"*"rm $BPFFS/v0/wrong_one"* ]] ||
		fail "$errors"
	rm "$BPFFS/v0"/wrong_*
	expect_status 0 pin_maps --object "$NAMELESS" v0
	[[ -z $errors ]] || fail "$errors"
	expect_id "$BPFFS/v0/ones" "${ids[0]}"
	expect_id "$BPFFS/v0/twos" "${ids[2]}"
}

# Its maps have one shape in one order with those of the one beside it, but it is the one that was loaded.
test_the_instructions_tell_programs_apart_whose_maps_are_alike()
{
	local maps='BPF_MAP(a_one, BPF_MAP_TYPE_ARRAY, __u32, __u64, 1000000);
BPF_MAP(b_one, BPF_MAP_TYPE_ARRAY, __u32, __u64, 1000000);'
	build "$maps SEC(\"xdp\") int a(struct xdp_md *ctx) { __u32 key = 0; bpf_map_lookup_elem(&a_one, &key); return XDP_DROP; }
SEC(\"xdp\") int b(struct xdp_md *ctx) { __u32 key = 0; bpf_map_lookup_elem(&b_one, &key); return XDP_PASS; }"
	load_nameless v0 "$TMPDIR/built.o" b
	expect_status 0 pin_maps --object "$TMPDIR/built.o" v0
	[[ -z $errors ]] || fail "$errors"
	expect_id "$BPFFS/v0/b_one" "$(prog_maps "$(prog_id v0)")"
}

# Another object, whose maps merely have the same shapes in the same order.
build_alike()
{
	build "BPF_MAP(wrong_one, BPF_MAP_TYPE_ARRAY, __u32, __u64, 1);
BPF_MAP(wrong_large, BPF_MAP_TYPE_HASH, __u32, __u64, 64);
BPF_MAP(wrong_two, BPF_MAP_TYPE_ARRAY, __u32, __u64, 1);
SEC(\"xdp\") int other(struct xdp_md *ctx) { __u32 key = 0;
bpf_map_lookup_elem(&wrong_one, &key); bpf_map_lookup_elem(&wrong_large, &key);
bpf_map_lookup_elem(&wrong_two, &key); return XDP_DROP; }"
}

test_a_class_for_no_map_lists_each_map_once()
{
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 10 handle 1 bpf da obj objects/tc_pass.o sec tc
	tc filter add dev v0 egress pref 10 handle 1 bpf da obj objects/tc_pass.o sec tc
	expect_status 1 pin_maps --class nosuch=counter v0
	[[ $errors == *"they use tc_stats_map" ]] || fail "$errors"
}
