// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The instructions of the program that merges counters. Kept over calls: r6 the cursor, r7 the pair
 * of keys, r8 the old value, r9 the new one.
 */
#include <stddef.h>
#include "pinning/code.h"
#include "pinning/migrate_merge_field.h"
#include "pinning/migrate_program.h"

/* Look up the key at R2; the value goes to dst, and there is one. */
static void look_up(struct code *c, int map_fd, bool far, __u8 dst, size_t count_absent_at)
{
	int found;

	code_load_map(c, R1, map_fd);
	if (far)
		code_load(c, 32, R3, R6, offsetof(struct program_cursor, cpu));
	code_call(c, far ? BPF_FUNC_map_lookup_percpu_elem : BPF_FUNC_map_lookup_elem);
	found = code_jump(c, BPF_JNE, R0, 0);
	if (count_absent_at) {
		code_load(c, 64, R1, R6, count_absent_at);
		code_alu(c, BPF_ADD, R1, 1);
		code_store(c, 64, R6, R1, count_absent_at);
	}
	code_finish(c, 0);
	code_jump_lands(c, found);
	code_move(c, dst, R0);
}

static void begin(struct code *c, const struct program *prog, const struct migration *m, bool far)
{
	bool old_far = far && map_is_percpu(m->from.info.type);
	bool new_far = far && map_is_percpu(m->to.info.type);
	int right_cpu;

	code_emit(c, BPF_ST | BPF_MEM | BPF_W, R10, 0, -4, 0);
	code_move(c, R2, R10);
	code_alu(c, BPF_ADD, R2, -4);
	look_up(c, prog->cursor_fd, false, R6, 0);
	if (!far) {
		code_call(c, BPF_FUNC_get_smp_processor_id);
		code_load(c, 32, R1, R6, offsetof(struct program_cursor, cpu));
		right_cpu = code_jump_reg(c, BPF_JEQ, R0, R1);
		code_finish(c, 1);
		code_jump_lands(c, right_cpu);
	}
	code_load(c, 32, R1, R6, offsetof(struct program_cursor, index));
	code_store(c, 32, R10, R1, (__u32)-4);
	code_alu(c, BPF_ADD, R1, 1);
	code_store(c, 32, R6, R1, offsetof(struct program_cursor, index));
	code_move(c, R2, R10);
	code_alu(c, BPF_ADD, R2, -4);
	look_up(c, prog->keys_fd, false, R7, 0);
	code_move(c, R2, R7);
	look_up(c, m->from.fd, old_far, R8, 0);
	code_move(c, R2, R7);
	code_alu(c, BPF_ADD, R2, (__s32)prog->new_key_at);
	look_up(c, m->to.fd, new_far, R9, offsetof(struct program_cursor, absent));
}

bool program_exchanges(const struct migration *m)
{
	for (size_t i = 0; i < m->value.len; i++)
		if (merge_exchanges(&m->value.list[i]))
			return true;
	return false;
}

int program_assemble(const struct program *prog, const struct migration *m, bool far,
                     struct bpf_insn **insns)
{
	struct code c = {};

	begin(&c, prog, m, far);
	for (size_t i = 0; i < m->value.len; i++)
		merge_field(&c, &m->value.list[i], prog->no_exchange);
	code_finish(&c, 0);
	*insns = c.insns;
	return c.err ? c.err : c.len;
}
