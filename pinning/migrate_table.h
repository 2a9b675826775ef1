/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of a map in memory, found by key. */
#ifndef PINNING_MIGRATE_TABLE_H
#define PINNING_MIGRATE_TABLE_H

#include <linux/types.h>
#include <stddef.h>

/* What the new map got of an entry of the old one. */
enum table_state {
	TABLE_COPIED,   /* its value */
	TABLE_LEFT,     /* nothing: it did not fit */
	TABLE_GONE,     /* it is in neither map */
	TABLE_NEW_WINS, /* it was changed in both: the new map's is left alone */
};

struct table_entry {
	__u32 state;
	__u32 seen;
	__u8 bytes[]; /* the key, padded to 8 bytes; the value */
};

struct table {
	__u8 *entries;
	__u32 *slots; /* 1 + number of an entry, or 0 */
	size_t len, room, slot_count;
	size_t key_bytes, value_bytes, entry_bytes;
};

void table_init(struct table *table, size_t key_bytes, size_t value_bytes);
void table_free(struct table *table);

/* An entry by its number below table->len; valid until the next table_put(). */
struct table_entry *table_at(const struct table *table, size_t i);
void *table_key(struct table_entry *entry);
void *table_value(const struct table *table, struct table_entry *entry);

/* The entry of a key, or NULL. */
struct table_entry *table_find(const struct table *table, const void *key);

/*
 * The same for keys that come in the order in which they were put, more or less: *at, 0 to begin
 * with, is the number of the entry that is expected.
 */
struct table_entry *table_find_next(const struct table *table, const void *key, size_t *at);

/* Set the value of a key. Returns the entry, or NULL if there is no memory. */
struct table_entry *table_put(struct table *table, const void *key, const void *value,
                              enum table_state state);

#endif
