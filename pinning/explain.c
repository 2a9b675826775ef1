// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "pinning/explain.h"

/* The kernel refuses a larger log before 5.13; a smaller one would lose the end. */
#define LOG_SIZE       (16 * 1024 * 1024 - 1)
#define LOG_LAST_LINES 12

static const char *const stage_names[EXPLAIN_STAGES] = {
	[EXPLAIN_OPEN] = "ELF file",
	[EXPLAIN_FOUND] = "programs and maps",
	[EXPLAIN_MAPS] = "maps",
	[EXPLAIN_RELOCATE] = "relocations and BTF",
	[EXPLAIN_KERNEL] = "checks of BPF_PROG_LOAD",
	[EXPLAIN_VERIFIER] = "verifier",
	[EXPLAIN_JIT] = "JIT",
	[EXPLAIN_ID] = "id and tag",
	[EXPLAIN_PINS] = "pins",
	[EXPLAIN_ATTACH] = "attach",
	[EXPLAIN_READ_BACK] = "read back",
};

static const char *const outcome_names[] = {
	[EXPLAIN_NOT_REACHED] = "-",
	[EXPLAIN_DONE] = "done",
	[EXPLAIN_SKIPPED] = "skipped",
	[EXPLAIN_REFUSED] = "refused",
};

void explain(struct explanation *e, enum explain_stage stage, enum explain_outcome outcome,
             const char *fmt, ...)
{
	va_list args;

	e->stages[stage].outcome = outcome;
	va_start(args, fmt);
	vsnprintf(e->stages[stage].what, sizeof(e->stages[stage].what), fmt, args);
	va_end(args);
}

int explain_keep_log(struct explanation *e, struct bpf_program *prog)
{
	e->log = calloc(1, LOG_SIZE);
	if (!e->log)
		return -ENOMEM;
	e->log_size = LOG_SIZE;
	return bpf_program__set_log_buf(prog, e->log, e->log_size);
}

/* What the verifier says in the usual cases, and what helps. */
static const struct {
	const char *says;
	const char *hint;
} usual_causes[] = {
	{ "pointer -= pointer prohibited", "this kernel wants CAP_PERFMON for it, or root" },
	{ "invalid access to packet", "compare the pointer with data_end before this access" },
	{ "map_value_or_null", "check what bpf_map_lookup_elem() returned for NULL first" },
	{ "invalid access to map value", "bound the offset to the size of the value first" },
	{ "back-edge", "bound the loop by a constant, or use bpf_loop()" },
	{ "BPF program is too large", "split the program, or bound its loops lower" },
	{ "!read_ok", "a register or variable is read before it is set" },
	{ "R0 !read_ok", "return a value on every path" },
	{ "Unreleased reference", "release what was acquired on every path" },
	{ "GPL-restricted", "declare the licence: char LICENSE[] SEC(\"license\") = \"GPL\"" },
	{ "GPL-compatible", "declare the licence: char LICENSE[] SEC(\"license\") = \"GPL\"" },
	{ "unknown func", "this kernel, or this program type, has no such helper" },
	{ "program of this type cannot use helper", "another program type has that helper" },
	{ "invalid indirect read from stack",
	  "initialise the whole variable, its padding as well" },
	{ "cannot write into packet", "this program type may only read packets" },
};

static const char *find_hint(const char *log)
{
	for (size_t i = 0; i < sizeof(usual_causes) / sizeof(usual_causes[0]); i++)
		if (strstr(log, usual_causes[i].says))
			return usual_causes[i].hint;
	return NULL;
}

/* The last line that begins with ";" is the source of the instruction that failed. */
static void find_source(const char *log, char *line, size_t size)
{
	const char *found = NULL, *at;

	for (at = log; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		if (*at == ';')
			found = at + 1;
	if (!found) {
		*line = '\0';
		return;
	}
	while (*found == ' ')
		found++;
	snprintf(line, size, "%.*s", (int)strcspn(found, "\n"), found);
}

static void explain_refusal(struct explanation *e, int err)
{
	char line[160];

	/* Without a log the program never came to the verifier. */
	if (!e->log || !*e->log) {
		explain(e, EXPLAIN_RELOCATE, EXPLAIN_DONE, "by libbpf");
		explain(e, EXPLAIN_KERNEL, EXPLAIN_REFUSED, "%s",
		        err == -EPERM
		                ? "no permission: CAP_BPF, CAP_NET_ADMIN, or a security module"
		        : err == -E2BIG  ? "too many instructions"
		        : err == -EINVAL ? "flags, licence, program or attach type, or BTF"
		                         : strerror(-err));
		return;
	}
	explain(e, EXPLAIN_RELOCATE, EXPLAIN_DONE, "by libbpf");
	explain(e, EXPLAIN_KERNEL, EXPLAIN_DONE, "flags, licence, types, capability");
	find_source(e->log, line, sizeof(line));
	explain(e, EXPLAIN_VERIFIER, EXPLAIN_REFUSED, "%s%s", *line ? "at: " : "see its log below",
	        line);
}

void explain_load(struct explanation *e, const struct bpf_program *prog, int err)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	if (err) {
		explain_refusal(e, err);
		return;
	}
	explain(e, EXPLAIN_RELOCATE, EXPLAIN_DONE, "by libbpf");
	explain(e, EXPLAIN_KERNEL, EXPLAIN_DONE, "flags, licence, types, capability");
	if (bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
		return;
	explain(e, EXPLAIN_VERIFIER, EXPLAIN_DONE, "%u instructions verified", info.verified_insns);
	if (info.jited_prog_len)
		explain(e, EXPLAIN_JIT, EXPLAIN_DONE, "%u bytes translated, %u bytes native",
		        info.xlated_prog_len, info.jited_prog_len);
	else
		explain(e, EXPLAIN_JIT, EXPLAIN_SKIPPED,
		        "%u bytes translated; interpreted, or the size may not be read",
		        info.xlated_prog_len);
	explain(e, EXPLAIN_ID, EXPLAIN_DONE, "%u, %02x%02x%02x%02x%02x%02x%02x%02x", info.id,
	        info.tag[0], info.tag[1], info.tag[2], info.tag[3], info.tag[4], info.tag[5],
	        info.tag[6], info.tag[7]);
}

static void print_log_end(const char *log)
{
	const char *at = log + strlen(log);
	int lines = 0;

	while (at > log && lines <= LOG_LAST_LINES)
		if (*--at == '\n')
			lines++;
	fprintf(stderr, "  the verifier's last lines:\n");
	for (at += *at == '\n'; *at;) {
		int len = strcspn(at, "\n");

		fprintf(stderr, "    %.*s\n", len, at);
		at += len + (at[len] == '\n');
	}
}

void explain_print(const struct explanation *e)
{
	bool refused = e->stages[EXPLAIN_VERIFIER].outcome == EXPLAIN_REFUSED;

	for (int stage = 0; stage < EXPLAIN_STAGES; stage++)
		fprintf(stderr, "  %-24s %-8s %s\n", stage_names[stage],
		        outcome_names[e->stages[stage].outcome], e->stages[stage].what);
	if (!refused || !e->log)
		return;
	print_log_end(e->log);
	if (find_hint(e->log))
		hint("%s", find_hint(e->log));
}

void explain_free(struct explanation *e)
{
	free(e->log);
	e->log = NULL;
}
