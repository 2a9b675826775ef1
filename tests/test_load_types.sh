# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A map whose types the kernel does not know cannot be carried over by them: libbpf makes such a map
# where making it with its types fails, or loading them.
. tests/pins.sh
. tests/faults.sh

# makers_of COMMAND...: the numbers of the bpf calls by which it makes types and maps.
makers_of()
{
	need strace
	run env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" strace -f -qq -o "$TMPDIR/calls" -e trace=bpf "$@"
	((status == 0)) || fail_run "status $status" "$@"
	grep ' bpf(' "$TMPDIR/calls" | awk '/BPF_MAP_CREATE|BPF_BTF_LOAD/ { print NR }'
}

has_types() { bpftool -j map show pinned "$BPFFS/v0/$1" | grep -q '"btf_id":[1-9]'; }

test_a_map_is_made_with_its_types_or_not_at_all()
{
	local n points=0 again=0 calls

	calls=$(makers_of load v0 "$BUILT/carry1.o")
	for n in $calls; do
		unload --purge v0 >/dev/null
		inject bpf error=EPERM "$n" load v0 "$BUILT/carry1.o"
		[[ -n $injected ]] || continue
		((++points))
		[[ $errors != *"beginning anew"* ]] || ((++again))
		if ((status != 0)); then
			((status == 2)) && [[ $errors == *"load: cannot "* ]] || fail "at $n: status $status: $errors"
			expect_status 0 load v0 "$BUILT/carry1.o"
		fi
		has_types deny_list && has_types frames_seen || fail "at $n: no types. It said: $errors"
		expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry2.o"
	done
	echo "failed at $points calls, $again loads began anew" >&2
	((points > 3 && again > 0)) || fail "failed at $points calls, $again loads began anew"
}

test_one_set_of_maps_for_several_is_made_with_its_types_or_not_at_all()
{
	local n refused=0 calls

	add_veth w0 02:00:00:00:00:03 10.0.1.1 peer w1 02:00:00:00:00:04 10.0.1.2
	calls=$(makers_of load --shared v0 w0 "$BUILT/carry1.o")
	for n in $calls; do
		unload --purge v0 >/dev/null
		unload --purge w0 >/dev/null
		inject bpf error=ENOMEM "$n" load --shared v0 w0 "$BUILT/carry1.o"
		[[ $errors != *"cannot make map '"*"' with its types"* ]] || ((++refused))
		((status == 0)) || expect_status 0 load --shared v0 w0 "$BUILT/carry1.o"
		has_types deny_list && has_types frames_seen || fail "at $n: no types. It said: $errors"
	done
	((refused > 0)) || fail "none was refused"
}

# An enum is no integer to the kernel, and libbpf makes the array without its types.
test_a_map_that_the_kernel_takes_without_its_types_alone_is_said_to_be_so()
{
	make_veth h1
	expect_status 0 load --shared v0 h1 "$BUILT/enum_key.o"
	[[ $(grep -c "map 'by_size' is made without its BTF, which the kernel does not take for it: its content can be \
carried over into a map of the same sizes only" <<<"$errors") == 1 ]] || fail "it says: $errors"
	! has_types by_size || fail "it has types: nothing to test"
	expect_status 0 load v0 "$BUILT/enum_key.o"
	[[ $output == *"map by_size id "*" reused"* && $errors != *BTF* ]] || fail "it says: $output$errors"
}
