# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Nothing is ever half-done: readers beside writers, runs that are killed or fail anywhere, several
# runs at once.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh
. tests/faults.sh

# two_sets: on every hook of v0 one of two sets of programs can be attached, a or b, with maps of
# the same names. Sets ${maps_a} and ${maps_b}: NAME ID TAG as the reader lists them.
two_sets()
{
	local set

	tc qdisc add dev v0 clsact
	for set in a b; do
		bpftool prog load "$BUILT/pair.o" "$BPFFS/${set}_xdp" type xdp
		bpftool prog load objects/tc_pass.o "$BPFFS/${set}_in" type tc
		bpftool prog load objects/tc_pass.o "$BPFFS/${set}_out" type tc
	done
	export maps_a maps_b
	maps_a=$(maps_of a 1)
	maps_b=$(maps_of b 2)
	live=b other=a
	swap
}

# maps_of SET TAG: write the tag into its pair; print the lines.
maps_of()
{
	local id name

	for id in $(pinned_prog_maps "$BPFFS/$1_xdp"); do
		bpftool map update id "$id" key 0 0 0 0 value "$2" 0 0 0 0 0 0 0
		name=$(bpftool -j map show id "$id" | sed -n 's/.*"name":"\([a-z]*\)".*/\1/p')
		echo "$name $id $2"
	done
	echo "tc_stats_map $(pinned_prog_maps "$BPFFS/$1_in") 0"
	echo "%egress/tc_stats_map $(pinned_prog_maps "$BPFFS/$1_out") 0"
}

pinned_prog_maps()
{
	bpftool -j prog show pinned "$1" | sed -n 's/.*"map_ids":\[\([^]]*\)\].*/\1/p' | tr , '\n'
}

# swap: the other set runs on all hooks.
swap()
{
	local now=$other

	other=$live live=$now
	ip -force link set dev v0 xdpgeneric pinned "$BPFFS/${now}_xdp"
	tc filter replace dev v0 ingress pref 10 handle 1 bpf da pinned "$BPFFS/${now}_in"
	tc filter replace dev v0 egress pref 10 handle 1 bpf da pinned "$BPFFS/${now}_out"
}

# expect_set LIVE [OTHER]: exactly this is pinned, the other set as old maps; nothing is in the
# making. The reader fails on an odd generation.
expect_set()
{
	local wanted maps=maps_$1

	wanted=${!maps}
	if [[ -n ${2-} ]]; then
		maps=maps_$2
		wanted+=$'\n'$(sed 's/^\([^ ]*\) \([0-9]*\)/\1%old-\2 \2/' <<<"${!maps}")
	fi
	expect_status 0 reader list v0
	[[ $(sed 1d <<<"$output" | sort) == "$(sort <<<"$wanted")" ]] || fail "expected:
$wanted
got: $output"
	expect_no_stage
}

finish_and_expect_live()
{
	expect_status 0 pin_maps v0
	expect_set "$live" "$other"
}

test_an_exchange_killed_anywhere_is_finished_or_undone_by_the_next_run()
{
	two_sets
	pin_maps v0 >/dev/null
	kill_everywhere "$CHANGING_CALLS" swap pin_maps v0 -- finish_and_expect_live
	echo "killed at $points points" >&2
	((points > 25)) || fail "killed at $points points only"
}

test_an_exchange_killed_at_any_bpf_call_is_finished_or_undone_by_the_next_run()
{
	two_sets
	pin_maps v0 >/dev/null
	kill_everywhere bpf swap pin_maps v0 -- finish_and_expect_live
	echo "killed at $points points" >&2
	((points > 25)) || fail "killed at $points points only"
}

test_a_first_run_killed_anywhere_leaves_nothing_in_the_way()
{
	two_sets
	kill_everywhere "$CHANGING_CALLS" forget_all pin_maps v0 -- finish_first_run
	echo "killed at $points points" >&2
	((points > 25)) || fail "killed at $points points only"
}

forget_all() { rm -rf "$BPFFS/v0" "$BPFFS/%ifbpf"; }

finish_first_run()
{
	expect_status 0 pin_maps v0
	expect_set "$live"
}

test_dropping_killed_anywhere_drops_all_in_the_end()
{
	two_sets
	pin_maps v0 >/dev/null
	kill_everywhere "$CHANGING_CALLS" become_another pin_maps --fresh v0 -- finish_dropping
	echo "killed at $points points" >&2
	((points > 20)) || fail "killed at $points points only"
}

# The record is of an interface that is gone, and so are its programs.
become_another()
{
	local record

	swap
	record=$(readlink "$BPFFS/v0/%meta" | sed "s/;ifindex=[0-9]*/;ifindex=4711/")
	rm "$BPFFS/v0/%meta"
	ln -s "$record" "$BPFFS/v0/%meta"
}

finish_dropping()
{
	expect_status 0 pin_maps --fresh v0
	expect_set "$live"
}

test_following_a_rename_killed_anywhere_is_finished_by_the_next_run()
{
	two_sets
	pin_maps v0 >/dev/null
	kill_everywhere "$CHANGING_CALLS" rename_back pin_maps r0 -- finish_following
	echo "killed at $points points" >&2
	((points > 5)) || fail "killed at $points points only"
}

rename_back()
{
	if ip link show dev r0 >/dev/null 2>&1; then
		rename_link r0 v0
		pin_maps v0 >/dev/null 2>&1
	fi
	rename_link v0 r0
}

finish_following()
{
	expect_status 0 pin_maps r0
	[[ ! -e $BPFFS/v0 ]] || fail "the old directory is still there"
	expect_status 0 reader list r0
	[[ $(sed 1d <<<"$output" | sort) == "$(sort <<<"$maps_a")" ]] || fail "got: $output"
	expect_no_stage
}

test_a_stage_that_never_began_is_not_carried_out_when_its_removal_is_killed()
{
	local n

	make_veth w0
	link_xdp w0 objects/xdp_pass.o
	two_sets
	pin_maps v0 >/dev/null
	pin_maps w0 >/dev/null
	swap
	for ((n = 1; ; n++)); do
		# The first renameat begins the exchange.
		inject ?renameat,?renameat2 signal=KILL 1 pin_maps v0
		((status == 137)) || fail "not killed: $errors"
		inject unlinkat signal=KILL "$n" pin_maps w0
		[[ -n $injected ]] || break
		expect_status 0 pin_maps w0
		expect_set "$other"
	done
	((n > 5)) || fail "killed at $n points only"
}

test_an_exchange_that_fails_anywhere_says_so_and_the_next_run_is_right()
{
	local fault call n points=0

	two_sets
	pin_maps v0 >/dev/null
	# shellcheck disable=SC2086 # words
	for fault in $(each_errno $CHANGING_CALLS) flock:EINTR flock:ENOLCK readlinkat:EIO socket:EMFILE \
		sendto:ENOBUFS ?sendmsg:ENOBUFS; do
		call=${fault%:*}
		for ((n = 1; ; n++)); do
			swap
			inject "$call" "error=${fault#*:}" "$n" pin_maps v0
			[[ -n $injected ]] || break
			expect_failure_or_success "$fault $n"
			((++points))
			finish_and_expect_live
		done
	done
	echo "failed at $points points" >&2
	((points > 30)) || fail "failed at $points points only"
}

test_an_exchange_with_a_failing_bpf_call_says_so_and_the_next_run_is_right()
{
	local errno n points=0

	two_sets
	pin_maps v0 >/dev/null
	for errno in $ERRNOS; do
		for ((n = 1; ; n++)); do
			swap
			inject bpf "error=$errno" "$n" pin_maps v0
			[[ -n $injected ]] || break
			expect_failure_or_success "bpf $errno $n"
			((++points))
			finish_and_expect_live
		done
	done
	echo "failed at $points points" >&2
	((points > 50)) || fail "failed at $points points only"
}

# A fault may not matter, and if it does, it is said once and the status is not that of a crash.
expect_failure_or_success()
{
	case $status in
	0) ;;
	2 | 3)
		[[ $errors == "pin_maps: cannot "* || $errors == *$'\n'"pin_maps: cannot "* ||
			$output == *"refused "* ]] || fail "$1: no message: $output$errors"
		;;
	*) fail "$1: status $status: $errors" ;;
	esac
}

test_a_reader_sees_only_maps_that_belong_together()
{
	watch_exchanges 60 reader
	((looks > 200 && generations > 30)) || fail "$looks looks, $generations generations"
}

test_a_slow_reader_sees_only_maps_that_belong_together_as_well()
{
	need strace
	# As slow as an exchange of pins, so that most of them happen in the middle of a look.
	# With -D the process that is started, and ends by SIGTERM, is the reader itself.
	watch_exchanges 30 env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" \
		strace -D -qq -o /dev/null -e trace=bpf -e inject=bpf:delay_enter=300 reader
	((looks > 10 && generations > 5)) || fail "$looks looks, $generations generations"
}

# watch_exchanges COUNT READER...: sets $looks and $generations, what the reader has seen.
watch_exchanges()
{
	local pid i count=$1

	shift
	two_sets
	pin_maps v0 >/dev/null
	"$@" watch v0 left right >"$TMPDIR/reader" 2>&1 &
	pid=$!
	for ((i = 0; i < count; i++)); do
		swap
		pin_maps v0 >/dev/null
	done
	kill -TERM "$pid" 2>/dev/null || true
	wait "$pid" || fail "the reader: $(<"$TMPDIR/reader")"
	[[ $(<"$TMPDIR/reader") =~ ^([0-9]+)\ looks,\ ([0-9]+)\ generations$ ]] ||
		fail "the reader: $(<"$TMPDIR/reader")"
	looks=${BASH_REMATCH[1]} generations=${BASH_REMATCH[2]}
}

test_a_name_is_never_missing_while_its_map_is_exchanged()
{
	local pid i

	two_sets
	pin_maps v0 >/dev/null
	(
		trap 'exit 0' TERM
		while :; do
			[[ -e $BPFFS/v0/left && -e $BPFFS/v0/%egress/tc_stats_map ]] || exit 1
		done
	) &
	pid=$!
	for ((i = 0; i < 20; i++)); do
		swap
		pin_maps v0 >/dev/null
	done
	kill -TERM "$pid" 2>/dev/null || true
	wait "$pid" || fail "a name was missing"
}

test_a_reader_is_told_of_an_exchange_that_was_killed()
{
	two_sets
	pin_maps v0 >/dev/null
	swap
	inject linkat signal=KILL 1 pin_maps v0
	[[ $(generation "$BPFFS/v0") == *[13579] ]] || fail "killed elsewhere: $(generation "$BPFFS/v0")"
	expect_status 2 reader list v0
	[[ $errors == *"an exchange of its pins was interrupted"*"hint: finish it: pin_maps v0"* ]] ||
		fail "it says: $errors"
	expect_status 0 pin_maps v0
	# What the killed run did not come to say is said as well.
	[[ $errors == "pin_maps: finished what a killed 'pin' began in $BPFFS/v0"$'\n'*"are out of force: those in 2 maps which gave way: left, right"*"--carry v0" ]] ||
		fail "it says: $errors"
	expect_set "$live" "$other"
}

test_a_killed_exchange_is_finished_by_a_run_on_another_interface()
{
	make_veth w0
	two_sets
	pin_maps v0 >/dev/null
	swap
	inject linkat signal=KILL 1 pin_maps v0
	expect_status 2 pin_maps w0
	[[ $errors == *"finished what a killed 'pin' began in $BPFFS/v0"* ]] || fail "it says: $errors"
	expect_set "$live" "$other"
}

test_a_killed_exchange_that_cannot_be_finished_holds_up_no_other_interface()
{
	local record

	make_veth w0
	link_xdp w0 objects/xdp_pass.o
	two_sets
	pin_maps v0 >/dev/null
	swap
	inject linkat signal=KILL 1 pin_maps v0
	record=$(readlink "$BPFFS/v0/%meta")
	rm "$BPFFS/v0/%meta"
	ln -s v=2 "$BPFFS/v0/%meta"
	expect_status 2 pin_maps v0
	[[ $errors == *"cannot read the record of $BPFFS/v0: "* ]] || fail "it says: $errors"
	expect_status 0 pin_maps w0
	expect_states "pinned xdp xdp_stats_map"
	rm "$BPFFS/v0/%meta"
	ln -s "$record" "$BPFFS/v0/%meta"
	finish_and_expect_live
}

test_a_killed_exchange_is_finished_when_nothing_is_attached_any_more()
{
	two_sets
	pin_maps v0 >/dev/null
	swap
	inject linkat signal=KILL 1 pin_maps v0
	ip link set dev v0 xdpgeneric off
	tc qdisc del dev v0 clsact
	expect_status 2 pin_maps v0
	expect_set "$live" "$other"
}

test_what_was_prepared_for_a_directory_that_is_gone_is_dropped()
{
	two_sets
	pin_maps v0 >/dev/null
	swap
	inject linkat signal=KILL 1 pin_maps v0
	rm -r "$BPFFS/v0"
	expect_status 0 pin_maps v0
	[[ $errors == *"$BPFFS/v0 is gone; dropped what a killed 'pin' had prepared for it"* ]] ||
		fail "it says: $errors"
	expect_set "$live"
}

test_dry_run_leaves_a_killed_exchange_alone()
{
	local before

	two_sets
	pin_maps v0 >/dev/null
	swap
	inject linkat signal=KILL 1 pin_maps v0
	before=$(snapshot)
	run pin_maps --dry-run v0
	((status < 126)) || fail "status $status"
	expect_unchanged "$before"
}

test_several_first_runs_at_once_pin_once()
{
	two_sets
	at_once pin_maps v0
	[[ $(cat "$TMPDIR"/once.* | grep -c '^pinned  *xdp  *left ') == 1 &&
		$(cat "$TMPDIR"/once.* | grep -c '^kept  *xdp  *left ') == 7 ]] ||
		fail "$(cat "$TMPDIR"/once.*)"
	[[ $(generation "$BPFFS/v0") == 2 ]] || fail "generation $(generation "$BPFFS/v0")"
	expect_set "$live"
}

test_several_runs_at_once_exchange_once()
{
	two_sets
	pin_maps v0 >/dev/null
	swap
	at_once pin_maps v0
	[[ $(cat "$TMPDIR"/once.* | grep -c '^replaced  *xdp  *left ') == 1 ]] ||
		fail "$(cat "$TMPDIR"/once.*)"
	expect_set "$live" "$other"
}

test_runs_on_several_interfaces_at_once_do_not_disturb_each_other()
{
	local i

	make_veth w1 w2 w3 w4
	for i in 1 2 3 4; do
		link_xdp "w$i" objects/xdp_pass.o
	done
	at_once pin_each
	for i in 1 2 3 4; do
		expect_id "$BPFFS/w$i/xdp_stats_map" "$(prog_maps "$(prog_id "w$i")")"
		[[ $(generation "$BPFFS/w$i") == 2 ]] || fail "w$i was exchanged"
	done
	expect_no_stage
}

pin_each()
{
	local i

	for i in 1 2 3 4; do
		pin_maps "w$i"
	done
}

test_beside_stock_ip_that_pins_there_itself_the_map_stays()
{
	local pid id i

	eval "$(iproute2_env v0)"
	link_xdp v0 objects/pinned/xdp_pass.o
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	load_forever objects/pinned/xdp_pass.o &
	pid=$!
	for ((i = 0; i < 40; i++)); do
		expect_status 0 pin_maps v0
		expect_id "$BPFFS/v0/xdp_stats_map" "$id"
	done
	kill -TERM "$pid"
	wait "$pid" || fail "ip failed"
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "replaced: $(old_maps "$BPFFS/v0")"
	send 3
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 300
}

# load_forever OBJECT: by stock ip on v0, one program after the other, until SIGTERM.
load_forever()
{
	local stopped=

	trap 'stopped=yes' TERM
	until [[ -n $stopped ]]; do
		ip -force link set dev v0 xdpgeneric obj "$1" sec xdp || [[ -n $stopped ]] || exit 1
	done
	exit 0
}

test_beside_stock_ip_that_makes_new_maps_the_last_one_is_pinned()
{
	local pid i

	link_xdp v0 objects/xdp_pass.o
	load_forever objects/xdp_pass.o &
	pid=$!
	for ((i = 0; i < 20; i++)); do
		expect_status 0 pin_maps v0
	done
	kill -TERM "$pid"
	wait "$pid" || fail "ip failed"
	expect_status 0 pin_maps v0
	expect_id "$BPFFS/v0/xdp_stats_map" "$(prog_maps "$(prog_id v0)")"
	[[ $(generation "$BPFFS/v0") == *[02468] ]] || fail "generation $(generation "$BPFFS/v0")"
	expect_no_stage
}

test_a_bind_mount_of_the_directory_stays_good()
{
	local inode i

	two_sets
	pin_maps v0 >/dev/null
	inode=$(stat -c %i "$BPFFS/v0")
	mkdir /run/inside
	mount --bind "$BPFFS/v0" /run/inside
	for i in 1 2 3; do
		swap
		pin_maps v0 >/dev/null
		[[ $(map_id /run/inside/left) == "$(map_id "$BPFFS/v0/left")" ]] || fail "swap $i: not seen"
		grep -q " $(map_id /run/inside/left) " <<<"$(maps_lines "$live")" || fail "swap $i: stale"
	done
	[[ $(stat -c %i "$BPFFS/v0") == "$inode" ]] || fail "another directory"
	rename_link v0 r0
	pin_maps r0 2>/dev/null >/dev/null
	swap_renamed
	pin_maps r0 >/dev/null
	[[ $(map_id /run/inside/left) == "$(map_id "$BPFFS/r0/left")" ]] || fail "lost by a rename"
}

maps_lines()
{
	local maps=maps_$1

	echo "${!maps}"
}

swap_renamed() { ip -force link set dev r0 xdpgeneric pinned "$BPFFS/${other}_xdp"; }

test_a_stopped_writer_is_waited_for_and_named()
{
	local stopped waiting pid

	need strace
	two_sets
	pin_maps v0 >/dev/null
	swap
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o "$TMPDIR/trace" \
		-e inject=linkat:signal=STOP:when=1 pin_maps v0 >/dev/null 2>&1 &
	stopped=$!
	eventually grep -qs 'stopped by SIGSTOP' "$TMPDIR/trace" || fail "not stopped"
	pid=$(sed -n 's/^\([0-9]*\) .*stopped by SIGSTOP.*/\1/p' "$TMPDIR/trace")
	pin_maps v0 >"$TMPDIR/waiting" 2>&1 &
	waiting=$!
	eventually grep -q waiting "$TMPDIR/waiting" || fail "it does not say that it waits"
	[[ $(<"$TMPDIR/waiting") == "pin_maps: waiting for process $pid, which holds the lock of $BPFFS/%ifbpf/lock" ]] ||
		fail "it says: $(<"$TMPDIR/waiting"), the process is $pid"
	expect_status 2 reader list v0
	kill -CONT "$pid"
	wait "$stopped" || fail "the one that was stopped failed"
	wait "$waiting" || fail "the one that waited failed: $(<"$TMPDIR/waiting")"
	expect_set "$live" "$other"
}

test_readers_make_nothing_and_take_no_lock()
{
	local before

	two_sets
	expect_status 2 reader list v0
	pin_maps v0 >/dev/null
	before=$(snapshot)
	expect_status 0 flock "$BPFFS/%ifbpf/lock" flock "$BPFFS/v0" "$PWD/build/tests/reader" list v0
	expect_unchanged "$before"
}
