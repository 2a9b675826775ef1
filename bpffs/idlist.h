/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Ids as the text of a field of a record: in ascending order, and those that follow each other as
 * a range. "117-130,144": what one load makes takes few bytes. A dot separates as a comma does.
 */
#ifndef BPFFS_IDLIST_H
#define BPFFS_IDLIST_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/* The longest list, with its NUL: a record has two, and other fields (see RECORD_SIZE). */
#define IDLIST_SIZE 1536

struct idrange {
	__u32 first, last;
};

/* Take the first ids off a list. False: there are none; what is no id ends a list. */
bool idlist_next(const char **list, struct idrange *range);

bool idlist_has(const char *list, __u32 id);

/* Note an id, once. Returns 0, or -E2BIG if it has no room: the list stays as it was. */
int idlist_add(char list[IDLIST_SIZE], __u32 id, char separator);

#endif
