// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/packet/twins.h"

/*
 * Statistics are per hook: the twins do not share them. What holds programs, or may, the kernel
 * ties to programs of one kind: those for several buffers have a devmap of their own.
 */
static bool is_shared(const struct bpf_map *map)
{
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_DEVMAP:
	case BPF_MAP_TYPE_DEVMAP_HASH:
	case BPF_MAP_TYPE_CPUMAP: return false;
	default: break;
	}
	return !bpf_map__is_internal(map) && strcmp(bpf_map__name(map), "xdp_stats_map") != 0 &&
	       strcmp(bpf_map__name(map), "tc_stats_map") != 0;
}

/* Use the maps that other has already. */
static void share_maps(struct bpf_object *obj, const struct bpf_object *other)
{
	struct bpf_map *map, *there;

	bpf_object__for_each_map(map, obj) {
		there = other && is_shared(map)
		                ? bpf_object__find_map_by_name(other, bpf_map__name(map))
		                : NULL;
		if (there)
			assert_int_equal(bpf_map__reuse_fd(map, bpf_map__fd(there)), 0);
	}
}

/* A program that returns 0. Returns its descriptor, or a negative errno. */
static int load_trivial(enum bpf_prog_type type, __u32 flags)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = flags);

	return bpf_prog_load(type, "trivial", "GPL", insns, 2, &opts);
}

/* Kernels before 5.18 know no XDP program for packets of several buffers. */
static bool kernel_has_frags(void)
{
	int fd = load_trivial(BPF_PROG_TYPE_XDP, BPF_F_XDP_HAS_FRAGS);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Whether a test run can be told where its packet came in, by a context; 5.10 does not take it. */
static bool kernel_takes(enum bpf_prog_type type, void *context, __u32 size)
{
	unsigned char packet[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
	            .repeat = 1, .ctx_in = context, .ctx_size_in = size);
	int fd = load_trivial(type, 0), err;

	if (fd < 0)
		fail_msg("cannot load a program that returns 0: %s", strerror(-fd));
	err = bpf_prog_test_run_opts(fd, &opts);
	close(fd);
	return !err;
}

static bool kernel_takes_tc_from(void)
{
	struct __sk_buff context = { .ingress_ifindex = TWINS_LOOPBACK };

	return kernel_takes(BPF_PROG_TYPE_SCHED_CLS, &context, sizeof(context));
}

static bool kernel_takes_xdp_from(void)
{
	struct xdp_md context = { .data_end = 64 };

	return kernel_takes(BPF_PROG_TYPE_XDP, &context, sizeof(context));
}

/* Whether it reads where the packet came in. What else is read there does no harm. */
static bool looks_at_from(const struct bpf_object *tc)
{
	const struct bpf_program *prog = bpf_object__next_program(tc, NULL);
	const struct bpf_insn *insns = bpf_program__insns(prog);

	for (size_t i = 0; i < bpf_program__insn_cnt(prog); i++)
		if (insns[i].code == (BPF_LDX | BPF_MEM | BPF_W) &&
		    insns[i].off == offsetof(struct __sk_buff, ingress_ifindex))
			return true;
	return false;
}

static struct bpf_object *load(const char *kind, const char *name, const char *variant,
                               const struct twins *t, int *fd)
{
	struct bpf_object *obj;
	char path[256];
	int err;

	*fd = -1;
	snprintf(path, sizeof(path), "objects/%s_%s%s.o", kind, name, variant);
	if (access(path, F_OK) || (*variant && !kernel_has_frags()))
		return NULL;
	obj = bpf_object__open_file(path, NULL);
	if (!obj)
		fail_msg("cannot open %s: %s", path, strerror(errno));
	share_maps(obj, t->xdp);
	err = bpf_object__load(obj);
	if (err)
		fail_msg("cannot load %s: %s", path, strerror(-err));
	*fd = bpf_program__fd(bpf_object__next_program(obj, NULL));
	return obj;
}

void twins_open(struct twins *t, const char *name)
{
	memset(t, 0, sizeof(*t));
	t->tc_from = TWINS_LOOPBACK;
	t->xdp = load("xdp", name, "", t, &t->xdp_fd);
	t->frags = load("xdp", name, "_frags", t, &t->frags_fd);
	t->tc = load("tc", name, "", t, &t->tc_fd);
	if (t->tc && !kernel_takes_tc_from()) {
		t->tc_from = 0;
		if (looks_at_from(t->tc)) {
			bpf_object__close(t->tc);
			t->tc = NULL;
			t->tc_fd = -1;
		}
	}
	if (!t->xdp && !t->tc)
		fail_msg("there is neither objects/xdp_%s.o nor objects/tc_%s.o", name, name);
}

void twins_move(struct twins *t, __u32 ifindex)
{
	t->ifindex = ifindex;
	if (!t->tc || kernel_takes_xdp_from())
		return;
	bpf_object__close(t->xdp);
	bpf_object__close(t->frags);
	t->xdp = t->frags = NULL;
	t->xdp_fd = t->frags_fd = -1;
}

void twins_close(struct twins *t)
{
	bpf_object__close(t->xdp);
	bpf_object__close(t->frags);
	bpf_object__close(t->tc);
}

int twins_map(const struct twins *t, const char *name)
{
	int fd = t->xdp ? bpf_object__find_map_fd_by_name(t->xdp, name) : -ENOENT;

	if (fd < 0 && t->tc)
		fd = bpf_object__find_map_fd_by_name(t->tc, name);
	if (fd < 0)
		fail_msg("there is no map %s", name);
	return fd;
}

static int run(int prog_fd, const struct frame *in, struct frame *out, void *context, __u32 size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in->bytes, .data_size_in = in->len,
	            .data_out = out->bytes, .data_size_out = sizeof(out->bytes), .repeat = 1,
	            .ctx_in = context, .ctx_size_in = size);
	int err = bpf_prog_test_run_opts(prog_fd, &opts);

	if (err)
		fail_msg("cannot run a program on %zu bytes: %s", in->len, strerror(-err));
	out->len = opts.data_size_out;
	return (int)opts.retval;
}

static int run_xdp(const struct twins *t, int prog_fd, const struct frame *in, struct frame *out)
{
	struct xdp_md context = { .data_end = in->len, .ingress_ifindex = t->ifindex };

	return t->ifindex ? run(prog_fd, in, out, &context, sizeof(context))
	                  : run(prog_fd, in, out, NULL, 0);
}

int twins_run_xdp(const struct twins *t, const struct frame *in, struct frame *out)
{
	return run_xdp(t, t->xdp_fd, in, out);
}

int twins_run_tc(const struct twins *t, const struct frame *in, struct frame *out)
{
	return twins_run_gso(t, in, out, 0);
}

int twins_run_gso(const struct twins *t, const struct frame *in, struct frame *out, __u32 gso_size)
{
	struct __sk_buff context = {
		.ifindex = t->ifindex,
		.ingress_ifindex = t->tc_from && t->ifindex ? t->ifindex : t->tc_from,
		.gso_size = gso_size,
	};

	return t->ifindex || t->tc_from || gso_size
	               ? run(t->tc_fd, in, out, &context, sizeof(context))
	               : run(t->tc_fd, in, out, NULL, 0);
}

static enum verdict verdict_of_xdp(int action)
{
	switch (action) {
	case XDP_PASS: return VERDICT_PASS;
	case XDP_TX:
	case XDP_REDIRECT: return VERDICT_SEND;
	default: return VERDICT_DROP;
	}
}

static enum verdict verdict_of_tc(int action)
{
	switch (action) {
	case TC_ACT_OK:
	case TC_ACT_UNSPEC:
	case TC_ACT_PIPE: return VERDICT_PASS;
	case TC_ACT_REDIRECT: return VERDICT_SEND;
	default: return VERDICT_DROP;
	}
}

static void assert_same(enum verdict a, const struct frame *fa, enum verdict b,
                        const struct frame *fb)
{
	assert_int_equal(a, b);
	assert_int_equal(fa->len, fb->len);
	assert_memory_equal(fa->bytes, fb->bytes, fa->len);
}

bool twins_tc_takes(const struct frame *in)
{
	const struct ethhdr *eth = (const void *)in->bytes;
	size_t header = 0;

	if (eth->h_proto == htons(ETH_P_IP))
		header = sizeof(struct iphdr);
	else if (eth->h_proto == htons(ETH_P_IPV6))
		header = sizeof(struct ipv6hdr);
	return in->len >= sizeof(*eth) + header;
}

enum verdict twins_run(const struct twins *t, const struct frame *in, struct frame *out)
{
	static struct frame first, other;
	enum verdict verdict = VERDICT_PASS;
	bool ran = false;

	if (t->xdp) {
		verdict = verdict_of_xdp(run_xdp(t, t->xdp_fd, in, &first));
		ran = true;
	}
	if (t->frags) {
		enum verdict v = verdict_of_xdp(run_xdp(t, t->frags_fd, in, &other));

		assert_same(verdict, &first, v, &other);
	}
	if (t->tc && (!ran || twins_tc_takes(in))) {
		enum verdict v = verdict_of_tc(twins_run_tc(t, in, ran ? &other : &first));

		if (ran)
			assert_same(verdict, &first, v, &other);
		verdict = v;
	}
	if (out)
		*out = first;
	return verdict;
}

static void describe(int fd, struct bpf_map_info *info)
{
	__u32 len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	assert_int_equal(bpf_obj_get_info_by_fd(fd, info, &len), 0);
	assert_int_equal(info->type, BPF_MAP_TYPE_PERCPU_ARRAY);
}

static size_t percpu_size(const struct bpf_map_info *info)
{
	return (info->value_size + 7) / 8 * 8;
}

void map_clear(int fd)
{
	struct bpf_map_info info;
	void *zeros;

	describe(fd, &info);
	zeros = calloc(libbpf_num_possible_cpus(), percpu_size(&info));
	assert_non_null(zeros);
	for (__u32 slot = 0; slot < info.max_entries; slot++)
		assert_int_equal(bpf_map_update_elem(fd, &slot, zeros, BPF_ANY), 0);
	free(zeros);
}

__u64 map_sum(int fd, __u32 slot, size_t offset)
{
	int cpus = libbpf_num_possible_cpus();
	struct bpf_map_info info;
	__u64 sum = 0, one;
	__u8 *values;

	describe(fd, &info);
	values = calloc(cpus, percpu_size(&info));
	assert_non_null(values);
	assert_int_equal(bpf_map_lookup_elem(fd, &slot, values), 0);
	for (int cpu = 0; cpu < cpus; cpu++) {
		memcpy(&one, values + cpu * percpu_size(&info) + offset, sizeof(one));
		sum += one;
	}
	free(values);
	return sum;
}

struct stats_record map_record(int fd, const void *key)
{
	int cpus = libbpf_num_possible_cpus();
	struct stats_record *values = calloc(cpus, sizeof(*values)), sum = {};

	assert_non_null(values);
	if (!bpf_map_lookup_elem(fd, key, values)) {
		for (int i = 0; i < cpus; i++) {
			sum.rx_packets += values[i].rx_packets;
			sum.rx_bytes += values[i].rx_bytes;
		}
	}
	free(values);
	return sum;
}

int twins_frames(int most)
{
	const char *given = getenv("FRAMES");
	int limit = given ? atoi(given) : most;

	assert_true(limit > 0);
	return limit < most ? limit : most;
}
