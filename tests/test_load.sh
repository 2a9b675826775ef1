# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load: programs on every hook, what they replace, and which maps they go on with.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh
. tests/faults.sh

# tc_ids IFNAME ingress|egress: of the bpf filters there.
tc_ids() { tc -j filter show dev "$1" "$2" 2>/dev/null | grep -o '"prog":{"id":[0-9]*' | grep -o '[0-9]*$' || true; }

# field NAME: of the JSON in $output, numbers and plain strings, the first of that name.
field() { sed -n "s/.*\"$1\":\"\?\([^,\"}]*\).*/\1/p" <<<"$output"; }

# loaded IFNAME HOOK: what runs there is pinned with its maps. Prints 'ID NAME'.
loaded() { load_state "$1" "$2" || fail "$1 $2: pins and program do not belong together"; }

# runs IFNAME HOOK NAME
runs()
{
	local is

	is=$(loaded "$1" "$2")
	[[ ${is#* } == "$3" ]] || fail "$1 $2 runs '$is', expected $3"
}

# is_gone map|prog ID
is_gone() { ! exists "$@"; }

# link_of PIN: id of the pinned link.
link_of() { bpftool -j link show pinned "$1" | sed -n 's/^{"id":\([0-9]*\),.*/\1/p'; }

# totals IFNAME: 'ACTION PACKETS' of all actions that counted something.
totals() { stats "$1" | awk '$4 { print $2, $3, $4 }'; }

# expect_totals IFNAME 'HOOK ACTION PACKETS'...
expect_totals()
{
	local ifname=$1 wanted

	shift
	wanted=$(printf '%s\n' "$@")
	eventually has_totals "$ifname" "$wanted" || fail "expected:
$wanted
got: $(totals "$ifname")"
}

has_totals() { [[ $(totals "$1") == "$2" ]]; }

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
\"path\":\"$BPFFS/v0/xdp_stats_map\",\"old_id\":null,\"left\":0,\"reason\":null}]}" ]] || fail "it says: $output"
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
		"hint: adopt it first, which keeps its counts and lists: " "pin_maps v0; or replace it, and drop them: --replace"
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
	expect_status 0 load --expect "$adopted" v0 objects/tc_drop.o
	[[ $(tc_prog v0 ingress 5) != "$adopted" ]] || fail "not replaced"
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
	expect_status 0 load --expect "$second" v0 objects/tc_pass.o
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
		[[ $errors == *"cannot replace the program on xdp of v0: "*"(id $theirs) is there now, where program "*" was"* ]] ||
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

# --- modes

test_each_mode_is_the_one_that_was_asked_for()
{
	expect_status 0 load --mode skb v0 objects/xdp_pass.o
	[[ $output == *"by netlink in skb mode"* ]] || fail "it says: $output"
	ip -d link show dev v0 | grep -q xdpgeneric || fail "the kernel says otherwise"
	send 3
	expect_status 0 load v0 objects/xdp_drop.o
	[[ $output == *"by netlink in skb mode"* && -z $errors ]] || fail "not in its mode: $output$errors"
	expect_status 0 load -m auto v0 objects/xdp_pass.o
	[[ $output == *"by netlink in skb mode"* && -z $errors ]] || fail "not in its mode: $output$errors"
	ip link set dev v0 xdpgeneric off
	expect_status 0 load -m auto v0 objects/xdp_pass.o
	[[ $output == *"by netlink in native mode"* ]] || fail "it says: $output"
	expect_totals v0 "xdp XDP_PASS 3"
}

test_auto_takes_skb_where_the_driver_has_no_xdp()
{
	# lo has no driver for XDP.
	expect_status 2 load lo objects/xdp_pass.o
	[[ $errors == *"hint: its driver has no such XDP mode; take the kernel's own: --mode skb"* ]] ||
		fail "it says: $errors"
	expect_status 0 load -m auto lo objects/xdp_pass.o
	[[ $output == *"by netlink in skb mode"* ]] || fail "it says: $output"
	runs lo xdp xdp_pass
}

# A veth has no native mode for packets above a page, unless the program takes several buffers.
test_auto_takes_skb_where_the_driver_refuses_for_the_mtu()
{
	in_peer ip link set v1 mtu 9000
	expect_status 2 load --mode native v0 objects/xdp_pass.o
	expect_status 0 load --mode auto v0 objects/xdp_pass.o
	[[ $output == *"by netlink in skb mode"* ]] || fail "it says: $output"
	[[ $errors == *"native mode is refused"*": taking skb"* ]] || fail "it says: $errors"
	send 3
	expect_totals v0 "xdp XDP_PASS 3"
	unload v0 >/dev/null
	expect_status 0 load --link --mode auto v0 objects/xdp_pass.o
	[[ $output == *"by link in skb mode"* ]] || fail "it says: $output"
}

test_hw_mode_is_refused_before_anything_is_changed()
{
	local how

	expect_fail "programs are not offloaded to hardware" load --mode hw v0 objects/xdp_pass.o
	[[ -z $(prog_id v0) && ! -e $BPFFS/v0/xdp_stats_map ]] || fail "it left something"
	load -m skb v0 objects/xdp_pass.o >/dev/null
	for how in "" --dry-run --link; do
		# shellcheck disable=SC2086 # $how may be nothing
		expect_untouched load $how -m hw v0 objects/xdp_drop.o
		[[ $errors == *"programs are not offloaded to hardware"* ]] || fail "it says: $errors"
	done
}

# expect_untouched COMMAND...: refused, and no message of it changed anything on an interface.
expect_untouched()
{
	local id

	id=$(prog_id "${@:(-2):1}")
	need strace
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 expect_status 2 \
		strace -f -qq -e trace=sendto -o "$TMPDIR/sent" "$@"
	! grep RTM_SETLINK "$TMPDIR/sent" || fail "it was tried"
	[[ $(prog_id "${@:(-2):1}") == "$id" ]] || fail "another program is on"
}

test_a_change_to_a_native_mode_that_is_not_there_is_refused_before_the_old_program_goes()
{
	local how

	load -m skb lo objects/xdp_pass.o >/dev/null
	ip link set dev v0 mtu 9000
	in_peer ip link set dev v1 mtu 9000
	load -m skb v0 objects/xdp_pass.o >/dev/null
	for how in "" --dry-run --link; do
		# Before 6.3 a driver is only asked by trying.
		if attach has xdp_features; then
			# shellcheck disable=SC2086 # $how may be nothing
			expect_untouched load $how -m native lo objects/xdp_drop.o
			[[ $errors == *"in native mode: its driver has none"*"--mode skb"* ]] ||
				fail "it says: $errors"
		elif [[ $how != --dry-run ]]; then
			# shellcheck disable=SC2086 # $how may be nothing
			expect_status 2 load $how -m native lo objects/xdp_drop.o
			[[ $errors == *"--mode skb"*" is back on xdp of lo"* ]] || fail "it says: $errors"
			runs lo xdp xdp_pass
		fi
		# shellcheck disable=SC2086 # $how may be nothing
		expect_untouched load $how -m native v0 objects/xdp_drop.o
		[[ $errors == *"packets of up to 9000 bytes come, and without fragments a program takes "* ]] ||
			fail "it says: $errors"
	done
	attach has frags || return 0
	expect_status 0 load -m native v0 objects/xdp_drop_frags.o
	runs v0 xdp xdp_drop
}

test_a_change_of_mode_is_said_to_be_no_single_step()
{
	load v0 objects/xdp_pass.o >/dev/null
	send 2
	expect_status 0 load -m skb v0 objects/xdp_drop.o
	[[ $errors == "load: changing xdp of v0 from native by netlink to skb by netlink cannot be done in one step: packets pass between, "* ]] ||
		fail "it says: $errors"
	runs v0 xdp xdp_drop
	send 3
	expect_totals v0 "xdp XDP_DROP 3" "xdp XDP_PASS 2"
	expect_status 0 load --link v0 objects/xdp_pass.o
	[[ $errors == "load: changing xdp of v0 from skb by netlink to skb by link cannot be done in one step: packets pass between, "* ]] ||
		fail "it says: $errors"
	[[ $output == *"by link in skb mode"* ]] || fail "it says: $output"
	runs v0 xdp xdp_pass
}

test_what_goes_with_a_replaced_program_of_others_is_said()
{
	local prog map

	load v0 objects/xdp_pass.o >/dev/null
	unload v0 >/dev/null
	link_xdp v0 objects/xdp_drop.o
	prog=$(prog_id v0)
	map=$(prog_maps "$prog")
	send 10
	expect_status 0 load --dry-run --replace v0 objects/xdp_pass.o
	[[ $errors == *"with program $prog, which is not ours, would go what its maps hold, which are pinned nowhere: xdp_stats_map (id $map)"* ]] ||
		fail "it says: $errors"
	expect_status 0 load --replace v0 objects/xdp_pass.o
	[[ $errors == *"with program $prog, which is not ours, goes what its maps hold, which are pinned nowhere: xdp_stats_map (id $map)"* ]] ||
		fail "it says: $errors"
	# What is pinned, or in use on another hook, does not go.
	ip -force link set dev v0 xdpgeneric off
	ip -force link set dev v0 xdpdrv off
	link_xdp v0 objects/xdp_drop.o
	bpftool map pin id "$(prog_maps "$(prog_id v0)")" "$BPFFS/theirs"
	expect_status 0 load --replace v0 objects/xdp_pass.o
	[[ $errors != *"pinned nowhere"* ]] || fail "it says: $errors"
	# Nor what a program holds that is pinned itself.
	unload --all --purge v0 >/dev/null
	bpftool prog load objects/xdp_drop.o "$BPFFS/their_prog"
	ip link set dev v0 xdpgeneric pinned "$BPFFS/their_prog"
	map=$(prog_maps "$(prog_id v0)")
	expect_status 0 load --replace v0 objects/xdp_pass.o
	[[ $errors != *"pinned nowhere"* ]] || fail "it says: $errors"
	bpftool map show id "$map" >/dev/null || fail "it went all the same"
}

test_a_link_gives_way_to_netlink_when_asked()
{
	load --link v0 objects/xdp_pass.o >/dev/null
	send 2
	expect_status 0 load --dry-run --netlink v0 objects/xdp_drop.o
	[[ $output == *"native by link, which is ours; not in one step"*"would be attached native by netlink"* ]] ||
		fail "it says: $output"
	expect_status 0 load -m native v0 objects/xdp_drop.o
	[[ $output == *"attached by link in native mode"* && -z $errors ]] || fail "it says: $output$errors"
	send 1
	expect_status 0 load --netlink v0 objects/xdp_pass.o
	[[ $errors == "load: changing xdp of v0 from native by link to native by netlink cannot be done in one step: packets pass between, "* ]] ||
		fail "it says: $errors"
	[[ $output == *"attached by netlink in native mode"* ]] || fail "it says: $output"
	[[ ! -e $BPFFS/v0/%links/xdp ]] || fail "the link is still pinned"
	runs v0 xdp xdp_pass
	send 3
	expect_totals v0 "xdp XDP_DROP 1" "xdp XDP_PASS 5"
	# Stock tools can take it off again, and it is as it is by default.
	expect_status 0 load --netlink v0 objects/xdp_drop.o
	[[ -z $errors ]] || fail "it says: $errors"
	ip link set dev v0 xdp off
	[[ -z $(prog_id v0) ]] || fail "it is still there"
}

test_of_a_dead_link_netlink_takes_the_place()
{
	load --link -m skb v0 objects/xdp_pass.o >/dev/null
	bpftool link detach pinned "$BPFFS/v0/%links/xdp"
	expect_status 0 load --netlink v0 objects/xdp_pass.o
	[[ $output == *"attached by netlink in skb mode"* ]] || fail "it says: $output"
	[[ ! -e $BPFFS/v0/%links/xdp ]] || fail "the link is still pinned"
	runs v0 xdp xdp_pass
}

test_a_tcx_link_gives_way_to_a_program_without_one()
{
	need_tcx
	load --link v0 objects/tc_pass.o >/dev/null
	send 2
	expect_status 0 load --tc tcx v0 objects/tc_pass.o
	[[ $output == *"attached by tcx (link "* && -z $errors ]] || fail "it says: $output$errors"
	expect_status 0 load --netlink v0 objects/tc_drop.o
	[[ $errors == "load: changing tc_ingress of v0 from tcx by link to tcx cannot be done in one step: packets pass between, "* ]] ||
		fail "it says: $errors"
	[[ $output == *"attached by tcx"$'\n'* && ! -e $BPFFS/v0/%links/tc_ingress ]] || fail "it says: $output"
	runs v0 tc_ingress tc_drop
	send 3
	expect_totals v0 "tc_ingress TC_ACT_OK 2" "tc_ingress TC_ACT_SHOT 3"
	load --link v0 objects/tc_drop.o >/dev/null 2>&1
	expect_status 0 load --netlink --tc clsact v0 objects/tc_pass.o
	[[ $output == *"attached by clsact"* ]] || fail "it says: $output"
	runs v0 tc_ingress tc_pass
}

test_where_several_change_the_sentence_stands_once_and_each_is_named()
{
	make_veth w0 w1
	load --shared v0 w0 w1 objects/xdp_pass.o >/dev/null
	expect_status 0 load --shared -m skb v0 w0 w1 objects/xdp_drop.o
	[[ $(grep -c "cannot be done in one step" <<<"$errors") == 1 ]] || fail "it says: $errors"
	[[ $errors == *"changing xdp of v0 from native by netlink to skb by netlink cannot"*"of w0 from native by netlink to skb by netlink likewise"*"of w1 from "*" likewise"* ]] ||
		fail "it says: $errors"
}

test_where_the_new_program_cannot_be_attached_the_old_one_is_put_back()
{
	local how id

	# Native XDP without frags takes no frame above a page: skb mode does. How long those of the
	# peer are cannot be asked where its namespace has no name.
	ip link set dev v0 mtu 9000
	in_peer ip link set dev v1 mtu 9000
	touch "$TMPDIR/peer"
	mount --bind /run/netns/peer "$TMPDIR/peer"
	umount /run/netns/peer
	rm /run/netns/peer
	in_peer() { nsenter --net="$TMPDIR/peer" "$@"; }
	for how in "" --link; do
		# shellcheck disable=SC2086 # $how may be nothing
		load $how -m skb v0 objects/xdp_pass.o >/dev/null 2>&1
		id=$(prog_id v0)
		send 1
		expect_status 2 load -m native v0 objects/xdp_drop.o
		[[ $errors == *"cannot attach the program on xdp of v0"*"program $id is back on xdp of v0"* ]] ||
			fail "it says: $errors"
		[[ $(prog_id v0) == "$id" ]] || fail "attached is '$(prog_id v0)'"
		runs v0 xdp xdp_pass
		send 1
		load v0 objects/xdp_pass.o >/dev/null
	done
	expect_totals v0 "xdp XDP_PASS 4"
}

# --- links

test_a_link_is_pinned_and_outlives_the_loader()
{
	expect_status 0 load --link v0 objects/xdp_pass.o
	[[ $output == *"attached by link in native mode (link $(link_of "$BPFFS/v0/%links/xdp"))"* ]] ||
		fail "it says: $output"
	runs v0 xdp xdp_pass
	send 3
	expect_totals v0 "xdp XDP_PASS 3"
	[[ $(stat -c %a "$BPFFS/v0/%links/xdp") == 600 ]] || fail "the link is open to others"
}

test_later_loads_update_the_link()
{
	local link

	load --link v0 objects/xdp_pass.o >/dev/null
	link=$(link_of "$BPFFS/v0/%links/xdp")
	send 3
	expect_status 0 load v0 objects/xdp_drop.o
	[[ -z $errors && $output == *"by link in native mode (link $link)"* ]] || fail "it says: $output$errors"
	runs v0 xdp xdp_drop
	expect_status 0 load --link v0 objects/xdp_drop.o
	[[ $(link_of "$BPFFS/v0/%links/xdp") == "$link" ]] || fail "another link"
	send 4
	expect_totals v0 "xdp XDP_DROP 4" "xdp XDP_PASS 3"
}

# closed COMMAND...: both its outputs are a pipe that nobody reads. Sets $status.
closed()
{
	local pipe=$TMPDIR/closed

	rm -f "$pipe"
	mkfifo "$pipe"
	exec {reader}<>"$pipe" {writer}>"$pipe"
	exec {reader}<&-
	status=0
	"$@" >&"$writer" 2>&1 || status=$?
	exec {writer}>&-
}

test_what_nobody_reads_of_one_interface_does_not_keep_off_the_others()
{
	ip link add a0 type veth peer name a1
	closed load nosuch a0 objects/xdp_pass.o
	((status == 3)) || fail "status $status"
	runs a0 xdp xdp_pass
	closed load v0 nosuch a0 objects/xdp_drop.o
	((status == 3)) || fail "status $status"
	runs v0 xdp xdp_drop
	runs a0 xdp xdp_drop
}

test_the_kernel_refuses_to_let_ip_remove_a_link()
{
	load --link v0 objects/xdp_pass.o >/dev/null
	expect_fail "active BPF XDP link" ip link set dev v0 xdp off
	expect_fail "active BPF XDP link" ip -force link set dev v0 xdpdrv obj objects/xdp_drop.o sec xdp
	runs v0 xdp xdp_pass
}

test_a_link_updates_to_a_program_from_any_section()
{
	load --link v0 objects/xdp_pass.o >/dev/null
	expect_status 0 load --hook xdp -s foo/bar v0 "$BUILT/load_odd.o"
	expect_status 0 load -s prog v0 "$BUILT/load_odd.o"
	expect_status 0 load v0 objects/xdp_drop.o
	runs v0 xdp xdp_drop
}

test_a_link_updates_from_a_program_without_expected_attach_type()
{
	local link

	attach untyped v0 "$BPFFS/their_link"
	link=$(link_of "$BPFFS/their_link")
	expect_status 0 load --replace --dry-run v0 objects/xdp_drop.o
	expect_status 0 load --replace v0 objects/xdp_drop.o
	runs v0 xdp xdp_drop
	[[ $(link_of "$BPFFS/v0/%links/xdp") == "$link" ]] || fail "another link"
	# What is ours by then is of no type either, and replaced all the same.
	expect_status 0 load v0 objects/xdp_pass.o
	runs v0 xdp xdp_pass
	[[ $(link_of "$BPFFS/v0/%links/xdp") == "$link" ]] || fail "another link"
}

test_a_link_that_takes_no_shared_program_is_explained()
{
	make_veth v2
	attach untyped v2 "$BPFFS/their_link"
	expect_status 3 load --shared --link --replace v0 v2 objects/xdp_drop.o
	[[ $errors == *"cannot replace the program on xdp of v2: Invalid argument
  hint: a link is updated only to a program of the same expected attach type"*" the one in link $(link_of "$BPFFS/their_link")"*"unload v2 --hook xdp --id $(prog_id v2) --foreign"* ]] ||
		fail "it says: $errors"
	[[ $errors == *": the one in link "*" has none, program "*" BPF_XDP"* || $errors == *"which this kernel does not tell of"* ]] ||
		fail "it says: $errors"
}

test_a_link_whose_interface_is_gone_gives_way_to_a_new_one()
{
	local old map

	make_veth w0
	load --link w0 objects/xdp_pass.o >/dev/null
	old=$(link_of "$BPFFS/w0/%links/xdp") map=$(map_id "$BPFFS/w0/xdp_stats_map")
	ip link del dev w0
	[[ $(bpftool -j link show pinned "$BPFFS/w0/%links/xdp") != *'"ifindex":'[1-9]* ]] ||
		fail "still on an interface"
	make_veth w0
	expect_status 0 load --link w0 objects/xdp_drop.o
	[[ $errors == *"belonged to an interface that is gone"*"its maps are inherited"* ]] ||
		fail "it says: $errors"
	[[ $(link_of "$BPFFS/w0/%links/xdp") != "$old" ]] || fail "the old link"
	expect_id "$BPFFS/w0/xdp_stats_map" "$map"
	runs w0 xdp xdp_drop
}

test_in_the_place_of_a_dead_link_comes_a_link()
{
	local map

	make_veth w0
	load --link w0 objects/xdp_pass.o >/dev/null
	! attach has tcx_ingress || load --link w0 objects/tc_pass.o >/dev/null
	map=$(map_id "$BPFFS/w0/xdp_stats_map")
	ip link del dev w0
	make_veth w0
	expect_status 0 load w0 objects/xdp_drop.o
	[[ $output == *"by link in native mode"* ]] || fail "it says: $output"
	if attach has tcx_ingress; then
		expect_status 0 load w0 objects/tc_drop.o
		[[ $output == *"attached by tcx (link "* ]] || fail "it says: $output"
	fi
	bpftool link detach pinned "$BPFFS/w0/%links/xdp"
	expect_status 0 load w0 objects/xdp_drop.o
	[[ $output == *"by link in native mode"* ]] || fail "it says: $output"
	expect_id "$BPFFS/w0/xdp_stats_map" "$map"
	# And back to netlink.
	unload --all w0 >/dev/null
	expect_status 0 load w0 objects/xdp_drop.o
	[[ $output == *"by netlink in native mode"* && ! -e $BPFFS/w0/%links/xdp ]] || fail "it says: $output"
}

# --- tc

test_in_the_place_of_a_detached_link_comes_one_of_the_same_mode()
{
	load --link -m skb v0 objects/xdp_pass.o >/dev/null
	bpftool link detach pinned "$BPFFS/v0/%links/xdp"
	[[ -z $(prog_id v0) ]] || fail "not detached"
	expect_status 0 load v0 objects/xdp_pass.o
	[[ $output == *"attached by link in skb mode"* ]] || fail "it says: $output"
	# Unless another one is asked for, which then is the last one.
	bpftool link detach pinned "$BPFFS/v0/%links/xdp"
	expect_status 0 load -m native v0 objects/xdp_pass.o
	[[ $output == *"attached by link in native mode"* ]] || fail "it says: $output"
	bpftool link detach pinned "$BPFFS/v0/%links/xdp"
	pin_maps v0 >/dev/null 2>&1 || true
	expect_status 0 load v0 objects/xdp_pass.o
	[[ $output == *"attached by link in native mode"* ]] || fail "it says: $output"
}

test_clsact_is_pref_700_and_its_qdisc_is_made()
{
	expect_status 0 load v0 objects/tc_pass.o
	[[ $output == *"attached by clsact pref 700 handle 1"* ]] || fail "it says: $output"
	tc qdisc show dev v0 | grep -q clsact || fail "no qdisc"
	runs v0 tc_ingress tc_pass
	send 4
	expect_status 0 load v0 objects/tc_drop.o
	[[ -z $errors && $(tc_ids v0 ingress | wc -l) == 1 ]] || fail "beside: $(tc_ids v0 ingress)"
	runs v0 tc_ingress tc_drop
	send 5
	expect_totals v0 "tc_ingress TC_ACT_OK 4" "tc_ingress TC_ACT_SHOT 5"
}

test_egress_has_statistics_of_its_own_and_shares_the_rest()
{
	local flows

	load v0 "$BUILT/hooks.o" --hook xdp >/dev/null
	flows=$(map_id "$BPFFS/v0/flows")
	expect_status 0 load --hook tc_egress v0 "$BUILT/hooks.o"
	[[ $output == *"map flows id $flows reused"* ]] || fail "it says: $output"
	expect_status 0 load --hook tc-ingress v0 objects/tc_pass.o
	expect_status 0 load --hook tc_egress v0 objects/tc_pass.o
	[[ -f "$BPFFS/v0/%egress/tc_stats_map" ]] || fail "no statistics of egress"
	send 2
	send_out 3
	expect_totals v0 "tc_ingress TC_ACT_OK 2" "tc_egress TC_ACT_OK 3"
	expect_status 0 load --hook tc_egress v0 objects/tc_drop.o
	[[ $output == *"tc_stats_map id $(map_id "$BPFFS/v0/%egress/tc_stats_map") reused"* ]] ||
		fail "it says: $output"
	send_out 4
	expect_totals v0 "tc_ingress TC_ACT_OK 2" "tc_egress TC_ACT_OK 3" "tc_egress TC_ACT_SHOT 4"
}

# hints_at_tcx: where the kernel has it, and only there.
hints_at_tcx()
{
	if attach has tcx_ingress; then
		[[ $errors == *"--tc tcx"* ]]
	else
		[[ $errors != *"--tc tcx"* ]]
	fi
}

# The kernel takes a filter for egress then, puts it on ingress, and reports success.
test_a_filter_for_egress_is_refused_where_the_qdisc_has_none()
{
	local how

	tc qdisc add dev v0 ingress
	for how in "" --dry-run; do
		# shellcheck disable=SC2086 # $how may be nothing
		expect_fail "it has an ingress qdisc, which has no egress" \
			load $how --hook tc_egress v0 objects/tc_drop.o
		((status == 2)) || fail "status $status"
		[[ $errors == *"tc qdisc del dev v0 ingress && tc qdisc add dev v0 clsact"* ]] ||
			fail "it says: $errors"
		hints_at_tcx || fail "it says: $errors"
		[[ -z $(tc_ids v0 ingress) ]] || fail "on ingress: $(tc_ids v0 ingress)"
	done
	expect_status 0 load --hook tc_ingress v0 objects/tc_pass.o
	attach has tcx_egress || return 0
	expect_status 0 load --tc tcx --hook tc_egress v0 objects/tc_pass.o
	send 2
	send_out 3
	expect_totals v0 "tc_ingress TC_ACT_OK 2" "tc_egress TC_ACT_OK 3"
}

test_tcx_is_refused_before_anything_changes_where_there_is_none()
{
	local id

	! attach has tcx_ingress || skip "needs a kernel without tcx"
	expect_status 0 load v0 objects/tc_pass.o
	id=$(tc_ids v0 ingress)
	expect_status 2 load --link v0 objects/tc_drop.o
	[[ $errors == *"this kernel has no tcx (Linux 6.6)"*"leave out --link"* ]] || fail "it says: $errors"
	[[ $errors != *"packets pass between"* ]] || fail "it tried: $errors"
	expect_status 2 load --tc tcx v0 objects/tc_drop.o
	[[ $errors == *"this kernel has no tcx (Linux 6.6)"*"--tc clsact"* ]] || fail "it says: $errors"
	[[ $(tc_ids v0 ingress) == "$id" ]] || fail "it changed: $(tc filter show dev v0 ingress)"
}

test_tcx_is_replaced_in_its_place()
{
	need_tcx
	expect_status 0 load --tc tcx v0 objects/tc_pass.o
	[[ $output == *"attached by tcx"* ]] || fail "it says: $output"
	[[ -z $(tc_ids v0 ingress) ]] || fail "a filter as well"
	runs v0 tc_ingress tc_pass
	send 3
	expect_status 0 load v0 objects/tc_drop.o
	[[ $output == *"attached by tcx"* && -z $errors ]] || fail "it says: $output$errors"
	runs v0 tc_ingress tc_drop
	send 4
	expect_totals v0 "tc_ingress TC_ACT_OK 3" "tc_ingress TC_ACT_SHOT 4"
	expect_status 0 load --tc clsact v0 objects/tc_pass.o
	[[ $errors == "load: changing tc_ingress of v0 from tcx to clsact cannot be done in one step: packets pass between, "* ]] ||
		fail "it says: $errors"
	runs v0 tc_ingress tc_pass
	send 2
	expect_totals v0 "tc_ingress TC_ACT_OK 5" "tc_ingress TC_ACT_SHOT 4"
}

test_a_tcx_link_is_pinned_and_updated()
{
	local link

	need_tcx
	load v0 objects/tc_pass.o >/dev/null
	expect_status 0 load --link v0 objects/tc_pass.o
	[[ $errors == "load: changing tc_ingress of v0 from clsact to tcx by link cannot be done in one step: packets pass between, "* ]] ||
		fail "it says: $errors"
	[[ -z $(tc_ids v0 ingress) ]] || fail "the filter is still there"
	link=$(link_of "$BPFFS/v0/%links/tc_ingress")
	runs v0 tc_ingress tc_pass
	send 3
	expect_status 0 load v0 objects/tc_drop.o
	[[ $output == *"attached by tcx (link $link)"* ]] || fail "it says: $output"
	runs v0 tc_ingress tc_drop
	send 2
	expect_totals v0 "tc_ingress TC_ACT_OK 3" "tc_ingress TC_ACT_SHOT 2"
	expect_status 0 load --tc clsact v0 objects/tc_drop.o
	[[ ! -e $BPFFS/v0/%links/tc_ingress ]] || fail "the link is still pinned"
	runs v0 tc_ingress tc_drop
}

test_a_clsact_filter_cannot_be_a_link()
{
	expect_status 1 load --tc clsact --link v0 objects/tc_pass.o
	[[ $errors == "load: a filter of clsact cannot be a link"* ]] || fail "it says: $errors"
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
	expect_status 2 load --hook xdp v0 "$BUILT/load_odd.o"
	[[ $errors == *"several fit"*"program odd_xdp "* && $errors != *odd_tc* ]] || fail "it says: $errors"
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
	[[ $errors == *"cannot find object no_such"*"hint: give a path with a slash, or set IFBPF_OBJECT_PATH"* ]] ||
		fail "it says: $errors"
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
	grep -q '^  attach  *- *$' <<<"$errors" || fail "it says: $errors"
	[[ $errors == *"invalid access to packet"* ]] || fail "the verifier is not quoted: $errors"
}

# --- several interfaces

test_each_of_several_interfaces_gets_maps_of_its_own()
{
	make_veth w0 w1
	expect_status 0 load v0 w0 w1 objects/xdp_pass.o
	runs v0 xdp xdp_pass
	runs w0 xdp xdp_pass
	runs w1 xdp xdp_pass
	[[ $(map_id "$BPFFS/w0/xdp_stats_map") != "$(map_id "$BPFFS/w1/xdp_stats_map")" ]] || fail "shared"
	expect_status 0 load -j v0 w0 objects/xdp_drop.o
	[[ $(wc -l <<<"$output") == 2 && $(sed -n 2p <<<"$output") == *'"ifname":"w0"'* ]] ||
		fail "it says: $output"
}

# faults COMMAND...: the pages that it had to be given.
faults() { bash -c '"$@" >/dev/null && read -r -a stat <"/proc/$$/stat" && echo "${stat[10]}"' bash "$@"; }

# A log of the verifier has room for 16 MiB: 4096 pages, if somebody cleared it.
test_no_log_is_made_for_loads_that_are_not_refused()
{
	local pages

	make_veth w0 w1
	make_veth x0 x1
	pages=$(faults load v0 w0 w1 x0 x1 objects/xdp_pass.o)
	# A sanitizer has pages of its own.
	((pages < 3000)) || ldd pinning/load | grep -q libasan || fail "$pages pages"
}

test_what_fails_on_one_interface_does_not_stop_the_others()
{
	make_veth w0
	link_xdp v0 objects/xdp_pass.o
	expect_status 3 load v0 no_such w0 objects/xdp_drop.o
	[[ $errors == *"onto xdp of v0"*"no_such"* && $output == "w0 xdp: program xdp_drop "* ]] ||
		fail "it says: $output$errors"
	runs w0 xdp xdp_drop
	expect_status 2 load v0 no_such objects/xdp_drop.o
}

test_shared_is_one_program_with_one_set_of_maps()
{
	make_veth w0
	load v0 objects/xdp_pass.o >/dev/null
	send 2
	expect_status 0 load --shared v0 w0 objects/xdp_drop.o
	runs v0 xdp xdp_drop
	runs w0 xdp xdp_drop
	[[ $(prog_id v0) == "$(prog_id w0)" ]] || fail "two programs"
	expect_id "$BPFFS/w0/xdp_stats_map" "$(map_id "$BPFFS/v0/xdp_stats_map")"
	send 3
	expect_totals w0 "xdp XDP_DROP 3" "xdp XDP_PASS 2"
	# One goes its own way, with the same map.
	expect_status 0 load w0 objects/xdp_pass.o
	runs v0 xdp xdp_drop
	runs w0 xdp xdp_pass
	expect_status 3 load --shared no_such w0 objects/xdp_drop.o
	runs w0 xdp xdp_drop
}

# misused TEXT ARGUMENT...: load says so in one line, with a hint, and does nothing.
misused()
{
	local text=$1

	shift
	expect_status 1 load "$@"
	[[ -z $output && $errors == "load: $text"$'\n'"  hint: see load --help" ]] || fail "$*: $output$errors"
}

test_wrong_usage_is_named_in_one_line()
{
	local object=objects/xdp_pass.o filter=objects/tc_pass.o

	misused "the interface is missing"
	misused "the object file is missing" v0
	misused "the interface is missing" "$object"
	misused "unrecognized option '--nope'" --nope v0 "$object"
	misused "no such mode 'drv'; there is native, skb, hw, auto" --mode drv v0 "$object"
	misused "no such way of tc 'netkit'; there is clsact, tcx, auto" --tc netkit v0 "$filter"
	misused "no such hook 'in'; there is xdp, tc_ingress, tc_egress" --hook in v0 "$filter"
	misused "'x' is no program id" --expect x v0 "$object"
	misused "'1x' is no program id" --expect 1x v0 "$object"
	misused "'4294967296' is no program id" --expect 4294967296 v0 "$object"
	misused "no such way for --on-mismatch 'ignore'; there is fail, fresh, migrate" --on-mismatch ignore v0 "$object"
	misused "'flows' is not MAP=CLASS" --class flows v0 "$object"
	misused "no such class 'none'; there is config, counter, flow" --class flows=none v0 "$object"
	misused "--link says how to attach, and --no-attach not to" --link --no-attach v0 "$object"
	misused "--mode says how to attach, and --no-attach not to" -m skb --no-attach v0 "$object"
	misused "--netlink says how to attach, and --no-attach not to" --netlink --no-attach v0 "$object"
	misused "--link and --netlink do not go together" --link --netlink v0 "$object"
	misused "--netlink and --join do not go together" --netlink --join v0 "$object"
	misused "--expect says how to attach, and --no-attach not to" --expect 0 --no-attach v0 "$object"
	misused "--tc is for the tc hooks, and xdp_pass is an XDP program" --tc tcx v0 "$object"
	misused "--tc is for the tc hooks, and xdp_pass is an XDP program" --shared --tc tcx v0 "$object"
	misused "--tc is for the tc hooks, not for xdp" --hook xdp --tc tcx v0 "$object"
	misused "--mode is for XDP, and tc_pass is a tc program" -m native v0 "$filter"
	misused "--mode is for xdp, not for tc_egress" --hook tc_egress -m auto v0 "$filter"
	misused "--mode is there twice" -m skb --mode native v0 "$object"
	misused "--mode is there twice" -m skb -m skb v0 "$object"
	misused "--expect is there twice" --expect 5 --expect 0 v0 "$object"
	misused "--section is there twice" -s xdp -s tc v0 "$object"
	misused "--netns is there twice" --netns peer --netns peer v0 "$object"
	misused "--on-mismatch is there twice for all maps" --on-mismatch fail --on-mismatch migrate v0 "$object"
	misused "--on-mismatch a=fail and --on-mismatch a=fresh are about one map" \
		--on-mismatch a=fail --on-mismatch fresh --on-mismatch ab=fail --on-mismatch a=fresh v0 "$object"
	misused "--class flows=flow and --class flows=config are about one map" \
		--class flows=flow --class xdp=flow --class flows=config v0 "$object"
	[[ ! -e $BPFFS/v0 && -z $(prog_id v0) ]] || fail "it did something"
}

test_in_a_user_namespace_no_capability_is_asked_for()
{
	load v0 objects/xdp_pass.o >/dev/null
	unshare --user --map-root-user true || skip "needs user namespaces: this kernel refuses them"
	expect_status 2 unshare --user --map-root-user load v0 objects/xdp_drop.o
	[[ $errors == *"hint: leave this user namespace, in which nobody may load"* &&
		$errors != *"or with CAP_BPF"* ]] || fail "it says: $errors"
}

test_empty_names_are_told_as_such()
{
	expect_status 2 load v0 ''
	[[ $errors == "load: cannot find an object without a name"$'\n'* ]] || fail "$errors"
	expect_status 2 load '' objects/xdp_pass.o
	[[ $errors == "load: cannot find interface '': "*"hint: "*"ip -br link" ]] || fail "$errors"
	expect_status 2 load --netns '' v0 objects/xdp_pass.o
	[[ $errors == "load: cannot find a network namespace without a name"*"hint: "*"ip netns list"* ]] ||
		fail "$errors"
}

test_an_interface_named_twice_is_loaded_once()
{
	ip link property add dev v0 altname another
	expect_status 0 load v0 v0 another objects/xdp_pass.o
	[[ $(grep -c 'program xdp_pass' <<<"$output") == 1 && -z $errors ]] || fail "$output$errors"
}

# --- others attach

test_ip_attaches_what_was_prepared()
{
	local id

	expect_status 0 load --no-attach v0 objects/xdp_pass.o
	[[ -z $(prog_id v0) ]] || fail "attached"
	[[ $output == *"prepared at $BPFFS/v0/%progs/xdp/xdp_pass"* ]] || fail "it says: $output"
	ip link set dev v0 xdpgeneric pinned "$BPFFS/v0/%progs/xdp/xdp_pass"
	runs v0 xdp xdp_pass
	send 3
	expect_totals v0 "xdp XDP_PASS 3"
	[[ $(stats v0) != *stale* ]] || fail "stats: $(stats v0)"
	expect_status 0 pin_maps v0
	expect_states "kept xdp xdp_stats_map"
	id=$(prog_id v0)
	expect_status 0 load v0 objects/xdp_drop.o
	[[ $output == *"replaced program id $id"*"by netlink in skb mode"* ]] || fail "it says: $output"
	runs v0 xdp xdp_drop
	send 2
	expect_totals v0 "xdp XDP_DROP 2" "xdp XDP_PASS 3"
}

test_tc_attaches_what_was_prepared()
{
	expect_status 0 load --no-attach v0 objects/tc_pass.o
	expect_status 0 load --no-attach --hook tc_egress v0 objects/tc_pass.o
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 10 handle 1 bpf da pinned "$BPFFS/v0/%progs/tc_ingress/tc_pass"
	tc filter add dev v0 egress pref 10 handle 1 bpf da pinned "$BPFFS/v0/%progs/tc_egress/tc_pass"
	expect_status 0 pin_maps v0
	runs v0 tc_ingress tc_pass
	runs v0 tc_egress tc_pass
	send 3
	send_out 4
	expect_totals v0 "tc_ingress TC_ACT_OK 3" "tc_egress TC_ACT_OK 4"
	expect_status 0 pin_maps v0
	expect_states "kept tc_ingress tc_stats_map" "kept tc_egress tc_stats_map"
	expect_status 0 load v0 objects/tc_drop.o
	[[ $output == *"replaced program id "*"clsact pref 10 handle 1"* ]] || fail "it says: $output"
}

test_what_is_prepared_does_not_disown_what_runs()
{
	local id

	load v0 objects/xdp_pass.o >/dev/null
	id=$(prog_id v0)
	send 2
	expect_status 0 load --no-attach v0 objects/xdp_drop.o
	[[ $(prog_id v0) == "$id" ]] || fail "it was replaced"
	[[ $(stats v0) != *stale* ]] || fail "stats: $(stats v0)"
	expect_status 0 load --no-attach v0 objects/xdp_pass.o
	expect_status 0 load v0 objects/xdp_drop.o
	[[ $output == *"replaced program id $id"* ]] || fail "it says: $output"
	send 3
	expect_totals v0 "xdp XDP_DROP 3" "xdp XDP_PASS 2"
}

# With the name of what runs: that is ours by its pin, which goes on under another name.
test_what_is_prepared_leaves_what_runs_its_pin()
{
	local id prepared tc

	for tc in clsact $(! attach has tcx_ingress || echo tcx); do
		id=$(load --tc "$tc" v0 objects/tc_pass.o | sed -n 's/.*program tc_pass id //p')
		expect_status 0 load --no-attach v0 objects/tc_pass.o
		[[ $errors == "load: program $id, which is on tc_ingress of v0, is pinned as \
tc_pass%old-$id now" ]] || fail "it says: $errors"
		prepared=$(sed -n 's/.*program tc_pass id \([0-9]*\).*/\1/p' <<<"$output")
		[[ $(bpftool prog show pinned "$BPFFS/v0/%progs/tc_ingress/tc_pass") == "$prepared: "* ]] ||
			fail "not prepared"
		[[ $(status v0) == *"ours: loaded by ifbpf"* ]] || fail "$tc: $(status v0)"
		expect_status 0 unload --prepared v0
		[[ $(bpftool prog show pinned "$BPFFS/v0/%progs/tc_ingress/tc_pass") == "$id: "* &&
			$(ls "$BPFFS/v0/%progs/tc_ingress") == tc_pass ]] ||
			fail "not given back: $(ls "$BPFFS/v0/%progs/tc_ingress")"
		expect_status 0 load --no-attach v0 objects/tc_pass.o
		expect_status 0 load --no-attach v0 objects/tc_pass.o
		[[ $(status v0) == *"ours: loaded by ifbpf"* && -z $errors ]] || fail "$tc: $(status v0) $errors"
		expect_status 0 load v0 objects/tc_drop.o
		[[ $output == *"replaced program id $id"* ]] || fail "$tc: $output"
		[[ $(ls "$BPFFS/v0/%progs/tc_ingress") == tc_drop ]] ||
			fail "pinned: $(ls "$BPFFS/v0/%progs/tc_ingress")"
		expect_status 0 unload v0
	done
}

test_what_runs_by_netlink_can_be_replaced_without_cap_sys_admin_after_a_preparation()
{
	need capsh
	load -m skb v0 objects/xdp_pass.o >/dev/null
	load --no-attach v0 objects/xdp_pass.o >/dev/null 2>&1
	expect_status 0 capsh --drop=cap_sys_admin -- -c "$PWD/pinning/load v0 objects/xdp_drop.o"
	runs v0 xdp xdp_drop
	load --no-attach v0 objects/xdp_drop.o >/dev/null 2>&1
	expect_status 0 capsh --drop=cap_sys_admin -- -c "$PWD/pinning/unload v0"
	[[ -z $(prog_id v0) ]] || fail "it is still there"
}

# --- maps

test_maps_of_each_kind_are_used_on_with_their_content()
{
	local map before

	peer_gro
	in_peer ethtool -K v1 tx off
	expect_status 0 load v0 "$BUILT/load_kinds.o"
	[[ $(grep -c 'map of_.* created$' <<<"$output") == 9 ]] || fail "it says: $output"
	bpftool map update pinned "$BPFFS/v0/of_hash" key 1 0 0 0 value 7 0 0 0 0 0 0 0
	bpftool map update pinned "$BPFFS/v0/of_lru" key 1 0 0 0 value 8 0 0 0 0 0 0 0
	bpftool map update pinned "$BPFFS/v0/of_lpm" key 8 0 0 0 10 0 0 0 value 9 0 0 0 0 0 0 0
	bpftool map update pinned "$BPFFS/v0/of_devmap" key 1 0 0 0 value 1 0 0 0
	bpftool map update pinned "$BPFFS/v0/of_cpumap" key 0 0 0 0 value 64 0 0 0
	send 5
	before=$(ids_of v0)
	expect_status 0 load v0 "$BUILT/load_kinds.o"
	[[ $(grep -c ' reused$' <<<"$output") == 9 ]] || fail "it says: $output$errors"
	[[ $errors == *"begin anew in the new one: seen"* && $(wc -l <<<"$errors") == 3 ]] || fail "it says: $errors"
	[[ $(ids_of v0) == "$before" ]] || fail "other maps: $(diff <(echo "$before") <(ids_of v0))"
	send 5
	runs v0 xdp load_kinds
	for map in of_hash of_lru of_lpm of_devmap of_cpumap; do
		[[ $(bpftool -j map dump pinned "$BPFFS/v0/$map") == *'"key"'* ]] || fail "$map is empty"
	done
	[[ $(bpftool map lookup pinned "$BPFFS/v0/of_array" key 0 0 0 0) == *'"value": 10'* ]] ||
		fail "$(bpftool map lookup pinned "$BPFFS/v0/of_array" key 0 0 0 0)"
}

# ids_of IFNAME: 'NAME ID' of every flat map.
ids_of()
{
	local file

	for file in "$BPFFS/$1"/*; do
		[[ ! -f $file ]] || echo "${file##*/} $(map_id "$file")"
	done
}

test_what_the_object_says_of_pinning_does_not_matter()
{
	load v0 "$BUILT/load_kinds.o" >/dev/null
	load v0 objects/pinned/xdp_pass.o >/dev/null
	[[ $(find "$BPFFS" -mindepth 1 -maxdepth 1 ! -name '*.debug' -printf '%f ') == "v0 %ifbpf " ]] ||
		fail "pinned elsewhere: $(find "$BPFFS" -maxdepth 1)"
	[[ -f $BPFFS/v0/xdp_stats_map ]] || fail "not pinned here"
}

test_maps_of_the_object_itself_are_never_pinned()
{
	expect_status 0 load v0 "$BUILT/load_kinds.o"
	[[ $output == *"map .rodata id "*"map .bss id "* ]] || fail "it says: $output"
	[[ -z $(find "$BPFFS/v0" -name '*rodata*' -o -name '*bss*') ]] || fail "pinned"
}

test_maps_with_a_dot_in_their_name_are_used_on()
{
	local name file

	expect_status 0 load v0 "$BUILT/dotted.o"
	for name in deny.list the_long_deny_list.of.hosts limits.data; do
		file=$BPFFS/v0/${name//./%2E}
		[[ $output == *"map $name id $(map_id "$file") created"* ]] || fail "$name: $output"
		bpftool map update pinned "$file" key 0 0 0 0 value 7 0 0 0 0 0 0 0
	done
	expect_status 0 load v0 "$BUILT/dotted.o"
	for name in deny.list the_long_deny_list.of.hosts limits.data; do
		file=$BPFFS/v0/${name//./%2E}
		[[ $output == *"map $name id $(map_id "$file") reused"* ]] || fail "$name: $output"
		bpftool map lookup pinned "$file" key 0 0 0 0 | grep -q '07 00\|"value": 7' ||
			fail "$name is empty: $(bpftool map lookup pinned "$file" key 0 0 0 0)"
	done
	[[ -z $(find "$BPFFS/v0" -name '*rodata*' -o -name '*bss*') ]] || fail "pinned"
	status v0 | grep -q 'map  deny.list .* live$' || fail "it says: $(status v0)"
}

test_a_program_array_is_made_anew_and_filled_before_the_switch()
{
	local i pid passed

	expect_status 0 load -n jumps_main v0 "$BUILT/load_jumps.o"
	nsenter --net=/run/netns/peer "$PWD/build/tests/load_frames" v1 "$V0_MAC" &
	pid=$!
	eventually has_counted 1 || fail "nothing arrives"
	for ((i = 0; i < 10; i++)); do
		expect_status 0 load -n jumps_main v0 "$BUILT/load_jumps.o"
		[[ $output == *"map jumps id "*" created"$'\n'*"map xdp_stats_map id "*" reused"* ]] ||
			fail "it says: $output"
	done
	kill "$pid"
	wait "$pid" 2>/dev/null || true
	runs v0 xdp jumps_main
	has_counted 1 || fail "nothing was counted"
	passed=$(counter "$BPFFS/v0/xdp_stats_map" 2)
	[[ $passed == "0 0" ]] || fail "packets that found no program: $passed"
	# The old ones would hold their programs.
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "an old array stays: $(old_maps "$BPFFS/v0")"
}

test_sections_of_the_old_dialect_fill_their_slots()
{
	local section

	expect_status 0 load v0 "$BUILT/old_tails.o"
	send 5
	expect_totals v0 "xdp XDP_DROP 5"
	load v0 "$BUILT/old_tails.o" >/dev/null
	send 5
	expect_totals v0 "xdp XDP_DROP 10"
	for section in 8/1 7/9; do
		sed "s,7/1,$section,g" "$BUILT/old_tails.o" >"$TMPDIR/old_tails.o"
		expect_status 2 load v0 "$TMPDIR/old_tails.o"
		[[ $errors == *"cannot place program old_drop of section $section"* ]] ||
			fail "it says: $errors"
	done
	runs v0 xdp old_main
}

# spoil FILE AT BYTES: BYTES, as printf takes them, stand there instead.
spoil() { printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

test_a_damaged_object_of_the_old_dialect_is_refused()
{
	local old="$BUILT/old_tails.o" file="$TMPDIR/damaged.o" table count symbols size at before

	need readelf
	load v0 objects/xdp_pass.o >/dev/null
	before=$(snapshot)
	table=$(readelf -h "$old" | sed -n 's/.*Start of section headers: *\([0-9]*\).*/\1/p')
	count=$(readelf -h "$old" | sed -n 's/.*Number of section headers: *//p')
	read -r symbols size < <(readelf -SW "$old" | awk '$0 ~ / SYMTAB / { sub(/.*SYMTAB */, ""); print $2, $3 }')
	# The name of a section is what its header, 64 bytes, begins with.
	for ((at = table + 64; at < table + 64 * count; at += 64)); do
		cp "$old" "$file"
		spoil "$file" "$at" '\377\377\377\177'
		run load v0 "$file"
		((status == 2)) || fail "section $(((at - table) / 64)): status $status: $errors"
		[[ $errors == *": cannot "* ]] || fail "it says: $errors"
	done
	# The value of a symbol is the second 8 of its 24 bytes: here of a map behind all of its section.
	for ((at = 0x$symbols; at < 0x$symbols + 0x$size; at += 24)); do
		cp "$old" "$file"
		spoil "$file" $((at + 8)) '\360\377\377\377\377\377\377\377'
		run load --dry-run v0 "$file"
		((status == 0 || status == 2)) || fail "symbol at $at: status $status: $errors"
	done
	expect_unchanged "$before"
}

test_what_others_put_into_a_program_array_is_not_dropped_unsaid()
{
	local id

	load -n jumps_main v0 "$BUILT/load_jumps.o" >/dev/null
	bpftool prog load "$BUILT/load_bare.o" "$BPFFS/bare" type xdp
	bpftool map update pinned "$BPFFS/v0/jumps" key 0 0 0 0 value pinned "$BPFFS/bare"
	bpftool map update pinned "$BPFFS/v0/jumps" key 1 0 0 0 value pinned "$BPFFS/bare"
	id=$(bpftool -j prog show pinned "$BPFFS/bare" | sed 's/^{"id":\([0-9]*\).*/\1/')
	expect_status 0 load -n jumps_main v0 "$BUILT/load_jumps.o"
	[[ $errors == "load: map 'jumps' is made anew: slot 0 is empty now, program load_bare (id $id) is not of this object
load: map 'jumps' is made anew: in slot 1 program jumps_drop (id "*") takes the place of load_bare (id $id)" ]] ||
		fail "it says: $errors"
	expect_status 0 load -n jumps_main v0 "$BUILT/load_jumps.o"
	[[ -z $errors ]] || fail "it says again: $errors"
}

# no_drift: status finds that the record and what runs agree.
no_drift()
{
	[[ $(status v0) != *drift* ]] || fail "$1: $(status v0)"
	[[ $(doctor v0) != *record* ]] || fail "$1: $(doctor v0)"
}

test_what_is_called_through_a_program_array_belongs_to_the_load()
{
	local before

	expect_status 0 load -n tail_main v0 "$BUILT/load_tail_map.o"
	[[ $output == *"map jumps id "*" created"*"map xdp_stats_map id $(map_id "$BPFFS/v0/xdp_stats_map") created"* ]] ||
		fail "it says: $output"
	no_drift "a load"
	send 5
	expect_totals v0 "xdp XDP_DROP 5"
	expect_status 0 load -n tail_main v0 "$BUILT/load_tail_map.o"
	[[ $output == *"map xdp_stats_map id "*" reused"* ]] || fail "it says: $output"
	no_drift "a second load"
	send 5
	expect_totals v0 "xdp XDP_DROP 10"
	before=$(readlink "$BPFFS/v0/%meta" | sed 's/gen=[0-9]*//')
	pin_maps v0 >/dev/null
	[[ $(readlink "$BPFFS/v0/%meta" | sed 's/gen=[0-9]*//') == "$before" ]] ||
		fail "pin_maps finds something else: $before against $(readlink "$BPFFS/v0/%meta")"
}

test_what_is_prepared_is_no_drift()
{
	load --no-attach v0 objects/xdp_drop.o >/dev/null
	no_drift "prepared"
	load v0 objects/xdp_pass.o >/dev/null
	load --no-attach v0 objects/xdp_drop.o >/dev/null
	no_drift "prepared beside what runs"
	ip -force link set dev v0 xdpdrv pinned "$BPFFS/v0/%progs/xdp/xdp_drop"
	status v0 | grep -q "drift  *xdp: the record names program [0-9]*, which does not run there" ||
		fail "$(status v0)"
	load --no-attach -n tail_main v0 "$BUILT/load_tail_map.o" >/dev/null
	no_drift "prepared with what it calls"
}

test_a_filter_of_others_in_our_place_is_named()
{
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 700 handle 1 bpf da obj objects/tc_pass.o sec tc
	expect_status 2 load v0 objects/tc_drop.o
	[[ $errors == "load: cannot load onto tc_ingress of v0: pref 700, where our filter stands, is taken by program tc_pass (id $(tc_prog v0 ingress 700), "*", which is not ours"$'\n'"  hint: replace that one: --expect $(tc_prog v0 ingress 700) --replace"* ]] ||
		fail "it says: $errors"
	expect_status 0 load --expect "$(tc_prog v0 ingress 700)" --replace v0 objects/tc_drop.o
	runs v0 tc_ingress tc_drop
}

test_names_of_programs_are_made_fit_for_files()
{
	# A name as long as the other, so that the file stays as it is.
	sed 's/load_bare/load.bare/g' "$BUILT/load_bare.o" >"$TMPDIR/dot.o"
	expect_status 0 load v0 "$TMPDIR/dot.o"
	[[ -f $BPFFS/v0/%progs/xdp/load%2Ebare ]] || fail "pinned: $(ls "$BPFFS/v0/%progs/xdp")"
	status v0 | grep -q 'ours: loaded by ifbpf' || fail "$(status v0)"
	expect_status 0 load v0 "$TMPDIR/dot.o"
	expect_status 0 load v0 objects/xdp_pass.o
	[[ $(ls "$BPFFS/v0/%progs/xdp") == xdp_pass ]] || fail "still pinned: $(ls "$BPFFS/v0/%progs/xdp")"
}

# has_counted ACTION: more than a thousand.
has_counted()
{
	local now

	now=$(counter "$BPFFS/v0/xdp_stats_map" "$1")
	((${now% *} > 1000))
}

# put_ports: an entry with a program and one without; sets $id, of the map.
put_ports()
{
	load -n ports_main v0 "$BUILT/load_ports.o" >/dev/null
	id=$(map_id "$BPFFS/v0/ports")
	bpftool prog loadall "$BUILT/load_ports.o" "$BPFFS/entries"
	attach put "$BPFFS/v0/ports" 0 "$(ifindex v0)" "$BPFFS/entries/ports_entry"
	bpftool map update pinned "$BPFFS/v0/ports" key 1 0 0 0 value 1 0 0 0 255 255 255 255
}

test_a_devmap_is_used_on_unless_its_entries_hold_programs()
{
	local id before

	load -n ports_main v0 "$BUILT/load_ports.o" >/dev/null
	id=$(map_id "$BPFFS/v0/ports")
	expect_status 0 load -n ports_main v0 "$BUILT/load_ports.o"
	expect_id "$BPFFS/v0/ports" "$id"
	put_ports
	before=$(snapshot)
	expect_refusal "cannot use map 'ports' pinned in $BPFFS/v0 for another program: its entry 0 has program " \
		"$before" load -n ports_main v0 "$BUILT/load_ports.o"
	[[ $errors == *"--on-mismatch migrate"*"--on-mismatch fresh"* ]] || fail "no way out is said: $errors"
	expect_status 0 load --on-mismatch fresh -n ports_main v0 "$BUILT/load_ports.o"
	[[ $errors == *"map 'ports' is made anew: its entries hold programs"* ]] || fail "it says: $errors"
	[[ $(map_id "$BPFFS/v0/ports") != "$id" ]] || fail "used on"
	[[ $output == *"map ports id "*" created (map $id stays as $BPFFS/v0/ports%old-$id)"* ]] ||
		fail "it says: $output"
}

test_entries_of_a_devmap_without_a_program_come_over_and_the_others_are_named()
{
	local id

	put_ports
	expect_status 3 load --on-mismatch migrate -n ports_main v0 "$BUILT/load_ports.o"
	[[ $errors == *"map 'ports', key 0: it has a program"* ]] || fail "it says: $errors"
	[[ $output == *"map ports id "*" migrated (map $id stays as $BPFFS/v0/ports%old-$id)"* ]] ||
		fail "it says: $output"
	[[ $(bpftool map lookup pinned "$BPFFS/v0/ports" key 1 0 0 0) == *"value: 01 00 00 00 "* ]] ||
		fail "$(bpftool map dump pinned "$BPFFS/v0/ports")"
	! bpftool map lookup pinned "$BPFFS/v0/ports" key 0 0 0 0 2>/dev/null || fail "it has a program still"
	expect_status 0 load -n ports_main v0 "$BUILT/load_ports.o"
}

test_a_map_that_is_defined_otherwise_stops_the_load_and_the_difference_is_shown()
{
	local before

	load v0 "$BUILT/load_flows1.o" >/dev/null
	before=$(snapshot)
	expect_refusal "cannot reuse map 'flow_table' pinned in $BPFFS/v0: it is not what the object defines" \
		"$before" load v0 "$BUILT/load_flows2.o"
	[[ $(sed -n '/ object  *pinned$/,/ value.state /p' <<<"$errors" | tr -s ' ') == " object pinned
 max entries 32 16
 value.flags unsigned int, 4 B -
 value.bytes unsigned int, 4 B unsigned long long, 8 B
 value.seen unsigned int, 4 B -
 value.state - unsigned int, 4 B" ]] || fail "it says: $errors"
	[[ $errors == *"--on-mismatch fresh"* ]] || fail "no way out is said: $errors"
	runs v0 xdp load_flows1
}

test_all_maps_that_are_defined_otherwise_are_shown_and_all_of_a_member()
{
	local before

	load v0 "$BUILT/carry1.o" >/dev/null
	before=$(snapshot)
	expect_status 2 load v0 "$BUILT/carry2.o"
	[[ $(tr -s ' ' <<<"$errors") == *" value.note at byte 0 at byte 4
 value.note unsigned long long, 8 B unsigned int, 4 B
"* && $errors == *"cannot reuse map 'deny_list'"* ]] || fail "it says: $errors"
	[[ $(tr -s ' ' <<<"$errors") == *"cannot reuse map 'frames_seen'"*" value.passed at byte 16 at byte 0"* ]] ||
		fail "it says: $errors"
	[[ $(grep -c 'hint: .*--on-mismatch fresh' <<<"$errors") == 1 ]] || fail "it says: $errors"
	expect_unchanged "$before"
}

test_fresh_takes_an_empty_map_and_keeps_the_old_one_beside_it()
{
	local old

	load v0 "$BUILT/load_flows1.o" >/dev/null
	old=$(map_id "$BPFFS/v0/flow_table")
	send 4
	expect_status 0 load --on-mismatch fresh v0 "$BUILT/load_flows2.o"
	[[ $errors == *"map 'flow_table' is made anew, the one pinned in $BPFFS/v0 is not what the object defines:"* ]] ||
		fail "it says: $errors"
	[[ $output == *"map flow_table id "*" created (map $old stays as $BPFFS/v0/flow_table%old-$old)"*\
"map xdp_stats_map id "*" reused"* ]] || fail "it says: $output"
	expect_id "$BPFFS/v0/flow_table%old-$old" "$old"
	runs v0 xdp load_flows2
	send 3
	expect_totals v0 "xdp XDP_PASS 7"
}

test_counters_of_another_definition_stay_in_the_total()
{
	# Of a map with fewer slots, as older loaders make it.
	bpftool map create "$BPFFS/few" type percpu_array key 4 value 16 entries 3 name xdp_stats_map
	bpftool prog load objects/xdp_pass.o "$BPFFS/theirs" type xdp map name xdp_stats_map pinned "$BPFFS/few" 2>/dev/null ||
		skip "bpftool loads no program with a map of another size"
	ip link set dev v0 xdpgeneric pinned "$BPFFS/theirs"
	rm "$BPFFS/few" "$BPFFS/theirs"
	pin_maps v0 >/dev/null
	send 5
	expect_status 2 load v0 objects/xdp_pass.o
	expect_status 0 load --on-mismatch fresh v0 objects/xdp_pass.o
	send 2
	expect_totals v0 "xdp XDP_PASS 7"
}

test_a_map_of_another_type_is_not_used_on()
{
	mkdir -m 700 "$BPFFS/v0"
	bpftool map create "$BPFFS/v0/flow_table" type array key 4 value 16 entries 16 name flow_table
	expect_status 2 load v0 "$BUILT/load_flows1.o"
	[[ $(tr -s ' ' <<<"$errors") == *" type hash array"* ]] || fail "it says: $errors"
	[[ -z $(prog_id v0) ]] || fail "attached"
}

# Killed while it removes that stage, it would be taken for one whose exchange had begun.
test_a_stage_that_comes_to_nothing_loses_its_even_record_first()
{
	need strace
	# The driver of lo has no native XDP: refused when all is prepared.
	run env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" strace -f -qq -o "$TMPDIR/calls" -e trace=unlinkat \
		load -m native lo objects/xdp_pass.o
	((status == 2)) || fail "status $status: $errors"
	[[ $(grep -e '%meta"' -e '%odd"' "$TMPDIR/calls" | head -n 1) == *'"lo~'*'/%meta", 0)'*"= 0" ]] ||
		fail "$(<"$TMPDIR/calls")"
}

# --- dry runs, and where the pins are

test_dry_run_leaves_nothing()
{
	local before old

	expect_status 0 load --dry-run v0 objects/xdp_pass.o
	[[ $output == "v0 xdp: program xdp_pass id "*" would be loaded"*"  would be attached native by netlink
  map xdp_stats_map id "*" would be created" ]] ||
		fail "it says: $output"
	[[ -z $(find "$BPFFS" -mindepth 1 ! -name '*.debug') && -z $(prog_id v0) ]] || fail "it left something"
	eventually is_gone prog "$(sed -n 's/.*xdp_pass id \([0-9]*\).*/\1/p' <<<"$output")" ||
		fail "the program is still there"
	load v0 objects/xdp_pass.o >/dev/null
	old=$(prog_id v0)
	before=$(snapshot)
	expect_status 0 load --dry-run --json v0 objects/xdp_drop.o
	[[ $output == *'"dry_run":true'*'"path":null}'*'"attached":null,"would":{"replaced_id":'"$old"',"replaced":"xdp_pass (id '"$old"', tag '*')",'\
'"replaced_how":"native by netlink","foreign":false,"reason":null,"how":"native by netlink","one_step":true}'\
*'"state":"reused"'* ]] ||
		fail "it says: $output"
	expect_status 0 load --dry-run --link -m skb v0 objects/xdp_drop.o
	[[ $output == *"  would replace program xdp_pass (id $old, tag "*"), native by netlink, which is ours; \
not in one step: packets pass between
  would be attached skb by link
  map xdp_stats_map id "*" would be reused" ]] || fail "it says: $output"
	expect_status 0 load --dry-run --hook tc_egress v0 objects/tc_pass.o
	! tc qdisc show dev v0 | grep -q clsact || fail "a qdisc was made"
	expect_unchanged "$before"
	[[ $(prog_id v0) == "$old" ]] || fail "it was replaced"
	link_xdp_again
	expect_status 2 load --dry-run v0 objects/xdp_drop.o
	[[ $errors == *"is not ours"* ]] || fail "it says: $errors"
	expect_status 0 load --dry-run --replace v0 objects/xdp_drop.o
	[[ $output == *"would replace program "*", which is not ours: "* ]] || fail "it says: $output"
}

link_xdp_again() { ip -force link set dev v0 xdpdrv obj objects/xdp_pass.o sec xdp; }

test_fresh_uses_nothing_of_an_interface_that_is_gone()
{
	local how old

	make_veth v5
	load v5 "$BUILT/load_flows1.o" >/dev/null
	for how in fail migrate; do
		old=$(map_id "$BPFFS/v5/flow_table")
		bpftool map update pinned "$BPFFS/v5/flow_table" key 7 0 0 0 \
			value 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
		ip link del v5
		make_veth v5
		expect_status 0 load --fresh --on-mismatch "$how" v5 "$BUILT/load_flows2.o"
		[[ $errors == *"its maps are dropped"* ]] || fail "it says: $errors"
		[[ $(map_id "$BPFFS/v5/flow_table") != "$old" ]] || fail "the old map is used on"
		[[ -z $(old_maps "$BPFFS/v5") ]] || fail "left: $(old_maps "$BPFFS/v5")"
		! bpftool map lookup pinned "$BPFFS/v5/flow_table" key 7 0 0 0 >/dev/null 2>&1 ||
			fail "the old content is there"
	done
	old=$(map_id "$BPFFS/v5/flow_table")
	ip link del v5
	make_veth v5
	expect_status 0 load --fresh v5 "$BUILT/load_flows2.o"
	[[ $output == *"map flow_table id "*" created"* ]] || fail "it says: $output"
	[[ $(map_id "$BPFFS/v5/flow_table") != "$old" ]] || fail "the same map is used on"
}

test_another_bpffs_is_used_where_the_environment_names_one()
{
	mkdir /run/other
	mount -t bpf bpf /run/other
	export IFBPF_BPFFS=/run/other
	expect_status 0 load v0 objects/xdp_pass.o
	[[ -f /run/other/v0/xdp_stats_map && ! -e $BPFFS/v0 ]] || fail "pinned elsewhere"
	expect_status 0 load v0 objects/xdp_drop.o
	send 2
	expect_totals v0 "xdp XDP_DROP 2"
}

test_interfaces_of_another_namespace_are_loaded_and_pinned_apart()
{
	local path

	load v0 objects/xdp_pass.o >/dev/null
	expect_status 0 load --netns peer v1 objects/xdp_pass.o
	path=$(ls -d "$BPFFS"/%ifbpf/ns/*/v1)
	[[ -f $path/xdp_stats_map && -f $path/%progs/xdp/xdp_pass ]] || fail "pinned elsewhere"
	send_out 3
	run stats --netns peer v1
	[[ $(tr -s ' ' <<<"$output") == "v1 xdp XDP_PASS 3 packets 300 bytes" ]] || fail "stats: $output$errors"
	expect_status 0 load --link --netns peer v1 objects/xdp_drop.o
	expect_status 0 load --netns peer v1 objects/xdp_drop.o
	send_out 2
	run stats --netns peer v1
	[[ $(tr -s ' ' <<<"$output") == "v1 xdp XDP_DROP 2 packets 200 bytes
v1 xdp XDP_PASS 3 packets 300 bytes" ]] || fail "stats: $output$errors"
}

test_no_such_interface_or_namespace()
{
	expect_status 2 load no_such objects/xdp_pass.o
	[[ $errors == *"no_such"* ]] || fail "it says: $errors"
	expect_status 2 load --netns no_such v0 objects/xdp_pass.o
	[[ $errors == *"no_such"* ]] || fail "it says: $errors"
}

test_without_privilege_it_is_refused()
{
	local before

	load v0 objects/xdp_pass.o >/dev/null
	before=$(snapshot)
	expect_status 2 as_user "$PWD/pinning/load" v0 objects/xdp_drop.o
	[[ $errors == "load: cannot "* ]] || fail "it says: $errors"
	expect_status 2 as_user "$PWD/pinning/load" --dry-run v0 objects/xdp_drop.o
	expect_unchanged "$before"
}

# with_caps CAPS COMMAND...: root's files, and of its capabilities only these. Before 5.11 memory of BPF
# is locked memory, and raising its limit takes another one.
with_caps()
{
	local caps=$1

	shift
	ulimit -l unlimited 2>/dev/null || true
	setpriv --bounding-set "-all,$caps" --inh-caps -all --no-new-privs "$@"
}

test_that_migrate_needs_sys_admin_is_said()
{
	load v0 "$BUILT/load_flows1.o" >/dev/null
	rm "$BPFFS/v0/%layouts"
	expect_status 0 with_caps +bpf,+net_admin,+perfmon "$PWD/pinning/load" --on-mismatch migrate v0 "$BUILT/load_flows2.o"
	[[ $errors == *"value "*"it takes CAP_SYS_ADMIN to read the old map's BTF: taken as the new one's"* ]] ||
		fail "it says: $errors"
}

# Of the same sizes, with other members: what load noted of the pinned map tells.
test_other_types_are_refused_without_sys_admin()
{
	local caps=+bpf,+net_admin,+perfmon before map

	with_caps "$caps" load v0 "$BUILT/types1.o" >/dev/null
	map=$(map_id "$BPFFS/v0/table")
	before=$(snapshot)
	expect_status 2 with_caps "$caps" load v0 "$BUILT/types2.o"
	[[ $errors == *"cannot reuse map 'table'"*"types of key and value "*"CAP_SYS_ADMIN shows them"* ]] ||
		fail "it says: $errors"
	[[ $errors != *"--on-mismatch migrate"* ]] || fail "it cannot: $errors"
	expect_status 2 with_caps "$caps" load --on-mismatch migrate v0 "$BUILT/types2.o"
	[[ $errors == *"value "*"refused: the types of key and value are noted as others"* ]] ||
		fail "it says: $errors"
	expect_unchanged "$before"
	expect_status 0 with_caps "$caps" load v0 "$BUILT/types1.o"
	[[ -z $errors ]] || fail "it says: $errors"
	expect_id "$BPFFS/v0/table" "$map"
	expect_status 0 with_caps "$caps" load --on-mismatch fresh v0 "$BUILT/types2.o"
	expect_status 2 with_caps "$caps" load v0 "$BUILT/types1.o"
}

test_that_types_cannot_be_compared_is_said()
{
	local caps=+bpf,+net_admin,+perfmon

	load v0 "$BUILT/types1.o" >/dev/null
	rm "$BPFFS/v0/%layouts"
	expect_status 0 with_caps "$caps" load v0 "$BUILT/types2.o"
	[[ $errors == *"the types of these maps could not be compared"*CAP_SYS_ADMIN*": table"* ]] ||
		fail "it says: $errors"
	# Whose types cannot be known is not noted as of the object's.
	expect_status 0 with_caps "$caps" load v0 "$BUILT/types1.o"
	[[ $errors == *"the types of these maps could not be compared"*": table"* ]] || fail "it says: $errors"
	# Root notes what it reads, and pin_maps as well.
	load v0 "$BUILT/types1.o" >/dev/null
	expect_status 2 with_caps "$caps" load v0 "$BUILT/types2.o"
	unload --all --purge v0 >/dev/null
	link_xdp v0 "$BUILT/types1.o"
	pin_maps v0 >/dev/null
	expect_status 2 with_caps "$caps" load v0 "$BUILT/types2.o"
	[[ $errors == *"types of key and value "* ]] || fail "it says: $errors"
}

# The notes of all maps are good for a migration as well, and what lacks them is said in one line.
test_what_is_noted_of_types_is_enough_to_migrate()
{
	local caps=+bpf,+net_admin,+perfmon

	with_caps "$caps" load v0 objects/xdp_acl.o >/dev/null
	expect_status 0 with_caps "$caps" load --on-mismatch migrate v0 "$BUILT/acl_grown.o"
	[[ $errors == *"key  "*" kept"* && $errors != *assumed* ]] || fail "it says: $errors"
	rm "$BPFFS/v0/%layouts"
	expect_status 0 with_caps "$caps" load v0 "$BUILT/acl_grown.o"
	[[ $(grep -c 'could not be compared' <<<"$errors") == 1 && $errors == *acl_macs* ]] ||
		fail "it says: $errors"
}

# What is noted is of the maps that are pinned.
test_what_is_noted_of_types_goes_with_the_pins()
{
	local old

	load v0 "$BUILT/types1.o" >/dev/null
	old=$(map_id "$BPFFS/v0/table")
	load --on-mismatch fresh v0 "$BUILT/types2.o" >/dev/null
	[[ $(readlink "$BPFFS/v0/%layouts") =~ [=,]$old(\;|,|$) ]] || fail "the old one is not noted"
	gc --old >/dev/null
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "the old one is still pinned"
	load --on-mismatch fresh v0 "$BUILT/types1.o" >/dev/null
	[[ ! $(readlink "$BPFFS/v0/%layouts") =~ [=,]$old(\;|,|$) ]] || fail "still noted: $old"
	[[ $(readlink "$BPFFS/v0/%layouts") =~ [=,]$(map_id "$BPFFS/v0/table")(\;|,|$) ]] ||
		fail "the new one is not noted"
}

test_bpf_and_net_admin_are_enough()
{
	local how hook flows
	local -a hows=("" --link "--tc clsact")

	! attach has tcx_ingress || hows+=("--tc tcx" "--tc tcx --link")
	for how in "${hows[@]}"; do
		hook=xdp
		[[ $how != *tc* ]] || hook=tc_ingress
		# shellcheck disable=SC2086 # several words
		expect_status 0 with_caps +bpf,+net_admin load $how --hook "$hook" v0 "$BUILT/hooks.o"
		[[ -z $errors || $errors == *"in one step"* ]] || fail "'$how': messages: $errors"
		# shellcheck disable=SC2086 # several words
		expect_status 0 with_caps +bpf,+net_admin load $how --hook "$hook" v0 "$BUILT/hooks.o"
		[[ $output == *"replaced program id "*" reused" && -z $errors ]] ||
			fail "'$how': $output$errors"
	done
	runs v0 xdp hooks_xdp
	runs v0 tc_ingress hooks_tc
	flows=$(map_id "$BPFFS/v0/flows")
	expect_status 0 with_caps +bpf,+net_admin load -v --hook xdp v0 "$BUILT/hooks.o"
	[[ $errors == *"the types of map 'flows' were compared by what is noted"* ]] ||
		fail "it says: $errors"
	[[ $errors == *"without CAP_SYS_ADMIN"* ]] || fail "it says: $errors"
	expect_id "$BPFFS/v0/flows" "$flows"
	runs v0 xdp hooks_xdp
}

# The kernel lists links with CAP_SYS_ADMIN only, but load has this one open.
test_without_sys_admin_the_link_is_reported_all_the_same()
{
	local how link

	for how in "--link" "" "-m skb"; do
		# shellcheck disable=SC2086 # several words
		expect_status 0 with_caps +bpf,+net_admin,+perfmon load $how v0 objects/xdp_pass.o
		link=$(link_of "$BPFFS/v0/%links/xdp")
		[[ $output == *"attached by link in "*" mode (link $link)"* ]] || fail "'$how': $output"
	done
	expect_status 0 with_caps +bpf,+net_admin,+perfmon load --json v0 objects/xdp_pass.o
	[[ $output == *'"link_id":'"$link,"* ]] || fail "it says: $output"
	unload v0 >/dev/null
	load --netlink -m native v0 objects/xdp_pass.o >/dev/null
	expect_status 0 with_caps +bpf,+net_admin,+perfmon load --link v0 objects/xdp_pass.o
	[[ $output == *"attached by link in native mode (link $(link_of "$BPFFS/v0/%links/xdp"))"* ]] ||
		fail "from netlink: $output"
	expect_status 0 with_caps +bpf,+net_admin,+perfmon load --netlink v0 objects/xdp_pass.o
	[[ $output == *"attached by netlink in native mode"$'\n'* ]] || fail "to netlink: $output"
}

test_programs_that_subtract_pointers_need_perfmon_as_well()
{
	expect_status 2 with_caps +bpf,+net_admin load v0 objects/xdp_pass.o
	[[ $errors == *"pointer prohibited"* ]] || fail "it says: $errors"
	expect_status 0 with_caps +bpf,+net_admin,+perfmon load v0 objects/xdp_pass.o
	expect_status 0 with_caps +bpf,+net_admin,+perfmon load v0 objects/xdp_drop.o
	runs v0 xdp xdp_drop
}

test_a_limit_of_locked_memory_is_told_where_the_kernel_goes_by_it()
{
	load v0 objects/xdp_pass.o >/dev/null
	run bash -c 'ulimit -l 0 && exec "$@"' limited setpriv --bounding-set -all,+bpf,+net_admin,+perfmon \
		--inh-caps -all --no-new-privs "$PWD/pinning/load" v0 objects/xdp_drop.o
	if ((status == 0)); then
		[[ -z $errors ]] || fail "it says: $errors"
		return
	fi
	((status == 2)) || fail "status $status"
	[[ $errors == *"locked memory: 0 KiB, which counts before Linux 5.11"* ]] || fail "it says: $errors"
	runs v0 xdp xdp_pass
}

# --- several at once, and readers

test_loads_at_once_on_one_interface_come_one_after_the_other()
{
	local i pids=()

	load v0 objects/xdp_pass.o >/dev/null
	send 3
	for i in 1 2 3 4 5 6; do
		load v0 objects/xdp_drop.o >"$TMPDIR/once.$i" 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || fail "$(cat "$TMPDIR"/once.*)"
	done
	runs v0 xdp xdp_drop
	send 2
	expect_totals v0 "xdp XDP_DROP 2" "xdp XDP_PASS 3"
	[[ $(generation "$BPFFS/v0") == 14 ]] || fail "generation $(generation "$BPFFS/v0")"
}

test_loads_at_once_on_two_interfaces_do_not_disturb_each_other()
{
	local i pids=() name

	make_veth w0
	for i in 1 2 3; do
		for name in v0 w0; do
			load "$name" objects/xdp_pass.o >"$TMPDIR/once.$name.$i" 2>&1 &
			pids+=($!)
		done
	done
	for i in "${pids[@]}"; do
		wait "$i" || fail "$(cat "$TMPDIR"/once.*)"
	done
	runs v0 xdp xdp_pass
	runs w0 xdp xdp_pass
	[[ $(generation "$BPFFS/v0") == 6 && $(generation "$BPFFS/w0") == 6 ]] || fail "other generations"
}

test_stats_that_watch_follow_a_load()
{
	local pid

	load v0 "$BUILT/load_flows1.o" >/dev/null
	stats --watch --json --interval 0.05 v0 >"$TMPDIR/watch" 2>&1 &
	pid=$!
	send 3
	eventually grep -q '"XDP_PASS":{"packets":3,' "$TMPDIR/watch" || fail "$(tail -n 2 "$TMPDIR/watch")"
	load v0 objects/xdp_drop.o >/dev/null
	send 4
	eventually grep -q '"XDP_DROP":{"packets":4,.*"XDP_PASS":{"packets":3,' "$TMPDIR/watch" ||
		fail "$(tail -n 2 "$TMPDIR/watch")"
	eventually grep -q "\"program_id\":$(prog_id v0),\"stale\":false" "$TMPDIR/watch" ||
		fail "$(tail -n 2 "$TMPDIR/watch")"
	kill -TERM "$pid"
	wait "$pid" || fail "stats failed: $(tail -n 2 "$TMPDIR/watch")"
}

test_a_shared_map_takes_the_place_of_another_only_if_it_may()
{
	make_veth a0 b0
	load a0 objects/xdp_pass.o >/dev/null
	load b0 objects/xdp_pass.o >/dev/null
	expect_status 2 load --shared a0 b0 objects/xdp_drop.o
	[[ $errors == *"cannot share map 'xdp_stats_map': a0 has map "*"--on-mismatch fresh"* ]] || fail "$errors"
	expect_status 0 load --shared --on-mismatch fresh a0 b0 objects/xdp_drop.o
	[[ $(map_id "$BPFFS/a0/xdp_stats_map") == "$(map_id "$BPFFS/b0/xdp_stats_map")" ]] ||
		fail "they do not share"
	expect_status 0 load --shared a0 b0 objects/xdp_pass.o
}

test_a_full_row_of_tcx_is_told_as_such()
{
	need_tcx
	[[ $(attach fill v0 tcx_ingress) -ge 63 ]] || fail "not filled"
	run doctor v0
	[[ $output == *"the row of tcx programs on tc_ingress is full: load --tc tcx will be refused"* ]] ||
		fail "doctor: $output"
	expect_status 2 load --dry-run --tc tcx v0 objects/tc_drop.o
	[[ $errors == *"load: cannot load onto tc_ingress of v0: its row of tcx programs is full"*"hint: "*"bpftool net show dev v0"*"--tc clsact"* ]] ||
		fail "it says: $errors"
	expect_status 2 load --tc tcx v0 objects/tc_drop.o
	[[ $errors == *"load: cannot attach the program on tc_ingress of v0: "*"hint: it takes 63 programs"* ]] ||
		fail "it says: $errors"
	# The old one is not taken off in vain.
	expect_status 0 load v0 objects/tc_drop.o
	expect_fail "its row of tcx programs is full" load --tc tcx v0 objects/tc_pass.o
	runs v0 tc_ingress tc_drop
	expect_status 0 load --tc tcx --hook tc_egress v0 objects/tc_drop.o
}

test_what_has_the_name_of_a_map_and_is_none_is_told()
{
	local before

	mkdir -m 0700 "$BPFFS/v0"
	mkdir "$BPFFS/v0/xdp_stats_map"
	before=$(snapshot "$BPFFS/v0")
	expect_status 2 load v0 objects/xdp_pass.o
	[[ $errors == "load: cannot pin map 'xdp_stats_map' in $BPFFS/v0: a directory has that name there"*"hint: "*": rmdir $BPFFS/v0/xdp_stats_map"* ]] ||
		fail "it says: $errors"
	expect_unchanged "$before" "$BPFFS/v0"
	rmdir "$BPFFS/v0/xdp_stats_map"
	bpftool prog load objects/xdp_pass.o "$BPFFS/v0/xdp_stats_map" type xdp
	expect_fail "something that is no map has that name there" load v0 objects/xdp_pass.o
	[[ -z $(prog_id v0) ]] || fail "attached"
	rm "$BPFFS/v0/xdp_stats_map"
	expect_status 0 load v0 objects/xdp_pass.o
	mkdir "$BPFFS/v0/%egress/tc_stats_map"
	expect_fail ": rmdir $BPFFS/v0/%egress/tc_stats_map" load --hook tc_egress v0 objects/tc_pass.o
	rmdir "$BPFFS/v0/%egress/tc_stats_map"
	expect_status 0 load --hook tc_egress v0 objects/tc_pass.o
}

test_who_holds_the_lock_of_an_interface_is_told()
{
	local command holder waiting

	load v0 objects/xdp_pass.o >/dev/null
	for command in "load v0 objects/xdp_drop.o" "unload v0"; do
		flock --no-fork "$BPFFS/v0/%lock" sleep 60 &
		holder=$!
		eventually grep -q "FLOCK .* $holder .*:$(stat -c %i "$BPFFS/v0/%lock") " /proc/locks
		: >"$TMPDIR/errors" # what the one before it said
		# shellcheck disable=SC2086 # words of a command
		$command >"$TMPDIR/output" 2>"$TMPDIR/errors" &
		waiting=$!
		eventually grep -q waiting "$TMPDIR/errors" || fail "$command: it does not say that it waits"
		[[ $(<"$TMPDIR/errors") == "${command%% *}: waiting for process $holder, which holds the lock of $BPFFS/v0/%lock" ]] ||
			fail "it says: $(<"$TMPDIR/errors"), the process is $holder"
		kill "$holder"
		wait "$waiting" || fail "$command: $(<"$TMPDIR/errors")"
	done
}

test_a_program_that_is_on_without_its_pins_is_said()
{
	local call n

	for call in renameat renameat2; do
		for n in 1 2; do
			load v0 objects/xdp_drop.o >/dev/null
			run with_fault "$call:error=EPERM:when=$n" load --on-mismatch fresh v0 "$BUILT/types1.o"
			((status != 0)) || continue
			((status == 3)) || fail_run "status $status" "$call $n"
			[[ $errors == *"program $(prog_id v0) is on xdp of v0, but its pins are not in place: the next run "*" finishes that"* ]] ||
				fail "$call $n: it says: $errors"
			run load v0 objects/xdp_drop.o
			[[ $errors == *"finished what a killed 'load' began"* ]] || fail "it says: $errors"
		done
	done
	# What was never switched is not said to be on.
	run with_fault symlinkat:error=EPERM:when=2 load v0 "$BUILT/types1.o"
	((status == 2)) || fail "status $status: $errors"
	[[ $errors != *" is on xdp of v0"* ]] || fail "it says: $errors"
}
