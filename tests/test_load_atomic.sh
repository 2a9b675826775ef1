# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load, killed or failing at every call by which it changes something, and under full-rate frames:
# the program on the hook is the old or the new one, the pins are that program's, nothing that was
# counted is lost, and no frame goes without a program.
# shellcheck disable=SC2154 # $status, $output, $errors and $injected are set by run and inject
. tests/pins.sh
. tests/faults.sh

TRACED="?mkdirat,?symlinkat,?linkat,?renameat,?renameat2,?unlinkat,?fchmod,?fchmodat,?fchmodat2,"
TRACED+="?fchown,?fchownat,bpf,sendto,?sendmsg"

# The commands of bpf(2) by which something changes that outlives the process, and the messages.
CHANGING_BPF='BPF_(OBJ_PIN|LINK_CREATE|LINK_UPDATE|LINK_DETACH|PROG_ATTACH|PROG_DETACH),'
CHANGING_MESSAGE='RTM_(SET|NEW|DEL)'

# calls_of COMMAND...: the calls by which it changes what outlives it, as 'CALL N K' in their order:
# the Nth of all calls of that name, the Kth of those that change something.
calls_of()
{
	need strace
	run env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" \
		strace -f -qq -o "$TMPDIR/calls" -e "trace=$TRACED" "$@"
	((status == 0)) || fail_run "status $status" "$@"
	awk -v bpf="$CHANGING_BPF" -v message="$CHANGING_MESSAGE" '{
		name = $2
		sub(/\(.*/, "", name)
		n[name]++
		if ((name == "bpf" && $0 !~ bpf) || (name ~ /^send/ && $0 !~ message))
			next
		print name, n[name], ++k[name]
	}' "$TMPDIR/calls"
}

# hit CALL K: the fault came at that call. load asks for every link of the kernel, so what other
# tests attach moves the bpf calls behind that: then sets $nearer, by which to correct N.
hit()
{
	local k

	nearer=0
	[[ $1 == bpf ]] || return 0
	k=$(awk -v bpf="$CHANGING_BPF" '/ bpf\(/ {
		k += changes = $0 ~ bpf
		if (/INJECTED/)
			exit
	}
	END { print changes ? k : k + 0.5 }' "$TMPDIR/trace")
	[[ $k != "$2" ]] || return 0
	nearer=1
	((${k%.*} < $2)) || nearer=-1
	return 1
}
nearer=0

# What changes in a scenario: $old and $new are the objects, $how the options of load.
old='' new='' how='' hook=xdp sent=0

# become OLD NEW [OPTION...]: nothing is left of before, and OLD is loaded, if it is not "none".
become()
{
	old=$1 new=$2
	shift 2
	how=$*
	rm -rf "$BPFFS/v0" "$BPFFS/%ifbpf"
	eventually ip link set dev v0 xdp off 2>/dev/null || fail "a link is still held"
	tc qdisc del dev v0 clsact 2>/dev/null || true
	sent=0
	# shellcheck disable=SC2086 # $how is words
	[[ $old == none ]] || load $how v0 "$old" >/dev/null
}

name_of() { basename "$1" .o; }

# take_turns: what is on the hook by now is what a next load replaces.
take_turns()
{
	local is=$1

	if [[ $old != none && $is == "$(name_of "$new")" ]]; then
		new=$old old=$(object_of "$is")
	fi
}

object_of()
{
	case $1 in
	load_*) echo "$BUILT/$1.o" ;;
	*) echo "objects/$1.o" ;;
	esac
}

# expect_old_or_new WHERE: sets $is, the name of the program.
expect_old_or_new()
{
	local state

	state=$(load_state v0 "$hook" 2>&1) || fail "$1: $state
${errors-}"
	is=${state#* }
	[[ $is == "$(name_of "$new")" || $is == "$(name_of "$old")" ]] || fail "$1: '$is' is on the hook"
}
is=''

# expect_counted WHERE: a frame more, and all that were sent while a program ran are counted.
expect_counted()
{
	[[ $is != none ]] || return 0
	send 1
	((++sent))
	eventually counted "$sent" || fail "$1: sent $sent, counted: $(stats v0)"
}

counted() { [[ $(stats v0 | awk '{ n += $4 } END { print n + 0 }') == "$1" ]]; }

# kill_load: at each call, then one more run.
kill_load()
{
	local call n k calls points=0 tries

	# shellcheck disable=SC2086 # $how is words
	calls=$(calls_of load $how v0 "$new")
	expect_old_or_new "at first"
	take_turns "$is"
	between
	while read -r call n k; do
		for ((tries = 0; tries < 9; tries++)); do
			[[ $old != none ]] || become none "$new" "$how"
			# shellcheck disable=SC2086 # $how is words
			inject "$call" signal=KILL "$n" load $how v0 "$new"
			[[ -n $injected ]] || break
			((status == 137)) || fail "killed at $call $n: status $status, $errors"
			hit "$call" "$k" && ((++points)) && tries=9
			run pin_maps v0
			((status == 0 || status == 2)) || fail "after $call $n: status $status: $errors"
			expect_old_or_new "killed at $call $n"
			expect_counted "killed at $call $n"
			take_turns "$is"
			between
			((n += nearer, 1))
		done
	done <<<"$calls"
	# shellcheck disable=SC2086 # $how is words
	expect_status 0 load $how v0 "$new"
	expect_old_or_new "in the end"
	expect_counted "in the end"
	echo "killed at $points of $(wc -l <<<"$calls") calls" >&2
	((points > 20 && points * 10 >= $(wc -l <<<"$calls") * 9)) || fail "killed at $points points only"
}

# between: called after each point.
between() { :; }

# after_failure WHERE: a fault may not matter, and if it does, it is said; counts in $refused.
after_failure()
{
	case $status in
	0) ;;
	3) run pin_maps v0 ;; # a map did not get its name: the next run sees to it
	2)
		[[ $errors == *"load: cannot "* ]] || fail "$1: no message: $errors"
		((++refused))
		;;
	*) fail "$1: status $status: $errors" ;;
	esac
	[[ -z $(find "$BPFFS/%ifbpf/stage" -mindepth 1 2>/dev/null) ]] || run pin_maps v0
	expect_old_or_new "$1"
	take_turns "$is"
	between
}
refused=0

# fail_load [ERRNO...]: each of the calls fails with each errno.
fail_load()
{
	local call n k calls errno points=0 tries errnos=("$@")

	(($# > 0)) || errnos=(ENOMEM EPERM ENOSPC EBUSY)

	# shellcheck disable=SC2086 # $how is words
	calls=$(calls_of load $how v0 "$new")
	expect_old_or_new "at first"
	take_turns "$is"
	between
	while read -r call n k; do
		for errno in "${errnos[@]}"; do
			for ((tries = 0; tries < 9; tries++)); do
				[[ $old != none ]] || become none "$new" "$how"
				# shellcheck disable=SC2086 # $how is words
				inject "$call" "error=$errno" "$n" load $how v0 "$new"
				[[ -n $injected ]] || break
				hit "$call" "$k" && ((++points)) && tries=9
				after_failure "$call $n $errno"
				((n += nearer, 1))
			done
		done
	done <<<"$calls"
	expect_counted "in the end"
	echo "failed at $points points, $refused loads were refused" >&2
	((points > 80 && refused > points / 2)) || fail "failed at $points points, $refused refused"
}

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

test_two_steps_killed_between_them_are_named_and_nothing_is_guessed()
{
	local one n k tries

	become objects/xdp_pass.o objects/xdp_drop.o
	calls_of load --link v0 "$new" >"$TMPDIR/points"
	n=$(grep ' bpf(' "$TMPDIR/calls" | sed -n '/BPF_LINK_CREATE/=')
	k=$(sed -n "s/^bpf $n //p" "$TMPDIR/points")
	for ((tries = 0; tries < 9; tries++)); do
		become objects/xdp_pass.o objects/xdp_drop.o
		one=$(prog_id v0)
		inject bpf signal=KILL "$n" load --link v0 "$new"
		! hit bpf "$k" || break
		((n += nearer, 1))
	done
	[[ -z $(prog_id v0) ]] || fail "the kill at bpf $n leaves a program on the hook"
	expect_status 2 load v0 "$new"
	[[ $errors == *"cannot tell how a killed 'load' is to end: neither program $one nor "*" is on xdp of v0"*\
"hint: rm -r '$BPFFS/%ifbpf/stage/"* ]] || fail "it says: $errors"
	rm -r "$BPFFS/%ifbpf/stage"/*
	expect_status 0 load v0 "$new"
	load_state v0 xdp
}

test_a_filter_that_makes_room_in_vain_is_put_back_in_its_own_place()
{
	local n k tries id

	hook=tc_ingress
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 42 handle 7 bpf da obj objects/tc_pass.o sec tc
	pin_maps v0 >/dev/null
	calls_of load --link v0 objects/tc_drop.o >"$TMPDIR/points"
	n=$(grep ' bpf(' "$TMPDIR/calls" | sed -n '/BPF_LINK_CREATE/=')
	k=$(sed -n "s/^bpf $n //p" "$TMPDIR/points")
	for ((tries = 0; tries < 9; tries++)); do
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

# rate COMMAND...: frames come from the peer as fast as they can while it runs. Sets $frames, the
# number that arrived, and $passed, of those that reached the stack. XDP drops them all.
rate()
{
	local pid before

	# What the veth took in, whatever became of it; and what came behind XDP.
	load --hook tc_ingress v0 objects/tc_pass.o >/dev/null
	before=$(received)
	passed=$(counter "$BPFFS/v0/tc_stats_map" 0)
	nsenter --net=/run/netns/peer "$PWD/build/tests/load_frames" v1 "$V0_MAC" &
	pid=$!
	eventually more_than "$before" 1000 || fail "no frames arrive"
	"$@"
	kill "$pid"
	wait "$pid" || fail "load_frames failed"
	eventually is_quiet || fail "frames still arrive"
	frames=$(($(received) - before))
	pid=$(counter "$BPFFS/v0/tc_stats_map" 0)
	passed=$((${pid% *} - ${passed% *}))
}

received() { ip -j -s link show dev v0 | sed 's/.*"rx":{"bytes":[0-9]*,"packets":\([0-9]*\).*/\1/'; }

more_than() { (($(received) > $1 + $2)); }

is_quiet()
{
	local before

	before=$(received)
	more_than "$before" 0 && return 1
	[[ $(received) == "$before" ]]
}

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

# off_and_on netlink|link
off_and_on()
{
	local i file

	for ((i = 0; i < 3; i++)); do
		case $1 in
		netlink)
			file=$(echo "$BPFFS/v0/%progs/xdp/"*)
			ip link set dev v0 xdp off
			ip link set dev v0 xdp pinned "$file"
			;;
		link)
			bpftool link detach pinned "$BPFFS/v0/%links/xdp"
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
