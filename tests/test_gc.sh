# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# gc: it removes what is proved to be dead and ours, all of it and nothing else, and says why.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/gc.sh
. tests/faults.sh

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
	expect_decision kept directory "$BPFFS/w2" "its record cannot be read"
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

test_several_at_once_remove_it_once()
{
	left_by w0
	left_by w1
	at_once gc --grace 0
	[[ $(cat "$TMPDIR"/once.* | grep -c '^removed directory ') == 2 ]] || fail "$(cat "$TMPDIR"/once.*)"
	! grep -v '^removed ' "$TMPDIR"/once.* | grep -q . || fail "$(cat "$TMPDIR"/once.*)"
	expect_no_stage
}

# make_old WORD...: a map of that type as a replacement would leave it; sets $old, its pin.
make_old()
{
	bpftool map create "$BPFFS/v0/new" type "$@"
	old="$BPFFS/v0/xdp_stats_map%old-$(map_id "$BPFFS/v0/new")"
	mv "$BPFFS/v0/new" "$old"
}

test_what_has_no_counters_is_not_said_to_have_counted()
{
	local old queue hash

	load v0 objects/xdp_pass.o >/dev/null
	make_old queue key 0 value 4 entries 4 name queue
	queue=$old
	make_old hash key 4 value 8 entries 4 name hash
	hash=$old
	make_old percpu_hash key 4 value 8 entries 4 name counts
	expect_status 0 gc --old --dry-run
	expect_decision "would remove" map "$queue" "--old drops it, with what is in it"
	expect_decision "would remove" map "$hash" \
		"--old drops it, with what is in it; if it counted, that is not added any more"
	expect_decision "would remove" map "$old" "what it counted is not added any more"
}

test_a_map_of_another_id_is_no_old_one()
{
	local id old="$BPFFS/v0/other%old-7"

	load v0 objects/xdp_pass.o >/dev/null
	bpftool map create "$old" type hash key 4 value 16 entries 1 name other
	id=$(map_id "$old")
	expect_status 0 gc --old
	expect_decision kept map "$old" "it is map $id: no replacement left it under that name"
	expect_id "$old" "$id"
}
