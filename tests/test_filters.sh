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
	adopted "${place[@]}"
	expect_status 0 load --tc tcx v0 objects/tc_drop.o
	[[ -z $(filter) ]] || fail "there is: $(filter)"
	adopted "${place[@]}"
	rm -rf "$BPFFS/v0"
	expect_status 0 unload --foreign v0
	[[ -z $(filter) ]] || fail "there is: $(filter)"
}

test_a_filter_that_makes_room_in_vain_is_put_back_with_its_protocol()
{
	local n before tries

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
