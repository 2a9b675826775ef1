# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # set by run
# xdp_ratelimit and tc_ratelimit on the wire, and their tool. How exact they are is tested in
# tests/packet/test_ratelimit.c.

. tests/faults.sh
. tests/frames.sh

packets() { counter "$1" "$2" | cut -d' ' -f1; }

all_arrived() { (($(packets "$1" "$2") + $(packets "$1" "$3") == $4)); }

# expect_limited PROGRAM_MAP PASS DROP SENT LEAST: at one packet a second, LEAST pass, and one more for
# each second that it took.
expect_limited()
{
	local pass

	eventually all_arrived "$1" "$2" "$3" "$4" || fail "$(packets "$1" "$2") $(packets "$1" "$3")"
	pass=$(packets "$1" "$2")
	((pass >= $5 && pass <= $5 + (SECONDS + 1) * 3)) || fail "$pass of $4 passed, least $5"
}

test_each_source_gets_its_burst_and_no_more()
{
	load v0 objects/xdp_ratelimit.o >/dev/null
	SECONDS=0
	ratelimit v0 add 192.0.2.0/24 pps 1 burst 10
	from 7 100 60
	from 8 100 60
	from 9 5 60
	expect_limited "$BPFFS/v0/xdp_stats_map" 2 1 205 25
	expect_status 0 ratelimit v0 dropped
	[[ $(wc -l <<<"$output") == 2 && $output == *"192.0.2.7 "*" packets  "*" bytes"* ]] ||
		fail "$output"
}

test_a_prefix_shares_one_burst_in_tc()
{
	load v0 --hook tc_ingress objects/tc_ratelimit.o >/dev/null
	SECONDS=0
	ratelimit v0 add 192.0.2.0/24 pps 1 burst 10 per prefix
	from 7 50 60
	from 8 50 60
	expect_limited "$BPFFS/v0/tc_stats_map" 9 2 100 10
}

# received ADDRESS: of 60 pings from that address within a second or so.
received()
{
	in_peer ping -q -I "$1" -c 60 -i 0.01 -W 1 10.0.0.1 | sed -n 's/.* \([0-9]*\) received.*/\1/p'
}

# The limit comes and goes while packets flow; stock ip and tc have loaded the programs.
test_pings_of_several_senders_are_limited_while_the_program_runs()
{
	local i

	need ping
	for i in 3 4; do
		in_peer ip addr add 10.0.0.$i/24 dev v1
		ip neigh replace 10.0.0.$i lladdr "$V1_MAC" dev v0 nud permanent
	done
	ip link set dev v0 xdpgeneric obj objects/xdp_ratelimit.o sec xdp
	pin_maps v0 >/dev/null
	[[ $(received 10.0.0.2) == 60 ]] || fail "without a limit"
	SECONDS=0
	ratelimit v0 add 10.0.0.0/24 pps 1 burst 20
	ratelimit v0 add 10.0.0.4
	received 10.0.0.2 >"$TMPDIR/2" &
	received 10.0.0.3 >"$TMPDIR/3" &
	received 10.0.0.4 >"$TMPDIR/4" &
	wait
	for i in 2 3; do
		(($(<"$TMPDIR/$i") >= 20 && $(<"$TMPDIR/$i") <= 20 + SECONDS + 1)) ||
			fail "10.0.0.$i: $(<"$TMPDIR/$i") in $SECONDS s"
	done
	[[ $(<"$TMPDIR/4") == 60 ]] || fail "10.0.0.4 has no limit: $(<"$TMPDIR/4")"
	ratelimit v0 flush
	[[ $(received 10.0.0.2) == 60 ]] || fail "after flush"

	ip link set dev v0 xdpgeneric off
	rm -r "$BPFFS/v0"
	link_tc v0 ingress objects/tc_ratelimit.o
	pin_maps v0 >/dev/null
	SECONDS=0
	ratelimit v0 add 10.0.0.2 pps 1 burst 20
	i=$(received 10.0.0.2)
	((i >= 20 && i <= 20 + SECONDS + 1)) || fail "tc: $i in $SECONDS s"
}

test_it_works_with_xdp_loader_and_survives_a_reload()
{
	local id

	need xdp-loader
	xdp-loader load -m skb v0 objects/xdp_ratelimit.o
	pin_maps --foreign v0 >/dev/null
	ratelimit v0 add 192.0.2.0/24 pps 5
	xdp-loader unload -a v0
	rm -r "$BPFFS/v0"

	load v0 objects/xdp_ratelimit.o >/dev/null
	ratelimit v0 add 192.0.2.0/24 pps 1 burst 3
	id=$(map_id "$BPFFS/v0/rate_limits")
	SECONDS=0
	from 7 10 60
	load v0 "$(other_build xdp_ratelimit)" >/dev/null
	[[ $(map_id "$BPFFS/v0/rate_limits") == "$id" ]] || fail "another map was made"
	[[ $(ratelimit v0) == "192.0.2.0/24  pps 1  burst 3  per source" ]] || fail "$(ratelimit v0)"
	from 7 10 60
	expect_limited "$BPFFS/v0/xdp_stats_map" 2 1 20 3
}

test_limits_are_listed_changed_and_removed()
{
	load v0 objects/xdp_ratelimit.o >/dev/null
	expect_status 0 ratelimit v0 list
	[[ -z $output$errors ]] || fail "$output$errors"
	ratelimit v0 add 192.0.2.0/24 pps 2k bps 10M
	ratelimit v0 add 2001:db8::/32 bps 8k burst-bytes 3000 per prefix
	ratelimit v0 add 192.0.2.7
	ratelimit v0 add ::/0 pps 1G per source
	expect_status 0 ratelimit v0
	[[ $output == "192.0.2.0/24  pps 2000  burst 200  bps 10000000  burst-bytes 125000  per source
192.0.2.7/32  unlimited  per source
::/0  pps 1000000000  burst 100000000  per source
2001:db8::/32  bps 8000  burst-bytes 3000  per prefix" ]] || fail "$output"
	ratelimit v0 add 192.0.2.0/24 pps 7
	ratelimit v0 del ::/0
	expect_status 0 ratelimit -j v0 list
	[[ $output == '{"schema":"ifbpf.ratelimit/1","ifname":"v0",'*'"limits":[{"prefix":"192.0.2.0/24","pps":7,"burst":1,"bps":null,"burst_bytes":null,"per":"source"},{"prefix":"192.0.2.7/32","pps":null,'*'},{"prefix":"2001:db8::/32","pps":null,"burst":null,"bps":8000,"burst_bytes":3000,"per":"prefix"}]}' ]] ||
		fail "$output"
	ratelimit v0 flush
	expect_status 0 ratelimit v0
	[[ -z $output ]] || fail "$output"
	expect_status 0 ratelimit -j v0 dropped 0
	[[ $output == *'"dropped":[]}' ]] || fail "$output"
}

# refused TEXT WORD...: the command line is refused with that text, and nothing changes.
refused()
{
	local text=$1

	shift
	expect_status 1 ratelimit v0 "$@"
	[[ $errors == *"$text"* ]] || fail "$*: $errors"
	[[ -z $(ratelimit v0) ]] || fail "$*: $(ratelimit v0)"
}

test_bad_input_is_named_and_changes_nothing()
{
	load v0 objects/xdp_pass.o >/dev/null
	expect_status 2 ratelimit v0
	[[ $errors == *"load it first: load v0 "*xdp_ratelimit.o ]] || fail "$errors"
	load v0 objects/xdp_ratelimit.o >/dev/null
	refused "cannot use '192.0.2.1/24' as a prefix: bits are set behind the first 24" add 192.0.2.1/24 pps 1
	[[ $errors == *"hint: the network is 192.0.2.0/24"* ]] || fail "$errors"
	refused "cannot use '192.0.2.0/33' as a prefix" add 192.0.2.0/33 pps 1
	refused "cannot use '192.0.2.0/' as a prefix" add 192.0.2.0/ pps 1
	refused "cannot use 'host' as a prefix" add host pps 1
	refused "cannot use '0' for pps" add ::1 pps 0
	refused "cannot use '2G' for pps" add ::1 pps 2G
	refused "cannot use '1x' for bps" add ::1 bps 1x
	refused "cannot use '99999999999999999999' for bps" add ::1 bps 99999999999999999999
	refused "cannot use 'pps' without a value" add ::1 pps
	refused "cannot use 'size' in a limit" add ::1 size 1
	refused "cannot limit per 'port'" add ::1 pps 1 per port
	refused "cannot use a burst without its rate" add ::1 bps 8 burst 1
	refused "cannot use '7' for bps: the programs count bytes" add ::1 bps 7
	refused "takes more than a year" add ::1 pps 1 burst 1G
	refused "'add' wants more words behind it" add
	refused "unknown verb 'grow'" grow
	refused "cannot use 'x' as a number of sources" dropped x
	expect_status 2 ratelimit v0 del 192.0.2.0/24
	[[ $errors == *"cannot remove the limit of 192.0.2.0/24 on v0: there is none"* ]] ||
		fail "$errors"
	expect_status 2 ratelimit nope
}

# --- files

LIMITS="192.0.2.7/32 per source
192.0.2.0/24 pps 2000 burst 200 bps 10000000 burst-bytes 125000 per source
2001:db8::/32 bps 8000 burst-bytes 3000 per prefix
0.0.0.0/0 pps 1000000000 burst 7 per source"

# sorted COMMAND...: what it prints, in one order.
sorted() { "$@" | sort; }

test_save_writes_what_load_reads()
{
	load v0 objects/xdp_ratelimit.o >/dev/null
	ratelimit v0 add 10.0.0.0/8 pps 5
	ratelimit v0 add 192.0.2.7 pps 5
	ratelimit v0 load - <<<"$LIMITS"
	[[ $(sorted ratelimit v0 save) == "$(sort <<<"$LIMITS")" ]] || fail "$(ratelimit v0 save)"
	ratelimit v0 save >"$TMPDIR/saved"
	ratelimit v0 flush
	ratelimit v0 load "$TMPDIR/saved"
	ratelimit v0 save | diff "$TMPDIR/saved" - || fail "another one was read"
	ratelimit v0 save | ratelimit v0 load -
	ratelimit v0 save | diff "$TMPDIR/saved" - || fail "a load of what is there changes it"
	expect_status 1 ratelimit v0 load /dev/null
	[[ $errors == *"nothing is changed: /dev/null has no "*"hint: to leave nothing: ratelimit v0 flush" ]] || fail "$errors"
	[[ -n $(ratelimit v0) ]] || fail "an empty file emptied it"
	ratelimit v0 flush
}

test_bad_lines_of_a_file_are_named_and_nothing_is_loaded()
{
	local file=$TMPDIR/limits i

	load v0 objects/xdp_ratelimit.o >/dev/null
	ratelimit v0 add 10.0.0.0/8 pps 5 burst 5
	printf '%s\n' '# comment' '192.0.2.0/24 pps 7 burst 7 # behind' '192.0.2.0/33 pps 1' '' '::1 pps 1 pps 2' \
		'192.0.2.0/24 pps 8' '192.0.2.0/24  burst 7	pps 7' 'add ::/0' '::/0 pps' >"$file"
	expect_status 1 ratelimit v0 load "$file"
	[[ $(sed "s|$file|FILE|; /hint:/d" <<<"$errors") == "ratelimit: FILE:3: cannot use '192.0.2.0/33' as a prefix
ratelimit: FILE:5: cannot read the limit: 'pps' is there twice
ratelimit: FILE:6: another limit, of line 2, is for the same packets
ratelimit: FILE:8: cannot use 'add' as a prefix
ratelimit: FILE:9: cannot use 'pps' without a value
ratelimit: nothing is changed: FILE has 5 bad lines"* ]] || fail "$errors"
	[[ $(ratelimit v0 save) == "10.0.0.0/8 pps 5 burst 5 per source" ]] || fail "$(ratelimit v0 save)"
	expect_status 3 ratelimit --keep-going v0 load "$file"
	[[ $(ratelimit v0 save) == "192.0.2.0/24 pps 7 burst 7 per source" ]] || fail "$(ratelimit v0 save)"
	for ((i = 0; i < 30; i++)); do
		echo nonsense
	done >"$file"
	expect_status 1 ratelimit v0 load "$file"
	[[ $(grep -c "as a prefix" <<<"$errors") == 20 && $(grep -c "hint: give" <<<"$errors") == 20 &&
		$errors == *": 10 more lines are refused"* ]] || fail "$errors"
	printf '192.0.2.0/24 pps 1\0 burst 1\n' >"$file"
	expect_status 1 ratelimit v0 load "$file"
	[[ $errors == *":1: has a zero byte: this is no text"* ]] || fail "$errors"
	expect_status 2 ratelimit v0 load "$TMPDIR/none"
	expect_status 1 ratelimit v0 load
	expect_status 1 ratelimit v0 save "$file"
	[[ $(ratelimit v0 save) == "192.0.2.0/24 pps 7 burst 7 per source" ]] || fail "$(ratelimit v0 save)"
}

test_what_no_packet_has_as_its_source_is_refused()
{
	load v0 objects/xdp_ratelimit.o >/dev/null
	for prefix in ::ffff:192.0.2.1 ::ffff:192.0.2.0/120 ::ffff:0:0/96; do
		expect_status 1 ratelimit v0 add "$prefix" pps 1
		[[ $errors == "ratelimit: cannot use '$prefix' as a prefix: it is an IPv4-mapped address, which no packet has
  hint: write the IPv4 address" ]] || fail "$errors"
	done
	ratelimit v0 add ::/0 pps 1
	ratelimit v0 add ::fffe:0:0/96 pps 1
	[[ $(ratelimit v0 | wc -l) == 2 ]] || fail "$(ratelimit v0)"
}

# Others would hardly recognize their text in what is refused of it.
test_utf16_is_named_as_such()
{
	local tool text

	load v0 objects/xdp_acl.o >/dev/null
	# With a mark of either order of bytes, and without.
	for text in '\xff\xfe''1\x00.\x00' '\xfe\xff''\x001\x00.' '1\x009\x002\x00.\x000\x00' '\x001\x009\x002\x00.'; do
		# shellcheck disable=SC2059 # escapes
		printf "$text" >"$TMPDIR/text"
		for tool in "load" "load --list bad"; do
			# shellcheck disable=SC2086 # words
			expect_status 1 acl v0 $tool "$TMPDIR/text"
			[[ $errors == "acl: cannot read $TMPDIR/text: it is UTF-16
  hint: make it UTF-8 first: iconv -f UTF-16 -t UTF-8" ]] || fail "$text: $errors"
		done
	done
	printf '192.0.2.1\n192.0.2\0.2\n' >"$TMPDIR/text"
	for tool in "load" "load --list bad"; do
		# shellcheck disable=SC2086 # words
		expect_status 1 acl v0 $tool "$TMPDIR/text"
		[[ $errors == *"$TMPDIR/text:2: has a zero byte: this is no text"* ]] || fail "$errors"
	done
	expect_status 3 acl v0 -k load "$TMPDIR/text"
	[[ $(acl v0) == *"192.0.2.1 "* ]] || fail "$(acl v0)"
}

test_keep_going_leaves_out_what_there_is_no_room_for()
{
	lines() { for ((i = 0; i < $1; i++)); do echo "10.$((i >> 8 & 255)).$((i & 255)).$((i >> 16))$2"; done; }
	load v0 objects/xdp_ratelimit.o >/dev/null
	lines 16390 " pps 1" >"$TMPDIR/lines"
	expect_status 2 ratelimit v0 load "$TMPDIR/lines"
	expect_status 3 ratelimit v0 -k load "$TMPDIR/lines"
	[[ $errors == "ratelimit: $TMPDIR/lines: 6 of 16390 limits are left out: there is room for 16384" ]] || fail "$errors"
	[[ $(ratelimit v0 save | sort) == "$(lines 16384 "/32 pps 1 burst 1 per source" | sort)" ]] || fail "not the first"
	# Beside what is there as well: then nothing is loaded.
	ratelimit v0 flush
	ratelimit v0 add 192.0.2.1 pps 1
	expect_status 2 ratelimit v0 -k load "$TMPDIR/lines"
	[[ $errors == *"with those that are to go they are 16385"* && $(ratelimit v0 save) == "192.0.2.1/32 "* ]] || fail "$errors"
	unload v0 --all >/dev/null
	load v0 objects/xdp_acl.o >/dev/null
	lines 8195 "" >"$TMPDIR/lines"
	expect_status 2 acl v0 load "$TMPDIR/lines"
	expect_status 3 acl v0 -k load "$TMPDIR/lines"
	[[ $errors == "acl: $TMPDIR/lines: 3 of 8195 rules are left out: there is room for 8192" ]] || fail "$errors"
	[[ $(acl v0 save | grep -c '^10\.') == 8192 && $(acl v0 save) != *10.32.0.0* && $(acl v0 save) == *10.31.255.0* ]] ||
		fail "$(acl v0 save | wc -l)"
}

# Old and new limits are there side by side for a moment: if there is no room, nothing is changed.
test_more_limits_than_there_is_room_for_are_refused()
{
	local file=$TMPDIR/limits before

	load v0 objects/xdp_ratelimit.o >/dev/null
	numbered() { awk -v from="$1" -v to="$2" 'BEGIN { for (i = from; i < to; i++) print "10." int(i / 65536) "." int(i / 256) % 256 "." i % 256, "pps 1" }'; }
	numbered 0 16384 >"$file"
	ratelimit v0 load "$file"
	before=$(ratelimit v0 save | md5sum)
	numbered 0 16385 >"$file"
	expect_status 2 ratelimit v0 load "$file"
	[[ $errors == *"cannot load 16385 limits onto v0: there is room for 16384"* ]] || fail "$errors"
	numbered 1 16385 >"$file"
	expect_status 2 ratelimit v0 load "$file"
	[[ $errors == *"with those that are to go they are 16385"*"hint:"*"ratelimit v0 flush" ]] || fail "$errors"
	[[ $(ratelimit v0 save | md5sum) == "$before" ]] || fail "something was changed"
	ratelimit v0 flush
	ratelimit v0 load "$file"
	[[ $(ratelimit v0 save | wc -l) == 16384 ]] || fail "$(ratelimit v0 save | wc -l)"
}

# The limit moves from a prefix to a longer one and back, between an exception and a limit for all.
test_no_source_goes_unlimited_while_limits_are_loaded()
{
	local changes=0 pid

	load v0 objects/xdp_ratelimit.o >/dev/null
	printf '%s\n' '0.0.0.0/0' '192.0.2.0/24 pps 1 burst 10 per prefix' >"$TMPDIR/a"
	printf '%s\n' '192.0.2.0/24' '192.0.2.7 pps 1 burst 10 per prefix' '192.0.2.6' >"$TMPDIR/b"
	SECONDS=0
	ratelimit v0 load "$TMPDIR/a"
	from 7 20000 60 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		ratelimit v0 load "$TMPDIR/b"
		ratelimit v0 load "$TMPDIR/a"
		((++changes))
	done
	((changes > 0)) || fail "never changed"
	eventually all_arrived "$BPFFS/v0/xdp_stats_map" 2 1 20000 || fail "not all arrived"
	# A bucket of each limit, with its burst.
	(($(packets "$BPFFS/v0/xdp_stats_map" 2) <= 20 + 2 * (SECONDS + 1))) ||
		fail "$(packets "$BPFFS/v0/xdp_stats_map" 2) passed"
}

load_old() { ratelimit v0 load "$TMPDIR/old"; }

# Each address has the limit of before or of afterwards, and another run finishes.
expect_old_or_new()
{
	local list

	list=$(ratelimit v0 save)
	# The longest prefix of 192.0.2.7 that is there, and its rate.
	case $(grep -E '^(192.0.2.7/32|192.0.2.0/24|192.0.0.0/16|0.0.0.0/0) ' <<<"$list" | sort -t/ -k2,2nr | head -n 1) in
	"192.0.2.0/24 pps 1 "* | "192.0.0.0/16 pps 2 "*) ;;
	*) fail "neither: $list" ;;
	esac
	ratelimit v0 load "$TMPDIR/new"
	[[ $(ratelimit v0 save | cut -d' ' -f1-3) == "0.0.0.0/0 per source
192.0.0.0/16 pps 2" ]] || fail "$(ratelimit v0 save)"
}

test_a_load_that_is_killed_anywhere_leaves_a_limit_for_each_source()
{
	load v0 objects/xdp_ratelimit.o >/dev/null
	printf '%s\n' '192.0.2.0/24 pps 1' '192.0.2.128/25 pps 3' '0.0.0.0/0 pps 4' >"$TMPDIR/old"
	printf '%s\n' '0.0.0.0/0' '192.0.0.0/16 pps 2' >"$TMPDIR/new"
	kill_everywhere bpf load_old ratelimit v0 load "$TMPDIR/new" -- expect_old_or_new
	((points > 10)) || fail "killed at $points calls only"
	echo "killed at $points calls"
}

# Whether the programs look for limits, by what the tool has said: 0, or 1 for not.
says_empty() { bpftool map lookup pinned "$BPFFS/v0/rate_settings" key 0 0 0 0 | grep -o '"empty": [01]'; }

expect_look()
{
	[[ $(says_empty) == "\"empty\": $((1 - $1))" ]] || fail "$2: $(says_empty)"
}

test_programs_look_only_while_there_may_be_a_limit()
{
	need bpftool
	load v0 objects/xdp_ratelimit.o >/dev/null
	expect_look 1 "as loaded"
	ratelimit v0 add 192.0.2.0/24 pps 5
	ratelimit v0 add ::/0 pps 5
	expect_look 1 "with two limits"
	ratelimit v0 del 192.0.2.0/24
	expect_look 1 "with one"
	ratelimit v0 del ::/0
	expect_look 0 "without"
	expect_status 2 ratelimit v0 del ::/0
	expect_look 0 "without, and none to remove"
	ratelimit v0 load - <<<"192.0.2.0/24 pps 1 burst 3"
	expect_look 1 "after a load"
	SECONDS=0
	from 7 10 60
	expect_limited "$BPFFS/v0/xdp_stats_map" 2 1 10 3
	ratelimit v0 flush
	expect_look 0 "after flush"
	load v0 "$(other_build xdp_ratelimit)" >/dev/null
	expect_look 0 "after a reload"
	ratelimit v0 add 192.0.2.0/24 pps 5
	expect_look 1 "after a reload and an edit"
	# As after a program that has no such map, and always looks.
	rm "$BPFFS"/v0/{,%egress/}rate_settings
	ratelimit v0 del 192.0.2.0/24
	ratelimit v0 add 192.0.2.1 pps 5
	[[ $(ratelimit v0) == "192.0.2.1/32  "* ]] || fail "$(ratelimit v0)"
}

flush_limits() { ratelimit v0 flush; }

one_limit()
{
	ratelimit v0 flush
	ratelimit v0 add 192.0.2.1 pps 1
}

# No limit is there that nobody looks for.
expect_limits_seen() { [[ $(says_empty) == *0 || -z $(ratelimit v0) ]] || fail "unseen: $(ratelimit v0)"; }

test_an_edit_that_is_killed_anywhere_leaves_no_limit_unseen()
{
	need bpftool
	load v0 objects/xdp_ratelimit.o >/dev/null
	kill_everywhere bpf flush_limits ratelimit v0 add 192.0.2.1 pps 1 -- expect_limits_seen
	kill_everywhere bpf one_limit ratelimit v0 del 192.0.2.1 -- expect_limits_seen
	kill_everywhere bpf one_limit ratelimit v0 flush -- expect_limits_seen
	((points > 20)) || fail "killed at $points calls only"
	echo "killed at $points calls"
}
