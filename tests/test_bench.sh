# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The benchmark works, whatever its numbers: no time is asserted here.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run

# shellcheck source=tests/bench_run.sh
. tests/bench_run.sh

# expect_above TABLE ZERO ROW...: these rows, and no others.
expect_above()
{
	local found

	found=$(sed -n "s|^above $1 \([^ ]*\) $2\$|\1|p" <<<"$rows" | sort)
	[[ $found == "$(printf '%s\n' "${@:3}" | sort)" ]] || fail "above $2 of $1: $found"
}

test_a_quick_run_measures_the_programs_of_the_store()
{
	measure packet
	expect_measured packet-xdp empty empty/1k A/A A/A/xdp_pass A/A/xdp_acl xdp_pass xdp_drop empty-frags xdp_pass_frags \
		xdp_parse xdp_parse/1k xdp_acl xdp_acl/rule xdp_acl/list xdp_ratelimit \
		xdp_ratelimit/1k xdp_rewrite xdp_rewrite/rule xdp_echo xdp_echo/answer xdp_redirect xdp_redirect/flow xdp_chain xdp_chain/xdp_pass \
		xdp_forward xdp_forward/cached
	expect_measured packet-tc empty empty/1k A/A A/A/tc_pass A/A/tc_acl tc_pass tc_drop tc_parse tc_parse/1k tc_acl tc_acl/rule \
		tc_acl/list tc_ratelimit tc_ratelimit/1k tc_rewrite tc_rewrite/rule tc_echo \
		tc_echo/answer tc_redirect tc_redirect/flow tc_chain tc_chain/tc_pass tc_forward tc_forward/cached
	expect_reasons
	# A wrapper of another kind has a zero line of its own.
	grep -qx 'above packet-xdp xdp_pass_frags empty-frags' <<<"$rows" || fail "$rows"
	# And few keys, which are in the nearest cache.
	expect_above packet-xdp empty/1k xdp_parse/1k xdp_ratelimit/1k xdp_forward xdp_forward/cached xdp-forward
	expect_above packet-tc empty/1k tc_parse/1k tc_ratelimit/1k tc_forward tc_forward/cached
	# Nothing does the same there: the twins are in hooks.
	! grep '^against packet-tc ' <<<"$rows" | grep -vxE 'against packet-tc A/A(/(tc_pass|tc_acl))? (empty|\2)' ||
		fail "a ratio of two that do not do the same"
	grep -qE '^target unsure: packet-xdp xdp_pass$' <<<"$rows" || fail "$rows"
	grep -qx 'target not measured: replace load' <<<"$rows" || fail "$rows"
	[[ $output == *"looks up destination and source, the rule and the list of xdp_acl the source only."* ]] ||
		fail "alw_ip seems to do the same"
}

test_each_program_is_compared_to_its_twin()
{
	local row

	measure hooks
	for row in pass drop parse parse/1k acl acl/rule acl/list ratelimit ratelimit/1k rewrite \
		rewrite/rule echo echo/answer redirect redirect/flow chain forward forward/cached; do
		expect_measured hooks-cost "tc_$row" "xdp_$row"
		grep -qx "against hooks-cost xdp_$row tc_$row" <<<"$rows" || fail "xdp_$row: $rows"
	done
	expect_above hooks-cost empty-tc/1k tc_parse/1k tc_ratelimit/1k tc_forward tc_forward/cached
	expect_above hooks-cost empty-xdp/1k xdp_parse/1k xdp_ratelimit/1k xdp_forward xdp_forward/cached
	expect_measured hooks-cost empty-tc empty-xdp empty-tc/1k empty-xdp/1k A/A A/A/empty-xdp A/A/tc_pass A/A/xdp_pass
	expect_measured hooks-drop xdp-native xdp-generic tc-clsact A/A
	expect_measured hooks-pass xdp-native xdp-generic tc-clsact nothing A/A
	[[ $output == *"The stack does not know the EtherType of these frames"* ]] || fail "it seems to be IPv4"
	expect_measured hooks-forward xdp_forward xdp_forward/generic tc_forward A/A
	grep -qx 'against hooks-forward xdp_forward tc_forward' <<<"$rows" || fail "$rows"
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
	expect_measured blocklist-1k A/A A/A/xdp_acl/hit/1M empty/1M
	expect_reasons
	# What another list of the same entries may cost is noise.
	grep -q '^again blocklist-1k .* loaded and filled once more$' <<<"$rows" || fail "$rows"
}

test_a_quick_run_drops_and_forwards_frames()
{
	measure frames
	# Which of its numbers is without what its sender costs, and how sure each is.
	[[ $output == *'"name":"tc-clsact",'*'"zero":"sender","zero_metric":"cost"'*'"unsure":'* ]] || fail "$output"
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
	! tc qdisc show dev v0 | grep clsact || fail "an empty qdisc is still asked about each packet"
	[[ $output == *'incomplete     frames, because: xdp_forward'*'has forwarded'* ]] || fail "$output"
	# The others are measured all the same.
	grep -qE '^  xdp_forward +failed: the IPv4 stack has forwarded ' <<<"$output" || fail "$output"
	grep -qE '^  (kernel|tc_forward|xdp_redirect) +[0-9]' <<<"$output" || fail "$output"
}

# A kernel that refuses them is not what is measured: only newer hooks may be missing.
test_what_of_ours_cannot_be_attached_has_failed()
{
	# shellcheck source=tests/bench/world.sh
	. tests/bench/world.sh
	bench_world
	mount --bind VERSION objects/tc_drop.o
	run build/tests/bench/bench --quick hooks
	umount objects/tc_drop.o
	((status == 3)) || fail "status $status: $errors"
	grep -qE "^  tc-clsact +failed: 'load --tc clsact v0 objects/tc_drop.o' fails with status " <<<"$output" ||
		fail "$output"
	grep -qE '^  tc_drop +failed: ' <<<"$output" || fail "$output"
	grep -qE '^  xdp-native +[0-9]' <<<"$output" || fail "the others are not measured: $output"
	[[ $output == *'incomplete     hooks, because: tc_drop failed: '* ]] || fail "$output"
}

# What is counted by the program, and dropped by somebody else behind it, is not passed.
test_frames_that_do_not_reach_the_stack_are_not_passed()
{
	need nft
	# shellcheck source=tests/bench/world.sh
	. tests/bench/world.sh
	bench_world
	nft 'add table netdev other; add chain netdev other c { type filter hook ingress device v0 priority 0; }
		add rule netdev other c ether type != { ip, ip6, arp } drop'
	run build/tests/bench/bench --quick hooks
	nft delete table netdev other
	((status == 3)) || fail "status $status: $errors"
	[[ $errors == *' frames arrived, 0 of them at the stack'* ]] || fail "$errors"
	[[ $output == *'hooks-drop: '*' rounds, '*'hooks-pass: '*'failed: '* ]] || fail "$output"
}

# The same behind a peer: it has counted fewer than arrived, and that is no reason to leave it out.
test_frames_that_vanish_in_front_of_a_peer_fail_the_group()
{
	need nft
	# shellcheck source=tests/bench/world.sh
	. tests/bench/world.sh
	bench_world
	nft 'add table netdev other; add chain netdev other c { type filter hook ingress device v0 priority -10; }
		add rule netdev other c ip daddr 10.0.0.1 drop'
	run build/tests/bench/bench --quick frames
	nft delete table netdev other
	((status == 3)) || fail "status $status: $errors"
	[[ $errors =~ (nft-netdev|iptables-raw)': '[1-9][0-9]*' frames arrived, it counted 0' ]] || fail "$errors"
	[[ $output == *'incomplete     frames, because: '*' frames arrived, it counted 0'* ]] || fail "$output"
	grep -qE '^  (nft-netdev|iptables-raw) +failed: [1-9][0-9]* frames arrived, it counted 0' <<<"$output" ||
		fail "$output"
	grep -qE '^  xdp-native +[0-9]' <<<"$output" || fail "the others are not measured: $output"
}

test_what_rates_have_of_the_sender_is_a_row_of_its_own()
{
	measure hooks frames
	for table in hooks-drop hooks-pass hooks-forward frames-drop frames-forward; do
		expect_measured "$table" sender
		grep -qx "above $table xdp-native sender" <<<"$rows" ||
			grep -qx "above $table xdp_forward sender" <<<"$rows" || fail "$table: $rows"
		! grep "^value $table sender overload" <<<"$rows" | grep -v ' 0 0 0$' || fail "they went somewhere"
	done
}

test_a_quick_run_replaces_programs_under_full_rate()
{
	measure replace
	expect_measured replace load load--link load-clsact ip-off-on ip-force tc-replace A/A
	# Counts, not times: these hold on any machine, but that nothing is lost is unsure with overload.
	[[ $(grep -cE '^target (met|unsure): replace load(--link|-clsact)?$' <<<"$rows") == 9 ]] || fail "$rows"
	grep -q '^value replace load overload ' <<<"$rows" || fail "$rows"
	if ! grep '^value replace load[^ ]* overload ' <<<"$rows" | grep -qv ' 0 0 0$'; then
		! grep '^target unsure: replace ' <<<"$rows" || fail "nothing was lost, and it is unsure"
	fi
}

# What drops them in the gap between two programs is none of the programs, nor the stack.
# Either row may be the first in which there is one.
test_frames_that_nobody_has_counted_fail_a_replacement()
{
	need nft
	# shellcheck source=tests/bench/world.sh
	. tests/bench/world.sh
	bench_world
	nft 'add table netdev other; add chain netdev other c { type filter hook ingress device v0 priority 0; }
		add rule netdev other c ether type ip drop'
	run build/tests/bench/bench --quick replace
	nft delete table netdev other
	((status == 3)) || fail "status $status: $errors"
	[[ $errors =~ (ip-off-on|xdp-loader)': '[0-9]+' frames arrived, '[0-9]+' were counted and 0 bypassed' ]] ||
		fail "$errors"
}

test_a_quick_run_loads_reads_and_fills()
{
	measure loading stats bulk
	expect_measured loading-1 ip bare ip-batch bpftool load load--shared load--link A/A
	expect_measured stats-once bpftool stats stats--json ip A/A
	expect_measured stats-watch bpftool stats--watch A/A
	expect_measured bulk-insert bpftool bpftool-lpm one-by-one batch acl-load A/A
	expect_measured bulk-dump bpftool batch acl-save A/A
	# It prints fewer than were put in, as neighbours are one, and is rated by those.
	awk '$1 == "value" && $3 == "acl-save" && $4 == "entries" { found = $5 >= 5000 && $5 < 10000 }
		END { exit !found }' <<<"$rows" || fail "acl-save: $rows"
	! grep '^value bulk-[^ ]* [^ ]* entries' <<<"$rows" | grep -v 'acl-save\| 10000 10000 10000$' ||
		fail "other entries"
	expect_measured bulk-edit bpftool acl-add acl-del acl-add6 acl-del6 A/A
	# Of ten thousand entries, which a target of a million is not about.
	grep -qx 'target not measured: bulk-insert acl-load' <<<"$rows" || fail "$rows"
	! grep '^target .*: bulk-' <<<"$rows" | grep -v '^target not measured: ' || fail "a target of a million"
	expect_reasons
	expect_above_nothing loading-1 loading-4
	expect_no_more_than_the_wall loading-1 loading-4
}

# What is left of the wall when a wait is taken off is some of it: TABLE...
expect_no_more_than_the_wall()
{
	[[ -e /proc/self/schedstat ]] || return 0
	for table; do
		awk -v table="$table" '$1 == "value" && $2 == table { of[$3, $4] = $5; rows[$3] }
			END { for (row in rows) if (of[row, "beyond"] > of[row, "wall"]) exit 1
				exit !of["load", "beyond"] }' <<<"$rows" || fail "$table: $rows"
	done
}

# An edit of a list that is not there would be another one: STATUS of what does not load it.
expect_nothing_of_acl()
{
	local row

	# shellcheck source=tests/bench/world.sh
	. tests/bench/world.sh
	bench_world
	mount -t tmpfs tmpfs /mnt
	printf '#!/bin/sh\ncase "$*" in *" load "*) exit %s ;; esac\nexec %s "$@"\n' "$1" "$(type -P acl)" >/mnt/acl
	chmod +x /mnt/acl
	PATH=/mnt:$PATH run build/tests/bench/bench --quick --json bulk
	((status == 3)) || fail "status $status: $errors"
	rows=$(bench_json <<<"$output") || fail "the document is not whole"
	for row in 'bulk-insert acl-load' 'bulk-dump acl-save' 'bulk-edit acl-add' 'bulk-edit acl-del' \
		'bulk-edit acl-add6' 'bulk-edit acl-del6'; do
		grep -q "^row $row failed: " <<<"$rows" || fail "$row: $rows"
		grep -q "^target .*: $row$" <<<"$rows" || continue
		grep -q "^target not measured: $row$" <<<"$rows" || fail "$row: $rows"
	done
	expect_measured bulk-insert bpftool batch A/A
	expect_measured bulk-dump bpftool batch A/A
	expect_measured bulk-edit bpftool A/A
}

test_without_its_list_nothing_of_acl_is_measured_and_all_else_is() { expect_nothing_of_acl 7; }

# It is fast.
test_a_loader_that_does_nothing_is_not_measured()
{
	expect_nothing_of_acl 0
	[[ $rows == *"row bulk-insert acl-load failed: acl has 0 of "*" ranges in list bench"* ]] || fail "$rows"
}

# fake_peers SCRIPT PEER...: these are that script in /mnt, which is not below /run, the benchmark's own.
fake_peers()
{
	local peer script=$1

	shift
	mount -t tmpfs tmpfs /mnt
	for peer; do
		printf '#!/bin/sh\n%s\n' "$script" >"/mnt/$peer"
		chmod +x "/mnt/$peer"
	done
}

# It would be the fastest of all.
test_peers_that_say_all_is_well_and_do_nothing_are_not_measured()
{
	local row

	fake_peers 'exit 0' bpftool xdp-loader xdp-filter
	PATH=/mnt:$PATH bench --json loading bulk
	((status == 3)) || fail "status $status: $errors"
	rows=$(bench_json <<<"$output") || fail "the document is not whole"
	for row in 'loading-1 xdp-loader failed: 0 of 1 interfaces have a program' \
		'loading-4 xdp-loader failed: 0 of 4 interfaces have a program' \
		'loading-4 bpftool failed: 0 of 4 interfaces have a program' \
		'bulk-dump bpftool failed: no number from ' 'bulk-insert bpftool failed: ' \
		'bulk-edit bpftool failed: bpftool has not written its entry' \
		'bulk-edit xdp-filter failed: xdp-filter has not listed its address'; do
		grep -q "^row $row" <<<"$rows" || fail "$row: $rows"
	done
	expect_measured loading-4 ip bare ip-batch load load--shared load--link A/A
	expect_measured bulk-edit acl-add acl-del acl-add6 acl-del6 A/A
}

# All that it prints is expected: a row of one family asks for no map of the other.
test_a_quick_run_tells_what_lists_take()
{
	measure memory
	expect_measured memory-1k lpm hash acl-set xdp_acl A/A A/A/xdp_acl
	expect_measured memory-100k lpm hash acl-set xdp_acl A/A A/A/xdp_acl
	expect_reasons
}

# As of Linux before 5.18, which has no line "kernel" there.
test_a_control_group_that_does_not_tell_is_not_asked()
{
	mount -t tmpfs tmpfs /sys/fs/cgroup
	mkdir /sys/fs/cgroup/user.slice
	printf '%s\n' 'anon 1000' 'file 2000' 'kernel_stack 3000' 'percpu 4000' 'slab 5000' \
		>/sys/fs/cgroup/user.slice/memory.stat
	echo 0::/user.slice >"$TMPDIR/cgroup"
	# shellcheck disable=SC2016 # expanded by the inner bash, which becomes the benchmark
	run bash -c 'mount --bind "$TMPDIR/cgroup" /proc/$$/cgroup && exec tests/bench/run.sh --quick memory'
	((status == 0)) || fail "status $status: $errors"
	[[ $output == *"real: what the kernel has more of its own memory afterwards"* ]] || fail "$output"
}

test_every_group_is_listed_and_any_other_name_is_refused()
{
	expect_status 0 tests/bench/run.sh --list
	[[ $(cut -d ' ' -f 1 <<<"$output") == packet$'\n'blocklist$'\n'frames$'\n'hooks$'\n'loading$'\n'replace$'\n'bulk$'\n'stats$'\n'memory ]] ||
		fail "$output"
	# Which needs no root, wherever it stands.
	expect_status 0 setpriv --reuid 65534 tests/bench/run.sh --quick --list
	[[ $output == packet' '* ]] || fail "$output"
	expect_status 0 setpriv --reuid 65534 tests/bench/run.sh packet --help
	[[ $output == 'Usage: '* ]] || fail "$output"
	bench packet packets
	((status == 1)) || fail "status $status"
	[[ -z $output && $errors == *"there is no group 'packets'"* ]] || fail "$output$errors"
	bench --quicker
	[[ $status == 1 && $errors == "bench: unrecognized option '--quicker'"$'\n'* ]] || fail "$status $errors"
}

# It has no command that takes its table away again: each packet that the stack gets would be late.
test_iptables_that_would_stay_in_the_way_is_left_out()
{
	need iptables-legacy
	mount -t tmpfs tmpfs /mnt
	printf '#!/bin/sh\necho "$*" >>/mnt/calls\nexec iptables-legacy "$@"\n' >/mnt/iptables
	chmod +x /mnt/iptables
	PATH=/mnt:$PATH bench --json frames
	((status == 0)) || fail "status $status: $errors"
	rows=$(bench_json <<<"$output") || fail "the document is not whole"
	grep -q '^row frames-drop iptables-raw needs iptables-nft .*: iptables-legacy leaves its table ' <<<"$rows" ||
		fail "$rows"
	expect_reasons
	expect_measured frames-drop xdp-native A/A
	! grep -vx -- --version /mnt/calls || fail "it was asked for more than its version"
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

# A file that can be run, and fails.
test_a_peer_that_does_not_work_is_named_and_the_others_are_measured()
{
	fake_peers 'echo no >&2; exit 1' xdp-forward xdp-filter bpftool
	PATH=/mnt:$PATH bench --json packet bulk
	((status == 0)) || fail "status $status: $errors"
	rows=$(bench_json <<<"$output") || fail "the document is not whole"
	grep -qx "row packet-xdp xdp-forward cannot be attached here: 'xdp-forward load -m native v0 w0' fails with status 1" \
		<<<"$rows" || fail "$rows"
	grep -qx "row bulk-edit xdp-filter cannot be attached here: 'xdp-filter load -m native -f ipv4 v0' fails with status 1" \
		<<<"$rows" || fail "$rows"
	grep -q "^row bulk-insert bpftool cannot be measured here: 'bpftool batch .*' fails with status 1$" \
		<<<"$rows" || fail "$rows"
	expect_measured packet-xdp empty xdp_forward A/A
	expect_measured bulk-insert one-by-one acl-load A/A
	expect_measured bulk-edit acl-add A/A
	[[ $errors == *"bench: 'xdp-forward load -m native v0 w0' fails with status 1"$'\n'no* ]] ||
		fail "$errors"
}

# What it has started hangs with it, and takes no hint; nor does a part that has left its group.
test_a_peer_that_hangs_is_named_and_the_others_are_measured()
{
	local name=hang$BASHPID

	mount -t tmpfs tmpfs /mnt
	cp "$(type -P sleep)" "/mnt/$name"
	printf '#!/bin/sh\ntrap "" TERM HUP INT\n/mnt/%s 900 &\nsetsid /mnt/%s 900 &\nwait\nwait\n' "$name" "$name" >/mnt/nft
	chmod +x /mnt/nft
	PATH=/mnt:$PATH bench --json frames
	((status == 0)) || fail "status $status: $errors"
	rows=$(bench_json <<<"$output") || fail "the document is not whole"
	grep -q "^row frames-drop nft-netdev cannot be attached here: 'nft .*' has not ended within [0-9]* seconds$" \
		<<<"$rows" || fail "$rows"
	expect_measured frames-drop xdp-native tcx A/A
	expect_measured frames-forward kernel xdp_forward A/A
	# Once is enough: it is asked for its version as well.
	(($(grep -c 'has not ended' <<<"$errors") == 1)) || fail "$errors"
	! pgrep -x "$name" || { pkill -KILL -x "$name"; fail "what it has started is left"; }
}

test_output_that_does_not_fit_says_so()
{
	local format

	for format in '' --json; do
		# shellcheck disable=SC2086 # no word at all
		tests/bench/run.sh --quick $format stats >/dev/full 2>"$TMPDIR/errors" && status=0 || status=$?
		((status == 2)) || fail "status $status"
		grep -qx 'bench: cannot write the output: No space left on device' "$TMPDIR/errors" ||
			fail "$(<"$TMPDIR/errors")"
	done
}

test_what_the_benchmark_itself_needs_is_named()
{
	local need

	# The last one first, as the others are looked for before it.
	for need in 'ethtool ethtool' 'tc iproute2'; do
		mount --bind /dev/null "$(type -P "${need% *}")"
		bench stats
		((status == 2)) || fail "status $status: $errors"
		[[ $errors == "bench: cannot make the interfaces: needs ${need% *} (package ${need#* })" ]] ||
			fail "$errors"
	done
}

# Root is not always all that root may be.
test_a_capability_that_root_lacks_is_named()
{
	local without

	need setpriv
	for without in 'net_admin:CAP_NET_ADMIN' 'sys_admin:CAP_SYS_ADMIN' 'bpf,-net_admin:CAP_NET_ADMIN'; do
		run setpriv --bounding-set "-${without%:*}" tests/bench/run.sh --quick stats
		((status == 2)) || fail "$without: status $status: $errors"
		[[ $errors == "bench: cannot make "*": needs ${without#*:}"$'\n'*hint:* ]] || fail "$without: $errors"
	done
	run unshare -r tests/bench/run.sh --quick stats
	((status == 2)) || fail "status $status: $errors"
	[[ $errors == "bench: cannot make "*": needs CAP_NET_ADMIN and CAP_SYS_ADMIN, "*hint:* ]] || fail "$errors"
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

# As a pattern; the compiler may be several words.
compiler_line()
{
	# shellcheck disable=SC2086
	$1 --version | sed -n '1s/[][().*+?^$|{}\\]/\\&/gp'
}

test_what_was_measured_on_what_stands_on_top()
{
	local commit compiler

	commit=$(git -c safe.directory="$PWD" describe --always --tags --dirty 2>/dev/null || true)
	# What built it is no matter of whoever runs it.
	CC='echo other' CLANG='echo other' bench stats
	((status == 0)) || fail "status $status: $errors"
	grep -qx "ifbpf  *$(<VERSION)${commit:+, commit $commit}" <<<"$output" || fail "$output"
	grep -qxE 'duration +[1-9][0-9]* seconds' <<<"$output" || fail "$output"
	grep -qE '^load average .* at the start$' <<<"$output" || fail "$output"
	grep -qE '^libbpf +v?[0-9]+\.[0-9]' <<<"$output" || fail "$output"
	! grep -E '^(C|BPF) compiler .*other' <<<"$output" || fail "a compiler of the environment"
	for compiler in CC CLANG; do
		compiler=$(sed -n "s/^$compiler ?\?= //p" config.mk)
		[[ ! -x $(type -P "${compiler%% *}") ]] ||
			grep -qxE "(C|BPF) compiler +$(compiler_line "$compiler")" <<<"$output" ||
			fail "$compiler: $output"
	done
	grep -qE '^mode +quick: .* is not repeated$' <<<"$output" || fail "$output"
	# Of the targets those alone that this run is about: of this group none.
	[[ $(sed '1,/^targets$/d' <<<"$output") =~ ^' '+'not measured'' '+[0-9]+' more, about tables that this run does not have'$ ]] ||
		fail "$output"
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

ended() { ! pgrep -x "$1" >/dev/null; }

# By a signal that it cannot see, and by others.
test_what_hangs_ends_with_a_benchmark_that_is_killed()
{
	local name=hang$BASHPID signal bench guardian

	mount -t tmpfs tmpfs /mnt
	cp "$(type -P sleep)" "/mnt/$name"
	printf '#!/bin/sh\n/mnt/%s 900\n:\n' "$name" >/mnt/bpftool
	chmod +x /mnt/bpftool
	for signal in KILL USR1 TERM; do
		PATH=/mnt:$PATH tests/bench/run.sh --quick stats >"$TMPDIR/output" 2>&1 &
		bench=$!
		while ended "$name"; do
			kill -0 "$bench" || fail "nothing hangs: $(<"$TMPDIR/output")"
			sleep 0.1
		done
		guardian=$(pgrep -P "$bench" -x bench-guardian) || fail "it has no guardian"
		kill -"$signal" "$bench"
		wait "$bench" || true
		eventually ended "$name" || { pkill -KILL -x "$name"; fail "$signal leaves what hangs"; }
		eventually gone "$guardian" || fail "$signal leaves the guardian"
	done
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
