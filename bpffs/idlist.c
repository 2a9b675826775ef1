// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/idlist.h"

/* "117" or "117-130" */
bool idlist_next(const char **list, struct idrange *range)
{
	char *end;

	if (**list < '0' || **list > '9')
		return false;
	range->first = range->last = strtoul(*list, &end, 10);
	if (*end == '-')
		range->last = strtoul(end + 1, &end, 10);
	*list = *end == ',' || *end == '.' ? end + 1 : end;
	return true;
}

bool idlist_has(const char *list, __u32 id)
{
	struct idrange one;

	while (idlist_next(&list, &one))
		if (one.first <= id && id <= one.last)
			return true;
	return false;
}

/* A list in the making. */
struct writer {
	char text[IDLIST_SIZE];
	char separator;
	size_t len;
	struct idrange last; /* not in the text yet */
	bool any;
};

static bool put_last(struct writer *w)
{
	size_t room = sizeof(w->text) - w->len;
	char between[2] = { w->len ? w->separator : '\0', '\0' };
	int n;

	if (!w->any)
		return true;
	if (w->last.first == w->last.last)
		n = snprintf(w->text + w->len, room, "%s%u", between, w->last.first);
	else
		n = snprintf(w->text + w->len, room, "%s%u-%u", between, w->last.first,
		             w->last.last);
	if ((size_t)n >= room)
		return false;
	w->len += n;
	return true;
}

/* The range makes the last one longer, or comes behind it. False: no room. */
static bool put(struct writer *w, struct idrange next)
{
	if (w->any && (__u64)w->last.last + 1 == next.first) {
		w->last.last = next.last;
		return true;
	}
	if (!put_last(w))
		return false;
	w->last = next;
	w->any = true;
	return true;
}

int idlist_add(char list[IDLIST_SIZE], __u32 id, char separator)
{
	struct writer w = { .separator = separator };
	struct idrange one, new = { id, id };
	const char *left = list;
	bool waits = true, fits = true;

	if (idlist_has(list, id))
		return 0;
	while (fits && idlist_next(&left, &one)) {
		if (waits && one.first > id) {
			waits = false;
			fits = put(&w, new);
		}
		fits = fits && put(&w, one);
	}
	if (fits && waits)
		fits = put(&w, new);
	if (!fits || !put_last(&w))
		return -E2BIG;
	memcpy(list, w.text, w.len + 1);
	return 0;
}
