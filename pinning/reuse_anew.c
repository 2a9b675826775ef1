// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "pinning/reuse_anew.h"

int reuse_anew_add(struct reuse_anew *anew, struct shape_diffs *diffs, const char *fmt, ...)
{
	struct reuse_anew_map *list = reallocarray(anew->list, anew->len + 1, sizeof(*list));
	va_list args;
	int len;

	if (!list)
		return -ENOMEM;
	anew->list = list;
	va_start(args, fmt);
	len = vasprintf(&list[anew->len].text, fmt, args);
	va_end(args);
	if (len < 0)
		return -ENOMEM;
	list[anew->len++].diffs = *diffs;
	memset(diffs, 0, sizeof(*diffs));
	return 0;
}

void reuse_anew_say(const struct reuse_anew *anew)
{
	for (size_t i = 0; i < anew->len; i++) {
		note("%s", anew->list[i].text);
		if (anew->list[i].diffs.len)
			shape_diffs_print(&anew->list[i].diffs);
	}
}

void reuse_anew_free(struct reuse_anew *anew)
{
	for (size_t i = 0; i < anew->len; i++) {
		free(anew->list[i].text);
		shape_diffs_free(&anew->list[i].diffs);
	}
	free(anew->list);
	memset(anew, 0, sizeof(*anew));
}
