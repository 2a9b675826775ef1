// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whose bucket a packet takes from, and what it takes: every bit of an address, every length of a
 * prefix, frames cut anywhere, tags in the packet and beside it. No clock matters here: buckets are
 * so large that all passes, or owe so much that nothing does.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "bpffs/log.h"
#include "objects/ratelimit.h"
#include "scripts/ratelimit_limit.h"
#include "tests/packet/beside.h"
#include "tests/packet/oracle.h"

#define MAC_A "02:00:00:00:00:01"
#define MAC_B "02:00:00:00:00:02"

#define SOURCE_BITS (8 * sizeof(struct source_key))
#define AGES        20000000ULL /* seconds: longer than the buckets here take to fill */

/* One packet a second, and a byte: but nobody gets as far as the rate. */
static char *const large[] = { "pps", "1", "burst", "10M", "bps", "8", "burst-bytes", "10M" };
static char *const shared[] = { "pps", "1", "burst", "10M", "per", "prefix" };

static struct rate_limit add(const struct twins *t, const char *text, char *const words[],
                             int count)
{
	struct rate_prefix prefix;
	struct rate_limit limit;
	int fd = twins_map(t, RATE_LIMITS_MAP);

	assert_int_equal(prefix_parse(text, &prefix), 0);
	assert_int_equal(limit_parse(words, count, &prefix, &limit), 0);
	assert_int_equal(bpf_map_update_elem(fd, &limit.prefix, &limit, BPF_ANY), 0);
	return limit;
}

static void take_away(const struct twins *t, const struct rate_limit *limit)
{
	assert_int_equal(bpf_map_delete_elem(twins_map(t, RATE_LIMITS_MAP), &limit->prefix), 0);
}

static struct rate_owner owner_of(int family, const void *address)
{
	struct rate_owner owner = { .length = SOURCE_BITS };

	owner.source.version = family == AF_INET ? 4 : 6;
	memcpy(owner.source.address, address, family == AF_INET ? 4 : 16);
	return owner;
}

/* As the programs look for its bucket. */
static struct rate_owner owner_by(const struct rate_owner *owner, const struct rate_limit *limit)
{
	struct rate_owner by = *owner;

	by.length |= rate_mark(limit) << RATE_OWNER_MARK;
	return by;
}

/* The owner gets nothing for a long time. */
static void ruin(const struct twins *t, const struct rate_limit *limit,
                 const struct rate_owner *owner)
{
	struct rate_owner key = owner_by(owner, limit);
	struct rate_bucket bucket = {};
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	bucket.packets.base = BUCKET_NS((now.tv_sec + AGES) * 1000000000ULL);
	bucket.bytes.base = bucket.packets.base;
	assert_int_equal(
		bpf_map_update_elem(twins_map(t, RATE_BUCKETS_MAP), &key, &bucket, BPF_ANY), 0);
}

static void forget_owners(const struct twins *t)
{
	int fd = twins_map(t, RATE_BUCKETS_MAP);
	struct rate_owner owner;

	while (!bpf_map_get_next_key(fd, NULL, &owner))
		assert_int_equal(bpf_map_delete_elem(fd, &owner), 0);
}

/* Exactly one owner has taken something, and it has taken so much. */
static void expect_spent(const struct twins *t, const struct rate_limit *limit,
                         const struct rate_owner *owner, __u64 packets, __u64 bytes)
{
	int fd = twins_map(t, RATE_BUCKETS_MAP);
	struct rate_owner found, next, key = owner_by(owner, limit);
	struct rate_bucket bucket;

	assert_int_equal(bpf_map_get_next_key(fd, NULL, &found), 0);
	assert_memory_equal(&found, &key, sizeof(found));
	assert_int_not_equal(bpf_map_get_next_key(fd, &found, &next), 0);
	assert_int_equal(bpf_map_lookup_elem(fd, &key, &bucket), 0);
	assert_int_equal(bucket.packets.spent, packets * limit->packet_cost);
	assert_int_equal(bucket.bytes.spent, bytes * (limit->byte_cost >> 8));
}

static void expect_no_owner(const struct twins *t)
{
	struct rate_owner found;

	assert_int_not_equal(bpf_map_get_next_key(twins_map(t, RATE_BUCKETS_MAP), NULL, &found), 0);
}

static void make_from(struct frame *f, int family, const void *address)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family, address, text, sizeof(text));
	frame_ethernet(f, MAC_A, MAC_B);
	if (family == AF_INET)
		frame_ip4(f, text, "198.51.100.1");
	else
		frame_ip6(f, text, "2001:db8::ffff");
	frame_udp(f, 1, 2);
	frame_payload(f, 10);
	frame_finish(f);
}

static void flip(__u8 *address, unsigned int bit)
{
	address[bit / 8] ^= 0x80 >> bit % 8;
}

static const struct family {
	int family;
	unsigned int bits;
	const char *all, *source;
} families[] = {
	{ AF_INET, 32, "0.0.0.0/0", "192.0.2.77" },
	{ AF_INET6, 128, "::/0", "2001:db8:1:2:3:4:5:77" },
};
#define FAMILIES (sizeof(families) / sizeof(families[0]))

/* A source that differs in any one bit is another, with a bucket and a counter of its own. */
static void test_each_bit_of_an_address_makes_another_source(void **state)
{
	static struct frame f;
	struct rate_owner poor;
	__u8 address[16];
	struct twins t;

	(void)state;
	twins_open(&t, "ratelimit");
	for (const struct family *v = families; v < families + FAMILIES; v++) {
		struct rate_limit limit = add(&t, v->all, large, 8);
		int runs = 2 + (t.frags != NULL);

		assert_int_equal(inet_pton(v->family, v->source, address), 1);
		poor = owner_of(v->family, address);
		ruin(&t, &limit, &poor);
		for (unsigned int bit = 0; bit < v->bits; bit++) {
			struct source_key dropped;

			flip(address, bit);
			dropped = owner_of(v->family, address).source;
			make_from(&f, v->family, address);
			assert_int_equal(twins_run(&t, &f, NULL), VERDICT_PASS);
			assert_int_equal(
				map_record(twins_map(&t, RATE_DROPPED_MAP), &dropped).rx_packets,
				0);
			flip(address, bit);
		}
		make_from(&f, v->family, address);
		assert_int_equal(twins_run(&t, &f, NULL), VERDICT_DROP);
		assert_int_equal(
			map_record(twins_map(&t, RATE_DROPPED_MAP), &poor.source).rx_packets, runs);
		assert_int_equal(map_record(twins_map(&t, RATE_DROPPED_MAP), &poor.source).rx_bytes,
		                 runs * f.len);
	}
	twins_close(&t);
}

/* Of a prefix of any length the bits within count, and those behind it do not. */
static void test_each_length_of_a_prefix_has_the_sources_in_it(void **state)
{
	char text[PREFIX_TEXT_SIZE + 8];
	static struct frame f;
	struct twins t;

	(void)state;
	twins_open(&t, "ratelimit");
	for (const struct family *v = families; v < families + FAMILIES; v++) {
		int runs = 2 + (t.frags != NULL);

		for (unsigned int bits = 0; bits <= v->bits; bits++) {
			__u8 address[16] = {}, source[16];
			struct rate_limit limit;
			struct rate_owner owner;

			assert_int_equal(inet_pton(v->family, v->source, source), 1);
			for (unsigned int i = 0; i < bits; i++)
				address[i / 8] |= source[i / 8] & 0x80 >> i % 8;
			inet_ntop(v->family, address, text, sizeof(text));
			sprintf(text + strlen(text), "/%u", bits);
			limit = add(&t, text, shared, 6);
			forget_owners(&t);
			/* One that is out in its last bit, and then one that is in. */
			if (bits) {
				flip(source, bits - 1);
				make_from(&f, v->family, source);
				assert_int_equal(twins_run(&t, &f, NULL), VERDICT_PASS);
				expect_no_owner(&t);
				flip(source, bits - 1);
			}
			if (bits < v->bits)
				flip(source, bits);
			make_from(&f, v->family, source);
			assert_int_equal(twins_run(&t, &f, NULL), VERDICT_PASS);
			owner = owner_of(v->family, address);
			owner.length = RATE_PREFIX_VERSION + bits;
			expect_spent(&t, &limit, &owner, runs, 0);
			take_away(&t, &limit);
		}
	}
	twins_close(&t);
}

/* Frames of every kind that have, have not or hide a source. */
static void make_udp4(struct frame *f)
{
	frame_ip4(f, "192.0.2.77", "198.51.100.1");
	frame_udp(f, 1, 2);
}

static void make_options4(struct frame *f)
{
	frame_ip4_options(f, "192.0.2.77", "198.51.100.1", 12);
	frame_tcp(f, 1, 2);
}

static void make_wrong4(struct frame *f)
{
	__u8 *ip = frame_ip4(f, "192.0.2.77", "198.51.100.1");

	ip[0] = 0x44;
}

static void make_tcp6(struct frame *f)
{
	frame_ip6(f, "2001:db8:1:2:3:4:5:77", "2001:db8::1");
	frame_tcp(f, 1, 2);
}

static void make_long6(struct frame *f)
{
	frame_ip6(f, "2001:db8:1:2:3:4:5:77", "2001:db8::1");
	for (int i = 0; i < 9; i++)
		frame_extension(f, 60, 8);
}

static void make_tagged4(struct frame *f)
{
	frame_vlan(f, 0x8100, 5);
	make_udp4(f);
}

static void make_tagged6(struct frame *f)
{
	frame_vlan(f, 0x88a8, 5);
	frame_vlan(f, 0x8100, 6);
	make_tcp6(f);
}

static void make_three_tags(struct frame *f)
{
	frame_vlan(f, 0x8100, 0);
	make_tagged6(f);
}

static void make_other(struct frame *f)
{
	frame_payload(f, 20);
}

static void (*const kinds[])(struct frame *) = {
	make_udp4,    make_options4, make_wrong4,     make_tcp6,  make_long6,
	make_tagged4, make_tagged6,  make_three_tags, make_other,
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void make_kind(struct frame *f, size_t kind)
{
	frame_ethernet(f, MAC_A, MAC_B);
	kinds[kind](f);
	frame_payload(f, 30);
	if (kinds[kind] != make_wrong4)
		frame_finish(f);
}

/* Who pays for a frame, as the oracle sees it; false if nobody does. */
static bool payer_of(const struct frame *f, struct rate_owner *owner)
{
	struct probe found;

	oracle_parse(f->bytes, f->len, &found);
	*owner = (struct rate_owner){ .length = SOURCE_BITS };
	if (found.ip4 != PROBE_NOTHING)
		*owner = owner_of(AF_INET, f->bytes + found.ip4 + 12);
	else if (found.ip6 != PROBE_NOTHING)
		*owner = owner_of(AF_INET6, f->bytes + found.ip6 + 8);
	else if (found.vlans == 2 && (found.protocol == 0x8100 || found.protocol == 0x88a8))
		owner->source.version = 4;
	else
		return false;
	return true;
}

static void expect_cut(const struct twins *t, const struct rate_limit *limit, const struct frame *f)
{
	int runs = 1 + (t->frags != NULL) + twins_tc_takes(f);
	struct rate_owner owner;
	struct frame out;

	forget_owners(t);
	assert_int_equal(twins_run(t, f, &out), VERDICT_PASS);
	assert_int_equal(out.len, f->len);
	assert_memory_equal(out.bytes, f->bytes, f->len);
	if (!payer_of(f, &owner)) {
		expect_no_owner(t);
		return;
	}
	expect_spent(t, limit, &owner, runs, runs * f->len);
	ruin(t, limit, &owner);
	assert_int_equal(twins_run(t, f, &out), VERDICT_DROP);
}

static void test_a_frame_cut_at_any_length_is_paid_for_if_its_source_is_there(void **state)
{
	struct rate_limit limit;
	static struct frame f;
	struct twins t;

	(void)state;
	twins_open(&t, "ratelimit");
	add(&t, "::/0", large, 8);
	limit = add(&t, "0.0.0.0/0", large, 8);
	for (size_t kind = 0; kind < KINDS; kind++) {
		make_kind(&f, kind);
		for (; f.len >= 14; f.len--)
			expect_cut(&t, &limit, &f);
	}
	twins_close(&t);
}

/* A tag beside the packet is a tag, and no part of the length that is paid for. */
static void test_a_tag_beside_the_packet_is_a_tag(void **state)
{
	static struct frame f, tagged, out;
	struct rate_owner owner;
	struct rate_limit limit;
	struct beside b;
	struct twins t;

	(void)state;
	twins_open(&t, "ratelimit");
	beside_open(&b, &t);
	add(&t, "::/0", large, 8);
	limit = add(&t, "0.0.0.0/0", large, 8);
	for (size_t kind = 0; kind < KINDS; kind++) {
		make_kind(&f, kind);
		for (; f.len >= 14 && twins_tc_takes(&f); f.len--) {
			tagged = f;
			beside_insert(&tagged, 0x8100, 0x0fff);
			forget_owners(&t);
			assert_int_equal(beside_run(&b, &f, 0x8100, 0x0fff, &out), TC_ACT_UNSPEC);
			if (!payer_of(&tagged, &owner)) {
				expect_no_owner(&t);
				continue;
			}
			expect_spent(&t, &limit, &owner, 1, f.len);
			ruin(&t, &limit, &owner);
			assert_int_equal(beside_run(&b, &f, 0x8100, 0x0fff, &out), TC_ACT_SHOT);
		}
	}
	beside_close(&b);
	twins_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_bit_of_an_address_makes_another_source),
		cmocka_unit_test(test_each_length_of_a_prefix_has_the_sources_in_it),
		cmocka_unit_test(test_a_frame_cut_at_any_length_is_paid_for_if_its_source_is_there),
		cmocka_unit_test(test_a_tag_beside_the_packet_is_a_tag),
	};

	log_init("test_ratelimit_sources", false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
