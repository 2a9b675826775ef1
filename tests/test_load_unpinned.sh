# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The program that is replaced was adopted, and its maps are pinned by others alone: nothing that they
# hold is left behind unless the user says so.
. tests/pins.sh
. tests/carry.sh
. tests/loads.sh

theirs=$BPFFS/theirs

# begin: of bpftool, adopted, with a rule that drops every packet and a count of two.
begin()
{
	mkdir "$theirs"
	bpftool prog load "$BUILT/carry1.o" "$theirs/prog" type xdp pinmaps "$theirs"
	bpftool net attach xdpgeneric pinned "$theirs/prog" dev v0
	rm "$theirs/prog"
	bpftool map update pinned "$theirs/deny_list" key 0 0 0 0 value 1 0 0 0 0 0 0 0
	send 2
	expect_status 0 pin_maps v0
	[[ $output == *"foreign "*"deny_list"* ]] || fail "$output"
}

# expect_unpinned STATUS COMMAND...: refused for either map, and the program is the old one.
expect_unpinned()
{
	local before prog wanted=$1

	shift
	before=$(snapshot)
	prog=$(prog_id v0)
	expect_status "$wanted" "$@"
	[[ $errors == *"cannot load with a new map 'deny_list'"*"pinned by others, at $theirs/deny_list"* && $errors == *"new map 'frames_seen'"* &&
		$errors == *"pin them in $BPFFS/v0"*" --foreign v0"*"--on-mismatch "* ]] ||
		fail_run "it says otherwise" "$@"
	[[ $(prog_id v0) == "$prog" ]] || fail "$*: another program is attached"
	expect_unchanged "$before"
}

test_maps_that_others_pin_are_not_left_behind()
{
	local id

	begin
	expect_unpinned 2 load v0 "$BUILT/carry1.o"
	expect_unpinned 2 load --dry-run v0 "$BUILT/carry1.o"
	expect_unpinned 2 load --no-attach v0 "$BUILT/carry1.o"
	expect_unpinned 2 load --shared v0 "$BUILT/carry1.o"
	expect_unpinned 2 load --on-mismatch migrate v0 "$BUILT/carry2.o"
	expect_unpinned 2 load --explain v0 "$BUILT/carry1.o"
	[[ $errors == *"a map of the replaced program is not pinned here"* ]] || fail "$errors"
	# What is hinted at.
	id=$(map_id "$theirs/deny_list")
	pin_maps --foreign v0 >/dev/null
	expect_status 0 load v0 "$BUILT/carry1.o"
	expect_id "$BPFFS/v0/deny_list" "$id"
	send 3
	expect_seen 0 5
}

test_the_plugin_of_ip_leaves_no_such_map_behind()
{
	export IP_LIB_DIR=compat

	begin
	expect_unpinned 1 ip link set dev v0 type ifbpf obj "$BUILT/carry1.o"
}

test_several_interfaces_at_once_leave_no_such_map_behind()
{
	make_veth w0
	begin
	run load --shared w0 v0 "$BUILT/carry1.o"
	[[ $status == 3 && $errors == *"cannot load with a new map 'deny_list'"* ]] || fail "$status: $errors"
	send 3
	[[ $(bpftool map dump pinned "$theirs/frames_seen" | awk '$1 == "\"dropped\":" { n += $2 } END { print n }') == 5 ]] ||
		fail "the rule does not hold"
}

test_an_empty_map_is_taken_if_asked_for()
{
	local how

	for how in "--on-mismatch fresh" "--on-mismatch deny_list=fresh --on-mismatch frames_seen=fresh" --replace; do
		[[ ! -e $theirs ]] || rm -r "$theirs"
		unload --all v0 >/dev/null 2>&1 || true
		rm -f "$BPFFS"/v0/{deny_list,frames_seen}*
		begin
		# shellcheck disable=SC2086 # words
		expect_status 0 load $how v0 "$BUILT/carry1.o"
		[[ $errors == *"map 'deny_list' begins empty: what map $(map_id "$theirs/deny_list") of program "*"pinned by others, at $theirs/deny_list"* ]] ||
			fail "$how: $errors"
		send 3
		expect_seen 3 0
	done
}

# Another's map of that name is no better than an empty one.
test_a_stale_pin_is_not_taken_for_the_map()
{
	local id

	load v0 "$BUILT/carry1.o" -m skb >/dev/null
	id=$(map_id "$BPFFS/v0/deny_list")
	ip link set dev v0 xdpgeneric off
	begin
	expect_status 2 load v0 "$BUILT/carry1.o"
	[[ $errors == *"cannot load with map 'deny_list' pinned in $BPFFS/v0: program "*" has another one, map "* ]] ||
		fail "$errors"
	expect_status 0 load --replace v0 "$BUILT/carry1.o"
	[[ $errors == *"map 'deny_list' is map $id: what map "*" holds stays behind"* ]] || fail "$errors"
}

test_a_map_whose_pin_was_removed_is_not_left_behind()
{
	local id

	load -m skb v0 "$BUILT/carry1.o" >/dev/null
	deny 0 8
	id=$(map_id "$BPFFS/v0/deny_list")
	rm "$BPFFS/v0/deny_list"
	expect_status 2 load v0 "$BUILT/carry1.o"
	[[ $errors == *"map $id, not pinned"*"pin_maps v0"* ]] || fail "$errors"
	pin_maps v0 >/dev/null
	expect_status 0 load v0 "$BUILT/carry1.o"
	expect_id "$BPFFS/v0/deny_list" "$id"
}

test_it_is_so_on_a_tc_hook()
{
	export TC_LIB_DIR=compat

	tc qdisc add dev v0 clsact
	mkdir "$theirs"
	bpftool prog load objects/tc_pass.o "$theirs/prog" type classifier pinmaps "$theirs"
	tc filter add dev v0 ingress pref 10 handle 1 bpf da pinned "$theirs/prog"
	rm "$theirs/prog"
	send 4
	pin_maps v0 >/dev/null
	expect_status 2 load v0 objects/tc_drop.o
	[[ $errors == *"cannot load with a new map 'tc_stats_map'"*"at $theirs/tc_stats_map"* ]] || fail "$errors"
	expect_status 1 tc filter replace dev v0 ingress pref 10 handle 1 ifbpf obj objects/tc_drop.o da
	[[ $errors == *"cannot load with a new map 'tc_stats_map'"* ]] || fail "$errors"
	pin_maps --foreign v0 >/dev/null
	expect_status 0 load v0 objects/tc_drop.o
	send 2
	expect_counter "$BPFFS/v0/tc_stats_map" 0 4 400
	expect_counter "$BPFFS/v0/tc_stats_map" 2 2 200
}

# old_map NAME: its pin as what a replacement left.
old_map() { find "$BPFFS/v0" -maxdepth 1 -name "$1%old-*"; }

# rule PIN: one by which every packet is dropped, in the list of carry1.
rule() { bpftool map update pinned "$1" key 0 0 0 0 value 1 0 0 0 0 0 0 0; }

# A list that is in force on ingress and egress, while XDP began anew.
begin_anew()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	load --hook tc_ingress v0 "$BUILT/tc_carry1.o" >/dev/null
	load --hook tc_egress v0 "$BUILT/tc_carry1.o" >/dev/null
	rule "$BPFFS/v0/deny_list"
	expect_status 0 load --on-mismatch fresh v0 "$BUILT/carry2.o"
	[[ -e $BPFFS/v0/%egress/deny_list ]] || fail "$(ls "$BPFFS/v0/%egress")"
}

test_a_list_that_the_egress_program_has_is_not_out_of_force_for_another_hook()
{
	local before how

	begin_anew
	before=$(snapshot)
	for how in "" --dry-run "--on-mismatch frames_seen=migrate"; do
		# shellcheck disable=SC2086 # words
		expect_status 2 load $how --hook tc_ingress v0 "$BUILT/tc_carry2.o"
		[[ $errors == *"goes by 1 entry of another one, map "*", pinned as %egress/deny_list, that is not in it"*\
"hint: add what it holds to what is in place: --on-mismatch deny_list=migrate"* ]] || fail "$how: $errors"
		expect_unchanged "$before"
	done
	expect_status 0 load --on-mismatch migrate --hook tc_ingress v0 "$BUILT/tc_carry2.o"
	[[ $errors == *"map 'deny_list': what map "*" has is added to map "*"tc_egress goes on with the old one"* ]] ||
		fail "$errors"
	send 3
	expect_seen 0 3
	# The egress program has its list still, open to edits.
	rule "$BPFFS/v0/%egress/deny_list"
	# What came over once is not brought in again.
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 0 0 0 0
	expect_status 0 load --on-mismatch migrate --hook tc_egress v0 "$BUILT/tc_carry2.o"
	[[ -z $(rules_of "$BPFFS/v0/deny_list") ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
}

test_what_is_taken_as_it_is_leaves_the_list_of_the_egress_program()
{
	begin_anew
	[[ $errors == *"map 'deny_list': program tc_carry1 (id "*") on tc_ingress goes on with another one"*\
"tc_egress goes on with another one"*"not in force on tc_ingress before it follows"* ]] || fail "$errors"
	expect_status 0 load --on-mismatch fresh --hook tc_ingress v0 "$BUILT/tc_carry2.o"
	[[ $errors == *"map 'deny_list': 1 entry of map "*" is left behind"* ]] || fail "$errors"
	send 3
	expect_seen 6 0
}

test_a_list_that_lost_its_name_to_another_program_is_not_out_of_force()
{
	load v0 "$BUILT/tc_carry1.o" >/dev/null
	rule "$BPFFS/v0/deny_list"
	ip link set dev v0 xdpgeneric obj "$BUILT/carry1.o" sec xdp
	run pin_maps v0
	((status == 3)) || fail "$status: $output $errors"
	expect_status 2 load v0 "$BUILT/tc_carry1.o"
	[[ $errors == *"goes by 1 entry of another one, map "*", pinned as deny_list%old-"*"--on-mismatch deny_list=migrate"* &&
		$errors != *"pin_maps v0"* ]] || fail "$errors"
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/tc_carry1.o"
	# Of generic XDP, which has the map in place, and of ingress.
	[[ $(rules_of "$BPFFS/v0/deny_list") == "0 0" ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
}

test_what_is_pinned_for_a_program_that_is_gone_gives_way_to_a_list_in_force()
{
	local id how

	load v0 "$BUILT/carry1.o" >/dev/null
	load v0 "$BUILT/tc_carry1.o" >/dev/null
	load --on-mismatch migrate v0 "$BUILT/carry2.o" >/dev/null 2>&1
	unload --hook xdp v0 >/dev/null
	id=$(map_id "$(old_map deny_list)")
	rule "$(old_map deny_list)"
	for how in fail migrate; do
		expect_status 2 load --on-mismatch "$how" v0 "$BUILT/tc_carry1.o"
		[[ $errors == *"goes by 1 entry of another one, map $id, pinned as deny_list%old-$id, that is not in it"*\
"hint: pin it in $BPFFS/v0, and the load goes on with it: pin_maps v0"* ]] || fail "$how: $errors"
	done
	expect_status 0 pin_maps v0
	expect_status 0 load v0 "$BUILT/tc_carry1.o"
	expect_id "$BPFFS/v0/deny_list" "$id"
}

test_an_edit_of_a_list_that_came_over_before_is_said_if_it_is_out_of_force()
{
	local said how

	for how in fail migrate; do
		rm -rf "$BPFFS/v0"
		ip link set dev v0 xdp off
		tc qdisc del dev v0 clsact 2>/dev/null || true
		load v0 "$BUILT/carry1.o" >/dev/null
		load --hook tc_ingress v0 "$BUILT/tc_carry1.o" >/dev/null
		[[ $how == fail ]] || load --hook tc_egress v0 "$BUILT/tc_carry1.o" >/dev/null
		load --on-mismatch migrate v0 "$BUILT/carry2.o" >/dev/null 2>&1
		if [[ $how == fail ]]; then rule "$(old_map deny_list)"; else rule "$BPFFS/v0/%egress/deny_list"; fi
		run load --on-mismatch "$how" --hook tc_ingress v0 "$BUILT/tc_carry2.o"
		if [[ $how == fail ]]; then
			said="2: *goes by 1 entry of another one, map *it came over before, and was edited since*"
		else
			said="3: *1 entry of map *, which came over before, is not in the one in place: added or changed*"
		fi
		# shellcheck disable=SC2053 # a pattern
		[[ "$status: $errors" == $said ]] || fail "$how: status $status: $errors"
	done
}

# expect_twins: each map has its name still, as the program that runs uses it.
expect_twins()
{
	local n

	for n in 1 2; do
		bpftool map update pinned "$BPFFS/v0/identical_name_$n" key 0 0 0 0 value 0 0 0 0
	done
	send 1
	for n in 1 2; do
		bpftool map lookup pinned "$BPFFS/v0/identical_name_$n" key 0 0 0 0 | grep -q "\"value\": $n\$" ||
			fail "identical_name_$n: $(bpftool map dump pinned "$BPFFS/v0/identical_name_$n")"
	done
}

test_maps_whose_names_are_cut_alike_are_loaded_with_again_and_again()
{
	local how ids

	load -m skb v0 "$BUILT/twins.o" >/dev/null
	ids="$(map_id "$BPFFS/v0/identical_name_1") $(map_id "$BPFFS/v0/identical_name_2")"
	for how in "" "--on-mismatch migrate" "--dry-run" --replace; do
		# shellcheck disable=SC2086 # words
		expect_status 0 load $how v0 "$BUILT/twins.o"
		[[ -z $errors ]] || fail "$how: $errors"
		[[ "$(map_id "$BPFFS/v0/identical_name_1") $(map_id "$BPFFS/v0/identical_name_2")" == "$ids" ]] ||
			fail "$how: other maps"
		expect_twins
	done
}

test_of_maps_whose_names_are_cut_alike_only_the_one_without_a_pin_is_refused()
{
	load -m skb v0 "$BUILT/twins.o" >/dev/null
	rm "$BPFFS/v0/identical_name_2"
	expect_status 2 load v0 "$BUILT/twins.o"
	[[ $errors == *"cannot load with a new map 'identical_name_2'"* && $errors != *"map 'identical_name_1'"* ]] ||
		fail "$errors"
}

test_maps_that_only_their_object_tells_apart_are_named_as_such()
{
	ip link set dev v0 xdpgeneric obj "$BUILT/twins.o" sec xdp
	pin_maps v0 >/dev/null || true
	expect_status 2 load v0 "$BUILT/twins.o"
	for n in 1 2; do
		[[ $errors == *"cannot load with a new map 'identical_name_$n': that of program $(prog_id v0), which it replaces, is one of 2 whose names share the 15 letters"* ]] ||
			fail "$errors"
	done
	[[ $errors == *"pin_maps --object $BUILT/twins.o v0"* ]] || fail "$errors"
	# What is hinted at.
	expect_status 0 pin_maps --object "$BUILT/twins.o" v0
	expect_twins
	expect_status 0 load v0 "$BUILT/twins.o"
	[[ -z $errors ]] || fail "$errors"
	expect_twins
}

# The name is that of the XDP program, which was adopted in the same run.
test_what_a_tc_program_has_beside_one_of_xdp_can_be_brought_over()
{
	local map seen

	link_tc v0 ingress "$BUILT/tc_carry1.o"
	for map in $(prog_maps "$(tc_prog v0 ingress)"); do
		case $(bpftool map show id "$map") in
		*deny_list*) bpftool map update id "$map" key 9 0 0 0 value 1 0 0 0 0 0 0 0 ;;
		*frames_seen*) seen=$map ;;
		esac
	done
	send 4
	link_xdp v0 "$BUILT/carry1.o"
	expect_status 3 pin_maps --dry-run v0
	[[ $output == *"; it would be pinned as %old-$seen)"* && ! -e $BPFFS/v0 ]] || fail "$output"
	expect_status 3 pin_maps v0
	[[ $output == *"refused  tc_ingress frames_seen "*"; it is pinned as %old-$seen)"* ]] || fail "$output"
	# Without those pins the load says how to get them.
	rm "$BPFFS"/v0/*%old-*
	expect_status 2 load --hook tc_ingress --on-mismatch migrate v0 "$BUILT/tc_carry1.o"
	[[ $errors == *"hint: pin them beside those in place: pin_maps v0; then the load adds what they hold to those, with --on-mismatch migrate"* ]] ||
		fail "$errors"
	expect_status 3 pin_maps v0
	expect_id "$BPFFS/v0/frames_seen%old-$seen" "$seen"
	expect_status 3 pin_maps v0
	[[ $output == *"; it is pinned as %old-$seen)"* ]] || fail "$output"
	expect_status 0 load --hook tc_ingress --on-mismatch migrate v0 "$BUILT/tc_carry1.o"
	bpftool map lookup pinned "$BPFFS/v0/deny_list" key 9 0 0 0 >/dev/null || fail "the rule is lost"
	expect_seen 4 0
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "$(old_maps "$BPFFS/v0")"
	send 3
	expect_seen 10 0
}

test_what_others_pin_is_not_pinned_beside()
{
	mkdir "$theirs"
	bpftool prog load "$BUILT/tc_carry1.o" "$theirs/prog" type classifier pinmaps "$theirs"
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 10 handle 1 bpf da pinned "$theirs/prog"
	rm "$theirs/prog"
	link_xdp v0 "$BUILT/carry1.o"
	pin_maps v0 >/dev/null || true
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "$(old_maps "$BPFFS/v0")"
}
