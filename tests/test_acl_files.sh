# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # $errors is set by run, in lib.sh
# What acl makes of files that others wrote: nothing is taken for less than was meant.
. tests/acl.sh

# from_file STATUS TEXT COMMAND...: with a file of this text in place of FILE.
from_file()
{
	local wanted=$1 file=$TMPDIR/file

	printf '%b' "$2" >"$file"
	shift 2
	expect_status "$wanted" "${@/#FILE/$file}"
}

# A part of them would load, and lack the addresses.
test_nothing_is_saved_of_lists_that_cannot_be_read()
{
	need capsh
	load v0 objects/xdp_acl.o >/dev/null
	acl v0 add 10.0.0.9
	acl v0 add --list x 10.0.0.0/8
	expect_status 2 capsh --drop=cap_sys_admin -- -c "acl v0 save"
	[[ -z $output && $errors == *"run as root, or with CAP_SYS_ADMIN: maps are opened by id" ]] ||
		fail "$output $errors"
}

test_a_file_that_failed_in_part_changes_nothing()
{
	local text keep before

	load v0 objects/xdp_acl.o >/dev/null
	acl v0 add 10.0.0.9
	acl v0 add --list x 10.0.0.0/8
	before=$(acl v0 save)
	for text in 'list x deny\n<html>\n404\n' 'list x\n' 'policy drop\n' 'policy drop\nlist x\n' \
		'192.0.2.1\nlist x\n' '192.0.2.1\nlist x\n404\n' 'policy drop\n404\n' \
		'404\nlist x\n192.0.2.1\n' 'policy sideways\nlist x\n192.0.2.1\n' \
		'192.0.2.1\nlist y\n404\nlist x\n192.0.2.1\n404\n'; do
		for keep in "" -k; do
			# shellcheck disable=SC2086 # an option or none
			from_file 1 "$text" acl v0 load $keep FILE
			[[ $(acl v0 save) == "$before" ]] || fail "$text: $(acl v0 save)"
			[[ $errors == *"nothing is changed: "*"hint: "* ]] || fail "$text: $errors"
		done
	done
	# But what has nothing to lose may be empty, and so may a list that already is.
	from_file 3 '192.0.2.1\n404\nlist y\nlist x\n192.0.2.1\n404\n' acl v0 load -k FILE
	expect_acl "deny src 192.0.2.1" "deny src list x 1 IPv4 addresses 0 IPv6 prefixes" \
		"deny src list y 0 IPv4 addresses 0 IPv6 prefixes" "policy pass"
	acl v0 save | acl v0 load -
	acl v0 flush
	from_file 0 'policy drop\nlist y\n' acl v0 load FILE
	expect_acl "deny src list x 1 IPv4 addresses 0 IPv6 prefixes" \
		"deny src list y 0 IPv4 addresses 0 IPv6 prefixes" "policy drop"
}

test_what_could_be_a_range_or_a_prefix_is_not_taken_for_one_address()
{
	local line

	load v0 objects/xdp_acl.o >/dev/null
	for line in '10.0.0.1 -10.0.0.4' '10.0.0.1- 10.0.0.4' '10.0.0.1 -4' '10.0.0.1 - 4' \
		'192.0.2.0 /24' '192.0.2.0 / 24' '192.0.2.0 0xffffff00' '192.0.2.0 255.255.255.0' \
		'192.0.2.0 netmask 255.255.255.0' '192.0.2.1 \0342\0200\0223 192.0.2.4' \
		'192.0.2.1 \0342\0200\0224192.0.2.4' '192.0.2.0 to 192.0.2.9' '192.0.2.0 TO 192.0.2.9' \
		'192.0.2.0 -> 192.0.2.9' '192.0.2.0 .. 192.0.2.9' '192.0.2.0 ..192.0.2.9' \
		'192.0.2.0 : 192.0.2.9' '192.0.2.1 192.0.2.2-192.0.2.1' '192.0.2.1 192.0.2.2/33' \
		'192.0.2.1 192.0.2.9.' '192.0.2.1|192.0.2.9' '"192.0.2.1","192.0.2.9"' '192.0.2.1 -' \
		'192.0.2.0 192.0.2.255 25' '192.0.2.0 192.0.2.254 24' '2001:db8:: - 2001:db8::/32' \
		'2001:db8::1 -> 2001:db8::9' '2001:db8::1 2001:db8::9' '192.0.2.1 - 2001:db8::1' \
		'add bl 192.0.2.0/24 nomatch' 'add bl 192.0.2.1,tcp:80' 'add bl' 'create bl hash:ip' \
		'name:192.0.2.1-192.0.2.9' '|' '"'; do
		from_file 1 "$line\n" acl v0 load --list t FILE
		[[ $errors == "acl: $TMPDIR/file:1: "* ]] || fail "$line: $errors"
		! acl v0 list --list t 2>/dev/null || fail "$line was taken"
	done
}

# is_read_as ENTRY LINE
is_read_as()
{
	from_file 0 "$2\n" acl v0 load --list t FILE
	[[ $(acl v0 list --list t) == "$1" ]] || fail "$2: $(acl v0 list --list t)"
}

test_block_lists_of_many_kinds_are_read()
{
	load v0 objects/xdp_acl.o >/dev/null
	is_read_as 10.0.0.1-10.0.0.4 '10.0.0.1 - 10.0.0.4 text'
	is_read_as 192.0.2.0/24 '192.0.2.0\t192.0.2.255\t24\t1200\tNAME'
	is_read_as 192.0.2.0/24 '192.0.2.0 | 192.0.2.255 | 24'
	is_read_as 2001:db8::/32 '2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 32'
	is_read_as 192.0.2.1 '192.0.2.1|AS64496|192|text'
	is_read_as 192.0.2.1 '192.0.2.1 | AS64496 | text'
	is_read_as 192.0.2.1 'add bl 192.0.2.1'
	is_read_as 192.0.2.0/24 'add bl 192.0.2.0/24 timeout 300 comment "text"'
	is_read_as 192.0.2.1 '"192.0.2.1","2026-04-01"'
	is_read_as 192.0.2.1 '"192.0.2.1","","2026-04-01"'
	is_read_as 192.0.2.0/24 '192.0.2.0/24 - text'
	is_read_as 192.0.2.0/24 '192.0.2.0/24 to be removed'
	is_read_as 192.0.2.1 '192.0.2.1 24 hits (from 3)'
	is_read_as 192.0.2.1 '192.0.2.1 12:00:01 198.51.100.7.example.com'
}
