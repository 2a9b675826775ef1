# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
# rewrite: rules put in and taken out while packets flow, with real clients and servers.

. tests/faults.sh

# with_ipv6: fd00::1 here, fd00::2 in the peer.
with_ipv6()
{
	echo 0 >/proc/sys/net/ipv6/conf/v0/disable_ipv6
	in_peer sh -c 'echo 0 >/proc/sys/net/ipv6/conf/v1/disable_ipv6'
	ip addr add fd00::1/64 dev v0 nodad
	in_peer ip addr add fd00::2/64 dev v1 nodad
	ip neigh replace fd00::2 lladdr "$V1_MAC" dev v0 nud permanent
	in_peer ip neigh replace fd00::1 lladdr "$V0_MAC" dev v1 nud permanent
}

# stand_in ADDRESS: the peer sends what is for ADDRESS to v0 as well, and v0 to the peer.
stand_in()
{
	in_peer ip neigh replace "$1" lladdr "$V0_MAC" dev v1 nud permanent
	ip neigh replace "$1" lladdr "$V1_MAC" dev v0 nud permanent
}

# asked tcp|udp ADDRESS PORT TEXT: what a server sends back, from its own view of the client.
asked()
{
	# shellcheck disable=SC2016 # expanded by the inner bash
	timeout 10 bash -c 'exec 3<>"/dev/$1/$2/$3" && printf "%s" "$4" >&3 &&
		dd bs=65536 count=1 <&3 2>/dev/null' bash "$@"
}

# answers PATTERN tcp|udp ADDRESS PORT [WRAPPER]
answers()
{
	local pattern=$1 answer

	shift
	# A server of TCP says who the client is first; that may be all of the first read.
	answer=$(asked "$1" "$2" "$3" hello) || return 1
	# shellcheck disable=SC2053 # a pattern
	[[ $answer == $pattern ]]
}

# transfer ADDRESS PORT: a megabyte there and back by TCP, in the peer.
transfer()
{
	# shellcheck disable=SC2016 # expanded by the inner bash
	in_peer timeout 20 bash -c '
		exec 3<>"/dev/tcp/$1/$2" || exit
		head -c 1000000 /dev/zero | tr "\0" x >&3 &
		head -c 1000000 <&3 | tail -c 900000 | md5sum
		wait' bash "$1" "$2"
}

listening() { ss -Hlntu "sport = :$1" | grep -q .; }

serve_here()
{
	serve "$1" "$2" "$3" &
	eventually listening "$3" || fail "no server"
}

# translate: to a service that stands at 10.0.0.9:80 and fd00::9:80 for the peer; it is really at
# 10.0.0.1:8080 and fd00::1:8080.
translate()
{
	local protocol

	stand_in 10.0.0.9
	stand_in fd00::9
	for protocol in tcp udp; do
		rewrite v0 add in dst 10.0.0.9 "$protocol" dport 80 set dst 10.0.0.1 dport 8080
		rewrite v0 add out src 10.0.0.1 "$protocol" sport 8080 set src 10.0.0.9 sport 80
		rewrite v0 add in dst fd00::9 "$protocol" dport 80 set dst fd00::1 dport 8080
		rewrite v0 add out src fd00::1 "$protocol" sport 8080 set src fd00::9 sport 80
	done
}

# serves: with real clients in the peer. The peer computes its checksums itself, so that the stack
# of v0 looks at them.
serves()
{
	local whole

	in_peer ethtool -K v1 tx off >/dev/null
	serve_here tcp 10.0.0.1 8080
	serve_here udp 10.0.0.1 8080
	serve tcp fd00::1 8080 &
	serve udp fd00::1 8080 &
	whole=$(head -c 900000 /dev/zero | tr '\0' x | md5sum)
	export -f asked answers
	eventually in_peer bash -c 'answers "10.0.0.2 *: *" tcp 10.0.0.9 80' || fail "TCP: $(rewrite v0)"
	eventually in_peer bash -c 'answers "10.0.0.2 *: hello" udp 10.0.0.9 80' || fail "UDP: $(rewrite v0)"
	eventually in_peer bash -c 'answers "fd00::2 *: *" tcp fd00::9 80' || fail "TCP6: $(rewrite v0)"
	eventually in_peer bash -c 'answers "fd00::2 *: hello" udp fd00::9 80' || fail "UDP6: $(rewrite v0)"
	[[ $(transfer 10.0.0.9 80) == "$whole" ]] || fail "a megabyte: $(rewrite v0)"
	[[ $(transfer fd00::9 80) == "$whole" ]] || fail "a megabyte: $(rewrite v0)"
	! rewrite v0 | grep " 0 packets" || fail "a rule without hits"
}

test_a_server_behind_xdp_and_tc_egress()
{
	with_ipv6
	load v0 objects/xdp_rewrite.o >/dev/null
	load --hook tc_egress v0 objects/tc_rewrite.o >/dev/null
	translate
	serves
}

test_a_server_behind_stock_tc_on_both_hooks()
{
	with_ipv6
	# Both filters share what is pinned by name.
	eval "$(iproute2_env v0)"
	link_tc v0 ingress objects/pinned/tc_rewrite.o
	link_tc v0 egress objects/pinned/tc_rewrite.o
	translate
	serves
}

test_a_server_behind_generic_xdp_of_stock_ip()
{
	with_ipv6
	link_xdp v0 objects/xdp_rewrite.o
	pin_maps v0 >/dev/null
	load --hook tc_egress v0 objects/tc_rewrite.o >/dev/null
	translate
	serves
}

# The host is the client here, its checksums are left to the card (CHECKSUM_PARTIAL) as a rule.
test_a_client_behind_the_programs()
{
	load v0 objects/xdp_rewrite.o >/dev/null
	load --hook tc_egress v0 objects/tc_rewrite.o >/dev/null
	stand_in 10.0.0.8
	in_peer "$PWD/build/tests/serve" tcp 10.0.0.2 8080 &
	in_peer "$PWD/build/tests/serve" udp 10.0.0.2 8080 &
	for protocol in tcp udp; do
		rewrite v0 add out dst 10.0.0.8 "$protocol" dport 80 set dst 10.0.0.2 dport 8080
		rewrite v0 add in src 10.0.0.2 "$protocol" sport 8080 set src 10.0.0.8 sport 80
	done
	for offload in on off; do
		ethtool -K v0 tx "$offload" >/dev/null
		in_peer ethtool -K v1 tx "$offload" >/dev/null
		eventually answers "10.0.0.1 *: *" tcp 10.0.0.8 80 || fail "$offload: $(rewrite v0)"
		eventually answers "10.0.0.1 *: hello" udp 10.0.0.8 80 || fail "$offload: $(rewrite v0)"
	done
}

# A VLAN on the wire that neither stack knows of.
vlan_on_the_wire()
{
	local ifname netns

	in_peer "$PWD/build/tests/capture" v1 >"$TMPDIR/frames" &
	eventually grep -q ready "$TMPDIR/frames" || fail "no capture"
	rewrite v0 add in vlan 10 pop
	rewrite v0 add out vlan none push 10 prio 2
	rewrite --netns peer v1 add in vlan 10 pop
	rewrite --netns peer v1 add out vlan none push 10
	in_peer ping -q -c 5 -i 0.01 -W 5 10.0.0.1 >/dev/null || fail "no answer: $(rewrite v0)"
	[[ $(rewrite v0) == "v0 in vlan 10 pop  5 packets  $1 bytes
v0 out vlan none push 10 prio 2  5 packets  490 bytes" ]] || fail "$(rewrite v0)"
	eventually eval '(($(grep -c ^${V1_MAC//:}${V0_MAC//:}8100400a0800 "$TMPDIR/frames") == 5))' ||
		fail "$(<"$TMPDIR/frames")"
}

test_tags_beside_the_packet_are_pushed_and_popped_by_tc()
{
	need ping
	for ifname in v0 v1; do
		netns=$([[ $ifname == v0 ]] || echo --netns=peer)
		# shellcheck disable=SC2086 # nothing or one word
		load $netns --hook tc_ingress "$ifname" objects/tc_rewrite.o >/dev/null
		# shellcheck disable=SC2086
		load $netns --hook tc_egress "$ifname" objects/tc_rewrite.o >/dev/null
	done
	# tc counts the packet without the tag that lies beside it.
	vlan_on_the_wire 490
}

test_tags_in_the_packet_are_popped_by_xdp()
{
	need ping
	load v0 objects/xdp_rewrite.o >/dev/null
	load --hook tc_egress v0 objects/tc_rewrite.o >/dev/null
	load --netns peer --hook tc_ingress v1 objects/tc_rewrite.o >/dev/null
	load --netns peer --hook tc_egress v1 objects/tc_rewrite.o >/dev/null
	in_peer ethtool -K v1 txvlan off >/dev/null
	vlan_on_the_wire 510
}

test_xdp_loader_loads_it()
{
	need xdp-loader
	LIBXDP_SKIP_DISPATCHER=1 xdp-loader load -m native v0 objects/xdp_rewrite.o
	pin_maps --foreign v0 >/dev/null
	rewrite v0 add set smac 02:00:00:00:00:09
	expect_status 0 rewrite v0
	[[ $output == "v0 set smac 02:00:00:00:00:09  0 packets  0 bytes" ]] || fail "$output"
	send 4
	[[ $(rewrite v0) == "v0 set smac 02:00:00:00:00:09  4 packets  400 bytes" ]] || fail "$(rewrite v0)"
}

# --- the tool

test_rules_are_listed_as_they_were_typed_in_the_order_of_their_use()
{
	load v0 objects/xdp_rewrite.o >/dev/null
	expect_status 0 rewrite v0
	[[ -z $output$errors ]] || fail "$output$errors"
	rewrite v0 add udp set dport 7
	rewrite v0 add in vlan 10 src 10.0.0.0/8 dst 192.0.2.1 tcp sport 1 dport 2 pop set src 10.0.0.1 dst 10.0.0.2 sport 3 dport 4 smac 02:00:00:00:00:0a dmac 02:00:00:00:00:0b
	rewrite v0 add out vlan none push 5 prio 7 802.1ad
	rewrite v0 add src 2001:db8::/32 icmp6 set vlan 9 dst fd00::1
	expect_status 0 rewrite v0 list
	[[ $output == "v0 in vlan 10 src 10.0.0.0/8 dst 192.0.2.1 tcp sport 1 dport 2 pop set src 10.0.0.1 dst 10.0.0.2 sport 3 dport 4 smac 02:00:00:00:00:0a dmac 02:00:00:00:00:0b  0 packets  0 bytes
v0 src 2001:db8::/32 icmp6 set vlan 9 dst fd00::1  0 packets  0 bytes
v0 out vlan none push 5 prio 7 802.1ad  0 packets  0 bytes
v0 udp set dport 7  0 packets  0 bytes" ]] || fail "$output"
	rewrite v0 flush
	expect_status 0 rewrite v0
	[[ -z $output ]] || fail "$output"
	# Of each family as of none, and what is listed is what deletes it.
	rewrite v0 add set dst 10.0.0.1
	rewrite v0 add src ::/0 pop
	rewrite v0 add any pop
	expect_status 0 rewrite v0 save
	[[ $output == "src 0.0.0.0/0 set dst 10.0.0.1
src ::/0 pop
pop" ]] || fail "$output"
	expect_status 1 rewrite v0 del
	[[ $errors == *"it is not said which"*"hint: the one for all packets: rewrite v0 del any" ]] || fail "$errors"
	rewrite v0 del any
	rewrite v0 del src 0.0.0.0/0
	[[ $(rewrite v0 save) == "src ::/0 pop" ]] || fail "$(rewrite v0 save)"
}

test_json_has_what_the_text_has()
{
	load v0 objects/xdp_rewrite.o >/dev/null
	rewrite v0 add vlan 10 dst 192.0.2.1 push 11 set dst 10.0.0.2
	expect_status 0 rewrite --json v0
	[[ $output == '{"schema":"ifbpf.rewrite/1","ifname":"v0","ifindex":'*'"rules":[{"match":{'\
'"direction":null,"tagged":true,"vlan":10,"family":4,"src":null,"dst":"192.0.2.1","protocol":null,'\
'"sport":null,"dport":null},"pop":false,"push":{"vlan":11,"prio":0,"protocol":"802.1Q"},"set":{'\
'"vlan":null,"src":null,"dst":"10.0.0.2","sport":null,"dport":null,"smac":null,"dmac":null},'\
'"packets":0,"bytes":0}]}' ]] || fail "$output"
}

test_a_rule_is_added_once_replaced_and_deleted()
{
	load v0 objects/xdp_rewrite.o >/dev/null
	rewrite v0 add vlan none set smac 02:00:00:00:00:09
	send 3
	expect_fail "there is one for the same packets" rewrite v0 add vlan none push 5
	((status == 2)) || fail "status $status"
	rewrite v0 replace vlan none set smac 02:00:00:00:00:0a
	[[ $(rewrite v0) == "v0 vlan none set smac 02:00:00:00:00:0a  3 packets  300 bytes" ]] ||
		fail "$(rewrite v0)"
	expect_fail "there is none for these packets" rewrite v0 del vlan 5
	((status == 2)) || fail "status $status"
	rewrite v0 del vlan none
	[[ -z $(rewrite v0) ]] || fail "$(rewrite v0)"
	send 3
	rewrite v0 add vlan none set smac 02:00:00:00:00:0b
	[[ $(rewrite v0) == *"  0 packets  0 bytes" ]] || fail "$(rewrite v0)"
}

test_rules_and_hits_outlive_the_program()
{
	local ids

	load v0 objects/xdp_rewrite.o >/dev/null
	rewrite v0 add vlan none set smac 02:00:00:00:00:09
	send 3
	ids=$(for map in rules shapes hits; do map_id "$BPFFS/v0/rewrite_$map"; done)
	load v0 objects/xdp_pass.o >/dev/null
	send 3
	load v0 objects/xdp_rewrite.o >/dev/null
	send 4
	[[ $(for map in rules shapes hits; do map_id "$BPFFS/v0/rewrite_$map"; done) == "$ids" ]] ||
		fail "other maps"
	[[ $(rewrite v0) == "v0 vlan none set smac 02:00:00:00:00:09  7 packets  700 bytes" ]] ||
		fail "$(rewrite v0)"
}

# No packet meets half a rule, or none: each leaves with one of the two pairs of addresses.
test_replacing_a_rule_is_one_step_for_packets()
{
	local changes=0

	load --hook tc_egress v0 objects/tc_rewrite.o >/dev/null
	rewrite v0 add vlan none set smac 02:00:00:00:00:0a dmac 02:00:00:00:01:0a
	in_peer "$PWD/build/tests/capture" v1 >"$TMPDIR/frames" &
	eventually grep -q ready "$TMPDIR/frames" || fail "no capture"
	send_out 20000 60 &
	while kill -0 $! 2>/dev/null; do
		rewrite v0 replace vlan none set smac 02:00:00:00:00:0b dmac 02:00:00:00:01:0b
		rewrite v0 replace vlan none set smac 02:00:00:00:00:0a dmac 02:00:00:00:01:0a
		((++changes))
	done
	((changes > 0)) || fail "never changed"
	[[ $(rewrite v0) == *"  20000 packets  1200000 bytes" ]] || fail "$(rewrite v0)"
	! grep -m 1 -vE '^(ready|02000000010a02000000000a.*|02000000010b02000000000b.*)$' "$TMPDIR/frames" ||
		fail "a frame of neither rule"
	grep -q '^02' "$TMPDIR/frames" || fail "nothing was captured"
}

# Rules of other shapes come and go before and behind it: each packet still meets this one.
test_no_packet_misses_a_rule_while_others_are_edited()
{
	local changes=0

	load v0 objects/xdp_rewrite.o >/dev/null
	rewrite v0 add vlan none set smac 02:00:00:00:00:0a
	send 20000 60 &
	while kill -0 $! 2>/dev/null; do
		rewrite v0 add in vlan 99 pop
		rewrite v0 add vlan 98 udp pop
		rewrite v0 del in vlan 99
		rewrite v0 del vlan 98 udp
		((++changes))
	done
	((changes > 0)) || fail "never changed"
	[[ $(rewrite v0) == *"smac 02:00:00:00:00:0a  20000 packets  1200000 bytes"* ]] ||
		fail "$(rewrite v0)"
}

test_misuse_is_told()
{
	expect_fail "cannot find the maps of v0" rewrite v0
	[[ $status == 2 && $errors == *"hint: load it first: load v0 objects/xdp_rewrite.o"* ]] ||
		fail "$status: $errors"
	load v0 objects/xdp_pass.o >/dev/null
	expect_fail "cannot find map 'rewrite_rules' of v0" rewrite v0
	load v0 objects/xdp_rewrite.o >/dev/null
	for words in "add" "add tcp" "add dst 192.0.2.300 pop" "del tcp pop" "flush all" "drop it" \
		"add dport 80 pop" "replace tcp set"; do
		# shellcheck disable=SC2086 # words
		expect_status 1 rewrite v0 $words
		[[ -n $errors ]] || fail "nothing was said of: $words"
	done
	[[ -z $(rewrite v0) ]] || fail "$(rewrite v0)"
	expect_status 1 rewrite
	expect_fail "cannot find interface nope" rewrite nope
}

# --- files

RULES="in vlan 10 src 10.0.0.0/8 dst 192.0.2.1 tcp sport 1 dport 2 pop set src 10.0.0.1 dst 10.0.0.2 sport 3 dport 4 smac 02:00:00:00:00:0a dmac 02:00:00:00:00:0b
src 2001:db8::/32 icmp6 set vlan 9 dst fd00::1
out vlan none push 5 prio 7 802.1ad
proto 17 set dport 7
pop"

test_save_writes_what_load_reads()
{
	local saved=$TMPDIR/saved

	load v0 objects/xdp_rewrite.o >/dev/null
	rewrite v0 add vlan 5 pop
	rewrite v0 load - <<<"# all of it
$RULES # the last"
	expect_status 0 rewrite v0 save
	[[ $output == "${RULES/proto 17/udp}" && -z $errors ]] || fail "$output $errors"
	rewrite v0 save >"$saved"
	rewrite v0 flush
	rewrite v0 load "$saved"
	rewrite v0 save | diff "$saved" - || fail "another one was read"
	rewrite v0 save | rewrite v0 load -
	rewrite v0 save | diff "$saved" - || fail "a load of what is there changes it"
	expect_status 1 rewrite v0 load /dev/null
	[[ $errors == *"nothing is changed: /dev/null has no "*"hint: to leave nothing: rewrite v0 flush" ]] || fail "$errors"
	[[ -n $(rewrite v0 save) ]] || fail "an empty file emptied it"
	rewrite v0 flush
}

test_bad_lines_of_a_file_are_named_and_nothing_is_loaded()
{
	local file=$TMPDIR/rules

	load v0 objects/xdp_rewrite.o >/dev/null
	rewrite v0 add vlan 5 pop
	printf '%s\n' '; comment' 'udp set dport 7' 'tcp udp pop' 'vlan none' '' 'udp set dport 8' \
		'udp set dport 7' 'add vlan 6 pop' >"$file"
	expect_status 1 rewrite v0 load "$file"
	[[ $(sed "s|$file|FILE|" <<<"$errors") == "rewrite: FILE:3: cannot read the rule: 'udp' contradicts 'tcp'
rewrite: FILE:4: cannot read the rule: it does nothing
rewrite: FILE:6: another rule, of line 2, is for the same packets
rewrite: FILE:8: cannot read the rule: unknown word: 'add'
rewrite: nothing is changed: FILE has 4 bad lines"* ]] || fail "$errors"
	[[ $(rewrite v0 save) == "vlan 5 pop" ]] || fail "$(rewrite v0 save)"
	expect_status 3 rewrite -k v0 load "$file"
	[[ $(rewrite v0 save) == "udp set dport 7" ]] || fail "$(rewrite v0 save)"
	expect_status 2 rewrite v0 load "$TMPDIR/none"
	expect_status 1 rewrite v0 load
	expect_status 1 rewrite v0 save "$file"
}

test_what_stays_keeps_its_hits()
{
	load v0 objects/xdp_rewrite.o >/dev/null
	rewrite v0 load - <<<"vlan none set smac 02:00:00:00:00:0a"
	send 3
	rewrite v0 load - <<<"vlan none set smac 02:00:00:00:00:0a
udp pop"
	[[ $(rewrite v0) == *"smac 02:00:00:00:00:0a  3 packets  300 bytes"* ]] || fail "$(rewrite v0)"
	rewrite v0 load - <<<"vlan none set smac 02:00:00:00:00:0b"
	[[ $(rewrite v0) == "v0 vlan none set smac 02:00:00:00:00:0b  3 packets  300 bytes" ]] || fail "$(rewrite v0)"
	send 1
	[[ $(rewrite v0) == *"  4 packets  400 bytes" ]] || fail "$(rewrite v0)"
}

# shapes N: rules of so many shapes, of which none is in shapes of another N.
shapes() { for ((i = 0; i < 16; i++)); do echo "src 10.0.0.0/$(($1 + i)) pop"; done; }

test_too_many_rules_or_shapes_are_refused_and_those_of_one_file_may_all_be_others()
{
	local before

	load v0 objects/xdp_rewrite.o >/dev/null
	rewrite v0 load - < <(shapes 8)
	before=$(rewrite v0 save)
	{
		shapes 8
		echo vlan 5 pop
		echo src 10.1.0.0/8 pop
		echo vlan 6 pop
		echo src 11.0.0.0/8 pop
	} >"$TMPDIR/rules"
	expect_status 1 rewrite v0 load "$TMPDIR/rules"
	[[ $errors == *"/rules:17: cannot look at more than 16 combinations of things"*"/rules:19: cannot look at"* ]] ||
		fail "$errors"
	[[ $(rewrite v0 save) == "$before" ]] || fail "$(rewrite v0 save)"
	# A line of a shape that others have is taken behind them.
	expect_status 3 rewrite -k v0 load "$TMPDIR/rules"
	[[ $(rewrite v0 save | sort) == "$({ echo "$before"; echo src 11.0.0.0/8 pop; } | sort)" ]] || fail "$(rewrite v0 save)"
	numbered() { for ((i = $1; i < $2; i++)); do echo "udp dport $i set dport 7"; done; }
	rewrite v0 flush
	rewrite v0 load - < <(numbered 0 4096)
	[[ $(rewrite v0 save | wc -l) == 4096 ]] || fail "$(rewrite v0 save | wc -l)"
	numbered 1 4097 >"$TMPDIR/rules"
	expect_fail "with those that are to go they are 4097" rewrite v0 load "$TMPDIR/rules"
	[[ $errors == *"hint: "*"rewrite v0 flush" ]] || fail "$errors"
	numbered 0 4097 >"$TMPDIR/rules"
	expect_fail "cannot load 4097 rules onto v0: there is room for 4096" rewrite v0 load "$TMPDIR/rules"
	expect_status 3 rewrite v0 -k load "$TMPDIR/rules"
	[[ $errors == *": 1 of 4097 rules are left out: there is room for 4096" ]] || fail "$errors"
	[[ $(rewrite v0 save | wc -l) == 4096 ]] || fail "$(rewrite v0 save | wc -l)"
	# 16 shapes go, 16 others come.
	rewrite v0 flush
	rewrite v0 load - < <(shapes 8)
	sed 's/src/dst/' < <(shapes 8) | rewrite v0 load -
	[[ $(rewrite v0 save | grep -c dst) == 16 && $(rewrite v0 save | wc -l) == 16 ]] || fail "$(rewrite v0 save)"
}

# What decides moves from a rule to a more special one of a new shape and back. In between stands one
# of a shape that is looked for all the time, and would do something else.
test_each_packet_meets_the_rule_of_one_of_two_files()
{
	local changes=0

	load --hook tc_egress v0 objects/tc_rewrite.o >/dev/null
	cat >"$TMPDIR/a" <<-END
		in set smac 02:00:00:00:00:0f dmac 02:00:00:00:01:0f
		set smac 02:00:00:00:00:0a dmac 02:00:00:00:01:0a
	END
	cat >"$TMPDIR/b" <<-END
		out vlan none set smac 02:00:00:00:00:0b dmac 02:00:00:00:01:0b
		out set smac 02:00:00:00:00:0c dmac 02:00:00:00:01:0c
		set smac 02:00:00:00:00:0d dmac 02:00:00:00:01:0d
	END
	rewrite v0 load "$TMPDIR/a"
	in_peer "$PWD/build/tests/capture" v1 >"$TMPDIR/frames" &
	eventually grep -q ready "$TMPDIR/frames" || fail "no capture"
	send_out 20000 60 &
	while kill -0 $! 2>/dev/null; do
		rewrite v0 load "$TMPDIR/b"
		rewrite v0 load "$TMPDIR/a"
		((++changes))
	done
	((changes > 0)) || fail "never changed"
	! grep -m 1 -vE '^(ready|02000000010a02000000000a.*|02000000010b02000000000b.*)$' "$TMPDIR/frames" ||
		fail "a frame of neither rule"
	grep -q '^02000000010b' "$TMPDIR/frames" || fail "the second file was never in force"
	grep -q '^02000000010a' "$TMPDIR/frames" || fail "the first file was never in force"
}

load_old() { rewrite v0 load "$TMPDIR/old"; }

# deciding: how many packets those rules changed that are to decide about them.
deciding() { rewrite v0 | awk '/:0[ab]  / { sum += $(NF - 3) } END { print sum + 0 }'; }

changed() { (($(deciding) == $1)); }

# Frames without a tag are changed by the rule of before or of afterwards; another run finishes.
expect_old_or_new()
{
	local before

	before=$(deciding)
	send_out 1
	eventually changed $((before + 1)) || fail "neither: $(rewrite v0)"
	rewrite v0 load "$TMPDIR/new"
	[[ $(rewrite v0 save) == "$(<"$TMPDIR/new")" ]] || fail "$(rewrite v0 save)"
}

test_a_load_that_is_killed_anywhere_leaves_a_rule_for_each_packet()
{
	load --hook tc_egress v0 objects/tc_rewrite.o >/dev/null
	printf '%s\n' 'vlan none set smac 02:00:00:00:00:0a' 'set smac 02:00:00:00:00:0c' >"$TMPDIR/old"
	printf '%s\n' 'out vlan none set smac 02:00:00:00:00:0b' 'out set smac 02:00:00:00:00:0d' >"$TMPDIR/new"
	kill_everywhere bpf load_old rewrite v0 load "$TMPDIR/new" -- expect_old_or_new
	((points > 20)) || fail "killed at $points calls only"
	echo "killed at $points calls"
}

# Some leave both files in force, or part of them: never with a success.
test_any_failing_call_of_a_load_is_reported()
{
	local n points=0

	load --hook tc_egress v0 objects/tc_rewrite.o >/dev/null
	printf '%s\n' 'vlan none set smac 02:00:00:00:00:0a' 'set smac 02:00:00:00:00:0c' >"$TMPDIR/old"
	printf '%s\n' 'out vlan none set smac 02:00:00:00:00:0b' 'out set smac 02:00:00:00:00:0d' >"$TMPDIR/new"
	for ((n = 1; ; n++)); do
		load_old
		inject bpf error=ENOMEM "$n" rewrite v0 load "$TMPDIR/new"
		[[ -n $injected ]] || break
		((status < 126)) || fail "bpf $n: status $status"
		if ((status == 0)); then
			[[ $(rewrite v0 save) == "$(<"$TMPDIR/new")" ]] || fail "bpf $n: $(rewrite v0 save)"
		else
			[[ $errors == *"rewrite: "* ]] || fail "bpf $n: no message"
		fi
		((++points))
	done
	((points > 10)) || fail "failed at $points calls only"
	echo "failed at $points calls"
}

# hits: of the rules with the first counters, whether they are listed or not.
hits()
{
	local slot sum=0

	for slot in 0 1 2; do
		((sum += $(counter "$BPFFS/v0/rewrite_hits" "$slot" | cut -d" " -f1), 1))
	done
	echo "$sum"
}

tc_saw() { (($(counter "$BPFFS/v0/%egress/tc_stats_map" 9 | cut -d' ' -f1) == $1)); }

# A packet is changed if rules are listed, and not if none are.
expect_effect_as_listed()
{
	local seen before listed

	seen=$(counter "$BPFFS/v0/%egress/tc_stats_map" 9 | cut -d' ' -f1)
	before=$(hits)
	listed=$(rewrite v0 save | wc -l)
	send_out 1
	eventually tc_saw $((seen + 1)) || fail "the packet did not get there"
	(($(hits) - before == (listed > 0))) || fail "$listed rules are listed, $(($(hits) - before)) took effect"
}

# Nor does an edit of something else change that.
expect_list_and_effect_agree()
{
	local saved

	expect_effect_as_listed
	saved=$(rewrite v0 save)
	rewrite v0 add in vlan 9 pop
	rewrite v0 del in vlan 9
	[[ $(rewrite v0 save) == "$saved" ]] || fail "before: $saved, after: $(rewrite v0 save)"
	expect_effect_as_listed
}

flush() { rewrite v0 flush; }

# It goes on where the other one was killed, or is told that all is done.
expect_another_add()
{
	expect_list_and_effect_agree
	[[ -n $(rewrite v0 save) ]] || rewrite v0 add vlan none set smac 02:00:00:00:00:0a
}

test_an_add_that_is_killed_anywhere_is_listed_if_it_is_in_effect()
{
	load --hook tc_egress v0 objects/tc_rewrite.o >/dev/null
	kill_everywhere bpf flush rewrite v0 add vlan none set smac 02:00:00:00:00:0a -- expect_another_add
	((points > 10)) || fail "killed at $points calls only"
	echo "killed at $points calls"
}

test_a_flush_that_is_killed_anywhere_has_all_rules_or_none()
{
	load --hook tc_egress v0 objects/tc_rewrite.o >/dev/null
	printf '%s\n' 'out set smac 02:00:00:00:00:0c' 'set smac 02:00:00:00:00:0d' >"$TMPDIR/old"
	kill_everywhere bpf load_old rewrite v0 flush -- expect_list_and_effect_agree
	((points > 10)) || fail "killed at $points calls only"
	echo "killed at $points calls"
}

# Rules that somebody else wrote, more than the programs' own map has room for, in one slot.
test_a_map_with_too_many_rules_is_emptied_by_one_flush()
{
	local i zeros many=4200

	load v0 objects/xdp_rewrite.o >/dev/null
	rm "$BPFFS/v0/rewrite_rules"
	bpftool map create "$BPFFS/v0/rewrite_rules" type hash key 48 value 56 entries 5000 \
		name rewrite_rules flags 1
	zeros=$(printf '0 %.0s' {1..56})
	for ((i = 0; i < many; i++)); do
		# The destination is a fourth of the key's last half.
		echo "map update pinned $BPFFS/v0/rewrite_rules key 0 0 0 32 ${zeros:0:56} $((i / 256)) $((i % 256)) 0 0" \
			"${zeros:0:24} value $zeros"
	done >"$TMPDIR/batch"
	bpftool batch file "$TMPDIR/batch" >/dev/null
	[[ $(bpftool map dump pinned "$BPFFS/v0/rewrite_rules" | tail -n 1) == "Found $many elements" ]] ||
		fail "not filled: $(bpftool map dump pinned "$BPFFS/v0/rewrite_rules" | tail -n 1)"
	expect_status 0 rewrite v0 flush
	[[ $(bpftool map dump pinned "$BPFFS/v0/rewrite_rules" | tail -n 1) == "Found 0 elements" ]] ||
		fail "$(bpftool map dump pinned "$BPFFS/v0/rewrite_rules" | tail -n 1)"
}

test_a_filesystem_that_is_read_only_is_told_with_what_helps()
{
	local path

	load v0 objects/xdp_rewrite.o >/dev/null
	# An edit takes the lock, which load left there or it makes, then opens the maps for writing.
	for path in rewrite_hits %lock; do
		[[ $path != %lock ]] || rmdir "$BPFFS/v0/%lock"
		mount -o remount,ro "$BPFFS"
		expect_status 0 rewrite v0
		expect_status 2 rewrite v0 add vlan 7 pop
		[[ $errors == *"$BPFFS/v0"*"$path: Read-only file system
  hint: it is mounted read-only: mount -o remount,rw $BPFFS" ]] || fail "$errors"
		mount -o remount,rw "$BPFFS"
	done
}

# last_turn HALF: of rewrite_shapes; the greatest one that there is, and no edit can have a greater.
last_turn()
{
	local map=$BPFFS/v0/rewrite_shapes value

	value=$(bpftool -j map lookup pinned "$map" key "$1" 0 0 0 | grep -o '"value":\[[^]]*\]' |
		sed 's/"value":\[//; s/[],"]/ /g')
	# shellcheck disable=SC2086 # a word each
	set -- "$1" $value
	bpftool map update pinned "$map" key "$1" 0 0 0 value 255 255 255 255 "${@:6}"
}

test_edits_go_on_after_the_last_turn()
{
	local halves half

	load v0 objects/xdp_rewrite.o >/dev/null
	for halves in 0 1 "0 1"; do
		expect_status 0 rewrite v0 add vlan 7 pop
		for half in $halves; do
			last_turn "$half"
		done
		expect_status 0 rewrite v0 replace vlan 7 set vlan 8
		expect_status 0 rewrite v0 add tcp pop
		[[ $(rewrite v0 save) == "tcp pop
vlan 7 set vlan 8" ]] || fail "half $halves: $(rewrite v0)"
		for half in $halves; do
			last_turn "$half"
		done
		expect_status 0 rewrite v0 flush
		[[ -z $(rewrite v0) ]] || fail "half $halves: $(rewrite v0)"
		rewrite v0 load - <<<"dst 192.0.2.1 pop"
		[[ $(rewrite v0 save) == "dst 192.0.2.1 pop" ]] || fail "half $halves: $(rewrite v0)"
		rewrite v0 flush
	done
}
