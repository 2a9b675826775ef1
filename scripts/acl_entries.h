/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of a hash table or a trie, in memory, and making one bank of the map hold just them. */
#ifndef SCRIPTS_ACL_ENTRIES_H
#define SCRIPTS_ACL_ENTRIES_H

#include <stddef.h>
#include "objects/acl.h"

/* The longest key: struct acl_key6. */
#define ACL_KEY_SIZE 24

struct acl_table_entry {
	__u8 key[ACL_KEY_SIZE];
	__u16 ref;
	__u16 rank; /* of two with the same key, the lower one is taken; then the first */
	__u32 order;
};

struct acl_entries {
	struct acl_table_entry *list;
	size_t len, room;
	size_t key_size;
	size_t bank_at; /* where in a key its bank is */
	size_t most;    /* so many keys have room; 0: any number */
	__u32 added;
};

/* Returns 0, -ENOMEM, or -E2BIG as soon as there are far more keys than have room; silent. */
int acl_entries_add(struct acl_entries *entries, const void *key, __u16 ref, __u16 rank);
void acl_entries_free(struct acl_entries *entries);

/* Put them in the order of their keys, each key once. */
void acl_entries_sort(struct acl_entries *entries);

/*
 * When there are more keys than have room: the ref of the one that came first of those too many.
 * Afterwards they are in the order in which they came.
 */
__u16 acl_entries_first_beyond(struct acl_entries *entries);

/*
 * Make the map hold these, which are sorted, and no others of that bank. Returns 0 or a negative
 * errno, silent.
 */
int acl_entries_write(const struct acl_entries *entries, int map_fd, __u8 bank);

#endif
