// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * config_replace(): prefixes of bytes, of which the longest decides. After each single step, each
 * byte is decided by what decided before, or by what decides afterwards.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "scripts/config_load.h"

#define MOST   40
#define ROUNDS 1000
#define SEED   20261125

struct prefix {
	uint8_t address, length, value;
};

struct world {
	struct prefix list[2 * MOST];
	size_t len;
	int wins_before[256], wins_after[256]; /* the value, or -1 */
	int puts_left;                         /* then one fails, and no other; -1: none does */
	bool between_fails, is_between;
	unsigned int steps;
};

static int compare(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;

	return x->length != y->length ? y->length - x->length : x->address - y->address;
}

static bool equal(const void *a, const void *b)
{
	return !memcmp(a, b, sizeof(struct prefix));
}

static const struct config_entry entry = {
	.what = "prefix",
	.size = sizeof(struct prefix),
	.compare = compare,
	.equal = equal,
};

static bool covers(const struct prefix *prefix, unsigned int byte)
{
	return (byte ^ prefix->address) >> (8 - prefix->length) == 0;
}

/* The plain way: look at all. */
static int winner(const struct prefix *list, size_t len, unsigned int byte)
{
	const struct prefix *best = NULL;

	for (size_t i = 0; i < len; i++)
		if (covers(&list[i], byte) && (!best || list[i].length > best->length))
			best = &list[i];
	return best ? best->value : -1;
}

static void check_step(struct world *w)
{
	int now;

	w->steps++;
	for (unsigned int byte = 0; byte < 256; byte++) {
		now = winner(w->list, w->len, byte);
		assert_true(now == w->wins_before[byte] || now == w->wins_after[byte]);
	}
}

static struct prefix *find(struct world *w, const struct prefix *prefix)
{
	for (size_t i = 0; i < w->len; i++)
		if (!compare(&w->list[i], prefix))
			return &w->list[i];
	return NULL;
}

static int put(const void *prefix, void *arg)
{
	struct world *w = arg;
	struct prefix *there = find(w, prefix);

	assert_true(!there || !equal(there, prefix));
	if (!w->puts_left) {
		w->puts_left = -1;
		return -ENOMEM;
	}
	if (w->puts_left > 0)
		w->puts_left--;
	*(there ? there : &w->list[w->len++]) = *(const struct prefix *)prefix;
	check_step(w);
	return 0;
}

static int take_out(const void *prefix, void *arg)
{
	struct world *w = arg;
	struct prefix *there = find(w, prefix);

	assert_non_null(there);
	*there = w->list[--w->len];
	check_step(w);
	return 0;
}

static int between(void *arg)
{
	struct world *w = arg;

	w->is_between = true;
	return w->between_fails ? -EIO : 0;
}

/* Prefixes in order, each once; they share so much that one is often within another. */
static void make(struct prefix *list, struct config_entries *entries)
{
	size_t count = rand() % MOST, len = 0;

	for (size_t i = 0; i < count; i++) {
		struct prefix p = { .length = rand() % 9, .value = rand() % 4 };
		bool known = false;

		p.address = (rand() & 0x1f) << (8 - p.length);
		for (size_t k = 0; k < len; k++)
			known |= !compare(&list[k], &p);
		if (!known)
			list[len++] = p;
	}
	qsort(list, len, sizeof(*list), compare);
	*entries = (struct config_entries){ &entry, list, len };
}

static void expect_list(struct world *w, const struct config_entries *entries)
{
	const struct prefix *list = entries->list;

	assert_int_equal(w->len, entries->len);
	for (size_t i = 0; i < entries->len; i++) {
		assert_non_null(find(w, &list[i]));
		assert_true(equal(find(w, &list[i]), &list[i]));
	}
}

static void begin(struct world *w, const struct config_entries *from,
                  const struct config_entries *to)
{
	*w = (struct world){ .len = from->len, .puts_left = -1 };
	memcpy(w->list, from->list, from->len * sizeof(struct prefix));
	for (unsigned int byte = 0; byte < 256; byte++) {
		w->wins_before[byte] = winner(from->list, from->len, byte);
		w->wins_after[byte] = winner(to->list, to->len, byte);
	}
}

static void test_each_byte_is_decided_by_what_was_or_by_what_comes(void **state)
{
	struct prefix old[MOST], new[MOST];
	struct config_entries from, to;
	unsigned int steps = 0;
	struct world w;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		make(old, &from);
		make(new, &to);
		begin(&w, &from, &to);
		assert_int_equal(
			config_replace(&from, &to,
		                       &(struct config_change){ put, take_out, between, &w }),
			0);
		assert_true(w.is_between);
		expect_list(&w, &to);
		steps += w.steps;
	}
	assert_true(steps > 10 * ROUNDS);
}

static void test_a_failure_takes_all_back_in_the_same_way(void **state)
{
	struct prefix old[MOST], new[MOST];
	struct config_entries from, to;
	unsigned int failures = 0;
	struct world w;
	int err;

	(void)state;
	for (int round = 0; round < ROUNDS / 5; round++) {
		make(old, &from);
		make(new, &to);
		begin(&w, &from, &to);
		w.between_fails = true;
		err = config_replace(&from, &to,
		                     &(struct config_change){ put, take_out, between, &w });
		assert_int_equal(err, -EIO);
		expect_list(&w, &from);
		for (int left = 0;; left++) {
			begin(&w, &from, &to);
			w.puts_left = left;
			if (!config_replace(&from, &to,
			                    &(struct config_change){ put, take_out, NULL, &w }))
				break;
			expect_list(&w, &from);
			failures++;
		}
	}
	assert_true(failures > ROUNDS / 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_byte_is_decided_by_what_was_or_by_what_comes),
		cmocka_unit_test(test_a_failure_takes_all_back_in_the_same_way),
	};

	printf("seed %d\n", SEED);
	srand(SEED);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
