# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load: which maps a program goes on with.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh
. tests/faults.sh
. tests/loads.sh

# --- maps

test_maps_of_each_kind_are_used_on_with_their_content()
{
	local map before

	peer_gro
	in_peer ethtool -K v1 tx off
	expect_status 0 load v0 "$BUILT/load_kinds.o"
	[[ $(grep -c 'map of_.* created$' <<<"$output") == 9 ]] || fail "it says: $output"
	bpftool map update pinned "$BPFFS/v0/of_hash" key 1 0 0 0 value 7 0 0 0 0 0 0 0
	bpftool map update pinned "$BPFFS/v0/of_lru" key 1 0 0 0 value 8 0 0 0 0 0 0 0
	bpftool map update pinned "$BPFFS/v0/of_lpm" key 8 0 0 0 10 0 0 0 value 9 0 0 0 0 0 0 0
	bpftool map update pinned "$BPFFS/v0/of_devmap" key 1 0 0 0 value 1 0 0 0
	bpftool map update pinned "$BPFFS/v0/of_cpumap" key 0 0 0 0 value 64 0 0 0
	send 5
	before=$(ids_of v0)
	expect_status 0 load v0 "$BUILT/load_kinds.o"
	[[ $(grep -c ' reused$' <<<"$output") == 9 ]] || fail "it says: $output$errors"
	[[ $errors == *"begin anew in the new one: seen"* && $(wc -l <<<"$errors") == 3 ]] || fail "it says: $errors"
	[[ $(ids_of v0) == "$before" ]] || fail "other maps: $(diff <(echo "$before") <(ids_of v0))"
	send 5
	runs v0 xdp load_kinds
	for map in of_hash of_lru of_lpm of_devmap of_cpumap; do
		[[ $(bpftool -j map dump pinned "$BPFFS/v0/$map") == *'"key"'* ]] || fail "$map is empty"
	done
	[[ $(bpftool map lookup pinned "$BPFFS/v0/of_array" key 0 0 0 0) == *'"value": 10'* ]] ||
		fail "$(bpftool map lookup pinned "$BPFFS/v0/of_array" key 0 0 0 0)"
}

# ids_of IFNAME: 'NAME ID' of every flat map.
ids_of()
{
	local file

	for file in "$BPFFS/$1"/*; do
		[[ ! -f $file ]] || echo "${file##*/} $(map_id "$file")"
	done
}

test_what_the_object_says_of_pinning_does_not_matter()
{
	load v0 "$BUILT/load_kinds.o" >/dev/null
	load v0 objects/pinned/xdp_pass.o >/dev/null
	[[ $(find "$BPFFS" -mindepth 1 -maxdepth 1 ! -name '*.debug' -printf '%f ') == "v0 %ifbpf " ]] ||
		fail "pinned elsewhere: $(find "$BPFFS" -maxdepth 1)"
	[[ -f $BPFFS/v0/xdp_stats_map ]] || fail "not pinned here"
}

test_maps_of_the_object_itself_are_never_pinned()
{
	expect_status 0 load v0 "$BUILT/load_kinds.o"
	[[ $output == *"map .rodata id "*"map .bss id "* ]] || fail "it says: $output"
	[[ -z $(find "$BPFFS/v0" -name '*rodata*' -o -name '*bss*') ]] || fail "pinned"
}

test_maps_with_a_dot_in_their_name_are_used_on()
{
	local name file

	expect_status 0 load v0 "$BUILT/dotted.o"
	for name in deny.list the_long_deny_list.of.hosts limits.data; do
		file=$BPFFS/v0/${name//./%2E}
		[[ $output == *"map $name id $(map_id "$file") created"* ]] || fail "$name: $output"
		bpftool map update pinned "$file" key 0 0 0 0 value 7 0 0 0 0 0 0 0
	done
	expect_status 0 load v0 "$BUILT/dotted.o"
	for name in deny.list the_long_deny_list.of.hosts limits.data; do
		file=$BPFFS/v0/${name//./%2E}
		[[ $output == *"map $name id $(map_id "$file") reused"* ]] || fail "$name: $output"
		bpftool map lookup pinned "$file" key 0 0 0 0 | grep -q '07 00\|"value": 7' ||
			fail "$name is empty: $(bpftool map lookup pinned "$file" key 0 0 0 0)"
	done
	[[ -z $(find "$BPFFS/v0" -name '*rodata*' -o -name '*bss*') ]] || fail "pinned"
	status v0 | grep -q 'map  deny.list .* live$' || fail "it says: $(status v0)"
}

test_a_program_array_is_made_anew_and_filled_before_the_switch()
{
	local i pid passed

	expect_status 0 load -n jumps_main v0 "$BUILT/load_jumps.o"
	nsenter --net=/run/netns/peer "$PWD/build/tests/load_frames" v1 "$V0_MAC" &
	pid=$!
	eventually has_counted 1 || fail "nothing arrives"
	# The one before goes, as it does below.
	expect_status 0 load --dry-run -n jumps_main v0 "$BUILT/load_jumps.o"
	[[ $output == *"map jumps id "*" would be created"$'\n'* ]] || fail "it says: $output"
	for ((i = 0; i < 10; i++)); do
		expect_status 0 load -n jumps_main v0 "$BUILT/load_jumps.o"
		[[ $output == *"map jumps id "*" created"$'\n'*"map xdp_stats_map id "*" reused"* ]] ||
			fail "it says: $output"
	done
	kill "$pid"
	wait "$pid" 2>/dev/null || true
	runs v0 xdp jumps_main
	has_counted 1 || fail "nothing was counted"
	passed=$(counter "$BPFFS/v0/xdp_stats_map" 2)
	[[ $passed == "0 0" ]] || fail "packets that found no program: $passed"
	# The old ones would hold their programs.
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "an old array stays: $(old_maps "$BPFFS/v0")"
}

test_sections_of_the_old_dialect_fill_their_slots()
{
	local section

	expect_status 0 load v0 "$BUILT/old_tails.o"
	send 5
	expect_totals v0 "xdp XDP_DROP 5"
	load v0 "$BUILT/old_tails.o" >/dev/null
	send 5
	expect_totals v0 "xdp XDP_DROP 10"
	for section in 8/1 7/9; do
		sed "s,7/1,$section,g" "$BUILT/old_tails.o" >"$TMPDIR/old_tails.o"
		expect_status 2 load v0 "$TMPDIR/old_tails.o"
		[[ $errors == *"cannot place program old_drop of section $section"* ]] ||
			fail "it says: $errors"
	done
	runs v0 xdp old_main
}

# spoil FILE AT BYTES: BYTES, as printf takes them, stand there instead.
spoil() { printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

test_a_damaged_object_of_the_old_dialect_is_refused()
{
	local old="$BUILT/old_tails.o" file="$TMPDIR/damaged.o" table count symbols size at before

	need readelf
	load v0 objects/xdp_pass.o >/dev/null
	before=$(snapshot)
	table=$(readelf -h "$old" | sed -n 's/.*Start of section headers: *\([0-9]*\).*/\1/p')
	count=$(readelf -h "$old" | sed -n 's/.*Number of section headers: *//p')
	read -r symbols size < <(readelf -SW "$old" | awk '$0 ~ / SYMTAB / { sub(/.*SYMTAB */, ""); print $2, $3 }')
	# The name of a section is what its header, 64 bytes, begins with.
	for ((at = table + 64; at < table + 64 * count; at += 64)); do
		cp "$old" "$file"
		spoil "$file" "$at" '\377\377\377\177'
		run load v0 "$file"
		((status == 2)) || fail "section $(((at - table) / 64)): status $status: $errors"
		[[ $errors == *": cannot "* ]] || fail "it says: $errors"
	done
	# The value of a symbol is the second 8 of its 24 bytes: here of a map behind all of its section.
	for ((at = 0x$symbols; at < 0x$symbols + 0x$size; at += 24)); do
		cp "$old" "$file"
		spoil "$file" $((at + 8)) '\360\377\377\377\377\377\377\377'
		run load --dry-run v0 "$file"
		((status == 0 || status == 2)) || fail "symbol at $at: status $status: $errors"
	done
	expect_unchanged "$before"
}

test_what_others_put_into_a_program_array_is_not_dropped_unsaid()
{
	local id

	load -n jumps_main v0 "$BUILT/load_jumps.o" >/dev/null
	bpftool prog load "$BUILT/load_bare.o" "$BPFFS/bare" type xdp
	bpftool map update pinned "$BPFFS/v0/jumps" key 0 0 0 0 value pinned "$BPFFS/bare"
	bpftool map update pinned "$BPFFS/v0/jumps" key 1 0 0 0 value pinned "$BPFFS/bare"
	id=$(bpftool -j prog show pinned "$BPFFS/bare" | sed 's/^{"id":\([0-9]*\).*/\1/')
	expect_status 0 load -n jumps_main v0 "$BUILT/load_jumps.o"
	[[ $errors == "load: map 'jumps' is made anew: slot 0 is empty now, program load_bare (id $id) is not of this object
load: map 'jumps' is made anew: in slot 1 program jumps_drop (id "*") takes the place of load_bare (id $id)" ]] ||
		fail "it says: $errors"
	expect_status 0 load -n jumps_main v0 "$BUILT/load_jumps.o"
	[[ -z $errors ]] || fail "it says again: $errors"
}

# no_drift: status finds that the record and what runs agree.
no_drift()
{
	[[ $(status v0) != *drift* ]] || fail "$1: $(status v0)"
	[[ $(doctor v0) != *record* ]] || fail "$1: $(doctor v0)"
}

test_what_is_called_through_a_program_array_belongs_to_the_load()
{
	local before

	expect_status 0 load -n tail_main v0 "$BUILT/load_tail_map.o"
	[[ $output == *"map jumps id "*" created"*"map xdp_stats_map id $(map_id "$BPFFS/v0/xdp_stats_map") created"* ]] ||
		fail "it says: $output"
	no_drift "a load"
	send 5
	expect_totals v0 "xdp XDP_DROP 5"
	expect_status 0 load -n tail_main v0 "$BUILT/load_tail_map.o"
	[[ $output == *"map xdp_stats_map id "*" reused"* ]] || fail "it says: $output"
	no_drift "a second load"
	send 5
	expect_totals v0 "xdp XDP_DROP 10"
	before=$(readlink "$BPFFS/v0/%meta" | sed 's/gen=[0-9]*//')
	pin_maps v0 >/dev/null
	[[ $(readlink "$BPFFS/v0/%meta" | sed 's/gen=[0-9]*//') == "$before" ]] ||
		fail "pin_maps finds something else: $before against $(readlink "$BPFFS/v0/%meta")"
}

test_what_is_prepared_is_no_drift()
{
	load --no-attach v0 objects/xdp_drop.o >/dev/null
	no_drift "prepared"
	load v0 objects/xdp_pass.o >/dev/null
	load --no-attach v0 objects/xdp_drop.o >/dev/null
	no_drift "prepared beside what runs"
	ip -force link set dev v0 xdpdrv pinned "$BPFFS/v0/%progs/xdp/xdp_drop"
	status v0 | grep -q "drift  *xdp: the record names program [0-9]*, which does not run there" ||
		fail "$(status v0)"
	load --no-attach -n tail_main v0 "$BUILT/load_tail_map.o" >/dev/null
	no_drift "prepared with what it calls"
}

test_a_filter_of_others_in_our_place_is_named()
{
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 700 handle 1 bpf da obj objects/tc_pass.o sec tc
	expect_status 2 load v0 objects/tc_drop.o
	[[ $errors == "load: cannot load onto tc_ingress of v0: pref 700, where our filter stands, is taken by program tc_pass (id $(tc_prog v0 ingress 700), "*", which is not ours"$'\n'"  hint: replace that one: --expect $(tc_prog v0 ingress 700) --replace"* ]] ||
		fail "it says: $errors"
	expect_status 0 load --expect "$(tc_prog v0 ingress 700)" --replace v0 objects/tc_drop.o
	runs v0 tc_ingress tc_drop
}

test_a_filter_of_ours_in_our_place_is_named_as_such()
{
	local id other

	need_tcx
	load --tc clsact v0 objects/tc_drop.o >/dev/null
	id=$(tc_prog v0 ingress 700)
	load --no-attach v0 objects/tc_pass.o >/dev/null 2>&1
	tc filter add dev v0 ingress pref 10 handle 1 bpf da pinned "$BPFFS/v0/%progs/tc_ingress/tc_pass"
	expect_status 0 load --tc tcx --expect "$(tc_prog v0 ingress 10)" v0 objects/tc_pass.o
	other=$(sed -n 's/.*: program tc_pass id \([0-9]*\).*/\1/p' <<<"$output")
	expect_status 2 load --expect "$other" --tc clsact v0 objects/tc_pass.o
	[[ $errors == *"pref 700, where our filter stands, is taken by program tc_drop (id $id, "*", which is ours as well: loaded by ifbpf"$'\n'"  hint: replace that one: --expect $id; or go another way: --tc tcx"* ]] ||
		fail "it says: $errors"
	expect_status 0 load --expect "$id" --tc clsact v0 objects/tc_pass.o
	[[ $output == *"replaced program id $id"* ]] || fail "it says: $output"
}

test_names_of_programs_are_made_fit_for_files()
{
	# A name as long as the other, so that the file stays as it is.
	sed 's/load_bare/load.bare/g' "$BUILT/load_bare.o" >"$TMPDIR/dot.o"
	expect_status 0 load v0 "$TMPDIR/dot.o"
	[[ -f $BPFFS/v0/%progs/xdp/load%2Ebare ]] || fail "pinned: $(ls "$BPFFS/v0/%progs/xdp")"
	status v0 | grep -q 'ours: loaded by ifbpf' || fail "$(status v0)"
	expect_status 0 load v0 "$TMPDIR/dot.o"
	expect_status 0 load v0 objects/xdp_pass.o
	[[ $(ls "$BPFFS/v0/%progs/xdp") == xdp_pass ]] || fail "still pinned: $(ls "$BPFFS/v0/%progs/xdp")"
}

# has_counted ACTION: more than a thousand.
has_counted()
{
	local now

	now=$(counter "$BPFFS/v0/xdp_stats_map" "$1")
	((${now% *} > 1000))
}

# put_ports: an entry with a program and one without; sets $id, of the map.
put_ports()
{
	load -n ports_main v0 "$BUILT/load_ports.o" >/dev/null
	id=$(map_id "$BPFFS/v0/ports")
	bpftool prog loadall "$BUILT/load_ports.o" "$BPFFS/entries"
	attach put "$BPFFS/v0/ports" 0 "$(ifindex v0)" "$BPFFS/entries/ports_entry"
	bpftool map update pinned "$BPFFS/v0/ports" key 1 0 0 0 value 1 0 0 0 255 255 255 255
}

test_a_devmap_is_used_on_unless_its_entries_hold_programs()
{
	local id before

	load -n ports_main v0 "$BUILT/load_ports.o" >/dev/null
	id=$(map_id "$BPFFS/v0/ports")
	expect_status 0 load -n ports_main v0 "$BUILT/load_ports.o"
	expect_id "$BPFFS/v0/ports" "$id"
	put_ports
	before=$(snapshot)
	expect_refusal "cannot use map 'ports' pinned in $BPFFS/v0 for another program: its entry 0 has program " \
		"$before" load -n ports_main v0 "$BUILT/load_ports.o"
	[[ $errors == *"--on-mismatch migrate"*"--on-mismatch fresh"* ]] || fail "no way out is said: $errors"
	expect_status 0 load --on-mismatch fresh -n ports_main v0 "$BUILT/load_ports.o"
	[[ $errors == *"map 'ports' is made anew: its entries hold programs"* ]] || fail "it says: $errors"
	[[ $(map_id "$BPFFS/v0/ports") != "$id" ]] || fail "used on"
	[[ $output == *"map ports id "*" created (map $id stays as $BPFFS/v0/ports%old-$id)"* ]] ||
		fail "it says: $output"
}

test_entries_of_a_devmap_without_a_program_come_over_and_the_others_are_named()
{
	local id

	put_ports
	expect_status 3 load --on-mismatch migrate -n ports_main v0 "$BUILT/load_ports.o"
	[[ $errors == *"map 'ports', key 0: it has a program"* ]] || fail "it says: $errors"
	[[ $output == *"map ports id "*" migrated (map $id stays as $BPFFS/v0/ports%old-$id)"* ]] ||
		fail "it says: $output"
	[[ $(bpftool map lookup pinned "$BPFFS/v0/ports" key 1 0 0 0) == *"value: 01 00 00 00 "* ]] ||
		fail "$(bpftool map dump pinned "$BPFFS/v0/ports")"
	! bpftool map lookup pinned "$BPFFS/v0/ports" key 0 0 0 0 2>/dev/null || fail "it has a program still"
	expect_status 0 load -n ports_main v0 "$BUILT/load_ports.o"
}

test_a_map_that_is_defined_otherwise_stops_the_load_and_the_difference_is_shown()
{
	local before

	load v0 "$BUILT/load_flows1.o" >/dev/null
	before=$(snapshot)
	expect_refusal "cannot reuse map 'flow_table' pinned in $BPFFS/v0: it is not what the object defines" \
		"$before" load v0 "$BUILT/load_flows2.o"
	[[ $(sed -n '/ object  *pinned$/,/ value.state /p' <<<"$errors" | tr -s ' ') == " object pinned
 max entries 32 16
 value.flags __u32, 4 B at byte 4 -
 value.bytes __u32, 4 B at byte 8 __u64, 8 B at byte 8
 value.seen __u32, 4 B at byte 12 -
 value.state - __u32, 4 B at byte 4" ]] || fail "it says: $errors"
	[[ $errors == *"--on-mismatch fresh"* ]] || fail "no way out is said: $errors"
	runs v0 xdp load_flows1
}

test_all_maps_that_are_defined_otherwise_are_shown_and_all_of_a_member()
{
	local before

	load v0 "$BUILT/carry1.o" >/dev/null
	before=$(snapshot)
	expect_status 2 load v0 "$BUILT/carry2.o"
	[[ $(tr -s ' ' <<<"$errors") == *" value.note at byte 0 at byte 4
 value.note __u64, 8 B at byte 0 __u32, 4 B at byte 4
"* && $errors == *"cannot reuse map 'deny_list'"* ]] || fail "it says: $errors"
	[[ $(tr -s ' ' <<<"$errors") == *"cannot reuse map 'frames_seen'"*" value.passed at byte 16 at byte 0"* ]] ||
		fail "it says: $errors"
	[[ $(grep -c 'hint: .*--on-mismatch fresh' <<<"$errors") == 1 ]] || fail "it says: $errors"
	expect_unchanged "$before"
}

test_fresh_takes_an_empty_map_and_keeps_the_old_one_beside_it()
{
	local old

	load v0 "$BUILT/load_flows1.o" >/dev/null
	old=$(map_id "$BPFFS/v0/flow_table")
	send 4
	expect_status 0 load --on-mismatch fresh v0 "$BUILT/load_flows2.o"
	[[ $errors == *"map 'flow_table' is made anew, the one pinned in $BPFFS/v0 is not what the object defines:"* ]] ||
		fail "it says: $errors"
	[[ $output == *"map flow_table id "*" created (map $old stays as $BPFFS/v0/flow_table%old-$old)"*\
"map xdp_stats_map id "*" reused"* ]] || fail "it says: $output"
	expect_id "$BPFFS/v0/flow_table%old-$old" "$old"
	runs v0 xdp load_flows2
	send 3
	expect_totals v0 "xdp XDP_PASS 7"
}

test_counters_of_another_definition_stay_in_the_total()
{
	# Of a map with fewer slots, as older loaders make it.
	bpftool map create "$BPFFS/few" type percpu_array key 4 value 16 entries 3 name xdp_stats_map
	bpftool prog load objects/xdp_pass.o "$BPFFS/theirs" type xdp map name xdp_stats_map pinned "$BPFFS/few" 2>/dev/null ||
		skip "bpftool loads no program with a map of another size"
	ip link set dev v0 xdpgeneric pinned "$BPFFS/theirs"
	rm "$BPFFS/few" "$BPFFS/theirs"
	pin_maps v0 >/dev/null
	send 5
	expect_status 2 load v0 objects/xdp_pass.o
	expect_status 0 load --on-mismatch fresh v0 objects/xdp_pass.o
	send 2
	expect_totals v0 "xdp XDP_PASS 7"
}

test_a_map_of_another_type_is_not_used_on()
{
	mkdir -m 700 "$BPFFS/v0"
	bpftool map create "$BPFFS/v0/flow_table" type array key 4 value 16 entries 16 name flow_table
	expect_status 2 load v0 "$BUILT/load_flows1.o"
	[[ $(tr -s ' ' <<<"$errors") == *" type hash array"* ]] || fail "it says: $errors"
	[[ -z $(prog_id v0) ]] || fail "attached"
}

# Killed while it removes that stage, it would be taken for one whose exchange had begun.
test_a_stage_that_comes_to_nothing_loses_its_even_record_first()
{
	need strace
	# The driver of lo has no native XDP: refused when all is prepared.
	run env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" strace -f -qq -o "$TMPDIR/calls" -e trace=unlinkat \
		load -m native lo objects/xdp_pass.o
	((status == 2)) || fail "status $status: $errors"
	# Of a directory that was made whole, this is all that says that it is complete.
	[[ $(grep '= 0$' "$TMPDIR/calls" | grep -v '"%record"' | head -n 1) == *'"lo~'*'/%dir/%meta", 0)'* ]] ||
		fail "$(<"$TMPDIR/calls")"
	load --hook tc_ingress lo objects/tc_pass.o >/dev/null
	run env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" strace -f -qq -o "$TMPDIR/calls" -e trace=unlinkat \
		load -m native lo objects/xdp_pass.o
	((status == 2)) || fail "status $status: $errors"
	[[ $(grep -e '%meta"' -e '%odd"' "$TMPDIR/calls" | head -n 1) == *'"lo~'*'/%meta", 0)'*"= 0" ]] ||
		fail "$(<"$TMPDIR/calls")"
}
