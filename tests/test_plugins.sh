# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # set by run
# compat/*_ifbpf.so: tc and ip with the maps of the interface, by plugins in their own processes.
export TC_LIB_DIR=compat IP_LIB_DIR=compat

# filter VERB HOOK WORD...: of v0, with the place that a test needs.
filter() { tc filter "$1" dev v0 "$2" pref 10 handle 1 ifbpf "${@:3}"; }

# pins: maps and programs that are pinned for v0, below its directory.
pins() { find "$BPFFS/v0" -type f -printf '%P\n' 2>/dev/null | sort; }

# filter_id HOOK [PREF]: the id of the program of a filter of v0, as stock tc shows it.
filter_id() { TC_LIB_DIR=/ tc filter show dev v0 "$1" pref "${2-10}" | sed -n 's/.* id \([0-9]*\) .*/\1/p'; }

# pinned_id PATH: the id of a pinned program.
pinned_id() { bpftool -j prog show pinned "$1" | sed -n 's/^{"id":\([0-9]*\),.*/\1/p'; }

test_a_filter_of_tc_counts_in_the_maps_of_the_interface()
{
	local id
	tc qdisc add dev v0 clsact
	filter add ingress da obj objects/tc_pass.o sec tc
	send 5
	expect_counter "$BPFFS/v0/tc_stats_map" 0 5 500
	id=$(map_id "$BPFFS/v0/tc_stats_map")
	filter replace ingress da obj objects/tc_drop.o program tc_drop
	send 2
	expect_counter "$BPFFS/v0/tc_stats_map" 2 2 200
	expect_counter "$BPFFS/v0/tc_stats_map" 0 5 500
	[[ $(map_id "$BPFFS/v0/tc_stats_map") == "$id" ]] || fail "another map was made"
	expect_status 0 stats v0
	[[ $output == "v0  tc_ingress  TC_ACT_OK    5 packets  500 bytes
v0  tc_ingress  TC_ACT_SHOT  2 packets  200 bytes" ]] || fail "$output"
}

test_it_is_shown_and_deleted_as_a_bpf_filter()
{
	tc qdisc add dev v0 clsact
	filter add ingress da classid 1:1f obj objects/tc_pass.o skip_hw
	expect_status 0 env TC_LIB_DIR=/ tc filter show dev v0 ingress
	[[ $output == *" bpf chain 0 handle 0x1 flowid 1:1f tc_pass.o:[tc_pass] direct-action skip_hw "*" id "* ]] ||
		fail "$output"
	expect_status 0 tc filter get dev v0 ingress protocol all pref 10 handle 1 ifbpf
	[[ $output == *"tc_pass.o:[tc_pass]"* ]] || fail "$output"
	TC_LIB_DIR=/ tc filter del dev v0 ingress pref 10 handle 1 bpf
	[[ -z $(filter_id ingress) ]] || fail "it is still there"
	filter add ingress obj objects/tc_pass.o
	expect_status 0 tc filter show dev v0 ingress
	[[ $output == *"tc_pass.o:[tc_pass] not_in_hw "* ]] || fail "$output"
	filter del ingress
	[[ -z $(filter_id ingress) ]] || fail "it is still there"
}

test_egress_has_statistics_of_its_own()
{
	tc qdisc add dev v0 clsact
	filter add ingress da obj objects/tc_pass.o
	filter add egress da obj objects/tc_drop.o
	send 3
	send_out 4
	expect_counter "$BPFFS/v0/tc_stats_map" 0 3 300
	expect_counter "$BPFFS/v0/%egress/tc_stats_map" 2 4 400
}

# The parent of the older qdisc, and of what others call ingress.
test_the_ingress_qdisc_will_do()
{
	tc qdisc add dev v0 ingress
	tc filter add dev v0 parent ffff: protocol all pref 10 handle 1 ifbpf da obj objects/tc_pass.o
	send 2
	expect_counter "$BPFFS/v0/tc_stats_map" 0 2 200
}

# It puts a filter for that on ingress, which tc does not tell.
test_the_ingress_qdisc_has_no_egress()
{
	local verb
	tc qdisc add dev v0 ingress
	for verb in add replace; do
		expect_fail "it has an ingress qdisc, which has no egress" \
			filter "$verb" egress da obj objects/tc_drop.o
		[[ $errors != *tcx* && $errors == *"hint: tc qdisc del dev v0 ingress && "* ]] || fail "$errors"
	done
	[[ -z $(filter_id ingress)$(pins) ]] || fail "$(pins)"
	filter add ingress da obj objects/tc_pass.o
	# What the kernel deletes is the one on ingress, and its pin goes as well.
	filter del egress
	[[ -z $(filter_id ingress) && $(pins) == tc_stats_map ]] || fail "$(pins)"
}

test_an_object_is_found_by_its_name()
{
	tc qdisc add dev v0 clsact
	IFBPF_OBJECT_PATH=objects filter add ingress da obj tc_pass
	IFBPF_OBJECT_PATH=objects ip link set dev v0 type ifbpf obj xdp_pass mode skb
	send 2
	expect_counter "$BPFFS/v0/tc_stats_map" 0 2 200
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 2 200
}

test_its_program_is_ours_and_has_one_pin()
{
	tc qdisc add dev v0 clsact
	filter add ingress da obj objects/tc_pass.o
	filter replace ingress da obj objects/tc_drop.o
	filter replace ingress da obj objects/tc_drop.o
	[[ $(pins) == "%progs/tc_ingress/tc_drop"$'\n'"tc_stats_map" ]] || fail "$(pins)"
	[[ $(pinned_id "$BPFFS/v0/%progs/tc_ingress/tc_drop") == "$(filter_id ingress)" ]] ||
		fail "another program is pinned"
	expect_status 0 status v0
	[[ $output == *"ours: loaded by ifbpf"* && $output != *drift* && $output != *orphan* ]] ||
		fail "$output"
	expect_status 0 pin_maps v0
	[[ $output == "kept "*"v0: 1 of 1 maps in "* ]] || fail "$output"
	load v0 objects/tc_pass.o
	[[ $(filter_id ingress) == "$(pinned_id "$BPFFS/v0/%progs/tc_ingress/tc_pass")" ]] ||
		fail "load put another filter beside it: $(tc filter show dev v0 ingress)"
	unload v0
	[[ -z $(filter_id ingress) && $(pins) == tc_stats_map ]] || fail "$(pins)"
}

test_a_filter_that_is_deleted_by_its_kind_leaves_only_maps()
{
	tc qdisc add dev v0 clsact
	filter add ingress da obj objects/tc_pass.o
	filter del ingress
	[[ -z $(filter_id ingress) && $(pins) == tc_stats_map ]] || fail "$(pins)"
	expect_status 0 status v0
	[[ $output != *drift* && $output != *%progs* ]] || fail "$output"
	# Nor does it need the plugin to be there.
	filter add ingress da obj objects/tc_pass.o
	TC_LIB_DIR=/ tc filter del dev v0 ingress
	filter add ingress da obj objects/tc_drop.o
	filter replace ingress da obj objects/tc_pass.o
	[[ $(pins) == "%progs/tc_ingress/tc_pass"$'\n'"tc_stats_map" ]] || fail "$(pins)"
}

# It may be meant for a slot of a chain, or for somebody else to attach.
test_what_others_prepared_stays()
{
	tc qdisc add dev v0 clsact
	load --no-attach v0 objects/tc_drop.o
	filter add ingress da obj objects/tc_pass.o
	filter replace ingress da obj objects/tc_pass.o
	expect_fail "cannot add the filter: " tc filter add dev v0 ingress pref 10 handle 2 \
		protocol ip ifbpf da obj objects/tc_echo.o
	filter del ingress
	[[ $(pins) == "%progs/tc_ingress/tc_drop"$'\n'"tc_stats_map" ]] || fail "$(pins)"
}

# With a program of the same name as well: it has its name again when the other one is gone.
test_what_others_prepared_under_the_same_name_stays()
{
	local id pin=$BPFFS/v0/%progs/tc_ingress/tc_drop
	tc qdisc add dev v0 clsact
	load --no-attach v0 objects/tc_drop.o
	id=$(pinned_id "$pin")
	# Not the last one that was prepared.
	load --no-attach v0 objects/tc_pass.o
	tc filter add dev v0 ingress pref 10 protocol ip handle 1 bpf da obj objects/tc_pass.o sec tc
	expect_fail "cannot add the filter: " tc filter add dev v0 ingress pref 10 protocol all handle 2 \
		ifbpf da obj objects/tc_drop.o
	tc filter del dev v0 ingress
	expect_fail "cannot find object" filter add ingress da obj nothing
	[[ $(pinned_id "$pin") == "$id" ]] || fail "refused: $(pins)"
	filter add ingress da obj objects/tc_drop.o
	[[ -e $pin%old-$id && $(pinned_id "$pin") == "$(filter_id ingress)" ]] || fail "$(pins)"
	filter replace ingress da obj objects/tc_drop.o
	tc filter del dev v0 ingress pref 10 handle 1 ifbpf
	[[ $(pins) == "%progs/tc_ingress/tc_drop
%progs/tc_ingress/tc_pass
tc_stats_map" && $(pinned_id "$pin") == "$id" ]] || fail "deleted: $(pins)"
	# That of a filter which is gone without the plugin was prepared by nobody.
	filter add ingress da obj objects/tc_drop.o
	tc filter del dev v0 ingress
	filter add ingress da obj objects/tc_drop.o
	(($(pins | grep -c tc_drop) == 2)) || fail "$(pins)"
}

# slow_filter INJECTED WORD...: by strace, into the messages of tc: it asks for the interface, the plugin for
# what is there before the load, and once more after it, and sends the filter with the fourth. What is said
# goes to $TMPDIR/errors.
slow_filter()
{
	exec strace -D -qq -o /dev/null -e inject="$1" \
		tc filter replace dev v0 ingress pref 10 handle 1 ifbpf da "${@:2}" 2>"$TMPDIR/errors"
}

# Others that load or drop what is prepared come before all of its steps, or after them.
test_other_tools_wait_until_a_filter_is_settled()
{
	local command tc errors
	need strace
	tc qdisc add dev v0 clsact
	for command in "load v0 objects/tc_pass.o" "unload --prepared --all v0" "pin_maps v0" gc \
		"load --no-attach v0 objects/tc_drop.o" "load v0 objects/tc_drop.o"; do
		filter replace ingress da obj objects/tc_pass.o
		slow_filter sendto:delay_enter=0.3s:when=3+ obj objects/tc_drop.o &
		tc=$!
		eventually [ -e "$BPFFS/v0/%progs/tc_ingress/tc_drop" ] || fail "$command: nothing prepared"
		! has_ended "$tc" || fail "$command: it was not slow"
		# shellcheck disable=SC2086 # words
		expect_status 0 $command
		wait "$tc" || fail "$command: $(<"$TMPDIR/errors")"
		expect_status 0 status v0
		[[ $output == *"ours: loaded by ifbpf"* && $output != *drift* && $output != *foreign* ]] ||
			fail "$command: $output"
		[[ $command == *--no-attach* || $output != *orphan* ]] || fail "$command: $output"
		(($(tc filter show dev v0 ingress | grep -c ' id ') == 1)) || fail "$command: two filters"
		unload --prepared --all v0
	done
}

# Nobody waits for ever for one that was stopped: it ends as one that came too late, or says what is so.
test_a_filter_whose_pin_is_gone_is_not_put_on_or_named()
{
	local n tc last
	need strace
	tc qdisc add dev v0 clsact
	# The last of these is for the socket that sends the filter, the one before it asks what is there.
	strace -qq -e signal=none -e trace=setsockopt -o "$TMPDIR/calls" tc filter replace dev v0 ingress pref 10 handle 1 \
		ifbpf da obj objects/tc_drop.o
	last=$(wc -l <"$TMPDIR/calls")
	tc filter del dev v0 ingress pref 10 handle 1 ifbpf
	((last > 2)) || fail "$last sockets"
	for n in 3 4; do
		slow_filter setsockopt:signal=SIGSTOP:when=$((last - 4 + n)) obj objects/tc_drop.o &
		tc=$!
		eventually [ -e "$BPFFS/v0/%progs/tc_ingress/tc_drop" ] || fail "nothing prepared"
		expect_status 0 unload --prepared --all v0
		[[ $errors == *"unload: waiting for process "*", which has not ended its filter of tc" ]] ||
			fail "$errors"
		kill -CONT "$tc"
		status=0
		wait "$tc" || status=$?
		case $n:$status in
		3:1) grep -q "cannot go on with the filter: others have dropped $BPFFS/v0/%progs" "$TMPDIR/errors" ;;
		4:0) grep -q "is not ours: others have dropped its pin" "$TMPDIR/errors" ;;
		*) false ;;
		esac || fail "$n: status $status, $(<"$TMPDIR/errors")"
		[[ $n == 4 || -z $(filter_id ingress) ]] || fail "it was put on"
	done
	[[ $(tail -n 1 "$TMPDIR/errors") == "  hint: adopt it: ifbpf pin v0" ]] || fail "$(<"$TMPDIR/errors")"
	pin_maps v0
	expect_status 0 status v0
	[[ $output == *"ours: adopted by pin_maps"* ]] || fail "$output"
}

# A program that another one calls is in use, though it is on no hook itself.
test_a_program_in_a_slot_of_a_chain_is_not_taken_back()
{
	load --no-attach v0 objects/tc_drop.o
	load --no-attach v0 objects/tc_echo.o
	tc qdisc add dev v0 clsact
	filter add ingress da obj objects/tc_chain.o
	chain --tc v0 insert 0 tc_drop >/dev/null
	expect_status 0 unload --prepared --all v0
	[[ $output == "v0 tc_ingress: program tc_echo id "*" removed" ]] || fail "$output"
	send 2
	expect_counter "$BPFFS/v0/tc_stats_map" 2 2 200
}

test_a_refusal_before_the_load_leaves_nothing()
{
	local before
	tc qdisc add dev v0 clsact
	before=$(find "$BPFFS")
	expect_fail "cannot find object nope" filter add ingress da obj nope
	expect_fail "cannot choose a program" filter add ingress da obj objects/tc_pass.o sec nope
	expect_fail "what is 'verbose'?" filter add ingress da obj objects/tc_pass.o verbose
	expect_fail "'sec' needs a value" filter add ingress obj objects/tc_pass.o sec
	expect_fail "is no class id" filter add ingress obj objects/tc_pass.o classid 12
	expect_fail "which object?" filter add ingress da
	expect_fail "is no handle" tc filter add dev v0 ingress handle 1: ifbpf da obj objects/tc_pass.o
	expect_fail "cannot tell the hook" tc filter add dev v0 root ifbpf da obj objects/tc_pass.o
	expect_fail "cannot put a filter into block 7: interfaces share it" \
		tc filter add block 7 ifbpf da obj objects/tc_pass.o
	expect_fail "cannot put a filter on parent 1:10: only" \
		tc filter add dev v0 parent 1:10 ifbpf da obj objects/tc_pass.o
	expect_fail "cannot tell the interface" tc filter add ingress ifbpf da obj objects/tc_pass.o
	[[ -z $(filter_id ingress)$(pins) && ! -e $BPFFS/v0 ]] || fail "$(find "$BPFFS")"
	[[ $(find "$BPFFS" -name 'v0*') == "$(grep v0 <<<"$before" || true)" ]] || fail "$(find "$BPFFS")"
}

# What the kernel refuses of tc comes after the load.
test_a_refusal_by_the_kernel_leaves_neither_pin_nor_filter()
{
	expect_fail "ifbpf: cannot add the filter: Parent Qdisc doesn't exists: Invalid argument" \
		filter add ingress da obj objects/tc_pass.o
	[[ $errors == *"
  hint: make the hooks: tc qdisc add dev v0 clsact" ]] || fail "$errors"
	[[ -z $(pins) ]] || fail "left: $(pins)"
	expect_status 0 status v0
	[[ $output != *drift* && $output != *orphan* ]] || fail "$output"
}

test_a_handle_that_is_too_large_is_a_number_still()
{
	tc qdisc add dev v0 clsact
	expect_fail "'0x1ffffffff' is no handle of a bpf filter: the largest is 0xffffffff" \
		tc filter add dev v0 ingress pref 10 handle 0x1ffffffff ifbpf da obj objects/tc_pass.o
	expect_fail "'x1' is no handle of a bpf filter: it is a number" \
		tc filter add dev v0 ingress pref 10 handle x1 ifbpf da obj objects/tc_pass.o
}

test_a_refusal_keeps_the_filter_that_is_there_with_its_pins_and_counts()
{
	local id map
	tc qdisc add dev v0 clsact
	filter add ingress da obj objects/tc_pass.o
	id=$(filter_id ingress) map=$(map_id "$BPFFS/v0/tc_stats_map")
	send 3
	expect_fail "one of that pref and handle is there" filter add ingress da obj objects/tc_drop.o
	expect_fail "cannot add the filter: " tc filter add dev v0 ingress pref 10 \
		handle 2 protocol ip ifbpf da obj objects/tc_pass.o
	expect_fail "cannot add the filter: " tc filter add dev v0 ingress pref 10 \
		handle 2 protocol ip ifbpf da obj objects/tc_drop.o
	send 2
	expect_counter "$BPFFS/v0/tc_stats_map" 0 5 500
	[[ $(filter_id ingress) == "$id" && $(map_id "$BPFFS/v0/tc_stats_map") == "$map" ]] ||
		fail "$(tc filter show dev v0 ingress)"
	[[ $(pins) == "%progs/tc_ingress/tc_pass"$'\n'"tc_stats_map" ]] || fail "$(pins)"
	[[ $(pinned_id "$BPFFS/v0/%progs/tc_ingress/tc_pass") == "$id" ]] || fail "another is pinned"
	expect_status 0 status v0
	[[ $output == *"ours: "* && $output != *drift* && $output != *orphan* ]] || fail "$output"
}

# Of the maps of a refused load only those go that were made for it.
test_a_refusal_keeps_the_maps_that_were_there()
{
	local map
	tc qdisc add dev v0 clsact
	filter add ingress da obj objects/tc_pass.o
	send 3
	unload v0
	map=$(map_id "$BPFFS/v0/tc_stats_map")
	tc qdisc del dev v0 clsact
	expect_fail "Parent Qdisc" filter add ingress da obj objects/tc_ratelimit.o
	[[ $(pins) == tc_stats_map && $(map_id "$BPFFS/v0/tc_stats_map") == "$map" ]] || fail "$(pins)"
	expect_counter "$BPFFS/v0/tc_stats_map" 0 3 300
}

test_two_filters_of_one_hook_share_the_maps()
{
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 10 handle 1 ifbpf obj objects/tc_pass.o
	tc filter add dev v0 ingress pref 20 handle 1 ifbpf da obj objects/tc_drop.o
	send 1
	expect_counter "$BPFFS/v0/tc_stats_map" 2 1 100
	[[ $(pinned_id "$BPFFS/v0/%progs/tc_ingress/tc_pass") == "$(filter_id ingress 10)" &&
		$(pinned_id "$BPFFS/v0/%progs/tc_ingress/tc_drop") == "$(filter_id ingress 20)" ]] ||
		fail "$(pins)"
}

# A prepared program has nothing but its pin until it is attached, and both want the same.
test_two_at_once_with_one_program()
{
	local i one two
	tc qdisc add dev v0 clsact
	for i in {1..10}; do
		tc filter replace dev v0 ingress pref 10 handle 1 ifbpf da obj objects/tc_pass.o &
		one=$!
		tc filter replace dev v0 ingress pref 11 handle 1 ifbpf da obj objects/tc_pass.o &
		two=$!
		wait "$one" && wait "$two" || fail "round $i"
		(($(pins | grep -c "^%progs/tc_ingress/") == 2)) || fail "round $i: $(pins)"
	done
	expect_status 0 status v0
	[[ $(grep -c "ours: loaded by ifbpf" <<<"$output") == 2 && $output != *orphan* ]] || fail "$output"
}

# What each takes the place of is what another one put there a moment before.
test_several_at_once_replace_one_filter_and_leave_one_pin()
{
	local i n pid pids
	tc qdisc add dev v0 clsact
	for n in 2 2 2 12; do
		pids=()
		for ((i = 0; i < n; i++)); do
			filter replace ingress da obj objects/tc_pass.o &
			pids+=($!)
		done
		for pid in "${pids[@]}"; do
			wait "$pid" || fail "one of $n failed"
		done
		[[ $(pins) == "%progs/tc_ingress/tc_pass"$'\n'"tc_stats_map" ]] || fail "$n: $(pins)"
	done
	expect_status 0 status v0
	[[ $output == *"ours: loaded by ifbpf"* && $output != *orphan* && $output != *drift* ]] || fail "$output"
}

# Somebody else's load takes the pin between the plugin's load and its look at it.
test_a_program_that_loses_its_pin_is_loaded_again()
{
	mkdir "$TMPDIR/compat" "$TMPDIR/pinning"
	cp compat/f_ifbpf.so "$TMPDIR/compat"
	ln -s "$PWD/pinning/unload" "$TMPDIR/pinning"
	cat >"$TMPDIR/pinning/load" <<-END
		#!/bin/sh
		"$PWD/pinning/load" "\$@" || exit
		echo >>"$TMPDIR/loads"
		[ \$(wc -l <"$TMPDIR/loads") -gt \$TAKEN ] ||
			"$PWD/pinning/load" --no-attach v0 objects/tc_pass.o >/dev/null
	END
	chmod +x "$TMPDIR/pinning/load"
	tc qdisc add dev v0 clsact
	TAKEN=1 TC_LIB_DIR=$TMPDIR/compat filter add ingress da obj objects/tc_pass.o
	[[ $(wc -l <"$TMPDIR/loads") == 2 ]] || fail "$(wc -l <"$TMPDIR/loads") loads"
	[[ $(pinned_id "$BPFFS/v0/%progs/tc_ingress/tc_pass") == "$(filter_id ingress)" ]] || fail "$(pins)"
	TAKEN=99 TC_LIB_DIR=$TMPDIR/compat expect_fail "another program came there meanwhile" \
		filter replace ingress da obj objects/tc_pass.o
}

# Its next line may be long in coming, and by then all of the one before is done.
test_a_batch_that_waits_stops_nobody_and_keeps_no_pin()
{
	local batch
	tc qdisc add dev v0 clsact
	filter add ingress da obj objects/tc_pass.o
	exec {batch}> >(exec tc -force -batch - 2>"$TMPDIR/errors")
	echo "filter replace dev v0 ingress pref 10 handle 1 ifbpf da obj objects/tc_drop.o" >&"$batch"
	eventually only_drop_is_pinned || fail "$(pins)"
	expect_status 0 tc filter add dev v0 ingress pref 11 handle 1 ifbpf da obj objects/tc_pass.o
	[[ -z $errors ]] || fail "$errors"
	# What is refused leaves nothing either.
	echo "filter add dev v0 ingress pref 10 handle 2 protocol ip ifbpf da obj objects/tc_ratelimit.o" >&"$batch"
	eventually grep -q "cannot add the filter" "$TMPDIR/errors" || fail "$(<"$TMPDIR/errors")"
	eventually only_both_are_pinned || fail "$(pins)"
	expect_status 0 tc filter replace dev v0 ingress pref 11 handle 1 ifbpf da obj objects/tc_pass.o
	[[ -z $errors ]] || fail "$errors"
	exec {batch}>&-
	wait
}

only_drop_is_pinned() { [[ $(pins) == "%progs/tc_ingress/tc_drop"$'\n'"tc_stats_map" ]]; }
only_both_are_pinned()
{
	[[ $(pins) == "%progs/tc_ingress/tc_drop"$'\n'"%progs/tc_ingress/tc_pass"$'\n'"tc_stats_map" ]]
}

# The first of all makes what they take turns on; where the tools refuse to work, nothing is left.
test_what_turns_are_taken_on_is_there_for_the_first_and_goes_with_a_refusal()
{
	local first
	tc qdisc add dev v0 clsact
	expect_fail "cannot find object nope" filter add ingress da obj nope
	[[ ! -e $BPFFS/%ifbpf ]] || fail "$(find "$BPFFS")"
	mkdir "$TMPDIR/compat" "$TMPDIR/pinning"
	cp compat/f_ifbpf.so "$TMPDIR/compat"
	ln -s "$PWD/pinning/unload" "$TMPDIR/pinning"
	mkfifo "$TMPDIR/go"
	printf '#!/bin/sh\nread -r _ <"%s"\nexec "%s" "$@"\n' "$TMPDIR/go" "$PWD/pinning/load" >"$TMPDIR/pinning/load"
	chmod +x "$TMPDIR/pinning/load"
	TC_LIB_DIR=$TMPDIR/compat tc filter replace dev v0 ingress pref 10 handle 1 \
		ifbpf da obj objects/tc_pass.o 2>"$TMPDIR/first" &
	first=$!
	eventually [ -e "$BPFFS/%ifbpf" ] || fail "it takes no turn"
	eventually turn_is_taken || fail "it takes no turn"
	echo >"$TMPDIR/go"
	wait "$first" || fail "$(<"$TMPDIR/first")"
	! turn_is_taken || fail "it keeps its turn"
	[[ $(pinned_id "$BPFFS/v0/%progs/tc_ingress/tc_pass") == "$(filter_id ingress)" ]] || fail "$(pins)"
}

turn_is_taken() { ! flock -n "$BPFFS/%ifbpf" true; }

# Which tc does not show.
test_what_runs_before_all_filters_is_named()
{
	local words="tc_ingress of v0 and runs before all filters of tc"
	need_tcx
	load --tc tcx v0 objects/tc_drop.o
	tc qdisc add dev v0 clsact
	expect_status 0 filter add egress da obj objects/tc_pass.o
	[[ -z $errors ]] || fail "$errors"
	expect_status 0 filter add ingress da obj objects/tc_pass.o
	[[ $errors == *"program "*"tc_drop"*", tcx, is on $words"*"it is ours: "* ]] || fail "$errors"
	unload --hook tc_ingress --prog-name tc_drop v0
	expect_status 0 filter replace ingress da obj objects/tc_pass.o
	[[ $errors != *"runs before"* ]] || fail "$errors"
}

test_a_batch_goes_on_after_each_failure()
{
	cat >"$TMPDIR/batch" <<-'END'
		filter add dev v0 ingress pref 10 handle 1 ifbpf da obj objects/tc_pass.o
		qdisc add dev v0 clsact
		filter add dev v0 ingress ifbpf help
		filter add dev v0 ingress ifbpf nonsense
		filter add dev v0 ingress pref 10 handle 1 ifbpf da obj objects/nope.o
		exec ifbpf nonsense dev v0
		exec ifbpf stats --no-such-option dev v0
		filter add dev v0 ingress pref 10 handle 1 ifbpf da obj objects/tc_pass.o
		filter add dev v0 ingress pref 10 handle 1 ifbpf da obj objects/tc_drop.o
		exec ifbpf stats dev v0
		filter add dev v0 egress pref 10 handle 1 ifbpf da obj objects/tc_pass.o
		filter replace dev v0 egress pref 10 handle 1 ifbpf da obj objects/tc_drop.o
		exec ifbpf load dev v0 obj objects/xdp_pass.o mode skb
	END
	run tc -force -batch "$TMPDIR/batch"
	((status < 126)) || fail "tc crashed: status $status"
	[[ $(grep -c 'Command failed' <<<"$errors") == 7 ]] || fail "$errors"
	send 2
	send_out 3
	expect_status 0 stats v0
	[[ $output == "v0  xdp         XDP_PASS     2 packets  200 bytes
v0  tc_ingress  TC_ACT_OK    2 packets  200 bytes
v0  tc_egress   TC_ACT_SHOT  3 packets  300 bytes" ]] || fail "$output"
	expect_status 0 status v0
	[[ $output != *drift* && $output != *orphan* ]] || fail "$output"
}

# A verb must not find what tc has not been told of yet, nor keep what the kernel has refused.
test_a_verb_in_a_batch_comes_after_the_filter_is_settled()
{
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 10 handle 1 bpf da obj objects/tc_pass.o sec tc
	cat >"$TMPDIR/batch" <<-'END'
		filter add dev v0 ingress pref 10 protocol ip handle 1 ifbpf obj objects/tc_pass.o da
		exec ifbpf pin dev v0
		filter replace dev v0 ingress pref 10 handle 1 ifbpf obj objects/tc_pass.o da
		exec ifbpf status dev v0
	END
	run tc -force -batch "$TMPDIR/batch"
	[[ $output == *"pinned "*"1 of 1 maps"* && $output != *%old-* ]] || fail "$output$errors"
	[[ $output != *drift* && $output != *orphan* ]] || fail "$output"
	[[ $(pins) == "%progs/tc_ingress/tc_pass"$'\n'"tc_stats_map" ]] || fail "$(pins)"
}

# What a tool reads must not be the rest of the batch; any program beside the plugin is a verb.
test_no_tool_reads_the_batch_of_tc()
{
	mkdir "$TMPDIR/compat" "$TMPDIR/scripts"
	cp compat/e_ifbpf.so "$TMPDIR/compat"
	printf '#!/bin/sh\necho "got $(cat)"\n' >"$TMPDIR/scripts/eat"
	chmod +x "$TMPDIR/scripts/eat"
	(
		# Line by line, as a terminal or a pipe may give it: tc has not read it all by then.
		printf 'exec ifbpf eat\n'
		eventually grep -q got "$TMPDIR/output"
		printf 'qdisc add dev v0 clsact\n'
	) | TC_LIB_DIR=$TMPDIR/compat tc -batch - >"$TMPDIR/output"
	[[ $(<"$TMPDIR/output") == "got " ]] || fail "$(<"$TMPDIR/output")"
	[[ $(tc qdisc show dev v0) == *clsact* ]] || fail "the second line was not done"
}

test_a_batch_keeps_no_program_open()
{
	tc qdisc add dev v0 clsact
	printf '%.0sfilter replace dev v0 ingress pref 10 handle 1 ifbpf da obj objects/tc_pass.o\n' {1..40} \
		>"$TMPDIR/batch"
	(
		ulimit -n 32
		tc -batch "$TMPDIR/batch"
	)
	send 2
	expect_counter "$BPFFS/v0/tc_stats_map" 0 2 200
	[[ $(pinned_id "$BPFFS/v0/%progs/tc_ingress/tc_pass") == "$(filter_id ingress)" ]] ||
		fail "another program is pinned"
}

test_a_caller_that_ignores_its_children_changes_nothing()
{
	tc qdisc add dev v0 clsact
	env --ignore-signal=CHLD tc filter add dev v0 ingress ifbpf da obj objects/tc_pass.o
	expect_status 1 env --ignore-signal=CHLD tc exec ifbpf stats --no-such-option
	send 2
	expect_counter "$BPFFS/v0/tc_stats_map" 0 2 200
}

# tc killed at each of its messages: a filter with its pins, or a prepared program to be taken back.
test_tc_killed_at_any_message_leaves_what_can_be_told()
{
	local n killed=0 id
	need strace
	tc qdisc add dev v0 clsact
	for n in {1..9}; do
		run strace -qq -o /dev/null -e inject=sendmsg,sendto:signal=KILL:when="$n" \
			tc filter add dev v0 ingress pref 10 handle 1 ifbpf da obj objects/tc_pass.o
		id=$(filter_id ingress)
		((status != 0)) || break
		((++killed))
		if [[ -z $id ]]; then
			unload --prepared --all v0 >/dev/null
			[[ $(pins) == tc_stats_map || -z $(pins) ]] || fail "message $n: $(pins)"
		else
			[[ $(pinned_id "$BPFFS/v0/%progs/tc_ingress/tc_pass") == "$id" ]] ||
				fail "message $n: another program is pinned"
			expect_fail "it is attached to tc_ingress" unload --prepared --id "$id" v0
			unload v0 >/dev/null
		fi
	done
	((killed > 0 && status == 0)) || fail "killed $killed times, then status $status"
}

has_ended() { [[ ! -e /proc/$1 || $(<"/proc/$1/stat") == *") Z "* ]]; }

# hold_lock: of all writers, by the descriptor $held.
hold_lock()
{
	load v0 "$OBJECT" >/dev/null
	unload --purge v0 >/dev/null
	exec {held}<"$BPFFS/%ifbpf/lock"
	flock "$held"
}

# A tool that waits for a lock would put the program on later, when nobody expects it.
test_what_ip_and_tc_have_begun_ends_with_them()
{
	local words pid tool held
	tc qdisc add dev v0 clsact
	for words in "ip link set dev v0 type ifbpf obj objects/xdp_drop.o mode skb" \
		"tc exec ifbpf load dev v0 obj objects/xdp_drop.o mode skb" \
		"tc filter add dev v0 ingress pref 10 handle 1 ifbpf da obj objects/tc_drop.o"; do
		hold_lock
		: >"$TMPDIR/errors"
		$words {held}<&- 2>"$TMPDIR/errors" &
		pid=$!
		eventually grep -q "waiting for process" "$TMPDIR/errors" || fail "$words: $(<"$TMPDIR/errors")"
		read -r tool <"/proc/$pid/task/$pid/children" || true
		[[ $tool ]] || fail "$words: no tool runs"
		kill -KILL "$pid"
		wait "$pid" || true
		eventually has_ended "$tool" || fail "$words: the tool goes on"
		exec {held}<&-
		[[ -z $(prog_id v0)$(filter_id ingress)$(pins) ]] || fail "$words: $(pins)"
	done
}

# Its pins would be missing until the next run of a tool.
test_what_is_switched_is_ended_though_ip_is_killed()
{
	local pid
	need strace
	mkdir "$TMPDIR/compat" "$TMPDIR/pinning"
	cp compat/link_ifbpf.so "$TMPDIR/compat"
	cat >"$TMPDIR/pinning/load" <<-END
		#!/bin/sh
		exec strace -D -qq -o /dev/null -e inject=renameat,renameat2:delay_enter=3000000:when=1 \
			"$PWD/pinning/load" "\$@"
	END
	chmod +x "$TMPDIR/pinning/load"
	IP_LIB_DIR=$TMPDIR/compat ip link set dev v0 type ifbpf obj objects/xdp_drop.o mode skb &
	pid=$!
	until [[ $(prog_id v0) ]]; do
		kill -0 "$pid" || fail "ip has ended"
	done
	[[ -z $(pins) ]] || fail "too late: $(pins)"
	kill -KILL "$pid"
	wait "$pid" || true
	eventually [ -e "$BPFFS/v0/xdp_stats_map" ] || fail "it was killed half-way: $(pins)"
}

# hinted TEXT: the command of the hint that has this; "ifbpf" finds it in the tree.
hinted() { sed -n "s/^  hint: .*\(ifbpf .*$1.*\)/\1/p" <<<"$errors"; }

# The plugins have no options: what their tools advise is to be a command that works.
test_hints_are_commands_that_help()
{
	local old=build/tests/bpf/tc_carry1.o new=build/tests/bpf/tc_carry2.o id
	tc qdisc add dev v0 clsact
	load --no-attach v0 "$old"
	# Nothing is in the place: it is tc that puts it there.
	expect_fail "fresh" filter add ingress da obj "$new"
	[[ $errors == *": before this, ifbpf load --no-attach --hook tc_ingress v0 $new --on-mismatch fresh"* ]] ||
		fail "$errors"
	eval "$(hinted "--on-mismatch fresh")"
	filter add ingress da obj "$new"
	# What is there is replaced in its place.
	id=$(filter_id ingress)
	expect_fail "fresh" filter replace ingress da obj "$old"
	eval "$(hinted "--on-mismatch fresh")"
	[[ $(filter_id ingress) && $(filter_id ingress) != "$id" ]] || fail "$(tc filter show dev v0 ingress)"
	[[ $(tc filter show dev v0 ingress) != *"pref 700"* ]] || fail "$(tc filter show dev v0 ingress)"

	link_xdp v0 "$OBJECT"
	id=$(prog_id v0)
	expect_fail "is not ours" ip link set dev v0 type ifbpf obj objects/xdp_drop.o mode skb
	eval "$(hinted --replace)"
	[[ $(prog_id v0) != "$id" && $(ip link show dev v0) == *" xdpgeneric "* ]] ||
		fail "$(ip link show dev v0)"
	unload --hook xdp v0
	link_xdp v0 "$OBJECT"
	expect_fail "is not ours" ip link set dev v0 type ifbpf off
	eval "$(hinted --foreign)"
	[[ -z $(prog_id v0) ]] || fail "it is still there"
	expect_fail "hw" ip link set dev v0 type ifbpf obj "$OBJECT" mode hw
	[[ $errors == *": ifbpf load --hook xdp v0 $OBJECT --mode native"$'\n'*": ifbpf load --hook xdp v0 $OBJECT --mode skb"* ]] ||
		fail "$errors"
	eval "$(hinted "--mode skb")"
	[[ $(ip link show dev v0) == *" xdpgeneric "* ]] || fail "$(ip link show dev v0)"
	# A shell would read these otherwise.
	cp "$OBJECT" "$TMPDIR/a b.o"
	expect_fail "hint: " ip link set dev v0 type ifbpf obj "$TMPDIR/a b.o" mode hw
	[[ $errors == *": --mode native"$'\n'* ]] || fail "$errors"
}

test_of_several_programs_one_is_chosen_in_the_words_of_ip_and_tc()
{
	local several=build/tests/bpf/load_choice.o

	expect_fail "name one with 'sec' or 'program'" ip link set dev v0 type ifbpf obj "$several"
	expect_fail "name one with --section or --prog-name" tc exec ifbpf load --hook xdp dev v0 obj "$several"
}

# without_tools WORD...: the shell finds none of the tree.
without_tools() { PATH=${PATH##*"$PWD/build/tests:"} "$@"; }

# In the source tree nothing is called ifbpf but by its path; every message says who speaks in one way.
test_hints_in_the_source_tree_name_what_is_there()
{
	local folder
	! without_tools command -v ifbpf >/dev/null || skip "ifbpf is installed"
	link_xdp v0 "$OBJECT"
	for folder in compat "$PWD/compat" ./compat pinning/../compat; do
		IP_LIB_DIR=$folder expect_fail "is not ours" without_tools \
			ip link set dev v0 type ifbpf obj objects/xdp_drop.o mode skb
		[[ $errors == "ifbpf load: "*" hint: "*" ${folder%compat}scripts/ifbpf load --hook xdp --mode skb v0 objects/xdp_drop.o --replace"* ]] ||
			fail "$errors"
	done
	eval "$(sed -n 's/^  hint: .*: \(.*scripts\/ifbpf .*--replace\).*/\1/p' <<<"$errors")"
	expect_status 0 status v0
	[[ $output == *"ours: loaded by ifbpf"* ]] || fail "$output"
	run tc exec ifbpf load --no-such-option dev v0 obj objects/xdp_drop.o
	[[ $errors == "ifbpf load: "*$'\n'"  hint: see ifbpf load --help" ]] || fail "$errors"
}

# It would go with its counts, and nobody would be told.
test_a_filter_that_is_not_ours_is_named_and_refused()
{
	local id verb
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 10 handle 1 bpf da obj objects/tc_pass.o sec tc
	send 5
	id=$(filter_id ingress)
	for verb in replace change; do
		expect_fail "program tc_pass (id $id, tag " \
			filter "$verb" ingress da obj objects/tc_pass.o
		[[ $errors == *" is there, clsact, and is not ours: "* ]] || fail "$errors"
		[[ $(filter_id ingress) == "$id" && -z $(pins) ]] || fail "$(pins)"
	done
	eval "$(hinted pin | sed 's/[,;].*//')"
	filter replace ingress da obj objects/tc_pass.o
	send 2
	expect_counter "$BPFFS/v0/tc_stats_map" 0 7 700
}

test_a_program_that_others_pin_is_replaced_by_what_the_hint_says()
{
	local id
	tc qdisc add dev v0 clsact
	bpftool prog load objects/tc_pass.o "$BPFFS/theirs" type classifier
	tc filter add dev v0 ingress pref 10 handle 1 bpf da pinned "$BPFFS/theirs"
	id=$(filter_id ingress)
	expect_fail "is not ours: pinned at $BPFFS/theirs" filter replace ingress da obj objects/tc_drop.o
	[[ $(filter_id ingress) == "$id" ]] || fail "it was replaced"
	eval "$(hinted --replace)"
	[[ $(filter_id ingress) && $(filter_id ingress) != "$id" ]] || fail "$(tc filter show dev v0 ingress)"
	# Of ours, any of the same program will do.
	filter replace ingress da obj objects/tc_pass.o
	tc filter add dev v0 ingress pref 11 handle 1 bpf da pinned "$BPFFS/v0/%progs/tc_ingress/tc_pass"
	filter replace ingress da obj objects/tc_drop.o
}

# Neither --on-mismatch helps where the map is to have two definitions.
test_a_map_of_a_filter_beside_it_is_not_defined_otherwise()
{
	local old=build/tests/bpf/tc_carry1.o new=build/tests/bpf/tc_carry2.o
	tc qdisc add dev v0 clsact
	filter add ingress da obj "$old"
	expect_fail "a program that is attached uses" \
		tc filter add dev v0 ingress pref 11 handle 1 ifbpf da obj "$new"
	[[ $errors == *"replace that program, by its pref and handle"* && $errors != *--on-mismatch* &&
		$errors != *--no-attach* ]] || fail "$errors"
	expect_fail fresh filter replace ingress da obj "$new"
	eval "$(hinted "--on-mismatch fresh")"
	tc filter add dev v0 ingress pref 11 handle 1 ifbpf da obj "$new"
}

# They come and go with each filter, in the hands of the plugin.
test_a_filter_with_a_program_of_the_same_name_says_nothing_of_pins()
{
	tc qdisc add dev v0 clsact
	filter add ingress da obj objects/tc_pass.o
	expect_status 0 filter replace ingress da obj objects/tc_pass.o
	[[ -z $errors ]] || fail "$errors"
	expect_status 0 tc filter add dev v0 ingress pref 11 handle 1 ifbpf da obj objects/tc_pass.o
	[[ -z $errors ]] || fail "$errors"
	expect_fail "cannot add the filter: " tc filter add dev v0 ingress pref 10 handle 2 protocol ip \
		ifbpf da obj objects/tc_pass.o
	[[ $errors != *%old-* ]] || fail "$errors"
	expect_status 0 tc exec ifbpf load --no-attach dev v0 obj objects/tc_pass.o
	[[ $errors == *"is pinned as tc_pass%old-"* ]] || fail "$errors"
}

test_exec_runs_each_verb_on_the_interface()
{
	link_xdp v0 "$OBJECT"
	expect_status 0 tc exec ifbpf pin dev v0
	[[ $output == "pinned "*"v0: 1 of 1 maps in $BPFFS/v0" ]] || fail "$output"
	send 4
	expect_status 0 tc exec ifbpf stats --json dev v0
	[[ $output == '{"schema":"ifbpf.stats/1","ifname":"v0",'*'"XDP_PASS":{"packets":4,"bytes":400}'* ]] ||
		fail "$output"
	expect_status 0 tc exec ifbpf load dev v0 obj objects/xdp_drop.o sec xdp mode skb
	[[ $output == *"program xdp_drop id "*"replaced program"*"in skb mode"*"reused"* ]] || fail "$output"
	expect_status 0 tc exec ifbpf status dev v0
	[[ $output == *"xdp_drop"*"ours: loaded by ifbpf"* ]] || fail "$output"
	expect_status 0 tc exec ifbpf unload --hook xdp dev v0
	[[ $output == *"program xdp_drop id "*" removed" ]] || fail "$output"
}

# Of two words the last would win, and one that is not known would be an interface more.
test_words_that_are_there_twice_or_unknown_are_refused_before_anything_is_done()
{
	local words option a=objects/tc_pass.o b=objects/tc_drop.o
	tc qdisc add dev v0 clsact
	for words in "obj $a obj $b" "obj $a obj $a" "obj $a sec tc section tc" \
		"obj $a program tc_pass program tc_drop" "obj $a classid 1:1 flowid 1:2"; do
		# shellcheck disable=SC2086 # words
		expect_fail "is there twice" filter add ingress da $words
	done
	for words in "obj $OBJECT obj $OBJECT" "obj $OBJECT mode skb mode native" \
		"obj $OBJECT sec xdp sec xdp"; do
		# shellcheck disable=SC2086 # words
		expect_fail "is there twice" ip link set dev v0 type ifbpf $words
	done
	expect_fail "'obj' is there twice" tc exec ifbpf load dev v0 obj "$OBJECT" obj "$OBJECT"
	expect_fail "--mode is there twice" tc exec ifbpf load dev v0 obj "$OBJECT" mode skb mode native
	for words in "dev v0 obj $OBJECT bogus" "bogus dev v0 obj $OBJECT" "dev v0 bogus obj $OBJECT" \
		"--json bogus dev v0 obj $OBJECT" "dev v0 obj $OBJECT mode skb bogus"; do
		# shellcheck disable=SC2086 # words
		expect_fail "what is 'bogus'?" tc exec ifbpf load $words
	done
	[[ -z $(filter_id ingress)$(prog_id v0)$(pins) ]] || fail "$(pins)"
	# What belongs to an option is none of these.
	for option in $(load --help | sed -n 's/^ *\(-[a-z], \)\?\(--[a-z-]*\) <.*/\2/p') -s -n -m; do
		run tc exec ifbpf load "$option" value dev v0 obj nope
		[[ $errors != *"what is"* ]] || fail "$option: $errors"
	done
	expect_status 0 tc exec ifbpf load v0 --mode skb "$OBJECT"
}

test_exec_returns_the_status_of_the_tool_and_takes_no_path_for_a_verb()
{
	local word
	expect_status 2 tc exec ifbpf stats dev v0
	[[ $errors == *"hint: "* ]] || fail "$errors"
	expect_status 1 tc exec ifbpf stats --no-such-option
	expect_fail "unknown verb '../tests/run.sh'" tc exec ifbpf ../tests/run.sh dev v0
	expect_status 1 tc exec ifbpf nope dev v0
	[[ $errors == "ifbpf: unknown verb 'nope': try 'tc exec ifbpf help'" ]] || fail "$errors"
	expect_fail "'dev' needs a value" tc exec ifbpf pin dev
	expect_fail "Usage: tc exec ifbpf VERB" tc exec ifbpf
	for word in help --help -h; do
		expect_status 0 tc exec ifbpf "$word"
		[[ $errors == "Usage: tc exec ifbpf VERB"* ]] || fail "$errors"
	done
	for word in --version -V; do
		expect_status 0 tc exec ifbpf "$word"
		[[ $output == "ifbpf $(<VERSION)" ]] || fail "$output"
	done
	for word in load pin stats; do
		expect_status 0 tc exec ifbpf "$word" help
		[[ $output == "Usage: ifbpf $word [options] "* ]] || fail "$output$errors"
	done
	expect_status 0 tc exec ifbpf acl dev v0 help
	[[ $output == "Usage: ifbpf acl "* ]] || fail "$output$errors"
	expect_fail "cannot find interface help" tc exec ifbpf status dev help
}

test_ip_puts_a_program_on_and_takes_it_off()
{
	local id
	ip link set dev v0 type ifbpf obj objects/xdp_pass.o sec xdp mode skb
	[[ $(ip link show dev v0) == *" xdpgeneric "* ]] || fail "$(ip link show dev v0)"
	send 3
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	# The mode stays, and so do the counts.
	ip link set dev v0 type ifbpf obj objects/xdp_drop.o
	[[ $(ip link show dev v0) == *" xdpgeneric "* ]] || fail "$(ip link show dev v0)"
	send 2
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 300
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 2 200
	[[ $(map_id "$BPFFS/v0/xdp_stats_map") == "$id" ]] || fail "another map was made"
	ip link set dev v0 type ifbpf off
	[[ -z $(prog_id v0) && $(pins) == xdp_stats_map ]] || fail "$(pins)"
	# As stock ip has it.
	expect_status 0 ip link set dev v0 type ifbpf off
	[[ -z $errors && $(pins) == xdp_stats_map ]] || fail "$errors"
	expect_fail "Operation not permitted" as_user ip link set dev v0 type ifbpf off
	ip link set dev v0 type ifbpf obj objects/xdp_pass.o program xdp_pass mode native
	[[ $(ip link show dev v0) == *" xdp "* ]] || fail "$(ip link show dev v0)"
}

# Of two at once, the second finds what it asks for.
test_a_program_that_two_take_off_at_once_is_off()
{
	local held one two
	hold_lock
	exec {held}<&-
	ip link set dev v0 type ifbpf obj objects/xdp_pass.o mode skb
	exec {held}<"$BPFFS/%ifbpf/lock"
	flock "$held"
	ip link set dev v0 type ifbpf off {held}<&- 2>"$TMPDIR/one" &
	one=$!
	ip link set dev v0 type ifbpf off {held}<&- 2>"$TMPDIR/two" &
	two=$!
	eventually grep -q "waiting for process" "$TMPDIR/one" || fail "$(<"$TMPDIR/one")"
	eventually grep -q "waiting for process" "$TMPDIR/two" || fail "$(<"$TMPDIR/two")"
	exec {held}<&-
	wait "$one" && wait "$two" || fail "$(cat "$TMPDIR/one" "$TMPDIR/two")"
	[[ -z $(prog_id v0) && $(pins) == xdp_stats_map ]] || fail "$(pins)"
}

# ip does it after the program, and the kernel may refuse it then.
test_ip_does_nothing_else_in_the_same_command()
{
	local before id words
	ip link set dev v0 type ifbpf obj objects/xdp_pass.o mode skb
	id=$(prog_id v0) before=$(ip -d link show dev v0)
	for words in "mtu 99999999" "mtu 1400" down "name v5" "alias x" "group 7" "mtu 1400 down"; do
		# shellcheck disable=SC2086 # words
		expect_fail "what else stands before 'type'" ip link set dev v0 $words \
			type ifbpf obj objects/xdp_drop.o
		# shellcheck disable=SC2086 # words
		expect_fail "what else stands before 'type'" ip link set dev v0 $words type ifbpf off
		[[ $(ip -d link show dev v0) == "$before" ]] || fail "$words: $(ip -d link show dev v0)"
	done
	[[ $(prog_id v0) == "$id" ]] || fail "another program"
	expect_fail "ifbpf is no kind of link to delete" ip link del dev v0 type ifbpf off
	[[ $(ip -d link show dev v0) == "$before" ]] || fail "it is gone"
}

test_ip_refuses_and_leaves_nothing()
{
	local id
	expect_fail "cannot find object nope" ip link set dev v0 type ifbpf obj nope
	expect_fail "which object?" ip link set dev v0 type ifbpf mode skb
	expect_fail "what is 'nonsense'?" ip link set dev v0 type ifbpf nonsense
	expect_fail "'off' stands alone" ip link set dev v0 type ifbpf off obj objects/xdp_pass.o
	expect_fail "no such mode 'nonsense'" ip link set dev v0 type ifbpf obj objects/xdp_pass.o mode nonsense
	expect_fail "no kind of link to replace" ip link replace dev w0 type ifbpf obj objects/xdp_pass.o
	expect_fail "no kind of link to add" ip link add dev w0 type ifbpf obj objects/xdp_pass.o
	expect_fail "Usage: ip link set dev IFNAME type ifbpf" ip link set dev v0 type ifbpf help
	link_xdp v0 "$OBJECT"
	id=$(prog_id v0)
	expect_fail "is not ours" ip link set dev v0 type ifbpf obj objects/xdp_drop.o
	expect_fail "is not ours" ip link set dev v0 type ifbpf off
	[[ $(prog_id v0) == "$id" && -z $(pins) ]] || fail "$(pins)"
	expect_status 0 ip link help ifbpf
	[[ $output == "Usage: ip link set dev IFNAME type ifbpf"* ]] || fail "$output"
}

test_a_batch_of_ip_goes_on_after_each_failure()
{
	cat >"$TMPDIR/batch" <<-'END'
		link set dev v0 type ifbpf nonsense
		link set dev v0 type ifbpf obj objects/nope.o
		link set dev v0 type ifbpf obj objects/xdp_pass.o mode skb
		link set dev v0 mtu 1400
	END
	run ip -force -batch "$TMPDIR/batch"
	[[ $status != 0 && $(grep -c 'Command failed' <<<"$errors") == 2 ]] || fail "$errors"
	send 2
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 2 200
	[[ $(ip link show dev v0) == *" mtu 1400 "* ]] || fail "$(ip link show dev v0)"
}

test_odd_names_of_interfaces()
{
	local name directory
	while IFS='|' read -r name directory; do
		ip link add name "$name" up type veth peer name q1
		tc qdisc add dev "$name" clsact
		tc filter add dev "$name" ingress pref 10 handle 1 ifbpf da obj objects/tc_pass.o
		ip link set dev "$name" type ifbpf obj objects/xdp_pass.o mode skb
		[[ -e $BPFFS/$directory/tc_stats_map && -e $BPFFS/$directory/xdp_stats_map ]] ||
			fail "$name: $(find "$BPFFS")"
		expect_status 0 tc exec ifbpf status dev "$name"
		[[ $output == *"  xdp_pass  "*"  tc_pass  "* && $output != *orphan* ]] || fail "$output"
		expect_status 0 tc exec ifbpf load dev "$name" obj objects/xdp_drop.o
		tc qdisc del dev "$name" clsact
		expect_fail "Parent Qdisc" tc filter add dev "$name" ingress ifbpf da obj objects/tc_drop.o
		ip link set dev "$name" type ifbpf off
		ip link del dev "$name"
	done <<-'END'
		eth0.100|eth0%2E100
		a;netns=9|a%3Bnetns%3D9
		-x|%2Dx
		dev|dev
		tc|%74c
		a'b"$c|a%27b%22$c
	END
}

test_without_privilege_nothing_happens()
{
	tc qdisc add dev v0 clsact
	expect_fail "Operation not permitted" as_user tc filter add dev v0 ingress ifbpf da obj objects/tc_pass.o
	expect_fail "Operation not permitted" as_user ip link set dev v0 type ifbpf obj objects/xdp_pass.o
	[[ -z $(filter_id ingress)$(prog_id v0)$(pins) ]] || fail "$(pins)"
	expect_status 0 as_user tc exec ifbpf status dev v0
}

test_who_may_not_edit_the_network_is_told_what_it_takes()
{
	tc qdisc add dev v0 clsact
	expect_fail "cannot add the filter: Operation not permitted" setpriv --bounding-set -net_admin \
		--inh-caps -net_admin tc filter add dev v0 ingress pref 10 handle 1 ifbpf da obj objects/tc_pass.o
	[[ $errors == *"hint: run as root, or with CAP_NET_ADMIN"* ]] || fail "$errors"
	[[ -z $(filter_id ingress)$(pins) ]] || fail "$(pins)"
}

# What load needs, and no more.
test_three_capabilities_are_enough()
{
	local caps="+net_admin,+bpf,+perfmon"

	ulimit -l unlimited 2>/dev/null || true # which counts before 5.11
	tc qdisc add dev v0 clsact
	setpriv --bounding-set "-all,$caps" --inh-caps -all --no-new-privs \
		tc filter add dev v0 ingress pref 10 handle 1 ifbpf da obj objects/tc_pass.o
	setpriv --bounding-set "-all,$caps" --inh-caps -all --no-new-privs \
		tc filter replace dev v0 ingress pref 10 handle 1 ifbpf da obj objects/tc_drop.o
	send 2
	expect_counter "$BPFFS/v0/tc_stats_map" 2 2 200
	expect_status 0 status v0
	[[ $output == *"ours: loaded by ifbpf"* && $output != *orphan* ]] || fail "$output"
}

# ip and tc would hide the BPF filesystem from the tools.
test_tc_and_ip_in_another_namespace_are_led_there()
{
	expect_fail "nsenter --net=/run/netns/NAME tc ..." tc -n peer filter add dev v1 ingress ifbpf da obj objects/tc_pass.o
	expect_fail "nsenter --net=" tc -n peer exec ifbpf status dev v1
	expect_fail "nsenter --net=/run/netns/NAME ip ..." ip -n peer link set dev v1 type ifbpf obj objects/xdp_pass.o
	expect_fail "nsenter --net=" ip netns exec peer tc exec ifbpf status dev v1
	in_peer tc qdisc add dev v1 clsact
	in_peer tc filter add dev v1 egress pref 10 handle 1 ifbpf da obj objects/tc_pass.o
	send 3
	expect_status 0 stats --netns peer v1
	[[ $output == "v1  tc_egress  TC_ACT_OK  3 packets  300 bytes" ]] || fail "$output"
}

test_they_need_nothing_of_ip_and_tc_and_have_one_symbol_for_them()
{
	local plugin kind
	# And f_ifbpf.so one more, for e_ifbpf.so.
	need nm
	for plugin in compat/*_ifbpf.so; do
		kind=${plugin#compat/}
		case $kind in
		f_*) kind=ifbpf_filter_util ;;
		e_*) kind=ifbpf_exec_util ;;
		*) kind=ifbpf_link_util ;;
		esac
		[[ $(nm -D --defined-only "$plugin" | awk '{ print $3 }' | sort) == "$kind" ]] ||
			fail "$plugin: $(nm -D --defined-only "$plugin")"
		! nm -D --undefined-only "$plugin" | grep -v '@\| w ' || fail "$plugin wants more than libraries"
	done
}

test_help_is_there_in_the_way_of_ip_and_tc_and_fits_80_columns()
{
	local help
	for help in "tc filter add dev v0 ingress ifbpf help" "tc exec ifbpf help" "ip link help ifbpf" \
		"ip link set dev v0 type ifbpf help"; do
		# shellcheck disable=SC2086 # words
		run $help
		[[ $output$errors == "Usage: "*"Example: "* ]] || fail "$help: $output$errors"
		[[ $(expand <<<"$output$errors" | wc -L) -le 80 ]] || fail "$help is wider than 80 columns"
	done
}
