// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "tests/bench/lists.h"

/* What a list covers: ranges in order that do not overlap, for asking whether an address is in it.
 */
struct range {
	address_t first, last;
};

struct cover {
	struct range *ranges;
	size_t len;
};

/* The lengths of prefixes, as shares of 256: published lists are mostly single hosts and /24. */
static const struct {
	__u8 v4, v6;
	unsigned int share;
} lengths[] = {
	{ 32, 128, 128 }, { 24, 64, 64 }, { 28, 96, 16 }, { 29, 80, 16 }, { 30, 72, 8 },
	{ 22, 56, 12 },   { 20, 48, 6 },  { 18, 40, 4 },  { 16, 32, 2 },
};

const char *lists_note(bool v6)
{
	return v6 ? "Prefixes are uniformly random over 2000::/3: half of them /128, a quarter /64."
	          : "Prefixes are uniformly random over 1.0.0.0 to 223.255.255.255: half of them "
	            "/32, a quarter /24.";
}

const char *key_kind_name(enum key_kind kind)
{
	static const char *const names[] = { "miss", "near", "hit" };

	return names[kind];
}

static __u8 full_length(bool v6)
{
	return v6 ? 128 : 32;
}

static address_t mask_of(__u8 len)
{
	return len ? ~(address_t)0 << (128 - len) : 0;
}

void address_bytes(address_t address, bool v6, void *bytes)
{
	unsigned char *to = bytes;

	for (unsigned int i = 0; i < (v6 ? 16u : 4u); i++)
		to[i] = (unsigned char)(address >> (120 - 8 * i));
}

/* Any unicast address: 1.0.0.0 to 223.255.255.255, or 2000::/3. */
static address_t random_address(__u64 *seed, bool v6)
{
	address_t address = (address_t)random_next(seed) << 64;

	if (!v6) {
		address_t first = 1 + (unsigned int)(address >> 120) % 223;

		return (first << 120) | (address & mask_of(32) & ~mask_of(8));
	}
	address |= random_next(seed);
	return (address >> 3) | (address_t)1 << 125;
}

static __u8 random_length(__u64 *seed, bool v6)
{
	unsigned int at = random_next(seed) >> 56;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		if (at < lengths[i].share)
			return v6 ? lengths[i].v6 : lengths[i].v4;
		at -= lengths[i].share;
	}
	return full_length(v6);
}

static int compare_prefix(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return (int)x->len - (int)y->len;
}

static void shuffle(struct prefix *list, __u32 count, __u64 *seed)
{
	for (__u32 i = count - 1; i > 0; i--) {
		__u32 other = random_next(seed) % (i + 1);
		struct prefix kept = list[i];

		list[i] = list[other];
		list[other] = kept;
	}
}

/* Fill up, sort, drop what is there twice; again until it is full. */
static void fill(struct prefix *list, __u32 count, bool v6, bool mixed, __u64 *seed)
{
	__u32 have = 0, kept;

	while (have < count) {
		for (__u32 i = have; i < count; i++) {
			list[i].len = mixed ? random_length(seed, v6) : full_length(v6);
			list[i].address = random_address(seed, v6) & mask_of(list[i].len);
		}
		qsort(list, count, sizeof(*list), compare_prefix);
		kept = 1;
		for (__u32 i = 1; i < count; i++)
			if (compare_prefix(&list[i], &list[kept - 1]))
				list[kept++] = list[i];
		have = kept;
	}
	shuffle(list, count, seed);
}

int lists_make(struct lists *lists, bool v6, __u32 count)
{
	__u64 seed = 42;

	lists->v6 = v6;
	lists->count = count;
	lists->prefixes = calloc(count, sizeof(struct prefix));
	lists->addresses = calloc(count, sizeof(struct prefix));
	if (!lists->prefixes || !lists->addresses)
		return failed(-ENOMEM, "cannot make a list of %u prefixes", count);
	fill(lists->prefixes, count, v6, true, &seed);
	fill(lists->addresses, count, v6, false, &seed);
	return 0;
}

void lists_free(struct lists *lists)
{
	free(lists->prefixes);
	free(lists->addresses);
	lists->prefixes = lists->addresses = NULL;
}

static int cover_make(struct cover *cover, const struct prefix *list, __u32 count)
{
	struct prefix *sorted = malloc(count * sizeof(*sorted));

	cover->len = 0;
	cover->ranges = malloc(count * sizeof(*cover->ranges));
	if (!sorted || !cover->ranges) {
		free(sorted);
		free(cover->ranges);
		return -ENOMEM;
	}
	memcpy(sorted, list, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_prefix);
	for (__u32 i = 0; i < count; i++) {
		address_t last = sorted[i].address | ~mask_of(sorted[i].len);

		/* Prefixes nest or are apart: what begins in the last range also ends in it. */
		if (!cover->len || sorted[i].address > cover->ranges[cover->len - 1].last)
			cover->ranges[cover->len++] = (struct range){ sorted[i].address, last };
	}
	free(sorted);
	return 0;
}

static bool is_covered(const struct cover *cover, address_t address)
{
	size_t low = 0, high = cover->len;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (cover->ranges[middle].first <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address <= cover->ranges[low - 1].last;
}

int lists_ranges(const struct lists *lists, __u32 *ranges)
{
	struct cover cover;
	int err = cover_make(&cover, lists->prefixes, lists->count);

	if (err)
		return failed(err, "cannot count what a list covers");
	*ranges = 1;
	for (size_t i = 1; i < cover.len; i++)
		*ranges += cover.ranges[i].first - 1 != cover.ranges[i - 1].last;
	free(cover.ranges);
	return 0;
}

static address_t make_key(const struct lists *lists, const struct prefix *list,
                          const struct cover *cover, enum key_kind kind, __u64 *seed)
{
	__u8 full = full_length(lists->v6);
	address_t key, host;

	for (;;) {
		const struct prefix *prefix = &list[random_next(seed) % lists->count];

		host = random_address(seed, lists->v6) & ~mask_of(prefix->len) & mask_of(full);
		if (kind == KEY_HIT)
			return prefix->address | host;
		key = kind == KEY_NEAR
		              ? (prefix->address | host) ^ (address_t)1 << (128 - prefix->len)
		              : random_address(seed, lists->v6);
		if (!is_covered(cover, key))
			return key;
	}
}

int lists_keys(const struct lists *lists, bool addresses, enum key_kind kind, __u32 count,
               struct keys *keys)
{
	const struct prefix *list = addresses ? lists->addresses : lists->prefixes;
	__u32 size = lists->v6 ? 16 : 4;
	unsigned char *bytes = malloc((size_t)count * size);
	__u64 seed = 7 + kind;
	struct cover cover;
	int err;

	err = bytes ? cover_make(&cover, list, lists->count) : -ENOMEM;
	if (err) {
		free(bytes);
		return failed(err, "cannot make %u keys", count);
	}
	for (__u32 i = 0; i < count; i++)
		address_bytes(make_key(lists, list, &cover, kind, &seed), lists->v6,
		              bytes + (size_t)i * size);
	free(cover.ranges);
	err = keys_make(keys, bytes, count, size);
	free(bytes);
	return err;
}
