# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2164 # set by run; a cd that fails ends the test
# configure and the Makefile: what they leave behind, and what they print.

# A copy to work in: a test must not build in the tree that the others run in.
copy_tree()
{
	mkdir "$TMPDIR/tree"
	cp -r Makefile VERSION configure config.mk objects bpffs pinning scripts compat "$TMPDIR/tree"
	cd "$TMPDIR/tree"
}

# install_copy VAR=VALUE...: what is built stays as it is.
# shellcheck disable=SC2120 # called by expect_status
install_copy()
{
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory -o all install \
		DESTDIR="$TMPDIR/root" prefix=/usr "$@"
}

test_a_failed_configure_leaves_no_config_mk()
{
	copy_tree
	expect_fail "configure: something is missing" ./configure CC=/nonexistent/cc
	((status == 1)) || fail "status $status"
	[[ -z $(find . -name "config.mk*") ]] || fail "left: $(find . -name "config.mk*")"
	expect_fail "There is no config.mk: run ./configure first" make all
}

test_configure_works_from_any_directory()
{
	copy_tree
	mv config.mk "$TMPDIR/config.mk"
	cd /
	expect_status 0 "$TMPDIR/tree/configure"
	[[ -e $TMPDIR/tree/config.mk && ! -e $TMPDIR/tree/config.mk.new ]] || fail "no config.mk"
	cd "$TMPDIR/tree"
	rm config.mk
	expect_status 0 sh configure
	[[ -e config.mk ]] || fail "no config.mk"
}

test_configure_names_a_basic_command_that_is_missing()
{
	copy_tree
	run env PATH= ./configure
	[[ $status == 1 && $errors == "configure: cannot find the command cat in the path ''" ]] ||
		fail "status $status: $errors"
}

test_install_prints_one_line_for_each_file_or_folder()
{
	need make
	copy_tree
	expect_status 0 install_copy
	[[ -z $errors ]] || fail "$errors"
	! grep -vE "^  INSTALL  $TMPDIR/root/usr/[^ ]+$" <<<"$output" || fail "other lines"
	expect_status 0 install_copy V=1
	[[ $output == *"install -m 0755 pinning/"* && $output != *"  INSTALL  "* ]] || fail "$output"
}

test_what_install_puts_in_place_works()
{
	local page

	need make
	copy_tree
	install_copy >"$TMPDIR/output"
	cd "$TMPDIR/root/usr"
	[[ $(ls sbin) == ifbpf && $(find . -type f -perm /111 ! -path './libexec/*') == ./sbin/ifbpf ]] ||
		fail "$(find . -type f -perm /111)"
	expect_status 0 sbin/ifbpf --version
	[[ $output == "ifbpf $(<"$TMPDIR/tree/VERSION")" ]] || fail "$output"
	for page in "$TMPDIR"/tree/pinning/*.8; do
		page=${page##*/}
		[[ $page != pin_maps.8 ]] || page=pin.8
		[[ -e share/man/man8/ifbpf-$page ]] || fail "no share/man/man8/ifbpf-$page"
	done
	[[ -e share/man/man8/ifbpf.8 && -e share/man/man7/ifbpf-bpffs.7 ]] || fail "$(find share/man)"
	[[ -e lib/bpf/xdp_pass.o && -e lib/bpf/pinned/xdp_pass.o && -e lib/bpf/legacy/xdp_pass.o ]] ||
		fail "$(find lib)"
	[[ -e include/ifbpf/stats.h && -e share/bash-completion/completions/ifbpf ]] || fail "$(find .)"
}

# plugin_dir COMMAND: what configure found.
plugin_dir() { sed -n "s/^$1_plugindir = //p" "$TMPDIR/tree/config.mk"; }

# Under the real paths, which only this namespace sees.
test_installed_plugins_are_found_and_find_the_installed_tools()
{
	local dir

	need make strace
	copy_tree
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory -o all install \
		DESTDIR="$TMPDIR/root" >"$TMPDIR/output"
	for dir in tc ip; do
		dir=$(plugin_dir $dir)
		[[ $dir == /*lib* ]] || fail "configure found no plugin directory: '$dir'"
	done
	run strace -qq -e trace=openat,open -o "$TMPDIR/trace" ip link set dev v0 type nope dummy
	grep -q "\"$(plugin_dir ip)/link_nope.so\"" "$TMPDIR/trace" || fail "ip looks elsewhere"
	run strace -qq -e trace=openat,open -o "$TMPDIR/trace" tc exec nope
	grep -qE "\"$(plugin_dir tc)/+e_nope.so\"" "$TMPDIR/trace" || fail "tc looks elsewhere"
	mount --bind "$TMPDIR/root/usr/local" /usr/local
	mount --bind "$TMPDIR/root$(plugin_dir tc)" "$(plugin_dir tc)"
	cd /
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 10 handle 1 ifbpf obj tc_pass da
	expect_status 0 tc exec ifbpf status dev v0
	[[ $output == *"ours: loaded by ifbpf"* ]] || fail "$output"
	# They speak of themselves as verbs of ifbpf.
	ip link set dev v0 xdpgeneric obj "$TMPDIR/root/usr/local/lib/bpf/xdp_pass.o" sec xdp
	expect_fail "hint: adopt it first: ifbpf pin v0" env \
		IP_LIB_DIR="$TMPDIR/root$(plugin_dir ip)" ip link set dev v0 type ifbpf off
}

test_plugins_go_where_configure_is_told()
{
	need make
	copy_tree
	./configure --tc-plugindir=/opt/tc --ip-plugindir= >/dev/null
	expect_status 0 install_copy
	cd "$TMPDIR/root"
	[[ $(find . -name '*_ifbpf.so' | sort) == "./opt/tc/e_ifbpf.so"$'\n'"./opt/tc/f_ifbpf.so" ]] ||
		fail "$(find . -name '*.so')"
	[[ -e usr/share/man/man8/ifbpf-plugins.8 ]] || fail "no man page"
}

test_without_libxdp_only_joining_is_left_out()
{
	need make cc
	copy_tree
	./configure --without-libxdp >"$TMPDIR/said"
	grep -q '^libxdp (for load --join) *not wanted$' "$TMPDIR/said" || fail "$(<"$TMPDIR/said")"
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory pinning/load >"$TMPDIR/output"
	! ldd pinning/load | grep libxdp || fail "it is linked all the same"
	expect_status 2 pinning/load --join v0 objects/xdp_pass.o
	[[ $errors == *"cannot put program xdp_pass behind a dispatcher on v0: ifbpf was built without libxdp"* ]] ||
		fail "$errors"
	[[ -z $(find "$BPFFS" -name xdp_stats_map) && -z $(prog_id v0) ]] || fail "it has done something"
	expect_status 0 pinning/load -m skb v0 objects/xdp_pass.o
}

test_an_environment_that_wants_posix_does_not_fail_the_tests()
{
	cat >"$TMPDIR/test_order.sh" <<-'END'
		test_options_may_follow_a_name() { pin_maps v0 --help >/dev/null; }
	END
	# It covers /run, where this test stands.
	mount --bind . /mnt
	cd /mnt
	expect_status 0 env POSIXLY_CORRECT=1 JOBS=1 tests/run.sh "$TMPDIR/test_order.sh"
	[[ $output == *"1 passed, 0 failed, 0 skipped" ]] || fail "it says: $output"
}

# A log is long, and often only its end is kept.
test_what_failed_is_said_once_more_at_the_end()
{
	cat >"$TMPDIR/test_ends.sh" <<-'END'
		test_one_fails() { echo "seen here" >&2; fail "for this reason"; }
		test_one_works() { seq -f 'not this: %g' 50; }
	END
	mount --bind . /mnt
	cd /mnt
	expect_status 1 env -u AGAIN -u TIMES JOBS=1 tests/run.sh "$TMPDIR/test_ends.sh"
	[[ $(tail -n 5 <<<"$output") == "# not ok 1 - test_one_fails"$'\n'"# seen here"$'\n'"# "*": for this reason"$'\n'"1..2"$'\n'"1 passed, 1 failed, 0 skipped" ]] ||
		fail "it ends with: $(tail -n 5 <<<"$output")"
	[[ $output == "not ok 1 - test_one_fails"$'\n'"# seen here"*"ok 2 - "* ]] || fail "it says: $output"
}

# Cells that cannot send would each wait for frames.
test_the_matrix_says_what_it_needs_to_be_built()
{
	mkdir -p "$TMPDIR/tree/tests"
	cp -r tests/matrix "$TMPDIR/tree/tests"
	expect_status 2 "$TMPDIR/tree/tests/matrix/run.sh" load
	[[ $errors == *"build/tests/send is not there"*"hint: make test-programs"* && -z $output ]] || fail "$errors"
}

test_the_virtual_machines_need_a_tree_that_is_built()
{
	mkdir -p "$TMPDIR/tree/tests"
	cp -r tests/vm "$TMPDIR/tree/tests"
	expect_fail "the tree and its test programs are not built" "$TMPDIR/tree/tests/vm/run.sh" 6.1
	[[ $status == 2 && $errors == *"hint: make test-programs"* && -z $output ]] || fail "$errors"
}

test_a_matrix_of_no_object_or_of_no_earlier_run_says_so()
{
	mkdir -p "$TMPDIR/tree/tests" "$TMPDIR/tree/build/tests" "$TMPDIR/tree/objects"
	cp -r tests/matrix "$TMPDIR/tree/tests"
	ln -s "$PWD/build/tests/send" "$TMPDIR/tree/build/tests"
	touch "$TMPDIR/tree/objects/xdp_pass.o"
	expect_status 1 "$TMPDIR/tree/tests/matrix/run.sh" --objects nosuch load
	[[ $errors == *"no object in objects is called nosuch and is for load" && -z $output ]] || fail "$errors$output"
	expect_status 1 "$TMPDIR/tree/tests/matrix/run.sh" --objects xdp_pass tc-plugin
	[[ $errors == *"no object in objects is called xdp_pass and is for tc-plugin" && -z $output ]] ||
		fail "$errors$output"
	expect_status 1 "$TMPDIR/tree/tests/matrix/run.sh" --again --objects xdp_pass load
	[[ $output == *"not ok - store: load, xdp_pass: nothing, expected yes"* && -z $errors ]] ||
		fail "$errors$output"
	run "$TMPDIR/tree/tests/matrix/run.sh" --help
	(($(wc -L <<<"$output") <= 80)) || fail "$(wc -L <<<"$output") columns"
}

test_what_is_slow_is_left_out_or_runs_alone()
{
	mkdir -p "$TMPDIR/tree"
	cp -r tests "$TMPDIR/tree"
	printf '%s\n' 'test_one_is_slow() { :; }' 'test_one_is_not() { :; }' >"$TMPDIR/tree/tests/test_some.sh"
	printf '%s\n' 'test_all_is_slow() { :; }' >"$TMPDIR/tree/tests/test_all.sh"
	printf '%s\n' tests/test_some.sh:test_one_is_slow tests/test_all.sh >"$TMPDIR/tree/tests/slow"
	mount --bind "$TMPDIR/tree" /mnt
	cd /mnt
	set -- tests/test_some.sh tests/test_all.sh
	expect_status 0 env -u TIMES -u FAULTS JOBS=1 SLOW=no tests/run.sh "$@"
	[[ $output == "ok 1 - test_one_is_not"$'\n'"1..1"$'\n'* ]] || fail "without: $output"
	expect_status 0 env -u TIMES -u FAULTS JOBS=1 SLOW=only tests/run.sh "$@"
	[[ $output == "ok 1 - test_one_is_slow"$'\n'"ok 2 - test_all_is_slow"$'\n'"1..2"$'\n'* ]] || fail "alone: $output"
	expect_status 0 env -u TIMES -u FAULTS -u SLOW JOBS=1 tests/run.sh "$@"
	[[ $output == *"3 passed, 0 failed, 0 skipped" ]] || fail "with: $output"
}

# What a test that passed was about: points of a kill, frames under which programs were replaced.
test_how_much_a_test_covered_is_said()
{
	cat >"$TMPDIR/test_covers.sh" <<-'END'
		test_faults() { echo "killed at 14 points" >&2; }
		test_frames() { echo "230000 frames, 0 passed" >&2; }
		test_others() { echo "230000 packets" >&2; }
	END
	mount --bind . /mnt
	cd /mnt
	expect_status 0 env -u TIMES -u FAULTS JOBS=1 tests/run.sh "$TMPDIR/test_covers.sh"
	[[ $output == *"test_faults"$'\n'"# killed at 14 points"$'\n'* ]] || fail "it says: $output"
	[[ $output == *"test_frames"$'\n'"# 230000 frames, 0 passed"$'\n'* ]] || fail "it says: $output"
	[[ $output != *packets* ]] || fail "it says: $output"
}

# Where there is less time than they take, those that there was none for are named.
test_of_more_tests_than_there_is_time_for_the_rest_is_skipped()
{
	cat >"$TMPDIR/test_late.sh" <<-'END'
		test_takes_its_time() { local end=$((SECONDS + 2)); while ((SECONDS < end)); do sleep 0.1; done; }
		test_comes_later() { fail "nobody asked"; }
	END
	mount --bind . /mnt
	cd /mnt
	expect_status 0 env -u TIMES -u FAULTS -u CI JOBS=1 BUDGET=1 tests/run.sh "$TMPDIR/test_late.sh"
	[[ $output == "ok 1 - test_takes_its_time"$'\n'"ok 2 - test_comes_later # SKIP needs more than the 1 s that are there for all tests"$'\n'* ]] ||
		fail "it says: $output"
	[[ $output == *$'\n'"1 passed, 0 failed, 1 skipped" ]] || fail "it ends with: $output"
	# Only a virtual machine is expected to have less.
	expect_status 1 env -u TIMES -u FAULTS -u AGAIN CI=true JOBS=1 BUDGET=1 tests/run.sh "$TMPDIR/test_late.sh"
	expect_status 1 env BUDGET=0 tests/run.sh "$TMPDIR/test_late.sh"
	[[ $errors == *"JOBS, LIMIT and BUDGET must be numbers above 0" ]] || fail "$errors"
}

# A machine that is slow for a moment must not decide, and what fails each time has to fail.
test_what_failed_comes_once_more_when_all_else_is_done()
{
	cat >"$TMPDIR/test_again.sh" <<-'END'
		test_one_fails_beside_others()
		{
			[ ! -e /srv/late ] || return 0
			touch /srv/early
			fail "too early"
		}
		test_one_fails() { fail "for this reason"; }
		test_one_takes_long() { eventually [ -e /srv/early ] && touch /srv/late; }
	END
	# Each test has a /run of its own.
	mount -t tmpfs tmpfs /srv
	mount --bind . /mnt
	cd /mnt
	expect_status 1 env -u TIMES AGAIN=yes JOBS=3 tests/run.sh "$TMPDIR/test_again.sh"
	[[ $output == "# failed beside others, and comes once more: test_one_fails_beside_others"$'\n'"# "*": too early"$'\n'*$'\n'"ok 1 - test_one_takes_long"$'\n'"ok 2 - test_one_fails_beside_others"$'\n'"not ok 3 - test_one_fails"$'\n'*$'\n'"# ok 2 - test_one_fails_beside_others: failed beside others, passed alone"$'\n'"# not ok 3 - "*"2 passed, 1 failed, 0 skipped" ]] ||
		fail "it says: $output"
	rm /srv/early /srv/late
	expect_status 1 env -u AGAIN -u TIMES JOBS=3 tests/run.sh "$TMPDIR/test_again.sh"
	[[ $output == "not ok 1 - "*"1 passed, 2 failed, 0 skipped" ]] || fail "it says: $output"
}

# Nothing but the sources is there: a benchmark in a fresh clone must not want for a program.
test_the_benchmark_builds_what_it_runs()
{
	local program lines tried=0

	cp -r tests "$TMPDIR/tests"
	copy_tree
	mv "$TMPDIR/tests" .
	find . -name '*.o' -delete
	lines=$(env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory -n V=1 bench)
	while read -r program; do
		grep -q -- "-o $program$" <<<"$lines" || fail "$program is not made"
		((++tried))
	done < <(grep -rhoE '\bbuild/tests/[a-z_/]*[a-z]\b' tests/bench | sort -u | grep -v '/bpf$')
	((tried > 1)) || fail "no program is run"
}
