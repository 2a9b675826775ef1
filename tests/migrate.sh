# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The maps of tests/bpf/migrate_old.bpf.c are pinned in OLD, those of migrate_new.bpf.c in NEW; how
# their entries are written and read.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh

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

# Whether the kernel keeps the declaration tags of NEW: not before 5.16.
keeps_tags() { bpftool btf dump map pinned "$NEW/counts" all | grep -q 'DECL_TAG.*ifbpf:max'; }
