# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # $errors is set by run, in lib.sh
# What acl finds in its maps is looked at before it is believed.
. tests/acl.sh

# expect_damage TEXT: each verb that builds on the rules says so, and changes nothing.
expect_damage()
{
	local verb

	for verb in list save "add 192.0.2.1" "del 10.7.0.1" "test 10.7.0.1"; do
		# shellcheck disable=SC2086 # words
		expect_status 2 timeout 20 acl v0 $verb
		[[ $errors == *"$1"*"hint: "*"acl v0 load FILE, or flush"* ]] || fail "$verb: $errors"
	done
}

# still_denied: the tables are as they were.
still_denied()
{
	local before

	before=$(dropped)
	udp 10.0.0.2 1000 2000
	[[ $(dropped) == $((before + 1)) ]] || fail "it passes"
}

test_rules_whose_map_is_another_are_not_dropped()
{
	local count

	for count in 3 30; do
		load v0 objects/xdp_acl.o >/dev/null
		{ echo 10.0.0.2; seq "$count" | sed 's/^/10.7.0./'; } | acl v0 load -
		rm "$BPFFS/v0/acl_rules"
		load --on-mismatch acl_rules=fresh v0 objects/xdp_acl.o >/dev/null
		expect_damage "number 1 of $((count + 1)) is no rule"
		still_denied
		# The lists have nothing to do with it; and whoever replaces all rules goes on.
		acl v0 add --list x 192.0.2.1
		[[ $(acl v0 list --list x) == 192.0.2.1 ]] || fail "$(acl v0 list --list x)"
		acl v0 flush --list x
		if ((count == 3)); then
			acl v0 flush
			expect_acl "policy pass"
		else
			echo 10.7.0.1 | acl v0 load -
			expect_acl "deny src 10.7.0.1" "policy pass"
		fi
		udp 10.0.0.2 1000 2000
	done
}

# put_rule HEX...: as the first rule that is in force.
put_rule()
{
	local bank

	bank=$(bpftool -j map dump pinned "$BPFFS/v0/acl_settings" | jq '.[0].formatted.value.generation % 2')
	bpftool map update pinned "$BPFFS/v0/acl_rules" key hex 00 "$((bank * 20))" 00 00 value hex "$@"
}

test_a_rule_that_is_none_is_not_believed()
{
	local i bytes rule at=([2]=09 [3]=07 [4]=00)
	local none=(00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00)

	load v0 objects/xdp_acl.o >/dev/null
	{ echo 10.0.0.2; seq 9 | sed 's/^/10.7.0./'; } | acl v0 load -
	read -ra bytes < <(bpftool -j map dump pinned "$BPFFS/v0/acl_rules" |
		jq -r '[.[] | select(.value[2] == "0x02")][0].value | join(" ") | gsub("0x"; "")')
	((${#bytes[@]} == 40)) || fail "${bytes[*]}"
	# Kind, verdict and direction; then a number that is none, and a range from its end.
	for i in 2 3 4; do
		rule=("${bytes[@]}")
		rule[i]=${at[i]}
		put_rule "${rule[@]}"
		expect_damage "number 1 of 10 is no rule"
	done
	put_rule ff ff "${bytes[@]:2}"
	expect_damage "number 1 of 10 is no rule"
	put_rule "${bytes[@]:0:8}" ff "${bytes[@]:9}"
	expect_damage "number 1 of 10 is no rule"
	# Ports of no protocol; an Ethernet address that is a range.
	put_rule "${bytes[@]:0:2}" 04 "${bytes[@]:3}"
	expect_damage "number 1 of 10 is no rule"
	put_rule "${bytes[@]:0:2}" 01 "${bytes[@]:3:5}" "${none[@]}" 01 "${none[@]:1}"
	expect_damage "number 1 of 10 is no rule"
	still_denied
	put_rule "${bytes[@]}"
	acl v0 add 192.0.2.1
	acl v0 flush
	expect_acl "policy pass"
}

# Without its pin a map is still what the program goes by: nothing may be said as if it were empty.
test_lists_of_which_a_pin_is_missing_are_not_taken_for_none()
{
	local map verb

	load v0 objects/xdp_acl.o >/dev/null
	acl v0 add --list x 10.0.0.2
	for map in acl_lists acl_tops4 acl_sets6 acl_list_hits; do
		rm "$BPFFS/v0/$map"
		for verb in list save "add 192.0.2.1" "test 10.0.0.2"; do
			# shellcheck disable=SC2086 # words
			expect_status 2 acl v0 $verb
			[[ -z $output ]] || fail "$map, $verb: it answers $output"
			[[ $errors == *"cannot find map '$map' of v0"*"of program xdp_acl "*"is not pinned"*"hint: pin it: "*"pin_maps v0"* ]] ||
				fail "$map, $verb: $errors"
		done
		# What it advises mends it.
		pin_maps v0 >/dev/null
		[[ $(acl v0 list --list x) == 10.0.0.2 ]] || fail "$map: $(acl v0 list --list x)"
	done
}
