// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "scripts/acl_entry.h"
#include "scripts/acl_file.h"
#include "scripts/progress.h"

#define SAID_MOST 20

/* The size is not known: a pipe, or a file that grows. */
static int read_all(struct acl_file *file, int fd)
{
	struct stat st;
	size_t room = 1 << 16;
	ssize_t n;
	char *grown;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		room = st.st_size + 1;
	for (;;) {
		if (file->len == room || !file->text) {
			room = file->text ? room * 2 : room;
			grown = realloc(file->text, room);
			if (!grown)
				return -ENOMEM;
			file->text = grown;
		}
		n = read(fd, file->text + file->len, room - file->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		file->len += n;
	}
}

int acl_file_open(struct acl_file *file, const char *path)
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
	if (err) {
		failed(err, "cannot read %s", file->name);
		acl_file_close(file);
		return err;
	}
	/* A byte order mark, as some editors leave it. */
	if (file->len >= 3 && !memcmp(file->text, "\xef\xbb\xbf", 3))
		file->next = 3;
	return 0;
}

void acl_file_close(struct acl_file *file)
{
	free(file->text);
	file->text = NULL;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == ',' || c == '\f' || c == '\v';
}

static bool skip_spaces(struct acl_file *file)
{
	while (file->word < file->end && is_space(*file->word))
		file->word++;
	return file->word < file->end && *file->word != '#' && *file->word != ';';
}

bool acl_file_line(struct acl_file *file)
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

const char *acl_file_word(struct acl_file *file, size_t *len)
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

void acl_file_refuse(struct acl_file *file, unsigned int line, const char *reason)
{
	if (file->bad++ >= SAID_MOST)
		return;
	progress_end();
	note("%s:%u: %s", file->name, line, reason);
}

int acl_file_finish(const struct acl_file *file, bool keep_going)
{
	if (!file->bad)
		return 0;
	if (file->bad > SAID_MOST)
		note("%s: %u more lines are refused", file->name, file->bad - SAID_MOST);
	if (keep_going)
		return -EINVAL;
	note("nothing is changed: %s has %u bad line%s", file->name, file->bad,
	     file->bad > 1 ? "s" : "");
	hint("--keep-going leaves such lines out");
	return -EINVAL;
}

bool acl_file_rule(struct acl_file *file, struct acl_rule *rule)
{
	struct acl_rule words = {}, second;
	const char *word, *reason = NULL;
	bool found = false;
	size_t len;

	while (!reason && (word = acl_file_word(file, &len))) {
		if (acl_entry_word(&words, word, len, &reason))
			continue;
		reason = acl_entry_parse(found ? &second : rule, word, len, ACL_NO_ENTRY);
		if (!reason && found)
			reason = acl_refuse(word, len, "is a second entry: a line has one");
		found = true;
	}
	if (!reason && !found)
		reason = "has no address, port or Ethernet address";
	if (reason) {
		acl_file_refuse(file, file->line, reason);
		return false;
	}
	rule->sides = words.sides;
	rule->verdict = words.verdict;
	return true;
}

/* "192.0.2.1 - 192.0.2.9": what is behind the dash, joined to what was before it. */
static const char *parse_spread_range(struct acl_file *file, struct acl_rule *rule,
                                      const char *first, size_t first_len)
{
	char text[ACL_ENTRY_TEXT];
	const char *last;
	size_t len;
	int n;

	last = acl_file_word(file, &len);
	if (!last)
		return "has nothing behind its dash";
	n = snprintf(text, sizeof(text), "%.*s-%.*s", (int)first_len, first, (int)len, last);
	if (n >= (int)sizeof(text))
		return "is no range: two addresses of one kind";
	return acl_entry_parse(rule, text, n, ACL_NO_ADDRESS);
}

bool acl_file_address(struct acl_file *file, struct acl_rule *rule)
{
	const char *reason, *word, *second;
	struct acl_rule other;
	size_t len, second_len;

	word = acl_file_word(file, &len);
	second = acl_file_word(file, &second_len);
	if (second && second_len == 1 && *second == '-' && len < ACL_ENTRY_TEXT)
		reason = parse_spread_range(file, rule, word, len);
	else
		reason = acl_entry_parse(rule, word, len, ACL_NO_ADDRESS);
	/* It could be the end of a range, or a netmask. */
	if (!reason && second && !acl_entry_parse(&other, second, second_len, "") &&
	    other.kind == rule->kind)
		reason = acl_refuse(second, second_len,
		                    "is a second address: write first-last for a range");
	if (!reason && rule->kind != ACL_RULE_IP4 && rule->kind != ACL_RULE_IP6)
		reason = acl_refuse(word, len, ACL_NO_ADDRESS);
	if (reason)
		acl_file_refuse(file, file->line, reason);
	return !reason;
}
