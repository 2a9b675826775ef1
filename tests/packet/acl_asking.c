// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <cmocka.h>
#include "scripts/acl_front4.h"
#include "scripts/acl_set6.h"
#include "tests/packet/acl_asking.h"

#define OBJECT_FILE "build/tests/bpf/acl_lists.o"

static int prog_fd(const struct asking *a, const char *name)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(a->obj, name);

	assert_non_null(prog);
	return bpf_program__fd(prog);
}

void asking_open(struct asking *a)
{
	int fd, err;

	a->obj = bpf_object__open_file(OBJECT_FILE, NULL);
	if (!a->obj)
		fail_msg("cannot open %s: %s", OBJECT_FILE, strerror(errno));
	err = bpf_object__load(a->obj);
	if (err)
		fail_msg("cannot load %s: %s", OBJECT_FILE, strerror(-err));
	a->prog4_fd = prog_fd(a, "ask_all4");
	a->prog6_fd = prog_fd(a, "ask_all6");
	a->match_fd = prog_fd(a, "match_lists");
	a->maps4.tops_fd = bpf_object__find_map_fd_by_name(a->obj, ACL_TOPS4);
	a->maps4.sets_fd = bpf_object__find_map_fd_by_name(a->obj, ACL_SETS4);
	a->maps4.fronts_fd = bpf_object__find_map_fd_by_name(a->obj, ACL_FRONTS4);
	a->sets6_fd = bpf_object__find_map_fd_by_name(a->obj, ACL_SETS6);
	assert_true(a->maps4.fronts_fd >= 0);
	a->lists_fd = bpf_object__find_map_fd_by_name(a->obj, ACL_LISTS_MAP);
	a->hits_fd = bpf_object__find_map_fd_by_name(a->obj, ACL_LIST_HITS);
	fd = bpf_object__find_map_fd_by_name(a->obj, "questions");
	a->questions = mmap(NULL, QUESTIONS * sizeof(struct question), PROT_READ | PROT_WRITE,
	                    MAP_SHARED, fd, 0);
	assert_ptr_not_equal(a->questions, MAP_FAILED);
}

void asking_close(struct asking *a)
{
	munmap(a->questions, QUESTIONS * sizeof(struct question));
	bpf_object__close(a->obj);
}

void asking_run(const struct asking *a, int family)
{
	char packet[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
	            .repeat = 1);
	int err = bpf_prog_test_run_opts(family == AF_INET ? a->prog4_fd : a->prog6_fd, &opts);

	if (err)
		fail_msg("cannot run the look-ups: %s", strerror(-err));
}

static number random_number(void)
{
	return (number)reference_random() << 64 | reference_random();
}

/* Few places, so that spans meet; the ends of all addresses are among them. */
static number random_place(int family)
{
	unsigned int bits = family == AF_INET ? 32 : 128;
	static const __u8 first[] = { 0x00, 0x0a, 0x20, 0x20, 0xc0, 0xff };
	number place = first[reference_below(sizeof(first))];

	place = place << 8 | (reference_below(4) ? 0x80 : reference_random() & 0xff);
	if (place >> 8 == 0xff && reference_below(2))
		place |= 0xff;
	return place << (bits - 16);
}

static number random_below_place(int family)
{
	/* Only some bits differ, at any depth. */
	unsigned int bits = family == AF_INET ? 16 : 112, depth = reference_below(bits + 1);
	number r = random_number() & (((number)1 << bits) - 1), tail = 0;

	if (reference_below(3))
		r &= (number)0x1f << depth;
	if (!reference_below(4))
		tail = reference_random() & 0x3ff;
	if (!reference_below(8))
		tail = ((number)1 << depth) - 1;
	return (r | tail) & (((number)1 << bits) - 1);
}

static struct span prefix_of(int family, number address, unsigned int length)
{
	unsigned int bits = family == AF_INET ? 32 : 128;
	number size = length ? ((number)1 << (bits - length)) - 1 : 0;

	if (!length)
		size = family == AF_INET ? 0xffffffff : ~(number)0;
	return (struct span){ address & ~size, address | size };
}

struct span asking_span(int family)
{
	static const __u8 often4[] = { 32, 32, 32, 24, 24, 19, 16, 25, 31, 23, 20, 18 };
	static const __u8 often6[] = { 128, 128, 64, 64, 48, 48, 32, 56, 127, 65, 63, 44 };
	unsigned int bits = family == AF_INET ? 32 : 128, n = reference_below(12);
	number address = random_place(family) | random_below_place(family), size;
	struct span span = { address, address };

	switch (reference_below(8)) {
	case 0: return prefix_of(family, address, 8 + reference_below(bits - 7));
	case 1:
	case 2:
		/* A range of any size, which often crosses what prefixes end at. */
		size = random_number() >> (128 - 1 - reference_below(bits - 10));
		if (size > (family == AF_INET ? 0xffffffff : ~(number)0) - address)
			size = 0;
		span.last = address + size;
		return span;
	case 3:
		if (!reference_below(20))
			return prefix_of(family, address, reference_below(8));
		return span;
	default: return prefix_of(family, address, family == AF_INET ? often4[n] : often6[n]);
	}
}

number asking_address(int family, const struct reference *r)
{
	const struct span *span = r->len ? &r->spans[reference_below(r->len)] : NULL;
	number n;

	switch (span ? reference_below(8) : 6 + reference_below(2)) {
	case 0: n = span->first; break;
	case 1: n = span->first - 1; break;
	case 2: n = span->last; break;
	case 3: n = span->last + 1; break;
	case 4: n = span->first + random_number() % (span->last - span->first + 1 ?: 1); break;
	case 5: n = span->first ^ (number)1 << reference_below(128); break;
	case 6: n = random_place(family) | random_below_place(family); break;
	default: n = random_number(); break;
	}
	return n & r->max;
}

void asking_choose(struct asking *a, int family, const struct reference *r, __u32 list)
{
	for (int i = 0; i < QUESTIONS; i++) {
		number n = asking_address(family, r);

		a->questions[i] = (struct question){ .high = n >> 64, .low = n, .list = list };
	}
}

number asking_number(int family, const struct question *q)
{
	return family == AF_INET ? q->low : (number)q->high << 64 | q->low;
}

struct addr6 asking_addr6(number n)
{
	return (struct addr6){ n >> 64, n };
}

static void add_span(int family, struct ranges4 *ranges4, struct ranges6 *ranges6,
                     const struct span *span)
{
	if (family == AF_INET)
		assert_int_equal(ranges4_add(ranges4, span->first, span->last), 0);
	else
		assert_int_equal(
			ranges6_add(ranges6, asking_addr6(span->first), asking_addr6(span->last)),
			0);
}

int asking_edit_all(const struct asking *a, int family, __u32 list, const struct span *spans,
                    size_t len, bool add)
{
	enum set_edit edit = add ? SET_ADD : SET_DEL;
	struct ranges4 ranges4 = {};
	struct ranges6 ranges6 = {};
	int err;

	for (size_t i = 0; i < len; i++)
		add_span(family, &ranges4, &ranges6, &spans[i]);
	if (family == AF_INET)
		err = front4_edit_set(&a->maps4, list, &ranges4, edit, NULL);
	else
		err = set6_edit(a->sets6_fd, list, &ranges6, edit, NULL);
	ranges4_free(&ranges4);
	ranges6_free(&ranges6);
	return err;
}

void asking_edit(const struct asking *a, int family, __u32 list, struct span span, bool add)
{
	assert_int_equal(asking_edit_all(a, family, list, &span, 1, add), 0);
}

void asking_build(const struct asking *a, int family, __u32 list, const struct span *spans,
                  size_t len)
{
	struct ranges4 ranges4 = {};
	struct ranges6 ranges6 = {};
	struct set4 set4;
	struct set6 set6;

	for (size_t i = 0; i < len; i++)
		add_span(family, &ranges4, &ranges6, &spans[i]);
	if (family == AF_INET) {
		assert_int_equal(set4_build(&set4, NULL, &ranges4, SET_ADD), 0);
		assert_int_equal(front4_publish_set(&a->maps4, list, &set4), 0);
		set4_close(&set4);
	} else {
		assert_int_equal(set6_build(&set6, &ranges6), 0);
		assert_int_equal(set6_publish(&set6, a->sets6_fd, list), 0);
		set6_close(&set6);
	}
	ranges4_free(&ranges4);
	ranges6_free(&ranges6);
}

struct comparison {
	const struct reference *r;
	size_t i;
	number count;
};

static int compare_span(struct comparison *c, number first, number last)
{
	assert_true(c->i < c->r->len);
	assert_true(c->r->spans[c->i].first == first);
	assert_true(c->r->spans[c->i].last == last);
	c->i++;
	c->count += last - first + 1;
	return 0;
}

static int compare4(void *context, const struct range4 *range)
{
	return compare_span(context, range->first, range->last);
}

static number number_of(struct addr6 a)
{
	return (number)a.high << 64 | a.low;
}

static int compare6(void *context, const struct range6 *range)
{
	return compare_span(context, number_of(range->first), number_of(range->last));
}

static void compare_set4(const struct set4 *set, struct comparison *c)
{
	assert_int_equal(set4_for_each(set, compare4, c), 0);
	assert_int_equal(c->i, c->r->len);
	assert_true(set4_count(set) == c->count);
	for (int i = 0; i < 200; i++) {
		number n = asking_address(AF_INET, c->r);
		struct span wanted = reference_around(c->r, n);
		struct range4 around;

		assert_int_equal(set4_contains(set, n, &around), reference_has(c->r, n));
		assert_int_equal(around.first, wanted.first);
		assert_int_equal(around.last, wanted.last);
	}
}

static void compare_set6(const struct set6 *set, struct comparison *c)
{
	number n = asking_address(AF_INET6, c->r);
	struct span wanted = reference_around(c->r, n);
	struct range6 around;

	assert_int_equal(set6_for_each(set, compare6, c), 0);
	assert_int_equal(c->i, c->r->len);
	assert_int_equal(set6_around(set, asking_addr6(n), &around), 0);
	assert_true(number_of(around.first) == wanted.first);
	assert_true(number_of(around.last) == wanted.last);
	for (int i = 0; i < 200; i++) {
		n = asking_address(AF_INET6, c->r);
		assert_int_equal(set6_contains(set, asking_addr6(n)), reference_has(c->r, n));
	}
}

void asking_compare(const struct asking *a, int family, __u32 list, const struct reference *r)
{
	struct comparison c = { .r = r };
	struct set4 set4;
	struct set6 set6;
	int err;

	if (family == AF_INET) {
		err = set4_open(&set4, &a->maps4, list);
		if (!err)
			compare_set4(&set4, &c);
		set4_close(&set4);
	} else {
		err = set6_open(&set6, a->sets6_fd, list, false);
		if (!err)
			compare_set6(&set6, &c);
		set6_close(&set6);
	}
	if (err == -ENOENT)
		assert_int_equal(r->len, 0);
	else
		assert_int_equal(err, 0);
}

const char *asking_family(int family)
{
	return family == AF_INET ? "IPv4" : "IPv6";
}

number asking_max(int family)
{
	return family == AF_INET ? 0xffffffff : ~(number)0;
}

void asking_fail(int family, const struct question *q, const char *when)
{
	number n = asking_number(family, q);

	fail_msg("%s address %016llx%016llx: list %u says %u, %s", asking_family(family),
	         (unsigned long long)(n >> 64), (unsigned long long)n, q->list, q->answer, when);
}

/* Ask about 8,192 addresses; returns how many were in the set. */
__u64 asking_check(struct asking *a, int family, const struct reference *r, __u32 list,
                   const char *when)
{
	__u64 hits = 0;

	asking_choose(a, family, r, list);
	asking_run(a, family);
	for (int i = 0; i < QUESTIONS; i++) {
		const struct question *q = &a->questions[i];

		if (q->answer != reference_has(r, asking_number(family, q)))
			asking_fail(family, q, when);
		hits += q->answer;
	}
	return hits;
}

void asking_build_random(const struct asking *a, int family, __u32 list, size_t len,
                         struct reference *r)
{
	struct span *spans = calloc(len + 1, sizeof(*spans));

	assert_non_null(spans);
	for (size_t i = 0; i < len; i++)
		spans[i] = asking_span(family);
	asking_build(a, family, list, spans, len);
	reference_build(r, spans, len);
	free(spans);
}

void asking_edit_random(const struct asking *a, int family, __u32 list, struct reference *r)
{
	struct span span = asking_span(family);
	bool add = reference_below(2);

	/* Often what is there is cut, or made longer. */
	if (r->len && reference_below(2)) {
		span = r->spans[reference_below(r->len)];
		if (reference_below(2))
			span.last = span.first;
		else if (reference_below(2))
			span.first = span.last;
		if (add && span.last != r->max)
			span.last++;
	}
	asking_edit(a, family, list, span, add);
	reference_edit(r, span.first, span.last, add);
}
