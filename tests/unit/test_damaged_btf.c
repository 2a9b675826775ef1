// SPDX-License-Identifier: GPL-2.0-or-later
/* Damaged BTF is refused, or it can be compared and migrated without a fault. */
#include <bpf/btf.h>
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
#include "pinning/btf_check.h"
#include "pinning/migrate_fields.h"
#include "pinning/shape.h"

#define SEED  2654435761U
#define TRIES 20000

struct world {
	struct btf *btf;
	int number, inner, value;
};

/*
 * typedef unsigned long long u64; struct inner { u64 a; unsigned int low : 3; };
 * struct value { struct inner in; u64 array[4]; union { u64 x; unsigned int y; }; }; as compilers
 * write it.
 */
static struct world make(void)
{
	struct world w = { .btf = btf__new_empty() };
	int number, u64, array, both;

	w.number = btf__add_int(w.btf, "unsigned int", 4, 0);
	number = btf__add_int(w.btf, "unsigned long long", 8, 0);
	u64 = btf__add_typedef(w.btf, "u64", number);
	array = btf__add_array(w.btf, w.number, u64, 4);
	w.inner = btf__add_struct(w.btf, "inner", 16);
	btf__add_field(w.btf, "a", u64, 0, 0);
	btf__add_field(w.btf, "low", w.number, 64, 3);
	both = btf__add_union(w.btf, NULL, 8);
	btf__add_field(w.btf, "x", u64, 0, 0);
	btf__add_field(w.btf, "y", w.number, 0, 0);
	w.value = btf__add_struct(w.btf, "value", 56);
	btf__add_field(w.btf, "in", w.inner, 0, 0);
	btf__add_field(w.btf, "array", array, 128, 0);
	btf__add_field(w.btf, NULL, both, 384, 0);
	btf__add_ptr(w.btf, w.value);
	return w;
}

static __u32 random_next(__u32 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	return *state ^= *state << 5;
}

/* The same with some words of its types changed; NULL if libbpf refuses it. */
static struct btf *damage(const struct btf *btf, __u32 *state)
{
	__u32 size, len, *types, words = 1 + random_next(state) % 3;
	const void *raw = btf__raw_data(btf, &size);
	const struct btf_header *header = raw;
	char *copy = malloc(size);
	struct btf *damaged;

	memcpy(copy, raw, size);
	types = (__u32 *)(copy + header->hdr_len + header->type_off);
	len = header->type_len / sizeof(*types);
	for (__u32 i = 0; i < words; i++) {
		__u32 *word = &types[random_next(state) % len];

		switch (random_next(state) % 4) {
		case 0: *word ^= 1U << random_next(state) % 32; break;
		case 1: *word = random_next(state) % 16; break;
		case 2: *word = random_next(state); break;
		default: *word += 1; break;
		}
	}
	damaged = btf__new(copy, size);
	free(copy);
	return damaged;
}

static void use(const struct world *w, const struct btf *damaged)
{
	unsigned char from[56] = {}, to[56];
	struct shape_diffs diffs = {};
	struct migrate_rows rows = {};
	struct fields fields;

	assert_int_equal(shape_compare_btf(damaged, w->value, w->btf, w->value, "value", &diffs),
	                 0);
	shape_diffs_free(&diffs);
	assert_int_equal(fields_map(&fields, &rows, "value",
	                            &(struct field_type){ w->btf, w->value, sizeof(from), false,
	                                                  LAYOUT_UNKNOWN },
	                            &(struct field_type){ damaged, w->value, sizeof(to), false,
	                                                  LAYOUT_UNKNOWN },
	                            MIGRATE_CONFIG),
	                 0);
	if (!rows.refused)
		fields_convert(&fields, from, to);
	fields_free(&fields);
	free(rows.list);
}

static void test_damaged_types_do_no_harm(void **unused)
{
	unsigned int taken = 0, refused = 0;
	struct world w = make();
	__u32 state = SEED;
	char why[96];

	(void)unused;
	libbpf_set_print(NULL);
	assert_int_equal(btf_check(w.btf, why), 0);
	for (int i = 0; i < TRIES; i++) {
		struct btf *damaged = damage(w.btf, &state);

		if (!damaged)
			continue;
		if (btf_check(damaged, why)) {
			refused++;
		} else {
			taken++;
			use(&w, damaged);
		}
		btf__free(damaged);
	}
	btf__free(w.btf);
	print_message("%u taken, %u refused\n", taken, refused);
	assert_true(taken > TRIES / 20 && refused > TRIES / 20);
}

/* Replaces one word of the types, found by what it is, and expects the refusal. */
static void expect_refused(__u32 type_id, size_t word, __u32 value, const char *expected)
{
	struct world w = make();
	const struct btf_type *type = btf__type_by_id(w.btf, type_id);
	char why[96] = "";

	((__u32 *)type)[word] = value;
	assert_int_equal(btf_check(w.btf, why), -EINVAL);
	assert_string_equal(why, expected);
	btf__free(w.btf);
}

static void test_what_is_wrong_is_said(void **unused)
{
	struct world w = make();
	int value = w.value, inner = w.inner;

	(void)unused;
	btf__free(w.btf);
	/* A type is name, info, size; a member name, type, offset. */
	expect_refused(value, 0, 100000, "type 7 has a name that is not there");
	expect_refused(value, 3, 100000, "type 7 has a member whose name is not there");
	expect_refused(value, 4, value, "type 7 contains itself");
	expect_refused(value, 4, 1000, "type 1000 is not there");
	expect_refused(inner, 5, 1000, "type 5 has a member that reaches beyond its end");
	expect_refused(value + 1, 2, 1000, "type 8 is about a type that is not there");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damaged_types_do_no_harm),
		cmocka_unit_test(test_what_is_wrong_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
