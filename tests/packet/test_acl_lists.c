// SPDX-License-Identifier: GPL-2.0-or-later
/* The lists of acl in the kernel against a plain reference, also edited in between. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/ip.h>
#include <netinet/ip6.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include "objects/acl_lists.h"
#include "objects/stats.h"
#include "tests/packet/acl_asking.h"
#include "tests/packet/frame.h"
#include "tests/packet/twins.h"

/* Random lists, each edited a few times, asked after every edit. */
static void check_random_lists(int family, int rounds, int edits)
{
	struct reference r = { .max = asking_max(family) };
	__u64 hits = 0, asked = 0;
	struct asking a;

	asking_open(&a);
	for (int round = 0; round < rounds; round++) {
		__u32 list = reference_below(ACL_LISTS);
		size_t len = round % 4 ? reference_below(3000) : reference_below(8);

		asking_build_random(&a, family, list, len, &r);
		for (int edit = 0; edit <= edits; edit++) {
			hits += asking_check(&a, family, &r, list, "after an edit");
			asked += QUESTIONS;
			asking_compare(&a, family, list, &r);
			if (edit < edits)
				asking_edit_random(&a, family, list, &r);
		}
	}
	printf("# %s: %llu verdicts, %llu of them hits\n", asking_family(family),
	       (unsigned long long)asked, (unsigned long long)hits);
	assert_true(hits > asked / 8 && hits < asked / 8 * 7);
	reference_free(&r);
	asking_close(&a);
}

static void test_ipv4_lists_say_what_the_reference_says(void **state)
{
	(void)state;
	check_random_lists(AF_INET, 24, 6);
}

static void test_ipv6_lists_say_what_the_reference_says(void **state)
{
	(void)state;
	check_random_lists(AF_INET6, 24, 6);
}

/* The spans that begin or end where the layout has its seams, added, deleted, and all at once. */
static void check_seams(int family, const unsigned int *lengths, size_t count)
{
	unsigned int bits = family == AF_INET ? 32 : 128;
	struct reference r = { .max = asking_max(family) };
	struct asking a;

	asking_open(&a);
	for (size_t i = 0; i < count; i++) {
		number size = lengths[i] ? ((number)1 << (bits - lengths[i])) - 1 : r.max;
		number places[] = { 0, r.max & ~size, (r.max / 3 * 2) & ~size };

		for (int p = 0; p < 3; p++) {
			struct span span = { places[p], places[p] | size };
			struct span middle = { span.first + size / 3, span.last - size / 3 };

			asking_build(&a, family, 3, &span, 1);
			reference_build(&r, &span, 1);
			asking_check(&a, family, &r, 3, "alone");
			asking_edit(&a, family, 3, middle, false);
			reference_edit(&r, middle.first, middle.last, false);
			asking_check(&a, family, &r, 3, "with its middle deleted");
			asking_edit(&a, family, 3, middle, true);
			reference_edit(&r, middle.first, middle.last, true);
			asking_check(&a, family, &r, 3, "with its middle added again");
			asking_compare(&a, family, 3, &r);
			asking_edit(&a, family, 3, span, false);
			reference_edit(&r, span.first, span.last, false);
			asking_check(&a, family, &r, 3, "deleted");
			asking_edit(&a, family, 3, span, true);
			reference_edit(&r, span.first, span.last, true);
			asking_check(&a, family, &r, 3, "added");
			asking_edit(&a, family, 3, (struct span){ 0, r.max }, true);
			reference_edit(&r, 0, r.max, true);
			asking_edit(&a, family, 3, span, false);
			reference_edit(&r, span.first, span.last, false);
			asking_check(&a, family, &r, 3, "cut out of all addresses");
			asking_compare(&a, family, 3, &r);
		}
	}
	reference_free(&r);
	asking_close(&a);
}

static void test_ipv4_prefixes_at_the_seams(void **state)
{
	static const unsigned int lengths[] = { 0, 1, 8, 16, 18, 19, 20, 23, 24, 25, 26, 31, 32 };

	(void)state;
	check_seams(AF_INET, lengths, sizeof(lengths) / sizeof(*lengths));
}

static void test_ipv6_prefixes_at_the_seams(void **state)
{
	static const unsigned int lengths[] = { 0, 1, 2, 32, 63, 64, 65, 66, 126, 127, 128 };

	(void)state;
	check_seams(AF_INET6, lengths, sizeof(lengths) / sizeof(*lengths));
}

static unsigned int front_bits(const struct asking *a, __u32 list)
{
	struct acl_row row;
	__u32 id, bits = 0;
	int fd;

	assert_int_equal(bpf_map_lookup_elem(a->maps4.fronts_fd, &list, &id), 0);
	fd = bpf_map_get_fd_by_id(id);
	assert_true(fd >= 0);
	for (__u32 i = 0; i < ACL_FRONT4_ROWS; i++) {
		assert_int_equal(bpf_map_lookup_elem(fd, &i, &row), 0);
		for (int w = 0; w < ACL_ROW_WORDS; w++)
			bits += __builtin_popcountll(row.words[w]);
	}
	close(fd);
	return bits;
}

/* A new set has a front of its own, which says no more than it must; edits add to it only. */
static void test_the_front_of_a_set_is_what_packets_are_asked_first(void **state)
{
	struct reference r = { .max = asking_max(AF_INET) }, none = r;
	struct span spans[] = { { 0x0a000000, 0x0a0001ff },   /* a /23 */
		                { 0xc0000207, 0xc0000207 },   /* in the upper half of one */
		                { 0xfffffe01, 0xfffffe01 } }; /* in the lower half of the last */
	struct acl_rows empty;
	__u32 list = 3;
	struct asking a;

	(void)state;
	asking_open(&a);
	asking_build(&a, AF_INET, list, spans, 3);
	reference_build(&r, spans, 3);
	assert_int_equal(front_bits(&a, list), 3);
	asking_check(&a, AF_INET, &r, list, "with its front");
	asking_edit(&a, AF_INET, list, (struct span){ 0x7f000000, 0x7f0003ff }, true);
	assert_int_equal(front_bits(&a, list), 5);
	asking_edit(&a, AF_INET, list, (struct span){ 0x7f000000, 0x7f0003ff }, false);
	assert_int_equal(front_bits(&a, list), 5);
	asking_check(&a, AF_INET, &r, list, "with more in its front");
	assert_int_equal(acl_rows_make_equal(&empty, "empty", ACL_FRONT4_ROWS), 0);
	assert_int_equal(acl_rows_publish(&empty, a.maps4.fronts_fd, list), 0);
	acl_rows_close(&empty);
	asking_check(&a, AF_INET, &none, list, "behind a front that has nothing");
	assert_int_equal(acl_rows_remove(a.maps4.fronts_fd, list), 0);
	asking_check(&a, AF_INET, &r, list, "without a front");
	asking_edit(&a, AF_INET, list, (struct span){ 0x7f000000, 0x7f0003ff }, true);
	reference_edit(&r, 0x7f000000, 0x7f0003ff, true);
	asking_check(&a, AF_INET, &r, list, "edited without a front");
	reference_free(&r);
	asking_close(&a);
}

/* Edit what was not edited yet: three ranges in a /20 are more than fit in its top word. */
static void crowd(const struct asking *a, int family, __u32 list, struct reference *r, int i)
{
	struct span spans[600];

	if (family != AF_INET) {
		asking_edit_random(a, family, list, r);
		return;
	}
	for (int n = 0; n < 600; n++) {
		number address = 0x30000000 + ((i * 200 + n / 3) << ACL_TOP4_SHIFT) + n % 3 * 2;

		spans[n] = (struct span){ address, address };
		reference_edit(r, address, address, true);
	}
	assert_int_equal(asking_edit_all(a, family, list, spans, 600, true), 0);
}

/* So many edits in place that room runs out: a new map takes over, and nothing is forgotten. */
static void check_room(int family)
{
	struct reference r = { .max = asking_max(family) };
	__u32 list = 7, first_id = 0, id = 0;
	unsigned int maps = 1;
	struct asking a;
	int sets_fd;

	asking_open(&a);
	sets_fd = family == AF_INET ? a.maps4.tops_fd : a.sets6_fd;
	asking_build_random(&a, family, list, 50, &r);
	assert_int_equal(bpf_map_lookup_elem(sets_fd, &list, &first_id), 0);
	for (int i = 0; maps < 3; i++) {
		assert_true(i < 20000);
		crowd(&a, family, list, &r, i);
		assert_int_equal(bpf_map_lookup_elem(sets_fd, &list, &id), 0);
		if (id == first_id)
			continue;
		first_id = id;
		maps++;
		asking_check(&a, family, &r, list, "in a new map");
		asking_compare(&a, family, list, &r);
	}
	reference_free(&r);
	asking_close(&a);
}

static void test_a_set_without_room_moves_to_a_new_map(void **state)
{
	(void)state;
	check_room(AF_INET);
	check_room(AF_INET6);
}

/* Frames and lists: the first list in their order that has an address decides, and counts. */
static void choose_list(const struct asking *a, __u32 n, struct acl_list *list)
{
	*list = (struct acl_list){
		.verdict = reference_below(8) ? 1 + reference_below(2) : ACL_NONE,
		.sides = 1 + reference_below(3),
	};
	assert_int_equal(bpf_map_update_elem(a->lists_fd, &n, list, BPF_ANY), 0);
}

static bool list_has(const struct acl_list *list, const struct reference *r, number source,
                     number destination)
{
	return (list->sides & ACL_SIDE_SOURCE && reference_has(r, source)) ||
	       (list->sides & ACL_SIDE_DESTINATION && reference_has(r, destination));
}

static void frame_between(struct frame *f, int family, number source, number destination)
{
	frame_ethernet(f, "02:00:00:00:00:01", "02:00:00:00:00:02");
	if (family == AF_INET) {
		struct iphdr *ip = frame_ip4(f, "192.0.2.1", "192.0.2.2");

		ip->saddr = htonl(source);
		ip->daddr = htonl(destination);
	} else {
		struct ip6_hdr *ip = frame_ip6(f, "2001:db8::1", "2001:db8::2");

		for (int i = 0; i < 16; i++) {
			ip->ip6_src.s6_addr[i] = source >> (120 - 8 * i);
			ip->ip6_dst.s6_addr[i] = destination >> (120 - 8 * i);
		}
	}
	frame_udp(f, 1, 2);
	frame_finish(f);
}

static int match(const struct asking *a, const struct frame *f)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->bytes, .data_size_in = f->len,
	            .repeat = 1);

	assert_int_equal(bpf_prog_test_run_opts(a->match_fd, &opts), 0);
	return (int)opts.retval;
}

static void check_order(int family, __u64 *verdicts)
{
	struct reference refs[ACL_LISTS] = {};
	struct acl_list lists[ACL_LISTS];
	__u64 hits[ACL_LISTS] = {};
	struct asking a;
	struct frame f;

	asking_open(&a);
	for (__u32 n = 0; n < ACL_LISTS; n++) {
		refs[n].max = asking_max(family);
		choose_list(&a, n, &lists[n]);
		/* Some lists have nothing, not even an empty set. */
		if (reference_below(5))
			asking_build_random(&a, family, n, 1 + reference_below(4), &refs[n]);
	}
	for (int i = 0; i < 4000; i++) {
		const struct reference *some = &refs[reference_below(ACL_LISTS)];
		number source = asking_address(family, some) & asking_max(family);
		number destination = asking_address(family, some) & asking_max(family);
		int wanted = ACL_NONE;
		__u32 n;

		for (n = 0; n < ACL_LISTS; n++)
			if (lists[n].verdict && list_has(&lists[n], &refs[n], source, destination))
				break;
		if (n < ACL_LISTS) {
			wanted = lists[n].verdict;
			hits[n]++;
		}
		verdicts[wanted]++;
		frame_between(&f, family, source, destination);
		assert_int_equal(match(&a, &f), wanted);
	}
	for (__u32 n = 0; n < ACL_LISTS; n++) {
		assert_int_equal(map_sum(a.hits_fd, n, offsetof(struct stats_record, rx_packets)),
		                 hits[n]);
		assert_int_equal(map_sum(a.hits_fd, n, offsetof(struct stats_record, rx_bytes)),
		                 hits[n] * f.len);
		reference_free(&refs[n]);
	}
	asking_close(&a);
}

static void test_the_first_list_that_has_an_address_decides(void **state)
{
	__u64 verdicts[3] = {};

	(void)state;
	for (int i = 0; i < 4; i++) {
		check_order(AF_INET, verdicts);
		check_order(AF_INET6, verdicts);
	}
	/* One list may have nearly all addresses, but not each time. */
	assert_true(verdicts[ACL_NONE] && verdicts[ACL_ALLOW] && verdicts[ACL_DENY]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4_lists_say_what_the_reference_says),
		cmocka_unit_test(test_ipv6_lists_say_what_the_reference_says),
		cmocka_unit_test(test_ipv4_prefixes_at_the_seams),
		cmocka_unit_test(test_ipv6_prefixes_at_the_seams),
		cmocka_unit_test(test_the_front_of_a_set_is_what_packets_are_asked_first),
		cmocka_unit_test(test_a_set_without_room_moves_to_a_new_map),
		cmocka_unit_test(test_the_first_list_that_has_an_address_decides),
	};

	reference_choose_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
