# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A list that XDP and the filter on egress have as one, until stock ip and tc give a hook a map of its
# own.
. tests/pins.sh
. tests/carry.sh
. tests/faults.sh
. tests/load_faults.sh

# What calls_of looks for.
CHANGING_BPF='BPF_(OBJ_PIN|MAP_UPDATE_ELEM|MAP_DELETE_ELEM|MAP_UPDATE_BATCH|MAP_FREEZE|PROG_TEST_RUN|PROG_RUN),'

# share XDP_OBJECT TC_OBJECT: their maps are one.
share()
{
	load -m skb v0 "$1" >/dev/null
	load --hook tc_egress v0 "$2" >/dev/null
}

# By stock ip and tc, which make new maps.
put_on_xdp() { ip -force link set dev v0 xdpgeneric obj "${1-$BUILT/carry1.o}" sec xdp; }
put_on_egress()
{
	tc filter replace dev v0 egress pref 700 handle 1 bpf da obj "${1-$BUILT/tc_carry1.o}" sec tc
}

# share_rule: 5 9, as rules_of prints it.
share_rule()
{
	share "$BUILT/carry1.o" "$BUILT/tc_carry1.o"
	bpftool map update pinned "$BPFFS/v0/deny_list" key 5 0 0 0 value 0 0 0 0 9 0 0 0
}

# expect_rules XDP EGRESS
expect_rules()
{
	[[ "$(rules_of "$BPFFS/v0/deny_list")|$(rules_of "$BPFFS/v0/%egress/deny_list")" == "$1|$2" ]] ||
		fail "on xdp: $(rules_of "$BPFFS/v0/deny_list"), on egress: $(rules_of "$BPFFS/v0/%egress/deny_list")"
}

# expect_in_use: what has the names is what the programs go by, and of what was there before nothing is left.
expect_in_use()
{
	prog_maps "$(prog_id v0)" | grep -qx "$(map_id "$BPFFS/v0/deny_list")" || fail "of another map"
	prog_maps "$(tc_prog v0 egress 700)" | grep -qx "$(map_id "$BPFFS/v0/%egress/deny_list")" ||
		fail "of another map"
	[[ -z $(find "$BPFFS/v0" -name '*%old-*') ]] || fail "left: $(find "$BPFFS/v0" -name '*%old-*')"
	[[ -z $(find "$BPFFS/v0/%carry" "$BPFFS/%ifbpf/stage" -mindepth 1 2>/dev/null) ]] ||
		fail "left: $(find "$BPFFS/v0/%carry" "$BPFFS/%ifbpf/stage" -mindepth 1)"
}

# start HOOKS: the rule of both, and others put new programs on these hooks.
start()
{
	local hook

	ip link set dev v0 xdpgeneric off
	tc qdisc del dev v0 clsact 2>/dev/null || true
	rm -rf "$BPFFS/v0" "$BPFFS/%ifbpf"
	share_rule
	for hook; do
		"put_on_$hook"
	done
}

# expect_completed WHERE: at most one run more than is hinted at brings the rest.
expect_completed()
{
	run pin_maps --carry v0
	[[ $status != 3 || $errors != *"hint: repeat the command"* ]] || run pin_maps --carry v0
	((status == 0)) || [[ $status == 3 && $errors != *"hint: repeat"* ]] || fail "$1: status $status, $errors"
	expect_rules "$both" "$both"
	expect_in_use
}
both='5 9'

# kill_carry LEAST BEFORE HOOKS...: with each call killed, after the command BEFORE; at LEAST so many are.
kill_carry()
{
	local least=$1 before=$2 call n k calls points=0

	shift 2
	start "$@"
	"$before"
	# shellcheck disable=SC2016 # the status of the inner bash
	calls=$(calls_of bash -c 'pin_maps --carry v0; (($? == 0 || $? == 3))' | grep -v '^---')
	while read -r call n k; do
		start "$@"
		"$before"
		inject "$call" signal=KILL "$n" pin_maps --carry v0
		[[ -n $injected ]] || continue
		((status == 137)) || fail "killed at $call $n: status $status, $errors"
		((++points))
		expect_completed "killed at $call $n"
	done <<<"$calls"
	echo "killed at $points calls" >&2
	((points > least))
}
