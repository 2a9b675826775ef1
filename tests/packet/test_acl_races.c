// SPDX-License-Identifier: GPL-2.0-or-later
/* The lists of acl while others edit them: look-ups meanwhile, and editors that are killed. */
#include <bpf/bpf.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/packet/acl_asking.h"

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
	struct reference r = { .max = asking_max(family) }, now;
	struct span edits[EDITS];
	bool adds[EDITS];
	pthread_t thread;

	assert_non_null(race);
	race->family = family;
	asking_open(&race->a);
	asking_build_random(&race->a, family, 5, 400, &r);
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
		fail_msg("%s %s", asking_family(family), race->wrong);
	asking_compare(&race->a, family, 5, &now);
	printf("# %s: %llu verdicts during %d edits, %llu of them on what the edits left alone\n",
	       asking_family(family), (unsigned long long)race->verdicts, EDITS,
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

/*
 * All look-ups are for one address, which is in the set all the time, while each edit changes how
 * the set says so: by a shorter prefix, by another place of its group, by another map.
 */
#define HAMMER_ROUNDS 150

static const number address4 = 0x0a000001;
static const number address6 = (number)0x20010db800000000 << 64 | 1;

struct hammer {
	struct asking a;
	int family;
	bool stop;
	__u64 verdicts, wrong;
};

static void *hammer(void *arg)
{
	struct hammer *h = arg;

	while (!__atomic_load_n(&h->stop, __ATOMIC_SEQ_CST)) {
		asking_run(&h->a, h->family);
		for (int i = 0; i < QUESTIONS; i++, h->verdicts++)
			h->wrong += h->a.questions[i].answer != 1;
	}
	return NULL;
}

static struct span block6(number address, int bits)
{
	number size = ((number)1 << bits) - 1;

	return (struct span){ address & ~size, address | size };
}

static void change_group(const struct asking *a)
{
	struct span address = { address4, address4 };

	asking_build(a, AF_INET, 0, &address, 1);
	/* Each /24 that the group gets moves it. */
	for (int block = 1; block < 32; block++) {
		number other = (address4 + 4) | block << 8;

		asking_edit(a, AF_INET, 0, (struct span){ other, other }, true);
	}
	/* From ranges to a bitmap, to all of the group, and to blocks again. */
	for (int i = 3; i < 20; i += 2)
		asking_edit(a, AF_INET, 0, (struct span){ address4 + i, address4 + i }, true);
	asking_edit(a, AF_INET, 0, (struct span){ 0x0a000000, 0x0a001fff }, true);
	asking_edit(a, AF_INET, 0, (struct span){ 0x0a000100, 0x0a000108 }, false);
}

/* Prefixes of 60 lengths in the same /64, but not in the same /65: a look-up takes long. */
static size_t make_longer(struct span *spans)
{
	for (int bits = 0; bits < 60; bits++)
		spans[bits] =
			block6((address6 ^ (number)1 << 63) + ((number)1 << (bits + 1)), bits);
	return 60;
}

static void change_length(const struct asking *a)
{
	struct span spans[61];
	size_t len = make_longer(spans);

	/* When the end of a look-up comes to it, the /66 has given way to the /65. */
	spans[len++] = block6(address6, 62);
	asking_build(a, AF_INET6, 0, spans, len);
	asking_edit(a, AF_INET6, 0, block6(address6, 63), true);
}

static void change_lengths(const struct asking *a)
{
	struct span address = { address6, address6 };

	asking_build(a, AF_INET6, 0, &address, 1);
	for (int bits = 1; bits < 90; bits += 4)
		asking_edit(a, AF_INET6, 0, block6(address6, bits), true);
}

/* Two sets that say the same in different maps: list 1 and 2. */
static void change_map(const struct asking *a)
{
	struct span spans[61];
	__u32 list, id;
	int fd;

	for (list = 1; list <= 2; list++) {
		if (bpf_map_lookup_elem(a->sets6_fd, &list, &id)) {
			size_t len = make_longer(spans);

			spans[len++] = block6(address6, 62);
			asking_build(a, AF_INET6, list, spans, len);
			assert_int_equal(bpf_map_lookup_elem(a->sets6_fd, &list, &id), 0);
		}
		fd = bpf_map_get_fd_by_id(id);
		assert_true(fd >= 0);
		assert_int_equal(bpf_map_update_elem(a->sets6_fd, &(__u32){ 0 }, &fd, BPF_ANY), 0);
		close(fd);
	}
}

static void check_hammer(int family, void (*change)(const struct asking *a), const char *what)
{
	struct hammer h = { .family = family };
	number address = family == AF_INET ? address4 : address6;
	pthread_t thread;

	asking_open(&h.a);
	for (int i = 0; i < QUESTIONS; i++)
		h.a.questions[i] = (struct question){ .high = address >> 64, .low = address };
	change(&h.a);
	assert_int_equal(pthread_create(&thread, NULL, hammer, &h), 0);
	for (int i = 0; i < HAMMER_ROUNDS; i++)
		change(&h.a);
	__atomic_store_n(&h.stop, true, __ATOMIC_SEQ_CST);
	assert_int_equal(pthread_join(thread, NULL), 0);
	printf("# %s: %llu verdicts on one address, %llu wrong\n", what,
	       (unsigned long long)h.verdicts, (unsigned long long)h.wrong);
	assert_int_equal(h.wrong, 0);
	asking_close(&h.a);
}

static void test_an_address_is_not_missed_while_its_group_is_written_anew(void **state)
{
	(void)state;
	check_hammer(AF_INET, change_group, "groups");
}

static void test_an_address_is_not_missed_while_a_shorter_prefix_takes_over(void **state)
{
	(void)state;
	check_hammer(AF_INET6, change_length, "one length");
	check_hammer(AF_INET6, change_lengths, "lengths");
}

static void test_an_address_is_not_missed_while_another_map_takes_over(void **state)
{
	(void)state;
	check_hammer(AF_INET6, change_map, "maps");
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
	struct reference before = { .max = asking_max(family) }, after;
	struct span spans[2000];
	size_t len = sizeof(spans) / sizeof(*spans);
	__u64 old = 0, new = 0;
	struct asking a;

	asking_open(&a);
	asking_build_random(&a, family, 9, 1000, &before);
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
				asking_fail(family, q, "after a kill, as neither before nor after");
			old += was != is && q->answer == was;
			new += was != is && q->answer == is;
		}
		/* The next editor has nothing to mend. */
		assert_int_equal(asking_edit_all(&a, family, 9, spans, len, add), 0);
		asking_check(&a, family, &after, 9, "after an edit was repeated");
		asking_compare(&a, family, 9, &after);
		reference_free(&before);
		before = after;
	}
	printf("# %s: %d kills; of what was edited %llu as before, %llu as after\n",
	       asking_family(family), KILLS, (unsigned long long)old, (unsigned long long)new);
	reference_free(&before);
	asking_close(&a);
}

static void test_a_killed_edit_leaves_each_address_as_before_or_after(void **state)
{
	(void)state;
	check_kills(AF_INET);
	check_kills(AF_INET6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_edit_while_packets_come_is_seen_whole),
		cmocka_unit_test(test_an_address_is_not_missed_while_its_group_is_written_anew),
		cmocka_unit_test(test_an_address_is_not_missed_while_a_shorter_prefix_takes_over),
		cmocka_unit_test(test_an_address_is_not_missed_while_another_map_takes_over),
		cmocka_unit_test(test_a_killed_edit_leaves_each_address_as_before_or_after),
	};

	reference_choose_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
