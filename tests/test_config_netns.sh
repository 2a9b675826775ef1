# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # $errors is set by run, in lib.sh
# What a config tool tells to type names the namespace in which the interface was found.

test_hints_repeat_the_namespace()
{
	local tool

	for tool in acl ratelimit rewrite forward chain top; do
		expect_status 2 "$tool" --netns peer v1
		[[ $errors == *"hint: "*": load --netns peer v1 objects/xdp_"*.o* ]] || fail "$tool: $errors"
	done
	load --netns peer v1 objects/xdp_acl.o >/dev/null
	expect_status 1 acl --netns peer v1 load /dev/null
	[[ $errors == *"hint: to leave nothing: acl --netns peer v1 flush" ]] || fail "$errors"
	expect_status 2 ratelimit --netns=/run/netns/peer v1
	[[ $errors == *": load --netns /run/netns/peer v1 objects/xdp_ratelimit.o"* ]] || fail "$errors"
	in_peer ip link set dev v1 xdp off
	expect_status 0 acl --netns peer v1
	[[ $errors == *"hint: attach it: load --netns peer v1 objects/xdp_acl.o" ]] || fail "$errors"
	# What was typed there is meant there.
	expect_status 2 in_peer ratelimit v1
	[[ $errors == *": load v1 objects/xdp_ratelimit.o"* ]] || fail "$errors"
}
