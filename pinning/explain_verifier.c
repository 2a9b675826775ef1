// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "pinning/caps.h"
#include "pinning/explain_verifier.h"

/* What the verifier says in the usual cases, and what helps. The first that fits is taken. */
static const struct {
	const char *says;
	const char *hint;
	bool perfmon; /* only a cause where CAP_PERFMON is missing */
} usual_causes[] = {
	{ "pointer prohibited", "this kernel wants CAP_PERFMON for it, or root", true },
	{ "leaks addr", "this kernel wants CAP_PERFMON for it, or root", true },
	{ "invalid access to packet", "compare the pointer with data_end before this access", 0 },
	{ "_or_null'", "compare with NULL what the helper returned, such as a map's value, first",
	  0 },
	{ "invalid access to map value", "bound the offset to the size of the value first", 0 },
	{ "unbounded memory access", "bound the offset to the size of the memory first", 0 },
	{ "back-edge", "bound the loop by a constant, or use bpf_loop()", 0 },
	{ "infinite loop detected", "the loop never ends: change what it tests in each turn", 0 },
	{ "jumps is too complex", "bound its loops lower, or use bpf_loop(): each turn is verified",
	  0 },
	{ "program is too large",
	  "split the program, or bound its loops lower, or use bpf_loop(): each turn is verified",
	  0 },
	{ "too many states", "split the program, or bound its loops lower", 0 },
	{ "R0 !read_ok", "return a value on every path", 0 },
	{ "!read_ok", "a register or variable is read before it is set", 0 },
	{ "Unreleased reference", "release what was acquired on every path", 0 },
	{ "GPL-restricted", "declare the licence: char LICENSE[] SEC(\"license\") = \"GPL\"", 0 },
	{ "GPL-compatible", "declare the licence: char LICENSE[] SEC(\"license\") = \"GPL\"", 0 },
	{ "failed to resolve CO-RE relocation",
	  "this kernel has no such type or field: ask before, by bpf_core_field_exists() or "
	  "bpf_core_type_exists()",
	  0 },
	{ "invalid func", "this kernel has no such helper", 0 },
	{ "unknown func", "this kernel, or this program type, has no such helper", 0 },
	{ "program of this type cannot use helper",
	  "this program type has no such helper, or this kernel is locked down", 0 },
	{ "device-bound program", "programs are not bound to a device here: leave that kfunc out",
	  0 },
	{ "invalid indirect read from stack", "initialise the whole variable, its padding as well",
	  0 },
	{ "cannot write into packet", "this program type may only read packets", 0 },
	{ "Extension program changes packet data",
	  "this kernel takes it behind no dispatcher that libxdp did not mark for it: load it "
	  "alone, without --join",
	  0 },
};

static bool lacks_perfmon(void)
{
	static const cap_value_t wanted[] = { CAP_PERFMON, CAPS_END };
	cap_t caps = cap_get_proc();
	char names[32];
	bool lacks = caps && caps_missing(caps, wanted, names, sizeof(names));

	cap_free(caps);
	return lacks;
}

/* says: the lines of the message. */
static const char *find_hint(const char *says)
{
	for (size_t i = 0; i < sizeof(usual_causes) / sizeof(usual_causes[0]); i++)
		if (strstr(says, usual_causes[i].says) &&
		    (!usual_causes[i].perfmon || lacks_perfmon()))
			return usual_causes[i].hint;
	return NULL;
}

static size_t line_length(const char *at)
{
	return strcspn(at, "\n");
}

/* The line after this one, or NULL. */
static const char *next_line(const char *at)
{
	at += line_length(at);
	return *at && at[1] ? at + 1 : NULL;
}

static bool begins(const char *line, const char *with)
{
	return !strncmp(line, with, strlen(with));
}

/* Statistics, and the states that it prints under some messages. */
static bool is_epilogue(const char *line)
{
	static const char *const epilogues[] = { "processed ", "verification time", "stack depth",
		                                 "cur state:", "old state:",        "\n" };

	for (size_t i = 0; i < sizeof(epilogues) / sizeof(epilogues[0]); i++)
		if (begins(line, epilogues[i]))
			return true;
	return false;
}

/*
 * Source lines begin with ";", instructions with their number, and states with "from", or before
 * 5.18 with a blank and a register. Old kernels also tell how they went back for what a register
 * was.
 */
static bool is_code(const char *line)
{
	static const char *const backwards[] = { "last_idx ", "regs=", "parent didn't have regs",
		                                 "parent already had regs" };

	for (size_t i = 0; i < sizeof(backwards) / sizeof(backwards[0]); i++)
		if (begins(line, backwards[i]))
			return true;
	return *line == ';' || begins(line, " R") || (*line >= '0' && *line <= '9') ||
	       begins(line, "from ");
}

/*
 * What the verifier says of an instruction that it has not ended the line of, or NULL: " infinite
 * loop detected at insn 7" after "13: (6d) if r1 s> r2 goto pc-7".
 */
static const char *message_behind(const char *code)
{
	static const char *const begins_with[] = { "infinite loop detected",
		                                   "BPF program is too large", "The sequence of " };
	const char *found = NULL;

	for (size_t i = 0; !found && i < sizeof(begins_with) / sizeof(begins_with[0]); i++)
		found = memmem(code, line_length(code), begins_with[i], strlen(begins_with[i]));
	return found;
}

static void copy_line(char *out, size_t size, const char *line)
{
	snprintf(out, size, "%.*s", (int)line_length(line), line);
}

static void read_cost(struct verifier_words *words, const char *line)
{
	/* sscanf() looks for the end of the whole log, which has a million lines. */
	if (begins(line, "processed ") &&
	    sscanf(line,
	           "processed %u insns (limit %*u) max_states_per_insn %*u total_states %u "
	           "peak_states %u",
	           &words->insns, &words->total_states, &words->peak_states) == 3)
		words->has_states = true;
}

void verifier_read(struct verifier_words *words, const char *log, bool refused)
{
	const char *source = NULL, *insn = NULL, *message = NULL;
	unsigned int number;
	char says[1024];

	memset(words, 0, sizeof(*words));
	for (const char *at = log && *log ? log : NULL; at; at = next_line(at)) {
		read_cost(words, at);
		if (*at == ';')
			source = at + 1 + strspn(at + 1, " ");
		/* The message may take several lines, of which the first tells most. */
		if (*at >= '0' && *at <= '9')
			insn = at;
		if (is_code(at))
			message = *at == ';' ? NULL : message_behind(at);
		else if (!message && !is_epilogue(at))
			message = at;
	}
	if (!refused)
		return;
	if (source)
		copy_line(words->source, sizeof(words->source), source);
	/* It is told where it changes only: in a long loop, before what the log can hold. */
	else if (insn && sscanf(insn, "%u: (", &number) == 1)
		snprintf(words->source, sizeof(words->source),
		         "instruction %u (its source line is not in the log)", number);
	if (!message)
		return;
	copy_line(words->message, sizeof(words->message), message);
	snprintf(says, sizeof(says), "%s", message);
	words->hint = find_hint(says);
}

const char *verifier_last_lines(const char *log, int lines)
{
	const char *at = log + strlen(log);

	if (at > log && at[-1] == '\n')
		at--;
	while (at > log && (at[-1] != '\n' || --lines > 0))
		at--;
	return at;
}
