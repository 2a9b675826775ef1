# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A real driver in native mode: two virtio-net interfaces of four queues each, on one wire.
#
#   this netns                             netns "peer"
#   q0 02:00:00:00:01:01  <== wire ==>  q1 02:00:00:00:01:02
#
# A VM has one such pair, so these tests take turns, and what one left there is taken off first.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh
. tests/vlan.sh

Q0_MAC=02:00:00:00:01:01
Q1_MAC=02:00:00:00:01:02

# What the driver had counted when the test began.
declare -A driver_before

at_home() { nsenter --net=/proc/1/ns/net "$@"; }

# home_name MAC: what the interface with it is called in the namespace of PID 1.
home_name() { at_home ip -br link | awk -v mac="$1" '$3 == mac { print $1 }'; }

is_home() { [[ -n $(home_name "$1") ]]; }

are_home() { is_home "$Q0_MAC" && is_home "$Q1_MAC"; }

# take MAC IFNAME NETNS: the interface, as if nobody had used it before.
take()
{
	local name

	name=$(home_name "$1")
	at_home ip link set "$name" down
	# In the mode that it is on in; in the other one nothing happens.
	at_home ip link set "$name" xdpdrv off
	at_home ip link set "$name" xdpgeneric off
	at_home ip link set "$name" mtu 1500 promisc off
	at_home ethtool -L "$name" combined 2 2>/dev/null || true
	at_home ip link set "$name" netns "$3" name "$2"
}

# A namespace that ends gives its hardware back to that of PID 1, a little later.
setup_virtio()
{
	local what

	need jq
	compgen -G '/sys/bus/virtio/drivers/virtio_net/virtio*' >/dev/null ||
		skip "needs virtio-net interfaces: run by make vmtest"
	exec 7<tests/vm/test_virtio.sh
	flock 7
	eventually are_home || fail "the interfaces are not back: $(at_home ip -br link)"
	take "$Q0_MAC" q0 "$BASHPID"
	take "$Q1_MAC" q1 /run/netns/peer
	silence q0
	in_peer bash -c '. tests/lib.sh; silence q1'
	ip addr add 10.0.1.1/24 dev q0
	in_peer ip addr add 10.0.1.2/24 dev q1
	ip link set q0 up
	in_peer ip link set q1 up
	in_peer ip neigh replace 10.0.1.1 lladdr "$Q0_MAC" dev q1 nud permanent
	eventually both_are_up || fail "no carrier"
	# What an earlier test sent may still be on the wire.
	eventually is_quiet || fail "frames come that nobody sends"
	# Queues that are not in use are not in the statistics; a native program takes all four into use.
	ethtool -L q0 combined 4
	for what in packets xdp_packets xdp_drops; do
		driver_before[$what]=$(driver_total "$what")
	done
	ethtool -L q0 combined 2
}

# is_quiet: no frame comes for a second.
is_quiet()
{
	local before

	before=$(driver_total packets)
	! PATIENCE=1 eventually has_more_than "$before"
}

has_more_than() { (($(driver_total packets) > $1)); }

both_are_up()
{
	[[ $(ip -br link show q0) == *LOWER_UP* && $(in_peer ip -br link show q1) == *LOWER_UP* ]]
}

# send_q0 N [SIZE]: exactly N frames from the peer.
send_q0() { in_peer "$PWD/build/tests/send" q1 "$Q0_MAC" "$@"; }

# driver_total packets|xdp_packets|xdp_drops: what the driver counted, all receive queues. Packets are
# not among its own statistics in later kernels.
driver_total()
{
	if [[ $1 == packets ]]; then
		ip -s -j link show q0 | jq '.[0].stats64.rx.packets'
		return
	fi
	ethtool -S q0 | awk -v name="^rx(_queue_)?[0-9]+_$1:" '$1 ~ name { n += $2 } END { print n + 0 }'
}

# driver_sum packets|xdp_drops|xdp_packets: since the test began.
driver_sum()
{
	echo $(($(driver_total "$1") - driver_before[$1]))
}

driver_sum_is() { [[ $(driver_sum "$1") == "$2" ]]; }

# load_native OBJECT...: it is loaded, natively.
load_native()
{
	expect_status 0 load --mode native q0 "$@"
	[[ -z $errors && $output == *"in native mode"* ]] || fail "it says: $output$errors"
	[[ $(ip -d link show q0) == *" xdp "* ]] || fail "not native: $(ip -d link show q0)"
}

test_frames_are_dropped_by_the_driver_and_counted()
{
	setup_virtio
	load_native objects/xdp_drop.o
	send_q0 50 200
	expect_counter "$BPFFS/q0/xdp_stats_map" 1 50 10000
	eventually driver_sum_is xdp_drops 50 || fail "the driver dropped $(driver_sum xdp_drops)"
	expect_status 0 stats q0
	[[ $(tr -s ' ' <<<"$output") == "q0 xdp XDP_DROP 50 packets 10000 bytes" ]] || fail "stats says: $output"
}

test_every_queue_counts()
{
	local port busy

	setup_virtio
	load_native objects/xdp_drop.o
	for port in {9001..9064}; do
		in_peer bash -c "echo x >/dev/udp/10.0.1.1/$port"
	done
	expect_counter "$BPFFS/q0/xdp_stats_map" 1 64 $((64 * 44))
	# No test before this one sent so many flows.
	busy=$(ethtool -S q0 | grep -cE 'xdp_drops: [1-9]')
	((busy >= 2)) || fail "all frames came in one queue: $(ethtool -S q0)"
}

test_a_replacement_counts_on()
{
	local old map

	setup_virtio
	load_native objects/xdp_pass.o
	send_q0 5
	expect_counter "$BPFFS/q0/xdp_stats_map" 2 5 500
	old=$(prog_id q0) map=$(map_id "$BPFFS/q0/xdp_stats_map")
	load_native objects/xdp_drop.o
	[[ $output == *"replaced program id $old"* ]] || fail "it says: $output"
	[[ $(map_id "$BPFFS/q0/xdp_stats_map") == "$map" ]] || fail "another map"
	send_q0 3
	expect_counter "$BPFFS/q0/xdp_stats_map" 1 3 300
	expect_counter "$BPFFS/q0/xdp_stats_map" 2 5 500
}

# Frames go on while programs change: none is lost, none is counted twice.
test_no_frame_is_lost_while_programs_change()
{
	local i sender

	setup_virtio
	load_native objects/xdp_drop.o
	in_peer "$PWD/build/tests/send" q1 "$Q0_MAC" 20000 >/dev/null 2>&1 &
	sender=$!
	for ((i = 0; i < 5; i++)); do
		load --mode native q0 objects/xdp_drop.o >/dev/null
	done
	wait "$sender"
	# The wire drops what comes faster than the driver takes it; of the rest nothing is missing.
	eventually all_dropped || fail "the driver took $(driver_sum packets) frames, ran a program \
on $(driver_sum xdp_packets); counted: $(counter "$BPFFS/q0/xdp_stats_map" 1)"
	(($(driver_sum packets) > 5000)) || fail "only $(driver_sum packets) frames came"
}

all_dropped()
{
	local frames

	frames=$(driver_sum packets)
	# Each came to a program.
	[[ $(driver_sum xdp_packets) == "$frames" ]] &&
		counter_is "$BPFFS/q0/xdp_stats_map" 1 "$frames" "$((frames * 100))"
}

test_what_ip_attached_natively_is_adopted_and_unloaded()
{
	local map

	setup_virtio
	ip link set dev q0 xdpdrv obj objects/xdp_drop.o sec xdp
	send_q0 4
	expect_status 0 pin_maps q0
	expect_counter "$BPFFS/q0/xdp_stats_map" 1 4 400
	map=$(map_id "$BPFFS/q0/xdp_stats_map")
	load_native objects/xdp_drop.o
	[[ $(map_id "$BPFFS/q0/xdp_stats_map") == "$map" ]] || fail "another map"
	expect_status 0 unload q0
	[[ -z $(prog_id q0) ]] || fail "it is still there"
	send_q0 7
	expect_counter "$BPFFS/q0/xdp_stats_map" 1 4 400
	expect_status 0 stats q0
	[[ $output == *"stale"* ]] || fail "stats says: $output"
}

test_a_native_link_is_pinned_and_updated()
{
	setup_virtio
	expect_status 0 load --link --mode native q0 objects/xdp_drop.o
	expect_status 0 load --link --mode native q0 objects/xdp_drop.o
	send_q0 6
	expect_counter "$BPFFS/q0/xdp_stats_map" 1 6 600
	expect_status 0 unload q0
	[[ -z $(prog_id q0) ]] || fail "it is still there"
}

# virtio_net wants a transmit queue for each CPU besides those that are in use; before 5.13 it
# refuses without them, later they are shared.
test_too_few_free_queues_are_said_or_shared()
{
	setup_virtio
	ethtool -L q0 combined 4
	run load --mode native q0 objects/xdp_drop.o
	if ((status == 0)); then
		send_q0 5
		expect_counter "$BPFFS/q0/xdp_stats_map" 1 5 500
		return
	fi
	((status == 2)) || fail_run "status $status" load
	[[ $errors == *"Too few free TX rings available"* ]] || fail "it says: $errors"
	[[ -z $(prog_id q0) && -z $(pins_of q0) ]] || fail "it left: $(prog_id q0) $(pins_of q0)"
	# auto falls back, and says so.
	expect_status 0 load --mode auto q0 objects/xdp_drop.o
	[[ $output == *"in skb mode"* ]] || fail "it says: $output"
	send_q0 5
	expect_counter "$BPFFS/q0/xdp_stats_map" 1 5 500
	# What is attached natively stays so when the queues are free again.
	unload q0 >/dev/null
	ethtool -L q0 combined 2
	load_native objects/xdp_drop.o
}

test_the_queues_stay_as_they_are_under_a_native_program()
{
	setup_virtio
	load_native objects/xdp_drop.o
	! ethtool -L q0 combined 1 2>/dev/null || fail "the driver changed them"
	send_q0 5
	expect_counter "$BPFFS/q0/xdp_stats_map" 1 5 500
	unload q0 >/dev/null
	ethtool -L q0 combined 1
	load_native objects/xdp_drop.o
	send_q0 5
	expect_counter "$BPFFS/q0/xdp_stats_map" 1 10 1000
}

pins_of() { (cd "$BPFFS" && find "$1" -type f 2>/dev/null || true); }

test_an_mtu_above_a_page_is_refused_in_the_words_of_the_driver()
{
	setup_virtio
	ip link set q0 mtu 8000
	expect_status 2 load --mode native q0 objects/xdp_drop.o
	[[ $errors == *"MTU too large to enable XDP"* ]] || fail "it says: $errors"
	[[ -z $(prog_id q0) && -z $(pins_of q0) ]] || fail "it left: $(prog_id q0) $(pins_of q0)"
	expect_status 0 load --mode auto q0 objects/xdp_drop.o
	[[ $output == *"in skb mode"* ]] || fail "it says: $output"
	send_q0 2
	expect_counter "$BPFFS/q0/xdp_stats_map" 1 2 200
}

test_frames_of_several_buffers_where_the_driver_has_them()
{
	setup_virtio
	ip link set q0 mtu 8000
	in_peer ip link set q1 mtu 8000
	run load --mode native q0 objects/xdp_drop_frags.o
	((status == 0)) || skip "needs native XDP on packets of several buffers: this driver has none"
	send_q0 10 7000
	expect_counter "$BPFFS/q0/xdp_stats_map" 1 10 70000
	eventually driver_sum_is xdp_drops 10 || fail "the driver dropped $(driver_sum xdp_drops)"
}

test_a_driver_bound_anew_inherits_the_directory()
{
	local device map name

	setup_virtio
	load_native objects/xdp_drop.o
	send_q0 9
	expect_counter "$BPFFS/q0/xdp_stats_map" 1 9 900
	map=$(map_id "$BPFFS/q0/xdp_stats_map")
	# virtio_net leaks the interface if a native program is on it then (6.1, 6.12).
	unload q0 >/dev/null
	device=$(ethtool -i q0 | sed -n 's/^bus-info: //p')
	device=$(basename "$(compgen -G "/sys/bus/pci/devices/$device/virtio*")")
	echo "$device" >/sys/bus/virtio/drivers/virtio_net/unbind
	! ip link show q0 2>/dev/null || fail "q0 is still there"
	expect_status 0 stats --json
	expect_fail "cannot find interface q0" load q0 objects/xdp_drop.o
	echo "$device" >/sys/bus/virtio/drivers/virtio_net/bind
	eventually is_home "$Q0_MAC" || fail "it did not come back: $(at_home ip -br link)"
	name=$(home_name "$Q0_MAC")
	at_home ip link set "$name" netns "$BASHPID" name q0
	silence q0
	ip link set q0 up
	eventually both_are_up || fail "no carrier"
	expect_status 0 load --mode native q0 objects/xdp_drop.o
	[[ $errors == *"belonged to an interface that is gone"*"its maps are inherited"* ]] || fail "it says: $errors"
	[[ $(map_id "$BPFFS/q0/xdp_stats_map") == "$map" ]] || fail "another map"
	send_q0 1
	expect_counter "$BPFFS/q0/xdp_stats_map" 1 10 1000
}

test_tc_programs_count_beside_native_xdp()
{
	setup_virtio
	load_native objects/xdp_pass.o
	expect_status 0 load q0 objects/tc_drop.o
	send_q0 8
	expect_counter "$BPFFS/q0/xdp_stats_map" 2 8 800
	expect_counter "$BPFFS/q0/tc_stats_map" 2 8 800
	expect_status 0 unload --all q0
	expect_status 0 status q0
}

# The driver leaves tags in the packets. VLAN 20 of the peer is VLAN 10 here.
test_native_xdp_swaps_the_tags_of_vlan_devices()
{
	need ping
	setup_virtio
	# The device lets through only VLANs that it was told of.
	ip link set q0 promisc on
	add_vlan q0.10 10 10.0.20.1 q0
	add_peer_vlan q1.20 20 10.0.20.2 q1
	neighbours 10.0.20.1 q1.20 10.0.20.2 q0.10 "$Q0_MAC" "$Q1_MAC"
	load_native objects/xdp_rewrite.o
	load --hook tc_egress q0 objects/tc_rewrite.o >/dev/null
	! in_peer ping -q -c 1 -W 1 10.0.20.1 >/dev/null || fail "an answer from another VLAN"
	rewrite q0 add in vlan 20 set vlan 10
	rewrite q0 add out vlan 10 set vlan 20
	in_peer ping -q -c 5 -i 0.01 -W 5 10.0.20.1 >/dev/null || fail "no answer: $(rewrite q0)"
	[[ $(rewrite q0) == "q0 in vlan 20 set vlan 10  5 packets  510 bytes
q0 out vlan 10 set vlan 20  5 packets  "*" bytes" ]] || fail "$(rewrite q0)"
}
