/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a load as stages, each done, skipped or refused with its cause. The stages are noted
 * while they pass, and printed if the user asked for it, or if one was refused.
 */
#ifndef PINNING_EXPLAIN_H
#define PINNING_EXPLAIN_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stddef.h>

enum explain_stage {
	EXPLAIN_OPEN,     /* the ELF file */
	EXPLAIN_FOUND,    /* programs and maps in it */
	EXPLAIN_MAPS,     /* maps reused or created */
	EXPLAIN_RELOCATE, /* relocations and BTF */
	EXPLAIN_KERNEL,   /* what BPF_PROG_LOAD checks before the verifier */
	EXPLAIN_VERIFIER,
	EXPLAIN_JIT,
	EXPLAIN_ID, /* id and tag */
	EXPLAIN_PINS,
	EXPLAIN_ATTACH,
	EXPLAIN_READ_BACK,
	EXPLAIN_STAGES,
};

enum explain_outcome {
	EXPLAIN_NOT_REACHED,
	EXPLAIN_DONE,
	EXPLAIN_SKIPPED,
	EXPLAIN_REFUSED,
};

struct explanation {
	struct {
		enum explain_outcome outcome;
		char what[256];
	} stages[EXPLAIN_STAGES];
	char *log; /* the verifier's, while a program is loaded */
	size_t log_size;
};

/* Note how a stage ended; what: its evidence, for the user. */
void explain(struct explanation *e, enum explain_stage stage, enum explain_outcome outcome,
             const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * Have the verifier's log of a program kept, at a level that names the failing source line.
 * Returns 0 or -ENOMEM. explain_free() releases it, after the object was closed.
 */
int explain_keep_log(struct explanation *e, struct bpf_program *prog);

/* Note the stages from relocation to JIT, after bpf_object__load() returned err. */
void explain_load(struct explanation *e, const struct bpf_program *prog, int err);

/* Print the stages on stderr, with the last lines of the verifier's log if it refused. */
void explain_print(const struct explanation *e);
void explain_free(struct explanation *e);

#endif
