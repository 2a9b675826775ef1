# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What others can do to a BPF filesystem, or leave in it, and what must not come of it.
. tests/pins.sh

GROUP=1

# member COMMAND...: an unprivileged member of GROUP.
member()
{
	setpriv --reuid 1234 --regid $GROUP --clear-groups --bounding-set -all --inh-caps -all \
		--no-new-privs "$@"
}

# shared_v0: its counters are readable for GROUP.
shared_v0()
{
	chmod 0711 "$BPFFS"
	link_xdp v0 objects/xdp_pass.o
	pin_maps --group $GROUP v0 >/dev/null
}

test_a_group_is_refused_that_could_pin_again_in_another_bpffs()
{
	chmod 0711 "$BPFFS"
	link_xdp v0 objects/xdp_pass.o
	mkdir /run/other
	mount -t bpf bpf /run/other
	expect_fail "others than root can write /run/other, " pin_maps --group $GROUP v0
	chmod 0711 /run/other
	expect_status 0 pin_maps --group $GROUP v0
}

test_a_group_is_refused_where_somebody_owns_a_directory()
{
	chmod 0711 "$BPFFS"
	link_xdp v0 objects/xdp_pass.o
	mkdir -m 0700 "$BPFFS/alice"
	chown 1234 "$BPFFS/alice"
	expect_fail "others than root can write $BPFFS/alice, " pin_maps --group $GROUP v0
}

test_a_group_that_cannot_be_given_the_pins_changes_nothing()
{
	local before

	chmod 0711 "$BPFFS"
	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	before=$(snapshot)
	expect_refusal "cannot give the maps in $BPFFS/v0 to group 65534" "$before" \
		setpriv --bounding-set -chown --inh-caps -chown pin_maps --group 65534 v0
	expect_status 0 stats v0
}

test_an_empty_group_is_misuse()
{
	link_xdp v0 objects/xdp_pass.o
	expect_status 1 pin_maps --group '' v0
}

test_a_member_of_the_group_holds_up_no_writer()
{
	shared_v0
	member flock "$BPFFS/v0" sleep 30 &
	eventually grep -q ":$(stat -c %i "$BPFFS/v0") " /proc/locks
	link_tc v0 ingress objects/tc_pass.o
	timeout 10 pin_maps v0 >/dev/null || fail "status $?: it waits for a reader"
	kill $!
	run member flock "$BPFFS/v0/%lock" true
	((status != 0)) || fail "the lock of the directory can be opened"
}

test_modes_are_put_right_also_if_no_pin_changes()
{
	shared_v0
	rm -r "$BPFFS/v0/%egress"
	chmod 0777 "$BPFFS/v0"
	chmod 0666 "$BPFFS/v0/xdp_stats_map"
	expect_status 0 pin_maps v0
	[[ $(stat -c %a "$BPFFS/v0") == 750 ]] || fail "$(ls -ld "$BPFFS/v0")"
	[[ $(stat -c %a "$BPFFS/v0/xdp_stats_map") == 440 ]] || fail "$(ls -l "$BPFFS/v0")"
	[[ $(stat -c %a:%g "$BPFFS/v0/%egress") == 750:$GROUP ]] || fail "$(ls -ld "$BPFFS/v0/%egress")"
	expect_status 0 member "$PWD/scripts/stats" v0
}

test_a_thousand_replaced_maps_stop_nobody()
{
	local i

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	send 3
	bpftool map create "$BPFFS/v0/xdp_stats_map%old-999999" type percpu_array key 4 value 16 \
		entries 5 name xdp_stats_map
	for ((i = 1; i <= 1100; i++)); do
		ln "$BPFFS/v0/xdp_stats_map%old-999999" "$BPFFS/v0/xdp_stats_map%old-$((1000000 + i))"
	done
	ulimit -Sn 1024
	expect_status 0 stats v0
	[[ $output == *"XDP_PASS  3 packets"* ]] || fail "$output"
	ulimit -n 1024
	expect_status 0 pin_maps v0
}

test_an_odd_generation_without_a_stage_is_healed()
{
	local text

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	text=$(readlink "$BPFFS/v0/%meta")
	ln -sfn "${text/gen=2/gen=3}" "$BPFFS/v0/%meta"
	expect_fail "exchange of its pins was interrupted" stats v0
	expect_status 0 pin_maps v0
	(($(generation "$BPFFS/v0") % 2 == 0)) || fail "$(readlink "$BPFFS/v0/%meta")"
	expect_status 0 stats v0
}

test_a_map_is_not_replaced_that_could_not_stay_as_old()
{
	local id

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	send 5
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	bpftool map create "$BPFFS/v0/xdp_stats_map%old-$id" type array key 4 value 4 entries 1 name x
	link_xdp_again
	expect_status 3 pin_maps v0
	expect_states "refused xdp xdp_stats_map"
	expect_id "$BPFFS/v0/xdp_stats_map" "$id"
	rm "$BPFFS/v0/xdp_stats_map%old-$id"
	mkdir "$BPFFS/v0/xdp_stats_map%old-$id"
	expect_status 3 pin_maps v0
	expect_id "$BPFFS/v0/xdp_stats_map" "$id"
}

link_xdp_again() { ip -force link set dev v0 xdpgeneric obj objects/xdp_drop.o sec xdp; }

test_a_pin_that_is_misnamed_as_old_is_not_dropped()
{
	local id

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	bpftool map create "$BPFFS/v0/xdp_stats_map%old-$id" type percpu_array key 4 value 16 \
		entries 5 name xdp_stats_map
	link_tc v0 ingress objects/tc_pass.o
	expect_status 0 pin_maps v0
	[[ -e $BPFFS/v0/xdp_stats_map%old-$id ]] || fail "another map's pin is gone"
}

test_root_is_not_led_out_of_the_directory_that_it_adopts()
{
	local i

	echo x >/run/secret
	chmod 0644 /run/secret
	link_xdp v0 objects/xdp_pass.o
	mkdir -m 0777 "$BPFFS/v0"
	bpftool map pin id "$(prog_maps "$(prog_id v0)")" "$BPFFS/v0/xdp_stats_map"
	chmod 0640 "$BPFFS/v0/xdp_stats_map"
	chmod 1777 /run/tmp
	# shellcheck disable=SC2016 # expanded by that shell
	member bash -c 'cd /; until mv "$0/xdp_stats_map" "$0/zz" && ln -s /run/secret "$0/xdp_stats_map"; do
		:; done' "$BPFFS/v0" 2>/dev/null &
	with_fault chmod,fchmodat,fchmod:delay_enter=200000 pin_maps v0 >/dev/null 2>&1 || true
	kill $! 2>/dev/null || true
	[[ $(stat -c %a /run/secret) == 644 ]] || fail "root changed the mode of a file outside"
}

test_what_keeps_ip_from_being_led_back_is_named()
{
	mkdir -p "$BPFFS/v0/xdp/globals"
	expect_fail "$BPFFS/v0/xdp is in the way" iproute2_env v0
	[[ -z $output ]] || fail "eval would have run: $output"
	rm -r "$BPFFS/v0/xdp"
	expect_status 0 iproute2_env v0
}

test_no_link_of_egress_leads_nowhere()
{
	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	rm "$BPFFS/v0/xdp_stats_map"
	[[ -L $BPFFS/v0/%egress/xdp_stats_map ]] || fail "no link to begin with"
	iproute2_env --egress v0 >/dev/null
	[[ ! -L $BPFFS/v0/%egress/xdp_stats_map ]] || fail "it is still there"
}

test_a_stage_cannot_name_a_place_outside()
{
	local stage=$BPFFS/%ifbpf/stage/x~1

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	mkdir /run/out "$stage"
	ln -s "v=1;gen=0;verb=pin;dir=%2E%2E/%2E%2E/%2E%2E/run/out" "$stage/%record"
	ln -s "$(readlink "$BPFFS/v0/%meta")" "$stage/%meta"
	expect_fail "names no interface's directory" pin_maps v0
	[[ -z $(ls -A /run/out) ]] || fail "written outside: $(ls -A /run/out)"
	rm "$stage/%record"
	ln -s "v=1;gen=0;verb=pin;dir=%25ifbpf/lock" "$stage/%record"
	timeout 10 pin_maps v0 >/dev/null 2>&1 || (($? != 124)) || fail "it waits for its own lock"
}

test_an_odd_thing_among_the_stages_stops_nobody()
{
	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	ln -s nowhere "$BPFFS/%ifbpf/stage/link"
	mkdir "$BPFFS/%ifbpf/stage/theirs"
	chown 1234 "$BPFFS/%ifbpf/stage/theirs"
	expect_status 0 pin_maps v0
	[[ $errors == *"stage/link is no stage of ours"* ]] || fail "not said: $errors"
}

test_lost_output_is_a_failure()
{
	local command

	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	for command in "pin_maps --dry-run v0" "iproute2_env v0" "status v0" "doctor --help" \
		"unload --dry-run v0" "load --dry-run v0 objects/xdp_drop.o"; do
		status=0
		# shellcheck disable=SC2086 # words of a command
		errors=$($command 2>&1 >/dev/full) || status=$?
		((status == 2)) || fail "$command: status $status: $errors"
		[[ $errors == *"cannot write the output: No space left on device"* ]] || fail "$errors"
	done
}

test_what_was_done_is_done_though_the_output_is_lost()
{
	local command

	ip link add gone type veth peer name gone2
	load gone objects/xdp_pass.o >/dev/null
	ip link del gone
	link_xdp v0 objects/xdp_pass.o
	for command in "pin_maps v0" "pin_maps --json v0" "load v0 objects/xdp_drop.o" \
		"load --json v0 objects/xdp_pass.o" "unload v0" "gc --grace 0"; do
		status=0
		# shellcheck disable=SC2086 # words of a command
		errors=$($command 2>&1 >/dev/full) || status=$?
		((status == 3)) || fail "$command: status $status: $errors"
		[[ $errors == *"what was asked for is done, but cannot write the output: No space left on device"* ]] ||
			fail "$errors"
	done
	[[ -z $(prog_id v0) && ! -e $BPFFS/gone ]] || fail "it is still there"
	# Nothing was done, so there is nothing to say of that.
	status=0
	errors=$(unload v0 -n nope 2>&1 >/dev/full) || status=$?
	((status == 2)) || fail "status $status: $errors"
}

test_json_is_utf8_whatever_the_name()
{
	local name=$'a\xff' command

	ip link add "$name" type veth peer name q1
	link_xdp "$name" objects/xdp_pass.o
	expect_status 0 pin_maps --json "$name"
	[[ $output == *'"ifname":"a%FF"'* ]] || fail "$output"
	expect_status 0 stats --json "$name"
	[[ $output == *'"ifname":"a%FF"'* ]] || fail "$output"
	# Also where the name stands in a sentence, and among others.
	unload --all --purge "$name" >/dev/null
	load --shared -m skb v0 "$name" objects/xdp_pass.o >/dev/null
	for command in "load --json --explain $name objects/xdp_pass.o" "stats --json v0" "status --json $name" \
		"doctor --json $name" "unload --json $name"; do
		# shellcheck disable=SC2086 # its words
		run $command
		iconv -f UTF-8 -t UTF-8 <<<"$output" >/dev/null || fail "$command: $output"
		[[ $output == *'a%FF'* ]] || fail "$command lacks the name: $output"
	done
	ip link add 'ä' type veth peer name q2
	link_xdp 'ä' objects/xdp_pass.o
	expect_status 0 pin_maps --json 'ä'
	[[ $output == *'"ifname":"ä"'* ]] || fail "$output"
}

test_hints_can_be_pasted_into_a_shell()
{
	ip link add 'a;b' type veth peer name q1
	expect_fail "hint: pin what runs there first: pin_maps 'a;b'" stats 'a;b'
	ip link add name -x type veth peer name q2
	expect_fail "hint: pin what runs there first: pin_maps -- -x" stats -- -x
}

test_under_the_front_command_the_tools_are_its_verbs()
{
	expect_fail "hint: pin what runs there first: ifbpf pin v0" ifbpf stats v0
	expect_status 0 ifbpf pin --help
	[[ $output == "Usage: ifbpf pin [options]"* ]] || fail "$output"
	expect_status 1 ifbpf pin --nope
	[[ $errors == "ifbpf pin: unrecognized option"* ]] || fail "$errors"
}

test_a_cut_name_is_never_pinned()
{
	local when

	link_xdp v0 "$BUILT/names.o"
	for ((when = 1; when < 80; when++)); do
		with_fault "bpf:error=ENOMEM:when=$when" pin_maps v0 >/dev/null 2>&1 || true
		[[ ! -e $BPFFS/v0/the_longest_nam ]] ||
			fail "call $when: $(ls "$BPFFS/v0")"
	done
}

test_control_characters_in_a_name_do_not_reach_the_terminal()
{
	local name=$'a\033[2Jb\177' command

	ip link add v9 type veth peer name v8
	ip link set dev v9 name "$name"
	ip link set dev "$name" up
	run load "$name" objects/xdp_pass.o
	[[ $output == 'a\x1b[2Jb\x7f xdp: program xdp_pass '* ]] || fail "load: $output$errors"
	run load "$name" objects/xdp_drop.o
	run load --expect 1 "$name" objects/xdp_drop.o
	[[ $errors == *'of a\x1b[2Jb\x7f: '* ]] || fail "load: $errors"
	for command in "status" "stats" "pin_maps" "unload" "doctor"; do
		run "$command" "$name"
		[[ $output$errors != *$'\033'* && $output$errors != *$'\177'* ]] || fail "$command: $output$errors"
		[[ $command == doctor || $output == *'a\x1b[2Jb\x7f'* ]] || fail "$command: $output$errors"
	done
}

test_control_characters_of_an_object_or_a_word_do_not_reach_the_terminal()
{
	local bad=$'v\033[2J\n\1770' word option

	run load --explain -n "$bad" v0 objects/xdp_pass.o
	[[ $errors == *"programs and maps "*refused*'v\x1b[2J\x0a\x7f0'* && $errors != *$'\033'* ]] ||
		fail "$(cat -v <<<"$output$errors")"
	run load --explain v0 "$TMPDIR/$bad.o"
	[[ $status == 2 && $errors == *"ELF file "*'v\x1b[2J\x0a\x7f0.o'* && $errors != *$'\033'* ]] ||
		fail "$(cat -v <<<"$output$errors")"
	for word in "load --on-mismatch" "load --hook" "load --expect" \
		"load --class" "pin_maps --class" "stats --interval" "top --sort"; do
		option=${word#* }
		run "${word% *}" "$option" "$bad" v0 objects/xdp_pass.o
		((status == 1)) || fail "$word: status $status: $errors"
		[[ $errors == *'v\x1b[2J\x0a\x7f0'* && $errors != *$'\033'* && $errors != *$'\177'* ]] ||
			fail "$word: $(cat -v <<<"$errors")"
	done
}

# Stopped at a request, then gone: at one of them at least the load asks what is attached next.
test_an_interface_that_vanishes_during_a_load_is_said_to()
{
	local k pid said=0

	need strace
	for k in 2 3 4 5; do
		ip link add w0 type veth peer name w1
		ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -qq -o "$TMPDIR/trace" \
			-e inject="sendto:signal=STOP:when=$k" load w0 objects/xdp_pass.o >/dev/null 2>"$TMPDIR/errors" &
		pid=$!
		eventually grep -q 'stopped by SIGSTOP' "$TMPDIR/trace" || fail "request $k: not stopped"
		ip link del dev w0
		kill -CONT "$(pgrep -P "$pid")"
		! wait "$pid" || fail "request $k: loaded"
		! grep -q 'what is attached to w0: No such device' "$TMPDIR/errors" || {
			grep -q 'hint: it is gone since this began' "$TMPDIR/errors" || fail "$(<"$TMPDIR/errors")"
			((++said))
		}
		: >"$TMPDIR/trace"
	done
	((said > 0)) || fail "$(<"$TMPDIR/errors")"
}

test_a_limit_of_file_sizes_does_not_end_a_change_in_the_middle()
{
	local ended=0

	(ulimit -f 0 && exec load v0 objects/xdp_pass.o) >"$TMPDIR/small" 2>/dev/null || ended=$?
	((ended == 3)) || fail "status $ended"
	[[ ! -s $TMPDIR/small && -n $(prog_id v0) ]] || fail "nothing is attached"
	[[ -z $(ls -A "$BPFFS/%ifbpf/stage") ]] || fail "a stage is left"
}

test_a_symlink_in_the_place_of_a_map_is_removed_by_what_is_told()
{
	local command

	load v0 objects/xdp_pass.o >/dev/null
	unload --purge v0 >/dev/null
	ln -s /etc/passwd "$BPFFS/v0/xdp_stats_map"
	expect_fail "cannot pin map 'xdp_stats_map' in $BPFFS/v0: a symlink has that name there" \
		load v0 objects/xdp_pass.o
	command=$(sed -n 's/^  hint: if nobody needs it: //p' <<<"$errors")
	[[ $command == "rm "*"/v0/xdp_stats_map"* ]] || fail "it says: $errors"
	bash -ec "$command"
	expect_status 0 load v0 objects/xdp_pass.o
}
