# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# objects: the store, read from its files.

test_the_store_is_listed()
{
	expect_status 0 objects
	[[ $(sed 1d <<<"$output" | awk '{ print $1 }') == "$(find objects -maxdepth 1 -name '*.o' ! -name '*_frags.o' \
		-printf '%f\n' | sed 's/\.o$//' | sort)" ]] || fail "$output"
	[[ $output == *"xdp_acl "*" xdp  5.10   5.18 "*" tc_acl "*" ip, legacy ip (less), libbpf, xdp-loader (alone), load"* ]] ||
		fail "$output"
	[[ $output == *"xdp_pass "*" tc_pass "*" ip, legacy ip, libbpf, xdp-loader, load"* ]] || fail "$output"
	[[ $output == *"tc_pass "*" xdp_pass "*" tc, legacy tc, libbpf, load"* ]] || fail "$output"
	expect_status 0 objects --json
	[[ $(grep -c '^{"schema":"ifbpf.objects/1",' <<<"$output") == $(find objects -maxdepth 1 -name '*.bpf.c' | wc -l) ]] ||
		fail "$output"
}

test_an_object_of_the_store_is_shown_with_its_builds()
{
	expect_status 0 objects xdp_redirect tc_pass.o
	[[ $output == *"map     tx_port              devmap  key 4 B  value 4 B  entries 1  config"* ]] || fail "$output"
	[[ $output == *"build   frags         "*"/objects/xdp_redirect_frags.o, Linux 5.18"* ]] || fail "$output"
	[[ $output == *"build   frags         none: only XDP programs have to ask for packets of several buffers"* ]] ||
		fail "$output"
	[[ $output == *"builds for legacy ip   legacy"* && $output == *"builds for xdp-loader  plain (alone), frags (alone), pinned (alone)"* ]] ||
		fail "$output"
	expect_status 0 objects xdp_acl
	[[ $output == *"build   legacy "*"; it does less than the plain build: it has functions that are called"*"; it has no maps "*acl_lists* ]] ||
		fail "$output"
	[[ $output == *"build   legacy_frags  none: its loaders cannot ask for packets of several buffers"* ]] || fail "$output"
	[[ $output == *"builds for legacy ip   legacy (less)"*"builds for xdp-loader  plain (alone), frags (alone), "* ]] ||
		fail "$output"
	expect_fail "cannot find object xdp_nothing in the store" objects xdp_nothing
	expect_status 3 objects xdp_pass xdp_nothing
}

test_an_object_is_found_by_the_name_of_a_build()
{
	local name all

	all=$(objects xdp_acl)
	for name in xdp_acl_frags xdp_acl_frags.o pinned/xdp_acl pinned/xdp_acl_frags.o legacy/xdp_acl legacy/xdp_acl_frags; do
		expect_status 0 objects "$name"
		[[ $output == "$all" ]] || fail "$name: $output"
	done
	for name in _frags pinned/ acl_frags xdp_acl_frags_frags pinned/legacy/xdp_acl; do
		expect_fail "cannot find object $name in the store" objects "$name"
	done
}

test_any_directory_is_a_store()
{
	mkdir "$TMPDIR/store"
	cp objects/xdp_acl.o "$TMPDIR/store/xdp_mine.o"
	cp objects/tc_pass.o "$TMPDIR/store/tc_mine.o"
	cp objects/xdp_drop.o "$TMPDIR/store/xdp_pass.o"
	expect_status 0 env IFBPF_OBJECT_PATH="$TMPDIR/store" objects
	[[ $output == *"xdp_mine "*" tc_mine "*" ip, libbpf, xdp-loader, load"* ]] || fail "$output"
	[[ $(grep -c '^xdp_pass ' <<<"$output") == 1 ]] || fail "$output"
	expect_status 0 env IFBPF_OBJECT_PATH="$TMPDIR/store" objects xdp_mine xdp_pass
	[[ $output == *"build   legacy        none: it has functions that are called"* ]] || fail "$output"
	[[ $output == *"program xdp_drop"* ]] || fail "of equal names another is shown: $output"
	expect_status 0 env IFBPF_OBJECT_PATH="$TMPDIR/store" inspect xdp_mine
	[[ $output == "$TMPDIR/store/xdp_mine.o: BPF object"* ]] || fail "$output"
}

# Kernels from 5.10 on are promised, for packets of several buffers those that have such programs.
test_each_build_of_each_object_loads_and_goes()
{
	local object count=0

	for object in objects/*.o objects/pinned/*.o; do
		[[ $object != *_frags.o ]] || attach has frags || continue
		expect_status 0 load v0 "$object"
		expect_status 0 unload --all --purge v0
		((++count))
	done
	((count >= 2 * $(find objects -maxdepth 1 -name '*.bpf.c' | wc -l))) || fail "only $count"
}
