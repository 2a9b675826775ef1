/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a load as stages, each done, skipped or refused with its cause. The stages are noted
 * while they pass, and printed if the user asked for it, or if one was refused. What cannot be told
 * for certain is noted as not known.
 */
#ifndef PINNING_EXPLAIN_H
#define PINNING_EXPLAIN_H

#include <bpf/libbpf.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include "pinning/explain_verifier.h"

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

/* The parts of EXPLAIN_KERNEL. */
enum explain_check {
	EXPLAIN_FLAGS,
	EXPLAIN_LICENSE,
	EXPLAIN_INSNS, /* their number */
	EXPLAIN_CAPABILITY,
	EXPLAIN_LSM,   /* security modules */
	EXPLAIN_TYPES, /* program and attach type */
	EXPLAIN_DEVICE,
	EXPLAIN_CHECKS,
};

enum explain_outcome {
	EXPLAIN_NOT_REACHED,
	EXPLAIN_DONE,
	EXPLAIN_SKIPPED,
	EXPLAIN_REFUSED,
	EXPLAIN_NOT_KNOWN,
};

struct explain_note {
	enum explain_outcome outcome;
	char what[512];
};

/* Where bpf_object__load() gave up, as libbpf's warnings have it. */
enum explain_end {
	EXPLAIN_END_UNKNOWN,
	EXPLAIN_END_TRIVIAL, /* the kernel refuses the smallest of programs */
	EXPLAIN_END_MAP,
	EXPLAIN_END_PROG,
};

struct explanation {
	bool wanted;              /* by --explain: the verifier is then asked for its states */
	const char *hook;         /* for which the program was chosen; NULL: it came not so far */
	enum explain_stage tried; /* see explain_try() */
	struct explain_note stages[EXPLAIN_STAGES];
	struct explain_note checks[EXPLAIN_CHECKS];
	struct verifier_words verifier;
	__u32 xlated_len, jited_len; /* bytes; 0: not known, or not compiled */
	enum explain_end end;
	char end_name[64]; /* of the map or program that was refused */
	struct bpf_object *object;
	const struct bpf_map *end_map; /* of EXPLAIN_END_MAP, if it is found */
	char last_warning[256];        /* libbpf's */
	char *log;                     /* the verifier's, of the chosen program */
	char *tail_log;                /* of those that it may call */
};

/* Note how a stage ended; what: its evidence, for the user. */
void explain(struct explanation *e, enum explain_stage stage, enum explain_outcome outcome,
             const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * What comes now is of that stage: what fails, and is noted for no other, is refused there. Much of
 * what an attachment needs is looked at before anything is loaded.
 */
void explain_try(struct explanation *e, enum explain_stage stage);

/* The same for a part of EXPLAIN_KERNEL. */
void explain_check(struct explanation *e, enum explain_check check, enum explain_outcome outcome,
                   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * Before bpf_object__load(): have the verifier's logs kept, at a level that names the failing
 * source line, and listen to libbpf. prog: the chosen one. Returns 0 or -ENOMEM. explain_free()
 * releases the logs, after the object was closed.
 */
int explain_begin_load(struct explanation *e, struct bpf_object *obj, struct bpf_program *prog);

/* Note the stages from maps to id, after bpf_object__load() returned err. */
void explain_end_load(struct explanation *e, const struct bpf_program *prog, int err);

/* An object that is loaded once is put on one interface after the other: forget the last one. */
void explain_next_interface(struct explanation *e);

/*
 * After a load that returned err: the stage that was tried is refused, with what was printed,
 * unless one is refused already; attach_words: what the kernel said of the attachment.
 * Without err: why stages were left out.
 */
void explain_end(struct explanation *e, int err, const char *attach_words, const char *left_out);

void explain_free(struct explanation *e);

/* Print the stages on stderr, with the last lines of the verifier's log if it refused. */
void explain_print(const struct explanation *e);

/* The same as a JSON array of one object for each stage. */
struct json_object *explain_json(const struct explanation *e);

#endif
