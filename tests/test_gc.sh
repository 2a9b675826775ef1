# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# gc: it removes what is proved to be dead and ours, all of it and nothing else, and says why.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh
. tests/faults.sh
. tests/carry.sh
. tests/build.sh

# left_by NAME [LOAD_OPTION...]: an interface of that name was loaded, and is gone.
left_by()
{
	local name=$1

	shift
	make_veth "$name"
	load "$@" "$name" objects/xdp_pass.o >/dev/null
	ip link del dev "$name"
}

# rewrite DIR SED: its record, generation and all.
rewrite()
{
	local record

	record=$(readlink "$1/%meta" | sed "$2")
	rm "$1/%meta"
	ln -s "$record" "$1/%meta"
}

# note_gone DIR REAL BOOT: since these seconds, as seen from now, both clocks know it to be gone.
note_gone()
{
	local boot

	read -r boot _ </proc/uptime
	rewrite "$1" 's/;gone=[^;]*//'
	rewrite "$1" "s/\(;mac=[^;]*\)/\1;gone=$(($(date +%s) - $2)),$((${boot%.*} - $3)),$(generation "$1")/"
}

# aged DIR: gone for two hours.
aged() { note_gone "$1" 7200 7200; }

noted() { readlink "$1/%meta" | grep -q ';gone='; }

# expect_decision DONE WHAT PATH [WHY]: exactly one line about it, which contains WHY.
expect_decision()
{
	local lines

	lines=$(grep -F " $2 $3: " <<<"$output" || true)
	[[ $lines == "$1 $2 $3: "*"${4-}"* && $lines != *$'\n'* ]] || fail "expected: $1 $2 $3: ...${4-}
got: $output$errors"
}

# cookie DIR: of the network namespace in its record; i and its inode number where the kernel has
# no cookies.
cookie()
{
	readlink "$1/%meta" | sed -n 's/.*;netns=\([0-9]*\).*/\1/p; s/.*;nsino=\([0-9]*\).*/i\1/p'
}

freed() { ! exists "$1" "$2"; }

test_with_nothing_to_collect_nothing_is_changed()
{
	local before

	load v0 objects/xdp_pass.o >/dev/null
	load v0 objects/tc_pass.o >/dev/null
	unload --hook xdp v0 >/dev/null
	before=$(snapshot)
	expect_status 0 gc --grace 0 --old --stages
	[[ -z $output$errors ]] || fail "it says: $output$errors"
	expect_unchanged "$before"
	expect_status 0 gc --verbose
	[[ $errors == "gc: $BPFFS/v0: its interface is there" ]] || fail "it says: $errors"
}

test_where_nothing_of_ours_is_nothing_is_made()
{
	local before

	before=$(snapshot)
	expect_status 0 gc
	expect_unchanged "$before"
	umount "$BPFFS"
	expect_status 2 gc
	[[ $errors == *"cannot find a BPF filesystem at $BPFFS"* ]] || fail "it says: $errors"
	! mountpoint -q "$BPFFS" || fail "it mounted one"
}

test_an_interface_that_is_gone_is_noted_first_and_its_directory_removed_later()
{
	local map

	left_by w0
	map=$(map_id "$BPFFS/w0/xdp_stats_map")
	expect_status 0 gc
	expect_decision kept directory "$BPFFS/w0" "is gone, which is noted now; it goes after 3600 s"
	noted "$BPFFS/w0" || fail "$(readlink "$BPFFS/w0/%meta")"
	[[ $(generation "$BPFFS/w0") == 4 ]] || fail "generation $(generation "$BPFFS/w0")"
	expect_id "$BPFFS/w0/xdp_stats_map" "$map"
	[[ -e $BPFFS/w0/%progs/xdp/xdp_pass ]] || fail "the program is gone"
	expect_status 0 gc
	expect_decision kept directory "$BPFFS/w0" " s; it goes after 3600 s"
	[[ $(generation "$BPFFS/w0") == 4 ]] || fail "noted again"
	aged "$BPFFS/w0"
	expect_status 0 gc --grace 7300
	expect_decision kept directory "$BPFFS/w0" "it goes after 7300 s"
	expect_status 0 gc
	expect_decision removed program "$BPFFS/w0/%progs/xdp/xdp_pass" "nothing else holds it"
	expect_decision removed directory "$BPFFS/w0" " has been gone for 72"
	[[ ! -e $BPFFS/w0 ]] || fail "it is still there"
	eventually freed map "$map" || fail "map $map is still there"
	expect_no_stage
	expect_status 0 gc
	[[ -z $output ]] || fail "it says: $output"
}

test_without_grace_it_is_removed_at_once()
{
	left_by w0
	left_by w.1
	expect_status 0 gc --grace 0
	expect_decision removed directory "$BPFFS/w0" "has been gone for 0 s"
	expect_decision removed directory "$BPFFS/w%2E1" "has been gone for 0 s"
	[[ ! -e $BPFFS/w0 && ! -e $BPFFS/w%2E1 ]] || fail "$(snapshot)"
}

test_a_dry_run_notes_nothing()
{
	local before

	left_by w0
	before=$(snapshot)
	expect_status 0 gc --dry-run
	expect_decision kept directory "$BPFFS/w0" "is gone, which would be noted now; it goes after 3600 s"
	expect_unchanged "$before"
}

test_dry_run_says_the_same_and_changes_nothing()
{
	local before said

	left_by w0 --link
	left_by w1
	aged "$BPFFS/w0"
	before=$(snapshot)
	expect_status 0 gc --dry-run
	said=$output
	expect_decision "would remove" directory "$BPFFS/w0"
	expect_decision "would remove" link "$BPFFS/w0/%links/xdp"
	expect_decision kept directory "$BPFFS/w1" noted
	expect_unchanged "$before"
	expect_status 0 gc
	# Seconds go by; and what holds a program is not known before its pin is gone.
	[[ $(sed 's/ [0-9]* s\b/ N s/' <<<"$output") == \
		"$(sed 's/^would remove/removed/; s/which would be noted/which is noted/; s/ [0-9]* s\b/ N s/
			s/gone; should something hold it that cannot be seen, .*/gone, and nothing else holds it/' <<<"$said")" ]] ||
		fail "it did something else: $output"
}

test_an_interface_of_that_name_gets_the_directory_back()
{
	left_by w0
	gc >/dev/null
	make_veth w0
	aged "$BPFFS/w0"
	expect_status 0 gc
	[[ -z $output ]] || fail "it says: $output"
	! noted "$BPFFS/w0" || fail "the note stays"
	[[ -e $BPFFS/w0/xdp_stats_map ]] || fail "the map is gone"
}

test_a_note_from_before_the_interface_was_back_is_void()
{
	left_by w0
	gc >/dev/null
	aged "$BPFFS/w0"
	make_veth w0
	load w0 objects/xdp_pass.o >/dev/null 2>&1
	ip link del dev w0
	expect_status 0 gc
	expect_decision kept directory "$BPFFS/w0" "which is noted now"
	noted "$BPFFS/w0" || fail "not noted"
}

test_a_note_is_kept_by_writers_that_do_not_know_it_and_is_void_then()
{
	left_by w0
	gc >/dev/null
	aged "$BPFFS/w0"
	rewrite "$BPFFS/w0" 's/;gen=4;/;gen=6;/'
	expect_status 0 gc
	expect_decision kept directory "$BPFFS/w0" "which is noted now"
}

test_clocks_that_jump_only_make_it_wait()
{
	left_by w0
	for jump in "-9999 7200" "7200 -9999" "-9999 -9999"; do
		# shellcheck disable=SC2086 # two words
		note_gone "$BPFFS/w0" $jump
		expect_status 0 gc
		expect_decision kept directory "$BPFFS/w0" "which is noted now"
	done
	# The wall clock was set from 1970 to today.
	note_gone "$BPFFS/w0" 1700000000 10
	expect_status 0 gc
	expect_decision kept directory "$BPFFS/w0" "has been gone for 1"
	rewrite "$BPFFS/w0" 's/;gone=[^;]*/;gone=soon/'
	expect_status 0 gc
	expect_decision kept directory "$BPFFS/w0" "which is noted now"
}

test_a_renamed_interface_is_not_gone()
{
	make_veth w0
	load w0 objects/xdp_pass.o >/dev/null
	rename_link w0 r0
	expect_status 0 gc --grace 0
	[[ -z $output && -e $BPFFS/w0/xdp_stats_map ]] || fail "it says: $output"
}

test_a_number_that_is_used_again_is_not_the_interface()
{
	local index

	make_veth w0
	index=$(ifindex w0)
	load w0 objects/xdp_pass.o >/dev/null
	ip link del dev w0
	ip link add name other index "$index" address 02:00:00:00:00:77 type veth peer name q9
	expect_status 0 gc --grace 0
	expect_decision removed directory "$BPFFS/w0" "(ifindex $index)"
}

test_an_interface_that_was_moved_keeps_what_runs_on_it()
{
	local before

	make_veth w0
	load w0 objects/xdp_pass.o >/dev/null
	ip link set dev w0 netns peer
	aged "$BPFFS/w0"
	expect_status 0 gc
	expect_decision kept directory "$BPFFS/w0" " runs on xdp of w0"
	! noted "$BPFFS/w0" || fail "noted as gone"
	[[ -e $BPFFS/w0/%progs/xdp/xdp_pass ]] || fail "the program is gone"
	before=$(snapshot)
	expect_status 0 gc --grace 0 --old
	expect_unchanged "$before"
}

test_an_interface_with_a_link_that_was_moved_keeps_its_link()
{
	make_veth w0
	load --link w0 objects/xdp_pass.o >/dev/null
	ip link set dev w0 netns peer
	expect_status 0 gc --grace 0
	expect_decision kept directory "$BPFFS/w0" "holds a program on an interface"
	[[ -e $BPFFS/w0/%links/xdp ]] || fail "the link is gone"
}

test_maps_that_another_interface_uses_keep_the_directory()
{
	local prog map

	make_veth w0 w1
	load --shared w0 w1 objects/xdp_pass.o >/dev/null
	prog=$(prog_id w1)
	map=$(map_id "$BPFFS/w0/xdp_stats_map")
	ip link del dev w0
	# What runs on w1 has its maps here only.
	rm -r "$BPFFS/w0/%progs/xdp/xdp_pass" "$BPFFS/w1"
	expect_status 0 gc --grace 0
	expect_decision kept directory "$BPFFS/w0" "its map $map is used by program $prog (xdp_pass)"
	expect_id "$BPFFS/w0/xdp_stats_map" "$map"
	ip link del dev w1
	eventually freed prog "$prog" || fail "program $prog is still there"
	expect_status 0 gc --grace 0
	expect_decision removed directory "$BPFFS/w0"
}

test_what_was_shared_goes_with_the_last_interface_in_one_run()
{
	local way prog map i

	for way in "" --link; do
		# A veth takes its other end with it.
		ip link add w0 type veth peer name w1
		make_veth w2
		# shellcheck disable=SC2086 # nothing or one word
		load $way --shared w0 w1 w2 objects/xdp_pass.o >/dev/null
		prog=$(bpftool -j prog show pinned "$BPFFS/w2/%progs/xdp/xdp_pass" | sed -n 's/^{"id":\([0-9]*\).*/\1/p')
		map=$(map_id "$BPFFS/w2/xdp_stats_map")
		ip link del dev w0
		ip link del dev w2
		# The notes of the three are of one run, and void for none of them.
		expect_status 0 gc
		for i in 0 1 2; do
			expect_decision kept directory "$BPFFS/w$i" "noted now"
			aged "$BPFFS/w$i"
		done
		expect_status 0 gc
		for i in 0 1 2; do
			expect_decision removed program "$BPFFS/w$i/%progs/xdp/xdp_pass" "nothing else holds it"
			expect_decision removed directory "$BPFFS/w$i" "has been gone for 72"
			[[ ! -e $BPFFS/w$i ]] || fail "w$i is left"
		done
		eventually freed map "$map" || fail "map $map is still there"
		eventually freed prog "$prog" || fail "program $prog is still there"
	done
}

test_what_was_shared_goes_but_for_the_interface_that_lives()
{
	local prog map before

	make_veth w1
	ip link add w0 type veth peer name w2
	load --shared w0 w1 w2 objects/xdp_pass.o >/dev/null
	prog=$(prog_id w1)
	map=$(map_id "$BPFFS/w1/xdp_stats_map")
	before=$(snapshot "$BPFFS/w1")
	ip link del dev w0
	expect_status 0 gc --grace 0
	expect_decision removed directory "$BPFFS/w0"
	expect_decision removed directory "$BPFFS/w2"
	[[ ! -e $BPFFS/w0 && ! -e $BPFFS/w2 && $(prog_id w1) == "$prog" ]] || fail "$(snapshot)"
	expect_unchanged "$before" "$BPFFS/w1"
	expect_id "$BPFFS/w1/xdp_stats_map" "$map"
}

test_an_interface_that_is_not_gone_for_long_keeps_what_was_shared()
{
	make_veth w0 w1
	load --shared w0 w1 objects/xdp_pass.o >/dev/null
	ip link del dev w0
	expect_status 0 gc
	expect_decision kept directory "$BPFFS/w0" "noted now"
	ip link del dev w1
	aged "$BPFFS/w0"
	expect_status 0 gc
	expect_decision removed directory "$BPFFS/w0"
	expect_decision kept directory "$BPFFS/w1" "noted now"
	[[ -e $BPFFS/w1/%progs/xdp/xdp_pass && -e $BPFFS/w1/xdp_stats_map ]] || fail "$(snapshot)"
	aged "$BPFFS/w1"
	expect_status 0 gc
	expect_decision removed directory "$BPFFS/w1"
}

test_a_shared_program_that_something_else_holds_keeps_all_of_its_directories()
{
	local prog map holder i

	ip link add w0 type veth peer name w1
	load --shared w0 w1 objects/xdp_pass.o >/dev/null
	prog=$(prog_id w1)
	map=$(map_id "$BPFFS/w1/xdp_stats_map")
	ln "$BPFFS/w0/%progs/xdp/xdp_pass" "$BPFFS/theirs"
	ip link del dev w0
	expect_status 0 gc --grace 0
	for i in 0 1; do
		expect_decision kept program "$BPFFS/w$i/%progs/xdp/xdp_pass" "something holds it"
		expect_decision kept directory "$BPFFS/w$i" "is used by program $prog (xdp_pass)"
	done
	expect_id "$BPFFS/w0/xdp_stats_map" "$map"
	expect_id "$BPFFS/w1/xdp_stats_map" "$map"
	# A process instead of a pin: its descriptor outlives what it attached to.
	make_veth w2
	load_hold w2 "$BPFFS/theirs" &
	holder=$!
	eventually runs_something w2 || fail "load_hold did not attach"
	ip link del dev w2
	rm "$BPFFS/theirs"
	expect_status 0 gc --grace 0
	expect_decision kept directory "$BPFFS/w0" "is used by program $prog (xdp_pass)"
	expect_decision kept directory "$BPFFS/w1" "is used by program $prog (xdp_pass)"
	# Another interface runs it.
	ip link set dev v0 xdpgeneric pinned "$BPFFS/w1/%progs/xdp/xdp_pass"
	expect_status 0 gc --grace 0
	expect_decision kept directory "$BPFFS/w0" "its program $prog runs on xdp of v0"
	expect_decision kept directory "$BPFFS/w1" "its program $prog runs on xdp of v0"
	ip link set dev v0 xdpgeneric off
	kill "$holder"
	wait "$holder" 2>/dev/null || true
	expect_status 0 gc --grace 0
	[[ ! -e $BPFFS/w0 && ! -e $BPFFS/w1 ]] || fail "left over: $output"
}

runs_something() { [[ -n $(prog_id "$1") ]]; }

test_a_shared_interface_that_was_moved_keeps_its_directory_beside_one_that_lives()
{
	make_veth w0 w1
	load --shared w0 w1 objects/xdp_pass.o >/dev/null
	ip link set dev w0 netns peer
	expect_status 0 gc --grace 0
	expect_decision kept directory "$BPFFS/w0" " runs on xdp of w"
	[[ -e $BPFFS/w0/xdp_stats_map ]] || fail "$(snapshot)"
}

test_a_dead_link_goes_at_once_and_alone()
{
	left_by w0 --link
	expect_status 0 gc
	expect_decision removed link "$BPFFS/w0/%links/xdp" "its interface is gone, or it was detached"
	expect_decision kept directory "$BPFFS/w0" "noted now"
	[[ ! -e $BPFFS/w0/%links/xdp && -e $BPFFS/w0/xdp_stats_map ]] || fail "$(snapshot)"
}

test_a_detached_link_goes_and_one_in_use_stays()
{
	make_veth w0
	load --link v0 objects/xdp_pass.o >/dev/null
	load --link w0 objects/xdp_pass.o >/dev/null
	bpftool link detach pinned "$BPFFS/w0/%links/xdp"
	expect_status 0 gc
	[[ $output == "removed link $BPFFS/w0/%links/xdp: "* && $(wc -l <<<"$output") == 1 ]] || fail "$output"
	[[ -e $BPFFS/v0/%links/xdp && -n $(prog_id v0) ]] || fail "it took one in use"
	[[ $(generation "$BPFFS/w0") == 4 && $(generation "$BPFFS/v0") == 2 ]] || fail "generations"
}

# What it removes, the next load would have seen: a new one comes in its place all the same.
test_a_load_makes_a_link_in_the_mode_of_the_one_that_gc_removed()
{
	make_veth w0
	load --link -m skb w0 objects/xdp_pass.o >/dev/null
	bpftool link detach pinned "$BPFFS/w0/%links/xdp"
	expect_status 0 gc
	expect_decision removed link "$BPFFS/w0/%links/xdp"
	expect_status 0 load --no-attach w0 objects/xdp_drop.o
	expect_status 0 load w0 objects/xdp_pass.o
	[[ $output == *"by link in skb mode"* && -e $BPFFS/w0/%links/xdp ]] || fail "it says: $output"
	ip link del dev w0
	expect_status 0 gc
	make_veth w0
	expect_status 0 gc
	expect_status 0 load w0 objects/xdp_pass.o
	[[ $output == *"by link in skb mode"* && -e $BPFFS/w0/%links/xdp ]] || fail "it says: $output"

	# Not if it was taken off, or is to be another way.
	unload w0 >/dev/null
	expect_status 0 load w0 objects/xdp_pass.o
	[[ $output == *"by netlink"* ]] || fail "it says: $output"
	load --link w0 objects/xdp_pass.o >/dev/null
	bpftool link detach pinned "$BPFFS/w0/%links/xdp"
	gc >/dev/null
	load --netlink w0 objects/xdp_pass.o >/dev/null
	ip link set dev w0 xdp off
	expect_status 0 load w0 objects/xdp_pass.o
	[[ $output == *"by netlink"* ]] || fail "it says: $output"
}

test_a_load_makes_a_tcx_link_where_gc_removed_one()
{
	need_tcx
	make_veth w0
	load --tc tcx --link w0 objects/tc_pass.o >/dev/null
	bpftool link detach pinned "$BPFFS/w0/%links/tc_ingress"
	expect_status 0 gc
	expect_status 0 load w0 objects/tc_pass.o
	[[ $output == *"attached by tcx (link "* ]] || fail "it says: $output"
}

test_a_dead_tcx_link_goes()
{
	need_tcx
	make_veth w0
	load --tc tcx --link w0 objects/tc_pass.o >/dev/null
	ip link del dev w0
	expect_status 0 gc
	expect_decision removed link "$BPFFS/w0/%links/tc_ingress"
}

test_a_program_that_runs_elsewhere_keeps_its_pin()
{
	local prog

	left_by w0
	ip link set dev v0 xdpgeneric pinned "$BPFFS/w0/%progs/xdp/xdp_pass"
	prog=$(prog_id v0)
	expect_status 0 gc --grace 0
	expect_decision kept directory "$BPFFS/w0" "its program $prog runs on xdp of v0"
	[[ -e $BPFFS/w0/%progs/xdp/xdp_pass ]] || fail "the program is gone"
	ip link set dev v0 xdpgeneric off
	expect_status 0 gc --grace 0
	expect_decision removed directory "$BPFFS/w0"
}

# The program that is called is in a program array, and pinned nowhere.
test_what_a_program_array_of_a_sharer_holds_does_not_keep_the_directory()
{
	local map

	build 'struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); } n SEC(".maps");
int called(struct xdp_md *ctx);
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(key_size, 4); __uint(max_entries, 1); __array(values, int (void *)); } jmp SEC(".maps") = { .values = { [0] = (void *)&called } };
SEC("xdp") int called(struct xdp_md *ctx) { __u32 k = 0; return bpf_map_lookup_elem(&n, &k) ? XDP_DROP : XDP_PASS; }
SEC("xdp") int calls(struct xdp_md *ctx) { bpf_tail_call(ctx, &jmp, 0); return XDP_PASS; }'
	make_veth w0 w1
	load --shared -n calls w0 w1 "$TMPDIR/built.o" >/dev/null
	map=$(map_id "$BPFFS/w1/n")
	ip link del dev w0
	expect_status 0 gc --grace 0
	expect_decision removed directory "$BPFFS/w0"
	expect_id "$BPFFS/w1/n" "$map"
}

test_a_program_that_something_unseen_holds_is_pinned_again()
{
	local prog

	left_by w0
	ln "$BPFFS/w0/%progs/xdp/xdp_pass" "$BPFFS/theirs"
	prog=$(bpftool -j prog show pinned "$BPFFS/theirs" | sed -n 's/^{"id":\([0-9]*\).*/\1/p')
	expect_status 0 gc --grace 0
	expect_decision kept program "$BPFFS/w0/%progs/xdp/xdp_pass" "something holds it"
	expect_decision kept directory "$BPFFS/w0" "is used by program $prog (xdp_pass)"
	[[ $(bpftool -j prog show pinned "$BPFFS/w0/%progs/xdp/xdp_pass") == "{\"id\":$prog,"* ]] ||
		fail "another program is pinned"
	[[ $(generation "$BPFFS/w0") == *[02468] ]] || fail "generation $(generation "$BPFFS/w0")"
	rm "$BPFFS/theirs"
	expect_status 0 gc --grace 0
	expect_decision removed directory "$BPFFS/w0"
}

test_programs_that_are_only_prepared_stay_with_their_interface()
{
	local before

	make_veth w0
	load --no-attach w0 objects/xdp_pass.o >/dev/null
	before=$(snapshot)
	expect_status 0 gc --grace 0
	[[ -z $output ]] || fail "it says: $output"
	expect_unchanged "$before"
	ip link del dev w0
	expect_status 0 gc --grace 0
	expect_decision removed program "$BPFFS/w0/%progs/xdp/xdp_pass"
}

test_what_is_not_ours_is_kept_and_named()
{
	local before

	left_by w0
	left_by w1
	left_by w2
	mkdir "$BPFFS/others" "$BPFFS/w0/deep" "$BPFFS/tutorial"
	bpftool prog load objects/xdp_drop.o "$BPFFS/w1/prog" type xdp
	bpftool prog load objects/xdp_drop.o "$BPFFS/loose" type xdp
	ln -s nowhere "$BPFFS/link"
	ln -s nowhere "$BPFFS/w2/theirs"
	mkdir "$BPFFS/%ifbpf/ns/others"
	chown 65534 "$BPFFS/tutorial"
	before=$(snapshot)
	expect_status 0 gc --grace 0
	expect_decision kept directory "$BPFFS/others" "it has no record, so it is not ours"
	expect_decision kept directory "$BPFFS/tutorial" "it belongs to uid 65534"
	expect_decision kept directory "$BPFFS/w0" "it holds 'deep', which is not ours"
	expect_decision kept directory "$BPFFS/w1" "it holds 'prog', which is not ours"
	expect_decision kept directory "$BPFFS/w2" "it holds 'theirs', which is not ours"
	[[ $(wc -l <<<"$output") == 5 ]] || fail "it says: $output"
	expect_unchanged "$before"
}

# others_map DIR NAME: somebody else's map is pinned among ours.
others_map()
{
	bpftool map create "$1/$2" type array key 4 value 8 entries 1 name "$2"
}

test_a_map_that_others_pinned_there_keeps_the_directory_and_our_own_do_not()
{
	local before

	left_by w0
	others_map "$BPFFS/w0" theirs
	left_by w1
	others_map "$BPFFS/w1/%egress" theirs
	# Ours, though no program in the record uses it any more.
	make_veth w2
	load w2 "$BUILT/load_pair1.o" >/dev/null
	load w2 objects/xdp_pass.o >/dev/null
	unload w2 >/dev/null
	[[ -e $BPFFS/w2/left ]] || fail "nothing is left of the first program"
	pin_maps w2 2>/dev/null || true
	ip link del dev w2
	before=$(snapshot "$BPFFS/w0")
	expect_status 0 gc --grace 0
	expect_decision kept directory "$BPFFS/w0" "it holds 'theirs', which is not ours"
	expect_decision kept directory "$BPFFS/w1" "it holds 'theirs', which is not ours"
	expect_unchanged "$before" "$BPFFS/w0"
	[[ ! -e $BPFFS/w2 ]] || fail "our own maps keep it: $output $(snapshot "$BPFFS/w2")"
	rm "$BPFFS/w0/theirs" "$BPFFS/w1/%egress/theirs"
	expect_status 0 gc --grace 0
	[[ ! -e $BPFFS/w0 && ! -e $BPFFS/w1 ]] || fail "it stays: $output"
}

test_what_ip_and_tc_were_led_to_pin_goes_with_the_interface()
{
	make_veth w0
	eval "$(iproute2_env w0)"
	link_xdp w0 objects/pinned/xdp_pass.o
	ip link set dev w0 xdpgeneric off
	[[ -e $BPFFS/w0/xdp_stats_map ]] || fail "ip pinned it elsewhere"
	ip link del dev w0
	expect_status 0 gc --grace 0
	[[ ! -e $BPFFS/w0 ]] || fail "it stays: $output"
}

test_records_that_cannot_be_understood_are_left_alone()
{
	local before

	left_by w0
	left_by w1
	left_by w2
	rewrite "$BPFFS/w0" 's/^v=1/v=2/'
	rewrite "$BPFFS/w1" 's/;gen=2/;gen=two/'
	rewrite "$BPFFS/w2" 's/;ifindex=[0-9]*//'
	before=$(snapshot)
	expect_status 0 gc --grace 0 --old
	expect_decision kept directory "$BPFFS/w0" "its record is of a newer version"
	expect_decision kept directory "$BPFFS/w1" "its record cannot be read"
	expect_decision kept directory "$BPFFS/w2" "its record names no interface"
	expect_unchanged "$before"
}

test_old_maps_go_only_when_asked_and_only_those_in_use_by_nothing()
{
	local first second third

	bpftool prog load objects/xdp_pass.o "$BPFFS/first" type xdp
	bpftool prog load objects/xdp_pass.o "$BPFFS/second" type xdp
	bpftool prog load objects/xdp_pass.o "$BPFFS/third" type xdp
	tc qdisc add dev v0 clsact
	for which in first second third; do
		ip -force link set dev v0 xdpgeneric pinned "$BPFFS/$which"
		tc filter replace dev v0 egress pref 10 handle 1 bpf da obj objects/tc_pass.o sec tc
		pin_maps v0 >/dev/null
		declare "$which=$(map_id "$BPFFS/v0/xdp_stats_map")"
		send 2
	done
	rm "$BPFFS/first" "$BPFFS/third"
	eventually freed prog "$first" || true
	expect_status 0 gc --grace 0
	[[ -z $output ]] || fail "it says: $output"
	expect_status 0 gc --old
	expect_decision removed map "$BPFFS/v0/xdp_stats_map%old-$first" "what it counted is not added any more"
	expect_decision kept map "$BPFFS/v0/xdp_stats_map%old-$second" "it is still used by program "
	[[ $(grep -c "^removed map $BPFFS/v0/%egress/tc_stats_map%old-" <<<"$output") == 2 ]] || fail "$output"
	[[ $(old_maps "$BPFFS/v0") == "xdp_stats_map%old-$second" ]] || fail "$(old_maps "$BPFFS/v0")"
	expect_id "$BPFFS/v0/xdp_stats_map" "$third"
	expect_status 0 stats v0
	[[ $output == *" 4 packets"* ]] || fail "stats says: $output"
}

test_what_did_not_fit_the_map_in_place_is_not_dropped_without_a_word()
{
	local old

	load v0 "$BUILT/carry2.o" >/dev/null
	# A note of 8 bytes, of which the map that it goes to has 4.
	bpftool map update pinned "$BPFFS/v0/deny_list" key 7 0 0 0 \
		value 0 0 0 0 1 0 0 0 1 0 0 0 0 0 0 0
	old=$(map_id "$BPFFS/v0/deny_list")
	expect_status 3 load --on-mismatch migrate v0 "$BUILT/carry1.o"
	expect_status 0 gc --old --dry-run
	expect_decision "would remove" map "$BPFFS/v0/deny_list%old-$old" "what did not fit the map in place, or changed since; --old drops it, and that is lost"
}

test_symlinks_that_lead_nowhere_go_and_others_stay()
{
	load v0 objects/xdp_pass.o >/dev/null
	load v0 -n hooks_tc "$BUILT/hooks.o" >/dev/null
	rm "$BPFFS/v0/flows"
	expect_status 0 gc
	[[ $output == "removed symlink $BPFFS/v0/%egress/flows: the map that it led to is gone" ]] || fail "$output"
	[[ ! -L $BPFFS/v0/%egress/flows && -L $BPFFS/v0/%egress/xdp_stats_map && -L $BPFFS/v0/%egress/tc ]] ||
		fail "$(snapshot)"
}

# Tools of other tests look into each namespace that a process leads them to, and would lead to it then.
is_in_nobodys_hands()
{
	local link=${1/\[/\\[}

	! find /proc/[0-9]*/task/*/ns/net /proc/[0-9]*/fd -lname "$link" 2>/dev/null | grep -q .
}

# in_lost_netns: w0 is loaded in a network namespace that is gone then. Sets $lost, its cookie.
in_lost_netns()
{
	local pid netns

	# shellcheck disable=SC2016 # by the inner shell
	unshare --net sh -c 'echo $$ >"$TMPDIR/pid"; exec sleep 1000' &
	eventually test -s "$TMPDIR/pid"
	pid=$(<"$TMPDIR/pid")
	rm "$TMPDIR/pid"
	nsenter --net="/proc/$pid/ns/net" ip link add w0 type veth peer name q0
	load --netns "$pid" w0 objects/xdp_pass.o >/dev/null
	# Where the number of its inode is all that names it, no other namespace may get that meanwhile: it
	# stays, empty, and where nobody finds it.
	ip netns attach lost "$pid"
	hide_netns lost
	nsenter --net="/proc/$pid/ns/net" ip link del w0
	netns=$(readlink "/proc/$pid/ns/net")
	kill "$pid"
	wait "$pid" 2>/dev/null || true
	eventually is_in_nobodys_hands "$netns"
	lost=$(find "$BPFFS/%ifbpf/ns" -mindepth 1 -maxdepth 1 -printf '%f\n')
}

test_a_namespace_that_cannot_be_found_is_kept_until_it_is_named()
{
	local before

	left_by w0
	in_lost_netns
	aged "$BPFFS/%ifbpf/ns/$lost/w0"
	before=$(snapshot "$BPFFS/%ifbpf/ns")
	expect_status 0 gc --grace 0
	expect_decision removed directory "$BPFFS/w0"
	expect_decision kept directory "$BPFFS/%ifbpf/ns/$lost/w0" "network namespace $lost cannot be found among the \
named ones, those of running processes and those that they hold open; --netns $lost removes its directories"
	expect_unchanged "$before" "$BPFFS/%ifbpf/ns"
	left_by w0
	expect_status 0 gc --netns "$lost"
	expect_decision removed directory "$BPFFS/%ifbpf/ns/$lost/w0" "cannot be found"
	expect_decision removed namespace "$BPFFS/%ifbpf/ns/$lost" "it is empty"
	[[ -z $(find "$BPFFS/%ifbpf/ns" -mindepth 1) ]] || fail "$(snapshot)"
	[[ $output != *"$BPFFS/w0"* ]] || fail "it looked elsewhere: $output"
}

test_a_namespace_that_is_only_held_open_is_not_lost()
{
	local netns

	load --netns peer v1 objects/xdp_pass.o >/dev/null
	exec 6</run/netns/peer
	ip netns del peer
	netns=$(find "$BPFFS/%ifbpf/ns" -mindepth 1 -maxdepth 1 -printf '%f\n')
	expect_status 0 gc --grace 0
	[[ -z $output ]] || fail "it says: $output"
	unload --netns /proc/self/fd/6 --all v1 >/dev/null
	expect_status 0 gc --netns "$netns" --dry-run
	[[ -z $output ]] || fail "it says: $output"
	expect_status 0 gc --netns "$netns" --grace 0
	[[ -z $output && -e $BPFFS/%ifbpf/ns/$netns/v1/xdp_stats_map ]] || fail "it says: $output"
	expect_status 0 stats --netns /proc/self/fd/6 v1
	# Its interface goes, and then the last who holds it.
	nsenter --net=/proc/self/fd/6 ip link del v1
	expect_status 0 gc --netns "$netns" --grace 0
	expect_decision removed directory "$BPFFS/%ifbpf/ns/$netns/v1"
	exec 6<&-
}

# What holds a program is known once its pin is gone: a dry run does not say that nothing does.
test_a_dry_run_does_not_know_what_holds_a_program()
{
	local netns

	load --netns peer v1 objects/xdp_pass.o >/dev/null
	netns=$(find "$BPFFS/%ifbpf/ns" -mindepth 1 -maxdepth 1 -printf '%f\n')
	hide_netns peer
	expect_status 0 gc --netns "$netns" --dry-run
	[[ $output == *"%progs/xdp/xdp_pass: its interface is gone; should something hold it"* ]] ||
		fail "it says: $output"
	[[ $output == *"cannot be found; it stays if something holds a program of it"* ]] ||
		fail "it says: $output"
	expect_status 0 gc --netns "$netns"
	expect_decision kept program "$BPFFS/%ifbpf/ns/$netns/v1/%progs/xdp/xdp_pass" "something holds it"
	expect_decision kept directory "$BPFFS/%ifbpf/ns/$netns/v1"
}

test_a_namespace_that_has_no_directory_is_an_error()
{
	expect_status 2 gc --netns 99999999
	left_by w0
	expect_status 2 gc --netns 99999999
	[[ $errors == "gc: cannot open $BPFFS/%ifbpf/ns/99999999: No such file or directory"*"hint: "* ]] || fail "$errors"
	expect_status 0 gc --netns "$(cookie "$BPFFS/w0")"
}

test_one_namespace_alone_and_by_its_rules()
{
	left_by w0
	in_peer ip link add w1 type veth peer name q7
	load --netns peer w1 objects/xdp_pass.o >/dev/null
	in_peer ip link del dev w1
	lost=$(find "$BPFFS/%ifbpf/ns" -mindepth 1 -maxdepth 1 -printf '%f\n')
	expect_status 0 gc --netns "$lost"
	[[ $output == "kept directory $BPFFS/%ifbpf/ns/$lost/w1: "*"noted now"* ]] || fail "it says: $output"
	expect_status 0 gc --netns "$lost" --grace 0
	expect_decision removed directory "$BPFFS/%ifbpf/ns/$lost/w1"
	[[ -d $BPFFS/%ifbpf/ns/$lost ]] || fail "the directory of a living namespace is gone"
	[[ -e $BPFFS/w0 ]] || fail "home was collected as well"
	expect_status 0 gc --netns "$(cookie "$BPFFS/w0")" --grace 0
	[[ ! -e $BPFFS/w0 ]] || fail "home was not collected"
	ip netns del peer
	eventually empty_netns_is_removed || fail "$output"
}

empty_netns_is_removed()
{
	expect_status 0 gc
	[[ $output == "removed namespace $BPFFS/%ifbpf/ns/$lost: it is empty, and its network namespace cannot be found" ]]
}

test_a_directory_that_is_mounted_elsewhere_stays()
{
	local before

	left_by w0
	mkdir /run/inside
	mount --bind "$BPFFS/w0" /run/inside
	before=$(snapshot /run/inside)
	expect_status 0 gc --grace 0
	expect_decision kept directory "$BPFFS/w0" "it is mounted at /run/inside"
	expect_unchanged "$before" /run/inside
	umount /run/inside
	unshare --mount sh -c 'mkdir /run/deep; mount --bind "$1" /run/deep; : >"$TMPDIR/up"; exec sleep 1000' sh "$BPFFS/w0" &
	eventually test -e "$TMPDIR/up"
	expect_status 0 gc --grace 0
	expect_decision kept directory "$BPFFS/w0" "it is mounted at /run/deep"
	kill $!
	wait $! 2>/dev/null || true
	expect_status 0 gc --grace 0
	expect_decision removed directory "$BPFFS/w0"
}

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

test_json_is_one_document()
{
	expect_status 0 gc --json
	[[ $output == "{\"schema\":\"ifbpf.gc/1\",\"path\":\"$BPFFS\",\"dry_run\":false,\"removed\":0,\"kept\":0,\
\"failed\":0,\"decisions\":[]}" ]] || fail "it says: $output"
	left_by w0
	mkdir "$BPFFS/others"
	expect_status 0 gc --json --dry-run --grace 0
	[[ $output == "{\"schema\":\"ifbpf.gc/1\",\"path\":\"$BPFFS\",\"dry_run\":true,\"removed\":2,\"kept\":1,\
\"failed\":0,\"decisions\":[{\"done\":\"kept\",\"what\":\"directory\",\"path\":\"$BPFFS/others\",\
\"why\":\"it has no record, so it is not ours\"},{\"done\":\"removed\",\"what\":\"program\",\
\"path\":\"$BPFFS/w0/%progs/xdp/xdp_pass\",\"why\":\"its interface is gone; should something hold it that cannot be \
seen, that shows when the pin is gone, and it is put back\"},\
{\"done\":\"removed\",\"what\":\"directory\",\"path\":\"$BPFFS/w0\",\"why\":\"its interface (ifindex "*"\"}]}" ]] ||
		fail "it says: $output"
}

test_misuse_is_status_1()
{
	local args

	for args in "v0" "--grace" "--grace -1" "--grace 1h" "--grace 99999999999" "--netns peer" "--netns 0" \
		"--netns 18446744073709551616" "--grace 0 --grace 1" \
		"--netns ../v0" "--netns i" "--no-such"; do
		# shellcheck disable=SC2086 # several words
		expect_status 1 gc $args
		[[ $errors == "gc: "*"hint: see gc --help" && -z $output ]] || fail "$args: $output$errors"
	done
}

test_without_privilege_nothing_is_changed()
{
	local before

	need capsh
	left_by w0
	chmod 0755 "$BPFFS"
	before=$(snapshot)
	expect_refusal ": Operation not permitted" "$before" as_user gc --grace 0
	expect_status 2 as_user gc --grace 0 --dry-run
	# shellcheck disable=SC2016 # by the inner shell
	expect_refusal "cannot look at all programs: Operation not permitted" "$before" \
		capsh --drop=cap_sys_admin -- -c 'exec "$@"' gc "$PWD/pinning/gc" --grace 0
	[[ $errors == *"hint: run as root, or with CAP_SYS_ADMIN"* ]] || fail "it says: $errors"
}

# The preparation of the tests below: w0 was there, has all kinds of pins, and is gone for long.
leave()
{
	rm -rf "$BPFFS/w0"
	left_by w0
	mkdir -p "$BPFFS/w0/%links"
	ln -s ../gone "$BPFFS/w0/%egress/gone"
	aged "$BPFFS/w0"
}

expect_all_or_nothing()
{
	# A pin of a program may have gone before; the maps go all at once.
	[[ ! -e $BPFFS/w0 || -e $BPFFS/w0/xdp_stats_map ]] || fail "half of it is left: $(snapshot "$BPFFS/w0")"
	# What was written is of a new generation, and the interface perhaps noted anew.
	run gc --grace 0
	((status == 0)) || fail "the next run: status $status, $output$errors"
	[[ ! -e $BPFFS/w0 ]] || fail "the next run left it: $output"
	expect_no_stage
	expect_unchanged "$untouched" "$BPFFS/v0"
}

test_killed_anywhere_the_next_run_finishes_it()
{
	load v0 objects/xdp_pass.o >/dev/null
	untouched=$(snapshot "$BPFFS/v0")
	kill_everywhere "$CHANGING_CALLS" leave gc -- expect_all_or_nothing
	echo "killed at $points points" >&2
	((points > 30)) || fail "killed at $points points only"
}

leave_shared()
{
	rm -rf "$BPFFS/w0" "$BPFFS/w1"
	make_veth w0 w1
	load --shared w0 w1 objects/xdp_pass.o >/dev/null
	ip link del dev w0
	ip link del dev w1
	aged "$BPFFS/w0"
	aged "$BPFFS/w1"
}

expect_both_go()
{
	[[ ! -e $BPFFS/w1 || -e $BPFFS/w1/xdp_stats_map ]] || fail "half of it is left: $(snapshot "$BPFFS/w1")"
	expect_all_or_nothing
	[[ ! -e $BPFFS/w1 ]] || fail "the next run left it: $output"
}

test_killed_between_the_directories_of_a_set_the_next_run_finishes_it()
{
	load v0 objects/xdp_pass.o >/dev/null
	untouched=$(snapshot "$BPFFS/v0")
	kill_everywhere "?renameat ?renameat2 unlinkat" leave_shared gc -- expect_both_go
	echo "killed at $points points" >&2
	((points > 30)) || fail "killed at $points points only"
}

test_killed_at_any_bpf_call_the_next_run_finishes_it()
{
	# The number of bpf calls grows with the programs of the whole machine.
	local n

	load v0 objects/xdp_pass.o >/dev/null
	untouched=$(snapshot "$BPFFS/v0")
	for ((n = 1; n < 400; n += 1 + n / 12)); do
		leave
		inject bpf signal=KILL "$n" gc
		[[ -n $injected ]] || break
		((++points))
		expect_all_or_nothing
	done
	echo "killed at $points points" >&2
	((points > 20)) || fail "killed at $points points only"
}

test_noting_killed_anywhere_leaves_a_whole_record()
{
	load v0 objects/xdp_pass.o >/dev/null
	untouched=$(snapshot "$BPFFS/v0")
	kill_everywhere "?symlinkat ?renameat ?unlinkat" leave_unnoted gc -- expect_note_or_none
	echo "killed at $points points" >&2
	((points > 6)) || fail "killed at $points points only"
}

leave_unnoted()
{
	rm -rf "$BPFFS/w0"
	left_by w0
}

expect_note_or_none()
{
	expect_status 0 gc
	noted "$BPFFS/w0" || fail "$(readlink "$BPFFS/w0/%meta")"
	[[ $(generation "$BPFFS/w0") == *[02468] ]] || fail "generation $(generation "$BPFFS/w0")"
	expect_no_stage
	expect_unchanged "$untouched" "$BPFFS/v0"
}

test_failing_anywhere_it_says_so_and_the_next_run_finishes_it()
{
	local fault call n

	load v0 objects/xdp_pass.o >/dev/null
	untouched=$(snapshot "$BPFFS/v0")
	# shellcheck disable=SC2086 # words
	for fault in $(each_errno $CHANGING_CALLS) flock:ENOLCK; do
		call=${fault%:*}
		for ((n = 1; ; n++)); do
			leave
			inject "$call" "error=${fault#*:}" "$n" gc
			[[ -n $injected ]] || break
			case $status in
			0) ;;
			2 | 3) [[ $errors == *"gc: cannot "* || $output == *"failed "* ]] || fail "$fault $n: $output$errors" ;;
			*) fail "$fault $n: status $status: $errors" ;;
			esac
			((++points))
			expect_all_or_nothing
		done
	done
	echo "failed at $points points" >&2
	((points > 30)) || fail "failed at $points points only"
}

test_failing_at_any_bpf_call_it_removes_nothing_too_much_and_the_next_run_finishes_it()
{
	# The number of bpf calls grows with the programs of the whole machine.
	local errno n

	load v0 objects/xdp_pass.o >/dev/null
	untouched=$(snapshot "$BPFFS/v0")
	for errno in $ERRNOS; do
		for ((n = 1; n < 400; n += 1 + n / 12)); do
			leave
			inject bpf "error=$errno" "$n" gc
			[[ -n $injected ]] || break
			((status == 0 || status == 2 || status == 3)) || fail "$errno $n: status $status: $errors"
			((++points))
			expect_all_or_nothing
		done
	done
	echo "failed at $points points" >&2
	((points > 80)) || fail "failed at $points points only"
}

test_several_at_once_remove_it_once()
{
	left_by w0
	left_by w1
	at_once gc --grace 0
	[[ $(cat "$TMPDIR"/once.* | grep -c '^removed directory ') == 2 ]] || fail "$(cat "$TMPDIR"/once.*)"
	! grep -v '^removed ' "$TMPDIR"/once.* | grep -q . || fail "$(cat "$TMPDIR"/once.*)"
	expect_no_stage
}

collect_forever()
{
	local stopped='' rounds=0

	trap 'stopped=yes' TERM
	until [[ -n $stopped ]]; do
		gc --grace 0 --old >>"$TMPDIR/collected" 2>&1 || [[ -n $stopped ]] || exit 1
		((++rounds))
	done
	echo "$rounds rounds" >>"$TMPDIR/collected"
	exit 0
}

# still_there IFNAME: what runs there has its pins.
still_there()
{
	[[ $(map_id "$BPFFS/$1/xdp_stats_map") == "$(prog_maps "$(prog_id "$1")")" ]] ||
		fail "$1: another map, or none: $(grep "/$1" "$TMPDIR/collected")"
}

test_beside_loaders_and_interfaces_that_come_and_go_nothing_in_use_is_removed()
{
	local pids i map end=$((SECONDS + 8)) rounds=0

	load v0 objects/xdp_pass.o >/dev/null
	map=$(map_id "$BPFFS/v0/xdp_stats_map")
	: >"$TMPDIR/collected"
	collect_forever &
	pids=$!
	collect_forever &
	pids+=" $!"
	while ((SECONDS < end || rounds < 4)); do
		make_veth w0 w1
		load w0 objects/xdp_pass.o >/dev/null 2>"$TMPDIR/errors" || fail "$(<"$TMPDIR/errors")"
		still_there w0
		link_xdp w1 objects/xdp_pass.o
		pin_maps w1 >/dev/null 2>"$TMPDIR/errors" || fail "$(<"$TMPDIR/errors")"
		still_there w1
		load w0 objects/xdp_drop.o >/dev/null 2>"$TMPDIR/errors" || fail "$(<"$TMPDIR/errors")"
		still_there w0
		load --link v0 objects/xdp_pass.o >/dev/null 2>&1 || load v0 objects/xdp_pass.o >/dev/null 2>&1
		still_there w1
		still_there v0
		ip link del dev w0
		ip link del dev w1
		((++rounds))
	done
	# shellcheck disable=SC2086 # two pids
	kill -TERM $pids
	for i in $pids; do
		wait "$i" || fail "gc failed: $(tail -n 5 "$TMPDIR/collected")"
	done
	expect_id "$BPFFS/v0/xdp_stats_map" "$map"
	! grep -q "directory $BPFFS/v0" "$TMPDIR/collected" || fail "$(grep "$BPFFS/v0" "$TMPDIR/collected")"
	! grep -q '^failed' "$TMPDIR/collected" || fail "$(grep '^failed' "$TMPDIR/collected")"
	grep -q "^removed directory $BPFFS/w[01]: " "$TMPDIR/collected" || fail "it never removed anything"
	expect_status 0 gc --grace 0
	[[ ! -e $BPFFS/w0 && ! -e $BPFFS/w1 ]] || fail "left over: $output"
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

test_what_has_no_counters_is_not_said_to_have_counted()
{
	local name=xdp_stats_map

	load v0 objects/xdp_pass.o >/dev/null
	bpftool map create "$BPFFS/v0/$name%old-7" type queue key 0 value 4 entries 4 name queue
	bpftool map create "$BPFFS/v0/$name%old-8" type hash key 4 value 8 entries 4 name hash
	bpftool map create "$BPFFS/v0/$name%old-9" type percpu_hash key 4 value 8 entries 4 name counts
	expect_status 0 gc --old --dry-run
	expect_decision "would remove" map "$BPFFS/v0/$name%old-7" "--old drops it, with what is in it"
	expect_decision "would remove" map "$BPFFS/v0/$name%old-8" \
		"--old drops it, with what is in it; if it counted, that is not added any more"
	expect_decision "would remove" map "$BPFFS/v0/$name%old-9" "what it counted is not added any more"
}
