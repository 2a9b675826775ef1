# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Config tools name programs that have maps of their own beside the pinned ones.
# shellcheck disable=SC2154 # $output and $errors are set by expect_status

SENDER=02:00:00:00:00:77

TOOLS=(acl ratelimit rewrite redirect forward)

# apart NAME: its XDP and tc program are on v0, by stock ip and tc, and adopted.
apart()
{
	link_xdp v0 "objects/xdp_$1.o"
	link_tc v0 ingress "objects/tc_$1.o"
	expect_status 3 pin_maps v0 # those of tc are named, and not pinned
}

# tc_prog HOOK: the id of the only program of clsact there.
tc_prog() { tc -j filter show dev v0 "$1" | grep -o '"id":[0-9]*' | head -n 1 | cut -d: -f2; }

# expect_named HOOK PROGRAM COMMAND...: it is done, and says that.
expect_named()
{
	local hook=$1 program=$2

	shift 2
	expect_status 0 "$@"
	[[ $errors == "$1: program $program (id "*") on $hook of v0 has a map '"*"' of its own, id "*": what is set in \
$BPFFS/v0 is not for it"* && $(grep -c "' of its own" <<<"$errors") == 1 ]] || fail_run "expected $program on $hook" "$@"
}

test_each_tool_names_a_program_with_maps_of_its_own()
{
	local tool

	for tool in "${TOOLS[@]}"; do
		apart "$tool"
		expect_named tc_ingress "tc_$tool" "$tool" v0
		[[ $errors == *"(id $(tc_prog ingress)) on "* ]] || fail "$tool: $errors"
		[[ $errors == *"  hint: load it so that it shares the pinned maps, and leaves behind what its own have: \
load --replace v0 objects/tc_$tool.o"*\
"hint: or by ip and tc, its pinned build, after: eval \"\$(iproute2_env v0)\""* ]] || fail "$tool: $errors"
		expect_status 0 load --replace v0 "objects/tc_$tool.o"
		expect_status 0 "$tool" v0
		[[ -z $errors ]] || fail "$tool still says: $errors"
		unload --all v0 >/dev/null
		find "$BPFFS/v0" -type f -delete
	done
}

# What is said is true: the list does not hold on that hook; and with the hint it does.
test_a_pin_of_another_shape_gives_way_to_the_map_of_what_runs()
{
	load v0 objects/xdp_rewrite.o >/dev/null
	rewrite v0 add vlan 5 pop
	bpftool map create "$BPFFS/other" type array key 4 value 8 entries 4 name rewrite_shapes
	mv -f "$BPFFS/other" "$BPFFS/v0/rewrite_shapes"
	expect_status 2 rewrite v0
	[[ $errors == *"cannot use map 'rewrite_shapes' of v0: its type is array, key 4, value 8 bytes; expected "*"
rewrite: map 'rewrite_shapes', id "*", of program xdp_rewrite (id "*") on xdp of v0 is not pinned
  hint: pin it: pin_maps v0" ]] || fail "$errors"
	${errors##*pin it: } >/dev/null
	expect_status 0 rewrite v0 save
	[[ $output == "vlan 5 pop" && -z $errors ]] || fail "$output$errors"
	# Where nothing runs there is nothing to pin.
	bpftool map create "$BPFFS/other" type array key 4 value 8 entries 4 name rewrite_shapes
	mv -f "$BPFFS/other" "$BPFFS/v0/rewrite_shapes"
	unload v0 >/dev/null
	expect_status 2 rewrite v0
	[[ $errors == *"  hint: load it first: load v0 objects/xdp_rewrite.o" ]] || fail "$errors"
}

test_what_is_set_holds_where_maps_are_shared()
{
	apart acl
	expect_named tc_ingress tc_acl acl v0 add "$SENDER"
	ip link set dev v0 xdpgeneric off
	send 3 100 "$SENDER"
	expect_counter "$BPFFS/v0/tc_stats_map" 9 3 300
	load --replace v0 objects/tc_acl.o >/dev/null
	send 2 100 "$SENDER"
	expect_counter "$BPFFS/v0/tc_stats_map" 2 2 200
}

test_the_directory_as_a_hint_serves_ip_and_tc()
{
	[[ $(sed -n 's/^IP_LIBBPF := //p' config.mk) != none ]] || skip "this ip has no libbpf"
	apart acl
	expect_named tc_ingress tc_acl acl v0
	eval "$(iproute2_env v0)"
	link_tc v0 ingress objects/pinned/tc_acl.o
	expect_status 0 acl v0
	[[ -z $errors ]] || fail "$errors"
}

test_egress_has_hints_of_its_own()
{
	link_xdp v0 objects/xdp_acl.o
	link_tc v0 egress objects/tc_acl.o
	pin_maps v0 >/dev/null
	expect_named tc_egress tc_acl acl v0
	[[ $errors == *": load --replace --hook tc_egress v0 objects/tc_acl.o"*"iproute2_env --egress v0"* ]] || fail "$errors"
	eval "$(sed -n 's/^  hint: first remove the pins of its own maps: //p' <<<"$errors")"
	load --replace --hook tc_egress v0 objects/tc_acl.o >/dev/null
	expect_status 0 acl v0
	[[ -z $errors ]] || fail "$errors"
}

# Only the maps of another definition are apart then, which are not the first.
test_a_program_that_has_not_followed_an_upgrade_is_named()
{
	load v0 objects/xdp_acl.o >/dev/null
	load v0 objects/tc_acl.o >/dev/null
	expect_status 0 acl v0 add "$SENDER"
	[[ -z $errors ]] || fail "$errors"
	load --on-mismatch migrate v0 build/tests/bpf/acl_grown.o >/dev/null 2>&1
	expect_named tc_ingress tc_acl acl v0
	[[ $errors == *"map 'acl_macs' of its own"*"hint: upgrade it as well, it then has the same maps: \
load --on-mismatch migrate --hook tc_ingress v0 objects/tc_acl.o"* ]] || fail "$errors"
}

test_who_may_not_look_is_told_nothing()
{
	chmod 711 "$BPFFS"
	apart ratelimit
	pin_maps --group nogroup v0 >/dev/null || true
	chmod 711 "$BPFFS"
	expect_status 0 setpriv --reuid 65534 --regid "$(getent group nogroup | cut -d: -f3)" --clear-groups \
		--bounding-set -all --inh-caps -all --no-new-privs "$PWD/scripts/ratelimit" v0
	[[ -z $errors ]] || fail "$errors"
}

test_a_devmap_that_waits_for_its_pin_is_told()
{
	add_veth w0 02:00:00:00:00:03 10.0.1.1 peer w1 02:00:00:00:00:04 10.0.1.2
	in_peer ethtool -K v1 tx off >/dev/null
	eval "$(iproute2_env v0)"
	link_xdp v0 objects/pinned/xdp_redirect.o
	expect_status 0 redirect v0
	[[ $errors == "redirect: map 'tx_port', id "*" of program xdp_redirect (id $(prog_id v0)) on xdp of v0 is not pinned
  hint: pin it: pin_maps v0" ]] || fail "$errors"
	expect_status 2 redirect v0 w0 02:00:00:00:00:02=02:00:00:00:00:04
	[[ $errors == *"cannot redirect v0 without its map 'tx_port'"* ]] || fail "$errors"
	pin_maps v0 >/dev/null
	expect_status 0 redirect v0 w0 02:00:00:00:00:02=02:00:00:00:00:04
	[[ -z $errors ]] || fail "$errors"
}

# Where the maps of egress alone have the rules, no hint is to remove these.
test_rules_that_egress_alone_has_are_to_be_brought_over_first()
{
	load -m skb v0 objects/xdp_acl.o >/dev/null
	load --hook tc_egress v0 objects/tc_acl.o >/dev/null
	acl v0 add 10.1.1.1
	ip -force link set dev v0 xdpgeneric obj objects/xdp_acl.o sec xdp
	pin_maps v0 >/dev/null
	expect_named tc_egress tc_acl acl v0
	[[ $errors == *"  hint: bring over first what one of the hooks alone has now: pin_maps --carry v0"* &&
		$errors != *"-delete"* && $errors != *"leaves behind"* ]] || fail "$errors"
	# What is hinted at, and then what is hinted at after that.
	expect_status 0 pin_maps --carry v0
	expect_named tc_egress tc_acl acl v0
	eval "$(sed -n 's/^  hint: first remove the pins of its own maps: //p' <<<"$errors")"
	load --replace --hook tc_egress v0 objects/tc_acl.o >/dev/null
	expect_status 0 acl v0
	[[ $output == *"deny "*"10.1.1.1"* && -z $errors ]] || fail "$output$errors"
}
