# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# redirect where tc runs, and XDP did before.

# shellcheck disable=SC2154 # $output and $errors are set by run, in lib.sh

. tests/pins.sh
. tests/world.sh
. tests/redirect.sh

test_a_devmap_that_xdp_left_counts_for_nothing_in_tc()
{
	make_ends
	serve
	load_both 2>/dev/null
	take_redirected w1 in_other
	redirect v0 w0 "$V1_MAC=$W1_MAC" >/dev/null
	unload v0 >/dev/null
	unload w0 >/dev/null
	expect_status 0 redirect v0
	[[ $errors == *"uses map '"* ]] || fail "nothing runs, and nothing is said"
	load v0 w0 objects/tc_redirect.o >/dev/null
	# What was set goes on, by tc.
	expect_status 0 redirect -j v0
	[[ -z $errors && $output == *'"stale":false'*'"on":true,"mode":"plain"'* ]] || fail "$errors: $output"
	expect_status 0 redirect --both v0 w0
	[[ -z $errors && $output == "v0 -> w0  plain  both ways"* ]] || fail "$errors: $output"
	talk 10.0.0.3 300000
	! bpftool map lookup pinned "$BPFFS/v0/tx_port" key 0 0 0 0 || fail "tx_port was filled"
	expect_status 0 redirect v0 off
	[[ -z $errors ]] || fail "$errors"
	expect_off v0
	expect_off w0
}

test_a_devmap_of_another_xdp_program_is_stale_beside_tc()
{
	load v0 objects/xdp_redirect.o >/dev/null 2>&1
	load v0 objects/tc_redirect.o >/dev/null
	ip -force link set dev v0 xdp obj objects/xdp_redirect.o sec xdp
	expect_status 0 redirect -j v0
	[[ $errors == *"map 'tx_port' in $BPFFS/v0 is stale"*"pin what is in use: pin_maps v0"* &&
		$output == *'"stale":true'* ]] || fail "$errors: $output"
}
