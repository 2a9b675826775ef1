// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "scripts/line_file.h"
#include "scripts/progress.h"

#define LINE_ZERO  "has a zero byte: this is no text"
#define WORDS_MOST 64

/* So much is taken into memory; an endless file has no end, or no line that has one. */
#define LINE_MOST (64UL << 10)
#define FILE_MOST (1UL << 30)
#define READ_MOST (1UL << 20) /* at once */

/*
 * Follow the lines into what has been read anew, from `from` on. Returns 0; or, reported, -EINVAL
 * for a line that is too long, or -E2BIG.
 */
static int check_size(struct line_file *file, size_t from, size_t *line_start)
{
	const char *newline;
	size_t end;

	do {
		newline = memchr(file->text + from, '\n', file->len - from);
		end = newline ? (size_t)(newline - file->text) : file->len;
		if (end - *line_start > LINE_MOST) {
			note("%s:%u: is longer than %lu KiB", file->name, file->line + 1,
			     LINE_MOST >> 10);
			return -EINVAL;
		}
		if (newline) {
			file->line++;
			from = *line_start = end + 1;
		}
	} while (newline);
	if (file->len > FILE_MOST)
		return rejected(-E2BIG, "cannot read %s: it is larger than %lu MiB", file->name,
		                FILE_MOST >> 20);
	return 0;
}

/* The size is not known: a pipe, or a file that grows. */
static int read_all(struct line_file *file, int fd)
{
	struct stat st;
	size_t room = 1 << 16, line_start = 0, at;
	ssize_t n;
	int err;
	char *grown;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		room = (st.st_size < (off_t)FILE_MOST ? st.st_size : (off_t)FILE_MOST) + 1;
	/* There is always room for one more byte. */
	for (;;) {
		if (file->len == room || !file->text) {
			room = file->text ? room * 2 : room;
			grown = realloc(file->text, room);
			if (!grown)
				return failed(-ENOMEM, "cannot read %s", file->name);
			file->text = grown;
		}
		n = room - file->len < READ_MOST ? room - file->len : READ_MOST;
		n = read(fd, file->text + file->len, n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(-errno, "cannot read %s", file->name);
		if (n == 0)
			break;
		at = file->len;
		file->len += n;
		err = check_size(file, at, &line_start);
		if (err)
			return err;
	}
	file->line = 0;
	return 0;
}

/* As editors and tools of other systems write it: with a mark, or with each other byte 0. */
static bool is_utf16(const struct line_file *file)
{
	const char *text = file->text;

	if (file->len < 2)
		return false;
	if (!memcmp(text, "\xff\xfe", 2) || !memcmp(text, "\xfe\xff", 2))
		return true;
	for (size_t i = 0; i < file->len && i < 8; i++)
		if ((text[i] == '\0') != (i % 2 == (text[0] != '\0')))
			return false;
	return file->len >= 4;
}

static int check_text(const struct line_file *file)
{
	if (!is_utf16(file))
		return 0;
	rejected(-EINVAL, "cannot read %s: it is UTF-16", file->name);
	hint("make it UTF-8 first: iconv -f UTF-16 -t UTF-8");
	return -EINVAL;
}

int line_file_open(struct line_file *file, const char *path)
{
	bool is_input = !strcmp(path, "-");
	int fd = STDIN_FILENO, err;

	memset(file, 0, sizeof(*file));
	file->name = is_input ? "standard input" : path;
	if (!is_input)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return failed(-errno, "cannot open %s", file->name);
	err = read_all(file, fd);
	if (!is_input)
		close(fd);
	if (!err)
		err = check_text(file);
	if (err) {
		line_file_close(file);
		return err;
	}
	/* A byte order mark, as some editors leave it. */
	if (file->len >= 3 && !memcmp(file->text, "\xef\xbb\xbf", 3))
		file->next = 3;
	return 0;
}

static void say_refusals(struct line_file *file)
{
	if (file->refusals_len)
		progress_end();
	for (unsigned int i = 0; i < file->refusals_len; i++) {
		note("%s:%u: %s", file->name, file->refusals[i].line, file->refusals[i].reason);
		free(file->refusals[i].reason);
	}
	file->refusals_len = 0;
}

void line_file_close(struct line_file *file)
{
	say_refusals(file);
	free(file->text);
	file->text = NULL;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == ',' || c == '\f' || c == '\v';
}

static bool skip_spaces(struct line_file *file)
{
	while (file->word < file->end && is_space(*file->word))
		file->word++;
	return file->word < file->end && *file->word != '#' && *file->word != ';';
}

bool line_file_is_text(struct line_file *file)
{
	if (!memchr(file->word, '\0', file->end - file->word))
		return true;
	line_file_refuse(file, file->line, LINE_ZERO);
	return false;
}

bool line_file_next(struct line_file *file)
{
	const char *newline;

	while (file->next < file->len) {
		file->word = file->text + file->next;
		newline = memchr(file->word, '\n', file->len - file->next);
		file->end = newline ? newline : file->text + file->len;
		file->next = file->end - file->text + 1;
		if (!(file->line++ & 0xffff))
			progress_show(file->name, file->next, file->len);
		if (skip_spaces(file))
			return true;
	}
	progress_end();
	return false;
}

const char *line_file_word(struct line_file *file, size_t *len)
{
	const char *begin;

	if (!skip_spaces(file))
		return NULL;
	begin = file->word;
	while (file->word < file->end && !is_space(*file->word) && *file->word != '#' &&
	       *file->word != ';')
		file->word++;
	*len = file->word - begin;
	return begin;
}

/* Returns how many words the line has, also if there is no room for all; or -1 if it is no text. */
static int split(struct line_file *file, char *words[WORDS_MOST])
{
	size_t lens[WORDS_MOST], len;
	bool is_text = true;
	const char *word;
	int count = 0;

	while ((word = line_file_word(file, &len))) {
		is_text &= !memchr(word, '\0', len);
		if (count < WORDS_MOST) {
			words[count] = (char *)word;
			lens[count] = len;
		}
		count++;
	}
	/* Only now: what ends a word is looked at to find the next. */
	for (int i = 0; i < count && i < WORDS_MOST; i++)
		words[i][lens[i]] = '\0';
	return is_text ? count : -1;
}

static int take_words(char **words, int count, int (*take)(char **words, int count, void *arg),
                      void *arg)
{
	if (count < 0)
		return rejected(-EINVAL, LINE_ZERO);
	if (count > WORDS_MOST)
		return rejected(-EINVAL, "has more than %d words", WORDS_MOST);
	return take(words, count, arg);
}

int line_file_each(struct line_file *file, int (*take)(char **words, int count, void *arg),
                   void *arg)
{
	char *words[WORDS_MOST], place[PATH_MAX + 16];
	int count, err = 0;

	while (!err && line_file_next(file)) {
		count = split(file, words);
		snprintf(place, sizeof(place), "%s:%u", file->name, file->line);
		progress_end();
		log_place(place, file->bad >= LINE_FILE_SAID);
		err = take_words(words, count, take, arg);
		log_place(NULL, false);
		if (err != -EINVAL)
			continue;
		file->bad++;
		err = 0;
	}
	return err;
}

void line_file_refuse(struct line_file *file, unsigned int line, const char *reason)
{
	struct line_file_refusal *all = file->refusals, fresh = { line, NULL };
	unsigned int at = file->refusals_len;

	file->bad++;
	while (at && all[at - 1].line > line)
		at--;
	if (at == LINE_FILE_SAID)
		return;
	fresh.reason = strdup(reason);
	if (!fresh.reason) {
		note("%s:%u: %s", file->name, line, reason);
		return;
	}
	if (file->refusals_len == LINE_FILE_SAID)
		free(all[--file->refusals_len].reason);
	memmove(&all[at + 1], &all[at], (file->refusals_len++ - at) * sizeof(*all));
	all[at] = fresh;
}

int line_file_finish(struct line_file *file, bool keep_going)
{
	say_refusals(file);
	if (!file->bad)
		return 0;
	if (file->bad > LINE_FILE_SAID)
		note("%s: %u more lines are refused", file->name, file->bad - LINE_FILE_SAID);
	if (keep_going)
		return -EINVAL;
	note("nothing is changed: %s has %u bad line%s", file->name, file->bad,
	     file->bad > 1 ? "s" : "");
	hint("--keep-going leaves such lines out");
	return -EINVAL;
}
