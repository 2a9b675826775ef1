# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# gc: dead links go at once, and one comes in the place of such a link at the next load.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/gc.sh

test_a_dead_link_goes_at_once_and_alone()
{
	left_by w0 --link
	expect_status 0 gc
	expect_decision removed link "$BPFFS/w0/%links/xdp" "its interface is gone, or it was detached"
	expect_decision kept directory "$BPFFS/w0" "noted now"
	[[ ! -e $BPFFS/w0/%links/xdp && -e $BPFFS/w0/xdp_stats_map ]] || fail "$(snapshot)"
}

test_a_detached_link_goes_and_one_in_use_stays()
{
	make_veth w0
	load --link v0 objects/xdp_pass.o >/dev/null
	load --link w0 objects/xdp_pass.o >/dev/null
	bpftool link detach pinned "$BPFFS/w0/%links/xdp"
	expect_status 0 gc
	[[ $output == "removed link $BPFFS/w0/%links/xdp: "* && $(wc -l <<<"$output") == 1 ]] || fail "$output"
	[[ -e $BPFFS/v0/%links/xdp && -n $(prog_id v0) ]] || fail "it took one in use"
	[[ $(generation "$BPFFS/w0") == 4 && $(generation "$BPFFS/v0") == 2 ]] || fail "generations"
}

# What it removes, the next load would have seen: a new one comes in its place all the same.
test_a_load_makes_a_link_in_the_mode_of_the_one_that_gc_removed()
{
	make_veth w0
	load --link -m skb w0 objects/xdp_pass.o >/dev/null
	bpftool link detach pinned "$BPFFS/w0/%links/xdp"
	expect_status 0 gc
	expect_decision removed link "$BPFFS/w0/%links/xdp"
	expect_status 0 load --no-attach w0 objects/xdp_drop.o
	expect_status 0 load w0 objects/xdp_pass.o
	[[ $output == *"by link in skb mode"* && -e $BPFFS/w0/%links/xdp ]] || fail "it says: $output"
	ip link del dev w0
	expect_status 0 gc
	make_veth w0
	expect_status 0 gc
	expect_status 0 load w0 objects/xdp_pass.o
	[[ $output == *"by link in skb mode"* && -e $BPFFS/w0/%links/xdp ]] || fail "it says: $output"

	# Not if it was taken off, or is to be another way.
	unload w0 >/dev/null
	expect_status 0 load w0 objects/xdp_pass.o
	[[ $output == *"by netlink"* ]] || fail "it says: $output"
	load --link w0 objects/xdp_pass.o >/dev/null
	bpftool link detach pinned "$BPFFS/w0/%links/xdp"
	gc >/dev/null
	load --netlink w0 objects/xdp_pass.o >/dev/null
	ip link set dev w0 xdp off
	expect_status 0 load w0 objects/xdp_pass.o
	[[ $output == *"by netlink"* ]] || fail "it says: $output"
}

test_a_load_makes_a_tcx_link_where_gc_removed_one()
{
	need_tcx
	make_veth w0
	load --tc tcx --link w0 objects/tc_pass.o >/dev/null
	bpftool link detach pinned "$BPFFS/w0/%links/tc_ingress"
	expect_status 0 gc
	expect_status 0 load w0 objects/tc_pass.o
	[[ $output == *"attached by tcx (link "* ]] || fail "it says: $output"
}

test_a_dead_tcx_link_goes()
{
	need_tcx
	make_veth w0
	load --tc tcx --link w0 objects/tc_pass.o >/dev/null
	ip link del dev w0
	expect_status 0 gc
	expect_decision removed link "$BPFFS/w0/%links/tc_ingress"
}
