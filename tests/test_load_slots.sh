# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Lists that are carried over, or made anew, while slots of maps of maps have them.
. tests/pins.sh
. tests/faults.sh

# block KEY, or unblock KEY: 0 by the slot, 1 by the name; in the map that has the name now.
block() { bpftool map update pinned "$BPFFS/v0/blocked" key "$1" 0 0 0 value 1 0 0 0 0 0 0 0; }
unblock() { bpftool map delete pinned "$BPFFS/v0/blocked" key "$1" 0 0 0; }

# verdicts: passed, dropped by the slot, dropped by the name.
verdicts()
{
	bpftool -j map dump pinned "$BPFFS/v0/verdicts" | jq -r '[.[].formatted.value] | join(" ")'
}

has_verdicts() { [[ $(verdicts) == "$*" ]]; }
expect_verdicts() { eventually has_verdicts "$@" || fail "verdicts: $(verdicts), expected $*"; }

# slot DIRECTORY KEY: the id of the map that is there.
slot()
{
	bpftool -j map lookup pinned "$BPFFS/$1/lists" key "$2" 0 0 0 |
		jq -r '.value | (.[0], .[1], .[2], .[3])' | {
		local id=0 shift=0 byte

		while read -r byte; do
			id=$((id + (byte << shift)))
			shift=$((shift + 8))
		done
		echo "$id"
	}
}

test_a_slot_that_had_the_old_list_gets_the_new_one()
{
	local old

	load v0 "$BUILT/listed1.o" >/dev/null
	old=$(map_id "$BPFFS/v0/blocked")
	block 0
	send 3
	expect_verdicts 0 3 0
	expect_status 0 load --on-mismatch blocked=migrate v0 "$BUILT/listed2.o"
	[[ $errors == *"map 'blocked': 1 slot of map 'lists' had the old one, and has the new one now"* ]] ||
		fail "it says: $errors"
	[[ $(slot v0 0) == "$(map_id "$BPFFS/v0/blocked")" && $(slot v0 0) != "$old" ]] || fail "slot: $(slot v0 0)"
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0")"
	# What stood in it is in force both ways, and so is what is edited from now on.
	send 3
	expect_verdicts 0 6 0
	unblock 0
	block 1
	send 3
	expect_verdicts 0 6 3
	unblock 1
	send 3
	expect_verdicts 3 6 3
}

test_a_list_in_a_slot_of_another_interface_stays_as_it_is()
{
	local old

	make_veth v5
	load v0 "$BUILT/listed1.o" >/dev/null
	load v5 "$BUILT/listed1.o" >/dev/null
	old=$(map_id "$BPFFS/v0/blocked")
	bpftool map update pinned "$BPFFS/v5/lists" key 1 0 0 0 value pinned "$BPFFS/v0/blocked"
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/listed2.o"
	[[ $errors == *"map 'blocked': v5 (program "*" on xdp) goes on with the old one: the new one is a copy"* ]] ||
		fail "it says: $errors"
	expect_id "$BPFFS/v0/blocked%old-$old" "$old"
	[[ $(slot v5 1) == "$old" && $(slot v0 0) != "$old" ]] || fail "slots: $(slot v5 1) $(slot v0 0)"
	# It takes edits.
	bpftool map update id "$old" key 7 0 0 0 value 1 0 0 0 0 0 0 0 || fail "it is closed to edits"
	expect_status 0 gc --old
	expect_id "$BPFFS/v0/blocked%old-$old" "$old"
	expect_status 0 unload --purge v0
	[[ $errors == *"map 'blocked' (id $old) stays: v5 "* ]] || fail "it says: $errors"
	expect_id "$BPFFS/v0/blocked%old-$old" "$old"
}

test_a_slot_that_others_use_keeps_the_old_list()
{
	local old

	load v0 "$BUILT/listed1.o" >/dev/null
	old=$(map_id "$BPFFS/v0/blocked")
	in_peer ip link set dev v1 xdpgeneric pinned "$BPFFS/v0/%progs/xdp/listed"
	expect_status 0 load --on-mismatch blocked=migrate v0 "$BUILT/listed2.o"
	[[ $errors == *"map 'blocked': the old one stays in a slot of map 'lists', and in use there: v1 "* ]] ||
		fail "it says: $errors"
	[[ $(slot v0 0) == "$old" ]] || fail "slot: $(slot v0 0)"
	bpftool map update id "$old" key 7 0 0 0 value 1 0 0 0 0 0 0 0 || fail "it is closed to edits"
	expect_id "$BPFFS/v0/blocked%old-$old" "$old"
}

test_a_list_in_an_old_map_of_maps_of_another_hook_stays_as_it_is()
{
	local old

	load v0 "$BUILT/listed1.o" >/dev/null
	load v0 "$BUILT/tc_listed1.o" >/dev/null
	old=$(map_id "$BPFFS/v0/blocked")
	expect_status 0 load --on-mismatch blocked=migrate --on-mismatch lists=fresh v0 "$BUILT/listed3.o"
	[[ $errors == *"map 'blocked': program tc_listed "*" on tc_ingress goes on with the old one"* ]] ||
		fail "it says: $errors"
	expect_id "$BPFFS/v0/blocked%old-$old" "$old"
	bpftool map update id "$old" key 7 0 0 0 value 1 0 0 0 0 0 0 0 || fail "it is closed to edits"
}

test_gc_keeps_an_old_list_that_a_slot_has()
{
	local old

	load v0 "$BUILT/listed1.o" >/dev/null
	old=$(map_id "$BPFFS/v0/blocked")
	block 0
	load --on-mismatch blocked=fresh v0 "$BUILT/listed2.o" >/dev/null 2>&1
	expect_status 0 gc --old
	[[ $output == *"kept map $BPFFS/v0/blocked%old-$old: it is still used by program "*"(listed)"* ]] ||
		fail "it says: $output"
	expect_id "$BPFFS/v0/blocked%old-$old" "$old"
}

test_what_one_that_was_prepared_before_others_has_is_left_as_it_is()
{
	local old

	load --no-attach v0 "$BUILT/carry1.o" >/dev/null
	load --no-attach v0 objects/xdp_echo.o >/dev/null
	old=$(map_id "$BPFFS/v0/deny_list")
	expect_status 0 load --no-attach --on-mismatch migrate v0 "$BUILT/carry2.o"
	[[ $errors == *"map 'deny_list': program carry1 (id "*"), prepared for xdp, has the old one, which stays for it: the new one is a copy"* ]] ||
		fail "it says: $errors"
	expect_id "$BPFFS/v0/deny_list%old-$old" "$old"
}

test_what_other_prepared_programs_have_is_left_as_it_is()
{
	local old tc

	load --no-attach v0 "$BUILT/carry1.o" >/dev/null
	load --no-attach --hook tc_ingress v0 "$BUILT/tc_carry1.o" >/dev/null
	old=$(map_id "$BPFFS/v0/deny_list")
	expect_status 0 load --no-attach --on-mismatch migrate v0 "$BUILT/carry2.o"
	tc=$(bpftool -j prog show pinned "$BPFFS/v0/%progs/tc_ingress/tc_carry1" | jq .id)
	[[ $errors == *"map 'deny_list': program "*", prepared for "*", has the old one, which stays for it"* ]] ||
		fail "it says: $errors"
	expect_id "$BPFFS/v0/deny_list%old-$old" "$old"
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress bpf da pinned "$BPFFS/v0/%progs/tc_ingress/tc_carry1"
	exists prog "$tc" || fail "program $tc is gone"
	# Its list can be edited, where it is.
	bpftool map update pinned "$BPFFS/v0/deny_list%old-$old" key 0 0 0 0 value 1 0 0 0 0 0 0 0 ||
		fail "it is closed to edits"
	send 2
	# So it is with a program that is attached, and not prepared.
	unload --all --purge v0 >/dev/null
	load --no-attach --hook tc_ingress v0 "$BUILT/tc_carry1.o" >/dev/null
	load v0 "$BUILT/carry1.o" >/dev/null
	old=$(map_id "$BPFFS/v0/deny_list")
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry2.o"
	[[ $errors == *"map 'deny_list': program tc_carry1 "*", prepared for tc_ingress, has the old one"* ]] ||
		fail "it says: $errors"
	bpftool map update pinned "$BPFFS/v0/deny_list%old-$old" key 0 0 0 0 value 1 0 0 0 0 0 0 0 ||
		fail "it is closed to edits"
}

one_list_in_force()
{
	unload --all --purge v0 >/dev/null 2>&1 || true
	load v0 "$BUILT/listed1.o" >/dev/null
	block 0
	block 1
}

# The list that the program finds by the slot is the one that tools find by its name.
is_one_list()
{
	run pin_maps v0
	((status == 0)) || fail "pin_maps: status $status: $errors"
	[[ $(slot v0 0) == "$(map_id "$BPFFS/v0/blocked")" ]] ||
		fail "the slot has $(slot v0 0), the name $(map_id "$BPFFS/v0/blocked"): $errors"
	bpftool map lookup pinned "$BPFFS/v0/blocked" key 0 0 0 0 >/dev/null || fail "the rule is gone"
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0")"
}

test_killed_at_any_message_to_the_kernel_slot_and_name_have_one_list()
{
	kill_everywhere "sendto renameat" one_list_in_force \
		load --on-mismatch blocked=migrate v0 "$BUILT/listed2.o" -- is_one_list
	echo "# killed at $points points"
	((points > 10)) || fail "only $points points"
}
