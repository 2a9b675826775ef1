# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load, killed or failing at every call by which it changes something, and under full-rate frames:
# the program on the hook is the old or the new one, the pins are that program's, nothing that was
# counted is lost, and no frame goes without a program.
# shellcheck disable=SC2154 # $status, $output, $errors and $injected are set by run and inject
. tests/pins.sh
. tests/faults.sh
. tests/load_faults.sh
. tests/rate.sh

test_a_first_load_killed_anywhere_is_finished_or_undone()
{
	become none objects/xdp_drop.o
	kill_load
}

test_a_first_load_by_link_killed_anywhere_is_finished_or_undone()
{
	become none objects/xdp_drop.o --link
	kill_load
}

test_a_replacement_killed_anywhere_is_finished_or_undone()
{
	become objects/xdp_pass.o objects/xdp_drop.o
	kill_load
}

test_an_update_of_a_link_killed_anywhere_is_finished_or_undone()
{
	become objects/xdp_pass.o objects/xdp_drop.o --link
	kill_load
}

test_a_replacement_of_a_filter_killed_anywhere_is_finished_or_undone()
{
	hook=tc_ingress
	become objects/tc_pass.o objects/tc_drop.o
	kill_load
}

test_a_replacement_of_a_tcx_program_killed_anywhere_is_finished_or_undone()
{
	hook=tc_ingress
	become objects/tc_pass.o objects/tc_drop.o --tc tcx
	kill_load
}

# A reader looks all the while.
test_new_maps_that_are_killed_anywhere_are_never_seen_torn()
{
	become "$BUILT/load_pair1.o" "$BUILT/load_pair2.o" --on-mismatch fresh
	start_reader
	between() { begin_anew; }
	kill_load
	stop_reader
	echo "$looks looks, $generations generations" >&2
	((looks > 100 && generations > 20)) || fail "$looks looks, $generations generations"
}

reader_pid='' looks=0 generations=0

start_reader()
{
	nice -n 19 reader watch v0 left right >"$TMPDIR/reader" 2>&1 &
	reader_pid=$!
	# Told to stop before that, it would end without a word.
	eventually catches_term "$reader_pid" || fail "the reader: $(<"$TMPDIR/reader")"
}

catches_term()
{
	local caught

	caught=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status")
	((16#${caught:-0} & 1 << 14))
}

stop_reader()
{
	kill -TERM "$reader_pid" 2>/dev/null || true
	wait "$reader_pid" || fail "the reader: $(<"$TMPDIR/reader")"
	[[ $(<"$TMPDIR/reader") =~ ^([0-9]+)\ looks,\ ([0-9]+)\ generations$ ]] ||
		fail "the reader: $(<"$TMPDIR/reader")"
	((looks += BASH_REMATCH[1], generations += BASH_REMATCH[2], 1))
}

# Old maps take calls of their own: after an exchange it all begins anew.
begin_anew()
{
	[[ -n $(old_maps "$BPFFS/v0") ]] || return 0
	[[ -z $reader_pid ]] || stop_reader
	become "$old" "$new" "$how"
	[[ -z $reader_pid ]] || start_reader
}

test_a_first_load_that_fails_anywhere_leaves_nothing_or_all()
{
	become none objects/xdp_drop.o
	fail_load
}

test_a_replacement_that_fails_anywhere_leaves_the_old_or_the_new_program()
{
	become objects/xdp_pass.o objects/xdp_drop.o
	fail_load
}

test_an_update_of_a_link_that_fails_anywhere_leaves_the_old_or_the_new_program()
{
	become objects/xdp_pass.o objects/xdp_drop.o --link
	fail_load
}

test_a_replacement_of_a_filter_that_fails_anywhere_leaves_the_old_or_the_new_program()
{
	hook=tc_ingress
	become objects/tc_pass.o objects/tc_drop.o
	fail_load
}

test_new_maps_that_fail_anywhere_leave_the_old_or_the_new_ones()
{
	become "$BUILT/load_pair1.o" "$BUILT/load_pair2.o" --on-mismatch fresh
	between() { begin_anew; }
	fail_load ENOMEM EPERM
}

test_new_maps_that_find_no_room_anywhere_leave_the_old_or_the_new_ones()
{
	become "$BUILT/load_pair1.o" "$BUILT/load_pair2.o" --on-mismatch fresh
	between() { begin_anew; }
	fail_load ENOSPC EBUSY
}

# Also the calls that change nothing: every bpf(2), in turn with one of the errors.
test_a_replacement_with_any_failing_bpf_call_leaves_the_old_or_the_new_program()
{
	local n errnos=(ENOMEM EPERM ENOSPC EBUSY)

	become objects/xdp_pass.o objects/xdp_drop.o
	for ((n = 1; ; n++)); do
		inject bpf "error=${errnos[n % 4]}" "$n" load v0 "$new"
		[[ -n $injected ]] || break
		after_failure "bpf $n ${errnos[n % 4]}"
	done
	expect_counted "in the end"
	echo "failed at $n calls, $refused loads were refused" >&2
	((n > 40 && refused > 10)) || fail "failed at $n calls, $refused refused"
}

# expect_undone OLD OPTION...: the first question after the switch to $new fails, and what is on the
# hook is what was there before.
expect_undone()
{
	local n before

	# Stays where one was made, and is asked for its filters: the same for both.
	[[ $hook == xdp ]] || tc qdisc replace dev v0 clsact
	become "$1" "$new" "${@:2}"
	n=$(strace -f -qq -e trace=bpf,sendto load "${@:2}" v0 "$new" 2>&1 >/dev/null |
		awk '/sendto\(/ { n++ }
			/RTM_SETLINK|RTM_NEWTFILTER|BPF_LINK_CREATE|BPF_LINK_UPDATE|BPF_PROG_ATTACH/ { at = n }
			END { print at + 1 }')
	unload --all v0 >/dev/null
	become "$1" "$new" "${@:2}"
	before=$(load_state v0 "$hook")
	inject sendto error=ENOMEM "$n" load "${@:2}" v0 "$new"
	((status == 2)) || fail "$*: status $status: $errors"
	[[ $errors == *"cannot ask what is attached to v0"*" was taken off v0 again"* ]] ||
		fail "$*: it says: $errors"
	[[ $(load_state v0 "$hook") == "$before" ]] ||
		fail "$*: there is '$(load_state v0 "$hook")', before it was '$before'"
	[[ -z $(ls -A "$BPFFS/%ifbpf/stage") ]] || fail "$*: the stage is still there"
	run unload --all v0
}

test_what_cannot_be_seen_after_the_switch_is_undone()
{
	new=objects/xdp_drop.o
	expect_undone none
	expect_undone none --link
	expect_undone objects/xdp_pass.o
	expect_undone objects/xdp_pass.o --link
	hook=tc_ingress new=objects/tc_drop.o
	expect_undone none
	expect_undone objects/tc_pass.o
	attach has tcx_ingress || return 0
	expect_undone none --tc tcx
	expect_undone objects/tc_pass.o --tc tcx
	expect_undone none --link
	expect_undone objects/tc_pass.o --link
}

test_two_steps_killed_between_them_are_finished_by_the_next_load()
{
	local n k tries

	become objects/xdp_pass.o objects/xdp_drop.o
	calls_of load --link v0 "$new" >"$TMPDIR/points"
	n=$(grep ' bpf(' "$TMPDIR/calls" | sed -n '/BPF_LINK_CREATE/=')
	k=$(sed -n "s/^bpf $n //p" "$TMPDIR/points")
	for ((tries = 0; tries < 30; tries++)); do
		become objects/xdp_pass.o objects/xdp_drop.o
		inject bpf signal=KILL "$n" load --link v0 "$new"
		! hit bpf "$k" || break
		((n += nearer, 1))
	done
	[[ -z $(prog_id v0) ]] || fail "the kill at bpf $n leaves a program on the hook"
	expect_status 0 load v0 "$new"
	[[ $errors == *"finished what a killed 'load' began in $BPFFS/v0: nothing is on xdp of v0"* ]] ||
		fail "it says: $errors"
	[[ $(load_state v0 xdp) == *" xdp_drop" ]] || fail "$(load_state v0 xdp)"
}

test_a_filter_that_makes_room_in_vain_is_put_back_in_its_own_place()
{
	local n k tries id

	need_tcx
	hook=tc_ingress
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 42 handle 7 bpf da obj objects/tc_pass.o sec tc
	pin_maps v0 >/dev/null
	calls_of load --link v0 objects/tc_drop.o >"$TMPDIR/points"
	n=$(grep ' bpf(' "$TMPDIR/calls" | sed -n '/BPF_LINK_CREATE/=')
	k=$(sed -n "s/^bpf $n //p" "$TMPDIR/points")
	for ((tries = 0; tries < 30; tries++)); do
		become none none
		tc qdisc add dev v0 clsact
		tc filter add dev v0 ingress pref 42 handle 7 bpf da obj objects/tc_pass.o sec tc
		pin_maps v0 >/dev/null
		id=$(tc_prog v0 ingress 42)
		inject bpf error=ENOMEM "$n" load --link v0 objects/tc_drop.o
		! hit bpf "$k" || break
		((n += nearer, 1))
	done
	((status == 2)) || fail "status $status: $errors"
	[[ $errors == *"program $id is back on tc_ingress of v0"* ]] || fail "it says: $errors"
	[[ $(tc filter show dev v0 ingress) == *"pref 42 bpf chain 0 handle 0x7 "*" direct-action "*" id $id "* ]] ||
		fail "there is: $(tc filter show dev v0 ingress)"
	[[ $(tc filter show dev v0 ingress | grep -c handle) == 1 ]] || fail "$(tc filter show dev v0 ingress)"
	expect_status 0 load v0 objects/tc_drop.o
	[[ $output == *"attached by clsact pref 42 handle 7"* ]] || fail "it says: $output"
}

# --- no frame goes without a program

# replace_often COUNT OPTION...
replace_often()
{
	local i count=$1

	shift
	for ((i = 0; i < count; i++)); do
		load "$@" v0 objects/xdp_drop.o >/dev/null || fail "load $i"
	done
}

expect_no_leak()
{
	local dropped

	echo "$frames frames, $passed passed" >&2
	dropped=$(counter "$BPFFS/v0/xdp_stats_map" 1)
	((passed == 0)) || fail "$passed of $frames frames passed"
	((${dropped% *} == frames)) || fail "$frames frames, counted: $dropped"
	((frames > 100000)) || fail "only $frames frames"
	load_state v0 xdp
}

# The same rate, and the program taken off: what the counts above would look like after a leak.
expect_a_leak()
{
	rate off_and_on "$@"
	echo "off and on: $frames frames, $passed passed" >&2
	((passed > 0)) || fail "nothing passed: this test sees no leak"
}

# frames_arrive: some more do. The sender is not always on a processor for as long as a switch takes.
frames_arrive() { eventually more_than "$(received)" 1000 || fail "no frames arrive"; }

# off_and_on netlink|link
off_and_on()
{
	local i file

	for ((i = 0; i < 3; i++)); do
		case $1 in
		netlink)
			file=$(echo "$BPFFS/v0/%progs/xdp/"*)
			ip link set dev v0 xdp off
			frames_arrive
			ip link set dev v0 xdp pinned "$file"
			;;
		link)
			bpftool link detach pinned "$BPFFS/v0/%links/xdp"
			frames_arrive
			load --link v0 "$2" >/dev/null
			;;
		esac
	done
}

test_a_hundred_replacements_under_full_rate_let_nothing_pass()
{
	ethtool -K v0 gro on
	load v0 objects/xdp_drop.o >/dev/null
	rate replace_often 100
	expect_no_leak
	expect_a_leak netlink
}

test_a_hundred_updates_of_a_link_under_full_rate_let_nothing_pass()
{
	ethtool -K v0 gro on
	load --link v0 objects/xdp_drop.o >/dev/null
	rate replace_often 100 --link
	expect_no_leak
	expect_a_leak link objects/xdp_drop.o
}

# A deny list of so many rules, of which the first drops every frame.
RULES=5000

# deny_all: with the rules of carry1.
deny_all()
{
	local i

	for ((i = 0; i < RULES; i++)); do
		echo "map update pinned $BPFFS/v0/deny_list key hex $(printf '%02x %02x' $((i & 255)) $((i >> 8)))" \
			"00 00 value hex 01 00 00 00 07 00 00 00"
	done >"$TMPDIR/rules"
	bpftool batch file "$TMPDIR/rules" >/dev/null
}

# replace_and_migrate COUNT OPTION...: every tenth replacement changes what the deny list is, and back.
replace_and_migrate()
{
	local i number count=$1

	shift
	for ((i = 1; i <= count; i++)); do
		for number in $((i % 10 ? 1 : 2)) 1; do
			load "$@" --on-mismatch migrate v0 "$BUILT/carry$number.o" >"$TMPDIR/load" 2>&1 ||
				fail "load $i: $(<"$TMPDIR/load")"
			migrations=$((migrations + $(grep -c 'map deny_list id .* migrated' "$TMPDIR/load" || true)))
			((i % 10 == 0)) || break
		done
	done
}
migrations=0

# frames_by WORD: passed or dropped, as bpftool reads them by BTF, in the maps of now and of before.
frames_by()
{
	local map

	for map in "$BPFFS/v0/frames_seen" "$BPFFS/v0/frames_seen%old-"*; do
		[[ ! -e $map ]] || bpftool map dump pinned "$map"
	done | awk -v name="\"$1\":" '$1 == name { sum += $2 } END { print sum + 0 }'
}

expect_rules_in_force()
{
	echo "$frames frames, $passed passed, $migrations migrations" >&2
	((passed == 0)) || fail "$passed of $frames frames passed"
	[[ "$(frames_by passed) $(frames_by dropped)" == "0 $frames" ]] ||
		fail "$frames frames, passed and dropped: $(frames_by passed) $(frames_by dropped)"
	[[ $(bpftool map dump pinned "$BPFFS/v0/deny_list" | grep -c '"key"') == "$RULES" ]] || fail "rules were lost"
	((migrations == 20)) || fail "$migrations migrations"
	((frames > 100000)) || fail "only $frames frames"
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0")"
	load_state v0 xdp
}

test_a_hundred_replacements_with_migrations_of_the_deny_list_let_nothing_pass()
{
	ethtool -K v0 gro on
	load v0 "$BUILT/carry1.o" >/dev/null
	deny_all
	rate replace_and_migrate 100
	expect_rules_in_force
	expect_a_leak netlink
}

test_a_hundred_updates_of_a_link_with_migrations_of_the_deny_list_let_nothing_pass()
{
	ethtool -K v0 gro on
	load --link v0 "$BUILT/carry1.o" >/dev/null
	deny_all
	rate replace_and_migrate 100 --link
	expect_rules_in_force
	expect_a_leak link "$BUILT/carry1.o"
}

take_over() { ip -force link set dev v0 xdpdrv obj objects/xdp_redirect.o sec xdp; }
take_off() { ip link set dev v0 xdpdrv off; }
move_away() { ip link set dev v0 netns peer; }

# switched_then CHANGE: xdp_pass has counted a frame, and xdp_drop is put over it, whereupon CHANGE.
switched_then()
{
	local n

	become objects/xdp_pass.o objects/xdp_drop.o -m native
	n=$(switches_at sendto RTM_SETLINK load v0 "$old")
	send 1
	((++sent))
	between_calls sendto "$n" "$1" load v0 "$new"
}

test_a_program_that_others_take_off_at_once_locks_nobody_out()
{
	local id

	switched_then take_over
	id=$(prog_id v0)
	((status == 2)) || fail "status $status: $errors"
	[[ $errors == *"load: cannot keep program "*" on xdp of v0: program xdp_redirect (id $id, tag "*") is there now, native by netlink"* ]] ||
		fail "it says: $errors"
	[[ $errors == *"ended as if this run had been killed:"*"load: finished what "* ]] || fail "it says: $errors"
	[[ $errors != *"may still be on"* && $errors != *"cannot tell"* ]] || fail "it says: $errors"
	[[ -z $(ls -A "$BPFFS/%ifbpf/stage") ]] || fail "the stage is still there"
	[[ $(prog_id v0) == "$id" ]] || fail "theirs is gone"
	expect_fail "is not ours: not adopted" load v0 objects/xdp_pass.o
	expect_status 0 load --replace v0 objects/xdp_pass.o
	is=xdp_pass expect_counted "replaced"
}

test_a_hook_that_others_empty_at_once_is_free_for_the_next_load()
{
	switched_then take_off
	((status == 2)) || fail "status $status: $errors"
	[[ $errors == *"load: cannot keep program "*" on xdp of v0: somebody else took it off at once"* ]] ||
		fail "it says: $errors"
	[[ -z $(ls -A "$BPFFS/%ifbpf/stage") ]] || fail "the stage is still there"
	expect_status 0 load v0 objects/xdp_drop.o
	is=xdp_drop expect_counted "loaded again"
}

test_an_interface_that_moves_away_with_its_new_program_is_finished_there()
{
	switched_then move_away
	((status == 3)) || fail "status $status: $errors"
	[[ $errors == *"v0 is not here any more, and went with program "*"pin_maps --netns NAME v0"* ]] ||
		fail "it says: $errors"
	[[ $errors != *"cannot replace"* ]] || fail "it says: $errors"
	expect_status 0 pin_maps --netns peer v0
	[[ $errors == *"finished what an earlier 'load' began in "*" and could not end"* ]] || fail "it says: $errors"
	[[ -z $(ls -A "$BPFFS/%ifbpf/stage") ]] || fail "the stage is still there"
	[[ $(status --netns peer v0) == *"xdp_drop"* ]] || fail "$(status --netns peer v0)"
}
