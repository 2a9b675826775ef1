# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# forward: this namespace is the router between a client (netns "peer") and a server ("other").

# shellcheck disable=SC2154 # $output and $errors are set by run, in lib.sh

. tests/pins.sh
. tests/world.sh

# speak6 IFNAME ADDRESS ROUTER NEIGHBOUR MAC: in the present namespace; what the kernel sends by
# itself does no harm to tests of IPv6.
speak6()
{
	echo 0 >"/proc/sys/net/ipv6/conf/$1/disable_ipv6"
	ip -6 addr add "$2/64" dev "$1" nodad
	ip -6 neigh replace "$4" lladdr "$5" dev "$1" nud permanent
	[[ -z $3 ]] || ip -6 route add default via "$3"
}

make_router6()
{
	local namespace

	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
	speak6 v0 2001:db8::1 '' 2001:db8::2 "$V1_MAC"
	speak6 w0 2001:db8:1::1 '' 2001:db8:1::2 "$W1_MAC"
	for namespace in "peer v1 2001:db8::2 2001:db8::1 2001:db8::1 $V0_MAC" \
		"other w1 2001:db8:1::2 2001:db8:1::1 2001:db8:1::1 $W0_MAC"; do
		# shellcheck disable=SC2086 # words
		set -- $namespace
		nsenter --net="/run/netns/$1" bash -c ". tests/test_forward.sh; speak6 $2 $3 $4 $5 $6"
	done
}

load_both() { load v0 w0 "${1-objects/xdp_forward.o}" >/dev/null; }

pings() { in_peer ping -c "${1-1}" -i 0.02 -W 1 "${2-10.0.1.2}" >/dev/null; }

cannot_ping() { ! pings "$@"; }

# The cache is per CPU: stay on one, and so does all that veths deliver.
stay_on_one_cpu()
{
	local cpus

	cpus=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*\([0-9]*\).*/\1/p' /proc/self/status)
	taskset -pc "$cpus" "$BASHPID" >/dev/null
}

# reason IFNAME KEY: how many packets were counted so, as the JSON has it.
reason() { forward -j "$1" | sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p"; }

forwarded() { echo $(($(reason "$1" looked_up) + $(reason "$1" cached))); }

test_tcp_and_ping_are_forwarded_natively()
{
	make_router
	add_stubs
	serve
	load_both
	pings 3
	talk 10.0.1.2 3000000
	[[ $(by_the_stack) == 0 ]] || fail "the stack forwarded $(by_the_stack)"
	[[ $(reason v0 looked_up) -gt 10 && $(reason w0 looked_up) -gt 10 ]] || fail "$(forward v0)"
	in_peer ping -c 1 -W 1 10.0.1.2 | grep -q 'ttl=63' || fail "the TTL is not one less"
}

test_tcp_and_ping_are_forwarded_over_ipv6()
{
	make_router
	make_router6
	add_stubs
	serve ::
	load_both
	pings 3 2001:db8:1::2
	talk 2001:db8:1::2 3000000
	[[ $(reason v0 looked_up) -gt 10 && $(reason w0 looked_up) -gt 10 ]] || fail "$(forward v0)"
	in_peer ping -c 1 -W 1 2001:db8:1::2 | grep -q 'ttl=63' || fail "the hop limit is not one less"
	forward v0 cache on
	forward w0 cache on
	talk 2001:db8:1::2 3000000
	[[ $(reason v0 cached) -gt 10 ]] || fail "$(forward v0)"
}

test_tcp_with_checksums_left_to_a_device_hangs_until_the_hints_are_typed()
{
	local client interface

	make_router
	ends_tx on
	add_stubs
	serve
	load_both 2>/dev/null
	pings || fail "ping does not go through"
	talk 10.0.1.2 100000 &
	client=$!
	eventually tcp_counts InCsumErrors 1 other || fail "the checksum is right"
	kill -0 "$client" || fail "the client is done"
	[[ $(forward -j w0) == *'"losing":{"peer":"w1","what":"checksums"}}' ]] || fail "$(forward -j w0)"
	for interface in v0 w0; do
		expect_status 0 forward "$interface"
		[[ $errors == *"TCP and UDP from ${interface/0/1}, the other end of $interface, "*"
  hint: leave nothing to a device, in the network namespace of ${interface/0/1}: ethtool -K ${interface/0/1} tx off" ]] ||
			fail "$errors"
		type_tx_off
	done
	wait "$client" || fail "it hangs with the hints typed"
	expect_status 0 forward w0
	[[ -z $errors ]] || fail "$errors"
	[[ $(forward -j w0) == *'"losing":null}' ]] || fail "$(forward -j w0)"
	# What does not forward loses nothing.
	ends_tx on
	expect_status 0 forward v0
	[[ $errors == *"tx off" ]] || fail "$errors"
	ip -force link set dev v0 xdpdrv obj objects/xdp_pass.o sec xdp
	expect_status 0 forward v0
	[[ $errors != *"tx off"* ]] || fail "$errors"
}

# Frames above the MTU go through the stack there, which cuts them.
test_generic_xdp_forwards_whatever_the_other_end_leaves_to_a_device()
{
	make_router
	ends_tx on
	serve
	load --mode skb v0 w0 objects/xdp_forward.o >/dev/null
	talk 10.0.1.2 3000000
	[[ $(reason v0 frag_needed) -gt 0 ]] || fail "$(forward v0)"
	expect_status 0 forward v0
	[[ -z $errors ]] || fail "$errors"
}

# With all that its sender leaves to devices: segments of 64 KiB without a checksum.
test_tc_forwards_as_well()
{
	make_router
	make_router6
	ends_tx on
	serve ::
	load_both objects/tc_forward.o
	talk 10.0.1.2 3000000
	talk 2001:db8:1::2 3000000
	pings 3
	pings 3 2001:db8:1::2
	[[ $(by_the_stack) == 0 ]] || fail "the stack forwarded $(by_the_stack)"
	[[ $(reason v0 frag_needed) == 0 ]] || fail "$(forward v0)"
	forward v0 cache on
	talk 10.0.1.2 3000000
	[[ $(reason v0 cached) -gt 10 ]] || fail "$(forward v0)"
}

test_it_works_whoever_loaded_the_program()
{
	need xdp-loader
	make_router
	serve
	link_xdp v0 objects/xdp_forward.o
	mkdir -m 700 "$BPFFS/w0"
	run xdp-loader load -m skb -vv -p "$BPFFS/w0" w0 objects/pinned/xdp_forward.o
	# Its dispatcher is a program that this one extends.
	[[ $output$errors != *"Extension program changes packet data, while original does not"* ]] ||
		skip "needs a dispatcher whose programs may change packets: this xdp-loader has none for this kernel"
	((status == 0)) || fail "$errors"
	pin_maps v0
	pin_maps w0
	talk 10.0.1.2 300000
	[[ $(reason v0 looked_up) -gt 2 && $(reason w0 looked_up) -gt 2 ]] || fail "$(forward v0)"
	ip link set dev v0 xdpgeneric off
	rm -rf "$BPFFS/v0"
	link_tc v0 ingress objects/tc_forward.o
	pin_maps v0
	talk 10.0.1.2 300000
	[[ $(reason v0 looked_up) -gt 2 ]] || fail "$(forward v0)"
	[[ $(by_the_stack) == 0 ]] || fail "the stack forwarded $(by_the_stack)"
}

test_a_page_sized_mtu_needs_programs_for_fragments()
{
	need_frags
	make_router
	ip link set v0 mtu 9000
	ip link set w0 mtu 9000
	in_peer ip link set v1 mtu 9000
	in_other ip link set w1 mtu 9000
	in_peer ip link set dev v1 xdpdrv obj objects/xdp_stub_frags.o sec xdp.frags
	in_other ip link set dev w1 xdpdrv obj objects/xdp_stub_frags.o sec xdp.frags
	serve
	load_both objects/xdp_forward_frags.o
	need_frags_redirected 10.0.1.2
	talk 10.0.1.2 3000000
	[[ $(by_the_stack) == 0 ]] || fail "the stack forwarded $(by_the_stack)"
}

test_each_packet_is_counted_once()
{
	stay_on_one_cpu
	make_router
	add_stubs
	load_both
	forward v0 cache 60000
	pings 20
	expect_counter "$BPFFS/v0/xdp_stats_map" 4 20 $((20 * 98))
	[[ $(forwarded v0) == 20 && $(forwarded w0) == 20 ]] || fail "$(forward v0)"
	[[ $(reason v0 looked_up) == 1 && $(reason v0 cached) == 19 ]] || fail "$(forward v0)"
	[[ $(reason w0 cached) == 0 ]] || fail "a cache without being asked for: $(forward w0)"
	send 3 64
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 192
	[[ $(reason v0 not_ip) == 3 ]] || fail "$(forward v0)"
}

test_the_stack_answers_what_cannot_be_forwarded()
{
	make_router
	make_router6
	add_stubs
	load_both
	run in_peer ping -c 1 -W 1 -t 1 10.0.1.2
	[[ $output == *"From 10.0.0.1"*"Time to live exceeded"* ]] || fail "$output"
	run in_peer ping -c 1 -W 1 -t 1 2001:db8:1::2
	[[ $output == *"From 2001:db8::1"*"Hop limit"* ]] || fail "$output"
	[[ $(reason v0 ttl) == 2 ]] || fail "$(forward v0)"
	ip link set w0 mtu 1300
	in_other ip link set w1 mtu 1300
	run in_peer ping -c 1 -W 1 -M "do" -s 1400 10.0.1.2
	[[ $output$errors == *"1300"* ]] || fail "$output$errors"
	in_peer ping -c 1 -W 1 -M dont -s 1400 10.0.1.2 >/dev/null
	[[ $(reason v0 frag_needed) -ge 1 ]] || fail "$(forward v0)"
	ip route add prohibit 10.13.0.0/16
	run in_peer ping -c 1 -W 1 10.13.0.1
	[[ $output == *"From 10.0.0.1"*"Packet filtered"* ]] || fail "$output"
	ip route add unreachable 10.12.0.0/16
	run in_peer ping -c 1 -W 1 10.12.0.1
	[[ $output == *"From 10.0.0.1"*"Destination Host Unreachable"* ]] || fail "$output"
	[[ $(reason v0 prohibit) == 1 && $(reason v0 unreachable) == 1 ]] || fail "$(forward v0)"
	# The router itself.
	pings 1 10.0.1.1
	[[ $(reason v0 local) == 1 ]] || fail "$(forward v0)"
}

# A route that can be changed: to 10.9.0.1, behind the server.
make_route_behind()
{
	make_router
	add_stubs
	in_other ip addr add 10.9.0.1/32 dev lo
	in_other ip link set lo up
	ip route add 10.9.0.0/16 via 10.0.1.2
	load_both
}

test_changes_of_routes_are_followed_while_it_runs()
{
	local cache

	stay_on_one_cpu
	make_route_behind
	for cache in off on 20 5000; do
		forward v0 cache "$cache"
		pings 3 10.9.0.1
		ip route replace blackhole 10.9.0.0/16
		eventually cannot_ping 1 10.9.0.1 || fail "cache $cache: the old route is used on"
		ip route replace 10.9.0.0/16 via 10.0.1.2
		eventually pings 1 10.9.0.1 || fail "cache $cache: the new route is not used"
	done
}

test_flush_makes_a_change_hold_at_once()
{
	stay_on_one_cpu
	make_route_behind
	forward v0 cache 60000
	pings 3 10.9.0.1
	ip route replace blackhole 10.9.0.0/16
	forward v0 flush
	cannot_ping 1 10.9.0.1 || fail "the old route is used on"
	[[ $(reason v0 blackhole) == 1 ]] || fail "$(forward v0)"
}

test_a_neighbour_that_went_is_resolved_by_the_stack()
{
	make_router
	add_stubs
	load_both
	pings 3
	ip link set dev w0 arp on
	in_other ip link set dev w1 arp on
	in_other ip neigh replace 10.0.1.1 lladdr "$W0_MAC" dev w1 nud permanent
	[[ -z $(ip neigh show to 10.0.1.2 dev w0) ]] || ip neigh del 10.0.1.2 dev w0
	pings 3
	[[ $(reason v0 no_neighbour) -ge 1 ]] || fail "$(forward v0)"
	[[ $(reason v0 looked_up) -ge 4 ]] || fail "$(forward v0)"
}

test_an_interface_that_must_not_forward_does_not()
{
	make_router
	add_stubs
	load_both
	echo 0 >/proc/sys/net/ipv4/conf/v0/forwarding
	cannot_ping || fail "it was forwarded"
	[[ $(reason v0 disabled) == 1 ]] || fail "$(forward v0)"
}

test_where_frames_would_be_dropped_is_named_and_can_be_excluded()
{
	local before

	stay_on_one_cpu
	make_router
	load_both
	expect_status 0 forward v0
	[[ $errors == *"what v0 forwards to w0 is dropped: its other end, w1,"*"forward v0 exclude w0"* ]] ||
		fail "$errors"
	[[ $(forward -j v0) == *'"dropping":['*'{"ifname":"w0","peer":"w1"}'* ]] || fail "$(forward -j v0)"
	cannot_ping || fail "it is not dropped"
	forward v0 exclude w0
	forward w0 exclude v0
	pings 3
	[[ $(reason v0 excluded) -ge 3 ]] || fail "$(forward v0)"
	expect_status 0 forward v0
	[[ $errors != *"w0 is dropped"* && $output == *"w0 is excluded"* ]] || fail "$output$errors"
	add_stubs
	forward v0 cache 60000
	forward v0 include w0
	forward w0 include v0
	pings 3
	[[ $(forwarded v0) -ge 3 ]] || fail "$(forward v0)"
	# What is cached does not outlive an exclusion.
	forward v0 exclude w0
	before=$(forwarded v0)
	pings 3
	[[ $(forwarded v0) == "$before" ]] || fail "$(forward v0)"
}

test_an_excluded_interface_that_is_gone_is_taken_out_by_its_number()
{
	local index

	load v0 objects/xdp_forward.o >/dev/null
	ip link add g0 type veth peer name g1
	index=$(ip -o link show dev g0 | cut -d: -f1)
	expect_status 2 forward v0 include "$index"
	[[ $errors == *"cannot find interface $index"* ]] || fail "$errors"
	forward v0 exclude g0 v0
	ip link del g0
	expect_status 0 forward v0
	[[ $output == *"ifindex $index, which is gone, is excluded"* && $errors == *"hint: take out what is gone: forward v0 include $index"* ]] ||
		fail "$output$errors"
	# An interface of that name is meant, if there is one.
	ip link add "$index" type veth peer name g1
	forward v0 include "$index"
	[[ $(forward v0) == *"ifindex $index, which is gone, is excluded"* ]] || fail "$(forward v0)"
	ip link del "$index"
	expect_status 0 forward v0 include "$index"
	expect_status 0 forward v0
	[[ $output != *"$index, which"* && $output == *"v0 is excluded"* && $errors != *"hint: take out"* ]] ||
		fail "$output$errors"
	expect_status 2 forward v0 exclude "$index"
}

test_what_is_set_and_counted_survives_a_reload()
{
	local id

	make_router
	add_stubs
	load_both
	forward v0 cache 60000
	forward v0 exclude v0
	pings 5
	id=$(map_id "$BPFFS/v0/forward_setup")
	load_both
	[[ $(map_id "$BPFFS/v0/forward_setup") == "$id" ]] || fail "another map was made"
	[[ $(forward v0) == "v0  cache on, at most 60000 ms old
  v0 is excluded"* ]] || fail "$(forward v0)"
	pings 5
	[[ $(forwarded v0) == 10 ]] || fail "$(forward v0)"
}

test_the_cache_is_listed()
{
	make_router
	add_stubs
	load_both
	[[ -z $(forward v0 list) ]] || fail "$(forward v0 list)"
	forward v0 cache 60000
	pings 5
	[[ $(forward v0 list) == "10.0.0.2 0 -> 10.0.1.2 0  protocol 1  from v0  to w0 $W1_MAC"* ]] ||
		fail "$(forward v0 list)"
	# A kernel that does not tell the MTU, as before 5.12, leaves the length of the packet there.
	[[ $(forward -j v0 list) == '{"schema":"ifbpf.forward/1","ifname":"v0",'*'"cache":[{"source":"10.0.0.2","destination":"10.0.1.2","sport":0,"dport":0,"protocol":1,"from_ifindex":'"$(ifindex v0)"',"to_ifindex":'"$(ifindex w0)"',"mac":"'"$W1_MAC"'","mtu":'@(1500|84)',"age_ms":'* ]] ||
		fail "$(forward -j v0 list)"
	forward v0 flush
	[[ -z $(forward v0 list) ]] || fail "$(forward v0 list)"
}

test_json_has_every_reason()
{
	make_router
	load_both
	take_redirected w1 in_other
	take_redirected v1 in_peer
	expect_status 0 forward -j v0
	[[ $output == '{"schema":"ifbpf.forward/1","ifname":"v0",'*'"cache_ms":null,"excluded":[],"forwarded":{"looked_up":0,"cached":0},"passed":{"not_ip":0,"malformed":0,"vlan":0,"other_host":0,"options":0,"address":0,"ttl":0,"local":0,"blackhole":0,"unreachable":0,"prohibit":0,"disabled":0,"encapsulated":0,"no_neighbour":0,"frag_needed":0,"excluded":0,"failed":0},"dropping":[],"losing":null}' ]] ||
		fail "$output"
}

test_bad_input_is_named_and_nothing_is_set()
{
	local bad

	make_router
	load_both
	for bad in yes -1 60001 1s ''; do
		expect_fail "cannot read '$bad' as how old the cache may be" forward -- v0 cache "$bad"
	done
	expect_status 2 forward v0 exclude nope
	[[ $errors == *"cannot find interface nope"* ]] || fail "$errors"
	expect_status 1 forward v0 nonsense
	[[ $errors == *"unknown verb 'nonsense'"*"--help" ]] || fail "$errors"
	expect_status 1 forward v0 cache
	expect_status 1 forward
	[[ $(forward v0 2>/dev/null | head -n 2) == "v0  cache off
  forwarded by the FIB        0" ]] || fail "$(forward v0)"
	unload v0 --hook xdp --purge
	expect_fail "load v0 objects/xdp_forward.o" forward v0
}

# noports: UDP packets that came to a port of the server where nobody listens.
noports() { in_other awk '/^Udp: [0-9]/ { print $3 }' /proc/net/snmp; }

noports_are() { [[ $(noports) == "$1" ]]; }

# Padding behind a small packet counts for no MTU: the stack takes it off as well.
padded_frames_arrive()
{
	local frame size before

	make_router
	add_stubs
	ip link set w0 mtu 1000
	in_other ip link set w1 mtu 1000
	load_both "$1"
	before=$(noports)
	frame="$V0_MAC $V1_MAC 08 00 45 00 00 1c 00 00 00 00 40 11 65 ce 0a 00 00 02 0a 00 01 02"
	frame+=" 00 07 27 0f 00 08 00 00"
	for size in 60 100 1000 1300 1500; do
		in_peer "$PWD/build/tests/send_hex" v1 "$size" <<<"${frame//:/ }"
	done
	eventually noports_are $((before + 5)) || fail "$(($(noports) - before)) of 5 arrived"
	[[ $(forwarded v0) == 5 && $(by_the_stack) == 0 ]] || fail "$(forward v0)"
}

test_padded_frames_arrive_by_xdp() { padded_frames_arrive objects/xdp_forward.o; }

test_padded_frames_arrive_by_tc() { padded_frames_arrive objects/tc_forward.o; }

# A mark that a filter before it gave, and a rule that looks at it. Where the kernel cannot be asked
# with a mark, the stack routes.
test_rules_that_look_at_the_mark_hold_in_tc()
{
	make_router
	load_both objects/tc_forward.o
	forward v0 cache 60000
	ip route add blackhole default table 100
	ip rule add fwmark 7 lookup 100 pref 5
	pings 2 || fail "without a mark, it is not forwarded"
	tc filter add dev v0 ingress pref 1 bpf da obj "$BUILT/mark.o" sec tc
	cannot_ping || fail "the rule does not hold"
	ip rule del pref 5
	ip rule add fwmark 8 lookup 100 pref 5
	pings 2 || fail "the rule holds for another mark"
	kernel_before 6.10 || [[ $(by_the_stack) == 0 ]] || fail "$(forward v0)"
}

test_on_egress_of_tc_all_go_on()
{
	make_router
	load --hook tc_egress v0 objects/tc_forward.o >/dev/null
	ping -c 2 -i 0.02 -W 5 10.0.0.2 >/dev/null || fail "nothing of the host itself leaves"
	in_other ping -c 2 -i 0.02 -W 5 10.0.0.2 >/dev/null || fail "nothing that is forwarded leaves"
}
