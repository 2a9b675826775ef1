# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # set by run
# Filters of tc by the plugin whose programs have a program array: the pin is that of what runs.
. tests/faults.sh
export TC_LIB_DIR=compat

# filter VERB HOOK WORD...: of v0, with the place that a test needs.
filter() { tc filter "$1" dev v0 "$2" pref 10 handle 1 ifbpf da "${@:3}"; }

JUMPS=build/tests/bpf/tc_jumps.o

# left: what replacements left in the directory of v0.
left() { find "$BPFFS/v0" -name '*%old-*' -printf '%P\n'; }

# refused WORD...: a second filter that the kernel does not take.
refused()
{
	expect_fail "cannot add the filter: " tc filter add dev v0 ingress protocol ip pref 10 handle 5 \
		ifbpf da obj "$@"
}

# drop_next LINK: tc_drop is to follow.
drop_next()
{
	bpftool map update pinned "$BPFFS/v0/$1" key 0 0 0 0 value pinned "$BPFFS/v0/%progs/tc_ingress/tc_drop"
}

# expect_array NAME ID: it is pinned, nothing is left beside it, and the program that runs has it.
expect_array()
{
	[[ $(map_id "$BPFFS/v0/$1") == "$2" && -z $(left) ]] || fail "$(map_id "$BPFFS/v0/$1") rather than $2, $(left)"
	expect_status 0 status v0
	[[ $output != *stale* && $output != *orphan* ]] || fail "$output"
}

test_a_refused_filter_leaves_the_link_of_the_one_that_runs()
{
	local id
	tc qdisc add dev v0 clsact
	filter add ingress obj objects/tc_parse.o
	id=$(map_id "$BPFFS/v0/parse_tnext")
	refused objects/tc_parse.o
	expect_array parse_tnext "$id"
	load --no-attach v0 objects/tc_drop.o
	drop_next parse_tnext
	send 3
	expect_counter "$BPFFS/v0/tc_stats_map" 2 3 300
}

# It is made anew, since the object fills it, and what runs must not see that.
test_a_refused_filter_gives_the_name_of_an_array_back()
{
	local id
	tc qdisc add dev v0 clsact
	filter add ingress obj "$JUMPS" program jumps_main
	id=$(map_id "$BPFFS/v0/jumps")
	refused "$JUMPS" program jumps_main
	expect_array jumps "$id"
	expect_status 0 pin_maps v0
	send 2
	expect_counter "$BPFFS/v0/tc_stats_map" 2 2 200
}

test_replacements_leave_no_array_behind()
{
	local i
	tc qdisc add dev v0 clsact
	for i in 1 2 3; do
		filter replace ingress obj "$JUMPS" program jumps_main
		expect_array jumps "$(map_id "$BPFFS/v0/jumps")"
	done
}

# The array that has the name is not that of what goes.
test_an_array_whose_program_runs_stays_when_another_is_taken_back()
{
	local id
	tc qdisc add dev v0 clsact
	filter add ingress obj "$JUMPS" program jumps_main
	tc filter add dev v0 ingress pref 20 handle 1 ifbpf da obj "$JUMPS" program jumps_main
	id=$(map_id "$BPFFS/v0/jumps")
	tc filter del dev v0 ingress pref 10 handle 1 ifbpf
	expect_array jumps "$id"
}

# As after a tc that was killed between the steps.
test_what_is_prepared_gives_the_name_of_an_array_back()
{
	local id before
	tc qdisc add dev v0 clsact
	filter add ingress obj "$JUMPS" program jumps_main
	id=$(map_id "$BPFFS/v0/jumps")
	load --no-attach -n jumps_main v0 "$JUMPS"
	[[ $(left) == *jumps%old-$id* ]] || fail "$(left)"
	before=$(find "$BPFFS/v0" | sort)
	expect_status 0 unload --dry-run --prepared --all v0
	[[ $output == *", 1 pin would be dropped" && $(find "$BPFFS/v0" | sort) == "$before" ]] || fail "$output"
	expect_status 0 unload --prepared --all v0
	[[ $output == *"program jumps_main id "*" removed, 1 pin dropped" ]] || fail "$output"
	expect_array jumps "$id"
	# A record that names what is pinned.
	expect_status 0 pin_maps v0
	unload v0
	load v0 -n jumps_main "$JUMPS"
}

test_filters_beside_each_other_have_one_link()
{
	local id
	tc qdisc add dev v0 clsact
	load --no-attach v0 objects/tc_drop.o
	filter add ingress obj objects/tc_parse.o
	id=$(map_id "$BPFFS/v0/parse_tnext")
	tc filter add dev v0 ingress pref 20 handle 1 ifbpf da obj objects/tc_parse.o
	[[ $(map_id "$BPFFS/v0/parse_tnext") == "$id" && -z $(left | grep tnext) ]] || fail "$(left)"
	drop_next parse_tnext
	send 1
	expect_counter "$BPFFS/v0/tc_stats_map" 2 1 100
	# The first of them handed it on.
	[[ $(counter "$BPFFS/v0/parse_twent" 0) == "1 100" ]] || fail "$(counter "$BPFFS/v0/parse_twent" 0)"
	expect_status 0 pin_maps v0
	tc filter del dev v0 ingress pref 10 handle 1 ifbpf
	send 1
	expect_counter "$BPFFS/v0/tc_stats_map" 2 2 200
}

test_replacements_leave_no_link_behind()
{
	local i
	tc qdisc add dev v0 clsact
	for i in 1 2 3; do
		filter replace ingress obj objects/tc_acl.o
		[[ -z $(left) ]] || fail "after $i: $(left)"
	done
}

# By hand as well; and of another kind than what runs, it has one of its own meanwhile.
test_what_is_prepared_and_taken_back_leaves_the_link_of_what_runs()
{
	local object id
	load --mode skb v0 objects/xdp_parse.o
	id=$(map_id "$BPFFS/v0/parse_xnext")
	for object in objects/xdp_parse.o "$(other_build xdp_parse)"; do
		load --no-attach v0 "$object"
		unload --prepared --all v0
		expect_array parse_xnext "$id"
	done
}

prepare_beside()
{
	unload --prepared --all v0
	load --no-attach -n jumps_main v0 "$JUMPS"
} >/dev/null 2>&1

# The next run finishes what was begun, or does it.
expect_name_given_back()
{
	[[ -e $BPFFS/v0/jumps ]] || fail "nothing has the name: $(left)"
	expect_status 0 unload --prepared --all v0
	expect_array jumps "$array"
	expect_no_stage
}

test_killed_anywhere_the_next_run_gives_the_name_back()
{
	load -n jumps_main v0 "$JUMPS" >/dev/null
	array=$(map_id "$BPFFS/v0/jumps")
	kill_everywhere "$CHANGING_CALLS" prepare_beside unload --prepared --all v0 -- expect_name_given_back
	echo "killed at $points points" >&2
	((points > 10)) || fail "killed at $points points only"
}

# Without CAP_SYS_ADMIN what runs is known by its pins.
test_three_capabilities_are_enough_to_give_the_name_back()
{
	local id
	ulimit -l unlimited 2>/dev/null || true # which counts before 5.11
	tc qdisc add dev v0 clsact
	filter add ingress obj "$JUMPS" program jumps_main
	id=$(map_id "$BPFFS/v0/jumps")
	expect_fail "cannot add the filter: " setpriv --bounding-set "-all,+net_admin,+bpf,+perfmon" \
		--inh-caps -all --no-new-privs tc filter add dev v0 ingress protocol ip pref 10 handle 5 \
		ifbpf da obj "$JUMPS" program jumps_main
	expect_array jumps "$id"
}
