# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# stats: what it prints of pinned maps, whoever pinned them. Here that is bpftool, as a rule, so
# that a test says what is in the directory.

ifindex() { ip -o link show dev "$1" | sed 's/:.*//'; }

# prog_map_id PROGRAM_ID: the map that a program of the store counts in.
prog_map_id() { bpftool -j prog show id "$1" | sed -n 's/.*"map_ids":\[\([0-9]*\)\].*/\1/p'; }

# tc_prog_id IFNAME ingress|egress
tc_prog_id() { tc -j filter show dev "$1" "$2" | sed -n 's/.*"prog":{"id":\([0-9]*\).*/\1/p'; }

# make_dir IFNAME: without a record, as xdp-tutorial's loader makes it.
make_dir() { [[ -d $BPFFS/$1 ]] || mkdir -m 0700 -- "$BPFFS/$1"; }

# pin_xdp IFNAME: pin the map of the XDP program that runs.
pin_xdp()
{
	make_dir "$1"
	bpftool map pin id "$(prog_map_id "$(prog_id "$1")")" "$BPFFS/$1/xdp_stats_map"
}

# pin_tc IFNAME ingress|egress
pin_tc()
{
	local dir=$BPFFS/$1

	make_dir "$1"
	if [[ $2 == egress ]]; then
		dir+=/%egress
		mkdir -m 0700 "$dir"
	fi
	bpftool map pin id "$(prog_map_id "$(tc_prog_id "$1" "$2")")" "$dir/tc_stats_map"
}

# write_record GEN [FIELDS]: v0's, in one step, as ifbpf-bpffs(7) says.
write_record()
{
	local text

	text="v=1;gen=$1;name=v0;ifindex=$(ifindex v0)"
	text+=";nsino=$(stat -L -c %i /proc/self/ns/net);mac=$V0_MAC${2+;$2}"
	ln -s "$text" "$BPFFS/v0/%new"
	mv -T "$BPFFS/v0/%new" "$BPFFS/v0/%meta"
}

# published: what runs on v0's XDP hook, as a record lists it.
published() { echo "xdp=prog:$(prog_id v0),map:$(prog_map_id "$(prog_id v0)")"; }

# replace_xdp: pin the map of the program that runs now, in place of the old one; no record.
replace_xdp()
{
	local pin=$BPFFS/v0/xdp_stats_map

	mv "$pin" "$pin%old-$(map_id "$pin")"
	pin_xdp v0
}

# make_map PATH TYPE KEY VALUE ENTRIES
make_map() { bpftool map create "$1" type "$2" key "$3" value "$4" entries "$5" name made; }

# count PATH SLOT PACKETS BYTES: on each CPU.
count()
{
	# shellcheck disable=SC2046 # words
	bpftool map update pinned "$1" key "$2" 0 0 0 value $(bytes_of "$3") $(bytes_of "$4")
}

bytes_of()
{
	local i

	for i in 0 8 16 24 32 40 48 56; do
		echo $(($1 >> i & 255))
	done
}

# cpus PATH: how many values a slot of a per-CPU map has.
cpus() { bpftool -j map lookup pinned "$1" key 0 0 0 0 | grep -o '"cpu":' | wc -l; }

# expect_output TEXT COMMAND...: it succeeds, silent on stderr, and prints TEXT.
expect_output()
{
	local expected=$1

	shift
	expect_status 0 "$@"
	[[ $output == "$expected" ]] || fail "$*: not what was expected:"$'\n'"$output"
	[[ -z $errors ]] || fail "$*: it says: $errors"
}

# expect_stale true|false|null PROGRAM_ID [COMMAND...]: of v0's only hook.
expect_stale()
{
	local expected="\"program_id\":$2,\"stale\":$1,"

	shift 2
	expect_status 0 "$@" stats --json v0
	[[ $output == *"$expected"* ]] || fail "not $expected: $output"
}

# open_to_all: v0's directory and its pins can be read by everybody.
open_to_all()
{
	chmod 0755 "$BPFFS" "$BPFFS/v0"
	find "$BPFFS/v0" -type f -exec chmod 0444 {} +
}

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
	expected+=',"map_id":'$map',"program_id":'$prog',"stale":false,"shared_with":[],"shared_more":0,"actions":{'
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

test_an_interface_without_a_directory_says_what_to_type()
{
	expect_status 2 stats v0
	[[ -z $output ]] || fail "it prints: $output"
	[[ $errors == "\
stats: cannot find the maps of v0 at $BPFFS/v0
  hint: pin what runs there first: pin_maps v0" ]] || fail "$errors"
}

test_an_unknown_interface_is_named()
{
	expect_fail "cannot find interface nope: No such device" stats nope
	((status == 2)) || fail "status $status"
	expect_fail "cannot find interface a/b" stats a/b
	expect_fail "cannot find interface" stats ""
}

test_the_others_are_shown_beside_an_unknown_interface()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	send 3
	expect_status 3 stats nope v0 lo
	[[ $output == "v0  xdp  XDP_PASS  3 packets  300 bytes" ]] || fail "$output"
	[[ $errors == *"cannot find interface nope"*"cannot find the maps of lo"* ]] ||
		fail "$errors"
}

test_without_a_name_every_interface_with_a_directory_is_shown()
{
	ip link add v2 type veth peer name v3
	link_xdp v0 objects/xdp_pass.o
	link_xdp v2 objects/xdp_drop.o
	pin_xdp v0
	pin_xdp v2
	send 12
	expect_output "\
v0  xdp  XDP_PASS  12 packets  1200 bytes
v2  xdp  XDP_PASS   0 packets     0 bytes" stats
}

test_no_directory_at_all_is_no_error()
{
	expect_status 0 stats
	[[ -z $output && $errors == *"no interface"*"hint: "*"pin_maps"* ]] || fail "$output $errors"
}

test_a_directory_without_statistics_is_no_error()
{
	make_dir v0
	expect_status 0 stats v0
	[[ -z $output && $errors == "stats: $BPFFS/v0 holds no statistics map" ]] ||
		fail "$output $errors"
	expect_status 0 stats --json v0
	[[ $output == *'"hooks":[]}' && -z $errors ]] || fail "$output $errors"
}

test_asked_for_all_those_without_statistics_are_no_matter()
{
	make_dir v0
	expect_status 0 stats
	[[ -z $output && $errors == "stats: no interface of this network namespace has a statistics map pinned in $BPFFS" ]] ||
		fail "$output $errors"
	ip link add w0 type veth peer name w1
	load w0 objects/xdp_pass.o >/dev/null
	expect_status 0 stats
	[[ $output == *"w0  xdp "* && -z $errors ]] || fail "$output $errors"
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

test_an_interface_that_is_gone_shows_its_last_counters()
{
	local ifindex

	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	write_record 2 "$(published)"
	send 3
	ifindex=$(ifindex v0)
	ip link del v0
	expect_status 0 stats v0
	[[ $output == "v0  xdp  XDP_PASS  3 packets  300 bytes  (stale: the interface is gone)" ]] ||
		fail "$output"
	[[ $errors == "stats: there is no interface v0 any more: these are its last counters" ]] ||
		fail "$errors"
	expect_status 0 stats --json v0
	[[ $output == *'"ifname":"v0","ifindex":'"$ifindex,"*'"stale":true'* ]] || fail "$output"
	rm "$BPFFS/v0/%meta"
	expect_status 0 stats --json v0
	[[ $output == *'"ifname":"v0","ifindex":null,'*'"stale":true'* ]] || fail "$output"
}

test_a_renamed_interface_is_found_by_both_names()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	write_record 2 "$(published)"
	send 3
	rename_link v0 w0
	expect_output "w0  xdp  XDP_PASS  3 packets  300 bytes" stats w0
	expect_status 0 stats v0
	[[ $output == "w0  xdp  XDP_PASS  3 packets  300 bytes" ]] || fail "$output"
	[[ $errors == "stats: v0 is called w0 now" ]] || fail "$errors"
}

test_interfaces_that_swapped_names_keep_their_counters()
{
	ip link add v2 type veth peer name v3
	link_xdp v0 objects/xdp_pass.o
	link_xdp v2 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	pin_maps v2 >/dev/null
	send 3
	ip link set dev v0 down
	rename_link v0 tmp0
	rename_link v2 v0
	rename_link tmp0 v2
	expect_output "\
v2  xdp  XDP_PASS  3 packets  300 bytes
v0  xdp  XDP_PASS  0 packets    0 bytes" stats v2 v0
}

test_a_successor_of_the_same_name_is_said()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	write_record 2 "$(published)"
	send 3
	ip link del v0
	ip link add v0 index 4242 type veth peer name v1
	expect_status 0 stats v0
	[[ $output == "v0  xdp  XDP_PASS  3 packets  300 bytes  (stale: no program runs)" ]] ||
		fail "$output"
	[[ $errors == "stats: $BPFFS/v0 is of an earlier interface of that name" ]] || fail "$errors"
}

test_odd_interface_names()
{
	local pair name dir

	for pair in v0.100=v0%2E100 tc=%74c -x=%2Dx 'a;netns=9=a%3Bnetns%3D9'; do
		name=${pair%=*} dir=${pair##*=}
		ip link add name "$name" type veth peer name other
		mkdir -m 0700 "$BPFFS/$dir"
		make_map "$BPFFS/$dir/xdp_stats_map" percpu_array 4 16 5
		expect_status 0 stats -- "$name"
		[[ $output == "$name "* ]] || fail "$name: $output"
		ip link del dev other
	done
}

test_an_altname_shows_the_interface()
{
	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	ip link property add dev v0 altname a-name-that-is-longer-than-fifteen
	expect_output "v0  xdp  XDP_PASS  0 packets  0 bytes" stats a-name-that-is-longer-than-fifteen
}

test_an_interface_of_another_netns()
{
	local dir netns

	run stats --netns peer v1
	[[ $status == 2 && $errors == *"hint: "*"pin_maps --netns peer v1" ]] || fail "$errors"
	dir=$(sed -n 's/.* of v1 at //p' <<<"$errors")
	[[ $dir == "$BPFFS/%ifbpf/ns/"*/v1 ]] || fail "not its directory: $dir"
	# mkdir -m does not reach the parents.
	(umask 077 && mkdir -p "$dir")
	in_peer ip link set dev v1 xdpgeneric obj objects/xdp_pass.o sec xdp
	bpftool map pin id "$(prog_map_id "$(in_peer ip -j -d link show dev v1 |
		sed -n 's/.*"prog":{"id":\([0-9]*\).*/\1/p')")" "$dir/xdp_stats_map"
	send_out 3
	expect_output "v1  xdp  XDP_PASS  3 packets  300 bytes" stats --netns peer v1
	expect_output "v1  xdp  XDP_PASS  3 packets  300 bytes" stats --netns peer
	expect_status 0 stats --netns peer --json v1
	dir=${dir%/v1} netns=null
	# A namespace without a cookie has its directory by the number of its inode.
	[[ $dir == */i* ]] || netns="\"${dir##*/}\""
	[[ $output == *"\"netns\":$netns,"* && $output == *'"stale":false'* ]] ||
		fail "$output"
	expect_fail "cannot find network namespace nope" stats --netns nope v1
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

test_an_interface_named_twice_is_shown_once()
{
	local names

	link_xdp v0 objects/xdp_pass.o
	pin_xdp v0
	send 3
	ip link property add dev v0 altname another-name
	for names in "v0 v0" "v0 another-name" "another-name v0 v0"; do
		# shellcheck disable=SC2086 # words
		expect_status 0 stats $names
		[[ $(grep -c 'XDP_PASS  3 packets' <<<"$output") == 1 && $(wc -l <<<"$output") == 1 && -z $errors ]] ||
			fail "$names: $output$errors"
		# shellcheck disable=SC2086 # words
		expect_status 0 stats --json $names
		[[ $(wc -l <<<"$output") == 1 ]] || fail "$names: $output"
	done
	# What fails is told once as well.
	expect_status 2 stats nope nope
	[[ $(grep -c 'cannot find interface nope' <<<"$errors") == 1 ]] || fail "$errors"
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

	for interval in 0 0.0 -1 1s 1e3 nan inf 0x10 '' . 1. ' 1' 0.0001 10000000 1,5; do
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

test_the_options_are_the_same_in_help_and_man_page()
{
	diff <(stats --help | grep -o -- '--[a-z]*' | sort -u) \
		<(grep -o 'Fl -[a-z]*' scripts/stats.8 | sed 's/Fl -/--/' | sort -u) ||
		fail "--help and man page differ"
}

test_interfaces_that_share_a_map_are_named()
{
	ip link add a0 type veth peer name a1
	ip link add b0 type veth peer name b1
	load --shared a0 b0 objects/xdp_pass.o >/dev/null
	expect_status 0 stats a0
	[[ $output == "a0  xdp  XDP_PASS  0 packets  0 bytes  (shared with b0)" ]] || fail "$output"
	expect_status 0 stats --json b0
	[[ $output == *'"shared_with":["a0"]'* ]] || fail "$output"
	load v0 objects/xdp_pass.o >/dev/null
	[[ $(stats v0) != *shared* ]] || fail "$(stats v0)"
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

# All of them in one sample: the records are read once for all.
test_the_records_are_read_once_for_all_interfaces_of_a_sample()
{
	local i names=() opened

	need strace
	for ((i = 0; i < 50; i++)); do
		names+=("m$i")
		ip link add "m$i" type veth peer name "n$i"
	done
	load "${names[@]}" objects/xdp_pass.o >/dev/null
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -qq -o "$TMPDIR/calls" -e trace=openat stats >/dev/null
	opened=$(grep -c openat "$TMPDIR/calls")
	((opened > 50 && opened < 50 * 12)) || fail "$opened files were opened for 50 interfaces"
}
