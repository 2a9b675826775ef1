# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Filters of tc by the plugin whose programs have a program array: the pin is that of what runs.
export TC_LIB_DIR=compat

# filter VERB HOOK WORD...: of v0, with the place that a test needs.
filter() { tc filter "$1" dev v0 "$2" pref 10 handle 1 ifbpf da "${@:3}"; }

# left: what replacements left in the directory of v0.
left() { find "$BPFFS/v0" -name '*%old-*' -printf '%P\n'; }

# refused OBJECT: a second filter that the kernel does not take.
refused()
{
	expect_fail "cannot add the filter: " tc filter add dev v0 ingress protocol ip pref 10 handle 5 \
		ifbpf da obj "$1"
}

# put_next LINK [PROGRAM]: what is to follow.
put_next()
{
	bpftool map update pinned "$BPFFS/v0/$1" key 0 0 0 0 value pinned "$BPFFS/v0/%progs/tc_ingress/${2-tc_drop}"
}

test_a_refused_filter_leaves_the_link_of_the_one_that_runs()
{
	local id
	tc qdisc add dev v0 clsact
	load --no-attach v0 objects/tc_drop.o
	filter add ingress obj objects/tc_parse.o
	id=$(map_id "$BPFFS/v0/parse_tnext")
	refused objects/tc_parse.o
	[[ $(map_id "$BPFFS/v0/parse_tnext") == "$id" && -z $(left) ]] || fail "$(left)"
	put_next parse_tnext
	send 3
	expect_counter "$BPFFS/v0/tc_stats_map" 2 3 300
	expect_status 0 status v0
	[[ $output != *stale* ]] || fail "$output"
}

test_filters_beside_each_other_have_one_link()
{
	tc qdisc add dev v0 clsact
	load --no-attach v0 objects/tc_drop.o
	filter add ingress obj objects/tc_parse.o
	tc filter add dev v0 ingress pref 20 handle 1 ifbpf da obj objects/tc_parse.o
	put_next parse_tnext
	send 1
	expect_counter "$BPFFS/v0/tc_stats_map" 2 1 100
	tc filter del dev v0 ingress pref 10 handle 1 ifbpf
	send 1
	expect_counter "$BPFFS/v0/tc_stats_map" 2 2 200
	expect_status 0 pin_maps v0
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

# By hand as well.
test_what_is_prepared_and_taken_back_leaves_the_link_of_what_runs()
{
	local id
	load --mode skb v0 objects/xdp_parse.o
	id=$(map_id "$BPFFS/v0/parse_xnext")
	load --no-attach v0 objects/xdp_parse.o
	unload --prepared --all v0
	[[ $(map_id "$BPFFS/v0/parse_xnext") == "$id" && -z $(left) ]] || fail "$(left)"
	expect_status 0 status v0
	[[ $output != *stale* ]] || fail "$output"
}
