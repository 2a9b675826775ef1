# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that libxdp put behind its dispatcher, and the lock under which it does so.
. tests/pins.sh
. tests/carry.sh
. tests/faults.sh
. tests/load_faults.sh

# join OBJECT...: behind the dispatcher of v0, which is made if there is none.
join() { xdp-loader load -m skb v0 "$@"; }

prog_name() { bpftool -j prog show id "$1" | sed -n 's/.*"name":"\([^"]*\)".*/\1/p'; }

# have_dispatcher OBJECT...: or skip.
have_dispatcher()
{
	need xdp-loader
	join "$@" >/dev/null 2>&1 || skip "needs freplace programs: this kernel refuses them"
	[[ $(prog_name "$(prog_id v0)") == xdp_dispatcher ]] ||
		skip "needs freplace programs: this kernel refuses them"
}

# component NAME: the id of the program of that name behind the dispatcher of v0.
component() { xdp-loader status v0 | awk -v name="$1" '$1 == "=>" && $3 == name { print $4 }'; }

test_maps_behind_a_dispatcher_are_pinned()
{
	local id

	have_dispatcher objects/xdp_pass.o
	id=$(component xdp_pass)
	[[ -n $id ]] || fail "$(bpftool prog show)"
	expect_status 0 pin_maps v0
	[[ $output == *"pinned   xdp        xdp_stats_map "*" program xdp_pass id $id"* ]] || fail "$output"
	expect_id "$BPFFS/v0/xdp_stats_map" "$(prog_maps "$id")"
	send 5
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 5 500
	expect_status 0 stats v0
	[[ $output == "v0  xdp  XDP_PASS  5 packets  500 bytes" ]] || fail "$output"
	expect_status 0 pin_maps v0
	expect_states "kept xdp xdp_stats_map"
}

test_several_programs_are_looked_at_in_their_order()
{
	have_dispatcher objects/xdp_pass.o "$BUILT/names.o"
	expect_status 0 pin_maps v0
	# The full names are in the BTF of each.
	[[ -e $BPFFS/v0/the_longest_name_of_all && -e $BPFFS/v0/xdp_stats_map ]] || fail "$output"
	[[ $(awk '$4 == "id" { for (i = 1; i < NF; i++) if ($i == "program") print $(i + 1) }' <<<"$output" | uniq | tr '\n' ' ') == \
		"$(xdp-loader status v0 | awk '$1 == "=>" { print substr($3, 1, 15) }' | tr '\n' ' ')" ]] ||
		fail "$output$(xdp-loader status v0)"
}

test_the_second_map_of_a_name_is_refused()
{
	have_dispatcher objects/xdp_pass.o objects/xdp_drop.o
	expect_status 3 pin_maps v0
	[[ $output == *"its name belongs to map "*" of program xdp_"* ]] || fail "$output"
	[[ $errors == *"behind the dispatcher has a map 'xdp_stats_map' of its own"*"xdp-loader unload v0 --id "*", then load --join v0 OBJECT"*"xdp-loader load -p $BPFFS/v0 v0 OBJECT"* ]] ||
		fail "$errors"
}

# As the hint has it.
test_programs_that_pin_by_name_have_one_map_behind_a_dispatcher()
{
	have_dispatcher objects/xdp_pass.o
	pin_maps v0 >/dev/null
	xdp-loader load -m skb -p "$BPFFS/v0" v0 objects/pinned/xdp_drop.o
	send 2
	expect_status 0 pin_maps v0
	(($(counter "$BPFFS/v0/xdp_stats_map" 1 | cut -d' ' -f1) == 2)) || fail "$(stats v0)"
}

test_load_names_the_dispatcher_and_what_is_behind_it()
{
	local dispatcher

	have_dispatcher objects/xdp_pass.o
	dispatcher=$(prog_id v0)
	# Adopted or not: it is others'.
	pin_maps v0 >/dev/null
	expect_status 2 load v0 objects/xdp_drop.o
	[[ $errors == *"program xdp_dispatcher (id $dispatcher, "*"is not ours: a dispatcher of libxdp, for xdp_pass (id $(component xdp_pass))"* ]] ||
		fail "$errors"
	[[ $errors == *"join them: load --join v0 OBJECT"* || $errors == *"join them: xdp-loader load v0 OBJECT"* ]] ||
		fail "$errors"
	[[ $(prog_id v0) == "$dispatcher" ]] || fail "it was replaced"
	send 3
	expect_status 0 load --replace v0 objects/xdp_drop.o
	send 2
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 300
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 2 200
}

# So inspect says of every kernel that it does so; which do is seen on the kernels of make vmtest.
test_what_may_change_packets_is_refused_by_newer_kernels()
{
	local object refused=0 said

	have_dispatcher objects/xdp_pass.o
	xdp-loader unload v0 --all
	for object in objects/xdp_*.o; do
		[[ $object != *_frags.o ]] || continue
		said=$(inspect "$object")
		run xdp-loader load -vv -m skb v0 "$object"
		if kernel_before 6.12 || [[ $said != *"alone; Linux 6.13 and later, and 6.12 of Debian, refuse it"* ]]; then
			((status == 0)) || fail "$object: $errors"
			[[ $(prog_name "$(prog_id v0)") == xdp_dispatcher ]] || fail "$object: $(xdp-loader status v0)"
			xdp-loader unload v0 --all
			continue
		fi
		[[ $status != 0 && $output$errors == *"Extension program changes packet data, while original does not"* ]] ||
			fail "$object: status $status $output $errors"
		((++refused))
	done
	kernel_before 6.12 || ((refused == 8)) || fail "$refused objects were refused"
	expect_status 0 doctor v0
	if ((refused == 0)); then
		[[ $output == *"programs can replace functions of others (freplace)"* &&
			$output == *"a load of type ext was accepted, also of one that may change packets"* ]] || fail "$output"
	else
		[[ $output == *"programs can replace functions of others (freplace), but as a rule none that may change packets"* ]] ||
			fail "$output"
	fi
}

# It is asked, whatever the kernel calls itself: what it says is what xdp-loader then gets.
test_the_doctor_knows_whether_there_can_be_a_dispatcher()
{
	need xdp-loader
	xdp-loader load -m skb v0 objects/xdp_pass.o
	run doctor
	if [[ $(prog_name "$(prog_id v0)") == xdp_dispatcher ]]; then
		[[ $output == *"programs can replace functions of others (freplace)"* ]] || fail "$output"
	else
		[[ $output == *"no freplace: xdp-loader attaches one program directly"* ]] || fail "$output"
	fi
	run as_user doctor
	[[ $output == *"cannot tell whether the kernel has freplace"* ]] || fail "$output"
}

test_unload_leaves_a_dispatcher_alone()
{
	have_dispatcher objects/xdp_pass.o
	pin_maps v0 >/dev/null
	run unload v0
	[[ $(prog_name "$(prog_id v0)") == xdp_dispatcher ]] || fail "$output$errors"
}

test_unload_says_who_takes_a_program_from_behind_a_dispatcher()
{
	local id

	have_dispatcher objects/xdp_pass.o
	id=$(component xdp_pass)
	expect_status 2 unload v0 --hook xdp --id "$id"
	[[ $errors == *"cannot find such a program on v0
  hint: it is behind a dispatcher of libxdp, program $(prog_id v0): xdp-loader unload v0 --id $id" ]] ||
		fail "$errors"
	xdp-loader unload v0 --id "$id"
	[[ -z $(prog_id v0) ]] || fail "it is still there"
}

test_what_libxdp_keeps_of_a_dispatcher_that_went_is_named()
{
	local id verb

	for verb in "unload --foreign v0" "load --replace v0 objects/xdp_drop.o"; do
		have_dispatcher objects/xdp_pass.o
		id=$(prog_id v0)
		# shellcheck disable=SC2086 # words
		expect_status 0 $verb
		[[ $errors == *"program $id was a dispatcher of libxdp, which keeps the programs behind it pinned in $BPFFS/xdp/dispatch-"*"-$id
  hint: if nobody needs them: xdp-loader clean v0"* ]] || fail "$verb: $errors"
		xdp-loader clean v0
		[[ -z $(compgen -G "$BPFFS/xdp/dispatch-*") ]] || fail "$(ls "$BPFFS/xdp")"
		unload v0 >/dev/null 2>&1 || true
	done
}

test_status_shows_the_dispatcher_and_what_is_behind_it()
{
	have_dispatcher objects/xdp_pass.o
	expect_status 0 status v0
	[[ $output == *"a dispatcher of libxdp, for xdp_pass (id $(component xdp_pass))"* ]] || fail "$output"
	grep -q "xdp_pass .*behind a dispatcher, link [0-9]" <<<"$output" || fail "$output"
	expect_status 0 status --json v0
	[[ $output =~ \"via_link_id\":[0-9]+ ]] || fail "$output"
}

test_one_more_program_keeps_the_maps_and_a_new_one_is_carried_over()
{
	have_dispatcher objects/xdp_pass.o
	pin_maps v0 >/dev/null
	send 4
	# A new dispatcher, with the same program behind it.
	join "$BUILT/carry1.o"
	send 2
	expect_status 0 pin_maps v0
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 6 600
	expect_seen 2 0
	# All is made anew.
	xdp-loader unload v0 --all
	join objects/xdp_pass.o
	send 1
	expect_status 0 pin_maps --carry v0
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 7 700
}

# --- one of ours beside them: load --join

need_libxdp()
{
	run load --join v0 objects/xdp_pass.o
	[[ $errors != *"built without libxdp"* ]] || skip "needs a build with libxdp (package libxdp-dev)"
	run unload --foreign v0
	run xdp-loader unload v0 --all
	rm -rf "$BPFFS/v0"
}

# join_ours OBJECT: sets $joined, the id of the program.
join_ours()
{
	expect_status 0 load --join v0 "$1"
	joined=$(sed -n 's/^v0 xdp: program [a-z0-9_]* id \([0-9]*\)$/\1/p' <<<"$output")
	[[ -n $joined ]] || fail "$output"
}
joined=''

test_a_program_of_ours_joins_others_and_its_maps_are_pinned()
{
	need_libxdp
	have_dispatcher "$BUILT/carry1.o"
	join_ours objects/xdp_pass.o
	[[ $output == *"  attached by libxdp behind program $(prog_id v0) in skb mode (link "*"  map xdp_stats_map id "*" created"* ]] ||
		fail "$output"
	[[ $(component xdp_pass) == "$joined" ]] || fail "$(xdp-loader status v0)"
	send 4
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 4 400
	# The one that was there runs on, and its maps are pinned as well.
	expect_seen 4 0
	expect_status 0 pin_maps v0
	[[ $output != *pinned* && $output != *replaced* ]] || fail "it had left something to do: $output"
}

test_a_program_that_joins_goes_on_with_the_pinned_maps()
{
	local id

	need_libxdp
	load -m skb v0 objects/xdp_pass.o >/dev/null
	send 3
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	unload v0 >/dev/null
	have_dispatcher "$BUILT/carry1.o"
	join_ours objects/xdp_drop.o
	[[ $output == *"  map xdp_stats_map id $id reused"* ]] || fail "$output"
	send 2
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 300
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 2 200
	# Taken off by libxdp, the others run on, with their maps.
	xdp-loader unload v0 --id "$joined"
	send 1
	expect_status 0 pin_maps v0
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 2 200
	(($(seen passed) > 0)) || fail "the other one does not run"
}

# It is that of a program which runs behind one that is not adopted, and has a map of that name.
test_a_pinned_map_that_a_program_joins_with_keeps_its_name()
{
	local id

	need_libxdp
	load -m skb v0 objects/xdp_pass.o >/dev/null
	send 3
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	unload v0 >/dev/null
	have_dispatcher objects/xdp_pass.o
	join_ours objects/xdp_stub.o
	[[ $output == *"  map xdp_stats_map id $id reused"* ]] || fail "$output"
	expect_id "$BPFFS/v0/xdp_stats_map" "$id"
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "$(old_maps "$BPFFS/v0")"
	run pin_maps v0
	expect_id "$BPFFS/v0/xdp_stats_map" "$id"
}

test_a_dispatcher_that_is_full_is_said_to_be()
{
	local n

	need_libxdp
	have_dispatcher objects/xdp_pass.o
	for ((n = 1; n < 10; n++)); do
		join objects/xdp_pass.o
	done
	expect_status 2 load --join v0 objects/xdp_drop.o
	[[ $errors == *"cannot join on xdp of v0: a dispatcher holds 10 programs, and program $(prog_id v0) has as many"* ]] ||
		fail "$errors"
	expect_status 2 load --join --dry-run v0 objects/xdp_drop.o
}

test_the_explanation_of_what_was_to_join_has_its_type()
{
	need_libxdp
	have_dispatcher objects/xdp_pass.o
	run load --join --explain v0 objects/xdp_echo.o
	[[ $output$errors == *"program type ext (in the place of a function of the dispatcher)"* ]] || fail "$output$errors"
	# Kernels from 6.13 on, and some before.
	[[ $errors != *"Extension program changes packet data"* || $errors == *"load it alone, without --join"* ]] ||
		fail "$errors"
	((status == 0)) || [[ $errors == *"Extension program changes"* ]] || fail "$errors"
}

# The one that comes second finds a dispatcher, and joins it.
test_a_program_that_joins_beside_xdp_loader_gets_there()
{
	local n loader

	need_libxdp
	have_dispatcher objects/xdp_pass.o
	for n in 1 2 3 4 5; do
		xdp-loader unload v0 --all
		join "$BUILT/carry1.o" >/dev/null 2>&1 &
		loader=$!
		expect_status 0 load --join -m skb v0 objects/xdp_pass.o
		wait "$loader" || true
		[[ -n $(component xdp_pass) ]] || fail "$n: $(xdp-loader status v0)"
	done
}

test_where_nothing_is_libxdp_makes_a_dispatcher_or_attaches_the_program()
{
	need_libxdp
	expect_status 0 load --join -m skb v0 objects/xdp_pass.o
	[[ $output == *"behind program $(prog_id v0) in skb mode (link "* ||
		$errors == *"libxdp attached program $(prog_id v0) to v0 without a dispatcher"* ]] ||
		fail "$output$errors"
	send 3
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 300
	expect_status 0 stats v0
	[[ $output == "v0  xdp  XDP_PASS  3 packets  300 bytes" ]] || fail "$output"
}

test_json_names_the_dispatcher()
{
	need_libxdp
	have_dispatcher "$BUILT/carry1.o"
	expect_status 0 load --join --json v0 objects/xdp_pass.o
	[[ $output == *'"path":null}'*'"attached":{"by":"xdp","mode":"skb","link_id":'[0-9]*',"dispatcher_id":'$(prog_id v0)'}'* ]] ||
		fail "$output"
}

test_what_is_no_dispatcher_is_not_joined()
{
	local before id

	load -m skb v0 objects/xdp_pass.o >/dev/null
	id=$(prog_id v0)
	before=$(snapshot)
	expect_refusal "program $id is there, which is no dispatcher: loaded by ifbpf" "$before" \
		load --join v0 objects/xdp_drop.o
	[[ $errors == *"unload v0 --hook xdp --id $id; or replace it"* ]] || fail "$errors"
	[[ $(prog_id v0) == "$id" ]] || fail "it was replaced"
}

test_a_dispatcher_of_another_mode_is_not_joined()
{
	have_dispatcher "$BUILT/carry1.o"
	expect_status 2 load --join -m native v0 objects/xdp_pass.o
	[[ $errors == *"cannot join on xdp of v0 in native mode: the dispatcher, program $(prog_id v0), is there in skb mode"* ]] ||
		fail "$errors"
}

test_a_map_of_another_definition_is_not_taken_along()
{
	need_libxdp
	load -m skb v0 "$BUILT/carry2.o" >/dev/null
	send 3
	unload v0 >/dev/null
	have_dispatcher objects/xdp_pass.o
	expect_status 2 load --join v0 "$BUILT/carry1.o"
	[[ $errors == *deny_list* && -z $(component deny) ]] || fail "$errors"
	join_ours_fresh
	send 2
	expect_status 0 pin_maps --carry v0
	expect_seen 5 0
}

join_ours_fresh() { expect_status 0 load --join --on-mismatch fresh v0 "$BUILT/carry1.o"; }

test_a_dry_run_of_joining_changes_nothing()
{
	local before

	have_dispatcher "$BUILT/carry1.o"
	before=$(snapshot)$(xdp-loader status v0)
	expect_status 0 load --join --dry-run v0 objects/xdp_pass.o
	[[ $output == *"  would be attached behind a dispatcher of libxdp"* ]] || fail "$output"
	[[ $(snapshot)$(xdp-loader status v0) == "$before" ]] || fail "it changed"
}

test_what_does_not_go_with_joining_is_wrong_use()
{
	local option

	for option in --link --no-attach --replace --shared "--expect 0" "--tc tcx" "--on-mismatch migrate"; do
		# shellcheck disable=SC2086 # words
		expect_status 1 load --join $option v0 objects/xdp_pass.o
		[[ $errors == *"--join"* ]] || fail "$option: $errors"
	done
	expect_status 1 load --join v0 objects/tc_pass.o
	[[ $errors == *"--join is for XDP, and tc_pass is a tc program"* ]] || fail "$errors"
}

# Whatever was done of it: pin_maps does the rest, and no count is lost. Every second call is enough:
# most of them are libxdp's own.
test_killed_anywhere_a_program_that_joins_is_on_with_its_maps_or_not_at_all()
{
	local call n k calls points=0 on=0 turn=0

	need_libxdp
	have_dispatcher "$BUILT/carry1.o"
	calls=$(calls_of load --join v0 objects/xdp_pass.o)
	while read -r call n k; do
		((++turn % 2)) || continue
		xdp-loader unload v0 --all
		rm -rf "$BPFFS/v0" "$BPFFS/xdp"
		join "$BUILT/carry1.o"
		pin_maps v0 >/dev/null
		send 2
		inject "$call" signal=KILL "$n" load --join v0 objects/xdp_pass.o
		((status == 137)) || continue
		((++points))
		send 3
		expect_status 0 pin_maps v0
		expect_seen 5 0
		if [[ -n $(component xdp_pass) ]]; then
			((++on))
			expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 300
		else
			[[ ! -e $BPFFS/v0/xdp_stats_map ]] || fail "$call $n: it is not on, and has a map"
		fi
		expect_no_stage
	done <<<"$calls"
	echo "killed at $points calls, on after $on" >&2
	((points > 8 && on > 2 && on < points))
}

# --- the lock, which needs no dispatcher

# locked COMMAND...: while somebody has the lock of DIR: sets $waiter, which waits for it.
locked()
{
	local dir=$1

	shift
	exec 7<"$dir"
	flock 7
	"$@" >"$TMPDIR/output" 2>"$TMPDIR/errors" 7<&- &
	waiter=$!
	eventually grep -q "waiting for process [0-9]*, which holds the lock of $BPFFS/xdp\$" "$TMPDIR/errors" ||
		fail "it does not wait: $(<"$TMPDIR/errors") $(<"$TMPDIR/output")"
}
waiter=''

unlock()
{
	exec 7<&-
	wait "$waiter" || fail "status $?: $(<"$TMPDIR/errors")"
}

test_load_and_unload_wait_for_libxdp()
{
	mkdir -m 700 "$BPFFS/xdp"
	locked "$BPFFS/xdp" load -m skb v0 objects/xdp_pass.o
	[[ -z $(prog_id v0) ]] || fail "it was attached all the same"
	unlock
	[[ -n $(prog_id v0) ]] || fail "it was not attached"
	locked "$BPFFS/xdp" unload v0
	[[ -n $(prog_id v0) ]] || fail "it was removed all the same"
	unlock
	[[ -z $(prog_id v0) ]] || fail "it was not removed"
}

need_libxdp_lock()
{
	need_libxdp
	[[ -d $BPFFS/xdp ]] || mkdir -m 700 "$BPFFS/xdp"
}

test_a_program_that_joins_waits_for_libxdp()
{
	need_libxdp_lock
	locked "$BPFFS/xdp" load --join -m skb v0 objects/xdp_pass.o
	[[ -z $(prog_id v0) ]] || fail "it was attached all the same"
	unlock
	[[ -n $(prog_id v0) ]] || fail "it was not attached"
}

# Attached in between, while it loads: what is there then is said.
test_what_came_meanwhile_is_looked_at_again()
{
	need_libxdp_lock
	locked "$BPFFS/xdp" load --join -m skb v0 objects/xdp_drop.o
	link_xdp v0 objects/xdp_pass.o
	exec 7<&-
	wait "$waiter" && fail "it joined: $(<"$TMPDIR/output")"
	[[ $(<"$TMPDIR/errors") == *"somebody else changed what is on xdp of v0 meanwhile: looking again"*"program $(prog_id v0) is there, which is no dispatcher"* ]] ||
		fail "$(<"$TMPDIR/errors")"
}

test_the_lock_is_found_behind_the_symlink_that_iproute2_makes()
{
	tc qdisc add dev v0 clsact
	link_tc v0 ingress objects/tc_pass.o
	[[ -L $BPFFS/xdp ]] || fail "$(ls -l "$BPFFS")"
	locked "$BPFFS/tc" load -m skb v0 objects/xdp_pass.o
	unlock
}

test_tc_does_not_wait_for_libxdp_and_nobody_makes_its_directory()
{
	load -m skb v0 objects/xdp_pass.o >/dev/null
	[[ ! -e $BPFFS/xdp ]] || fail "$(ls -l "$BPFFS")"
	mkdir -m 700 "$BPFFS/xdp"
	exec 7<"$BPFFS/xdp"
	flock 7
	expect_status 0 timeout 10 load v0 objects/tc_pass.o
	expect_status 0 timeout 10 load --no-attach v0 objects/xdp_pass.o
	expect_status 0 timeout 10 pin_maps v0
}

test_a_directory_of_others_makes_nobody_wait()
{
	mkdir "$BPFFS/xdp"
	chown 65534 "$BPFFS/xdp"
	exec 7<"$BPFFS/xdp"
	flock 7
	expect_status 0 timeout 10 load -m skb v0 objects/xdp_pass.o
}

test_libxdp_waits_for_the_same_lock()
{
	local pid

	have_dispatcher objects/xdp_pass.o
	exec 7<"$BPFFS/xdp"
	flock 7
	xdp-loader load -m skb v0 objects/xdp_drop.o 7<&- >/dev/null 2>&1 &
	pid=$!
	eventually grep -q "^[0-9]*: -> FLOCK .* $pid " /proc/locks || fail "$(</proc/locks)"
	exec 7<&-
	wait "$pid" || fail "status $?"
}
