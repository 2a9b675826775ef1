// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A map of maps knows the sizes of what is inside it also while it is empty, and tells them to the
 * verifier alone: small programs that are loaded and closed again find them out.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "pinning/code.h"
#include "pinning/shape_inner.h"

#define STACK_SIZE 512

/* The kernel adds no more to a pointer into a value. */
#define VALUE_MAX (1U << 28)

/* Look up the key that is so far below the top of the stack; there is something. */
static void look_up(struct code *c, __u32 below)
{
	int found;

	code_move(c, R2, R10);
	code_alu(c, BPF_ADD, R2, -(__s32)below);
	code_call(c, BPF_FUNC_map_lookup_elem);
	found = code_jump(c, BPF_JNE, R0, 0);
	code_finish(c, 0);
	code_jump_lands(c, found);
}

/*
 * Whether a program may look up a key of so many bytes in the inner map, and read byte number
 * value_size of its value, counted from 1. A longer key would reach past the top of the stack.
 */
static bool takes(int outer_fd, __u32 outer_key_size, __u32 key_size, __u32 value_size)
{
	__u32 used = (key_size + outer_key_size + 7) / 8 * 8;
	struct code c = {};
	int fd = -ENOMEM;

	for (__u32 at = 8; at <= used; at += 8)
		code_emit(&c, BPF_ST | BPF_MEM | BPF_DW, R10, 0, (__s16)-at, 0);
	code_load_map(&c, R1, outer_fd);
	look_up(&c, used);
	code_move(&c, R1, R0);
	look_up(&c, key_size);
	if (value_size) {
		code_alu(&c, BPF_ADD, R0, (__s32)value_size - 1);
		code_load(&c, 8, R1, R0, 0);
	}
	code_finish(&c, 0);
	if (!c.err)
		fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "shape_probe", "GPL", c.insns, c.len,
		                   NULL);
	free(c.insns);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int shape_probe_inner(int outer_fd, __u32 outer_key_size, __u32 *key_size, __u32 *value_size)
{
	__u32 low = 0, high;

	if (outer_key_size + 8 > STACK_SIZE)
		return -ENODATA;
	/* Keys of `high` bytes are taken, of `low` bytes not. */
	high = (STACK_SIZE - outer_key_size) / 8 * 8;
	if (!takes(outer_fd, outer_key_size, high, 0))
		return -ENODATA;
	while (high - low > 1) {
		__u32 middle = (low + high) / 2;

		*(takes(outer_fd, outer_key_size, middle, 0) ? &high : &low) = middle;
	}
	*key_size = high;
	/* The other way round: byte number `low` can be read, `high` not. */
	for (low = 0, high = 1; takes(outer_fd, outer_key_size, *key_size, high); high *= 2) {
		if (high > VALUE_MAX)
			return -ENODATA;
		low = high;
	}
	while (high - low > 1) {
		__u32 middle = (low + high) / 2;

		*(takes(outer_fd, outer_key_size, *key_size, middle) ? &low : &high) = middle;
	}
	*value_size = low;
	return low ? 0 : -ENODATA;
}
