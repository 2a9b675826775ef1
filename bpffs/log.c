// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include "bpffs/log.h"

static const char *log_tool = "ifbpf";
static bool log_verbose;

static int log_libbpf(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	return log_verbose ? vfprintf(stderr, fmt, args) : 0;
}

void log_init(const char *tool, bool verbose)
{
	log_tool = tool;
	log_verbose = verbose;
	libbpf_set_print(log_libbpf);
}

static void say(const char *fmt, va_list args)
{
	fprintf(stderr, "%s: ", log_tool);
	vfprintf(stderr, fmt, args);
}

int failed(int err, const char *fmt, ...)
{
	char why[128];
	va_list args;

	/* libbpf_strerror() also knows libbpf's own codes, which strerror() does not. */
	libbpf_strerror(err, why, sizeof(why));
	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
	fprintf(stderr, ": %s\n", why);
	return err;
}

void hint(const char *fmt, ...)
{
	va_list args;

	fputs("  hint: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

void note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

void detail(const char *fmt, ...)
{
	va_list args;

	if (!log_verbose)
		return;
	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
	fputc('\n', stderr);
}
