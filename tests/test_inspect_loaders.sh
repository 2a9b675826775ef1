# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# inspect: what it says of a loader is what that loader does.
. tests/build.sh
. tests/legacy.sh

LIBBPF_LOADERS="ip tc libbpf xdp-loader load"
LEGACY_LOADERS="legacy_ip legacy_tc"

# verdicts FILE: LOADER SAYS COMMAND for each loader, which inspect prints as JSON.
verdicts()
{
	inspect --json "$1" | grep -o '{"loader":[^}]*}' |
		sed -E 's/^\{"loader":"([a-z-]+)( ([a-z]+))?","says":"([a-z]+)","why":.*,"command":("([^"]*)"|null)\}$/\1_\3 \4 \6/; s/_ / /'
}

# clean: as setup left it.
clean()
{
	xdp-loader unload v0 --all >/dev/null 2>&1 || true
	ip link set dev v0 xdp off 2>/dev/null || true
	tc qdisc del dev v0 clsact 2>/dev/null || true
	umount "$BPFFS"
	mount -t bpf bpf "$BPFFS"
	tc qdisc add dev v0 clsact
}

# attached: something is on a hook of v0.
attached() { [[ -n $(prog_id v0) || $(tc filter show dev v0 ingress; tc filter show dev v0 egress) == *bpf* ]]; }

# type_of ID: of a program.
type_of() { bpftool -j prog show id "$1" | sed -n 's/.*"type":"\([a-z_]*\)".*/\1/p'; }

# crashed: by the status of a shell for a signal that means it.
crashed() { ((status == 128 + 11 || status == 128 + 6 || status == 128 + 7)); }

# check_verdict FILE LOADER SAYS COMMAND: type the command, and compare.
check_verdict()
{
	local file=$1 loader=$2 says=$3 command=$4 what

	clean
	command=${command/IFNAME/v0}
	command=${command/DIRECTORY/$BPFFS/all}
	# shellcheck disable=SC2086 # words, as typed
	run eval $command
	what="$file: inspect says that $loader $says, but: $command: status $status $errors"
	case $says in
	accepts)
		((status == 0)) || fail "$what"
		[[ $loader == libbpf ]] || attached || fail "$what, and nothing is attached"
		;;
	refuses)
		((status != 0)) || fail "$what"
		! crashed || fail "$what"
		;;
	misreads)
		! crashed || fail "$what"
		[[ $loader != ip && $loader != xdp-loader || $status != 0 ||
			$(type_of "$(prog_id v0)") == xdp ]] || fail "$what: $(type_of "$(prog_id v0)")"
		;;
	crashes)
		crashed || fail "$what"
		;;
	*) fail "$file: inspect says: $loader $says $command" ;;
	esac
}

# compare FILE LOADERS: what inspect says of these loaders with what they do. Sets $compared, LOADER
# SAYS for each.
compare()
{
	local loader says command

	compared=
	while read -r loader says command; do
		[[ " $2 " == *" $loader "* ]] || continue
		compared+="$loader $says"$'\n'
		# Without a program there is nothing to type.
		[[ -n $command ]] || command=$(default_command "$loader" "$1")
		check_verdict "$1" "$loader" "$says" "$command"
	done < <(verdicts "$1")
	[[ $(wc -l <<<"$compared") == $(($(wc -w <<<"$2") + 1)) ]] || fail "$1: of $2 inspect said: $compared"
}

default_command()
{
	case $1 in
	*ip) echo "ip link set dev v0 xdp obj $2 sec xdp" ;;
	*tc) echo "tc filter add dev v0 ingress bpf da obj $2 sec tc" ;;
	libbpf) echo "bpftool prog loadall $2 $BPFFS/all" ;;
	xdp-loader) echo "xdp-loader load v0 $2" ;;
	load) echo "load v0 $2" ;;
	esac
}

need_loaders() { need ip tc xdp-loader bpftool; }

test_loaders_do_with_the_plain_store_what_inspect_says()
{
	local object

	need_loaders
	for object in objects/*.o; do
		compare "$object" "$LIBBPF_LOADERS"
		[[ $compared == *"load accepts"* && $compared == *"libbpf accepts"* ]] || fail "$object: $compared"
	done
}

test_loaders_do_with_the_pinned_store_what_inspect_says()
{
	local object

	need_loaders
	for object in objects/pinned/*.o; do
		compare "$object" "$LIBBPF_LOADERS"
	done
}

test_loaders_do_with_the_legacy_store_what_inspect_says()
{
	local object

	need_loaders
	for object in objects/legacy/*.o; do
		compare "$object" "$LIBBPF_LOADERS"
		[[ $compared == *"load accepts"* && $compared == *"ip refuses"* ]] || fail "$object: $compared"
	done
}

test_ip_and_tc_without_libbpf_do_with_the_store_what_inspect_says()
{
	local object

	need_loaders
	need_legacy
	for object in objects/*.o objects/legacy/*.o; do
		compare "$object" "$LEGACY_LOADERS"
		[[ $object != */legacy/* || $compared == *accepts* ]] || fail "$object: $compared"
	done
}

# Each case: NAME, a tab, flags or -, a tab, license or - for none, a tab, source in one line.
cases()
{
	local pass=$XDP_PASS map=$MAP
	local use='SEC("xdp") int pass(struct xdp_md *ctx) { __u32 k = 0; __u64 *v = bpf_map_lookup_elem(&counts, &k); if (v) (*v)++; return XDP_PASS; }'
	local use_tc='SEC("tc") int tpass(struct __sk_buff *ctx) { __u32 k = 0; __u64 *v = bpf_map_lookup_elem(&counts, &k); if (v) (*v)++; return 0; }'
	local tc='int tpass(struct __sk_buff *ctx) { return 0; }'
	local add='static __attribute__((noinline)) int add(struct xdp_md *ctx) { return ctx->data_end - ctx->data > 9 ? 2 : 1; }'
	local fib='SEC("xdp") int pass(struct xdp_md *ctx) { struct bpf_fib_lookup p = {}; return bpf_fib_lookup(ctx, &p, sizeof(p), 0) ? 1 : 2; }'

	cat <<END | sed 's/^\t*//'
		no_map	-g	GPL	$pass
		a_map	-g	GPL	$map $use
		tc_map	-g	GPL	$map $use_tc
		both_hooks	-g	GPL	$pass SEC("tc") $tc
		two_in_a_section	-g	GPL	$pass SEC("xdp") int drop(struct xdp_md *ctx) { return 1; }
		two_sections	-g	GPL	$pass SEC("xdp/other") int drop(struct xdp_md *ctx) { return 1; }
		section_unknown	-g	GPL	SEC("foo") int pass(struct xdp_md *ctx) { return 2; }
		section_unknown_no_btf	-O2	GPL	SEC("foo") int pass(struct xdp_md *ctx) { return 2; }
		section_xdp_name	-g	GPL	SEC("xdp_foo") int pass(struct xdp_md *ctx) { return 2; }
		section_slash	-g	GPL	SEC("xdp/foo") int pass(struct xdp_md *ctx) { return 2; }
		section_prog	-g	GPL	SEC("prog") int pass(struct xdp_md *ctx) { return 2; }
		section_classifier	-g	GPL	SEC("classifier") $tc
		section_tcx	-g	GPL	SEC("tcx/ingress") $tc
		section_egress	-g	GPL	SEC("tc/egress") $tc
		section_ingress	-g	GPL	SEC("ingress") $tc
		beside_unknown	-g	GPL	$pass SEC("foo") int other(struct xdp_md *ctx) { return 2; }
		beside_kprobe	-g	GPL	SEC("kprobe/do_exit") int other(void *ctx) { return 0; } $pass
		kprobe	-g	GPL	SEC("kprobe/do_exit") int other(void *ctx) { return 0; }
		socket	-g	GPL	SEC("socket") int other(struct __sk_buff *ctx) { return 0; }
		cpumap_entry	-g	GPL	SEC("xdp/cpumap") int pass(struct xdp_md *ctx) { return 2; }
		devmap_entry	-g	GPL	SEC("xdp/devmap") int pass(struct xdp_md *ctx) { return 2; }
		freplace	-g	GPL	SEC("freplace/foo") int pass(struct xdp_md *ctx) { return 2; }
		beside_freplace	-g	GPL	$pass SEC("freplace/foo") int other(struct xdp_md *ctx) { return 2; }
		struct_ops	-g	GPL	$pass struct bpf_dummy_ops_state { int val; }; struct bpf_dummy_ops { int (*test_1)(struct bpf_dummy_ops_state *cb); int (*test_2)(struct bpf_dummy_ops_state *cb, int a1, unsigned short a2, char a3, unsigned long a4); }; SEC("struct_ops/test_1") int test_1(unsigned long long *ctx) { return 0; } SEC(".struct_ops") struct bpf_dummy_ops dummy = { .test_1 = (void *)test_1 };
		no_btf	-O2	GPL	$pass
		no_btf_map	-O2	GPL	$map $use
		rodata	-g	GPL	const volatile int limit = 7; SEC("xdp") int pass(struct xdp_md *ctx) { return limit > 9 ? 1 : 2; }
		printk	-g	GPL	SEC("xdp") int pass(struct xdp_md *ctx) { bpf_printk("hello %d", 3); return 2; }
		data	-g	GPL	int limit = 7; SEC("xdp") int pass(struct xdp_md *ctx) { limit++; return 2; }
		bss	-g	GPL	int limit; SEC("xdp") int pass(struct xdp_md *ctx) { limit++; return 2; }
		call	-g	GPL	$add SEC("xdp") int pass(struct xdp_md *ctx) { return add(ctx); }
		global_call	-g	GPL	${add#static } SEC("xdp") int pass(struct xdp_md *ctx) { return add(ctx); }
		callback	-g	GPL	static long one(__u32 i, void *c) { return 0; } SEC("xdp") int pass(struct xdp_md *ctx) { return bpf_loop(3, one, 0, 0) == 3 ? 2 : 1; }
		static_behind	-g	GPL	static SEC("xdp") int add(struct xdp_md *ctx); SEC("xdp") int pass(struct xdp_md *ctx) { return add(ctx); } static __attribute__((noinline)) SEC("xdp") int add(struct xdp_md *ctx) { return ctx->data_end - ctx->data > 9 ? 2 : 1; }
		no_license	-g	-	$pass
		no_license_fib	-g	-	$fib
		license_mit	-g	MIT	$fib
		license_dual	-g	Dual MIT/GPL	$fib
		long_names	-g	GPL	BPF_MAP(counts_of_a_very_long_name, BPF_MAP_TYPE_ARRAY, __u32, __u64, 1); SEC("xdp") int pass_of_a_very_long_name(struct xdp_md *ctx) { __u32 k = 0; __u64 *v = bpf_map_lookup_elem(&counts_of_a_very_long_name, &k); if (v) (*v)++; return XDP_PASS; }
		core	-g	GPL	struct task_struct { int pid; } __attribute__((preserve_access_index)); SEC("xdp") int pass(struct xdp_md *ctx) { return __builtin_preserve_field_info(((struct task_struct *)0)->pid, 0) > 99999 ? 1 : 2; }
		kfunc_missing	-g	GPL	extern int there(void) __ksym; SEC("xdp") int pass(struct xdp_md *ctx) { return there(); }
		kfunc_weak	-g	GPL	extern int there(void) __ksym __weak; SEC("xdp") int pass(struct xdp_md *ctx) { return there ? 1 : 2; }
		kconfig	-g	GPL	extern unsigned int LINUX_KERNEL_VERSION __kconfig; SEC("xdp") int pass(struct xdp_md *ctx) { return LINUX_KERNEL_VERSION > 5 ? 2 : 1; }
		unresolved	-g	GPL	extern int there(void); SEC("xdp") int pass(struct xdp_md *ctx) { return there(); }
		map_in_map	-g	GPL	BPF_ARRAY_OF_ARRAYS(outer, __u64, 0, 4); SEC("xdp") int pass(struct xdp_md *ctx) { __u32 k = 0; return bpf_map_lookup_elem(&outer, &k) ? 2 : 1; }
		old_dialect	-DMAPS_LEGACY	GPL	$map $use
		old_dialect_btf	-g -DMAPS_LEGACY	GPL	$map $use
		old_dialect_short	-O2	GPL	struct bpf_map_def { unsigned int type, key_size, value_size, max_entries, map_flags; }; struct bpf_map_def SEC("maps") counts = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1 }; $use
		old_dialect_static	-O2	GPL	static struct { int w[9]; } counts SEC("maps") = { { 2, 4, 8, 1 } }; $use
		old_dialect_odd	-DMAPS_LEGACY	GPL	$map struct { int a[5]; } odd SEC("maps") = { { 2, 4, 8, 1 } }; $use
		old_dialect_data	-DMAPS_LEGACY	GPL	$map int limit = 7; SEC("xdp") int pass(struct xdp_md *ctx) { __u32 k = 0; limit++; return bpf_map_lookup_elem(&counts, &k) ? limit : 2; }
		old_dialect_call	-DMAPS_LEGACY	GPL	$map $add SEC("xdp") int pass(struct xdp_md *ctx) { __u32 k = 0; return bpf_map_lookup_elem(&counts, &k) ? add(ctx) : 2; }
		old_dialect_two	-DMAPS_LEGACY	GPL	$map $use SEC("xdp") int drop(struct xdp_md *ctx) { return 1; }
		old_dialect_extern	-DMAPS_LEGACY	GPL	extern int there(void); $map SEC("xdp") int pass(struct xdp_md *ctx) { __u32 k = 0; return bpf_map_lookup_elem(&counts, &k) ? there() : 2; }
		old_dialect_in_map	-DMAPS_LEGACY	GPL	struct bpf_elf_map inner SEC("maps") = { .type = 2, .size_key = 4, .size_value = 8, .max_elem = 1, .id = 1, .inner_idx = 0 }; struct bpf_elf_map counts SEC("maps") = { .type = BPF_MAP_TYPE_ARRAY_OF_MAPS, .size_key = 4, .size_value = 4, .max_elem = 1, .inner_id = 1 }; SEC("xdp") int pass(struct xdp_md *ctx) { __u32 k = 0; return bpf_map_lookup_elem(&counts, &k) ? 2 : 1; }
		frags	-g	GPL	SEC("xdp.frags") int pass(struct xdp_md *ctx) { return bpf_xdp_get_buff_len(ctx) ? 2 : 1; }
		run_config	-g	GPL	struct { __uint(priority, 10); __uint(XDP_PASS, 1); } _pass SEC(".xdp_run_config"); $pass
		in_text	-g	GPL	int pass(struct xdp_md *ctx) { return 2; }
		no_program	-g	GPL	int nothing;
		tail_call	-g	GPL	struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u32); } jumps SEC(".maps"); SEC("xdp/tail") int tail(struct xdp_md *ctx) { return 2; } SEC("xdp") int pass(struct xdp_md *ctx) { bpf_tail_call(ctx, &jumps, 0); return 2; }
		spin_lock	-g	GPL	struct guarded { struct bpf_spin_lock lock; int n; }; BPF_MAP(counts, BPF_MAP_TYPE_ARRAY, __u32, struct guarded, 1); SEC("xdp") int pass(struct xdp_md *ctx) { __u32 k = 0; struct guarded *v = bpf_map_lookup_elem(&counts, &k); if (v) { bpf_spin_lock(&v->lock); v->n++; bpf_spin_unlock(&v->lock); } return 2; }
		map_unused	-g	GPL	$map $pass
		iter	-g	GPL	SEC("iter/task") int other(unsigned long long *ctx) { return 0; }
		tp_btf	-g	GPL	SEC("tp_btf/sched_switch") int other(unsigned long long *ctx) { return 0; }
		fentry_alone	-g	GPL	SEC("fentry") int other(unsigned long long *ctx) { return 0; }
		raw_tp	-g	GPL	SEC("raw_tp/sched_switch") int other(unsigned long long *ctx) { return 0; }
		beside_iter	-g	GPL	$pass SEC("iter/task") int other(unsigned long long *ctx) { return 0; }
		no_entries	-g	GPL	BPF_MAP(counts, BPF_MAP_TYPE_HASH, __u32, __u64, 0); $use
		no_entries_unused	-g	GPL	${map/1)/0)} $pass
		old_dialect_no_entries	-DMAPS_LEGACY	GPL	${map/1)/0)} $use
		no_entries_events	-g	GPL	BPF_MAP(events, BPF_MAP_TYPE_PERF_EVENT_ARRAY, __u32, __u32, 0); $pass
		unresolved_variable	-g	GPL	extern int there; SEC("xdp") int pass(struct xdp_md *ctx) { return there; }
END
}

# build_case FLAGS LICENSE SOURCE: $TMPDIR/NAME.o
build_case()
{
	local LICENSE=${3#-}

	# shellcheck disable=SC2086 # flags
	build "$4" $2 || fail "$1 cannot be compiled"
	mv "$TMPDIR/built.o" "$TMPDIR/$1.o"
}

# compare_cases LOADERS [PART]: all cases, or each second one, from the first or the second on.
compare_cases()
{
	local name flags license source number=0 tried=0

	while IFS=$'\t' read -r name flags license source; do
		[[ -z ${2-} ]] || ((number++ % 2 == $2)) || continue
		build_case "$name" "$flags" "$license" "$source"
		compare "$TMPDIR/$name.o" "$1"
		((++tried))
	done < <(cases)
	((tried >= 28)) || fail "only $tried cases were tried"
}

test_loaders_do_with_odd_objects_what_inspect_says() { need_loaders; compare_cases "$LIBBPF_LOADERS" 0; }
test_loaders_do_with_other_odd_objects_what_inspect_says() { need_loaders; compare_cases "$LIBBPF_LOADERS" 1; }

test_ip_and_tc_without_libbpf_do_with_odd_objects_what_inspect_says()
{
	need_loaders
	need_legacy
	compare_cases "$LEGACY_LOADERS"
}

test_loaders_do_with_objects_of_the_other_byte_order_what_inspect_says()
{
	need_loaders
	build "$XDP_PASS" -g --target=bpfeb
	compare "$TMPDIR/built.o" "$LIBBPF_LOADERS"
	[[ $compared == *"ip refuses"* && $compared == *"load refuses"* ]] || fail "$compared"
}

# That libbpf goes on without such BTF, and load does not.
test_loaders_do_with_damaged_btf_what_inspect_says()
{
	local at

	need_loaders
	cp objects/xdp_stub.o "$TMPDIR/damaged.o"
	at=$(LC_ALL=C grep -obUaP '\x9f\xeb\x01\x00' "$TMPDIR/damaged.o" | head -n 1)
	printf '\377\377\377\0' | dd of="$TMPDIR/damaged.o" bs=1 seek=$((${at%%:*} + 24)) conv=notrunc status=none
	compare "$TMPDIR/damaged.o" "$LIBBPF_LOADERS"
	[[ $compared == *"load refuses"* ]] || fail "$compared"
	[[ $(inspect "$TMPDIR/damaged.o") == *"note: its BTF is damaged: type 1 has a name that is not there"* ]] ||
		fail "$(inspect "$TMPDIR/damaged.o")"
}

# Whether the kernel lets libbpf load them is another matter, so that is not tried.
test_loaders_do_with_programs_for_a_function_of_the_kernel_what_inspect_says()
{
	local section

	need_loaders
	for section in fentry/vfs_read fexit/vfs_read fentry.s/vfs_read fmod_ret/security_file_open \
		lsm/file_open lsm_cgroup/socket_bind; do
		build "SEC(\"$section\") int other(unsigned long long *ctx) { return 0; }"
		compare "$TMPDIR/built.o" "ip tc xdp-loader load"
		[[ $compared == *"load refuses"* ]] || fail "$section: $compared"
		[[ $(ip -V) != *"libbpf 1.1"* || $compared == *"ip crashes"*"tc crashes"*"xdp-loader crashes"* ]] ||
			fail "$section: $compared"
		expect_fail "cannot use program other of $TMPDIR/built.o: its section $section is for no hook" \
			load --hook xdp v0 "$TMPDIR/built.o"
	done
}

# needed FILE: the lowest kernel, as inspect has it for all of the object.
needed() { inspect --json "$1" | sed -n 's/.*"maps":.*\],"kernel":"\([0-9.]*\)","needs".*/\1/p'; }

# What a program needs is seen here where the kernel is old; see tests/vm/tests.
test_the_kernel_that_an_object_needs_is_the_one_that_loads_it()
{
	local object kernel

	need bpftool
	for object in objects/*.o; do
		kernel=$(needed "$object")
		[[ $kernel == *.* ]] || fail "$object: $(inspect --json "$object")"
		clean
		run bpftool prog loadall "$object" "$BPFFS/all"
		if kernel_before "$kernel"; then
			((status != 0)) || fail "$object loads, but needs $kernel"
			[[ $(inspect "$object") == *"note: it needs Linux $kernel, and this is "* ]] ||
				fail "$(inspect "$object")"
		else
			((status == 0)) || fail "$object needs $kernel, but: $errors"
		fi
	done
}

# By ip, as it is said; the first load pins it.
test_a_pinned_devmap_cannot_be_used_again_with_libbpf_1_1()
{
	local source='SEC("xdp") int pass(struct xdp_md *ctx) { return bpf_redirect_map(&tx_port, 0, 2); }'
	local note="note: devmap tx_port: libbpf 1.1 cannot use it again once it is pinned"

	build "BPF_MAP(tx_port, BPF_MAP_TYPE_DEVMAP, __u32, __u32, 4); $source"
	[[ $(inspect "$TMPDIR/built.o") != *"$note"* ]] || fail "$(inspect "$TMPDIR/built.o")"
	build "BPF_MAP(tx_port, BPF_MAP_TYPE_DEVMAP, __u32, __u32, 4); $source" -g -DMAPS_PINNED
	[[ $(inspect "$TMPDIR/built.o") == *"$note"* ]] || fail "$(inspect "$TMPDIR/built.o")"
	[[ $(ip -V) == *"libbpf 1.1"* ]] || skip "needs an ip with libbpf 1.1"
	link_xdp v0 "$TMPDIR/built.o"
	[[ -e $BPFFS/tc/globals/tx_port ]] || fail "it is pinned elsewhere: $(find "$BPFFS")"
	run ip -force link set dev v0 xdpgeneric obj "$TMPDIR/built.o" sec xdp
	[[ $status != 0 && $errors == *"tx_port': parameter mismatch"* ]] || fail "status $status $errors"
}

test_load_refuses_struct_ops()
{
	build_case struct_ops -g GPL "$(cases | awk -F '\t' '$1 == "struct_ops" { print $4 }')"
	expect_fail "it has struct_ops, 'dummy', which are for no hook of an interface" \
		load --prog-name pass v0 "$TMPDIR/struct_ops.o"
	((status == 2)) || fail "status $status"
}
