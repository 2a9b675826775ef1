# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# compat/btf2legacy: a BTF object becomes one that iproute2's own ELF loader takes.
. tests/build.sh
. tests/pins.sh
. tests/legacy.sh

# expect_refused WHY SOURCE: with one failure, and no file.
expect_refused()
{
	build "$2"
	expect_status 2 btf2legacy "$TMPDIR/built.o" "$TMPDIR/refused.o"
	[[ $errors == "btf2legacy: cannot rewrite $TMPDIR/built.o for iproute2's own loader: "*"$1"* ]] ||
		fail "it says: $errors"
	[[ $(grep -c 'cannot' <<<"$errors") == 1 ]] || fail "it says: $errors"
	[[ -z $(find "$TMPDIR" -name '*refused*') ]] || fail "left: $(ls "$TMPDIR")"
}

# section FILE NAME: its bytes.
section()
{
	local offset size

	read -r offset size < <(readelf -SW "$1" | sed 's/^ *\[ *[0-9]*\] //' |
		awk -v name="$2" '$1 == name { print $4, $5 }')
	tail -c "+$((16#$offset + 1))" "$1" | head -c "$((16#$size))"
}

# words FILE: its section maps, as numbers of 32 bits, a line for each map.
words() { section "$1" maps | od -An -v -t u4 -w36 | awk '{ $1 = $1; print }'; }

test_the_section_has_36_bytes_for_each_map_and_its_symbol()
{
	need readelf
	btf2legacy "$BUILT/pair.o" "$TMPDIR/out.o"
	readelf -SW "$TMPDIR/out.o" >"$TMPDIR/sections"
	[[ $(awk '$2 == "maps" || $3 == "maps"' "$TMPDIR/sections" | grep -o ' 000048 ') ]] ||
		fail "two maps: $(<"$TMPDIR/sections")"
	! grep -qE ' \.(maps|BTF|BTF\.ext) ' "$TMPDIR/sections" || fail "$(<"$TMPDIR/sections")"
	# type array, key 4, value 8, one entry, and no flag, id, pinning or inner map
	[[ $(words "$TMPDIR/out.o") == "2 4 8 1 0 0 0 0 0
2 4 8 1 0 0 0 0 0" ]] || fail "$(words "$TMPDIR/out.o")"
	readelf -sW "$TMPDIR/out.o" >"$TMPDIR/symbols"
	[[ $(awk '$8 == "left" { print $2, $3, $4, $5 }' "$TMPDIR/symbols") == "0000000000000000 36 OBJECT GLOBAL" &&
		$(awk '$8 == "right" { print $2, $3, $4, $5 }' "$TMPDIR/symbols") == "0000000000000024 36 OBJECT GLOBAL" ]] ||
		fail "$(<"$TMPDIR/symbols")"
	# Relocations of the program name the same symbols as before.
	[[ $(relocations "$TMPDIR/out.o") == "$(relocations "$BUILT/pair.o")" ]] ||
		fail "$(relocations "$TMPDIR/out.o")"
	[[ $(relocations "$TMPDIR/out.o" | wc -l) == 2 ]] || fail "$(relocations "$TMPDIR/out.o")"
	same_code "$BUILT/pair.o" "$TMPDIR/out.o"
}

relocations() { readelf -rW "$1" | awk "/^Relocation section/ { in_xdp = /'\.relxdp'/ } in_xdp && /R_BPF/ { print \$1, \$5 }"; }
same_code()
{
	[[ $(section "$1" xdp | wc -c) -gt 0 ]] || fail "no program"
	cmp <(section "$1" xdp) <(section "$2" xdp) || fail "the program was changed"
}

WEAK_MAP='struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); } weak __attribute__((weak)) SEC(".maps");
SEC("xdp") int count(struct xdp_md *ctx) { __u32 k = 0; __u64 *v = bpf_map_lookup_elem(&counts, &k); if (v) *v += 1;
v = bpf_map_lookup_elem(&weak, &k); if (v) *v += 100; return XDP_PASS; }'

# A loader that counts global symbols only takes no object with another one for a map.
test_a_weak_map_becomes_a_global_one()
{
	need readelf
	build "$MAP $WEAK_MAP"
	btf2legacy "$TMPDIR/built.o" "$TMPDIR/out.o"
	readelf -sW "$TMPDIR/out.o" >"$TMPDIR/symbols"
	[[ $(awk '$8 == "counts" || $8 == "weak" { print $3, $4, $5 }' "$TMPDIR/symbols") == "36 OBJECT GLOBAL
36 OBJECT GLOBAL" ]] || fail "$(<"$TMPDIR/symbols")"
}

test_pinning_is_as_the_object_says_or_as_asked_for()
{
	local pin

	need readelf
	btf2legacy objects/pinned/xdp_pass.o "$TMPDIR/out.o"
	[[ $(words "$TMPDIR/out.o") == "6 4 16 5 0 0 2 0 0" ]] || fail "$(words "$TMPDIR/out.o")"
	btf2legacy objects/xdp_pass.o "$TMPDIR/out.o"
	[[ $(words "$TMPDIR/out.o") == "6 4 16 5 0 0 0 0 0" ]] || fail "$(words "$TMPDIR/out.o")"
	for pin in none:0 global:2 17:17 4294967295:4294967295; do
		btf2legacy --pin "${pin%:*}" objects/pinned/xdp_pass.o "$TMPDIR/out.o"
		[[ $(words "$TMPDIR/out.o") == "6 4 16 5 0 0 ${pin#*:} 0 0" ]] ||
			fail "--pin ${pin%:*}: $(words "$TMPDIR/out.o")"
	done
	for pin in all -1 4294967296 2x ''; do
		expect_status 1 btf2legacy --pin "$pin" objects/xdp_pass.o "$TMPDIR/no.o"
	done
	expect_status 1 btf2legacy --pin none -p global objects/xdp_pass.o "$TMPDIR/no.o"
	[[ $errors == *"--pin is there twice"* ]] || fail "$errors"
	expect_status 1 btf2legacy objects/xdp_pass.o
	[[ ! -e $TMPDIR/no.o ]]
}

test_a_ring_buffer_gets_the_size_that_libbpf_gives_it()
{
	need readelf
	build "struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 5000); } ring SEC(\".maps\");
SEC(\"xdp\") int count(struct xdp_md *ctx) { __u32 v = 1; bpf_ringbuf_output(&ring, &v, 4, 0); return XDP_PASS; }"
	btf2legacy "$TMPDIR/built.o" "$TMPDIR/out.o"
	[[ $(words "$TMPDIR/out.o") == "27 0 0 8192 0 0 0 0 0" ]] || fail "$(words "$TMPDIR/out.o")"
}

test_what_that_loader_cannot_do_is_refused_and_named()
{
	expect_refused "section .rodata" "const volatile int limit = 1; SEC(\"xdp\") int pass(struct xdp_md *ctx) { return limit; }"
	expect_refused "section .bss" "int seen; SEC(\"xdp\") int pass(struct xdp_md *ctx) { seen++; return XDP_PASS; }"
	expect_refused "section .data" "int seen = 7; SEC(\"xdp\") int pass(struct xdp_md *ctx) { seen++; return XDP_PASS; }"
	expect_refused ".text is not empty" "__attribute__((noinline)) static int add(int x) { volatile int y = x; return y + 1; }
SEC(\"xdp\") int pass(struct xdp_md *ctx) { return add(1); }"
	expect_refused "section xdp has 2 functions" "$XDP_PASS SEC(\"xdp\") int drop(struct xdp_md *ctx) { return XDP_DROP; }"
	expect_refused "CO-RE relocations" "struct task_struct { int pid; } __attribute__((preserve_access_index));
SEC(\"xdp\") int pass(struct xdp_md *ctx) { return __builtin_preserve_field_info(((struct task_struct *)0)->pid, 0); }"
	expect_refused "refers to 'there', which is no map of this object" "extern int there(void) __ksym;
SEC(\"xdp\") int pass(struct xdp_md *ctx) { return there(); }"
	expect_refused "map 'outer': it holds other maps" "struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u32); };
struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 1); __type(key, __u32); __array(values, struct inner); } outer SEC(\".maps\");
$XDP_PASS"
	expect_refused "a map is filled by its definition" "int tail(struct xdp_md *ctx);
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 1); __type(key, __u32); __array(values, int(void *)); } jumps SEC(\".maps\") = { .values = { [0] = (void *)&tail } };
SEC(\"xdp/tail\") int tail(struct xdp_md *ctx) { return XDP_PASS; } $XDP_PASS"
	expect_refused "map 'counts': its values have a part that the kernel knows only by BTF" "struct guarded { struct bpf_spin_lock lock; int n; };
BPF_MAP(counts, BPF_MAP_TYPE_ARRAY, __u32, struct guarded, 1); $XDP_PASS"
	expect_refused "map 'counts': it has map_extra" "struct { __uint(type, BPF_MAP_TYPE_BLOOM_FILTER); __uint(max_entries, 8); __uint(map_extra, 3); __type(value, __u32); } counts SEC(\".maps\"); $XDP_PASS"
	expect_refused "map 'counts': it has a NUMA node" "struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 8); __uint(numa_node, 1); __type(key, __u32); __type(value, __u32); } counts SEC(\".maps\"); $XDP_PASS"
	expect_refused "map 'events': its number of entries is left to libbpf" "struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4); __uint(value_size, 4); } events SEC(\".maps\"); $XDP_PASS"
	expect_refused "it has no program" "BPF_MAP(counts, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1);"
	expect_refused "section kprobe/do_nothing is for another hook" "SEC(\"kprobe/do_nothing\") int probe(void *ctx) { return 0; }"
	expect_refused "section xdp/devmap is for another hook" "${XDP_PASS/xdp/xdp/devmap}"
	expect_refused "section xdp/cpumap is for another hook" "${XDP_PASS/xdp/xdp/cpumap}"
	expect_refused "section xdp.frags" "SEC(\"xdp.frags\") int pass(struct xdp_md *ctx) { return XDP_PASS; }"
}

# Each section is loaded for itself: of what ip and tc are asked for, the others take nothing away.
test_programs_of_other_sections_and_hooks_do_no_harm_beside_one_for_ip()
{
	local names

	for names in "xdp kprobe/do_nothing" "xdp/devmap xdp" "kprobe/do_nothing tc" classifier ingress/own lwt_in; do
		build "$(n=0 && for name in $names; do echo "SEC(\"$name\") int prog$((n++))(void *ctx) { return 0; }"; done)"
		expect_status 0 btf2legacy "$TMPDIR/built.o" "$TMPDIR/out.o"
	done
}

test_other_files_are_refused()
{
	expect_fail "its maps are defined for that loader already" btf2legacy objects/legacy/xdp_pass.o "$TMPDIR/no.o"
	expect_fail "it is no object of BPF programs" btf2legacy "$(type -P ip)" "$TMPDIR/no.o"
	expect_fail "it is no ELF file" btf2legacy README.md "$TMPDIR/no.o"
	expect_fail "cannot find object nothing.o" btf2legacy nothing.o "$TMPDIR/no.o"
	expect_fail "cannot write $TMPDIR/none/out.o: No such" btf2legacy objects/xdp_pass.o "$TMPDIR/none/out.o"
	[[ -z $(find "$TMPDIR" -name 'no.o*') ]] || fail "left: $(ls "$TMPDIR")"
}

test_a_file_that_is_there_stays_when_it_is_refused()
{
	echo kept >"$TMPDIR/out.o"
	expect_status 2 btf2legacy "$BUILT/held.o" "$TMPDIR/out.o"
	[[ $(<"$TMPDIR/out.o") == kept ]] || fail "it was overwritten"
}

test_an_object_without_btf_is_said_to_have_none()
{
	need llvm-objcopy
	build "BPF_MAP(counts, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1); SEC(\"xdp\") int count(struct xdp_md *ctx) {
__u32 key = 0; bpf_map_lookup_elem(&counts, &key); return XDP_PASS; }"
	llvm-objcopy --remove-section=.BTF --remove-section=.BTF.ext "$TMPDIR/built.o" "$TMPDIR/nobtf.o"
	expect_status 2 btf2legacy "$TMPDIR/nobtf.o" "$TMPDIR/no.o"
	[[ $errors == *"it has no BTF, which tells what its maps are"*"compile it with -g"* ]] || fail "$errors"
	[[ ! -e $TMPDIR/no.o ]]
}

test_a_file_that_is_replaced_keeps_its_owner_and_mode()
{
	echo secret >"$TMPDIR/out.o"
	chmod 0600 "$TMPDIR/out.o"
	chown 7:8 "$TMPDIR/out.o"
	btf2legacy objects/xdp_pass.o "$TMPDIR/out.o"
	[[ $(stat -c '%a %u %g' "$TMPDIR/out.o") == "600 7 8" ]] || fail "$(stat -c '%a %u %g' "$TMPDIR/out.o")"
}

# kind FILE: of the file itself, wherever it leads to.
kind() { stat -c %F "$1"; }

test_only_files_are_replaced()
{
	local target before

	echo kept >"$TMPDIR/kept"
	mkdir "$TMPDIR/folder"
	mknod "$TMPDIR/null" c 1 3
	mkfifo "$TMPDIR/pipe"
	ln -s kept "$TMPDIR/link"
	ln -s nothing "$TMPDIR/astray"
	for target in folder null pipe link astray; do
		before=$(kind "$TMPDIR/$target")
		expect_status 2 timeout 20 btf2legacy objects/xdp_pass.o "$TMPDIR/$target"
		[[ $errors == "btf2legacy: cannot write $TMPDIR/$target: it is a"*", not a regular file
  hint: "* ]] || fail "$target: it says: $errors"
		[[ $(kind "$TMPDIR/$target") == "$before" ]] || fail "$target is a $(kind "$TMPDIR/$target") now"
	done
	[[ $(<"$TMPDIR/kept") == kept && ! -e $TMPDIR/nothing ]] || fail "it wrote where a link leads"
	[[ $(ls "$TMPDIR") == "$(printf '%s\n' astray folder kept link null pipe)" ]] ||
		fail "left: $(ls "$TMPDIR")"
}

test_only_files_are_read()
{
	mkfifo "$TMPDIR/pipe"
	expect_status 2 timeout 20 btf2legacy "$TMPDIR/pipe" "$TMPDIR/no.o"
	[[ $errors == "btf2legacy: cannot read object $TMPDIR/pipe: it is no regular file" ]] || fail "$errors"
	[[ ! -e $TMPDIR/no.o ]]
}

# damage FILE AT BYTES: these in the place of what is there.
damage() { printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

# Behind the header, of 24 bytes, come the types; libbpf alone crashes at five of these words.
test_damaged_types_are_refused_wherever_the_damage_is()
{
	local at end refused=0

	need readelf
	mkdir "$TMPDIR/made"
	read -r at end < <(readelf -SW objects/xdp_pass.o | sed 's/^ *\[ *[0-9]*\] //' |
		awk '$1 == ".BTF" { print $4 }' | while read -r offset; do
		od -An -t u4 -j $((16#$offset + 12)) -N 4 objects/xdp_pass.o |
			awk -v at=$((16#$offset + 24)) '{ print at, at + $1 }'
	done)
	((end - at >= 400)) || fail "types from $at to $end"
	for ((; at < end; at += 4)); do
		cp objects/xdp_pass.o "$TMPDIR/damaged.o"
		damage "$TMPDIR/damaged.o" $((at + 1)) '\x38'
		run btf2legacy "$TMPDIR/damaged.o" "$TMPDIR/made/out.o"
		case $status:$errors in
		0:) ;;
		2:*"its BTF is damaged: type "*) ((++refused)) ;;
		2:*) ;;
		*) fail "damaged at $at: status $status: $errors" ;;
		esac
		rm -f "$TMPDIR/made/out.o"
		[[ -z $(ls "$TMPDIR/made") ]] || fail "damaged at $at: left $(ls "$TMPDIR/made")"
	done
	((refused >= 20)) || fail "only $refused were refused"
}

# --- with such an iproute2

test_ip_without_libbpf_loads_it_and_uses_its_pin_again()
{
	local id

	need_legacy
	btf2legacy --pin global objects/xdp_pass.o "$TMPDIR/out.o"
	eval "$(iproute2_env v0)"
	ip link set dev v0 xdpgeneric obj "$TMPDIR/out.o" sec xdp
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	send 10
	ip -force link set dev v0 xdpgeneric obj "$TMPDIR/out.o" sec xdp
	send 5
	expect_id "$BPFFS/v0/xdp_stats_map" "$id"
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 15 1500
	pin_maps v0 | grep -q "^kept *xdp *xdp_stats_map *id $id " || fail "pin_maps sees another map"
}

test_ip_without_libbpf_loads_an_object_with_a_weak_map()
{
	need_legacy
	build "$MAP $WEAK_MAP"
	btf2legacy --pin global "$TMPDIR/built.o" "$TMPDIR/out.o"
	eval "$(iproute2_env v0)"
	ip link set dev v0 xdpgeneric obj "$TMPDIR/out.o" sec xdp
	[[ -e $BPFFS/v0/counts && -e $BPFFS/v0/weak ]] || fail "pinned: $(ls "$BPFFS/v0")"
}

test_ip_and_tc_without_libbpf_load_all_of_the_store()
{
	local object name

	need_legacy
	tc qdisc add dev v0 clsact
	for object in objects/*.o; do
		name=$(basename "$object" .o)
		[[ $name != *_frags ]] || continue
		# What the verifier is to look at once is a function that is called: not for that loader.
		if [[ $name == *_acl ]]; then
			expect_fail "it has functions that are called" \
				btf2legacy --pin none "$object" "$TMPDIR/out.o"
			continue
		fi
		btf2legacy --pin none "$object" "$TMPDIR/out.o"
		case $name in
		xdp_*) ip -force link set dev v0 xdpgeneric obj "$TMPDIR/out.o" sec xdp ;;
		tc_*) tc filter replace dev v0 ingress pref 10 handle 1 bpf da obj "$TMPDIR/out.o" sec tc ;;
		esac || fail "$object"
	done
}

test_the_object_itself_is_not_written_over()
{
	local name

	cp objects/xdp_pass.o "$TMPDIR/prog.o"
	ln "$TMPDIR/prog.o" "$TMPDIR/same.o"
	for name in prog.o same.o ./prog.o; do
		expect_fail "cannot write $TMPDIR/$name: it is the object itself" \
			btf2legacy "$TMPDIR/prog.o" "$TMPDIR/$name"
	done
	cmp "$TMPDIR/prog.o" objects/xdp_pass.o
	btf2legacy "$TMPDIR/prog.o" "$TMPDIR/old.o"
}
