# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load --shared --on-mismatch migrate on one hook of interfaces whose other hooks have sets of their own.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh
. tests/faults.sh
. tests/carry.sh

# rule PIN KEY: put that into a list of carry2.
rule() { bpftool map update pinned "$BPFFS/$1" key "$2" 0 0 0 value 1 0 0 0 0 0 0 0 9 0 0 0 0 0 0 0; }

# keys PIN: of its rules, one a line.
keys() { rules_of "$BPFFS/$1" | cut -d ' ' -f 1; }

# follow HOOK [OPTION...]: v0 and h1 get one set on that hook.
follow()
{
	local object=tc_carry2.o

	[[ $1 != xdp ]] || object=carry2.o
	run load --shared --on-mismatch migrate "${@:2}" --hook "$1" v0 h1 "$BUILT/$object"
}

# expect_followed HOOK KEYS [OPTION...]: and then have one list, of these rules, for all hooks.
expect_followed()
{
	local ifname map

	follow "$1" "${@:3}"
	((status == 0)) || fail "status $status: $errors"
	for ifname in v0 h1; do
		for map in deny_list frames_seen; do
			expect_id "$BPFFS/$ifname/$map" "$(map_id "$BPFFS/v0/$map")"
			[[ $1 != tc_egress || -L $BPFFS/$ifname/%egress/$map ]] || fail "$ifname: $(ls -l "$BPFFS/$ifname/%egress")"
		done
		[[ -z $(old_maps "$BPFFS/$ifname") ]] || fail "$ifname has $(old_maps "$BPFFS/$ifname"): $errors"
	done
	[[ $(keys h1/deny_list) == "$2" ]] || fail "rules: $(keys h1/deny_list)"
	expect_no_stage
}

# The set of h1 is that of its XDP program as well, so that v0 alone can follow.
test_sets_that_are_apart_on_another_hook_come_together_by_the_hint()
{
	local hook dry

	make_veth h1
	for hook in tc_ingress tc_egress; do
		unload --all --purge v0 >/dev/null 2>&1 || true
		unload --all --purge h1 >/dev/null 2>&1 || true
		load v0 "$BUILT/carry2.o" >/dev/null
		load h1 "$BUILT/carry2.o" >/dev/null
		rule v0/deny_list 4
		rule h1/deny_list 5
		for dry in --dry-run --verbose; do
			follow "$hook" $dry
			[[ $status == 3 && $errors == *"which goes first, with all that are to share: load --shared "*\
"--on-mismatch migrate --hook xdp v0 h1 OBJECT"* ]] || fail "$hook: status $status: $errors"
		done
		# What is refused brings no rule to the other one.
		[[ $errors == *"map 'deny_list': what map $(map_id "$BPFFS/h1/deny_list") has is not added, since h1 was refused"* ]] ||
			fail "it says: $errors"
		[[ $(keys v0/deny_list) == 4 && $(keys h1/deny_list) == 5 ]] || fail "v0 has $(keys v0/deny_list)"
		expect_followed xdp $'4\n5'
		expect_followed "$hook" $'4\n5'
	done
}

# begin_apart: the egress program of v0 has maps of its own; so have the XDP programs, each its own.
begin_apart()
{
	make_veth h1
	load --hook tc_egress v0 "$BUILT/tc_carry2.o" >/dev/null
	load --on-mismatch fresh v0 "$BUILT/carry1.o" >/dev/null 2>&1
	load --on-mismatch fresh v0 "$BUILT/carry2.o" >/dev/null 2>&1
	gc --old >/dev/null
	load h1 "$BUILT/carry2.o" >/dev/null
	rule v0/deny_list 4
	rule h1/deny_list 5
}

test_an_egress_program_with_maps_of_its_own_is_told_how_all_get_one_set()
{
	local words="--on-mismatch deny_list=migrate --on-mismatch frames_seen=migrate"

	begin_apart
	rule v0/%egress/deny_list 6
	follow tc_egress
	[[ $status == 3 && $errors == *"--on-mismatch migrate --hook xdp v0 h1 OBJECT"* ]] || fail "status $status: $errors"
	[[ $(keys v0/%egress/deny_list) == 6 ]] || fail "it got $(keys v0/%egress/deny_list)"
	follow xdp
	((status == 0)) || fail "status $status: $errors"
	follow tc_egress
	[[ $status == 3 && $errors == *"whose tc_egress program has one of its own: have that go on with this one, by the same command with $words"* ]] ||
		fail "status $status: $errors"
	# The XDP program has what tools edit.
	[[ $errors != *"on xdp before it follows"* ]] || fail "it says: $errors"
	# shellcheck disable=SC2086 # words
	expect_followed tc_egress $'4\n5\n6' $words
}

test_egress_programs_join_again_after_all_went_half_an_upgrade_and_back()
{
	local hook object

	make_veth h1
	for hook in xdp tc_egress; do
		object=carry1.o
		[[ $hook == xdp ]] || object=tc_carry1.o
		load --shared --hook "$hook" v0 h1 "$BUILT/$object" >/dev/null
	done
	bpftool map update pinned "$BPFFS/v0/deny_list" key 4 0 0 0 value 0 0 0 0 9 0 0 0
	for object in carry2.o carry1.o; do
		expect_status 0 load --shared --on-mismatch migrate --hook xdp v0 h1 "$BUILT/$object"
		[[ $errors == *"not in force on tc_egress before all of them follow: load --shared --on-mismatch migrate --hook tc_egress v0 h1 OBJECT"* ]] ||
			fail "$object: it says: $errors"
	done
	bpftool map update pinned "$BPFFS/v0/deny_list" key 5 0 0 0 value 0 0 0 0 9 0 0 0
	expect_status 0 load --shared --on-mismatch migrate --hook tc_egress v0 h1 "$BUILT/tc_carry1.o"
	for hook in v0 h1; do
		[[ -L $BPFFS/$hook/%egress/deny_list && -L $BPFFS/$hook/%egress/frames_seen ]] ||
			fail "$(ls -l "$BPFFS/$hook/%egress"): $errors"
		[[ $(keys "$hook/deny_list") == $'4\n5' ]] || fail "$hook: $(keys "$hook/deny_list")"
	done
}

test_a_program_of_several_that_does_not_follow_is_named_once_and_others_with_their_interface()
{
	local map hook

	make_veth h1 h2
	load --shared v0 h1 h2 "$BUILT/carry1.o" >/dev/null
	for hook in tc_ingress tc_egress; do
		load --shared --hook "$hook" v0 h1 h2 "$BUILT/tc_carry1.o" >/dev/null
	done
	expect_status 0 load --shared --on-mismatch migrate v0 h1 h2 "$BUILT/carry2.o"
	for map in deny_list frames_seen; do
		for hook in tc_ingress tc_egress; do
			[[ $(grep -c "map '$map': program .* on $hook .*goes on with" <<<"$errors") == 1 ]] || fail "$map, $hook: $errors"
		done
		[[ $errors != *"map '$map': program "*" goes on with the old one as well"* ]] || fail "it says: $errors"
	done
	# Each with a program of its own, and the maps of all.
	unload --all --purge v0 >/dev/null
	unload --all --purge h1 >/dev/null
	unload --all --purge h2 >/dev/null
	load --shared v0 h1 "$BUILT/carry1.o" >/dev/null
	load --hook tc_ingress v0 "$BUILT/tc_carry1.o" >/dev/null 2>&1
	load --hook tc_ingress h1 "$BUILT/tc_carry1.o" >/dev/null 2>&1
	expect_status 0 load --shared --on-mismatch migrate v0 h1 "$BUILT/carry2.o"
	[[ $errors == *"map 'deny_list': program "*" on tc_ingress of h1 goes on with the old one"$'\n'* ]] || fail "it says: $errors"
	[[ $(grep -c "map 'deny_list': program .* on tc_ingress .*goes on with" <<<"$errors") == 2 ]] || fail "it says: $errors"
}

# Another one edits, by its flat name, what the hook that follows goes by.
test_what_another_member_added_is_not_left_without_a_word()
{
	local old hook

	make_veth h1 h2
	for hook in tc_ingress tc_egress; do
		load --shared --hook "$hook" v0 h1 "$BUILT/tc_carry1.o" >/dev/null
	done
	old=$(map_id "$BPFFS/v0/deny_list")
	load --hook tc_ingress --on-mismatch migrate v0 "$BUILT/tc_carry2.o" >/dev/null 2>&1
	bpftool map update pinned "$BPFFS/h1/deny_list" key 4 0 0 0 value 1 0 0 0 5 0 0 0
	expect_status 3 load --hook tc_egress --on-mismatch migrate v0 "$BUILT/tc_carry2.o"
	[[ $errors == *"1 entry of map $old, which came over before, is not in the one in place: added"*"look at it: "* ]] ||
		fail "it says: $errors"
}

# begin_egress_apart: both have an egress program with maps of its own; of v0 no program uses the flat ones.
begin_egress_apart()
{
	local ifname

	make_veth h1
	for ifname in h1 v0; do
		load "$ifname" "$BUILT/carry1.o" >/dev/null
		load --hook tc_egress --on-mismatch fresh "$ifname" "$BUILT/tc_carry2.o" >/dev/null 2>&1
	done
	rule v0/%egress/deny_list 8
	unload --hook xdp v0 >/dev/null
}

# expect_egress_follows STATE: v0 has in %egress/ what its program uses, and the old list beside it.
expect_egress_follows()
{
	expect_status 0 load_state v0 tc_egress
	expect_status 0 load_state h1 tc_egress
	expect_id "$BPFFS/v0/%egress/deny_list" "$(map_id "$BPFFS/h1/%egress/deny_list")"
	[[ $(old_maps "$BPFFS/v0/%egress") == "$1" ]] || fail "$(old_maps "$BPFFS/v0/%egress")"
}

test_an_egress_program_gets_a_shared_set_beside_flat_maps_that_nobody_uses()
{
	local old counts

	begin_egress_apart
	old=$(map_id "$BPFFS/v0/%egress/deny_list") counts=$(map_id "$BPFFS/v0/%egress/frames_seen")
	expect_status 0 load --hook tc_egress --on-mismatch fresh --shared h1 v0 "$BUILT/tc_carry2.o"
	expect_egress_follows "deny_list%old-$old"$'\n'"frames_seen%old-$counts"
}

test_what_an_egress_program_has_beside_flat_maps_that_nobody_uses_comes_to_the_others()
{
	begin_egress_apart
	expect_status 0 load --hook tc_egress --on-mismatch migrate --shared h1 v0 "$BUILT/tc_carry2.o"
	expect_egress_follows ""
	[[ $(keys h1/%egress/deny_list) == 8 ]] || fail "rules: $(keys h1/%egress/deny_list)"
}

# begin_goes_by_old HOOK: XDP of h1 began anew, with what it shares with v0; that hook goes by the old list.
begin_goes_by_old()
{
	make_veth h1
	load v0 "$BUILT/carry2.o" >/dev/null
	load h1 "$BUILT/carry1.o" >/dev/null
	load --hook "$1" h1 "$BUILT/tc_carry1.o" >/dev/null
	[[ $1 != tc_ingress || $# == 1 ]] || load --hook tc_egress h1 "$BUILT/tc_carry1.o" >/dev/null
	bpftool map update pinned "$BPFFS/h1/deny_list" key 3 0 0 0 value 0 0 0 0 9 0 0 0
	load --on-mismatch fresh h1 "$BUILT/carry2.o" >/dev/null 2>&1
	load --shared --on-mismatch migrate --hook xdp v0 h1 "$BUILT/carry2.o" >/dev/null 2>&1
}

test_a_list_that_a_member_goes_by_comes_whichever_is_first()
{
	local hook members

	for hook in tc_ingress tc_egress; do
		for members in "v0 h1" "h1 v0"; do
			begin_goes_by_old "$hook"
			# shellcheck disable=SC2086 # words
			expect_status 0 load --shared --on-mismatch migrate --hook "$hook" $members "$BUILT/tc_carry2.o"
			[[ $(keys v0/deny_list) == 3 ]] || fail "$hook, $members: $(keys v0/deny_list): $errors"
			expect_id "$BPFFS/h1/deny_list" "$(map_id "$BPFFS/v0/deny_list")"
			expect_status 0 load_state h1 "$hook"
			[[ -z $(old_maps "$BPFFS/h1")$(old_maps "$BPFFS/h1/%egress") ]] ||
				fail "$hook, $members: $(old_maps "$BPFFS/h1") $(old_maps "$BPFFS/h1/%egress"): $errors"
			unload --all --purge v0 >/dev/null
			unload --all --purge h1 >/dev/null
			ip link del h1
			gc --old >/dev/null
		done
	done
}

test_a_list_that_the_egress_program_of_a_member_has_as_well_comes_too()
{
	begin_goes_by_old tc_ingress and_egress
	expect_status 0 load --shared --on-mismatch migrate --hook tc_ingress v0 h1 "$BUILT/tc_carry2.o"
	[[ $(keys v0/deny_list) == 3 ]] || fail "$(keys v0/deny_list): $errors"
	expect_status 0 load_state h1 tc_ingress
	expect_status 0 load_state h1 tc_egress
}

# It is left on a hook of the one, and in place on the other.
test_an_old_map_that_two_members_have_in_different_places_comes_once()
{
	local dry

	make_veth h1
	load --shared v0 h1 "$BUILT/carry2.o" >/dev/null
	load --shared --hook tc_ingress v0 h1 "$BUILT/tc_carry2.o" >/dev/null
	rule v0/deny_list 1
	load --on-mismatch migrate v0 "$BUILT/carry1.o" >/dev/null 2>&1
	load --on-mismatch migrate v0 "$BUILT/carry2.o" >/dev/null 2>&1
	for dry in --dry-run --verbose; do
		follow tc_ingress $dry
		[[ $status == 3 && $errors == *"which goes first, with all that are to share: load --shared "*\
"--on-mismatch migrate --hook xdp v0 h1 OBJECT"* ]] || fail "$dry: status $status: $errors"
	done
	# The tc program goes on with the old one.
	follow xdp
	((status == 0)) || fail "status $status: $errors"
	expect_followed tc_ingress 1
}
