# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# stats: what it prints of pinned maps, whoever pinned them. Here that is bpftool, as a rule, so
# that a test says what is in the directory.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/stats.sh

test_counts_are_exactly_what_was_sent()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	send 3 100
	expect_output "v0  xdp  XDP_PASS  3 packets  300 bytes" stats v0
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 300
	send 2 1000
	expect_output "v0  xdp  XDP_PASS  5 packets  2300 bytes" stats v0
}

test_scripts_read_the_fourth_and_sixth_field()
{
	local ifname hook action packets bytes

	link_xdp v0 objects/xdp_drop.o
	pin_xdp v0
	send 7 60
	read -r ifname hook action packets _ bytes _ < <(stats v0)
	[[ "$ifname $hook $action $packets $bytes" == "v0 xdp XDP_DROP 7 420" ]] ||
		fail "read: $ifname $hook $action $packets $bytes"
}

test_pin_maps_and_stats_make_the_session_of_the_design()
{
	link_xdp v0 objects/xdp_pass.o
	link_tc v0 ingress objects/tc_pass.o
	link_tc v0 egress objects/tc_drop.o
	pin_maps v0 >/dev/null
	send 4
	send_out 2 || true # the program drops them, and send tells
	expect_output "\
v0  xdp         XDP_PASS     4 packets  400 bytes
v0  tc_ingress  TC_ACT_OK    4 packets  400 bytes
v0  tc_egress   TC_ACT_SHOT  2 packets  200 bytes" stats v0
}

test_ingress_and_egress_are_kept_apart()
{
	link_tc v0 ingress objects/tc_pass.o
	link_tc v0 egress objects/tc_pass.o
	pin_tc v0 ingress
	pin_tc v0 egress
	send 3
	send_out 5
	expect_output "\
v0  tc_ingress  TC_ACT_OK  3 packets  300 bytes
v0  tc_egress   TC_ACT_OK  5 packets  500 bytes" stats v0
}

test_what_both_hooks_count_in_one_map_is_said()
{
	local hook

	tc qdisc add dev v0 clsact
	for hook in ingress egress; do
		tc filter add dev v0 "$hook" pref 10 handle 1 bpf da obj objects/pinned/tc_pass.o sec tc
	done
	expect_status 0 pin_maps v0
	[[ $errors == *"map 'tc_stats_map' of tc_egress is that of tc_ingress"*"iproute2_env --egress v0"* ]] ||
		fail "$errors"
	send 3
	expect_output "\
v0  tc_ingress  TC_ACT_OK  3 packets  300 bytes  (shared with tc_egress)
v0  tc_egress   TC_ACT_OK  3 packets  300 bytes  (shared with tc_ingress)" stats v0
	expect_status 0 stats --json v0
	[[ $output == *'"hook":"tc_ingress"'*'"shared_hooks":["tc_egress"]'*'"shared_hooks":["tc_ingress"]'* ]] ||
		fail "$output"
}

test_a_flat_map_seen_through_egress_is_not_counted_twice()
{
	link_tc v0 ingress objects/tc_pass.o
	pin_tc v0 ingress
	mkdir -m 0700 "$BPFFS/v0/%egress"
	ln -s ../tc_stats_map "$BPFFS/v0/%egress/tc_stats_map"
	send 3
	expect_output "v0  tc_ingress  TC_ACT_OK  3 packets  300 bytes" stats v0
}

test_actions_have_the_names_of_the_kernel()
{
	local slot n

	make_dir v0
	make_map "$BPFFS/v0/xdp_stats_map" percpu_array 4 16 5
	make_map "$BPFFS/v0/tc_stats_map" percpu_array 4 16 10
	n=$(cpus "$BPFFS/v0/xdp_stats_map")
	for slot in {0..4}; do
		count "$BPFFS/v0/xdp_stats_map" "$slot" $((slot + 1)) 0
	done
	for slot in {0..9}; do
		count "$BPFFS/v0/tc_stats_map" "$slot" $((slot + 1)) 0
	done
	run stats v0
	[[ $(awk -v n="$n" '{ print $2, $3, $4 / n }' <<<"$output") == "\
xdp XDP_ABORTED 1
xdp XDP_DROP 2
xdp XDP_PASS 3
xdp XDP_TX 4
xdp XDP_REDIRECT 5
tc_ingress TC_ACT_OK 1
tc_ingress TC_ACT_RECLASSIFY 2
tc_ingress TC_ACT_SHOT 3
tc_ingress TC_ACT_PIPE 4
tc_ingress TC_ACT_STOLEN 5
tc_ingress TC_ACT_QUEUED 6
tc_ingress TC_ACT_REPEAT 7
tc_ingress TC_ACT_REDIRECT 8
tc_ingress TC_ACT_TRAP 9
tc_ingress TC_ACT_UNSPEC 10" ]] || fail "$output"
}

test_actions_without_packets_are_hidden_unless_verbose()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	expect_output "v0  xdp  XDP_PASS  0 packets  0 bytes" stats v0
	send 10
	expect_status 0 stats --verbose v0
	[[ $output == "\
v0  xdp  XDP_ABORTED    0 packets     0 bytes
v0  xdp  XDP_DROP       0 packets     0 bytes
v0  xdp  XDP_PASS      10 packets  1000 bytes
v0  xdp  XDP_TX         0 packets     0 bytes
v0  xdp  XDP_REDIRECT   0 packets     0 bytes" ]] || fail "$output"
}

test_json_has_every_field_and_action()
{
	local map prog cookie expected

	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	send 3
	prog=$(prog_id v0)
	map=$(prog_map_id "$prog")
	expect_status 0 stats --json v0
	cookie=$(sed -n 's/.*"netns":"\([0-9]*\)".*/"\1"/p' <<<"$output")
	expected='{"schema":"ifbpf.stats/1","ifname":"v0","ifindex":'$(ifindex v0)
	expected+=',"netns":'${cookie:-null}',"time_ns":T,"hooks":[{"hook":"xdp","map":"xdp_stats_map"'
	expected+=',"map_id":'$map',"program_id":'$prog',"stale":false,"shared_with":[],"shared_more":0,"shared_hooks":[],"actions":{'
	expected+='"XDP_ABORTED":{"packets":0,"bytes":0},"XDP_DROP":{"packets":0,"bytes":0},'
	expected+='"XDP_PASS":{"packets":3,"bytes":300},"XDP_TX":{"packets":0,"bytes":0},'
	expected+='"XDP_REDIRECT":{"packets":0,"bytes":0}}}]}'
	[[ $(sed 's/"time_ns":[0-9]\{19\},/"time_ns":T,/' <<<"$output") == "$expected" ]] ||
		fail "$output"$'\n'"expected: $expected"
}

test_json_is_one_line_for_each_interface()
{
	ip link add v2 type veth peer name v3
	link_xdp v0 objects/xdp_pass.o
	link_xdp v2 objects/xdp_pass.o
	pin_xdp v0
	pin_xdp v2
	expect_status 0 stats --json v2 v0
	[[ $(sed 's/.*"ifname":"\([^"]*\)".*/\1/' <<<"$output") == $'v2\nv0' ]] || fail "$output"
}

test_large_counters_are_not_cut()
{
	local half sum n

	make_dir v0
	make_map "$BPFFS/v0/xdp_stats_map" percpu_array 4 16 5
	n=$(cpus "$BPFFS/v0/xdp_stats_map")
	half=$((0x7fffffffffffffff / n))
	count "$BPFFS/v0/xdp_stats_map" 2 $((half * 2)) $((half * 2))
	sum=$(printf '%u' $((half * 2 * n)))
	((${#sum} == 20)) || fail "$sum is not large"
	expect_status 0 stats v0
	[[ $output == *"XDP_PASS  $sum packets  $sum bytes"* ]] || fail "not $sum: $output"
	expect_status 0 stats --json v0
	[[ $output == *'"XDP_PASS":{"packets":'"$sum,\"bytes\":$sum}"* ]] || fail "not $sum: $output"
}

test_what_replaced_maps_counted_is_added()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	send 3
	ip -force link set dev v0 xdpgeneric obj objects/xdp_drop.o sec xdp
	replace_xdp
	send 2
	ip -force link set dev v0 xdpgeneric obj objects/xdp_pass.o sec xdp
	replace_xdp
	send 5
	expect_output "\
v0  xdp  XDP_DROP  2 packets  200 bytes
v0  xdp  XDP_PASS  8 packets  800 bytes" stats v0
	expect_stale false "$(prog_id v0)"
}

test_a_map_with_two_pins_is_added_once()
{
	local pin=$BPFFS/v0/xdp_stats_map

	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	ln "$pin" "$pin%old-$(map_id "$pin")"
	ln "$pin" "$pin%old-1"
	send 3
	expect_output "v0  xdp  XDP_PASS  3 packets  300 bytes" stats v0
}

test_what_only_a_replaced_map_holds_is_shown()
{
	local pin=$BPFFS/v0/xdp_stats_map

	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	send 3
	ip link set dev v0 xdpgeneric off
	mv "$pin" "$pin%old-$(map_id "$pin")"
	expect_output "v0  xdp  XDP_PASS  3 packets  300 bytes  (stale: no program runs)" stats v0
}

test_a_replaced_map_of_another_shape_is_left_out_and_said()
{
	local old=$BPFFS/v0/xdp_stats_map%old-7

	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	make_map "$old" percpu_array 4 8 5
	send 3
	expect_status 0 stats v0
	[[ $output == "v0  xdp  XDP_PASS  3 packets  300 bytes" ]] || fail "$output"
	[[ $errors == "stats: not added: $old has type percpu_array, key 4, value 8 bytes; \
expected type percpu_array, key 4, value 16 bytes" ]] || fail "$errors"
}

test_a_foreign_map_of_that_name_is_refused()
{
	make_dir v0
	make_map "$BPFFS/v0/xdp_stats_map" array 4 16 5
	expect_fail "cannot read map 'xdp_stats_map' of v0 at $BPFFS/v0/xdp_stats_map: it has \
type array, key 4, value 16 bytes; expected type percpu_array, key 4, value 16 bytes" stats v0
	((status == 2)) || fail "status $status"
	[[ -z $output ]] || fail "it prints: $output"
	rm "$BPFFS/v0/xdp_stats_map"
	make_map "$BPFFS/v0/xdp_stats_map" percpu_hash 8 16 5
	expect_fail "it has type percpu_hash, key 8, value 16 bytes;" stats v0
}

test_the_other_hooks_are_shown_beside_a_foreign_map()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	make_map "$BPFFS/v0/tc_stats_map" hash 4 16 5
	send 3
	expect_status 3 stats v0
	[[ $output == "v0  xdp  XDP_PASS  3 packets  300 bytes" ]] || fail "$output"
	[[ $errors == *"map 'tc_stats_map' of v0"* ]] || fail "$errors"
}

test_a_map_with_fewer_slots_is_read()
{
	make_dir v0
	make_map "$BPFFS/v0/xdp_stats_map" percpu_array 4 16 3
	count "$BPFFS/v0/xdp_stats_map" 2 5 6
	run stats v0
	[[ $status == 0 && $(wc -l <<<"$output") == 1 ]] || fail "$output $errors"
	run stats --json v0
	[[ $output == *'"XDP_REDIRECT":{"packets":0,"bytes":0}'* ]] || fail "$output"
}

test_a_map_of_no_running_program_is_stale()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	send 3
	expect_stale false "$(prog_id v0)"
	ip -force link set dev v0 xdpgeneric obj objects/xdp_pass.o sec xdp
	send 3
	expect_output "v0  xdp  XDP_PASS  3 packets  300 bytes  \
(stale: not a map of the program that runs)" stats v0
	expect_stale true null
	ip link set dev v0 xdpgeneric off
	expect_output "v0  xdp  XDP_PASS  3 packets  300 bytes  (stale: no program runs)" stats v0
	expect_stale true null
}

test_staleness_is_told_for_each_hook()
{
	link_tc v0 ingress objects/tc_pass.o
	link_tc v0 egress objects/tc_pass.o
	pin_tc v0 ingress
	pin_tc v0 egress
	tc filter del dev v0 egress
	expect_output "\
v0  tc_ingress  TC_ACT_OK  0 packets  0 bytes
v0  tc_egress   TC_ACT_OK  0 packets  0 bytes  (stale: no program runs)" stats v0
}

test_a_reader_without_privilege_gets_the_counts()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	open_to_all
	send 3
	expect_output "v0  xdp  XDP_PASS  3 packets  300 bytes" as_user stats v0
	expect_output "v0  xdp  XDP_PASS  3 packets  300 bytes" as_user stats
}

test_without_privilege_the_record_tells_what_is_stale()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	open_to_all
	expect_stale null null as_user
	write_record 2 "$(published)"
	expect_stale false "$(prog_id v0)" as_user
	# What runs now was never published, but may use the map all the same.
	ip -force link set dev v0 xdpgeneric obj objects/xdp_pass.o sec xdp
	expect_stale null null as_user
	ip link set dev v0 xdpgeneric off
	expect_stale true null as_user
}

test_a_kernel_that_keeps_users_from_bpf_is_told()
{
	need strace
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	open_to_all
	expect_fail "kernel.unprivileged_bpf_disabled" as_user env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" \
		strace -qq -o /dev/null -e inject=bpf:error=EPERM stats v0
	[[ $errors != *--group* ]] || fail "a group would not help: $errors"
}

test_a_reader_who_may_not_is_told_so()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	chmod 0755 "$BPFFS"
	expect_fail "cannot use $BPFFS/v0: Permission denied" as_user stats v0
	((status == 2)) || fail "status $status"
	chmod 0755 "$BPFFS/v0"
	expect_fail "xdp_stats_map: Permission denied" as_user stats v0
	[[ $(wc -l <<<"$errors") == 2 ]] || fail "$errors"
	chmod 0700 "$BPFFS"
	expect_fail "cannot look into $BPFFS: Permission denied" as_user stats
	[[ $(wc -l <<<"$errors") == 2 ]] || fail "$errors"
}

test_another_bpffs_by_environment()
{
	mkdir /run/bpf
	mount -t bpf bpf /run/bpf
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	send 3
	expect_fail "cannot find the maps of v0 at /run/bpf/v0" env IFBPF_BPFFS=/run/bpf stats v0
	mkdir -m 0700 /run/bpf/v0
	bpftool map pin pinned "$BPFFS/v0/xdp_stats_map" /run/bpf/v0/xdp_stats_map
	expect_output "v0  xdp  XDP_PASS  3 packets  300 bytes" \
		env IFBPF_BPFFS=/run/bpf stats v0
}

test_no_bpffs_is_named()
{
	umount "$BPFFS"
	expect_fail "cannot find a BPF filesystem at $BPFFS" stats v0
	((status == 2)) || fail "status $status"
}

test_nothing_is_made_or_changed()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	send 3
	find "$BPFFS" -printf '%p %m %U %i %l\n' >/run/before
	mount -o remount,ro "$BPFFS"
	expect_output "v0  xdp  XDP_PASS  3 packets  300 bytes" stats v0
	expect_output "v0  xdp  XDP_PASS  3 packets  300 bytes" stats
	find "$BPFFS" -printf '%p %m %U %i %l\n' >/run/after
	diff /run/before /run/after || fail "changed"
}

test_a_writer_does_not_hold_a_reader_up()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	# The locks of DESIGN 4, as long as the shell holds them.
	mkdir -m 0700 "$BPFFS/%ifbpf" "$BPFFS/%ifbpf/lock"
	exec 7<"$BPFFS/%ifbpf/lock" 8<"$BPFFS/v0"
	flock 7
	flock 8
	expect_output "v0  xdp  XDP_PASS  0 packets  0 bytes" timeout 5 stats v0
}

test_an_exchange_of_pins_is_waited_for()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	write_record 3
	(sleep 0.2 && write_record 4) &
	expect_output "v0  xdp  XDP_PASS  0 packets  0 bytes" stats v0
	wait
	write_record 5
	expect_fail "an exchange of its pins was interrupted" stats v0
	[[ $(grep -c interrupted <<<"$errors") == 1 ]] || fail "said again: $errors"
}

test_a_record_of_another_version_is_refused()
{
	make_dir v0
	make_map "$BPFFS/v0/xdp_stats_map" percpu_array 4 16 5
	ln -s 'v=2;gen=1' "$BPFFS/v0/%meta"
	expect_fail "cannot read the record of $BPFFS/v0" stats v0
	((status == 2)) || fail "status $status"
}

test_output_that_cannot_be_written_is_an_error()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	expect_fail "cannot write the counters: No space left on device" \
		bash -c 'stats v0 >/dev/full'
	((status == 2)) || fail "status $status"
}

test_verbose_names_map_and_program_or_says_that_there_is_none()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	expect_status 0 stats -v v0
	[[ $errors == *"stats: v0 xdp: map $(map_id "$BPFFS/v0/xdp_stats_map"), program $(prog_id v0)"* ]] ||
		fail "$errors"
	ip link set dev v0 xdpgeneric off
	expect_status 0 stats -v v0
	[[ $errors == *"stats: v0 xdp: map $(map_id "$BPFFS/v0/xdp_stats_map"), no program that is known"* ]] ||
		fail "$errors"
}

test_what_others_made_in_our_place_is_passed_over_and_said()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	mv "$BPFFS/%ifbpf" "$BPFFS/moved" 2>/dev/null || true
	rm -rf "$BPFFS/%ifbpf"
	ln -s moved "$BPFFS/%ifbpf"
	chown -h 65534 "$BPFFS/%ifbpf"
	expect_status 0 stats v0
	[[ $(grep -c "^stats: passing over $BPFFS/%ifbpf, a symlink made by uid 65534$" <<<"$errors") == 1 ]] ||
		fail "it says: $errors"
	rm "$BPFFS/%ifbpf"
	mkdir "$BPFFS/%ifbpf"
	expect_status 0 stats v0
	[[ $errors != *"passing over"* ]] || fail "ours: $errors"
	chown 65534 "$BPFFS/%ifbpf"
	expect_status 0 stats v0
	[[ $errors == *"passing over $BPFFS/%ifbpf, a directory made by uid 65534"* ]] || fail "it says: $errors"
	expect_status 0 status v0
	[[ $errors == *"status: passing over $BPFFS/%ifbpf, a directory made by uid 65534"* ]] || fail "it says: $errors"
}

test_misuse_is_refused()
{
	local interval

	for interval in 0 0.0 -1 1s 1e3 nan inf 0x10 '' . 1. ' 1' 0.0001 10000000 1,5 010 00.5; do
		expect_status 1 stats --watch --interval "$interval" v0
		[[ $errors == "stats: no interval: '$interval'"* ]] || fail "$interval: $errors"
	done
	expect_status 1 stats --interval 2 v0
	[[ $errors == "stats: --interval is the time between two prints of --watch
  hint: add --watch, or leave it out" ]] || fail "$errors"
	expect_status 1 stats --nope
	[[ $errors == *"'--nope'"$'\n'"  hint: see stats --help" ]] || fail "$errors"
	expect_status 1 stats --interval
}

test_help_and_version()
{
	expect_status 0 stats --help
	[[ $output == "Usage: stats"* && -z $errors ]] || fail "$output"
	[[ $(awk 'length > 80' <<<"$output") == "" ]] || fail "a line is longer than 80"
	expect_output "stats $(<VERSION)" stats --version
}

test_the_options_are_the_same_in_help_and_man_page()
{
	diff <(stats --help | grep -o -- '--[a-z]*' | sort -u) \
		<(grep -o 'Fl -[a-z]*' scripts/stats.8 | sed 's/Fl -/--/' | sort -u) ||
		fail "--help and man page differ"
}
