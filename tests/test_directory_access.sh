# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Directories of others, and what stands in the place of ours; who may read the pins in ours.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/directory.sh
. tests/faults.sh

test_a_directory_that_others_may_write_in_is_made_roots_again()
{
	local mode

	load v0 objects/xdp_pass.o >/dev/null
	for mode in 777 730 702; do
		chmod "$mode" "$BPFFS/v0"
		run doctor v0
		[[ $output == *"problem  others than root may write in its directory of pins"* ]] || fail "$mode: it says: $output"
		expect_status 0 load --dry-run v0 objects/xdp_drop.o
		[[ $errors == *"could write in $BPFFS/v0 (mode 0$mode): that would end"* ]] || fail "$mode: it says: $errors"
		[[ $(stat -c %a "$BPFFS/v0") == "$mode" ]] || fail "a dry run changed it"
		expect_status 0 load v0 objects/xdp_pass.o
		[[ $errors == *"could write in $BPFFS/v0 (mode 0$mode): that ends"*"hint: see that its pins "*"status v0"* ]] ||
			fail "$mode: it says: $errors"
		(($(stat -c 0%a "$BPFFS/v0") & 022)) && fail "$mode: $(stat -c %a "$BPFFS/v0")"
	done
	run doctor v0
	[[ $output != *"others than root may write"* ]] || fail "it says: $output"
	expect_status 0 load v0 objects/xdp_pass.o
	[[ $errors != *"could write"* ]] || fail "it says: $errors"
}

test_a_directory_of_root_without_a_record_is_adopted()
{
	mkdir -m 755 "$BPFFS/v0"
	link_xdp v0 objects/xdp_pass.o
	expect_status 0 pin_maps v0
	[[ $errors == "pin_maps: adopted $BPFFS/v0, which had no record"* ]] || fail "it says: $errors"
	[[ $(stat -c %a "$BPFFS/v0") == 700 ]] || fail "mode $(stat -c %a "$BPFFS/v0")"
	expect_status 0 pin_maps v0
	[[ -z $errors ]] || fail "it says so again: $errors"
}

test_a_directory_of_somebody_else_is_refused()
{
	local before

	ready
	as_user mkdir "$BPFFS/v0"
	before=$(snapshot)
	expect_refusal "cannot use $BPFFS/v0, a directory that belongs to uid $NOBODY" "$before" \
		pin_maps v0
}

test_a_symlink_in_place_of_a_directory_is_refused()
{
	local before

	ready
	as_user ln -s "$BPFFS/w0" "$BPFFS/v0"
	before=$(snapshot)
	expect_refusal "cannot use $BPFFS/v0, a symlink made by uid $NOBODY" "$before" pin_maps v0
	rm "$BPFFS/v0"
	ln -s w0 "$BPFFS/v0"
	before=$(snapshot)
	expect_refusal "cannot use $BPFFS/v0, a symlink made by uid 0" "$before" pin_maps v0
}

test_a_pin_in_place_of_a_directory_is_refused()
{
	local before

	ready
	bpftool prog pin id "$(prog_id v0)" "$BPFFS/v0"
	before=$(snapshot)
	expect_refusal "cannot use $BPFFS/v0, which is no directory" "$before" pin_maps v0
}

# Else it would be seen after the switch only, and no run could end that.
test_a_directory_where_a_pin_belongs_is_refused_before_anything_is_changed()
{
	local before how place

	load v0 "$BUILT/carry1.o" >/dev/null
	mkdir -p "$BPFFS/v0/%links" "$BPFFS/v0/%carry"
	for place in %progs/xdp/carry2 %links/xdp "%carry/$(map_id "$BPFFS/v0/deny_list")"; do
		mkdir "$BPFFS/v0/$place"
		before=$(snapshot)$(prog_id v0)
		for how in --dry-run --no-attach --link --netlink; do
			expect_status 2 load "$how" --on-mismatch migrate v0 "$BUILT/carry2.o"
			[[ $errors == *"cannot use $BPFFS/v0/$place: a directory is where"*"  hint: "*"rmdir '$BPFFS/v0/$place'"* ]] ||
				fail "$how: it says: $errors"
			[[ $(snapshot)$(prog_id v0) == "$before" ]] || fail "$how: it changed"
		done
		expect_status 2 pin_maps v0
		rmdir "$BPFFS/v0/$place"
	done
	expect_status 0 load --link --on-mismatch migrate v0 "$BUILT/carry2.o"
}

make_in_the_way() { mkdir "$BPFFS/v0/%progs/xdp/xdp_drop"; }

test_a_directory_that_came_meanwhile_is_named_and_the_next_run_goes_on_without_it()
{
	local at

	load v0 objects/xdp_pass.o >/dev/null
	at=$(switches_at sendto RTM_SETLINK load v0 objects/xdp_drop.o)
	load v0 objects/xdp_pass.o >/dev/null
	between_calls sendto "$at" make_in_the_way load v0 objects/xdp_drop.o
	((status == 3)) && [[ $errors == *"where xdp_drop is to be pinned is a directory"* ]] ||
		fail "status $status: $errors"
	expect_fail "where xdp_drop is to be pinned is a directory" load v0 objects/xdp_drop.o
	rmdir "$BPFFS/v0/%progs/xdp/xdp_drop"
	expect_status 0 load v0 objects/xdp_drop.o
	[[ $(load_state v0 xdp) == *" xdp_drop" ]] || fail "$(load_state v0 xdp)"
	expect_no_stage
}

test_our_own_directory_squatted_is_refused()
{
	local before

	link_xdp v0 objects/xdp_pass.o
	as_user mkdir "$BPFFS/%ifbpf"
	before=$(snapshot)
	expect_refusal "cannot use $BPFFS/%ifbpf, a directory that belongs to uid $NOBODY" "$before" \
		pin_maps v0
	rmdir "$BPFFS/%ifbpf"
	as_user mkdir /run/tmp/elsewhere
	as_user ln -s /run/tmp/elsewhere "$BPFFS/%ifbpf"
	before=$(snapshot)
	expect_refusal "cannot use $BPFFS/%ifbpf, a symlink made by uid $NOBODY" "$before" pin_maps v0
	[[ -z $(ls -A /run/tmp/elsewhere) ]] || fail "it wrote through the symlink"
}

test_a_squatted_egress_directory_is_refused()
{
	local before

	ready
	mkdir -m 777 "$BPFFS/v0"
	as_user mkdir "$BPFFS/v0/%egress"
	link_tc v0 egress objects/tc_pass.o
	expect_status 2 pin_maps v0
	[[ $errors == *"cannot "*" $BPFFS/v0"*"%egress"* ]] || fail "it says: $errors"
	[[ -z $(find "$BPFFS/v0/%egress" -mindepth 1) ]] || fail "pinned for somebody else"
	expect_status 0 pin_maps w0
}

test_pins_are_roots_alone_under_any_umask()
{
	local path

	link_xdp v0 objects/xdp_pass.o
	link_tc v0 egress objects/tc_pass.o
	(umask 0 && pin_maps v0 >/dev/null)
	for path in v0 v0/%egress %ifbpf/lock %ifbpf/stage; do
		[[ $(stat -c %a "$BPFFS/$path") == 700 ]] || fail "$path: $(stat -c %a "$BPFFS/$path")"
	done
	for path in %ifbpf %ifbpf/ns; do
		[[ $(stat -c %a "$BPFFS/$path") == 711 ]] || fail "$path: $(stat -c %a "$BPFFS/$path")"
	done
	for path in xdp_stats_map %egress/tc_stats_map; do
		[[ $(stat -c %a "$BPFFS/v0/$path") == 600 ]] || fail "$path: $(stat -c %a "$BPFFS/v0/$path")"
	done
}

test_a_root_of_0700_is_good_enough_for_root()
{
	chmod 0700 "$BPFFS"
	link_xdp v0 objects/xdp_pass.o
	expect_own_map_at_home
	expect_status 2 as_user "$PWD/build/tests/reader" list v0
	[[ $errors == *"cannot "* ]] || fail "it says: $errors"
}

test_a_group_may_read_the_maps_and_nobody_else()
{
	local path

	chmod 0711 "$BPFFS"
	link_xdp v0 "$BUILT/hooks.o"
	link_tc v0 egress objects/tc_pass.o
	expect_status 0 pin_maps --group $NOBODY v0
	send 4
	expect_status 0 as_user "$PWD/build/tests/reader" list v0
	[[ $output == *$'\n'"flows $(map_id "$BPFFS/v0/flows") 4"* &&
		$output == *$'\n'"%egress/tc_stats_map $(map_id "$BPFFS/v0/%egress/tc_stats_map") "* ]] ||
		fail "the group reads: $output"
	for path in v0 v0/%egress; do
		[[ $(stat -c '%a %u %g' "$BPFFS/$path") == "750 0 $NOBODY" ]] ||
			fail "$path: $(stat -c '%a %u %g' "$BPFFS/$path")"
	done
	for path in flows %egress/tc_stats_map; do
		[[ $(stat -c '%a %u %g' "$BPFFS/v0/$path") == "440 0 $NOBODY" ]] ||
			fail "$path: $(stat -c '%a %u %g' "$BPFFS/v0/$path")"
	done
	expect_fail "Permission denied" setpriv --reuid 12345 --regid 12345 --clear-groups \
		--inh-caps -all --bounding-set -all "$PWD/build/tests/reader" list v0
	run as_user bpftool map update pinned "$BPFFS/v0/flows" key 0 0 0 0 value 0 0 0 0 0 0 0 0
	[[ $status != 0 && $errors == *"Permission denied"* ]] || fail "the group writes: $errors"
}

test_a_group_stays_let_in_when_the_maps_are_replaced()
{
	chmod 0711 "$BPFFS"
	link_xdp v0 objects/xdp_pass.o
	pin_maps --group nogroup v0 >/dev/null
	ip -force link set dev v0 xdpgeneric obj objects/xdp_drop.o sec xdp
	pin_maps v0 >/dev/null
	expect_status 0 as_user "$PWD/build/tests/reader" list v0
	[[ $(grep -c '^xdp_stats_map' <<<"$output") == 2 ]] || fail "the group reads: $output"
}

test_a_group_is_refused_where_it_could_write()
{
	local before

	ready
	before=$(snapshot)
	expect_refusal "cannot let group $NOBODY read: others than root can write $BPFFS, " "$before" \
		pin_maps --group $NOBODY v0
	[[ $errors == *"hint: "*"chmod 0711 '$BPFFS'"* ]] || fail "no way out: $errors"
	chmod 0711 "$BPFFS"
	mkdir "$BPFFS/shared"
	chmod 0770 "$BPFFS/shared"
	chgrp $NOBODY "$BPFFS/shared"
	before=$(snapshot)
	expect_refusal "cannot let group $NOBODY read: others than root can write $BPFFS/shared, " "$before" \
		pin_maps --group $NOBODY v0
}

test_a_group_is_refused_that_cannot_pass_the_root()
{
	local before

	ready
	chmod 0700 "$BPFFS"
	before=$(snapshot)
	expect_refusal "cannot let group $NOBODY read: it cannot enter $BPFFS (mode 0700)" "$before" \
		pin_maps --group $NOBODY v0
	[[ $errors == *"chmod 0711 '$BPFFS'"* ]] || fail "no way out: $errors"
}

test_a_group_that_is_not_there_is_named()
{
	local before

	ready
	chmod 0711 "$BPFFS"
	before=$(snapshot)
	expect_refusal "cannot find group nope" "$before" pin_maps --group nope v0
	expect_refusal "cannot find group -1" "$before" pin_maps --group -1 v0
	expect_refusal "cannot find group 4294967297" "$before" pin_maps --group 4294967297 v0
	expect_refusal "cannot find group nope" "$before" pin_maps --dry-run --group nope v0
}
