# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# pin_maps --carry: what XDP and the filter on egress had as one, and stock ip and tc gave each hook
# a map of its own instead.
. tests/carry_hooks.sh

test_a_list_of_both_hooks_comes_to_both()
{
	local old before

	share_rule
	deny 0 8
	old=$(map_id "$BPFFS/v0/deny_list")
	put_on_xdp
	put_on_egress
	expect_status 3 pin_maps --carry v0
	[[ $errors == *"map 'deny_list': the hooks had one, $old, which goes to map "*" first, and stays for "*" as well"*"hint: repeat the command, "* ]] ||
		fail "$errors"
	[[ $(grep -c hint: <<<"$errors") == 1 ]] || fail "$errors"
	[[ $output == *"carried    map $old into deny_list "*"(stays as $BPFFS/v0/%egress/deny_list%old-$old)"* ]] ||
		fail "$output"
	# What is hinted at.
	expect_status 0 pin_maps --carry v0
	[[ -z $errors ]] || fail "$errors"
	expect_rules $'0 0\n5 9' $'0 0\n5 9'
	expect_in_use
	send_out 3
	[[ $(bpftool map dump pinned "$BPFFS/v0/%egress/frames_seen" |
		awk '$1 == "\"dropped\":" { sum += $2 } END { print sum }') == 3 ]] || fail "they passed"
	before=$(snapshot)
	expect_status 0 pin_maps --carry v0
	expect_unchanged "$before"
}

test_a_list_of_both_hooks_comes_to_both_after_a_plain_run_as_well()
{
	local old

	share_rule
	old=$(map_id "$BPFFS/v0/deny_list")
	put_on_xdp
	put_on_egress
	expect_status 0 pin_maps v0
	[[ $output == *"replaced tc_egress  deny_list "*"(map $old stays as $BPFFS/v0/%egress/deny_list%old-$old)"* ]] ||
		fail "$output"
	[[ $errors == *"those in 2 maps which gave way: deny_list, %egress/deny_list"* ]] || fail "$errors"
	expect_status 3 pin_maps --carry v0
	expect_rules "5 9" ""
	# What is deleted from one list by then, is not deleted from the other one.
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 5 0 0 0
	expect_status 0 pin_maps --carry v0
	expect_rules "" "5 9"
	expect_in_use
}

test_the_counts_of_both_hooks_come_over_once()
{
	share_rule
	send 4
	send_out 2
	put_on_xdp
	put_on_egress
	expect_status 3 pin_maps --carry v0
	[[ $errors == *"map 'frames_seen': the hooks had one, "*": all of them go to map $(map_id "$BPFFS/v0/frames_seen"), none to "* ]] ||
		fail "$errors"
	expect_status 0 pin_maps --carry v0
	expect_seen 6 0
	expect_in_use
}

# Maps of maps, and what names those in them.
test_lists_of_acl_of_both_hooks_come_to_both()
{
	local map flat egress

	share objects/xdp_acl.o objects/tc_acl.o
	acl v0 --list bad add 2001:db8::/32
	put_on_xdp objects/xdp_acl.o
	put_on_egress objects/tc_acl.o
	expect_status 3 pin_maps --carry v0
	expect_status 0 pin_maps --carry v0
	[[ -z $(find "$BPFFS/v0" -name '*%old-*') ]] || fail "left: $(find "$BPFFS/v0" -name '*%old-*')"
	for map in acl_lists acl_settings acl_sets6; do
		flat=$(bpftool map lookup pinned "$BPFFS/v0/$map" key 0 0 0 0)
		egress=$(bpftool map lookup pinned "$BPFFS/v0/%egress/$map" key 0 0 0 0)
		[[ -n $flat && $flat == "$egress" ]] || fail "$map: $flat, on egress: $egress"
	done
}

# Nothing keeps the old map for egress: XDP goes on with it, under its name.
test_a_list_that_xdp_goes_on_with_is_copied_for_egress()
{
	local list

	share_rule
	list=$(map_id "$BPFFS/v0/deny_list")
	send 4
	put_on_egress
	expect_status 3 pin_maps --carry --dry-run v0
	[[ $output == *"would carry map $list into deny_list "* ]] || fail "$output"
	expect_status 3 pin_maps --carry v0
	[[ $output == *"shared     map $list into deny_list "*"(stays as $BPFFS/v0/deny_list)"* ]] || fail "$output"
	# For counts it is another hook that goes on with them.
	[[ $output == *"refused    map "*" into frames_seen "*": it is shared by program carry1 (id $(prog_id v0)) on xdp, where its counts stay"* ]] ||
		fail "$output"
	expect_id "$BPFFS/v0/deny_list" "$list"
	expect_rules "5 9" "5 9"
	expect_seen 4 0
	expect_in_use
	# It is open to edits.
	bpftool map update pinned "$BPFFS/v0/deny_list" key 6 0 0 0 value 0 0 0 0 8 0 0 0
	expect_status 0 pin_maps --carry v0
	expect_rules $'5 9\n6 8' "5 9"
}

test_a_list_that_egress_does_not_go_by_any_more_is_named()
{
	local list

	share_rule
	list=$(map_id "$BPFFS/v0/deny_list")
	put_on_egress
	expect_status 0 pin_maps --dry-run v0
	[[ $errors == *"map 'deny_list' of tc_egress is not that of the other hooks any more: what is in map $list, "*"hint: copy it there: pin_maps --carry v0"* ]] ||
		fail "$errors"
	expect_status 0 pin_maps v0
	[[ $errors == *"map 'deny_list' of tc_egress is not that of "*"hint: have one for all of them again: load --hook tc_egress --on-mismatch deny_list=migrate v0 OBJECT"* ]] ||
		fail "$errors"
	# What is hinted at.
	expect_status 0 load --hook tc_egress --on-mismatch deny_list=migrate v0 "$BUILT/tc_carry1.o"
	expect_id "$BPFFS/v0/deny_list" "$list"
	prog_maps "$(tc_prog v0 egress 700)" | grep -qx "$list" || fail "of another map"
	expect_rules "5 9" "5 9"
}

# Egress goes on with the list, under its name in %egress: nothing else tells that it gave way.
test_a_list_that_egress_goes_on_with_comes_to_xdp_after_a_plain_run_as_well()
{
	local list

	share_rule
	list=$(map_id "$BPFFS/v0/deny_list")
	put_on_xdp
	expect_status 0 pin_maps v0
	[[ $output == *"(map $list stays as $BPFFS/v0/%egress/deny_list)"* ]] || fail "$output"
	[[ $errors == *"rules or settings of what ran before are out of force: those in 1 map which gave way: deny_list"*"hint: bring them over: pin_maps --carry v0"* ]] ||
		fail "$errors"
	expect_rules "" "5 9"
	# It is known over further runs.
	expect_status 0 pin_maps v0
	expect_status 0 pin_maps --carry v0
	[[ $output == *"map $list into deny_list "* ]] || fail "$output"
	expect_rules "5 9" "5 9"
	expect_id "$BPFFS/v0/%egress/deny_list" "$list"
	expect_in_use
	# Both are open to edits, and what is deleted does not come back.
	bpftool map update pinned "$BPFFS/v0/%egress/deny_list" key 6 0 0 0 value 0 0 0 0 8 0 0 0
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 5 0 0 0
	expect_status 0 pin_maps --carry v0
	expect_rules "" $'5 9\n6 8'
}

test_a_list_that_egress_went_on_with_comes_to_xdp_when_egress_is_gone()
{
	share_rule
	put_on_xdp
	pin_maps v0 >/dev/null
	tc filter del dev v0 egress
	expect_status 0 pin_maps --carry v0
	expect_rules "5 9" "5 9"
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 5 0 0 0
	expect_status 0 pin_maps --carry v0
	expect_rules "" "5 9"
	# No map that has a name is closed to edits.
	bpftool map delete pinned "$BPFFS/v0/%egress/deny_list" key 5 0 0 0
}

test_a_list_that_egress_went_on_with_comes_to_both_when_egress_has_a_new_one()
{
	share_rule
	put_on_xdp
	pin_maps v0 >/dev/null
	put_on_egress
	run pin_maps --carry v0
	run pin_maps --carry v0
	expect_rules "5 9" "5 9"
	expect_in_use
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 5 0 0 0
	bpftool map delete pinned "$BPFFS/v0/%egress/deny_list" key 5 0 0 0
	expect_status 0 pin_maps --carry v0
	expect_rules "" ""
}

test_a_list_that_egress_went_on_with_comes_to_the_newest_of_xdp()
{
	share_rule
	put_on_xdp
	pin_maps v0 >/dev/null
	put_on_xdp
	pin_maps v0 >/dev/null
	run pin_maps --carry v0
	expect_rules "5 9" "5 9"
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 5 0 0 0
	expect_status 0 pin_maps --carry v0
	expect_rules "" "5 9"
}

test_a_list_that_xdp_goes_on_with_is_copied_for_egress_after_a_plain_run_as_well()
{
	local list

	share_rule
	list=$(map_id "$BPFFS/v0/deny_list")
	put_on_egress
	expect_status 0 pin_maps v0
	expect_status 0 pin_maps --carry v0
	[[ $output == *"shared     map $list into deny_list "* ]] || fail "$output"
	expect_rules "5 9" "5 9"
	expect_id "$BPFFS/v0/deny_list" "$list"
	expect_in_use
	bpftool map update pinned "$BPFFS/v0/deny_list" key 6 0 0 0 value 0 0 0 0 8 0 0 0
	bpftool map delete pinned "$BPFFS/v0/%egress/deny_list" key 5 0 0 0
	expect_status 0 pin_maps --carry v0
	expect_rules $'5 9\n6 8' ""
}

# The symlink is there for whatever comes to egress.
test_a_filter_that_shared_nothing_gets_nothing()
{
	load -m skb v0 "$BUILT/carry1.o" >/dev/null
	bpftool map update pinned "$BPFFS/v0/deny_list" key 5 0 0 0 value 0 0 0 0 9 0 0 0
	tc qdisc add dev v0 clsact
	put_on_egress
	expect_status 0 pin_maps --carry v0
	[[ -z $errors ]] || fail "$errors"
	expect_rules "5 9" ""
}

# --- killed

test_killed_anywhere_the_list_comes_to_both()
{
	kill_carry 20 true xdp egress
}

test_killed_anywhere_in_the_second_run_the_list_comes_to_both()
{
	first() { run pin_maps --carry v0; }
	kill_carry 8 first xdp egress
}

test_killed_anywhere_the_list_of_xdp_comes_to_egress()
{
	kill_carry 15 true egress
}

# part_three: three hooks have A; xdp and egress get maps of their own, ingress goes on with A.
part_three()
{
	local hook key

	load -m skb v0 "$BUILT/carry1.o" >/dev/null
	for hook in tc_ingress tc_egress; do
		load --hook "$hook" v0 "$BUILT/tc_carry1.o" >/dev/null
	done
	for key; do
		bpftool map update pinned "$BPFFS/v0/deny_list" key "$key" 0 0 0 value 0 0 0 0 9 0 0 0
	done
	put_on_xdp
	put_on_egress
}

test_a_rule_deleted_in_both_places_stays_deleted()
{
	local i pin

	part_three 5
	expect_status 3 pin_maps --carry v0
	run pin_maps --carry v0
	expect_rules '5 9' '5 9'
	for pin in deny_list %egress/deny_list; do
		bpftool map delete pinned "$BPFFS/v0/$pin" key 5 0 0 0
	done
	# 3: what ingress goes on with is refused its name.
	for i in 1 2 3; do
		expect_status 3 pin_maps --carry v0
		[[ $errors != *"hint: repeat"* ]] || fail "run $i: $errors"
		expect_rules '' ''
	done
}

test_a_rule_deleted_of_a_list_that_is_named_so_stays_deleted()
{
	local i

	part_three 5 7
	for i in 1 2; do
		run pin_maps --class deny_list=config v0
	done
	expect_rules $'5 9\n7 9' $'5 9\n7 9'
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 5 0 0 0
	for i in 1 2 3; do
		run pin_maps --class deny_list=config v0
		expect_rules '7 9' $'5 9\n7 9'
	done
}

# It has two old names by then, one in each place.
test_the_hook_that_went_on_with_a_list_that_gave_way_in_two_places_joins()
{
	part_three 5
	pin_maps v0 >/dev/null 2>&1 || true # what ingress goes on with is refused its name
	expect_status 2 load --hook tc_ingress v0 "$BUILT/tc_carry1.o"
	[[ $errors == *"hint: add what it holds to what is in place: --on-mismatch deny_list=migrate"* ]] ||
		fail "$errors"
	expect_status 0 load --hook tc_ingress --on-mismatch migrate v0 "$BUILT/tc_carry1.o"
	[[ $(rules_of "$BPFFS/v0/deny_list") == '5 9' ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
	prog_maps "$(tc_prog v0 ingress 700)" | grep -qx "$(map_id "$BPFFS/v0/deny_list")" || fail "of another map"
}

test_what_was_deleted_in_both_places_does_not_come_with_the_hook_that_joins()
{
	local pin

	part_three 5
	run pin_maps --carry v0
	run pin_maps --carry v0
	expect_rules '5 9' '5 9'
	for pin in deny_list %egress/deny_list; do
		bpftool map delete pinned "$BPFFS/v0/$pin" key 5 0 0 0
	done
	run load --hook tc_ingress --on-mismatch migrate v0 "$BUILT/tc_carry1.o"
	((status == 0 || status == 3)) || fail "status $status: $errors"
	expect_rules '' ''
}
