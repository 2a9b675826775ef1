# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load: programs on every hook, and what they replace.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh
. tests/faults.sh
. tests/loads.sh
. tests/build.sh

# --- what a load does

test_a_first_load_pins_program_and_maps_and_counts()
{
	local id

	expect_status 0 load v0 objects/xdp_pass.o
	[[ -z $errors ]] || fail "messages without need: $errors"
	id=$(prog_id v0)
	[[ $output == "v0 xdp: program xdp_pass id $id
  attached by netlink in native mode
  map xdp_stats_map id $(prog_maps "$id") created" ]] || fail "it says: $output"
	runs v0 xdp xdp_pass
	expect_id "$BPFFS/v0/xdp_stats_map" "$(prog_maps "$id")"
	send 5 200
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 5 1000
	[[ $(stat -c '%a' "$BPFFS/v0" "$BPFFS/v0/%progs" "$BPFFS/v0/%progs/xdp" |
		tr '\n' ' ') == "700 700 700 " ]] || fail "a directory is open to others"
	[[ $(stat -c %a "$BPFFS/v0/%progs/xdp/xdp_pass") == 600 ]] || fail "the program is open to others"
}

test_a_second_load_replaces_the_program_and_counts_on()
{
	local old map

	load v0 objects/xdp_pass.o >/dev/null
	send 5
	old=$(prog_id v0)
	map=$(map_id "$BPFFS/v0/xdp_stats_map")
	expect_status 0 load v0 objects/xdp_drop.o
	[[ -z $errors ]] || fail "messages without need: $errors"
	[[ $output == "v0 xdp: program xdp_drop id $(prog_id v0) replaced program id $old
  attached by netlink in native mode
  map xdp_stats_map id $map reused" ]] || fail "it says: $output"
	runs v0 xdp xdp_drop
	send 3
	expect_totals v0 "xdp XDP_DROP 3" "xdp XDP_PASS 5"
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "an old map: $(old_maps "$BPFFS/v0")"
	eventually is_gone prog "$old" || fail "program $old is still there"
}

test_the_same_object_again_is_a_new_program_with_the_same_map()
{
	local old map

	load v0 objects/xdp_pass.o >/dev/null
	old=$(prog_id v0) map=$(map_id "$BPFFS/v0/xdp_stats_map")
	load v0 objects/xdp_pass.o >/dev/null
	[[ $(prog_id v0) != "$old" ]] || fail "not replaced"
	runs v0 xdp xdp_pass
	expect_id "$BPFFS/v0/xdp_stats_map" "$map"
	eventually is_gone prog "$old" || fail "program $old is still there"
}

test_json_has_what_the_text_has()
{
	local netns old map

	load v0 objects/xdp_pass.o >/dev/null
	old=$(prog_id v0) map=$(map_id "$BPFFS/v0/xdp_stats_map")
	netns=$(json_netns "$BPFFS/v0")
	expect_status 0 load --json v0 objects/xdp_drop.o
	[[ $output == "{\"schema\":\"ifbpf.load/1\",\"ifname\":\"v0\",\"ifindex\":$(ifindex v0),\
\"netns\":$netns,\"path\":\"$BPFFS/v0\",\"gen\":4,\"dry_run\":false,\"hook\":\"xdp\",\
\"program\":{\"name\":\"xdp_drop\",\"id\":$(prog_id v0),\"path\":\"$BPFFS/v0/%progs/xdp/xdp_drop\"},\
\"replaced_id\":$old,\"attached\":{\"by\":\"xdp\",\"mode\":\"native\",\"link_id\":null,\"dispatcher_id\":null},\
\"maps\":[{\"name\":\"xdp_stats_map\",\"id\":$map,\"state\":\"reused\",\
\"path\":\"$BPFFS/v0/xdp_stats_map\",\"old_id\":null,\"lost\":0,\"left\":0,\"reason\":null}]}" ]] || fail "it says: $output"
}

test_json_of_a_filter_has_its_pref_and_handle()
{
	expect_status 0 load -j v0 objects/tc_pass.o
	[[ $output == *'"hook":"tc_ingress"'*'"replaced_id":null,"attached":{"by":"clsact","mode":null,'\
'"link_id":null,"dispatcher_id":null,"pref":700,"handle":1}'* ]] || fail "it says: $output"
	need_tcx
	expect_status 0 load -j --link --hook tc-egress v0 objects/tc_pass.o
	[[ $output == *'"hook":"tc_egress"'*'"attached":{"by":"tcx","mode":null,"link_id":'[0-9]* ]] ||
		fail "it says: $output"
}

test_a_program_without_maps_is_loaded_as_well()
{
	load v0 objects/xdp_pass.o >/dev/null
	send 2
	expect_status 0 load v0 "$BUILT/load_bare.o"
	runs v0 xdp load_bare
	expect_status 0 load v0 objects/xdp_pass.o
	send 3
	expect_totals v0 "xdp XDP_PASS 5"
}

# --- what is ours, and what is not

test_what_ip_loaded_is_replaced_once_pin_maps_adopted_it()
{
	local map

	link_xdp v0 objects/xdp_pass.o
	send 4
	pin_maps v0 >/dev/null
	map=$(map_id "$BPFFS/v0/xdp_stats_map")
	expect_status 0 load v0 objects/xdp_drop.o
	[[ $output == *"attached by netlink in skb mode"*"map xdp_stats_map id $map reused"* ]] ||
		fail "it says: $output"
	runs v0 xdp xdp_drop
	send 6
	expect_totals v0 "xdp XDP_DROP 6" "xdp XDP_PASS 4"
}

test_what_tc_loaded_is_replaced_in_its_place_once_adopted()
{
	local map

	link_tc v0 ingress objects/tc_pass.o
	send 4
	pin_maps v0 >/dev/null
	map=$(map_id "$BPFFS/v0/tc_stats_map")
	expect_status 0 load v0 objects/tc_drop.o
	[[ $output == *"attached by clsact pref 10 handle 1"*"map tc_stats_map id $map reused"* ]] ||
		fail "it says: $output"
	runs v0 tc_ingress tc_drop
	[[ $(tc_ids v0 ingress | wc -l) == 1 ]] || fail "beside it: $(tc_ids v0 ingress)"
	send 6
	expect_totals v0 "tc_ingress TC_ACT_OK 4" "tc_ingress TC_ACT_SHOT 6"
}

# refused_with TEXT...: load of xdp_drop on v0 is refused, and every TEXT is said; then --replace
# does it.
refused_with()
{
	local before text id name

	before=$(snapshot)
	id=$(prog_id v0)
	name=$(bpftool prog show id "$id" | sed -n 's/.* name \([^ ]*\)  tag \([0-9a-f]*\).*/\1 (id '"$id"', tag \2)/p')
	expect_status 2 load v0 objects/xdp_drop.o
	[[ -z $output ]] || fail "data in spite of the failure: $output"
	for text in "cannot load onto xdp of v0: program $name is there, " "$@"; do
		[[ $errors == *"$text"* ]] || fail "it lacks '$text': $errors"
	done
	[[ $(prog_id v0) == "$id" ]] || fail "it was replaced"
	[[ -n $(old_maps "$BPFFS/v0" 2>/dev/null) || ! -e $BPFFS/v0/xdp_stats_map ||
		$(snapshot) == "$before" ]] || fail "it changed: $(diff <(cat <<<"$before") <(snapshot))"
	expect_status 0 load --replace v0 objects/xdp_drop.o
	runs v0 xdp xdp_drop
	expect_status 0 load v0 objects/xdp_pass.o
	runs v0 xdp xdp_pass
}

test_a_refused_load_leaves_the_directory_of_others_as_it_was()
{
	local before

	mkdir -m 0755 "$BPFFS/v0"
	link_xdp v0 objects/xdp_pass.o
	before=$(snapshot "$BPFFS/v0")
	expect_status 2 load v0 objects/xdp_pass.o
	expect_unchanged "$before" "$BPFFS/v0"
	[[ $errors != *"adopted $BPFFS"* && $errors == *"is not ours: not adopted"* ]] || fail "it says: $errors"
	expect_status 2 load v0 "$BUILT/load_refused.o"
	expect_unchanged "$before" "$BPFFS/v0"
	# The kernel refuses when all is prepared.
	ip link set dev v0 xdpgeneric off
	inject sendto error=EBUSY 5 load v0 objects/xdp_pass.o
	((status == 2)) || fail "status $status: $errors"
	[[ $(stat -c %a "$BPFFS/v0") == 755 && ! -e $BPFFS/v0/xdp_stats_map ]] || fail "it changed"
	expect_status 0 load v0 objects/xdp_pass.o
	[[ $errors == *"adopted $BPFFS/v0, which had no record; its mode becomes 0700"* ]] ||
		fail "it says: $errors"
	[[ $(stat -c %a "$BPFFS/v0") == 700 ]] || fail "mode $(stat -c %a "$BPFFS/v0")"
}

test_what_was_not_adopted_is_refused_and_the_way_is_said()
{
	link_xdp v0 objects/xdp_pass.o
	refused_with "skb by netlink, and is not ours: not adopted" \
		"hint: adopt it first, which keeps its counts and lists: " "pin_maps v0, or with --carry, which adds what is pinned under their names; or replace it, and drop them: --replace"
}

test_what_would_go_with_a_program_of_others_is_not_said_of_pinned_maps()
{
	load v0 objects/xdp_pass.o >/dev/null
	bpftool prog load objects/xdp_pass.o "$BPFFS/theirs" type xdp \
		map name xdp_stats_map pinned "$BPFFS/v0/xdp_stats_map"
	ip -force link set dev v0 xdpdrv pinned "$BPFFS/theirs"
	rm "$BPFFS/theirs"
	refused_with "is not ours: not adopted" "under their names; or replace it: --replace"
}

test_what_others_loaded_over_ours_is_refused()
{
	load v0 objects/xdp_pass.o >/dev/null
	ip -force link set dev v0 xdpdrv obj objects/xdp_pass.o sec xdp
	refused_with "native by netlink, and is not ours: not adopted"
}

test_a_link_that_others_pinned_is_refused()
{
	bpftool prog load objects/xdp_pass.o "$BPFFS/theirs" type xdp
	attach link xdp v0 "$BPFFS/theirs" "$BPFFS/their_link"
	refused_with "native by link, and is not ours: link $(link_of "$BPFFS/their_link"), pinned at $BPFFS/their_link"
	# Their pin is still there: with --replace ours shares the link, which stays as it is.
	[[ $(link_of "$BPFFS/v0/%links/xdp") == "$(link_of "$BPFFS/their_link")" ]] || fail "another link"
}

test_a_link_that_another_process_holds_is_refused()
{
	local pid

	bpftool prog load objects/xdp_pass.o "$BPFFS/theirs" type xdp
	load_hold v0 "$BPFFS/theirs" &
	pid=$!
	eventually prog_is_on v0 || fail "load_hold did not attach"
	refused_with "native by link, and is not ours: link " "held by process load_hold (pid $pid)"
	# What replaced it outlives the process.
	kill "$pid"
	wait "$pid" 2>/dev/null || true
	runs v0 xdp xdp_pass
	send 2
	expect_totals v0 "xdp XDP_PASS 2"
}

prog_is_on() { [[ -n $(prog_id "$1") ]]; }

test_a_program_that_others_keep_pinned_is_refused()
{
	bpftool prog load objects/xdp_pass.o "$BPFFS/theirs" type xdp
	ip link set dev v0 xdpgeneric pinned "$BPFFS/theirs"
	pin_maps v0 >/dev/null
	refused_with "skb by netlink, and is not ours: pinned at $BPFFS/theirs"
}

test_each_pin_of_others_is_named()
{
	local path

	bpftool prog load objects/xdp_pass.o "$BPFFS/theirs" type xdp
	mkdir "$BPFFS/again"
	bpftool prog pin pinned "$BPFFS/theirs" "$BPFFS/again/theirs"
	ip link set dev v0 xdpgeneric pinned "$BPFFS/theirs"
	expect_status 2 load v0 objects/xdp_drop.o
	for path in "$BPFFS/theirs" "$BPFFS/again/theirs"; do
		[[ $errors == *"is not ours: pinned at "*"$path"* ]] || fail "$path: it says: $errors"
	done
	ip link set dev v0 xdpgeneric off
	attach link xdp v0 "$BPFFS/theirs" "$BPFFS/their_link"
	expect_status 2 load v0 objects/xdp_drop.o
	[[ $errors =~ "is not ours: link "[0-9]*", pinned at $BPFFS/their_link; its program at "(.*)$'\n' ]] ||
		fail "it says: $errors"
	for path in "$BPFFS/theirs" "$BPFFS/again/theirs"; do
		[[ ${BASH_REMATCH[1]} == *"$path"* ]] || fail "$path: it says: $errors"
	done
}

test_what_xdp_loader_attached_is_refused()
{
	need xdp-loader
	run xdp-loader load -m skb v0 objects/xdp_pass.o
	[[ -n $(prog_id v0) ]] || skip "xdp-loader attaches nothing here: $errors"
	refused_with "is not ours: "
}

test_tc_programs_of_others_run_beside_ours()
{
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 1 handle 1 bpf da obj objects/tc_pass.o sec tc
	need_tcx
	bpftool prog load objects/tc_pass.o "$BPFFS/theirs" type tc
	attach link tcx_ingress v0 "$BPFFS/theirs" "$BPFFS/their_link"
	expect_status 0 load v0 objects/tc_drop.o
	[[ $(grep -c "runs before the new one, .*; it is not ours: " <<<"$errors") == 2 ]] ||
		fail "who comes before is not named: $errors"
	[[ $errors == *"program tc_pass (id "*"), clsact pref 1 handle 1, stays on tc_ingress of v0"*not\ adopted* ]] ||
		fail "it says: $errors"
	# In the place of ours.
	expect_status 0 load --replace v0 objects/tc_drop.o
	[[ $(tc_ids v0 ingress | wc -l) == 2 ]] || fail "filters: $(tc filter show dev v0 ingress)"
	tc filter show dev v0 ingress pref 1 | grep -q tc_pass || fail "pref 1 was changed: $(tc filter show dev v0 ingress)"
	tc filter show dev v0 ingress pref 700 | grep -q 'handle 0x1.*tc_drop' || fail "not at 700"
	[[ -n $(link_of "$BPFFS/their_link") ]] || fail "their link went"
}

test_replace_alone_does_not_say_which_filter_goes()
{
	local before filters

	tc qdisc add dev v0 clsact
	expect_status 0 load --replace v0 objects/tc_pass.o
	unload --all v0 >/dev/null
	tc filter add dev v0 ingress pref 5 handle 1 bpf da obj objects/tc_drop.o sec tc
	filters=$(tc_ids v0 ingress)
	before=$(snapshot)
	expect_refusal "cannot tell which program to replace on tc_ingress of v0" "$before" \
		load --replace v0 objects/tc_pass.o
	[[ $errors == *"program tc_drop (id $filters, "*"), clsact pref 5 handle 1: --expect $filters --replace"* ]] ||
		fail "it says: $errors"
	expect_status 2 load --dry-run --replace v0 objects/tc_pass.o
	expect_status 0 load --dry-run v0 objects/tc_pass.o
	[[ $errors == *"clsact pref 5 handle 1, stays on tc_ingress of v0 and runs before the new one"* ]] ||
		fail "it says: $errors"
	[[ $(tc_ids v0 ingress) == "$filters" ]] || fail "changed"
	# Egress has a row of its own, and what runs behind is not in the way.
	expect_status 0 load --hook tc_egress v0 objects/tc_pass.o
	[[ -z $errors ]] || fail "it says: $errors"
	tc filter del dev v0 ingress pref 5
	tc filter add dev v0 ingress pref 900 handle 1 bpf da obj objects/tc_drop.o sec tc
	expect_status 0 load v0 objects/tc_pass.o
	[[ -z $errors ]] || fail "it says: $errors"
}

test_what_load_put_there_is_replaced_and_what_was_adopted_beside_it_is_named()
{
	local adopted ours map

	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 5 handle 1 bpf da obj objects/tc_drop.o sec tc
	adopted=$(tc_prog v0 ingress 5)
	load v0 objects/tc_pass.o >/dev/null 2>&1
	ours=$(tc_prog v0 ingress 700)
	map=$(map_id "$BPFFS/v0/tc_stats_map")
	# The map of the program that runs keeps its name.
	expect_status 3 pin_maps v0
	expect_id "$BPFFS/v0/tc_stats_map" "$map"
	[[ $output == *"refused"*"its name belongs to map $map of program tc_pass (id $ours) on tc_ingress"* ]] ||
		fail "it says: $output"
	[[ $(status v0) != *orphan* ]] || fail "orphans: $(status v0)"
	expect_status 0 load v0 objects/tc_pass.o
	[[ $output == *"replaced program id $ours"*"clsact pref 700 handle 1"*"id $map reused"* ]] || fail "it says: $output"
	[[ $errors == *"program tc_drop (id $adopted, "*"runs before the new one, "*"it is ours: adopted by pin_maps"* ]] ||
		fail "it says: $errors"
	[[ $(tc_prog v0 ingress 5) == "$adopted" ]] || fail "what was adopted was replaced"
	# Its counts are in a map that could not be pinned.
	expect_status 2 load --expect "$adopted" v0 objects/tc_drop.o
	[[ $errors == *"program $adopted, which it replaces, has another one, map "*"not pinned"* &&
		$errors == *"hint: leave behind what it holds: "*" --replace "* ]] || fail "it says: $errors"
	expect_status 0 load --expect "$adopted" --replace v0 objects/tc_drop.o
	[[ $errors == *"map 'tc_stats_map' is map $map: what map "*" of program $adopted holds stays behind"* ]] ||
		fail "it says: $errors"
	[[ $(tc_prog v0 ingress 5) != "$adopted" ]] || fail "not replaced"
}

test_a_program_that_is_there_twice_is_replaced_where_load_put_it()
{
	local id before

	load v0 objects/tc_pass.o >/dev/null
	id=$(tc_prog v0 ingress 700)
	tc filter add dev v0 ingress pref 10 bpf da pinned "$BPFFS/v0/%progs/tc_ingress/tc_pass"
	before=$(snapshot)
	expect_refusal "cannot choose which program to replace on tc_ingress of v0: 2 are ours" "$before" \
		load v0 objects/tc_drop.o
	[[ $errors == *"pref 10 handle 1, is there more than once; take this one off: tc filter del dev v0 ingress pref 10 handle 1 bpf"* &&
		$errors == *"pref 700 handle 1: --expect $id"* &&
		$(grep -c -e "--expect $id" <<<"$errors") == 1 ]] || fail "it says: $errors"
	expect_status 0 load --expect "$id" v0 objects/tc_drop.o
	[[ $output == *"replaced program id $id"*"clsact pref 700 handle 1"* ]] || fail "it says: $output"
	[[ $(tc_prog v0 ingress 10) == "$id" && $(tc_prog v0 ingress 700) != "$id" ]] ||
		fail "$(tc filter show dev v0 ingress)"
}

test_a_program_that_is_there_twice_and_not_where_load_puts_it_is_refused()
{
	local id before

	load v0 objects/tc_pass.o >/dev/null
	id=$(tc_prog v0 ingress 700)
	tc filter add dev v0 ingress pref 10 bpf da pinned "$BPFFS/v0/%progs/tc_ingress/tc_pass"
	tc filter add dev v0 ingress pref 20 bpf da pinned "$BPFFS/v0/%progs/tc_ingress/tc_pass"
	tc filter del dev v0 ingress pref 700 handle 1 bpf
	before=$(snapshot)
	expect_refusal "cannot choose which to replace on tc_ingress of v0: program $id is there 2 times" "$before" \
		load --expect "$id" v0 objects/tc_drop.o
	[[ $errors == *"tc filter del dev v0 ingress pref 10 handle 1 bpf"*"tc filter del dev v0 ingress pref 20 handle 1 bpf"* ]] ||
		fail "it says: $errors"
	tc filter del dev v0 ingress pref 20 handle 1 bpf
	expect_status 0 load --expect "$id" v0 objects/tc_drop.o
	[[ $output == *"replaced program id $id"*"clsact pref 10 handle 1"* ]] || fail "it says: $output"
}

test_of_several_that_were_adopted_none_is_chosen()
{
	local first second before

	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 5 handle 1 bpf da obj objects/tc_drop.o sec tc
	tc filter add dev v0 ingress pref 6 handle 1 bpf da obj objects/tc_pass.o sec tc
	first=$(tc_prog v0 ingress 5)
	second=$(tc_prog v0 ingress 6)
	expect_status 3 pin_maps v0
	before=$(snapshot)
	expect_refusal "cannot choose which program to replace on tc_ingress of v0: 2 are ours" "$before" \
		load v0 objects/tc_pass.o
	[[ $errors == *"program tc_drop (id $first, "*"--expect $first"*"program tc_pass (id $second, "*"--expect $second"* ]] ||
		fail "it says: $errors"
	[[ $(tc_ids v0 ingress | wc -l) == 2 ]] || fail "$(tc_ids v0 ingress)"
	expect_status 0 load --expect "$second" --replace v0 objects/tc_pass.o
	[[ $output == *"replaced program id $second"*"clsact pref 6 handle 1"* ]] || fail "it says: $output"
}

test_a_load_adopts_nothing_that_others_attached()
{
	local id

	link_xdp v0 objects/xdp_pass.o
	id=$(prog_id v0)
	expect_status 0 load v0 objects/tc_pass.o
	[[ ! -e $BPFFS/v0/xdp_stats_map && $(readlink "$BPFFS/v0/%meta") != *"prog:$id"* ]] ||
		fail "adopted: $(readlink "$BPFFS/v0/%meta")"
	expect_status 2 load v0 objects/xdp_drop.o
	[[ $errors == *"is not ours: not adopted"* ]] || fail "it says: $errors"
	# What pin_maps published stays published.
	pin_maps v0 >/dev/null
	expect_status 0 load v0 objects/tc_drop.o
	[[ $(readlink "$BPFFS/v0/%meta") == *"xdp=prog:$id,map:"* ]] || fail "forgotten: $(readlink "$BPFFS/v0/%meta")"
	expect_status 0 load v0 objects/xdp_drop.o
}

# --- compare and swap

test_expect_replaces_only_the_program_of_that_id()
{
	local id before

	expect_status 0 load --expect 0 v0 objects/xdp_pass.o
	id=$(prog_id v0)
	before=$(snapshot)
	expect_refusal "program $id is there, not the expected 0" "$before" \
		load --expect 0 v0 objects/xdp_drop.o
	expect_refusal "program $id is there, not the expected 1" "$before" \
		load --expect 1 v0 objects/xdp_drop.o
	expect_status 0 load --expect "$id" v0 objects/xdp_drop.o
	runs v0 xdp xdp_drop
	ip link set dev v0 xdp off
	expect_status 2 load --expect "$id" v0 objects/xdp_drop.o
	[[ $errors == *"no program is there, not the expected $id"* ]] || fail "it says: $errors"
}

test_expect_alone_does_not_replace_what_is_not_ours()
{
	local id

	link_xdp v0 objects/xdp_pass.o
	id=$(prog_id v0)
	expect_status 2 load --expect "$id" v0 objects/xdp_drop.o
	[[ $errors == *"is not ours: not adopted"* ]] || fail "it says: $errors"
	[[ $(prog_id v0) == "$id" ]] || fail "replaced"
	expect_status 2 load --expect 0 --replace v0 objects/xdp_drop.o
	expect_status 2 load --expect 1 --replace v0 objects/xdp_drop.o
	[[ $(prog_id v0) == "$id" ]] || fail "replaced"
	expect_status 0 load --expect "$id" --replace v0 objects/xdp_drop.o
	runs v0 xdp xdp_drop
}

test_expect_with_replace_names_one_filter_among_others()
{
	local id

	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 3 handle 1 bpf da obj objects/tc_pass.o sec tc
	tc filter add dev v0 ingress pref 4 handle 1 bpf da obj objects/tc_pass.o sec tc
	id=$(tc_prog v0 ingress 4)
	expect_status 2 load --expect "$id" v0 objects/tc_drop.o
	expect_status 0 load --expect "$id" --replace v0 objects/tc_drop.o
	[[ $output == *"replaced program id $id"*"clsact pref 4 handle 1"* ]] || fail "it says: $output"
	tc filter show dev v0 ingress pref 3 | grep -q tc_pass || fail "pref 3 was changed"
	# A hook has one of ours.
	id=$(tc_prog v0 ingress 3)
	expect_fail "is not ours: program $(tc_prog v0 ingress 4) there is, and a hook has one of ours" \
		load --expect "$id" --replace v0 objects/tc_drop.o
	((status == 2)) || fail "status $status"
	[[ $(tc_prog v0 ingress 3) == "$id" ]] || fail "pref 3 was changed"
	unload v0 --hook tc_ingress --id "$(tc_prog v0 ingress 4)" >/dev/null
	expect_status 0 load --expect "$id" --replace v0 objects/tc_drop.o
	expect_status 0 unload --all v0
	[[ -z $(tc_ids v0 ingress) ]] || fail "left on: $(tc_ids v0 ingress)"
}

test_a_program_that_others_put_there_meanwhile_is_not_replaced()
{
	local before how

	for how in "" --link; do
		# shellcheck disable=SC2086 # $how may be nothing
		load $how v0 objects/xdp_pass.o >/dev/null 2>&1
		before=$(snapshot "$BPFFS/v0")
		overtaken "others_change_xdp$how" load v0 objects/xdp_drop.o
		[[ $(prog_id v0) == "$theirs" ]] || fail "theirs was replaced ($how)"
		[[ $errors == *"cannot replace the program on xdp of v0: "*"(id $theirs, tag "*") is there now, where program "*" was"* ]] ||
			[[ -n $how && $errors == *"cannot replace"* ]] || fail "it says: $errors"
		expect_unchanged "$before" "$BPFFS/v0"
		ip link set dev v0 xdp off 2>/dev/null || true
	done
	ip link add w0 type veth peer name q9
	ip link set dev w0 up
	load w0 objects/xdp_pass.o >/dev/null
}

others_change_xdp()
{
	ip -force link set dev v0 xdpdrv obj objects/xdp_pass.o sec xdp
	theirs=$(prog_id v0)
}

others_change_xdp--link()
{
	bpftool prog load objects/xdp_pass.o "$BPFFS/other" type xdp
	bpftool link detach pinned "$BPFFS/v0/%links/xdp"
	ip link set dev v0 xdpdrv pinned "$BPFFS/other"
	theirs=$(prog_id v0)
}

test_a_filter_that_others_changed_meanwhile_is_not_replaced()
{
	load v0 objects/tc_pass.o >/dev/null
	overtaken others_change_filter load v0 objects/tc_drop.o
	[[ $(tc_ids v0 ingress) == "$theirs" ]] || fail "theirs was replaced"
}

others_change_filter()
{
	tc filter replace dev v0 ingress pref 700 handle 1 bpf da obj objects/tc_pass.o sec tc
	theirs=$(tc_ids v0 ingress)
}

test_a_program_that_comes_to_a_free_hook_meanwhile_stays()
{
	load v0 objects/tc_pass.o >/dev/null
	overtaken others_change_xdp load v0 objects/xdp_drop.o
	[[ $(prog_id v0) == "$theirs" ]] || fail "theirs was replaced"
}

# --- which program

test_section_names_are_free()
{
	expect_status 0 load --section prog v0 "$BUILT/load_odd.o"
	runs v0 xdp odd_xdp
	expect_status 0 load -s classifier v0 "$BUILT/load_odd.o"
	runs v0 tc_ingress odd_tc
	expect_status 0 load -s foo/bar --hook xdp v0 "$BUILT/load_odd.o"
	runs v0 xdp odd_any
	send 2
	expect_totals v0 "xdp XDP_DROP 2"
	expect_status 0 load --prog-name odd_xdp v0 "$BUILT/load_odd.o"
	runs v0 xdp odd_xdp
	expect_status 0 load --hook tc_egress -n odd_tc v0 "$BUILT/load_odd.o"
	runs v0 tc_egress odd_tc
}

test_programs_for_entries_of_maps_come_onto_no_interface_unasked()
{
	expect_fail "cannot choose a program of $BUILT/load_sections.o: none fits" load --hook xdp v0 "$BUILT/load_sections.o"
	[[ $errors == *"program in_devmap in section xdp/devmap, for entries of a devmap"* &&
		$errors == *"program in_cpumap in section xdp.frags/cpumap, for entries of a cpumap"* ]] ||
		fail "it says: $errors"
	expect_fail "its section xdp/devmap is for entries of a devmap" load -n in_devmap v0 "$BUILT/load_sections.o"
	[[ $errors == *"all the same: --hook xdp"* && -z $(prog_id v0) ]] || fail "it says: $errors"
	expect_status 0 load --hook xdp -n in_devmap v0 "$BUILT/load_sections.o"
	[[ $output == *"program in_devmap id $(prog_id v0)"* ]] || fail "it says: $output"
	# The one that is for a hook, by iproute2's name for it.
	expect_status 0 load v0 "$BUILT/load_sections.o"
	[[ $output == "v0 tc_egress: program to_egress "* ]] || fail "it says: $output"
	[[ -n $(tc_ids v0 egress) && -z $(tc_ids v0 ingress) ]] || fail "on ingress: $(tc_ids v0 ingress)"
}

test_a_section_that_tells_no_hook_needs_one()
{
	expect_status 2 load -s foo/bar v0 "$BUILT/load_odd.o"
	[[ $errors == *"cannot tell the hook of program odd_any from its section foo/bar"*"--hook xdp"* ]] ||
		fail "it says: $errors"
}

test_several_programs_are_listed_and_none_is_loaded()
{
	expect_status 2 load v0 "$BUILT/load_odd.o"
	[[ $errors == *"several fit, name one with --section or --prog-name"*"program odd_xdp in section prog"*\
"program odd_tc in section classifier"*"program odd_any in section foo/bar"* ]] || fail "it says: $errors"
	expect_status 2 load --hook xdp v0 objects/tc_pass.o
	[[ $errors == *"none fits"* ]] || fail "it says: $errors"
	[[ ! -e $BPFFS/v0 && -z $(prog_id v0) ]] || fail "it left something"
}

test_what_was_asked_for_and_is_not_there_is_named()
{
	expect_status 2 load -n no_such v0 "$BUILT/load_odd.o"
	[[ $errors == *"cannot choose a program of $BUILT/load_odd.o: it has none called 'no_such'"*"program odd_xdp in section prog"* ]] ||
		fail "it says: $errors"
	expect_status 2 load -s no_such v0 "$BUILT/load_odd.o"
	[[ $errors == *"it has none in a section 'no_such'"* ]] || fail "it says: $errors"
	expect_status 2 load -s prog -n odd_tc v0 "$BUILT/load_odd.o"
	[[ $errors == *": none fits"* ]] || fail "it says: $errors"
	# Of several that fit, only those are listed.
	expect_status 2 load --hook xdp v0 "$BUILT/load_choice.o"
	[[ $errors == *"several fit"*"program first "*"program second "* && $errors != *ingress* && $errors != *traced* ]] ||
		fail "it says: $errors"
	# One that no hook takes is no choice.
	expect_status 2 load v0 "$BUILT/load_choice.o"
	[[ $errors == *"several fit"*"program ingress "* && $errors != *traced* ]] || fail "it says: $errors"
}

test_the_only_program_whose_section_names_the_hook_is_taken()
{
	local hook

	for hook in tc_ingress tc_egress; do
		expect_status 0 load --hook "$hook" v0 "$BUILT/load_choice.o"
		runs v0 "$hook" "${hook#tc_}"
	done
	expect_status 0 load --hook xdp v0 "$BUILT/load_odd.o"
	runs v0 xdp odd_xdp
}

begin_anew()
{
	ip link set dev v0 xdp off
	rm -rf "$BPFFS/v0" "$BPFFS/%ifbpf"
}

# libbpf asks by the last program that it loads before it makes a map; which call that is depends on
# the links that others have at the moment.
test_maps_that_got_no_name_are_told()
{
	local n try map='"name":'

	need strace
	for ((try = 0; try < 20; try++)); do
		begin_anew
		n=$(strace -f -qq -e trace=bpf load v0 objects/xdp_pass.o 2>&1 >/dev/null |
			awk '/bpf\(/ { n++ } /BPF_PROG_LOAD/ && !made { at = n } /BPF_MAP_CREATE/ { made = 1 } END { print at }')
		begin_anew
		run with_fault "bpf:error=ENOMEM:when=$n" load v0 objects/xdp_pass.o
		[[ -e $BPFFS/v0/xdp_stats_map ]] || continue
		map=$(bpftool -j map show pinned "$BPFFS/v0/xdp_stats_map")
		[[ $map == *'"name":'* ]] || break
		[[ $errors != *"has no name"* ]] || fail "it says: $errors"
	done
	[[ $map != *'"name":'* ]] || fail "every map has its name"
	[[ $errors == *"map 'xdp_stats_map' (id $(map_id "$BPFFS/v0/xdp_stats_map")) has no name in the kernel: "* ]] ||
		fail "it says: $errors"
}

# What its packets are like does not matter where it has no native mode at all.
test_a_driver_without_native_mode_is_not_advised_to_take_fragments()
{
	ip link set dev lo up
	expect_status 2 load lo objects/xdp_pass.o
	[[ $errors == *"no such XDP mode; take the kernel's own: --mode skb"* ]] || fail "it says: $errors"
	# Before 6.3 the driver cannot be asked.
	kernel_before 6.3 || [[ $errors != *"several buffers"* && $errors != *MTU* ]] || fail "it says: $errors"
}

test_a_dry_run_has_the_generation_that_is_there()
{
	expect_status 0 load --dry-run --json v0 objects/xdp_pass.o
	[[ $output == *'"gen":0,'* ]] || fail "it says: $output"
	load v0 objects/xdp_pass.o >/dev/null
	expect_status 0 load --dry-run --json v0 objects/xdp_pass.o
	[[ $output == *"\"gen\":$(generation "$BPFFS/v0"),"* ]] || fail "it says: $output"
}

test_objects_are_found_by_name()
{
	export IFBPF_OBJECT_PATH=/run:$PWD/objects
	expect_status 0 load v0 xdp_pass.o
	expect_status 0 load v0 xdp_drop
	runs v0 xdp xdp_drop
	expect_status 2 load v0 no_such
	[[ $errors == *"cannot find object no_such"*"hint: it is neither in this directory nor among the objects: give its path, or set IFBPF_OBJECT_PATH"* ]] ||
		fail "it says: $errors"
}

# What lies in the directory by chance takes the place of no object that has a name.
test_an_object_in_the_directory_is_found_by_its_name_after_the_others()
{
	export IFBPF_OBJECT_PATH=$PWD/objects
	local store=$PWD/objects both
	mkdir "$TMPDIR/here" "$TMPDIR/here/xdp_pass"
	cp objects/xdp_drop.o "$TMPDIR/here/mine.o"
	cp objects/tc_drop.o "$TMPDIR/here/my_tc.o"
	cp objects/xdp_drop.o "$TMPDIR/here/xdp_aborted.o"
	export TC_LIB_DIR=$PWD/compat IP_LIB_DIR=$PWD/compat
	cd "$TMPDIR/here" || fail "no such directory"
	tc qdisc add dev v0 clsact
	expect_status 0 load v0 mine.o
	[[ -z $errors ]] || fail "$errors"
	runs v0 xdp xdp_drop
	expect_status 0 pin_maps --object mine.o v0
	expect_status 0 tc filter add dev v0 ingress pref 10 handle 1 ifbpf da obj my_tc.o
	[[ -z $errors ]] || fail "$errors"
	expect_status 0 inspect mine.o
	[[ $output == "./mine.o"* ]] || fail "$output"
	expect_status 0 btf2legacy mine.o old.o
	# A directory is no object, nor is .o added here.
	expect_status 0 load v0 xdp_pass
	[[ -z $errors ]] || fail "$errors"
	expect_status 2 load v0 mine
	both="object xdp_aborted.o is $store/xdp_aborted.o; the one in this directory is ./xdp_aborted.o"
	expect_status 0 load v0 xdp_aborted.o
	[[ $errors == *"load: $both"* ]] || fail "$errors"
	runs v0 xdp xdp_aborted
	expect_status 0 ip link set dev v0 type ifbpf obj xdp_aborted.o
	[[ $(grep -c "ifbpf load: $both" <<<"$errors") == 1 ]] || fail "$errors"
	expect_status 0 inspect xdp_aborted.o
	[[ $errors == "inspect: $both" && $output == "$store/xdp_aborted.o"* ]] || fail "$errors$output"
	expect_status 0 load v0 ./xdp_aborted.o
	[[ $errors != *"in this directory"* ]] || fail "$errors"
	runs v0 xdp xdp_drop
	# Where both are one there is nothing to tell.
	cd "$store" || fail "no such directory"
	expect_status 0 load v0 xdp_pass.o
	[[ -z $errors ]] || fail "$errors"
}

test_bad_objects_are_refused()
{
	local file

	: >"$TMPDIR/empty.o"
	echo "no object" >"$TMPDIR/text.o"
	head -c 700 objects/xdp_pass.o >"$TMPDIR/cut.o"
	head -c 63 objects/xdp_pass.o >"$TMPDIR/stump.o"
	cp build/bpffs/log.o "$TMPDIR/native.o"
	mkdir "$TMPDIR/directory.o"
	mkfifo "$TMPDIR/fifo.o"
	for file in empty text cut stump native directory fifo missing; do
		expect_status 2 load v0 "$TMPDIR/$file.o"
		[[ $errors == "load: cannot open object $TMPDIR/$file.o: "* ]] || fail "$file: $errors"
		[[ -z $output ]] || fail "$file: $output"
	done
	[[ ! -e $BPFFS/v0 ]] || fail "a directory was made"
}

test_an_object_without_types_is_named_as_such()
{
	need llvm-objcopy
	llvm-objcopy --remove-section .BTF --remove-section .BTF.ext objects/xdp_pass.o "$TMPDIR/bare.o"
	expect_status 2 load v0 "$TMPDIR/bare.o"
	[[ $errors == "load: cannot open object $TMPDIR/bare.o: it has no BTF, which tells what its maps are"$'\n'"  hint: compile it with -g"* ]] ||
		fail "it says: $errors"
}

test_what_is_declared_and_never_defined_is_named()
{
	local flag

	for flag in -g -O2; do
		build 'extern int known(void) __ksym __weak; extern int there(void);
SEC("xdp") int pass(struct xdp_md *ctx) { return known ? there() : 2; }' $flag
		expect_status 2 load v0 "$TMPDIR/built.o"
		[[ $errors == "load: cannot open object $TMPDIR/built.o: it declares there, and defines it nowhere"* ||
			$flag == -O2 && $errors == *": it declares known, and defines it nowhere"* ]] || fail "$flag: $errors"
		[[ $errors == *"hint: define it, or link the object that does"* && $errors != *"no BTF"* ]] || fail "$errors"
	done
	# Without BTF, where maps are what needs it.
	build 'extern int there(void); BPF_MAP(counts, BPF_MAP_TYPE_ARRAY, __u32, __u64, 1);
SEC("xdp") int pass(struct xdp_md *ctx) { __u32 k = 0; return bpf_map_lookup_elem(&counts, &k) ? there() : 2; }' -O2
	expect_fail "it has no BTF" load v0 "$TMPDIR/built.o"
}

test_an_object_with_damaged_types_is_refused()
{
	local at before

	load v0 objects/xdp_pass.o >/dev/null
	before=$(snapshot)
	# Behind the header of .BTF, 24 bytes, comes the first type, which begins with its name.
	at=$(LC_ALL=C grep -obUaP -m1 '\x9f\xeb\x01\x00\x18' objects/xdp_pass.o | head -1)
	cp objects/xdp_pass.o "$TMPDIR/damaged.o"
	printf '\377\377\377\0' | dd of="$TMPDIR/damaged.o" bs=1 seek=$((${at%%:*} + 24)) conv=notrunc status=none
	expect_refusal "whose BTF is damaged: type 1 has a name that is not there" "$before" \
		load v0 "$TMPDIR/damaged.o"
	expect_refusal "whose BTF is damaged" "$before" load --on-mismatch migrate v0 "$TMPDIR/damaged.o"
}

test_a_program_that_the_verifier_refuses_leaves_nothing()
{
	local before

	load v0 objects/xdp_pass.o >/dev/null
	before=$(snapshot)
	expect_status 2 load v0 "$BUILT/load_refused.o"
	[[ $errors == *"cannot load program load_refused of "*"load_refused.o: "* ]] || fail "it says: $errors"
	expect_unchanged "$before"
	runs v0 xdp xdp_pass
	expect_status 2 load --dry-run v0 "$BUILT/load_refused.o"
	[[ $errors == *"cannot load program load_refused"* ]] || fail "a dry run does not verify: $errors"
	expect_unchanged "$before"
	expect_status 2 load --verbose v0 "$BUILT/load_refused.o"
	[[ $errors == *"invalid access to packet"* ]] || fail "the verifier is not quoted: $errors"
}

test_explain_tells_each_stage_and_a_failure_tells_them_by_itself()
{
	local stage

	expect_status 0 load --explain v0 objects/xdp_pass.o
	for stage in "ELF file" "programs and maps" maps "relocations and BTF" "checks of BPF_PROG_LOAD" \
		verifier JIT "id and tag" pins attach "read back"; do
		grep -q "^  $stage  *done  " <<<"$errors" || fail "not told: $stage: $errors"
	done
	[[ $errors != *" 0 instructions verified"* ]] || fail "it says: $errors"
	expect_status 2 load v0 "$BUILT/load_refused.o"
	# The source line, and from Linux 6.9 on its file and number.
	grep -qE '^  verifier +refused  .*at: (.*load_refused.bpf.c:|return \*\(volatile)' <<<"$errors" ||
		fail "it says: $errors"
	! grep -q '^  attach  ' <<<"$errors" || fail "it says: $errors"
	[[ $errors == *"invalid access to packet"* ]] || fail "the verifier is not quoted: $errors"
}

test_what_libbpf_says_of_an_object_that_it_refuses_is_the_reason()
{
	build 'struct gone;
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __type(key, int); __type(value, struct gone); } lists SEC(".maps");
SEC("xdp") int pass(struct xdp_md *ctx) { return bpf_map_lookup_elem(&lists, ctx) ? 1 : 2; }' -g
	expect_status 2 load v0 "$TMPDIR/built.o"
	[[ $errors == "load: cannot open object $TMPDIR/built.o: libbpf says: map 'lists': can't determine value size"* ]] ||
		fail "$errors"
	[[ $errors == *"ELF file "*"refused "*"can't determine value size"* ]] || fail "$errors"
}
