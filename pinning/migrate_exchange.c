// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "pinning/code.h"
#include "pinning/migrate_exchange.h"

/* One word to be replaced; shared with the program by mmap. */
struct order {
	__u32 at;   /* its place in the value: whole words of 8 bytes, or 4 at the end */
	__u32 done; /* it was as expected */
	__u64 expected, wanted;
	__u8 key[];
};

struct exchange {
	struct order *order;
	size_t order_bytes;
	int order_fd, prog_fd;
	bool impossible; /* the program cannot be loaded */
};

bool migrate_may_count(const struct migration *m)
{
	if (m->to.info.map_flags & BPF_F_RDONLY_PROG)
		return false;
	for (size_t i = 0; i < m->value.len; i++) {
		const struct field *f = &m->value.list[i];

		if (f->counter || f->unsure || m->rows.list[f->row].outcome == MIGRATE_ASSUMED)
			return true;
	}
	/* Too many fields to be looked at one by one. */
	return !m->value.len;
}

/* Replace `bits` at R9 + at, which is R1; the result goes to the order in R6. */
static void replace(struct code *c, __u32 bits)
{
	int differs;

	code_alu(c, BPF_AND, R1, -(__s32)(bits / 8));
	code_emit(c, BPF_ALU64 | BPF_ADD | BPF_X, R9, R1, 0, 0);
	code_load(c, bits, R0, R6, offsetof(struct order, expected));
	code_move(c, R7, R0);
	code_load(c, bits, R2, R6, offsetof(struct order, wanted));
	code_emit(c, BPF_STX | BPF_ATOMIC | code_width(bits), R9, R2, 0, BPF_CMPXCHG);
	differs = code_jump_reg(c, BPF_JNE, R0, R7);
	code_set(c, R1, 1);
	code_store(c, 32, R6, R1, offsetof(struct order, done));
	code_jump_lands(c, differs);
	code_finish(c, 0);
}

/* Look up the key at R2; the value, which is there, goes to dst. */
static void look_up(struct code *c, int map_fd, __u8 dst)
{
	int found;

	code_load_map(c, R1, map_fd);
	code_call(c, BPF_FUNC_map_lookup_elem);
	found = code_jump(c, BPF_JNE, R0, 0);
	code_finish(c, 0);
	code_jump_lands(c, found);
	code_move(c, dst, R0);
}

static int load_program(const struct exchange *x, const struct migration *m)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	__u32 size = m->to.info.value_size, whole = size / 8 * 8;
	struct code c = {};
	int fd, beyond;

	code_emit(&c, BPF_ST | BPF_MEM | BPF_W, R10, 0, -4, 0);
	code_move(&c, R2, R10);
	code_alu(&c, BPF_ADD, R2, -4);
	look_up(&c, x->order_fd, R6);
	code_move(&c, R2, R6);
	code_alu(&c, BPF_ADD, R2, offsetof(struct order, key));
	look_up(&c, m->to.fd, R9);
	code_load(&c, 32, R1, R6, offsetof(struct order, at));
	if (whole) {
		beyond = code_jump(&c, BPF_JGT, R1, (__s32)whole - 8);
		replace(&c, 64);
		code_jump_lands(&c, beyond);
	}
	if (size - whole >= 4) {
		code_set(&c, R1, (__s32)whole);
		replace(&c, 32);
	}
	code_finish(&c, 0);
	fd = c.err ? c.err
	           : bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "migrate_replace", "GPL", c.insns,
	                           c.len, &opts);
	free(c.insns);
	return fd;
}

static int make_order(struct exchange *x, const struct migration *m)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	size_t page = sysconf(_SC_PAGESIZE);
	size_t bytes = (sizeof(*x->order) + m->to.info.key_size + 7) / 8 * 8;
	void *mapping;

	x->order_fd =
		bpf_map_create(BPF_MAP_TYPE_ARRAY, "migrate_order", sizeof(__u32), bytes, 1, &opts);
	if (x->order_fd < 0)
		return x->order_fd;
	x->order_bytes = (bytes + page - 1) / page * page;
	mapping = mmap(NULL, x->order_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, x->order_fd, 0);
	if (mapping == MAP_FAILED)
		return -errno;
	x->order = mapping;
	return 0;
}

/* The program for this map, made when it is first needed. NULL: there is none. */
static struct exchange *exchange_of(struct migration *m)
{
	struct exchange *x = m->exchange;
	const char *why;
	enum map_family family = map_family(m->to.info.type, &why);
	int err;

	if (x)
		return x->impossible ? NULL : x;
	x = m->exchange = calloc(1, sizeof(*x));
	if (!x)
		return NULL;
	x->order_fd = x->prog_fd = -1;
	x->impossible = true;
	if (map_is_percpu(m->to.info.type) || (family != FAMILY_DATA && family != FAMILY_LPM))
		return NULL;
	err = make_order(x, m);
	if (!err) {
		x->prog_fd = load_program(x, m);
		err = x->prog_fd < 0 ? x->prog_fd : 0;
	}
	x->impossible = err;
	if (err)
		detail("map '%s': entries cannot be changed in place: %s", m->to.info.name,
		       strerror(-err));
	return err ? NULL : x;
}

static __u32 word_bytes(__u32 size, __u32 at)
{
	return at + 8 <= size ? 8 : size - at;
}

/*
 * One word differs: of several, some would be written and others not if this process is killed in
 * between, or the new program counts in one of them.
 */
static bool in_place(const struct migration *m, const __u8 *expected, const __u8 *wanted)
{
	__u32 size = m->to.info.value_size, words = 0;

	for (__u32 at = 0; at < size; at += 8) {
		__u32 bytes = word_bytes(size, at);

		if (!memcmp(expected + at, wanted + at, bytes))
			continue;
		if (bytes != 8 && bytes != 4)
			return false;
		words++;
	}
	return words == 1;
}

static int run(const struct exchange *x)
{
	__u8 frame[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame));
	int err;

	do
		err = bpf_prog_test_run_opts(x->prog_fd, &opts);
	while (err == -EINTR && !x->order->done);
	return x->order->done ? 0 : err;
}

int migrate_exchange(struct migration *m, const void *key, const void *expected, const void *wanted)
{
	struct exchange *x = in_place(m, expected, wanted) ? exchange_of(m) : NULL;
	__u32 size = m->to.info.value_size;
	volatile struct order *order;

	if (!x)
		return -EOPNOTSUPP;
	order = x->order;
	memcpy(x->order->key, key, m->to.info.key_size);
	for (__u32 at = 0; at < size; at += 8) {
		const __u8 *old = (const __u8 *)expected + at, *new = (const __u8 *)wanted + at;
		__u32 bytes = word_bytes(size, at);
		int err;

		if (!memcmp(old, new, bytes))
			continue;
		order->at = at;
		order->done = 0;
		memcpy(&x->order->expected, old, bytes);
		memcpy(&x->order->wanted, new, bytes);
		err = run(x);
		if (err || !order->done)
			return err;
	}
	return 1;
}

void migrate_exchange_free(struct migration *m)
{
	struct exchange *x = m->exchange;

	if (!x)
		return;
	if (x->order)
		munmap(x->order, x->order_bytes);
	if (x->order_fd >= 0)
		close(x->order_fd);
	if (x->prog_fd >= 0)
		close(x->prog_fd);
	free(x);
	m->exchange = NULL;
}
