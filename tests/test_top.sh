# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # set by run
# top: text, JSON, rates, and the full screen in a terminal.

. tests/frames.sh

# seen N: so many packets.
seen() { top -j v0 | grep -q "\"packets\":$1,\"bytes\":[0-9]*,\"sources_kept\""; }

# Three sources: 7 sends most packets, 8 most bytes.
prepare()
{
	load v0 objects/xdp_parse.o >/dev/null
	from 7 5 60
	from 8 3 1000
	from 9 1 100
	eventually seen 9 || fail "$(top v0)"
}

addresses() { grep -oE '192\.0\.2\.[0-9]+' | tr '\n' ' '; }

test_it_sorts_by_packets_and_by_bytes()
{
	prepare
	[[ $(top v0 | addresses) == "192.0.2.7 192.0.2.8 192.0.2.9 " ]] || fail "$(top v0)"
	[[ $(top --sort bytes v0 | addresses) == "192.0.2.8 192.0.2.7 192.0.2.9 " ]] ||
		fail "$(top --sort bytes v0)"
	[[ $(top -n 1 --sort bytes v0 | addresses) == "192.0.2.8 " ]] || fail "$(top -n 1 v0)"
	top v0 | grep -qE '^v0  source    192\.0\.2\.8 +3 packets +3000 bytes$' || fail "$(top v0)"
	top v0 | grep -qE '^v0  protocol  IPv4 UDP +9 packets +3400 bytes$' || fail "$(top v0)"
	top v0 | grep -qE '^v0  all +9 packets +3400 bytes$' || fail "$(top v0)"
}

test_json_has_the_same_numbers()
{
	prepare
	expect_status 0 top -j -n 2 v0
	[[ $output == '{"schema":"ifbpf.top/1","ifname":"v0",'*'"packets":9,"bytes":3400,"sources_kept":3,"sources_room":16384,"sources":[{"address":"192.0.2.7","packets":5,"bytes":300},{"address":"192.0.2.8","packets":3,"bytes":3000}],"protocols":[{"protocol":"IPv4 UDP","version":4,"number":17,"packets":9,"bytes":3400}]}' ]] ||
		fail "$output"
}

# A source that sends while it is watched comes first, and has a rate.
test_it_sorts_by_rate()
{
	prepare
	top -j --watch --interval 0.1 v0 >"$TMPDIR/out" &
	eventually test -s "$TMPDIR/out"
	from 9 2 100
	eventually grep -q '"sources":\[{"address":"192.0.2.9","packets":3,"bytes":300,"pps":[1-9]' \
		"$TMPDIR/out" || fail "$(<"$TMPDIR/out")"
	kill %1
	wait %1 || fail "status $?"
	! grep -qv '^{.*}$' "$TMPDIR/out" || fail "$(<"$TMPDIR/out")"
	expect_status 0 top --sort rate -i 0.1 v0
	[[ $output == *" 0.0 pps "* ]] || fail "$output"
}

times_all() { (($(grep -c ' all ' "$TMPDIR/out") >= $1)); }

test_watch_without_a_terminal_prints_and_ends_at_sigint()
{
	local pid status=0

	prepare
	top -w -i 0.1 v0 >"$TMPDIR/out" &
	pid=$!
	eventually times_all 2 || fail "$(<"$TMPDIR/out")"
	kill -INT "$pid"
	wait "$pid" || status=$?
	((status == 0)) || fail "status $status"
	output=$(<"$TMPDIR/out")
	[[ $output == *" pps "* && $output != *$'\e'* ]] || fail "$output"
}

test_ipv6_sources_are_shown()
{
	load v0 objects/xdp_parse.o >/dev/null
	echo "02 00 00 00 00 01 02 00 00 00 00 02 86 dd 60 00 00 00 00 00 3b 40
		20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 05
		20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01" | tr -d '\n\t' |
		send_frames
	eventually seen 1
	top v0 | grep -qE ' 2001:db8::5 +1 packets +54 bytes' || fail "$(top v0)"
	top v0 | grep -qE ' IPv6 protocol 59 +1 packets' || fail "$(top v0)"
}

test_what_is_wrong_is_named()
{
	expect_status 1 top
	expect_status 1 top v0 more
	expect_status 1 top --sort size v0
	[[ $errors == "top: no order: 'size'"* ]] || fail "$errors"
	expect_status 1 top -n x v0
	expect_status 1 top -i 0 v0
	expect_status 2 top nope
	[[ $errors == *"cannot find interface nope"* ]] || fail "$errors"
	load v0 objects/xdp_pass.o >/dev/null
	expect_status 2 top v0
	[[ $errors == *"cannot find map 'parse_protocols' of v0"*"load it first: load v0 "*xdp_parse.o ]] ||
		fail "$errors"
}

# The shell outlives top, so that what it said at the end can be read.
watch_on_a_terminal()
{
	export TMUX_TMPDIR=$TMPDIR
	tmux -L top -f /dev/null new-session -d -s top -x 150 -y 20 \
		"timeout --foreground 60 $PWD/scripts/top --watch -i 0.1 v0; echo ended with \$?; sleep 30"
}

screen() { tmux -L top capture-pane -p -t top; }

screen_has() { screen | grep -qE -- "$1"; }

test_the_screen_follows_traffic_keys_and_size()
{
	need tmux
	prepare
	watch_on_a_terminal
	eventually screen_has '^v0  3 sources, sorted by rate' || fail "$(screen)"
	eventually screen_has '^192\.0\.2\.7 +5 +300 ' || fail "$(screen)"
	eventually screen_has '^IPv4 UDP +9 +3400 ' || fail "$(screen)"
	from 9 6 100
	eventually screen_has '^192\.0\.2\.9 +7 +700 ' || fail "$(screen)"
	tmux -L top send-keys -t top b
	eventually screen_has 'sorted by bytes' || fail "$(screen)"
	[[ $(screen | addresses) == "192.0.2.8 192.0.2.9 192.0.2.7 " ]] || fail "$(screen)"
	tmux -L top send-keys -t top p
	eventually screen_has 'sorted by packets' || fail "$(screen)"
	[[ $(screen | addresses) == "192.0.2.9 192.0.2.7 192.0.2.8 " ]] || fail "$(screen)"

	# Five lines: the head, all, one protocol, the title, one source. Then larger again.
	tmux -L top resize-window -t top -x 60 -y 5
	eventually only_one_source || fail "$(screen)"
	screen_has '^192\.0\.2\.9' || fail "$(screen)"
	tmux -L top resize-window -t top -x 130 -y 30
	eventually screen_has '^192\.0\.2\.8 ' || fail "$(screen)"
	[[ $(screen | addresses) == "192.0.2.9 192.0.2.7 192.0.2.8 " ]] || fail "$(screen)"

	tmux -L top send-keys -t top q
	eventually screen_has '^ended with 0' || fail "$(screen)"
	! screen_has 'SOURCE' || fail "the screen was not given back: $(screen)"
	tmux -L top kill-server
}

only_one_source() { [[ $(screen | addresses | wc -w) == 1 ]]; }

test_the_screen_ends_with_a_message_when_the_maps_go()
{
	need tmux
	prepare
	watch_on_a_terminal
	eventually screen_has 'sorted by rate' || fail "$(screen)"
	rm "$BPFFS/v0/parse_sources"
	eventually screen_has '^ended with 2' || fail "$(screen)"
	screen_has "cannot find map 'parse_sources' of v0" || fail "$(screen)"
	tmux -L top kill-server
}
