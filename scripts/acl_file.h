/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of entries, line by line, and what is said about bad lines. */
#ifndef SCRIPTS_ACL_FILE_H
#define SCRIPTS_ACL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include "objects/acl.h"

struct acl_file {
	const char *name; /* for messages */
	char *text;       /* all of it */
	size_t len, next; /* next: where the line behind the present one begins */
	unsigned int line;
	unsigned int bad;       /* lines that were refused */
	const char *word, *end; /* what is left of the present line */
};

/*
 * Read a file, or standard input for "-". Reports its failures. Returns 0 or a negative errno;
 * acl_file_close() must follow success.
 */
int acl_file_open(struct acl_file *file, const char *path);
void acl_file_close(struct acl_file *file);

/*
 * Go to the next line that has a word; comments begin with '#' or ';' and end with the line.
 * Returns false at the end of the file.
 */
bool acl_file_line(struct acl_file *file);

/* The next word of the line, or NULL. */
const char *acl_file_word(struct acl_file *file, size_t *len);

/* Name the line and why it is refused; the first twenty are printed. */
void acl_file_refuse(struct acl_file *file, unsigned int line, const char *reason);

/* If lines were refused, say how many. Returns 0, or -EINVAL if there are any. */
int acl_file_finish(const struct acl_file *file, bool keep_going);

/*
 * The next line of rules: one entry with words in any order. Returns false, the line refused.
 * *rule has 0 where the line does not say sides or verdict.
 */
bool acl_file_rule(struct acl_file *file, struct acl_rule *rule);

/*
 * The next line of a list of addresses, as such are published: an address, prefix or range, which
 * may also be "first - last", and any text behind it. Returns false, the line refused.
 */
bool acl_file_address(struct acl_file *file, struct acl_rule *rule);

#endif
