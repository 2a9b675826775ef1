# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # set and used by lib.sh and faults.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# acl: no packet sees half of an edit, whoever is killed, and whatever is loaded meanwhile.
. tests/acl.sh
. tests/faults.sh

ACL=objects/xdp_acl.o

# Both deny what send sends, by different rules among others.
write_two_rulesets()
{
	seq 1 400 | awk '{ printf "10.1.%d.%d allow\n2001:db8::%x\ntcp/%d allow\n", $1 / 256, $1 % 256, $1, $1 }' \
		>"$TMPDIR/a"
	cp "$TMPDIR/a" "$TMPDIR/b"
	echo "$SENDER src deny" >>"$TMPDIR/a"
	{
		echo "$V0_MAC dst deny"
		seq 1 300 | awk '{ printf "10.2.%d.%d allow\n", $1 / 256, $1 % 256 }'
	} >>"$TMPDIR/b"
}

test_no_packet_passes_while_rules_are_replaced()
{
	local sender i loads=0

	write_two_rulesets
	load v0 "$ACL" >/dev/null
	acl v0 load "$TMPDIR/a"
	send 300000 &
	sender=$!
	while kill -0 "$sender" 2>/dev/null; do
		acl v0 load "$TMPDIR/b"
		acl v0 load "$TMPDIR/a"
		((++loads))
	done
	wait "$sender"
	((loads > 2)) || fail "only $loads loads while packets came"
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 300000 30000000
	[[ $(passed) == 0 ]] || fail "$(passed) packets passed in $loads loads"
}

# Both deny what datagrams sends, by a rule or by the second of two lists, the first of which is long.
write_rule_and_list()
{
	seq 1 3000 | awk '{ printf "172.16.%d.%d\n", $1 / 256, $1 % 256 }' >"$TMPDIR/long"
	{
		echo "policy pass"
		echo "list long deny src"
		cat "$TMPDIR/long"
		printf '%s\n' "list short deny src" 10.0.0.2
	} >"$TMPDIR/a"
	{
		printf '%s\n' "policy pass" "10.0.0.2 src deny" "list long allow src"
		sed 's/172/172.16.1.1-172/' "$TMPDIR/long" | tail -n 1
		printf '%s\n' "list short deny dst" 192.0.2.0/24
	} >"$TMPDIR/b"
}

# datagrams FILE: from 10.0.0.2 to v0, until the file is there; prints how many.
datagrams()
{
	need perl
	# shellcheck disable=SC2016 # perl's variables
	in_peer perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(Proto => "udp", PeerAddr => "10.0.0.1", PeerPort => 9);
		my $n = 0;
		do { $n += defined $s->send("hello") for 1 .. 1000 } until -e $ARGV[0];
		print "$n\n";' "$1"
}

test_no_packet_passes_while_rules_and_lists_are_replaced_at_once()
{
	local sender i

	write_rule_and_list
	load v0 "$ACL" >/dev/null
	acl v0 load "$TMPDIR/a"
	datagrams "$TMPDIR/enough" >"$TMPDIR/sent" &
	sender=$!
	eventually counted_some || fail "nothing comes"
	for ((i = 0; i < 20; i++)); do
		acl v0 load "$TMPDIR/b"
		acl v0 load "$TMPDIR/a"
	done
	touch "$TMPDIR/enough"
	wait "$sender"
	(($(<"$TMPDIR/sent") > 1000)) || fail "only $(<"$TMPDIR/sent") were sent"
	eventually dropped_all || fail "of $(<"$TMPDIR/sent"): $(dropped) dropped, $(passed) passed"
}

dropped_all() { [[ $(dropped) == "$(<"$TMPDIR/sent")" ]]; }

test_no_packet_passes_while_single_rules_come_and_go()
{
	local sender edits=0

	write_two_rulesets
	load v0 "$ACL" >/dev/null
	acl v0 load "$TMPDIR/a"
	send 200000 &
	sender=$!
	while kill -0 "$sender" 2>/dev/null; do
		acl v0 add 192.0.2.1 tcp/8080 02:00:00:00:00:99
		acl v0 del 192.0.2.1 tcp/8080 02:00:00:00:00:99
		((++edits))
	done
	wait "$sender"
	((edits > 2)) || fail "only $edits edits while packets came"
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 200000 20000000
	hits_are "$SENDER" 200000 || fail "the rule counted $(hits "$SENDER")"
}

test_a_reload_keeps_rules_lists_and_counters()
{
	local before id list

	load v0 "$ACL" >/dev/null
	acl v0 add "$SENDER"
	acl v0 add --list bad 10.0.0.2 2001:db8::/32
	send 4
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 4 400
	before=$(acl v0)
	id=$(prog_id v0)
	for list in acl_settings acl_rules acl_tops4 acl_sets4 acl_fronts4 acl_sets6 acl_prefixes4; do
		map_id "$BPFFS/v0/$list"
	done >"$TMPDIR/ids"
	expect_status 0 load v0 "$ACL"
	[[ $(prog_id v0) != "$id" ]] || fail "not loaded anew"
	for list in acl_settings acl_rules acl_tops4 acl_sets4 acl_fronts4 acl_sets6 acl_prefixes4; do
		map_id "$BPFFS/v0/$list"
	done | diff "$TMPDIR/ids" - || fail "other maps"
	[[ $(acl v0) == "$before" ]] || fail "$(diff <(echo "$before") <(acl v0))"
	send 3
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 7 700
	hits_are "$SENDER" 7 || fail "$(acl v0)"
	! in_peer ping -c 1 -W 1 10.0.0.1 >/dev/null || fail "the list is not in force"
	# And by the variant for packets of several buffers.
	expect_status 0 load v0 "$(other_build xdp_acl)"
	send 1
	hits_are "$SENDER" 8 || fail "$(acl v0)"
}

test_no_packet_passes_while_tables_are_migrated()
{
	local sender before sent

	write_two_rulesets
	load v0 "$ACL" >/dev/null
	acl v0 load "$TMPDIR/a"
	acl v0 add --list bad 192.0.2.0/24 10.0.0.2
	before=$(acl v0 save)
	expect_status 2 load v0 "$BUILT/acl_grown.o"
	[[ $errors == *"max entries"* ]] || fail "$errors"
	send_until "$TMPDIR/stop" >"$TMPDIR/sent" &
	sender=$!
	eventually counted_some
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/acl_grown.o"
	touch "$TMPDIR/stop"
	wait "$sender"
	sent=$(<"$TMPDIR/sent")
	((sent > 0)) || fail "nothing was sent"
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 "$sent" "${sent}00"
	[[ $(passed) == 0 ]] || fail "$(passed) packets passed"
	hits_are "$SENDER" "$sent" || fail "the rule counted $(hits "$SENDER") of $sent"
	[[ $(acl v0 save) == "$before" ]] || fail "$(diff <(echo "$before") <(acl v0 save))"
	[[ $(bpftool map show pinned "$BPFFS/v0/acl_prefixes4") == *"max_entries 131072"* ]] ||
		fail "not migrated"
	! in_peer ping -c 1 -W 1 10.0.0.1 >/dev/null || fail "the list is not in force"
	# It goes on to be edited.
	acl v0 load "$TMPDIR/b"
	send 5
	hits_are "$V0_MAC" 5 || fail "$(acl v0 | grep "$V0_MAC")"
}

# send_until FILE: send until it is there; print how many.
send_until()
{
	local sent=0

	until [[ -e $1 ]]; do
		send 10000
		((sent += 10000))
	done
	echo "$sent"
}

counted_some() { (($(dropped) > 0)); }

test_editors_wait_for_each_other()
{
	local i pids=() n

	load v0 "$ACL" >/dev/null
	for i in {1..8}; do
		(
			for n in {1..5}; do
				acl v0 add "10.$i.$n.1" "tcp/$i$n"
				acl v0 add --list bad "10.$i.$n.2" "2001:db8:$i:$n::/64"
			done
		) &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || fail "an editor failed"
	done
	[[ $(acl v0 | grep -c ' tcp/') == 40 && $(acl v0 | grep -c ' 10\.') == 40 ]] || fail "$(acl v0)"
	[[ $(acl v0) == *"list bad  40 IPv4 addresses  40 IPv6 prefixes"* ]] || fail "$(acl v0)"
	for i in {1..8}; do
		[[ $(acl v0 test "10.$i.3.1") == deny* && $(acl v0 test 9.9.9.9 "tcp/${i}4") == deny* &&
			$(acl v0 test "2001:db8:$i:5::9") == "deny: list bad"* ]] || fail "$i is missing"
	done
}

# A slow producer of a file keeps nobody from editing.
test_a_file_from_a_pipe_is_read_before_the_lock_is_taken()
{
	local loader

	load v0 "$ACL" >/dev/null
	mkfifo "$TMPDIR/pipe"
	acl v0 load "$TMPDIR/pipe" &
	loader=$!
	exec 8>"$TMPDIR/pipe"
	echo 192.0.2.1 >&8
	timeout 5 acl v0 add 192.0.2.2 || fail "it waits for the pipe"
	expect_acl "deny src 192.0.2.2" "policy pass"
	exec 8>&-
	wait "$loader"
	expect_acl "deny src 192.0.2.1" "policy pass"
}

# --- killed anywhere

OLD="policy pass
192.0.2.0/24 src deny
tcp/80 dst allow
list bad deny both
10.9.0.0/16
2001:db8:9::/48"
NEW="policy drop
192.0.2.0/25 dst allow
2001:db8::/32 src deny
02:00:00:00:00:07 src deny
udp/5-9 dst deny"

start_old() { acl v0 load "$TMPDIR/old"; }

# The list is not in the new file, so stays.
expect_old_or_new()
{
	local now

	now=$(acl v0 save)
	[[ $now == "$OLD" || $now == "$NEW
${OLD#*allow
}" ]] || fail "neither: $now"
	case $now in
	"$OLD") [[ $(acl v0 test 192.0.2.9) == deny:\ rule* ]] || fail "the old rule is not in force" ;;
	*) [[ $(acl v0 test 2001:db8::9) == deny:\ rule* ]] || fail "the new rule is not in force" ;;
	esac
	# Another run finishes, whatever is left.
	acl v0 load "$TMPDIR/new"
	[[ $(acl v0 save) == "$NEW
${OLD#*allow
}" ]] || fail "$(acl v0 save)"
	[[ $(acl v0 test 192.0.2.200) == "deny: no rule"* ]] || fail "an old rule is left in a table"
}

test_a_load_that_is_killed_anywhere_leaves_the_old_or_the_new_rules()
{
	echo "$OLD" >"$TMPDIR/old"
	echo "$NEW" >"$TMPDIR/new"
	load v0 "$ACL" >/dev/null
	kill_everywhere "bpf mmap membarrier" start_old acl v0 load "$TMPDIR/new" -- expect_old_or_new
	((points > 20)) || fail "killed at $points calls only"
	echo "killed at $points calls"
}

# No set, of either bank, has addresses that its front hides from packets.
expect_covered()
{
	local slot

	for slot in 0 1 2 16 17 18; do
		acl_lists "$BPFFS/v0" covered $slot || fail "the front of slot $slot hides addresses"
	done
}

expect_no_half_list()
{
	local now

	expect_covered
	now=$(acl v0 list --list bad)
	case $now in
	"10.9.0.0/16
2001:db8:9::/48" | "10.8.0.0/16
2001:db8:8::/48" | "10.8.0.0/16
2001:db8:9::/48") ;; # the last: IPv6 comes second
	*) fail "neither: $now" ;;
	esac
	acl v0 load --list bad "$TMPDIR/list"
	[[ $(acl v0 list --list bad) == "10.8.0.0/16
2001:db8:8::/48" ]] || fail "$(acl v0 list --list bad)"
}

test_a_list_whose_load_is_killed_anywhere_is_never_half_there()
{
	echo "$OLD" >"$TMPDIR/old"
	printf '%s\n' 10.8.0.0/16 2001:db8:8::/48 >"$TMPDIR/list"
	load v0 "$ACL" >/dev/null
	kill_everywhere "bpf mmap munmap" start_old acl v0 load --list bad "$TMPDIR/list" -- \
		expect_no_half_list
	((points > 20)) || fail "killed at $points calls only"
	echo "killed at $points calls"
}

remove_other() { acl v0 flush --list other 2>/dev/null || true; }

expect_other_or_none()
{
	expect_covered
	case $(acl v0 list --list other 2>&1) in
	*"cannot find list other"*) ;;
	"10.8.0.0/16
2001:db8:8::/48") [[ $(acl v0 test 10.8.0.1) == "deny: list other"* ]] || fail "not in force" ;;
	*) fail "$(acl v0 list --list other)" ;;
	esac
}

test_a_new_list_that_is_killed_anywhere_is_there_or_not()
{
	load v0 "$ACL" >/dev/null
	kill_everywhere "bpf mmap" remove_other acl v0 add --list other 10.8.0.0/16 2001:db8:8::/48 -- \
		expect_other_or_none
	((points > 20)) || fail "killed at $points calls only"
	echo "killed at $points calls"
}

start_a() { acl v0 load "$TMPDIR/a"; }

# How many sets there are in either bank.
sets() { bpftool map dump pinned "$BPFFS/v0/$1" | grep -c "^key:" || true; }

expect_a_or_b()
{
	local now

	expect_covered
	now=$(acl v0 save)
	[[ $now == "$A" || $now == "$B" ]] || fail "neither: $now"
	[[ $(acl v0 test 10.0.0.2) == deny:* ]] || fail "$(acl v0 test 10.0.0.2)"
	acl v0 load "$TMPDIR/b"
	[[ $(acl v0 save) == "$B" ]] || fail "$(acl v0 save)"
	[[ $(sets acl_tops4) == 2 ]] || fail "of 2 sets there are $(sets acl_tops4)"
}

test_rules_and_lists_of_a_load_that_is_killed_anywhere_are_of_one_file()
{
	write_rule_and_list
	load v0 "$ACL" >/dev/null
	acl v0 load "$TMPDIR/b"
	B=$(acl v0 save)
	start_a
	A=$(acl v0 save)
	[[ $A != "$B" ]] || fail "the files are the same"
	kill_everywhere "bpf munmap membarrier" start_a acl v0 load "$TMPDIR/b" -- expect_a_or_b
	((points > 20)) || fail "killed at $points calls only"
	echo "killed at $points calls"
}

# Errors instead of kills: reported, and nothing has changed.
expect_old()
{
	if ((status != 0)); then
		[[ $errors == *"acl: "* ]] || fail "no message"
		[[ $(acl v0 save) == "$OLD" ]] || fail "status $status: $(acl v0 save)"
	fi
}

test_any_failing_call_of_a_load_changes_nothing()
{
	local n points=0

	echo "$OLD" >"$TMPDIR/old"
	echo "$NEW" >"$TMPDIR/new"
	load v0 "$ACL" >/dev/null
	for ((n = 1; ; n++)); do
		start_old
		inject bpf error=ENOMEM "$n" acl v0 load "$TMPDIR/new"
		[[ -n $injected ]] || break
		((status < 126)) || fail "bpf $n: status $status"
		expect_old
		((++points))
	done
	((points > 20)) || fail "failed at $points calls only"
	echo "failed at $points calls"
}

test_any_failing_call_of_a_load_of_lists_changes_nothing_or_all()
{
	local n points=0

	write_rule_and_list
	load v0 "$ACL" >/dev/null
	acl v0 load "$TMPDIR/b"
	B=$(acl v0 save)
	start_a
	A=$(acl v0 save)
	for ((n = 1; ; n++)); do
		start_a
		inject bpf error=ENOMEM "$n" acl v0 load "$TMPDIR/b"
		[[ -n $injected ]] || break
		((status < 126)) || fail "bpf $n: status $status"
		((status == 0)) || [[ $(acl v0 save) == "$A" ]] || fail "bpf $n: $(acl v0 save)"
		((status != 0)) || [[ $(acl v0 save) == "$B" ]] || fail "bpf $n: $(acl v0 save)"
		expect_a_or_b
		((++points))
	done
	((points > 20)) || fail "failed at $points calls only"
	echo "failed at $points calls"
}

# Only the pages that an edit looks at are mapped, one by one, after the edit has begun.
test_an_edit_for_which_no_page_can_be_mapped_is_done_or_not()
{
	local n before after parts=0

	! ldd scripts/acl | grep -q libasan || skip "needs a tool that maps only what it wants: a sanitizer maps more"
	load v0 "$ACL" >/dev/null
	seq 1 4000 | awk '{ printf "2001:db8:%x::/%d\n", $1, 48 + $1 % 3 * 8 }' | acl v0 load --list x -
	before=$(acl v0 list --list x)
	for ((n = 1; ; n++)); do
		inject mmap error=ENOMEM "$n" acl v0 add --list x 2001:db9::1
		[[ -n $injected ]] || break
		after=$(acl v0 list --list x)
		if ((status == 0)); then
			[[ $after == "$before"*2001:db9::1 ]] || fail "mmap $n: it is not there"
			acl v0 del --list x 2001:db9::1
		else
			[[ $after == "$before" ]] || fail "mmap $n: changed, status $status: $errors"
		fi
		[[ $errors != *"cannot map a part of a set"* ]] || ((++parts))
	done
	((parts > 3)) || fail "failed at $parts parts only"
	[[ $(acl v0 list --list x) == "$before"*2001:db9::1 ]] || fail "the last one is not there"
	[[ $(acl v0 test 2001:db9::1) == "deny: list x"* ]] || fail "$(acl v0 test 2001:db9::1)"
	# And with a table of the same content, though with keys that came and went.
	acl v0 del --list x 2001:db9::1
	[[ $(acl v0 list --list x) == "$before" ]] || fail "it is not gone"
	echo "failed at $parts parts"
}
