// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"

static char log_tool[64] = "ifbpf";
static bool log_verbose;
static const char *log_where;
static bool log_muted;

static char log_failure[512];

static log_listener *log_listening;
static void *log_listening_arg;

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* kept: control characters that are printed as they are. Runs at once: stderr has no buffer. */
static void print_escaped(FILE *out, const char *text, const char *kept)
{
	size_t len;

	for (; *text; text += len) {
		for (len = 0; text[len] && (!is_control(text[len]) || strchr(kept, text[len]));)
			len++;
		fwrite(text, 1, len, out);
		if (text[len])
			fprintf(out, "\\x%02x", text[len++]);
	}
}

void log_print(FILE *out, const char *text)
{
	print_escaped(out, text, "\n\t");
}

void log_line(FILE *out, const char *fmt, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		return;
	print_escaped(out, text, "\t");
	fputc('\n', out);
	free(text);
}

/* A name of an interface may hold what moves the cursor, or worse. */
__attribute__((format(printf, 1, 0))) static void print(const char *fmt, va_list args)
{
	char *text;

	if (vasprintf(&text, fmt, args) < 0)
		return;
	log_print(stderr, text);
	free(text);
}

__attribute__((format(printf, 2, 0))) __attribute__((format(printf, 2, 0))) static int
log_libbpf(enum libbpf_print_level level, const char *fmt, va_list args)
{
	va_list again;

	if (log_listening && level == LIBBPF_WARN) {
		char text[256];

		va_copy(again, args);
		vsnprintf(text, sizeof(text), fmt, again);
		va_end(again);
		log_listening(text, log_listening_arg);
	}
	if (log_verbose)
		print(fmt, args);
	return 0;
}

void log_listen(log_listener *listener, void *arg)
{
	log_listening = listener;
	log_listening_arg = arg;
}

const char *log_last_failure(void)
{
	return log_failure;
}

void log_place(const char *place, bool mute)
{
	log_where = place;
	log_muted = mute;
}

void log_init(const char *tool, bool verbose)
{
	snprintf(log_tool, sizeof(log_tool), "%s", cli_name(tool));
	log_verbose = verbose;
	libbpf_set_print(log_libbpf);
}

__attribute__((format(printf, 1, 0))) __attribute__((format(printf, 1, 0))) static void
say(const char *fmt, va_list args, const char *end)
{
	if (log_muted)
		return;
	fprintf(stderr, "%s: ", log_tool);
	if (log_where) {
		log_print(stderr, log_where);
		fputs(": ", stderr);
	}
	print(fmt, args);
	fprintf(stderr, "%s\n", end);
}

/* The line of a failure; end is what the error is called, or "". */
__attribute__((format(printf, 1, 0))) static void say_failure(const char *fmt, va_list args,
                                                              const char *end)
{
	va_list again;

	va_copy(again, args);
	vsnprintf(log_failure, sizeof(log_failure), fmt, again);
	va_end(again);
	say(fmt, args, end);
}

int failed(int err, const char *fmt, ...)
{
	char why[128] = ": ";
	va_list args;

	/* libbpf_strerror() also knows libbpf's own codes, which strerror() does not. */
	libbpf_strerror(err, why + 2, sizeof(why) - 2);
	va_start(args, fmt);
	say_failure(fmt, args, why);
	va_end(args);
	return err;
}

int rejected(int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say_failure(fmt, args, "");
	va_end(args);
	return err;
}

/* Where a hint tells of options alone: at its beginning, or behind a colon; else at its end. */
static size_t find_options(const char *text)
{
	const char *colon;

	if (!strncmp(text, "--", 2))
		return 0;
	colon = strstr(text, ": --");
	return colon ? (size_t)(colon - text) + 2 : strlen(text);
}

void hint(const char *fmt, ...)
{
	const char *command = getenv("IFBPF_PLUGIN");
	char *text, *whole;
	va_list args;
	size_t at;
	int len;

	if (log_muted)
		return;
	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		return;
	at = find_options(text);
	if (command && *command && text[at] &&
	    asprintf(&whole, "%.*s%s %s", (int)at, text, command, text + at) >= 0) {
		free(text);
		text = whole;
	}
	fputs("  hint: ", stderr);
	log_print(stderr, text);
	fputc('\n', stderr);
	free(text);
}

void note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args, "");
	va_end(args);
}

void detail(const char *fmt, ...)
{
	va_list args;

	if (!log_verbose)
		return;
	va_start(args, fmt);
	say(fmt, args, "");
	va_end(args);
}
