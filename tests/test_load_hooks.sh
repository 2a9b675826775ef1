# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Hooks of one interface that share their maps, and are upgraded one after the other: in the end they
# share them again, with every count and every rule.
. tests/pins.sh
. tests/carry.sh
. tests/faults.sh
. tests/load_faults.sh

EGRESS=$BPFFS/v0/%egress

# upgrade HOOK OBJECT [OPTION...]: the program of that hook.
upgrade()
{
	local on=$1 object=$2

	shift 2
	expect_status 0 load "${@:---on-mismatch=migrate}" --hook "$on" v0 "$BUILT/$object"
}

# Both tc hooks with one set of maps.
load_tc_hooks()
{
	load --hook tc_ingress v0 "$BUILT/tc_carry1.o" >/dev/null
	load --hook tc_egress v0 "$BUILT/tc_carry1.o" >/dev/null
}

# expect_one_set: nothing is left beside it, and %egress/ leads to it.
expect_one_set()
{
	local map

	for map in deny_list frames_seen; do
		[[ $(readlink "$EGRESS/$map") == ../$map ]] || fail "$1: $(ls -l "$EGRESS")
$errors"
	done
	[[ -z $(old_maps "$BPFFS/v0")$(old_maps "$EGRESS") ]] ||
		fail "$1: left: $(old_maps "$BPFFS/v0") $(old_maps "$EGRESS"): $errors"
	[[ -z $(ls -A "$BPFFS/v0/%carry" 2>/dev/null) ]] || fail "$1: not finished"
}

# rule PIN KEY [VALUE...]: put a rule into a list of that shape.
rule()
{
	local pin=$1 key=$2

	shift 2
	bpftool map update pinned "$pin" key "$key" 0 0 0 value "$@"
}
of_carry1=(0 0 0 0 9 0 0 0)

test_an_egress_program_joins_the_others_again_with_its_counts()
{
	local flat

	load_tc_hooks
	send 10
	rule "$BPFFS/v0/deny_list" 5 "${of_carry1[@]}"
	rule "$BPFFS/v0/deny_list" 6 "${of_carry1[@]}"
	upgrade tc_ingress tc_carry2.o
	[[ $errors == *"on tc_egress goes on with the old one"*"--on-mismatch migrate --hook tc_egress v0"* ]] ||
		fail "it says: $errors"
	send_out 20
	# What is deleted now must not come back.
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 6 0 0 0
	flat=$(map_id "$BPFFS/v0/deny_list")
	expect_status 0 pin_maps v0
	upgrade tc_egress tc_carry2.o
	[[ $output == *"map deny_list id $flat reused"*"map frames_seen id "*" reused"* ]] || fail "$output"
	expect_id "$BPFFS/v0/deny_list" "$flat"
	send_out 5
	expect_seen 35 0
	[[ $(rules_of "$BPFFS/v0/deny_list") == "5 9" ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
	# The deleted one is in the old list, which therefore stays.
	[[ $(old_maps "$BPFFS/v0") == deny_list%old-* && $errors == *"1 entry of map"*"is not in the one in place"* ]] ||
		fail "left: $(old_maps "$BPFFS/v0"): $errors"
	expect_status 0 gc --old
	expect_one_set "in the end"
}

# Of counters that is said as well, but --carry brings nothing of a list that came over.
test_what_came_over_as_a_list_is_not_to_be_carried_as_counts()
{
	load_tc_hooks
	rule "$BPFFS/v0/deny_list" 5 "${of_carry1[@]}"
	upgrade tc_ingress tc_carry2.o
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 5 0 0 0
	upgrade tc_egress tc_carry2.o
	[[ $(old_maps "$BPFFS/v0") == deny_list%old-* ]] || fail "$(old_maps "$BPFFS/v0")"
	upgrade tc_ingress tc_carry1.o --on-mismatch=migrate --class deny_list=counter
	[[ $errors == *"map 'deny_list': what did not fit in an earlier run is in %old-"*"put into the new one what is still needed"* ]] ||
		fail "it says: $errors"
	[[ $errors != *"what an earlier run left in"*"was not added"* && $errors != *"--carry"* ]] ||
		fail "it says: $errors"
}

test_nothing_is_said_of_an_old_list_with_nothing_in_it()
{
	load_tc_hooks
	upgrade tc_ingress tc_carry2.o
	rule "$EGRESS/deny_list" 5 "${of_carry1[@]}"
	expect_status 3 load --on-mismatch migrate --hook tc_egress v0 "$BUILT/tc_carry2.o"
	[[ $(old_maps "$BPFFS/v0") == deny_list%old-* ]] || fail "$(old_maps "$BPFFS/v0")"
	bpftool map delete pinned "$BPFFS/v0/$(old_maps "$BPFFS/v0")" key 5 0 0 0
	upgrade tc_ingress tc_carry1.o
	[[ $errors != *"did not fit in an earlier run"* ]] || fail "it says: $errors"
}

# What is deleted from the new list since is not: test_an_egress_program_joins_the_others_again_with_its_counts.
test_a_rule_that_came_to_the_old_list_since_is_said_to_be_left()
{
	local old way

	load_tc_hooks
	rule "$BPFFS/v0/deny_list" 4 "${of_carry1[@]}"
	upgrade tc_ingress tc_carry2.o
	rule "$EGRESS/deny_list" 5 "${of_carry1[@]}"
	old=$(map_id "$EGRESS/deny_list")
	for way in --dry-run --verbose; do
		expect_status 3 load "$way" --on-mismatch migrate --hook tc_egress v0 "$BUILT/tc_carry2.o"
		[[ $output == *"stay"*" in map $old: the old one was edited after it came over"* ]] || fail "$way: $output"
	done
	[[ $errors == *"1 entry of map $old, which came over before, is not in the one in place: added or changed in the old one since"*\
"look at it: bpftool map dump pinned $BPFFS/v0/deny_list%old-$old"*"put into the new one what is still needed"* ]] ||
		fail "it says: $errors"
	[[ $(rules_of "$BPFFS/v0/deny_list") == "4 9" ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
}

# The new map fits what follows: no content would come over at all.
test_a_load_without_content_is_refused_for_a_rule_that_came_since()
{
	local new

	load v0 "$BUILT/carry1.o" >/dev/null
	load v0 "$BUILT/tc_carry1.o" >/dev/null
	rule "$BPFFS/v0/deny_list" 4 "${of_carry1[@]}"
	upgrade xdp carry2.o
	new=$(map_id "$BPFFS/v0/deny_list")
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 4 0 0 0
	run load --dry-run v0 "$BUILT/tc_carry2.o"
	[[ $status == 0 && $errors == *"1 entry of map"*"is not in the one in place: deleted or changed there since"* ]] ||
		fail "status $status: $errors"
	rule "$BPFFS/v0/$(old_maps "$BPFFS/v0" | head -1)" 5 "${of_carry1[@]}"
	expect_status 2 load v0 "$BUILT/tc_carry2.o"
	[[ $errors == *"hint: it came over before, and was edited since: put into map $new what is still needed of it"*\
"hint: leave behind what it holds: --on-mismatch deny_list=fresh"* && $errors != *"deny_list=migrate"* ]] ||
		fail "it says: $errors"
	expect_status 0 load --on-mismatch deny_list=fresh v0 "$BUILT/tc_carry2.o"
}

# Two hooks of one set, of which XDP took its list along, and then began anew.
begin_anew_after_migrate()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	load --hook tc_ingress v0 "$BUILT/tc_carry1.o" >/dev/null
	rule "$BPFFS/v0/deny_list" 1 "${of_carry1[@]}"
	rule "$BPFFS/v0/deny_list" 6 "${of_carry1[@]}"
	upgrade xdp carry2.o
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 6 0 0 0
	upgrade xdp carry1.o --on-mismatch=fresh
}

test_a_list_that_came_into_a_map_that_lost_the_name_comes_with_the_hook_that_goes_by_it()
{
	begin_anew_after_migrate
	expect_status 2 load --hook tc_ingress v0 "$BUILT/tc_carry1.o"
	[[ $errors == *"goes by 2 entries of another one, map "*"that are not in it"*"--on-mismatch deny_list=migrate"* ]] ||
		fail "it says: $errors"
	upgrade tc_ingress tc_carry1.o
	[[ $(rules_of "$BPFFS/v0/deny_list") == $'1 9\n6 9' ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
}

test_a_hook_that_goes_by_what_an_earlier_run_left_is_named()
{
	local old

	begin_anew_after_migrate
	old=$(old_maps "$BPFFS/v0" | head -1)
	old=${old##*-}
	run load --on-mismatch migrate v0 "$BUILT/carry2.o"
	[[ $status == 0 && $errors == *"map 'deny_list': program tc_carry1 (id "*") on tc_ingress goes on with another one, map $old"*\
"not in force on tc_ingress before it follows: load --on-mismatch migrate --hook tc_ingress v0"* ]] ||
		fail "status $status: $errors"
	[[ $errors != *"did not fit in an earlier run"* && $errors != *"%old-$old"* ]] || fail "it says: $errors"
}

no_old_maps()
{
	gc --old >/dev/null
	[[ -z $(old_maps "$BPFFS/v0") ]]
}

test_the_record_forgets_old_maps_that_are_gone()
{
	local old

	begin_anew_after_migrate
	old=$(old_maps "$BPFFS/v0" | head -1)
	old=${old##*-}
	[[ $(readlink "$BPFFS/v0/%meta") == *"carried=$old;"*"listed=$old-"*"carried_into=$old-"* ]] ||
		fail "$(readlink "$BPFFS/v0/%meta")"
	unload --hook tc_ingress v0 >/dev/null 2>&1
	# The program may take a moment to be gone.
	eventually no_old_maps || fail "left: $(old_maps "$BPFFS/v0")"
	upgrade xdp carry2.o
	[[ $(readlink "$BPFFS/v0/%meta") != *carried* && $(readlink "$BPFFS/v0/%meta") != *listed* ]] ||
		fail "$(readlink "$BPFFS/v0/%meta")"
}

# That has what came into it before: what was deleted there since is in the older one only.
test_the_map_that_lost_the_name_brings_what_had_come_into_it()
{
	begin_anew_after_migrate
	run pin_maps --carry v0
	[[ $(rules_of "$BPFFS/v0/deny_list") == "1 9" ]] || fail "$(rules_of "$BPFFS/v0/deny_list"): $errors"
	upgrade tc_ingress tc_carry1.o
	[[ $(rules_of "$BPFFS/v0/deny_list") == "1 9" ]] || fail "$(rules_of "$BPFFS/v0/deny_list"): $errors"
}

test_nothing_is_left_of_a_list_that_came_over_before()
{
	load_tc_hooks
	rule "$BPFFS/v0/deny_list" 5 "${of_carry1[@]}"
	upgrade tc_ingress tc_carry2.o
	upgrade tc_egress tc_carry2.o
	expect_one_set "in the end"
	[[ $(rules_of "$BPFFS/v0/deny_list") == "5 9" ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
	expect_status 0 status v0
	[[ $output != *orphan* ]] || fail "$output"
}

test_hooks_that_begin_anew_one_after_the_other_share_again()
{
	load_tc_hooks
	send 10
	rule "$BPFFS/v0/deny_list" 5 "${of_carry1[@]}"
	upgrade tc_ingress tc_carry2.o --on-mismatch fresh
	upgrade tc_egress tc_carry2.o --on-mismatch fresh
	send 1
	send_out 2
	expect_seen 3 0
	[[ -z $(rules_of "$BPFFS/v0/deny_list") && -L $EGRESS/deny_list ]] || fail "$(ls -l "$EGRESS")"
	[[ $(old_maps "$BPFFS/v0" | sed 's/-.*//' | paste -sd ' ') == "deny_list%old frames_seen%old" ]] ||
		fail "$(old_maps "$BPFFS/v0")"
	[[ -z $(old_maps "$EGRESS") ]] || fail "$(old_maps "$EGRESS")"
}

# expect_stays: each map of which the last load said where it stays is there, and is that one.
expect_stays()
{
	local id path

	while read -r id path; do
		[[ ! -L $path && $(map_id "$path") == "$id" ]] || fail "map $id is not $path: $output"
	done < <(sed -n 's/.*(map \([0-9]*\) stays as \(.*\))$/\1 \2/p' <<<"$output")
}

test_each_hook_that_begins_anew_tells_of_the_entries_that_it_leaves_behind()
{
	local hook object said

	load v0 "$BUILT/carry1.o" >/dev/null
	load_tc_hooks
	rule "$BPFFS/v0/deny_list" 5 "${of_carry1[@]}"
	rule "$BPFFS/v0/deny_list" 6 "${of_carry1[@]}"
	said="map 'deny_list': 2 entries of map $(map_id "$BPFFS/v0/deny_list")"
	for hook in xdp tc_ingress tc_egress; do
		object=tc_carry2.o
		[[ $hook != xdp ]] || object=carry2.o
		expect_status 0 load --dry-run --on-mismatch fresh --hook "$hook" v0 "$BUILT/$object"
		[[ $errors == *"$said"*" left behind"* ]] || fail "$hook, a dry run: $errors"
		upgrade "$hook" "$object" --on-mismatch fresh
		[[ $errors == *"$said"*" left behind"* ]] || fail "$hook: $errors"
		[[ $(grep -c "left behind" <<<"$errors") == 1 ]] || fail "$hook: $errors"
	done
}

# Whoever of three comes last finds what it counted meanwhile beside the common map.
test_the_last_of_three_hooks_finds_its_counts_after_egress_has_joined()
{
	local old

	load v0 "$BUILT/carry1.o" >/dev/null
	load_tc_hooks
	rule "$BPFFS/v0/deny_list" 5 "${of_carry1[@]}"
	send 10
	expect_seen 20 0
	old=$(map_id "$BPFFS/v0/frames_seen")
	upgrade xdp carry2.o
	expect_stays
	[[ $output == *"map $old stays as $EGRESS/frames_seen)"* ]] || fail "$output"
	expect_id "$EGRESS/frames_seen" "$old"
	upgrade tc_egress tc_carry2.o
	expect_stays
	send 10
	expect_id "$BPFFS/v0/frames_seen%old-$old" "$old"
	[[ -z $(old_maps "$EGRESS") ]] || fail "$(old_maps "$EGRESS")"
	upgrade tc_ingress tc_carry2.o
	send 10
	expect_seen 60 0
	expect_one_set "in the end"
}

test_counts_that_nobody_follows_come_by_carry_after_egress_has_joined()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	load_tc_hooks
	upgrade xdp carry2.o
	upgrade tc_egress tc_carry2.o
	send 10
	expect_status 0 unload --dry-run --hook tc_ingress v0
	[[ $errors == *"map 'frames_seen': what program "*" would stay in %old-"* ]] || fail "it says: $errors"
	expect_status 0 unload --hook tc_ingress v0
	[[ $errors == *"map 'frames_seen': what program "*" stays in %old-"*"pin_maps --carry v0"* ]] ||
		fail "it says: $errors"
	expect_status 0 pin_maps --carry v0
	expect_seen 20 0
	[[ $(old_maps "$BPFFS/v0") != *frames_seen* ]] || fail "$(old_maps "$BPFFS/v0")"
}

test_a_load_goes_on_with_what_unload_left_between_two_steps()
{
	local old

	load v0 "$BUILT/carry1.o" >/dev/null
	load --hook tc_ingress v0 "$BUILT/tc_carry1.o" >/dev/null
	rule "$BPFFS/v0/deny_list" 5 "${of_carry1[@]}"
	old=$(map_id "$BPFFS/v0/frames_seen")
	upgrade xdp carry2.o
	send 10
	expect_status 0 unload --hook tc_ingress v0
	[[ $errors == *"map 'frames_seen': what program "*" stays in %old-$old: "*"hint: the next load with --on-mismatch migrate brings it over; \
or, while a program that uses map "*" is on: pin_maps --carry v0"* ]] || fail "it says: $errors"
	expect_status 0 load --dry-run --hook tc_ingress v0 "$BUILT/tc_carry2.o"
	[[ $errors == *"map 'frames_seen': what the unloaded program has in map $old up to now stays in %old-$old"* ]] ||
		fail "it says: $errors"
	# Prepared, it is not on yet.
	load --no-attach --on-mismatch migrate --hook tc_ingress v0 "$BUILT/tc_carry2.o" >/dev/null
	expect_seen 10 0
	upgrade tc_ingress tc_carry2.o
	expect_seen 20 0
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0"): $errors"
	[[ $(readlink "$BPFFS/v0/%meta") != *_left=* ]] || fail "the note stays: $(readlink "$BPFFS/v0/%meta")"
}

# Adopted beside another one, its maps have no name: unloaded, they get one of an old map.
test_maps_without_a_name_stay_when_their_program_goes()
{
	local id

	load v0 "$BUILT/carry1.o" >/dev/null
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 10 handle 1 bpf da obj "$BUILT/tc_carry1.o" sec tc
	expect_status 3 pin_maps v0
	id=$(sed -n 's/^refused  tc_ingress frames_seen *id \([0-9]*\) .*/\1/p' <<<"$output")
	send 5
	expect_seen 5 0
	expect_status 0 unload --hook tc_ingress v0
	[[ $errors == *"map 'frames_seen': what program "*" in map $id stays in %old-$id"* ]] ||
		fail "it says: $errors"
	expect_id "$BPFFS/v0/frames_seen%old-$id" "$id"
	expect_status 0 pin_maps --carry v0
	expect_seen 10 0
}

test_what_an_egress_program_has_alone_comes_to_the_others()
{
	load_tc_hooks
	rule "$BPFFS/v0/deny_list" 5 "${of_carry1[@]}"
	send 10
	upgrade tc_ingress tc_carry2.o --on-mismatch fresh
	rule "$BPFFS/v0/deny_list" 7 3 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
	upgrade tc_egress tc_carry2.o
	expect_one_set "in the end"
	[[ $(rules_of "$BPFFS/v0/deny_list") == $'5 9\n7 3' ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
	expect_seen 10 0
}

# Half an upgrade is taken back: the list went along, there and back, without the hooks that did not follow.
go_back()
{
	rule "$BPFFS/v0/deny_list" 5 "${of_carry1[@]}"
	rule "$BPFFS/v0/deny_list" 6 "${of_carry1[@]}"
	upgrade xdp carry2.o
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 5 0 0 0
	rule "$BPFFS/v0/deny_list" 7 3 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
	send 3
	upgrade xdp carry1.o
}

# expect_follows HOOK: go_back said so, and the command that it named leads to one map again.
expect_follows()
{
	[[ $errors == *"map 'deny_list': program tc_carry1 (id "*") on $1 goes on with another one, map $old"$'\n'* ]] ||
		fail "it says: $errors"
	[[ $errors == *"not in force on $1 before it follows: load --on-mismatch migrate --hook $1 v0 OBJECT"* ]] ||
		fail "it says: $errors"
}

test_who_goes_back_after_half_an_upgrade_is_told_of_egress_and_has_one_set_again_by_the_hint()
{
	local old

	load v0 "$BUILT/carry1.o" >/dev/null
	load --hook tc_egress v0 "$BUILT/tc_carry1.o" >/dev/null
	old=$(map_id "$BPFFS/v0/deny_list")
	go_back
	expect_follows tc_egress
	[[ $(readlink "$BPFFS/v0/%meta") == *";parted="* ]] || fail "$(readlink "$BPFFS/v0/%meta")"
	send_out 2
	upgrade tc_egress tc_carry1.o
	# What was deleted meanwhile does not come back.
	[[ $(rules_of "$BPFFS/v0/deny_list") == $'6 9\n7 3' ]] || fail "$(rules_of "$BPFFS/v0/deny_list"): $errors"
	expect_seen 5 0
	expect_status 0 gc --old
	expect_one_set "in the end"
	[[ $(readlink "$BPFFS/v0/%meta") != *";parted="* ]] || fail "$(readlink "$BPFFS/v0/%meta")"
}

test_three_hooks_are_told_of_both_that_did_not_go_back()
{
	local old command

	load v0 "$BUILT/carry1.o" >/dev/null
	load_tc_hooks
	old=$(map_id "$BPFFS/v0/deny_list")
	go_back
	expect_follows tc_ingress
	expect_follows tc_egress
	command=$errors
	upgrade tc_ingress tc_carry1.o
	errors=$command
	upgrade tc_egress tc_carry1.o
	[[ $(rules_of "$BPFFS/v0/deny_list") == $'6 9\n7 3' ]] || fail "$(rules_of "$BPFFS/v0/deny_list"): $errors"
	expect_seen 6 0
	expect_status 0 gc --old
	expect_one_set "in the end"
}

# Another loader began anew on XDP, and pin_maps did not bring over what egress goes on with.
test_a_list_of_egress_that_gave_way_to_another_loader_joins_without_its_name()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	load --hook tc_egress v0 "$BUILT/tc_carry1.o" >/dev/null
	rule "$BPFFS/v0/deny_list" 5 "${of_carry1[@]}"
	ip -force link set dev v0 xdp obj "$BUILT/carry1.o" sec xdp
	run pin_maps v0
	[[ -z $(rules_of "$BPFFS/v0/deny_list") ]] || fail "$(rules_of "$BPFFS/v0/deny_list"): $errors"
	upgrade tc_egress tc_carry1.o
	[[ -L $EGRESS/deny_list && $(rules_of "$BPFFS/v0/deny_list") == "5 9" ]] || fail "$(ls -l "$EGRESS"): $errors"
}

test_two_sets_of_one_definition_are_told_and_come_together_when_asked()
{
	load_tc_hooks
	upgrade tc_ingress tc_carry2.o --on-mismatch fresh
	send_out 4
	# The way back: now both are as the object defines them.
	upgrade tc_ingress tc_carry1.o --on-mismatch fresh
	send 2
	expect_status 0 load --hook tc_egress v0 "$BUILT/tc_carry1.o"
	[[ $errors == *"map 'frames_seen' (id "*") is of tc_egress alone"*"--on-mismatch frames_seen=migrate"* ]] ||
		fail "it says: $errors"
	[[ ! -L $EGRESS/frames_seen ]] || fail "it joined unasked"
	# They are apart since a user began anew: to carry over what differs is not to join them.
	upgrade tc_egress tc_carry1.o
	[[ ! -L $EGRESS/frames_seen && ! -L $EGRESS/deny_list ]] || fail "it joined unasked: $errors"
	expect_seen 2 0
	upgrade tc_egress tc_carry1.o --on-mismatch frames_seen=migrate --on-mismatch deny_list=migrate
	expect_status 0 gc --old
	expect_one_set "in the end"
	send_out 1
	expect_seen 7 0
}

test_what_an_egress_program_would_go_on_with_is_said()
{
	load_tc_hooks
	rule "$BPFFS/v0/deny_list" 5 "${of_carry1[@]}"
	upgrade tc_ingress tc_carry2.o
	rm -r "$BPFFS/v0/%layouts"
	expect_status 2 load --hook tc_egress v0 "$BUILT/tc_carry2.o"
	[[ $errors == *"hint: or go on with the maps that the other hooks have, the old ones stay beside them: --on-mismatch fresh"* &&
		$errors != *"empty"* ]] || fail "it says: $errors"
	unprivileged load --hook tc_egress v0 "$BUILT/tc_carry2.o"
	[[ $status == 2 && $errors == *"hint: or take the map that the other hooks have in its place, the old one stays beside it: "*\
"--on-mismatch deny_list=fresh"* && $errors != *"an empty"* ]] || fail "$status: it says: $errors"
	upgrade tc_egress tc_carry2.o --on-mismatch fresh
	[[ $(readlink "$EGRESS/deny_list") == ../deny_list && $(rules_of "$BPFFS/v0/deny_list") == "5 9" ]] ||
		fail "$(ls -l "$EGRESS") $(rules_of "$BPFFS/v0/deny_list")"
	# Nobody else has a map for it.
	expect_status 2 load --hook tc_egress v0 "$BUILT/tc_carry1.o"
	[[ $errors == *"hint: or start with empty maps, the old ones stay beside them: --on-mismatch fresh"* ]] || fail "it says: $errors"
}

test_who_has_which_of_two_maps_of_one_name_is_told()
{
	local own

	load v0 "$BUILT/carry1.o" >/dev/null
	load_tc_hooks
	upgrade xdp carry2.o --on-mismatch fresh
	upgrade xdp carry1.o --on-mismatch fresh
	own=$(map_id "$EGRESS/frames_seen")
	expect_status 0 load --hook tc_egress v0 "$BUILT/tc_carry1.o"
	[[ $errors == *"map 'frames_seen' (id $own) is of tc_ingress and tc_egress: xdp has map $(map_id "$BPFFS/v0/frames_seen")"$'\n'* ]] ||
		fail "it says: $errors"
	# What nobody uses gives its name back, and nothing is made.
	unload --hook tc_ingress v0 >/dev/null
	unload --hook xdp v0 >/dev/null
	expect_status 0 load --hook tc_egress v0 "$BUILT/tc_carry1.o"
	[[ $errors == *"map 'frames_seen' (id $own) is of tc_egress alone: no program on v0 uses map "*", which has the name"* ]] ||
		fail "it says: $errors"
	[[ $output == *"map frames_seen id $own reused (map "*" stays as "* ]] || fail "it says: $output"
	expect_id "$BPFFS/v0/frames_seen" "$own"
}

test_an_egress_program_that_begins_anew_is_told_how_it_joins_the_others()
{
	local command

	load_tc_hooks
	send 3
	rule "$BPFFS/v0/deny_list" 5 "${of_carry1[@]}"
	upgrade tc_egress tc_carry2.o --on-mismatch fresh
	[[ $errors == *"what tools edit from now on is in force on tc_ingress, and not on tc_egress"* &&
		$errors != *"not in force on tc_ingress"* ]] || fail "it says: $errors"
	send_out 4
	command=$(sed -n "s|.*to have one map again: ||p" <<<"$errors")
	[[ $command == *", then "* ]] || fail "it says: $errors"
	command=${command//, then /; }
	bash -ec "${command//OBJECT/$BUILT/tc_carry2.o}" >/dev/null 2>"$TMPDIR/joined" ||
		fail "$command: $(<"$TMPDIR/joined")"
	expect_one_set "$command"
	expect_seen 7 0
	[[ $(rules_of "$BPFFS/v0/deny_list") == "5 9" ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
}

test_a_dry_run_of_joining_changes_nothing()
{
	local before

	load_tc_hooks
	upgrade tc_ingress tc_carry2.o
	before=$(snapshot)
	expect_status 0 load --dry-run --on-mismatch migrate --hook tc_egress v0 "$BUILT/tc_carry2.o"
	[[ $output == *"map frames_seen id "*" would be reused"* ]] || fail "$output"
	expect_unchanged "$before"
	expect_seen 0 0
}

test_counts_of_a_hook_that_follows_later_come_too()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	load v0 "$BUILT/tc_carry1.o" >/dev/null
	send 10
	upgrade xdp carry2.o
	send 20
	upgrade tc_ingress tc_carry2.o
	[[ $errors == *"map 'frames_seen': what map "*" has is added to map "* ]] || fail "it says: $errors"
	# Each frame passes both.
	expect_seen 60 0
	expect_one_set "in the end"
	expect_status 0 gc --old --dry-run
	[[ -z $output ]] || fail "$output"
}

test_counts_that_stay_behind_are_said()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	load v0 "$BUILT/tc_carry1.o" >/dev/null
	upgrade xdp carry2.o
	send 20
	expect_status 0 load v0 "$BUILT/tc_carry2.o"
	[[ $errors == *"map 'frames_seen': what the replaced program has in map "*" stays in %old-"*\
"hint: add what it has afterwards: pin_maps --carry v0; a load with --on-mismatch migrate does it by itself"* ]] || fail "it says: $errors"
	expect_seen 20 0
	expect_status 0 pin_maps --carry v0
	expect_seen 40 0
}

# The egress program has them under its name, and goes on with them.
test_counts_that_stay_with_an_egress_program_come_with_it_by_the_hint()
{
	local command

	load v0 "$BUILT/carry1.o" >/dev/null
	load_tc_hooks
	send 5
	upgrade xdp carry2.o
	send 5
	expect_status 0 load --hook tc_ingress v0 "$BUILT/tc_carry2.o"
	[[ $errors == *"map 'frames_seen': what the replaced program has in map "*" stays in %egress/frames_seen"* ]] ||
		fail "it says: $errors"
	expect_seen 15 0
	command=$(sed -n '/%egress\/frames_seen/{n;s/.*in place: //p}' <<<"$errors")
	[[ $command == load*"--on-mismatch migrate --hook tc_egress v0 OBJECT" ]] || fail "it says: $errors"
	bash -ec "${command//OBJECT/$BUILT/tc_carry2.o}" >/dev/null 2>"$TMPDIR/joined" ||
		fail "$command: $(<"$TMPDIR/joined")"
	expect_seen 20 0
}

# CAP_SYS_ADMIN is what it takes to read the types of a map.
unprivileged() { run setpriv --inh-caps -all,+bpf,+net_admin --bounding-set -all,+bpf,+net_admin "$@"; }

test_counts_that_stay_behind_are_said_to_who_cannot_read_their_types()
{
	local said="map 'frames_seen': what is in %old-"

	need setpriv
	load v0 "$BUILT/carry1.o" >/dev/null
	load v0 "$BUILT/tc_carry1.o" >/dev/null
	upgrade xdp carry2.o
	send 20
	unprivileged load --on-mismatch migrate v0 "$BUILT/tc_carry2.o"
	[[ $status == 0 && $errors == *"$said"*" stays there: "*"CAP_SYS_ADMIN"*"hint: add what it has afterwards, as root: pin_maps --carry v0"* ]] ||
		fail "$status: $errors"
	expect_status 0 pin_maps --carry v0
	expect_seen 40 0
	# A program that is known to work with the map in place has nothing in the other.
	expect_status 0 load --on-mismatch fresh v0 "$BUILT/carry1.o"
	unprivileged load v0 "$BUILT/carry1.o"
	[[ $status == 0 && $errors != *"$said"* ]] || fail "$status: $errors"
}

# What was left before by a load that began anew is none of a program that is replaced.
test_what_was_left_on_purpose_does_not_come()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	send 10
	load --on-mismatch fresh v0 "$BUILT/carry2.o" >/dev/null 2>&1
	upgrade xdp carry2.o
	expect_seen 0 0
	[[ $(old_maps "$BPFFS/v0" | wc -l) == 2 ]] || fail "$(old_maps "$BPFFS/v0")"
}

test_the_replaced_program_keeps_its_maps_where_another_hook_runs_it()
{
	local old

	load --hook tc_ingress v0 "$BUILT/tc_carry1.o" >/dev/null
	tc filter add dev v0 egress pref 5 bpf da object-pinned "$BPFFS/v0/%progs/tc_ingress/tc_carry1"
	rule "$BPFFS/v0/deny_list" 5 "${of_carry1[@]}"
	old=$(map_id "$BPFFS/v0/deny_list")
	send_out 3
	upgrade tc_ingress tc_carry2.o
	[[ $errors == *"map 'deny_list': program "*" on tc_egress of v0 goes on with the old one: the new one is a copy"* ]] ||
		fail "it says: $errors"
	[[ $errors == *"map 'frames_seen': program "*" on tc_egress of v0 goes on with the old one, where all counts up to now stay"* ]] ||
		fail "it says: $errors"
	# It is open to edits, and counts in its own.
	rule "$BPFFS/v0/deny_list%old-$old" 6 "${of_carry1[@]}"
	send_out 2
	expect_seen 0 0
	[[ $(bpftool map dump pinned "$BPFFS/v0/frames_seen%old-"* |
		awk '$1 == "\"passed\":" { sum += $2 } END { print sum }') == 5 ]] || fail "its counts are gone"
}

test_a_program_that_was_on_its_hook_is_not_called_prepared()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	load_tc_hooks
	ip -force link set dev v0 xdp obj "$BUILT/carry1.o" sec xdp
	expect_status 3 pin_maps --carry v0
	load --hook tc_ingress v0 "$BUILT/tc_carry1.o" >/dev/null 2>&1
	upgrade tc_egress tc_carry1.o --on-mismatch deny_list=migrate --on-mismatch frames_seen=migrate
	[[ $errors == *"program carry1 (id "*"), pinned for xdp, has the old one"* ]] || fail "it says: $errors"
}

# carry1 has room for 200000 rules.
test_a_dry_run_counts_what_is_in_the_map_that_is_joined()
{
	load v0 "$BUILT/carry2.o" >/dev/null
	load --hook tc_egress v0 "$BUILT/tc_carry2.o" >/dev/null
	load --on-mismatch fresh v0 "$BUILT/carry1.o" >/dev/null 2>&1
	migrate_world number "$EGRESS/deny_list" 200000
	# A rule that is in both takes no place twice; its numbers, which may be counts, stay in either.
	bpftool map update pinned "$BPFFS/v0/deny_list" key 7 0 0 0 value "${of_carry1[@]}"
	bpftool map update pinned "$BPFFS/v0/deny_list" key 1 2 3 4 value "${of_carry1[@]}"
	bpftool map update pinned "$BPFFS/v0/deny_list" key 1 2 3 5 value "${of_carry1[@]}"
	expect_status 3 load --dry-run --on-mismatch migrate --hook tc_egress v0 "$BUILT/tc_carry1.o"
	[[ $output == *"    3 would stay in map "*": the new map is full"* ]] || fail "$output"
	expect_status 3 load --on-mismatch migrate --hook tc_egress v0 "$BUILT/tc_carry1.o"
	[[ $output == *"    3 stay in map "*": the new map is full"* ]] || fail "$output"
	[[ $errors == *"map 'deny_list': 1 entry is in both maps, and programs may count there; what the old one has stays in %old-"* ]] ||
		fail "$errors"
}

test_a_frozen_map_is_not_joined_and_a_dry_run_says_so()
{
	local own before way

	load v0 "$BUILT/carry1.o" >/dev/null
	load --hook tc_egress v0 "$BUILT/tc_carry1.o" >/dev/null
	rule "$BPFFS/v0/deny_list" 5 "${of_carry1[@]}"
	own=$(map_id "$BPFFS/v0/deny_list")
	load --on-mismatch fresh v0 "$BUILT/carry2.o" >/dev/null 2>&1
	bpftool map freeze pinned "$BPFFS/v0/deny_list"
	before=$(snapshot)
	for way in --dry-run --verbose; do
		expect_status 2 load "$way" --on-mismatch migrate --hook tc_egress v0 "$BUILT/tc_carry2.o"
		[[ $errors == *"cannot add what map $own has to map 'deny_list', map "*", which is in place: it is frozen, \
and lacks 1 entry
  hint: leave behind what map $own has: --on-mismatch deny_list=fresh"* ]] || fail "$way: $errors"
		expect_unchanged "$before"
	done
	upgrade tc_egress tc_carry2.o --on-mismatch migrate --on-mismatch deny_list=fresh
	[[ $output == *"map deny_list id "*" reused (map $own stays as $BPFFS/v0/deny_list%old-$own)"* ]] || fail "it says: $output"
	# Adopted, it is refused as well, and only that map.
	ip link set dev v0 xdp off
	unload --all --purge v0 >/dev/null
	load v0 "$BUILT/carry1.o" >/dev/null
	rule "$BPFFS/v0/deny_list" 5 "${of_carry1[@]}"
	ip -force link set dev v0 xdp obj "$BUILT/carry2.o" sec xdp
	bpftool map freeze id "$(bpftool -j prog show id "$(prog_id v0)" | grep -o '"map_ids":\[[^]]*' |
		grep -o '[0-9]*' | while read -r own; do
			! bpftool map show id "$own" | grep -q deny_list || echo "$own"
		done)"
	for way in --dry-run --verbose; do
		expect_status 3 pin_maps "$way" --carry v0
		[[ $output == *" into deny_list (id "*": the map in place, "*", is frozen"* ]] || fail "$way: $output$errors"
	done
}

test_the_hook_that_has_the_name_goes_first_and_this_is_said()
{
	local before way

	load v0 "$BUILT/carry1.o" >/dev/null
	load v0 "$BUILT/tc_carry1.o" >/dev/null
	before=$(snapshot)
	expect_status 2 load --on-mismatch migrate v0 "$BUILT/tc_carry2.o"
	[[ $errors == *"hint: it is the map of program carry1 (id "*") on xdp as well, which goes first: "*\
"load --on-mismatch migrate --hook xdp v0 OBJECT"* ]] || fail "it says: $errors"
	expect_unchanged "$before"
	expect_status 2 load --on-mismatch fresh v0 "$BUILT/tc_carry2.o"
	[[ $errors == *"cannot give program tc_carry2 a new map '"*" on xdp"*"that hook goes first"*\
"load --on-mismatch fresh --hook xdp v0 OBJECT"* ]] || fail "it says: $errors"
	expect_unchanged "$before"
	for way in migrate fresh; do
		upgrade xdp carry2.o --on-mismatch "$way"
		upgrade tc_ingress tc_carry2.o --on-mismatch "$way"
		upgrade xdp carry1.o
		upgrade tc_ingress tc_carry1.o
	done
}

test_the_ingress_hook_goes_before_the_egress_hook_and_this_is_said()
{
	local before

	load_tc_hooks
	before=$(snapshot)
	expect_status 2 load --on-mismatch migrate --hook tc_egress v0 "$BUILT/tc_carry2.o"
	[[ $errors == *"hint: it is the map of program tc_carry1 (id "*") on tc_ingress as well, which goes first: "*\
"load --on-mismatch migrate --hook tc_ingress v0 OBJECT"* ]] || fail "it says: $errors"
	expect_unchanged "$before"
}

test_what_is_added_before_a_switch_that_fails_is_said()
{
	load_tc_hooks
	rule "$BPFFS/v0/deny_list" 5 "${of_carry1[@]}"
	upgrade tc_ingress tc_carry2.o --on-mismatch fresh
	run load --dry-run --on-mismatch migrate --hook tc_egress v0 "$BUILT/tc_carry2.o"
	[[ -z $(rules_of "$BPFFS/v0/deny_list") ]] || fail "by a dry run: $(rules_of "$BPFFS/v0/deny_list")"
	inject sendto error=EPERM "$(switches_at sendto 'RTM_NEWTFILTER' \
		load --hook tc_ingress v0 "$BUILT/tc_carry2.o")" \
		load --on-mismatch migrate --hook tc_egress v0 "$BUILT/tc_carry2.o"
	[[ -n $injected ]] || fail "nothing failed"
	((status == 2)) || fail "status $status: $errors"
	[[ $errors == *"map 'deny_list': 1 entry of map "*" is in map "*" already, and stays there"* ]] ||
		fail "it says: $errors"
}

test_an_egress_program_that_is_left_alone_with_its_maps_can_be_upgraded()
{
	local way

	for way in migrate fresh; do
		rm -rf "$BPFFS/v0"
		tc qdisc del dev v0 clsact 2>/dev/null || true
		load_tc_hooks
		send_out 10
		upgrade tc_ingress tc_carry2.o
		unload --hook tc_ingress --purge v0 >/dev/null
		send_out 10
		upgrade tc_egress tc_carry2.o --on-mismatch "$way"
		expect_status 0 pin_maps v0
		[[ -L $EGRESS/frames_seen && -L $EGRESS/deny_list ]] || fail "$way: $(ls -l "$EGRESS")"
		send_out 1
		# The first ten went to the maps that were dropped.
		[[ $way == migrate ]] && expect_seen 11 0 || expect_seen 1 0
	done
}

# begin: the first hook was upgraded, and the other one is about to be.
begin()
{
	rm -rf "$BPFFS/v0" "$BPFFS/%ifbpf"
	ip link set dev v0 xdp off
	tc qdisc del dev v0 clsact 2>/dev/null || true
	load --hook "$first" v0 "$BUILT/$first_old" >/dev/null
	load --hook "$second" v0 "$BUILT/tc_carry1.o" >/dev/null
	rule "$BPFFS/v0/deny_list" 5 "${of_carry1[@]}"
	send 3
	load --on-mismatch "$first_how" --hook "$first" v0 "$BUILT/$first_new" >/dev/null 2>&1
	rule "$BPFFS/v0/deny_list" 7 3 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
	frames "$second" 4
	expected=$(expect_frames)
}
first=tc_ingress first_old=tc_carry1.o first_new=tc_carry2.o second=tc_egress first_how=migrate

frames()
{
	case $1 in
	tc_egress) send_out "$2" ;;
	*) send "$2" ;;
	esac
}

# Frames that come in are seen by XDP as well.
expect_frames()
{
	case $first in
	xdp) echo 14 ;;
	*) echo 7 ;;
	esac
}

# check WHERE: whatever was done of it, one more load brings the rest.
check()
{
	expect_status 0 load --on-mismatch migrate --hook "$second" v0 "$BUILT/tc_carry2.o"
	[[ $(rules_of "$BPFFS/v0/deny_list") == $'5 9\n7 3' ]] ||
		fail "$1: $(rules_of "$BPFFS/v0/deny_list")"
	expect_seen "$expected" 0
	# The list came over before: nothing is left of that either.
	[[ -z $(old_maps "$BPFFS/v0")$(old_maps "$EGRESS") ]] ||
		fail "$1: left: $(old_maps "$BPFFS/v0") $(old_maps "$EGRESS"): $errors"
	[[ $second != tc_egress || -L $EGRESS/deny_list ]] || fail "$1: $(ls -l "$EGRESS")"
	[[ -z $(ls -A "$BPFFS/v0/%carry" 2>/dev/null) ]] || fail "$1: not finished"
	expect_no_stage
}
expected=0

# sweep FAULT...: at each call by which the second load changes something.
sweep()
{
	local call n k calls fault points=0

	begin
	calls=$(calls_of load --on-mismatch migrate --hook "$second" v0 "$BUILT/tc_carry2.o")
	check "at first"
	while read -r call n k; do
		for fault; do
			begin
			inject "$call" "$fault" "$n" load --on-mismatch migrate --hook "$second" v0 \
				"$BUILT/tc_carry2.o"
			[[ -n $injected ]] || continue
			((++points))
			check "$fault at $call $n"
		done
	done <<<"$calls"
	echo "$* at $points points of $(wc -l <<<"$calls") calls" >&2
	((points > 15))
}

CHANGING_BPF='BPF_(OBJ_PIN|MAP_UPDATE_ELEM|MAP_UPDATE_BATCH|MAP_FREEZE|PROG_TEST_RUN|PROG_RUN),'

test_joining_killed_anywhere_loses_no_count_and_no_rule() { sweep signal=KILL; }

test_joining_a_fresh_set_killed_anywhere_loses_no_count_and_no_rule()
{
	first_how=fresh
	sweep signal=KILL
}

test_following_killed_anywhere_loses_no_count_and_no_rule()
{
	first=xdp first_old=carry1.o first_new=carry2.o second=tc_ingress
	sweep signal=KILL
}

test_joining_that_fails_anywhere_loses_no_count_and_no_rule()
{
	first_how=fresh
	sweep error=ENOMEM error=EPERM
}

# As other loaders take them, but not without a word.
test_a_program_of_another_kind_is_said_to_be_one()
{
	local said="program xdp_drop is for XDP by its section xdp: on tc_ingress it misreads"
	tc qdisc add dev v0 clsact
	expect_status 0 load --hook tc_ingress --section xdp v0 objects/xdp_drop.o
	[[ $errors == *"$said"* ]] || fail "$errors"
	expect_status 0 env TC_LIB_DIR=compat tc filter add dev v0 ingress pref 20 handle 1 \
		ifbpf obj objects/xdp_drop.o sec xdp da
	[[ $errors == *"$said"* ]] || fail "$errors"
	# Which the verifier refuses, of this one.
	expect_fail "program tc_drop is for tc by its section tc: on xdp it misreads" \
		load --mode skb --hook xdp --prog-name tc_drop v0 objects/tc_drop.o
	expect_status 0 load --hook tc_egress v0 objects/tc_drop.o
	[[ $errors != *misreads* ]] || fail "$errors"
	expect_status 0 load --mode skb v0 objects/xdp_drop.o
	[[ $errors != *misreads* ]] || fail "$errors"
}
