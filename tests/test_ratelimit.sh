# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # set by run
# xdp_ratelimit and tc_ratelimit on the wire, and their tool. How exact they are is tested in
# tests/packet/test_ratelimit.c.

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
	load v0 objects/xdp_ratelimit_frags.o >/dev/null
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
	[[ $errors == *"cannot remove the limit of 192.0.2.0/24 on v0: No such file or directory"* ]] ||
		fail "$errors"
	expect_status 2 ratelimit nope
}
