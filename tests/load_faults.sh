# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A load that is killed, or that fails, at every call by which it changes something.
# shellcheck disable=SC2154 # $status, $output, $errors and $injected are set by run and inject

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
		# strace shows calls that it does not know, whatever it is asked for.
		if (name ~ /^syscall_/ || (name == "bpf" && $0 !~ bpf) || (name ~ /^send/ && $0 !~ message))
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
	# A link ends some time after its last holder.
	eventually is_bare || fail "there is still: $(load_state v0 "$hook")"
	sent=0
	# shellcheck disable=SC2086 # $how is words
	[[ $old == none ]] || load $how v0 "$old" >/dev/null
}

is_bare() { [[ $(load_state v0 "$hook" 2>/dev/null) == none ]]; }

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
	load_* | carry* | tc_carry* | stops*) echo "$BUILT/$1.o" ;;
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
	eventually counted "$sent" || fail "$1: sent $sent, counted: $(counts)
${errors-}"
}

counts() { stats v0; }
counted() { [[ $(stats v0 | awk '{ n += $4 } END { print n + 0 }') == "$1" ]]; }

# kill_load: at each call, then one more run.
kill_load()
{
	local call n k calls points=0 tries step way

	# shellcheck disable=SC2086 # $how is words
	calls=$(calls_of load $how v0 "$new")
	expect_old_or_new "at first"
	take_turns "$is"
	between
	while read -r call n k; do
		step=1 way=0
		for ((tries = 0; tries < 9; tries++)); do
			[[ $old != none ]] || become none "$new" "$how"
			# shellcheck disable=SC2086 # $how is words
			inject "$call" signal=KILL "$n" load $how v0 "$new"
			if [[ -n $injected ]]; then
				((status == 137)) || fail "killed at $call $n: status $status, $errors"
				hit "$call" "$k" && ((++points)) && tries=9
				run pin_maps v0
				((status == 0 || status == 2)) || fail "after $call $n: status $status: $errors"
			else
				# It made fewer calls this time: so far back, and not often.
				((status == 0)) || fail "not killed at $call $n: status $status: $errors"
				((nearer = -1, tries += 2))
			fi
			expect_old_or_new "killed at $call $n"
			expect_counted "killed at $call $n"
			take_turns "$is"
			at="$call $n"
			between
			# Programs that other tests have loaded are looked at in between, one call or more each.
			((step = nearer == way ? step * 2 : 1, way = nearer, n += nearer * step))
			((n > 0)) || break
		done
	done <<<"$calls"
	# shellcheck disable=SC2086 # $how is words
	expect_status 0 load $how v0 "$new"
	expect_old_or_new "in the end"
	expect_counted "in the end"
	echo "killed at $points of $(wc -l <<<"$calls") calls" >&2
	# Where a directory is there already, or still, an exchange takes other calls than in the first run;
	# and that one may have begun again, as others put programs on at the same time.
	((points > 15 && points * 10 >= $(wc -l <<<"$calls") * 7)) || fail "killed at $points points only"
}

# between: called after each point, which is $at.
at='at first'
between() { :; }

# after_failure WHERE: a fault may not matter, and if it does, it is said; counts in $refused.
after_failure()
{
	local said

	case $status in
	0) ;;
	3) # a map did not get its name, or not its content: the next run sees to it
		said=$errors
		run pin_maps v0
		errors=$said$'\n'$errors
		((++partly))
		;;
	2)
		[[ $errors == *"load: cannot "* ]] || fail "$1: no message: $errors"
		((++refused))
		;;
	*) fail "$1: status $status: $errors" ;;
	esac
	[[ -z $(find "$BPFFS/%ifbpf/stage" -mindepth 1 2>/dev/null) ]] || run pin_maps v0
	expect_old_or_new "$1"
	expect_counted "$1"
	take_turns "$is"
	between
}
refused=0 partly=0

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
				at="$call $n $errno"
				after_failure "$at"
				((n += nearer, 1))
			done
		done
	done <<<"$calls"
	expect_counted "in the end"
	echo "failed at $points points, $refused loads were refused, $partly partly done" >&2
	((points > 60 && refused + partly > points / 2)) ||
		fail "failed at $points points, $refused refused, $partly partly done"
}
