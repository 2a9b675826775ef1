// SPDX-License-Identifier: GPL-2.0-or-later
/* The lists of acl in the kernel against a plain reference, also while they are edited. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/ip.h>
#include <netinet/ip6.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "objects/acl_lists.h"
#include "objects/stats.h"
#include "tests/packet/acl_asking.h"
#include "tests/packet/frame.h"
#include "tests/packet/twins.h"

static const char *family_name(int family)
{
	return family == AF_INET ? "IPv4" : "IPv6";
}

static number max_of(int family)
{
	return family == AF_INET ? 0xffffffff : ~(number)0;
}

static void fail_answer(int family, const struct question *q, const char *when)
{
	number n = asking_number(family, q);

	fail_msg("%s address %016llx%016llx: list %u says %u, %s", family_name(family),
	         (unsigned long long)(n >> 64), (unsigned long long)n, q->list, q->answer, when);
}

/* Ask about 8,192 addresses; returns how many were in the set. */
static __u64 check_answers(struct asking *a, int family, const struct reference *r, __u32 list,
                           const char *when)
{
	__u64 hits = 0;

	asking_choose(a, family, r, list);
	asking_run(a, family);
	for (int i = 0; i < QUESTIONS; i++) {
		const struct question *q = &a->questions[i];

		if (q->answer != reference_has(r, asking_number(family, q)))
			fail_answer(family, q, when);
		hits += q->answer;
	}
	return hits;
}

static void build_random(const struct asking *a, int family, __u32 list, size_t len,
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

static void edit_random(const struct asking *a, int family, __u32 list, struct reference *r)
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

/* Random lists, each edited a few times, asked after every edit. */
static void check_random_lists(int family, int rounds, int edits)
{
	struct reference r = { .max = max_of(family) };
	__u64 hits = 0, asked = 0;
	struct asking a;

	asking_open(&a);
	for (int round = 0; round < rounds; round++) {
		__u32 list = reference_below(ACL_LISTS);
		size_t len = round % 4 ? reference_below(3000) : reference_below(8);

		build_random(&a, family, list, len, &r);
		for (int edit = 0; edit <= edits; edit++) {
			hits += check_answers(&a, family, &r, list, "after an edit");
			asked += QUESTIONS;
			asking_compare(&a, family, list, &r);
			if (edit < edits)
				edit_random(&a, family, list, &r);
		}
	}
	printf("# %s: %llu verdicts, %llu of them hits\n", family_name(family),
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
	struct reference r = { .max = max_of(family) };
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
			check_answers(&a, family, &r, 3, "alone");
			asking_edit(&a, family, 3, middle, false);
			reference_edit(&r, middle.first, middle.last, false);
			check_answers(&a, family, &r, 3, "with its middle deleted");
			asking_edit(&a, family, 3, middle, true);
			reference_edit(&r, middle.first, middle.last, true);
			check_answers(&a, family, &r, 3, "with its middle added again");
			asking_compare(&a, family, 3, &r);
			asking_edit(&a, family, 3, span, false);
			reference_edit(&r, span.first, span.last, false);
			check_answers(&a, family, &r, 3, "deleted");
			asking_edit(&a, family, 3, span, true);
			reference_edit(&r, span.first, span.last, true);
			check_answers(&a, family, &r, 3, "added");
			asking_edit(&a, family, 3, (struct span){ 0, r.max }, true);
			reference_edit(&r, 0, r.max, true);
			asking_edit(&a, family, 3, span, false);
			reference_edit(&r, span.first, span.last, false);
			check_answers(&a, family, &r, 3, "cut out of all addresses");
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

/* So many edits in place that room runs out: a new map takes over, and nothing is forgotten. */
static void check_room(int family)
{
	struct reference r = { .max = max_of(family) };
	__u32 list = 7, first_id = 0, id = 0;
	unsigned int maps = 1;
	struct asking a;
	int sets_fd;

	asking_open(&a);
	sets_fd = family == AF_INET ? a.sets4_fd : a.sets6_fd;
	build_random(&a, family, list, 50, &r);
	assert_int_equal(bpf_map_lookup_elem(sets_fd, &list, &first_id), 0);
	for (int i = 0; maps < 3; i++) {
		assert_true(i < 20000);
		edit_random(&a, family, list, &r);
		assert_int_equal(bpf_map_lookup_elem(sets_fd, &list, &id), 0);
		if (id == first_id)
			continue;
		first_id = id;
		maps++;
		check_answers(&a, family, &r, list, "in a new map");
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

/* Look-ups in a thread of their own, while the lists are edited. */
#define EDITS 1000
/* The others ask for a list that is none, so that a run is short and few edits fall into it. */
#define RACE_QUESTIONS 512

struct race {
	struct asking a;
	int family;
	/* What is right after each edit. */
	__u8 truth[EDITS + 1][RACE_QUESTIONS];
	int begun, done; /* edits */
	__u64 verdicts, sure;
	char wrong[200];
};

static void judge(struct race *race, int from, int to)
{
	for (int i = 0; i < RACE_QUESTIONS; i++) {
		const struct question *q = &race->a.questions[i];
		bool seen[2] = {};

		for (int v = from; v <= to; v++)
			seen[race->truth[v][i]] = true;
		race->verdicts++;
		race->sure += !(seen[0] && seen[1]);
		if (!seen[q->answer] && !*race->wrong)
			snprintf(race->wrong, sizeof(race->wrong),
			         "address %016llx%016llx: %u between edits %d and %d",
			         (unsigned long long)q->high, (unsigned long long)q->low, q->answer,
			         from, to);
	}
}

static void *look_up(void *arg)
{
	struct race *race = arg;
	int from = 0, to;

	while (from < EDITS && !*race->wrong) {
		from = __atomic_load_n(&race->done, __ATOMIC_SEQ_CST);
		asking_run(&race->a, race->family);
		to = __atomic_load_n(&race->begun, __ATOMIC_SEQ_CST);
		judge(race, from, to);
	}
	return NULL;
}

/* Edits that change how addresses are written more than which they are. */
static struct span choose_edit(int family, const struct reference *r, int n, bool *add)
{
	static struct span last;
	static bool last_add;

	/* Every other edit undoes the one before. */
	*add = n % 2 ? !last_add : reference_below(2);
	if (n % 2 == 0) {
		last = asking_span(family);
		last_add = *add;
		if (r->len && reference_below(2))
			last = r->spans[reference_below(r->len)];
	}
	return last;
}

static void check_race(int family)
{
	struct race *race = calloc(1, sizeof(*race));
	struct reference r = { .max = max_of(family) }, now;
	struct span edits[EDITS];
	bool adds[EDITS];
	pthread_t thread;

	assert_non_null(race);
	race->family = family;
	asking_open(&race->a);
	build_random(&race->a, family, 5, 400, &r);
	asking_choose(&race->a, family, &r, 5);
	for (int i = RACE_QUESTIONS; i < QUESTIONS; i++)
		race->a.questions[i].list = ACL_LISTS;
	reference_copy(&now, &r);
	for (int v = 0; v <= EDITS; v++) {
		for (int i = 0; i < RACE_QUESTIONS; i++) {
			number n = asking_number(family, &race->a.questions[i]);

			race->truth[v][i] = reference_has(&now, n);
		}
		if (v == EDITS)
			break;
		edits[v] = choose_edit(family, &now, v, &adds[v]);
		reference_edit(&now, edits[v].first, edits[v].last, adds[v]);
	}
	assert_int_equal(pthread_create(&thread, NULL, look_up, race), 0);
	for (int v = 0; v < EDITS; v++) {
		__atomic_store_n(&race->begun, v + 1, __ATOMIC_SEQ_CST);
		asking_edit(&race->a, family, 5, edits[v], adds[v]);
		__atomic_store_n(&race->done, v + 1, __ATOMIC_SEQ_CST);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	if (*race->wrong)
		fail_msg("%s %s", family_name(family), race->wrong);
	asking_compare(&race->a, family, 5, &now);
	printf("# %s: %llu verdicts during %d edits, %llu of them on what the edits left alone\n",
	       family_name(family), (unsigned long long)race->verdicts, EDITS,
	       (unsigned long long)race->sure);
	reference_free(&r);
	reference_free(&now);
	asking_close(&race->a);
	free(race);
}

static void test_an_edit_while_packets_come_is_seen_whole(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		check_race(AF_INET);
		check_race(AF_INET6);
	}
}

/* Editors that are killed anywhere: each address is as before the edit or as after it. */
#define KILLS 20

static void kill_editor(const struct asking *a, int family, const struct span *spans, size_t len,
                        bool add, useconds_t delay)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child)
		_exit(asking_edit_all(a, family, 9, spans, len, add) != 0);
	usleep(delay);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
}

static void check_kills(int family)
{
	struct reference before = { .max = max_of(family) }, after;
	struct span spans[2000];
	size_t len = sizeof(spans) / sizeof(*spans);
	__u64 old = 0, new = 0;
	struct asking a;

	asking_open(&a);
	build_random(&a, family, 9, 1000, &before);
	for (int n = 0; n < KILLS; n++) {
		bool add = n % 2;

		reference_copy(&after, &before);
		for (size_t i = 0; i < len; i++) {
			spans[i] = asking_span(family);
			/* What takes all away would leave little to look at. */
			spans[i].last = spans[i].first + (spans[i].last - spans[i].first) % 5000;
			reference_edit(&after, spans[i].first, spans[i].last, add);
		}
		kill_editor(&a, family, spans, len, add, 500 + reference_below(12000));
		asking_choose(&a, family, &after, 9);
		asking_run(&a, family);
		for (int i = 0; i < QUESTIONS; i++) {
			const struct question *q = &a.questions[i];
			bool was = reference_has(&before, asking_number(family, q));
			bool is = reference_has(&after, asking_number(family, q));

			if (q->answer != was && q->answer != is)
				fail_answer(family, q, "after a kill, as neither before nor after");
			old += was != is && q->answer == was;
			new += was != is && q->answer == is;
		}
		/* The next editor has nothing to mend. */
		assert_int_equal(asking_edit_all(&a, family, 9, spans, len, add), 0);
		check_answers(&a, family, &after, 9, "after an edit was repeated");
		asking_compare(&a, family, 9, &after);
		reference_free(&before);
		before = after;
	}
	printf("# %s: %d kills; of what was edited %llu as before, %llu as after\n",
	       family_name(family), KILLS, (unsigned long long)old, (unsigned long long)new);
	reference_free(&before);
	asking_close(&a);
}

static void test_a_killed_edit_leaves_each_address_as_before_or_after(void **state)
{
	(void)state;
	check_kills(AF_INET);
	check_kills(AF_INET6);
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

static void check_order(int family)
{
	struct reference refs[ACL_LISTS] = {};
	struct acl_list lists[ACL_LISTS];
	__u64 hits[ACL_LISTS] = {}, verdicts[3] = {};
	struct asking a;
	struct frame f;

	asking_open(&a);
	for (__u32 n = 0; n < ACL_LISTS; n++) {
		refs[n].max = max_of(family);
		choose_list(&a, n, &lists[n]);
		/* Some lists have nothing, not even an empty set. */
		if (reference_below(5))
			build_random(&a, family, n, 1 + reference_below(4), &refs[n]);
	}
	for (int i = 0; i < 4000; i++) {
		const struct reference *some = &refs[reference_below(ACL_LISTS)];
		number source = asking_address(family, some) & max_of(family);
		number destination = asking_address(family, some) & max_of(family);
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
	assert_true(verdicts[ACL_NONE] && verdicts[ACL_ALLOW] && verdicts[ACL_DENY]);
	asking_close(&a);
}

static void test_the_first_list_that_has_an_address_decides(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		check_order(AF_INET);
		check_order(AF_INET6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4_lists_say_what_the_reference_says),
		cmocka_unit_test(test_ipv6_lists_say_what_the_reference_says),
		cmocka_unit_test(test_ipv4_prefixes_at_the_seams),
		cmocka_unit_test(test_ipv6_prefixes_at_the_seams),
		cmocka_unit_test(test_a_set_without_room_moves_to_a_new_map),
		cmocka_unit_test(test_the_first_list_that_has_an_address_decides),
		cmocka_unit_test(test_a_killed_edit_leaves_each_address_as_before_or_after),
		cmocka_unit_test(test_an_edit_while_packets_come_is_seen_whole),
	};

	reference_choose_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
