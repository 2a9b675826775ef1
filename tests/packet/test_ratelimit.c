// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Limits by source: the bucket against a reference on a clock of the test's own; the programs with
 * rates so low that the clock of the kernel does not matter, and at full speed on all CPUs.
 */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "bpffs/log.h"
#include "objects/ratelimit.h"
#include "scripts/ratelimit_limit.h"
#include "tests/packet/parallel.h"
#include "tests/packet/twins.h"

#define PACKETS offsetof(struct stats_record, rx_packets)

/* What the tool makes of "192.0.2.0/24 pps 1". */
static void parse_limit(const char *line, struct rate_limit *limit)
{
	char text[200], *words[16], *save;
	struct rate_prefix prefix;
	int count = 0;

	strncpy(text, line, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (char *w = strtok_r(text, " ", &save); w && count < 16; w = strtok_r(NULL, " ", &save))
		words[count++] = w;
	assert_int_equal(prefix_parse(words[0], &prefix), 0);
	assert_int_equal(limit_parse(words + 1, count - 1, &prefix, limit), 0);
}

static void add(const struct twins *t, const char *line)
{
	struct rate_limit limit;

	parse_limit(line, &limit);
	assert_int_equal(
		bpf_map_update_elem(twins_map(t, RATE_LIMITS_MAP), &limit.prefix, &limit, BPF_ANY),
		0);
}

static void make_frame(struct frame *f, const char *source)
{
	frame_ethernet(f, "02:00:00:00:00:01", "02:00:00:00:00:02");
	if (strchr(source, ':'))
		frame_ip6(f, source, "2001:db8::ffff");
	else
		frame_ip4(f, source, "198.51.100.1");
	frame_udp(f, 1, 2);
	frame_payload(f, 40);
	frame_finish(f);
}

/* How many of so many frames of a source pass, through the XDP and the tc program in turn. */
static unsigned int passed(const struct twins *t, const char *source, unsigned int count)
{
	static struct frame f, out;
	unsigned int pass = 0;

	make_frame(&f, source);
	for (unsigned int i = 0; i < count; i++) {
		if (i % 2)
			pass += twins_run_tc(t, &f, &out) == -1;
		else
			pass += twins_run_xdp(t, &f, &out) == XDP_PASS;
		assert_int_equal(out.len, f.len);
		assert_memory_equal(out.bytes, f.bytes, f.len);
	}
	return pass;
}

/* As if the time had gone by: all buckets have been filled for so many units. */
static void pass_time(const struct twins *t, __u64 units)
{
	int fd = twins_map(t, RATE_BUCKETS_MAP);
	struct rate_owner owner, *from = NULL;
	struct rate_bucket bucket;

	while (!bpf_map_get_next_key(fd, from, &owner)) {
		assert_int_equal(bpf_map_lookup_elem(fd, &owner, &bucket), 0);
		bucket.packets.base -= units;
		bucket.bytes.base -= units;
		assert_int_equal(bpf_map_update_elem(fd, &owner, &bucket, BPF_EXIST), 0);
		from = &owner;
	}
}

#define SEED  20260201
#define STEPS 2000000

/* Tokens, in whole units: the same bucket as it is taught. */
struct reference {
	__int128 tokens;
	__u64 at;
};

static int reference_takes(struct reference *r, __u64 now, __u64 cost, __u64 burst)
{
	r->tokens += now - r->at;
	r->at = now;
	if (r->tokens > burst)
		r->tokens = burst;
	if (r->tokens < (cost < burst ? cost : burst))
		return 0;
	r->tokens -= cost;
	return 1;
}

static __u64 random_bits(int bits)
{
	__u64 number = ((__u64)rand() << 40) ^ ((__u64)rand() << 20) ^ rand();

	return number >> (64 - bits);
}

static void test_the_bucket_is_a_token_bucket_on_any_clock(void **state)
{
	unsigned long takes = 0;

	(void)state;
	print_message("seed %d\n", SEED);
	srand(SEED);
	for (int round = 0; round < 200; round++) {
		/* The clock wraps around in some rounds. */
		__u64 now = round % 3 ? random_bits(62) : -random_bits(30);
		__u64 cost = 1 + random_bits(1 + rand() % 40), burst = 1 + cost * random_bits(5);
		struct reference reference = { .tokens = burst, .at = now };
		struct bucket bucket = { .base = now };

		for (int step = 0; step < STEPS / 200; step++) {
			__u64 this = rand() % 4 ? cost : 1 + cost * random_bits(3) / 2;
			int has = bucket_has(&bucket, now, this, burst);

			assert_int_equal(has, reference_takes(&reference, now, this, burst));
			if (has)
				bucket_take(&bucket, this);
			takes += has;
			now += rand() % 50 ? cost * random_bits(2) / 4 : burst * 2;
		}
	}
	print_message("%lu of %d passed\n", takes, STEPS);
	assert_in_range(takes, STEPS / 5, STEPS * 4 / 5);
}

static void test_without_a_limit_all_passes(void **state)
{
	struct twins t;

	(void)state;
	twins_open(&t, "ratelimit");
	assert_int_equal(passed(&t, "192.0.2.1", 100), 100);
	add(&t, "198.51.100.0/24 pps 1");
	assert_int_equal(passed(&t, "192.0.2.1", 100), 100);
	assert_int_equal(passed(&t, "2001:db8::1", 100), 100);
	/* Rates so low that nothing is refilled while the test runs, see below. */
	add(&t, "192.0.2.0/24");
	assert_int_equal(passed(&t, "192.0.2.1", 100), 100);
	twins_close(&t);
}

/* As the tool says it when there is no limit; here there is one, to see that nobody looks. */
static void test_where_the_settings_say_so_nothing_is_looked_up(void **state)
{
	struct rate_settings settings = { .empty = 1 };
	const __u32 key = 0;
	struct twins t;
	int fd;

	(void)state;
	twins_open(&t, "ratelimit");
	fd = twins_map(&t, RATE_SETTINGS_MAP);
	add(&t, "0.0.0.0/0 pps 1 burst 1 per prefix");
	add(&t, "::/0 pps 1 burst 1 per prefix");
	assert_int_equal(bpf_map_update_elem(fd, &key, &settings, BPF_ANY), 0);
	assert_int_equal(passed(&t, "192.0.2.1", 100), 100);
	assert_int_equal(passed(&t, "2001:db8::1", 100), 100);
	assert_int_equal(map_sum(twins_map(&t, XDP_STATS_MAP), XDP_PASS, PACKETS), 100);
	assert_int_equal(map_sum(twins_map(&t, TC_STATS_MAP), TC_STATS_UNSPEC, PACKETS), 100);
	settings.empty = 0;
	assert_int_equal(bpf_map_update_elem(fd, &key, &settings, BPF_ANY), 0);
	assert_true(passed(&t, "192.0.2.1", 100) < 100);
	assert_true(passed(&t, "2001:db8::1", 100) < 100);
	twins_close(&t);
}

/* One packet a second, but a burst may last long: within a second, exactly the burst passes. */
#define SECOND BUCKET_NS(1000000000ULL)

/* A test that is held up for a second or longer cannot tell: it tries again. */
static int in_time(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - begin->tv_sec) * 1000 + (now.tv_nsec - begin->tv_nsec) / 1000000 < 900;
}

static void try_in_time(void (*test)(struct twins *t, unsigned int found[8]),
                        const unsigned int expected[8])
{
	for (int tries = 0; tries < 20; tries++) {
		unsigned int found[8] = {};
		struct timespec begin;
		struct twins t;

		twins_open(&t, "ratelimit");
		clock_gettime(CLOCK_MONOTONIC, &begin);
		test(&t, found);
		twins_close(&t);
		if (!in_time(&begin))
			continue;
		for (int i = 0; i < 8; i++)
			assert_int_equal(found[i], expected[i]);
		return;
	}
	fail_msg("this machine is too slow");
}

static void use_bursts(struct twins *t, unsigned int found[8])
{
	add(t, "192.0.2.0/24 pps 1 burst 20");
	found[0] = passed(t, "192.0.2.1", 100);
	found[1] = passed(t, "192.0.2.2", 100); /* a bucket of its own */
	pass_time(t, 7 * SECOND);
	found[2] = passed(t, "192.0.2.1", 100);
	pass_time(t, 10000 * SECOND); /* not more than a burst */
	found[3] = passed(t, "192.0.2.1", 100);
	found[4] = map_sum(twins_map(t, XDP_STATS_MAP), XDP_PASS, PACKETS) +
	           map_sum(twins_map(t, TC_STATS_MAP), TC_STATS_UNSPEC, PACKETS);
	found[5] = map_sum(twins_map(t, XDP_STATS_MAP), XDP_DROP, PACKETS) +
	           map_sum(twins_map(t, TC_STATS_MAP), 2, PACKETS);
}

static void test_a_source_has_its_burst_and_then_its_rate(void **state)
{
	const unsigned int expected[8] = { 20, 20, 7, 20, 67, 333 };

	(void)state;
	try_in_time(use_bursts, expected);
}

static void use_prefixes(struct twins *t, unsigned int found[8])
{
	add(t, "192.0.2.0/24 pps 1 burst 20 per prefix");
	add(t, "192.0.2.128/25 pps 1 burst 5 per source");
	add(t, "192.0.2.200/32"); /* no limit */
	add(t, "2001:db8::/32 pps 1 burst 3 per prefix");
	add(t, "0.0.0.0/0 pps 1 burst 2 per source");
	found[0] = passed(t, "192.0.2.1", 15);
	found[1] = passed(t, "192.0.2.2", 15); /* what the other left */
	found[2] = passed(t, "192.0.2.129", 15);
	found[3] = passed(t, "192.0.2.130", 15);
	found[4] = passed(t, "192.0.2.200", 15);
	found[5] = passed(t, "2001:db8::1", 15) + passed(t, "2001:db8:1::1", 15);
	found[6] = passed(t, "203.0.113.1", 15);
	found[7] = passed(t, "2001:db9::1", 15);
}

static void test_the_longest_prefix_decides_and_whose_the_bucket_is(void **state)
{
	const unsigned int expected[8] = { 15, 5, 5, 5, 15, 3, 2, 15 };

	(void)state;
	try_in_time(use_prefixes, expected);
}

/* Frames are 82 bytes over IPv4. */
static void use_bytes(struct twins *t, unsigned int found[8])
{
	add(t, "192.0.2.0/24 bps 656 burst-bytes 830");
	add(t, "198.51.100.0/24 bps 656 burst-bytes 50");
	add(t, "203.0.113.0/24 bps 656 burst-bytes 830 pps 1 burst 4");
	found[0] = passed(t, "192.0.2.1", 30);
	pass_time(t, 3 * SECOND);
	found[1] = passed(t, "192.0.2.1", 30);
	/* A frame beyond the burst passes when the bucket is full, and is paid for. */
	found[2] = passed(t, "198.51.100.1", 30);
	pass_time(t, SECOND);
	found[3] = passed(t, "198.51.100.1", 30);
	found[4] = passed(t, "203.0.113.1", 30);
	/* What one rate refuses is not taken from the other: bytes were left for these. */
	pass_time(t, 3 * SECOND);
	found[5] = passed(t, "203.0.113.1", 30);
}

static void test_bytes_are_limited_too(void **state)
{
	const unsigned int expected[8] = { 10, 3, 1, 1, 4, 3 };

	(void)state;
	try_in_time(use_bytes, expected);
}

/* A debt at one rate is none at another; at the same one it stays, whoever writes it again. */
static void use_changes(struct twins *t, unsigned int found[8])
{
	add(t, "192.0.2.0/24 pps 1 burst 40");
	found[0] = passed(t, "192.0.2.1", 50);
	add(t, "192.0.2.0/24 pps 1 burst 40");
	found[1] = passed(t, "192.0.2.1", 50);
	add(t, "192.0.2.0/24 pps 2 burst 30");
	found[2] = passed(t, "192.0.2.1", 50);
	add(t, "192.0.2.0/24 pps 1 burst 5");
	found[3] = passed(t, "192.0.2.1", 50);
	pass_time(t, 3 * SECOND);
	found[4] = passed(t, "192.0.2.1", 50);
	add(t, "192.0.2.1/32 pps 2 burst 20"); /* another limit decides about the same source */
	found[5] = passed(t, "192.0.2.1", 50);
	add(t, "192.0.2.1/32 bps 656 burst-bytes 820");
	found[6] = passed(t, "192.0.2.1", 50);
	add(t, "192.0.2.1/32 bps 1312 burst-bytes 574");
	found[7] = passed(t, "192.0.2.1", 50);
}

static void test_a_changed_limit_holds_from_its_first_packet_on(void **state)
{
	const unsigned int expected[8] = { 40, 0, 30, 5, 3, 20, 10, 7 };

	(void)state;
	try_in_time(use_changes, expected);
}

static struct stats_record dropped_of(const struct twins *t, const __u8 address[4])
{
	struct source_key key = { .version = 4 };

	memcpy(key.address, address, 4);
	return map_record(twins_map(t, RATE_DROPPED_MAP), &key);
}

static void test_what_is_dropped_is_counted_by_source_also_of_a_shared_bucket(void **state)
{
	struct twins t;

	(void)state;
	twins_open(&t, "ratelimit");
	add(&t, "192.0.2.0/24 pps 1 burst 5 per prefix");
	for (int i = 1; i <= 2; i++) {
		const __u8 address[4] = { 192, 0, 2, i };
		unsigned int pass = passed(&t, i == 1 ? "192.0.2.1" : "192.0.2.2", 50);

		assert_int_equal(dropped_of(&t, address).rx_packets, 50 - pass);
		assert_int_equal(dropped_of(&t, address).rx_bytes, (50 - pass) * 82);
		assert_true(pass < 50);
	}
	twins_close(&t);
}

/* What has no readable source passes. */
static void test_other_packets_pass(void **state)
{
	static struct frame f, out;
	struct twins t;

	(void)state;
	twins_open(&t, "ratelimit");
	add(&t, "0.0.0.0/0 pps 1 burst 1");
	add(&t, "::/0 pps 1 burst 1");
	frame_ethernet(&f, "02:00:00:00:00:01", "02:00:00:00:00:02");
	frame_payload(&f, 50);
	for (int i = 0; i < 10; i++)
		assert_int_equal(twins_run(&t, &f, &out), VERDICT_PASS);
	/* Cut within the IP header: nobody's. */
	make_frame(&f, "192.0.2.1");
	for (f.len = 14; f.len < 34; f.len++)
		assert_int_equal(twins_run(&t, &f, &out), VERDICT_PASS);
	make_frame(&f, "2001:db8::1");
	for (f.len = 14; f.len < 54; f.len++)
		assert_int_equal(twins_run(&t, &f, &out), VERDICT_PASS);
	twins_close(&t);
}

/* So many of 20 frames pass that may have any source behind their tags. */
static unsigned int passed_hidden(const struct twins *t, unsigned int tags)
{
	static struct frame f;
	unsigned int pass = 0;

	frame_ethernet(&f, "02:00:00:00:00:01", "02:00:00:00:00:02");
	while (tags--)
		frame_vlan(&f, 0x8100, 0);
	frame_ip4(&f, "192.0.2.1", "198.51.100.1");
	frame_udp(&f, 1, 2);
	frame_finish(&f);
	for (int i = 0; i < 20; i++)
		pass += i % 2 ? twins_run_tc(t, &f, &(struct frame){}) == -1
		              : twins_run_xdp(t, &f, &(struct frame){}) == XDP_PASS;
	return pass;
}

static void hide_sources(struct twins *t, unsigned int found[8])
{
	const struct rate_prefix all4 = { RATE_PREFIX_VERSION, { .version = 4 } };

	add(t, "192.0.2.1 pps 1 burst 9");
	found[0] = passed_hidden(t, 2);
	found[1] = passed_hidden(t, 3); /* this limit does not have them */
	add(t, "0.0.0.0/0 pps 1 burst 3");
	add(t, "::/0 pps 1 burst 2");
	found[2] = passed_hidden(t, 3);
	found[3] = passed_hidden(t, 4); /* the bucket is one */
	found[4] = dropped_of(t, (__u8[4]){}).rx_packets;
	assert_int_equal(bpf_map_delete_elem(twins_map(t, RATE_LIMITS_MAP), &all4), 0);
	found[5] = passed_hidden(t, 3);
}

static void test_sources_behind_many_tags_share_the_limit_of_all(void **state)
{
	const unsigned int expected[8] = { 9, 20, 3, 0, 37, 2 };

	(void)state;
	try_in_time(hide_sources, expected);
}

#define RANDOM 100000

/* No crash, each packet counted once, and the twins leave it as it is. */
static void test_random_packets_do_no_harm(void **state)
{
	static struct frame f, out;
	unsigned long tc_runs = 0;
	struct twins t;

	(void)state;
	print_message("seed %d\n", SEED);
	srand(SEED);
	twins_open(&t, "ratelimit");
	add(&t, "0.0.0.0/0 pps 1000 burst 10");
	add(&t, "::/0 bps 1M per prefix");
	for (int i = 0; i < RANDOM; i++) {
		make_frame(&f, i % 2 ? "192.0.2.1" : "2001:db8::1");
		for (int n = rand() % 6; n; n--)
			f.bytes[12 + rand() % (f.len - 12)] = rand();
		f.len = 14 + rand() % (f.len - 13);
		twins_run_xdp(&t, &f, &out);
		assert_int_equal(out.len, f.len);
		assert_memory_equal(out.bytes, f.bytes, f.len);
		if (!twins_tc_takes(&f))
			continue;
		twins_run_tc(&t, &f, &out);
		assert_int_equal(out.len, f.len);
		assert_memory_equal(out.bytes, f.bytes, f.len);
		tc_runs++;
	}
	assert_int_equal(map_sum(twins_map(&t, XDP_STATS_MAP), XDP_PASS, PACKETS) +
	                         map_sum(twins_map(&t, XDP_STATS_MAP), XDP_DROP, PACKETS),
	                 RANDOM);
	assert_int_equal(map_sum(twins_map(&t, TC_STATS_MAP), TC_STATS_UNSPEC, PACKETS) +
	                         map_sum(twins_map(&t, TC_STATS_MAP), 2, PACKETS),
	                 tc_runs);
	twins_close(&t);
}

/* What was taken from the only bucket is exactly what passed: nothing is lost between CPUs. */
static void check_spent(const struct twins *t, const char *line, __u64 pass)
{
	struct rate_bucket bucket;
	struct rate_limit limit;
	struct rate_owner owner;

	parse_limit(line, &limit);
	assert_int_equal(bpf_map_get_next_key(twins_map(t, RATE_BUCKETS_MAP), NULL, &owner), 0);
	assert_int_equal(bpf_map_lookup_elem(twins_map(t, RATE_BUCKETS_MAP), &owner, &bucket), 0);
	assert_int_equal(bucket.packets.spent, pass * limit.packet_cost);
	assert_int_equal(bucket.bytes.spent, pass * (82 * limit.byte_cost >> 8));
}

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* All CPUs at once, at a rate that is reached many times over: the bound that bucket.h states. */
static void limit_in_parallel(const char *line, __u64 pps, __u64 burst)
{
	__u64 begin, pass, drop, most;
	static struct frame f;
	struct twins t;

	twins_open(&t, "ratelimit");
	add(&t, line);
	make_frame(&f, "192.0.2.1");
	begin = now_ns();
	parallel_run(t.tc_fd, &f, 1000000);
	most = pps * (now_ns() - begin) / 1000000000 + 1 + burst + parallel_cpus() - 1;
	pass = map_sum(twins_map(&t, TC_STATS_MAP), TC_STATS_UNSPEC, PACKETS);
	drop = map_sum(twins_map(&t, TC_STATS_MAP), 2, PACKETS);
	print_message("%s: %llu passed of at most %llu, %llu dropped\n", line, pass, most, drop);
	assert_int_equal(pass + drop, 1000000ULL * parallel_cpus());
	assert_in_range(pass, burst < pass + drop ? burst : pass + drop, most);
	check_spent(&t, line, pass);
	assert_int_equal(dropped_of(&t, (const __u8[]){ 192, 0, 2, 1 }).rx_packets, drop);
	twins_close(&t);
}

static void test_several_cpus_do_not_get_more_than_the_limit(void **state)
{
	(void)state;
	limit_in_parallel("192.0.2.0/24 pps 100k burst 1", 100000, 1);
	limit_in_parallel("192.0.2.0/24 pps 100k burst 20k per prefix", 100000, 20000);
	limit_in_parallel("192.0.2.0/24 pps 1M burst 200k", 1000000, 200000);
	limit_in_parallel("192.0.2.0/24 pps 1k burst 10M bps 1k burst-bytes 1G", 1000, 10000000);
	/* 82 bytes each: 10,000 frames a second. */
	limit_in_parallel("192.0.2.0/24 bps 6560000 burst-bytes 820", 10000, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_bucket_is_a_token_bucket_on_any_clock),
		cmocka_unit_test(test_without_a_limit_all_passes),
		cmocka_unit_test(test_where_the_settings_say_so_nothing_is_looked_up),
		cmocka_unit_test(test_a_source_has_its_burst_and_then_its_rate),
		cmocka_unit_test(test_the_longest_prefix_decides_and_whose_the_bucket_is),
		cmocka_unit_test(test_bytes_are_limited_too),
		cmocka_unit_test(test_a_changed_limit_holds_from_its_first_packet_on),
		cmocka_unit_test(test_what_is_dropped_is_counted_by_source_also_of_a_shared_bucket),
		cmocka_unit_test(test_other_packets_pass),
		cmocka_unit_test(test_sources_behind_many_tags_share_the_limit_of_all),
		cmocka_unit_test(test_random_packets_do_no_harm),
		cmocka_unit_test(test_several_cpus_do_not_get_more_than_the_limit),
	};

	log_init("test_ratelimit", false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
