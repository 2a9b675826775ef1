# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# unload: what goes and what stays, whose programs it takes off, and that it is never half-done.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh
. tests/faults.sh
. tests/carry.sh

# pinned_below DIR: the pins of programs and links in it, one a line.
pinned_below()
{
	(cd "$1" && find %progs %links -type f 2>/dev/null || true) | sort
}

# expect_pins PIN...: exactly these programs and links are pinned for v0.
expect_pins()
{
	[[ $(pinned_below "$BPFFS/v0") == "$(printf '%s\n' "$@" | sort)" ]] ||
		fail "expected: $* got: $(pinned_below "$BPFFS/v0")"
}

# loaded ARG...: load, and print the id of the program.
loaded()
{
	local said

	said=$(load --json "$@")
	grep -o '"program":{[^}]*"id":[0-9]*\|"prog_id":[0-9]*' <<<"$said" | grep -o '[0-9]*$' | head -n 1
}

# expect_gone ID: the kernel has dropped it, as it does with what nothing holds.
expect_gone() { eventually gone "$1" || fail "program $1 is still there"; }
gone() { ! exists prog "$1"; }
map_gone() { ! exists map "$1"; }

test_maps_and_counts_stay_and_are_said_to_be_stale()
{
	local id prog

	prog=$(loaded v0 objects/xdp_pass.o)
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	send 4
	expect_status 0 unload v0
	[[ $output == "v0 xdp: program xdp_pass id $prog removed" && -z $errors ]] ||
		fail "it says: $output$errors"
	[[ -z $(prog_id v0) ]] || fail "it is still there"
	expect_gone "$prog"
	expect_pins
	expect_id "$BPFFS/v0/xdp_stats_map" "$id"
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 4 400
	expect_status 0 stats v0
	[[ $(tr -s ' ' <<<"$output") == "v0 xdp XDP_PASS 4 packets 400 bytes (stale: no program runs)" ]] ||
		fail "stats says: $output"
	[[ $(generation "$BPFFS/v0") == 4 ]] || fail "generation $(generation "$BPFFS/v0")"
	[[ $(readlink "$BPFFS/v0/%meta") != *";xdp"* ]] || fail "$(readlink "$BPFFS/v0/%meta")"
}

test_the_next_load_goes_on_counting()
{
	local id

	load v0 objects/xdp_pass.o >/dev/null
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	send 4
	unload v0 >/dev/null
	send 9
	load v0 objects/xdp_pass.o >/dev/null
	send 3
	expect_id "$BPFFS/v0/xdp_stats_map" "$id"
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 7 700
}

test_it_goes_off_in_the_mode_in_which_it_is_on()
{
	local mode prog

	for mode in native skb; do
		prog=$(loaded v0 --mode "$mode" objects/xdp_pass.o)
		expect_status 0 unload --json v0
		[[ $output == *"\"by\":\"xdp\",\"mode\":\"$mode\",\"link_id\":null"* ]] || fail "$output"
		[[ -z $(prog_id v0) ]] || fail "$mode: it is still there"
		expect_gone "$prog"
	done
}

test_a_link_is_detached_and_its_pin_goes()
{
	local prog link

	prog=$(loaded v0 --link objects/xdp_pass.o)
	expect_pins %links/xdp %progs/xdp/xdp_pass
	expect_status 0 unload --json v0
	link=$(grep -o '"link_id":[0-9]*' <<<"$output" | cut -d : -f 2)
	[[ -n $link ]] || fail "no link is named: $output"
	expect_pins
	expect_gone "$prog"
	eventually link_gone "$link" || fail "link $link is still there"
}

link_gone() { ! bpftool link show id "$1" >/dev/null 2>&1; }

test_a_link_that_another_process_holds_is_detached_all_the_same()
{
	load v0 --link objects/xdp_pass.o >/dev/null
	# shellcheck disable=SC2094 # a second name for the link
	ln "$BPFFS/v0/%links/xdp" "$BPFFS/another"
	expect_status 0 unload v0
	[[ -z $(prog_id v0) ]] || fail "it is still there"
	bpftool -j link show pinned "$BPFFS/another" | grep -q '"ifindex":0\|"devname":"(unknown)"\|xdp' ||
		fail "$(bpftool -j link show pinned "$BPFFS/another")"
}

test_a_clsact_filter_goes_and_the_qdisc_and_others_filters_stay()
{
	local prog before

	tc qdisc add dev v0 clsact
	bpftool prog load objects/tc_pass.o "$BPFFS/theirs" type tc
	tc filter add dev v0 ingress pref 10 handle 1 bpf da pinned "$BPFFS/theirs"
	before=$(tc filter show dev v0 ingress)
	prog=$(loaded v0 --tc clsact objects/tc_pass.o)
	expect_status 0 unload --hook tc_ingress v0
	[[ $output == "v0 tc_ingress: program tc_pass id $prog removed" ]] || fail "it says: $output"
	[[ $(tc filter show dev v0 ingress) == "$before" ]] ||
		fail "$(diff <(echo "$before") <(tc filter show dev v0 ingress))"
	tc qdisc show dev v0 | grep -q clsact || fail "the qdisc is gone"
	expect_gone "$prog"
	expect_pins
}

test_tcx_programs_go_by_link_and_without()
{
	local prog how

	need_tcx
	for how in "" --link; do
		# shellcheck disable=SC2086 # no option, or one
		expect_status 0 load --tc tcx $how v0 objects/tc_pass.o
		prog=$(grep -o 'id [0-9]*' <<<"$output" | head -n 1 | cut -d ' ' -f 2)
		expect_status 0 unload --json v0
		[[ $output == *'"by":"tcx"'* ]] || fail "it says: $output"
		expect_gone "$prog"
		expect_pins
	done
}

test_what_pin_maps_adopted_is_ours()
{
	link_xdp v0 objects/xdp_pass.o
	expect_status 2 unload v0
	[[ $errors == "unload: cannot remove program $(prog_id v0) from xdp of v0, which is not ours: not adopted"$'\n'"  hint: adopt it first: pin_maps v0; or remove it all the same: --foreign" ]] || fail "it says: $errors"
	pin_maps v0 >/dev/null
	send 2
	expect_status 0 unload v0
	[[ -z $(prog_id v0) ]] || fail "it is still there"
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 2 200
}

test_foreign_programs_are_named_and_left_alone_unless_asked()
{
	local prog before

	bpftool prog load objects/xdp_pass.o "$BPFFS/theirs" type xdp
	ip link set dev v0 xdpgeneric pinned "$BPFFS/theirs"
	prog=$(prog_id v0)
	before=$(snapshot)
	expect_refusal "cannot remove program $prog from xdp of v0, which is not ours: pinned at $BPFFS/theirs" \
		"$before" unload v0
	[[ $errors == *"hint: remove it all the same: --foreign" ]] || fail "it says: $errors"
	[[ $(prog_id v0) == "$prog" ]] || fail "it was removed"
	expect_status 0 unload --foreign --json v0
	[[ $output == *'"ours":false'* ]] || fail "it says: $output"
	[[ -z $(prog_id v0) && -e $BPFFS/theirs && ! -e $BPFFS/v0 ]] || fail "$(snapshot)"
}

test_a_foreign_link_is_named_by_its_pin()
{
	bpftool prog load objects/xdp_pass.o "$BPFFS/prog" type xdp
	attach link xdp v0 "$BPFFS/prog" "$BPFFS/link"
	expect_fail ", pinned at $BPFFS/link" unload v0
	((status == 2)) || fail "status $status"
	[[ -n $(prog_id v0) ]] || fail "it was removed"
	expect_status 0 unload --foreign v0
	[[ -z $(prog_id v0) && -e $BPFFS/link ]] || fail "$(snapshot)"
}

test_a_foreign_link_takes_ours_of_the_same_hook_not_with_it()
{
	local ours theirs

	need_tcx
	bpftool prog load objects/tc_pass.o "$BPFFS/prog" type tc
	expect_status 0 load --tc tcx --link v0 objects/tc_pass.o
	ours=$(grep -o 'id [0-9]*' <<<"$output" | head -n 1 | cut -d ' ' -f 2)
	attach link tcx_ingress v0 "$BPFFS/prog" "$BPFFS/link"
	theirs=$(bpftool -j prog show pinned "$BPFFS/prog" | sed -n 's/^{"id":\([0-9]*\).*/\1/p')
	expect_status 0 unload --foreign --id "$theirs" v0
	expect_pins %links/tc_ingress %progs/tc_ingress/tc_pass
	send 3
	expect_counter "$BPFFS/v0/tc_stats_map" 0 3 300
	expect_status 0 unload --id "$ours" v0
	expect_pins
}

test_filters_of_one_program_are_told_apart()
{
	local id before

	load --no-attach v0 objects/tc_pass.o >/dev/null
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 20 handle 1 bpf da pinned "$BPFFS/v0/%progs/tc_ingress/tc_pass"
	tc filter add dev v0 ingress pref 21 handle 1 bpf da pinned "$BPFFS/v0/%progs/tc_ingress/tc_pass"
	id=$(tc_prog v0 ingress 20)
	before=$(snapshot)
	expect_refusal "cannot choose: 2 programs on v0 fit" "$before" unload --hook tc_ingress v0
	[[ $errors == *"hint: tc_pass (id $id), clsact pref 20 handle 1, is there more than once; take this one off: \
tc filter del dev v0 ingress pref 20 handle 1 bpf"*"pref 21 handle 1 bpf"*"hint: or take them all: --all" ]] ||
		fail "it says: $errors"
	tc filter del dev v0 ingress pref 20 handle 1 bpf
	expect_status 0 unload --id "$id" v0
	expect_pins
}

test_of_several_one_must_be_named_or_all()
{
	local xdp in out before

	xdp=$(loaded v0 objects/xdp_pass.o)
	in=$(loaded v0 --hook tc_ingress objects/tc_pass.o)
	out=$(loaded v0 --hook tc-egress objects/tc_pass.o)
	before=$(snapshot)
	expect_refusal "cannot choose: 3 programs on v0 fit" "$before" unload v0
	[[ $errors == *"hint: --hook xdp --id $xdp is xdp_pass"*"--hook tc_ingress --id $in is tc_pass"*\
"--hook tc_egress --id $out is tc_pass"*"hint: name one, or take them all: --all" ]] || fail "it says: $errors"
	expect_refusal "cannot choose: 2 programs on v0 fit" "$before" unload -n tc_pass v0
	expect_status 0 unload --hook tc-egress v0
	[[ $output == "v0 tc_egress: program tc_pass id $out removed" ]] || fail "it says: $output"
	expect_status 0 unload --all v0
	[[ $output == "v0 xdp: program xdp_pass id $xdp removed
v0 tc_ingress: program tc_pass id $in removed" ]] || fail "it says: $output"
	expect_pins
	expect_no_stage
}

test_programs_are_chosen_by_section_name_id_and_hook()
{
	local option

	for option in "--section xdp" "-s xdp" "--prog-name xdp_pass" "-n xdp_pass" "--id ID" "--hook xdp" \
		"-s xdp -n xdp_pass --id ID --hook xdp"; do
		load v0 objects/xdp_pass.o >/dev/null
		load v0 objects/tc_pass.o >/dev/null
		# shellcheck disable=SC2086 # several words
		expect_status 0 unload ${option/ID/$(prog_id v0)} v0
		[[ -z $(prog_id v0) && $output == "v0 xdp: "* ]] || fail "$option: $output"
	done
}

test_what_does_not_fit_is_not_found()
{
	local before option

	load v0 objects/xdp_pass.o >/dev/null
	before=$(snapshot)
	for option in "-s tc" "-s xd" "-n xdp_pas" "-n xdp_pass_" "--id 4294967295" "--hook tc_ingress"; do
		# shellcheck disable=SC2086 # two words
		expect_refusal "cannot find such a program on v0" "$before" unload $option v0
	done
	[[ -n $(prog_id v0) ]] || fail "it was removed"
}

test_purge_drops_the_maps_that_nothing_else_uses()
{
	local flows

	load v0 -n hooks_xdp "$BUILT/hooks.o" >/dev/null
	load v0 -n hooks_tc "$BUILT/hooks.o" >/dev/null
	load v0 --hook tc_egress objects/tc_pass.o >/dev/null
	flows=$(map_id "$BPFFS/v0/flows")
	expect_status 0 unload --purge --hook xdp v0
	[[ $output == *" removed, 0 pins dropped" ]] || fail "it says: $output"
	expect_id "$BPFFS/v0/flows" "$flows"
	expect_status 0 unload --purge --hook tc_ingress v0
	[[ $output == *" removed, 1 pin dropped" ]] || fail "it says: $output"
	[[ ! -e $BPFFS/v0/flows && ! -L $BPFFS/v0/%egress/flows ]] || fail "$(snapshot)"
	eventually map_gone "$flows" || fail "map $flows is still there"
	[[ -e $BPFFS/v0/%egress/tc_stats_map ]] || fail "it dropped another program's"
	expect_status 0 unload --purge v0
	[[ $output == *" removed, 1 pin dropped" ]] || fail "it says: $output"
	[[ -z $(find "$BPFFS/v0" -type f) ]] || fail "left over: $(find "$BPFFS/v0" -type f)"
	[[ -z $(find -L "$BPFFS/v0/%egress" -maxdepth 1 -type l) ]] || fail "dangling: $(snapshot)"
}

map_gone() { ! exists map "$1"; }

test_purge_leaves_the_maps_of_a_prepared_program()
{
	local flows

	load --hook xdp v0 "$BUILT/hooks.o" >/dev/null
	load --no-attach --hook tc_ingress v0 "$BUILT/hooks.o" >/dev/null
	flows=$(map_id "$BPFFS/v0/flows")
	expect_status 0 unload --hook xdp --purge --dry-run v0
	[[ $output == *" 0 pins would be dropped"* ]] || fail "it says: $output"
	expect_status 0 unload --hook xdp --purge v0
	expect_pins %progs/tc_ingress/hooks_tc
	[[ $(map_id "$BPFFS/v0/flows") == "$flows" ]] || fail "its map is gone"
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress bpf da pinned "$BPFFS/v0/%progs/tc_ingress/hooks_tc"
	pin_maps v0 >/dev/null
	[[ $(map_id "$BPFFS/v0/flows") == "$flows" ]] || fail "another map"
	# The last one takes it along.
	expect_status 0 unload --all --purge v0
	[[ ! -e $BPFFS/v0/flows ]] || fail "the map is left"
}

# followed: two hooks with one list, of which one goes on with the old one. Its id is in $old.
followed()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	load v0 "$BUILT/tc_carry1.o" >/dev/null
	deny 0 8
	old=$(map_id "$BPFFS/v0/deny_list")
	load --on-mismatch migrate v0 "$BUILT/carry2.o" >/dev/null 2>&1
	expect_id "$BPFFS/v0/deny_list%old-$old" "$old"
}

test_what_another_hook_goes_on_with_keeps_its_old_name()
{
	local old

	followed
	expect_status 0 unload --hook xdp v0
	expect_id "$BPFFS/v0/deny_list%old-$old" "$old"
	[[ $(readlink "$BPFFS/v0/%meta") != *"map:$old"* ]] || fail "published: $(readlink "$BPFFS/v0/%meta")"
}

test_purge_gives_a_name_back_to_the_map_that_is_in_force()
{
	local old before

	followed
	before=$(snapshot)
	expect_status 0 unload --purge --hook xdp --dry-run v0
	[[ $output == *" 2 pins would be dropped" ]] || fail "it says: $output"
	[[ $errors == *"map $old, with which program tc_carry1 "*" on tc_ingress goes on, would have the name again"* ]] ||
		fail "it says: $errors"
	expect_unchanged "$before"
	expect_status 0 unload --purge --hook xdp v0
	[[ $output == *" removed, 2 pins dropped" ]] || fail "it says: $output"
	[[ $errors == *"map $old, with which program tc_carry1 "*" on tc_ingress goes on, has the name again"* ]] ||
		fail "it says: $errors"
	expect_id "$BPFFS/v0/deny_list" "$old"
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0")"
	[[ $(readlink "$BPFFS/v0/%meta") == *"map:$old"* ]] || fail "not published: $(readlink "$BPFFS/v0/%meta")"
	# The next program works with the list that was in force all the while.
	expect_status 0 load v0 "$BUILT/tc_carry1.o"
	[[ $output == *"map deny_list id $old reused"* ]] || fail "it says: $output"
}

test_a_name_that_a_map_never_had_is_not_given_back()
{
	local pref id

	tc qdisc add dev v0 clsact
	for pref in 5 6; do
		tc filter add dev v0 ingress pref $pref handle 1 bpf da obj "$BUILT/tc_carry1.o" sec tc
	done
	expect_status 3 pin_maps v0
	[[ $output == *"refused "*" deny_list "* ]] || fail "$output"
	id=$(tc -j filter show dev v0 ingress pref 5 | grep -o '"id":[0-9]*' | head -n 1 | cut -d : -f 2)
	expect_status 0 unload --id "$id" --purge v0
	[[ $errors == *"with which program tc_carry1 "*" on tc_ingress goes on, has the name from here on"* ]] ||
		fail "it says: $errors"
	[[ $(map_id "$BPFFS/v0/deny_list") ]] || fail "$(snapshot)"
}

# A program array that a program has is emptied with its last pin.
test_preparing_a_program_again_leaves_no_array_that_none_has()
{
	load -n jumps_main v0 "$BUILT/load_jumps.o" >/dev/null
	unload v0 >/dev/null
	expect_status 0 load --no-attach -n jumps_main v0 "$BUILT/load_jumps.o"
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0"): $output"
	# The one before is pinned, and keeps its own.
	expect_status 0 load --no-attach -n jumps_main v0 "$BUILT/load_jumps.o"
	unload --prepared --all v0 >/dev/null
	expect_status 0 load --no-attach -n jumps_main v0 "$BUILT/load_jumps.o"
	[[ $(old_maps "$BPFFS/v0" | wc -l) == 1 ]] || fail "left: $(old_maps "$BPFFS/v0"): $output"
}

test_purge_drops_what_the_program_alone_went_on_with()
{
	local old

	followed
	expect_status 0 unload --purge --hook tc_ingress v0
	[[ $output == *" removed, 2 pins dropped" ]] || fail "it says: $output"
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0")"
	[[ -e $BPFFS/v0/deny_list ]] || fail "the other program's map is gone"
	eventually map_gone "$old" || fail "map $old is still there"
}

test_what_other_hooks_left_in_a_map_is_not_purged_without_a_word()
{
	local own

	load v0 "$BUILT/carry1.o" >/dev/null
	load --hook tc_ingress v0 "$BUILT/tc_carry1.o" >/dev/null
	load --hook tc_egress v0 "$BUILT/tc_carry1.o" >/dev/null
	own=$(map_id "$BPFFS/v0/frames_seen")
	load --on-mismatch migrate v0 "$BUILT/carry2.o" >/dev/null 2>&1
	# Its counts stay where egress is.
	send 10
	load --on-mismatch migrate --on-mismatch frames_seen=fail --hook tc_ingress v0 "$BUILT/tc_carry2.o" >/dev/null 2>&1
	expect_status 0 unload --hook tc_egress --purge --dry-run v0
	[[ $errors == "unload: map 'frames_seen': %egress/frames_seen, map $own, would go with 1 entry that is not in map "*\
"hint: first have what is in both in one map: load --on-mismatch frames_seen=migrate --hook tc_egress v0 OBJECT" ]] ||
		fail "it says: $errors"
	expect_status 0 unload --hook tc_egress --purge v0
	[[ $errors == "unload: map 'frames_seen': %egress/frames_seen, map $own, goes with 1 entry that is not in map "*\
" with which the other hooks of v0 go on, and which they may have left there" ]] || fail "it says: $errors"
	[[ -z $(find "$BPFFS/v0/%egress" -type f) ]] || fail "left: $(snapshot)"
	# Where nothing is left there is nothing to say.
	unload --all --purge v0 >/dev/null
	load v0 "$BUILT/carry1.o" >/dev/null
	load --hook tc_egress v0 "$BUILT/tc_carry1.o" >/dev/null
	load --on-mismatch migrate v0 "$BUILT/carry2.o" >/dev/null 2>&1
	expect_status 0 unload --hook tc_egress --purge v0
	[[ -z $errors ]] || fail "it says: $errors"
}

test_purge_leaves_the_only_pin_of_what_another_interface_goes_on_with()
{
	local old

	load v0 "$BUILT/carry1.o" >/dev/null
	old=$(map_id "$BPFFS/v0/deny_list")
	in_peer ip link set dev v1 xdpgeneric pinned "$BPFFS/v0/%progs/xdp/carry1"
	load --on-mismatch migrate v0 "$BUILT/carry2.o" >/dev/null 2>&1
	expect_status 0 unload --purge v0
	[[ $errors == *"map 'deny_list' (id $old) stays: v1 (program "*" on xdp) goes on with it"* ]] ||
		fail "it says: $errors"
	[[ $output == *" removed, 2 pins dropped" ]] || fail "it says: $output"
	expect_id "$BPFFS/v0/deny_list%old-$old" "$old"
	in_peer ip link set dev v1 xdpgeneric off
	# Nobody does any more.
	expect_status 0 unload --all --purge v0
	[[ -z $(find "$BPFFS/v0" -type f) ]] || fail "left over: $(find "$BPFFS/v0" -type f)"
}

test_purge_of_all_drops_what_is_left_pinned_where_nothing_is_attached()
{
	local map before

	load v0 objects/xdp_pass.o >/dev/null
	map=$(map_id "$BPFFS/v0/xdp_stats_map")
	unload v0 >/dev/null
	load --no-attach v0 objects/tc_pass.o >/dev/null
	# What asks for a program still needs one.
	expect_status 2 unload --all --purge --hook xdp v0
	expect_status 2 unload --all v0
	before=$(snapshot)
	expect_status 0 unload --all --purge --dry-run v0
	[[ $output == "v0: nothing is attached, 2 pins would be dropped" ]] || fail "it says: $output"
	expect_unchanged "$before"
	expect_status 0 unload --all --purge v0
	[[ $output == "v0: nothing is attached, 2 pins dropped" ]] || fail "it says: $output"
	[[ -z $(find "$BPFFS/v0" -type f) ]] || fail "still pinned: $(find "$BPFFS/v0" -type f)"
	eventually map_gone "$map" || fail "map $map is still there"
	expect_status 0 load v0 objects/xdp_pass.o
	expect_status 0 status v0
}

# Of the maps that are left only those that others use, or pinned, stay, and each is named.
test_purge_of_all_leaves_what_is_others_alone_and_names_it()
{
	local xdp ingress egress theirs

	load v0 objects/xdp_pass.o >/dev/null
	load v0 -n hooks_tc "$BUILT/hooks.o" >/dev/null
	unload --all v0 >/dev/null
	bpftool map create "$BPFFS/v0/theirs" type array key 4 value 8 entries 1 name theirs
	theirs=$(map_id "$BPFFS/v0/theirs")
	link_xdp v0 objects/xdp_drop.o
	link_tc v0 ingress objects/tc_pass.o
	link_tc v0 egress objects/tc_pass.o
	xdp=$(prog_id v0)
	ingress=$(tc_prog v0 ingress)
	egress=$(tc_prog v0 egress)
	expect_status 2 unload --all v0
	for one in "$xdp from xdp" "$ingress from tc_ingress" "$egress from tc_egress"; do
		[[ $errors == *"cannot remove program $one of v0, which is not ours: not adopted"* ]] ||
			fail "it does not name $one: $errors"
	done
	[[ $(grep -c hint: <<<"$errors") == 1 ]] || fail "it says: $errors"
	expect_status 0 unload --all --purge --dry-run v0
	[[ $output == "v0: nothing of ours is attached, 2 pins would be dropped" ]] || fail "it says: $output"
	expect_status 0 unload --all --purge v0
	[[ $output == "v0: nothing of ours is attached, 2 pins dropped" ]] || fail "it says: $output"
	for one in "$xdp on xdp" "$ingress on tc_ingress" "$egress on tc_egress"; do
		[[ $errors == *"program $one of v0 is not ours, and stays: not adopted"* ]] ||
			fail "it does not name $one: $errors"
	done
	[[ $errors == *"map $theirs at $BPFFS/v0/theirs is not ours, and is left alone"* ]] || fail "it says: $errors"
	[[ $(prog_id v0) == "$xdp" && $(tc_prog v0 ingress) == "$ingress" ]] || fail "it took them off"
	[[ $(find "$BPFFS/v0" -type f) == "$BPFFS/v0/theirs" ]] || fail "left: $(find "$BPFFS/v0" -type f)"
	expect_status 0 unload --all --purge --json v0
	[[ $output == *'"programs":[],"pins_dropped":0}' ]] || fail "it says: $output"
}

test_all_takes_ours_and_names_those_of_others()
{
	local theirs

	load v0 "$BUILT/load_pair1.o" >/dev/null
	load v0 objects/xdp_pass.o >/dev/null
	link_tc v0 ingress objects/tc_pass.o
	theirs=$(tc_prog v0 ingress)
	pin_maps --foreign v0 >/dev/null
	bpftool prog pin id "$theirs" "$BPFFS/held"
	expect_status 0 unload --all --purge v0
	[[ -z $(prog_id v0) && $(tc_prog v0 ingress) == "$theirs" ]] || fail "it took off the wrong one"
	[[ $errors == *"program $theirs on tc_ingress of v0 is not ours, and stays: pinned at $BPFFS/held"* ]] ||
		fail "it says: $errors"
	# The map that their program uses was published, and stays so.
	[[ $(find "$BPFFS/v0" -type f) == "$BPFFS/v0/tc_stats_map" ]] || fail "left: $(find "$BPFFS/v0" -type f)"
	[[ $(readlink "$BPFFS/v0/%meta") == *"tc_ingress=prog:$theirs,map:$(map_id "$BPFFS/v0/tc_stats_map")"* ]] ||
		fail "the record: $(readlink "$BPFFS/v0/%meta")"
}

test_a_filter_of_another_chain_is_named()
{
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress chain 5 pref 3 handle 1 bpf da obj objects/tc_pass.o sec tc
	expect_status 2 unload --all --foreign v0
	[[ $errors == "unload: cannot remove program tc_pass (id "*") from tc_ingress of v0: its filter is in chain 5"$'\n'"  hint: remove it by tc: tc filter del dev v0 ingress chain 5 pref 3 handle 1 bpf" ]] ||
		fail "it says: $errors"
	tc filter del dev v0 ingress chain 5 pref 3 handle 1 bpf
}

test_purge_of_all_drops_what_they_shared()
{
	load v0 -n hooks_xdp "$BUILT/hooks.o" >/dev/null
	load v0 -n hooks_tc "$BUILT/hooks.o" >/dev/null
	expect_status 0 unload --all --purge v0
	[[ $output == *" removed, 0 pins dropped"$'\n'*" removed, 1 pin dropped" ]] || fail "it says: $output"
	[[ -z $(find "$BPFFS/v0" -type f) ]] || fail "left over: $(find "$BPFFS/v0" -type f)"
}

# A later program has no map of that name.
test_purge_of_all_drops_what_earlier_programs_left()
{
	local dry

	load v0 "$BUILT/load_pair1.o" >/dev/null
	load v0 objects/xdp_pass.o >/dev/null
	[[ -e $BPFFS/v0/left ]] || fail "nothing is left of the first program"
	load v0 objects/tc_pass.o >/dev/null
	expect_status 0 unload --purge v0 --hook tc_ingress
	[[ -e $BPFFS/v0/left ]] || fail "one program took all maps"
	load v0 objects/tc_pass.o >/dev/null
	load --no-attach --hook tc_egress v0 objects/tc_drop.o >/dev/null
	expect_status 0 unload --all --purge --dry-run v0
	dry=$output
	expect_status 0 unload --all --purge v0
	[[ ${dry//would be /} == "$output" ]] || fail "it said: $dry, and did: $output"
	[[ -z $(find "$BPFFS/v0" -type f) ]] || fail "left over: $(find "$BPFFS/v0" -type f)"
}

test_purge_of_all_drops_what_programs_of_many_maps_left()
{
	local letter pins

	for letter in a b c d; do
		LC_ALL=C sed "s/many_/man$letter""_/g" "$BUILT/many_maps.o" >"$TMPDIR/many.o"
		load v0 "$TMPDIR/many.o" >/dev/null
	done
	load v0 objects/xdp_pass.o >/dev/null
	pins=$(find "$BPFFS/v0" -maxdepth 1 -type f -name 'man*' | wc -l)
	((pins == 192)) || fail "$pins maps of 192 are pinned"
	expect_status 0 unload --all --purge v0
	[[ -z $(find "$BPFFS/v0" -type f) ]] || fail "left over: $(find "$BPFFS/v0" -type f)"
}

test_what_cannot_be_read_back_is_said_to_be_off()
{
	local n

	need strace
	load v0 objects/xdp_pass.o >/dev/null
	n=$(strace -f -qq -e trace=sendto unload v0 2>&1 >/dev/null |
		awk '/sendto\(/ { n++ } /RTM_SETLINK/ { at = n } END { print at + 1 }')
	load v0 objects/xdp_pass.o >/dev/null
	inject sendto error=ENOMEM "$n" unload v0
	((status == 3)) || fail "status $status: $errors"
	[[ $errors == *"cannot ask what is attached to v0"*"was taken off xdp of v0, as the kernel answered"* ]] ||
		fail "it says: $errors"
	expect_status 0 gc
	expect_no_stage
	[[ -z $(find "$BPFFS/v0/%progs" -type f) ]] || fail "left over: $(find "$BPFFS/v0/%progs" -type f)"
}

test_old_maps_go_with_the_map_that_replaced_them()
{
	local stale

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	stale=$(map_id "$BPFFS/v0/xdp_stats_map")
	ip -force link set dev v0 xdpgeneric obj objects/xdp_drop.o sec xdp
	pin_maps v0 >/dev/null
	[[ -e $BPFFS/v0/xdp_stats_map%old-$stale ]] || fail "no old map"
	load v0 objects/tc_pass.o >/dev/null
	expect_status 0 unload --purge --hook tc_ingress v0
	[[ -e $BPFFS/v0/xdp_stats_map%old-$stale ]] || fail "it dropped another map's"
	expect_status 0 unload --purge v0
	[[ $output == *" removed, 2 pins dropped" ]] || fail "it says: $output"
	[[ -z $(find "$BPFFS/v0" -type f) ]] || fail "left over: $(find "$BPFFS/v0" -type f)"
}

test_purge_leaves_a_map_that_another_interface_pins_to_it()
{
	local id

	make_veth w0
	load --shared v0 w0 objects/xdp_pass.o >/dev/null 2>&1 || skip "needs load --shared"
	id=$(map_id "$BPFFS/w0/xdp_stats_map")
	expect_status 0 unload --purge v0
	[[ ! -e $BPFFS/v0/xdp_stats_map ]] || fail "it stays"
	expect_id "$BPFFS/w0/xdp_stats_map" "$id"
	[[ -n $(prog_id w0) ]] || fail "it was removed from w0 as well"
}

test_dry_run_says_the_same_and_changes_nothing()
{
	local before said

	load v0 objects/xdp_pass.o >/dev/null
	load v0 objects/tc_pass.o >/dev/null
	before=$(snapshot)
	expect_status 0 unload --dry-run --all --purge v0
	said=$output
	[[ $said == *" would be removed, 1 pin would be dropped"* ]] || fail "it says: $said"
	expect_unchanged "$before"
	[[ -n $(prog_id v0) ]] || fail "it was removed"
	expect_status 0 unload --dry-run --json --all v0
	[[ $output == '{"schema":"ifbpf.unload/1",'*'"dry_run":true,'* ]] || fail "it says: $output"
	expect_unchanged "$before"
	expect_status 0 unload --all --purge v0
	[[ $output == "$(sed 's/would be //g' <<<"$said")" ]] || fail "it did something else: $output"
}

test_json_is_one_document()
{
	local prog netns

	prog=$(loaded v0 objects/xdp_pass.o)
	expect_status 0 unload --json --purge v0
	netns=$(json_netns "$BPFFS/v0")
	[[ $output == "{\"schema\":\"ifbpf.unload/1\",\"ifname\":\"v0\",\"ifindex\":$(ifindex v0),\
\"netns\":$netns,\"dry_run\":false,\"programs\":[{\"hook\":\"xdp\",\"name\":\"xdp_pass\",\"id\":$prog,\
\"by\":\"xdp\",\"mode\":\"native\",\"link_id\":null,\"ours\":true,\"pins_dropped\":1}]}" ]] || fail "it says: $output"
}

test_with_nothing_attached_nothing_is_made()
{
	local before

	before=$(snapshot)
	expect_refusal "cannot find such a program on v0" "$before" unload v0
	expect_refusal "cannot find such a program on v0" "$before" unload --dry-run v0
	expect_refusal "cannot find interface nope" "$before" unload nope
	umount "$BPFFS"
	expect_status 2 unload v0
	[[ $errors == *"cannot find a BPF filesystem at $BPFFS"* ]] || fail "it says: $errors"
	! mountpoint -q "$BPFFS" || fail "it mounted one"
}

test_misuse_is_status_1()
{
	local args

	for args in "" "v0 v1" "--id 0 v0" "--id -1 v0" "--id 4294967297 v0" "--id 7x v0" "--hook nope v0" "--netns"; do
		# shellcheck disable=SC2086 # several words, or none
		expect_status 1 unload $args
		[[ $errors == "unload: "*"hint: see unload --help" && -z $output ]] || fail "$args: $output$errors"
	done
}

test_without_privilege_nothing_is_changed()
{
	local before

	load v0 objects/xdp_pass.o >/dev/null
	chmod 0755 "$BPFFS"
	before=$(snapshot)
	expect_refusal ": Operation not permitted" "$before" as_user unload v0
	[[ -n $(prog_id v0) ]] || fail "it was removed"
}

# with_caps CAPS COMMAND...: as root, but with these capabilities alone.
with_caps()
{
	local caps=$1

	shift
	capsh "--drop=$caps" -- -c 'exec "$@"' with_caps "$@"
}

test_cap_bpf_and_cap_net_admin_do_for_what_load_loaded()
{
	local id in

	need capsh
	load v0 --link objects/xdp_pass.o >/dev/null
	in=$(loaded v0 objects/tc_pass.o)
	id=$(map_id "$BPFFS/v0/tc_stats_map")
	expect_status 0 with_caps cap_sys_admin "$PWD/pinning/unload" -n xdp_pass v0
	[[ -z $(prog_id v0) ]] || fail "it is still there"
	expect_pins %progs/tc_ingress/tc_pass
	[[ $(readlink "$BPFFS/v0/%meta") == *";tc_ingress=prog:$in,map:$id" ]] ||
		fail "the record: $(readlink "$BPFFS/v0/%meta")"
	expect_fail "cannot open the programs on v0 by their ids" with_caps cap_sys_admin "$PWD/pinning/unload" --purge v0
	expect_status 0 with_caps cap_sys_admin "$PWD/pinning/unload" v0
	expect_pins
	expect_no_stage
}

test_without_the_right_to_open_by_id_purge_is_refused_once_for_all()
{
	need capsh
	load v0 objects/xdp_pass.o >/dev/null
	load v0 objects/tc_pass.o >/dev/null
	expect_status 2 with_caps cap_sys_admin "$PWD/pinning/unload" --all --purge v0
	[[ $(grep -c "cannot open the programs on v0 by their ids" <<<"$errors") == 1 &&
		$errors == *"hint: run as root, or with CAP_SYS_ADMIN"*" was not tried, and stays"* ]] ||
		fail "it says: $errors"
	[[ -n $(prog_id v0) ]] || fail "it is off"
}

test_a_dry_run_is_refused_where_the_run_would_be()
{
	local how

	load v0 objects/xdp_pass.o >/dev/null
	load --no-attach v0 objects/tc_pass.o >/dev/null
	for how in "--hook xdp" "--hook xdp --dry-run" "--prepared" "--prepared --dry-run"; do
		# shellcheck disable=SC2086 # several words
		expect_fail "cannot write in a BPF filesystem" \
			setpriv --inh-caps -all,+net_admin --bounding-set -all,+net_admin unload $how v0
		[[ -z $output ]] || fail "$how: it says: $output"
	done
}

# The kernel tells of tcx to those alone who may configure the network.
test_what_may_not_be_asked_is_not_taken_as_not_attached()
{
	local before tool args

	need capsh
	need_tcx
	load --tc tcx --hook tc_egress v0 objects/tc_pass.o >/dev/null
	before=$(snapshot)
	for args in "unload v0" "unload --hook xdp v0" "unload --all v0" "unload --all --purge v0" \
		"unload --all --purge --dry-run v0" "unload --prepared --all v0" \
		"unload --prepared -n tc_pass v0" "pin_maps v0"; do
		tool=$PWD/pinning/${args%% *}
		# shellcheck disable=SC2086 # several words
		expect_refusal "cannot ask what is attached by tcx to tc_ingress of v0: Operation not permitted" \
			"$before" with_caps cap_sys_admin,cap_net_admin "$tool" ${args#* }
		[[ $errors == *"hint: run as root, or with CAP_NET_ADMIN" ]] || fail "no way out: $errors"
	done
	expect_status 0 status v0
	[[ $output != *foreign* ]] || fail "it is not known as ours: $output"
	expect_status 0 unload --all --purge v0
}

test_one_of_two_filters_with_one_program_can_go()
{
	local before prog

	link_tc v0 ingress objects/tc_pass.o
	pin_maps v0 >/dev/null
	prog=$(tc_prog v0 ingress)
	bpftool prog pin id "$prog" "$BPFFS/prog"
	tc filter add dev v0 ingress pref 20 handle 1 bpf da pinned "$BPFFS/prog"
	rm "$BPFFS/prog"
	expect_status 0 unload --all v0
	[[ $(wc -l <<<"$output") == 2 && -z $(tc_prog v0 ingress) && -z $(tc_prog v0 ingress 20) ]] || fail "$output"
}

test_a_renamed_interface_keeps_its_directory()
{
	load v0 objects/xdp_pass.o >/dev/null
	send 2
	rename_link v0 r0
	expect_status 0 unload r0
	[[ -z $(prog_id r0) ]] || fail "it is still there"
	expect_pins
	expect_status 0 stats r0
	[[ $output == *"2 packets"* ]] || fail "stats says: $output"
}

test_the_directory_of_another_interface_is_left_alone()
{
	local before

	load v0 objects/xdp_pass.o >/dev/null
	rename_link v0 r0
	ip link add v0 type veth peer name q0
	link_xdp v0 objects/xdp_pass.o
	before=$(snapshot)
	expect_status 0 unload --foreign --purge v0
	expect_unchanged "$before"
	[[ -z $(prog_id v0) && -n $(prog_id r0) ]] || fail "it took the wrong one"
}

test_what_others_have_attached_is_not_adopted_by_the_way()
{
	local theirs

	load v0 objects/xdp_pass.o >/dev/null
	link_tc v0 ingress objects/tc_pass.o
	theirs=$(tc_prog v0 ingress)
	expect_status 0 unload --hook xdp v0
	expect_fail "cannot remove program $theirs from tc_ingress of v0, which is not ours: not adopted" unload v0
	[[ $(tc_prog v0 ingress) == "$theirs" ]] || fail "it was removed"
}

test_an_interface_of_another_namespace()
{
	run load --netns peer v1 objects/xdp_pass.o
	((status == 0)) || fail "$errors"
	expect_status 0 unload --netns peer v1
	[[ -z $(in_peer ip -j -d link show dev v1 | grep '"prog"') ]] || fail "it is still there"
	[[ -z $(find "$BPFFS/%ifbpf/ns" -path '*%progs*' -type f) ]] || fail "$(snapshot)"
}

test_what_fails_for_one_of_several_does_not_keep_the_others_on()
{
	local n partly=0

	for ((n = 1; ; n++)); do
		load v0 objects/xdp_pass.o >/dev/null 2>&1
		load v0 objects/tc_pass.o >/dev/null 2>&1
		inject symlinkat error=ENOSPC "$n" unload --all v0
		[[ -n $injected ]] || break
		((status != 3)) || ((++partly))
		((status != 3)) || [[ $(wc -l <<<"$output") == 1 && $errors == *"unload: cannot "* ]] ||
			fail "$n: $output$errors"
		run unload --all v0
		expect_pins
		expect_no_stage
	done
	((partly > 4)) || fail "partly done $partly times of $n"
}

# The preparation and the check of the tests below, with an object and options in ${how[@]}.
load_again() { load v0 "${how[@]}" >/dev/null 2>&1; }

expect_both_or_none()
{
	local attached

	# Another run of whatever tool recovers; with nothing attached, pin_maps says so.
	run pin_maps v0
	((status == 0 || status == 2)) || fail "pin_maps: status $status, $errors"
	attached=$(status --json v0 | grep -c '"attached":"' || true)
	if ((attached > 0)); then
		[[ -n $(pinned_below "$BPFFS/v0") ]] || fail "attached without its pins"
	else
		expect_pins
	fi
	[[ $(generation "$BPFFS/v0") == *[02468] ]] || fail "generation $(generation "$BPFFS/v0")"
	expect_no_stage
	run unload v0
	((status == 0 || status == 2)) || fail "unload: status $status, $errors"
	expect_pins
	expect_id "$BPFFS/v0/${map##*/}" "$(map_id "$map")"
	expect_no_stage
}

# killed CALLS LOAD_ARGUMENT...
killed()
{
	local calls=$1

	shift
	how=("$@")
	load_again
	map=$(find "$BPFFS/v0" -maxdepth 1 -type f)
	kill_everywhere "$calls" load_again unload v0 -- expect_both_or_none
	echo "killed at $points points" >&2
}

test_killed_anywhere_it_is_on_with_its_pins_or_off_without_them()
{
	killed "$CHANGING_CALLS" objects/xdp_pass.o
	((points > 12)) || fail "killed at $points points only"
}

test_killed_anywhere_a_link_is_on_with_its_pins_or_off_without_them()
{
	killed "$CHANGING_CALLS" --link objects/xdp_pass.o
	((points > 12)) || fail "killed at $points points only"
}

test_killed_at_any_message_to_the_kernel_a_filter_is_on_or_off()
{
	killed "?sendto ?sendmsg ?recvmsg" objects/tc_pass.o
	((points > 12)) || fail "killed at $points points only"
}

test_killed_at_any_bpf_call_a_link_is_on_or_off()
{
	killed bpf --link objects/xdp_pass.o
	((points > 12)) || fail "killed at $points points only"
}

# With --purge the maps are gone when the program is.
expect_purged_or_not()
{
	run pin_maps v0
	if [[ -n $(prog_id v0) ]]; then
		[[ -n $(pinned_below "$BPFFS/v0") && -e $BPFFS/v0/xdp_stats_map ]] || fail "$(snapshot "$BPFFS/v0")"
	else
		[[ -z $(find "$BPFFS/v0" -type f) ]] || fail "left over: $(find "$BPFFS/v0" -type f)"
		[[ ! -L $BPFFS/v0/%egress/xdp_stats_map ]] || fail "a dangling symlink"
	fi
	expect_no_stage
	run unload --purge v0
	[[ -z $(find "$BPFFS/v0" -type f) && $(generation "$BPFFS/v0") == *[02468] ]] ||
		fail "left over: $(find "$BPFFS/v0" -type f)"
}

test_killed_anywhere_purging_drops_all_or_nothing()
{
	how=(objects/xdp_pass.o)
	kill_everywhere "?unlinkat ?renameat ?renameat2 ?symlinkat ?mkdirat" load_again unload --purge v0 \
		-- expect_purged_or_not
	echo "killed at $points points" >&2
	((points > 12)) || fail "killed at $points points only"
}

# fails_everywhere FAULT...: each CALL:ERRNO at each of its calls.
fails_everywhere()
{
	local fault call n

	load_again
	map=$(find "$BPFFS/v0" -maxdepth 1 -type f)
	for fault; do
		call=${fault%:*}
		for ((n = 1; ; n++)); do
			load_again
			inject "$call" "error=${fault#*:}" "$n" unload v0
			[[ -n $injected ]] || break
			case $status in
			0) ;;
			2 | 3) [[ $errors == *"unload: cannot "* ]] || fail "$fault $n: no message: $errors" ;;
			*) fail "$fault $n: status $status: $errors" ;;
			esac
			((++points))
			expect_both_or_none
		done
	done
	echo "failed at $points points" >&2
}

test_failing_anywhere_it_says_so_and_the_next_run_is_right()
{
	how=(objects/xdp_pass.o)
	# shellcheck disable=SC2046,SC2086 # words
	fails_everywhere $(each_errno $CHANGING_CALLS sendto) flock:ENOLCK sendto:ENOBUFS
	((points > 20)) || fail "failed at $points points only"
}

test_failing_at_any_message_from_the_kernel_it_looks_what_is_so()
{
	how=(objects/xdp_pass.o)
	# shellcheck disable=SC2046 # words
	fails_everywhere recvmsg:ENOBUFS $(each_errno bpf)
	((points > 20)) || fail "failed at $points points only"
}

# What was published for one stays so: no other one is begun while that is not ended.
test_of_all_none_is_begun_after_one_whose_pins_cannot_be_exchanged()
{
	local n begun=0 left

	for ((n = 1; ; n++)); do
		load v0 objects/tc_pass.o >/dev/null 2>&1
		load v0 objects/xdp_pass.o >/dev/null 2>&1
		inject renameat error=ENOMEM "$n" unload --all v0
		[[ -n $injected ]] || break
		left=$(status v0 | grep -c 'loaded by ifbpf') || true
		if [[ $errors == *", but its pins are not seen to: the next run ends that first"* ]]; then
			((++begun))
			((status == 3)) || fail "$n: status $status: $errors"
			((left == 0)) || [[ $errors == *" was not tried, and stays"* ]] || fail "$n: $errors"
		else
			((status != 0 || left == 0)) || fail "$n: status 0, and $left are left"
		fi
		run pin_maps v0
		expect_no_stage
		[[ $(status v0) != *"does not run there"* && $(status v0) != *"does not name it"* ]] ||
			fail "$n: $(status v0)"
		run unload --all v0
	done
	((begun > 1)) || fail "begun and not ended $begun times of $n"
}

# prepared: maps and programs that are pinned for v0, below its directory.
prepared() { find "$BPFFS/v0" -type f -printf '%P\n' | sort; }

# Maps of a program that was prepared and not attached go by their ids, unless they are used.
test_unload_takes_back_what_was_prepared()
{
	local id map
	load --no-attach v0 objects/tc_pass.o
	id=$(bpftool -j prog show pinned "$BPFFS/v0/%progs/tc_ingress/tc_pass" |
		sed -n 's/^{"id":\([0-9]*\),.*/\1/p')
	map=$(map_id "$BPFFS/v0/tc_stats_map")
	expect_status 0 unload --prepared --id "$id" --map "$map" --dry-run v0
	[[ $output == "v0 tc_ingress: program tc_pass id $id would be removed, 1 pin would be dropped" ]] ||
		fail "$output"
	load --no-attach v0 objects/tc_drop.o
	expect_fail "2 prepared programs of v0 fit" unload --prepared v0
	[[ $errors == *"of v0 fit"$'\n'* ]] || fail "it says: $errors"
	expect_status 0 unload --prepared --id "$id" --map "$map" v0
	[[ $(prepared) == "%progs/tc_ingress/tc_drop"$'\n'"tc_stats_map" ]] || fail "$(prepared)"
	expect_status 0 unload --prepared --json --map "$map" v0
	[[ $output == *'"by":null'*'"pins_dropped":1'* && -z $(prepared) ]] || fail "$output $(prepared)"
	expect_fail "cannot find such a prepared program" unload --prepared v0
	expect_status 0 unload --prepared --all v0
	expect_status 1 unload --prepared --purge v0
	expect_status 1 unload --map 3 v0
}

# What was prepared for one interface can be put on another one, and is in use there.
test_what_runs_on_another_interface_is_not_taken_back()
{
	local id map

	make_veth w0
	load --no-attach v0 objects/xdp_pass.o
	map=$(map_id "$BPFFS/v0/xdp_stats_map")
	ip link set dev w0 xdp pinned "$BPFFS/v0/%progs/xdp/xdp_pass"
	id=$(prog_id w0)
	expect_fail "cannot take program $id back: it is attached to xdp of w0" \
		unload --prepared --map "$map" v0
	expect_status 0 unload --prepared --all --map "$map" v0
	[[ $errors == *"program $id (xdp_pass) stays: it is attached to xdp of w0"* ]] ||
		fail "it says: $errors"
	[[ $(prepared) == "%progs/xdp/xdp_pass"$'\n'"xdp_stats_map" ]] || fail "$(prepared)"
	# Another program of that name takes the pin, and the map of the first is still used.
	rm "$BPFFS/v0/%progs/xdp/xdp_pass"
	load --no-attach v0 objects/xdp_drop.o
	expect_status 0 unload --prepared --map "$map" v0
	[[ $errors == *"map 'xdp_stats_map' (id $map) stays: w0 (program $id on xdp) goes on with it"* ]] ||
		fail "it says: $errors"
	[[ $(prepared) == xdp_stats_map ]] || fail "$(prepared)"
	ip link set dev w0 xdp off
	load --no-attach v0 objects/xdp_drop.o
	expect_status 0 unload --prepared --map "$map" v0
	[[ -z $(prepared) ]] || fail "$(prepared)"
}

# The flat maps are of nobody then; nothing is pinned anew for that.
test_the_record_has_what_the_egress_program_has_of_its_own()
{
	local hook object

	for hook in xdp tc_ingress; do
		object=carry1.o
		[[ $hook == xdp ]] || object=tc_carry1.o
		load --hook "$hook" v0 "$BUILT/$object" >/dev/null
		load --hook tc_egress --on-mismatch fresh v0 "$BUILT/tc_carry2.o" >/dev/null 2>&1
		expect_status 0 load_state v0 tc_egress
		expect_status 0 unload --hook "$hook" v0
		expect_status 0 load_state v0 tc_egress
		unload --all --purge v0 >/dev/null
	done
}
