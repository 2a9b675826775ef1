// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sys/random.h>
#include "bpffs/log.h"
#include "scripts/acl_set6_order.h"
#include "scripts/acl_set6_table.h"

/* Free slots for later edits: so many, and one for so many that are used. */
#define SPARE       256
#define SPARE_SHARE 8

/* The table is filled to this share of its slots; above it, some keys soon find no row. */
#define FILLED_PERCENT 65
#define BLOOM_BITS     32

#define ROW_BITS (ACL_ROW_WORDS * 64)

static const __u8 levels[] = ACL_SET6_LEVELS;
#define LEVELS (sizeof(levels) / sizeof(*levels))

/* A prefix as the table has it. */
struct key6 {
	__u64 high, low, flag;
	__u64 hash;
};

/* The bit of a length in its mask, which is also the lowest bit of such a prefix. */
static __u64 length_bit(unsigned int length)
{
	return 1ULL << (length > 64 ? 128 - length : 64 - length);
}

static __u64 *length_mask(const struct set6 *set, unsigned int length)
{
	return &set->rows.words[length > 64 ? ACL_SET6_LONG : ACL_SET6_SHORT];
}

static struct key6 make_key(const struct set6 *set, struct addr6 address, unsigned int length)
{
	struct addr6 mask = addr6_mask(length);
	struct key6 key = { .high = address.high & mask.high, .low = address.low & mask.low };
	__u64 bit = length_bit(length);

	if (length > 64) {
		key.low |= bit >> 1;
	} else {
		key.high |= bit >> 1;
		key.low = bit << 63;
	}
	key.flag = length == 128 ? ACL_SET6_128 : 0;
	key.hash = acl_set6_hash(acl_set6_hash_high(key.high, set->rows.words[ACL_SET6_SEED]),
	                         key.low);
	return key;
}

/* Back from the key to the prefix. */
static struct prefix6 read_key(__u64 high, __u64 low, __u64 state)
{
	struct prefix6 prefix = { .address = { high, low }, .state = state & ACL_SET6_STATE };

	if (state & ACL_SET6_128) {
		prefix.length = 128;
	} else if (low) {
		prefix.length = 127 - __builtin_ctzll(low);
		prefix.address.low &= low - 1;
	} else {
		prefix.length = 63 - __builtin_ctzll(high);
		prefix.address.high &= high - 1;
	}
	return prefix;
}

static __u64 *row_at(const struct set6 *set, __u64 row)
{
	return acl_rows_at(&set->rows, row);
}

static __u64 *bloom_word(const struct set6 *set, __u64 hash, __u64 *bit)
{
	__u64 i = acl_set6_bit(hash, set->rows.words[ACL_SET6_BLOOM]);

	*bit = 1ULL << i % 64;
	return row_at(set, ACL_SET6_BLOOM_ROW + i / ROW_BITS) + i % ROW_BITS / 64;
}

static bool bloom_has(const struct set6 *set, __u64 hash)
{
	__u64 bit;

	return *bloom_word(set, hash, &bit) & bit;
}

static void bloom_add(struct set6 *set, __u64 hash)
{
	__u64 bit, *word = bloom_word(set, hash, &bit);

	if (!(*word & bit))
		acl_store(word, *word | bit);
}

static __u64 hash_level(const struct set6 *set, struct addr6 address, unsigned int level)
{
	__u64 high = address.high & ~0ULL << (64 - level);

	return acl_set6_hash(acl_set6_hash_high(high, set->rows.words[ACL_SET6_SEED]), level);
}

int table6_make(struct set6 *set, __u64 prefixes)
{
	__u64 slots = prefixes + SPARE + prefixes / SPARE_SHARE, seed, bloom, rows, begin;
	int err;

	bloom = (slots * BLOOM_BITS + ROW_BITS - 1) / ROW_BITS;
	rows = slots * 100 / (FILLED_PERCENT * ACL_SET6_SLOTS) + 1;
	begin = ACL_SET6_BLOOM_ROW + bloom;
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return failed(-errno, "cannot get a random number");
	if (bloom * ROW_BITS > (__u32)-1)
		return failed(-E2BIG, "cannot make a set of %llu prefixes",
		              (unsigned long long)prefixes);
	set->fresh = (struct slots6){};
	err = acl_rows_make(&set->rows, "acl_set6", begin + rows + order6_rows(slots));
	if (err)
		return err;
	set->rows.words[ACL_SET6_MAGIC_WORD] = ACL_SET6_MAGIC;
	set->rows.words[ACL_SET6_SEED] = seed;
	set->rows.words[ACL_SET6_BLOOM] = bloom * ROW_BITS;
	set->rows.words[ACL_SET6_TABLE] = begin << 32 | rows;
	set->rows.words[ACL_SET6_ORDER] = (begin + rows) << 32;
	return 0;
}

/* The slot of a key: its row and place in it, and its number. free: also one where it may be put.
 */
static bool find_slot(const struct set6 *set, const struct key6 *key, bool free, __u64 **row,
                      int *slot, __u32 *number)
{
	__u64 table = set->rows.words[ACL_SET6_TABLE], hash = key->hash, state, *r;
	__u32 at;

	for (int i = 0; i < ACL_SET6_PROBES; i++, hash = acl_set6_hash_next(hash)) {
		at = acl_set6_row(hash, table);
		r = row_at(set, at);
		for (int n = 0; n < ACL_SET6_SLOTS; n++) {
			state = r[ACL_SET6_STATES] >> 16 * n & 0xffff;
			if (!state && !free)
				return false;
			if (state && (r[n] != key->high || r[ACL_SET6_SLOTS + n] != key->low ||
			              (state & ACL_SET6_128) != key->flag))
				continue;
			*row = r;
			*slot = n;
			*number = (at - (__u32)(table >> 32)) * ACL_SET6_SLOTS + n;
			return true;
		}
	}
	return false;
}

static __u8 state_of(const __u64 *row, int slot)
{
	__u8 state = row[ACL_SET6_STATES] >> 16 * slot & ACL_SET6_STATE;

	return state == ACL_SET6_GONE ? 0 : state;
}

static void set_state(__u64 *row, int slot, __u64 state)
{
	__u64 mask = 0xffffULL << 16 * slot;

	acl_store(&row[ACL_SET6_STATES], (row[ACL_SET6_STATES] & ~mask) | state << 16 * slot);
}

__u8 table6_get(const struct set6 *set, struct addr6 address, unsigned int length)
{
	struct key6 key = make_key(set, address, length);
	__u64 *row;
	__u32 number;
	int slot;

	if (!bloom_has(set, key.hash) || !find_slot(set, &key, false, &row, &slot, &number))
		return 0;
	return state_of(row, slot);
}

void table6_fetch(const struct set6 *set, const struct prefix6 *prefix)
{
	struct key6 key = make_key(set, prefix->address, prefix->length);
	__u64 bit;

	__builtin_prefetch(row_at(set, acl_set6_row(key.hash, set->rows.words[ACL_SET6_TABLE])), 1);
	__builtin_prefetch(bloom_word(set, key.hash, &bit), 1);
	for (size_t i = 0; i < LEVELS && levels[i] < prefix->length; i++)
		__builtin_prefetch(
			bloom_word(set, hash_level(set, prefix->address, levels[i]), &bit), 1);
}

int table6_put(struct set6 *set, const struct prefix6 *prefix)
{
	struct key6 key = make_key(set, prefix->address, prefix->length);
	__u64 *count = &set->rows.words[ACL_SET6_COUNTS + prefix->length];
	__u64 *lengths = length_mask(set, prefix->length), *row;
	__u32 number;
	int slot, err;

	if (!find_slot(set, &key, true, &row, &slot, &number))
		return -ENOSPC;
	if (!(row[ACL_SET6_STATES] >> 16 * slot & 0xffff)) {
		err = order6_add(set, number);
		if (err)
			return err;
	}
	if (!state_of(row, slot)) {
		/* What leads to it is there before it is; killed between, it only costs time. */
		acl_store(count, *count + 1);
		acl_store(lengths, *lengths | length_bit(prefix->length));
		bloom_add(set, key.hash);
		for (size_t i = 0; i < LEVELS && levels[i] < prefix->length; i++)
			bloom_add(set, hash_level(set, prefix->address, levels[i]));
		/* Where that could not be written, the prefix would be there and not be found. */
		err = acl_rows_error(&set->rows);
		if (err)
			return err;
		acl_store(&row[slot], key.high);
		acl_store(&row[ACL_SET6_SLOTS + slot], key.low);
	}
	set_state(row, slot, prefix->state | key.flag);
	return 0;
}

void table6_remove(struct set6 *set, struct addr6 address, unsigned int length)
{
	struct key6 key = make_key(set, address, length);
	__u64 *count = &set->rows.words[ACL_SET6_COUNTS + length], *row;
	__u64 *lengths = length_mask(set, length);
	__u32 number;
	int slot;

	if (!find_slot(set, &key, false, &row, &slot, &number) || !state_of(row, slot))
		return;
	set_state(row, slot, ACL_SET6_GONE | key.flag);
	acl_store(count, *count - 1);
	if (!*count)
		acl_store(lengths, *lengths & ~length_bit(length));
}

__u8 table6_find(const struct set6 *set, struct addr6 address, unsigned int length)
{
	__u8 state;

	while (length-- > 1) {
		if (!(*length_mask(set, length) & length_bit(length)))
			continue;
		state = table6_get(set, address, length);
		if (state)
			return state;
	}
	return set->rows.words[ACL_SET6_REST] ? ACL_SET6_IN : ACL_SET6_HOLE;
}

bool table6_has_longer(const struct set6 *set, unsigned int length)
{
	while (length++ < 128)
		if (*length_mask(set, length) & length_bit(length))
			return true;
	return false;
}

struct prefix6 table6_at(const struct set6 *set, __u32 slot)
{
	__u64 first = set->rows.words[ACL_SET6_TABLE] >> 32;
	__u64 *row = row_at(set, first + slot / ACL_SET6_SLOTS);
	int n = slot % ACL_SET6_SLOTS;
	struct prefix6 prefix =
		read_key(row[n], row[ACL_SET6_SLOTS + n], row[ACL_SET6_STATES] >> 16 * n & 0xffff);

	prefix.state = state_of(row, n);
	return prefix;
}

int table6_each(const struct set6 *set, int (*each)(void *context, const struct prefix6 *prefix),
                void *context)
{
	__u64 table = set->rows.words[ACL_SET6_TABLE];
	__u64 *row = row_at(set, table >> 32), *end = row + (__u32)table * ACL_ROW_WORDS;
	struct prefix6 prefix;
	int err = 0;

	for (; !err && row < end; row += ACL_ROW_WORDS) {
		for (int n = 0; !err && n < ACL_SET6_SLOTS; n++) {
			if (!state_of(row, n))
				continue;
			prefix = read_key(row[n], row[ACL_SET6_SLOTS + n],
			                  row[ACL_SET6_STATES] >> 16 * n);
			err = each(context, &prefix);
		}
	}
	return err;
}
