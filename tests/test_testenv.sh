# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # status, output and errors are set by run
# scripts/testenv: what it makes, mends, refuses and removes.

links() { ip -o link show | sed 's/^[0-9]*: \([^ ]*\): .*/\1/' | sort; }

# Sets before to what there is besides; nothing_left compares.
remember() { before=$(links && ls /run/netns); }
nothing_left() { eventually same_as_before || fail "left: $(links && ls -l /run/netns)"; }
same_as_before() { [[ $(links && ls /run/netns) == "$before" ]]; }

test_setup_makes_a_pair_with_addresses_at_both_ends()
{
	expect_status 0 testenv setup e0
	[[ $output == "e0 10.11.1.1/24 fd1f:b9f0:11:1::1/64 <-> netns e0: veth0 10.11.1.2/24 fd1f:b9f0:11:1::2/64" ]]
	ip -br addr show dev e0 | grep -q '10\.11\.1\.1/24 fd1f:b9f0:11:1::1/64'
	testenv exec e0 ip -br addr show dev veth0 | grep -q '10\.11\.1\.2/24 fd1f:b9f0:11:1::2/64'
}

test_ping_works_over_ipv4_and_ipv6()
{
	testenv setup e0
	testenv ping e0 -c 1 -W 5
	expect_status 0 testenv ping -6 e0 -c 1 -W 5
	[[ $output == *fd1f:b9f0:11:1::1* ]] || fail "$output"
	expect_status 0 testenv ping e0 -6 -c 1 -W 5
	[[ $output == *fd1f:b9f0:11:1::1* ]] || fail "$output"
}

test_neighbours_are_static_at_both_ends()
{
	local neighbours

	testenv setup e0
	neighbours=$(ip neigh show dev e0 && testenv exec e0 ip neigh show dev veth0)
	[[ $(grep -c PERMANENT <<<"$neighbours") == 4 ]] || fail "$neighbours"
}

test_gro_is_on_at_both_ends()
{
	testenv setup e0
	ethtool -k e0 | grep -q '^generic-receive-offload: on'
	testenv exec e0 ethtool -k veth0 | grep -q '^generic-receive-offload: on'
}

# Without GRO on veth0 the kernel drops them all.
test_frames_that_xdp_redirects_reach_the_namespace()
{
	local received

	need clang
	testenv setup e0
	clang -O2 -target bpf -D IFINDEX="$(ip -o link show dev e0 | cut -d: -f1)" \
		-x c -c -o "$TMPDIR/redirect.o" - <<-'EOF'
			static long (*const bpf_redirect)(unsigned, unsigned long long) = (void *)23;
			__attribute__((section("xdp"), used)) int to_e0(void *ctx)
			{
				return bpf_redirect(IFINDEX, 0);
			}
			char _license[] __attribute__((section("license"), used)) = "GPL";
	EOF
	ip link set dev v0 xdpdrv obj "$TMPDIR/redirect.o" sec xdp
	received=$(received_inside)
	send 50
	eventually received_more "$received" 50 ||
		fail "received $received before, $(received_inside) after"
}

received_inside() { testenv exec e0 sed -n 's/ *veth0: *[0-9]* *\([0-9]*\) .*/\1/p' /proc/net/dev; }
received_more() { (($(received_inside) >= $1 + $2)); }

test_several_environments_have_addresses_of_their_own()
{
	testenv setup e0
	testenv setup e1
	testenv setup --ipv4 192.0.2.0/25 --ipv6 2001:db8:7::/64 e2
	expect_status 0 testenv status
	[[ $(wc -l <<<"$output") == 3 ]] || fail "$output"
	for name in e0 e1 e2; do
		testenv ping "$name" -c 1 -W 5
		testenv ping "$name" -6 -c 1 -W 5
	done
	ip -br addr show dev e2 | grep -q '192\.0\.2\.1/25 2001:db8:7::1/64'
	testenv teardown e0
	testenv setup e3
	ip -br addr show dev e3 | grep -q '10\.11\.1\.1/24'
	expect_status 0 testenv ping e1 -c 1 -W 5
}

test_addresses_in_use_are_not_chosen()
{
	ip addr add 10.11.1.77/32 dev v0
	testenv setup e0
	ip -br addr show dev e0 | grep -q '10\.11\.2\.1/24'
}

test_a_second_setup_changes_nothing()
{
	local first

	first=$(testenv setup e0 && ip addr show dev e0 && testenv exec e0 ip link show)
	expect_status 0 eval "testenv setup e0 && ip addr show dev e0 && testenv exec e0 ip link show"
	# The kernel looks for another one of the link-local address for a while.
	[[ ${output/ tentative/} == "${first/ tentative/}" ]] || fail "$output instead of $first"
}

test_a_second_setup_mends_what_is_missing()
{
	testenv setup e0
	ip addr flush dev e0
	testenv exec e0 ip neigh flush dev veth0 nud permanent
	testenv exec e0 ip link set veth0 down
	expect_fail "it lacks veth0 up, 10.11.1.1/24 on e0" testenv status e0
	testenv setup e0
	testenv status e0
	testenv ping e0 -c 1 -W 5
	testenv ping e0 -6 -c 1 -W 5
}

test_setup_keeps_the_prefixes_that_it_was_given()
{
	testenv setup e0 --ipv4=198.51.100.0/30
	ip link del e0
	expect_fail "it lacks interface e0" testenv status e0
	expect_fail "cannot change the prefixes of e0: they are 198.51.100.0/30 and" \
		testenv setup e0 --ipv4 192.0.2.0/24
	testenv setup e0
	ip -br addr show dev e0 | grep -q '198\.51\.100\.1/30'
}

test_setup_and_teardown_work_when_the_interface_is_gone()
{
	remember
	testenv setup e0
	ip link del e0
	testenv teardown e0
	nothing_left
}

# A process keeps the namespace, and so the interface, while the name is gone.
test_setup_and_teardown_work_when_the_name_of_the_namespace_is_gone()
{
	remember
	testenv setup e0
	testenv exec e0 sleep 60 &
	eventually sleeps_inside e0
	ip netns del e0
	expect_fail "it lacks network namespace e0" testenv status e0
	testenv setup e0
	testenv ping e0 -c 1 -W 5
	testenv teardown e0
	nothing_left
	testenv setup e1
	testenv exec e1 sleep 60 &
	eventually sleeps_inside e1
	ip netns del e1
	testenv teardown e1
	nothing_left
}

# Not just any process: testenv itself runs short ones inside before it runs what it was told.
sleeps_inside()
{
	local pid

	for pid in $(ip netns pids "$1"); do
		[[ $(cat "/proc/$pid/comm" 2>/dev/null) != sleep ]] || return 0
	done
	return 1
}

# Stands in for the commands that testenv runs: the KILL_AT-th kills testenv before it does a thing.
make_killer()
{
	local command

	mkdir "$TMPDIR/killer"
	for command in ip ethtool unshare; do
		cat >"$TMPDIR/killer/$command" <<-EOF
			#!/bin/sh
			echo >>"$TMPDIR/calls"
			[ \$(wc -l <"$TMPDIR/calls") != "\$KILL_AT" ] || kill -KILL 0
			exec $(type -P $command) "\$@"
	EOF
		chmod +x "$TMPDIR/killer/$command"
	done
}

# setup_killed_at N: a process group of its own; nothing is printed about its end.
setup_killed_at()
{
	rm -f "$TMPDIR/calls"
	run env PATH="$TMPDIR/killer:$PATH" KILL_AT="$1" setsid -w testenv setup e0
}

test_a_setup_that_was_killed_is_torn_down_or_finished()
{
	local at=0 killed=137

	make_killer
	remember
	until ((killed == 0)); do
		((++at))
		setup_killed_at "$at"
		killed=$status
		((killed == 0 || killed == 137)) || fail "killed at $at: status $killed: $errors"
		expect_status 0 testenv teardown e0
		nothing_left
		setup_killed_at "$at"
		expect_status 0 testenv setup e0
		expect_status 0 testenv teardown e0
		nothing_left
	done
	((at > 20)) || fail "only $at steps"
}

test_a_setup_that_fails_leaves_nothing()
{
	remember
	mkdir "$TMPDIR/bin"
	printf '#!/bin/sh\necho "netlink error: Operation not permitted" >&2\nexit 1\n' >"$TMPDIR/bin/ethtool"
	chmod +x "$TMPDIR/bin/ethtool"
	PATH=$TMPDIR/bin:$PATH expect_fail \
		"testenv: cannot switch on GRO of e0: netlink error: Operation not permitted" \
		testenv setup e0
	((status == 2)) || fail "status $status"
	nothing_left
}

test_an_empty_file_for_a_namespace_is_replaced()
{
	remember
	touch /run/netns/e0
	testenv setup e0
	testenv ping e0 -c 1 -W 5
	testenv teardown e0
	nothing_left
}

test_teardown_of_nothing_is_no_error()
{
	expect_status 0 testenv teardown e0
	[[ $errors == "testenv: nothing is left of e0" ]] || fail "$errors"
}

test_teardown_names_the_processes_that_are_left()
{
	testenv setup e0
	testenv exec e0 sleep 60 &
	eventually sleeps_inside e0
	expect_status 0 testenv teardown e0
	[[ $errors == "testenv: still running in network namespace e0: "* ]] || fail "$errors"
}

test_an_interface_that_testenv_did_not_make_is_refused()
{
	remember
	expect_fail "cannot set up interface v0: testenv did not make it" testenv setup v0
	((status == 2)) || fail "status $status"
	expect_fail "cannot tear down interface v0: testenv did not make it" testenv teardown v0
	expect_fail "cannot set up interface lo: testenv did not make it" testenv setup lo
	nothing_left
}

test_a_namespace_that_testenv_did_not_make_is_refused()
{
	remember
	expect_fail "cannot set up network namespace peer: testenv did not make it" testenv setup peer
	expect_fail "cannot tear down network namespace peer: testenv did not make it" \
		testenv teardown peer
	expect_fail "cannot find network namespace peer: testenv has not set it up" \
		testenv exec peer true
	nothing_left
}

test_odd_names_are_fine()
{
	local name

	remember
	for name in a.100 tc xdp ip -x 'a;netns=9' 2 'a@b' 'a\b' '+' "it's" veth0 fifteen-letters é; do
		testenv setup -- "$name"
		testenv ping -- "$name" -c 1 -W 5
		testenv status -- "$name"
	done
	expect_status 0 testenv status
	[[ $(wc -l <<<"$output") == 14 ]] || fail "$output"
	for name in a.100 tc xdp ip -x 'a;netns=9' 2 'a@b' 'a\b' '+' "it's" veth0 fifteen-letters é; do
		testenv teardown -- "$name"
	done
	nothing_left
}

test_impossible_names_are_refused()
{
	local name

	for name in '' . .. a/b a:b 'a b' a%d all default '*' $'a\nb'; do
		expect_fail "testenv: cannot call an interface '$name': " testenv setup "$name"
		((status == 1)) || fail "status $status"
	done
	expect_fail "it has 16 bytes, and at most 15 are possible" testenv setup sixteen--letters
}

test_impossible_prefixes_are_refused()
{
	local prefix

	for prefix in 10.0.0.0 10.0.0.1/24 256.0.0.0/24 10.0.0.0/31 10.0.0.0/7 x; do
		expect_fail "cannot use '$prefix' as an IPv4 prefix" testenv setup --ipv4 "$prefix" e0
		((status == 1)) || fail "status $status"
	done
	for prefix in fd00:: fd00::1/64 ::/0 fd00::/127 1:2:3:4:5:6:7:8/64 x; do
		expect_fail "cannot use '$prefix' as an IPv6 prefix" testenv setup --ipv6 "$prefix" e0
	done
}

# 10.0.0.1/24 is the address of v0.
test_a_prefix_that_is_in_use_is_refused()
{
	local prefix

	testenv setup --ipv4 192.0.2.0/24 --ipv6 2001:DB8:7::/64 e0
	remember
	for prefix in 192.0.2.0/24 192.0.2.128/25 192.0.0.0/16 10.0.0.0/24 10.0.0.192/26 10.0.0.0/8; do
		expect_fail "testenv: cannot use $prefix for e1: " testenv setup --ipv4 "$prefix" e1
		[[ $status == 2 && $errors == *"hint: choose another prefix, or leave --ipv4 out"* ]] ||
			fail "$prefix: status $status: $errors"
	done
	for prefix in 2001:db8:7::/64 2001:db8:7::/96 2001:db8::/32; do
		expect_fail "cannot use $prefix for e1: " testenv setup --ipv6 "$prefix" e1
	done
	nothing_left
	testenv setup --ipv4 192.0.2.0/24 --ipv6 2001:DB8:7::/64 e0
	testenv ping e0 -c 1 -W 5
	ip link del e0 # now only its namespace knows its prefixes
	expect_fail "cannot use 192.0.2.0/24 for e1: another environment has it" \
		testenv setup --ipv4 192.0.2.0/24 e1
	expect_fail "cannot use 2001:db8:7::/64 for e1: another environment has it" \
		testenv setup --ipv6 2001:db8:7::/64 e1
	testenv setup --ipv4 192.0.3.0/24 --ipv6 2001:db8:8::/64 e1
	testenv ping e1 -c 1 -W 5
	testenv ping -6 e1 -c 1 -W 5
}

# Whoever pastes a hint gets the name as it is, and as a name.
test_hints_can_be_pasted_into_a_shell()
{
	local name="-x;\$a'b" hint

	expect_fail "testenv has not set it up" testenv exec -- "$name" true
	hint=$(sed -n 's/^  hint: //p' <<<"$errors")
	[[ $hint == "testenv setup -- "* ]] || fail "$hint"
	eval "$hint"
	ip link show dev "$name" >"$TMPDIR/link"
	expect_fail "cannot change the prefixes" testenv setup --ipv4 192.0.2.0/24 -- "$name"
	eval "$(sed -n 's/^  hint: .*: testenv/testenv/p' <<<"$errors")"
	ip link add "$name" type veth peer name q1
	expect_fail "testenv did not make it" testenv setup -- "$name"
	eval "$(sed -n 's/^  hint: .*; \(ip .*\) shows what it is$/\1/p' <<<"$errors")" | grep -q q1
}

test_output_that_is_lost_is_an_error()
{
	local verb

	for verb in "setup e0" "status e0" status --help --version; do
		expect_fail "testenv: cannot write the output: No space left on device" \
			eval "testenv $verb >/dev/full"
		[[ $status == 2 && $(wc -l <<<"$errors") == 1 ]] || fail "$verb: status $status: $errors"
	done
	expect_fail "testenv: cannot write the output: stdout is closed" eval "testenv status >&-"
	[[ $status == 2 && $(wc -l <<<"$errors") == 1 ]] || fail "status $status: $errors"
}

test_exec_sees_the_pins_and_passes_the_status_on()
{
	testenv setup e0
	mkdir "$BPFFS/here"
	testenv exec e0 test -d "$BPFFS/here"
	expect_status 7 testenv exec e0 sh -c 'exit 7'
	expect_status 0 testenv exec e0 echo --help -x
	[[ $output == "--help -x" ]] || fail "$output"
}

test_enter_runs_the_users_shell_inside()
{
	testenv setup e0
	[[ $(echo 'ip -br link show dev veth0' | SHELL=/bin/sh testenv enter e0) == veth0@* ]]
}

test_misuse_is_status_1_and_help_is_status_0()
{
	local line

	for line in "" "setup" "setup a b" "exec" "exec a" "nonsense a" "--nonsense" "enter" "setup -6 a" \
		"teardown --ipv4 10.0.0.0/24 a" "status a b" "setup --ipv4"; do
		# shellcheck disable=SC2086 # words
		expect_status 1 testenv $line
		[[ -z $output && -n $errors ]] || fail "$line: $output"
	done
	expect_status 0 testenv --help
	[[ -z $errors && $output == "Usage: "* ]] || fail "$output"
	(($(wc -L <<<"$output") <= 80)) || fail "wider than 80 columns"
	[[ $(tail -n 1 <<<"$output") == Example:* ]] || fail "no example at the end"
	[[ $(testenv --version) == "testenv $(cat VERSION)" ]]
}

test_without_root_nothing_is_done()
{
	expect_fail "testenv: cannot enter network namespaces: not root" as_user scripts/testenv setup e0
	((status == 2)) || fail "status $status"
}

test_setups_at_the_same_time_do_not_collide()
{
	local name jobs=()

	for name in e0 e1 e2 e3; do
		testenv setup "$name" &
		jobs+=($!)
	done
	wait "${jobs[@]}"
	expect_status 0 testenv status
	[[ $(cut -d' ' -f2 <<<"$output" | sort -u | wc -l) == 4 ]] || fail "$output"
}
