# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Without CAP_SYS_ADMIN no program is opened by its id. Which maps those of an interface use is told by
# its directory then, and no list goes out of force without a word.
. tests/pins.sh
. tests/carry.sh
. tests/loads.sh

EGRESS=$BPFFS/v0/%egress

unprivileged()
{
	run setpriv --inh-caps -all,+bpf,+net_admin,+perfmon --bounding-set -all,+bpf,+net_admin,+perfmon "$@"
}

# rule PIN: one by which every packet is dropped, in the list of carry1.
rule() { bpftool map update pinned "$1" key 0 0 0 0 value 1 0 0 0 0 0 0 0; }

# Only the record tells of it, as of one that pin_maps adopted.
hide() { rm "$BPFFS/v0/%progs/$1/$2"; }

# The egress program has a map of its own, and XDP another one of the same definition.
part_xdp()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	load --hook tc_egress v0 "$BUILT/tc_carry1.o" >/dev/null
	load --on-mismatch fresh v0 "$BUILT/carry2.o" >/dev/null 2>&1
	load --on-mismatch fresh v0 "$BUILT/carry1.o" >/dev/null 2>&1
}

# expect_places FLAT OWN: which map is where.
expect_places()
{
	expect_id "$BPFFS/v0/deny_list" "$1"
	expect_id "$EGRESS/deny_list" "$2"
	[[ ! -e $BPFFS/v0/deny_list%old-$1 ]] || fail "the map of XDP gave way: $output"
}

test_an_egress_program_takes_no_name_from_the_map_of_xdp()
{
	local flat own told

	need setpriv
	part_xdp
	flat=$(map_id "$BPFFS/v0/deny_list")
	own=$(map_id "$EGRESS/deny_list")
	rule "$BPFFS/v0/deny_list"
	for told in pin record; do
		[[ $told == pin ]] || hide xdp carry1
		unprivileged load --hook tc_egress v0 "$BUILT/tc_carry1.o"
		[[ $status == 0 && $output == *"map deny_list id $own reused"* ]] || fail "$status: $output$errors"
		expect_places "$flat" "$own"
	done
	# The list is in force on XDP, and stays so.
	expect_status 0 load v0 "$BUILT/carry1.o"
	[[ $output == *"map deny_list id $flat reused"* ]] || fail "$status: $output$errors"
	send 3
	expect_seen 0 3
}

# A list that is in force on ingress and egress, while XDP began anew.
part_tc()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	load --hook tc_ingress v0 "$BUILT/tc_carry1.o" >/dev/null
	load --hook tc_egress v0 "$BUILT/tc_carry1.o" >/dev/null
	rule "$BPFFS/v0/deny_list"
	load --on-mismatch fresh v0 "$BUILT/carry2.o" >/dev/null 2>&1
	load --on-mismatch fresh v0 "$BUILT/carry1.o" >/dev/null 2>&1
}

test_a_list_that_the_egress_program_has_is_not_out_of_force_for_another_hook()
{
	local before own

	need setpriv
	part_tc
	before=$(snapshot)
	own=$(map_id "$EGRESS/deny_list")
	unprivileged load --hook tc_ingress v0 "$BUILT/tc_carry1.o"
	[[ $status == 2 && $errors == *"goes by 1 entry of another one, map $own, pinned as %egress/deny_list, that is not in it"*\
"hint: add what it holds to what is in place: --on-mismatch deny_list=migrate"* ]] || fail "$status: $errors"
	expect_unchanged "$before"
	unprivileged load --on-mismatch migrate --hook tc_ingress v0 "$BUILT/tc_carry1.o"
	[[ $status == 0 && $errors == *"map 'deny_list': what map $own has is added to map "* ]] || fail "$status: $errors"
	[[ $(rules_of "$BPFFS/v0/deny_list") == "0 0" ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
}

test_a_list_that_a_program_which_cannot_be_opened_may_have_is_named()
{
	local own

	need setpriv
	part_tc
	own=$(map_id "$EGRESS/deny_list")
	hide tc_ingress tc_carry1
	unprivileged load --no-attach --hook tc_ingress v0 "$BUILT/tc_carry1.o"
	[[ $status == 0 && $errors == *"map 'deny_list': if the replaced program has counts or rules in map $own up to now, "*\
"they stay in %egress/deny_list: to see "*"CAP_SYS_ADMIN"*"hint: add what it has afterwards, as root, by having tc_egress go on with the one in place: "*"load --on-mismatch deny_list=migrate --hook tc_egress v0 OBJECT"* ]] ||
		fail "$status: $errors"
}

test_types_that_keep_a_list_from_coming_over_take_root()
{
	need setpriv
	part_tc
	load --on-mismatch fresh v0 "$BUILT/carry2.o" >/dev/null 2>&1
	rm -r "$BPFFS/v0/%layouts"
	unprivileged load --hook tc_ingress v0 "$BUILT/tc_carry2.o"
	[[ $status == 2 && $errors == *"pinned as %egress/deny_list, that is not in it"*\
"hint: run as root, or with CAP_SYS_ADMIN: then what it holds can be added"* ]] || fail "$status: $errors"
}

test_a_map_without_a_pin_that_may_be_left_behind_is_said()
{
	need setpriv
	load v0 "$BUILT/carry1.o" >/dev/null
	rule "$BPFFS/v0/deny_list"
	rm "$BPFFS/v0/deny_list"
	unprivileged load v0 "$BUILT/carry1.o"
	[[ $status == 0 && $errors == *"uses 1 map without a pin in $BPFFS/v0: if 'deny_list' is among them, what it holds "*\
"stays behind; to look at them takes CAP_SYS_ADMIN"* ]] || fail "$status: $errors"
	# Nor is it said where it is wanted, or where all are known.
	rm "$BPFFS/v0/deny_list"
	unprivileged load --on-mismatch deny_list=fresh v0 "$BUILT/carry1.o"
	[[ $status == 0 && $errors != *"without a pin"* ]] || fail "$status: $errors"
	unprivileged load v0 "$BUILT/carry1.o"
	[[ $status == 0 && $errors != *"without a pin"* ]] || fail "$status: $errors"
}

test_what_a_program_has_that_is_taken_off_is_said_and_noted()
{
	local own

	need setpriv
	load v0 "$BUILT/carry1.o" >/dev/null
	load --hook tc_ingress v0 "$BUILT/tc_carry1.o" >/dev/null
	rule "$BPFFS/v0/deny_list"
	own=$(map_id "$BPFFS/v0/deny_list")
	load --on-mismatch fresh v0 "$BUILT/carry2.o" >/dev/null 2>&1
	load --on-mismatch fresh v0 "$BUILT/carry1.o" >/dev/null 2>&1
	unprivileged unload --hook tc_ingress v0
	[[ $status == 0 && $errors == *"map 'deny_list': what program tc_carry1 (id "*") has in map $own stays in %old-$own"* ]] ||
		fail "$status: $errors"
	# It was in force there: the next one says so.
	unprivileged load --hook tc_ingress v0 "$BUILT/tc_carry1.o"
	[[ $status == 0 && $errors == *"map 'deny_list': what the unloaded program has in map $own up to now stays in %old-$own"* ]] ||
		fail "$status: $errors"
}

test_a_program_with_a_list_of_its_own_is_told_to_who_edits_the_other()
{
	need setpriv
	load v0 objects/xdp_acl.o >/dev/null
	ip -force link set dev v0 xdp obj objects/xdp_acl.o sec xdp
	load --hook tc_egress v0 objects/tc_acl.o >/dev/null
	pin_maps v0 >/dev/null
	unprivileged acl v0 add src 02:00:00:00:00:77
	[[ $status == 0 && $errors == *"program tc_acl (id "*") on tc_egress of v0 has a map "*" of its own, id "*\
"what is set in $BPFFS/v0 is not for it"* ]] || fail "$status: $errors"
}

test_what_is_prepared_takes_no_name_from_a_map_that_another_hook_goes_by()
{
	local before

	need setpriv
	part_tc
	unload --hook tc_egress v0 >/dev/null
	before=$(snapshot)
	unprivileged load --no-attach --on-mismatch fresh --hook tc_egress v0 "$BUILT/tc_carry2.o"
	[[ $status == 2 && $errors == *"cannot prepare another map '"*"and a program that is attached uses it"* ]] ||
		fail "$status: $errors"
	expect_unchanged "$before"
}
