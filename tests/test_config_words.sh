# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
# What a user says twice, or contradicts, is refused by all tools.

# expect_refused TEXT COMMAND...: wrong use, which is named in one line.
expect_refused()
{
	local text=$1

	shift
	expect_status 1 "$@"
	[[ $errors == *"$text"* && -z $output ]] || fail_run "expected: $text" "$@"
}

test_an_entry_of_acl_has_one_direction_and_one_verdict()
{
	local keep

	load v0 objects/xdp_acl.o >/dev/null
	for keep in "" --keep-going; do
		expect_refused "'dst' contradicts 'src'" acl $keep v0 add 192.0.2.1 src dst
		expect_refused "'both' contradicts 'dst'" acl $keep v0 add dst both 192.0.2.1
		expect_refused "'deny' contradicts 'allow'" acl $keep v0 add allow 192.0.2.1 deny
		expect_refused "'deny' is there twice" acl $keep v0 add deny 192.0.2.1 deny
		expect_refused "'src' contradicts 'both'" acl $keep v0 del both 192.0.2.1 src
		expect_refused "'allow' contradicts 'deny'" acl $keep --list x v0 add 192.0.2.1 deny allow
		expect_refused "'allow' contradicts 'deny'" acl $keep --list x v0 load /dev/null deny allow
	done
	expect_refused "--list is there twice" acl --list x -l y v0 add 192.0.2.1
	expect_refused "--netns is there twice" acl --netns x --netns y v0
	expect_refused "--sport is there twice" acl --sport 1 --sport 2 v0 test 192.0.2.1
	expect_refused "--dst is there twice" acl --dst 192.0.2.1 --dst 192.0.2.2 v0 test 192.0.2.1
	expect_refused "--mac is there twice" acl --mac "$V0_MAC" --mac "$V1_MAC" v0 test 192.0.2.1
	expect_refused "--dst-mac is there twice" acl --dst-mac "$V0_MAC" --dst-mac "$V1_MAC" v0 test 192.0.2.1
	[[ $(acl v0) == "policy pass" ]] || fail "$(acl v0)"
}

test_a_line_of_a_file_of_acl_does_not_contradict_itself()
{
	local file=$TMPDIR/rules

	load v0 objects/xdp_acl.o >/dev/null
	printf '%s\n' "192.0.2.1 src dst" "allow 192.0.2.2 deny" "192.0.2.3 deny" "policy drop" \
		"policy pass" "list a allow deny" "192.0.2.4" >"$file"
	expect_status 1 acl v0 load "$file"
	[[ $(sed "s|$file|FILE|" <<<"$errors") == "acl: FILE:1: 'dst' contradicts 'src'
acl: FILE:2: 'deny' contradicts 'allow'
acl: FILE:5: the file has a policy already
acl: FILE:6: 'deny' contradicts 'allow'
acl: nothing is changed: "* ]] || fail "$errors"
	expect_status 3 acl -k v0 load "$file"
	[[ $(acl v0) == *192.0.2.3*"policy drop" && $(wc -l < <(acl v0)) == 2 ]] || fail "$(acl v0)"
}

test_a_limit_has_each_key_once()
{
	local key

	load v0 objects/xdp_ratelimit.o >/dev/null
	for key in pps bps burst burst-bytes; do
		expect_refused "'$key' is there twice" ratelimit v0 add ::/0 "$key" 10 "$key" 20
	done
	expect_refused "'per' is there twice" ratelimit v0 add ::/0 per source pps 10 per prefix
	expect_refused "--netns is there twice" ratelimit --netns x --netns y v0
	[[ -z $(ratelimit v0) ]] || fail "$(ratelimit v0)"
}

test_a_rule_of_rewrite_says_each_thing_once()
{
	local words text

	load v0 objects/xdp_rewrite.o >/dev/null
	while IFS=: read -r text words; do
		# shellcheck disable=SC2086 # words
		expect_refused "$text" rewrite v0 add $words
	done <<-END
		'out' contradicts 'in':in out set dmac $V0_MAC
		'in' is there twice:in in set dmac $V0_MAC
		'udp' contradicts 'tcp':tcp udp set dport 1
		'proto' contradicts 'icmp':icmp proto 6 pop
		'proto' is there twice:proto 6 proto 17 pop
		'vlan' is there twice:vlan 1 vlan none pop
		'src' is there twice:src 192.0.2.1 src 192.0.2.2 pop
		'dst' is there twice:dst 192.0.2.1 tcp dst 192.0.2.2 pop
		'sport' is there twice:tcp sport 1 sport 2 pop
		'dport' is there twice:tcp dport 1 dport 2 pop
		'set vlan' is there twice:set vlan 1 vlan 2
		'set vlan' is there twice:set vlan 1 set vlan 2
		'set src' is there twice:set src 192.0.2.1 src 192.0.2.2
		'set dst' is there twice:set dst 192.0.2.1 set dst 192.0.2.2
		'set sport' is there twice:udp set sport 1 sport 1
		'set dport' is there twice:udp set dport 1 dport 2
		'smac' is there twice:set smac $V0_MAC smac $V1_MAC
		'dmac' is there twice:set dmac $V0_MAC dmac $V1_MAC
		push, pop or set vlan:pop pop
		push, pop or set vlan:push 1 push 2
	END
	expect_refused "'out' contradicts 'in'" rewrite v0 del in out
	[[ -z $(rewrite v0) ]] || fail "$(rewrite v0)"
	# What is matched and what is set are two things.
	rewrite v0 add dst 192.0.2.1 udp dport 1 set dst 192.0.2.2 dport 2
}

test_a_source_of_redirect_has_one_destination()
{
	add_veth v2 02:00:00:00:00:03 10.0.1.1 peer v3 02:00:00:00:00:04 10.0.1.2
	load v0 v2 objects/xdp_redirect.o >/dev/null
	expect_refused "'10.0.0.2=02:00:00:00:00:06' contradicts '$V1_MAC=02:00:00:00:00:04'" \
		redirect v0 v2 "$V1_MAC=02:00:00:00:00:04" 10.0.0.2=02:00:00:00:00:06
	expect_refused "'10.0.0.2=10.0.1.2' is there twice" redirect v0 v2 10.0.0.2=10.0.1.2 10.0.0.2=10.0.1.2
	[[ $(redirect v0) == "v0 -> off" ]] || fail "$(redirect v0)"
}

test_options_of_top_and_stats_are_given_once()
{
	load v0 objects/xdp_parse.o >/dev/null
	expect_refused "--sort is there twice" top --sort bytes --sort rate v0
	expect_refused "--count is there twice" top -n 3 --count 4 v0
	expect_refused "--interval is there twice" top -i 1 -w -i 2 v0
	expect_refused "--netns is there twice" top --netns x --netns y v0
	expect_refused "--interval is there twice" stats -i 1 -w -i 2 v0
	expect_refused "--netns is there twice" stats --netns x --netns y v0
}

test_a_negative_number_is_no_option()
{
	local command

	load v0 objects/xdp_ratelimit.o >/dev/null
	for command in "ratelimit v0 add ::/0 pps -1" "rewrite v0 add vlan -1 pop" "chain v0 del -1" "forward v0 cache -1" \
		"acl v0 add -1" "redirect v0 -1" "top -1" "stats -1" "unload v0 -1" "ratelimit -j -1" "ratelimit -1 --json"; do
		# shellcheck disable=SC2086 # words
		expect_refused "${command%% *}: no option, and no number may be negative: '-1'
  hint: see ${command%% *} --help" $command
	done
	# Where it cannot be an option, it is the word that it stands for.
	expect_refused "cannot use '-1' for pps" ratelimit -- v0 add ::/0 pps -1
	expect_refused "no number: '-1'" top --count -1 v0
	expect_refused "load: '-1' is no program id" load --expect -1 v0 objects/xdp_pass.o
	expect_fail "cannot find interface -1" ratelimit -- -1
	[[ -z $(ratelimit v0) ]] || fail "$(ratelimit v0)"
}

# expect_octal TEXT COMMAND...: the same for a number with a zero in front.
expect_octal()
{
	expect_refused "$@"
	[[ $errors == *"
  hint: write it without a zero in front, with which ip and tc take it for octal" ]] || fail_run "no hint" "${@:2}"
}

# ip and tc take 010 for octal, so nobody knows which number is meant.
test_a_number_has_no_zero_in_front()
{
	local object

	for object in ratelimit rewrite forward acl chain; do
		load v0 "objects/xdp_$object.o" >/dev/null 2>&1
	done
	expect_octal "cannot use '010' for pps" ratelimit v0 add ::/0 pps 010
	expect_octal "cannot use '01k' for bps" ratelimit v0 add ::/0 bps 01k
	expect_octal "cannot use '10.0.0.0/08' as a prefix" ratelimit v0 add 10.0.0.0/08 pps 10
	expect_octal "cannot use '010' as a number of sources" ratelimit v0 dropped 010
	expect_octal "vlan is no number from 0 to 4094: '010'" rewrite v0 add vlan 010 pop
	expect_octal "no prefix length: '10.0.0.0/08'" rewrite v0 add dst 10.0.0.0/08 pop
	expect_octal "cannot read '0100' as how old the cache may be" forward v0 cache 0100
	expect_octal "cannot read the slot '00': it is a number from 0 on" chain v0 del 00
	expect_refused "'tcp/080' has no port" acl v0 add tcp/080
	expect_refused "no number: '010'" top --count 010 v0
	expect_refused "gc: '010' is no number of seconds" gc --grace 010
	expect_refused "unload: '010' is no program id" unload --id 010 v0
	expect_refused "load: '010' is no program id" load --expect 010 v0 objects/xdp_pass.o
	expect_fail "cannot find group 010" pin_maps --group 010 v0
	[[ -z $(ratelimit v0)$(rewrite v0) && $(acl v0) == "policy pass" ]] || fail "something was taken"
}

test_the_tools_that_pin_take_no_option_twice()
{
	expect_refused "unload: --id is there twice" unload --id 1 --id 2 v0
	expect_refused "unload: --prog-name is there twice" unload -n a --prog-name b v0
	expect_refused "pin_maps: --group is there twice" pin_maps --group 1 -g 2 v0
	expect_refused "pin_maps: --group and --no-group contradict each other" pin_maps --no-group --group 1 v0
	expect_refused "pin_maps: --class a=flow and --class a=config are about one map" \
		pin_maps --class a=flow --class a=config v0
	expect_refused "gc: --netns is there twice" gc --netns 1 --netns 2
	expect_refused "status: --netns is there twice" status --netns peer --netns peer
	expect_refused "doctor: --netns is there twice" doctor --netns peer --netns peer
	expect_status 0 status --json --json
	load v0 objects/xdp_pass.o >/dev/null
	load --no-attach v0 objects/xdp_drop.o >/dev/null
	expect_status 0 unload --prepared --map 1 --map 2 -n xdp_drop v0
}
