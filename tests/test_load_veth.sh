# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load on a veth: what its other end must be, and how long packets may be.
# shellcheck disable=SC2154 # $output and $errors are set by expect_status

. tests/pins.sh
. tests/world.sh

FRAMES_LOST="is dropped by v1, the other end of v0: it has no native XDP program"
REDIRECTS_LOST="frames that are redirected to v0 are dropped by v1, its other end: it has neither"

CHECKSUMS_LOST="TCP and UDP from v1, the other end of v0, have wrong checksums where native XDP"
SEGMENTS_LOST="TCP from v1, the other end of v0, stalls where generic XDP redirects it"
TYPE_TX_OFF="hint: leave nothing to a device, in the network namespace of v1: ethtool -K v1 tx off"

tx() { in_peer ethtool -K v1 tx "$1" >/dev/null; }

# expect_told OBJECT TEXT: it is loaded, and that is told.
expect_told()
{
	expect_status 0 load v0 "objects/$1.o"
	[[ $errors == *"$2"*"hint: put a program there"*": load v1 objects/xdp_stub.o"* ]] ||
		fail "$1 says: $errors"
}

# expect_silent OBJECT...: nothing is told of it.
expect_silent()
{
	local object

	for object; do
		expect_status 0 load v0 "objects/$object.o"
		[[ $errors != *v1* ]] || fail "$object says: $errors"
	done
}

test_an_other_end_that_drops_what_is_sent_is_told()
{
	tx off
	expect_told xdp_echo "what xdp_echo sends back (XDP_TX) $FRAMES_LOST"
	expect_told xdp_redirect "$REDIRECTS_LOST"
	if gro_helps; then
		[[ $errors == *"hint: or: ethtool -K v1 gro on"* ]] || fail "$errors"
	else
		[[ $errors != *"gro on"* ]] || fail "a hint that does not help: $errors"
	fi
	expect_told xdp_forward "$REDIRECTS_LOST"
	expect_silent xdp_pass xdp_drop xdp_acl xdp_ratelimit xdp_rewrite xdp_parse xdp_chain
	gro_helps || return 0
	peer_gro
	expect_told xdp_echo "what xdp_echo sends back (XDP_TX) $FRAMES_LOST"
	expect_silent xdp_redirect xdp_forward
}

# What is told is true: the answer to ping arrives only with what the hint says.
test_with_a_program_at_the_other_end_what_is_sent_arrives()
{
	tx off
	load v0 objects/xdp_echo.o 2>/dev/null >/dev/null
	! in_peer ping -c 1 -W 1 10.0.0.1 >/dev/null || fail "it arrives without"
	in_peer load v1 objects/xdp_stub.o >/dev/null
	in_peer ping -c 1 -W 2 10.0.0.1 >/dev/null || fail "it does not arrive"
	expect_silent xdp_echo xdp_redirect xdp_forward
}

test_in_skb_mode_nothing_is_dropped()
{
	local object

	tx off
	for object in xdp_echo xdp_redirect; do
		expect_status 0 load -m skb v0 "objects/$object.o"
		[[ $errors != *v1* ]] || fail "$object says: $errors"
	done
	in_peer ping -c 1 -W 2 10.0.0.1 >/dev/null || fail "no answer"
}

# expect_loss MODE TEXT OBJECT...: each says that once, with what to type.
expect_loss()
{
	local object

	for object in "${@:3}"; do
		expect_status 0 load -m "$1" v0 "objects/$object.o"
		[[ $errors == *"$2"*"
  $TYPE_TX_OFF"* ]] || fail "$object says: $errors"
		[[ $(grep -c 'tx off' <<<"$errors") == 1 ]] || fail "$object says it again: $errors"
	done
}

test_what_the_other_end_leaves_to_a_device_is_told_where_it_would_be_lost()
{
	peer_gro
	expect_loss native "$CHECKSUMS_LOST" xdp_redirect xdp_forward
	expect_silent xdp_pass xdp_acl
	expect_status 0 load v0 objects/xdp_echo.o
	[[ $errors != *"tx off"* ]] || fail "its answers have checksums: $errors"
	tx off
	expect_silent xdp_redirect xdp_forward
	tx on
	unload v0 --hook xdp >/dev/null
	expect_loss skb "$SEGMENTS_LOST" xdp_redirect
	# It leaves frames above the MTU to the stack.
	expect_status 0 load v0 objects/xdp_forward.o
	[[ $errors != *v1* ]] || fail "$errors"
	in_peer ethtool -K v1 tso off
	expect_silent xdp_redirect
}

# to_other_cpu MODE: load the program that sends all to CPU 0, with a queue of 192 packets.
to_other_cpu()
{
	expect_status 0 load -m "$1" v0 "$BUILT/load_cpus.o"
	bpftool map update pinned "$BPFFS/v0/cpus" key 0 0 0 0 value 192 0 0 0
}

has_checksum_errors() { (($(tcp InCsumErrors) > 0)); }

# Another CPU is no interface: it has no MTU. Checksums are lost on the way there as well.
test_frames_to_another_cpu_lose_checksums_only()
{
	local client

	"$PWD/build/tests/stream" serve 0.0.0.0 9000 &
	to_other_cpu skb
	[[ $errors != *v1* ]] || fail "$errors"
	# Before 5.15 nothing goes to another CPU in skb mode.
	kernel_before 5.15 || talk 10.0.0.1 3000000 || fail "it does not go through in skb mode"
	unload v0 --all >/dev/null
	to_other_cpu native
	[[ $errors == *"$CHECKSUMS_LOST"*"
  $TYPE_TX_OFF" ]] || fail "$errors"
	talk 10.0.0.1 3000000 &
	client=$!
	eventually has_checksum_errors || fail "the checksum is right"
	kill -0 "$client" || fail "the client is done"
	type_tx_off
	wait "$client" || fail "it hangs with the hint typed"
	# And no program for skb mode may have a devmap whose entries take programs.
	! kernel_before 5.15 || return 0
	# Into a devmap what is too long is lost, whatever else the object has.
	unload v0 --all >/dev/null
	tx on
	expect_status 0 load -m skb -n ports_main v0 "$BUILT/load_ports.o"
	[[ $errors == *"$SEGMENTS_LOST"* ]] || fail "$errors"
}

test_each_interface_tells_of_its_own_other_end()
{
	make_veth w0
	expect_status 0 load v0 w0 objects/xdp_redirect.o
	[[ $(sed -n 's/^  hint: leave .* of \(.*\): ethtool -K \(.*\) tx off$/\1 \2/p' <<<"$errors") == "v1 v1
q1 q1" ]] || fail "$errors"
}

test_above_a_page_the_build_for_several_buffers_is_named()
{
	in_peer ip link set v1 mtu 9000
	ip link set v0 mtu 9000
	expect_status 2 load v0 objects/xdp_echo.o
	[[ $errors == *"cannot attach the program on xdp of v0"*"
  hint: take its build for packets of several buffers, load v0 objects/xdp_echo_frags.o, a smaller MTU, or --mode skb"* ]] ||
		fail "$errors"
	IFBPF_OBJECT_PATH=objects expect_status 2 load v0 xdp_echo
	[[ $errors == *"several buffers, load v0 objects/xdp_echo_frags.o, "* ]] || fail "$errors"
	cp objects/xdp_pass.o "$TMPDIR/alone.o"
	expect_status 2 load v0 "$TMPDIR/alone.o"
	[[ $errors == *"hint: take a program in section xdp.frags, a smaller MTU, or --mode skb"* ]] ||
		fail "$errors"
	expect_status 2 load --dry-run v0 objects/xdp_echo.o
	[[ $errors == *"several buffers, load v0 objects/xdp_echo_frags.o, "* ]] || fail "$errors"
	! attach has frags || expect_status 0 load v0 objects/xdp_echo_frags.o
}
