# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# acl: rules and lists edited while packets flow, by what put the program there.
. tests/legacy.sh
. tests/acl.sh

ACL=objects/xdp_acl.o

# serve PORT: a TCP server on v0 that greets whoever connects. Sets $server.
serve()
{
	need perl
	# shellcheck disable=SC2016 # perl's variables
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(Listen => 9, LocalPort => $ARGV[0], ReuseAddr => 1)
			or die "$@";
		while (my $c = $s->accept) { print $c "welcome\n"; close $c; }' "$1" &
	server=$!
	eventually listens "$1"
}

listens() { ss -Hltn "sport = :$1" | grep -q LISTEN; }

# greeted PORT: the peer can connect.
greeted() { [[ $(in_peer timeout 2 bash -c "cat </dev/tcp/10.0.0.1/$1" 2>/dev/null) == welcome ]]; }

# expect_rules_work_on_tcp: with any loader, in any hook; port 80 is served.
expect_rules_work_on_tcp()
{
	serve 80
	greeted 80 || fail "nothing is denied, but nobody greets"
	acl v0 add tcp/80
	! greeted 80 || fail "denied, but it greets"
	(($(hits tcp/80) > 0)) || fail "no packet counted: $(acl v0)"
	acl v0 add 10.0.0.2 allow
	greeted 80 || fail "an address goes before a port"
	acl v0 flush
	acl v0 policy drop
	! greeted 80 || fail "dropped by policy, but it greets"
	acl v0 policy pass
	greeted 80 || fail "it does not greet any more"
	kill "$server"
}

test_rules_work_on_a_program_of_load()
{
	load v0 "$ACL" >/dev/null
	expect_rules_work_on_tcp
}

test_rules_work_on_a_program_of_stock_ip()
{
	link_xdp v0 "$ACL"
	pin_maps v0 >/dev/null
	expect_rules_work_on_tcp
}

# Pinned by ip itself, and used on by its next load.
test_rules_work_on_a_program_that_stock_ip_pins()
{
	local before

	[[ $(sed -n 's/^IP_LIBBPF := //p' config.mk) != none ]] || skip "this ip has no libbpf"
	eval "$(iproute2_env v0)"
	link_xdp v0 objects/pinned/xdp_acl.o
	acl v0 add "$SENDER"
	acl v0 add --list bad 10.0.0.2
	before=$(map_id "$BPFFS/v0/acl_rules")
	ip -force link set dev v0 xdpgeneric obj objects/pinned/xdp_acl.o sec xdp
	[[ $(map_id "$BPFFS/v0/acl_rules") == "$before" ]] || fail "another map"
	send 3
	hits_are "$SENDER" 3 || fail "$(acl v0)"
	! in_peer ping -c 1 -W 1 10.0.0.1 >/dev/null || fail "the list is not in force"
	acl v0 flush
	acl v0 flush --list bad
	expect_rules_work_on_tcp
}

test_rules_work_on_a_program_of_stock_tc()
{
	link_tc v0 ingress objects/tc_acl.o
	pin_maps v0 >/dev/null
	expect_rules_work_on_tcp
}

test_rules_work_on_a_program_of_xdp_loader()
{
	need xdp-loader
	xdp-loader load -m skb v0 "$ACL"
	pin_maps --foreign v0 >/dev/null
	expect_rules_work_on_tcp
}

test_rules_work_with_packets_of_several_buffers()
{
	need_frags
	load v0 objects/xdp_acl_frags.o >/dev/null
	expect_rules_work_on_tcp
}

test_rules_work_on_egress()
{
	link_tc v0 egress objects/tc_acl.o
	pin_maps v0 >/dev/null
	ping -c 1 -W 1 10.0.0.2 >/dev/null || fail "nothing is denied"
	acl v0 add 10.0.0.2 dst
	! ping -c 1 -W 1 10.0.0.2 >/dev/null 2>&1 || fail "it passes"
	# ping tries again when it hears that its packet was not sent.
	(($(hits 10.0.0.2) > 0)) || fail "$(acl v0)"
	[[ $(counter "$BPFFS/v0/%egress/tc_stats_map" 2 | cut -d' ' -f1) == "$(hits 10.0.0.2)" ]] ||
		fail "$(acl v0)"
}

test_one_list_serves_xdp_and_tc()
{
	load v0 "$ACL" >/dev/null
	load --tc clsact v0 objects/tc_acl.o >/dev/null 2>&1 || load v0 objects/tc_acl.o >/dev/null
	acl v0 add 10.0.0.2 both
	! in_peer ping -c 1 -W 1 10.0.0.1 >/dev/null || fail "it passes"
	hits_are 10.0.0.2 1 || fail "$(acl v0)"
	[[ $(tc_prog v0 ingress 2>/dev/null)$(tc filter show dev v0 ingress) == *tc_acl* ]] ||
		fail "tc_acl does not run"
}

test_lists_work_on_ping()
{
	load v0 "$ACL" >/dev/null
	acl v0 add --list bad 10.0.0.0/30
	! in_peer ping -c 1 -W 1 10.0.0.1 >/dev/null || fail "it passes"
	acl v0 del --list bad 10.0.0.2
	in_peer ping -c 1 -W 1 10.0.0.1 >/dev/null || fail "it does not pass"
	expect_acl "deny src list bad 3 IPv4 addresses 0 IPv6 prefixes" "policy pass"
	acl v0 flush --list bad
	expect_acl "policy pass"
}

# IPv4 does not work without ARP, for which there is no address to allow.
test_arp_passes_where_only_ip_is_dropped()
{
	load v0 "$ACL" >/dev/null
	ip link set v0 arp on
	in_peer ip link set v1 arp on
	acl v0 policy drop
	acl v0 add 10.0.0.2 allow
	! in_peer ping -c 1 -W 1 10.0.0.1 >/dev/null || fail "ARP passes"
	acl v0 policy drop-ip
	in_peer ip neigh flush dev v1
	in_peer ping -c 1 -W 2 10.0.0.1 >/dev/null || fail "ARP does not pass"
	acl v0 del 10.0.0.2
	! in_peer ping -c 1 -W 1 10.0.0.1 >/dev/null || fail "IP passes"
	expect_acl "policy drop-ip"
}

test_counters_are_exact()
{
	load v0 "$ACL" >/dev/null
	acl v0 add "$SENDER"
	send 25 100
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 25 2500
	[[ $(acl v0) == *"$SENDER  25 packets  2500 bytes"* ]] || fail "$(acl v0)"
	acl v0 add "$SENDER" dst allow
	acl v0 add 192.0.2.0/24
	[[ $(acl v0) == *"src   $SENDER  25 packets  2500 bytes"* ]] || fail "edits changed it: $(acl v0)"
	acl v0 del "$SENDER" src
	acl v0 add "$SENDER"
	hits_are "$SENDER" "0
0" || fail "a rule made anew has counted: $(acl v0)"
}

# expect_agreement SOURCE SPORT PORT: of what acl test says with what becomes of a datagram.
expect_agreement()
{
	local said before

	said=$(acl v0 test "$1" "udp/$3" --sport "$2" --dst 10.0.0.1 --mac "$V1_MAC" --dst-mac "$V0_MAC")
	before=$(dropped)
	udp "$1" "$2" "$3"
	if [[ $said == deny:* ]]; then
		[[ $(dropped) == $((before + 1)) ]] || fail "$*: it passed, but test says $said"
		((++denied))
	else
		[[ $(dropped) == "$before" ]] || fail "$*: it was dropped, but test says $said"
		((++allowed))
	fi
}

test_what_test_says_is_what_packets_get()
{
	local source port policy denied=0 allowed=0

	need perl
	load v0 "$ACL" >/dev/null
	for source in 10.0.0.{3..9}; do
		in_peer ip addr add "$source/24" dev v1
		ip neigh replace "$source" lladdr "$V1_MAC" dev v0 nud permanent
	done
	for policy in pass drop; do
		acl v0 load - <<-END
			policy $policy
			10.0.0.3-10.0.0.6 allow
			10.0.0.4 deny
			udp/50-60
			udp/55 allow
			udp/1234 src
			udp/1235 src allow
			list bad both
			10.0.0.8/31
			list good allow
			10.0.0.9
		END
		for source in 10.0.0.{2..9}; do
			for port in 49 50 55 60 61; do
				expect_agreement "$source" 1233 "$port"
			done
		done
		expect_agreement 10.0.0.2 1234 55
		expect_agreement 10.0.0.2 1235 56
	done
	((denied > 20 && allowed > 20)) || fail "denied $denied, allowed $allowed"
}

test_a_range_that_is_a_prefix_goes_before_the_prefixes_of_other_ranges()
{
	load v0 "$ACL" >/dev/null
	printf '%s\n' '10.0.0.29-10.0.1.20 allow' '10.0.1.16-10.0.1.19' \
		'10.0.3.0-10.0.4.16 allow' '10.0.4.0-10.0.4.18' >"$TMPDIR/rules"
	acl v0 load "$TMPDIR/rules"
	[[ $(acl v0) == *" 10.0.1.16/30 "* ]] || fail "$(acl v0)"
	[[ $(acl v0 test 10.0.1.18) == "deny: rule 10.0.1.16/30 "* ]] || fail "$(acl v0 test 10.0.1.18)"
	# Of two ranges, the first has a prefix that is in both.
	[[ $(acl v0 test 10.0.4.7) == "allow: rule 10.0.3.0-10.0.4.16 "* ]] || fail "$(acl v0 test 10.0.4.7)"
}

test_test_says_why()
{
	load v0 "$ACL" >/dev/null
	acl v0 add 192.0.2.0/24 tcp/22 2001:db8::/32
	acl v0 add --list bad 203.0.113.0/24 203.0.114.0/25 both
	acl v0 add --list bad 2001:db9::/32
	expect_status 0 acl v0 test 192.0.2.77
	[[ $output == "deny: rule 192.0.2.0/24 src deny has its src 192.0.2.77"* ]] || fail "$output"
	expect_status 0 acl v0 test 9.9.9.9 --dst 203.0.113.5
	[[ $output == "deny: list bad both deny has 203.0.113.0-203.0.114.127, with its dst 203.0.113.5"* ]] ||
		fail "$output"
	expect_status 0 acl v0 test 2001:db9:8::1
	[[ $output == "deny: list bad both deny has 2001:db9::/32, with its src 2001:db9:8::1"* ]] ||
		fail "$output"
	expect_status 0 acl v0 test 9.9.9.9
	[[ $output == "allow: no rule or list has it, and the policy is pass
not asked, since it is not given: destination address, destination port" ]] || fail "$output"
	expect_status 0 acl -j v0 test 9.9.9.9 tcp/22 --dst 9.9.9.8
	[[ $output == *'"verdict":"deny","by":"rule","policy":"pass","rule":{"number":1,"entry":"tcp/22"'*'"met":"tcp/22","direction":"dst","not_asked":[]'* ]] ||
		fail "$output"
	for bad in 10.0.0.0/8 tcp/80 "$V1_MAC" nonsense; do
		expect_status 1 acl v0 test "$bad"
	done
	expect_status 1 acl v0 test 10.0.0.1 --dst 2001:db8::1
	expect_status 1 acl v0 test 10.0.0.1 --sport 80
	expect_status 1 acl v0 test ::ffff:10.0.0.1
	[[ $errors == *"write the IPv4 address"* ]] || fail "$errors"
	expect_status 1 acl v0 test 10.0.0.1 tcp/80-90
	expect_status 1 acl v0 test 10.0.0.1 tcp/80 --sport 70000
	expect_status 1 acl v0 test 10.0.0.1 --mac 10.0.0.1
}

test_rules_are_listed_as_they_were_written()
{
	load v0 "$ACL" >/dev/null
	acl v0 add 192.0.2.0/24 tcp/80 udp/1000-2000 2:AB:0:00:00:7 2001:DB8:0::/32 10.0.0.1-10.0.0.9
	acl v0 add 198.51.100.0-198.51.100.255 dst allow
	acl v0 add both tcp/81-81 deny
	expect_acl "deny src 192.0.2.0/24" "deny dst tcp/80" "deny dst udp/1000-2000" \
		"deny src 02:ab:00:00:00:07" "deny src 2001:db8::/32" "deny src 10.0.0.1-10.0.0.9" \
		"allow dst 198.51.100.0/24" "deny both tcp/81" "policy pass"
	acl v0 del 10.0.0.1-10.0.0.9 tcp/80
	acl v0 del 198.51.100.0/24 dst
	expect_acl "deny src 192.0.2.0/24" "deny dst udp/1000-2000" "deny src 02:ab:00:00:00:07" \
		"deny src 2001:db8::/32" "deny both tcp/81" "policy pass"
}

test_a_rule_that_contradicts_is_refused()
{
	load v0 "$ACL" >/dev/null
	acl v0 add 192.0.2.0/24
	acl v0 add 192.0.2.0/24 # is there already
	acl v0 add 192.0.2.0/24 dst allow
	expect_status 2 acl v0 add 192.0.2.9 192.0.2.0/24 allow
	[[ $errors == *"192.0.2.0/24 src allow: another rule is for the same entry and direction, src deny"* ]] ||
		fail "$errors"
	expect_acl "deny src 192.0.2.0/24" "allow dst 192.0.2.0/24" "policy pass"
	expect_status 3 acl v0 add --keep-going 192.0.2.9 192.0.2.0/24 allow
	expect_acl "deny src 192.0.2.0/24" "allow dst 192.0.2.0/24" "allow src 192.0.2.9" "policy pass"
	expect_status 2 acl v0 del 192.0.2.9 192.0.2.10
	[[ $errors == *"cannot remove a rule for 192.0.2.10: there is none"* ]] || fail "$errors"
	expect_status 2 acl v0 del 192.0.2.9 deny
	[[ $errors == *"cannot remove a rule for 192.0.2.9: there is only src allow"* ]] || fail "$errors"
	expect_status 3 acl -k v0 del 192.0.2.9 192.0.2.10
	expect_acl "deny src 192.0.2.0/24" "allow dst 192.0.2.0/24" "policy pass"
}

test_what_is_no_entry_is_named()
{
	local bad

	load v0 "$ACL" >/dev/null
	for bad in 192.0.2.1/24 192.0.2.0/33 192.0.2.0/ 192.0.2.0/024 192.0.2 192.0.2.256 010.0.0.1 \
		1.2.3.4.5 ::ffff:1.2.3.4 ::ffff:0:0/96 2001:db8::/129 2001:db8::1/64 1::2::3 \
		10.0.0.9-10.0.0.1 10.0.0.1-::1 10.0.0.1-10.0.0.0/8 10.0.0.1- tcp/ tcp/65536 tcp/9-8 \
		tcp/1-70000 icmp/8 02:00:00:00:00 02:00:00:00:00:0g 02-00-00-00-00-01 sr "" " "; do
		expect_status 1 acl v0 add "$bad"
		[[ $errors == "acl: '$bad' "* ]] || fail "'$bad': $errors"
		expect_status 1 acl v0 add 192.0.2.1 "$bad"
	done
	expect_status 1 acl v0 add src deny
	expect_status 1 acl v0 add --list x tcp/80
	[[ $errors == *"'tcp/80' is no address"* ]] || fail "$errors"
	expect_status 1 acl v0 policy maybe
	expect_status 1 acl v0 load --list 'a b' /dev/null
	expect_status 1 acl v0 load /dev/null deny
	expect_status 1 acl v0 frobnicate
	expect_acl "policy pass"
	expect_status 3 acl v0 add -k 192.0.2.1 nonsense
	expect_acl "deny src 192.0.2.1" "policy pass"
}

test_an_option_that_the_verb_has_no_use_for_is_refused()
{
	load v0 "$ACL" >/dev/null
	acl v0 add 192.0.2.7
	acl v0 add --list other 192.0.2.8
	expect_fail "--list goes with list, add, del" acl v0 test --list other 192.0.2.7
	expect_fail "--list goes with list, add, del" acl --list other v0 policy drop
	expect_fail "go with test" acl v0 --dst 192.0.2.9
	expect_fail "go with test" acl v0 add 192.0.2.9 --sport udp/53
	expect_fail "go with test" acl v0 del 192.0.2.7 --mac "$V1_MAC"
	expect_acl "deny src 192.0.2.7" "deny src list other 1 IPv4 addresses 0 IPv6 prefixes" \
		"policy pass"
	expect_status 2 acl v0 flush --list none
	[[ $errors == "acl: cannot find list none of v0" ]] || fail "$errors"
}

test_bad_lines_of_a_file_are_named_and_nothing_is_applied()
{
	local file=$TMPDIR/rules

	load v0 "$ACL" >/dev/null
	acl v0 add 192.0.2.7
	printf '\xef\xbb\xbf' >"$file"
	printf '%s\n' '# comment' '192.0.2.0/24 deny src' '  tcp/80	allow # why' '' \
		'192.0.2.0/33' 'deny' '192.0.2.1 sideways' '10.0.0.0/8 10.0.0.1' 'policy perhaps' \
		'192.0.2.0/24 allow' $'udp/53 both\r' 'udp/53 dst allow' '; x' '2001:db8::1;allow' \
		'10.0.0.0-10.0.0.9' '10.0.0.0-10.0.0.9 allow' >>"$file"
	expect_status 1 acl v0 load "$file"
	[[ $(sed "s|$file|FILE|g" <<<"$errors") == \
"acl: FILE:5: '192.0.2.0/33' has a prefix longer than an address
acl: FILE:6: has no address, port or Ethernet address
acl: FILE:7: 'sideways' is no address, port or Ethernet address, and none of src, dst, both, allow and deny
acl: FILE:8: '10.0.0.1' is a second entry: a line has one
acl: FILE:9: a policy is pass, drop or drop-ip
acl: FILE:10: another rule, of line 2, is for the same entry and direction
acl: FILE:12: another rule, of line 11, is for the same entry and direction
acl: FILE:16: another rule, of line 15, is for the same entry and direction
acl: nothing is changed: FILE has 8 bad lines
  hint: --keep-going leaves such lines out" ]] || fail "$errors"
	expect_acl "deny src 192.0.2.7" "policy pass"
	expect_status 3 acl v0 load -k "$file"
	expect_acl "deny src 192.0.2.0/24" "allow dst tcp/80" "deny both udp/53" "deny src 2001:db8::1" \
		"deny src 10.0.0.0-10.0.0.9" "policy pass"
	expect_status 2 acl v0 load "$TMPDIR/none"
	[[ $errors == *"cannot open $TMPDIR/none: No such file"* ]] || fail "$errors"
	# Found behind the others, one that contradicts is named where it stands.
	printf '%s\n' '192.0.2.1 allow' '192.0.2.1 deny' sideways '192.0.2.1/32 deny' >"$file"
	yes 'not an entry' | head -n 30 >>"$file"
	expect_status 1 acl v0 load "$file"
	[[ $(sed -E "s|^acl: $file:([0-9]+):.*|\1|" <<<"$errors" | head -n 21 | tr '\n' ' ') == \
"$(seq -s ' ' 2 21) acl: $file: 13 more lines are refused " ]] || fail "$errors"
	yes 'not an entry' | head -n 1000 >"$file"
	expect_status 1 acl v0 load "$file"
	[[ $(wc -l <<<"$errors") -lt 30 && $errors == *"980 more lines are refused"* ]] || fail "$errors"
}

test_a_load_of_nothing_changes_nothing()
{
	local keep

	load v0 "$ACL" >/dev/null
	printf '%s\n' '<html>' 503 '</html>' >"$TMPDIR/page"
	printf '%s\n' 'policy drop-ip' 'tcp/22' 'list bad' 192.0.2.1 2001:db8::1 | acl v0 load -
	for keep in "" -k; do
		# shellcheck disable=SC2086 # an option or none
		expect_status 1 acl v0 load $keep --list bad /dev/null
		[[ $errors == "acl: nothing is changed: /dev/null has no address
  hint: to leave nothing: acl v0 flush --list bad" ]] || fail "$errors"
		# shellcheck disable=SC2086 # as above
		expect_status 1 acl v0 load $keep /dev/null
		[[ $errors == "acl: nothing is changed: /dev/null has no policy, rule or list
  hint: to leave nothing: acl v0 flush" ]] || fail "$errors"
		# shellcheck disable=SC2086 # as above
		expect_status 1 acl v0 load $keep --list bad "$TMPDIR/page"
		[[ $errors == *"nothing is changed: "* ]] || fail "$errors"
		expect_acl "deny dst tcp/22" "deny src list bad 1 IPv4 addresses 1 IPv6 prefixes" \
			"policy drop-ip"
	done
	[[ $errors == *"$TMPDIR/page has no address that is not refused"* ]] || fail "$errors"
	echo 192.0.2.2 >>"$TMPDIR/page"
	expect_status 3 acl v0 load -k --list bad "$TMPDIR/page"
	expect_status 1 acl v0 load <(echo policy drop)
	[[ $errors == *"has no rule and no address, and there are rules"*"hint: "*"acl v0 flush"* ]] || fail "$errors"
	acl v0 flush
	printf 'policy drop\n' | acl v0 load -
	acl v0 flush --list bad
	expect_acl "policy drop"
}

test_a_name_that_no_file_can_have_makes_no_list()
{
	local name

	load v0 "$ACL" >/dev/null
	for name in ../x '' 'a b' $'a\nb' $'a\eb' '"' 'x;y' '#x' .x -- "$(printf 'a%.0s' {1..56})"; do
		expect_status 1 acl --list "$name" v0 add 192.0.2.1
		[[ $errors == "acl: a name of a list "* ]] || fail "'$name': $errors"
	done
	expect_acl "policy pass"
	name=$(printf 'a%.0s' {1..55})
	expect_status 0 acl --list "$name" v0 add 192.0.2.1
	acl v0 save | acl v0 load -
	expect_acl "deny src list $name 1 IPv4 addresses 0 IPv6 prefixes" "policy pass"
}

# So that save and load are each other's reverse.
test_a_file_with_lists_only_leaves_no_rules()
{
	load v0 "$ACL" >/dev/null
	acl v0 add 192.0.2.7
	printf 'list bad\n192.0.2.8\n' | acl v0 load -
	[[ $(acl v0 save) != *192.0.2.7* && $(acl v0 save) == *192.0.2.8* ]] || fail "$(acl v0 save)"
	acl v0 add 192.0.2.7
	echo 192.0.2.9 | acl v0 load --list bad -
	[[ $(acl v0 save) == *192.0.2.7* && $(acl v0 save) == *192.0.2.9* ]] || fail "$(acl v0 save)"
}

test_an_endless_file_is_refused()
{
	load v0 "$ACL" >/dev/null
	acl v0 add 192.0.2.7
	# It would be read, and kept, until there is no memory left.
	expect_status 1 timeout 10 acl v0 load --list a /dev/zero
	[[ $errors == "acl: /dev/zero:1: is longer than 64 KiB" ]] || fail "$errors"
	{ echo 192.0.2.1; printf '#%65535s\n' ""; echo 192.0.2.2; } >"$TMPDIR/rules"
	expect_status 0 acl v0 load "$TMPDIR/rules"
	expect_acl "deny src 192.0.2.1" "deny src 192.0.2.2" "policy pass"
	{ echo 192.0.2.1; printf '#%65536s\n' ""; } >"$TMPDIR/rules"
	expect_status 1 acl v0 load "$TMPDIR/rules"
	[[ $errors == *"$TMPDIR/rules:2: is longer than 64 KiB" ]] || fail "$errors"
	expect_status 1 acl v0 load --keep-going "$TMPDIR/rules"
	truncate -s 2G "$TMPDIR/rules"
	expect_status 1 acl v0 load "$TMPDIR/rules"
	expect_acl "deny src 192.0.2.1" "deny src 192.0.2.2" "policy pass"
}

test_published_block_lists_are_read()
{
	load v0 "$ACL" >/dev/null
	printf '%s\r\n' '; Spam list 2026/04/02' '192.0.2.0/25 ; SBL1' '192.0.2.128/25 ; SBL2' '' \
		'198.51.100.7	2026-04-01 12:00	ssh' '198.51.100.8,3,scanner' '# end' \
		'203.0.113.4 - 203.0.113.9' '203.0.113.10-203.0.113.12' '2001:db8::/32;text' \
		'2001:db8:1::1 text' >"$TMPDIR/list"
	expect_status 0 acl v0 load --list bad "$TMPDIR/list" both
	expect_acl "deny both list bad 267 IPv4 addresses 1 IPv6 prefixes" "policy pass"
	[[ $(acl v0 list --list bad) == "192.0.2.0/24
198.51.100.7-198.51.100.8
203.0.113.4-203.0.113.12
2001:db8::/32" ]] || fail "$(acl v0 list --list bad)"
	printf '%s\n' '192.0.2.0	192.0.2.255	25	1200' 'tcp/80' 'Start' >"$TMPDIR/list"
	expect_status 1 acl v0 load --list bad "$TMPDIR/list"
	[[ $errors == *"list:1: '192.0.2.255' is a second address: write first-last for a range"*\
"list:2: 'tcp/80' is no address, prefix or range of addresses: lists hold nothing else"*\
"list:3: 'Start' is no address, prefix or range of addresses: lists hold nothing else"* ]] || fail "$errors"
	expect_acl "deny both list bad 267 IPv4 addresses 1 IPv6 prefixes" "policy pass"
	# From a pipe, and as a whole: what it had is gone.
	echo 192.0.2.1 | expect_pipe 0 acl v0 load --list bad -
	expect_acl "deny both list bad 1 IPv4 addresses 0 IPv6 prefixes" "policy pass"
	echo 192.0.2.1 | expect_pipe 2 acl v0 load --list bad - allow
	expect_status 2 acl v0 add --list bad 192.0.2.2 src
	[[ $errors == *"list bad is there, and is deny both"* ]] || fail "$errors"
	expect_status 2 acl v0 del --list worse 192.0.2.2
	expect_status 2 acl v0 flush --list worse
	expect_status 2 acl v0 list --list worse
}

# expect_pipe STATUS COMMAND...: with standard input, which expect_status does not leave to it.
expect_pipe()
{
	local wanted=$1 status=0

	shift
	"$@" || status=$?
	((status == wanted)) || fail "$*: status $status, expected $wanted"
}

test_save_writes_what_load_reads()
{
	local saved=$TMPDIR/saved

	load v0 "$ACL" >/dev/null
	acl v0 policy drop-ip
	acl v0 add 192.0.2.0/24 tcp/80 udp/1000-2000 02:00:00:00:00:07 10.0.0.1-10.0.0.9 ::/0 allow
	acl v0 add 192.0.2.0/24 dst deny
	acl v0 add tcp/443 src deny
	acl v0 add --list bad 198.51.100.0/24 203.0.113.1-203.0.113.5 2001:db8::/33
	acl v0 add --list good 198.51.100.9 both allow
	acl v0 save >"$saved"
	acl v0 flush
	acl v0 policy pass
	acl v0 flush --list bad
	acl v0 flush --list good
	expect_acl "policy pass"
	expect_status 0 acl v0 load "$saved"
	[[ $(acl v0 save) == "$(<"$saved")" ]] || fail "$(diff <(acl v0 save) "$saved")"
	# And where all of it is in force already.
	acl v0 save | acl v0 load -
	[[ $(acl v0 save) == "$(<"$saved")" ]] || fail "$(diff <(acl v0 save) "$saved")"
}

test_json_has_what_text_has()
{
	load v0 "$ACL" >/dev/null
	acl v0 add 192.0.2.0/24 allow dst
	acl v0 add --list bad 192.0.2.0/24 2001:db8::/32
	acl v0 add "$SENDER"
	send 3 100
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 3 300
	expect_status 0 acl --json v0
	[[ $output == '{"schema":"ifbpf.acl/1","ifname":"v0","ifindex":'*',"policy":"pass","rules":[{"number":0,"entry":"192.0.2.0/24","kind":"ipv4","direction":"dst","verdict":"allow","packets":0,"bytes":0},{"number":1,"entry":"'"$SENDER"'","kind":"mac","direction":"src","verdict":"deny","packets":3,"bytes":300}],"lists":[{"number":0,"name":"bad","direction":"src","verdict":"deny","ipv4_addresses":256,"ipv6_prefixes":1,"packets":0,"bytes":0}]}' ]] ||
		fail "$output"
	expect_status 0 acl -j v0 list --list bad
	[[ $output == *'"entries":["192.0.2.0/24","2001:db8::/32"]}}' ]] || fail "$output"
	expect_status 0 acl -j v0 add 192.0.2.1
	[[ $output == *'"rules_before":2,"rules_after":3}' ]] || fail "$output"
	expect_status 0 acl -j v0 add --list bad 192.0.3.0/24
	[[ $output == *'"list":{"number":0,"name":"bad",'*'"ipv4_addresses":512,'* ]] || fail "$output"
	expect_status 0 acl v0 policy
	[[ $output == "policy pass" && -z $errors ]] || fail "$output$errors"
	expect_status 0 acl -j v0 policy drop
	[[ $output == *'"rules_after":3}' ]] || fail "$output"
	expect_status 0 acl -j v0 policy
	[[ $output == *',"verb":"policy","status":0,"policy":"drop"}' ]] || fail "$output"
}

test_without_the_program_it_is_said_what_to_load()
{
	expect_status 2 acl v0
	[[ $errors == *"cannot find the maps of v0"*"hint: load it first: load v0 objects/xdp_acl.o"* ]] ||
		fail "$errors"
	load v0 objects/xdp_pass.o >/dev/null
	expect_status 2 acl v0 add 192.0.2.1
	[[ $errors == *"cannot find map 'acl_settings' of v0"* ]] || fail "$errors"
	[[ $(grep -c ': cannot ' <<<"$errors") == 1 ]] || fail "$errors"
}

# As the legacy loader of ip and tc leaves them: it has no maps of maps.
test_without_maps_of_lists_rules_work_all_the_same()
{
	load v0 "$ACL" >/dev/null
	rm "$BPFFS"/v0/{,%egress/}acl_{lists,list_hits,tops4,sets4,sets6,fronts4}
	acl v0 add "$SENDER"
	send 2
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 2 200
	acl v0 save | acl v0 load -
	expect_acl "deny src $SENDER" "policy pass"
	expect_status 2 acl v0 add --list bad 192.0.2.1
	[[ $errors == *"cannot find the lists of v0"*"hint: "* ]] || fail "$errors"
	echo 'list bad' | expect_pipe 2 acl v0 load -
}

test_lists_that_a_program_of_rules_only_left_behind_are_said_not_to_be_in_force()
{
	need_legacy
	load --mode skb v0 "$ACL" >/dev/null
	acl v0 add --list bad 192.0.2.1
	ip -force link set dev v0 xdpgeneric obj objects/legacy/xdp_acl.o sec xdp
	pin_maps --carry --object objects/legacy/xdp_acl.o v0 >/dev/null 2>&1
	acl v0 add "$SENDER"
	expect_status 0 acl v0
	[[ $errors == *": the lists in $BPFFS/v0 are not in force: the acl that runs on v0 has rules only"* ]] ||
		fail "$errors"
	[[ $errors != *"not attached"* && $output == *" $SENDER "* && $output != *"list bad"* ]] ||
		fail "$output$errors"
	expect_status 2 acl v0 add --list bad 192.0.2.2
	[[ $errors == *"cannot find the lists of v0"* ]] || fail "$errors"
	# Nothing is said where there was none.
	load --mode skb v0 "$ACL" >/dev/null
	acl v0 flush --list bad
	ip -force link set dev v0 xdpgeneric obj objects/legacy/xdp_acl.o sec xdp
	pin_maps --carry --object objects/legacy/xdp_acl.o v0 >/dev/null 2>&1
	expect_status 0 acl v0
	[[ -z $errors ]] || fail "$errors"
}

# Of a program of an earlier version, whose sets are another layout.
test_without_the_top_words_of_lists_nothing_is_read_or_written()
{
	local verb

	load v0 "$ACL" >/dev/null
	acl v0 add --list bad 192.0.2.1
	rm "$BPFFS/v0/acl_tops4"
	for verb in list "add --list bad 192.0.2.2" "test 192.0.2.1"; do
		# shellcheck disable=SC2086 # words
		expect_status 2 acl v0 $verb
		[[ $errors == *"cannot find map 'acl_tops4' of v0"* ]] || fail "$verb: $errors"
	done
}

test_a_map_of_another_shape_is_refused()
{
	load v0 "$ACL" >/dev/null
	rm "$BPFFS/v0/acl_rules"
	bpftool map create "$BPFFS/v0/acl_rules" type array key 4 value 16 entries 4 name acl_rules
	expect_status 2 acl v0
	[[ $errors == *"cannot use map 'acl_rules' of v0"* ]] || fail "$errors"
}

test_a_progress_bar_is_for_terminals_only()
{
	need script
	load v0 "$ACL" >/dev/null
	seq 1 150000 | awk '{ printf "10.%d.%d.%d\n", $1 / 65536, $1 / 256 % 256, $1 % 256 }' >"$TMPDIR/list"
	expect_status 0 acl v0 load --list many "$TMPDIR/list"
	[[ -z $output && -z $errors ]] || fail "$output$errors"
	expect_status 0 script -qec "acl v0 load --list many $TMPDIR/list" /dev/null
	[[ $output == *'['*'#'*'] '*%* ]] || fail "no bar: $output"
	expect_acl "deny src list many 150000 IPv4 addresses 0 IPv6 prefixes" "policy pass"
}

test_more_lists_than_there_is_room_for_are_refused_before_any_is_made()
{
	local i

	load v0 "$ACL" >/dev/null
	for ((i = 0; i < 15; i++)); do
		acl v0 add --list "l$i" "192.0.2.$i"
	done
	printf '%s\n' 'list l3' '198.51.100.1' 'list m0' '198.51.100.2' 'list m1' '198.51.100.3' >"$TMPDIR/rules"
	expect_status 2 acl v0 load "$TMPDIR/rules"
	[[ $errors == "acl: $TMPDIR/rules:5: cannot make list m1: there is room for 16 lists" ]] || fail "$errors"
	[[ $(acl v0 list --list l3) == 192.0.2.3 ]] || fail "l3 was replaced"
}

test_a_list_of_a_file_replaces_another_of_its_name_as_a_whole()
{
	load v0 "$ACL" >/dev/null
	acl v0 add --list one 192.0.2.1
	acl v0 add --list two 10.0.0.2
	acl v0 add --list three 192.0.2.3 2001:db8::3 allow dst
	udp 10.0.0.2 1000 2000 3
	expect_acl "deny src list one 1 IPv4 addresses 0 IPv6 prefixes" "deny src list two 1 IPv4 addresses 0 IPv6 prefixes" \
		"allow dst list three 1 IPv4 addresses 1 IPv6 prefixes" "policy pass"
	printf '%s\n' 'list two allow both' 10.0.0.2 198.51.100.0/24 'list four' 192.0.2.4 >"$TMPDIR/rules"
	acl v0 load "$TMPDIR/rules"
	# In their order, those that the file does not name as they were, and with what they counted.
	expect_acl "deny src list one 1 IPv4 addresses 0 IPv6 prefixes" "allow both list two 257 IPv4 addresses 0 IPv6 prefixes" \
		"allow dst list three 1 IPv4 addresses 1 IPv6 prefixes" "deny src list four 1 IPv4 addresses 0 IPv6 prefixes" "policy pass"
	udp 10.0.0.2 1000 2000 2
	eventually hits_are "list two" 5 || fail "$(acl v0)"
	# Edits go on there, and so does another file that tells no words.
	acl v0 add --list three 192.0.2.30
	acl v0 del --list two 10.0.0.2
	printf '%s\n' 'list one' 10.0.0.2 >"$TMPDIR/rules"
	acl v0 load "$TMPDIR/rules"
	expect_acl "deny src list one 1 IPv4 addresses 0 IPv6 prefixes" "allow both list two 256 IPv4 addresses 0 IPv6 prefixes" \
		"allow dst list three 2 IPv4 addresses 1 IPv6 prefixes" "deny src list four 1 IPv4 addresses 0 IPv6 prefixes" "policy pass"
	udp 10.0.0.2 1000 2000 2
	eventually hits_are "list one" 2 || fail "$(acl v0)"
	acl v0 flush --list two
	acl v0 policy drop
	[[ $(acl v0 test 192.0.2.4) == "deny: list four"* ]] || fail "$(acl v0 test 192.0.2.4)"
	[[ $(acl v0 save) == "policy drop
list one deny src
10.0.0.2
list three allow dst
192.0.2.3
192.0.2.30
2001:db8::3
list four deny src
192.0.2.4" ]] || fail "$(acl v0 save)"
}

test_more_rules_than_there_is_room_for_are_refused()
{
	load v0 "$ACL" >/dev/null
	seq 0 8191 | awk '{ printf "10.0.%d.%d\n", $1 / 256, $1 % 256 }' >"$TMPDIR/rules"
	expect_status 0 acl v0 load "$TMPDIR/rules"
	[[ $(acl v0 | wc -l) == 8193 ]] || fail "$(acl v0 | wc -l)"
	expect_status 2 acl v0 add 192.0.2.1
	[[ $errors == *"there is room for 8192 rules, not for 8193"* ]] || fail "$errors"
	# All others, at once: no number is free but those of the other bank.
	sed -i 's/^10/11/' "$TMPDIR/rules"
	cp "$TMPDIR/rules" "$TMPDIR/rules11"
	expect_status 0 acl v0 load "$TMPDIR/rules"
	[[ $(acl v0 test 11.0.3.4) == deny:* && $(acl v0 test 10.0.3.4) == allow:* ]] || fail "$(acl v0 test 11.0.3.4)"
	seq 0 40000 | awk '{ printf "12.%d.%d.1\n", $1 / 256, $1 % 256 }' >"$TMPDIR/rules"
	expect_status 2 acl v0 load "$TMPDIR/rules"
	[[ $errors == "acl: $TMPDIR/rules:8193: too many rules: there is room for 8192"*"load --list NAME"* ]] ||
		fail "$errors"
	{
		echo '# a comment'
		seq 0 8999 | awk '{ printf "13.%d.%d.1\n", $1 / 256, $1 % 256 }'
	} >"$TMPDIR/rules"
	expect_status 2 acl v0 load "$TMPDIR/rules"
	[[ $errors == "acl: $TMPDIR/rules:8194: there is room for 8192 rules, not for 9000"* ]] || fail "$errors"
	# Ranges that need more entries of a table than it has, of which those that stand twice count once.
	{
		seq 0 511 | awk '{ printf "14.%d.%d.1-14.%d.%d.254\n", $1 / 256, $1 % 256, $1 / 256, $1 % 256 }'
		seq 0 7000 | awk '{ printf "10.0.0.1-14.%d.%d.%d\n", $1 / 65536, $1 / 256 % 256, $1 % 256 }'
	} >"$TMPDIR/ranges"
	expect_status 0 acl v0 load "$TMPDIR/ranges"
	[[ $(acl v0 test 14.0.26.255) == deny:* ]] || fail "a range is missing"
	expect_status 0 acl v0 load "$TMPDIR/rules11"
	seq 0 1000 | awk '{ printf "2001:db8:%x::1-2001:db8:%x:7fff:ffff:ffff:ffff:fffe\n", $1, $1 }' >"$TMPDIR/rules"
	expect_status 2 acl v0 load "$TMPDIR/rules"
	[[ $errors == "acl: $TMPDIR/rules:211: there is no room for 2001:db8:d2::1-2001:db8:d2:7fff:ffff:ffff:ffff:fffe: \
the rules need more than 32768 entries of 'acl_prefixes6'
  hint: a range counts for each prefix in it; a list has no such bound: --list" ]] || fail "$errors"
	# Of either, nothing is left out.
	expect_status 2 acl -k v0 load "$TMPDIR/rules"
	expect_status 2 acl -k v0 add 192.0.2.1
	[[ $(acl v0 test 11.0.3.4) == deny:* && $(acl v0 | wc -l) == 8193 ]] || fail "something was changed"
}
