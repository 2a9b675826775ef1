# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# status: the same as bpftool says, and what of the pins belongs to what runs.
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
. tests/pins.sh

# number KEY and word KEY: values of a key in the JSON on stdin, one a line.
number() { grep -o "\"$1\":[0-9]*" | cut -d : -f 2; }
word() { grep -o "\"$1\":\"[^\"]*\"" | cut -d '"' -f 4; }

# programs: a line for each program in the status document on stdin.
programs() { sed 's/{"hook":/\n&/g; s/"drift":/\n&/' | grep '^{"hook":.*"tracing"'; }

# attributes: the id, name, tag, time and uid of the programs on stdin, and their maps.
attributes()
{
	local line

	while read -r line; do
		head -n 1 <(sed 's/.*"via_map_id"[^,]*,//' <<<"$line" | number id)
		word tag <<<"$line"
		head -n 1 <(sed 's/.*"via_map_id"[^,]*,//' <<<"$line" | word name)
		sed 's/"maps".*//' <<<"$line" | number loaded_ns | sed 's/.........$//'
		number uid <<<"$line"
		sed 's/.*"maps"//' <<<"$line" | grep -o '"name":"[^"]*","id":[0-9]*,"type":"[^"]*"' |
			sed 's/"[a-z]*"://g; s/"//g'
	done
}

# told_by_bpftool ID...: the same of these programs.
told_by_bpftool()
{
	local id map info

	for id; do
		info=$(bpftool -j prog show id "$id")
		number id <<<"$info" | head -n 1
		word tag <<<"$info"
		word name <<<"$info"
		number loaded_at <<<"$info"
		number uid <<<"$info"
		for map in $(prog_maps "$id"); do
			info=$(bpftool -j map show id "$map")
			echo "$(word name <<<"$info"),$map,$(word type <<<"$info")"
		done
	done
}

# on_link HOOK IFNAME OBJECT NAME: attached by a link that is pinned, as is the program, in others/.
on_link()
{
	mkdir -p "$BPFFS/others"
	case $1 in
	xdp) bpftool prog load "$3" "$BPFFS/others/$4" type xdp ;;
	*) bpftool prog load "$3" "$BPFFS/others/$4" type tc ;;
	esac
	attach link "$1" "$2" "$BPFFS/others/$4" "$BPFFS/others/$4_link"
}

link_id() { bpftool -j link show pinned "$1" | number id; }
pinned_prog_id() { bpftool -j prog show pinned "$1" | number id | head -n 1; }

test_programs_and_maps_are_those_that_bpftool_shows()
{
	local ids

	link_xdp v0 objects/xdp_pass.o
	link_tc v0 ingress objects/tc_pass.o
	link_tc v0 egress objects/tc_drop.o
	expect_status 0 status --json v0
	ids=$(bpftool -j net show dev v0 | number id)
	[[ $(wc -w <<<"$ids") == 3 ]] || fail "bpftool net shows: $ids"
	# shellcheck disable=SC2086 # a list of numbers
	diff <(told_by_bpftool $ids) <(programs <<<"$output" | attributes) || fail "they differ"
	[[ -z $errors ]] || fail "messages without need: $errors"
}

test_tc_filters_are_told_by_preference_handle_and_chain_in_run_order()
{
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress chain 5 pref 9 handle 1 bpf da obj objects/tc_drop.o sec tc
	tc filter add dev v0 ingress pref 20 handle 3 bpf da obj objects/tc_pass.o sec tc
	tc filter add dev v0 ingress pref 7 handle 0x11 bpf obj objects/tc_drop.o sec tc
	expect_status 0 status v0
	[[ $(grep -o 'tc_ingress .*' <<<"$output" | sed 's/  id [0-9]* *tag [0-9a-f]*//' |
		tr -s ' ') == "tc_ingress tc_drop clsact pref 7 handle 0x11 chain 0, without direct-action
tc_ingress tc_pass clsact pref 20 handle 0x3 chain 0
tc_ingress tc_drop clsact pref 9 handle 0x1 chain 5" ]] || fail "it says: $output"
	[[ $(status --json v0 | programs | number position | tr '\n' ' ') == "1 2 3 " ]] ||
		fail "positions: $(status --json v0)"
	[[ $(status --json v0 | grep -o '"direct_action":[a-z]*' | tr '\n' ' ') == \
		'"direct_action":false "direct_action":true "direct_action":true ' ]] ||
		fail "direct-action: $(status --json v0)"
}

test_mode_and_netlink_or_link_are_told()
{
	local link

	link_xdp v0 objects/xdp_pass.o
	status v0 | grep -q '^  xdp .*  skb, netlink$' || fail "generic: $(status v0)"
	ip link set dev v0 xdpgeneric off
	ip link set dev v0 xdpdrv obj objects/xdp_pass.o sec xdp
	status v0 | grep -q '^  xdp .*  native, netlink$' || fail "native: $(status v0)"
	ip link set dev v0 xdp off
	on_link xdp v0 objects/xdp_pass.o mine
	link=$(link_id "$BPFFS/others/mine_link")
	status v0 | grep -q "^  xdp .*  native, link $link\$" || fail "link $link: $(status v0)"
}

test_tcx_programs_have_a_position_and_a_link()
{
	local first second

	need_tcx
	on_link tcx_ingress v0 objects/tc_pass.o first
	on_link tcx_ingress v0 objects/tc_drop.o second
	first=$(link_id "$BPFFS/others/first_link")
	second=$(link_id "$BPFFS/others/second_link")
	expect_status 0 status v0
	grep -q "^  tc_ingress  tc_pass .*  tcx position 1, link $first\$" <<<"$output" &&
		grep -q "^  tc_ingress  tc_drop .*  tcx position 2, link $second\$" <<<"$output" ||
		fail "links $first and $second: $output"
}

test_links_are_shown_as_fdinfo_has_them()
{
	local xdp tcx id tag

	need_tcx
	on_link xdp v0 objects/xdp_pass.o a
	on_link tcx_egress v0 objects/tc_pass.o b
	on_link xdp "$(make_veth w0 && echo w0)" objects/xdp_drop.o c
	xdp=$(link_id "$BPFFS/others/a_link")
	tcx=$(link_id "$BPFFS/others/b_link")
	id=$(bpftool -j link show id "$xdp" | number prog_id)
	tag=$(bpftool -j prog show id "$id" | word tag)
	expect_status 0 status --links v0
	[[ $(wc -l <<<"$output") == 2 ]] || fail "links of v0: $output"
	grep -q "^v0  link_type xdp  link_id $xdp  prog_tag $tag  prog_id $id  ifindex $(ifindex v0)  \
$BPFFS/others/a_link\$" <<<"$output" || fail "no link $xdp: $output"
	grep -q "^v0  link_type tcx  link_id $tcx .* ifindex $(ifindex v0) " <<<"$output" ||
		fail "no link $tcx: $output"
	[[ $(status --json v0 | sed 's/.*"links"://' | number link_id | tr '\n' ' ') == "$xdp $tcx " ]] ||
		fail "in JSON: $(status --json v0)"
}

test_ours_and_foreign_have_a_reason()
{
	link_xdp v0 objects/xdp_pass.o
	status v0 | grep -q 'foreign: not adopted' || fail "before: $(status v0)"
	pin_maps v0 >/dev/null
	status v0 | grep -q 'ours: adopted by pin_maps' || fail "after: $(status v0)"
	ip link set dev v0 xdpgeneric off
	on_link xdp v0 objects/xdp_pass.o theirs
	status v0 | grep -q "foreign: link [0-9]*, pinned at $BPFFS/others/theirs_link" ||
		fail "by link: $(status v0)"
}

test_programs_behind_maps_are_shown_with_the_map()
{
	local array tail

	mkdir "$BPFFS/held"
	bpftool prog loadall "$BUILT/held.o" "$BPFFS/held" pinmaps "$BPFFS/held"
	# Before 5.15, generic XDP takes no maps whose entries may hold programs.
	ip link set dev v0 xdpdrv pinned "$BPFFS/held/held_main"
	bpftool map update pinned "$BPFFS/held/jumps" key 0 0 0 0 value pinned \
		"$BPFFS/held/held_tail"
	array=$(map_id "$BPFFS/held/jumps")
	tail=$(pinned_prog_id "$BPFFS/held/held_tail")
	expect_status 0 status v0
	grep -q "^  xdp  *held_tail  id $tail .*  through map $array (jumps)\$" <<<"$output" ||
		fail "program $tail behind map $array: $output"
	grep -q "map  of_tail .* not pinned, also at $BPFFS/held/of_tail" <<<"$output" ||
		fail "the maps of program $tail: $output"
}

test_a_pin_is_live_stale_or_missing()
{
	local old

	link_xdp v0 objects/xdp_pass.o
	status v0 | grep -q 'map  xdp_stats_map .* not pinned$' || fail "at first: $(status v0)"
	pin_maps v0 >/dev/null
	old=$(map_id "$BPFFS/v0/xdp_stats_map")
	status v0 | grep -q 'map  xdp_stats_map .* live$' || fail "pinned: $(status v0)"
	ip -force link set dev v0 xdpgeneric obj objects/xdp_drop.o sec xdp
	status v0 | grep -q "map  xdp_stats_map .* stale: map $old is pinned\$" ||
		fail "replaced: $(status v0)"
	[[ $(status --json v0 | word pin) == stale ]] || fail "in JSON: $(status --json v0)"
}

test_what_is_in_egress_is_no_pin_of_another_hook()
{
	local BUILT=$PWD/build/tests/bpf old new

	load v0 "$BUILT/carry1.o" >/dev/null
	load --hook tc_ingress v0 "$BUILT/tc_carry1.o" >/dev/null
	load --hook tc_egress v0 "$BUILT/tc_carry1.o" >/dev/null
	load --on-mismatch fresh v0 "$BUILT/carry2.o" >/dev/null 2>&1
	old=$(map_id "$BPFFS/v0/%egress/deny_list")
	new=$(map_id "$BPFFS/v0/deny_list")
	[[ $(status v0 | grep -c "map  deny_list .* id $old .* live$") == 1 ]] || fail "of egress: $(status v0)"
	status v0 | grep -q "map  deny_list .* id $old .* not pinned: its name belongs to map $new, \
also at $BPFFS/v0/%egress/deny_list$" || fail "of ingress: $(status v0)"
	expect_status 3 pin_maps v0
	[[ $output == *"refused "*" deny_list "*"its name belongs to map $new of program carry2 "*" on xdp"* ]] || fail "$output"
}

test_full_names_and_internal_maps()
{
	ip link set dev v0 xdpgeneric obj "$BUILT/names.o" sec xdp
	pin_maps v0 >/dev/null
	expect_status 0 status v0
	grep -q 'map  the_longest_name_of_all .* live$' <<<"$output" || fail "it says: $output"
	grep -q 'map  [a-z.]*rodata .* not pinned: internal$' <<<"$output" || fail "it says: $output"
}

test_drift_names_both_programs()
{
	local before after

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	before=$(prog_id v0)
	[[ $(status v0) != *drift* ]] || fail "drift without a change: $(status v0)"
	ip -force link set dev v0 xdpgeneric obj objects/xdp_drop.o sec xdp
	after=$(prog_id v0)
	expect_status 0 status v0
	grep -q "^  drift .* xdp: the record names program $before, which does not run" <<<"$output" &&
		grep -q "^  drift .* xdp: program $after runs there, and the record does not" <<<"$output" ||
		fail "programs $before and $after: $output"
	[[ $(status --json v0 | grep -o '"drift":\[.*\],"orphans"' | number program_id |
		tr '\n' ' ') == "$before $after " ]] || fail "in JSON: $(status --json v0)"
}

# The kernel frees a program some time after it was taken off.
says_unused()
{
	status v0 | grep -q '^  orphan  *map xdp_stats_map  id [0-9]*: no attached program uses it'
}

test_pins_without_a_use_are_orphans()
{
	local old

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	old=$(map_id "$BPFFS/v0/xdp_stats_map")
	[[ $(status v0) != *orphan* ]] || fail "at first: $(status v0)"
	ip -force link set dev v0 xdpgeneric obj objects/xdp_drop.o sec xdp
	pin_maps v0 >/dev/null
	status v0 | grep -q "^  orphan  *map xdp_stats_map%old-$old  id $old: a replacement left it" ||
		fail "old map $old: $(status v0)"
	ip link set dev v0 xdpgeneric off
	eventually says_unused || fail "without a program: $(status v0)"
}

test_programs_and_links_pinned_in_vain_are_orphans()
{
	local prog link

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	mkdir "$BPFFS/v0/%progs" "$BPFFS/v0/%progs/xdp" "$BPFFS/v0/%links"
	bpftool prog load objects/xdp_drop.o "$BPFFS/v0/%progs/xdp/xdp_drop" type xdp
	make_veth w0
	attach link xdp w0 "$BPFFS/v0/%progs/xdp/xdp_drop" "$BPFFS/v0/%links/xdp"
	prog=$(pinned_prog_id "$BPFFS/v0/%progs/xdp/xdp_drop")
	link=$(link_id "$BPFFS/v0/%links/xdp")
	expect_status 0 status v0
	grep -q "^  orphan  *program %progs/xdp/xdp_drop  id $prog: not attached here\$" <<<"$output" ||
		fail "program $prog: $output"
	grep -q "^  orphan  *link %links/xdp  id $link: not attached here\$" <<<"$output" ||
		fail "link $link: $output"
	ip link del w0
	status v0 | grep -q "^  orphan  *link %links/xdp  id $link: it is detached for good\$" ||
		fail "its interface is gone: $(status v0)"
	status --links v0 | grep -q "link_id $link .* ifindex 0 " || fail "$(status --links v0)"
}

test_what_we_attach_is_no_orphan()
{
	mkdir -p "$BPFFS/v0"
	pin_maps v0 2>/dev/null || true
	link_tc v0 ingress objects/tc_pass.o
	pin_maps v0 >/dev/null
	mkdir "$BPFFS/v0/%progs" "$BPFFS/v0/%progs/xdp" "$BPFFS/v0/%links"
	bpftool prog load objects/xdp_drop.o "$BPFFS/v0/%progs/xdp/xdp_drop" type xdp
	attach link xdp v0 "$BPFFS/v0/%progs/xdp/xdp_drop" "$BPFFS/v0/%links/xdp"
	expect_status 0 status v0
	[[ $output != *orphan* ]] || fail "it says: $output"
	grep -q 'ours: loaded by ifbpf, link' <<<"$output" || fail "it says: $output"
}

test_without_a_name_it_shows_what_has_a_program_or_a_directory()
{
	expect_status 0 status
	[[ -z $output ]] || fail "nothing runs, and it says: $output"
	make_veth w0 x0
	link_xdp w0 objects/xdp_pass.o
	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	ip link set dev v0 xdpgeneric off
	expect_status 0 status --json
	[[ $(word ifname <<<"$output" | sort | tr '\n' ' ') == "v0 w0 " ]] || fail "it says: $output"
	[[ $(grep -c '^{"schema":"ifbpf.status/1",' <<<"$output") == 2 ]] || fail "documents: $output"
}

test_a_directory_that_an_interface_left_is_shown()
{
	make_veth w0
	link_xdp w0 objects/xdp_pass.o
	pin_maps w0 >/dev/null
	ip link del w0
	expect_status 0 status
	grep -q "^w0  gone (was ifindex [0-9]*)  $BPFFS/w0 " <<<"$output" || fail "it says: $output"
	expect_status 0 status w0
	grep -q '^  orphan  *map xdp_stats_map ' <<<"$output" || fail "it says: $output"
	make_veth w0
	status w0 | grep -q 'drift .*the directory is of another interface, w0 with ifindex' ||
		fail "a new interface: $(status w0)"
}

test_a_renamed_interface_finds_its_directory()
{
	make_veth w0
	link_xdp w0 objects/xdp_pass.o
	pin_maps w0 >/dev/null
	ip link set dev w0 down
	ip link set dev w0 name w9
	expect_status 0 status w9
	grep -q 'map  xdp_stats_map .* live$' <<<"$output" || fail "it says: $output"
	grep -q 'drift .*the directory is still called w0' <<<"$output" || fail "it says: $output"
}

test_another_network_namespace()
{
	in_peer ip link set dev v1 xdpgeneric obj objects/xdp_pass.o sec xdp
	expect_status 0 status --netns peer --json
	[[ $(word ifname <<<"$output") == v1 ]] || fail "it says: $output"
	pin_maps --netns peer v1 >/dev/null
	status --netns peer v1 | grep -q 'map  xdp_stats_map .* live$' || fail "$(status --netns peer v1)"
	[[ -z $(status 2>/dev/null) ]] || fail "of the peer, seen from here: $(status)"
}

test_without_privilege_it_shows_what_rtnetlink_tells()
{
	local id

	link_xdp v0 objects/xdp_pass.o
	link_tc v0 ingress objects/tc_pass.o
	pin_maps v0 >/dev/null
	id=$(prog_id v0)
	expect_status 0 as_user "$PWD/pinning/status"
	grep -q "^  xdp .* id $id  *skb, netlink or link\$" <<<"$output" || fail "it says: $output"
	grep -q "clsact pref 10 handle 0x1" <<<"$output" || fail "it says: $output"
	[[ $(grep -c CAP_SYS_ADMIN <<<"$errors") == 1 ]] || fail "why is something missing? $errors"
	expect_status 0 as_user "$PWD/pinning/status" --json v0
	[[ $output == *'"complete":false'*"\"id\":$id,\"name\":null"* ]] || fail "it says: $output"
}

test_a_directory_that_may_not_be_read_is_not_said_to_be_none()
{
	load v0 objects/xdp_pass.o >/dev/null
	unload v0 >/dev/null
	expect_status 0 as_user "$PWD/pinning/status" v0
	[[ $output == "v0  ifindex "*"  no program, a directory that may not be read" ]] || fail "it says: $output"
	load v0 objects/xdp_pass.o >/dev/null
	expect_status 0 as_user "$PWD/pinning/status" v0
	[[ $output == "v0  ifindex "*"  a directory that may not be read"$'\n'* ]] || fail "it says: $output"
}

test_it_makes_and_locks_nothing()
{
	local before

	before=$(snapshot)
	link_xdp v0 objects/xdp_pass.o
	before=$(snapshot)
	expect_status 0 status v0
	expect_unchanged "$before"
	pin_maps v0 >/dev/null
	before=$(snapshot)
	# A writer at work does not hold it up.
	expect_status 0 timeout 5 flock "$BPFFS/%ifbpf/lock" status v0
	expect_unchanged "$before"
}

test_without_a_bpf_filesystem_it_shows_what_runs()
{
	link_xdp v0 objects/xdp_pass.o
	umount "$BPFFS"
	expect_status 0 status v0
	grep -q '^  xdp  *xdp_pass ' <<<"$output" || fail "it says: $output"
	! mountpoint -q "$BPFFS" || fail "it mounted one"
}

test_exit_status()
{
	link_xdp v0 objects/xdp_pass.o
	expect_status 0 status v0
	expect_status 1 status --nonsense
	expect_status 2 status nope
	[[ $errors == *"cannot find interface nope"* ]] || fail "it says: $errors"
	expect_status 3 status nope v0
	grep -q '^v0 ' <<<"$output" || fail "v0 is missing: $output"
}

test_a_damaged_record_does_not_hide_what_runs()
{
	link_xdp v0 objects/xdp_pass.o
	mkdir "$BPFFS/v0"
	ln -s "v=9;gen=2" "$BPFFS/v0/%meta"
	expect_status 3 status v0
	grep -q '^  xdp  *xdp_pass ' <<<"$output" || fail "it says: $output"
	[[ $errors == *"cannot read the record of $BPFFS/v0"* ]] || fail "it says: $errors"
}

test_times_are_local()
{
	local loaded

	link_xdp v0 objects/xdp_pass.o
	loaded=$(bpftool -j prog show id "$(prog_id v0)" | number loaded_at)
	TZ=UTC-5 status v0 | grep -q "loaded $(TZ=UTC-5 date -d "@$loaded" '+%F %T') by uid 0" ||
		fail "loaded at $loaded: $(TZ=UTC-5 status v0)"
}

test_programs_that_replace_functions_of_ours_are_shown()
{
	local link

	need xdp-loader
	! kernel_before 5.13 || skip "needs links that tell what they replace: this kernel has none"
	xdp-loader load -m skb v0 objects/xdp_pass.o >/dev/null 2>&1 ||
		skip "needs freplace programs: this kernel refuses them"
	link=$(bpftool link show | sed -n 's/^\([0-9]*\): tracing .*/\1/p')
	[[ -n $link ]] || skip "needs freplace programs: this kernel refuses them"
	expect_status 0 status v0
	grep -q "freplace  xdp_pass  id [0-9]*  tag [0-9a-f]*  link $link" <<<"$output" ||
		fail "link $link: $output"
}

# not_told WHY [COMMAND...]: status cannot tell whose the program is, and says so; its JSON as well.
not_told()
{
	local why=$1

	shift
	expect_status 3 "$@" "$PWD/pinning/status" v0
	[[ $errors == *"status: cannot tell whose program $(prog_id v0) on xdp of v0 is: cannot look at \
$BPFFS/v0/%"*": $why"* ]] || fail "it says: $errors"
	[[ $output == *"xdp_pass"* && $output != *ours* && $output != *foreign* ]] || fail "$output"
	expect_status 3 "$@" "$PWD/pinning/status" --json v0
	[[ $output == *'"complete":false'*'"ours":null,"why":null'* ]] || fail "$output"
}

test_what_cannot_be_looked_at_is_no_reason_for_whose_a_program_is()
{
	load -m skb v0 objects/xdp_pass.o >/dev/null
	not_told "Too many open files" prlimit --nofile=10
	mount -o remount,ro "$BPFFS"
	not_told "Read-only file system"
	mount -o remount,rw "$BPFFS"
	rm -r "$BPFFS/v0/%progs"
	ln -s / "$BPFFS/v0/%progs"
	not_told ""
	rm "$BPFFS/v0/%progs"
	expect_status 0 status v0
	[[ $output == *"ours: adopted by pin_maps"* ]] || fail "$output"
}

test_a_link_that_cannot_be_looked_at_is_not_said_to_be_anothers()
{
	load -m skb --link v0 objects/xdp_pass.o >/dev/null
	mount -o remount,ro "$BPFFS"
	not_told "Read-only file system"
}

test_what_is_used_elsewhere_is_not_said_to_be_unused()
{
	local id

	make_veth w0
	load -m skb --shared v0 w0 objects/xdp_pass.o >/dev/null
	ip link set dev v0 xdpgeneric off
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	expect_status 0 status v0
	[[ $output == *"orphan      map xdp_stats_map  id $id: only programs that are not attached here use \
it"* && $output == *": not attached here"* ]] || fail "shared: $output"
	unload --all v0 >/dev/null 2>&1 || true
	ip link set dev w0 netns peer
	[[ -n $(prog_id w0 peer) ]] || skip "needs XDP that survives a move"
	rm -r "$BPFFS/v0" 2>/dev/null || true
	expect_status 0 status w0
	[[ $output == *"only programs that are not attached here use it"* && $output != *"no attached"* ]] ||
		fail "moved: $output"
}

# killed_at CALL:N COMMAND...: by SIGKILL, at the Nth such system call.
killed_at()
{
	local call=${1%:*} n=${1#*:}

	shift
	run with_fault "$call:signal=KILL:when=$n" "$@"
	((status == 137)) || fail "status $status: $output$errors"
}

# What looks knows what the next run does: the program is ours, and only its pins are missing.
expect_unfinished()
{
	run status v0
	[[ $output == *"ours: loaded by ifbpf, by a run that has not ended (stage v0~"* ]] ||
		fail "it says: $output"
	expect_status 0 load --dry-run v0 objects/xdp_pass.o
	[[ $errors == *"by a run that has not ended: the load finishes that first"* ]] ||
		fail "it says: $errors"
	expect_status 0 unload --dry-run v0
	[[ $errors == *"by a run that has not ended"* ]] || fail "it says: $errors"
	run doctor v0
	[[ $output != *"is foreign"* && $output != *"cannot be used"* ]] || fail "doctor: $output"
	[[ $output == *"a run was killed"* ]] || fail "doctor: $output"
	expect_status 0 load v0 objects/xdp_pass.o
	expect_status 0 status v0
	[[ $output != *"not ended"* ]] || fail "it says: $output"
	unload --all --purge v0 >/dev/null
}

test_what_a_killed_run_put_on_is_not_called_foreign()
{
	local how

	for how in "" --link; do
		# shellcheck disable=SC2086 # no word, or one
		killed_at renameat2:1 load $how v0 objects/xdp_pass.o
		expect_unfinished
		# shellcheck disable=SC2086 # no word, or one
		load $how v0 objects/xdp_drop.o >/dev/null
		# shellcheck disable=SC2086 # no word, or one
		killed_at renameat:1 load $how v0 objects/xdp_pass.o
		expect_unfinished
	done
}

test_pins_that_are_half_exchanged_are_told_as_such()
{
	load v0 objects/xdp_drop.o >/dev/null
	killed_at renameat:2 load --on-mismatch fresh v0 objects/xdp_drop.o
	expect_status 3 status v0
	run doctor v0
	[[ $output == *"warning  an exchange of its pins was interrupted"*"type: pin_maps v0"* ]] ||
		fail "doctor: $output"
	expect_unfinished
}

test_a_directory_that_another_interface_left_under_the_name_is_not_taken_for_its_own()
{
	local word

	ip link add a0 type veth peer name a1
	silence a0
	ip link set dev a0 up
	load a0 objects/xdp_pass.o >/dev/null
	rename_link a0 b0
	ip link add a0 type veth peer name c1
	ip link set dev a0 up
	expect_status 0 status a0
	[[ $output == *"the directory belongs to interface b0 (ifindex $(ip -o link show dev b0 | cut -d: -f1)), which was a0 before and lives"* ]] ||
		fail "it says: $output"
	for word in orphan live stale; do
		[[ $output != *" $word "* ]] || fail "it says: $output"
	done
	run doctor a0
	[[ $output != *"in vain"* && $output != *purge* && $output == *"type: pin_maps b0"* ]] ||
		fail "it says: $output"
	expect_fail "$BPFFS/a0 belongs to interface b0" stats a0
	[[ -z $output && $errors == *"hint: those are shown by: stats b0" ]] || fail "$output$errors"
	expect_status 0 stats
	grep -q '^b0  xdp  XDP_PASS .* packets .* bytes$' <<<"$output" || fail "it says: $output"
	! grep -q '^a0' <<<"$output" || fail "it says: $output"
	# What runs on the new one is not compared with the pins of the other.
	link_xdp a0 objects/xdp_drop.o
	expect_status 0 status a0
	grep -q 'map  xdp_stats_map .* not pinned$' <<<"$output" || fail "it says: $output"
	pin_maps b0 >/dev/null
	pin_maps a0 >/dev/null
	expect_status 0 status a0
	grep -q 'map  xdp_stats_map .* live$' <<<"$output" || fail "it says: $output"
}

test_maps_whose_names_are_cut_alike_have_the_names_of_their_pins()
{
	load -m skb v0 "$BUILT/twins.o" >/dev/null
	status v0 >"$TMPDIR/status"
	for file in "$BPFFS"/v0/identical_name_*; do
		grep -q "  map  ${file##*/} *id $(map_id "$file") " "$TMPDIR/status" ||
			fail "${file##*/}: $(<"$TMPDIR/status")"
	done
	[[ -e $file ]] || fail "no twin is pinned"
}

test_without_proc_nothing_is_said_of_whose_a_program_is()
{
	load -m skb v0 objects/xdp_pass.o >/dev/null
	if kernel_before 5.14; then # whose number alone tells namespaces apart, and that is in /proc
		expect_status 2 without_proc "$PWD/pinning/status" v0
		[[ $errors == *"cannot tell which network namespace this is"*"mount -t proc proc /proc"* ]] ||
			fail "it says: $errors"
		return
	fi
	not_told "Function not implemented" without_proc
	expect_status 3 without_proc "$PWD/pinning/status" v0
	[[ $errors == *"hint: pins are opened through /proc: mount it"* ]] || fail "it says: $errors"
}

test_a_program_that_moved_to_another_network_namespace_is_as_load_takes_it()
{
	load v0 objects/xdp_pass.o >/dev/null
	ip netns add third
	ip link set v0 netns third
	expect_status 0 status --netns third v0
	[[ $output == *"  $BPFFS/v0  generation "* && $output == *"; ours: loaded by ifbpf"* &&
		$output == *" xdp_stats_map "*" live"* ]] || fail "$output"
	[[ $output == *"drift "*"as v0 with ifindex "*": the next load or pin takes it along"* ]] || fail "$output"
	expect_status 0 load --netns third v0 objects/xdp_drop.o
	expect_status 0 status --netns third v0
	[[ $output == *"ours: loaded by ifbpf"* && $output != *drift* ]] || fail "$output"
}
