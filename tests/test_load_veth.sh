# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load on a veth: what its other end must be, and how long packets may be.
# shellcheck disable=SC2154 # $output and $errors are set by expect_status

FRAMES_LOST="is dropped by v1, the other end of v0: it has no native XDP program"
REDIRECTS_LOST="frames that are redirected to v0 are dropped by v1, its other end: it has neither"

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
	expect_told xdp_echo "what xdp_echo sends back (XDP_TX) $FRAMES_LOST"
	expect_told xdp_redirect "$REDIRECTS_LOST"
	[[ $errors == *"hint: or: ethtool -K v1 gro on"* ]] || fail "$errors"
	expect_told xdp_forward "$REDIRECTS_LOST"
	expect_silent xdp_pass xdp_drop xdp_acl xdp_ratelimit xdp_rewrite xdp_parse xdp_chain
	peer_gro
	expect_told xdp_echo "what xdp_echo sends back (XDP_TX) $FRAMES_LOST"
	expect_silent xdp_redirect xdp_forward
}

# What is told is true: the answer to ping arrives only with what the hint says.
test_with_a_program_at_the_other_end_what_is_sent_arrives()
{
	load v0 objects/xdp_echo.o 2>/dev/null >/dev/null
	! in_peer ping -c 1 -W 1 10.0.0.1 >/dev/null || fail "it arrives without"
	in_peer load v1 objects/xdp_stub.o >/dev/null
	in_peer ping -c 1 -W 2 10.0.0.1 >/dev/null || fail "it does not arrive"
	expect_silent xdp_echo xdp_redirect xdp_forward
}

test_in_skb_mode_nothing_is_dropped()
{
	local object

	for object in xdp_echo xdp_redirect; do
		expect_status 0 load -m skb v0 "objects/$object.o"
		[[ $errors != *v1* ]] || fail "$object says: $errors"
	done
	in_peer ping -c 1 -W 2 10.0.0.1 >/dev/null || fail "no answer"
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
	expect_status 0 load v0 objects/xdp_echo_frags.o
}
