/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions of a BPF program that is made at run time, one after the other. */
#ifndef PINNING_CODE_H
#define PINNING_CODE_H

#include <linux/bpf.h>
#include <stdbool.h>

enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 };

/* The caller frees insns. err: a negative errno, after which nothing more is added. */
struct code {
	struct bpf_insn *insns;
	int len, err;
};

void code_emit(struct code *c, __u8 code, __u8 dst, __u8 src, __s16 off, __s32 imm);
void code_move(struct code *c, __u8 dst, __u8 src);
void code_set(struct code *c, __u8 dst, __s32 imm);

/* op: BPF_ADD, BPF_LSH ... with a number. */
void code_alu(struct code *c, __u8 op, __u8 dst, __s32 imm);

/* BPF_B to BPF_DW. */
__u8 code_width(__u32 bits);
void code_load(struct code *c, __u32 bits, __u8 dst, __u8 src, __u32 at);
void code_store(struct code *c, __u32 bits, __u8 dst, __u8 src, __u32 at);
void code_extend_sign(struct code *c, __u8 reg, __u32 bits);

/* An integer at a bit of the record in src, which is at a whole byte. */
void code_load_integer(struct code *c, __u8 dst, __u8 src, __u32 bit, __u32 bits, bool is_signed);

/* A jump forward, whose distance code_jump_lands() fills in. Returns its place. */
int code_jump(struct code *c, __u8 op, __u8 dst, __s32 imm);
int code_jump_reg(struct code *c, __u8 op, __u8 dst, __u8 src);
void code_jump_lands(struct code *c, int place);

void code_finish(struct code *c, __s32 result);
void code_call(struct code *c, __s32 helper);
void code_load_map(struct code *c, __u8 dst, int fd);

#endif
