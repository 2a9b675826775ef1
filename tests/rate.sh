# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Frames at full rate, counted before XDP and behind it.
# shellcheck disable=SC2034 # $frames is for the tests

# rate COMMAND...: frames come from the peer as fast as they can while it runs. Sets $frames, the
# number that arrived, and $passed, of those that reached the stack. XDP drops them all.
rate()
{
	local pid before

	# What the veth took in, whatever became of it; and what came behind XDP.
	load --hook tc_ingress v0 objects/tc_pass.o >/dev/null
	before=$(received)
	passed=$(counter "$BPFFS/v0/tc_stats_map" 0)
	nsenter --net=/run/netns/peer "$PWD/build/tests/load_frames" v1 "$V0_MAC" &
	pid=$!
	eventually more_than "$before" 1000 || fail "no frames arrive"
	"$@"
	kill "$pid"
	wait "$pid" || fail "load_frames failed"
	last=''
	eventually is_quiet || fail "frames still arrive"
	frames=$(($(received) - before))
	pid=$(counter "$BPFFS/v0/tc_stats_map" 0)
	passed=$((${pid% *} - ${passed% *}))
}

received() { ip -j -s link show dev v0 | sed 's/.*"rx":{"bytes":[0-9]*,"packets":\([0-9]*\).*/\1/'; }

more_than() { (($(received) > $1 + $2)); }

# Also where the thread that takes the frames in had to wait: several looks, ever further apart.
is_quiet()
{
	local before=$last

	last=$(received)
	[[ $last == "$before" ]] || equal=0
	((++equal > 5))
}
last='' equal=0
