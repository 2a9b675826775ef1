// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "pinning/explain.h"
#include "pinning/explain_kernel.h"
#include "pinning/map_refused.h"

/* The kernel refuses a larger log before 5.13; a smaller one would lose the end. */
#define LOG_SIZE (16 * 1024 * 1024 - 1)

/* Bits of log_level: instructions with their source, and what the verification took. */
#define LOG_INSNS 1
#define LOG_STATS 4

__attribute__((format(printf, 3, 0))) static void
put(struct explain_note *note, enum explain_outcome outcome, const char *fmt, va_list args)
{
	note->outcome = outcome;
	vsnprintf(note->what, sizeof(note->what), fmt, args);
}

void explain(struct explanation *e, enum explain_stage stage, enum explain_outcome outcome,
             const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put(&e->stages[stage], outcome, fmt, args);
	va_end(args);
}

void explain_try(struct explanation *e, enum explain_stage stage)
{
	e->tried = stage;
}

void explain_check(struct explanation *e, enum explain_check check, enum explain_outcome outcome,
                   const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put(&e->checks[check], outcome, fmt, args);
	va_end(args);
}

/* libbpf has no other way to say at which of its steps it gave up. */
static void listen(const char *text, void *arg)
{
	struct explanation *e = arg;

	if (!strncmp(text, "libbpf: ", 8))
		text += 8;
	if (!strncmp(text, "failed to load object", 21))
		return;
	snprintf(e->last_warning, sizeof(e->last_warning), "%.*s", (int)strcspn(text, "\n"), text);
	if (strstr(text, "Couldn't load trivial BPF program"))
		e->end = EXPLAIN_END_TRIVIAL;
	else if (strstr(text, "failed to create:") &&
	         sscanf(text, "map '%63[^']'", e->end_name) == 1)
		e->end = EXPLAIN_END_MAP;
	else if (strstr(text, "BPF program load failed") &&
	         sscanf(text, "prog '%63[^']'", e->end_name) == 1)
		e->end = EXPLAIN_END_PROG;
}

/* Not cleared: few loads are refused, and all others would touch 16 MiB for nothing. */
static int keep_log(char **log, struct bpf_program *prog)
{
	if (!*log) {
		*log = malloc(LOG_SIZE);
		if (*log)
			**log = '\0';
	}
	return *log ? bpf_program__set_log_buf(prog, *log, LOG_SIZE) : -ENOMEM;
}

int explain_begin_load(struct explanation *e, struct bpf_object *obj, struct bpf_program *prog)
{
	struct bpf_program *other;
	int err = keep_log(&e->log, prog);

	e->object = obj;
	/* Without a level libbpf asks for the log after a refusal only, by a second try. */
	if (!err && e->wanted)
		err = bpf_program__set_log_level(prog, LOG_INSNS | LOG_STATS);
	bpf_object__for_each_program(other, obj) {
		if (!err && other != prog && bpf_program__autoload(other))
			err = keep_log(&e->tail_log, other);
	}
	if (!err)
		log_listen(listen, e);
	return err;
}

static void note_verified(struct explanation *e, const char *begin)
{
	const struct verifier_words *words = &e->verifier;

	if (words->has_states)
		explain(e, EXPLAIN_VERIFIER, EXPLAIN_DONE,
		        "%s%u instructions verified; states: %u in all, %u at most at once", begin,
		        words->insns, words->total_states, words->peak_states);
	else if (words->insns)
		explain(e, EXPLAIN_VERIFIER, EXPLAIN_DONE, "%s%u instructions verified", begin,
		        words->insns);
	else
		explain(e, EXPLAIN_VERIFIER, EXPLAIN_DONE,
		        "%sverified; the kernel counts instructions from Linux 5.16 on", begin);
}

static void note_refused_by_verifier(struct explanation *e, const char *name, const char *log)
{
	const struct verifier_words *words = &e->verifier;

	verifier_read(&e->verifier, log, true);
	note_verified(e, "");
	/* Before 6.4 a log that does not fit its buffer is a refusal in itself. */
	if (strlen(log) >= LOG_SIZE - 2 && !*words->message)
		explain(e, EXPLAIN_VERIFIER, EXPLAIN_REFUSED,
		        "its log is longer than %u bytes, which this kernel takes for a refusal: "
		        "%s",
		        LOG_SIZE,
		        e->wanted ? "load without --explain"
		                  : "what it was refused for stood behind");
	else
		explain(e, EXPLAIN_VERIFIER, EXPLAIN_REFUSED,
		        "%s%s%s, at: %s; %u instructions, %u states in all, %u at most at once",
		        name, *name ? ": " : "", words->message,
		        *words->source ? words->source : "not known", words->insns,
		        words->total_states, words->peak_states);
}

static void note_refusal(struct explanation *e, const struct bpf_program *prog, int err)
{
	bool chosen = !strcmp(e->end_name, bpf_program__name(prog));
	const char *log = chosen ? e->log : e->tail_log;
	char why[256];

	switch (e->end) {
	case EXPLAIN_END_TRIVIAL:
		explain(e, EXPLAIN_MAPS, EXPLAIN_NOT_REACHED, "%s", "");
		explain_kernel_refused(e, prog, err);
		return;
	case EXPLAIN_END_MAP:
		map_refused_describe(e->end_map, e->end_name, err, why, sizeof(why));
		explain(e, EXPLAIN_MAPS, EXPLAIN_REFUSED, "%s", why);
		return;
	case EXPLAIN_END_UNKNOWN:
		explain(e, EXPLAIN_RELOCATE, EXPLAIN_REFUSED, "%s",
		        *e->last_warning ? e->last_warning : strerror(-err));
		return;
	case EXPLAIN_END_PROG: break;
	}
	explain(e, EXPLAIN_RELOCATE, EXPLAIN_DONE, "by libbpf");
	/* Without a log the program never came to the verifier. */
	if (!log || !*log) {
		explain_kernel_refused(e, prog, err);
		return;
	}
	note_refused_by_verifier(e, chosen ? "" : e->end_name, log);
	explain_kernel_passed(e, prog, NULL);
}

void explain_end_load(struct explanation *e, const struct bpf_program *prog, int err)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	log_listen(NULL, NULL);
	if (err) {
		e->end_map = e->end == EXPLAIN_END_MAP
		                     ? bpf_object__find_map_by_name(e->object, e->end_name)
		                     : NULL;
		note_refusal(e, prog, err);
		return;
	}
	explain(e, EXPLAIN_RELOCATE, EXPLAIN_DONE, "by libbpf");
	if (bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
		return;
	verifier_read(&e->verifier, e->log, false);
	if (info.verified_insns)
		e->verifier.insns = info.verified_insns;
	explain_kernel_passed(e, prog, &info);
	note_verified(e, "");
	e->xlated_len = info.xlated_prog_len;
	e->jited_len = info.jited_prog_len;
	if (info.jited_prog_len)
		explain(e, EXPLAIN_JIT, EXPLAIN_DONE, "%u bytes translated, %u bytes native",
		        info.xlated_prog_len, info.jited_prog_len);
	else if (info.xlated_prog_len)
		explain(e, EXPLAIN_JIT, EXPLAIN_SKIPPED, "%u bytes translated, and interpreted",
		        info.xlated_prog_len);
	else
		explain(e, EXPLAIN_JIT, EXPLAIN_NOT_KNOWN, "the sizes may not be read");
	explain(e, EXPLAIN_ID, EXPLAIN_DONE, "%u, %02x%02x%02x%02x%02x%02x%02x%02x", info.id,
	        info.tag[0], info.tag[1], info.tag[2], info.tag[3], info.tag[4], info.tag[5],
	        info.tag[6], info.tag[7]);
}

void explain_next_interface(struct explanation *e)
{
	for (int stage = EXPLAIN_PINS; stage < EXPLAIN_STAGES; stage++)
		explain(e, stage, EXPLAIN_NOT_REACHED, "%s", "");
}

void explain_end(struct explanation *e, int err, const char *attach_words, const char *left_out)
{
	struct explain_note *attach = &e->stages[EXPLAIN_ATTACH];
	size_t len = strlen(attach->what);

	if (attach->outcome == EXPLAIN_REFUSED && *attach_words)
		snprintf(attach->what + len, sizeof(attach->what) - len, ": %s", attach_words);
	for (int stage = 0; stage < EXPLAIN_STAGES; stage++) {
		if (e->stages[stage].outcome == EXPLAIN_REFUSED)
			return;
		if (!err && e->stages[stage].outcome == EXPLAIN_NOT_REACHED)
			explain(e, stage, EXPLAIN_SKIPPED, "%s", left_out);
	}
	/* Nothing can be pinned without the capabilities that loading needs. */
	if (err == -EPERM && e->tried == EXPLAIN_PINS && explain_kernel_lacks(e))
		return;
	if (err)
		explain(e, e->tried, EXPLAIN_REFUSED, "%s", log_last_failure());
}

void explain_free(struct explanation *e)
{
	free(e->log);
	free(e->tail_log);
	e->log = e->tail_log = NULL;
}
