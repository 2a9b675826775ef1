// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/directory.h"
#include "bpffs/layouts.h"

#define HEAD "v=1"

/* The text of a directory, "" if it has none. */
static int read_text(int dir_fd, char text[RECORD_SIZE])
{
	ssize_t len = dir_fd < 0 ? 0 : readlinkat(dir_fd, DIRECTORY_LAYOUTS, text, RECORD_SIZE - 1);
	int err = len < 0 && errno != ENOENT && errno != EINVAL ? -errno : 0;

	text[len < 0 ? 0 : len] = '\0';
	return err;
}

/* ";9f3a01bc=117,118": false if it is none. Moves on behind it. */
static bool parse_field(struct layouts *layouts, const char **text, int *err)
{
	char *end;
	__u32 print;

	if (**text != ';')
		return false;
	print = strtoul(*text + 1, &end, 16);
	if (end != *text + 9 || *end != '=')
		return false;
	do {
		const char *digits = end + 1;
		unsigned long id = strtoul(digits, &end, 10);

		if (end == digits)
			return false;
		*err = layouts_note(layouts, id, print);
	} while (!*err && *end == ',');
	*text = end;
	return !*err;
}

int layouts_read(struct layouts *layouts, int dir_fd)
{
	const char *rest = layouts->text + strlen(HEAD);
	int err;

	memset(layouts, 0, sizeof(*layouts));
	err = read_text(dir_fd, layouts->text);
	if (err || strncmp(layouts->text, HEAD ";", strlen(HEAD ";")) != 0)
		return err;
	while (parse_field(layouts, &rest, &err))
		;
	return err;
}

void layouts_free(struct layouts *layouts)
{
	free(layouts->list);
	memset(layouts, 0, sizeof(*layouts));
}

bool layouts_find(const struct layouts *layouts, __u32 map_id, __u32 *print)
{
	for (size_t i = 0; i < layouts->len; i++) {
		if (layouts->list[i].map_id != map_id)
			continue;
		*print = layouts->list[i].print;
		return true;
	}
	return false;
}

int layouts_note(struct layouts *layouts, __u32 map_id, __u32 print)
{
	struct layout *list = layouts->list;

	for (size_t i = 0; i < layouts->len; i++) {
		if (list[i].map_id == map_id) {
			list[i].print = print;
			return 0;
		}
	}
	list = reallocarray(list, layouts->len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	layouts->list = list;
	list[layouts->len++] = (struct layout){ map_id, print };
	return 0;
}

void layouts_keep(struct layouts *layouts, bool (*keep)(__u32 map_id, const void *arg),
                  const void *arg)
{
	size_t left = 0;

	for (size_t i = 0; i < layouts->len; i++)
		if (keep(layouts->list[i].map_id, arg))
			layouts->list[left++] = layouts->list[i];
	layouts->len = left;
}

static int compare(const void *a, const void *b)
{
	const struct layout *x = a, *y = b;

	if (x->print != y->print)
		return x->print < y->print ? -1 : 1;
	return (x->map_id > y->map_id) - (x->map_id < y->map_id);
}

static void format(struct layouts *layouts, char text[RECORD_SIZE])
{
	const struct layout *list = layouts->list;
	size_t len = sprintf(text, HEAD);
	char next[32];

	if (layouts->len)
		qsort(layouts->list, layouts->len, sizeof(*layouts->list), compare);
	for (size_t i = 0; i < layouts->len; i++) {
		int n = i && list[i].print == list[i - 1].print
		                ? sprintf(next, ",%u", list[i].map_id)
		                : sprintf(next, ";%08x=%u", list[i].print, list[i].map_id);

		/* A symlink is one byte shorter than PATH_MAX. */
		if (len + n >= RECORD_SIZE - 1)
			return;
		strcpy(text + len, next);
		len += n;
	}
}

int layouts_stage(struct layouts *layouts, int stage_fd)
{
	char text[RECORD_SIZE];

	format(layouts, text);
	if (!strcmp(*layouts->text ? layouts->text : HEAD, text))
		return 0;
	return symlinkat(text, stage_fd, DIRECTORY_LAYOUTS) ? -errno : 0;
}
