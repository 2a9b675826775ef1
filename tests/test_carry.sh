# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# pin_maps --carry: a loader that could not reuse the maps made new ones, and their content comes
# over all the same.
. tests/pins.sh
. tests/acl.sh
. tests/carry.sh
. tests/frames.sh
. tests/rate.sh
. tests/faults.sh
. tests/load_faults.sh

# reload OBJECT [IFNAME]: by stock ip, which makes new maps.
reload() { ip -force link set dev "${2-v0}" xdpgeneric obj "$1" sec xdp; }

expect_nothing_left()
{
	[[ -z $(old_maps "$BPFFS/v0")$(old_maps "$BPFFS/v0/%egress") ]] ||
		fail "left: $(old_maps "$BPFFS/v0") $(old_maps "$BPFFS/v0/%egress")"
	[[ -z $(find "$BPFFS/v0/%carry" "$BPFFS/%ifbpf/stage" -mindepth 1 2>/dev/null) ]] ||
		fail "left: $(find "$BPFFS/v0/%carry" "$BPFFS/%ifbpf/stage" -mindepth 1)"
	(($(generation "$BPFFS/v0") % 2 == 0)) || fail "$(readlink "$BPFFS/v0/%meta")"
}

# flow_count PIN: the only entry of tests/bpf/hooks.bpf.c.
flow_count() { bpftool -j map lookup pinned "$1" key 0 0 0 0 | sed 's/.*"formatted".*"value":\([0-9]*\).*/\1/'; }

test_a_reload_by_ip_keeps_the_totals_in_the_new_map()
{
	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	send 10
	reload objects/xdp_drop.o
	send 5
	expect_status 0 pin_maps --carry v0
	[[ $output == *"carried    map "*" into xdp_stats_map (id "*"), counter"* ]] || fail "$output"
	send 2
	# The map alone has it all: any reader does now, not ours only.
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 10 1000
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 7 700
	expect_nothing_left
}

test_what_earlier_runs_left_is_merged_as_well()
{
	local n before

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	send 1
	for n in 1 2 3; do
		reload objects/xdp_pass.o
		pin_maps v0 >/dev/null
		send 1
	done
	[[ $(old_maps "$BPFFS/v0" | wc -l) == 3 ]] || fail "old maps: $(old_maps "$BPFFS/v0")"
	expect_status 0 pin_maps --carry v0
	[[ $(grep -c '^carried ' <<<"$output") == 3 ]] || fail "$output"
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 4 400
	expect_nothing_left
	before=$(snapshot)
	expect_status 0 pin_maps --carry v0
	expect_unchanged "$before"
}

test_the_counters_of_egress_stay_on_egress()
{
	tc qdisc add dev v0 clsact
	tc filter add dev v0 egress pref 10 handle 1 bpf da obj objects/tc_pass.o sec tc
	tc filter add dev v0 ingress pref 10 handle 1 bpf da obj objects/tc_pass.o sec tc
	pin_maps v0 >/dev/null
	send_out 3
	send 5
	tc filter replace dev v0 egress pref 10 handle 1 bpf da obj objects/tc_pass.o sec tc
	send_out 4
	expect_status 0 pin_maps --carry v0
	expect_counter "$BPFFS/v0/%egress/tc_stats_map" 0 7 700
	expect_counter "$BPFFS/v0/tc_stats_map" 0 5 500
	expect_nothing_left
}

# tc_both OBJECT: on ingress and egress, by stock tc; pinned/ makes it one map for both, by its pin.
tc_both()
{
	local hook

	for hook in ingress egress; do
		tc filter replace dev v0 "$hook" pref 10 handle 1 bpf da obj "$1" sec tc
	done
}

test_counters_that_two_hooks_had_as_one_come_over_once()
{
	local old

	tc qdisc add dev v0 clsact
	tc_both objects/pinned/tc_pass.o
	pin_maps v0 >/dev/null 2>&1
	old=$(map_id "$BPFFS/v0/tc_stats_map")
	expect_id "$BPFFS/v0/%egress/tc_stats_map" "$old"
	send_out 3
	send 5
	rm -r "$BPFFS/tc"
	tc_both objects/tc_pass.o
	expect_status 0 pin_maps --dry-run --carry v0
	[[ $(grep -c "would carry map $old" <<<"$output") == 1 ]] || fail "$output"
	expect_status 0 pin_maps --carry v0
	[[ $(grep -c "^carried  *map $old" <<<"$output") == 1 ]] || fail "$output"
	[[ $errors == *"map 'tc_stats_map': the hooks had one, $old, "*": all of them go to map "* ]] ||
		fail "$errors"
	send_out 4
	expect_counter "$BPFFS/v0/tc_stats_map" 0 8 800
	expect_counter "$BPFFS/v0/%egress/tc_stats_map" 0 4 400
	expect_nothing_left
}

test_counters_that_two_hooks_had_as_one_come_over_after_a_plain_run_as_well()
{
	tc qdisc add dev v0 clsact
	tc_both objects/pinned/tc_pass.o
	pin_maps v0 >/dev/null 2>&1
	send 5
	rm -r "$BPFFS/tc"
	tc_both objects/tc_pass.o
	pin_maps v0 >/dev/null
	expect_status 0 pin_maps --carry v0
	expect_counter "$BPFFS/v0/tc_stats_map" 0 5 500
	expect_counter "$BPFFS/v0/%egress/tc_stats_map" 0 0 0
	expect_nothing_left
}

test_no_count_is_lost_under_full_rate()
{
	local lost

	replace_often()
	{
		local n

		for ((n = 0; n < 8; n++)); do
			ip -force link set dev v0 xdpdrv obj objects/xdp_drop.o sec xdp
			pin_maps --carry v0 >/dev/null || fail "status $?"
		done
	}
	ip link set dev v0 xdpdrv obj objects/xdp_drop.o sec xdp
	pin_maps v0 >/dev/null
	rate replace_often
	lost=$(counter "$BPFFS/v0/xdp_stats_map" 1)
	[[ ${lost% *} == "$frames" ]] || fail "$frames frames, counted: $lost; $passed passed"
	expect_nothing_left
}

test_lists_and_counters_of_another_definition_come_over()
{
	link_xdp v0 "$BUILT/carry1.o"
	pin_maps v0 >/dev/null
	send 10
	deny 0 8
	bpftool map update pinned "$BPFFS/v0/deny_list" key 5 0 0 0 value 0 0 0 0 9 0 0 0
	send 20
	reload "$BUILT/carry2.o"
	send 4
	expect_status 0 pin_maps --carry v0
	[[ $errors == *"value.note"*"widened"* ]] || fail "the plan is not shown: $errors"
	send 30
	# What came before the list did, had passed.
	expect_seen 14 50
	[[ $(rules_of "$BPFFS/v0/deny_list") == "0 0
5 9" ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
	expect_nothing_left
}

test_devices_and_cpus_come_over_into_a_map_in_place_already()
{
	local map maps=(to_ports to_peers)

	(($(nproc) == 1)) || maps+=(to_cpus) # there is a CPU 1
	link_xdp v0 "$BUILT/targets1.o"
	pin_maps v0 >/dev/null
	for map in "${maps[@]}"; do
		aim $map 1 1
	done
	aim to_cpus 0 64
	reload "$BUILT/targets1.o"
	expect_status 0 pin_maps --carry v0
	[[ $output$errors != *differed* && $errors != *"to be carried over"* ]] || fail "$output$errors"
	for map in "${maps[@]}"; do
		expect_aim $map 1 1
	done
	expect_aim to_cpus 0 64
	expect_nothing_left
}

test_of_an_entry_in_both_the_new_one_stays_and_this_is_said()
{
	link_xdp v0 "$BUILT/carry1.o"
	pin_maps v0 >/dev/null
	bpftool map update pinned "$BPFFS/v0/deny_list" key 5 0 0 0 value 0 0 0 0 9 0 0 0
	bpftool map update pinned "$BPFFS/v0/deny_list" key 6 0 0 0 value 0 0 0 0 9 0 0 0
	reload "$BUILT/carry1.o"
	pin_maps v0 >/dev/null
	bpftool map update pinned "$BPFFS/v0/deny_list" key 5 0 0 0 value 0 0 0 0 7 0 0 0
	expect_status 0 pin_maps --carry --dry-run --class deny_list=config v0
	[[ $output == *"would carry map "*" into deny_list "*"(1 entry is in both, and differs)"* ]] || fail "$output"
	expect_status 0 pin_maps --class deny_list=config v0
	[[ $output == *"(1 entry was in both, and differed)"* ]] || fail "$output"
	[[ $errors == *"1 entry was changed in both maps; the new map's was kept, and what the old one had instead is lost"* ]] ||
		fail "$errors"
	[[ $(rules_of "$BPFFS/v0/deny_list") == "5 7
6 9" ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
	expect_nothing_left
}

# counted_twice COUNT COUNT: by a program in a map of which nothing says so, before a reload and after.
counted_twice()
{
	link_xdp v0 "$BUILT/hooks.o"
	pin_maps v0 >/dev/null
	send "$1"
	reload "$BUILT/hooks.o"
	send "$2"
}

test_what_may_be_counts_in_both_maps_is_not_lost()
{
	local counts old

	# As often as before tells nothing either.
	for counts in "10 3" "5 5"; do
		# shellcheck disable=SC2086 # words
		counted_twice $counts
		expect_status 3 pin_maps --carry --dry-run v0
		[[ $output == *"refused "*" into flows "*"1 entry is in both maps: programs may count there"* ]] ||
			fail "$output"
		expect_status 3 pin_maps --carry v0
		[[ $errors == *"map 'flows' is not carried over"*"pin_maps --class flows=counter v0"*"--class flows=config v0"* ]] ||
			fail "$errors"
		old=$BPFFS/v0/$(old_maps "$BPFFS/v0")
		[[ "$(flow_count "$old") $(flow_count "$BPFFS/v0/flows")" == "$counts" ]] || fail "$(flow_count "$old")"
		# What is hinted at.
		expect_status 0 pin_maps --class flows=counter v0
		[[ $(flow_count "$BPFFS/v0/flows") == "$((${counts/ /+}))" ]] || fail "$(flow_count "$BPFFS/v0/flows")"
		expect_nothing_left
		ip link set dev v0 xdpgeneric off
		rm -r "$BPFFS/v0"
	done
	counted_twice 4 2
	expect_status 0 pin_maps --class flows=config v0
	[[ $errors == *"1 entry was changed in both maps"* && $(flow_count "$BPFFS/v0/flows") == 2 ]] || fail "$errors"
	expect_nothing_left
}

# The new program had counted nothing there until that was looked at.
test_counts_that_come_in_between_leave_the_old_ones_where_they_are()
{
	local old

	need strace
	counted_twice 7 0
	count_now() { send 2; }
	between_calls membarrier 1 count_now pin_maps --carry v0
	((status == 3)) || fail "status $status: $output$errors"
	[[ $output == *"partly "*" into flows "*": the new map has other numbers there "* ]] || fail "$output"
	[[ $errors == *"map 'flows': 1 entry is in both maps"*"what the old one has stays in %old-"* && $errors != *"is lost"* ]] ||
		fail "$errors"
	old=$BPFFS/v0/$(old_maps "$BPFFS/v0")
	[[ "$(flow_count "$old") $(flow_count "$BPFFS/v0/flows")" == "7 2" ]] || fail "$(ls "$BPFFS/v0")"
}

# The new program may have counted in a slot that was empty until it was written.
test_what_is_written_as_a_whole_may_be_counts_unless_the_class_is_said()
{
	link_xdp v0 "$BUILT/parse_probe.o"
	pin_maps v0 >/dev/null
	send 1
	reload "$BUILT/parse_probe.o"
	expect_status 3 pin_maps --carry v0
	[[ $errors == *"map 'probed': 1 entry had to be written as a whole while the new program was on"*"may be lost"* ]] ||
		fail "$errors"
	expect_nothing_left
	reload "$BUILT/parse_probe.o"
	expect_status 0 pin_maps --class probed=config v0
	[[ $errors != *"may be lost"* ]] || fail "$errors"
	expect_nothing_left
}

# Slots of zeros are no entries: in no map of the store is one written, or anything said to be lost.
test_of_objects_of_which_nothing_was_configured_nothing_is_said()
{
	local object

	for object in xdp_acl xdp_ratelimit xdp_rewrite xdp_forward xdp_redirect pinned/xdp_acl; do
		TC_BPF_MNT=$BPFFS reload "objects/$object.o"
		pin_maps v0 >/dev/null 2>&1
		rm -rf "$BPFFS/tc"
		TC_BPF_MNT=$BPFFS reload "objects/$object.o"
		expect_status 0 pin_maps --carry v0
		[[ -z $errors && $output == *"carried "* && $output != *differed* ]] || fail "$object: $output$errors"
		expect_nothing_left
		ip link set dev v0 xdpgeneric off
		rm -r "$BPFFS/v0" "$BPFFS/tc"
	done
}

# What it has is all that there is: nothing would have to be made in it.
test_a_frozen_map_takes_over_from_one_of_zeros()
{
	link_xdp v0 "$BUILT/hooks.o"
	pin_maps v0 >/dev/null
	reload "$BUILT/hooks.o"
	pin_maps v0 >/dev/null
	bpftool map freeze pinned "$BPFFS/v0/flows"
	expect_status 0 pin_maps --carry v0
	[[ $output == *"carried "* && $output != *frozen* ]] || fail "$output"
	expect_nothing_left
}

# A rule that does not fit keeps the old list there; the rest of it is not brought in twice.
test_what_was_deleted_from_a_list_does_not_come_back()
{
	local old

	link_xdp v0 "$BUILT/carry2.o"
	pin_maps v0 >/dev/null
	bpftool map update pinned "$BPFFS/v0/deny_list" key 7 0 0 0 \
		value 0 0 0 0 1 0 0 0 1 0 0 0 0 0 0 0
	bpftool map update pinned "$BPFFS/v0/deny_list" key 8 0 0 0 \
		value 5 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0
	reload "$BUILT/carry1.o"
	expect_status 3 pin_maps --carry v0
	old=$(old_maps "$BPFFS/v0")
	[[ $output == *"partly     map "*" into deny_list (id "*"(stays as $BPFFS/v0/$old)"* ]] ||
		fail "$output"
	[[ $errors == *"key "*"7"* ]] || fail "the entry is not named: $errors"
	[[ $(rules_of "$BPFFS/v0/deny_list") == "8 5" ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 8 0 0 0
	expect_status 0 pin_maps --carry v0
	[[ -z $(rules_of "$BPFFS/v0/deny_list") ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
	[[ $(readlink "$BPFFS/v0/%meta") == *";carried=${old##*-}"* ]] || fail "$(readlink "$BPFFS/v0/%meta")"
	# With the old map the note of it goes.
	rm "$BPFFS/v0/$old"
	pin_maps v0 >/dev/null
	[[ $(readlink "$BPFFS/v0/%meta") != *carried* ]] || fail "$(readlink "$BPFFS/v0/%meta")"
}

test_what_a_load_left_is_not_brought_in_again_either()
{
	load v0 "$BUILT/carry2.o" >/dev/null
	bpftool map update pinned "$BPFFS/v0/deny_list" key 7 0 0 0 \
		value 0 0 0 0 1 0 0 0 1 0 0 0 0 0 0 0
	bpftool map update pinned "$BPFFS/v0/deny_list" key 8 0 0 0 \
		value 5 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0
	expect_status 3 load --on-mismatch migrate v0 "$BUILT/carry1.o"
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 8 0 0 0
	expect_status 0 pin_maps --carry v0
	[[ -z $(rules_of "$BPFFS/v0/deny_list") ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
}

# Of one map, numbers that came over with a list are not added once more as counters.
test_what_came_over_as_a_list_is_not_counted_again()
{
	load v0 "$BUILT/hooks.o" -s xdp -m skb >/dev/null
	load v0 "$BUILT/hooks.o" -s tc >/dev/null
	send 10
	reload "$BUILT/hooks.o"
	run pin_maps --carry v0
	[[ $output == *"shared     map "*" into flows "*", config"* ]] || fail "$output"
	[[ $(flow_count "$BPFFS/v0/flows") == 20 ]] || fail "$(flow_count "$BPFFS/v0/flows")"
	run pin_maps --class flows=counter v0
	[[ $(flow_count "$BPFFS/v0/flows") == 20 ]] || fail "$(flow_count "$BPFFS/v0/flows")"
}

test_a_class_can_be_said()
{
	ip link set dev v0 xdpgeneric obj "$BUILT/hooks.o" sec xdp
	pin_maps v0 >/dev/null
	send 10
	reload "$BUILT/hooks.o"
	send 5
	expect_status 0 pin_maps --class flows=counter v0
	[[ $output == *"carried "*" into flows "*", counter"* ]] || fail "$output"
	[[ $(flow_count "$BPFFS/v0/flows") == 15 ]] || fail "$(flow_count "$BPFFS/v0/flows")"
	expect_status 1 pin_maps --class flows=nonsense v0
	[[ $errors == *"no such class 'nonsense'; there is config, counter, flow"* ]] || fail "$errors"
	expect_status 1 pin_maps --class flow=counter v0
	[[ $errors == *"the programs on v0 use no such map; they use"*" flows"* ]] || fail "$errors"
	expect_status 1 pin_maps --class flows v0
}

test_a_program_that_goes_on_with_the_old_map_keeps_it()
{
	load v0 "$BUILT/hooks.o" -s xdp -m skb >/dev/null
	load v0 "$BUILT/hooks.o" -s tc >/dev/null
	send 10
	reload "$BUILT/hooks.o"
	# The tc program's map has lost its name: that is refused, as ever.
	expect_status 3 pin_maps --class flows=counter v0
	[[ $output == *"shared     map "*" into flows "* ]] || fail "$output"
	[[ $(flow_count "$BPFFS/v0/flows") == 20 ]] || fail "$(flow_count "$BPFFS/v0/flows")"
	send 1
	[[ $(flow_count "$BPFFS/v0/flows") == 21 ]] || fail "$(flow_count "$BPFFS/v0/flows")"
	[[ $(flow_count "$BPFFS/v0/$(old_maps "$BPFFS/v0")") == 1 ]] || fail "the old one: $(old_maps "$BPFFS/v0")"
	run pin_maps --class flows=counter v0
	[[ $(flow_count "$BPFFS/v0/flows") == 22 ]] || fail "$(flow_count "$BPFFS/v0/flows")"
}

test_a_list_that_a_prepared_program_has_stays_for_it()
{
	local old

	link_xdp v0 "$BUILT/carry1.o"
	pin_maps v0 >/dev/null
	load --no-attach --hook tc_ingress v0 "$BUILT/tc_carry1.o" >/dev/null
	deny 0 8
	old=$(map_id "$BPFFS/v0/deny_list")
	reload "$BUILT/carry1.o"
	expect_status 0 pin_maps --carry v0
	[[ $errors == *"map 'deny_list': program tc_carry1 (id "*"), prepared for tc_ingress, has the old one, which stays for it: the new one is a copy"* ]] ||
		fail "it says: $errors"
	expect_id "$BPFFS/v0/deny_list%old-$old" "$old"
	[[ $(rules_of "$BPFFS/v0/deny_list") == "$(rules_of "$BPFFS/v0/deny_list%old-$old")" ]] || fail "it is no copy"
	# It can be edited, where it is.
	bpftool map update pinned "$BPFFS/v0/deny_list%old-$old" key 0 0 0 0 value 1 0 0 0 0 0 0 0 ||
		fail "it is closed to edits"
}

test_counters_that_another_interface_shares_are_left_to_it()
{
	local old

	make_veth v2
	load --shared -m skb v0 v2 objects/xdp_pass.o >/dev/null
	send 10
	reload objects/xdp_drop.o
	expect_status 3 pin_maps --carry v0
	old=$(old_maps "$BPFFS/v0")
	[[ $output == *"refused    map "*": it is shared by v2, where its counts stay  (stays as $BPFFS/v0/$old)"* ]] ||
		fail "$output"
	expect_counter "$BPFFS/v2/xdp_stats_map" 2 10 1000
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 0 0
	# Once they have gone, it comes over.
	ip link set dev v2 xdpgeneric off
	rm -r "$BPFFS/v2"
	expect_status 0 pin_maps --carry v0
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 10 1000
	expect_nothing_left
}

# The pin of a program that others took off is nobody who counts.
test_counters_that_all_sharers_left_come_to_the_last_one()
{
	make_veth v2
	load --shared -m skb v0 v2 objects/xdp_pass.o >/dev/null
	send 10
	reload objects/xdp_pass.o
	expect_status 3 pin_maps --carry v0
	[[ $output == *"it is shared by v2, where its counts stay"* ]] || fail "$output"
	reload objects/xdp_pass.o v2
	expect_status 0 pin_maps --carry v2
	expect_counter "$BPFFS/v2/xdp_stats_map" 2 10 1000
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 0 0
	expect_nothing_left
	[[ -z $(old_maps "$BPFFS/v2") ]] || fail "left: $(old_maps "$BPFFS/v2")"
}

# One that is prepared, or put on again, is.
test_counters_are_left_to_a_program_of_another_interface_that_may_count()
{
	make_veth v2
	load --shared -m skb v0 v2 objects/xdp_pass.o >/dev/null
	load --no-attach v0 objects/xdp_drop.o >/dev/null
	send 10
	reload objects/xdp_pass.o
	expect_status 3 pin_maps --carry v0
	reload objects/xdp_pass.o v2
	expect_status 3 pin_maps --carry v2
	[[ $output == *"it is shared by v0, where its counts stay"* ]] || fail "$output"
	# What ran there before is put on again.
	ip -force link set dev v0 xdpgeneric pinned "$BPFFS/v0/%progs/xdp/xdp_pass"
	unload --prepared --all v0 >/dev/null
	expect_status 3 pin_maps --carry v2
	[[ $output == *"it is shared by v0"*"where its counts stay"* ]] || fail "$output"
	ip link set dev v0 xdpgeneric off
	expect_status 0 pin_maps --carry v2
	expect_counter "$BPFFS/v2/xdp_stats_map" 2 10 1000
	expect_nothing_left
}

test_a_map_for_all_interfaces_is_left_while_another_one_uses_it()
{
	make_veth v2
	link_xdp v0 objects/pinned/xdp_pass.o
	link_xdp v2 objects/pinned/xdp_pass.o
	pin_maps v0 >/dev/null
	send 10
	reload objects/xdp_drop.o
	expect_status 3 pin_maps --carry v0
	[[ $output == *"refused    map "*": it is shared by v2 (program $(prog_id v2) on xdp), where its counts stay"* ]] ||
		fail "$output"
	expect_counter "$BPFFS/xdp/globals/xdp_stats_map" 2 10 1000
	ip link set dev v2 xdpgeneric off
	expect_status 0 pin_maps --carry v0
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 10 1000
	expect_nothing_left
}

# Nobody else has it pinned: so it stays pinned here.
test_a_map_that_only_a_program_on_another_interface_uses_stays_pinned()
{
	local list

	load v0 "$BUILT/carry1.o" >/dev/null
	list=$(map_id "$BPFFS/v0/deny_list")
	make_veth w0
	ip link set dev w0 xdp pinned "$BPFFS/v0/%progs/xdp/carry1"
	send 10
	ip -force link set dev v0 xdp obj "$BUILT/carry1.o" sec xdp
	expect_status 3 pin_maps --carry v0
	[[ $output == *"refused    map "*": it is shared by w0 (program $(prog_id w0) on xdp), where its counts stay"* ]] ||
		fail "$output"
	[[ $(old_maps "$BPFFS/v0" | grep deny_list) == "deny_list%old-$list" ]] || fail "$(ls "$BPFFS/v0")"
	bpftool map update id "$list" key 7 0 0 0 value 0 0 0 0 1 0 0 0
}

test_content_that_cannot_be_carried_is_named()
{
	ip link set dev v0 xdpgeneric obj "$BUILT/carry_events.o" sec xdp
	pin_maps v0 >/dev/null
	bpftool map push pinned "$BPFFS/v0/waiting" value 1 0 0 0
	reload "$BUILT/carry_events.o"
	expect_status 3 pin_maps --carry v0
	[[ $output == *"refused    map "*" into waiting "*": type: reading a queue or stack empties it"* ]] ||
		fail "$output"
	[[ $output == *"empty      map "*" into events "*": type: it holds events on their way to a reader, not state"* ]] ||
		fail "$output"
	# Of no use any more: nothing would ever take it away.
	[[ $(old_maps "$BPFFS/v0") == waiting%old-* ]] || fail "left: $(old_maps "$BPFFS/v0")"
	[[ $output == *"carried    map "*" into counts "* ]] || fail "$output"
	[[ $(bpftool map dequeue pinned "$BPFFS/v0/$(old_maps "$BPFFS/v0" | grep waiting)") == *"01 00 00 00"* ]] ||
		fail "the queue was emptied"
	[[ $errors == *"bpftool map dequeue pinned $BPFFS/v0/waiting%old-"*"drop it, with all such maps: "*"gc --old"* ]] ||
		fail "$errors"
	gc --old >/dev/null
	expect_status 0 pin_maps --carry v0
	[[ $output != *refused* && -z $errors ]] || fail "$output$errors"
	# What holds no state is no failure.
	rm "$BPFFS/v0/"waiting
	reload "$BUILT/carry_events.o"
	pin_maps v0 >/dev/null
	[[ $(old_maps "$BPFFS/v0") == *"events%old-"* ]] || fail "$(old_maps "$BPFFS/v0")"
	expect_status 0 pin_maps --carry v0
	[[ $output == *"empty      map "* && $output != *refused* ]] || fail "$output"
	expect_nothing_left
}

test_what_holds_events_stays_for_who_uses_it()
{
	local events

	load -m skb v0 "$BUILT/carry_events.o" >/dev/null
	events=$(map_id "$BPFFS/v0/events")
	make_veth w0
	ip link set dev w0 xdpgeneric pinned "$BPFFS/v0/%progs/xdp/carry_events"
	reload "$BUILT/carry_events.o"
	run pin_maps --carry v0
	[[ $(old_maps "$BPFFS/v0") == *"events%old-$events"* ]] || fail "left: $(old_maps "$BPFFS/v0"): $output"
	ip link set dev w0 xdpgeneric off
	run pin_maps --carry v0
	[[ $(old_maps "$BPFFS/v0") != *events* ]] || fail "left: $(old_maps "$BPFFS/v0"): $output"
}

test_what_the_kernel_holds_is_not_said_to_be_carried()
{
	! kernel_before 5.15 || skip "needs timers in maps: this kernel has none"
	link_xdp v0 "$BUILT/timers1.o"
	pin_maps v0 >/dev/null
	reload "$BUILT/timers1.o"
	expect_status 3 pin_maps --carry v0
	grep -q "value.timer  *struct bpf_timer, 16 B at byte 0  *struct bpf_timer, 16 B at byte 0  *anew: " <<<"$errors" || fail "it says: $errors"
	[[ $errors == *"map 'timers' is to be carried over but for what the kernel holds in it:"* ]] || fail "it says: $errors"
	[[ $errors != *"map 'locks'"* ]] || fail "a lock holds nothing: $errors"
	expect_status 0 pin_maps --carry v0
}

test_a_dry_run_carries_nothing()
{
	local before

	link_xdp v0 "$BUILT/carry1.o"
	pin_maps v0 >/dev/null
	send 10
	reload "$BUILT/carry2.o"
	before=$(snapshot)
	expect_status 0 pin_maps --carry --dry-run v0
	[[ $output == *"would carry map "*" into frames_seen "*", counter"* ]] || fail "$output"
	[[ $output == *"would carry map "*" into deny_list "*", config"* ]] || fail "$output"
	expect_unchanged "$before"
	expect_seen 10 0
}

test_a_dry_run_says_what_will_not_fit()
{
	local before

	link_xdp v0 "$BUILT/carry2.o"
	pin_maps v0 >/dev/null
	bpftool map update pinned "$BPFFS/v0/deny_list" key 7 0 0 0 \
		value 0 0 0 0 1 0 0 0 1 0 0 0 0 0 0 0
	reload "$BUILT/carry1.o"
	before=$(snapshot)
	expect_status 3 pin_maps --carry --dry-run v0
	[[ $output == *"would carry map "*" into deny_list "*", config, all but 1: key 7: "* ]] || fail "$output"
	expect_unchanged "$before"
}

test_a_list_that_another_interface_shares_is_copied()
{
	make_veth v2
	load --shared -m skb v0 v2 "$BUILT/carry1.o" >/dev/null
	bpftool map update pinned "$BPFFS/v0/deny_list" key 5 0 0 0 value 0 0 0 0 9 0 0 0
	reload "$BUILT/carry1.o"
	# Its counters are shared as well.
	expect_status 3 pin_maps --carry v0
	[[ $output == *"carried    map "*" into deny_list "*", config"* ]] || fail "$output"
	[[ $(rules_of "$BPFFS/v0/deny_list") == "5 9" ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
	[[ $(rules_of "$BPFFS/v2/deny_list") == "5 9" ]] || fail "$(rules_of "$BPFFS/v2/deny_list")"
	[[ -z $(old_maps "$BPFFS/v0" | grep deny_list) ]] || fail "left: $(old_maps "$BPFFS/v0")"
	# What goes on there is not closed to edits.
	bpftool map update pinned "$BPFFS/v2/deny_list" key 6 0 0 0 value 0 0 0 0 8 0 0 0
}

# Who still has the old map open learns that it is not the list any more.
test_an_edit_of_a_list_that_was_carried_over_is_refused()
{
	local id

	link_xdp v0 "$BUILT/carry1.o"
	pin_maps v0 >/dev/null
	id=$(map_id "$BPFFS/v0/deny_list")
	bpftool prog pin id "$(prog_id v0)" "$BPFFS/held"
	reload "$BUILT/carry1.o"
	pin_maps --carry v0 >/dev/null
	run bpftool map update id "$id" key 5 0 0 0 value 0 0 0 0 9 0 0 0
	[[ $errors == *"Operation not permitted"* ]] || fail "it was taken: $output$errors"
}

# --- killed, and failing

CHANGING_BPF='BPF_(OBJ_PIN|MAP_UPDATE_ELEM|MAP_DELETE_ELEM|MAP_UPDATE_BATCH|PROG_TEST_RUN|PROG_RUN),'

# prepare: ten frames and a rule before the reload by ip, and one frame after it.
prepare()
{
	rm -rf "$BPFFS/v0" "$BPFFS/%ifbpf"
	ip link set dev v0 xdpgeneric off
	link_xdp v0 "$BUILT/carry1.o"
	pin_maps v0 >/dev/null
	send 10
	bpftool map update pinned "$BPFFS/v0/deny_list" key 5 0 0 0 value 0 0 0 0 9 0 0 0
	old_list=$(map_id "$BPFFS/v0/deny_list")
	reload "$BUILT/carry2.o"
	send 1
	new_map=$(prog_maps "$(prog_id v0)" | head -n 1)
}
new_map='' old_list=''

# check AT: whatever was done of it, one more run brings the rest.
check()
{
	expect_status 0 pin_maps --carry v0
	expect_seen 11 0
	[[ $(rules_of "$BPFFS/v0/deny_list") == "5 9" ]] || fail "$1: $(rules_of "$BPFFS/v0/deny_list")"
	expect_nothing_left
}

# In the middle of it the sum of the maps is exact, whatever was done and whatever not. While pins are
# exchanged, one map has two names; and until then the new one has none.
expect_sum()
{
	local file id ids=' ' sum=0 n expected=10

	for file in "$BPFFS/v0/"frames_seen*; do
		id=$(map_id "$file")
		[[ $ids != *" $id "* ]] || continue
		ids+="$id "
		((id != new_map)) || expected=11
		n=$(bpftool map dump pinned "$file" | awk '$1 == "\"passed\":" { sum += $2 } END { print sum + 0 }')
		((sum += n, 1))
	done
	((sum == expected)) || fail "$1: the sum is $sum of $expected"
}

test_killed_anywhere_the_totals_stay_and_a_second_run_completes_them()
{
	local call n k calls points=0

	prepare
	calls=$(calls_of pin_maps --carry v0)
	check "at first"
	while read -r call n k; do
		prepare
		inject "$call" signal=KILL "$n" pin_maps --carry v0
		# All programs of the kernel are asked for, of which there may be fewer by now.
		[[ -n $injected ]] || continue
		((status == 137)) || fail "killed at $call $n: status $status, $errors"
		((++points))
		expect_sum "killed at $call $n"
		check "killed at $call $n"
	done <<<"$calls"
	echo "killed at $points calls" >&2
	((points > 20))
}

test_whose_work_was_killed_is_told()
{
	local n finished=0

	for ((n = 1; ; n++)); do
		prepare
		inject renameat signal=KILL "$n" pin_maps --carry v0
		[[ -n $injected ]] || break
		expect_status 0 gc
		[[ $errors != *"killed 'load'"* ]] || fail "killed at renameat $n: $errors"
		[[ $errors != *"finished what a killed 'pin' began in $BPFFS/v0"* ]] || ((++finished))
	done
	# In the exchange of the pins, and in that by which the old maps go.
	((finished > 3)) || fail "finished $finished times"
}

# What was begun with --carry is finished by whatever comes next.
test_killed_anywhere_after_the_exchange_a_plain_run_completes_it()
{
	local call n k calls points=0

	prepare
	calls=$(calls_of pin_maps --carry v0)
	while read -r call n k; do
		prepare
		inject "$call" signal=KILL "$n" pin_maps --carry v0
		run pin_maps v0
		((status == 0)) || fail "killed at $call $n: status $status, $errors"
		[[ -z $(ls -A "$BPFFS/v0/%carry" 2>/dev/null) ]] || fail "$call $n: $(ls "$BPFFS/v0/%carry")"
		if [[ -z $(old_maps "$BPFFS/v0") ]]; then
			((++points))
			expect_seen 11 0
			[[ $(rules_of "$BPFFS/v0/deny_list") == "5 9" ]] || fail "$call $n: $(rules_of "$BPFFS/v0/deny_list")"
		fi
	done <<<"$calls"
	echo "completed after $points kills" >&2
	((points > 8))
}

# After a kill in the middle, the next run tells what was deleted since from what is still to come;
# only of the entry that was just added, and not noted yet, can it not know.
test_killed_anywhere_what_is_deleted_then_does_not_come_back()
{
	local call n k calls points=0 came_back=0

	prepare
	calls=$(calls_of pin_maps --carry v0)
	while read -r call n k; do
		prepare
		inject "$call" signal=KILL "$n" pin_maps --carry v0
		# It was published, and has the rule.
		[[ $(map_id "$BPFFS/v0/deny_list") != "$old_list" &&
			$(rules_of "$BPFFS/v0/deny_list") == "5 9" ]] || continue
		((++points))
		bpftool map delete pinned "$BPFFS/v0/deny_list" key 5 0 0 0
		expect_status 0 pin_maps --carry v0
		[[ -z $(rules_of "$BPFFS/v0/deny_list") ]] || ((++came_back))
		expect_nothing_left
	done <<<"$calls"
	echo "deleted after $points kills, came back after $came_back" >&2
	((points > 3 && came_back <= 1))
}

test_failing_anywhere_the_totals_stay_and_a_second_run_completes_them()
{
	local call n k calls errno points=0

	prepare
	calls=$(calls_of pin_maps --carry v0)
	while read -r call n k; do
		for errno in ENOMEM EPERM; do
			prepare
			inject "$call" "error=$errno" "$n" pin_maps --carry v0
			[[ -n $injected ]] || continue
			((status == 0 || status == 2 || status == 3)) || fail "$call $n $errno: status $status, $errors"
			# What EPERM shuts, says it on the line of the map.
			((status == 0)) || [[ $errors == *"pin_maps: cannot "* ||
				$output == *"refused "*CAP_SYS_ADMIN* ]] || fail "$call $n $errno: no message: $errors"
			((++points))
			expect_sum "$errno at $call $n"
			check "$errno at $call $n"
		done
	done <<<"$calls"
	echo "failed at $points points" >&2
	((points > 40))
}

# acl_reload: as a loader that makes new maps does it.
acl_reload() { reload objects/xdp_acl.o; }

expect_dropped()
{
	local before

	before=$(dropped)
	from 1 "$1" 100
	[[ $(dropped) == $((before + $1)) ]] || fail "$(dropped) are dropped, expected $((before + $1))"
}

test_lists_of_acl_are_carried_over_with_what_is_in_them()
{
	local n

	link_xdp v0 objects/xdp_acl.o
	pin_maps v0 >/dev/null
	acl v0 --list bad add 192.0.2.1 2001:db8::/32
	expect_dropped 3
	# However often, there is nothing left of the old ones.
	for n in 1 2 3; do
		acl_reload
		expect_status 0 pin_maps --carry --dry-run v0
		[[ $output == *"would carry map "*" into acl_sets6 "* ]] || fail "$output"
		expect_status 0 pin_maps --carry v0
		[[ $output == *"carried    map "*" into acl_sets4 (id "*"), config"* && $output == *" into acl_xnext "* ]] ||
			fail "$output"
		expect_nothing_left
		expect_dropped 2
	done
	[[ $(acl v0) == *"deny "*" list bad "*"1 IPv4 addresses  1 IPv6 prefixes"* ]] || fail "$(acl v0)"
	acl v0 --list bad del 192.0.2.1
	from 1 2 100
	[[ $(passed) == 2 ]] || fail "$(passed) passed"
}

# Its object says that only tools write it: nothing can have been counted there meanwhile.
test_of_rules_that_come_over_nothing_is_said_to_be_lost()
{
	link_xdp v0 objects/xdp_acl.o
	pin_maps v0 >/dev/null
	acl v0 add 192.0.2.1 src deny
	acl_reload
	expect_status 0 pin_maps --carry v0
	[[ -z $errors ]] || fail "$errors"
	expect_dropped 2
	expect_nothing_left
}

# A map of maps and what names it must not disagree for one packet.
test_no_packet_sees_half_a_list_that_is_carried_over()
{
	link_xdp v0 objects/xdp_acl.o
	pin_maps v0 >/dev/null
	acl v0 --list good add 192.0.2.1 allow
	acl v0 policy drop
	from 1 2 100
	[[ $(passed) == 2 ]] || fail "$(passed) passed"
	acl_reload
	pin_maps v0 >/dev/null
	while :; do
		from 1 10 100
	done &
	# A kernel may have kept no tags of its maps, which are lists.
	expect_status 0 pin_maps --carry --object objects/xdp_acl.o v0
	kill $!
	[[ $(dropped) == 0 ]] || fail "$(dropped) are dropped"
	expect_nothing_left
}

# Killed anywhere, what came over already is no list without its addresses, and the next run goes on.
test_carrying_the_lists_of_acl_over_survives_a_kill()
{
	local n calls

	need strace
	link_xdp v0 objects/xdp_acl.o
	pin_maps v0 >/dev/null
	acl v0 --list good add 192.0.2.1 allow
	acl v0 policy drop
	acl_reload
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o "$TMPDIR/calls" -e trace=bpf \
		pin_maps --carry v0 >/dev/null
	calls=$(wc -l <"$TMPDIR/calls")
	# Where maps are put into slots, and a few others.
	for n in $(grep -n 'BPF_MAP_UPDATE_ELEM' "$TMPDIR/calls" | cut -d: -f1 | head -n 6) \
		$((calls / 4)) $((calls / 2)) $((calls * 3 / 4)) $((calls - 20)) $((calls - 5)); do
		acl_reload
		with_fault bpf:signal=KILL:when="$n" pin_maps --carry v0 >/dev/null 2>&1 || true
		from 1 2 100
		[[ $(dropped) == 0 ]] || fail "killed at call $n of $calls: $(dropped) are dropped"
		run pin_maps v0
		[[ $errors != *"may be lost"* ]] || fail "after the kill at call $n of $calls: $errors"
		from 1 2 100
		[[ $(dropped) == 0 ]] || fail "after the kill at call $n of $calls: $(dropped) are dropped"
		expect_status 0 pin_maps --carry v0
		expect_nothing_left
		[[ $(acl v0) == *"list good "*"policy drop"* ]] || fail "after call $n of $calls: $(acl v0)"
	done
}

test_lists_that_were_edited_in_both_are_not_mixed()
{
	local old

	link_xdp v0 objects/xdp_acl.o
	pin_maps v0 >/dev/null
	acl v0 --list bad add 192.0.2.1 2001:db8::/32
	acl_reload
	old=$(map_id "$BPFFS/v0/acl_sets6")
	pin_maps v0 >/dev/null
	# It has the slot of the other list, and nothing of IPv6.
	acl v0 --list good add 198.51.100.1 allow
	# A kernel may have kept no tags of its maps, which are lists.
	expect_status 3 pin_maps --carry --object objects/xdp_acl.o v0
	[[ $output == *"partly "*"into acl_sets6 "*"all but 1: slot 0: what belongs to it was set in the new maps meanwhile  (stays as $BPFFS/v0/acl_sets6%old-$old)"* ]] ||
		fail "$output"
	[[ $errors == *"map 'acl_tops4': 1 map in it stays in %old-"*": slot 0: the new one has map "* &&
		$errors == *"hint: look at it: bpftool map dump pinned $BPFFS/v0/acl_sets6%old-$old"* ]] || fail "$errors"
	[[ $(acl v0) == *"allow "*" list good "*"1 IPv4 addresses  0 IPv6 prefixes"* ]] || fail "$(acl v0)"
	# It was said.
	expect_status 0 pin_maps --carry --object objects/xdp_acl.o v0
}

test_maps_inside_that_the_new_one_does_not_take_stay()
{
	link_xdp v0 "$BUILT/inner1.o"
	pin_maps v0 >/dev/null
	bpftool map create "$BPFFS/inside" type hash key 4 value 8 entries 8 name inside
	bpftool map update pinned "$BPFFS/v0/sizes" key 7 0 0 0 value pinned "$BPFFS/inside"
	bpftool map update pinned "$BPFFS/inside" key 100 0 0 0 value 0 0 0 0 0 0 0 0
	reload "$BUILT/inner2.o"
	expect_status 3 pin_maps --carry v0
	[[ $output == *"partly "*" into sizes "*"slot 7: the new one takes maps of another definition than map "* &&
		$output == *"carried "*" into kinds "* ]] || fail "$output"
	reload "$BUILT/inner1.o"
	pin_maps v0 >/dev/null
	bpftool map update pinned "$BPFFS/v0/sizes" key 7 0 0 0 value pinned "$BPFFS/inside"
	reload "$BUILT/inner1.o"
	expect_status 0 pin_maps --carry v0
	send 1
	[[ $(bpftool map dump pinned "$BPFFS/v0/sizes") == *7* ]] || fail "$(bpftool map dump pinned "$BPFFS/v0/sizes")"
}

test_maps_inside_of_other_types_and_the_same_sizes_stay()
{
	link_xdp v0 "$BUILT/slots1.o"
	pin_maps v0 >/dev/null
	reload "$BUILT/slots3.o"
	expect_status 3 pin_maps --carry v0
	[[ $output == *"partly "*" into filled "*"all but 1: slot 0: the new one takes maps of other types than map "* ]] ||
		fail "$output"
}
