# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# redirect --both: what one call and a later one set, and what is left of a call that was killed.

# shellcheck disable=SC2154 # $status and $errors are set by run, in lib.sh

. tests/pins.sh
. tests/world.sh
. tests/redirect.sh

# each_change COMMAND...: the numbers of the calls of bpf() with which it changes maps, one a line.
each_change()
{
	need strace
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -e trace=bpf -o "$TMPDIR/calls" "$@" >/dev/null
	grep -n 'BPF_MAP_\(UPDATE\|DELETE\)_ELEM' "$TMPDIR/calls" | cut -d: -f1
}

# is_switched IFNAME: redirect_mode has an interface.
is_switched()
{
	[[ $(bpftool -j map lookup pinned "$BPFFS/$1/redirect_mode" key 0 0 0 0) != *'"value":["0x00","0x00","0x00","0x00"'* ]]
}

# killed_anywhere BEFORE COMMAND...: off ends what is left of it, and so does an on with other flows.
killed_anywhere()
{
	local before=$1 call after

	shift
	$before
	for call in $(each_change "$@"); do
		for after in off on; do
			redirect v0 off
			redirect w0 off
			$before
			run with_fault "bpf:signal=KILL:when=$call" "$@"
			[[ $status != 0 ]] || fail "not killed at $call"
			((++killed))
			if [[ $after == on ]]; then
				# With its first switch w0 is on, and is added to.
				! is_switched w0 || continue
				redirect w0 v0 02:00:00:00:09:09=02:00:00:00:09:0a >/dev/null
				[[ $(redirect w0) == *" -> v0  devmap
  02:00:00:00:09:09 -> 02:00:00:00:09:0a  0 packets  0 bytes" ]] || fail "$call: $(redirect w0)"
				[[ $before == true || $(redirect v0) == *02:00:00:00:00:aa* ]] ||
					fail "$call: what was on went: $(redirect v0)"
			else
				redirect v0 off
				expect_off v0
				expect_off w0
			fi
		done
	done
}

one_way() { redirect v0 w0 02:00:00:00:00:aa=02:00:00:00:00:bb >/dev/null; }

test_flows_of_a_killed_call_for_both_ways_go_with_the_next()
{
	local killed=0

	make_ends
	load_both
	take_redirected w1 in_other
	take_redirected v1 in_peer
	killed_anywhere true redirect --both v0 w0 "$V1_MAC=$W1_MAC"
	killed_anywhere one_way redirect --both v0 w0 "$V1_MAC=$W1_MAC"
	((killed > 20)) || fail "only $killed kills"
	echo "killed at $killed calls"
}

# expect_half_told: list says which direction lacks, if one does. Counts them in $halves.
expect_half_told()
{
	local from to on

	run redirect list
	on=$(grep -c 'devmap  both ways$' <<<"$output" || true)
	if ((on != 1)); then
		[[ -z $errors ]] || fail "all is as it has to be: $output; $errors"
		return
	fi
	((++halves))
	read -r from _ to _ < <(grep 'devmap  both ways$' <<<"$output")
	[[ $errors == "redirect: $from was to be redirected to $to both ways, but $to is not redirected to $from
  hint: set both again: redirect --both $from $to SOURCE=DESTINATION...; or end both: redirect $from off" ]] ||
		fail "$output: $errors"
}

test_of_a_killed_call_for_both_ways_the_direction_that_lacks_is_told()
{
	local before call halves=0

	make_ends
	load_both
	take_redirected w1 in_other
	take_redirected v1 in_peer
	for before in true one_way; do
		$before
		for call in $(each_change redirect --both v0 w0 "$V1_MAC=$W1_MAC"); do
			redirect v0 off
			redirect w0 off
			$before
			run with_fault "bpf:signal=KILL:when=$call" redirect --both v0 w0 "$V1_MAC=$W1_MAC"
			[[ $status != 0 ]] || fail "not killed at $call"
			expect_half_told
			redirect --both v0 w0 "$V1_MAC=$W1_MAC" >"$TMPDIR/again" 2>&1
			[[ $(<"$TMPDIR/again") == "$(redirect v0)" ]] || fail "it says: $(<"$TMPDIR/again")"
			[[ -z $(redirect list 2>&1 >/dev/null) ]] || fail "$(redirect list 2>&1)"
		done
	done
	# So it is with off, which ends the one before the other.
	for call in $(each_change redirect v0 off); do
		both_ways
		run with_fault "bpf:signal=KILL:when=$call" redirect v0 off
		expect_half_told
	done
	echo "one direction was left $halves times"
	((halves >= 3)) || fail "no kill left one direction"
}

both_ways() { redirect --both v0 w0 "$V1_MAC=$W1_MAC" >/dev/null; }

test_off_of_both_ways_that_was_killed_is_ended_by_the_next()
{
	local call

	make_ends
	load_both
	take_redirected w1 in_other
	take_redirected v1 in_peer
	both_ways
	for call in $(each_change redirect v0 off); do
		both_ways
		run with_fault "bpf:signal=KILL:when=$call" redirect v0 off
		[[ $status != 0 ]] || fail "not killed at $call"
		redirect v0 off
		expect_off v0
		expect_off w0
	done
}

# Such as an earlier version left when it was killed.
test_flows_that_nothing_notes_go_with_off_and_on()
{
	make_ends
	load_both
	take_redirected w1 in_other
	unnoted()
	{
		redirect v0 w0 02:00:00:00:00:aa=02:00:00:00:00:bb >/dev/null
		bpftool map update pinned "$BPFFS/v0/redirect_mode" key 0 0 0 0 value 0 0 0 0 0 0 0 0 0 0 0 0 \
			0 0 0 0 0 0 0 0 0 0 0 0
		bpftool map delete pinned "$BPFFS/v0/tx_port" key 0 0 0 0
	}
	unnoted
	redirect v0 off
	expect_off v0
	unnoted
	redirect v0 w0 "$V1_MAC=$W1_MAC" >/dev/null
	[[ $(redirect v0) != *02:00:00:00:00:aa* ]] || fail "$(redirect v0)"
}

test_both_ways_leave_earlier_flows_their_ways_back()
{
	local before

	make_ends
	load_both
	take_redirected w1 in_other
	take_redirected v1 in_peer
	both_ways
	before=$(redirect list)
	expect_status 2 redirect --both v0 w0 "02:00:00:00:00:aa=$W1_MAC"
	[[ $errors == *"cannot redirect both ways: $V1_MAC of v0 leads to $W1_MAC already
  hint: name flows so that each has a destination of its own, or begin anew: redirect v0 off" ]] || fail "$errors"
	[[ $(redirect list) == "$before" ]] || fail "it changed: $(redirect list)"
	# One that was set for itself is no way back, and stays as well.
	redirect w0 v0 02:00:00:00:00:bb=02:00:00:00:00:cc >/dev/null
	before=$(redirect list)
	expect_status 2 redirect --both v0 w0 02:00:00:00:00:aa=02:00:00:00:00:bb
	[[ $errors == *"02:00:00:00:00:bb of w0 leads to 02:00:00:00:00:cc already"* ]] || fail "$errors"
	[[ $(redirect list) == "$before" ]] || fail "it changed: $(redirect list)"
}

test_a_source_that_gets_another_destination_has_one_way_back()
{
	make_ends
	load_both
	take_redirected w1 in_other
	take_redirected v1 in_peer
	both_ways
	redirect --both v0 w0 "$V1_MAC=02:00:00:00:00:bb" >/dev/null
	[[ $(redirect w0 | tail -n +2) == "  02:00:00:00:00:bb -> $V1_MAC  0 packets  0 bytes" ]] ||
		fail "$(redirect w0)"
	redirect --both v0 w0 "02:00:00:00:00:aa=$W1_MAC" >/dev/null
	# They change places.
	redirect --both v0 w0 "$V1_MAC=$W1_MAC" 02:00:00:00:00:aa=02:00:00:00:00:bb >/dev/null
	[[ $(redirect v0) == *"$V1_MAC -> $W1_MAC  "* && $(redirect v0 | grep -c packets) == 2 ]] ||
		fail "$(redirect v0)"
	[[ $(redirect w0 | tail -n +2 | cut -d' ' -f3-5 | sort) == "$(printf '%s -> %s\n' \
		"$W1_MAC" "$V1_MAC" 02:00:00:00:00:bb 02:00:00:00:00:aa | sort)" ]] || fail "$(redirect w0)"
}

test_a_direction_that_goes_with_the_other_one_is_said_to_be_off()
{
	make_ends
	make_veth v2
	load v0 w0 v2 objects/xdp_redirect.o >/dev/null
	take_redirected v1 in_peer
	take_redirected w1 in_other
	take_redirected q1
	redirect --both v0 w0 "$V1_MAC=$W1_MAC" >/dev/null
	expect_status 0 redirect --both v2 w0 "02:00:00:00:00:aa=$W1_MAC"
	[[ $errors == "redirect: v0 -> w0 is off now: w0 leads to v2"$'\n'* ]] || fail "$errors"
	expect_off v0
	[[ $(redirect w0) == "w0 -> v2  devmap  both ways"* ]] || fail "$(redirect w0)"
	# The other way round it is the same; one way only, there is nothing to say.
	expect_status 0 redirect w0 v0 "$W1_MAC=$V1_MAC"
	[[ $errors == "redirect: v2 -> w0 is off now: w0 leads to v0"* ]] || fail "$errors"
	expect_status 0 redirect w0 v2 "$W1_MAC=02:00:00:00:00:aa"
	[[ $errors != *" is off now"* ]] || fail "$errors"
}
