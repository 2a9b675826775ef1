# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # $output and $errors are set by run, in lib.sh
# compat/iproute2_env: stock ip and tc pin, and find, maps in the interface's directory.

test_reloads_by_ip_keep_one_map_and_go_on_counting()
{
	local id
	eval "$(iproute2_env v0)"
	ip link set dev v0 xdpgeneric obj objects/pinned/xdp_pass.o sec xdp
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	send 3
	ip -force link set dev v0 xdpgeneric obj objects/pinned/xdp_pass.o sec xdp
	send 2
	ip -force link set dev v0 xdpgeneric obj objects/pinned/xdp_pass.o sec xdp
	[ "$(map_id "$BPFFS/v0/xdp_stats_map")" = "$id" ] || fail "another map was made"
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 5 500
	pin_maps v0 | grep -q "^kept *xdp *xdp_stats_map *id $id " || fail "pin_maps sees another map"
}

test_tc_shares_the_directory_and_egress_has_statistics_of_its_own()
{
	local ingress egress
	tc qdisc add dev v0 clsact
	eval "$(iproute2_env v0)"
	ip link set dev v0 xdpgeneric obj objects/pinned/xdp_pass.o sec xdp
	tc filter add dev v0 ingress pref 10 handle 1 bpf da obj objects/pinned/tc_pass.o sec tc
	eval "$(iproute2_env --egress v0)"
	tc filter add dev v0 egress pref 10 handle 1 bpf da obj objects/pinned/tc_pass.o sec tc
	ingress=$(map_id "$BPFFS/v0/tc_stats_map")
	egress=$(map_id "$BPFFS/v0/%egress/tc_stats_map")
	[ -e "$BPFFS/v0/xdp_stats_map" ] || fail "ip pinned elsewhere: $(find "$BPFFS")"
	[ "$ingress" != "$egress" ] || fail "ingress and egress share map $ingress"
	[ ! -e "$BPFFS/tc/globals/tc_stats_map" ] || fail "tc pinned in its global directory"
}

test_an_egress_program_finds_the_flat_maps()
{
	local flat
	tc qdisc add dev v0 clsact
	eval "$(iproute2_env v0)"
	ip link set dev v0 xdpgeneric obj objects/pinned/xdp_pass.o sec xdp
	flat=$(map_id "$BPFFS/v0/xdp_stats_map")
	iproute2_env --egress v0 >/dev/null
	[ "$(map_id "$BPFFS/v0/%egress/xdp_stats_map")" = "$flat" ] ||
		fail "%egress/ does not lead to the flat map"
}

# What tc pins in %egress/ is all there is: no pin_maps ran.
test_each_tool_configures_what_tc_pinned_on_egress()
{
	local line

	for line in "acl acl list" "ratelimit ratelimit list" "rewrite rewrite list" "redirect redirect" \
		"forward forward status" "chain chain list --tc" "parse top"; do
		# shellcheck disable=SC2086 # words
		set -- $line
		eval "$(iproute2_env --egress v0)"
		link_tc v0 egress "objects/pinned/tc_$1.o"
		expect_status 0 "$2" v0 "${@:3}"
		[[ -z $errors ]] || fail_run "it said something" "$2" v0 "${@:3}"
		tc filter del dev v0 egress
		expect_status 0 "$2" v0 "${@:3}"
		[[ $errors == *"nothing is attached to v0: no program uses map"* || $2 == chain ]] ||
			fail_run "the program is gone" "$2" v0 "${@:3}"
		rm -r "$BPFFS/v0"
	done
}

test_a_rule_for_what_tc_pinned_on_egress_holds()
{
	eval "$(iproute2_env --egress v0)"
	link_tc v0 egress objects/pinned/tc_acl.o
	expect_status 0 acl v0 add "$V1_MAC" dst
	send_out 3 100
	expect_counter "$BPFFS/v0/%egress/tc_stats_map" 2 3 300
	# The flat pin of another program comes first, as soon as there is one.
	load v0 objects/xdp_acl.o >/dev/null
	expect_status 0 acl v0
	[[ $output == "policy pass" && $errors == *"program tc_acl (id "*") on tc_egress of v0 has a map "* ]] ||
		fail_run "the rules of egress" acl v0
}

test_redirect_lists_what_tc_pinned_on_egress()
{
	eval "$(iproute2_env --egress v0)"
	link_tc v0 egress objects/pinned/tc_redirect.o
	expect_status 0 redirect list
	[[ $output == v0* ]] || fail_run "v0 is missing" redirect list
}

test_the_path_is_quoted_for_the_shell()
{
	local name="a;netns=9"
	ip link add "$name" type veth peer name q1
	eval "$(iproute2_env "$name")"
	[ "$TC_BPF_MNT" = "$BPFFS/a%3Bnetns%3D9" ] || fail "got $TC_BPF_MNT"
	mkdir "/run/it's"
	mount -t bpf bpf "/run/it's"
	eval "$(IFBPF_BPFFS="/run/it's" iproute2_env v0)"
	[ "$TC_BPF_MNT" = "/run/it's/v0" ] || fail "got $TC_BPF_MNT"
}

test_a_second_call_changes_nothing()
{
	local before
	iproute2_env v0 >/dev/null
	before=$(find "$BPFFS" -printf '%p %i %l %M\n')
	iproute2_env v0 >/dev/null
	[ "$(find "$BPFFS" -printf '%p %i %l %M\n')" = "$before" ] || fail "something changed"
}

test_nothing_is_printed_on_failure()
{
	expect_fail "cannot find interface nope" iproute2_env nope
	[ -z "$(iproute2_env nope 2>/dev/null)" ] || fail "eval would have run something"
	expect_fail "Operation not permitted" as_user iproute2_env v0
}
