# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# load onto pinned maps of maps: whether what the object puts inside is what the pinned one takes.
. tests/pins.sh

# says_row FIELD OBJECT PINNED: in whatever columns.
says_row() { grep -qE "^ *$1 +$2 +$3\$" <<<"$errors" || fail "no row '$*': $errors"; }

# put_inside MAP KEY NAME TYPE VALUE_SIZE: a map of this kind.
put_inside()
{
	bpftool map create "$BPFFS/$3" type "$4" key 4 value "$5" entries 8 name "$3"
	bpftool map update pinned "$BPFFS/v0/$1" key "$2" 0 0 0 value pinned "$BPFFS/$3"
}

test_sizes_inside_a_map_that_is_empty_are_compared()
{
	local before

	load v0 "$BUILT/inner1.o" >/dev/null
	expect_status 0 load v0 "$BUILT/inner1.o"
	[[ $output == *"map sizes id "*" reused"*"map kinds id "*" reused"* ]] || fail "$output"
	before=$(snapshot)
	expect_status 2 load v0 "$BUILT/inner2.o"
	says_row "inner value size" 4 8
	expect_unchanged "$before"
	# Also the other way round, where the verifier would have taken the program.
	expect_status 0 load --on-mismatch sizes=fresh v0 "$BUILT/inner2.o"
	expect_status 2 load v0 "$BUILT/inner1.o"
	says_row "inner value size" 8 4
}

test_what_is_inside_a_map_is_compared()
{
	load v0 "$BUILT/inner1.o" >/dev/null
	put_inside kinds 2 kind hash 4
	put_inside sizes 1 size hash 8
	expect_status 0 load v0 "$BUILT/inner1.o"
	[[ $output == *"map sizes id "*" reused"*"map kinds id "*" reused"* ]] || fail "$output"
	expect_status 2 load v0 "$BUILT/inner2.o"
	says_row "inner type" lru_hash hash
	says_row "inner value size" 4 8
}

# What cannot be carried over is not offered to be.
test_a_hint_to_carry_over_is_only_for_what_can_be()
{
	load v0 "$BUILT/inner1.o" >/dev/null
	expect_status 2 load v0 "$BUILT/inner2.o"
	[[ $errors == *"content cannot be carried over: type: it holds other maps"*"--on-mismatch sizes=fresh"* ]] ||
		fail "$errors"
	[[ $errors != *"--on-mismatch migrate"* ]] || fail "a hint that cannot work: $errors"
	unload --purge v0 >/dev/null
	load v0 "$BUILT/load_mixed1.o" >/dev/null
	expect_status 2 load v0 "$BUILT/load_mixed2.o"
	[[ $errors == *"reading a queue or stack empties it"*"--on-mismatch waiting=fresh"* ]] || fail "$errors"
	[[ $errors == *"carry the content over: --on-mismatch migrate"* ]] || fail "$errors"
	# Which is what the hints say, together.
	expect_status 0 load --on-mismatch migrate --on-mismatch waiting=fresh v0 "$BUILT/load_mixed2.o"
}

# id_in SLOT: the id that bpftool finds there.
id_in()
{
	local bytes

	mapfile -t bytes < <(bpftool -j map lookup pinned "$BPFFS/v0/filled" key "$1" 0 0 0 | grep -o '0x[0-9a-f]*' | tail -4)
	echo $((bytes[0] + (bytes[1] << 8) + (bytes[2] << 16) + (bytes[3] << 24)))
}

# inside: 'SLOT NAME' a line, of the slots of filled that hold a map.
inside()
{
	local slot

	for slot in 0 1 2 3; do
		! bpftool map lookup pinned "$BPFFS/v0/filled" key "$slot" 0 0 0 >/dev/null 2>&1 ||
			echo "$slot $(bpftool -j map show id "$(id_in "$slot")" | sed 's/.*"name":"\([^"]*\)".*/\1/')"
	done
}

test_a_slot_that_the_object_fills_otherwise_is_said_and_can_be_had()
{
	load v0 "$BUILT/slots1.o" >/dev/null
	[[ $(inside) == "0 first" ]] || fail "at first: $(inside)"
	expect_status 0 load v0 "$BUILT/slots1.o"
	[[ $errors != *filled* ]] || fail "it says: $errors"
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/slots2.o"
	[[ $output == *"map filled id "*" reused"* && $errors == *"slot 2 is empty, and the object puts map 'second' there"*\
"--on-mismatch filled=fresh"* ]] || fail "$output$errors"
	[[ $(inside) == "0 first" ]] || fail "changed: $(inside)"
	expect_status 0 load --on-mismatch filled=fresh v0 "$BUILT/slots2.o"
	[[ $output == *"map filled id "*" created"* ]] || fail "$output"
	says_row "slot 2" "map 'second'" empty
	[[ $(inside) == $'0 first\n2 second' ]] || fail "in the end: $(inside)"
	# And what is as the object says is used on.
	expect_status 0 load --on-mismatch fresh v0 "$BUILT/slots2.o"
	[[ $output == *"map filled id "*" reused"* ]] || fail "$output"
}

test_a_slot_with_another_map_than_the_objects_is_said()
{
	load v0 "$BUILT/slots1.o" >/dev/null
	put_inside filled 0 other array 4
	expect_status 0 load v0 "$BUILT/slots1.o"
	[[ $errors == *"slot 0 is map $(map_id "$BPFFS/other") still, and the object puts map 'first' there"* ]] ||
		fail "it says: $errors"
}

test_what_is_in_the_slots_is_in_the_list_of_maps()
{
	local id

	expect_status 0 load v0 "$BUILT/slots1.o"
	id=$(id_in 0)
	[[ -n $id && $output == *"
  map first id $id is in slot 0 of map filled"* ]] || fail "'$id': $output"
	[[ $output != *"map second"* ]] || fail "$output"
	# Used on, it has what it had.
	expect_status 0 load --json v0 "$BUILT/slots1.o"
	[[ $(id_in 0) == "$id" && $output == *'{"name":"first","id":'"$id"',"state":"inside",'*'"outer":"filled","slot":0}'* ]] ||
		fail "'$id': $output"
	expect_status 0 load --dry-run v0 "$BUILT/slots1.o"
	[[ $output == *"map first id $id is in slot 0"* ]] || fail "$output"
}
