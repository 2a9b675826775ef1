# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel did what it was asked, but its answer is lost: what counts is what is on the hook.
# shellcheck disable=SC2154 # $status, $output, $errors and $injected are set by run and inject
. tests/pins.sh
. tests/faults.sh
. tests/load_faults.sh

# answers_of COMMAND...: which of its calls of recvmsg take the answer to a request that changes
# something, in their order.
answers_of()
{
	need strace
	run env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" \
		strace -f -qq -o "$TMPDIR/calls" -e trace=sendto,recvmsg "$@"
	((status == 0)) || fail_run "status $status" "$@"
	awk '/ sendto\(/ { change = /RTM_(SET|NEW|DEL)/ }
		/ recvmsg\(/ { n++; if (change) print n; change = 0 }' "$TMPDIR/calls"
}

# Stages that are left.
stages() { find "$BPFFS/%ifbpf/stage" -mindepth 1 -maxdepth 1 2>/dev/null; }

# expect_on OBJECT WHERE: it is on the hook, ours, alone, and its pins are its own.
expect_on()
{
	[[ $(load_state v0 "$hook" 2>&1) == *" $(name_of "$1")" ]] || fail "$2: $(load_state v0 "$hook" 2>&1)"
	[[ $(status v0) == *"loaded by ifbpf"* && $(status v0) != *"foreign"* ]] || fail "$2: $(status v0)"
	[[ -z $(stages) ]] || fail "$2: a stage is left"
}

# begin OLD NEW [OPTION...]: as become, whatever mode or kind there was before. A qdisc that is there,
# was removed, or never was, makes a load ask the kernel for other things: it was removed each time.
begin()
{
	unload --all --foreign v0 >/dev/null 2>&1 || true
	tc qdisc replace dev v0 clsact
	tc qdisc del dev v0 clsact
	become "$@"
}

# lose OLD NEW BEFORE LOAD: OLD is loaded with the options BEFORE, then NEW with LOAD; at each answer
# to what changes something, and then at that and all later ones.
lose()
{
	local before=$3 after=$4 n points

	echo "$*" >&2
	# shellcheck disable=SC2086 # words
	begin "$1" "$2" $before
	# shellcheck disable=SC2086 # words
	points=$(answers_of load $after v0 "$new")
	[[ -n $points ]] || fail "$*: no answer is taken"
	for n in $points; do
		# shellcheck disable=SC2086 # words
		begin "$1" "$2" $before
		# shellcheck disable=SC2086 # words
		inject recvmsg error=ENOBUFS "$n" load $after v0 "$new"
		[[ -n $injected && $status == 0 ]] || fail "$*: $n: status $status: $errors"
		expect_on "$new" "$*: $n"
		# shellcheck disable=SC2086 # words
		begin "$1" "$2" $before
		# shellcheck disable=SC2086 # words
		inject recvmsg error=ENOBUFS "$n+" load $after v0 "$new"
		[[ -n $injected ]] || fail "$*: $n and later: not reached"
		lost_for_good "$*: $n and later"
	done
	unload --all --purge v0 >/dev/null
}

unsure=0

# Nothing can be asked any more: it is not said that nothing was changed, and the next run ends it.
lost_for_good()
{
	# The first of them was not of the program: a qdisc was to be made.
	if ((status == 2)); then
		expect_old_or_new "$1"
		[[ $is == "$(name_of "$old")" && -z $(stages) ]] || fail "$1: $is is on the hook: $errors"
		return
	fi
	((status == 3)) || fail "$1: status $status: $errors"
	((++unsure))
	[[ $errors == *"may still be on v0: the next run looks, and goes on from there"* ]] ||
		fail "$1: it says: $errors"
	[[ -n $(stages) ]] || fail "$1: the stage is gone"
	run pin_maps v0
	[[ -z $(stages) ]] || fail "$1: the stage is still there: $errors"
	# shellcheck disable=SC2086 # words
	expect_status 0 load v0 "$new"
	expect_on "$new" "$1: loaded again"
}

test_a_lost_answer_to_an_xdp_program_is_asked_for()
{
	lose none objects/xdp_drop.o "" ""
	lose none objects/xdp_drop.o "" "-m auto"
	lose objects/xdp_pass.o objects/xdp_drop.o "" ""
	lose objects/xdp_pass.o objects/xdp_drop.o "-m native" "-m skb"
	lose objects/xdp_pass.o objects/xdp_drop.o "" --link
	lose "$BUILT/carry1.o" "$BUILT/carry2.o" "" "--on-mismatch migrate"
	((unsure > 6)) || fail "$unsure times only it could not be known"
}

test_a_lost_answer_to_a_filter_is_asked_for()
{
	hook=tc_ingress
	lose none objects/tc_drop.o "" ""
	lose objects/tc_pass.o objects/tc_drop.o "" ""
	attach has tcx_ingress || return 0
	lose objects/tc_pass.o objects/tc_drop.o "" "--tc tcx"
	lose objects/tc_pass.o objects/tc_drop.o "--tc tcx" "--tc clsact"
	((unsure > 2)) || fail "$unsure times only it could not be known"
}

test_a_lost_answer_with_several_interfaces_is_asked_for()
{
	local n

	ip link add a0 type veth peer name a1
	for n in $(answers_of load --shared v0 a0 objects/xdp_drop.o); do
		unload --all --purge v0 >/dev/null
		unload --all --purge a0 >/dev/null
		inject recvmsg error=ENOBUFS "$n" load --shared v0 a0 objects/xdp_drop.o
		[[ -n $injected && $status == 0 ]] || fail "$n: status $status: $errors"
		[[ $(status v0) == *"loaded by ifbpf"* && $(status a0) == *"loaded by ifbpf"* ]] ||
			fail "$n: $(status v0) $(status a0)"
	done
}

# Nobody killed the load that lost its program: it ended by itself, and says so.
test_what_a_load_left_that_lost_its_program_is_not_called_killed()
{
	load v0 objects/xdp_pass.o >/dev/null
	run with_fault renameat:error=EPERM:when=1 load v0 objects/xdp_drop.o
	[[ $errors == *"but its pins are not in place"* ]] || fail "it says: $errors"
	ip link set dev v0 xdp off
	expect_status 0 load v0 objects/xdp_pass.o
	[[ $errors == *"what an earlier 'load' began in $BPFFS/v0 and could not end: nothing is on xdp of v0"* ]] ||
		fail "it says: $errors"
	[[ $errors != *"killed"* && -z $(ls -A "$BPFFS/%ifbpf/stage") ]] || fail "it says: $errors"
}
