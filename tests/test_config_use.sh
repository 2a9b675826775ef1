# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
# The tools that configure maps say so if no program that is attached uses what is pinned.

# The tools: what makes their maps, and a verb that reads them.
TOOLS=("acl acl list" "ratelimit ratelimit list" "rewrite rewrite list" "redirect redirect"
	"forward forward status" "chain chain list" "top parse")

# each_tool FUNCTION: call it with TOOL OBJECT [VERB], with maps and program of its own on v0.
each_tool()
{
	local line

	for line in "${TOOLS[@]}"; do
		# shellcheck disable=SC2086 # words
		set -- "$1" $line
		load v0 "objects/xdp_$3.o" >/dev/null
		"$1" "${@:2}"
		unload v0 --all >/dev/null 2>&1 || true
		ip link set dev v0 xdp off
		rm -r "$BPFFS/v0"
	done
}

# expect_said STALE TEXT HINT COMMAND...: it is done; on stderr is one note with TEXT, and a hint, or
# nothing at all if TEXT is empty. STALE is what its JSON says.
expect_said()
{
	local stale=$1 text=$2 hint=$3 tool=$4

	shift 3
	expect_status 0 "$@"
	if [[ -z $text ]]; then
		[[ -z $errors ]] || fail_run "it said something" "$@"
	else
		[[ $errors == "$tool: "*"$text"*$'\n'"  hint: "*"$hint" && $(wc -l <<<"$errors") == 2 ]] ||
			fail_run "expected: $text, hint: $hint" "$@"
	fi
	expect_status 0 "$tool" -j "${@:2}"
	[[ $output == *"\"stale\":$stale"* ]] || fail_run "expected stale $stale" "$@"
}

goes_stale()
{
	local tool=$1 object=$2

	shift 2
	expect_said false "" "" "$tool" v0 "$@"
	ip -force link set dev v0 xdp obj "objects/xdp_$object.o" sec xdp
	expect_said true "is stale: program id $(prog_id v0) (xdp_$object), which runs on v0, uses another one" \
		"pin what is in use: pin_maps v0" "$tool" v0 "$@"
	rm -r "$BPFFS/v0/%progs/xdp/xdp_$object"
	ip -force link set dev v0 xdp obj objects/xdp_pass.o sec xdp
	expect_said true "no program that is attached to v0 uses map" \
		"load one: load v0 objects/xdp_$object.o" "$tool" v0 "$@"
}

test_each_tool_says_that_another_program_runs()
{
	# Or forward says what is lost.
	peer_gro
	in_peer ethtool -K v1 tx off >/dev/null
	each_tool goes_stale
}

is_detached()
{
	local tool=$1 object=$2

	shift 2
	ip link set dev v0 xdp off
	expect_said true "program xdp_$object of v0, which uses map" \
		"attach it: load v0 objects/xdp_$object.o" "$tool" v0 "$@"
	rm -r "$BPFFS/v0/%progs/xdp/xdp_$object"
	expect_said true "nothing is attached to v0: no program uses map" \
		"load one: load v0 objects/xdp_$object.o" "$tool" v0 "$@"
}

test_each_tool_says_that_nothing_is_attached() { each_tool is_detached; }

came_anew()
{
	local tool=$1 object=$2

	shift 2
	load w0 "objects/xdp_$object.o" >/dev/null
	ip link del w0
	ip link add w0 type veth peer name w1
	expect_said true "$BPFFS/w0 is of an earlier interface of that name: nothing on this one uses map '" \
		"load one: load w0 objects/xdp_$object.o" "$tool" w0 "$@"
	rm -r "$BPFFS/w0"
}

test_each_tool_says_that_its_maps_are_of_an_interface_that_is_gone()
{
	local line

	ip link add w0 type veth peer name w1
	for line in "${TOOLS[@]}"; do
		# shellcheck disable=SC2086 # words
		came_anew $line
	done
}

test_pinning_what_runs_ends_it()
{
	load v0 objects/xdp_ratelimit.o >/dev/null
	ip -force link set dev v0 xdp obj objects/xdp_ratelimit.o sec xdp
	expect_said true "is stale" "pin_maps v0" ratelimit v0
	pin_maps v0 >/dev/null
	expect_said false "" "" ratelimit v0
}

test_an_edit_of_a_stale_pin_is_done_and_said_once()
{
	load v0 objects/xdp_acl.o >/dev/null
	ip -force link set dev v0 xdp obj objects/xdp_acl.o sec xdp
	expect_said true "is stale" "pin_maps v0" acl v0 add 192.0.2.1
	[[ $(acl v0 2>/dev/null) == *192.0.2.1* ]] || fail "it was not done"
}

test_what_is_configured_before_it_is_attached_is_told_mildly()
{
	load --no-attach v0 objects/xdp_acl.o >/dev/null
	expect_said true "program xdp_acl of v0, which uses map 'acl_settings', is ready, but not attached" \
		"attach it: load v0 objects/xdp_acl.o" acl v0 add 192.0.2.1
	ip link set dev v0 xdp pinned "$BPFFS/v0/%progs/xdp/xdp_acl"
	expect_said false "" "" acl v0 list
}

test_what_is_prepared_for_tc_is_hinted_onto_its_hook()
{
	load --no-attach v0 objects/tc_acl.o >/dev/null
	expect_said true "program tc_acl of v0" "attach it: load v0 objects/tc_acl.o" acl v0 add 192.0.2.1
	unload --prepared --all v0 >/dev/null
	load --no-attach --hook tc_egress v0 objects/tc_acl.o >/dev/null
	expect_said true "program tc_acl of v0" "attach it: load --hook tc_egress v0 objects/tc_acl.o" \
		acl v0 add 192.0.2.2
}

test_a_program_of_any_hook_or_of_a_row_is_enough()
{
	link_tc v0 ingress objects/tc_ratelimit.o
	pin_maps v0 >/dev/null
	expect_said false "" "" ratelimit v0 list
	link_xdp v0 objects/xdp_pass.o
	expect_said false "" "" ratelimit v0 list
	tc filter del dev v0 ingress
	expect_said true "no program that is attached to v0" "load v0 objects/xdp_ratelimit.o" ratelimit v0 list
	ip link set dev v0 xdpgeneric off
	load v0 objects/xdp_chain.o >/dev/null
	load --no-attach v0 objects/xdp_ratelimit.o >/dev/null
	expect_said true "is ready, but not attached" "put it into the row: chain v0 insert 0 xdp_ratelimit" ratelimit v0 list
	expect_status 0 chain v0 insert 0 xdp_ratelimit
	expect_said false "" "" ratelimit v0 list
}

test_one_of_two_interfaces_is_named()
{
	add_veth v2 02:00:00:00:00:03 10.0.1.1 peer v3 02:00:00:00:00:04 10.0.1.2
	load v0 v2 objects/xdp_redirect.o >/dev/null
	ip -force link set dev v2 xdp obj objects/xdp_redirect.o sec xdp
	expect_status 0 redirect list
	[[ $(grep -c "is stale" <<<"$errors") == 1 && $errors == *"which runs on v2,"* ]] || fail "$errors"
}

# What cannot be asked is not said, but that nothing runs can be seen by all.
test_without_privilege_nothing_is_guessed()
{
	local id

	load v0 objects/xdp_ratelimit.o >/dev/null
	id=$(prog_id v0)
	chmod 755 "$BPFFS" "$BPFFS/v0" "$BPFFS/v0/%egress"
	chmod 444 "$BPFFS"/v0/rate_limits
	run as_user ratelimit -j v0
	[[ $errors != *unprivileged_bpf_disabled* ]] || skip "this kernel keeps users from bpf(2)"
	[[ $status == 0 && -z $errors && $output == *'"stale":false'* ]] || fail "$errors $output"
	ip -force link set dev v0 xdp obj objects/xdp_ratelimit.o sec xdp
	[[ $(prog_id v0) != "$id" ]] || fail "nothing was replaced"
	expect_status 0 as_user ratelimit -j v0
	[[ -z $errors && $output == *'"stale":null'* ]] || fail "$errors $output"
}

test_a_pin_that_a_loader_is_about_to_replace_is_not_called_stale()
{
	local fd

	load v0 objects/xdp_ratelimit.o >/dev/null
	ip -force link set dev v0 xdp obj objects/xdp_ratelimit.o sec xdp
	exec {fd}<"$BPFFS/v0/%lock"
	flock "$fd"
	expect_status 0 ratelimit -j v0
	[[ -z $errors && $output == *'"stale":null'* ]] || fail "$errors $output"
	flock -u "$fd"
	expect_said true "is stale" "pin_maps v0" ratelimit v0
}
