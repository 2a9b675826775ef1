// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include "pinning/migrate_table.h"

static size_t padded(size_t bytes)
{
	return (bytes + 7) / 8 * 8;
}

void table_init(struct table *table, size_t key_bytes, size_t value_bytes)
{
	memset(table, 0, sizeof(*table));
	table->key_bytes = key_bytes;
	table->value_bytes = value_bytes;
	table->entry_bytes = sizeof(struct table_entry) + padded(key_bytes) + padded(value_bytes);
}

void table_free(struct table *table)
{
	free(table->entries);
	free(table->slots);
	table_init(table, table->key_bytes, table->value_bytes);
}

struct table_entry *table_at(const struct table *table, size_t i)
{
	return (struct table_entry *)(table->entries + i * table->entry_bytes);
}

void *table_key(struct table_entry *entry)
{
	return entry->bytes;
}

void *table_value(const struct table *table, struct table_entry *entry)
{
	return entry->bytes + padded(table->key_bytes);
}

static size_t hash(const void *key, size_t len)
{
	__u64 h = len, word;

	for (size_t at = 0; at < len; at += sizeof(word)) {
		word = 0;
		memcpy(&word, (const __u8 *)key + at,
		       len - at < sizeof(word) ? len - at : sizeof(word));
		h = (h ^ word) * 0x9e3779b97f4a7c15;
		h ^= h >> 29;
	}
	return h;
}

/* The slot of a key: its own, or the empty one where it would go. */
static __u32 *slot_of(const struct table *table, const void *key)
{
	size_t i = hash(key, table->key_bytes) & (table->slot_count - 1);

	while (table->slots[i] &&
	       memcmp(table_key(table_at(table, table->slots[i] - 1)), key, table->key_bytes) != 0)
		i = (i + 1) & (table->slot_count - 1);
	return &table->slots[i];
}

struct table_entry *table_find(const struct table *table, const void *key)
{
	__u32 *slot = table->slot_count ? slot_of(table, key) : NULL;

	return slot && *slot ? table_at(table, *slot - 1) : NULL;
}

struct table_entry *table_find_next(const struct table *table, const void *key, size_t *at)
{
	struct table_entry *entry = NULL;
	__u32 *slot;

	if (*at < table->len)
		entry = table_at(table, *at);
	if (entry && !memcmp(table_key(entry), key, table->key_bytes)) {
		++*at;
		return entry;
	}
	slot = table->slot_count ? slot_of(table, key) : NULL;
	if (!slot || !*slot)
		return NULL;
	*at = *slot;
	return table_at(table, *slot - 1);
}

/* Twice the room, and slots for it: never more than half of them are taken. */
static int grow(struct table *table)
{
	size_t room = table->room ? 2 * table->room : 1024;
	__u8 *entries = reallocarray(table->entries, room, table->entry_bytes);
	__u32 *slots;

	if (!entries)
		return -1;
	table->entries = entries;
	slots = calloc(2 * room, sizeof(*slots));
	if (!slots)
		return -1;
	free(table->slots);
	table->slots = slots;
	table->slot_count = 2 * room;
	table->room = room;
	for (size_t i = 0; i < table->len; i++)
		*slot_of(table, table_key(table_at(table, i))) = i + 1;
	return 0;
}

struct table_entry *table_put(struct table *table, const void *key, const void *value,
                              enum table_state state)
{
	struct table_entry *entry = table_find(table, key);

	if (!entry) {
		if (table->len == table->room && grow(table))
			return NULL;
		entry = table_at(table, table->len);
		memset(entry, 0, table->entry_bytes);
		memcpy(table_key(entry), key, table->key_bytes);
		*slot_of(table, key) = ++table->len;
	}
	memcpy(table_value(table, entry), value, table->value_bytes);
	entry->state = state;
	return entry;
}
