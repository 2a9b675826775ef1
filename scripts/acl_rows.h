/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map of one set: made, mapped into memory, put into its slot (objects/acl_lists.h). */
#ifndef SCRIPTS_ACL_ROWS_H
#define SCRIPTS_ACL_ROWS_H

#include <linux/types.h>
#include <stdbool.h>
#include "objects/acl_lists.h"

struct acl_rows {
	int fd;
	__u32 len;    /* rows */
	__u64 *words; /* all of them, mapped; or where they would be: see acl_rows_at() */
	struct acl_rows_pages *pages;
};

/*
 * Make a map of so many rows, all zeros; name: at most 15 characters. Nobody but the caller sees it
 * until it is published; acl_rows_close() lets it go otherwise. Failures are reported.
 */
int acl_rows_make(struct acl_rows *rows, const char *name, __u64 len);

/* The same for a map of maps whose maps all have that length. */
int acl_rows_make_equal(struct acl_rows *rows, const char *name, __u64 len);

/*
 * Open the map in slot `list` of a map of maps, to change it or only to read. -ENOENT, which is not
 * reported: the slot is empty. Other failures are.
 */
int acl_rows_open(struct acl_rows *rows, int sets_fd, __u32 list, bool writable);
void acl_rows_close(struct acl_rows *rows);

/* The map of this id. -ENOENT, which is not reported: it is gone. Other failures are. */
int acl_rows_open_id(struct acl_rows *rows, __u32 id, bool writable);

/* Its id. Returns 0 or a negative errno, reported. */
int acl_rows_id(const struct acl_rows *rows, __u32 *id);

/*
 * The same, to look at some of them: to map all pages of a big set takes longer than a small edit.
 * The first page is mapped at once, others by acl_rows_at(), or all by acl_rows_map_all().
 */
int acl_rows_open_parts(struct acl_rows *rows, int sets_fd, __u32 list, bool writable);

/* Map what is not. Returns 0 or a negative errno, reported. */
int acl_rows_map_all(struct acl_rows *rows);

/* Map these at once, if they are not all mapped. Returns 0 or a negative errno, reported. */
int acl_rows_map_some(const struct acl_rows *rows, __u64 first, __u64 count);

/* Why some page could not be mapped, which was reported; or 0. */
int acl_rows_error(const struct acl_rows *rows);

/* For acl_rows_at(). */
__u64 *acl_rows_fetch(const struct acl_rows *rows, __u64 row);

/*
 * A row. If its page cannot be mapped it is one of zeros, and what is written there is lost: look
 * at acl_rows_error() before that is relied on.
 */
static inline __u64 *acl_rows_at(const struct acl_rows *rows, __u64 row)
{
	return rows->pages ? acl_rows_fetch(rows, row) : rows->words + row * ACL_ROW_WORDS;
}

/*
 * Put it into the slot in place of what is there: packets see the old or the new one, and when this
 * returns none sees the old one any more. acl_rows_remove() leaves the slot empty.
 */
int acl_rows_publish(const struct acl_rows *rows, int sets_fd, __u32 list);
int acl_rows_remove(int sets_fd, __u32 list);

/* The same, but -ENOENT, not reported, if the slot was empty. */
int acl_rows_take(int sets_fd, __u32 list);

/* Words are written so that a reader sees all that was written before, if it sees this. */
static inline void acl_store(__u64 *word, __u64 value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

#endif
