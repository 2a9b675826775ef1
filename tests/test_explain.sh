# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load --explain: the life of a load as stages, and the cause of each refusal as far as it is known.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh

CAUSES=$BUILT/explain_causes.o

# stage NAME OUTCOME [TEXT]: $errors has that line; TEXT is part of what it says.
stage()
{
	awk -v name="$1" -v outcome="$2" -v text="${3-}" '
		{ sub(/^ +/, "") }
		index($0, name " ") == 1 {
			rest = substr($0, length(name) + 1)
			sub(/^ +/, "", rest)
			if (index(rest, outcome) == 1 && (text == "" || index(rest, text)))
				found = 1
		}
		END { exit !found }' <<<"$errors" || fail "no stage '$1' that is $2${3+ with '$3'}: $errors"
}

# unreached NAME: $errors has no line of that stage.
unreached() { ! grep -q "^  $1  " <<<"$errors" || fail "stage '$1' is told: $errors"; }

# The place of a source line, which the verifier tells from Linux 6.9 on.
place() { kernel_before 6.9 || echo "$1"; }

# refused PROGRAM MESSAGE SOURCE HINT: the verifier refuses it with these words.
refused()
{
	expect_status 2 load -n "$1" v0 "$CAUSES"
	stage verifier refused "$2"
	stage verifier refused "at: "
	[[ -z $3 ]] || stage verifier refused "$3"
	stage verifier refused " instructions, "
	stage verifier refused " states in all, "
	stage "checks of BPF_PROG_LOAD" "done"
	unreached JIT
	unreached attach
	[[ $errors == *"the verifier's last lines:"*"$2"*"processed "*"hint: $4"* ]] || fail "it says: $errors"
	[[ ! -e $BPFFS/v0 && -z $(prog_id v0) ]] || fail "it left something"
}

test_every_stage_of_a_load_is_told()
{
	local id tag xlated jited

	expect_status 0 load --explain v0 objects/xdp_pass.o
	id=$(prog_id v0)
	read -r tag xlated jited < <(bpftool -j prog show id "$id" |
		sed 's/.*"tag":"\([^"]*\)".*"bytes_xlated":\([0-9]*\).*"bytes_jited":\([0-9]*\).*/\1 \2 \3/')
	stage "ELF file" "done" objects/xdp_pass.o
	stage "programs and maps" "done" "program xdp_pass in section xdp for xdp; 1 map, 0 internal"
	stage maps "done" "0 of 1 reused"
	stage "relocations and BTF" "done"
	stage "checks of BPF_PROG_LOAD" "done"
	stage flags "done" none
	stage license "done" GPL-compatible
	stage "instruction count" "done" " of 1000000 at most"
	stage capability "done"
	stage "security modules" "done"
	stage types "done" "program type xdp, expected attach type xdp"
	stage "device binding" skipped
	[[ $errors =~ verifier\ +done\ +[0-9]+\ instructions\ verified\;\ states:\ [1-9][0-9]*\ in\ all,\ [1-9] ]] ||
		fail "no states: $errors"
	stage JIT "done" "$xlated bytes translated, $jited bytes native"
	stage "id and tag" "done" "$id, $tag"
	stage pins "done" "$BPFFS/v0"
	stage attach "done" "to xdp of v0"
	stage "read back" "done" "program $id by xdp"
	expect_status 0 load --explain v0 objects/xdp_drop.o
	stage maps "done" "1 of 1 reused"
}

test_json_has_the_stages_as_well()
{
	need jq
	expect_status 0 load --json --explain v0 objects/xdp_pass.o
	[[ -z $errors ]] || fail "told twice: $errors"
	[[ $(jq -r '[.stages[].name] | join(" ")' <<<"$output") == \
"open found maps relocate kernel verifier jit id pins attach read_back" ]] || fail "stages: $output"
	[[ $(jq -r '[.stages[] | select(.name == "kernel").checks[].name] | join(" ")' <<<"$output") == \
"flags license insns capability lsm types device" ]] || fail "checks: $output"
	jq -e '[.stages[].outcome] | all(. == "done")' <<<"$output" >/dev/null || fail "$output"
	jq -e '.stages[5] | .insns > 0 and .total_states > 0 and .peak_states > 0 and .hint == null' \
		<<<"$output" >/dev/null || fail "the verifier: $output"
	jq -e '.stages[6] | .translated_bytes > 0 and .native_bytes > 0' <<<"$output" >/dev/null || fail "$output"

	expect_status 2 load --json --explain -n without_null v0 "$CAUSES"
	jq -e '.schema == "ifbpf.load/1" and .ifname == "v0" and .program == null and
		(.reason | startswith("cannot load program without_null")) and
		(.stages[5] | .outcome == "refused" and (.message | test("map_value_or_null")) and
		(.source | test("explain_causes.bpf.c|value = 1")) and (.log | test("processed")) and
		(.hint | test("NULL"))) and .stages[9].outcome == null' <<<"$output" >/dev/null ||
		fail "it says: $output"
	expect_status 2 load --json --explain v0 "$TMPDIR/missing.o"
	jq -e '.ifname == null and .hook == null and .stages[0].outcome == "refused"' <<<"$output" >/dev/null ||
		fail "$output"
	# Refused before its first branch: it had no states, and that is known.
	expect_status 2 load --json --explain v0 "$BUILT/load_refused.o"
	jq -e '.hook == "xdp" and (.stages[5] | .total_states == 0 and .peak_states == 0)' <<<"$output" >/dev/null ||
		fail "it says: $output"
	# Without --explain there is no document about what was not loaded.
	expect_status 2 load --json -n without_null v0 "$CAUSES"
	[[ -z $output ]] || fail "it says: $output"
	stage verifier refused
}

test_what_a_dry_run_and_no_attach_leave_out_is_told()
{
	expect_status 0 load --explain --dry-run v0 objects/xdp_pass.o
	stage verifier "done"
	stage pins skipped --dry-run
	stage attach skipped --dry-run
	stage "read back" skipped --dry-run
	expect_status 0 load --explain --no-attach v0 objects/xdp_pass.o
	stage pins "done"
	stage attach skipped --no-attach
	stage "read back" skipped --no-attach
}

test_a_packet_access_out_of_bounds_is_explained()
{
	refused beyond_packet "invalid access to packet" "$(place explain_causes.bpf.c:)" "compare the pointer with data_end"
}

test_a_missing_check_for_null_is_explained()
{
	refused without_null "map_value_or_null" '*value = 1;' "compare with NULL"
}

test_an_access_beyond_a_value_is_explained()
{
	refused beyond_value "R0 unbounded memory access" 'value[ctx->rx_queue_index] = 1;' "bound the offset"
}

test_too_long_a_loop_is_explained()
{
	expect_status 2 load -n long_loop v0 "$CAUSES"
	# Before 6.4 the log has no room for the last words.
	if [[ $errors == *"its log is longer than "* ]] && kernel_before 6.4; then
		stage verifier refused ", which this kernel takes for a refusal: what it was refused for stood behind"
		expect_status 2 load --explain -n long_loop v0 "$CAUSES"
		stage verifier refused ", which this kernel takes for a refusal: load without --explain"
		return
	fi
	refused long_loop "BPF program is too large. Processed 1000001 insn" "" "split the program, or bound its loops"
	stage verifier refused "1000001 instructions"
	# The verifier tells the line where it changes, which its log may not go back to.
	refused long_line "BPF program is too large. Processed 1000001 insn" "" "split the program, or bound its loops"
	[[ $errors != *"at: not known"* ]] || fail "it says: $errors"
}

test_too_many_jumps_are_explained()
{
	refused long_jumps "jumps is too complex" "$(place explain_causes.bpf.c:)" "bound its loops lower"
}

test_an_endless_loop_is_explained()
{
	refused endless_loop "infinite loop detected" "$(place explain_causes.bpf.c:)" "the loop never ends"
	# The verifier says it at the end of the line of an instruction.
	refused endless_line "infinite loop detected at insn " "$(place explain_causes.bpf.c:)" "the loop never ends"
	need jq
	expect_status 2 load --json --explain -n endless_line v0 "$CAUSES"
	jq -e '.stages[5].message | startswith("infinite loop detected at insn ")' <<<"$output" >/dev/null ||
		fail "it says: $output"
}

test_an_unknown_helper_is_explained()
{
	refused unknown_helper "invalid func unknown#99999" "$(place explain_causes.bpf.c:)" "this kernel has no such helper"
}

test_a_helper_of_another_program_type_is_explained()
{
	refused others_helper "bpf_skb_vlan_pop" "BPF_FUNC_skb_vlan_pop" "this "
	# An old kernel does not tell it from one that it has not got at all.
	[[ $errors == *"hint: this program type has no such helper"* ||
		$errors == *"unknown func bpf_skb_vlan_pop"*"hint: this kernel, or this program type, has no such helper"* ]] ||
		fail "it says: $errors"
}

test_a_field_that_the_kernel_lacks_is_explained()
{
	refused missing_field "failed to resolve CO-RE relocation" "$(place explain_causes.bpf.c:)" "this kernel has no such type or field: ask before"
}

test_a_register_that_is_not_set_is_explained()
{
	refused unset_register "R7 !read_ok" "$(place explain_causes.bpf.c:)" "a register or variable is read before"
}

test_a_helper_that_wants_the_gpl_is_explained()
{
	expect_status 2 load v0 "$BUILT/explain_license.o"
	stage license "done" "not GPL-compatible"
	stage verifier refused "cannot call GPL-restricted function"
	[[ $errors == *"hint: declare the licence: "* ]] || fail "it says: $errors"
}

# with_caps CAPS COMMAND...: root's files, and of its capabilities only these.
with_caps()
{
	local caps=$1

	shift
	ulimit -l unlimited 2>/dev/null || true # which counts before 5.11
	setpriv --bounding-set "-all,$caps" --inh-caps -all --no-new-privs "$@"
}

test_missing_perfmon_is_explained_and_only_where_it_is_missing()
{
	expect_status 2 with_caps +bpf,+net_admin load -n packet_length v0 "$CAUSES"
	stage verifier refused "pointer prohibited"
	stage capability 'done' "CAP_BPF and CAP_NET_ADMIN are there; CAP_PERFMON is not, which the verifier wants"
	[[ $errors == *"hint: this kernel wants CAP_PERFMON for it, or root"* ]] || fail "it says: $errors"
	expect_status 0 with_caps +bpf,+net_admin,+perfmon load --explain -n packet_length v0 "$CAUSES"
	stage capability 'done' "CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON are there"
	expect_status 0 with_caps +bpf,+net_admin load --explain v0 "$BUILT/types1.o"
	stage capability 'done' "CAP_BPF and CAP_NET_ADMIN are enough"
}

# refused_document STAGE: it is one document, whose first refused stage is this one.
refused_document()
{
	[[ $(wc -l <<<"$output") == 1 && $output == '{"schema":"ifbpf.load/1",'*'"reason":"cannot '* ]] ||
		fail "documents: $output"
	[[ $(grep -o '"name":"[a-z_]*","outcome":"refused"' <<<"$output" | head -n 1) == *"\"$1\""* ]] ||
		fail "it says: $output"
}

test_what_fails_before_the_object_is_loaded_is_explained_too()
{
	expect_status 2 load --explain no_such objects/xdp_pass.o
	stage attach refused "cannot find interface no_such"
	expect_status 2 load --explain --json no_such objects/xdp_pass.o
	refused_document attach
	[[ $output == *'"ifname":"no_such","ifindex":0,'* ]] || fail "it says: $output"
	expect_status 2 load --explain --json --netns no_such v0 objects/xdp_pass.o
	refused_document attach
	expect_status 3 load --explain --json --shared v0 no_such objects/xdp_pass.o
	[[ $(wc -l <<<"$output") == 2 ]] || fail "documents: $output"
	grep '"ifname":"no_such"' <<<"$output" | grep -q '"name":"found","outcome":"done"' || fail "it says: $output"
	# Without --explain a slip of the pen has no table.
	expect_status 2 load no_such objects/xdp_pass.o
	[[ $errors != *"ELF file"* ]] || fail "it says: $errors"
}

test_maps_that_cannot_be_shared_are_explained()
{
	make_veth w0
	load v0 "$BUILT/load_flows1.o" >/dev/null
	load w0 "$BUILT/load_flows1.o" >/dev/null
	expect_status 2 load --explain --shared v0 w0 "$BUILT/load_flows1.o"
	stage "programs and maps" 'done'
	stage maps refused "cannot share map 'flow_table'"
	expect_status 2 load --explain --json --shared v0 w0 "$BUILT/load_flows1.o"
	refused_document maps
	load v0 "$BUILT/carry_events.o" >/dev/null
	load w0 "$BUILT/carry_events.o" >/dev/null
	expect_status 2 load --explain --shared --on-mismatch migrate v0 w0 "$BUILT/carry_events.o"
	stage maps refused "cannot carry the content of map 'waiting'"
	unload --all --purge v0 >/dev/null
	unload --all --purge w0 >/dev/null
	load --on-mismatch fresh --shared v0 w0 "$BUILT/load_flows1.o" >/dev/null
	expect_status 2 load --explain --shared v0 w0 "$BUILT/load_flows2.o"
	stage maps refused "a pinned map does not fit the object"
	expect_status 0 load --explain --shared --on-mismatch migrate v0 w0 "$BUILT/load_flows2.o"
	stage maps 'done' "1 carried over"
}

# It is one program: of the other interfaces is said which it is.
test_a_shared_program_that_is_refused_is_explained_once()
{
	make_veth w0
	make_veth w1
	expect_status 2 load -n beyond_packet --shared v0 w0 w1 "$CAUSES"
	stage verifier refused "invalid access to packet"
	[[ $(grep -c "the verifier's last lines:" <<<"$errors") == 1 ]] || fail "it is explained again: $errors"
	[[ $(grep 'load: ' <<<"$errors") == "load: cannot load program beyond_packet of $CAUSES: Permission denied
load: cannot load onto w0: its program is that of v0, which could not be loaded
load: cannot load onto w1: its program is that of v0, which could not be loaded" ]] || fail "it says: $errors"
	[[ ! -e $BPFFS/v0 && ! -e $BPFFS/w0 ]] || fail "it left something"
	expect_status 2 load -n beyond_packet --explain --json --shared v0 w0 "$CAUSES"
	[[ $(grep -c '"name":"verifier","outcome":"refused"' <<<"$output") == 2 ]] || fail "no document each: $output"
}

test_a_missing_capability_is_named()
{
	expect_status 2 with_caps +bpf load -n packet_length v0 "$CAUSES"
	stage "checks of BPF_PROG_LOAD" refused "capability: missing: cap_net_admin"
	stage capability refused "missing: cap_net_admin (kernel.unprivileged_bpf_disabled: $(cat \
		/proc/sys/kernel/unprivileged_bpf_disabled))"
	unreached verifier
	[[ $errors == *"hint: run as root, or with CAP_BPF and CAP_NET_ADMIN"* ]] || fail "it says: $errors"
}

test_too_many_instructions_are_counted()
{
	expect_status 2 load v0 "$BUILT/explain_long.o"
	stage "checks of BPF_PROG_LOAD" refused "instruction count: 1000002"
	stage "instruction count" refused "1000002, at most 1000000 are taken"
	unreached verifier
}

test_a_program_of_a_program_array_that_is_refused_is_named()
{
	expect_status 2 load -s xdp v0 "$BUILT/explain_tail.o"
	stage verifier refused "bad_tail: invalid access to packet"
	[[ $errors == *"processed 2 insns"*"hint: compare the pointer with data_end"* ]] || fail "it says: $errors"
}

# prog_load_fails ERRNO: BPF_PROG_LOAD of a good program is refused with it, before the verifier.
# Which bpf(2) it is moves with the links that other tests make meanwhile.
prog_load_fails()
{
	local n tries options=$ASAN_OPTIONS:detect_leaks=0

	need strace
	for ((tries = 0; tries < 9; tries++)); do
		ASAN_OPTIONS=$options strace -f -qq -o "$TMPDIR/trace" -e trace=bpf \
			pinning/load --explain --dry-run v0 objects/xdp_pass.o >/dev/null 2>&1
		n=$(grep ' bpf(' "$TMPDIR/trace" | grep -n 'prog_name="xdp_pass"' | head -n 1 | cut -d: -f1)
		run env ASAN_OPTIONS="$options" strace -f -qq -o "$TMPDIR/trace" -e trace=bpf \
			-e "inject=bpf:error=$1:when=$n" pinning/load --explain v0 objects/xdp_pass.o
		! grep INJECTED "$TMPDIR/trace" | grep -q 'prog_name="xdp_pass"' || return 0
	done
	fail "no fault at BPF_PROG_LOAD: $(<"$TMPDIR/trace")"
}

test_what_is_not_known_is_not_guessed()
{
	prog_load_fails EPERM
	stage "checks of BPF_PROG_LOAD" refused "no permission, and not for a capability that is missing"
	stage capability "done"
	stage "security modules" "not known" "who refused it; security modules: "
	stage "security modules" "not known" "lockdown: "
	stage "security modules" "not known" "a trivial program: accepted"
	unreached verifier
	[[ $errors != *"hint: run as root"* ]] || fail "a hint that is wrong: $errors"
	prog_load_fails EINVAL
	stage "checks of BPF_PROG_LOAD" refused "Invalid argument; the cause is not known"
	stage flags "done"
	stage types "done"
	prog_load_fails E2BIG
	stage "instruction count" "not known"
	prog_load_fails ENOMEM
	stage "checks of BPF_PROG_LOAD" refused "Cannot allocate memory"
}

test_a_flag_that_the_kernel_does_not_know_is_named()
{
	! attach has frags || skip "needs a kernel without programs for packets of several buffers"
	expect_status 2 load v0 objects/xdp_drop_frags.o
	stage "checks of BPF_PROG_LOAD" refused \
		"flags: 0x20, for packets of several buffers, which Linux 5.18 and later have"
	stage flags refused 0x20
	unreached verifier
}

test_a_map_that_cannot_be_made_is_named()
{
	expect_status 2 load v0 "$BUILT/explain_map.o"
	[[ $errors == *"load: cannot create map of_long_keys of "*", which program "*" wants: Invalid argument"*"hint: its type and the sizes"* ]] ||
		fail "it says: $errors"
	stage maps refused "of_long_keys (array, key 8 B, value 8 B, max_entries 1) cannot be created: Invalid argument"
	unreached "checks of BPF_PROG_LOAD"
	expect_status 2 load v0 "$BUILT/explain_map_empty.o"
	[[ $errors == *"cannot create map of_nothing of "*"hint: give it max_entries"* ]] || fail "it says: $errors"
	expect_status 2 load v0 "$BUILT/explain_map_huge.o"
	[[ $errors == *"cannot create map of_everything of "*"hint: it wants at least 134225920 MiB"* ]] ||
		fail "it says: $errors"
}

test_a_relocation_that_fails_is_told()
{
	expect_status 2 load v0 "$BUILT/explain_extern.o"
	stage "relocations and BTF" refused "no_such_kernel_symbol"
	unreached "checks of BPF_PROG_LOAD"
}

# refused_at STAGE TEXT COMMAND...: only this stage is refused, and no later one, nor the maps, begun.
refused_at()
{
	local at=$1 text=$2

	shift 2
	expect_status 2 "$@"
	stage "$at" refused "$text"
	[[ $(grep -c '^  [^ ].* refused  ' <<<"$errors") == 1 && $errors != *"not begun"* ]] || fail "$*: $errors"
	unreached maps
	unreached verifier
	unreached "read back"
}

test_what_is_in_the_way_of_the_attachment_is_told_there_before_anything_is_loaded()
{
	link_xdp v0 objects/xdp_pass.o
	refused_at attach "program xdp_pass (id $(prog_id v0), tag " load v0 objects/xdp_drop.o
	stage "programs and maps" "done"
	[[ $errors == "load: cannot load onto xdp of v0: program xdp_pass "* ]] || fail "it says: $errors"
	refused_at attach "is there, not the expected 4" load --expect 4 v0 objects/xdp_drop.o
	ip link set dev v0 xdpgeneric off
	refused_at attach "programs are not offloaded to hardware" load --mode hw v0 objects/xdp_drop.o
	tc qdisc add dev v0 ingress
	refused_at attach "it has an ingress qdisc" load --hook tc_egress --tc clsact v0 objects/tc_pass.o
	refused_at "programs and maps" "several fit" load v0 "$BUILT/load_odd.o"
	[[ $(sed '1,/hint: .*odd_any/d' <<<"$errors" | awk '{ print $1 }' | paste -sd " ") == "ELF programs" ]] ||
		fail "more than was reached: $errors"
	! grep ' $' <<<"$errors" || fail "blanks at the end of a line"
	refused_at "programs and maps" "none called 'no_such'" load -n no_such v0 "$BUILT/load_odd.o"
	refused_at "ELF file" "missing.o" load v0 "$TMPDIR/missing.o"
}

test_a_missing_capability_is_named_where_nothing_can_be_pinned()
{
	refused_at "checks of BPF_PROG_LOAD" "capability: missing: cap_bpf" \
		with_caps +net_admin load v0 objects/xdp_pass.o
	stage capability refused "missing: cap_bpf"
	unreached attach
}

test_the_words_of_the_kernel_stand_at_the_attachment()
{
	ip link set dev v0 mtu 9000
	in_peer ip link set dev v1 mtu 9000
	expect_status 2 load v0 objects/xdp_pass.o
	stage verifier "done"
	stage pins "done"
	stage attach refused "to xdp of v0: veth: Peer MTU is too large to set XDP"
	unreached "read back"
}

test_each_interface_of_a_shared_load_tells_its_own_attachment()
{
	make_veth w0
	ip link set dev w0 mtu 9000
	ip link set dev q1 mtu 9000
	expect_status 3 load --explain --shared v0 w0 objects/xdp_pass.o
	stage attach "done" "to xdp of v0"
	stage attach refused "to xdp of w0"
	[[ $(grep -c "^  read back  " <<<"$errors") == 1 ]] || fail "it says: $errors"
}

# enter CGROUP COMMAND...: there.
enter()
{
	# shellcheck disable=SC2016 # the arguments of the inner bash
	run bash -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' bash "$@"
}

test_the_memory_that_the_cgroup_lacks_is_named()
{
	local cgroup=/sys/fs/cgroup/memory file=memory.limit_in_bytes

	[[ -e $cgroup/$file ]] || cgroup=/sys/fs/cgroup file=memory.max
	cgroup=$cgroup/ifbpf-test-$$
	mkdir "$cgroup" 2>/dev/null && [[ -w $cgroup/$file ]] || skip "needs a cgroup of memory: none can be made"
	echo 16M >"$cgroup/$file"
	enter "$cgroup" load v0 "$BUILT/million1.o"
	rmdir "$cgroup"
	[[ $status == 2 && $errors == *"and the cgroup of this process has 16 MiB for all: give it fewer max_entries, or raise $cgroup/$file"* ]] ||
		fail "$status: $errors"
}

test_pins_that_are_refused_are_told_with_the_reason()
{
	load v0 "$BUILT/carry1.o" >/dev/null 2>&1
	load v0 "$BUILT/tc_carry1.o" >/dev/null 2>&1
	load --hook tc_egress v0 "$BUILT/tc_carry1.o" >/dev/null 2>&1
	expect_status 2 load --explain --on-mismatch migrate --hook tc_egress v0 "$BUILT/tc_carry2.o"
	stage pins refused "cannot "
	! grep -q 'refused  *prepared for' <<<"$errors" || fail "without the reason: $errors"
}
