# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The document that the benchmark writes, and its plots.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run
# shellcheck source=tests/bench_run.sh
. tests/bench_run.sh

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
	grep -q '^In short: .*; less often in a table measured more than once' "/mnt/it's"/BENCH.md ||
		fail "the quietest is taken for any"
	if type gnuplot >/dev/null 2>&1; then
		grep -q '^!\[.*\](bench/stats-once.svg)$' "/mnt/it's"/BENCH.md || fail "no plot is shown"
		grep -q 'SPDX-License-Identifier' "/mnt/it's"/bench/stats-once.svg || fail "no licence"
		grep -q 'stats--watch' "/mnt/it's"/bench/stats-watch.svg || fail "no bar for stats--watch"
		grep -q 'wall, ms (less is better)' "/mnt/it's"/bench/stats-once.svg || fail "one panel"
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
	for dir in /proc/docs VERSION no/such/dir; do
		bench --docs "$dir" stats
		[[ $status == 2 && $errors == *"cannot make the directory"* ]] || fail "$dir: $status $errors"
		[[ $errors != *measuring* ]] || fail "$errors"
	done
	[[ $errors == "bench: cannot make the directory no/such/dir: there is no directory no/such"*mkdir* ]] ||
		fail "$errors"
	[[ ! -e no ]] || fail "a part of it was made"
	for dir in /proc /proc/docs; do
		bench --docs "$dir" stats
		[[ $status == 2 && $errors == "bench: cannot make the directory /proc/"*": nothing can be made in /proc"*hint:* ]] || fail "$dir: $errors"
	done
	bench --docs '' stats
	[[ $status == 1 && $errors == *"'' is none"*hint:* ]] || fail "$status $errors"
	[[ ! -e BENCH.md ]] || fail "it was written here"
}

test_a_relative_directory_is_the_one_of_whoever_asks()
{
	local bench=$PWD/tests/bench/run.sh

	mount -t tmpfs tmpfs /mnt
	mkdir /mnt/here
	(cd /mnt/here && "$bench" --quick --docs docs stats >/dev/null 2>&1) || fail "status $?"
	[[ -s /mnt/here/docs/BENCH.md ]] || fail "$(find /mnt)"
}

# From the top of the tree, which has another place in there, with nothing of ours above it.
test_a_directory_above_the_tree_is_the_one_that_is_seen_outside()
{
	mount -t tmpfs tmpfs /mnt
	mkdir /mnt/tree /mnt/docs
	mount --bind . /mnt/tree
	(cd /mnt/tree && tests/bench/run.sh --quick --docs tests/../../docs stats >/dev/null 2>"$TMPDIR/errors") ||
		fail "status $?: $(<"$TMPDIR/errors")"
	[[ -s /mnt/docs/BENCH.md ]] || fail "$(find /mnt/docs)"
}

# Else it would have numbers of one under the success of the other.
test_two_runs_do_not_write_the_same_document()
{
	mount -t tmpfs tmpfs /mnt
	mkdir /mnt/docs
	flock -x /mnt/docs tests/bench/run.sh --quick --docs /mnt/docs stats >/dev/null 2>"$TMPDIR/errors" &&
		fail "it is written"
	grep -qx 'bench: cannot write in /mnt/docs: another run of the benchmark will' "$TMPDIR/errors" ||
		fail "$(<"$TMPDIR/errors")"
	! grep measuring "$TMPDIR/errors" || fail "it is measured"
	[[ -z $(ls /mnt/docs) ]] || fail "$(find /mnt/docs)"
	bench --docs /mnt/docs stats
	((status == 0)) || fail "it stays locked: $errors"
}

test_a_document_that_does_not_fit_leaves_the_one_before()
{
	mount -t tmpfs -o size=12k tmpfs /mnt
	mkdir /mnt/bench
	printf '%s\n' '| groups | stats |' '**Quick mode**' | tee /mnt/BENCH.md >/mnt/bench/stats-once.svg
	bench --docs /mnt stats
	((status == 2)) || fail "status $status: $errors"
	[[ $errors == *"cannot write /mnt/BENCH.md: No space left on device"* ]] || fail "$errors"
	[[ $output == *"stats-once: The counters of one interface"* ]] || fail "$output"
	[[ $(</mnt/BENCH.md) == '| groups | stats |'$'\n''**Quick mode**' ]] || fail "$(</mnt/BENCH.md)"
	cmp /mnt/BENCH.md /mnt/bench/stats-once.svg || fail "a plot of another run"
	[[ -z $(find /mnt -name '*.new' -o -name '*.drawn') ]] || fail "$(find /mnt)"
}

# Room for the document's beginning, and for no plot: gnuplot itself would not say why.
test_a_plot_that_does_not_fit_says_so()
{
	need gnuplot
	mount -t tmpfs -o size=8k tmpfs /mnt
	mkdir /mnt/bench
	bench --docs /mnt stats
	[[ $status == 2 || $status == 3 ]] || fail "status $status: $errors"
	[[ $errors == *"cannot write /mnt/bench/stats-once.svg.new: No space left on device"* ]] || fail "$errors"
	[[ $errors != *gnuplot* && $errors != *"Input/output"* ]] || fail "$errors"
	[[ -z $(find /mnt -name '*.new' -o -name '*.drawn' -o -name '*.svg') ]] || fail "$(find /mnt)"
}

test_a_run_that_is_incomplete_says_so_and_replaces_nothing()
{
	# shellcheck source=tests/bench/world.sh
	. tests/bench/world.sh
	bench_world
	mount -t tmpfs tmpfs /mnt
	run build/tests/bench/bench --quick --docs /mnt/docs stats
	((status == 0)) || fail "status $status: $errors"
	! grep -i incomplete /mnt/docs/BENCH.md || fail "it is complete"
	cp -r /mnt/docs /mnt/before
	mount --bind /dev/null objects/xdp_pass.o
	run build/tests/bench/bench --quick --docs /mnt/docs stats
	((status == 3)) || fail "status $status: $errors"
	[[ $errors == *"/mnt/docs/BENCH.md stays as it was: this run is incomplete"* ]] || fail "$errors"
	[[ $output == *'incomplete     stats, because: '*'load -m skb'*' fails with status '* ]] || fail "$output"
	diff -r /mnt/before /mnt/docs || fail "it was replaced"
	run build/tests/bench/bench --quick --docs /mnt/new stats
	((status == 3)) || fail "status $status: $errors"
	grep -q '^\*\*Incomplete\*\*: stats, because: ' /mnt/new/BENCH.md || fail "$(</mnt/new/BENCH.md)"
	umount objects/xdp_pass.o
}

# What a run that is killed while it writes cannot take away: of any table, not only of those drawn now.
test_halves_of_a_killed_run_are_removed_by_the_next_one()
{
	mount -t tmpfs tmpfs /mnt
	mkdir /mnt/bench
	touch /mnt/BENCH.md.new /mnt/bench/{memory-1M,stats-once}.svg.new /mnt/bench/own.svg
	bench --docs /mnt stats
	((status == 0)) || fail "status $status: $errors"
	[[ -z $(find /mnt -name '*.new') ]] || fail "$(find /mnt)"
	[[ -e /mnt/bench/own.svg ]] || fail "what is somebody else's is gone: $(find /mnt)"
}

# They would be of another run than what stands beside them, and of what the document does not show.
test_plots_of_the_document_before_do_not_stay_without_gnuplot()
{
	need gnuplot
	mount -t tmpfs tmpfs /mnt
	bench --docs /mnt stats
	[[ -e /mnt/bench/stats-once.svg ]] || fail "nothing is drawn: $errors"
	touch /mnt/bench/own.svg
	mount --bind /dev/null "$(type -P gnuplot)"
	bench --docs /mnt stats
	((status == 0)) || fail "status $status: $errors"
	[[ $errors == *"needs gnuplot (package gnuplot-nox)"*" plots of the document before are removed"* ]] ||
		fail "$errors"
	! grep svg /mnt/BENCH.md || fail "a plot is shown"
	[[ $(ls /mnt/bench) == own.svg ]] || fail "$(ls /mnt/bench)"
}

test_a_plot_that_cannot_be_drawn_is_named()
{
	mount -t tmpfs tmpfs /mnt
	mkdir /mnt/bin
	printf '#!/bin/sh\nexit 1\n' >/mnt/bin/gnuplot
	chmod +x /mnt/bin/gnuplot
	PATH=/mnt/bin:$PATH bench --docs /mnt/docs stats
	((status == 3)) || fail "status $status: $errors"
	[[ $errors == *"fails with status 1"$'\n'"bench: gnuplot cannot draw /mnt/docs/bench/stats-once.svg"$'\n'* ]] ||
		fail "$errors"
	! grep 'stats-once.svg' /mnt/docs/BENCH.md || fail "a plot that is not there is shown"
	printf '#!/bin/sh\n' >/mnt/bin/gnuplot
	PATH=/mnt/bin:$PATH bench --docs /mnt/docs stats
	((status == 3)) || fail "status $status: $errors"
	[[ $errors == *"draw /mnt/docs/bench/stats-once.svg: it has written no whole SVG"$'\n'* ]] || fail "$errors"
}

# Each would take as long, and nothing ends the benchmark meanwhile.
test_a_gnuplot_that_hangs_is_run_once()
{
	local name=hang$BASHPID

	mount -t tmpfs tmpfs /mnt
	mkdir /mnt/bin
	cp "$(type -P sleep)" "/mnt/bin/$name"
	printf '#!/bin/sh\necho >>/mnt/runs\nexec /mnt/bin/%s 900\n' "$name" >/mnt/bin/gnuplot
	chmod +x /mnt/bin/gnuplot
	PATH=/mnt/bin:$PATH bench --docs /mnt/docs stats
	((status == 3)) || fail "status $status: $errors"
	[[ $errors == *"bench: 'gnuplot <"*"' has not ended within 10 seconds"$'\n'*"stats-once.svg"$'\n'*"no more plots are drawn"* ]] ||
		fail "$errors"
	[[ $(wc -l </mnt/runs) == 1 ]] || fail "it is run again: $errors"
	[[ $(grep -c '^## ' /mnt/docs/BENCH.md) == 4 ]] || fail "$(</mnt/docs/BENCH.md)"
	! grep svg /mnt/docs/BENCH.md || fail "a plot that is not there is shown"
	[[ -z $(ls /mnt/docs/bench) ]] || fail "$(ls /mnt/docs/bench)"
	! pgrep -x "$name" || { pkill -KILL -x "$name"; fail "it still runs"; }
}

test_a_document_that_has_more_groups_is_not_replaced()
{
	mount -t tmpfs tmpfs /mnt
	bench --docs /mnt stats
	((status == 0)) || fail "status $status: $errors"
	grep -qx '| groups | stats |' /mnt/BENCH.md || fail "$(</mnt/BENCH.md)"
	sed -i 's/^| groups |.*/| groups | packet stats memory |/' /mnt/BENCH.md
	cp /mnt/BENCH.md /mnt/before
	bench --docs /mnt stats
	((status == 1)) || fail "status $status: $errors"
	[[ $errors == "bench: cannot replace /mnt/BENCH.md: it has groups that this run does not: packet memory"* ]] ||
		fail "$errors"
	cmp /mnt/before /mnt/BENCH.md || fail "it was replaced"
	echo other >/mnt/BENCH.md
	bench --docs /mnt stats
	[[ $status == 1 && $errors == *"it does not say of which groups it is"* ]] || fail "$status $errors"
	[[ $(</mnt/BENCH.md) == other ]] || fail "it was replaced"
	# More groups than before lose nothing.
	printf '%s\n' '| groups | stats |' '**Quick mode**' >/mnt/BENCH.md
	bench --docs /mnt stats loading
	((status == 0)) || fail "status $status: $errors"
	grep -qx '| groups | loading stats |' /mnt/BENCH.md || fail "$(</mnt/BENCH.md)"
}

# The numbers of a full run mean something.
test_a_quick_run_does_not_replace_the_document_of_a_full_one()
{
	mount -t tmpfs tmpfs /mnt
	echo '| groups | stats |' >/mnt/BENCH.md
	bench --docs /mnt stats
	((status == 1)) || fail "status $status: $errors"
	[[ $errors == "bench: cannot replace /mnt/BENCH.md: it is of a full run, and this one is quick"* ]] ||
		fail "$errors"
	[[ $(</mnt/BENCH.md) == '| groups | stats |' ]] || fail "it was replaced"
	bench --docs /mnt
	[[ $status == 1 && $errors != *measuring* ]] || fail "all groups: $status $errors"
	bench --docs /mnt/other stats
	((status == 0)) || fail "status $status: $errors"
	# But one of its own.
	bench --docs /mnt/other stats
	((status == 0)) || fail "status $status: $errors"
}

# Half of it would be left beside the one before.
test_a_document_that_is_being_written_is_finished_first()
{
	need gnuplot
	# shellcheck source=tests/bench/world.sh
	. tests/bench/world.sh
	bench_world
	mount -t tmpfs tmpfs /mnt
	mkdir /mnt/bin
	printf '#!/bin/sh\n[ -e /mnt/interrupted ] || { kill "$(cat /mnt/pid)"; : >/mnt/interrupted; }\nexec %s\n' \
		"$(type -P gnuplot)" >/mnt/bin/gnuplot
	chmod +x /mnt/bin/gnuplot
	PATH=/mnt/bin:$PATH build/tests/bench/bench --quick --docs /mnt/docs stats >/dev/null 2>"$TMPDIR/errors" &
	echo $! >/mnt/pid
	wait $! && status=0 || status=$?
	[[ -e /mnt/interrupted ]] || fail "nothing was drawn: $(<"$TMPDIR/errors")"
	((status == 143)) || fail "status $status: $(<"$TMPDIR/errors")"
	grep -q '^## Targets' /mnt/docs/BENCH.md || fail "it is not whole: $(find /mnt/docs)"
	[[ -e /mnt/docs/bench/stats-watch.svg ]] || fail "$(find /mnt/docs)"
	[[ -z $(find /mnt/docs -name '*.new' -o -name '*.drawn') ]] || fail "$(find /mnt/docs)"
}

# They would be shown by the document before.
test_plots_of_a_document_that_cannot_be_written_are_not_kept()
{
	need gnuplot
	mount -t tmpfs tmpfs /mnt
	mkdir -p /mnt/bin /mnt/docs/bench
	echo before >/mnt/docs/bench/stats-once.svg
	printf '#!/bin/sh\nmkdir -p /mnt/docs/BENCH.md\nexec %s\n' "$(type -P gnuplot)" >/mnt/bin/gnuplot
	chmod +x /mnt/bin/gnuplot
	PATH=/mnt/bin:$PATH bench --docs /mnt/docs stats
	((status == 2)) || fail "status $status: $errors"
	[[ $errors == *"cannot write /mnt/docs/BENCH.md: Is a directory"* ]] || fail "$errors"
	[[ $(find /mnt/docs/bench -type f) == /mnt/docs/bench/stats-once.svg ]] || fail "$(find /mnt/docs)"
	[[ $(</mnt/docs/bench/stats-once.svg) == before ]] || fail "a plot of another run"
	[[ -z $(find /mnt/docs -name '*.new' -o -name '*.drawn') ]] || fail "$(find /mnt/docs)"
}

# Names of metrics and of facts about the machine are no fields.
test_each_field_of_json_is_described_and_no_other()
{
	local described printed

	need jq
	bench --json stats
	((status == 0)) || fail "status $status: $errors"
	printed=$(jq -r '(., .tables[], .tables[].metrics[], .tables[].rows[], .targets[],
		(.tables[].rows[] | .values[], .ratios[])) | keys[]' <<<"$output" | sort -u)
	# What a ratio has that drowns in noise, which is chance.
	printed=$(printf '%s\n' "$printed" reason more_than less_than | sort -u)
	described=$(sed -n '/^### What --json prints/,/^## /s/^| \(`[^|]*\) |.*/\1/p' CONTRIBUTING.md |
		grep -o '`[a-z_]*`' | tr -d '`' | sort -u)
	[[ $printed == "$described" ]] || fail "$(diff <(echo "$described") <(echo "$printed"))"
}

# What has no share of the time would take that of those behind it.
test_all_tables_of_the_document_have_a_share_of_the_time_in_their_order()
{
	local tables planned

	tables=$(sed -n 's/^`\([a-zA-Z0-9-]*\)`: [0-9]* rounds.*/\1/p' docs/BENCH.md)
	[[ $(wc -l <<<"$tables") -gt 20 ]] || fail "$tables"
	planned=$(sed -n 's/^\t{ "[a-z]*", *"\([^"]*\)".*/\1/p' tests/bench/plan.c | grep -xF "$tables")
	[[ $planned == "$tables" ]] || fail "$(diff <(echo "$planned") <(echo "$tables"))"
}
