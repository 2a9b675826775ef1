# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# An object of several programs: only the maps that the chosen one and its functions use count.
. tests/pins.sh
. tests/carry.sh

OLD=$BUILT/own_maps1.o
NEW=$BUILT/own_maps2.o

# counted MAP: the sum over the CPUs.
counted()
{
	bpftool map dump pinned "$BPFFS/v0/$1" |
		awk '$1 == "\"count\":" { sum += $2 } END { print sum + 0 }'
}

load_both()
{
	load -n own_xdp v0 "$OLD" >/dev/null
	load -n own_tc v0 "$OLD" >/dev/null
	bpftool map update pinned "$BPFFS/v0/of_tc_called" key 0 0 0 0 value 0 0 0 0 0 0 0 0
	send 10
}

test_each_program_is_migrated_with_its_own_maps()
{
	load_both
	expect_status 0 load --dry-run -n own_xdp --on-mismatch migrate v0 "$NEW"
	[[ $errors != *of_tc* && $output != *of_tc* && $errors$output != *idle* ]] || fail "$output$errors"
	expect_status 0 load -n own_xdp --on-mismatch migrate v0 "$NEW"
	[[ $output == *"map of_xdp id "*" migrated"* && $output == *"map of_called id "*" migrated"* ]] ||
		fail "$output"
	[[ $errors != *of_tc* && $output != *of_tc* && $errors$output != *idle* ]] || fail "$output$errors"
	send 5
	expect_status 0 load -n own_tc --on-mismatch migrate v0 "$NEW"
	[[ $output == *"map of_tc id "*" migrated"* && $output == *"map of_tc_called id "*" migrated"* ]] ||
		fail "$output"
	send 5
	[[ "$(counted of_xdp) $(counted of_called) $(counted of_tc) $(counted of_tc_called)" == "20 20 20 20" ]] ||
		fail "$(counted of_xdp) $(counted of_called) $(counted of_tc) $(counted of_tc_called)"
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0")"
}

# Only what the object itself puts into a program array may be called there.
test_a_program_array_brings_in_no_program_that_is_not_put_there()
{
	load -n own_xdp v0 "$OLD" >/dev/null
	load -n own_jumping v0 "$OLD" >/dev/null
	send 3
	expect_status 0 load -n own_jumping --on-mismatch migrate v0 "$NEW"
	[[ $output == *"map of_jumping id "*" migrated"* && $output$errors != *of_xdp* ]] || fail "$output$errors"
	[[ $(counted of_jumping) == 3 ]] || fail "$(counted of_jumping)"
}

test_a_difference_of_maps_of_other_programs_is_none()
{
	load_both
	expect_status 2 load -n own_xdp v0 "$NEW"
	[[ $errors == *"cannot reuse map 'of_xdp'"* && $errors == *"cannot reuse map 'of_called'"* ]] || fail "$errors"
	[[ $errors != *of_tc* && $errors != *idle* ]] || fail "$errors"
	expect_status 0 load -n own_xdp --on-mismatch fresh v0 "$NEW"
	[[ $errors != *of_tc* && $output != *of_tc* ]] || fail "$output$errors"
	expect_status 0 load -n own_tc v0 "$OLD"
	[[ $(counted of_tc) == 10 ]] || fail "of_tc: $(counted of_tc)"
}

test_maps_of_other_programs_are_not_even_made()
{
	need strace
	expect_status 0 env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" \
		strace -f -qq -e trace=bpf -o "$TMPDIR/calls" load -n own_xdp v0 "$OLD"
	grep -q 'BPF_MAP_CREATE.*"of_called"' "$TMPDIR/calls" || fail "the trace has no maps"
	! grep 'BPF_MAP_CREATE.*"of_tc' "$TMPDIR/calls" || fail "made"
	[[ $output == *"program own_xdp in section xdp for xdp; 3 maps, "* || $output != *maps,* ]] || fail "$output"
}

test_a_map_is_not_said_to_be_made_anew_when_another_stops_the_load()
{
	load -n own_xdp v0 "$OLD" >/dev/null
	expect_status 2 load -n own_xdp --on-mismatch of_called=fresh v0 "$NEW"
	[[ $errors == *"cannot reuse map 'of_xdp'"* && $errors != *"made anew"* ]] || fail "$errors"
	expect_status 0 load -n own_xdp --on-mismatch fresh v0 "$NEW"
	[[ $errors == *"map 'of_called' is made anew"*"value.added "*"map 'of_xdp' is made anew"* ||
		$errors == *"map 'of_xdp' is made anew"*"value.added "*"map 'of_called' is made anew"* ]] || fail "$errors"
}
