// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include "pinning/code.h"

void code_emit(struct code *c, __u8 code, __u8 dst, __u8 src, __s16 off, __s32 imm)
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

void code_move(struct code *c, __u8 dst, __u8 src)
{
	code_emit(c, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

void code_set(struct code *c, __u8 dst, __s32 imm)
{
	code_emit(c, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}

void code_alu(struct code *c, __u8 op, __u8 dst, __s32 imm)
{
	code_emit(c, BPF_ALU64 | op | BPF_K, dst, 0, 0, imm);
}

__u8 code_width(__u32 bits)
{
	return bits == 64 ? BPF_DW : bits == 32 ? BPF_W : bits == 16 ? BPF_H : BPF_B;
}

void code_load(struct code *c, __u32 bits, __u8 dst, __u8 src, __u32 at)
{
	code_emit(c, BPF_LDX | BPF_MEM | code_width(bits), dst, src, (__s16)at, 0);
}

void code_store(struct code *c, __u32 bits, __u8 dst, __u8 src, __u32 at)
{
	code_emit(c, BPF_STX | BPF_MEM | code_width(bits), dst, src, (__s16)at, 0);
}

void code_extend_sign(struct code *c, __u8 reg, __u32 bits)
{
	if (bits == 64)
		return;
	code_alu(c, BPF_LSH, reg, 64 - (int)bits);
	code_alu(c, BPF_ARSH, reg, 64 - (int)bits);
}

void code_load_integer(struct code *c, __u8 dst, __u8 src, __u32 bit, __u32 bits, bool is_signed)
{
	code_load(c, bits, dst, src, bit / 8);
	if (is_signed)
		code_extend_sign(c, dst, bits);
}

int code_jump(struct code *c, __u8 op, __u8 dst, __s32 imm)
{
	code_emit(c, BPF_JMP | op | BPF_K, dst, 0, 0, imm);
	return c->len - 1;
}

int code_jump_reg(struct code *c, __u8 op, __u8 dst, __u8 src)
{
	code_emit(c, BPF_JMP | op | BPF_X, dst, src, 0, 0);
	return c->len - 1;
}

void code_jump_lands(struct code *c, int place)
{
	if (!c->err)
		c->insns[place].off = (__s16)(c->len - place - 1);
}

void code_finish(struct code *c, __s32 result)
{
	code_set(c, R0, result);
	code_emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

void code_call(struct code *c, __s32 helper)
{
	code_emit(c, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

void code_load_map(struct code *c, __u8 dst, int fd)
{
	code_emit(c, BPF_LD | BPF_DW | BPF_IMM, dst, BPF_PSEUDO_MAP_FD, 0, fd);
	code_emit(c, 0, 0, 0, 0, 0);
}
