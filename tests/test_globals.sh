# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# load: what becomes of the global variables of the program that is replaced.
. tests/pins.sh
. tests/faults.sh

# global SECTION NAME: what bpftool reads in that section of the XDP program on v0.
global()
{
	local id

	for id in $(prog_maps "$(prog_id v0)"); do
		bpftool -j map dump id "$id" 2>/dev/null | sed 's/},{/\n/g' |
			sed -n "/\"\\$1\"/,\$p" | grep -o "\"$2\":[0-9]*" | sed 's/.*://' || true
	done
}

expect_global()
{
	[[ $(global "$1" "$2") == "$3" ]] || fail "$1 $2 is '$(global "$1" "$2")', expected $3"
}

test_internal_maps_are_in_the_report()
{
	expect_status 0 load v0 "$BUILT/globals1.o"
	[[ -z $errors ]] || fail "messages without need: $errors"
	[[ $output == *"
  map .bss id "*" created"* && $output == *"
  map .data id "*" created"* && $output == *"
  map .rodata id "*" created"* ]] || fail "it says: $output"
	expect_status 0 load --json v0 "$BUILT/globals1.o"
	[[ $output =~ '{"name":".bss","id":'[0-9]+',"state":"created","path":null,"old_id":null,"lost":0,"left":0,"reason":null}' ]] ||
		fail "it says: $output"
	[[ -z $errors ]] || fail "nothing was counted, and nothing is lost: $errors"
}

test_what_global_variables_have_counted_is_not_lost_without_a_word()
{
	load v0 "$BUILT/globals1.o" >/dev/null
	send 3 100
	expect_global .bss total 3
	expect_status 0 load --dry-run v0 "$BUILT/globals1.o"
	[[ $errors == *"global variables of program globals1 "*"begin anew"* ]] || fail "dry: $errors"
	[[ $output == *"map .bss id "*" would be created: global variables begin anew: "*total* ]] ||
		fail "dry: $output"
	expect_global .bss total 3
	expect_status 0 load v0 "$BUILT/globals1.o"
	[[ $errors == *"global variables of program globals1 (id "*") begin anew in the new one: "*"level"* ]] ||
		fail "it says: $errors"
	[[ $errors == *total*gone* && $errors != *unused* ]] || fail "the variables: $errors"
	[[ $errors == *"a map of its own"*"--on-mismatch migrate"* ]] || fail "no way out: $errors"
	[[ $output =~ "map .bss id "[0-9]+" created: global variables begin anew: "[a-z,\ ]*total ]] ||
		fail "it says: $output"
	[[ $output =~ "map .rodata id "[0-9]+" created"$'\n' ||
		$output =~ "map .rodata id "[0-9]+" created"$ ]] || fail "constants: $output"
	expect_global .bss total 0
	expect_global .data level 5
	send 1
	expect_status 0 load --json v0 objects/xdp_pass.o
	[[ $errors == *"begin anew in the new one: "*total* ]] ||
		fail "a program without any takes its place: $errors"
	[[ $errors != *"--on-mismatch"* ]] || fail "nothing could be carried over: $errors"
}

test_migrate_carries_global_variables_over_by_name()
{
	load v0 "$BUILT/globals1.o" >/dev/null
	send 4 100
	expect_global .data level 9
	expect_status 0 load --dry-run --on-mismatch migrate v0 "$BUILT/globals2.o"
	[[ $output == *"map .bss id "*" would be migrated: global variables begin anew: gone (not there any more)"* ]] ||
		fail "dry: $output"
	expect_status 0 load --json --on-mismatch migrate v0 "$BUILT/globals2.o"
	[[ $output =~ '{"name":".bss","id":'[0-9]+',"state":"migrated","path":null,"old_id":null,"lost":0,"left":0,"reason":"global variables begin anew: gone (not there any more)"}' ]] ||
		fail "it says: $output"
	[[ $errors == *"carried over: 3;"*"between the copy, directly before the switch, and the switch is lost"* ]] ||
		fail "no bound: $errors"
	[[ $errors == *"begin anew in the new one: gone (not there any more)"* && $errors != *"--on-mismatch migrate"* ]] ||
		fail "what is not carried over: $errors"
	expect_global .bss total 4
	expect_global .bss longest 100
	expect_global .bss added 0
	expect_global .data level 9
	send 2 300
	expect_global .bss total 6
	expect_global .bss longest 300
	# And narrowed back, where each value fits.
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/globals1.o"
	expect_global .bss total 6
	expect_global .data level 11
}

test_a_value_that_does_not_fit_its_new_variable_begins_anew_and_is_named()
{
	local id

	load v0 "$BUILT/globals2.o" >/dev/null
	send 1
	for id in $(prog_maps "$(prog_id v0)"); do
		# The only variable of its section.
		if bpftool map show id "$id" | grep -q '\.data'; then
			bpftool map update id "$id" key 0 0 0 0 value 0 0 0 0 1 0 0 0
		fi
	done
	expect_global .data level 4294967296
	expect_status 0 load --dry-run v0 "$BUILT/globals1.o"
	expect_status 3 load --dry-run --on-mismatch migrate v0 "$BUILT/globals1.o"
	expect_status 3 load --json --on-mismatch migrate v0 "$BUILT/globals1.o"
	[[ $errors == *"begin anew in the new one: "*level* ]] || fail "it says: $errors"
	[[ $output == *'"name":".data",'*'"lost":1,"left":0,"reason":"global variables begin anew: level"'* ]] || fail "$output"
	expect_global .bss total 1
	expect_global .data level 5
}

test_one_section_can_be_carried_over_or_left_alone()
{
	load v0 "$BUILT/globals1.o" >/dev/null
	send 2
	expect_status 0 load --on-mismatch .bss=migrate v0 "$BUILT/globals1.o"
	expect_global .bss total 2
	expect_global .data level 5
	send 1
	expect_status 0 load --on-mismatch migrate --on-mismatch .bss=fresh v0 "$BUILT/globals1.o"
	expect_global .bss total 0
	expect_global .data level 6
}

test_what_is_shared_takes_over_from_no_program()
{
	make_veth v2
	load v0 "$BUILT/globals1.o" >/dev/null
	send 2
	expect_status 0 load --shared --on-mismatch migrate v0 v2 "$BUILT/globals1.o"
	[[ $errors == *"begin anew in the new one: "*total* && $errors != *"carried over"* ]] ||
		fail "it says: $errors"
	[[ $output =~ map\ .bss\ id\ ([0-9]+)\ created.*map\ .bss\ id\ ([0-9]+)\ shared ]] ||
		fail "it says: $output"
	[[ ${BASH_REMATCH[1]} == "${BASH_REMATCH[2]}" ]] || fail "two maps: $output"
	# What one program had is said once.
	send 2
	expect_status 0 load --shared v0 v2 "$BUILT/globals1.o"
	[[ $(grep -c "begin anew in the new one: .*total" <<<"$errors") == 1 ]] || fail "it says: $errors"
}

test_without_sys_admin_a_load_goes_on_without_looking()
{
	load v0 "$BUILT/globals1.o" >/dev/null
	send 2
	expect_status 0 capsh --drop=cap_sys_admin -- -c "exec load -v v0 $BUILT/globals1.o"
	[[ $errors == *"global variables is not looked at without CAP_SYS_ADMIN"* ]] || fail "it says: $errors"
	[[ $output == *"map .bss id "*" created"* ]] || fail "it says: $output"
}

test_a_kill_at_each_message_to_the_kernel_loses_no_value()
{
	local n=0 sent=1

	load v0 "$BUILT/globals1.o" >/dev/null
	send 1
	while :; do
		run with_fault "sendto:signal=KILL:when=$((++n))" \
			load --on-mismatch migrate v0 "$BUILT/globals1.o"
		send 1
		((++sent))
		expect_global .bss total "$sent"
		((status != 0)) || break
		expect_status 0 load --on-mismatch migrate v0 "$BUILT/globals1.o"
		send 1
		((++sent))
		expect_global .bss total "$sent"
	done
	((n > 3)) || fail "killed at $((n - 1)) messages only"
	echo "killed at $((n - 1)) points" >&2
}
