# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load --on-mismatch migrate, killed or failing at every call by which it changes something, with
# lists that count what they stop: no key and no count is lost, and none that was taken out comes back.
# shellcheck disable=SC2034,SC2154 # for load_faults.sh; $status and $errors are set by run
. tests/pins.sh
. tests/faults.sh
. tests/load_faults.sh
. tests/carry.sh

CHANGING_BPF='BPF_(OBJ_PIN|MAP_UPDATE_ELEM|MAP_DELETE_ELEM|MAP_UPDATE_BATCH|MAP_FREEZE|PROG_TEST_RUN'
CHANGING_BPF+='|PROG_RUN|LINK_CREATE|LINK_UPDATE),'

KEYS=20

begin()
{
	local map

	become "$BUILT/stops1.o" "$BUILT/stops2.o" --on-mismatch migrate --class common=counter
	for map in stops recent common; do
		migrate_world number "$BPFFS/v0/$map" "$KEYS"
	done
	extra=()
}

# What is stopped is counted in each of the lists.
stopped()
{
	bpftool map dump pinned "$BPFFS/v0/$1" | tr -d '",' | awk '$1 == "frames:" { sum += $2 } END { print sum + 0 }'
}

counts() { echo "$(stopped stops) $(stopped recent) $(stopped common)"; }
counted() { [[ $(counts) == "$1 $1 $1" ]]; }

# Before the next run sees to what was left, somebody edits the lists that are in place: a key more
# in two of them, or one less. A list that gives way to another one refuses it.
pin_maps()
{
	local map error

	for map in stops common; do
		if [[ -n ${extra[$map]-} ]]; then
			error=$(bpftool map delete pinned "$BPFFS/v0/$map" key 100 0 0 0 2>&1) && unset "extra[$map]"
		else
			error=$(migrate_world number "$BPFFS/v0/$map" 101 100 2>&1) && extra[$map]=1
		fi
		[[ -z $error || $error == *"not permitted"* ]] || fail "edit of $map: $error"
	done
	command pin_maps "$@"
}
declare -A extra=()

between()
{
	local map keys

	command pin_maps v0 >/dev/null 2>"$TMPDIR/between" || fail "after $at: $(<"$TMPDIR/between")"
	[[ -z $(ls -A "$BPFFS/v0/%carry" 2>/dev/null) ]] || fail "after $at: left: $(ls "$BPFFS/v0/%carry")"
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "after $at: left: $(old_maps "$BPFFS/v0")
${errors-}"
	for map in stops recent common; do
		keys=$(bpftool map dump pinned "$BPFFS/v0/$map" | grep -c '"key"')
		((keys == KEYS + ${extra[$map]:-0})) || fail "after $at: $map has $keys keys, expected $((KEYS + ${extra[$map]:-0}))"
	done
}

test_lists_that_count_lose_no_key_and_no_count_killed_anywhere()
{
	begin
	kill_load
	between
}

test_lists_that_count_lose_no_key_and_no_count_failing_anywhere()
{
	begin
	fail_load ENOMEM EPERM
	between
}
