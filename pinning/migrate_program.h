/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BPF program that adds the counters of one map to those of another, made from a plan. */
#ifndef PINNING_MIGRATE_PROGRAM_H
#define PINNING_MIGRATE_PROGRAM_H

#include "pinning/migrate_internal.h"

/* Shared with the program by mmap. */
struct program_cursor {
	__u32 index;   /* of the pair of keys that comes next */
	__u32 cpu;     /* whose slots are meant */
	__u64 absent;  /* keys that the new map lacked */
	__u64 stuck;   /* counters that did not fit their narrower field */
	__u64 unadded; /* fields that may count, and could be neither added nor copied */
};

/*
 * Each run takes one pair of keys, an old one and a new one, from the table. prog_fd works on the
 * slots of the CPU that it runs on, which must be cursor->cpu, else it does nothing; far_prog_fd on
 * those of cursor->cpu from anywhere (Linux 5.19; -1 before, and until program_load_far()).
 */
struct program {
	int prog_fd, far_prog_fd, keys_fd, cursor_fd;
	volatile struct program_cursor *cursor;
	__u8 *keys;
	size_t cursor_bytes, keys_bytes; /* of the mappings */
	size_t pair_bytes, new_key_at;
	__u32 room;       /* pairs */
	bool no_exchange; /* Linux before 5.12 has no BPF_CMPXCHG, without which less can be added
	                   */
};

/* Make the maps and load the program. Reports failures. Returns 0 or a negative errno. */
int program_load(struct program *prog, const struct migration *m);
int program_load_far(struct program *prog, const struct migration *m);
void program_unload(struct program *prog);

void *program_old_key(const struct program *prog, __u32 i);
void *program_new_key(const struct program *prog, __u32 i);

/*
 * Run it for the first `count` pairs and the slots of a CPU; far: this thread is elsewhere. Returns
 * 0 or a negative errno; -EXDEV: not on that CPU.
 */
int program_run(const struct program *prog, __u32 count, int cpu, bool far);

/* Whether it has instructions that Linux before 5.12 does not know. */
bool program_exchanges(const struct migration *m);

/* The instructions. Returns their number, or a negative errno; free() *insns. */
int program_assemble(const struct program *prog, const struct migration *m, bool far,
                     struct bpf_insn **insns);

#endif
