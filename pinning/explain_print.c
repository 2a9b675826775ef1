// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include "bpffs/log.h"
#include "pinning/explain.h"
#include "bpffs/json.h"

#define LOG_LAST_LINES 12

/* The name in JSON, and the one for people. */
static const char *const stage_names[EXPLAIN_STAGES][2] = {
	[EXPLAIN_OPEN] = { "open", "ELF file" },
	[EXPLAIN_FOUND] = { "found", "programs and maps" },
	[EXPLAIN_MAPS] = { "maps", "maps" },
	[EXPLAIN_RELOCATE] = { "relocate", "relocations and BTF" },
	[EXPLAIN_KERNEL] = { "kernel", "checks of BPF_PROG_LOAD" },
	[EXPLAIN_VERIFIER] = { "verifier", "verifier" },
	[EXPLAIN_JIT] = { "jit", "JIT" },
	[EXPLAIN_ID] = { "id", "id and tag" },
	[EXPLAIN_PINS] = { "pins", "pins" },
	[EXPLAIN_ATTACH] = { "attach", "attach" },
	[EXPLAIN_READ_BACK] = { "read_back", "read back" },
};

static const char *const check_names[EXPLAIN_CHECKS][2] = {
	[EXPLAIN_FLAGS] = { "flags", "flags" },
	[EXPLAIN_LICENSE] = { "license", "license" },
	[EXPLAIN_INSNS] = { "insns", "instruction count" },
	[EXPLAIN_CAPABILITY] = { "capability", "capability" },
	[EXPLAIN_LSM] = { "lsm", "security modules" },
	[EXPLAIN_TYPES] = { "types", "types" },
	[EXPLAIN_DEVICE] = { "device", "device binding" },
};

static const char *const outcome_names[][2] = {
	[EXPLAIN_NOT_REACHED] = { NULL, NULL },
	[EXPLAIN_DONE] = { "done", "done" },
	[EXPLAIN_SKIPPED] = { "skipped", "skipped" },
	[EXPLAIN_REFUSED] = { "refused", "refused" },
	[EXPLAIN_NOT_KNOWN] = { "not_known", "not known" },
};

/* The log of the program that the verifier refused. */
static const char *refused_log(const struct explanation *e)
{
	if (e->stages[EXPLAIN_VERIFIER].outcome != EXPLAIN_REFUSED)
		return NULL;
	return e->log && *e->log ? e->log : e->tail_log;
}

static void print_log_end(const char *log)
{
	fprintf(stderr, "  the verifier's last lines:\n");
	for (const char *at = verifier_last_lines(log, LOG_LAST_LINES); *at;) {
		int len = (int)strcspn(at, "\n");

		log_line(stderr, "    %.*s", len, at);
		at += len + (at[len] == '\n');
	}
}

/* Of what was not reached there is nothing to say. */
static void print_note(const struct explain_note *note, int indent, const char *name)
{
	if (note->outcome == EXPLAIN_NOT_REACHED)
		return;
	log_line(stderr, "%*s%-*s %-*s%s%s", indent, "", 26 - indent, name, *note->what ? 9 : 0,
	         outcome_names[note->outcome][1], *note->what ? " " : "", note->what);
}

void explain_print(const struct explanation *e)
{
	const char *log = refused_log(e);

	for (int stage = 0; stage < EXPLAIN_STAGES; stage++) {
		print_note(&e->stages[stage], 2, stage_names[stage][1]);
		if (stage != EXPLAIN_KERNEL || e->stages[stage].outcome == EXPLAIN_NOT_REACHED)
			continue;
		for (int check = 0; check < EXPLAIN_CHECKS; check++)
			print_note(&e->checks[check], 4, check_names[check][1]);
	}
	if (log)
		print_log_end(log);
	if (log && e->verifier.hint)
		hint("%s", e->verifier.hint);
}

static struct json_object *note_json(const struct explain_note *note, const char *name)
{
	struct json_object *out = json_object_new_object();

	json_put_string(out, "name", name);
	json_put_string(out, "outcome", outcome_names[note->outcome][0]);
	json_put_string(out, "what", note->what);
	return out;
}

static struct json_object *checks_json(const struct explanation *e)
{
	struct json_object *out = json_object_new_array();

	for (int check = 0; check < EXPLAIN_CHECKS; check++)
		json_object_array_add(out, note_json(&e->checks[check], check_names[check][0]));
	return out;
}

/* None at all is a number as well: a program without a branch has no states. */
static void put_states(struct json_object *out, const char *key, bool known, __u32 states)
{
	if (known)
		json_put_number(out, key, states);
	else
		json_put_string(out, key, NULL);
}

static void put_verifier(struct json_object *out, const struct explanation *e)
{
	const struct verifier_words *words = &e->verifier;
	const char *log = refused_log(e);

	json_put_id(out, "insns", words->insns);
	put_states(out, "total_states", words->has_states, words->total_states);
	put_states(out, "peak_states", words->has_states, words->peak_states);
	json_put_string(out, "message", words->message);
	json_put_string(out, "source", words->source);
	json_put_string(out, "log", log ? verifier_last_lines(log, LOG_LAST_LINES) : NULL);
	json_put_string(out, "hint", words->hint);
}

struct json_object *explain_json(const struct explanation *e)
{
	struct json_object *out = json_object_new_array(), *stage;

	for (int i = 0; i < EXPLAIN_STAGES; i++) {
		stage = note_json(&e->stages[i], stage_names[i][0]);
		if (i == EXPLAIN_KERNEL)
			json_object_object_add(stage, "checks", checks_json(e));
		if (i == EXPLAIN_VERIFIER)
			put_verifier(stage, e);
		if (i == EXPLAIN_JIT) {
			json_put_id(stage, "translated_bytes", e->xlated_len);
			json_put_id(stage, "native_bytes", e->jited_len);
		}
		json_object_array_add(out, stage);
	}
	return out;
}
