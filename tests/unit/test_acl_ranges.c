// SPDX-License-Identifier: GPL-2.0-or-later
/* Ranges of addresses as sets, compared with a bit for each address of small stretches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "scripts/acl_ranges.h"

/* So many addresses at each of these places are looked at. */
#define STRETCH 256

static const __u32 places4[] = { 0, 0x0a00ff80, 0xffffff00 };
static const struct addr6 places6[] = {
	{ 0, 0 },
	{ 0x20010db800000000, 0xffffffffffffff80 }, /* across the middle */
	{ ~0ULL, ~0ULL - (STRETCH - 1) },
};

static struct addr6 plus(struct addr6 a, unsigned int n)
{
	struct addr6 sum = { a.high, a.low + n };

	sum.high += sum.low < a.low;
	return sum;
}

/* The runs of a model. */
static size_t count_runs(const char *model)
{
	size_t runs = 0;

	for (int i = 0; i < STRETCH; i++)
		runs += model[i] && (!i || !model[i - 1]);
	return runs;
}

static void test_sorted_ipv4_ranges_are_the_runs_of_the_set(void **state)
{
	(void)state;
	srandom(1);
	for (int round = 0; round < 3000; round++) {
		__u32 place = places4[round % 3];
		struct ranges4 ranges = {};
		char model[STRETCH] = {}, seen[STRETCH] = {};
		__u64 count = 0;

		for (int n = random() % 30; n > 0; n--) {
			__u32 first = random() % STRETCH, last = first + random() % 12;

			if (last >= STRETCH)
				last = STRETCH - 1;
			assert_int_equal(ranges4_add(&ranges, place + first, place + last), 0);
			memset(model + first, 1, last - first + 1);
		}
		assert_int_equal(ranges4_sort(&ranges), 0);
		assert_int_equal(ranges.len, count_runs(model));
		for (size_t i = 0; i < ranges.len; i++) {
			const struct range4 *r = &ranges.list[i];

			assert_true(!i || r[-1].last < r->first);
			memset(seen + (r->first - place), 1, r->last - r->first + 1);
		}
		assert_memory_equal(seen, model, STRETCH);
		for (int i = 0; i < STRETCH; i++)
			count += model[i];
		assert_int_equal(ranges4_count(&ranges), count);
		ranges4_free(&ranges);
	}
}

static void check_ranges6(const struct ranges6 *ranges, struct addr6 place, const char *model)
{
	char seen[STRETCH] = {};

	for (size_t i = 0; i < ranges->len; i++) {
		const struct range6 *r = &ranges->list[i];

		for (struct addr6 a = r->first;; a = addr6_next(a)) {
			assert_false(seen[a.low - place.low]);
			seen[a.low - place.low] = 1;
			if (!addr6_compare(a, r->last))
				break;
		}
	}
	assert_memory_equal(seen, model, STRETCH);
}

/* Every range is cut into prefixes that are it, none of which could be longer. */
static void check_cut(const struct range6 *range)
{
	struct range6 left = *range;
	struct addr6 at = range->first, prefix, mask;
	unsigned int length, pieces = 0, before = 0;
	bool more;

	do {
		more = range6_cut(&left, &prefix, &length);
		mask = addr6_mask(length);
		assert_int_equal(addr6_compare(prefix, at), 0);
		assert_int_equal(prefix.high & ~mask.high, 0);
		assert_int_equal(prefix.low & ~mask.low, 0);
		at = addr6_next((struct addr6){ prefix.high | ~mask.high, prefix.low | ~mask.low });
		/* They grow and then shrink: three of one length would be two. */
		before = before >> 8 == length ? before + 1 : length << 8 | 1;
		assert_true((before & 0xff) < 3);
		pieces++;
	} while (more);
	assert_int_equal(addr6_compare(at, addr6_next(range->last)), 0);
	assert_int_equal(range6_prefix(range), pieces == 1 ? (int)length : -1);
}

static void test_sorted_ipv6_ranges_are_the_set(void **state)
{
	(void)state;
	srandom(2);
	for (int round = 0; round < 3000; round++) {
		struct addr6 place = places6[round % 3];
		struct ranges6 ranges = {};
		char model[STRETCH] = {};

		for (int n = random() % 30; n > 0; n--) {
			unsigned int first = random() % STRETCH, last = first + random() % 12;

			if (last >= STRETCH)
				last = STRETCH - 1;
			assert_int_equal(
				ranges6_add(&ranges, plus(place, first), plus(place, last)), 0);
			memset(model + first, 1, last - first + 1);
		}
		assert_int_equal(ranges6_sort(&ranges, false), 0);
		check_ranges6(&ranges, place, model);
		assert_true(ranges.len >= count_runs(model));
		for (size_t i = 0; i < ranges.len; i++)
			check_cut(&ranges.list[i]);
		assert_int_equal(ranges6_sort(&ranges, true), 0);
		check_ranges6(&ranges, place, model);
		assert_int_equal(ranges.len, count_runs(model));
		ranges6_free(&ranges);
	}
}

#define SPREAD 3000

static struct addr6 random_addr6(void)
{
	/* Some share their first half, or all of the first word. */
	struct addr6 a = { (__u64)(random() % 20) << 61 | (__u64)(random() % 7) << 32, random() };

	if (random() % 2)
		a.high |= random();
	return a;
}

static void test_ipv6_ranges_from_everywhere_come_in_order(void **state)
{
	static struct addr6 added[SPREAD];
	struct ranges6 ranges = {};
	size_t at;

	(void)state;
	srandom(3);
	for (size_t i = 0; i < SPREAD; i++) {
		added[i] = random_addr6();
		assert_int_equal(ranges6_add(&ranges, added[i], plus(added[i], random() % 3)), 0);
	}
	assert_int_equal(ranges6_sort(&ranges, false), 0);
	assert_true(ranges.len > SPREAD / 2);
	for (size_t i = 1; i < ranges.len; i++)
		assert_int_equal(addr6_compare(ranges.list[i - 1].last, ranges.list[i].first), -1);
	for (size_t i = 0; i < SPREAD; i++) {
		for (at = 0; at < ranges.len; at++)
			if (addr6_compare(ranges.list[at].first, added[i]) <= 0 &&
			    addr6_compare(ranges.list[at].last, added[i]) >= 0)
				break;
		assert_true(at < ranges.len);
	}
	ranges6_free(&ranges);
}

static void test_a_prefix_of_every_length_is_one_range(void **state)
{
	struct ranges4 ranges4 = {};
	struct ranges6 ranges6 = {};

	(void)state;
	for (unsigned int length = 0; length <= 32; length++)
		assert_int_equal(ranges4_add_prefix(&ranges4, 0xdeadbeef, length), 0);
	for (unsigned int length = 0; length <= 128; length++)
		assert_int_equal(ranges6_add_prefix(&ranges6, plus(places6[1], 77), length), 0);
	for (unsigned int length = 0; length <= 32; length++)
		assert_int_equal(range4_prefix(&ranges4.list[length]), length);
	for (unsigned int length = 0; length <= 128; length++)
		assert_int_equal(range6_prefix(&ranges6.list[length]), length);
	/* One in the other, so the first is all. */
	assert_int_equal(ranges4_sort(&ranges4), 0);
	assert_int_equal(ranges4.len, 1);
	assert_int_equal(ranges4_count(&ranges4), 1ULL << 32);
	assert_int_equal(ranges6_sort(&ranges6, false), 0);
	assert_int_equal(ranges6.len, 1);
	assert_int_equal(range6_prefix(&ranges6.list[0]), 0);
	ranges4_free(&ranges4);
	ranges6_free(&ranges6);
}

static void test_no_range_is_no_set(void **state)
{
	struct ranges4 ranges4 = {};
	struct ranges6 ranges6 = {};

	(void)state;
	assert_int_equal(ranges4_sort(&ranges4), 0);
	assert_int_equal(ranges6_sort(&ranges6, true), 0);
	assert_int_equal(ranges4.len + ranges6.len + ranges4_count(&ranges4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sorted_ipv4_ranges_are_the_runs_of_the_set),
		cmocka_unit_test(test_sorted_ipv6_ranges_are_the_set),
		cmocka_unit_test(test_ipv6_ranges_from_everywhere_come_in_order),
		cmocka_unit_test(test_a_prefix_of_every_length_is_one_range),
		cmocka_unit_test(test_no_range_is_no_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
