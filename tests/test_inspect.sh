# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# inspect: what is in an object. What it says of loaders: see test_inspect_loaders.sh.
. tests/build.sh

test_the_tables_of_helpers_and_maps_agree_with_the_kernel()
{
	run inspect_kernels
	((status == 0)) || fail "$output $errors"
}

test_each_need_is_told_with_its_kernel()
{
	local what

	expect_status 0 inspect --json objects/xdp_acl_frags.o
	for what in '"what":"packets of several buffers (xdp.frags)","kernel":"5.18"' \
		'"what":"map type array_of_maps","kernel":"4.12"' '"what":"map type lpm_trie","kernel":"4.11"' \
		'"what":"helper bpf_xdp_get_buff_len","kernel":"5.18"' \
		'"what":"inner maps of different lengths","kernel":"5.10"' \
		'"what":"functions that are called","kernel":"4.16"'; do
		[[ $output == *"$what"* ]] || fail "no $what: $output"
	done
	build 'int total; SEC("xdp") int pass(struct xdp_md *ctx) { return __sync_fetch_and_or(&total, 1) ? 1 : 2; }'
	expect_status 0 inspect --json "$TMPDIR/built.o"
	[[ $output == *'"what":"atomic operations (-mcpu=v3)","kernel":"5.12"'* &&
		$output == *'"what":"global variables","kernel":"5.2"'* ]] || fail "$output"
	build 'extern int there(void) __ksym; SEC("xdp") int pass(struct xdp_md *ctx) { return there(); }'
	expect_status 0 inspect "$TMPDIR/built.o"
	[[ $output == *"refuses   this kernel has no function there"* ]] || fail "$output"
	build 'static long one(__u32 i, void *c) { return 0; } SEC("tc") int pass(struct __sk_buff *s) { return bpf_loop(3, one, 0, 0); }'
	expect_status 0 inspect "$TMPDIR/built.o"
	[[ $output == *"needs   Linux 5.17: helper bpf_loop"$'\n'* ]] || fail "$output"
}

# needs LINE SOURCE: of an object of it.
needs()
{
	build "$2"
	expect_status 0 inspect "$TMPDIR/built.o"
	[[ $output == *"  needs   $1"$'\n'* ]] || fail "no: $1
$output"
}

test_programs_for_no_hook_and_functions_of_the_kernel_have_a_kernel()
{
	local other='int other(unsigned long long *ctx) { return 0; }'

	needs "Linux 5.5: programs of type tracing in section fentry" "SEC(\"fentry/vfs_read\") $other"
	needs "Linux 5.10: programs of type tracing in section fentry.s" "SEC(\"fentry.s/vfs_read\") $other"
	needs "Linux 5.7: programs of type lsm in section lsm" "SEC(\"lsm/file_open\") $other"
	needs "Linux 5.8: programs of type tracing in section iter" "SEC(\"iter/task\") $other"
	needs "Linux 4.1: programs of type kprobe in section kprobe" "SEC(\"kprobe/do_exit\") $other"
	needs "Linux 6.3: function bpf_xdp_metadata_rx_timestamp of the kernel" \
		'extern int bpf_xdp_metadata_rx_timestamp(const struct xdp_md *ctx, __u64 *at) __ksym;
SEC("xdp") int pass(struct xdp_md *ctx) { __u64 at; return bpf_xdp_metadata_rx_timestamp(ctx, &at) ? 1 : 2; }'
	needs "Linux 5.13: function there of the kernel" \
		'extern int there(void) __ksym; SEC("xdp") int pass(struct xdp_md *ctx) { return there(); }'
	needs "Linux: not known" "SEC(\"foo\") $other"
}

# noted TEXT SOURCE [FLAG...]: inspect says it of that object.
noted()
{
	local text=$1

	shift
	build "$@"
	expect_status 0 inspect "$TMPDIR/built.o"
	[[ $output == *"$text"* ]] || fail "no: $text
$output"
}

test_what_may_surprise_is_noted()
{
	noted "note: the kernel calls map counts_of_a_long_name 'counts_of_a_lon', since it keeps 15 characters" \
		"BPF_MAP(counts_of_a_long_name, BPF_MAP_TYPE_ARRAY, __u32, __u64, 1); $XDP_PASS"
	noted "note: the kernel calls maps counts_of_packets_in and counts_of_packets_out alike: who knows them by id" \
		"BPF_MAP(counts_of_packets_in, BPF_MAP_TYPE_ARRAY, __u32, __u64, 1);
BPF_MAP(counts_of_packets_out, BPF_MAP_TYPE_ARRAY, __u32, __u64, 1); $XDP_PASS"
	noted "note: the kernel calls program pass_or_not_to_pass 'pass_or_not_to_'" \
		'SEC("xdp") int pass_or_not_to_pass(struct xdp_md *ctx) { return 2; }'
	noted "note: section xdp has 2 programs: ip and tc take pass, the first one" \
		"$XDP_PASS SEC(\"xdp\") int drop(struct xdp_md *ctx) { return 1; }"
	noted "note: several sections are called xdp: ip and tc take double, the first program of the first one" \
		"$XDP_PASS"' asm(".section xdp,\"ax\",@progbits,unique,1\n.globl double\n.type double,@function\ndouble:\nr0 = 1\nexit\n.size double, .-double\n.text");'
	link_xdp v0 "$TMPDIR/built.o"
	bpftool prog show id "$(prog_id v0)" | grep -q " name double " || fail "ip took another"
	noted "note: it has 2 programs: xdp-loader takes pass, the first one" \
		"$XDP_PASS SEC(\"xdp/x\") int drop(struct xdp_md *ctx) { return 1; }"
	noted "note: pinned by name: counts; ip and tc do it in tc/globals, where all interfaces share them" \
		"$MAP $XDP_PASS" -g -DMAPS_PINNED
	[[ $output == *"note: xdp-loader pins them only with -p; bpftool does in the root of the BPF filesystem, and fails with pinmaps"* ]] ||
		fail "$output"
	mkdir "$BPFFS/all"
	run bpftool prog loadall "$TMPDIR/built.o" "$BPFFS/all" pinmaps "$BPFFS/maps"
	[[ $status != 0 && $errors == *"already has pin path '$BPFFS/counts'"* && -e $BPFFS/counts ]] ||
		fail "status $status: $errors; $(find "$BPFFS")"
	noted "note: it has no BTF" "$XDP_PASS" -O1
	noted "note: section .xdp_run_config is for xdp-loader alone" \
		"struct { __uint(priority, 10); } _pass SEC(\".xdp_run_config\"); $XDP_PASS"
	noted "note: it cannot be rewritten for ip and tc without libbpf: it has global variables" \
		'int total; SEC("xdp") int pass(struct xdp_md *ctx) { return total++ ? 1 : 2; }'
	noted "note: for ip and tc without libbpf, rewrite it: btf2legacy $TMPDIR/built.o FILE" "$MAP $XDP_PASS"
	noted "misreads  it would run pass, which is for the entries of a devmap or cpumap, on all of" \
		"${XDP_PASS/xdp/xdp/devmap}"
	LICENSE='' noted "note: it has no license" "$XDP_PASS"
	LICENSE=MIT noted "refuses   helper bpf_fib_lookup is for GPL-compatible programs, and the license is another" \
		"SEC(\"xdp\") int pass(struct xdp_md *ctx) { struct bpf_fib_lookup p = {}; return bpf_fib_lookup(ctx, &p, sizeof(p), 0); }"
}

test_what_no_dispatcher_may_have_behind_it_is_said_of_xdp_loader()
{
	local helper alone="alone; Linux 6.13 and later, and 6.12 of Debian, refuse it behind a dispatcher"
	local object

	for helper in head meta tail; do
		noted "xdp-loader  accepts   xdp-loader load IFNAME $TMPDIR/built.o
                        $alone of xdp-tools up to 1.5.4, since it calls bpf_xdp_adjust_$helper, and so may change packets
  load " \
			"SEC(\"xdp\") int pass(struct xdp_md *ctx) { return bpf_xdp_adjust_$helper(ctx, 0) ? 1 : 2; }"
		[[ $(inspect --json "$TMPDIR/built.o") == *'"may_change_packets":true'* ]] || fail "$output"
	done
	# In a function that it calls as well.
	noted "$alone" 'static __attribute__((noinline)) int cut(struct xdp_md *ctx) { return bpf_xdp_adjust_tail(ctx, -1) ? 1 : 2; }
SEC("xdp") int pass(struct xdp_md *ctx) { return cut(ctx); }'
	# What reads or writes a packet where it is does not count.
	build 'SEC("xdp") int pass(struct xdp_md *ctx) { __u32 a = 0; bpf_xdp_store_bytes(ctx, 0, &a, 4); return bpf_xdp_get_buff_len(ctx) ? 1 : 2; }'
	expect_status 0 inspect --json "$TMPDIR/built.o"
	[[ $output == *'"may_change_packets":false'* && $output != *"$alone"* ]] || fail "$output"
	for object in objects/xdp_{aborted,drop,pass,stub}.o; do
		[[ $(inspect "$object") != *"$alone"* ]] || fail "$object: $(inspect "$object")"
	done
	[[ $(inspect objects/xdp_chain.o) == *"$alone"*"since it calls bpf_tail_call"* ]] || fail "$(inspect objects/xdp_chain.o)"
	[[ $(inspect objects/tc_chain.o) != *"$alone"* ]] || fail "$(inspect objects/tc_chain.o)"
}

test_the_hook_is_told_by_what_the_function_takes()
{
	build 'SEC("foo") int pass(struct xdp_md *ctx) { return 2; }'
	expect_status 0 inspect "$TMPDIR/built.o"
	[[ $output == *"program pass "*" section foo "*" xdp by its arguments, type xdp"* ]] || fail "$output"
	[[ $output == *"load        accepts   load --hook xdp IFNAME $TMPDIR/built.o"* ]] || fail "$output"
	build 'SEC("foo") int pass(struct __sk_buff *ctx) { return 0; }'
	[[ $(inspect "$TMPDIR/built.o") == *"tc_ingress by its arguments, type sched_cls"* ]] ||
		fail "$(inspect "$TMPDIR/built.o")"
}

test_what_is_no_object_is_named()
{
	expect_fail "cannot inspect ./README.md: it is no ELF file" inspect ./README.md
	((status == 2)) || fail "status $status"
	expect_fail "cannot find object nothing.o" inspect nothing.o
	expect_fail "cannot open object ./nothing.o" inspect ./nothing.o
	expect_fail "it is a directory" inspect objects/
	mkfifo "$TMPDIR/fifo"
	expect_fail "it is no regular file" timeout 10 inspect "$TMPDIR/fifo"
	expect_status 1 inspect
	expect_status 3 inspect objects/xdp_pass.o ./nothing.o
	[[ $output == *"program xdp_pass"* && $errors == *nothing.o* ]] || fail "$output $errors"
}

test_other_machines_and_byte_orders_are_told_of()
{
	expect_status 0 inspect "$(type -P ip)"
	[[ $output == *"ELF file of another machine"* && $output == *"load "*" refuses "* ]] || fail "$output"
	need clang
	echo "$XDP_PASS" | sed '1i #include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>' >"$TMPDIR/source.c"
	clang -g -O2 --target=bpfeb $BPF_SYS_INCLUDES -c "$TMPDIR/source.c" -o "$TMPDIR/big.o"
	expect_status 0 inspect "$TMPDIR/big.o"
	[[ $output == *"BPF object of the other byte order"* && $output == *"ip "*" refuses "* ]] || fail "$output"
}

# hurt FILE SEED: a copy, $TMPDIR/hurt.o, in which some bytes are others.
hurt()
{
	local size i

	RANDOM=$2
	cp "$1" "$TMPDIR/hurt.o"
	size=$(stat -c %s "$1")
	for ((i = 0; i < 6; i++)); do
		printf "\\x$(printf %x $((RANDOM % 256)))" |
			dd of="$TMPDIR/hurt.o" bs=1 seek=$(((RANDOM * 32768 + RANDOM) % size)) conv=notrunc status=none
	done
}

test_damaged_files_are_told_of()
{
	local object seed at

	for object in objects/xdp_acl.o objects/legacy/tc_parse.o build/tests/bpf/held.o; do
		for ((seed = 1; seed <= 60; seed++)); do
			hurt "$object" $seed
			run inspect --json "$TMPDIR/hurt.o"
			((status == 0 || status == 2)) || fail "$object, seed $seed: status $status $output $errors"
			[[ $status != 0 || $output == '{"schema":"ifbpf.inspect/1"'*'}' ]] ||
				fail "$object, seed $seed: $output"
			run inspect "$TMPDIR/hurt.o"
			((status == 0 || status == 2)) || fail "$object, seed $seed: status $status $errors"
		done
	done
	for ((at = 0; at < 3000; at += 97)); do
		head -c $at objects/xdp_pass.o >"$TMPDIR/hurt.o"
		run inspect "$TMPDIR/hurt.o"
		((status == 0 || status == 2)) || fail "cut at $at: status $status $errors"
	done
}

test_control_characters_of_a_file_are_not_printed()
{
	LC_ALL=C sed 's/xdp_pass/xdp\x1bpass/g' objects/xdp_pass.o >"$TMPDIR/escape.o"
	expect_status 0 inspect "$TMPDIR/escape.o"
	[[ $output == *'xdp\x1bpass'* && $output != *$'\x1b'* ]] || fail "$(od -c <<<"$output" | head -20)"
}
