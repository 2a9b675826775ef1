# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# gc: what killed and stopped runs left.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/gc.sh
. tests/faults.sh
. tests/carry.sh

test_what_killed_runs_left_is_finished_or_undone()
{
	load v0 objects/xdp_pass.o >/dev/null
	inject renameat signal=KILL 1 load v0 objects/xdp_drop.o
	[[ -n $(find "$BPFFS/%ifbpf/stage" -mindepth 1) ]] || fail "killed elsewhere: $(<"$TMPDIR/trace")"
	expect_status 0 gc --dry-run
	expect_decision "would remove" stage "$(find "$BPFFS/%ifbpf/stage" -mindepth 1 -maxdepth 1)" "a killed 'load' left it"
	expect_status 0 gc
	[[ $output == "removed stage $BPFFS/%ifbpf/stage/v0~"*": a killed 'load' left it; it was finished or undone" ]] ||
		fail "it says: $output"
	expect_no_stage
	[[ $(cd "$BPFFS/v0/%progs/xdp" && echo *) == "$(bpftool -j prog show id "$(prog_id v0)" |
		sed 's/.*"name":"\([a-z_]*\)".*/\1/')" ]] || fail "another program is pinned than runs"
}

test_a_stage_whose_end_nobody_can_tell_is_kept_until_asked()
{
	local stage before

	load --netns peer v1 objects/xdp_pass.o >/dev/null
	inject renameat signal=KILL 1 load --netns peer v1 objects/xdp_drop.o
	[[ -n $(find "$BPFFS/%ifbpf/stage" -mindepth 1) ]] || fail "killed elsewhere: $(<"$TMPDIR/trace")"
	stage=$(find "$BPFFS/%ifbpf/stage" -mindepth 1 -maxdepth 1)
	# Which of the two programs is there cannot be asked any more.
	hide_netns peer
	before=$(snapshot)
	expect_status 0 gc
	expect_decision kept stage "$stage" "--stages removes it"
	expect_unchanged "$before"
	expect_status 0 gc --stages
	expect_decision removed stage "$stage" "--stages"
	expect_no_stage
	[[ -e $(echo "$BPFFS/%ifbpf/ns/"*/v1/xdp_stats_map) ]] || fail "it took more"
}

# The old map has what the new one is still to get.
test_while_a_killed_run_is_not_finished_its_directory_is_left_alone()
{
	local k before

	for k in 2 3 4 5 6; do
		rm -rf "$BPFFS/v0" "$BPFFS/%ifbpf"
		ip link set dev v0 xdp off
		load v0 "$BUILT/carry1.o" >/dev/null
		deny 0 8
		send 10
		inject renameat signal=KILL "$k" load --on-mismatch migrate v0 "$BUILT/carry2.o"
		[[ -n $(ls -A "$BPFFS/%ifbpf/stage") ]] || fail "killed elsewhere: $(<"$TMPDIR/trace")"
		before=$(readlink "$BPFFS/v0/%meta")
		expect_status 0 gc --old --dry-run
		expect_decision kept directory "$BPFFS/v0" "what a killed 'load' began there is neither"
		inject renameat error=ENOMEM 1 gc --old
		((status == 2 || status == 3)) || fail "renameat $k: status $status: $output$errors"
		expect_decision failed stage "$(echo "$BPFFS/%ifbpf/stage/v0~"*)"
		expect_decision kept directory "$BPFFS/v0" "what a killed 'load' began there is neither"
		[[ $(readlink "$BPFFS/v0/%meta") == "$before" ]] || fail "$(readlink "$BPFFS/v0/%meta")"
		expect_status 0 gc --old
		expect_no_stage
		expect_seen 0 10
		send 1
		expect_seen 0 11
	done
}

test_the_stage_of_a_run_that_lives_is_left_alone()
{
	mkdir -p "$BPFFS/%ifbpf/stage/v0~1"
	load v0 objects/xdp_pass.o >/dev/null
	mkdir -p "$BPFFS/%ifbpf/stage/v0~1"
	expect_status 0 flock "$BPFFS/%ifbpf/stage/v0~1" "$PWD/pinning/gc" --stages
	[[ -z $output && -d $BPFFS/%ifbpf/stage/v0~1 ]] || fail "it says: $output"
	expect_status 0 gc
	[[ $output == "removed stage "* ]] || fail "it says: $output"
	expect_no_stage
}

# Killed between making the directory and writing its record.
test_a_directory_in_which_a_stopped_run_pinned_nothing_is_removed()
{
	local n dry

	need strace
	link_xdp v0 objects/xdp_pass.o
	for ((n = 1; n < 60; n++)); do
		with_fault "symlinkat:signal=KILL:when=$n" pin_maps v0 >/dev/null 2>&1 || true
		[[ ! -e $BPFFS/v0 || -L $BPFFS/v0/%meta ]] || break
	done
	[[ -d $BPFFS/v0 && ! -L $BPFFS/v0/%meta ]] || fail "no kill left such a directory"
	mkdir "$BPFFS/others"
	bpftool map create "$BPFFS/v0/theirs" type array key 4 value 4 entries 1 name theirs
	expect_status 0 gc
	expect_decision kept directory "$BPFFS/v0" "it has no record, so it is not ours"
	rm "$BPFFS/v0/theirs"
	expect_status 0 gc --dry-run
	expect_decision "would remove" directory "$BPFFS/v0" "nothing is pinned in it"
	dry=$output
	[[ -d $BPFFS/v0 ]] || fail "a dry run removed it"
	expect_status 0 gc
	[[ $output == "${dry/would remove/removed}" ]] || fail "it said: $dry, and did: $output"
	expect_decision kept directory "$BPFFS/others" "it has no record, so it is not ours"
	[[ ! -e $BPFFS/v0 ]] || fail "left over: $(find "$BPFFS/v0")"
}

test_a_load_that_runs_out_of_descriptors_leaves_no_directory()
{
	local n refused=0

	for ((n = 6; n < 40; n++)); do
		run prlimit --nofile="$n" load v0 objects/xdp_acl.o
		((status != 0)) || break
		((++refused))
		[[ ! -e $BPFFS/v0 ]] || fail "with $n descriptors: $errors$(find "$BPFFS/v0")"
	done
	((refused > 3)) || fail "with $n descriptors: $errors"
	expect_status 0 load v0 objects/xdp_acl.o
}
