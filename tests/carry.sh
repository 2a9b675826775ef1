# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The rules and the counters of tests/bpf/carry1.bpf.c and carry2.bpf.c, and who edits the rules.

# deny: every packet is dropped from now on. The verdict is word $1 of the rule of $2 bytes.
# shellcheck disable=SC2154 # $status and $errors are set by run, in lib.sh
deny()
{
	local word=$1 size=$2 value=() i

	for ((i = 0; i < size; i++)); do
		value+=("$((i == word * 4))")
	done
	bpftool map update pinned "$BPFFS/v0/deny_list" key 0 0 0 0 value "${value[@]}"
}

# seen NAME: passed or dropped, summed over the CPUs, as bpftool reads it by BTF.
seen()
{
	bpftool map dump pinned "$BPFFS/v0/frames_seen" |
		awk -v name="\"$1\":" '$1 == name { sum += $2 } END { print sum + 0 }'
}

expect_seen()
{
	[[ "$(seen passed) $(seen dropped)" == "$1 $2" ]] ||
		fail "passed and dropped: $(seen passed) $(seen dropped), expected $1 $2"
}

# edit_rules: until it is killed, an edit after the other as ifbpf-bpffs(7) asks for: with the lock
# of the directory, of the map that has the name then. What the rules are by now is in
# $TMPDIR/edited, 'KEY NOTE' a line. An edit that is refused, by a map that gives way to the new one,
# is none. Who holds the lock of $TMPDIR/pause looks at both.
edit_rules()
{
	local i key value size error notes=()

	for ((i = 1; ; i++)); do
		exec 8>"$TMPDIR/pause" 9<"$BPFFS/v0/%lock"
		flock 8
		flock 9
		key=$((i % 40 + 1))
		size=$(bpftool -j map show pinned "$BPFFS/v0/deny_list" | sed 's/.*"bytes_value":\([0-9]*\).*/\1/')
		value="$((i % 256)) $((i / 256)) 0 0"
		case $size in
		8) value="0 0 0 0 $value" ;;
		16) value="$value 0 0 0 0 0 0 0 0 0 0 0 0" ;;
		*) fail "the rules have values of '$size' bytes" ;;
		esac
		if ((i % 7 == 0)); then
			error=$(bpftool map delete pinned "$BPFFS/v0/deny_list" key "$key" 0 0 0 2>&1 || true)
		else
			# shellcheck disable=SC2086 # words
			error=$(bpftool map update pinned "$BPFFS/v0/deny_list" key "$key" 0 0 0 value $value 2>&1 ||
				true)
		fi
		case $error in
		*"not permitted"*) ;;
		'' | *"No such file"*)
			((i % 7 == 0)) && unset "notes[key]" || notes[key]=$i
			;;
		*) fail "edit $i: $error" ;;
		esac
		for key in "${!notes[@]}"; do
			echo "$key ${notes[key]}"
		done >"$TMPDIR/edited"
		exec 8>&- 9<&-
	done
}

# rules_of PIN: 'KEY NOTE' a line.
rules_of()
{
	bpftool map dump pinned "$1" | tr -d '",' |
		awk '$1 == "key:" { key = $2 } $1 == "note:" { print key, $2 }' | sort
}

# expect_edited WHERE [OLD]: the map has what was edited, and the rule of deny, and nothing else; or
# what it lacks is in the pin OLD.
expect_edited()
{
	local rules edited lost

	exec 8>"$TMPDIR/pause"
	flock 8
	rules=$(rules_of "$BPFFS/v0/deny_list")
	edited=$({ echo "0 0" && cat "$TMPDIR/edited"; } | sort)
	exec 8>&-
	lost=$(comm -13 <(cat <<<"$rules") <(cat <<<"$edited"))
	[[ -z ${2-} ]] || lost=$(comm -13 <(rules_of "$2") <(cat <<<"$lost"))
	[[ -z ${lost//$'\n'/} ]] || fail "$1: lost: $lost"
	[[ -n ${2-} || $rules == "$edited" ]] || fail "$1: there are more rules than were edited:
$(diff <(cat <<<"$rules") <(cat <<<"$edited"))"
}

# aim MAP KEY TARGET: of tests/bpf/targets.bpf.h, a device by its ifindex, or the length of a CPU's
# queue.
aim() { bpftool map update pinned "$BPFFS/v0/$1" key "$2" 0 0 0 value "$3" 0 0 0; }

# expect_aim MAP KEY TARGET, which may be empty: there is none.
expect_aim()
{
	local target

	target=$(bpftool map lookup pinned "$BPFFS/v0/$1" key "$2" 0 0 0 2>/dev/null |
		sed -n 's/.*value: \(..\).*/\1/p')
	[[ $target == "${3:+$(printf %02x "$3")}" ]] || fail "$1, slot $2: '$target', expected '$3'"
}

# expect_edits_come_over MAP NUMBERS COMMAND...: COMMAND millionN.o for each of the numbers, while an editor
# without a lock is at work in the map.
expect_edits_come_over()
{
	local map=$1 numbers=$2 editor i

	shift 2
	[[ -p /run/ended ]] || mkfifo /run/ended
	migrate_world edit "$map" 20000 </run/ended >/run/editor &
	editor=$!
	exec 8>/run/ended
	for i in $numbers; do
		"$@" "$BUILT/million$i.o"
		# An edit of several fields that comes over after the switch is no loss here, but could be one.
		((status == 0)) || [[ $status == 3 && $errors == *"had to be written as a whole"* ]] ||
			fail "$map, million$i.o: status $status: $errors"
		[[ $errors != *"went on in both maps"* && $errors != *"is lost"$'\n'* ]] || fail "it says: $errors"
	done
	kill -TERM "$editor"
	eventually grep -q stopped /run/editor
	echo >&8
	wait "$editor" || fail "the editor of $map: $(</run/editor)"
	exec 8>&-
	cat /run/editor >&2
}
