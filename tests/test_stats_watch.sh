# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# stats --watch: samples, rates, and what comes and goes meanwhile.
. tests/stats.sh

# watch ARGUMENT...: stats --watch in the background, its output in /run/watched.
watch()
{
	rm -f /run/watched
	stats --watch "$@" >>/run/watched 2>/run/watch_errors &
	watcher=$!
}

# watched TEXT: it was printed.
watched() { [[ -e /run/watched ]] && grep -q -- "$1" /run/watched; }

samples() { (($(grep -c . /run/watched || true) >= $1)); }

# end_watch [SIGNAL]: it ends with status 0.
end_watch()
{
	local status=0

	kill -s "${1-TERM}" "$watcher"
	wait "$watcher" || status=$?
	((status == 0)) || fail "status $status: $(</run/watch_errors)"
}

test_a_watch_ends_cleanly_at_either_signal()
{
	local signal

	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	for signal in INT TERM; do
		watch --interval 100 v0
		eventually samples 1
		end_watch "$signal"
		[[ $(</run/watched) == "v0  xdp  XDP_PASS  0 packets  0 bytes" ]] ||
			fail "$(</run/watched)"
		[[ ! -s /run/watch_errors ]] || fail "$(</run/watch_errors)"
	done
}

test_a_watch_whose_reader_waits_can_be_ended()
{
	make_dir v0
	make_map "$BPFFS/v0/xdp_stats_map" percpu_array 4 16 5
	mkfifo /run/pipe
	exec 7<>/run/pipe
	stats --watch --json --interval 0.001 v0 >/run/pipe 2>/run/watch_errors &
	watcher=$!
	eventually waits_in_pipe "$watcher"
	end_watch
}

test_a_watch_shows_rates()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	watch --interval 0.1 --json v0
	eventually samples 1
	send 50 1000
	eventually watched '"packets":50,"bytes":50000,"pps":[1-9]'
	eventually watched '"XDP_PASS":{"packets":50,"bytes":50000,"pps":0.000,"bps":0.000}'
	end_watch
	# Each rate times its interval is what was counted in it.
	sed 's/.*"time_ns":\([0-9]*\),.*"XDP_PASS":{"packets":\([0-9]*\),"bytes":\([0-9]*\)\(,"pps":\([0-9.]*\),"bps":\([0-9.]*\)\)\?}.*/\1 \2 \3 \5 \6/' \
		/run/watched | awk '
		NR > 1 {
			dt = ($1 - t) / 1e9
			if ($4 * dt - ($2 - p) > 2 || $4 * dt - ($2 - p) < -2) bad = 1
			if ($5 * dt / 8 - ($3 - b) > 2000 || $5 * dt / 8 - ($3 - b) < -2000) bad = 1
		}
		{ t = $1; p = $2; b = $3 }
		END { exit bad || NR < 3 }' || fail "$(</run/watched)"
	[[ $(head -n 1 /run/watched) != *pps* ]] || fail "a rate at first: $(</run/watched)"
}

test_a_watch_shows_rates_as_text()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	watch --interval 0.1 v0
	eventually samples 1
	send 50 1000
	eventually watched \
		'^v0  xdp  XDP_PASS  50 packets  50000 bytes  *[1-9][0-9.]* pps  *[0-9.]* [kM]bit/s *$' ||
		fail "$(</run/watched)"
	end_watch
	# A blank line between samples.
	[[ -z $(sed -n 2p /run/watched) ]] || fail "$(</run/watched)"
}

test_samples_keep_to_their_interval()
{
	make_dir v0
	make_map "$BPFFS/v0/xdp_stats_map" percpu_array 4 16 5
	watch --interval 0.05 --json v0
	eventually samples 21
	end_watch
	# 20 intervals are a second; later is a busy machine, earlier is an error.
	sed -n 's/.*"time_ns":\([0-9]*\),.*/\1/p' /run/watched | awk '
		NR == 1 { t = $1 }
		NR == 21 { s = ($1 - t) / 1e9 }
		END { print s; exit s < 0.94 }' || fail "20 intervals were shorter than 1 s"
}

test_a_watch_follows_a_replaced_map()
{
	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	watch --interval 0.02 --json v0
	send 3
	eventually watched '"XDP_PASS":{"packets":3,'
	ip -force link set dev v0 xdpgeneric obj objects/xdp_drop.o sec xdp
	eventually watched '"stale":true'
	pin_maps v0 >/dev/null
	send 4
	eventually watched '"stale":false.*"XDP_DROP":{"packets":4,.*"XDP_PASS":{"packets":3,' ||
		fail "$(tail -n 3 /run/watched)"
	end_watch
}

test_counts_of_a_map_that_comes_are_no_rate()
{
	local big=1000000000000

	make_dir v0
	make_map "$BPFFS/v0/xdp_stats_map" percpu_array 4 16 5
	make_map "$BPFFS/v0/other" percpu_array 4 16 5
	count "$BPFFS/v0/other" 2 $big $big
	watch --interval 0.02 --json v0
	eventually samples 3
	mv "$BPFFS/v0/other" "$BPFFS/v0/xdp_stats_map"
	eventually watched "$((big * $(cpus "$BPFFS/v0/xdp_stats_map")))"
	eventually samples 30
	# And back to nothing: no rate runs backwards.
	count "$BPFFS/v0/xdp_stats_map" 2 0 0
	eventually samples 60
	end_watch
	! grep -E '"(pps|bps)":(-|[0-9]{2})' /run/watched || fail "a rate that never was"
}

# How often it has waited, or was made to wait, for its next turn; rested N: so often.
watch_rests() { awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$watcher/status"; }
rested() { (($(watch_rests) >= $1)); }

test_a_watch_outlives_the_directory()
{
	local rests

	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	watch --interval 0.02 v0
	eventually samples 1
	rm -r "$BPFFS/v0"
	eventually grep -q "cannot find the maps of v0" /run/watch_errors
	rests=$(watch_rests)
	eventually rested $((rests + 5))
	: >/run/watched
	link_tc v0 ingress objects/tc_pass.o
	pin_tc v0 ingress
	eventually watched '^v0  tc_ingress'
	end_watch
	[[ $(grep -c 'cannot find' /run/watch_errors) == 1 ]] || fail "$(</run/watch_errors)"
}

# Whatever the watch was at when it went.
test_a_directory_that_is_removed_during_a_look_is_missed_at_once()
{
	local n

	link_xdp v0 objects/xdp_pass.o
	for n in {1..20}; do
		pin_xdp v0
		watch --interval 0.001 v0
		eventually samples 1
		rm -r "$BPFFS/v0"
		PATIENCE=5 eventually grep -q "cannot find the maps of v0" /run/watch_errors ||
			fail "round $n: $(</run/watch_errors)"
		end_watch
	done
}

test_a_watch_outlives_the_interface()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	watch --interval 0.02 v0
	eventually samples 1
	ip link del v0
	eventually watched 'stale: the interface is gone'
	ip link add v0 type veth peer name v1
	link_xdp v0 objects/xdp_pass.o
	eventually watched 'stale: not a map of the program that runs'
	end_watch
	[[ $(grep -c 'no interface v0' /run/watch_errors) == 1 ]] || fail "$(</run/watch_errors)"
}

test_a_watch_of_all_sees_interfaces_come_and_go()
{
	watch --interval 0.02
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	eventually watched '^v0 '
	ip link add v2 type veth peer name v3
	link_xdp v2 objects/xdp_pass.o
	pin_xdp v2
	eventually watched '^v2 '
	ip link del v0
	eventually eval 'tail -n 4 /run/watched >/run/tail && ! grep -q "^v0" /run/tail'
	end_watch
}

test_a_watch_of_nothing_is_refused_at_once()
{
	expect_status 2 timeout 5 stats --watch v0
	[[ $errors == *"cannot find the maps of v0"* ]] || fail "$errors"
}

test_a_reader_that_leaves_ends_the_watch()
{
	make_dir v0
	make_map "$BPFFS/v0/xdp_stats_map" percpu_array 4 16 5
	expect_output "v0  xdp  XDP_PASS  0 packets  0 bytes  (stale: no program runs)" \
		timeout 5 bash -c 'stats --watch --interval 0.01 v0 | head -n 1'
	# Where SIGPIPE is ignored, the error is as quiet.
	expect_output "v0  xdp  XDP_PASS  0 packets  0 bytes  (stale: no program runs)" \
		timeout 5 bash -c 'trap "" PIPE; stats --watch --interval 0.01 v0 | head -n 1'
}

last_sample() { tail -n 1 /run/watched; }

last_says() { [[ $(last_sample) == *"$1"* ]]; }

# With a hundred interfaces, what belongs to the others is looked at once, and when it changes.
test_a_sample_of_a_watch_does_not_look_into_every_directory()
{
	local i names=() opened

	need strace
	for ((i = 0; i < 100; i++)); do
		names+=("m$i")
		ip link add "m$i" type veth peer name "n$i"
	done
	ip link add s0 type veth peer name s1
	load v0 "${names[@]}" objects/xdp_pass.o >/dev/null
	: >/run/watched
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -D -qq -o "$TMPDIR/calls" -e trace=openat,write \
		stats --watch --interval 0.02 --json v0 >/run/watched 2>/run/watch_errors &
	watcher=$!
	eventually samples 10
	# Six samples, each of which ends with a write.
	opened=$(awk '/^write\(1/ { n++ } n >= 2 && n < 8 && /^openat/' "$TMPDIR/calls" | wc -l)
	((opened < 6)) || fail "$opened files were opened for 6 samples"

	# What becomes of the others is not missed.
	last_says '"shared_with":[]' || fail "$(last_sample)"
	load --shared v0 s0 "$(other_build xdp_pass)" >/dev/null
	eventually last_says '"shared_with":["s0"]' || fail "$(last_sample)"
	unload --all --purge s0 >/dev/null
	eventually last_says '"shared_with":[]' || fail "$(last_sample)"
	# One whose record is another's from one moment to the next, and one without any.
	load --shared v0 s0 "$(other_build xdp_pass)" >/dev/null
	eventually last_says '"shared_with":["s0"]' || fail "$(last_sample)"
	mv "$BPFFS/s0/%meta" "$BPFFS/s0/%kept"
	eventually last_says '"shared_with":[]' || fail "$(last_sample)"
	mv "$BPFFS/s0/%kept" "$BPFFS/s0/%meta"
	eventually last_says '"shared_with":["s0"]' || fail "$(last_sample)"

	# Nor is what becomes of its own maps: replaced by hand, by a loader, and in %egress/.
	ln "$BPFFS/m1/xdp_stats_map" "$BPFFS/v0/other"
	mv -f "$BPFFS/v0/other" "$BPFFS/v0/xdp_stats_map"
	eventually last_says "\"map_id\":$(map_id "$BPFFS/m1/xdp_stats_map")," || fail "$(last_sample)"
	rm -r "$BPFFS/v0"
	ip link set v0 xdp off
	eventually [ -s /run/watch_errors ] || fail "$(last_sample)"
	load v0 objects/xdp_drop.o >/dev/null
	eventually last_says "\"map_id\":$(map_id "$BPFFS/v0/xdp_stats_map")," || fail "$(last_sample)"
	load --hook tc_egress v0 objects/tc_pass.o >/dev/null
	eventually last_says '"hook":"tc_egress"' || fail "$(last_sample)"
	ip link set v0 down
	ip link set v0 name v9
	eventually last_says '"ifname":"v9"' || fail "$(last_sample)"
	ip link set v9 name v0
	ip link set v0 up
	send 2
	eventually last_says '"XDP_DROP":{"packets":2,' || fail "$(last_sample)"
	end_watch
}
