// SPDX-License-Identifier: GPL-2.0-or-later
/* acl_speed - compare the lists of acl with the kernel's tables: look-ups, memory, edits */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include "bpffs/log.h"
#include "objects/acl_lists.h"
#include "scripts/acl_set6.h"
#include "tests/bpf/acl_speed.h"

#define ROUNDS 7

static struct bpf_object *obj;
static struct speed_key *keys;
static __u64 seed = 1;

static __u64 random64(void)
{
	__u64 x = seed += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int map_fd(const char *name)
{
	return bpf_object__find_map_fd_by_name(obj, name);
}

/* ns of thread CPU time for each key, the best of some rounds; *hits of a million. */
static double run(const char *program, __u32 *hits)
{
	char packet[64] = {};
	int fd = bpf_program__fd(bpf_object__find_program_by_name(obj, program));
	double best = 1e9, begin, ns;

	*hits = 0;
	for (int i = 0; i < ROUNDS; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet,
		            .data_size_in = sizeof(packet), .repeat = SPEED_KEYS);

		begin = now(CLOCK_THREAD_CPUTIME_ID);
		if (bpf_prog_test_run_opts(fd, &opts))
			exit(failed(-errno, "cannot run %s", program) ? EXIT_KERNEL : 0);
		ns = (now(CLOCK_THREAD_CPUTIME_ID) - begin) * 1e6 / SPEED_KEYS;
		if (ns < best)
			best = ns;
		*hits = opts.retval;
	}
	return best;
}

static double empty;

static double measure(const char *program, const char *what, double against)
{
	__u32 last;
	double ns = run(program, &last) - empty;

	printf("  %-16s %-6s %8.1f ns", program, what, ns);
	if (against > 0)
		printf("  %5.1f times faster", against / ns);
	printf("  (last answer %u)\n", last);
	return ns;
}

/* 60 of 100 single addresses, 25 /24s, 15 of any length from /16 to /31; all over the space. */
static void make4(struct range4 *list, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		__u32 address, draw = random64() % 100, length = 32;

		do
			address = random64();
		while (address >> 24 == 0 || address >> 24 >= 224);
		if (draw >= 85)
			length = 16 + random64() % 16;
		else if (draw >= 60)
			length = 24;
		list[i].first = address & ~0U << (32 - length);
		list[i].last = list[i].first | (length == 32 ? 0 : ~0U >> length);
	}
}

static double free_memory(void)
{
	char line[128];
	double kb = 0;
	FILE *f = fopen("/proc/meminfo", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemFree: %lf", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb / 1024;
}

static void fill4(const struct range4 *list, size_t len)
{
	double begin = now(CLOCK_MONOTONIC), before = free_memory();

	for (size_t i = 0; i < len; i++) {
		struct speed_prefix4 p = { range4_prefix(&list[i]), htonl(list[i].first) };
		__u32 one = 1;

		bpf_map_update_elem(map_fd("lpm4"), &p, &one, BPF_ANY);
	}
	printf("  trie of %zu prefixes: %.0f ms, %.1f MiB\n", len, now(CLOCK_MONOTONIC) - begin,
	       before - free_memory());
	for (size_t i = 0; i < len; i++) {
		__u64 one[256] = { 1 };
		__u32 address = random64();

		if (bpf_map_update_elem(map_fd("hash4"), &address, one, BPF_ANY) ||
		    bpf_map_update_elem(map_fd("percpu4"), &address, one, BPF_ANY))
			exit(failed(-errno, "cannot fill the hash") ? EXIT_KERNEL : 0);
	}
}

static void build4(const struct range4 *list, size_t len, struct set4 *set)
{
	struct ranges4 ranges = {};
	double begin = now(CLOCK_MONOTONIC);

	for (size_t i = 0; i < len; i++)
		ranges4_add(&ranges, list[i].first, list[i].last);
	if (set4_build(set, NULL, &ranges, SET_ADD) || set4_publish(set, map_fd(ACL_SETS4), 0))
		exit(EXIT_KERNEL);
	printf("  set of the same: %.0f ms, %.1f MiB, %zu ranges\n", now(CLOCK_MONOTONIC) - begin,
	       set->rows.len * 64 / 1048576.0, ranges.len);
	ranges4_free(&ranges);
}

static void edit4(const struct range4 *list)
{
	double begin, ms, worst = 0, sum = 0;
	int edits = 2000;

	for (int i = 0; i < edits; i++) {
		struct ranges4 one = {};

		ranges4_add(&one, random64(), 0);
		one.list[0].last = one.list[0].first;
		if (i % 4 == 0)
			one.list[0] = list[random64() % 1000];
		begin = now(CLOCK_THREAD_CPUTIME_ID);
		set4_edit(map_fd(ACL_SETS4), 0, &one, i % 2 ? SET_ADD : SET_DEL, NULL);
		ms = now(CLOCK_THREAD_CPUTIME_ID) - begin;
		sum += ms;
		if (ms > worst)
			worst = ms;
		ranges4_free(&one);
	}
	printf("  edits of IPv4: %.3f ms each, the longest %.2f ms\n", sum / edits, worst);
}

static void speed4(void)
{
	size_t len = 1000000;
	struct range4 *list = calloc(len, sizeof(*list));
	double lpm, hash, percpu;
	struct set4 set;

	if (!list)
		exit(EXIT_KERNEL);
	make4(list, len);
	printf("IPv4\n");
	fill4(list, len);
	build4(list, len, &set);
	for (int hit = 0; hit < 2; hit++) {
		for (int i = 0; i < SPEED_KEYS; i++) {
			const struct range4 *r = &list[random64() % len];

			do
				keys[i].low = (__u32)random64();
			while (set4_contains(&set, keys[i].low, NULL));
			if (hit)
				keys[i].low = r->first + random64() % (r->last - r->first + 1ULL);
		}
		lpm = measure("speed_lpm4", hit ? "hit" : "miss", 0);
		/* The hash has other addresses: its hits are measured by themselves. */
		hash = hit ? 0 : measure("speed_hash4", "miss", 0);
		percpu = hit ? 0 : measure("speed_percpu4", "miss", 0);
		measure("speed_set4", hit ? "hit" : "miss", lpm);
		if (!hit) {
			measure("speed_set4", "hash", hash);
			measure("speed_set4", "percpu", percpu);
		}
	}
	edit4(list);
	set4_close(&set);
	free(list);
}

static struct addr6 random6(void)
{
	/* What is given out of 2000::/3. */
	return (struct addr6){ 0x2000000000000000ULL | random64() >> 3, random64() };
}

/* Of 100: 30 addresses, 25 /64, 20 /48, 10 /32, 5 /56, and 10 of any length from /29 to /64. */
static unsigned int length6(void)
{
	unsigned int draw = random64() % 100;

	if (draw < 30)
		return 128;
	if (draw < 55)
		return 64;
	if (draw < 75)
		return 48;
	if (draw < 85)
		return 32;
	return draw < 90 ? 56 : 29 + random64() % 36;
}

static void edit6(const struct range6 *list)
{
	double begin, ms, worst = 0, sum = 0;
	int edits = 400;

	for (int i = 0; i < edits; i++) {
		struct ranges6 one = {};

		ranges6_add_prefix(&one, random6(), length6());
		if (i % 4 == 0)
			one.list[0] = list[random64() % 1000];
		begin = now(CLOCK_THREAD_CPUTIME_ID);
		set6_edit(map_fd(ACL_SETS6), 0, &one, i % 2 ? SET_ADD : SET_DEL, NULL);
		ms = now(CLOCK_THREAD_CPUTIME_ID) - begin;
		sum += ms;
		if (ms > worst)
			worst = ms;
		ranges6_free(&one);
	}
	printf("  edits of IPv6: %.3f ms each, the longest %.2f ms\n", sum / edits, worst);
}

static void fill6(const struct range6 *list, size_t len, struct set6 *set)
{
	struct ranges6 ranges = {};
	double begin = now(CLOCK_MONOTONIC), before = free_memory();

	for (size_t i = 0; i < len; i++) {
		struct addr6 a = list[i].first;
		struct speed_prefix6 p = { range6_prefix(&list[i]),
			                   { htonl(a.high >> 32), htonl(a.high), htonl(a.low >> 32),
			                     htonl(a.low) } };
		__u32 one = 1;

		bpf_map_update_elem(map_fd("lpm6"), &p, &one, BPF_ANY);
	}
	printf("  trie of %zu prefixes: %.0f ms, %.1f MiB\n", len, now(CLOCK_MONOTONIC) - begin,
	       before - free_memory());
	begin = now(CLOCK_MONOTONIC);
	for (size_t i = 0; i < len; i++)
		ranges6_add(&ranges, list[i].first, list[i].last);
	if (set6_build(set, &ranges) || set6_publish(set, map_fd(ACL_SETS6), 0))
		exit(EXIT_KERNEL);
	printf("  set of the same: %.0f ms, %.1f MiB, %llu prefixes, lengths %016llx %016llx\n",
	       now(CLOCK_MONOTONIC) - begin, set->rows.len * 64 / 1048576.0,
	       (unsigned long long)set6_count(set),
	       (unsigned long long)set->rows.words[ACL_SET6_LONG],
	       (unsigned long long)set->rows.words[ACL_SET6_SHORT]);
	ranges6_free(&ranges);
}

static void speed6(void)
{
	size_t len = 1000000;
	struct ranges6 list = {};
	struct set6 set;
	double lpm;

	for (size_t i = 0; i < len; i++)
		ranges6_add_prefix(&list, random6(), length6());
	printf("IPv6\n");
	fill6(list.list, len, &set);
	for (int hit = 0; hit < 2; hit++) {
		for (int i = 0; i < SPEED_KEYS; i++) {
			const struct range6 *r = &list.list[random64() % len];
			struct addr6 a;

			do
				a = random6();
			while (set6_contains(&set, a));
			if (hit) {
				a.high = r->first.high | (a.high & (r->last.high - r->first.high));
				a.low = r->first.low | (a.low & (r->last.low - r->first.low));
			}
			keys[i] = (struct speed_key){ a.high, a.low };
		}
		lpm = measure("speed_lpm6", hit ? "hit" : "miss", 0);
		measure("speed_set6", hit ? "hit" : "miss", lpm);
	}
	edit6(list.list);
	set6_close(&set);
	ranges6_free(&list);
}

int main(int argc, char **argv)
{
	__u32 last;

	log_init("acl_speed", false);
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	obj = bpf_object__open_file("build/tests/bpf/acl_speed.o", NULL);
	if (!obj || bpf_object__load(obj))
		return failed(-errno, "cannot load") ? EXIT_KERNEL : 0;
	keys = mmap(NULL, sizeof(*keys) * SPEED_KEYS, PROT_READ | PROT_WRITE, MAP_SHARED,
	            map_fd("keys"), 0);
	if (keys == MAP_FAILED)
		return failed(-errno, "cannot map the keys") ? EXIT_KERNEL : 0;
	empty = run("speed_none", &last);
	printf("seed %llu; nothing: %.1f ns\n", (unsigned long long)seed, empty);
	speed4();
	speed6();
	return EXIT_SUCCESS;
}
