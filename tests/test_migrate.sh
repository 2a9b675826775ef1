# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pinning/migrate.h: the content of a map goes into another one of a different definition.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/migrate.sh

test_the_class_is_tagged_or_follows_from_the_type()
{
	local map

	for map in rules=config flows=flow shared=counter counts=counter ports=config settings=config; do
		expect_status 0 migrate class "$NEW_OBJECT" "${map%=*}"
		[[ $output == "${map#*=}" ]] || fail "${map%=*} is of class $output"
	done
	expect_status 0 migrate class "$OLD_OBJECT" flows
	[[ $output == config ]] || fail "flows without a tag is of class $output"
}

test_the_plan_names_what_becomes_of_each_field()
{
	maps
	expect_status 0 migrate plan "$OLD/rules" "$NEW/rules" config
	says_row key.port __u16 __u16 kept
	says_row value.weight __s32 __s64 widened
	says_row value.since - '__u32, 4 B at byte 8' added
	says_row value.action __u32 __u16 narrowed
	says_row value.forgotten __u32 - dropped
	expect_status 0 migrate plan "$OLD/counts" "$NEW/counts" counter
	says_row "max entries" 4 8 grown
	says_row value.note 'char\[8\]' 'char\[12\]' grown
	says_row value.kind __u32 kind "kept: no counter"
	says_row value.latest __u64 __u64 "kept$(! keeps_tags || echo ': the greater')"
}

test_counts_that_the_new_map_has_no_field_for_are_not_said_to_be_kept()
{
	maps
	expect_status 0 migrate plan "$OLD/counts" "$NEW/counts" counter
	says "bound: no count is lost or doubled"
	expect_status 0 migrate plan "$NEW/counts" "$OLD/counts" counter
	says_row value.fresh __u64 - dropped
	says "bound: what was counted in value.fresh is dropped, since the new map has no such field; of the rest no "
}

test_a_plan_is_made_before_the_new_map_is()
{
	maps
	expect_status 0 migrate define "$OLD/rules" "$NEW_OBJECT" rules config
	says_row value.action __u32 __u16 narrowed
}

test_what_cannot_be_moved_is_refused_with_the_reason()
{
	maps
	expect_fail "Operation not supported" migrate plan "$OLD/queue" "$NEW/queue" config
	says_row type queue queue "refused: reading a queue"
	expect_fail "Operation not supported" migrate plan "$OLD/unions" "$NEW/unions" config
	says_row value "union either" "union either" "refused: .*union that has changed"
	expect_fail "Operation not supported" migrate plan "$OLD/scalar" "$NEW/scalar" config
	says_row value __u64 "struct pair" "refused: of different kinds"
	expect_fail "Operation not supported" migrate plan "$OLD/shapes" "$NEW/shapes" counter
	says_row value.low __u8:3 __u32:6 "refused: counters in bit fields"
	expect_fail "Operation not supported" migrate plan "$OLD/rules" "$NEW/prefixes" config
	says_row type hash lpm_trie "refused: their entries do not mean the same"
	expect_fail "Invalid argument" migrate plan "$OLD/rules" "$OLD/rules" config
}

test_pointers_of_the_kernel_begin_anew()
{
	maps
	expect_status 0 migrate define "$OLD/scalar" build/tests/bpf/kptr.o scalar config
	says_row value __u64 pointer "anew: the kernel's own"
}

test_counters_closed_to_programs_are_refused()
{
	maps
	bpftool map create "$BPFFS/closed" type hash key 4 value 4 entries 8 name closed flags 0x80
	expect_fail "Operation not supported" migrate plan "$OLD/ports" "$BPFFS/closed" counter
	says_row flags 0x0 0x80 "refused: programs may not read and write"
	expect_status 0 migrate plan "$OLD/ports" "$BPFFS/closed" config
	says_row flags 0x0 0x80 changed
}

# shellcheck disable=SC2046
test_fields_are_moved_by_name()
{
	maps
	put "$OLD/shapes" $(le 4 5) value $(le 1 254 $((1 << 3 | 5))) $(le 2 60000) $(le 4 2) \
		116 101 120 116 0 0 0 0 $(le 4 11 12 21 22 0 0) \
		$(le 4 31) $(le 2 32 33) $(le 4 41) $(le 2 42 43) $(le 8 51 52) $(le 4 61 0) $(le 8 71)
	move shapes config copy
	says "entries=1 moved=1" "left=0"
	expect_entry "$NEW/shapes" $(le 4 5) -- "$(tr -d '\n\t' <<-'END'
		{"kind":"KIND_BAD","small":-2,"low":"0x5","high":"0x1","wide":60000,"added":0,"text":"text",
		"longer":[11,12,0,0],"shorter":[21,22],"parts":[{"b":[32,33],"a":31},{"b":[42,43],"a":41}],
		"":{"v4":51,"v6":[51,0,0,0,0,0,0,0,52,0,0,0,0,0,0,0]},"hidden":61}
	END
	)"
}

# shellcheck disable=SC2046
test_an_entry_that_does_not_fit_is_named_and_stays()
{
	local bit=$((7 << 3))

	maps
	put_rule 1 65535 1
	put_rule 2 65536 1
	move rules config copy
	says "entries=2 moved=1" "left=1" "left: 02 00 00 00 50 00 00 00: value.action does not fit"
	expect_rule 1 65535 1
	expect_no_rule 2
	[[ $(entries "$OLD/rules") == 2 ]] || fail "the old map lost an entry"

	# A bit field of 2 bits, and the end of an array.
	put "$OLD/shapes" $(le 4 1) value $(le 1 0 $bit) $(le 2 0) $(for _ in {1..84}; do echo 0; done)
	put "$OLD/shapes" $(le 4 2) value $(le 4 0 0 0 0) $(le 4 0 0 0 0 0 7) $(for _ in {1..48}; do echo 0; done)
	move shapes config copy
	says "entries=2 moved=0" "left: 1: value.high does not fit" "left: 2: value.shorter does not fit"
}

# shellcheck disable=SC2046
test_an_array_and_a_hash_take_over_from_each_other()
{
	maps
	put "$OLD/slots" $(le 4 3) value $(le 4 4000000000)
	move slots config copy
	says "entries=1 moved=1" "left=0"
	expect_entry "$NEW/slots" $(le 8 3) -- 4000000000
	[[ $(entries "$NEW/slots") == 1 ]] || fail "empty slots became entries"

	put "$OLD/ports" $(le 4 3) value $(le 4 33)
	put "$OLD/ports" $(le 4 4) value $(le 4 44)
	move ports config copy
	says "entries=2 moved=1" "left: 4: the new map has no such slot"
	expect_entry "$NEW/ports" $(le 4 3) -- 33
}

# shellcheck disable=SC2046
test_two_keys_that_become_one_are_told()
{
	maps
	put "$OLD/clash" $(le 4 9) $(le 2 1 0) value $(le 4 1)
	put "$OLD/clash" $(le 4 9) $(le 2 2 0) value $(le 4 2)
	move clash config copy
	says "entries=2 moved=1" "left=1" "another entry has the same key"
	[[ $(entries "$NEW/clash") == 1 ]] || fail "$(entries "$NEW/clash") entries"
}

# shellcheck disable=SC2046
test_a_full_map_leaves_the_rest_in_the_old_one()
{
	local i

	bpftool map create "$BPFFS/small" type hash key 4 value 4 entries 3 name small
	maps
	for i in {1..8}; do
		put "$OLD/ports" $(le 4 "$i") value $(le 4 "$i")
	done
	expect_status 0 migrate run "$OLD/ports" "$BPFFS/small" config copy reconcile
	says "max entries" "moved=3" "left=5" "the new map is full"
}

# shellcheck disable=SC2046
test_a_config_of_each_cpu_becomes_one_if_they_agree()
{
	maps
	put "$OLD/settings" $(le 4 1) value $(le 4 77)
	move settings config copy
	says "moved=2" "left=0"
	expect_entry "$NEW/settings" $(le 4 1) -- 77
	expect_status 0 migrate run "$NEW/settings" "$OLD/settings" config copy
	says "every CPU gets the value"
	expect_entry "$OLD/settings" $(le 4 1) -- "$(on_each_cpu 77)"
}

# shellcheck disable=SC2046
test_prefixes_grow_at_their_end()
{
	maps
	put "$OLD/prefixes" $(le 4 8) 10 0 0 0 value $(le 4 1)
	put "$OLD/prefixes" $(le 4 32) 10 1 2 3 value $(le 4 2)
	put "$OLD/prefixes" $(le 4 0) 0 0 0 0 value $(le 4 3)
	move prefixes config copy
	says "moved=3" "left=0"
	expect_entry "$NEW/prefixes" $(le 4 32) 10 1 2 3 0 0 0 0 0 0 0 0 0 0 0 0 -- 2
	expect_entry "$NEW/prefixes" $(le 4 128) 10 9 9 9 0 0 0 0 0 0 0 0 0 0 0 0 -- 1
	expect_entry "$NEW/prefixes" $(le 4 128) 99 9 9 9 0 0 0 0 0 0 0 0 0 0 0 0 -- 3
}

# put_prefix MAP BITS A B VALUE [C]: A.B.C.0/BITS, drop_prefix MAP BITS A B.
put_prefix()
{
	bpftool map update pinned "$BPFFS/$1" key "$2" 0 0 0 "$3" "$4" "${6-0}" 0 value "$5" 0 0 0 0 0 0 0
}
drop_prefix() { bpftool map delete pinned "$BPFFS/$1" key "$2" 0 0 0 "$3" "$4" 0 0; }

# prefixes MAP: 'BITS A B VALUE' a line.
prefixes()
{
	bpftool -j map dump pinned "$BPFFS/$1" | sed 's/},{/\n/g' | tr -d '"[]{}' |
		sed -E 's/key:([^,]*),0x00,0x00,0x00,([^,]*),([^,]*),.*value:([^,]*),.*/\1 \2 \3 \4/' | sort
}

# A look-up of 10.1.0.0/16 finds 10.0.0.0/8 too.
test_prefixes_below_another_one_are_edited_like_others()
{
	local class

	for class in config counter; do
		rm -f "$BPFFS/wide" "$BPFFS/wider" /run/copied /run/switched
		bpftool map create "$BPFFS/wide" type lpm_trie key 8 value 8 entries 50 name wide flags 1
		bpftool map create "$BPFFS/wider" type lpm_trie key 8 value 8 entries 60 name wider flags 1
		put_prefix wide 8 10 0 1
		put_prefix wide 16 10 1 2
		put_prefix wide 16 10 2 3
		put_prefix wide 16 10 4 4
		migrate run "$BPFFS/wide" "$BPFFS/wider" "$class" copy touch=/run/copied wait=/run/switched \
			reconcile merge >/run/report &
		eventually [ -e /run/copied ]
		drop_prefix wide 16 10 1
		put_prefix wide 16 10 2 9
		put_prefix wide 16 10 4 7 5 # the same prefix, with other bits behind it
		put_prefix wide 16 10 5 6
		touch /run/switched
		wait $! || fail "$class: $(</run/report)"
		[[ $(prefixes wider) == $'0x08 0x0a 0x00 0x01\n0x10 0x0a 0x02 0x09\n0x10 0x0a 0x04 0x07\n0x10 0x0a 0x05 0x06' ]] ||
			fail "$class: $(prefixes wider)
$(</run/report)"
	done
}

# shellcheck disable=SC2046
test_targets_of_a_devmap_go_to_a_devmap_hash()
{
	maps
	put "$OLD/devices" $(le 4 2) value $(le 4 $(</sys/class/net/v0/ifindex)) ||
		put "$OLD/devices" $(le 4 2) value $(le 4 1)
	move devices config copy
	says "entries=1 moved=1" "left=0"
	[[ $(bpftool map lookup pinned "$NEW/devices" key $(le 4 2)) == *"key: 02 00 00 00  value:"* ]] ||
		fail "not there"
}

test_without_btf_maps_of_equal_sizes_are_copied()
{
	maps
	# Without CAP_SYS_ADMIN the BTF of a map cannot be read.
	put_rule 1 5 6
	expect_fail "Operation not supported" \
		setpriv --bounding-set -sys_admin migrate plan "$OLD/rules" "$NEW/rules" config
	says_row value "12 B" "16 B" "refused: the sizes differ, and it takes CAP_SYS_ADMIN to read the BTF"
	bpftool map create "$BPFFS/plain" type hash key 8 value 12 entries 8 name plain
	expect_status 0 setpriv --bounding-set -sys_admin \
		migrate run "$OLD/rules" "$BPFFS/plain" config copy
	says "moved=1" "bytes are copied"
	expect_status 0 migrate run "$OLD/rules" "$BPFFS/plain" config copy
	says "the new map's BTF is not known: taken as the old one's"
	[[ $(grep -cE '^ *(key|value) ' <<<"$output") == 2 ]] || fail "more than a row for key and value: $output"
}

# shellcheck disable=SC2046
test_a_number_that_another_sign_would_change_stays()
{
	maps
	put "$OLD/signs" $(le 4 1) value $(le 4 5 6)
	put "$OLD/signs" $(le 4 2) value $(le 4 -1 6)
	put "$OLD/signs" $(le 4 3) value $(le 4 5 4000000000)
	move signs config copy
	says_row value.a __s32 __u32 "changed: negative numbers stay in the old map"
	says_row value.b __u32 __s32 "changed: what would be a negative number stays"
	says "moved=1 created=0 left=2" "left: 2: value.a does not fit" "left: 3: value.b does not fit"
	expect_entry "$NEW/signs" $(le 4 1) -- '{"a":5,"b":6}'
}

# expect_bytes PIN KEY... -- HEX: the value, as it lies in memory; of a per-CPU map on CPU 0.
expect_bytes()
{
	local found

	found=$(bpftool -j map lookup pinned "$1" key "${@:2:$#-3}" |
		grep -o '"value":\["0x[^]]*' | head -n 1 | grep -o '0x[0-9a-f]*' | cut -c 3- | xargs)
	[[ $found == "${*: -1}" ]] || fail "${*:1:$#-2}: $found, expected ${*: -1}"
}

# A port, an address, two more ports and a plain number: in OLD, and what becomes of it in NEW.
OLD_ENDS="0x1f 0x90 0 0 0 0 0 0x50 1 2 3 4 5 0 0 0"
NEW_ENDS="00 00 1f 90 00 50 00 00 00 00 01 02 00 00 03 04 05 00 00 00"

# shellcheck disable=SC2086
test_numbers_of_network_byte_order_stay_the_same_numbers()
{
	maps
	put "$OLD/ends" 0x88 0xb5 value $OLD_ENDS
	put "$OLD/ends" 8 0 value 0 1 0 0 0 1 0 0 0 0 0 0 0 0 0 0
	move ends config copy
	says_row key __be16 __be32 "widened: in network byte order"
	says_row value.addr __be32 __be16 "narrowed: in network byte order"
	says_row value.plain __u16 __be16 kept
	says "moved=1 created=0 left=1" "left: 08 00: value.addr does not fit"
	expect_bytes "$NEW/ends" 0 0 0x88 0xb5 -- "$NEW_ENDS"
}

# shellcheck disable=SC2046,SC2086
test_numbers_of_network_byte_order_are_merged_as_such()
{
	maps
	put "$OLD/ends_of_cpus" $(le 4 0) value $OLD_ENDS
	put "$OLD/ends_of_cpus" $(le 4 1) value 0 1 0 0 0 1 0 0 0 0 0 0 0 0 0 0
	move ends_of_cpus counter copy reconcile merge
	expect_bytes "$NEW/ends_of_cpus" $(le 4 0) -- "$NEW_ENDS"
	expect_bytes "$NEW/ends_of_cpus" $(le 4 1) -- "00 00 00 01$(printf ' 00%.0s' {1..16})"
	says "counters_left=$(possible_cpus)"
}

test_a_number_that_changes_width_and_byte_order_is_refused()
{
	maps
	expect_fail "Operation not supported" migrate plan "$OLD/half_ends" "$NEW/half_ends" config
	says_row value __u16 __be32 "refused: in network byte order on one side only"
	[[ $output != *widened* ]] || fail "$output"
}
