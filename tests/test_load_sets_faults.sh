# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load of a set of interfaces, and load that only prepares, killed at every call.
# shellcheck disable=SC2034,SC2154 # $status, $output and $errors are set by run
. tests/pins.sh
. tests/faults.sh

CALLS="$CHANGING_CALLS sendto bpf" # and what only asks, the same way

# What the next run is to do: each time another program than before.
alternate()
{
	[[ $next == objects/xdp_drop.o ]] && next=objects/xdp_pass.o || next=objects/xdp_drop.o
	ln -sfn "$PWD/$next" "$TMPDIR/next.o"
	# All begin together.
	[[ $(prog_id v0) == "$(prog_id h1)" && -n $(prog_id v0) ]] || fail "v0 and h1 are apart"
}
next=objects/xdp_drop.o

# Each has the old or the new program, and the next run puts both on one, with one map and all counts.
expect_together()
{
	local ifname state

	for ifname in v0 h1; do
		state=$(load_state "$ifname" xdp 2>&1) || run pin_maps "$ifname"
		state=$(load_state "$ifname" xdp 2>&1) || fail "$ifname: $state"
	done
	send 1
	((++sent))
	expect_status 0 load --shared v0 h1 "$TMPDIR/next.o"
	for ifname in v0 h1; do
		state=$(load_state "$ifname" xdp) || fail "$ifname: $state"
		[[ ${state#* } == "$(basename "$next" .o)" ]] || fail "$ifname runs $state"
		expect_id "$BPFFS/$ifname/xdp_stats_map" "$(prog_maps "$(prog_id v0)")"
	done
	[[ $(stats v0 | awk '{ n += $4 } END { print n + 0 }') == "$sent" ]] || fail "sent $sent: $(stats v0)"
	expect_no_stage
}
sent=0

test_a_shared_load_killed_anywhere_is_put_together_by_the_next_one()
{
	make_veth h1
	load --shared v0 h1 objects/xdp_pass.o >/dev/null
	next=objects/xdp_pass.o
	kill_everywhere "$CALLS" alternate load --shared v0 h1 "$TMPDIR/next.o" -- \
		expect_together
	echo "killed at $points points" >&2
	((points > 80)) || fail "killed at $points points only"
}

unprepare() { rm -rf "$BPFFS/v0" "$BPFFS/%ifbpf"; }

expect_prepared_by_the_next()
{
	expect_status 0 load --no-attach v0 objects/xdp_drop.o
	ip link set dev v0 xdpgeneric pinned "$BPFFS/v0/%progs/xdp/xdp_drop"
	expect_id "$BPFFS/v0/xdp_stats_map" "$(prog_maps "$(prog_id v0)")"
	ip link set dev v0 xdpgeneric off
	expect_no_stage
}

test_a_preparation_killed_anywhere_is_made_by_the_next_one()
{
	kill_everywhere "$CALLS" unprepare load --no-attach v0 objects/xdp_drop.o -- \
		expect_prepared_by_the_next
	echo "killed at $points points" >&2
	((points > 40)) || fail "killed at $points points only"
}
