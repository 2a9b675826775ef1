# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# redirect: real traffic between two other namespaces, which this one only passes on at layer 2.

# shellcheck disable=SC2154 # $output and $errors are set by run, in lib.sh

. tests/pins.sh
. tests/world.sh
. tests/redirect.sh

pings() { in_peer ping -c "${1-1}" -i 0.05 -W 1 10.0.0.3; }

cannot_ping() { ! pings >/dev/null; }

# flow IFNAME SOURCE: "PACKETS BYTES" that were counted for it.
flow() { redirect "$1" | sed -n "s/^  $2 -> [0-9a-f:]*  \([0-9]*\) packets  \([0-9]*\) bytes/\1 \2/p"; }

test_tcp_and_ping_go_through_both_ways_with_stubs()
{
	make_ends
	serve
	load_both
	cannot_ping || fail "it goes through without redirect"
	redirect --both --with-stub v0 w0
	pings 3
	talk 10.0.0.3 3000000
	[[ $(prog_id v1 peer) && $(prog_id w1 other) ]] || fail "no stub at an end"
	redirect v0 off
	expect_off v0
	expect_off w0
	[[ -z $(prog_id v1 peer)$(prog_id w1 other) ]] || fail "off left a stub"
	eventually cannot_ping || fail "off did not stop it"
}

test_each_packet_is_counted_by_action_and_flow()
{
	make_ends
	load_both
	redirect --both --with-stub v0 w0 "$V1_MAC=$W1_MAC"
	pings 7
	expect_counter "$BPFFS/v0/xdp_stats_map" 4 7 $((7 * 98))
	expect_counter "$BPFFS/w0/xdp_stats_map" 4 7 $((7 * 98))
	[[ $(flow v0 "$V1_MAC") == "7 $((7 * 98))" ]] || fail "$(redirect v0)"
	[[ $(flow w0 "$W1_MAC") == "7 $((7 * 98))" ]] || fail "$(redirect w0)"
	# Frames of a station that is not known pass.
	send 5 100 02:00:00:00:00:77
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 5 500
	expect_counter "$BPFFS/v0/xdp_stats_map" 4 7 $((7 * 98))
}

test_the_plain_mode_carries_as_well()
{
	make_ends
	serve
	load_both
	redirect --plain --both --with-stub v0 w0
	talk 10.0.0.3 300000
	[[ $(redirect v0) == "v0 -> w0  plain  both ways"* ]] || fail "$(redirect v0)"
	! bpftool map lookup pinned "$BPFFS/v0/tx_port" key 0 0 0 0 || fail "tx_port was filled"
	redirect w0 off
	expect_off v0
	expect_off w0
}

test_tc_carries_as_well()
{
	make_ends
	serve
	load_both objects/tc_redirect.o
	# What tc sends goes the usual way: the other end needs nothing.
	redirect --both v0 w0
	talk 10.0.0.3 300000
	[[ -z $(prog_id v1 peer)$(prog_id w1 other) ]] || fail "a stub without need"
	[[ $(flow v0 "$V1_MAC") != "0 0" ]] || fail "$(redirect v0)"
	redirect v0 off
	expect_off v0
	expect_off w0
	eventually cannot_ping || fail "off did not stop it"
}

test_it_works_whoever_loaded_the_program()
{
	need xdp-loader
	make_ends
	serve
	link_xdp v0 objects/xdp_redirect.o
	pin_maps v0
	mkdir -m 700 "$BPFFS/w0"
	xdp-loader load -m skb -p "$BPFFS/w0" w0 objects/pinned/xdp_redirect.o
	pin_maps w0
	redirect --both v0 w0
	talk 10.0.0.3 300000
	redirect v0 off
	ip link set dev v0 xdpgeneric off
	rm -rf "$BPFFS/v0"
	link_tc v0 ingress objects/tc_redirect.o
	pin_maps v0
	redirect --both v0 w0
	talk 10.0.0.3 300000
}

# libbpf 1.1 takes a devmap that is pinned for another one than it was defined.
test_stock_ip_loads_the_pinned_build_again_and_again()
{
	local before port

	[[ $(sed -n 's/^IP_LIBBPF := //p' config.mk) != none ]] || skip "this ip has no libbpf"
	make_ends
	serve
	load --mode skb w0 objects/xdp_redirect.o >/dev/null
	eval "$(iproute2_env v0)"
	link_xdp v0 objects/pinned/xdp_redirect.o
	[[ ! -e $BPFFS/v0/tx_port ]] || fail "ip pinned tx_port"
	pin_maps v0 >/dev/null
	redirect --both v0 w0
	talk 10.0.0.3 300000
	before=$(map_id "$BPFFS/v0/redirect_params") port=$(map_id "$BPFFS/v0/tx_port")
	ip -force link set dev v0 xdpgeneric obj objects/pinned/xdp_redirect.o sec xdp
	[[ $(map_id "$BPFFS/v0/redirect_params") == "$before" ]] || fail "another map of stations"
	cannot_ping || fail "the new devmap has an entry"
	pin_maps v0 >/dev/null
	[[ $(map_id "$BPFFS/v0/tx_port") != "$port" ]] || fail "the old devmap is still pinned"
	redirect --both v0 w0
	talk 10.0.0.3 300000
	ip -force link set dev v0 xdpgeneric obj objects/pinned/xdp_redirect.o sec xdp
}

test_a_page_sized_mtu_needs_programs_for_fragments()
{
	need_frags
	make_ends
	serve
	ip link set v0 mtu 9000
	ip link set w0 mtu 9000
	in_peer ip link set v1 mtu 9000
	in_other ip link set w1 mtu 9000
	load_both objects/xdp_redirect_frags.o
	redirect --both --with-stub v0 w0
	need_frags_redirected 10.0.0.3
	talk 10.0.0.3 3000000
}

# The kernel binds a devmap to one kind of programs.
test_either_build_follows_the_other_with_its_entries()
{
	local build id

	need_frags
	make_ends
	serve
	load_both
	redirect --both --with-stub v0 w0
	for build in xdp_redirect_frags xdp_redirect; do
		id=$(map_id "$BPFFS/v0/tx_port")
		expect_status 0 load v0 w0 "objects/$build.o"
		[[ $errors == *"map 'tx_port' is made anew: program xdp_redirect is for XDP and packets of "*", \
and the one pinned in $BPFFS/v0 is bound to others"* ]] || fail "$errors"
		[[ $(map_id "$BPFFS/v0/tx_port") != "$id" ]] || fail "the same map"
		[[ $(redirect v0) == "v0 -> w0"* ]] || fail "$(redirect v0)"
		pings 2
		talk 10.0.0.3 300000
	done
	expect_status 2 load --no-attach v0 objects/xdp_redirect_frags.o
	[[ $errors == *"cannot prepare another map 'tx_port' in $BPFFS/v0: "* ]] || fail "$errors"
	expect_status 0 load --on-mismatch fresh v0 objects/xdp_redirect_frags.o
	[[ $(bpftool map dump pinned "$BPFFS/v0/tx_port") == *"Found 0 elements"* ]] || fail "not empty"
}

test_many_stations_go_to_one_or_each_to_its_own()
{
	local i

	make_ends
	load_both
	for ((i = 16; i < 216; i++)); do
		printf '02:00:00:00:01:%02x=02:00:00:00:02:%02x\n' "$i" "$i"
	done >/run/tmp/flows
	mapfile -t flows </run/tmp/flows
	take_redirected w1 in_other
	redirect v0 w0 "${flows[@]}" >/dev/null
	[[ $(redirect v0 | grep -c ' -> 02:00:00:00:02:.*  0 packets') == 200 ]] || fail "$(redirect v0)"
	for ((i = 16; i < 24; i++)); do
		send 3 64 "$(printf '02:00:00:00:01:%02x' "$i")"
	done
	expect_counter "$BPFFS/v0/xdp_stats_map" 4 24 $((24 * 64))
	[[ $(flow v0 02:00:00:00:01:10) == "3 192" ]] || fail "$(redirect v0)"
	redirect v0 off
	expect_off v0
}

test_flows_are_added_while_it_is_on_and_a_new_target_replaces_the_old()
{
	make_ends
	make_veth v2
	load_both
	take_redirected q1
	take_redirected w1 in_other
	redirect v0 w0 "$V1_MAC=$W1_MAC" >/dev/null
	redirect v0 w0 02:00:00:00:00:aa=02:00:00:00:00:bb >/dev/null
	[[ $(redirect v0 | grep -c packets) == 2 ]] || fail "$(redirect v0)"
	redirect v0 w0 02:00:00:00:00:aa=02:00:00:00:00:cc >/dev/null
	[[ $(redirect v0) == *"02:00:00:00:00:aa -> 02:00:00:00:00:cc"* ]] || fail "$(redirect v0)"
	redirect v0 v2 "$V1_MAC=02:00:00:00:00:dd" >/dev/null
	[[ $(redirect v0) == "v0 -> v2  devmap
  $V1_MAC -> 02:00:00:00:00:dd  0 packets  0 bytes" ]] || fail "$(redirect v0)"
	redirect v0 off
	redirect v0 off
	expect_off v0
}

test_another_mode_keeps_the_flows_and_the_other_direction()
{
	local mode words

	make_ends
	load_both
	take_redirected v1 in_peer
	take_redirected w1 in_other
	redirect --both v0 w0 "$V1_MAC=$W1_MAC" >/dev/null
	for mode in plain devmap; do
		words=(v0 w0 02:00:00:00:00:aa=02:00:00:00:00:bb)
		[[ $mode == devmap ]] || words=(--plain "${words[@]}")
		redirect "${words[@]}" >/dev/null
		[[ $(redirect v0) == "v0 -> w0  $mode  both ways
"*"$V1_MAC -> $W1_MAC  "*[1-9a-z]* && $(redirect v0) == *"02:00:00:00:00:aa -> 02:00:00:00:00:bb"* ]] ||
			fail "$(redirect v0)"
		[[ $(redirect w0) == "w0 -> v0  devmap  both ways
  $W1_MAC -> $V1_MAC  "* ]] || fail "$(redirect w0)"
		pings 2
	done
	redirect w0 off
	expect_off v0
	expect_off w0
}

# refused_without_a_change ARG...: by redirect, and what worked before works after it.
refused_without_a_change()
{
	local before

	before=$(redirect v0)
	expect_status 2 redirect "$@"
	[[ $(redirect v0) == "$before" ]] || fail "$* was refused: $(redirect v0)"
}

test_what_is_refused_changes_nothing_that_worked()
{
	make_ends
	make_veth v2
	load_both
	take_redirected w1 in_other
	redirect v0 w0 "$V1_MAC=$W1_MAC" >/dev/null
	# A target whose other end takes nothing, one without maps, one with somebody else's flow, and
	# one that is down.
	refused_without_a_change v0 v2 "$V1_MAC=02:00:00:00:00:dd"
	take_redirected q1
	refused_without_a_change --both v0 v2 "$V1_MAC=02:00:00:00:00:dd"
	bpftool map update pinned "$BPFFS/v0/redirect_params" key hex 02 00 00 00 00 aa \
		value hex 02 00 00 00 00 bb
	refused_without_a_change v0 v2 02:00:00:00:00:aa=02:00:00:00:00:dd
	ip link set v2 down
	refused_without_a_change v0 v2 "$V1_MAC=02:00:00:00:00:dd"
}

# The stub that the old target brought is no help to the new one, which looked as if it had a program.
test_a_new_target_does_not_lean_on_the_stub_of_the_old()
{
	make_ends
	make_veth v2
	load_both
	load v2 objects/xdp_redirect.o >/dev/null
	take_redirected q1
	redirect --both --with-stub v0 w0 "$V1_MAC=$W1_MAC" >/dev/null
	refused_without_a_change --both v0 v2 "$V1_MAC=02:00:00:00:00:dd"
	redirect --both --with-stub v0 v2 "$V1_MAC=02:00:00:00:00:dd" >/dev/null
	[[ $(prog_id v1 peer) && -z $(prog_id w1 other) ]] || fail "not the stubs that are needed"
	redirect v0 off
	[[ -z $(prog_id v1 peer) ]] || fail "off left a stub"
}

# Whichever of the two goes first, and whichever loaded the stub: the frames of the other arrive.
test_a_stub_that_another_interface_needs_stays_until_that_is_off()
{
	local last

	make_ends
	make_veth v2
	load_both
	load v2 objects/xdp_redirect.o >/dev/null
	for last in v2 v0; do
		redirect --with-stub v0 w0 "$V1_MAC=$W1_MAC" >/dev/null
		expect_status 0 redirect --with-stub v2 w0 02:00:00:00:00:aa="$W1_MAC"
		if [[ $last == v2 ]]; then
			expect_status 0 redirect v0 off
			[[ $errors == "redirect: the stub at the other end of w0 stays: v2 is redirected there as well" ]] ||
				fail "$errors"
			expect_off v0
			[[ $(redirect -j v2) == *"\"stub_program_id\":$(prog_id w1 other),"* ]] ||
				fail "$(redirect -j v2)"
		else
			expect_status 0 redirect v2 off
			[[ -z $errors ]] || fail "$errors"
		fi
		[[ $(prog_id w1 other) ]] || fail "the stub of $last is gone"
		expect_status 0 redirect "$last" off
		[[ -z $(prog_id w1 other) && -z $errors ]] || fail "off of $last left the stub: $errors"
		expect_off "$last"
	done
}

is_off() { [[ $(redirect v0) == "v0 -> off" ]]; }

# off is held up where it has switched off and not tidied up; on is quicker.
test_off_leaves_alone_what_was_switched_on_meanwhile()
{
	local off

	make_ends
	load_both
	take_redirected w1 in_other
	redirect v0 w0 "$V1_MAC=$W1_MAC" >/dev/null
	with_fault flock:delay_enter=2000000:when=3 redirect v0 off &
	off=$!
	eventually is_off
	redirect v0 w0 "$V1_MAC=$W1_MAC" >/dev/null
	wait "$off"
	[[ $(redirect v0) == "v0 -> w0  devmap
  $V1_MAC -> $W1_MAC  "* ]] || fail "$(redirect v0)"
	redirect v0 off
	expect_off v0
}

# Killed before its stub was taken off, off is ended by the next one.
test_off_that_was_killed_is_ended_with_its_stub_by_the_next()
{
	make_ends
	load_both
	redirect --with-stub v0 w0 "$V1_MAC=$W1_MAC" >/dev/null
	run with_fault "clone,fork,vfork:signal=KILL:when=1" redirect v0 off
	[[ $status != 0 ]] || fail "not killed"
	[[ $(prog_id w1 other) ]] || fail "the stub is gone"
	redirect v0 off
	[[ -z $(prog_id w1 other) ]] || fail "the stub stays"
	expect_off v0
}

# Killed while load runs, so before it knows which program its stub is.
test_a_stub_of_which_the_loading_was_killed_is_taken_off_by_the_next()
{
	make_ends
	load_both
	stub_left()
	{
		run with_fault wait4:signal=KILL:when=1 redirect --with-stub v0 w0
		[[ $status != 0 ]] || fail "not killed"
		[[ $(prog_id w1 other) ]] || fail "there is no stub"
		[[ $(redirect -j v0) == *'"stub_program_id":null'* ]] || fail "$(redirect -j v0)"
	}
	stub_left
	redirect v0 off
	[[ -z $(prog_id w1 other) ]] || fail "the stub stays"
	expect_off v0

	# Whoever switches on has one of his own, or none.
	stub_left
	redirect --with-stub v0 w0
	[[ $(redirect -j v0) == *"\"stub_program_id\":$(prog_id w1 other),"* ]] || fail "$(redirect -j v0)"
	redirect v0 off
	[[ -z $(prog_id w1 other) ]] || fail "the stub stays after on and off"
	stub_left
	expect_fail "would drop the frames" redirect v0 w0
	expect_off v0
}

# One that is refused after a stub was noted leaves nothing either.
test_a_stub_that_cannot_be_loaded_leaves_no_note()
{
	make_ends
	load_both
	run with_fault execve:error=EACCES:when=1 redirect --with-stub v0 w0
	[[ $status == 2 ]] || fail "status $status"
	expect_off v0
}

test_without_a_program_at_the_other_end_it_is_refused_and_says_what_helps()
{
	make_ends
	load_both
	expect_status 2 redirect v0 w0
	[[ $errors == *"its other end, w1, would drop the frames"*"redirect --with-stub v0 w0"* ]] ||
		fail "$errors"
	expect_off v0
	expect_status 2 redirect --both --plain v0 w0 "$V1_MAC=$W1_MAC"
	[[ $errors == *"redirect --with-stub --both --plain v0 w0 '$V1_MAC=$W1_MAC'"* ]] || fail "$errors"
	expect_status 2 redirect --netns "/proc/$$/ns/net" v0 w0
	[[ $errors == *"redirect --with-stub --netns /proc/$$/ns/net v0 w0"* ]] || fail "$errors"
	expect_status 2 redirect v0 w0
	if ! gro_helps; then
		[[ $errors != *"gro on"* ]] || fail "a hint that does not help: $errors"
		return
	fi
	[[ $errors == *"hint: or, in the network namespace of w1: ethtool -K w1 gro on"* ]] || fail "$errors"
	take_redirected w1 in_other
	redirect v0 w0
	[[ -z $(prog_id w1 other) ]] || fail "a stub in spite of GRO"
}

# A generic program sends as the stack does.
test_generic_xdp_needs_nothing_at_the_other_end()
{
	make_ends
	serve
	load --mode skb v0 w0 objects/xdp_redirect.o >/dev/null
	redirect --both v0 w0
	talk 10.0.0.3 300000
}

test_tcp_with_checksums_left_to_a_device_hangs_until_the_hints_are_typed()
{
	local client

	make_ends
	ends_tx on
	serve
	load_both 2>/dev/null
	expect_status 0 redirect --both --with-stub v0 w0
	[[ $errors == *"TCP and UDP from v1, the other end of v0, have wrong checksums where native XDP"*"
  hint: leave nothing to a device, in the network namespace of v1: ethtool -K v1 tx off
"*"TCP and UDP from w1, the other end of w0, "*": ethtool -K w1 tx off" ]] || fail "$errors"
	pings 1 || fail "ping does not go through"
	talk 10.0.0.3 100000 &
	client=$!
	eventually tcp_counts InCsumErrors 1 other || fail "the checksum is right"
	kill -0 "$client" || fail "the client is done"
	type_tx_off
	wait "$client" || fail "it hangs with the hints typed"
	expect_status 0 redirect --both --with-stub v0 w0
	[[ -z $errors ]] || fail "$errors"
}

# How many of the frames that were redirected from v0 have not come to w1.
lost()
{
	local sent there

	read -r sent _ < <(flow v0 "$V1_MAC")
	there=$(in_other ip -j -s link show dev w1 | sed 's/.*"rx":{"bytes":[0-9]*,"packets":\([0-9]*\).*/\1/')
	echo $((sent - there))
}

loses() { (($(lost) >= $1)); }

test_generic_xdp_loses_uncut_tcp_until_the_hints_are_typed()
{
	local client before

	make_ends
	ends_tx on
	serve
	load --mode skb v0 w0 objects/xdp_redirect.o >/dev/null 2>&1
	expect_status 0 redirect --both v0 w0
	[[ $errors == *"TCP from v1, the other end of v0, stalls where generic XDP redirects it"*"
  hint: leave nothing to a device, in the network namespace of v1: ethtool -K v1 tx off
"*"TCP from w1, the other end of w0, "*": ethtool -K w1 tx off" ]] || fail "$errors"
	talk 10.0.0.3 1000 || fail "not even what fits"
	talk 10.0.0.3 30000000 60 &
	client=$!
	eventually loses 10 || fail "$(lost) frames lost"
	kill -0 "$client" || fail "the client is done"
	type_tx_off
	wait "$client" || fail "it stalls with the hints typed"
	before=$(lost)
	talk 10.0.0.3 3000000
	[[ $(lost) == "$before" ]] || fail "$(lost) frames lost, $before before"
	expect_status 0 redirect --both v0 w0
	[[ -z $errors ]] || fail "$errors"
}

# frames: what came to w1, one a line.
frames() { grep "^${W1_MAC//:/}${V1_MAC//:/}" "$TMPDIR/frames"; }

has_tag() { frames | grep -q "^${W1_MAC//:/}${V1_MAC//:/}8100000a"; }

test_native_xdp_loses_a_tag_beside_the_packet_until_what_doctor_says_is_typed()
{
	make_ends
	load --netns peer --hook tc_egress v1 objects/tc_rewrite.o >/dev/null
	rewrite --netns peer v1 add out vlan none push 10
	load v0 objects/xdp_redirect.o >/dev/null
	redirect --with-stub v0 w0 >/dev/null
	in_other "$PWD/build/tests/capture" w1 >"$TMPDIR/frames" &
	eventually grep -q ready "$TMPDIR/frames" || fail "no capture"
	cannot_ping
	eventually frames || fail "nothing came"
	! has_tag || fail "it has its tag: $(frames)"
	in_peer bash -c "$(doctor v0 | sed -n 's/^ *type: \(ethtool -K v1 txvlan off\)$/\1/p')" >/dev/null
	cannot_ping
	eventually has_tag || fail "no tag: $(frames)"
}

test_tc_sends_whatever_the_other_end_leaves_to_a_device()
{
	make_ends
	ends_tx on
	serve
	load_both objects/tc_redirect.o
	link_xdp v0 objects/xdp_pass.o
	expect_status 0 redirect --both v0 w0
	[[ -z $errors ]] || fail "$errors"
	talk 10.0.0.3 3000000
}

test_a_stub_that_is_not_ours_stays()
{
	make_ends
	load_both
	in_other ip link set dev w1 xdpdrv obj objects/xdp_pass.o sec xdp
	redirect --with-stub v0 w0
	redirect v0 off
	[[ $(prog_id w1 other) ]] || fail "off took a program that it did not put there"
	in_other ip link set dev w1 xdpdrv off
	redirect --with-stub v0 w0
	in_other ip -force link set dev w1 xdpdrv obj objects/xdp_pass.o sec xdp
	redirect v0 off
	[[ $(prog_id w1 other) ]] || fail "off took the program that replaced its own"
}

test_a_target_that_is_gone_down_or_elsewhere_is_named()
{
	make_ends
	load_both
	expect_status 2 redirect v0 nope
	[[ $errors == *"cannot find interface nope"*"in the network namespace of v0"* ]] || fail "$errors"
	expect_status 2 redirect v0 w1
	[[ $errors == *"cannot find interface w1"*"in the network namespace of v0"* ]] || fail "$errors"
	ip link set w0 down
	expect_status 2 redirect v0 w0
	[[ $errors == *"cannot redirect v0 to w0: Network is down"*"ip link set dev w0 up"* ]] || fail "$errors"
	expect_status 1 redirect v0 v0
	[[ $errors == *"cannot redirect v0 to itself"* ]] || fail "$errors"
	expect_off v0
}

# The devmap forgets it, so frames pass; off still tidies up.
test_a_target_that_goes_while_it_is_on_lets_frames_pass()
{
	make_ends
	load_both
	redirect --with-stub v0 w0 >/dev/null
	ip link del w0
	send 4 64
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 4 256
	[[ $(redirect v0) == "v0 -> off"* ]] || fail "$(redirect v0)"
	redirect v0 off
	expect_off v0
}

test_stations_are_found_by_ip_address()
{
	make_ends
	load_both
	take_redirected w1 in_other
	redirect v0 w0 10.0.0.2=10.0.1.2 >/dev/null
	[[ $(redirect v0) == *"$V1_MAC -> $W1_MAC"* ]] || fail "$(redirect v0)"
	expect_status 2 redirect v0 w0 10.0.0.99=10.0.1.2
	[[ $errors == *"cannot find neighbour 10.0.0.99 on v0"* ]] || fail "$errors"
}

# A neighbour that the kernel does not know yet: it is asked for.
test_an_unknown_neighbour_is_resolved()
{
	make_ends
	load_both
	take_redirected w1 in_other
	ip link set dev w0 arp on
	in_other ip link set dev w1 arp on
	ip neigh flush dev w0 nud permanent
	redirect v0 w0 "$V1_MAC=10.0.1.2" >/dev/null
	[[ $(redirect v0) == *"$V1_MAC -> $W1_MAC"* ]] || fail "$(redirect v0)"
}

test_one_flow_too_many_is_named_and_nothing_is_set()
{
	local i flows=()

	make_ends
	load_both
	take_redirected w1 in_other
	for ((i = 0; i < 4096; i++)); do
		flows+=("$(printf '02:00:00:00:%02x:%02x=%s' $((i / 256)) $((i % 256)) "$W1_MAC")")
	done
	redirect v0 w0 "${flows[@]}" >/dev/null
	expect_status 2 redirect v0 w0 02:00:00:01:00:00="$W1_MAC"
	[[ $errors == "redirect: cannot add a flow to v0: there is room for 4096" ]] || fail "$errors"
	[[ $(redirect v0 | grep -c -- "-> $W1_MAC ") == 4096 ]] || fail "$(redirect v0 | grep -c .)"
}

test_a_neighbour_whose_answers_are_redirected_is_explained()
{
	make_ends
	load_both
	take_redirected w1 in_other
	in_peer ip link set dev v1 arp on
	ip link set dev v0 arp on
	redirect v0 w0 "$V1_MAC=$W1_MAC" >/dev/null
	ip neigh flush dev v0 nud permanent
	expect_fail "cannot find neighbour 10.0.0.2 on v0: No route to host" redirect v0 w0 "10.0.0.2=$W1_MAC"
	[[ $errors == *"hint: what it answers is redirected: name it by its hardware address, or first: redirect v0 off" ]] ||
		fail "$errors"
	redirect v0 off
	expect_status 0 redirect v0 w0 "10.0.0.2=$W1_MAC"
}

test_wrong_flows_are_named_and_nothing_is_set()
{
	local station

	make_ends
	load_both
	take_redirected w1 in_other
	take_redirected v1 in_peer
	expect_status 1 redirect v0 w0 "$V1_MAC"
	[[ $errors == *"cannot read '$V1_MAC' as a flow"* ]] || fail "$errors"
	expect_status 1 redirect v0 w0 "02:00:00:00:0:zz=$W1_MAC"
	[[ $errors == *"cannot read '02:00:00:00:0:zz' as a station"* ]] || fail "$errors"
	for station in 02:-1:00:00:00:01 02:+1:00:00:00:01 "02: 1:00:00:00:01" 02:0x:00:00:00:01; do
		expect_status 1 redirect v0 w0 "$station=$W1_MAC"
		[[ $errors == *"cannot read '$station' as a station"* ]] || fail "$errors"
	done
	expect_status 1 redirect v0 w0 "::ffff:10.0.0.2=$W1_MAC"
	[[ $errors == *"cannot read '::ffff:10.0.0.2' as a station"* ]] || fail "$errors"
	for station in 01:00:5e:00:00:01 ff:ff:ff:ff:ff:ff 00:00:00:00:00:00; do
		expect_status 1 redirect v0 w0 "$V1_MAC=$station"
		[[ $errors == *"cannot take $station on w0 as a station: "* ]] || fail "$errors"
		expect_status 1 redirect v0 w0 "$station=$W1_MAC"
		[[ $errors == *"cannot take $station on v0 as a station: "* ]] || fail "$errors"
	done
	expect_status 1 redirect --both v0 w0 "$V1_MAC=$W1_MAC" "02:00:00:00:00:aa=$W1_MAC"
	[[ $errors == *"two stations lead to $W1_MAC"* ]] || fail "$errors"
	expect_off v0
	expect_off w0
}

test_what_somebody_else_set_stays()
{
	make_ends
	load_both
	take_redirected w1 in_other
	bpftool map update pinned "$BPFFS/v0/redirect_params" key hex 02 00 00 00 00 aa \
		value hex 02 00 00 00 00 bb
	expect_status 2 redirect v0 w0 02:00:00:00:00:aa=02:00:00:00:00:cc
	[[ $errors == *"somebody else's flow leads it to 02:00:00:00:00:bb"* ]] || fail "$errors"
	redirect v0 w0 "$V1_MAC=$W1_MAC" >/dev/null
	[[ $(redirect v0) == *"02:00:00:00:00:aa -> 02:00:00:00:00:bb  set by somebody else"* ]] ||
		fail "$(redirect v0)"
	expect_status 0 redirect v0 off
	[[ $errors == *"1 flow of v0 in redirect_params was set by somebody else: it stays"* ]] ||
		fail "$errors"
	[[ $(redirect v0) == "v0 -> off
  02:00:00:00:00:aa -> 02:00:00:00:00:bb  set by somebody else" ]] || fail "$(redirect v0)"
	# As xdp-tutorial's tool fills it.
	bpftool map update pinned "$BPFFS/v0/tx_port" key 0 0 0 0 value "$(ifindex w0)" 0 0 0
	expect_status 2 redirect v0 w0
	[[ $errors == *"cannot redirect v0: somebody else set its tx_port"* ]] || fail "$errors"
	expect_status 0 redirect v0 off
	[[ $errors == *"somebody else redirects v0: that stays"* ]] || fail "$errors"
	[[ $(redirect v0) == "v0 -> w0  devmap  set by somebody else"* ]] || fail "$(redirect v0)"
}

test_what_is_set_survives_a_reload()
{
	local id

	make_ends
	serve
	load_both
	redirect --both --with-stub v0 w0 >/dev/null
	id=$(map_id "$BPFFS/v0/redirect_params")
	talk 10.0.0.3 100000
	load_both
	[[ $(map_id "$BPFFS/v0/redirect_params") == "$id" ]] || fail "another map was made"
	talk 10.0.0.3 100000
}

test_interfaces_of_another_namespace_are_found_there()
{
	make_ends
	ip link set v0 netns other
	in_other ip link set v0 up
	load --netns other v0 w1 objects/xdp_redirect.o >/dev/null
	take_redirected w0
	redirect --netns other v0 w1 "$V1_MAC=$W0_MAC" >/dev/null
	[[ $(redirect --netns other list) == *"v0 -> w1  devmap"* ]] || fail "$(redirect --netns other list)"
	[[ -z $(redirect list) ]] || fail "$(redirect list)"
	redirect --netns other v0 off
	[[ $(redirect --netns other v0) == "v0 -> off" ]] || fail "$(redirect --netns other v0)"
}

test_list_behind_an_interface_shows_that_one()
{
	make_ends
	load_both
	take_redirected w1 in_other
	redirect v0 w0 "$V1_MAC=$W1_MAC" >/dev/null
	[[ $(redirect v0 list) == "$(redirect v0)" && -n $(redirect v0) ]] || fail "$(redirect v0 list)"
	[[ $(redirect w0 list) == "w0 -> off" ]] || fail "$(redirect w0 list)"
	[[ $(redirect -j v0 list) == "$(redirect -j v0)" ]] || fail "$(redirect -j v0 list)"
	make_veth a0
	load a0 objects/xdp_redirect.o >/dev/null
	# In the order of ip link.
	[[ $(redirect list | grep -v '^ ') == "v0 -> w0  devmap
w0 -> off
a0 -> off" ]] || fail "$(redirect list)"
}

test_list_says_that_it_cannot_look()
{
	need setpriv
	make_ends
	load_both
	chmod 0755 "$BPFFS"
	expect_status 2 setpriv --reuid 65534 --regid 65534 --clear-groups redirect list
	[[ $errors == "redirect: cannot look into $BPFFS/v0: Permission denied
  hint: run as root" ]] || fail "$errors"
	expect_status 0 redirect list
	[[ -z $errors ]] || fail "$errors"
}

test_json_has_the_same_as_the_text()
{
	make_ends
	load_both
	expect_status 0 redirect -j v0
	[[ $output == '{"schema":"ifbpf.redirect/1","ifname":"v0",'*'"on":false,"mode":null,"to":null,"to_ifindex":null,"ours":false,"both":false,"stub_program_id":null,"flows":[]}' ]] ||
		fail "$output"
	take_redirected w1 in_other
	expect_status 0 redirect -j v0 w0 "$V1_MAC=$W1_MAC"
	[[ $output == *'"on":true,"mode":"devmap","to":"w0","to_ifindex":'"$(ifindex w0)"',"ours":true,"both":false,"stub_program_id":null,"flows":[{"source":"'"$V1_MAC"'","destination":"'"$W1_MAC"'","ours":true,"packets":0,"bytes":0}]}' ]] ||
		fail "$output"
}

test_json_is_printed_of_an_edit_whose_target_is_not_there()
{
	load v0 objects/xdp_redirect.o >/dev/null
	expect_status 2 redirect -j v0 nosuch
	[[ $output == '{"schema":"ifbpf.redirect/1","ifname":"v0",'*'"verb":"on","status":2,'*'"on":false,'*'}' ]] || fail "$output"
	[[ $errors == "redirect: cannot find interface nosuch"* ]] || fail "$errors"
	expect_status 1 redirect -j v0 v0
	[[ $output == *'"verb":"on","status":1,'*'"on":false,'* ]] || fail "$output"
	expect_status 2 redirect -j nosuch v0
	[[ -z $output ]] || fail "$output"
}

test_misuse_is_named()
{
	local args

	for args in "" "--both v0" "--plain list" "--with-stub v0 off" "--both v0 list" "v0 list w0" "v0 off w0"; do
		# shellcheck disable=SC2086 # words
		expect_status 1 redirect $args
		[[ $errors == "redirect: "*"hint: see redirect --help" ]] || fail "$args: $errors"
	done
	expect_status 2 redirect v0
	[[ $errors == *"load v0 objects/xdp_redirect.o"* ]] || fail "$errors"
}

# Whichever system call of it is its last one, frames go to the target or pass.
test_a_kill_anywhere_leaves_it_off_or_on()
{
	local call n killed=0

	make_ends
	load_both
	take_redirected w1 in_other
	for call in bpf sendto; do
		for ((n = 1; ; n++)); do
			redirect v0 off
			run with_fault "$call:signal=KILL:when=$n" redirect v0 w0 "$V1_MAC=$W1_MAC"
			((status != 0)) || break
			((++killed))
			send 1 64 "$V1_MAC"
			[[ $(redirect v0) == "v0 -> off"* || $(redirect v0) == *"$V1_MAC -> $W1_MAC  1 packets"* ]] ||
				fail "killed at $call $n: $(redirect v0)"
			expect_status 0 redirect v0 w0 "$V1_MAC=$W1_MAC"
			run with_fault "$call:signal=KILL:when=$n" redirect v0 off
			expect_status 0 redirect v0 off
			expect_off v0
		done
	done
	((killed > 10)) || fail "only $killed kills"
	echo "killed at $killed calls"
}
