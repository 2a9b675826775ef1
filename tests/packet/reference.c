// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/packet/reference.h"

__u64 reference_seed;

__u64 reference_random(void)
{
	__u64 x;

	reference_seed += 0x9e3779b97f4a7c15ULL;
	x = reference_seed;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

__u64 reference_below(__u64 limit)
{
	return reference_random() % limit;
}

void reference_choose_seed(void)
{
	const char *seed = getenv("IFBPF_SEED");

	reference_seed = seed ? strtoull(seed, NULL, 0) : 20240229;
	printf("# seed: IFBPF_SEED=%llu\n", (unsigned long long)reference_seed);
	fflush(stdout);
}

void reference_free(struct reference *r)
{
	free(r->spans);
	r->spans = NULL;
	r->len = 0;
}

void reference_copy(struct reference *to, const struct reference *from)
{
	*to = *from;
	to->spans = calloc(from->len + 1, sizeof(*to->spans));
	assert_non_null(to->spans);
	if (from->len)
		memcpy(to->spans, from->spans, from->len * sizeof(*to->spans));
}

static int compare_spans(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

void reference_build(struct reference *r, struct span *spans, size_t len)
{
	free(r->spans);
	r->spans = calloc(len + 1, sizeof(*spans));
	assert_non_null(r->spans);
	r->len = 0;
	qsort(spans, len, sizeof(*spans), compare_spans);
	for (size_t i = 0; i < len; i++) {
		struct span *last = r->len ? &r->spans[r->len - 1] : NULL;

		if (!last || (spans[i].first > last->last && spans[i].first - last->last > 1))
			r->spans[r->len++] = spans[i];
		else if (spans[i].last > last->last)
			last->last = spans[i].last;
	}
}

void reference_edit(struct reference *r, number first, number last, bool add)
{
	struct span *spans = calloc(r->len + 2, sizeof(*spans)), whole = { first, last };
	size_t len = 0, i = 0;

	assert_non_null(spans);
	for (; i < r->len && r->spans[i].last < first; i++)
		spans[len++] = r->spans[i];
	if (add && len && spans[len - 1].last == first - 1)
		whole.first = spans[--len].first;
	if (!add && i < r->len && r->spans[i].first < first)
		spans[len++] = (struct span){ r->spans[i].first, first - 1 };
	for (; i < r->len && r->spans[i].first <= last; i++) {
		if (add && r->spans[i].first < whole.first)
			whole.first = r->spans[i].first;
		if (add && r->spans[i].last > whole.last)
			whole.last = r->spans[i].last;
		if (!add && r->spans[i].last > last)
			spans[len++] = (struct span){ last + 1, r->spans[i].last };
	}
	if (add && i < r->len && whole.last != r->max && r->spans[i].first == whole.last + 1)
		whole.last = r->spans[i++].last;
	if (add)
		spans[len++] = whole;
	for (; i < r->len; i++)
		spans[len++] = r->spans[i];
	free(r->spans);
	r->spans = spans;
	r->len = len;
}

/* How many spans begin at the address or before it. */
static size_t count_up_to(const struct reference *r, number address)
{
	size_t low = 0, high = r->len;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (r->spans[middle].first <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool reference_has(const struct reference *r, number address)
{
	size_t n = count_up_to(r, address);

	return n && r->spans[n - 1].last >= address;
}

struct span reference_around(const struct reference *r, number address)
{
	size_t n = count_up_to(r, address);

	if (n && r->spans[n - 1].last >= address)
		return r->spans[n - 1];
	return (struct span){ n ? r->spans[n - 1].last + 1 : 0,
		              n < r->len ? r->spans[n].first - 1 : r->max };
}
