# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The benchmark works, whatever its numbers: no time is asserted here.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run

# bench OPTION...: quick, in namespaces of its own; sets what run sets.
bench() { run tests/bench/run.sh --quick "$@"; }

# measure GROUP...: its tables and rows as bench_json prints them, in $rows.
measure()
{
	bench --json "$@"
	((status == 0)) || fail "status $status: $errors"
	[[ -z $(grep -v '^bench: \(measuring\|done\)' <<<"$errors") ]] || fail "it says: $errors"
	[[ $(wc -l <<<"$output") == 1 ]] || fail "not one line"
	rows=$(bench_json <<<"$output") || fail "the document is not whole"
}
rows=''

# expect_measured TABLE ROW...: all of them are.
expect_measured()
{
	local table=$1 row

	grep -q "^table $table [1-9]" <<<"$rows" || fail "no table $table: $rows"
	shift
	for row; do
		grep -qx "row $table $row measured" <<<"$rows" || fail "$row of $table: $rows"
	done
}

# Each row is measured, or says why not in a way that we know.
expect_reasons()
{
	! grep '^row ' <<<"$rows" |
		grep -vE ' measured$| is not built yet$| is there, .* is not$| needs [a-z-]+.* \(package .*\)$' ||
		fail "rows without a reason: $rows"
}

# What is no difference from another row is above nothing in each round: TABLE...
expect_above_nothing()
{
	local table

	for table; do
		grep -q "^value $table [^ ]* wall " <<<"$rows" || fail "no times of $table: $rows"
		! awk -v table="$table" '$1 == "value" && $2 == table && $6 <= 0' <<<"$rows" | grep . ||
			fail "less than nothing"
	done
}

test_a_quick_run_measures_the_programs_of_the_store()
{
	measure packet
	expect_measured packet-xdp empty A/A xdp_pass xdp_drop empty-frags xdp_pass_frags xdp_parse xdp_parse/1k \
		xdp_acl xdp_acl/rule xdp_acl/list xdp_ratelimit xdp_ratelimit/1k xdp_rewrite \
		xdp_rewrite/rule xdp_echo xdp_redirect xdp_redirect/flow xdp_chain xdp_chain/xdp_pass \
		xdp_forward xdp_forward/cached
	expect_measured packet-tc empty A/A tc_pass tc_drop tc_parse tc_parse/1k tc_acl tc_acl/rule \
		tc_acl/list tc_ratelimit tc_ratelimit/1k tc_rewrite tc_rewrite/rule tc_echo \
		tc_redirect tc_redirect/flow tc_chain tc_chain/tc_pass tc_forward tc_forward/cached
	expect_reasons
	# A wrapper of another kind has a zero line of its own.
	grep -qx 'above packet-xdp xdp_pass_frags empty-frags' <<<"$rows" || fail "$rows"
	# Nothing does the same there: the twins are in hooks.
	! grep '^against packet-tc ' <<<"$rows" | grep -vx 'against packet-tc A/A empty' ||
		fail "a ratio of two that do not do the same"
	grep -qE '^target unsure: packet-xdp xdp_pass$' <<<"$rows" || fail "$rows"
	grep -qx 'target not measured: replace load' <<<"$rows" || fail "$rows"
}

test_each_program_is_compared_to_its_twin()
{
	local row

	measure hooks
	for row in pass drop parse parse/1k acl acl/rule acl/list ratelimit ratelimit/1k rewrite \
		rewrite/rule echo redirect redirect/flow chain forward forward/cached; do
		expect_measured hooks-cost "tc_$row" "xdp_$row"
		grep -qx "against hooks-cost xdp_$row tc_$row" <<<"$rows" || fail "xdp_$row: $rows"
	done
	expect_measured hooks-cost empty-tc empty-xdp A/A
	expect_measured hooks-drop xdp-native xdp-generic tc-clsact A/A
	expect_measured hooks-pass xdp-native xdp-generic tc-clsact nothing A/A
}

test_a_quick_run_looks_up_lists()
{
	local kind keys

	measure blocklist
	for kind in miss near hit; do
		for keys in 1 64k 1M; do
			expect_measured blocklist-1k "lpm/$kind/$keys" "hash/$kind/$keys"
			expect_measured blocklist6-1k "lpm/$kind/$keys" "hash/$kind/$keys"
			expect_measured blocklist-1k "xdp_acl/$kind/$keys" "acl-set/$kind/$keys"
			expect_measured blocklist6-1k "xdp_acl/$kind/$keys" "acl-set/$kind/$keys"
		done
	done
	expect_measured blocklist-1k A/A empty/1M
	expect_reasons
}

test_a_quick_run_drops_and_forwards_frames()
{
	measure frames
	expect_measured frames-drop xdp-native xdp-generic tc-clsact A/A
	expect_measured frames-forward kernel xdp_forward xdp_forward/cached xdp_forward/generic \
		tc_forward tc_forward/cached xdp_redirect xdp_redirect/generic tc_redirect A/A
	! attach has tcx_ingress || expect_measured frames-forward tc_forward/tcx tc_redirect/tcx
}

test_a_program_that_leaves_forwarding_to_the_stack_is_no_forwarder()
{
	# shellcheck source=tests/bench/world.sh
	. tests/bench/world.sh
	bench_world
	mount --bind objects/xdp_pass.o objects/xdp_forward.o
	run build/tests/bench/bench --quick frames
	umount objects/xdp_forward.o
	((status == 3)) || fail "status $status: $errors"
	[[ $errors =~ xdp_forward(/generic)?': the IPv4 stack has forwarded '[1-9][0-9]*' frames instead of 0' ]] ||
		fail "$errors"
	! nft list ruleset | grep hook || fail "a peer is still asked about each packet"
}

test_a_quick_run_replaces_programs_under_full_rate()
{
	measure replace
	expect_measured replace load load--link load-clsact ip-off-on ip-force tc-replace A/A
	# Counts, not times: these hold on any machine.
	[[ $(grep -cE '^target met: replace load(--link|-clsact)?$' <<<"$rows") == 9 ]] || fail "$rows"
}

test_a_quick_run_loads_reads_and_fills()
{
	measure loading stats bulk
	expect_measured loading-1 ip bare ip-batch bpftool load load--shared load--link A/A
	expect_measured stats-once bpftool stats stats--json ip A/A
	expect_measured stats-watch bpftool stats--watch A/A
	expect_measured bulk-insert bpftool one-by-one batch acl-load A/A
	expect_measured bulk-dump bpftool batch acl-save A/A
	expect_measured bulk-edit bpftool acl-add A/A
	expect_reasons
	expect_above_nothing loading-1 loading-4
}

test_every_group_is_listed_and_any_other_name_is_refused()
{
	expect_status 0 tests/bench/run.sh --list
	[[ $(cut -d ' ' -f 1 <<<"$output") == packet$'\n'blocklist$'\n'frames$'\n'hooks$'\n'loading$'\n'replace$'\n'bulk$'\n'stats$'\n'memory ]] ||
		fail "$output"
	bench packet packets
	((status == 1)) || fail "status $status"
	[[ -z $output && $errors == *"there is no group 'packets'"* ]] || fail "$output$errors"
}

# What hides a tool: a file that cannot be run.
test_a_peer_that_is_not_installed_is_named_with_its_package()
{
	local nft

	if nft=$(type -P nft); then
		mount --bind /dev/null "$nft"
	fi
	measure frames
	grep -qx 'row frames-drop nft-netdev needs nft (package nftables)' <<<"$rows" || fail "$rows"
	expect_measured frames-drop xdp-native A/A
}

test_what_the_benchmark_itself_needs_is_named()
{
	mount --bind /dev/null "$(type -P ethtool)"
	bench stats
	((status == 2)) || fail "status $status: $errors"
	[[ $errors == "bench: cannot make the interfaces: needs ethtool (package ethtool)" ]] || fail "$errors"
}

test_the_document_and_its_plots_are_written()
{
	mount -t tmpfs tmpfs /mnt # not below /run, which is the benchmark's own
	bench --docs "/mnt/it's" stats
	((status == 0)) || fail "status $status: $errors"
	[[ $output == *"stats-once: The counters of one interface"*"A/A"*"targets"* ]] || fail "$output"
	[[ $output == *$'\nBPF '*JIT* ]] || fail "not said whether programs are compiled: $output"
	grep -q '^  stats--json .* bpftool  *ours, as JSON$' <<<"$output" || fail "what is it? $output"
	grep -q '^| `stats--json` | .* | [0-9.]* ([0-9.]* – [0-9.]*) |' "/mnt/it's"/BENCH.md ||
		fail "$(<"/mnt/it's/BENCH.md")"
	grep -q '^## Targets' "/mnt/it's"/BENCH.md || fail "$(<"/mnt/it's/BENCH.md")"
	if type gnuplot >/dev/null 2>&1; then
		grep -q '^!\[.*\](bench/stats-once.svg)$' "/mnt/it's"/BENCH.md || fail "no plot is shown"
		grep -q 'SPDX-License-Identifier' "/mnt/it's"/bench/stats-once.svg || fail "no licence"
		grep -q 'stats--watch' "/mnt/it's"/bench/stats-watch.svg || fail "no bar for stats--watch"
	else
		[[ $errors == *"needs gnuplot (package gnuplot-nox)"* ]] || fail "$errors"
	fi
	[[ -z $(find "/mnt/it's" -name '*.new' -o -name '*.drawn') ]] || fail "$(find "/mnt/it's")"
}

test_where_the_document_cannot_be_written_nothing_is_measured()
{
	local dir

	for dir in "$TMPDIR/docs" /run /run/no/such/dir /var/run/docs; do
		bench --docs "$dir" stats
		[[ $status == 1 && $errors == *"the benchmark has a /run of its own"* ]] || fail "$dir: $errors"
		[[ $errors != *measuring* ]] || fail "$errors"
	done
	for dir in /proc/docs VERSION "no/such/dir"; do
		bench --docs "$dir" stats
		[[ $status == 2 && $errors == *"cannot make the directory"* ]] || fail "$dir: $status $errors"
		[[ $errors != *measuring* ]] || fail "$errors"
	done
}

test_a_relative_directory_is_the_one_of_whoever_asks()
{
	local bench=$PWD/tests/bench/run.sh

	mount -t tmpfs tmpfs /mnt
	mkdir /mnt/here
	(cd /mnt/here && "$bench" --quick --docs docs stats >/dev/null 2>&1) || fail "status $?"
	[[ -s /mnt/here/docs/BENCH.md ]] || fail "$(find /mnt)"
}

test_a_document_that_does_not_fit_leaves_the_one_before()
{
	mount -t tmpfs -o size=12k tmpfs /mnt
	mkdir /mnt/bench
	echo before | tee /mnt/BENCH.md >/mnt/bench/stats-once.svg
	bench --docs /mnt stats
	((status == 2)) || fail "status $status: $errors"
	[[ $errors == *"cannot write /mnt/BENCH.md: No space left on device"* ]] || fail "$errors"
	[[ $output == *"stats-once: The counters of one interface"* ]] || fail "$output"
	[[ $(</mnt/BENCH.md) == before ]] || fail "$(</mnt/BENCH.md)"
	[[ -z $(find /mnt -name '*.new' -o -name '*.drawn') ]] || fail "$(find /mnt)"
}

test_a_plot_that_cannot_be_drawn_is_named()
{
	mount -t tmpfs tmpfs /mnt
	mkdir /mnt/bin
	printf '#!/bin/sh\nexit 1\n' >/mnt/bin/gnuplot
	chmod +x /mnt/bin/gnuplot
	PATH=/mnt/bin:$PATH bench --docs /mnt/docs stats
	((status == 3)) || fail "status $status: $errors"
	[[ $errors == *"gnuplot cannot draw /mnt/docs/bench/stats-once.svg"* ]] || fail "$errors"
	! grep 'stats-once.svg' /mnt/docs/BENCH.md || fail "a plot that is not there is shown"
}

test_a_bad_target_is_named_by_its_line()
{
	local line

	for line in 'packet-xdp xdp_pass cost value < 1 a sentence' 'packet-xdp xdp_pass cost value <= 1' \
		'packet-xdp xdp_pass cost value <= much a sentence' \
		'packet-xdp xdp_pass cost value <= nan a sentence'; do
		printf '# a comment\n\n%s\n' "$line" >"$TMPDIR/targets"
		mount --bind "$TMPDIR/targets" tests/bench/targets
		run build/tests/bench/bench --quick packet
		umount tests/bench/targets
		((status == 2)) || fail "status $status"
		[[ $errors == *"cannot read tests/bench/targets:3"* ]] || fail "$line: $errors"
	done
}

# All groups but one, which takes long and has the rows of a list.
test_targets_are_about_rows_that_exist()
{
	local table row tried=0

	measure packet blocklist loading replace bulk
	while read -r table row; do
		# Long lists and many interfaces are for the full run; the others have the same rows.
		case $table in
		blocklist-* | blocklist6-*) table=${table%-*}-1k ;;
		memory-*) table=blocklist-1k row=$row/miss/1 ;;
		loading-*) table=loading-1 ;;
		esac
		grep -q "^row $table $row " <<<"$rows" || fail "no row $row in table $table: $rows"
		((++tried))
	done < <(sed -n 's/^target [^:]*: //p' <<<"$rows")
	((tried > 20)) || fail "only $tried targets"
}

test_what_was_measured_on_what_stands_on_top()
{
	local commit

	commit=$(git -c safe.directory="$PWD" describe --always --tags --dirty 2>/dev/null || true)
	bench stats
	((status == 0)) || fail "status $status: $errors"
	grep -qx "ifbpf  *$(<VERSION)${commit:+, commit $commit}" <<<"$output" || fail "$output"
	grep -qxE 'duration +[1-9][0-9]* seconds' <<<"$output" || fail "$output"
	grep -qE '^load average .* at the start$' <<<"$output" || fail "$output"
	grep -qE '^how to read it .*A/A is the noise within this run' <<<"$output" || fail "$output"
}

# Whatever the CPUs do in the run itself.
test_a_load_before_the_run_is_told()
{
	local cpus spinner spinners=()

	cpus=$(nproc)
	for ((; cpus > 0; cpus--)); do
		timeout 60 bash -c 'while :; do :; done' &
		spinners+=($!)
	done
	measure stats
	for spinner in "${spinners[@]}"; do
		kill "$spinner"
	done
	awk '$1 == "others" && $2 > 0.2' <<<"$rows" | grep -q . || fail "$rows"
}

sends() { sender=$(pgrep -P "$1" -x bench-sender); }
gone() { ! kill -0 "$1" 2>/dev/null; }

test_what_sends_ends_with_a_benchmark_that_is_killed()
{
	local sender=''

	tests/bench/run.sh --quick replace >"$TMPDIR/output" 2>&1 &
	until eventually sends $!; do
		kill -0 $! || fail "nothing sends: $(<"$TMPDIR/output")"
	done
	kill -KILL $!
	wait $! || true
	eventually gone "$sender" || { kill -KILL "$sender"; fail "process $sender sends on"; }
}

test_nothing_is_left_outside()
{
	local before

	before=$(ip -o link; find "$BPFFS"; mount; nft list ruleset 2>/dev/null || true)
	bench packet hooks
	((status == 0)) || fail "status $status: $errors"
	[[ $(ip -o link; find "$BPFFS"; mount; nft list ruleset 2>/dev/null || true) == "$before" ]] ||
		fail "before: $before"
}
