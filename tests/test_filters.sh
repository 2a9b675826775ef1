# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Filters as others make them: what of them load and unload can exchange and remove, and what not.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run
. tests/pins.sh
. tests/faults.sh

# adopted WORD...: a filter of clsact with these words, which pin_maps then adopts.
adopted()
{
	unload --all --foreign v0 >/dev/null 2>&1 || true
	tc qdisc del dev v0 clsact 2>/dev/null || true
	rm -rf "$BPFFS/v0"
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress "$@" obj objects/tc_pass.o sec tc
	pin_maps v0 >/dev/null
}

filter() { tc filter show dev v0 ingress | grep handle || true; }

test_a_filter_of_one_protocol_is_replaced_and_removed()
{
	local place=(protocol ip pref 10 handle 7 bpf da)

	adopted "${place[@]}"
	expect_status 0 load v0 objects/tc_drop.o
	[[ $(filter) == "filter protocol ip pref 10 bpf chain 0 handle 0x7 tc_drop:["*"direct-action "* ]] ||
		fail "there is: $(filter)"
	expect_status 0 unload --purge v0
	[[ -z $(filter) ]] || fail "there is: $(filter)"
	adopted "${place[@]}"
	expect_status 0 unload --purge v0
	[[ -z $(filter) ]] || fail "there is: $(filter)"
	if attach has tcx_ingress; then
		adopted "${place[@]}"
		expect_status 0 load --tc tcx v0 objects/tc_drop.o
		[[ -z $(filter) ]] || fail "there is: $(filter)"
	fi
	adopted "${place[@]}"
	rm -rf "$BPFFS/v0"
	expect_status 0 unload --foreign v0
	[[ -z $(filter) ]] || fail "there is: $(filter)"
}

# What is left of a qdisc that was removed the kernel neither shows nor calls missing.
test_after_a_qdisc_is_removed_nothing_is_found_there()
{
	local qdisc

	for qdisc in clsact ingress; do
		tc qdisc add dev v0 "$qdisc"
		tc filter add dev v0 ingress pref 5 bpf da obj objects/tc_pass.o sec tc
		run timeout 20 status v0
		[[ $output == *"tc_ingress"*"clsact"* ]] || fail "$qdisc: it says: $output$errors"
		[[ $output != *"tc_egress"*"clsact"* ]] || fail "$qdisc: it says: $output"
		tc qdisc del dev v0 "$qdisc"
		expect_status 0 timeout 20 status v0
		[[ $output != *"clsact"* ]] || fail "$qdisc: it says: $output"
	done
	expect_status 0 timeout 20 load v0 objects/tc_pass.o
}

test_a_filter_that_makes_room_in_vain_is_put_back_with_its_protocol()
{
	local n before tries

	need_tcx
	# Links of other tests, which load asks for, make it more calls or less.
	for ((tries = 0; tries < 9; tries++)); do
		adopted protocol ip pref 10 handle 7 bpf da
		n=$(switches_at bpf BPF_PROG_ATTACH load --tc tcx v0 objects/tc_drop.o)
		adopted protocol ip pref 10 handle 7 bpf da
		before=$(filter)
		inject bpf error=ENOMEM "$n" load --tc tcx v0 objects/tc_drop.o
		[[ $injected != *BPF_PROG_ATTACH* ]] || break
	done
	[[ -n $injected && $status == 2 && $errors == *"is back on tc_ingress of v0"* ]] ||
		fail "status $status: $errors"
	[[ $(filter) == "filter protocol ip pref 10 bpf chain 0 handle 0x7 "*" id ${before##* id }" ]] ||
		fail "there is: $(filter), was: $before"
}

test_a_filter_that_is_kept_out_of_hardware_stays_so()
{
	adopted pref 10 handle 1 bpf da skip_hw
	expect_status 0 load v0 objects/tc_drop.o
	[[ $(filter) == *"tc_drop:["*"direct-action skip_hw "* ]] || fail "there is: $(filter)"
}

test_a_filter_that_gives_a_class_is_not_replaced_unsaid()
{
	local before

	adopted pref 10 handle 1 bpf flowid 1:5
	before=$(filter)
	for how in --dry-run "" "--tc tcx"; do
		# shellcheck disable=SC2086 # words
		expect_status 2 load $how v0 objects/tc_drop.o
		[[ $errors == *"its filter is without direct-action, class 1:5, and its class and its actions would be lost"*"  hint: "*"--replace; or remove it first: tc filter del dev v0 ingress pref 10 handle 1 bpf"$'\n'* ]] ||
			fail "$how: it says: $errors"
		[[ $(filter) == "$before" ]] || fail "$how: there is: $(filter)"
	done
	expect_status 0 load --replace v0 objects/tc_drop.o
	[[ $errors == *"is without direct-action, class 1:5: its class and its actions do not count any more"* ]] ||
		fail "it says: $errors"
	[[ $(filter) == *"tc_drop:["*" direct-action "* ]] || fail "there is: $(filter)"
	adopted pref 10 handle 1 bpf flowid 1:5
	expect_status 0 unload v0
	[[ -z $(filter) ]] || fail "there is: $(filter)"
}

# expect_refused WHY HINT COMMAND...: before anything is changed, and before the verifier has its work.
expect_refused()
{
	local before

	before=$(filter)$(snapshot "$BPFFS/v0" 2>/dev/null)
	expect_status 2 "${@:3}"
	[[ $errors == *"$1"*"${2:+  hint: $2}"* && $errors != *"the kernel says"* ]] || fail "${*:3}: $errors"
	[[ $(filter)$(snapshot "$BPFFS/v0" 2>/dev/null) == "$before" ]] || fail "${*:3}: changed"
}

test_a_filter_of_another_chain_is_refused_with_what_removes_it()
{
	local how del="remove it by tc: tc filter del dev v0 ingress chain 5 pref 10 handle 1 bpf"

	adopted chain 5 pref 10 handle 1 bpf da
	for how in "" --dry-run "--tc tcx"; do
		# shellcheck disable=SC2086 # words
		expect_refused "cannot replace program tc_pass (id " "$del" load $how v0 objects/tc_drop.o
	done
	expect_refused "cannot remove program tc_pass (id " "$del" unload v0
	expect_refused "cannot remove program tc_pass (id " "$del" unload --dry-run v0
}

test_a_shared_block_is_refused_with_what_goes_instead()
{
	local how del="remove it by tc: tc filter del block 22 pref 10 handle 1 bpf"

	unload --all --foreign v0 >/dev/null 2>&1 || true
	tc qdisc del dev v0 clsact 2>/dev/null || true
	tc qdisc add dev v0 ingress_block 22 clsact
	for how in "" --dry-run; do
		# shellcheck disable=SC2086 # words
		expect_refused "its qdisc takes the filters of block 22" \
			"$(! attach has tcx_ingress || echo "attach without a qdisc: --tc tcx")" load $how v0 objects/tc_drop.o
	done
	if attach has tcx_ingress; then
		expect_status 0 load --tc tcx v0 objects/tc_drop.o
		expect_status 0 unload v0
	fi
	tc filter add block 22 pref 10 handle 1 bpf da obj objects/tc_pass.o sec tc
	pin_maps v0 >/dev/null
	for how in "" --dry-run; do
		# shellcheck disable=SC2086 # words
		expect_refused "its filter is in block 22" "$del" load $how v0 objects/tc_drop.o
		# shellcheck disable=SC2086 # words
		expect_refused "its filter is in block 22" "$del" unload $how v0
	done
	${del#*: }
	[[ -z $(filter) ]] || fail "there is: $(filter)"
}

# many N: so many filters, each with a program of its own.
many()
{
	local i

	unload --all --foreign v0 >/dev/null 2>&1 || true
	tc qdisc del dev v0 clsact 2>/dev/null || true
	rm -rf "$BPFFS/v0"
	tc qdisc add dev v0 clsact
	for ((i = 1; i <= $1; i++)); do
		echo "filter add dev v0 ingress pref $i handle 1 bpf da obj objects/tc_pass.o sec tc"
	done | tc -batch -
}

test_more_programs_than_128_are_adopted_and_what_is_too_many_is_said()
{
	many 200
	run pin_maps v0
	((status == 3)) && [[ $errors != *"holds no more"* ]] || fail "status $status: $errors"
	expect_status 0 unload --all v0
	[[ -z $(filter) ]] || fail "there is: $(filter | wc -l)"
	many 300
	run pin_maps v0
	((status == 3)) || fail "status $status: $errors"
	[[ $errors =~ pin_maps:\ ([0-9]+)\ programs\ on\ v0\ are\ not\ adopted:\ the\ record\ of\ .*\ holds\ no\ more ]] ||
		fail "it says: $errors"
	[[ $(status v0 | grep -c "foreign: not adopted, for the record holds no more") == "${BASH_REMATCH[1]}" ]] ||
		fail "it says ${BASH_REMATCH[1]}, there are: $(status v0 | grep -c foreign)"
	expect_fail "hint: remove it all the same: --foreign" unload --id "$(tc_prog v0 ingress 300)" v0
	# With those gone there is room for the others.
	expect_status 0 unload --all v0
	run pin_maps v0
	[[ $errors != *"holds no more"* ]] || fail "it says: $errors"
	expect_status 0 unload --all v0
	[[ -z $(filter) ]] || fail "there is: $(filter | wc -l)"
}
