# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # set by run
# What users of other tools find: readers and directories by the conventions of xdp-tutorial, and
# docs/COMING_FROM.md. tests/tutorial.c knows nothing of ours.
. tests/frames.sh

# expect_read IFNAME ACTION PACKETS BYTES: as the reader of the tutorial's convention sees it.
expect_read()
{
	eventually reads "$@" || fail "it reads: $(tutorial stats "$1" 2>&1)"
}

reads() { tutorial stats "$1" | grep -qx "$2 $3 packets $4 bytes"; }

test_their_reader_reads_what_pin_maps_pinned()
{
	link_xdp v0 "$OBJECT"
	pin_maps v0 >/dev/null
	send 5
	expect_read v0 PASS 5 500
	expect_read v0 DROP 0 0
}

test_their_reader_reads_on_across_loads_of_ours()
{
	load --mode skb v0 objects/xdp_pass.o >/dev/null
	send 3
	load v0 objects/xdp_drop.o >/dev/null
	send 2
	expect_read v0 PASS 3 300
	expect_read v0 DROP 2 200
}

test_their_reader_reads_what_ip_pinned_by_iproute2_env_and_by_the_plugin()
{
	eval "$(iproute2_env v0)"
	ip link set dev v0 xdpgeneric obj objects/pinned/xdp_pass.o sec xdp
	send 2
	expect_read v0 PASS 2 200
	unset TC_BPF_MNT
	pin_maps v0 >/dev/null
	IP_LIB_DIR=compat ip link set dev v0 type ifbpf obj objects/xdp_drop.o
	send 1
	expect_read v0 PASS 2 200
	expect_read v0 DROP 1 100
}

test_their_reader_follows_when_another_map_takes_the_name()
{
	link_xdp v0 "$OBJECT"
	pin_maps v0 >/dev/null
	send 4
	expect_read v0 PASS 4 400
	(
		eventually grep -q PASS "$TMPDIR/watched"
		ip -force link set dev v0 xdpgeneric obj objects/xdp_drop.o sec xdp
		pin_maps v0 >/dev/null
		send 1
		expect_counter "$BPFFS/v0/xdp_stats_map" 1 1 100
		echo
	) | tutorial watch v0 >"$TMPDIR/watched"
	[[ $(grep -v ' 0 packets' "$TMPDIR/watched") == "PASS 4 packets 400 bytes
another map
DROP 1 packets 100 bytes" ]] || fail "$(<"$TMPDIR/watched")"
}

test_their_reader_is_refused_where_the_shape_differs()
{
	mkdir "$BPFFS/v0"
	bpftool map create "$BPFFS/v0/xdp_stats_map" type array key 4 value 16 entries 5 name other
	expect_fail "whose shape differs" tutorial stats v0
}

test_stats_reads_the_directory_that_their_loader_makes()
{
	tutorial load v0 objects/xdp_pass.o
	send 5
	expect_read v0 PASS 5 500
	[[ ! -e $BPFFS/%ifbpf && ! -e $BPFFS/v0/%meta ]] || fail "this is not what their loader makes"
	expect_status 0 stats v0
	[[ $output == "v0  xdp  XDP_PASS  5 packets  500 bytes" ]] || fail "$output"
	expect_status 0 stats --json v0
	[[ $output == *'"stale":false'*'"XDP_PASS":{"packets":5,"bytes":500}'* ]] || fail "$output"
	[[ ! -e $BPFFS/%ifbpf && ! -L $BPFFS/v0/%meta ]] || fail "reading changed something"
}

test_their_directory_can_be_adopted_and_upgraded_from()
{
	local id
	tutorial load v0 objects/xdp_pass.o
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	send 5
	expect_status 0 pin_maps v0
	[[ $output == "kept "*"xdp_stats_map "* && $errors == *"adopted $BPFFS/v0, which had no record"* ]] ||
		fail "$output $errors"
	expect_status 0 load v0 objects/xdp_drop.o
	[[ $output == *"replaced program"*"map xdp_stats_map id $id reused"* ]] || fail "$output"
	send 2
	expect_read v0 PASS 5 500
	expect_read v0 DROP 2 200
	expect_status 0 stats v0
	[[ $output == "v0  xdp  XDP_DROP  2 packets  200 bytes
v0  xdp  XDP_PASS  5 packets  500 bytes" ]] || fail "$output"
}

# It unpins and pins again in what is our directory by then.
test_their_loader_may_run_again_after_that()
{
	tutorial load v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null 2>&1
	send 3
	tutorial load v0 objects/xdp_drop.o
	send 2
	expect_read v0 DROP 2 200
	expect_read v0 PASS 0 0
	expect_status 0 stats v0
	[[ $output == "v0  xdp  XDP_DROP  2 packets  200 bytes" ]] || fail "$output"
	expect_status 0 pin_maps v0
	[[ $output == "kept "*"v0: 1 of 1 maps in $BPFFS/v0" ]] || fail "$output"
	expect_status 0 status v0
	[[ $output != *drift* && $output != *orphan* ]] || fail "$output"
}

# cells N: the commands in that column of the tables, in order, each with the heading before it.
cells()
{
	awk -F ' *[|] *' -v n="$1" '/^## / { heading = $0 } /^\|/ { print heading "|" $(n + 1) }' \
		docs/COMING_FROM.md |
		awk -F '|' '{ rest = $2; while (match(rest, /`[^`]+`/)) {
			print $1 "|" substr(rest, RSTART + 1, RLENGTH - 2)
			rest = substr(rest, RSTART + RLENGTH) } }'
}

# begin_anew: nothing runs on v0, and nothing is pinned.
begin_anew()
{
	ip link set dev v0 xdpgeneric off
	ip link set dev v0 xdp off
	if [[ $(tc qdisc show dev v0) == *clsact* ]]; then
		tc qdisc del dev v0 clsact
	fi
	umount "$BPFFS"
	mount -t bpf bpf "$BPFFS"
}

# play_column N: type it, each section from nothing; counts the commands that were typed. Those of
# xdp-tutorial are not installed anywhere.
play_column()
{
	local heading='' before='' command

	typed=0
	while IFS='|' read -r heading command; do
		[[ $command != ./xdp_* ]] || continue
		[[ $heading == "$before" ]] || begin_anew
		before=$heading
		send 3
		run bash -c "$command"
		((status == 0)) || fail "docs/COMING_FROM.md: ${heading#'## '}: $command: $output $errors"
		((++typed))
	done < <(cells "$1")
}

test_what_was_typed_before_works_as_the_page_says()
{
	local typed
	need xdp-loader xdp-filter
	play_column 2
	((typed == 23)) || fail "only $typed commands were typed"
}

test_what_is_typed_now_works_as_the_page_says()
{
	local typed
	play_column 3
	((typed == 28)) || fail "only $typed commands were typed"
}

# row SECTION LABEL N: the commands in that column of the rows with that label.
row()
{
	awk -F ' *[|] *' -v section="## $1" -v label="$2" -v n="$3" \
		'/^## / { here = $0 == section } here && $2 == label { print $(n + 1) }' docs/COMING_FROM.md |
		grep -o '`[^`]*`' | tr -d '`'
}

# type_row SECTION LABEL N: and each of them works.
type_row()
{
	local command

	while read -r command; do
		run bash -c "$command"
		((status == 0)) || fail "$command: $output $errors"
	done < <(row "$@")
	[[ -n $(row "$@") ]] || fail "there is no such row: $*"
}

# received: how many IPv4 packets got past XDP, for whomever they were.
received() { awk '$1 == "Ip:" && $2 ~ /^[0-9]/ { print $4 }' /proc/net/snmp; }
received_are() { (($(received) == $1)); }

test_the_filter_by_address_drops_what_xdp_filter_drops()
{
	local column before
	local to_it="02 00 00 00 00 01 02 00 00 00 00 02 08 00 45 00 00 1c 00 00 00 00 40 11 00 00
 0a 00 00 02 c0 00 02 01 00 01 00 02 00 08 00 00"

	need xdp-filter
	for column in 2 3; do
		begin_anew
		type_row xdp-tools 'filter by address' "$column"
		before=$(received)
		printf '%s\n' "${to_it/$'\n'/}" "${to_it/$'\n'/}" | send_frames 100
		from 1 5 100
		eventually received_are $((before + 5)) ||
			fail "column $column: $(($(received) - before)) of 2 to and 5 from that address passed"
	done
}

test_what_is_taken_off_now_is_what_was_taken_off_before()
{
	local section

	for section in xdp-tutorial xdp-tools; do
		begin_anew
		load v0 objects/tc_pass.o >/dev/null
		load --mode skb v0 objects/xdp_pass.o >/dev/null
		type_row "$section" 'take it off' 3
		[[ -z $(prog_id v0) && $(tc filter show dev v0 ingress) == *tc_pass* ]] ||
			fail "$section: left: $(prog_id v0) $(tc filter show dev v0 ingress)"
	done
	begin_anew
	load v0 objects/tc_pass.o >/dev/null
	type_row xdp-tools 'filter by address' 3
	type_row xdp-tools 'take it off, and drop the list' 3
	[[ -z $(prog_id v0) && $(tc filter show dev v0 ingress) == *tc_pass* ]] ||
		fail "left: $(prog_id v0) $(tc filter show dev v0 ingress)"
	load --mode skb v0 objects/xdp_acl.o >/dev/null
	expect_status 0 acl v0
	[[ $output == "policy pass" ]] || fail "$output"
}

# page_says COMMAND: the page has it, between backquotes.
page_says() { tr '\n' ' ' <docs/COMING_FROM.md | tr -s ' ' | grep -qF "\`$1\`" || fail "the page lacks: $1"; }

test_what_bpftool_keeps_pinned_is_adopted_as_the_page_says()
{
	type_row bpftool 'load and pin' 2
	type_row bpftool attach 2
	rm /sys/fs/bpf/prog
	expect_status 0 pin_maps v0
	[[ $output == *"v0: 0 of 1 maps"* ]] || fail "$output"
	expect_status 0 pin_maps --foreign v0
	[[ $output == *"v0: 1 of 1 maps"* ]] || fail "$output"
	begin_anew
	type_row bpftool 'load and pin' 2
	type_row bpftool attach 2
	page_says 'rm -r /sys/fs/bpf/prog /sys/fs/bpf/maps'
	rm -r /sys/fs/bpf/prog /sys/fs/bpf/maps
	expect_status 0 pin_maps v0
	[[ $output == *"v0: 1 of 1 maps"* ]] || fail "$output"
	expect_status 0 load v0 objects/xdp_drop.o
	[[ $output == *"map xdp_stats_map id "*" reused"* ]] || fail "$output"
}

test_what_xdp_filter_attached_is_replaced_as_the_page_says()
{
	need xdp-filter
	type_row xdp-tools 'filter by address' 2
	pin_maps --foreign v0 >/dev/null
	page_says 'load --replace v0 objects/xdp_acl.o'
	expect_fail "cannot reuse map 'xdp_stats_map'" load --replace v0 objects/xdp_acl.o
	page_says '--on-mismatch xdp_stats_map=fresh'
	expect_status 0 load --replace --on-mismatch xdp_stats_map=fresh v0 objects/xdp_acl.o
	[[ -d /sys/fs/bpf/xdp-filter ]] || fail "the pins of xdp-filter went"
	expect_fail "" xdp-filter unload v0
	[[ -n $(prog_id v0) ]] || fail "the program went"
}
