# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# redirect: the stub beside what others have at the other end.

# shellcheck disable=SC2154 # $errors is set by run, in lib.sh

. tests/pins.sh
. tests/world.sh
. tests/redirect.sh

# xdp_at_w1: the mode and id of what is attached there.
xdp_at_w1() { in_other ip -d link show dev w1 | grep -o 'xdp[a-z]* .*prog/xdp.*id [0-9]*\|prog/xdp.* id [0-9]*'; }

test_no_stub_takes_the_place_of_a_program_in_skb_mode()
{
	local before id adopted

	make_ends
	load_both
	for adopted in no yes; do
		if [[ $adopted == yes ]]; then
			in_other ip link set dev w1 xdpgeneric obj objects/xdp_acl.o sec xdp
			pin_maps --netns other w1 >/dev/null
		else
			load --netns other --mode skb w1 objects/xdp_acl.o >/dev/null
		fi
		id=$(prog_id w1 other)
		before=$(xdp_at_w1)
		expect_status 2 redirect --with-stub v0 w0
		[[ $errors == "redirect: cannot redirect v0 to w0: its other end, w1, would drop the frames: it has neither a native XDP program nor GRO
  hint: no stub takes the place of program xdp_acl, id $id, which is there in skb mode: load that in native mode, in the network namespace of w1: load --mode native w1 OBJECT"* ]] ||
			fail "$errors"
		! gro_helps || [[ $errors == *"hint: or, in the network namespace of w1: ethtool -K w1 gro on" ]] ||
			fail "$errors"
		[[ $(xdp_at_w1) == "$before" ]] || fail "$before became $(xdp_at_w1)"
		expect_off v0
		# Without it, none is spoken of either.
		expect_status 2 redirect v0 w0
		[[ $errors != *--with-stub* && $errors == *"program xdp_acl, id $id"* ]] || fail "$errors"
		in_other ip link set dev w1 xdpgeneric off
	done
	load --netns other --mode native w1 objects/xdp_acl.o >/dev/null
	redirect --with-stub v0 w0 >/dev/null
	id=$(prog_id w1 other)
	redirect v0 off
	[[ $(prog_id w1 other) == "$id" ]] || fail "off took it"
}

test_no_stub_is_promised_where_the_other_end_cannot_be_looked_at()
{
	need capsh
	make_ends
	load_both
	expect_status 2 without_admin redirect --with-stub v0 w0 "$V1_MAC=$W1_MAC"
	[[ $errors == "redirect: cannot redirect v0 to w0: cannot look at its other end, which may need a stub: Operation not permitted
  hint: run as root, or with CAP_SYS_ADMIN" ]] || fail "$errors"
	expect_off v0
	expect_status 0 without_admin redirect v0 w0 "$V1_MAC=$W1_MAC"
	[[ $errors == "redirect: cannot tell whether w0 takes the frames of v0: cannot look at its other end: Operation not permitted
  hint: run as root, or with CAP_SYS_ADMIN" ]] || fail "$errors"
}

test_off_keeps_the_note_of_a_stub_that_it_cannot_look_at()
{
	local both

	need capsh
	make_ends
	load_both
	for both in "" --both; do
		# shellcheck disable=SC2086 # none, or one
		redirect $both --with-stub v0 w0 "$V1_MAC=$W1_MAC" >/dev/null
		expect_status 3 without_admin redirect v0 off
		[[ $errors == "redirect: cannot look at the other end of "[vw]"0, to take the stub off: Operation not permitted
  hint: run as root, or with CAP_SYS_ADMIN" ]] || fail "$errors"
		[[ $(redirect v0) == "v0 -> off" && $(prog_id w1 other) ]] || fail "$(redirect v0)"
		expect_status 0 redirect v0 off
		[[ -z $(prog_id w1 other) ]] || fail "a stub stays"
		[[ -z $both || -z $(prog_id v1 peer) ]] || fail "the stub of the way back stays"
		expect_off v0
		expect_off w0
	done
}

test_stations_that_only_a_look_at_the_other_end_finds_say_so()
{
	need capsh
	make_ends
	load_both
	take_redirected w1 in_other
	ip neigh flush dev v0 nud permanent
	expect_status 2 without_admin redirect v0 w0
	[[ $errors == "redirect: cannot find any station on v0
  hint: name one: "*"
  hint: or have the other end of v0 looked at:
  hint: run as root, or with CAP_SYS_ADMIN" ]] || fail "$errors"
}

test_what_load_hints_at_can_be_typed()
{
	local command typed dir

	make_ends
	load_both
	ip link add x0 type veth peer name x1
	ip link set dev x0 up
	load --netns other w1 objects/xdp_pass.o >/dev/null
	unload --netns other w1 >/dev/null
	load x1 objects/xdp_pass.o >/dev/null
	unload x1 >/dev/null
	for dir in "$BPFFS"/%ifbpf/ns/*/w1 "$BPFFS/x1"; do
		rm "$dir/%meta"
		ln -s damaged "$dir/%meta"
	done
	while IFS=: read -r command typed; do
		# shellcheck disable=SC2086 # words
		expect_status 2 $command --with-stub v0 w0 "$V1_MAC=$W1_MAC"
		[[ $errors == *" && $typed --netns other w1"$'\n'* ]] || fail "$command: $errors"
		# shellcheck disable=SC2086
		expect_status 2 $command --with-stub v0 x0 "$V1_MAC=$W1_MAC"
		[[ $errors == *" && $typed x1"$'\n'* ]] || fail "$command: $errors"
	done <<-commands
		redirect:pin_maps
		scripts/redirect:pinning/pin_maps
		scripts/ifbpf redirect:scripts/ifbpf pin
	commands
}
