# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that libxdp put behind its dispatcher, and the lock under which it does so.
. tests/pins.sh
. tests/carry.sh

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
	[[ $errors == *"xdp-loader load v0 OBJECT"* ]] || fail "$errors"
	[[ $(prog_id v0) == "$dispatcher" ]] || fail "it was replaced"
	send 3
	expect_status 0 load --replace v0 objects/xdp_drop.o
	send 2
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 300
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 2 200
}

test_unload_leaves_a_dispatcher_alone()
{
	have_dispatcher objects/xdp_pass.o
	pin_maps v0 >/dev/null
	run unload v0
	[[ $(prog_name "$(prog_id v0)") == xdp_dispatcher ]] || fail "$output$errors"
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
