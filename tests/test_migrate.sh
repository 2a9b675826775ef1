# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pinning/migrate.h: the content of a map goes into another one of a different definition. The maps
# of tests/bpf/migrate_old.bpf.c are pinned in OLD, those of migrate_new.bpf.c in NEW.
. tests/faults.sh

OLD=$BPFFS/old
NEW=$BPFFS/new
OLD_OBJECT=build/tests/bpf/migrate_old.o
NEW_OBJECT=build/tests/bpf/migrate_new.o

maps()
{
	migrate load "$OLD_OBJECT" "$OLD"
	migrate load "$NEW_OBJECT" "$NEW"
}

# move MAP CLASS STEP...: from OLD to NEW; sets $output.
move() { expect_status 0 migrate run "$OLD/$1" "$NEW/$1" "${@:2}"; }

# says TEXT...: each text stands in the output of the last run.
says()
{
	local text

	for text; do
		[[ $output == *"$text"* ]] || fail "the output lacks '$text': $output"
	done
}

# says_row FIELD OLD NEW OUTCOME...: the table has this row, in whatever columns. Behind a type may be
# its size and place.
says_row()
{
	local size='(, [0-9]+ B)?( at (byte|bit) [0-9]+)?'

	grep -qE "^ *$1 +$2$size +$3$size +$4" <<<"$output" || fail "no row '$*': $output"
}

# le SIZE NUMBER...: little endian bytes for bpftool.
le()
{
	local size=$1 number i

	shift
	for number; do
		for ((i = 0; i < size; i++)); do
			echo -n "$(((number >> (8 * i)) & 255)) "
		done
	done
}

# put PIN KEY... value VALUE...: bytes, as le prints them.
put() { bpftool map update pinned "$1" key "${@:2}"; }

# An entry as BTF shows it, without the key: {"weight":-3,...}, or a list of CPUs.
entry()
{
	bpftool -j map lookup pinned "$1" key "${@:2}" |
		sed -nE 's/.*"formatted":\{"key":([^{}]|\{[^{}]*\})*,"values?":(.*)\}\}$/\2/p'
}

# expect_entry PIN KEY... -- TEXT
expect_entry()
{
	local text=${*: -1} found

	found=$(entry "${@:1:$#-2}")
	[[ $found == "$text" ]] || fail "${*:1:$#-2}: $found, expected $text"
}

entries() { bpftool -j map dump pinned "$1" | grep -o '"formatted"' | wc -l; }

# put_rule DIR ADDR ACTION WEIGHT: a rule for port 80 in the shape of OLD.
put_rule()
{
	# shellcheck disable=SC2046
	put "$OLD/rules" $(le 4 "$1") $(le 2 80 0) value $(le 4 "$2" "$3" 9)
}

# shellcheck disable=SC2046
put_new_rule() { put "$NEW/rules" $(le 2 80 0) $(le 4 "$1") value $(le 8 "$3") $(le 4 0) $(le 2 "$2" 0); }

# shellcheck disable=SC2046
drop_rule() { bpftool map delete pinned "$OLD/rules" key $(le 4 "$1") $(le 2 80 0); }

# shellcheck disable=SC2046
drop_new_rule() { bpftool map delete pinned "$NEW/rules" key $(le 2 80 0) $(le 4 "$1"); }

# expect_rule ADDR ACTION WEIGHT, expect_no_rule ADDR: in NEW.
expect_rule()
{
	# shellcheck disable=SC2046
	expect_entry "$NEW/rules" $(le 2 80 0) $(le 4 "$1") -- \
		"{\"weight\":$3,\"since\":0,\"action\":$2,\"pad\":0}"
}

# shellcheck disable=SC2046
expect_no_rule() { expect_entry "$NEW/rules" $(le 2 80 0) $(le 4 "$1") -- ""; }

# put_count DIR/MAP KEYSIZE KEY PACKETS ERRORS KIND BYTES LATEST: on every CPU.
put_count()
{
	# shellcheck disable=SC2046
	put "$1" $(le "$2" "$3") value $(le 8 "$4") $(le 4 "$5" "$6") $(le 8 "$7" "$8") 104 105 0 0 0 0 0 0
}

# on_each_cpu ENTRY: what bpftool prints for a per-CPU map where all have the same.
on_each_cpu()
{
	local cpu list=''

	for ((cpu = 0; cpu < $(possible_cpus); cpu++)); do
		list+=${list:+,}"{\"cpu\":$cpu,\"value\":$1}"
	done
	echo "[$list]"
}

possible_cpus()
{
	local last

	last=$(</sys/devices/system/cpu/possible)
	echo $((${last##*-} + 1))
}

old_count() { echo "{\"packets\":$1,\"errors\":$2,\"kind\":$3,\"bytes\":$4,\"latest\":$5,\"note\":\"hi\"}"; }
new_count() { echo "{\"bytes\":$4,\"errors\":$2,\"packets\":$1,\"fresh\":0,\"note\":\"hi\",\"kind\":$3,\"latest\":$5}"; }

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

# Whether the kernel keeps the declaration tags of NEW: not before 5.16.
keeps_tags() { bpftool btf dump map pinned "$NEW/counts" all | grep -q 'DECL_TAG.*ifbpf:max'; }

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

test_config_brings_over_what_others_changed_in_the_old_map()
{
	maps
	for addr in {1..8}; do
		put_rule "$addr" 1 "$addr"
	done
	mkfifo /run/go
	migrate run "$OLD/rules" "$NEW/rules" config copy reconcile touch=/run/copied wait=/run/switched \
		reconcile reconcile >/run/report &
	eventually [ -e /run/copied ]
	expect_rule 1 1 1
	put_rule 1 2 100 # changed in the old map
	drop_rule 2 # deleted there
	put_rule 20 1 20 # added there
	put_new_rule 3 7 300 # changed in the new map
	drop_new_rule 4 # deleted there
	put_new_rule 30 7 30 # added there
	put_rule 5 2 500 # changed in both
	put_new_rule 5 7 501
	drop_rule 6 # deleted in the old, changed in the new
	put_new_rule 6 7 600
	put_rule 7 2 700 # changed in the old, deleted in the new
	drop_new_rule 7
	touch /run/switched
	wait $!
	output=$(</run/report)
	says "added=1 changed=1 deleted=1 conflicts=3 counted=1" "left=0"
	expect_rule 1 2 100
	expect_no_rule 2
	expect_rule 20 1 20
	expect_rule 3 7 300
	expect_no_rule 4
	expect_rule 30 7 30
	expect_rule 5 7 501
	expect_rule 6 7 600
	expect_no_rule 7
	expect_rule 8 1 8
}

test_what_both_programs_count_alike_is_told_and_what_the_old_one_counts_alone_is_kept()
{
	maps
	for addr in 1 2 3; do
		put_rule "$addr" 1 "$addr"
	done
	migrate run "$OLD/rules" "$NEW/rules" config copy snapshot="$BPFFS/base" >/dev/null
	put_rule 1 1 17 # counted in both, as often
	put_new_rule 1 1 17
	put_rule 2 1 18 # in the old one alone
	put_rule 3 2 19 # and its action is edited, which is another word
	move rules config resume="$BPFFS/base" reconcile
	says "changed=2 deleted=0 conflicts=1 counted=1 overwritten=1"
	expect_rule 1 1 17
	expect_rule 2 1 18
	expect_rule 3 2 19
}

test_what_is_counted_while_an_entry_is_brought_over_is_not_overwritten()
{
	local n run=(migrate run "$OLD/rules" "$NEW/rules" config resume="$BPFFS/base" reconcile)

	need strace
	! kernel_before 5.12 || skip "needs atomic exchanges: this kernel has none"
	maps
	put_rule 1 1 1
	migrate run "$OLD/rules" "$NEW/rules" config copy snapshot="$BPFFS/base" >/dev/null
	put_rule 1 1 2
	n=$(switches_at bpf migrate_replace "${run[@]}")
	expect_rule 1 1 2
	put_rule 1 1 3
	count_now() { put_new_rule 1 1 40; }
	between_calls bpf "$n" count_now "${run[@]}"
	((status == 0)) || fail "status $status: $errors"
	says "changed=0 deleted=0 conflicts=1 counted=1 overwritten=0"
	expect_rule 1 1 40
}

test_what_has_to_be_written_as_a_whole_is_told()
{
	maps
	put "$OLD/settings" 0 0 0 0 value 5 0 0 0
	migrate run "$OLD/settings" "$NEW/settings" config copy snapshot="$BPFFS/base" >/dev/null
	put "$OLD/settings" 0 0 0 0 value 6 0 0 0
	move settings config resume="$BPFFS/base" reconcile
	says "changed=1 deleted=0 conflicts=0 counted=0 overwritten=1"
}

# What did not fit when it was copied: rule 2 is gone by the end, 3 fits then, and 4 does not fit still.
test_what_did_not_fit_is_counted_as_it_is_in_the_end()
{
	maps
	for addr in 2 3 4; do
		put_rule "$addr" 65536 1
	done
	migrate run "$OLD/rules" "$NEW/rules" config copy reconcile touch=/run/copied wait=/run/edited \
		reconcile >/run/report &
	eventually [ -e /run/copied ]
	drop_rule 2
	put_rule 3 7 1
	put_rule 4 65536 5
	touch /run/edited
	wait $!
	output=$(</run/report)
	says "added=1 " "left=1" "left: 04 00 00 00 50 00 00 00: value.action does not fit"
	[[ $(grep -c '^left: ' <<<"$output") == 1 ]] || fail "$output"
	expect_rule 3 7 1
}

# What others do between the copy and the end, in maps of a directory of their own, while the process
# that goes on from the snapshot is killed at its Nth call of bpf(2). Returns 1 if that was its end.
goes_on_after_a_kill_at()
{
	local OLD=$BPFFS/old$1 NEW=$BPFFS/new$1 killed

	maps
	for addr in {1..6}; do
		put_rule "$addr" 1 "$addr"
	done
	move rules config copy snapshot="$BPFFS/snapshot$1"
	put_rule 1 2 100
	drop_rule 2
	put_rule 20 1 20
	put_new_rule 3 7 300
	drop_new_rule 4
	put_rule 5 2 500
	put_new_rule 5 7 501
	run with_fault "bpf:signal=KILL:when=$1" migrate run "$OLD/rules" "$NEW/rules" config \
		resume="$BPFFS/snapshot$1" reconcile
	# shellcheck disable=SC2154 # set by run
	killed=$status
	((killed == 0)) || move rules config resume="$BPFFS/snapshot$1" reconcile
	expect_rule 1 2 100
	expect_no_rule 2
	expect_rule 20 1 20
	expect_rule 3 7 300
	expect_no_rule 4
	expect_rule 5 7 501
	expect_rule 6 1 6
	# Again: nothing is left to do, and later edits of the new map stay.
	put_new_rule 1 8 101
	move rules config resume="$BPFFS/snapshot$1" reconcile reconcile
	says "added=0 changed=0 deleted=0 conflicts=0"
	expect_rule 1 8 101
	rm -r "$OLD" "$NEW" "$BPFFS/snapshot$1"
	((killed != 0))
}

test_a_killed_migration_goes_on_from_the_snapshot()
{
	local n=12 # before it, the maps are opened

	while goes_on_after_a_kill_at "$n"; do
		((++n))
	done
	((n > 20)) || fail "only $n calls"
}

test_without_a_snapshot_what_is_missing_is_added()
{
	maps
	put_rule 1 1 1
	put_rule 2 1 2
	put_new_rule 2 7 200
	move rules config resume reconcile
	says "added=1" "conflicts=1"
	expect_rule 1 1 1
	expect_rule 2 7 200
}

test_a_killed_copy_is_done_again()
{
	local n

	maps
	migrate_world fill "$OLD/rules" 20000
	for n in 9 12 14; do
		run with_fault "bpf:signal=KILL:when=$n" migrate run "$OLD/rules" "$NEW/rules" config copy
		((status != 0)) || fail "not killed at $n"
	done
	(($(entries "$NEW/rules") > 0)) || fail "killed before the first entry"
	move rules config copy
	expect_status 0 migrate_world check "$NEW/rules" 20000
	says "20000 entries"
}

test_a_million_entries_take_seconds()
{
	local TIMEFORMAT='%U %S' user system

	maps
	migrate_world fill "$OLD/rules" 1000000
	{ time move rules config copy snapshot="$BPFFS/snapshot" reconcile; } 2>/run/time
	# Of the CPU: other tests run at the same time.
	read -r user system </run/time
	((${user%.*} + ${system%.*} < ${PATIENCE:-10})) || fail "$user + $system s"
	says "entries=1000000" "moved=1000000" "left=0" "progress=1000000"
	expect_status 0 migrate_world check "$NEW/rules" 1000000
	says "1000000 entries"
}

# The editor changes, adds and deletes rules through the pin all the time. The old map refuses it in
# the end, and then it finds the new one.
test_an_editor_loses_nothing()
{
	local editor

	migrate load "$OLD_OBJECT" "$OLD"
	migrate_world fill "$OLD/rules" 200000
	mkdir "$BPFFS/live"
	ln "$OLD/rules" "$BPFFS/live/rules"
	mkfifo /run/ended
	migrate_world edit "$BPFFS/live/rules" 10000 </run/ended >/run/editor &
	editor=$!
	exec 8>/run/ended
	migrate load "$NEW_OBJECT" "$NEW"
	migrate run "$OLD/rules" "$NEW/rules" config copy reconcile touch=/run/copied wait=/run/switched \
		freeze reconcile >/run/report &
	eventually [ -e /run/copied ]
	sleep 0.2 # edits of the old map after the copy; how many does not matter
	touch /run/switched
	wait $!
	mv "$NEW/rules" "$BPFFS/live/rules"
	kill -TERM "$editor"
	eventually grep -q stopped /run/editor
	echo >&8
	wait "$editor" || fail "$(</run/editor)"
	output=$(</run/editor)
	says ", 0 wrong"
	[[ $output != *"refused 0 times"* ]] || fail "the old map was not closed: $output"
	output=$(</run/report)
	[[ $output =~ changed=([0-9]+) && ${BASH_REMATCH[1]} -gt 0 ]] || fail "nothing to bring over: $output"
}

# frozen PIN: as the kernel says.
frozen() { bpftool -j map show pinned "$1" | grep -q '"frozen":1'; }

test_a_map_is_closed_to_edits_once_and_what_the_kernel_does_not_close_is_told()
{
	mkfifo /run/ended
	maps
	put_rule 1 1 1
	move rules config freeze
	frozen "$OLD/rules" || fail "open: $(bpftool map show pinned "$OLD/rules")"
	! frozen "$NEW/rules" || fail "the new one is closed"
	# Whoever goes on after a kill finds it closed.
	move rules config copy freeze reconcile
	expect_rule 1 1 1
	# Somebody has it in memory, to write.
	bpftool map create "$BPFFS/mapped" type array key 4 value 8 entries 4 flags 0x400 name mapped
	bpftool map create "$BPFFS/wider" type array key 4 value 8 entries 8 name wider
	migrate_world hold "$BPFFS/mapped" </run/ended >/run/held &
	exec 8>/run/ended
	eventually grep -q held /run/held
	run migrate run "$BPFFS/mapped" "$BPFFS/wider" config freeze
	((status != 0)) && ! frozen "$BPFFS/mapped" || fail "closed"
	echo >&8
	wait $!
	expect_status 0 migrate run "$BPFFS/mapped" "$BPFFS/wider" config freeze
	frozen "$BPFFS/mapped" || fail "open"
}

# Of an LRU map: who deletes an entry of it, a tool or a program, means it.
# shellcheck disable=SC2046
test_what_is_changed_and_deleted_in_an_lru_map_is_brought_over()
{
	local class key

	for class in flow config; do
		rm -rf /run/copied /run/switched "$OLD" "$NEW"
		maps
		for key in 1 2 3; do
			put "$OLD/flows" $(le 4 $key) value $(le 4 1 2 3)
		done
		migrate run "$OLD/flows" "$NEW/flows" $class copy touch=/run/copied wait=/run/switched \
			reconcile >/run/report &
		eventually [ -e /run/copied ]
		put "$OLD/flows" $(le 4 1) value $(le 4 5 6 7)
		bpftool map delete pinned "$OLD/flows" key $(le 4 2)
		touch /run/switched
		wait $!
		output=$(</run/report)
		says "changed=1 deleted=1"
		[[ $class != flow ]] || says "bound: an entry that packets change in both maps"
		expect_entry "$NEW/flows" $(le 4 1) -- '{"weight":6,"since":0,"action":5,"pad":0}'
		expect_entry "$NEW/flows" $(le 4 2) -- ""
		expect_entry "$NEW/flows" $(le 4 3) -- '{"weight":2,"since":0,"action":1,"pad":0}'
	done
}

# shellcheck disable=SC2046
test_counters_are_added_field_by_field_and_zeroed()
{
	local n latest=90 left=50

	maps
	# Without its tag it is a counter like others.
	keeps_tags || latest=140 left=0
	put_count "$OLD/counts" 4 2 1000 7 2 5000000000 50
	put "$NEW/counts" $(le 4 2) value $(le 8 1 2 3 0) 0 0 0 0 0 0 0 0 0 0 0 0 $(le 4 0) $(le 8 90)
	for n in 1 2 3; do
		move counts counter copy reconcile merge
		expect_entry "$NEW/counts" $(le 4 2) -- "$(on_each_cpu "$(new_count 1003 9 '"KIND_BAD"' 5000000001 "$latest")")"
		expect_entry "$OLD/counts" $(le 4 2) -- "$(on_each_cpu "$(old_count 0 0 2 0 "$left")")"
	done
}

# shellcheck disable=SC2046
test_keys_that_the_new_map_lacks_are_made()
{
	maps
	put_count "$OLD/seen" 4 100 5 0 0 6 0
	put_count "$OLD/seen" 4 4000000000 7 0 0 8 0
	move seen counter merge merge
	says "entries=2 moved=2 created=2 left=0"
	expect_entry "$NEW/seen" $(le 8 100) -- "$(on_each_cpu "$(new_count 5 0 '"KIND_NONE"' 6 0)")"
	expect_entry "$NEW/seen" $(le 8 4000000000) -- "$(on_each_cpu "$(new_count 7 0 '"KIND_NONE"' 8 0)")"
}

# has_seen DIR KEYSIZE KEY
# shellcheck disable=SC2046
has_seen() { bpftool map lookup pinned "$1/seen" key $(le "$2" "$3") >/dev/null 2>&1; }

# shellcheck disable=SC2046
test_keys_of_counters_are_there_before_their_counts()
{
	local key

	maps
	for key in 1 2 3 4 5; do
		put_count "$OLD/seen" 4 "$key" 5 0 0 6 0
	done
	migrate run "$OLD/seen" "$NEW/seen" counter copy reconcile touch=/run/copied wait=/run/switched \
		use reconcile merge reconcile merge >/run/report &
	eventually [ -e /run/copied ]
	for key in 1 2 3 4 5; do
		has_seen "$NEW" 8 "$key" || fail "no key $key"
	done
	expect_status 0 bpftool map dump pinned "$NEW/seen"
	[[ $output != *'"packets": 5'* ]] || fail "counted before it is merged: $output"
	bpftool map delete pinned "$OLD/seen" key $(le 4 2) # deleted in the old map
	bpftool map delete pinned "$OLD/seen" key $(le 4 3) # and counted in the new one
	put "$NEW/seen" $(le 8 3) value $(le 8 1) $(le 8 0) $(le 8 1) 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 $(le 8 0)
	bpftool map delete pinned "$NEW/seen" key $(le 8 4) # deleted in the new map
	put_count "$OLD/seen" 4 9 7 0 0 8 0 # added in the old one
	touch /run/switched
	wait $!
	output=$(</run/report)
	says "left=0" "deleted=1" "keys_stay=1"
	has_seen "$NEW" 8 2 && fail "a key came back that was deleted from the old map"
	has_seen "$NEW" 8 3 || fail "what was counted is lost"
	has_seen "$NEW" 8 4 && fail "a key came back that was deleted from the new map"
	has_seen "$NEW" 8 5 && has_seen "$NEW" 8 9 || fail "a key is lost"
	[[ $(bpftool map dump pinned "$NEW/seen" | grep -c '"packets": 5') == "$((2 * $(possible_cpus)))" ]] ||
		fail "not as it was: $(bpftool map dump pinned "$NEW/seen")"
}

# Those without a count are content as well.
test_a_key_without_a_count_that_finds_no_room_stays_in_the_old_map()
{
	bpftool map create "$BPFFS/small" type percpu_hash key 4 value 40 entries 60 name small
	bpftool map create "$BPFFS/large" type percpu_hash key 4 value 40 entries 64 name large
	migrate_world number "$BPFFS/large" 64
	expect_status 0 migrate run "$BPFFS/large" "$BPFFS/small" counter copy reconcile use reconcile merge
	says "left=4" "the new map is full"
}

test_the_keys_of_a_million_counters_take_seconds()
{
	local TIMEFORMAT='%U %S' user system map

	for map in old new; do
		bpftool map create "$BPFFS/$map" type percpu_hash key 4 value 8 entries 1000000 name "$map"
	done
	migrate_world number "$BPFFS/old" 1000000
	{
		time expect_status 0 migrate run "$BPFFS/old" "$BPFFS/new" counter copy \
			snapshot="$BPFFS/snapshot" reconcile use reconcile merge
	} 2>/run/time
	read -r user system </run/time
	echo "$user + $system s" >&2
	((${user%.*} + ${system%.*} < ${PATIENCE:-10})) || fail "$user + $system s"
	says "entries=1000000" "moved=1000000" "created=0" "left=0"
}

# shellcheck disable=SC2046
test_counters_of_a_shared_array_go_to_one_cpu()
{
	maps
	put_count "$OLD/shared" 4 1 1000 7 0 2000 0
	move shared counter merge merge
	expect_status 0 bpftool map dump pinned "$NEW/shared"
	[[ $(grep -c '"packets": 1000' <<<"$output") == 1 ]] || fail "not once: $output"
	expect_status 0 migrate run "$NEW/shared" "$OLD/shared" counter merge
	expect_entry "$OLD/shared" $(le 4 1) -- "$(old_count 1000 7 0 2000 0)"
}

# shellcheck disable=SC2046
test_a_counter_too_large_for_its_new_field_stays()
{
	maps
	put "$OLD/narrow" $(le 4 0) value $(le 8 4000000000)
	put "$OLD/narrow" $(le 4 1) value $(le 8 5000000000)
	put "$NEW/narrow" $(le 4 2) value $(le 4 4000000000)
	put "$OLD/narrow" $(le 4 2) value $(le 8 1000000000)
	put "$OLD/narrow" $(le 4 3) value $(le 8 5)
	move narrow counter merge
	says "counters_left=$((2 * $(possible_cpus)))"
	expect_entry "$NEW/narrow" $(le 4 0) -- "$(on_each_cpu 4000000000)"
	expect_entry "$OLD/narrow" $(le 4 0) -- "$(on_each_cpu 0)"
	expect_entry "$NEW/narrow" $(le 4 1) -- "$(on_each_cpu 0)"
	expect_entry "$OLD/narrow" $(le 4 1) -- "$(on_each_cpu 5000000000)"
	expect_entry "$NEW/narrow" $(le 4 2) -- "$(on_each_cpu 4000000000)"
	expect_entry "$OLD/narrow" $(le 4 2) -- "$(on_each_cpu 1000000000)"
	expect_entry "$NEW/narrow" $(le 4 3) -- "$(on_each_cpu 5)"
}

# tallies: the maps of tally1 in OLD, those of tally2 in NEW.
tallies()
{
	migrate load build/tests/bpf/tally1.o "$OLD"
	migrate load build/tests/bpf/tally2.o "$NEW"
}

# old_tally, new_tally KEY NARROWER WIDER SMALL EITHER CUT0 CUT1 TINY: cut[2] and cut[3] are 3 and 4.
# shellcheck disable=SC2046
old_tally()
{
	put "$OLD/tallies" $(le 4 "$1") value $(le 4 "$2") $(le 2 "$3" "$4") $(le 8 "$5") \
		$(le 4 "$6" "$7" 3 4) "$8" $(le 7 0)
}

# shellcheck disable=SC2046
new_tally()
{
	put "$NEW/tallies" $(le 4 "$1") value $(le 8 "$3") $(le 2 "$4" "$2") $(le 4 "$6" "$7") \
		"$8" $(le 3 0) $(le 8 "$5")
}

# sum PIN FIELD KEY: over all CPUs, as bpftool reads it by BTF; of an array its first element.
sum()
{
	bpftool -j map lookup pinned "$1" key "$3" 0 0 0 | sed 's/.*"formatted"//' |
		grep -o "\"$2\":\[*[0-9]*" | awk -F '[:[]+' '{ sum += $2 } END { print sum + 0 }'
}

# expect_tally KEY FIELD=NEW+OLD...: on each CPU.
expect_tally()
{
	local key=$1 pair field found cpus

	cpus=$(possible_cpus)
	for pair in "${@:2}"; do
		field=${pair%=*}
		found="$(sum "$NEW/tallies" "$field" "$key") $(sum "$OLD/tallies" "$field" "$key")"
		pair=${pair#*=}
		[[ $found == "$((${pair%+*} * cpus)) $((${pair#*+} * cpus))" ]] ||
			fail "key $key, $field: $found, expected $pair on each of $cpus CPUs"
	done
}

test_counts_of_16_bits_are_added_and_what_cannot_be_stays()
{
	local n cpus

	attach has exchange || skip "needs programs that compare and exchange: this kernel has none"
	tallies
	cpus=$(possible_cpus)
	old_tally 0 1000 70 30 5 1 2 3
	new_tally 0 2 1 4 0 10 20 0
	# Sums that do not fit, and fields that are set in both.
	old_tally 1 65000 70 65535 5 1 2 3
	new_tally 1 1000 1 1 6 10 20 4
	for n in 1 2 3; do
		move tallies counter merge
		says "counters_left=$((4 * cpus)) cpus_left=0 fields_left=$((2 * cpus))"
		expect_tally 0 narrower=1002+0 wider=71+0 small=34+0 either=5+0 cut=11+0 tiny=3+0
		expect_tally 1 narrower=1000+65000 wider=71+0 small=1+65535 either=6+5 cut=11+0 tiny=4+3
		[[ $(entry "$OLD/tallies" 0 0 0 0) == *'"cut":[0,0,3,4]'* ]] || fail "$(entry "$OLD/tallies" 0 0 0 0)"
	done
	says_row value.either "union.*" "union.*" "kept: cannot be added"
	says "no count is lost or doubled in the fields that are added; of the others"
}

# shellcheck disable=SC2046
test_a_count_of_16_bits_without_a_word_around_it_stays()
{
	tallies
	put "$OLD/last" $(le 4 0) value $(le 2 7)
	move last counter merge
	says "16 bits at the end of a value cannot be added" "fields_left=$(possible_cpus)"
	expect_entry "$OLD/last" $(le 4 0) -- "$(on_each_cpu '{"frames":7}')"
	expect_entry "$NEW/last" $(le 4 0) -- "$(on_each_cpu '{"frames":0}')"
}

test_a_kernel_that_cannot_exchange_keeps_counts_of_16_bits_in_the_old_map()
{
	local load

	tallies
	old_tally 0 1000 70 30 5 0 0 0
	new_tally 0 2 1 4 0 0 0 0
	load=$(first_load)
	old_tally 0 1000 70 30 5 0 0 0
	new_tally 0 2 1 4 0 0 0 0
	with_fault "bpf:error=EINVAL:when=$load" migrate run "$OLD/tallies" "$NEW/tallies" counter merge \
		>/run/out || fail "$(</run/out)"
	grep -q "fields_left=$((2 * $(possible_cpus)))" /run/out || fail "$(</run/out)"
	expect_tally 0 narrower=2+1000 wider=71+0 small=4+30 either=5+0
}

# Which bpf call of a merge of tallies loads its program.
first_load()
{
	need strace
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=bpf -o /run/trace \
		migrate run "$OLD/tallies" "$NEW/tallies" counter merge >/run/out
	grep -n 'BPF_PROG_LOAD.*"migrate_merge"' /run/trace | head -n 1 | cut -d: -f1
}

# shellcheck disable=SC2046
test_counters_without_btf_are_taken_as_64_bits_each()
{
	local kib32

	bpftool map create "$BPFFS/a" type percpu_array key 4 value 32768 entries 1 name a
	bpftool map create "$BPFFS/b" type percpu_array key 4 value 32768 entries 2 name b
	kib32=$(for ((i = 0; i < 4096; i++)); do echo 1 0 0 0 0 0 0 128; done)
	bpftool map update pinned "$BPFFS/a" key 0 0 0 0 value $kib32
	bpftool map update pinned "$BPFFS/b" key 0 0 0 0 value $(for ((i = 0; i < 4096; i++)); do echo 2 0 0 0 0 0 0 0; done)
	expect_status 0 migrate run "$BPFFS/a" "$BPFFS/b" counter merge merge
	says "each 8 bytes are taken as a counter"
	[[ $(bpftool -j map lookup pinned "$BPFFS/b" key 0 0 0 0 | grep -o '"0x03","0x00","0x00","0x00","0x00","0x00","0x00","0x80"' | wc -l) == $((4096 * $(possible_cpus))) ]] ||
		fail "not each counter was added"
}

# shellcheck disable=SC2046
test_the_counters_of_cpus_that_are_offline_are_merged_from_another()
{
	local load

	[[ $(</sys/devices/system/cpu/possible) == 0-* ]] || skip "needs two CPUs"
	maps
	put_count "$OLD/counts" 4 0 10 0 0 20 0
	echo 0 >/run/online
	mount --bind /run/online /sys/devices/system/cpu/online
	if ! attach has percpu_lookup; then
		move counts counter merge
		expect_left_on_others 10
		return
	fi
	move counts counter merge merge
	says "cpus_left=0"
	expect_entry "$NEW/counts" $(le 4 0) -- "$(on_each_cpu "$(new_count 10 0 '"KIND_NONE"' 20 0)")"
	expect_entry "$OLD/counts" $(le 4 0) -- "$(on_each_cpu "$(old_count 0 0 0 0 0)")"
	# Linux before 5.19 does not load such a program: it is the second that is loaded.
	load=$(second_load)
	put_count "$OLD/counts" 4 0 1 0 0 2 0
	with_fault "bpf:error=EINVAL:when=$load" migrate run "$OLD/counts" "$NEW/counts" counter merge >/run/out ||
		fail "$(</run/out)"
	output=$(</run/out)
	expect_left_on_others 1
}

# expect_left_on_others COUNT: only what CPU 0 had counted was brought over.
expect_left_on_others()
{
	says "cpus_left=$(($(possible_cpus) - 1))"
	[[ $(entry "$OLD/counts" 0 0 0 0) == *'"packets":0'*"\"packets\":$1,"* ]] ||
		fail "$(entry "$OLD/counts" 0 0 0 0)"
}

# Which bpf call of a merge of counts loads the second of its two programs.
second_load()
{
	need strace
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=bpf -o /run/trace \
		migrate run "$OLD/counts" "$NEW/counts" counter merge >/run/out
	grep -n 'BPF_PROG_LOAD.*"migrate_merge"' /run/trace | tail -n 1 | cut -d: -f1
}

test_a_cpu_that_may_not_be_used_is_named()
{
	maps
	put_count "$OLD/counts" 4 0 10 0 0 20 0
	echo "0-$(possible_cpus)" >/run/online
	mount --bind /run/online /sys/devices/system/cpu/online
	mount --bind /run/online /sys/devices/system/cpu/possible
	expect_fail "cannot merge the counters of CPU $(($(possible_cpus) - 1)): Operation not permitted" \
		migrate run "$OLD/counts" "$NEW/counts" counter merge
	says "moved=1"
}

test_a_killed_merge_is_exact_when_it_is_done_again()
{
	local n key

	maps
	for key in {1..40}; do
		put_count "$OLD/seen" 4 "$key" 1 0 0 "$key" 0
	done
	for n in {1..100}; do
		run with_fault "bpf:signal=KILL:when=$n" migrate run "$OLD/seen" "$NEW/seen" counter merge
		((status != 0)) || break
	done
	((status == 0 && n > 50)) || fail "status $status after $n kills"
	for key in {1..40}; do
		# shellcheck disable=SC2046
		expect_entry "$NEW/seen" $(le 8 "$key") -- "$(on_each_cpu "$(new_count 1 0 '"KIND_NONE"' "$key" 0)")"
	done
}

# frames: that have reached v0 from the peer.
frames() { in_peer sed -n 's/^ *v1: *//p' /proc/net/dev | awk '{ print $10 }'; }

# Senders on every CPU, until /run/stop is there. Their frames differ in length.
flood()
{
	local cpu size

	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		size=$((100 + 4 * cpu))
		while [[ ! -e /run/stop ]]; do
			taskset -c "$cpu" nsenter --net=/run/netns/peer build/tests/send v1 "$V0_MAC" 5000 "$size"
			size=$((size < 160 ? size + 10 : 100))
		done &
	done
}

steady()
{
	local before

	before=$(frames)
	sleep 0.1
	[[ $(frames) == "$before" ]]
}

# swap_under_traffic MODE: programs and maps are replaced and merged 50 times.
swap_under_traffic()
{
	local before swapper counts seen senders

	mkfifo /run/ended
	build/tests/migrate_world swap v0 "$1" 50 "$OLD_OBJECT" "$NEW_OBJECT" </run/ended >/run/swap &
	swapper=$!
	exec 8>/run/ended
	eventually grep -q ready /run/swap
	before=$(frames)
	flood
	senders=$(jobs -p | grep -v "^$swapper$")
	eventually grep -q swapped /run/swap || eventually grep -q swapped /run/swap ||
		eventually grep -q swapped /run/swap || fail "no end of swapping"
	touch /run/stop
	# shellcheck disable=SC2086
	wait $senders
	eventually steady
	echo >&8
	wait "$swapper" || fail "$(</run/swap)"
	read -r counts seen < <(tail -n 1 /run/swap)
	echo "$1: $(($(frames) - before)) frames, counts $counts, seen $seen"
	(($(frames) - before > 100000)) || fail "too little traffic"
	((counts == $(frames) - before)) || fail "counts $counts of $(($(frames) - before)) frames"
	((seen == $(frames) - before)) || fail "seen $seen of $(($(frames) - before)) frames"
}

test_fifty_swaps_under_traffic_lose_no_count()
{
	swap_under_traffic skb
}

test_fifty_native_swaps_under_traffic_lose_no_count()
{
	ip link set dev v0 xdpdrv obj objects/xdp_drop.o sec xdp 2>/run/errors ||
		skip "needs native XDP on veth: $(</run/errors)"
	ip link set dev v0 xdpdrv off
	swap_under_traffic native
}
