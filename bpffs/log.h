/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Messages to the user, on stderr, and the exit status of every tool. */
#ifndef BPFFS_LOG_H
#define BPFFS_LOG_H

#include <stdbool.h>
#include <stdio.h>

/* 0 done; the others as ip(8) has them, and 3 for a job done in part. */
#define EXIT_USAGE  1
#define EXIT_KERNEL 2
#define EXIT_PARTLY 3

/* Name the tool for all messages; with verbose, libbpf's own messages are shown as well. */
void log_init(const char *tool, bool verbose);

/* Print "<tool>: <what failed, on what>: <why>". Returns err, a negative errno. */
int failed(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * The same for a refusal of our own, or where the words say it all: without the error's name.
 * Returns err, which must be a negative errno.
 */
int rejected(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Print, under the failure, what the user can do about it. Where a plugin of tc or ip runs the
 * tool, IFBPF_PLUGIN is the command that takes options, or "": what begins with one is put behind
 * it.
 */
void hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Print "<tool>: <what was done or found besides>". */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same, with --verbose only. */
void detail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * From here on, messages say where: "<tool>: <place>: <what failed>". mute: they are not printed at
 * all, nor are hints. NULL and false end it. The place is kept as a pointer.
 */
void log_place(const char *place, bool mute);

/* Print a text in which control characters become \xNN, but for the ends of lines and tabs. */
void log_print(FILE *out, const char *text);

/* Print one line; a line feed in it, which may come from a name, is no end either. */
void log_line(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What failed() or rejected() printed last, without the tool and the errno; "" if nothing failed.
 */
const char *log_last_failure(void);

/* Have each warning of libbpf handed over as well, shown or not; NULL ends it. */
typedef void log_listener(const char *text, void *arg);
void log_listen(log_listener *listener, void *arg);

#endif
