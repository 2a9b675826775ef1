# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load --shared --on-mismatch migrate, killed or failing at every call by which it changes something:
# each interface has the old or the new program with that one's maps, no frame passes, no count and no
# rule is lost, and the same command puts all of them together.
# shellcheck disable=SC2034,SC2154 # for load_faults.sh; $status and $errors are set by run
. tests/pins.sh
. tests/faults.sh
. tests/load_faults.sh
. tests/carry.sh

# The content of maps is what matters here.
CHANGING_BPF='BPF_(OBJ_PIN|MAP_UPDATE_ELEM|MAP_DELETE_ELEM|MAP_UPDATE_BATCH|MAP_FREEZE|PROG_TEST_RUN'
CHANGING_BPF+='|PROG_RUN|LINK_CREATE|LINK_UPDATE),'

MEMBERS="v0 h1"
kind='' hook=xdp sent=0 rules=0 split=0

# begin [OPTION...]: two interfaces share the first of two programs, which denies everything.
begin()
{
	make_veth h1
	old=$BUILT/${kind}carry1.o new=$BUILT/${kind}carry2.o
	how="--shared --on-mismatch migrate $* $MEMBERS"
	# shellcheck disable=SC2086 # words
	load $how "$old" >/dev/null
	deny 0 8
}

# all_seen NAME: summed over all maps of counts that any of them has pinned, each once.
all_seen()
{
	local ifname pin id sum=0 maps=()

	for ifname in $MEMBERS; do
		for pin in "$BPFFS/$ifname"/frames_seen*; do
			id=$(map_id "$pin")
			[[ " ${maps[*]-} " != *" $id "* ]] || continue
			maps+=("$id")
			((sum += $(bpftool map dump pinned "$pin" | awk -v name="\"$1\":" '$1 == name { n += $2 } END { print n + 0 }'), 1))
		done
	done
	echo "$sum"
}

expect_counted()
{
	send 1
	"$PWD/build/tests/send" q1 "$V0_MAC" 1
	((sent += 2))
	[[ "$(all_seen passed) $(all_seen dropped)" == "0 $sent" ]] ||
		fail "$1: sent $sent, passed $(all_seen passed), dropped $(all_seen dropped)
${errors-}"
}

expect_old_or_new()
{
	local ifname state

	for ifname in h1 v0; do
		state=$(load_state "$ifname" "$hook" 2>&1) || run pin_maps "$ifname"
		state=$(load_state "$ifname" "$hook" 2>&1) || fail "$1: $ifname: $state
${errors-}"
		is=${state#* }
		[[ $is == "$(name_of "$new")" || $is == "$(name_of "$old")" ]] || fail "$1: '$is' is on $ifname"
	done
}

# A rule more in the list of whichever interface; then all of them go to the program of the first, or
# of the last: whatever that is. What one had alone, all have.
come_together()
{
	local ifname goal=v0 state

	state=$(for ifname in $MEMBERS; do load_state "$ifname" "$hook"; done | sort -u | wc -l)
	((state == 1)) || ((++split))
	((rules % 2)) || goal=h1
	((++rules))
	ifname=$(cut -d' ' -f$((rules / 2 % 2 + 1)) <<<"$MEMBERS")
	add_rule "$ifname" "$rules"
	state=$(load_state "$goal" "$hook")
	# shellcheck disable=SC2086 # words
	run load $how "$(object_of "${state#* }")"
	((status == 0)) || fail "after $at: status $status: $errors"
	for ifname in $MEMBERS; do
		state=$(load_state "$ifname" "$hook") || fail "after $at: $ifname"
		expect_id "$BPFFS/$ifname/deny_list" "$(map_id "$BPFFS/v0/deny_list")"
		expect_id "$BPFFS/$ifname/frames_seen" "$(map_id "$BPFFS/v0/frames_seen")"
		[[ -z $(ls -A "$BPFFS/$ifname/%carry" 2>/dev/null) ]] || fail "after $at: $ifname has $(ls "$BPFFS/$ifname/%carry")"
	done
	expect_no_stage
	take_turns "${state#* }"
	expect_counted "after $at"
	[[ $(rules_of "$BPFFS/v0/deny_list" | wc -l) == $((rules + 1)) ]] ||
		fail "after $at: of $rules rules there are $(rules_of "$BPFFS/v0/deny_list" | wc -l): $errors"
	[[ -z $(old_maps "$BPFFS/v0")$(old_maps "$BPFFS/h1") ]] ||
		fail "after $at: left: $(old_maps "$BPFFS/v0") $(old_maps "$BPFFS/h1"): $errors"
}

# Each has a set of its own, both of which fit, with a rule and a count that the other one lacks.
part()
{
	unload --all --purge h1 >/dev/null
	load h1 "$old" >/dev/null
	bpftool map update pinned "$BPFFS/h1/deny_list" key 0 0 0 0 value 1 0 0 0 0 0 0 0
	((++rules))
	add_rule h1 "$rules"
	"$PWD/build/tests/send" q1 "$V0_MAC" 1
	((++sent))
}

between()
{
	come_together
	[[ -z $apart ]] || part
}
apart=''

# add_rule IFNAME KEY: in the list that it has, whose rules are of either size.
add_rule()
{
	local size value="0 0 0 0 0 0 0 0"

	size=$(bpftool -j map show pinned "$BPFFS/$1/deny_list" | sed 's/.*"bytes_value":\([0-9]*\).*/\1/')
	((size == 8)) || value="$value $value"
	# shellcheck disable=SC2086 # words
	bpftool map update pinned "$BPFFS/$1/deny_list" key "$(($2 % 256))" "$(($2 / 256))" 1 0 value $value
}

test_a_shared_set_that_is_carried_over_killed_anywhere_loses_no_count_and_no_rule()
{
	begin
	kill_load
	echo "$split times some had the old and some the new program" >&2
	((split > 0)) || fail "never killed between two switches"
}

test_a_shared_set_that_is_carried_over_by_link_killed_anywhere_loses_no_count_and_no_rule()
{
	begin --link
	kill_load
	echo "$split times some had the old and some the new program" >&2
	((split > 0)) || fail "never killed between two switches"
}

test_a_shared_set_that_is_carried_over_and_fails_anywhere_loses_no_count_and_no_rule()
{
	begin
	fail_load ENOMEM
}

test_sets_that_fit_and_are_joined_killed_anywhere_lose_no_count_and_no_rule()
{
	begin
	new=$old apart=yes
	part
	kill_load
}
