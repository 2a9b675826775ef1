# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A load is killed, and before the next run somebody takes the program off, or puts another one on:
# neither the old nor the new one is on the hook. What was counted and what was edited is there all
# the same, the next load does its work, and nothing is left over.
# shellcheck disable=SC2034,SC2154 # for load_faults.sh; $status, $output and $errors are set by run
. tests/pins.sh
. tests/faults.sh
. tests/load_faults.sh
. tests/carry.sh

# killed SWITCHED|CLOSED OPTION... OBJECT: the new program is on v0; the old maps are still open to
# edits, or are not any more.
killed()
{
	local when=$1 n

	shift
	case $when in
	closed) inject renameat signal=KILL 1 load "$@" ;;
	switched)
		need strace
		n=$(strace -f -qq -e trace=sendto load "$@" 2>&1 >/dev/null |
			awk '/sendto\(/ { n++ } /RTM_SETLINK/ { at = n } END { print at + 1 }')
		begin
		inject sendto signal=KILL "$n" load "$@"
		grep -q RTM_SETLINK "$TMPDIR/trace" || fail "killed before the switch: $(<"$TMPDIR/trace")"
		;;
	esac
	((status == 137)) || fail "status $status: $errors"
	[[ -n $(ls -A "$BPFFS/%ifbpf/stage") ]] || fail "there is no stage"
}

# begin: v0 drops by a rule, and has counted three.
begin()
{
	ip link set dev v0 xdp off
	rm -rf "$BPFFS/v0" "$BPFFS/%ifbpf"
	load v0 "$BUILT/carry1.o" >/dev/null
	deny 0 8
	send 3
}

# put_on_old_maps: a program of somebody else that goes on with the maps that have the names.
put_on_old_maps()
{
	bpftool prog load "$BUILT/carry1.o" "$BPFFS/other" type xdp \
		map name deny_list pinned "$BPFFS/v0/deny_list" \
		map name frames_seen pinned "$BPFFS/v0/frames_seen"
	ip -force link set dev v0 xdpdrv pinned "$BPFFS/other"
	rm "$BPFFS/other"
}

# all_seen NAME: passed or dropped, also in what replacements left.
all_seen()
{
	local map

	for map in "$BPFFS/v0/frames_seen"*; do
		bpftool map dump pinned "$map"
	done | awk -v name="\"$1\":" '$1 == name { sum += $2 } END { print sum + 0 }'
}

expect_dropped()
{
	[[ "$(all_seen passed) $(all_seen dropped)" == "0 $1" ]] ||
		fail "passed and dropped: $(all_seen passed) $(all_seen dropped), expected 0 $1"
}

# The list that has the name can be edited.
expect_open()
{
	bpftool map show pinned "$BPFFS/v0/deny_list" | grep -q 'deny_list' || fail "there is no list"
	[[ $(bpftool map show pinned "$BPFFS/v0/deny_list") != *frozen* ]] || fail "the list is frozen"
}

expect_said() { [[ $errors == *"$1"* ]] || fail "it lacks '$1': $errors"; }

test_a_killed_load_whose_program_was_taken_off_is_finished()
{
	local when

	for when in switched closed; do
		begin
		killed "$when" --on-mismatch migrate v0 "$BUILT/carry2.o"
		send 4
		ip link set dev v0 xdp off
		expect_status 0 load v0 "$BUILT/carry2.o"
		expect_said "finished what a killed 'load' began in $BPFFS/v0: nothing is on xdp of v0"
		[[ $(load_state v0 xdp) == *" carry2" ]] || fail "$when: $(load_state v0 xdp)"
		send 2
		expect_dropped 9
		expect_open
		[[ -z $(old_maps "$BPFFS/v0") ]] || fail "$when: left: $(old_maps "$BPFFS/v0")"
		expect_no_stage
	done
}

test_the_old_object_can_be_loaded_as_well()
{
	begin
	killed closed --on-mismatch migrate v0 "$BUILT/carry2.o"
	send 4
	ip link set dev v0 xdp off
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry1.o"
	[[ $(load_state v0 xdp) == *" carry1" ]] || fail "$(load_state v0 xdp)"
	send 2
	expect_dropped 9
	expect_open
	expect_no_stage
}

test_under_a_program_of_others_with_maps_of_its_own_it_is_finished()
{
	local when id

	for when in switched closed; do
		begin
		killed "$when" --on-mismatch migrate v0 "$BUILT/carry2.o"
		send 4
		ip -force link set dev v0 xdpdrv obj objects/xdp_pass.o sec xdp
		id=$(prog_id v0)
		expect_fail "is there, native by netlink, and is not ours" load v0 "$BUILT/carry2.o"
		expect_said "finished what a killed 'load' began in $BPFFS/v0: program $id (xdp_pass), which is not ours, is on xdp of v0"
		expect_no_stage
		expect_open
		expect_dropped 7
		expect_status 0 load --replace v0 "$BUILT/carry2.o"
		[[ $(load_state v0 xdp) == *" carry2" ]] || fail "$when: $(load_state v0 xdp)"
		send 2
		expect_dropped 9
	done
}

test_under_a_program_that_goes_on_with_the_old_maps_it_is_undone()
{
	local id

	begin
	killed switched --on-mismatch migrate v0 "$BUILT/carry2.o"
	send 4
	put_on_old_maps
	id=$(prog_id v0)
	send 5
	expect_status 0 pin_maps v0
	expect_said "undid what a killed 'load' began in $BPFFS/v0: program $id (carry1), which is not ours, is on xdp of v0"
	expect_said " counted stays in $BPFFS/v0/$(old_maps "$BPFFS/v0")"
	expect_no_stage
	expect_open
	send 2
	expect_dropped 14
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry2.o"
	[[ $(load_state v0 xdp) == *" carry2" ]] || fail "$(load_state v0 xdp)"
	send 1
	expect_dropped 15
}

# Its rules went to the new map, and the old one takes no edits: it cannot stay under the name.
test_old_maps_that_were_closed_to_edits_do_not_stay()
{
	begin
	killed closed --on-mismatch migrate v0 "$BUILT/carry2.o"
	send 4
	put_on_old_maps
	send 5
	expect_status 0 gc
	expect_said "finished what a killed 'load' began in $BPFFS/v0: program $(prog_id v0) (carry1), which is not ours, is on xdp of v0"
	expect_no_stage
	expect_open
	send 2
	expect_status 0 load --replace v0 "$BUILT/carry2.o"
	[[ $(load_state v0 xdp) == *" carry2" ]] || fail "$(load_state v0 xdp)"
	send 1
	expect_dropped 15
	expect_open
}

test_what_a_first_program_counted_before_it_was_taken_off_is_kept()
{
	inject renameat2 signal=KILL 1 load v0 objects/xdp_drop.o
	send 4
	ip link set dev v0 xdp off
	expect_status 0 load v0 objects/xdp_pass.o
	expect_said "finished what a killed 'load' began in $BPFFS/v0: nothing is on xdp of v0"
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 4 400
	[[ $(load_state v0 xdp) == *" xdp_pass" ]] || fail "$(load_state v0 xdp)"
}

test_a_first_load_that_counted_nothing_is_undone()
{
	inject renameat2 signal=KILL 1 load v0 objects/xdp_drop.o
	ip link set dev v0 xdp off
	expect_status 0 gc --grace 0
	expect_no_stage
	[[ -z $(find "$BPFFS/v0" -name 'xdp_*') ]] || fail "left: $(find "$BPFFS/v0")"
}

# The directory was complete in its stage, and somebody else has made one in its place since.
test_a_first_load_is_finished_in_a_directory_that_came_in_between()
{
	local id

	inject renameat2 signal=KILL 1 load v0 objects/xdp_drop.o
	id=$(prog_id v0)
	send 2
	mkdir "$BPFFS/v0"
	bpftool map create "$BPFFS/v0/theirs" type array key 4 value 4 entries 1 name theirs
	expect_status 0 pin_maps v0
	expect_said "finished what a killed 'load' began in $BPFFS/v0"
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 2 200
	[[ -e $BPFFS/v0/theirs && -e $BPFFS/v0/%egress/xdp_stats_map && -L $BPFFS/v0/tc ]] ||
		fail "it has $(find "$BPFFS/v0")"
	[[ $(load_state v0 xdp) == *" xdp_drop" && $(prog_id v0) == "$id" ]] || fail "$(load_state v0 xdp)"
	[[ $(stat -c %a "$BPFFS/v0") == 700 ]] || fail "its mode is $(stat -c %a "$BPFFS/v0")"
	expect_no_stage
}

# The maps of that program cannot be asked for: one tool says what another one does about it.
test_without_the_right_to_ask_nothing_is_guessed()
{
	local remedy="run as root, or with CAP_SYS_ADMIN and CAP_NET_ADMIN: what is attached tells it" before

	need capsh
	begin
	killed switched --on-mismatch migrate v0 "$BUILT/carry2.o"
	put_on_old_maps
	before=$(snapshot)
	expect_status 2 without_sys_admin load v0 "$BUILT/carry2.o"
	expect_said "cannot tell how a killed 'load' is to end: neither program "
	expect_said "$remedy"
	expect_unchanged "$before"
	expect_status 2 without_sys_admin doctor
	[[ $output == *"nobody can tell how it was to end: pin, load and unload of v0 will fail"*"$remedy"* ]] ||
		fail "it says: $output"
	expect_status 0 pin_maps v0
	expect_no_stage
}

without_sys_admin() { capsh --drop=cap_sys_admin --shell="$(type -P "$1")" -- "${@:2}"; }

# --- changes that take two steps

# change_killed_anywhere 'OPTION...' OLD 'OPTION...' NEW: at each call, then NEW is loaded once more.
change_killed_anywhere()
{
	local call n k calls tries points=0 before=$1 from=$2

	asked=$3 to=$4
	start_change
	# shellcheck disable=SC2086 # $asked is words
	calls=$(calls_of load $asked v0 "$to")
	while read -r call n k; do
		for ((tries = 0; tries < 9; tries++)); do
			start_change
			# shellcheck disable=SC2086 # $asked is words
			inject "$call" signal=KILL "$n" load $asked v0 "$to"
			[[ -n $injected ]] || break
			((status == 137)) || fail "killed at $call $n: status $status, $errors"
			hit "$call" "$k" && ((++points)) && tries=9
			finish_change "killed at $call $n"
			((n += nearer, 1))
		done
	done <<<"$calls"
	echo "killed at $points of $(wc -l <<<"$calls") calls" >&2
	((points > 20 && points * 10 >= $(wc -l <<<"$calls") * 9)) || fail "killed at $points points only"
}
to='' asked=''

start_change()
{
	# A tcx program goes with no pin.
	run unload --all v0
	# shellcheck disable=SC2086 # $before is words
	become "$from" "$to" $before
	send 2
	sent=2
}

# A link whose maker was killed ends some time after that.
is_settled() { [[ $(status v0 2>/dev/null) != *" link "* || -n $(find "$BPFFS" -path '*%links/*' -type f) ]]; }

finish_change()
{
	eventually is_settled || fail "$1: a link nobody holds stays: $(status v0)"
	# A frame for whatever runs; for nothing there is nothing to count.
	if [[ $(status --json v0 2>/dev/null) == *'"programs":[{'* ]]; then
		send 1
		((++sent))
	fi
	# shellcheck disable=SC2086 # $asked is words
	expect_status 0 load $asked v0 "$to"
	expect_old_or_new "$1"
	[[ $is == "$(name_of "$to")" ]] || fail "$1: after a load of it $to is not on: $is"
	expect_counted "$1"
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "$1: left: $(old_maps "$BPFFS/v0")"
	expect_no_stage
}

# The maps are of other sizes as well, so that what was counted goes over.
test_skb_to_native_with_other_maps_killed_anywhere_ends_by_one_load()
{
	change_killed_anywhere "-m skb" "$BUILT/load_pair1.o" "-m native --on-mismatch migrate" "$BUILT/load_pair2.o"
}

test_native_to_skb_killed_anywhere_ends_by_one_load()
{
	change_killed_anywhere "-m native" objects/xdp_pass.o "-m skb" objects/xdp_drop.o
}

test_netlink_to_link_killed_anywhere_ends_by_one_load()
{
	change_killed_anywhere "" objects/xdp_pass.o "--link" objects/xdp_drop.o
}

test_a_link_to_netlink_killed_anywhere_ends_by_one_load()
{
	change_killed_anywhere "--link" objects/xdp_pass.o "--netlink" objects/xdp_drop.o
}

test_a_tcx_link_to_none_killed_anywhere_ends_by_one_load()
{
	need_tcx
	hook=tc_ingress
	change_killed_anywhere "--link" objects/tc_pass.o "--netlink" objects/tc_drop.o
}

test_a_link_from_native_to_skb_killed_anywhere_ends_by_one_load()
{
	change_killed_anywhere "--link" objects/xdp_pass.o "--link -m skb" objects/xdp_drop.o
}

test_a_tcx_link_to_clsact_killed_anywhere_ends_by_one_load()
{
	need_tcx
	hook=tc_ingress
	change_killed_anywhere "--link" objects/tc_pass.o "--tc clsact" objects/tc_drop.o
}

test_clsact_to_tcx_killed_anywhere_ends_by_one_load()
{
	need_tcx
	hook=tc_ingress
	change_killed_anywhere "--tc clsact" objects/tc_pass.o "--tc tcx" objects/tc_drop.o
}

# Without CAP_NET_ADMIN the kernel does not say what is on tcx.
test_a_killed_load_on_tcx_is_left_to_who_may_ask()
{
	local n before

	need_tcx
	need strace
	load --tc tcx v0 objects/tc_pass.o >/dev/null
	n=$(strace -f -qq -e trace=bpf,renameat load --tc tcx v0 objects/tc_drop.o 2>&1 >/dev/null |
		awk '/renameat\(/ { n++ } /BPF_PROG_ATTACH/ { print n + 1; exit }')
	[[ -n $n ]] || fail "nothing was attached"
	inject renameat signal=KILL "$n" load --tc tcx v0 objects/tc_pass.o
	((status == 137)) || fail "status $status: $errors"
	before=$(snapshot)
	expect_status 2 setpriv --inh-caps -all,+bpf --bounding-set -all,+bpf doctor
	[[ $output == *"nobody can tell how it was to end"*"run as root, or with "*"CAP_NET_ADMIN"* && $output != *"--stages"* ]] ||
		fail "it says: $output"
	expect_fail "cannot ask what is attached" \
		setpriv --inh-caps -all,+bpf --bounding-set -all,+bpf pin_maps v0
	[[ $(snapshot) == "$before" ]] || fail "it changed: $(diff <(snapshot) - <<<"$before")"
	expect_status 0 pin_maps v0
	[[ -z $(ls -A "$BPFFS/%ifbpf/stage") ]] || fail "a stage is left"
}
