# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load: several interfaces in one call, several loads at once, and readers beside them.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh
. tests/faults.sh
. tests/loads.sh

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
	misused "no such mode 'drv'; there is native, skb, auto" --mode drv v0 "$object"
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
	local args

	load v0 objects/xdp_pass.o >/dev/null
	unshare --user --map-root-user true || skip "needs user namespaces: this kernel refuses them"
	for args in "load v0 objects/xdp_drop.o" "unload v0" "pin_maps v0" gc "gc --dry-run" "status v0"; do
		# shellcheck disable=SC2086 # words
		run unshare --user --map-root-user $args
		[[ $errors == *"hint: leave this user namespace"* && $errors != *"run as root"* ]] ||
			fail "$args: it says: $errors"
	done
	expect_status 2 unshare --user --map-root-user doctor
	[[ $output == *"problem  this is a user namespace"* && $output != *"every verb has"* ]] ||
		fail "doctor: it says: $output"
}

test_of_a_program_that_is_refused_in_another_namespace_no_directory_stays()
{
	expect_status 2 load --netns peer v1 "$BUILT/explain_long.o"
	[[ -z $(ls -A "$BPFFS/%ifbpf/ns") ]] || fail "it left $(ls "$BPFFS/%ifbpf/ns")"
	expect_status 0 load --netns peer v1 objects/xdp_pass.o
	expect_status 2 load --netns peer v1 "$BUILT/explain_long.o"
	[[ -e $(echo "$BPFFS"/%ifbpf/ns/*/v1/xdp_stats_map) ]] || fail "that of the first one is gone"
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
			[[ $errors == *"finished what an earlier 'load' began in "*" and could not end"* ]] || fail "it says: $errors"
		done
	done
	# What was never switched is not said to be on.
	run with_fault symlinkat:error=EPERM:when=2 load v0 "$BUILT/types1.o"
	((status == 2)) || fail "status $status: $errors"
	[[ $errors != *" is on xdp of v0"* ]] || fail "it says: $errors"
}

# renamed_meanwhile NAME COMMAND...: v0 is called NAME while the command waits for the first lock; sets
# $status and $errors.
renamed_meanwhile()
{
	local name=$1 holder waiting

	shift
	flock --no-fork "$BPFFS/%ifbpf/lock" sleep 60 &
	holder=$!
	eventually grep -q "FLOCK .* $holder .*:$(stat -c %i "$BPFFS/%ifbpf/lock") " /proc/locks
	: >"$TMPDIR/errors" # what the one before it said
	"$@" >"$TMPDIR/output" 2>"$TMPDIR/errors" &
	waiting=$!
	eventually grep -q waiting "$TMPDIR/errors" || fail "$*: it does not say that it waits"
	rename_link v0 "$name"
	kill "$holder"
	status=0
	wait "$waiting" || status=$?
	errors=$(<"$TMPDIR/errors")
}

test_an_interface_that_is_renamed_while_a_load_waits_has_its_new_name()
{
	local before

	load lo objects/xdp_pass.o -m skb >/dev/null
	renamed_meanwhile w0 load v0 objects/xdp_pass.o
	((status == 0)) || fail "status $status: $errors"
	[[ $errors == *"v0 is called w0 by now: beginning anew"* ]] || fail "it says: $errors"
	[[ ! -e $BPFFS/v0 && $(load_state w0 xdp) == *" xdp_pass" ]] || fail "$(ls "$BPFFS")"
	rename_link w0 v0
	load v0 objects/xdp_drop.o >/dev/null
	before=$(prog_id v0)
	# Of a set that others have already, it is not begun anew.
	renamed_meanwhile w0 load --shared --on-mismatch fresh v0 lo objects/xdp_pass.o -m skb
	((status != 0)) || fail "status $status: $errors"
	[[ $errors == *"cannot find interface v0 any more: it is called w0 by now"* ]] || fail "it says: $errors"
	[[ $(prog_id w0) == "$before" ]] || fail "it runs $(prog_id w0), it was $before"
}
