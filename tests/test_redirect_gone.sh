# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# redirect: off where one of the interfaces is gone or has moved to another network namespace.

# shellcheck disable=SC2154 # $output and $errors are set by run, in lib.sh

. tests/pins.sh
. tests/world.sh
. tests/redirect.sh

# redirect_with_stubs [OPTION...]: from v0 to w0.
redirect_with_stubs()
{
	make_ends
	load_both
	ip netns add third
	redirect "$@" --with-stub v0 w0 "$V1_MAC=$W1_MAC" >/dev/null
}

# type_hint: what the hint in $errors says switches it off where it is.
type_hint() { bash -c "$(sed -n 's/^  hint: it is now .* then switch it off: //p' <<<"$errors")" >/dev/null; }

test_the_stub_beyond_a_veth_that_moved_goes_with_off()
{
	need capsh
	redirect_with_stubs
	ip link set dev w0 netns third
	# Who may not look keeps the note.
	expect_status 3 without_admin redirect v0 off
	[[ $errors == "redirect: cannot look for the stub, program id $(prog_id w1 other), to take it off: Operation not permitted
  hint: run as root, or with CAP_SYS_ADMIN" ]] || fail "$errors"
	expect_status 0 redirect v0 off
	[[ -z $errors && -z $(prog_id w1 other) ]] || fail "the stub stays: $errors"
	expect_off v0
}

# unload takes it for nobody's until the directory of w1 has followed.
test_a_stub_that_moved_goes_with_off_once_its_directory_followed()
{
	redirect_with_stubs
	ip -n other link set dev w1 netns third
	[[ $(prog_id w1 third) ]] || fail "it lost its stub"
	expect_status 3 redirect v0 off
	[[ $errors == *"hint: adopt it first: pin_maps --netns third w1; or "* && $(prog_id w1 third) ]] ||
		fail "$errors"
	pin_maps --netns third w1 >/dev/null
	expect_status 0 redirect v0 off
	[[ -z $errors && -z $(prog_id w1 third) ]] || fail "the stub stays: $errors"
	expect_off v0
}

test_the_other_direction_goes_also_if_its_interface_is_gone()
{
	redirect_with_stubs --both
	[[ $(prog_id v1 peer) ]] || fail "no stub"
	ip link del w0
	expect_status 0 redirect v0 off
	[[ -z $errors && -z $(prog_id v1 peer) ]] || fail "the stub stays: $errors"
	expect_off v0
	expect_empty w0
}

test_an_interface_that_is_gone_is_switched_off_by_its_name()
{
	redirect_with_stubs --both
	ip link del v0
	expect_status 0 redirect -j v0 off
	[[ -z $errors && $output == *'"ifname":"v0"'*'"verb":"off","status":0,"on":false'* ]] ||
		fail "$output $errors"
	[[ -z $(prog_id w1 other) ]] || fail "the stub stays"
	expect_empty v0
	expect_off w0
	gc --grace 0 >/dev/null
	expect_status 2 redirect v0 off
	[[ $errors == "redirect: cannot find interface v0: "* ]] || fail "$errors"
}

test_an_interface_that_moved_is_not_taken_for_gone()
{
	redirect_with_stubs --both
	ip link set dev w0 netns third
	expect_status 3 redirect v0 off
	[[ $errors == "redirect: w0 -> v0 stays: w0 is elsewhere
  hint: it is now w0 in network namespace third; take its directory there, then switch it off: pin_maps --netns third w0 && redirect --netns third w0 off" ]] ||
		fail "$errors"
	expect_off v0
	[[ $(prog_id v1 peer) && -z $(prog_id w1 other) ]] || fail "not the stubs that are needed"
	expect_status 2 redirect w0 off
	[[ $errors == "redirect: cannot switch off w0: no interface is called so here any more
  hint: it is now w0 in network namespace third; "* ]] || fail "$errors"
	type_hint
	[[ -z $(prog_id v1 peer) ]] || fail "the stub stays"
	expect_status 0 redirect --netns third w0
	[[ $output == "w0 -> off" ]] || fail "$output"
}
