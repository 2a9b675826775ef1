# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load --on-mismatch migrate, killed or failing at every call by which it changes something, while a
# tool edits the rules: the program is the old or the new one, the pins are that program's, and no
# count, no rule and no edit is lost.
# shellcheck disable=SC2034,SC2154 # for load_faults.sh; $status and $errors are set by run
. tests/pins.sh
. tests/faults.sh
. tests/load_faults.sh
. tests/carry.sh

# The content of maps is what matters here.
CHANGING_BPF='BPF_(OBJ_PIN|MAP_UPDATE_ELEM|MAP_DELETE_ELEM|MAP_UPDATE_BATCH|MAP_FREEZE|PROG_TEST_RUN'
CHANGING_BPF+='|PROG_RUN|LINK_CREATE|LINK_UPDATE),'

begin()
{
	[[ -z $editor ]] || kill_editor
	become "$BUILT/${kind}carry1.o" "$BUILT/${kind}carry2.o" --on-mismatch migrate "${way[@]}"
	deny 0 8
	rm -f "$TMPDIR/edited"
	edit_rules &
	editor=$!
	eventually [ -s "$TMPDIR/edited" ]
}
editor='' kind='' way=()

kill_editor()
{
	kill "$editor"
	wait "$editor" || true
}

counts() { echo "$(seen passed) passed, $(seen dropped) dropped"; }
counted() { [[ "$(seen passed) $(seen dropped)" == "0 $1" ]]; }

# What is not finished is finished by one run more. A fault may look like a map that has no room:
# then the rule stays in the old one, and this is said.
between()
{
	local said=${errors-} left

	run pin_maps v0
	errors=$said$'\n'$errors
	((status == 0)) || fail "after $at: status $status: $errors"
	left=$(old_maps "$BPFFS/v0")
	[[ -z $(ls -A "$BPFFS/v0/%carry" 2>/dev/null) ]] || fail "left: $(ls "$BPFFS/v0/%carry")"
	kill -0 "$editor" || fail "the editor has ended"
	expect_counted "after $at"
	if [[ -z $left ]]; then
		expect_edited "after $at"
		return
	fi
	[[ $left == deny_list%old-* && $errors == *" did not fit and stay"*" in %${left#*%}"* ]] ||
		fail "left: $left. It said: $errors"
	expect_edited "after $at, with $left" "$BPFFS/v0/$left"
	((++full))
	begin
}
full=0

test_a_load_that_migrates_killed_anywhere_loses_no_count_and_no_rule()
{
	begin
	kill_load
	between
}

test_a_load_by_link_that_migrates_killed_anywhere_loses_no_count_and_no_rule()
{
	way=(--link)
	begin
	kill_load
	between
}

test_a_load_of_a_filter_that_migrates_killed_anywhere_loses_no_count_and_no_rule()
{
	hook=tc_ingress kind=tc_ way=(--tc clsact)
	begin
	kill_load
	between
}

test_a_load_by_tcx_that_migrates_killed_anywhere_loses_no_count_and_no_rule()
{
	need_tcx
	hook=tc_ingress kind=tc_ way=(--tc tcx)
	begin
	kill_load
	between
}

test_a_load_that_migrates_and_fails_anywhere_loses_no_count_and_no_rule()
{
	begin
	fail_load ENOMEM EPERM
	between
}

test_a_load_that_migrates_and_finds_no_room_anywhere_loses_no_count_and_no_rule()
{
	begin
	fail_load ENOSPC EBUSY
	between
	echo "$full times a rule stayed in the old map" >&2
}
