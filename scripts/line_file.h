/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that a tool loads, line by line and word by word, and what is said about bad lines. */
#ifndef SCRIPTS_LINE_FILE_H
#define SCRIPTS_LINE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_FILE_SAID 20

struct line_file {
	const char *name; /* for messages */
	char *text;       /* all of it */
	size_t len, next; /* next: where the line behind the present one begins */
	unsigned int line;
	unsigned int bad;       /* lines that were refused */
	const char *word, *end; /* what is left of the present line */
	struct line_file_refusal {
		unsigned int line;
		char *reason;
	} refusals[LINE_FILE_SAID]; /* of the first lines, in order, not printed yet */
	unsigned int refusals_len;
};

/*
 * Read a file, or standard input for "-": up to 1 GiB, of lines up to 64 KiB; UTF-16 is refused.
 * Reports its failures. Returns 0; -EINVAL if what the file has was refused; or another negative
 * errno. line_file_close() must follow success.
 */
int line_file_open(struct line_file *file, const char *path);
void line_file_close(struct line_file *file);

/*
 * Go to the next line that has a word; comments begin with '#' or ';' and end with the line.
 * Returns false at the end of the file.
 */
bool line_file_next(struct line_file *file);

/* For who reads words: whether the rest of the line is text. If not, it is refused. */
bool line_file_is_text(struct line_file *file);

/* The next word of the line, or NULL. */
const char *line_file_word(struct line_file *file, size_t *len);

/*
 * Call take(words, count, arg) for each line that has words, as they would stand on a command line.
 * It returns 0; or -EINVAL if it refused the line, which it reported: the message names the line as
 * well, and the first twenty are printed; or another negative errno, with which this ends.
 */
int line_file_each(struct line_file *file, int (*take)(char **words, int count, void *arg),
                   void *arg);

/*
 * The line is refused for this reason. Some of that is found behind later lines only, so the first
 * twenty are printed in their order by line_file_finish(), or by line_file_close().
 */
void line_file_refuse(struct line_file *file, unsigned int line, const char *reason);

/* If lines were refused, name them and say how many. Returns 0, or -EINVAL if there are any. */
int line_file_finish(struct line_file *file, bool keep_going);

#endif
