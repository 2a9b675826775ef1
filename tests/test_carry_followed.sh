# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# pin_maps: load carried a list over for XDP, egress did not follow, and stock tc gives it a new map.
. tests/carry_hooks.sh

# leave_egress HOW: the rule of share_rule is with both, 6 8 in the flat list alone.
leave_egress()
{
	share_rule
	load --on-mismatch "$1" v0 "$BUILT/carry2.o" >/dev/null
	add_flat 6 8
}

# add_flat KEY NOTE: of carry2.
add_flat()
{
	bpftool map update pinned "$BPFFS/v0/deny_list" key "$1" 0 0 0 \
		value "$2" 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
}

put_on_follower()
{
	load --on-mismatch migrate v0 "$BUILT/carry2.o" >/dev/null
	add_flat 6 8
	put_on_egress "$BUILT/tc_carry2.o"
}

test_what_the_list_has_by_now_comes_to_a_filter_that_did_not_follow()
{
	local list own

	leave_egress migrate
	list=$(map_id "$BPFFS/v0/deny_list")
	own=$(map_id "$BPFFS/v0/%egress/deny_list")
	put_on_egress "$BUILT/tc_carry2.o"
	expect_status 0 pin_maps --carry v0
	[[ $output == *"carried    map $own into deny_list "*"shared     map $list into deny_list "* ]] || fail "$output"
	expect_id "$BPFFS/v0/deny_list" "$list"
	expect_rules $'5 9\n6 8' $'5 9\n6 8'
	expect_in_use
	# Once: what is deleted does not come back, and both are open to edits.
	bpftool map delete pinned "$BPFFS/v0/%egress/deny_list" key 6 0 0 0
	add_flat 7 7
	expect_status 0 pin_maps --carry v0
	[[ -z $errors ]] || fail "$errors"
	expect_rules $'5 9\n6 8\n7 7' "5 9"
}

# Also if what gave way is empty by then.
test_a_filter_that_did_not_follow_is_told_of_what_is_not_in_force_there()
{
	local list

	leave_egress migrate
	list=$(map_id "$BPFFS/v0/deny_list")
	bpftool map delete pinned "$BPFFS/v0/%egress/deny_list" key 5 0 0 0
	put_on_egress "$BUILT/tc_carry2.o"
	for how in --dry-run ''; do
		expect_status 0 pin_maps ${how:+"$how"} v0
		[[ $errors == *"map 'deny_list' of tc_egress is not that of the other hooks any more: what is in map $list, which these go on with, is not in force there"*"hint: "* ]] ||
			fail "$errors"
	done
	expect_status 0 pin_maps --carry v0
	expect_rules $'5 9\n6 8' $'5 9\n6 8'
	expect_in_use
}

test_a_filter_that_did_not_follow_joins_as_is_hinted_at()
{
	leave_egress migrate
	put_on_egress "$BUILT/tc_carry2.o"
	expect_status 0 pin_maps v0
	[[ $errors == *"hint: have one for all of them again: load --hook tc_egress --on-mismatch deny_list=migrate v0 OBJECT"* ]] ||
		fail "$errors"
	expect_status 0 load --hook tc_egress --on-mismatch deny_list=migrate v0 "$BUILT/tc_carry2.o"
	expect_rules $'5 9\n6 8' $'5 9\n6 8'
	prog_maps "$(tc_prog v0 egress 700)" | grep -qx "$(map_id "$BPFFS/v0/deny_list")" || fail "of another map"
}

test_where_both_hooks_have_a_new_one_what_egress_did_not_follow_to_comes_to_both()
{
	leave_egress migrate
	put_on_xdp "$BUILT/carry2.o"
	put_on_egress "$BUILT/tc_carry2.o"
	# Else the second run refuses what is in both, as with any two old maps.
	expect_status 3 pin_maps --class deny_list=config v0
	[[ $errors == *"hint: repeat the command"* ]] || fail "$errors"
	expect_rules $'5 9\n6 8' "5 9"
	expect_status 0 pin_maps --class deny_list=config v0
	expect_rules $'5 9\n6 8' $'5 9\n6 8'
	expect_in_use
}

# One that was to begin anew has nothing to do with it.
test_lists_that_were_parted_on_purpose_stay_so()
{
	leave_egress fresh
	put_on_egress "$BUILT/tc_carry2.o"
	expect_status 0 pin_maps --carry v0
	expect_rules "6 8" "5 9"
}

test_killed_anywhere_both_lists_come_to_a_filter_that_did_not_follow()
{
	both=$'5 9\n6 8'
	kill_carry 15 true follower
}
