# shellcheck shell=bash
# shellcheck disable=SC2154 # $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules that are out of force since another loader's map took their place are said to be, until they
# came over.
. tests/carry_hooks.sh

WHAT="rules or settings of what ran before are out of force"

# expect_said PIN: what is in it is out of force, by pin_maps and by load, each time.
expect_said()
{
	local pin=$1 i

	for i in 1 2; do
		expect_status 0 pin_maps v0
		[[ $errors == *"$WHAT: those in 1 map which gave way: deny_list"*"hint: bring them over: pin_maps --carry v0"* ]] ||
			fail "run $i: $errors"
	done
	expect_status 0 load --dry-run v0 "$BUILT/carry1.o"
	expect_said_by_load "$pin"
	expect_status 0 load v0 "$BUILT/carry1.o"
	expect_said_by_load "$pin"
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry2.o"
	expect_said_by_load "$pin"
	[[ -z $(rules_of "$BPFFS/v0/deny_list") ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
	# What is hinted at.
	run pin_maps --carry v0
	[[ $(rules_of "$BPFFS/v0/deny_list") == "5 9" ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
	for i in 'pin_maps v0' "load v0 $BUILT/carry2.o"; do
		# shellcheck disable=SC2086 # words
		expect_status 0 $i
		[[ $errors != *"out of force"* ]] || fail "$errors"
	done
}

expect_said_by_load()
{
	[[ $errors == *"map 'deny_list': $WHAT on xdp: those in map $(map_id "$1"), which another loader's took the place of, pinned as $1"*"hint: bring them over: pin_maps --carry v0"* ]] ||
		fail "$errors"
}

test_of_a_list_of_xdp_alone_it_is_said()
{
	local old

	load -m skb v0 "$BUILT/carry1.o" >/dev/null
	bpftool map update pinned "$BPFFS/v0/deny_list" key 5 0 0 0 value 0 0 0 0 9 0 0 0
	old=$(map_id "$BPFFS/v0/deny_list")
	put_on_xdp
	pin_maps v0 >/dev/null
	expect_said "$BPFFS/v0/deny_list%old-$old"
}

test_of_a_list_that_egress_goes_on_with_it_is_said()
{
	share_rule
	put_on_xdp
	pin_maps v0 >/dev/null
	expect_said "$BPFFS/v0/%egress/deny_list"
}

# The empty one in between may be gone by then.
test_of_a_list_that_gave_way_two_programs_ago_it_is_said()
{
	local i

	share_rule
	for i in 1 2; do
		put_on_xdp
		pin_maps v0 >/dev/null
	done
	find "$BPFFS/v0" -maxdepth 1 -name '*%old-*' -delete
	expect_said "$BPFFS/v0/%egress/deny_list"
}

test_of_a_list_of_which_egress_has_a_new_one_it_is_said()
{
	local i

	share_rule
	put_on_egress
	for i in 1 2; do
		expect_status 0 pin_maps v0
		[[ $errors == *"map 'deny_list' of tc_egress is not that of the other hooks any more: what is in map $(map_id "$BPFFS/v0/deny_list"), "* &&
			$errors != *"which gave way"* ]] || fail "run $i: $errors"
	done
	expect_status 0 pin_maps --carry v0
	expect_status 0 pin_maps v0
	[[ -z $errors ]] || fail "$errors"
}

test_what_was_left_on_purpose_is_not_said_again()
{
	load -m skb v0 "$BUILT/carry1.o" >/dev/null
	bpftool map update pinned "$BPFFS/v0/deny_list" key 5 0 0 0 value 0 0 0 0 9 0 0 0
	load --on-mismatch fresh v0 "$BUILT/carry2.o" >/dev/null
	[[ $(old_maps "$BPFFS/v0") == *deny_list%old-* ]] || fail "$(old_maps "$BPFFS/v0")"
	expect_status 0 pin_maps v0
	[[ -z $errors ]] || fail "$errors"
	expect_status 0 load v0 "$BUILT/carry2.o"
	[[ $errors != *"out of force"* ]] || fail "$errors"
}
