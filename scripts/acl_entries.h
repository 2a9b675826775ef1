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
};

/* Returns 0 or -ENOMEM, silent. */
int acl_entries_add(struct acl_entries *entries, const void *key, __u16 ref, __u16 rank);
void acl_entries_free(struct acl_entries *entries);

/* Put them in the order of their keys, each key once. */
void acl_entries_sort(struct acl_entries *entries);

/*
 * Make the map hold these, which are sorted, and no others of that bank. Returns 0 or a negative
 * errno, silent.
 */
int acl_entries_write(const struct acl_entries *entries, int map_fd, __u8 bank);

#endif
