// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The instructions of the program that merges counters. Counters are added to the new map and
 * subtracted from the old one by atomic instructions, never set: an interrupt in between that
 * counts on, in either map, is kept. So no kernel needs to run the program with softirqs off.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "pinning/migrate_program.h"

/* Kept over calls: r6 the cursor, r7 the pair of keys, r8 the old value, r9 the new one. */
enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 };

/* Above this a jump over the field would not reach. */
#define CHUNKS_MAX 8192

struct code {
	struct bpf_insn *insns;
	int len, err;
};

static void emit(struct code *c, __u8 code, __u8 dst, __u8 src, __s16 off, __s32 imm)
{
	struct bpf_insn *insns = c->insns;

	/* The room is always a power of two. */
	if (!c->err && !(c->len & (c->len - 1)))
		insns = reallocarray(insns, c->len ? 2 * c->len : 1, sizeof(*insns));
	if (!insns)
		c->err = -ENOMEM;
	if (c->err)
		return;
	c->insns = insns;
	insns[c->len++] = (struct bpf_insn){ code, dst, src, off, imm };
}

static void move(struct code *c, __u8 dst, __u8 src)
{
	emit(c, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static void set(struct code *c, __u8 dst, __s32 imm)
{
	emit(c, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}

/* op: BPF_ADD, BPF_LSH ... with a number. */
static void alu(struct code *c, __u8 op, __u8 dst, __s32 imm)
{
	emit(c, BPF_ALU64 | op | BPF_K, dst, 0, 0, imm);
}

static __u8 width(__u32 bits)
{
	return bits == 64 ? BPF_DW : bits == 32 ? BPF_W : bits == 16 ? BPF_H : BPF_B;
}

static void load(struct code *c, __u32 bits, __u8 dst, __u8 src, __u32 at)
{
	emit(c, BPF_LDX | BPF_MEM | width(bits), dst, src, (__s16)at, 0);
}

static void store(struct code *c, __u32 bits, __u8 dst, __u8 src, __u32 at)
{
	emit(c, BPF_STX | BPF_MEM | width(bits), dst, src, (__s16)at, 0);
}

static void extend_sign(struct code *c, __u8 reg, __u32 bits)
{
	if (bits == 64)
		return;
	alu(c, BPF_LSH, reg, 64 - (int)bits);
	alu(c, BPF_ARSH, reg, 64 - (int)bits);
}

static void load_integer(struct code *c, __u8 dst, __u8 src, __u32 bit, __u32 bits, bool is_signed)
{
	load(c, bits, dst, src, bit / 8);
	if (is_signed)
		extend_sign(c, dst, bits);
}

/* A jump forward, whose distance jump_lands() fills in. Returns its place. */
static int jump(struct code *c, __u8 op, __u8 dst, __s32 imm)
{
	emit(c, BPF_JMP | op | BPF_K, dst, 0, 0, imm);
	return c->len - 1;
}

static int jump_reg(struct code *c, __u8 op, __u8 dst, __u8 src)
{
	emit(c, BPF_JMP | op | BPF_X, dst, src, 0, 0);
	return c->len - 1;
}

static void jump_lands(struct code *c, int place)
{
	if (!c->err)
		c->insns[place].off = (__s16)(c->len - place - 1);
}

static void finish(struct code *c, __s32 result)
{
	set(c, R0, result);
	emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void call(struct code *c, __s32 helper)
{
	emit(c, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

static void load_map(struct code *c, __u8 dst, int fd)
{
	emit(c, BPF_LD | BPF_DW | BPF_IMM, dst, BPF_PSEUDO_MAP_FD, 0, fd);
	emit(c, 0, 0, 0, 0, 0);
}

/* Look up the key at R2; the value goes to dst, and there is one. */
static void look_up(struct code *c, int map_fd, bool far, __u8 dst, size_t count_absent_at)
{
	int found;

	load_map(c, R1, map_fd);
	if (far)
		load(c, 32, R3, R6, offsetof(struct program_cursor, cpu));
	call(c, far ? BPF_FUNC_map_lookup_percpu_elem : BPF_FUNC_map_lookup_elem);
	found = jump(c, BPF_JNE, R0, 0);
	if (count_absent_at) {
		load(c, 64, R1, R6, count_absent_at);
		alu(c, BPF_ADD, R1, 1);
		store(c, 64, R6, R1, count_absent_at);
	}
	finish(c, 0);
	jump_lands(c, found);
	move(c, dst, R0);
}

static void begin(struct code *c, const struct program *prog, const struct migration *m, bool far)
{
	bool old_far = far && map_is_percpu(m->from.info.type);
	bool new_far = far && map_is_percpu(m->to.info.type);
	int right_cpu;

	emit(c, BPF_ST | BPF_MEM | BPF_W, R10, 0, -4, 0);
	move(c, R2, R10);
	alu(c, BPF_ADD, R2, -4);
	look_up(c, prog->cursor_fd, false, R6, 0);
	if (!far) {
		call(c, BPF_FUNC_get_smp_processor_id);
		load(c, 32, R1, R6, offsetof(struct program_cursor, cpu));
		right_cpu = jump_reg(c, BPF_JEQ, R0, R1);
		finish(c, 1);
		jump_lands(c, right_cpu);
	}
	load(c, 32, R1, R6, offsetof(struct program_cursor, index));
	store(c, 32, R10, R1, (__u32)-4);
	alu(c, BPF_ADD, R1, 1);
	store(c, 32, R6, R1, offsetof(struct program_cursor, index));
	move(c, R2, R10);
	alu(c, BPF_ADD, R2, -4);
	look_up(c, prog->keys_fd, false, R7, 0);
	move(c, R2, R7);
	look_up(c, m->from.fd, old_far, R8, 0);
	move(c, R2, R7);
	alu(c, BPF_ADD, R2, (__s32)prog->new_key_at);
	look_up(c, m->to.fd, new_far, R9, offsetof(struct program_cursor, absent));
}

/* Where a number does not fit: the counter stays in the old map. Jumps of both kinds land here. */
static void stuck(struct code *c, const int *jumps, int count)
{
	int done = jump(c, BPF_JA, 0, 0);

	for (int i = 0; i < count; i++)
		jump_lands(c, jumps[i]);
	load(c, 64, R2, R6, offsetof(struct program_cursor, stuck));
	alu(c, BPF_ADD, R2, 1);
	store(c, 64, R6, R2, offsetof(struct program_cursor, stuck));
	jump_lands(c, done);
}

/* A jump that is taken if the number in reg is none of the new field's. Uses R4. */
static int unless_fits(struct code *c, const struct field *f, __u8 reg)
{
	move(c, R4, reg);
	if (f->from_signed && f->to_signed) {
		extend_sign(c, R4, f->to_bits);
		return jump_reg(c, BPF_JNE, R4, reg);
	}
	alu(c, BPF_RSH, R4, (__s32)(f->to_bits - f->to_signed));
	return jump(c, BPF_JNE, R4, 0);
}

static void add_counter(struct code *c, const struct field *f)
{
	bool narrower = f->to_bits < f->from_bits;
	int misfits[2];

	load_integer(c, R1, R8, f->from, f->from_bits, f->from_signed);
	if (narrower) {
		misfits[0] = unless_fits(c, f, R1);
		load_integer(c, R3, R9, f->to, f->to_bits, f->to_signed);
		emit(c, BPF_ALU64 | BPF_ADD | BPF_X, R3, R1, 0, 0);
		misfits[1] = unless_fits(c, f, R3);
	}
	move(c, R2, R1);
	emit(c, BPF_ALU64 | BPF_NEG, R2, 0, 0, 0);
	emit(c, BPF_STX | BPF_XADD | width(f->to_bits), R9, R1, (__s16)(f->to / 8), 0);
	emit(c, BPF_STX | BPF_XADD | width(f->from_bits), R8, R2, (__s16)(f->from / 8), 0);
	if (narrower)
		stuck(c, misfits, 2);
}

/* The greater of both, or, with first_only, the old one where the new one is still zero. */
static void take_integer(struct code *c, const struct field *f, bool first_only)
{
	bool narrower = f->to_bits < f->from_bits;
	bool is_signed = f->from_signed && f->to_signed;
	int keep[2], misfit = 0;

	load_integer(c, R1, R8, f->from, f->from_bits, f->from_signed);
	load_integer(c, R2, R9, f->to, f->to_bits, f->to_signed);
	keep[0] = jump(c, BPF_JEQ, R1, 0);
	keep[1] = first_only ? jump(c, BPF_JNE, R2, 0)
	                     : jump_reg(c, is_signed ? BPF_JSGE : BPF_JGE, R2, R1);
	if (narrower)
		misfit = unless_fits(c, f, R1);
	store(c, f->to_bits, R9, R1, f->to / 8);
	if (narrower)
		stuck(c, &misfit, 1);
	jump_lands(c, keep[0]);
	jump_lands(c, keep[1]);
}

/* The largest step that is aligned on both sides. */
static __u32 chunk_at(const struct field *f, __u32 at)
{
	__u32 from = f->from / 8 + at, to = f->to / 8 + at, left = f->from_bits / 8 - at, bytes = 8;

	while (bytes > left || from % bytes || to % bytes)
		bytes /= 2;
	return bytes;
}

/* Bytes that are no counters: if all of the new field is zero, it gets the old one. */
static void copy_bytes(struct code *c, const struct field *f)
{
	__u32 bytes = f->from_bits / 8, chunks = 0;
	int taken;

	set(c, R1, 0);
	for (__u32 at = 0; at < bytes; at += chunk_at(f, at), chunks++) {
		load(c, 8 * chunk_at(f, at), R2, R9, f->to / 8 + at);
		emit(c, BPF_ALU64 | BPF_OR | BPF_X, R1, R2, 0, 0);
	}
	taken = jump(c, BPF_JNE, R1, 0);
	for (__u32 at = 0; at < bytes; at += chunk_at(f, at)) {
		load(c, 8 * chunk_at(f, at), R2, R8, f->from / 8 + at);
		store(c, 8 * chunk_at(f, at), R9, R2, f->to / 8 + at);
	}
	jump_lands(c, taken);
	if (!c->err && chunks > CHUNKS_MAX)
		c->err = -E2BIG;
}

int program_assemble(const struct program *prog, const struct migration *m, bool far,
                     struct bpf_insn **insns)
{
	struct code c = {};

	begin(&c, prog, m, far);
	for (size_t i = 0; i < m->value.len; i++) {
		const struct field *f = &m->value.list[i];

		if (f->kind == FIELD_BYTES)
			copy_bytes(&c, f);
		else if (f->kind == FIELD_INTEGER && f->counter && !f->greatest)
			add_counter(&c, f);
		else if (f->kind == FIELD_INTEGER)
			take_integer(&c, f, !f->greatest);
	}
	finish(&c, 0);
	*insns = c.insns;
	return c.err ? c.err : c.len;
}
