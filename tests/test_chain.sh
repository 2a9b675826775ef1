# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
# chain: programs in a row, and the row edited while packets go through it.

. tests/frames.sh
. tests/world.sh

# prepare OBJECT...: for the row of v0.
prepare()
{
	local object

	for object; do
		load --no-attach v0 "objects/$object.o" >/dev/null
	done
}

# row [OPTION]...: 'SLOT PROGRAM PACKETS' of each; nothing if it is empty.
row() { chain "$@" v0 | awk '$3 != "-" { print $3, $4, $7 }'; }

# expect_row 'SLOT PROGRAM PACKETS'...
expect_row() { [[ $(row) == "$(printf '%s\n' "$@")" ]] || fail "expected: $*; got: $(row)"; }

# expect_actions 'ACTION PACKETS'...: what the programs decided; each packet is in there once.
expect_actions()
{
	local actions

	actions=$(stats v0 | awk '$4 { print $3, $4 }')
	[[ $actions == "$(printf '%s\n' "$@")" ]] || fail "expected: $*; got: $actions"
}

three()
{
	load v0 objects/xdp_chain.o >/dev/null
	prepare xdp_echo xdp_rewrite xdp_drop
	chain v0 insert 0 xdp_echo
	chain v0 insert 1 xdp_rewrite
	chain v0 insert 2 xdp_drop
}

test_hints_name_the_head_of_the_row_that_was_asked_for()
{
	expect_status 2 chain --tc v0
	[[ $errors == *"load it first: "*"load v0 "*"/tc_chain.o" ]] || fail "$errors"
	expect_status 2 chain v0
	[[ $errors == *"load it first: "*"load v0 "*"/xdp_chain.o" ]] || fail "$errors"
	load v0 objects/tc_chain.o >/dev/null
	load v0 objects/tc_pass.o >/dev/null 2>&1
	run chain --tc v0
	[[ $errors == *"load one: "*"load v0 "*"/tc_chain.o" ]] || fail "$errors"
}

test_packets_go_through_the_row_in_order_and_are_counted()
{
	load v0 objects/xdp_chain.o >/dev/null
	prepare xdp_echo xdp_rewrite xdp_drop
	expect_status 0 chain v0
	[[ $output == "v0  xdp  -  (empty)" && -z $errors ]] || fail "$output$errors"
	send 2
	expect_actions "XDP_PASS 2"
	chain v0 insert 0 xdp_rewrite
	rewrite v0 add vlan none set smac 02:00:00:00:00:09
	send 3
	expect_row "0 xdp_rewrite 3"
	expect_actions "XDP_PASS 5"
	chain v0 insert 0 xdp_echo
	send 4
	expect_row "0 xdp_echo 4" "1 xdp_rewrite 7"
	chain v0 insert 2 xdp_drop
	send 5
	expect_row "0 xdp_echo 9" "1 xdp_rewrite 12" "2 xdp_drop 5"
	expect_actions "XDP_DROP 5" "XDP_PASS 9"
	[[ $(rewrite v0) == *"  12 packets  1200 bytes" ]] || fail "$(rewrite v0)"
}

test_programs_are_taken_out_moved_and_exchanged()
{
	three
	chain v0 move 0 1
	expect_row "0 xdp_rewrite 0" "1 xdp_echo 0" "2 xdp_drop 0"
	chain v0 move 1 0
	expect_row "0 xdp_echo 0" "1 xdp_rewrite 0" "2 xdp_drop 0"
	send 3
	chain v0 del 2
	send 4
	expect_row "0 xdp_echo 7" "1 xdp_rewrite 7"
	expect_actions "XDP_DROP 3" "XDP_PASS 4"
	chain v0 del 0
	expect_row "0 xdp_rewrite 7"
	chain v0 set 0 xdp_drop
	send 5
	expect_row "0 xdp_drop 5"
	expect_actions "XDP_DROP 8" "XDP_PASS 4"
	chain v0 del 0
	expect_status 0 chain v0
	[[ $output == "v0  xdp  -  (empty)" ]] || fail "$output"
	# What left the row keeps no link into it.
	for map in echo_xnext rewrite_xnext chain_xnext; do
		! bpftool map dump pinned "$BPFFS/v0/$map" | grep -q id || fail "$map is not empty"
	done
}

# The last program of the row drops everything: a packet that passes was led past it.
test_no_packet_gets_past_the_last_program_while_others_are_changed()
{
	local changes=0

	three
	send 30000 60 &
	while kill -0 $! 2>/dev/null; do
		chain v0 del 0
		chain v0 insert 1 xdp_echo
		chain v0 move 0 1
		((++changes))
	done
	((changes > 0)) || fail "nothing was changed"
	expect_actions "XDP_DROP 30000"
}

# head_leads_to ID: the first program of the row.
head_leads_to()
{
	[[ $(bpftool -j map lookup pinned "$BPFFS/v0/chain_xnext" key 0 0 0 0 2>/dev/null) == *"\"value\":$1}"* ]]
}

# is_over PID: it is gone, or only its parent has not noticed.
is_over() { [[ ! -e /proc/$1 || $(awk '{ print $3 }' "/proc/$1/stat" 2>/dev/null) == Z ]]; }

# tool_starts PID: sets $tool, the one that strace runs below the shell of that number.
tool_starts() { tool=$(pgrep -x chain -P "$1,$(pgrep -d, -P "$1")"); }

# mover_starts TOOL: sets $mover, the process in which the tool moves.
mover_starts() { mover=$(pgrep -P "$1"); }

# move_and_kill tool|mover: 'chain move 0 1', slowly; the one or the other process of it is killed
# while the program is out of the row. Sets $moved, the exit status.
move_and_kill()
{
	local second tool mover seen

	second=$(chain v0 | awk '$3 == 1 { print $6 }')
	with_fault bpf:delay_enter=400000:when=1..20 chain v0 move 0 1 2>"$TMPDIR/errors" &
	eventually tool_starts $! || fail "it does not start"
	PATIENCE=120 eventually mover_starts "$tool" || fail "the move does not begin"
	PATIENCE=60 eventually head_leads_to "$second" || fail "the program is not taken out"
	kill -STOP "$mover"
	seen=$(chain v0)
	kill -KILL "${!1}"
	kill -CONT "$mover" 2>/dev/null || true
	[[ $seen != *xdp_echo* ]] || fail "too late to kill it"
	moved=0
	wait $! || moved=$?
	PATIENCE=60 eventually is_over "$mover" || fail "it does not end"
}

test_a_move_goes_on_if_one_of_its_processes_is_killed()
{
	three
	send 2
	move_and_kill tool
	((moved == 137)) || fail "status $moved: $(<"$TMPDIR/errors")"
	expect_row "0 xdp_rewrite 2" "1 xdp_echo 2" "2 xdp_drop 2"
	chain v0 move 0 1
	expect_row "0 xdp_echo 2" "1 xdp_rewrite 2" "2 xdp_drop 2"
	move_and_kill mover
	((moved == 0)) || fail "status $moved: $(<"$TMPDIR/errors")"
	expect_row "0 xdp_rewrite 2" "1 xdp_echo 2" "2 xdp_drop 2"
	send 3
	expect_row "0 xdp_rewrite 5" "1 xdp_echo 5" "2 xdp_drop 5"
}

# Before it has done anything.
test_a_move_of_which_nothing_was_done_says_so()
{
	three
	expect_status 2 with_fault setsid:signal=KILL:when=1 chain v0 move 0 1
	[[ $errors == "chain: cannot move slot 0 of v0: the process for it was killed" ]] || fail "$errors"
	expect_row "0 xdp_echo 0" "1 xdp_rewrite 0" "2 xdp_drop 0"
}

# Their links are in another directory, where the row cannot be followed: it could lead back here.
test_a_program_of_another_row_is_refused()
{
	make_other
	three
	load w0 objects/xdp_chain.o >/dev/null
	load --no-attach w0 objects/xdp_parse.o >/dev/null
	chain w0 insert 0 xdp_parse
	for verb in insert set; do
		expect_status 2 chain v0 "$verb" 0 "$BPFFS/w0/%progs/xdp/xdp_parse"
		[[ $errors == "chain: cannot put program xdp_parse into the row of v0: its link 'parse_xnext' is not in \
$BPFFS/v0
  hint: prepare it for v0: load --no-attach v0 OBJECT" ]] || fail "$errors"
	done
	expect_row "0 xdp_echo 0" "1 xdp_rewrite 0" "2 xdp_drop 0"
	# Neither is the head of the other one taken.
	expect_fail "its link 'chain_xnext' is not in" chain v0 insert 0 "$BPFFS/w0/%progs/xdp/xdp_chain"
	# One without a link hands nothing on, wherever it is from.
	load --no-attach w0 objects/xdp_drop.o >/dev/null
	chain v0 set 2 "$BPFFS/w0/%progs/xdp/xdp_drop"
}

test_the_numbers_beside_a_program_are_what_it_was_given()
{
	load v0 objects/xdp_chain.o >/dev/null
	prepare xdp_parse xdp_echo xdp_rewrite xdp_drop xdp_pass
	chain v0 insert 0 xdp_parse
	chain v0 insert 1 xdp_drop
	send 2
	chain v0 insert 1 xdp_echo
	expect_row "0 xdp_parse 2" "1 xdp_echo 0" "2 xdp_drop 2"
	send 3
	chain v0 insert 0 xdp_rewrite
	send 1
	expect_row "0 xdp_rewrite 1" "1 xdp_parse 6" "2 xdp_echo 4" "3 xdp_drop 6"
	chain v0 move 0 2
	expect_row "0 xdp_parse 6" "1 xdp_echo 4" "2 xdp_rewrite 1" "3 xdp_drop 6"
	send 1
	chain v0 move 2 0
	chain v0 del 2
	expect_row "0 xdp_rewrite 2" "1 xdp_parse 7" "2 xdp_drop 7"
	# Another program in the slot begins at zero, a newer build of the same goes on.
	chain v0 set 2 xdp_pass
	chain v0 set 1 xdp_echo
	send 4
	expect_row "0 xdp_rewrite 6" "1 xdp_echo 4" "2 xdp_pass 4"
	prepare xdp_pass xdp_echo
	chain v0 set 2 xdp_pass
	chain v0 set 1 xdp_echo
	send 1
	expect_row "0 xdp_rewrite 7" "1 xdp_echo 5" "2 xdp_pass 5"
	# Also when its link is another meanwhile; and who comes back begins anew.
	chain v0 del 1
	chain v0 insert 1 xdp_parse
	send 1
	expect_row "0 xdp_rewrite 8" "1 xdp_parse 1" "2 xdp_pass 6"
	[[ $(chain v0) == *"  1 packets  100 bytes  "* ]] || fail "$(chain v0)"
}

test_a_program_loaded_anew_goes_on_in_its_slot()
{
	local old

	three
	send 2
	old=$(map_id "$BPFFS/v0/echo_xnext")
	send 10000 60 &
	for ((i = 0; i < 5; i++)); do
		prepare xdp_echo
		chain v0 set 0 xdp_echo
	done
	wait
	[[ $(map_id "$BPFFS/v0/echo_xnext") == "$old" ]] || fail "another link"
	expect_row "0 xdp_echo 10002" "1 xdp_rewrite 10002" "2 xdp_drop 10002"
	expect_actions "XDP_DROP 10002"
	[[ $(chain v0 | awk '$3 == 0 { print $6 }') == "$(bpftool -j prog show pinned \
		"$BPFFS/v0/%progs/xdp/xdp_echo" | sed 's/^{"id":\([0-9]*\).*/\1/')" ]] || fail "the old one runs"
}

test_the_row_outlives_its_head()
{
	three
	send 2
	load v0 objects/xdp_chain.o >/dev/null
	send 2
	load v0 objects/xdp_pass.o >/dev/null
	send 3
	expect_actions "XDP_DROP 4" "XDP_PASS 3"
	load v0 objects/xdp_chain.o >/dev/null
	send 4
	expect_row "0 xdp_echo 8" "1 xdp_rewrite 8" "2 xdp_drop 8"
	expect_actions "XDP_DROP 8" "XDP_PASS 3"
}

test_a_program_loaded_over_the_head_of_a_row_is_said_to_put_it_out_of_force()
{
	local hints

	load v0 objects/xdp_chain.o >/dev/null
	run load v0 objects/xdp_pass.o
	[[ -z $errors ]] || fail "an empty row: $errors"
	load v0 objects/xdp_chain.o >/dev/null
	prepare xdp_acl xdp_drop
	chain v0 insert 0 xdp_acl
	chain v0 insert 1 xdp_drop
	expect_status 0 load --dry-run v0 objects/xdp_pass.o
	[[ $errors == *"the row behind program xdp_chain on xdp of v0 would be out of force: what follows there would not run: xdp_acl (id "*"), xdp_drop (id "*")" ]] ||
		fail "$errors"
	expect_status 0 load --no-attach v0 objects/xdp_pass.o
	[[ $errors != *"the row"* ]] || fail "what is only prepared: $errors"
	expect_status 0 load v0 objects/xdp_chain.o
	[[ -z $errors ]] || fail "the head itself: $errors"

	expect_status 0 load v0 objects/xdp_parse.o
	[[ $errors == *"the row behind program xdp_chain on xdp of v0 is out of force: what follows there does not run: xdp_acl (id "*"), xdp_drop (id "*"
  hint: have it back: load v0 objects/xdp_chain.o
  hint: and this program in it: "* ]] || fail "$errors"
	hints=$(sed -nE 's/^  hint: (have it back|and this program in it): //p' <<<"$errors")
	# Who has rules in it is told the same.
	run acl v0
	[[ $errors == *"no program that is attached to v0 uses map "*"
  hint: the program is in the row of v0, whose head is not attached; load that: load v0 objects/xdp_chain.o" ]] || fail "$errors"

	chain v0 del 1 2>/dev/null
	hints=${hints//insert 2/insert 1}
	eval "${hints//$'\n'/ && }"
	send 2
	expect_row "0 xdp_acl 2" "1 xdp_parse 2"
	run acl v0
	[[ -z $errors ]] || fail "$errors"
}

test_only_the_hook_whose_head_goes_is_said_to_lose_its_row()
{
	load --hook tc_ingress v0 objects/tc_chain.o >/dev/null
	load --hook tc_egress v0 objects/tc_chain.o >/dev/null
	load --no-attach v0 objects/tc_acl.o >/dev/null
	chain --tc v0 insert 0 tc_acl
	expect_status 0 load --hook tc_egress v0 objects/tc_pass.o
	[[ $errors == *"the row behind program tc_chain on tc_egress of v0 is out of force: what follows there does not run: tc_acl (id "*"
  hint: have it back: load --hook tc_egress v0 objects/tc_chain.o
"*" && chain --tc v0 insert 1 tc_pass" ]] || fail "$errors"
	run acl v0
	[[ -z $errors ]] || fail "it runs on ingress: $errors"
	expect_status 0 load --hook tc_ingress v0 objects/tc_pass.o
	[[ $errors == *"hint: have it back: load v0 objects/tc_chain.o"* ]] || fail "$errors"
	run acl v0
	[[ $errors == *"load that: load v0 objects/tc_chain.o" ]] || fail "$errors"
}

# By a loader that makes all maps anew.
test_a_row_whose_head_another_loader_loads_anew_is_brought_over()
{
	link_xdp v0 objects/xdp_chain.o
	pin_maps v0 >/dev/null
	prepare xdp_echo xdp_rewrite
	chain v0 insert 0 xdp_echo
	chain v0 insert 1 xdp_rewrite
	send 2
	ip link set dev v0 xdpgeneric off
	link_xdp v0 objects/xdp_chain.o
	pin_maps v0 >/dev/null
	send 3
	expect_status 0 chain v0
	[[ $output == "v0  xdp  -  (empty)" && $errors == "chain: the row of v0 is empty: its head was loaded anew, and that of before led to \
program id "*"
  hint: bring that row over: pin_maps --carry v0" ]] || fail "$output$errors"
	expect_status 0 pin_maps --dry-run --carry v0
	[[ $output == *"would carry map "*" into chain_xnext "* ]] || fail "$output"
	[[ $(row) == "" ]] || fail "a dry run changes the row: $(row)"
	# The statistics of the programs in it are those that the former head made.
	expect_status 3 pin_maps --carry v0
	[[ $output == *"refused "*" xdp_stats_map "*"carried    map "*" into chain_xnext "* ]] || fail "$output$errors"
	[[ $errors == *"hint: the row that 'chain_xnext' leads to still counts"*": load --no-attach v0 OBJECT, then chain v0 set SLOT PROGRAM"* ]] ||
		fail "$errors"
	[[ -z $(compgen -G "$BPFFS/v0/chain_xnext%old-*") ]] || fail "the old link stays"
	send 4
	expect_row "0 xdp_echo 6" "1 xdp_rewrite 6"
	prepare xdp_echo xdp_rewrite
	chain v0 set 0 xdp_echo
	chain v0 set 1 xdp_rewrite
	send 1
	expect_row "0 xdp_echo 7" "1 xdp_rewrite 7"
	expect_status 0 pin_maps v0
	# What was taken out since does not come back.
	chain v0 del 0
	chain v0 del 0
	expect_status 0 pin_maps --carry v0
	expect_status 0 chain v0
	[[ $output == "v0  xdp  -  (empty)" && -z $errors ]] || fail "$output$errors"
}

# The programs in it go on with the statistics of the former head.
test_what_a_row_counts_after_it_was_brought_over_is_not_lost()
{
	local old

	load v0 objects/xdp_chain.o >/dev/null
	prepare xdp_parse
	chain v0 insert 0 xdp_parse
	send 10
	expect_actions "XDP_PASS 10"
	old=$(map_id "$BPFFS/v0/xdp_stats_map")
	ip link set dev v0 xdp off
	link_xdp v0 objects/xdp_chain.o
	send 5
	expect_status 3 pin_maps --carry v0
	[[ $(grep -c " map $old into xdp_stats_map " <<<"$output") == 1 ]] || fail "$output$errors"
	[[ $output == *"shared     map $old into xdp_stats_map "*"/xdp_stats_map%old-$old)"* ]] || fail "$output$errors"
	[[ $errors == *"set SLOT PROGRAM; pin_maps --carry v0 then adds up what they counted"* ]] || fail "$errors"
	expect_actions "XDP_PASS 15"
	send 7
	expect_actions "XDP_PASS 22"
	expect_row "0 xdp_parse 17"
	expect_status 3 pin_maps --carry v0
	expect_actions "XDP_PASS 22"
	send 1
	prepare xdp_parse
	chain v0 set 0 xdp_parse
	send 3
	expect_actions "XDP_PASS 26"
	expect_status 0 pin_maps --carry v0
	[[ $output == *"carried    map $old into xdp_stats_map "* ]] || fail "$output$errors"
	[[ -z $(compgen -G "$BPFFS/v0/xdp_stats_map%old-*") ]] || fail "the old map stays"
	send 1
	expect_actions "XDP_PASS 27"
}

# head_anew OBJECT: by a loader that makes all maps anew, which are then brought over.
head_anew()
{
	ip link set dev v0 xdp off
	link_xdp v0 "objects/$1.o"
	run pin_maps --carry v0
}

test_what_a_prepared_program_counts_in_a_row_later_is_not_lost()
{
	local old

	load v0 objects/xdp_chain.o >/dev/null
	prepare xdp_parse
	send 10
	old=$(map_id "$BPFFS/v0/xdp_stats_map")
	head_anew xdp_chain
	[[ $status == 0 && $output == *"shared     map $old into xdp_stats_map "*"/xdp_stats_map%old-$old)"* ]] ||
		fail "status $status: $output$errors"
	[[ $errors == *"map 'xdp_stats_map': program xdp_parse (id "*"), prepared for xdp, has the old one, which stays for it, and counts there
  hint: prepare it anew, and it gets those in place: load --no-attach v0 OBJECT; pin_maps --carry v0 then "* ]] || fail "$errors"
	send 5
	expect_actions "XDP_PASS 15"
	# Nor does it go later.
	expect_status 0 pin_maps --carry v0
	run gc --old
	chain v0 insert 0 xdp_parse
	send 7
	expect_row "0 xdp_parse 7"
	expect_actions "XDP_PASS 22"
	prepare xdp_parse
	chain v0 set 0 xdp_parse
	send 1
	expect_status 0 pin_maps --carry v0
	[[ -z $(compgen -G "$BPFFS/v0/xdp_stats_map%old-*") ]] || fail "the old map stays: $output$errors"
	expect_actions "XDP_PASS 23"
}

test_what_a_program_that_was_taken_out_counts_later_is_not_lost()
{
	load v0 objects/xdp_chain.o >/dev/null
	prepare xdp_parse xdp_echo
	chain v0 insert 0 xdp_parse
	chain v0 insert 0 xdp_echo
	load v0 objects/xdp_chain.o >/dev/null
	chain v0 del 0
	chain v0 del 0
	send 10
	head_anew xdp_chain
	chain v0 insert 0 xdp_parse
	chain v0 insert 0 xdp_echo
	send 5
	expect_row "0 xdp_echo 5" "1 xdp_parse 5"
	expect_actions "XDP_PASS 15"
}

test_what_a_row_without_its_head_counts_later_is_not_lost()
{
	load v0 objects/xdp_chain.o >/dev/null
	prepare xdp_parse
	chain v0 insert 0 xdp_parse
	send 10
	head_anew xdp_pass
	send 5
	load v0 objects/xdp_chain.o >/dev/null
	send 7
	expect_row "0 xdp_parse 17"
	expect_actions "XDP_PASS 22"
}

test_a_row_of_another_kind_than_its_new_head_stays()
{
	need_frags
	link_xdp v0 objects/xdp_chain.o
	pin_maps v0 >/dev/null
	prepare xdp_echo
	chain v0 insert 0 xdp_echo
	ip link set dev v0 xdpgeneric off
	link_xdp v0 objects/xdp_chain_frags.o xdp.frags
	run pin_maps --carry v0
	[[ $status == 3 && $errors == *"cannot put program id "*" into the new one: Invalid argument"* ]] ||
		fail "status $status: $output$errors"
	[[ $(compgen -G "$BPFFS/v0/chain_xnext%old-*") ]] || fail "the old link is gone"
}

test_a_program_alone_hands_nothing_on()
{
	link_xdp v0 objects/xdp_rewrite.o
	pin_maps v0 >/dev/null
	send 3
	expect_actions "XDP_PASS 3"
	[[ $(counter "$BPFFS/v0/rewrite_xwent" 0) == "0 0" ]] || fail "it counted"
}

test_the_row_of_tc()
{
	load v0 objects/tc_chain.o >/dev/null
	prepare tc_rewrite tc_drop
	chain --tc v0 insert 0 tc_rewrite
	send 2
	chain --tc v0 insert 1 tc_drop
	send 3
	[[ $(row --tc) == "0 tc_rewrite 5
1 tc_drop 3" ]] || fail "$(row --tc)"
	expect_actions "TC_ACT_SHOT 3" "TC_ACT_UNSPEC 2"
}

# row_hits_of_tc: packets that the first program of the row was given.
row_hits_of_tc() { row --tc | awk '$1 == 0 { print $3 }'; }

# Of both hooks, and of what is sent by each.
expect_both_hooks_go_through_the_row()
{
	local before hooks

	[[ $(map_ids_named chain_tnext | sort -u | wc -l) == 1 ]] || fail "$(map_ids_named chain_tnext)"
	load --no-attach --hook tc_ingress v0 objects/tc_drop.o >/dev/null
	expect_status 0 chain --tc v0 insert 0 tc_drop
	[[ -z $errors ]] || fail "$errors"
	before=$(row_hits_of_tc)
	send 2
	hooks=$(($(row_hits_of_tc) - before))
	((hooks == 2)) || fail "of 2 frames the row of ingress was given $hooks"
	echo >/dev/udp/10.0.0.2/9 || true
	((before + 2 < $(row_hits_of_tc))) || fail "what leaves passes by the row"
	# Its program was prepared for one of them.
	[[ $(status v0) != *drift* ]] || fail "$(status v0)"
}

# map_ids_named NAME: of the programs that are attached to v0, a line for each.
map_ids_named()
{
	local id map

	for id in $(bpftool -j net show dev v0 | jq '.[].tc[].id'); do
		for map in $(bpftool -j prog show id "$id" | jq '.map_ids[]'); do
			bpftool -j map show id "$map" | jq -r --arg name "$1" 'select(.name == $name).id'
		done
	done
}

test_both_hooks_have_the_row_whose_heads_were_loaded_first()
{
	need bpftool
	ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev v0
	load --hook tc_ingress v0 objects/tc_chain.o >/dev/null
	load --hook tc_egress v0 objects/tc_chain.o >/dev/null
	expect_both_hooks_go_through_the_row
	# A head that is loaded anew while the row is empty does not part from the other.
	chain --tc v0 del 0
	load --hook tc_ingress v0 objects/tc_chain.o >/dev/null
	expect_both_hooks_go_through_the_row
	# Nor is the link of a head that is alone kept: it would bind the next to its kind.
	unload --hook tc_egress v0 >/dev/null
	chain --tc v0 del 0
	run load --hook tc_ingress v0 objects/tc_chain.o
	[[ $output == *"map chain_tnext id "*" created"* ]] || fail "$output"
}

test_a_head_with_a_link_of_its_own_is_named()
{
	local hints

	need bpftool
	ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev v0
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress bpf da obj objects/tc_chain.o sec tc
	tc filter add dev v0 egress bpf da obj objects/tc_chain.o sec tc
	pin_maps v0 >/dev/null
	run chain --tc v0
	[[ $errors == *"on tc_egress of v0 has a map 'chain_tnext' of its own"* ]] || fail "$errors"
	hints=$(sed -nE 's/^  hint: .*: ((find|load) )/\1/p' <<<"$errors")
	eval "${hints/$'\n'/ && }" >/dev/null
	expect_both_hooks_go_through_the_row
}

# A router whose hook has a counter, an access list, a limit and the next hop, one behind the other:
# HOOK [OPTION OF CHAIN].
route_through_the_store()
{
	local program slot=0 rows seen limited

	make_router
	add_stubs
	serve
	load v0 "objects/$1_chain.o" >/dev/null
	load w0 "objects/$1_forward.o" >/dev/null
	for program in parse acl ratelimit forward; do
		prepare "$1_$program"
		chain "${@:2}" v0 insert "$((slot++))" "$1_$program"
	done
	talk 10.0.1.2 300000
	[[ $(by_the_stack) == 0 ]] || fail "the stack forwarded $(by_the_stack)"
	seen=$(row "${@:2}" | awk '$2 ~ /_parse/ { print $3 }')
	((seen > 10)) || fail "$(row "${@:2}")"

	# Of 40 frames the list takes 10, the limit 17 or so; to this host, so none is forwarded.
	acl v0 add 192.0.2.7
	ratelimit v0 add 192.0.2.8 pps 1 burst 3
	from 7 10 60
	from 8 20 60
	from 9 10 60
	rows=$(row "${@:2}")
	[[ $rows == "0 $1_parse $((seen + 40))
1 $1_acl $((seen + 40))
2 $1_ratelimit $((seen + 30))
3 $1_forward "* ]] || fail "$rows"
	[[ $(acl v0) == *"192.0.2.7"*"  10 packets "* ]] || fail "$(acl v0)"
	limited=$((seen + 30 - ${rows##* }))
	((limited > 0 && limited <= 17)) || fail "$limited were limited: $rows"
	[[ $(ratelimit v0 dropped) == "192.0.2.8 "*"$limited packets"* ]] ||
		fail "$limited were limited: $(ratelimit v0 dropped)"
	talk 10.0.1.2 300000
	acl v0 add tcp/9000
	! talk 10.0.1.2 1 1 || fail "TCP goes on"
	chain "${@:2}" v0 del 1
	talk 10.0.1.2 300000
}

test_the_store_in_a_row_routes_tcp()
{
	route_through_the_store xdp
	[[ $(prog_id v0) ]] || fail "no program"
}

test_the_store_in_a_row_routes_tcp_in_tc() { route_through_the_store tc --tc; }

# As they are built for packets of several buffers, or not.
test_a_build_of_another_kind_than_its_row_is_explained()
{
	local before

	need_frags
	three
	before=$(bpftool -j prog show pinned "$BPFFS/v0/%progs/xdp/xdp_rewrite")
	expect_status 2 load --no-attach v0 objects/xdp_rewrite_frags.o
	[[ $errors == *"cannot put program xdp_rewrite into its row: it is for XDP and packets of several buffers, and \
what follows it there, program xdp_drop id "*" in the link 'rewrite_xnext' of $BPFFS/v0, is not"* ]] ||
		fail "$errors"
	[[ $errors == *"hint: load the build of the row's kind"*"
  hint: or first take what follows it out of the row: chain v0 lists the slots, \
chain v0 del N takes the program out of slot N"* ]] || fail "$errors"
	expect_status 2 load v0 objects/xdp_chain_frags.o
	[[ $errors == *"cannot put program xdp_chain into its row"*"program xdp_echo id "* ]] ||
		fail "$errors"
	[[ $(bpftool -j prog show pinned "$BPFFS/v0/%progs/xdp/xdp_rewrite") == "$before" ]] ||
		fail "another program is prepared"
	send 3
	expect_row "0 xdp_echo 3" "1 xdp_rewrite 3" "2 xdp_drop 3"
	# What is in no row is free to change.
	load --no-attach v0 objects/xdp_acl.o >/dev/null
	load --no-attach v0 objects/xdp_acl_frags.o >/dev/null
}

test_what_the_kernel_does_not_mix_is_explained()
{
	need_frags
	three
	chain v0 del 2
	prepare xdp_drop_frags
	expect_status 2 chain v0 insert 2 xdp_drop
	[[ $errors == "chain: cannot put program xdp_drop behind xdp_rewrite of v0: it is for packets of several buffers, \
and the row is for packets of one buffer
  hint: prepare the build of the row's kind, NAME.o: load --no-attach v0 OBJECT" ]] || fail "$errors"
	prepare xdp_acl_frags
	expect_status 2 chain v0 insert 0 xdp_acl
	[[ $errors == "chain: cannot put program xdp_acl before xdp_echo of v0: it is for packets of several buffers, \
and the row is for packets of one buffer
  hint: prepare the build of the row's kind, NAME.o: load --no-attach v0 OBJECT" ]] || fail "$errors"
	prepare tc_drop
	expect_fail "cannot put program tc_drop into the row of XDP of v0: it is a tc program" \
		chain v0 insert 2 "$BPFFS/v0/%progs/tc_ingress/tc_drop"
	[[ $status == 2 && $errors == *"hint: the row for it is that of --tc"* ]] || fail "$errors"
	expect_fail "cannot put program tc_drop into the row of XDP of v0" chain v0 insert 2 tc_drop
	load v0 objects/tc_chain.o >/dev/null
	expect_fail "cannot put program xdp_echo into the row of tc of v0: it is an XDP program" \
		chain --tc v0 insert 0 "$BPFFS/v0/%progs/xdp/xdp_echo"
	[[ $errors == *"hint: the row for it is that without --tc"* ]] || fail "$errors"
	expect_row "0 xdp_echo 0" "1 xdp_rewrite 0"
}

test_a_row_of_frags_programs()
{
	need_frags
	load v0 objects/xdp_chain_frags.o >/dev/null
	prepare xdp_rewrite_frags xdp_drop_frags
	chain v0 insert 0 xdp_rewrite
	chain v0 insert 1 xdp_drop
	send 3
	expect_row "0 xdp_rewrite 3" "1 xdp_drop 3"
}

# Who has no row may load either build over the other.
test_a_link_without_a_program_binds_nobody()
{
	need_frags
	load v0 objects/xdp_rewrite.o >/dev/null
	load v0 objects/xdp_rewrite_frags.o >/dev/null
	load v0 objects/xdp_rewrite.o >/dev/null
	send 3
	expect_actions "XDP_PASS 3"
}

test_json_has_what_the_text_has()
{
	three
	send 2
	expect_status 0 chain -j v0
	[[ $output == '{"schema":"ifbpf.chain/1","ifname":"v0",'*'"row":"xdp","programs":[{"slot":0,"name":"xdp_echo","id":'*\
'"hands_on":true,"stray_link":null,"packets":2,"bytes":200,"from":"head"},'*'{"slot":2,"name":"xdp_drop","id":'*\
'"hands_on":false,"stray_link":null,"packets":2,"bytes":200,"from":"xdp_rewrite"}]}' ]] ||
		fail "$output"
}

test_the_text_says_whose_numbers_stand_beside_a_program()
{
	three
	send 2
	chain v0 del 1
	[[ $(chain v0) == "v0  xdp  0  xdp_echo  id "*"  2 packets  200 bytes  from head
v0  xdp  1  xdp_drop  id "*"  2 packets  200 bytes  from xdp_echo  (hands nothing on)" ]] ||
		fail "$(chain v0)"
}

# Nothing followed, so another build could take the place of its link.
test_a_program_whose_link_is_pinned_no_more_is_told()
{
	need_frags
	load v0 objects/xdp_chain.o >/dev/null
	prepare xdp_drop xdp_acl
	chain v0 insert 0 xdp_acl
	prepare xdp_acl_frags
	[[ $(chain v0) == *"from head  (its link 'acl_xnext' is not the one that is pinned)" ]] ||
		fail "$(chain v0)"
	[[ $(chain -j v0) == *'"hands_on":false,"stray_link":"acl_xnext",'* ]] || fail "$(chain -j v0)"
	expect_status 2 chain v0 insert 1 xdp_drop
	[[ $errors == "chain: cannot put a program behind xdp_acl: its link 'acl_xnext' is not the one that is pinned
  hint: prepare the build that the row is of, and put it in its place: \
load --no-attach v0 OBJECT && chain v0 set 0 xdp_acl" ]] || fail "$errors"
	# As it says.
	prepare xdp_acl
	chain v0 set 0 xdp_acl
	chain v0 insert 1 xdp_drop
	send 2
	expect_row "0 xdp_acl 2" "1 xdp_drop 2"
}

test_what_is_no_program_is_named()
{
	local what

	three
	unload v0 >/dev/null
	load --link v0 objects/xdp_chain.o >/dev/null
	expect_status 2 chain v0 set 0 "$BPFFS/v0/echo_xwent"
	[[ $errors == "chain: cannot use $BPFFS/v0/echo_xwent as a program: it is a map" ]] ||
		fail "$errors"
	expect_status 2 chain v0 set 0 "$(find "$BPFFS" -path '*%links/xdp')"
	[[ $errors == "chain: cannot use "*"%links/xdp as a program: it is a link
  hint: a link holds a program, which is pinned by itself in %progs/" ]] || fail "$errors"
	for what in "$BPFFS/v0/" ./; do
		expect_status 2 chain v0 insert 0 "$what"
		[[ $errors == "chain: cannot open program $what: it is a directory" ]] || fail "$errors"
	done
	for what in /etc/passwd objects/xdp_echo.o; do
		expect_status 2 chain v0 insert 0 "$what"
		[[ $errors == "chain: cannot open program $what: it is no pin of a BPF filesystem
  hint: prepare it: load --no-attach v0 OBJECT" ]] || fail "$errors"
	done
	for what in ./none "$BPFFS/none" /etc/passwd/none; do
		expect_status 2 chain v0 insert 0 "$what"
		[[ $errors == "chain: cannot open program $what: No"*"hint: prepare it: "* ]] ||
			fail "$errors"
	done
	expect_row "0 xdp_echo 0" "1 xdp_rewrite 0" "2 xdp_drop 0"
}

# bad_head MESSAGE NAME TYPE KEY VALUE ENTRIES: such a map lies where the head's map is.
bad_head()
{
	local pin=$BPFFS/v0/$2 verb

	mv "$pin" "$BPFFS/kept"
	bpftool map create "$pin" type "$3" key "$4" value "$5" entries "$6" name other
	for verb in list "insert 0 xdp_echo" "set 0 xdp_echo" "del 0"; do
		# shellcheck disable=SC2086 # words
		expect_status 2 chain v0 $verb
		[[ $errors == "chain: cannot use map '$2' of v0: $1"* ]] || fail "$verb: $errors"
	done
	rm "$pin"
	mv "$BPFFS/kept" "$pin"
}

test_a_map_of_another_shape_is_no_link()
{
	three
	bad_head "its type is hash, key 4, value 100 bytes; expected prog_array, key 4, value 4 bytes" \
		chain_xnext hash 4 100 1
	bad_head "its type is array, key 4, value 4 bytes; expected prog_array" chain_xnext array 4 4 1
	bad_head "it has 2 entries; expected 1" chain_xnext prog_array 4 4 2
	bad_head "its type is percpu_array, key 4, value 4096 bytes; expected percpu_array, key 4, value 16 " \
		chain_xwent percpu_array 4 4096 1
	bad_head "its type is array, key 4, value 16 bytes; expected percpu_array" chain_xwent array 4 16 1
	expect_row "0 xdp_echo 0" "1 xdp_rewrite 0" "2 xdp_drop 0"
	# That of a program in the row is no link either: the row ends there.
	rm "$BPFFS/v0/echo_xnext" "$BPFFS/v0/echo_xwent"
	bpftool map create "$BPFFS/v0/echo_xnext" type hash key 4 value 100 entries 1 name other
	expect_row "0 xdp_echo 0"
	expect_fail "its link 'echo_xnext' is not the one that is pinned" chain v0 insert 1 xdp_drop
}

# What would be loaded over the head of a row would take the row away.
test_who_configures_what_is_in_no_row_is_told_to_put_it_there()
{
	local hints

	load v0 objects/xdp_chain.o
	load --no-attach v0 objects/xdp_acl.o
	run acl v0 add 192.0.2.1
	[[ $errors == *"hint: put it into the row: chain v0 insert 0 xdp_acl" ]] || fail "$errors"
	${errors##*row: }
	expect_status 0 acl v0 add 192.0.2.2
	[[ -z $errors ]] || fail "$errors"

	expect_status 2 ratelimit v0 add 192.0.2.1 pps 1
	hints=$(sed -nE 's/^  hint: (and )?[a-z ]*: //p' <<<"$errors")
	[[ $hints == "load --no-attach v0 objects/xdp_ratelimit.o
chain v0 insert 0 xdp_ratelimit" ]] || fail "$errors"
	eval "${hints//$'\n'/ && }"
	expect_status 0 ratelimit v0 add 192.0.2.1 pps 1
	[[ -z $errors ]] || fail "$errors"
	[[ $(chain v0) == *" xdp_ratelimit "*$'\n'*" xdp_acl "* ]] || fail "$(chain v0)"

	# In tc as well, and there only.
	unload v0
	load --hook tc-ingress v0 objects/tc_chain.o
	expect_status 2 rewrite v0 add src 192.0.2.1 pop
	hints=$(sed -nE 's/^  hint: (and )?[a-z ]*: //p' <<<"$errors")
	[[ $hints == "load --no-attach v0 objects/tc_rewrite.o
chain --tc v0 insert 0 tc_rewrite" ]] || fail "$errors"
	eval "${hints//$'\n'/ && }"
	expect_status 0 rewrite v0 add src 192.0.2.1 pop
	[[ -z $errors ]] || fail "$errors"
}

test_without_the_right_to_open_programs_by_id_it_is_said_what_that_takes()
{
	local words

	need capsh
	three
	for words in "" "del 0" "move 0 1"; do
		expect_status 2 capsh --drop=cap_sys_admin -- -c "chain v0 $words"
		[[ $errors == "chain: cannot open program id "*" of v0: Operation not permitted
  hint: run as root, or with CAP_SYS_ADMIN: programs are opened by id" ]] || fail "$errors"
	done
}

test_misuse_is_told()
{
	local words

	expect_fail "cannot find the maps of v0" chain v0
	load v0 objects/xdp_pass.o >/dev/null
	expect_fail "cannot find map 'chain_xnext' of v0" chain v0
	[[ $errors == *"hint: load the head of the row first: load v0 objects/xdp_chain.o"* ]] ||
		fail "$errors"
	three
	expect_fail "cannot have program xdp_echo twice" chain v0 insert 1 xdp_echo
	expect_fail "cannot have program xdp_drop twice" chain v0 set 0 xdp_drop
	prepare xdp_pass
	expect_fail "cannot put program xdp_pass before another" chain v0 set 0 xdp_pass
	expect_fail "cannot put program xdp_pass before another" chain v0 insert 1 xdp_pass
	expect_fail "cannot put a program behind xdp_drop" chain v0 insert 3 xdp_echo
	expect_fail "cannot use slot 3 of v0: the slots are 0 to 2" chain v0 del 3
	expect_fail "cannot open program $BPFFS/v0/%progs/xdp/nope" chain v0 set 0 nope
	expect_fail "the last program of the row hands nothing on" chain v0 move 0 2
	expect_fail "the last program of the row hands nothing on" chain v0 move 2 0
	prepare xdp_chain
	expect_fail "cannot put the head of the row of v0 into it" chain v0 insert 0 xdp_chain
	expect_row "0 xdp_echo 0" "1 xdp_rewrite 0" "2 xdp_drop 0"
	prepare xdp_parse
	expect_fail "cannot use slot 32: a row has slots 0 to 31 at most" chain v0 insert 32 xdp_parse
	for words in "insert 00 xdp_parse" "insert 0" "set x xdp_echo" "del" "del -1" "move 0" "jump 0"; do
		# shellcheck disable=SC2086 # words
		expect_status 1 chain v0 $words
	done
}

test_the_programs_of_a_row_keep_their_pins_when_its_head_is_loaded_anew()
{
	local program

	three
	load v0 objects/xdp_chain.o >/dev/null
	for program in xdp_chain xdp_echo xdp_rewrite xdp_drop; do
		[[ -e $BPFFS/v0/%progs/xdp/$program ]] || fail "the pin of $program is gone"
	done
	send 2
	expect_row "0 xdp_echo 2" "1 xdp_rewrite 2" "2 xdp_drop 2"
	# They are published with it: what runs is what the pins are of.
	[[ $(stats --json v0) == *'"stale":false'* ]] || fail "$(stats --json v0)"
	run pin_maps v0
	[[ $status == 0 && $output != *" pinned"* && $output != *" replaced"* ]] || fail "it says: $output$errors"
	# What is in no row any more goes with the next one.
	chain v0 del 0
	load v0 objects/xdp_chain.o >/dev/null
	[[ ! -e $BPFFS/v0/%progs/xdp/xdp_echo ]] || fail "the pin of xdp_echo stays"
}
