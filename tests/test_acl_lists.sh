# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The maps of acl's lists under the loaders, and what is left of an edit that is killed.
# shellcheck disable=SC2154 # $output is set by expect_status
# shellcheck source=tests/faults.sh
. tests/faults.sh

LISTS=build/tests/bpf/acl_lists.o
DIR=$BPFFS/v0

# The last three IPv4 ranges are more than fit in a top word.
OLD="10.0.0.0-10.0.255.255
192.0.2.7-192.0.2.9
192.0.3.1-192.0.3.1
192.0.3.3-192.0.3.3
2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"

load_lists() { load v0 -n match_lists "$@" "$LISTS"; }
lists() { acl_lists "$DIR" "$@"; }

# set_old: what most tests start from, in list 3.
set_old()
{
	# shellcheck disable=SC2086 # one argument a line
	lists set 3 $OLD
}

# expect_lists WANTED: what list 3 has.
expect_lists()
{
	local is

	is=$(lists show 3)
	[[ $is == "$1" ]] || fail "list 3 has: $is
expected: $1"
}

test_lists_outlive_a_reload()
{
	local sets4 sets6

	load_lists
	set_old
	sets4=$(map_id "$DIR/acl_sets4") sets6=$(map_id "$DIR/acl_sets6")
	load_lists
	[[ $(map_id "$DIR/acl_sets4") == "$sets4" ]] || fail "another map of IPv4 sets was made"
	[[ $(map_id "$DIR/acl_sets6") == "$sets6" ]] || fail "another map of IPv6 sets was made"
	expect_lists "$OLD"
	load_lists --on-mismatch migrate
	expect_lists "$OLD"
}

test_lists_loaded_by_tc_are_adopted()
{
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 10 handle 1 bpf da obj "$LISTS" sec tc program match_lists
	expect_status 0 pin_maps v0
	[[ $output == *acl_sets4*array_of_maps* ]] || fail "$output"
	set_old
	expect_lists "$OLD"
	load_lists --replace
	expect_lists "$OLD"
	expect_status 0 status v0
	[[ $output == *acl_sets6*array_of_maps* ]] || fail "$output"
	expect_status 0 gc
	expect_lists "$OLD"
	unload v0
}

test_a_map_of_maps_of_another_size_is_refused_and_kept()
{
	local id

	load_lists
	set_old
	id=$(map_id "$DIR/acl_sets4")
	expect_fail "max entries" load v0 build/tests/bpf/acl_resized.o
	expect_fail "it holds other maps" load v0 --on-mismatch migrate build/tests/bpf/acl_resized.o
	expect_fail "deny lists too, is out of force then" load v0 --on-mismatch migrate build/tests/bpf/acl_resized.o
	[[ $(map_id "$DIR/acl_sets4") == "$id" ]] || fail "the map was replaced"
	expect_lists "$OLD"
	load v0 --on-mismatch fresh build/tests/bpf/acl_resized.o
	[[ $(map_id "$DIR/acl_sets4%old-$id") == "$id" ]] || fail "the old map did not stay"
}

test_pins_of_an_earlier_layout_are_refused_and_kept()
{
	local id

	load v0 build/tests/bpf/acl_resized.o
	id=$(map_id "$DIR/acl_sets4")
	expect_fail "max entries" load_lists
	expect_fail "it holds other maps" load_lists --on-mismatch migrate
	[[ $(map_id "$DIR/acl_sets4") == "$id" ]] || fail "the map was replaced"
}

test_a_set_that_is_none_is_not_read_but_replaced()
{
	load_lists
	set_old
	bpftool map create "$BPFFS/none" type array key 4 value 64 entries 131073 name none flags 1024
	bpftool map update pinned "$DIR/acl_tops4" key 3 0 0 0 value pinned "$BPFFS/none"
	expect_status 2 lists show 3
	[[ $errors == *"another format"* ]] || fail "$errors"
	expect_status 2 lists add 3 10.1.0.0-10.1.0.5
	[[ $errors == *"another format"* ]] || fail "$errors"
	set_old
	expect_lists "$OLD"
}

# Which words of a set are in force is said by its top words: both maps take turns.
test_a_set_in_place_of_another_leaves_nothing_of_it()
{
	load_lists
	for _ in 1 2 3; do
		set_old
		[[ $(bpftool map dump pinned "$DIR/acl_sets4" | grep -c "^key:") == 1 ]] ||
			fail "$(bpftool map dump pinned "$DIR/acl_sets4")"
		expect_lists "$OLD"
	done
}

test_inner_maps_are_not_pinned()
{
	local before

	load_lists
	before=$(find "$BPFFS" | sort)
	set_old
	lists add 3 10.1.0.0-10.1.0.5 2001:db9::-2001:db9::ffff
	lists del 3 10.0.0.9-10.0.9.9 2001:db8::5-2001:db8::5
	[[ $(find "$BPFFS" | sort) == "$before" ]] || fail "pins came or went: $(find "$BPFFS")"
}

# Of what two system calls publish the first may be there alone: each family is old or new.
expect_old_or()
{
	local is v4 v6 family

	is=$(lists show 3) || return 1
	for family in v4 v6; do
		v4=$(of_family "$family" "$is")
		v6=$(of_family "$family" "$1")
		[[ $v4 == "$v6" || $v4 == "$(of_family "$family" "$OLD")" ]] ||
			fail "neither old nor new: $is"
	done
	lists covered 3 || fail "the front hides addresses of the set"
	[[ $(find "$BPFFS" | sort) == "$pins" ]] || fail "pins came or went: $(find "$BPFFS")"
}

of_family()
{
	case $1 in
	v4) grep -v : <<<"$2" || true ;;
	v6) grep : <<<"$2" || true ;;
	esac
}

test_a_set_built_anew_is_old_or_new_when_killed_anywhere()
{
	local new="172.16.0.0-172.16.255.255
192.168.0.1-192.168.0.1
192.168.0.3-192.168.0.3
192.168.0.5-192.168.0.5
2001:db8:1::-2001:db8:1:ffff:ffff:ffff:ffff:ffff"

	load_lists
	pins=$(find "$BPFFS" | sort)
	# shellcheck disable=SC2086 # one argument a line
	kill_everywhere "bpf mmap munmap getrandom" set_old acl_lists "$DIR" set 3 $new -- \
		expect_old_or "$new"
	expect_lists "$new"
	echo "killed at $points points"
}

test_an_edited_set_is_old_or_new_when_killed_anywhere()
{
	local grown="10.0.0.0-10.0.255.255
172.16.0.0-172.16.0.255
192.0.2.7-192.0.2.9
192.0.3.1-192.0.3.1
192.0.3.3-192.0.3.3
2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"

	local new="10.0.0.0-10.0.1.255
10.0.8.0-10.0.255.255
192.0.2.7-192.0.2.9
192.0.3.1-192.0.3.1
192.0.3.3-192.0.3.3
2001:db8::-2001:db8:7:ffff:ffff:ffff:ffff:ffff
2001:db8:9::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"

	load_lists
	pins=$(find "$BPFFS" | sort)
	kill_everywhere "bpf mmap munmap" set_old acl_lists "$DIR" del 3 10.0.2.0-10.0.7.255 \
		2001:db8:8::-2001:db8:8:ffff:ffff:ffff:ffff:ffff -- expect_old_or "$new"
	expect_lists "$new"
	kill_everywhere "bpf mmap munmap" set_old acl_lists "$DIR" add 3 172.16.0.0-172.16.0.255 -- \
		expect_old_or "$grown"
	expect_lists "$grown"
	echo "killed at $points points"
}

# What an edit was killed over is in the table, and may not be where what is within a prefix is
# looked for.
test_an_edit_finds_what_a_killed_one_left()
{
	local many=()

	# So many that the order is not in the pages that were mapped for the table.
	mapfile -t many < <(seq -f '2001:db8::%.0f' 1001 2 4999 | sed 's/.*/&-&/')
	set_many() { lists set 3 "${many[@]}"; }
	expect_all_gone()
	{
		lists del 3 2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff
		expect_lists ""
		lists add 3 2001:db8::3-2001:db8::3 2001:db8:1::-2001:db8:1:ffff:ffff:ffff:ffff:ffff
		lists add 3 2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff
		expect_lists 2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff
	}

	load_lists
	kill_everywhere "mmap munmap" set_many acl_lists "$DIR" add 3 2001:db8::3-2001:db8::3 -- \
		expect_all_gone
	echo "killed at $points points"
}

# largest_part COMMAND...: how many bytes of a set it maps at once.
largest_part()
{
	looks_of mmap MAP_SHARED "$@" >"$TMPDIR/lines"
	sed -nE 's/.* mmap\([^,]*, ([0-9]+),.*MAP_SHARED.*/\1/p' "$TMPDIR/calls" | sort -n | tail -1
}

# In the order of their prefixes it has what is within one: so an edit of a long list need not look
# through it all, whatever the prefix.
test_an_edit_of_an_ipv6_prefix_maps_a_part_of_the_list()
{
	local count=40000 prefix verb part

	load v0 objects/xdp_acl.o
	awk -v n="$count" 'BEGIN { for (i = 0; i < n; i++)
		printf "2001:%x:%x::/%d\n", i % 251, i, i % 7 ? 48 : 64 }' >"$TMPDIR/prefixes"
	acl v0 load --list long "$TMPDIR/prefixes"
	for prefix in 3000::/19 fd00::/8 2345::/16 2001:db8::/29 2001:9:8000::/33 2345::/47 \
		2345::/60 2345::/65 2345::1; do
		for verb in add del; do
			part=$(largest_part acl v0 "$verb" --list long "$prefix")
			# The order alone takes 4 bytes a prefix and some more, the table 33.
			((part > 0 && part < 6 * count)) || fail "$verb $prefix maps $part bytes"
		done
	done
	# Nor to tell how many prefixes there are.
	part=$(largest_part acl --json v0 add --list long 2345::1)
	((part > 0 && part < 6 * count)) || fail "to count them maps $part bytes"
}
