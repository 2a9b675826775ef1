# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load --shared --on-mismatch migrate: the maps of several interfaces are carried over once, for all.
# shellcheck disable=SC2034,SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh
. tests/faults.sh
. tests/carry.sh

MEMBERS="v0 h1 h2"

# begin [OPTION...]: the three have the first program, which denies everything, and counted 6 frames.
begin()
{
	make_veth h1 h2
	# shellcheck disable=SC2086 # words
	load --shared "$@" $MEMBERS "$BUILT/carry1.o" >/dev/null
	deny 0 8
	send_all 2
}

# send_all N: so many frames to each of the three.
send_all()
{
	send "$1"
	"$PWD/build/tests/send" q1 "$V0_MAC" "$1"
	"$PWD/build/tests/send" q2 "$V0_MAC" "$1"
}

# shellcheck disable=SC2086 # words
migrate() { run load --shared --on-mismatch migrate $MEMBERS "$@"; }

expect_migrated()
{
	migrate "$@"
	((status == 0)) || fail "status $status: $errors"
}

# expect_one_set PROGRAM IFNAME...: it runs on each, with the same maps, of which no old ones are left.
expect_one_set()
{
	local program=$1 first=$2 ifname state map

	shift
	for ifname; do
		state=$(load_state "$ifname" xdp) || fail "$ifname: pins and program do not belong together"
		[[ $state == "$(prog_id "$first") $program" ]] || fail "$ifname runs $state"
		for map in deny_list frames_seen; do
			expect_id "$BPFFS/$ifname/$map" "$(map_id "$BPFFS/$first/$map")"
		done
		[[ -z $(old_maps "$BPFFS/$ifname") ]] || fail "$ifname has $(old_maps "$BPFFS/$ifname")"
		[[ ! -e $BPFFS/$ifname/%carry || -z $(ls -A "$BPFFS/$ifname/%carry") ]] || fail "left: notes in $ifname"
		(($(generation "$BPFFS/$ifname") % 2 == 0)) || fail "$(readlink "$BPFFS/$ifname/%meta")"
	done
	expect_no_stage
}

test_a_shared_set_is_carried_over_once_for_all()
{
	local rules seen

	begin
	bpftool map update pinned "$BPFFS/h1/deny_list" key 5 0 0 0 value 1 0 0 0 5 0 0 0
	rules=$(map_id "$BPFFS/v0/deny_list") seen=$(map_id "$BPFFS/v0/frames_seen")
	expect_migrated "$BUILT/carry2.o"
	[[ $(grep -c 'map deny_list id .* migrated$' <<<"$output") == 3 ]] || fail "it says: $output"
	[[ $(grep -c 'map frames_seen id .* migrated$' <<<"$output") == 3 ]] || fail "it says: $output"
	[[ $(grep -c "is to be carried over into a new one" <<<"$errors") == 2 ]] || fail "it says: $errors"
	# shellcheck disable=SC2086 # words
	expect_one_set carry2 $MEMBERS
	[[ $(readlink "$BPFFS/h2/%meta") == *";xdp_shared=3;"* ]] || fail "$(readlink "$BPFFS/h2/%meta")"
	send_all 3
	expect_seen 0 15
	[[ $(rules_of "$BPFFS/h2/deny_list") == $'0 0\n5 5' ]] || fail "$(rules_of "$BPFFS/h2/deny_list")"
	eventually gone_map "$rules" && eventually gone_map "$seen" || fail "the old maps are still there"
	# And back, by which the rules become smaller.
	expect_migrated "$BUILT/carry1.o"
	send_all 1
	expect_seen 0 18
}

gone_map() { ! exists map "$1"; }

test_it_is_done_by_link_and_on_the_tc_hooks_as_well()
{
	begin --link
	expect_migrated "$BUILT/carry2.o"
	[[ $(grep -c 'attached by link' <<<"$output") == 3 ]] || fail "it says: $output"
	# shellcheck disable=SC2086 # words
	expect_one_set carry2 $MEMBERS
	send_all 1
	expect_seen 0 9
	# shellcheck disable=SC2086 # words
	unload --purge v0 && unload --purge h1 && unload --purge h2
	# shellcheck disable=SC2086 # words
	load --shared $MEMBERS "$BUILT/tc_carry1.o" >/dev/null
	deny 0 8
	send_all 2
	expect_migrated "$BUILT/tc_carry2.o"
	send_all 2
	expect_seen 0 12
	[[ $(map_id "$BPFFS/h2/deny_list") == "$(map_id "$BPFFS/v0/deny_list")" ]] || fail "they have two lists"
	expect_no_stage
}

test_a_dry_run_tells_it_of_each_and_changes_nothing()
{
	local before

	begin
	before=$(snapshot)
	# shellcheck disable=SC2086 # words
	expect_status 0 load --shared --dry-run --explain --on-mismatch migrate $MEMBERS "$BUILT/carry2.o"
	[[ $(grep -c 'map deny_list id .* would be migrated$' <<<"$output") == 3 ]] || fail "it says: $output"
	[[ $(grep -c "map 'deny_list' is to be carried over" <<<"$errors") == 1 ]] || fail "it says: $errors"
	[[ $(grep -c '^  maps  *done  *0 of 2 reused, 2 carried over' <<<"$errors") == 3 ]] || fail "it says: $errors"
	[[ $(grep -c '^  attach  *skipped' <<<"$errors") == 3 ]] || fail "it says: $errors"
	expect_unchanged "$before"
	expect_seen 0 6
	migrate --json --explain "$BUILT/carry2.o"
	((status == 0)) || fail "status $status: $errors"
	[[ $(grep -c '"name":"deny_list",.*"state":"migrated"' <<<"$output") == 3 ]] || fail "it says: $output"
	[[ $(grep -c '"name":"read_back","outcome":"done"' <<<"$output") == 3 ]] || fail "it says: $output"
}

# Frames come to each as fast as they can.
test_no_frame_passes_on_any_of_them_while_their_rules_are_edited()
{
	local senders=() ifname editor i at_first=() after=0 passed=0

	begin
	rm -f "$TMPDIR/edited"
	for ifname in $MEMBERS; do
		load --hook tc_ingress "$ifname" objects/tc_pass.o >/dev/null
		at_first+=("$(received "$ifname")")
	done
	edit_rules &
	editor=$!
	eventually [ -s "$TMPDIR/edited" ]
	nsenter --net=/run/netns/peer "$PWD/build/tests/load_frames" v1 "$V0_MAC" &
	senders=($!)
	for i in 1 2; do
		nice "$PWD/build/tests/load_frames" "q$i" "$V0_MAC" &
		senders+=($!)
	done
	for i in 1 2 3 4 5; do
		for object in carry2 carry1; do
			expect_migrated "$BUILT/$object.o"
			expect_edited "round $i, $object"
		done
	done
	kill "${senders[@]}"
	wait "${senders[@]}" || fail "load_frames failed"
	last='' equal=0
	eventually are_quiet || fail "frames still arrive"
	i=0
	for ifname in $MEMBERS; do
		((after += $(received "$ifname") - at_first[i++], 1))
		passed=$((passed + $(counter "$BPFFS/$ifname/tc_stats_map" 0 | cut -d' ' -f1)))
	done
	echo "$after frames, $passed passed" >&2
	((passed == 0)) || fail "$passed of $after frames passed"
	((after > 50000)) || fail "only $after frames"
	expect_seen 0 "$((after + 6))"
	kill "$editor"
	wait "$editor" || true
	# shellcheck disable=SC2086 # words
	expect_one_set carry1 $MEMBERS
}

# Each edit opens the pin anew, takes no lock, and is made again where it is refused. The first directory
# gets the new map first, and the last one last.
test_editors_without_a_lock_lose_nothing_in_whatever_directory_they_look()
{
	local ifname

	make_veth h1 h2
	# shellcheck disable=SC2086 # words
	load --shared $MEMBERS "$BUILT/million1.o" >/dev/null
	migrate_world fill "$BPFFS/v0/rules" 100000
	for ifname in v0 h2; do
		expect_edits_come_over "$BPFFS/$ifname/rules" "2 1 2 1" migrate
	done
	expect_id "$BPFFS/h1/rules" "$(map_id "$BPFFS/v0/rules")"
	[[ -z $(old_maps "$BPFFS/h1")$(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0")"
}

received() { ip -j -s link show dev "$1" | sed 's/.*"rx":{"bytes":[0-9]*,"packets":\([0-9]*\).*/\1/'; }

are_quiet()
{
	local before=$last

	last="$(received v0) $(received h1) $(received h2)"
	[[ $last == "$before" ]] || equal=0
	((++equal > 5))
}
last='' equal=0

test_two_old_sets_are_refused_before_anything_is_changed_and_then_come_together()
{
	local before

	begin
	unload --all --purge h2 >/dev/null
	load h2 "$BUILT/carry1.o" >/dev/null
	bpftool map update pinned "$BPFFS/h2/deny_list" key 5 0 0 0 value 1 0 0 0 5 0 0 0
	send_all 1
	before=$(snapshot)
	migrate "$BUILT/carry2.o"
	((status == 2)) || fail "status $status: $errors"
	[[ $errors == *"cannot share map 'deny_list': v0 has map $(map_id "$BPFFS/v0/deny_list") under that name, and h2 map $(map_id "$BPFFS/h2/deny_list")"* ]] ||
		fail "it says: $errors"
	[[ $(grep -c ': cannot ' <<<"$errors") == 1 ]] || fail "it says: $errors"
	[[ $errors == *"hint: neither is what the object defines: first load it with --on-mismatch migrate onto v0 and those that share its maps, and then, in the same way, onto all"* ]] ||
		fail "it says: $errors"
	expect_unchanged "$before"
	expect_status 0 load --shared --on-mismatch migrate v0 h1 "$BUILT/carry2.o"
	expect_migrated "$BUILT/carry2.o"
	# shellcheck disable=SC2086 # words
	expect_one_set carry2 $MEMBERS
	send_all 1
	# One went through h2 while that had no such rule.
	expect_seen 1 11
	[[ $(rules_of "$BPFFS/v0/deny_list") == $'0 0\n5 5' ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
}

# Whoever has one of its own has counted, and has rules, whatever its maps look like.
test_sets_that_all_fit_are_joined()
{
	local ifname before key=4

	make_veth h1 h2
	for ifname in $MEMBERS; do
		load "$ifname" "$BUILT/carry1.o" >/dev/null
		bpftool map update pinned "$BPFFS/$ifname/deny_list" key $key 0 0 0 value 1 0 0 0 $key 0 0 0
		((++key))
	done
	send_all 2
	before=$(snapshot)
	# shellcheck disable=SC2086 # words
	expect_status 2 load --shared $MEMBERS "$BUILT/carry1.o"
	[[ $errors == *"hint: add what the others have to what v0 has: --on-mismatch migrate"* ]] || fail "it says: $errors"
	migrate --dry-run "$BUILT/carry1.o"
	((status == 0)) || fail "status $status: $errors"
	expect_unchanged "$before"
	expect_migrated "$BUILT/carry1.o"
	# shellcheck disable=SC2086 # words
	expect_one_set carry1 $MEMBERS
	send_all 1
	expect_seen 9 0
	[[ $(rules_of "$BPFFS/h2/deny_list") == $'4 4\n5 5\n6 6' ]] || fail "$(rules_of "$BPFFS/h2/deny_list")"
}

# What no tool can bring from one to the other does not stop the rest.
test_a_map_that_cannot_be_joined_is_named_with_the_way_out()
{
	local before

	make_veth h1 h2
	load v0 "$BUILT/carry_events.o" >/dev/null
	load h1 "$BUILT/carry_events.o" >/dev/null
	before=$(snapshot)
	expect_status 2 load --shared --on-mismatch migrate v0 h1 "$BUILT/carry_events.o"
	[[ $errors == *"cannot carry the content of map 'waiting' over"*"--on-mismatch waiting=fresh"* ]] || fail "it says: $errors"
	expect_unchanged "$before"
	expect_status 0 load --shared --on-mismatch migrate --on-mismatch waiting=fresh v0 h1 "$BUILT/carry_events.o"
}

# expect_same_maps MAP...: of the three, each has the same one.
expect_same_maps()
{
	local map ifname

	for map; do
		for ifname in $MEMBERS; do
			expect_id "$BPFFS/$ifname/$map" "$(map_id "$BPFFS/v0/$map")"
		done
	done
}

# What their readers wait at holds no state: it is no second set, neither at first nor later on.
test_what_holds_events_alone_is_made_anew_once_for_all()
{
	local events before

	make_veth h1 h2
	# shellcheck disable=SC2086 # words
	load --shared $MEMBERS "$BUILT/carry_events.o" >/dev/null
	send_all 1
	events=$(map_id "$BPFFS/v0/events")
	before=$(snapshot)
	migrate --dry-run "$BUILT/carry_events_grown.o"
	((status == 0)) || fail "status $status: $errors"
	expect_unchanged "$before"
	expect_migrated "$BUILT/carry_events_grown.o"
	[[ $(grep -c "map 'events' is made anew" <<<"$errors") == 1 ]] || fail "it says: $errors"
	expect_same_maps events samples counts waiting
	[[ $(map_id "$BPFFS/h2/events") != "$events" ]] || fail "it is the old one"
	# One that is alone for a while has another one, and all come together again.
	expect_status 0 load --on-mismatch migrate h1 "$BUILT/carry_events.o"
	events=$(map_id "$BPFFS/v0/events")
	expect_migrated "$BUILT/carry_events.o"
	[[ $errors == *"map 'events' of v0 (id $events) holds no state: the shared one takes its place, and its readers have to open that"* ]] ||
		fail "it says: $errors"
	expect_same_maps events samples counts waiting
	send_all 1
	[[ $(bpftool -j map lookup pinned "$BPFFS/v0/counts" key 0 0 0 0 | grep -o '"value":[0-9]*' |
		awk -F: '{ n += $2 } END { print n }') == 6 ]] || fail "$(bpftool map dump pinned "$BPFFS/v0/counts")"
}

# The kernel binds a devmap to programs of one kind, and what is in it comes over also if nobody asks.
test_what_is_bound_to_other_programs_is_carried_over_once_for_all()
{
	local ports before

	make_veth h1 h2
	# shellcheck disable=SC2086 # words
	load --shared $MEMBERS objects/xdp_redirect.o >/dev/null
	ports=$(map_id "$BPFFS/v0/tx_port")
	bpftool map update pinned "$BPFFS/v0/tx_port" key 0 0 0 0 value "$(ifindex h1)" 0 0 0
	before=$(snapshot)
	# shellcheck disable=SC2086 # words
	expect_status 0 load --shared --dry-run $MEMBERS objects/xdp_redirect_frags.o
	expect_unchanged "$before"
	# shellcheck disable=SC2086 # words
	expect_status 0 load --shared $MEMBERS objects/xdp_redirect_frags.o
	[[ $(grep -c "map 'tx_port' is made anew: program xdp_redirect is for XDP and packets of several buffers" <<<"$errors") == 1 ]] ||
		fail "it says: $errors"
	expect_same_maps tx_port xdp_stats_map redirect_params
	[[ $(map_id "$BPFFS/v0/tx_port") != "$ports" ]] || fail "it is the old one"
	bpftool map lookup pinned "$BPFFS/h2/tx_port" key 0 0 0 0 >/dev/null || fail "the port is gone"
	expect_no_stage
	# One goes back alone: to put two of them together has to be asked for.
	expect_status 0 load h1 objects/xdp_redirect.o
	# shellcheck disable=SC2086 # words
	expect_status 2 load --shared $MEMBERS objects/xdp_redirect.o
	[[ $errors == *"cannot share map 'tx_port'"* ]] || fail "it says: $errors"
	expect_migrated objects/xdp_redirect.o
	expect_same_maps tx_port xdp_stats_map redirect_params
	bpftool map lookup pinned "$BPFFS/v0/tx_port" key 0 0 0 0 >/dev/null || fail "the port is gone"
}

# Its counts are of those that go on with them.
test_what_is_not_named_goes_on_with_the_old_maps()
{
	local seen rules

	begin
	seen=$(map_id "$BPFFS/v0/frames_seen") rules=$(map_id "$BPFFS/v0/deny_list")
	run load --shared --on-mismatch migrate v0 h1 "$BUILT/carry2.o"
	((status == 0)) || fail "status $status: $errors"
	[[ $errors == *"map 'frames_seen' is shared by h2, where all counts up to now stay"* ]] || fail "it says: $errors"
	expect_one_set carry2 v0 h1
	expect_id "$BPFFS/h2/deny_list" "$rules"
	expect_id "$BPFFS/h2/frames_seen" "$seen"
	send_all 1
	expect_seen 0 2
	[[ $(bpftool map dump pinned "$BPFFS/h2/frames_seen" | awk '/"dropped":/ { n += $2 } END { print n }') == 7 ]] ||
		fail "$(bpftool map dump pinned "$BPFFS/h2/frames_seen")"
	# It can be edited on, and comes along the next time: nothing is lost.
	bpftool map update pinned "$BPFFS/h2/deny_list" key 6 0 0 0 value 1 0 0 0 6 0 0 0
	expect_migrated "$BUILT/carry2.o"
	[[ $errors == *"map 'frames_seen': what map $seen has is added to map "* ]] || fail "it says: $errors"
	# shellcheck disable=SC2086 # words
	expect_one_set carry2 $MEMBERS
	send_all 1
	expect_seen 0 12
	[[ $(rules_of "$BPFFS/v0/deny_list") == $'0 0\n6 6' ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
}

# The program of others stays, and so do the maps that are pinned beside it.
test_one_that_is_refused_does_not_stop_the_others()
{
	local seen

	begin
	seen=$(map_id "$BPFFS/v0/frames_seen")
	ip link set dev h1 xdp off
	bpftool prog load objects/xdp_pass.o "$BPFFS/others" >/dev/null
	ip link set dev h1 xdpgeneric pinned "$BPFFS/others"
	migrate "$BUILT/carry2.o"
	((status == 3)) || fail "status $status: $errors"
	[[ $errors == *"map 'frames_seen': h1 was not switched, and keeps the old one, where all counts up to now stay"* ]] ||
		fail "it says: $errors"
	expect_id "$BPFFS/h1/frames_seen" "$seen"
	send_all 1
	# Of v0 and h2, beside 6 in the old map, which readers add.
	expect_seen 0 2
	[[ $(old_maps "$BPFFS/v0") == *"frames_seen%old-$seen"* ]] || fail "v0 has $(old_maps "$BPFFS/v0")"
	[[ $(readlink "$BPFFS/v0/%meta") == *";xdp_shared=2;"* ]] || fail "$(readlink "$BPFFS/v0/%meta")"
	expect_no_stage
	# When it can come along, all is put together.
	# shellcheck disable=SC2086 # words
	expect_status 0 load --shared --replace --on-mismatch migrate $MEMBERS "$BUILT/carry2.o"
	rm "$BPFFS/others"
	# shellcheck disable=SC2086 # words
	expect_one_set carry2 $MEMBERS
	expect_seen 0 8
}

test_one_that_is_down_comes_along_and_one_that_is_gone_does_not_stop_the_others()
{
	begin
	ip link set dev h1 down
	ip link del h2
	migrate "$BUILT/carry2.o"
	((status == 3)) || fail "status $status: $errors"
	[[ $errors == *"cannot find interface h2"* ]] || fail "it says: $errors"
	[[ $errors != *"map 'frames_seen' is shared by"* ]] || fail "it says: $errors"
	expect_one_set carry2 v0 h1
	ip link set dev h1 up
	send 1
	# What came to the one that is gone is among them, and its list can be edited by who inherits it.
	expect_seen 0 7
	bpftool map update pinned "$BPFFS/h2/deny_list" key 6 0 0 0 value 1 0 0 0 6 0 0 0
}

# Its program is on another one still, put there from its pin.
test_the_map_of_one_that_is_gone_stays_with_who_runs_its_program()
{
	local seen

	begin
	seen=$(map_id "$BPFFS/h2/frames_seen")
	make_veth w0
	ip link set dev w0 xdp pinned "$BPFFS/h2/%progs/xdp/carry1"
	ip link del h2
	run load --shared --on-mismatch migrate v0 h1 "$BUILT/carry2.o"
	[[ $errors == *"map 'frames_seen': w0 (program "*" on xdp) goes on with the old one, where all counts up to now stay"* ]] ||
		fail "it says: $errors"
	[[ $(counts_of "v0/frames_seen%old-$seen") == 6 && $(counts_of v0/frames_seen) == 0 ]] ||
		fail "v0 has $(old_maps "$BPFFS/v0")"
	ip link set dev w0 xdp off
	expect_status 0 pin_maps --carry h1
	[[ $(counts_of v0/frames_seen) == 6 ]] || fail "$(counts_of v0/frames_seen) counted: $output$errors"
}

test_counts_of_one_that_is_gone_come_along_by_pin_maps_as_well()
{
	begin
	ip link del h1
	ip link del h2
	ip -force link set dev v0 xdp off
	ip link set dev v0 xdp obj "$BUILT/carry1.o" sec xdp
	expect_status 0 pin_maps --carry v0
	[[ $(counts_of v0/frames_seen) == 6 ]] || fail "$(counts_of v0/frames_seen) counted: $output$errors"
}

# The kernel refuses the second switch: what it had goes on, and so do the counts that it makes.
test_a_switch_that_fails_leaves_the_old_maps_to_that_one()
{
	local seen n

	begin
	seen=$(map_id "$BPFFS/v0/frames_seen")
	n=$(looks_of sendto RTM_SETLINK load --shared --on-mismatch migrate v0 h1 h2 "$BUILT/carry2.o" | sed -n 2p)
	expect_migrated "$BUILT/carry1.o"
	seen=$(map_id "$BPFFS/v0/frames_seen")
	inject sendto error=ENOMEM "$n" load --shared --on-mismatch migrate v0 h1 h2 "$BUILT/carry2.o"
	[[ -n $injected && $status == 3 ]] || fail "status $status: $errors"
	[[ $(load_state v0 xdp) == *" carry2" && $(load_state h1 xdp) == *" carry1" && $(load_state h2 xdp) == *" carry2" ]] ||
		fail "it says: $errors"
	expect_id "$BPFFS/h1/frames_seen" "$seen"
	send_all 1
	expect_migrated "$BUILT/carry2.o"
	# shellcheck disable=SC2086 # words
	expect_one_set carry2 $MEMBERS
	expect_seen 0 9
}

# counts_of FILE: passed and dropped alike, over all CPUs, of a map of frames_seen.
counts_of()
{
	bpftool map dump pinned "$BPFFS/$1" |
		awk '/"(passed|dropped)":/ { n += $2 } END { print n + 0 }'
}

# begin_hooks: xdp and tc_ingress of v0 and h1 share a set; xdp denies everything and counted 4 frames.
begin_hooks()
{
	make_veth h1
	load --shared v0 h1 "$BUILT/carry1.o" >/dev/null
	load --shared --hook tc_ingress v0 h1 "$BUILT/tc_carry1.o" >/dev/null
	deny 0 8
	send 2
	"$PWD/build/tests/send" q1 "$V0_MAC" 2
}

expect_one_left()
{
	local ifname

	for ifname in v0 h1; do
		[[ -z $(old_maps "$BPFFS/$ifname") ]] || fail "$ifname has $(old_maps "$BPFFS/$ifname")"
		expect_id "$BPFFS/$ifname/frames_seen" "$(map_id "$BPFFS/v0/frames_seen")"
	done
	expect_no_stage
}

# The old map stays for the second hook on both, which then have it as an old one each.
test_a_second_hook_that_follows_on_all_takes_the_counts_along()
{
	local seen

	begin_hooks
	seen=$(map_id "$BPFFS/v0/frames_seen")
	expect_status 0 load --shared --on-mismatch migrate v0 h1 "$BUILT/carry2.o"
	[[ $(counts_of "v0/frames_seen%old-$seen") == 4 && $(counts_of "h1/frames_seen%old-$seen") == 4 ]] ||
		fail "v0 has $(old_maps "$BPFFS/v0"): $errors"
	# One of them alone may not take what the other one counts on.
	expect_status 0 load --hook tc_ingress --on-mismatch migrate v0 "$BUILT/tc_carry2.o"
	[[ $errors == *"map 'frames_seen' (id $seen) is shared by h1, where its counts stay"* ]] ||
		fail "it says: $errors"
	[[ $(counts_of h1/frames_seen) == 0 ]] || fail "$(counts_of h1/frames_seen) counted"
	expect_status 0 load --hook tc_ingress --on-mismatch migrate h1 "$BUILT/tc_carry2.o"
	[[ $(counts_of v0/frames_seen) == 4 ]] || fail "$(counts_of v0/frames_seen) counted: $errors"
	expect_one_left
	eventually gone_map "$seen" || fail "map $seen is still there"
	# And both at once.
	expect_status 0 load --shared --on-mismatch migrate v0 h1 "$BUILT/carry1.o"
	expect_status 0 load --shared --hook tc_ingress --on-mismatch migrate v0 h1 "$BUILT/tc_carry1.o"
	[[ $errors != *"shared by"* ]] || fail "it says: $errors"
	[[ $(counts_of v0/frames_seen) == 4 ]] || fail "$(counts_of v0/frames_seen) counted: $errors"
	expect_one_left
}

# The one that is named first has nothing on that hook.
test_a_second_hook_of_another_one_takes_the_counts_along()
{
	begin_hooks
	unload --hook tc_ingress v0 >/dev/null
	expect_status 0 load --shared --on-mismatch migrate v0 h1 "$BUILT/carry2.o"
	[[ $(counts_of v0/frames_seen) == 0 ]] || fail "$(counts_of v0/frames_seen) counted"
	expect_status 0 load --shared --hook tc_ingress --on-mismatch migrate v0 h1 "$BUILT/tc_carry2.o"
	[[ $(counts_of v0/frames_seen) == 4 ]] || fail "$(counts_of v0/frames_seen) counted: $errors"
	expect_one_left
}

# The egress program of v0 goes on with the old map by its name, and h1 has it as an old one.
test_what_an_egress_program_goes_on_with_is_not_said_to_be_of_another_one()
{
	local seen

	begin_hooks
	seen=$(map_id "$BPFFS/v0/frames_seen")
	load --hook tc_egress v0 "$BUILT/tc_carry1.o" >/dev/null 2>&1
	load --shared --on-mismatch migrate v0 h1 "$BUILT/carry2.o" >/dev/null 2>&1
	expect_status 0 load --shared --hook tc_ingress --on-mismatch migrate v0 h1 "$BUILT/tc_carry2.o"
	[[ $errors != *"is shared by"* ]] || fail "it says: $errors"
	expect_status 0 load --hook tc_egress --on-mismatch migrate v0 "$BUILT/tc_carry2.o"
	(($(counts_of v0/frames_seen) >= 4)) || fail "$(counts_of v0/frames_seen) counted: $errors"
	expect_one_left
	eventually gone_map "$seen" || fail "map $seen is still there"
}

# None of them goes on with it, so each may have it: counts once, a list as it was.
test_what_all_have_as_an_old_map_comes_over_with_the_first_and_is_done_for_the_others()
{
	local list before

	begin
	list=$(map_id "$BPFFS/v0/deny_list")
	# shellcheck disable=SC2086 # words
	load --shared --on-mismatch fresh $MEMBERS "$BUILT/carry2.o" >/dev/null 2>&1
	send_all 1
	[[ $(counts_of v0/frames_seen) == 3 ]] || fail "$(counts_of v0/frames_seen) counted"
	expect_status 0 pin_maps --carry h1
	[[ $(counts_of v0/frames_seen) == 9 ]] || fail "$(counts_of v0/frames_seen) counted: $output$errors"
	# shellcheck disable=SC2086 # words
	expect_one_set carry2 $MEMBERS
	eventually gone_map "$list" || fail "map $list is still there"
	before=$(rules_of "$BPFFS/v0/deny_list")
	expect_status 0 pin_maps --carry h2
	[[ $output != *refused* && -z $errors ]] || fail "it says: $output$errors"
	[[ $(rules_of "$BPFFS/v0/deny_list") == "$before" ]] || fail "$(rules_of "$BPFFS/v0/deny_list")"
}

# What does not fit stays with each of them, and is not brought in again by any.
test_a_list_of_which_something_stays_is_done_for_all()
{
	local list

	begin
	expect_migrated "$BUILT/carry2.o"
	list=$(map_id "$BPFFS/v0/deny_list")
	bpftool map update pinned "$BPFFS/v0/deny_list" key 7 0 0 0 \
		value 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 2>/dev/null ||
		fail "no rule of carry2"
	# shellcheck disable=SC2086 # words
	load --shared --on-mismatch fresh $MEMBERS "$BUILT/carry1.o" >/dev/null 2>&1
	bpftool map update pinned "$BPFFS/v0/deny_list" key 0 0 0 0 value 0 0 0 0 3 0 0 0
	run pin_maps --carry --class deny_list=config v0
	[[ $errors == *"map 'deny_list'"* ]] || fail "status $status: $output$errors"
	bpftool map delete pinned "$BPFFS/v0/deny_list" key 0 0 0 0
	run pin_maps --carry --class deny_list=config h1
	[[ $(rules_of "$BPFFS/v0/deny_list") != *"0 "* ]] || fail "map $list came again: $(rules_of "$BPFFS/v0/deny_list")"
}

# A program of h1 that is only prepared was loaded with the map.
test_what_a_prepared_program_of_another_one_has_stays_its_own()
{
	local seen

	begin
	seen=$(map_id "$BPFFS/v0/frames_seen")
	load --hook tc_ingress --no-attach h1 "$BUILT/tc_carry1.o" >/dev/null
	# shellcheck disable=SC2086 # words
	load --shared --on-mismatch fresh $MEMBERS "$BUILT/carry2.o" >/dev/null 2>&1
	run pin_maps --carry v0
	[[ $status == 3 && $output == *"refused    map $seen into frames_seen "*"it is shared by h1, where its counts stay"* ]] ||
		fail "it says: $output$errors"
	[[ $(counts_of "h1/frames_seen%old-$seen") == 6 ]] || fail "h1 has $(counts_of "h1/frames_seen%old-$seen")"
	unload --prepared h1 >/dev/null
	expect_status 0 pin_maps --carry v0
	[[ $(counts_of v0/frames_seen) == 6 ]] || fail "$(counts_of v0/frames_seen) counted: $output$errors"
}

# Of an entry that differs the new map's stays; the old one is where the others had it.
test_what_differs_in_the_old_map_of_others_is_said_with_its_place()
{
	local rules ifname

	begin
	rules=$(map_id "$BPFFS/v0/deny_list")
	load --on-mismatch migrate v0 "$BUILT/carry2.o" >/dev/null 2>&1
	bpftool map update pinned "$BPFFS/h1/deny_list" key 5 0 0 0 value 1 0 0 0 5 0 0 0
	bpftool map update pinned "$BPFFS/v0/deny_list" key 5 0 0 0 value 9 0 0 0 0 0 0 0 3 0 0 0 0 0 0 0
	# shellcheck disable=SC2086 # words
	run load --shared --dry-run --on-mismatch migrate $MEMBERS "$BUILT/carry2.o"
	[[ $status == 3 && $(grep -c "^    1 would stay in map $rules: " <<<"$output") == 3 ]] ||
		fail "it says: $output$errors"
	migrate --json "$BUILT/carry2.o"
	((status == 3)) || fail "status $status: $errors"
	[[ $(grep -c "\"name\":\"deny_list\",[^}]*\"old_id\":$rules,[^}]*\"left\":1," <<<"$output") == 3 ]] ||
		fail "it says: $output"
	[[ $errors == *"look at it: bpftool map dump pinned $BPFFS/h1/deny_list%old-$rules"* ]] || fail "it says: $errors"
	[[ $(grep -c 'look at it' <<<"$errors") == 1 ]] || fail "it says: $errors"
	for ifname in h1 h2; do
		expect_status 0 pin_maps --carry "$ifname"
		[[ $errors == *"map 'deny_list': map $rules came over in an earlier run, and what is in it still "*\
"bpftool map dump pinned $BPFFS/$ifname/deny_list%old-$rules"* ]] || fail "it says: $errors"
	done
}

# h1 goes while v0 has the new program already.
test_counts_of_one_that_vanishes_before_its_switch_come_along()
{
	local n before

	begin
	n=$(looks_of sendto RTM_SETLINK load --shared --on-mismatch migrate v0 h1 h2 "$BUILT/carry2.o" | sed -n 2p)
	expect_migrated "$BUILT/carry1.o"
	before=$(prog_id v0)
	{
		inject sendto delay_enter=5000000 "$n" load --shared --on-mismatch migrate v0 h1 h2 "$BUILT/carry2.o"
		echo "$status $errors" >"$TMPDIR/said"
	} &
	eventually is_switched "$before" || fail "v0 runs $before still"
	ip link del h1
	wait $!
	[[ $(<"$TMPDIR/said") == 3\ * ]] || fail "it says: $(<"$TMPDIR/said")"
	[[ $(<"$TMPDIR/said") != *"map 'frames_seen': h1 "* ]] || fail "it says: $(<"$TMPDIR/said")"
	expect_one_set carry2 v0 h2
	expect_seen 0 6
}

is_switched() { [[ $(prog_id v0) != "$1" ]]; }

test_a_pin_of_others_is_told_once_for_all()
{
	begin
	bpftool map pin pinned "$BPFFS/h1/deny_list" "$BPFFS/others"
	expect_migrated "$BUILT/carry2.o"
	[[ $(grep -c "stays pinned at $BPFFS/others as well" <<<"$errors") == 1 ]] || fail "it says: $errors"
	[[ $(grep -c "^  hint: have it hold the new one: " <<<"$errors") == 1 ]] || fail "it says: $errors"
	rm "$BPFFS/others"
}

# What does not do for one, does not do for another one that has the same.
test_why_a_shared_set_is_refused_is_told_once()
{
	local before

	begin
	before=$(snapshot)
	# shellcheck disable=SC2086 # words
	expect_status 2 load --shared $MEMBERS "$BUILT/carry2.o"
	[[ $(grep -c "cannot reuse map 'deny_list'" <<<"$errors") == 1 ]] || fail "it says: $errors"
	[[ $(grep -c 'carry the content over: --on-mismatch migrate' <<<"$errors") == 1 ]] || fail "it says: $errors"
	[[ $errors == *"cannot load onto h2: its maps are those of v0, which do not do"* ]] || fail "it says: $errors"
	expect_unchanged "$before"
}

# The programs on another hook of some of them follow by one command, which names those.
test_other_hooks_that_are_to_follow_are_named_in_one_command()
{
	local command

	begin
	# shellcheck disable=SC2086 # words
	load --shared --hook tc_ingress v0 h2 "$BUILT/tc_carry1.o" >/dev/null
	expect_migrated "$BUILT/carry2.o"
	[[ $(grep -c 'what tools edit from now on is not in force on' <<<"$errors") == 1 ]] || fail "it says: $errors"
	command=$(sed -n 's/.*is not in force on tc_ingress before all of them follow: //p' <<<"$errors")
	[[ $command == *"load --shared --on-mismatch migrate --hook tc_ingress v0 h2 OBJECT" ]] || fail "it says: $errors"
	bash -ec "${command//OBJECT/$BUILT/tc_carry2.o}" >/dev/null || fail "$command"
	[[ $(load_state v0 tc_ingress) == *" tc_carry2" && -z $(load_state h1 tc_ingress | grep tc_carry2) ]] || fail "$command"
	expect_id "$BPFFS/h2/deny_list" "$(map_id "$BPFFS/h1/deny_list")"
}

# One that was away and comes back does not keep a third one, which is done on XDP, from being named.
test_all_whose_other_hooks_are_to_follow_are_named_after_one_came_back()
{
	local hook command word said

	begin
	for hook in tc_ingress tc_egress; do
		# shellcheck disable=SC2086 # words
		load --shared --hook "$hook" $MEMBERS "$BUILT/tc_carry1.o" >/dev/null
	done
	ip -force link set dev v0 xdpdrv obj objects/xdp_pass.o sec xdp
	# shellcheck disable=SC2086 # words
	expect_status 3 load --shared --on-mismatch migrate $MEMBERS "$BUILT/carry2.o"
	# shellcheck disable=SC2086 # words
	expect_status 0 load --shared --replace --on-mismatch migrate $MEMBERS "$BUILT/carry2.o"
	said=$errors
	for hook in tc_ingress tc_egress; do
		command=$(sed -n "s/.*is not in force on $hook before all of them follow: //p" <<<"$said")
		for word in $MEMBERS; do
			[[ $command == *" $word "*OBJECT ]] || fail "$word is not named: $said"
		done
		run bash -ec "${command//OBJECT/$BUILT/tc_carry2.o}"
		((status == 0)) || fail "$command: status $status: $errors"
		for word in $MEMBERS; do
			[[ $(load_state "$word" "$hook") == *" tc_carry2" ]] || fail "$word did not follow"
		done
	done
}
