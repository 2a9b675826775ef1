// SPDX-License-Identifier: GPL-2.0-or-later
/* What the parse twins count of the table of frames, by protocol and by source. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "objects/parse.h"
#include "tests/packet/beside.h"
#include "tests/packet/parallel.h"
#include "tests/packet/parse_rows.h"
#include "tests/packet/twins.h"

#define PACKETS offsetof(struct stats_record, rx_packets)
#define BYTES   offsetof(struct stats_record, rx_bytes)

static __u32 slot_of(const struct probe *p)
{
	if (p->status)
		return p->status == ORACLE_TRUNCATED ? PARSE_SLOT_TRUNCATED : PARSE_SLOT_MALFORMED;
	if (p->ip4 != PROBE_NOTHING)
		return p->l4_protocol;
	if (p->ip6 != PROBE_NOTHING)
		return PARSE_SLOT_IP6 + p->l4_protocol;
	return p->protocol == 0x0806 ? PARSE_SLOT_ARP : PARSE_SLOT_OTHER;
}

static void test_the_twins_count_each_frame_once_by_protocol_and_source(void **state)
{
	static __u64 packets[PARSE_SLOTS], bytes[PARSE_SLOTS];
	struct source_key v4 = { .version = 4, .address = { 192, 0, 2, 1 } };
	struct source_key v6 = { .version = 6, .address = { 0x20, 1, 0xd, 0xb8, [15] = 1 } };
	struct stats_record by4 = {}, by6 = {}, sum;
	static struct frame f, out;
	struct probe expected;
	struct twins t;

	(void)state;
	twins_open(&t, "parse");
	for (size_t i = 0; i < parse_rows_len; i++) {
		parse_row_make(&f, &parse_rows[i]);
		for (; f.len >= 14; f.len--) {
			int runs = 1 + (t.frags != NULL) + twins_tc_takes(&f);

			oracle_parse(f.bytes, f.len, &expected);
			packets[slot_of(&expected)] += runs;
			bytes[slot_of(&expected)] += runs * f.len;
			if (expected.ip4 != PROBE_NOTHING) {
				by4.rx_packets += runs;
				by4.rx_bytes += runs * f.len;
			} else if (expected.ip6 != PROBE_NOTHING) {
				by6.rx_packets += runs;
				by6.rx_bytes += runs * f.len;
			}
			assert_int_equal(twins_run(&t, &f, &out), VERDICT_PASS);
			assert_int_equal(out.len, f.len);
			assert_memory_equal(out.bytes, f.bytes, f.len);
		}
	}
	for (__u32 slot = 0; slot < PARSE_SLOTS; slot++) {
		int fd = twins_map(&t, PARSE_PROTOCOLS_MAP);

		assert_int_equal(map_sum(fd, slot, PACKETS), packets[slot]);
		assert_int_equal(map_sum(fd, slot, BYTES), bytes[slot]);
	}
	sum = map_record(twins_map(&t, PARSE_SOURCES_MAP), &v4);
	assert_memory_equal(&sum, &by4, sizeof(sum));
	sum = map_record(twins_map(&t, PARSE_SOURCES_MAP), &v6);
	assert_memory_equal(&sum, &by6, sizeof(sum));
	twins_close(&t);
}

/* The tag is no part of the length that is counted. */
static void test_what_has_its_tag_beside_is_counted_alike(void **state)
{
	struct source_key v4 = { .version = 4, .address = { 192, 0, 2, 1 } };
	struct source_key v6 = { .version = 6, .address = { 0x20, 1, 0xd, 0xb8, [15] = 1 } };
	static __u64 packets[PARSE_SLOTS], bytes[PARSE_SLOTS];
	__u64 by4 = 0, by6 = 0;
	static struct frame f, out;
	struct probe expected;
	struct beside b;
	struct twins t;

	(void)state;
	twins_open(&t, "parse");
	beside_open(&b, &t);
	for (size_t i = 0; i < parse_rows_len; i++) {
		parse_row_make(&f, &parse_rows[i]);
		beside_oracle(&f, 0x8100, 9, &expected);
		packets[slot_of(&expected)]++;
		bytes[slot_of(&expected)] += f.len;
		by4 += expected.ip4 != PROBE_NOTHING ? f.len : 0;
		by6 += expected.ip6 != PROBE_NOTHING ? f.len : 0;
		assert_int_equal(beside_run(&b, &f, 0x8100, 9, &out), -1);
	}
	for (__u32 slot = 0; slot < PARSE_SLOTS; slot++) {
		int fd = twins_map(&t, PARSE_PROTOCOLS_MAP);

		assert_int_equal(map_sum(fd, slot, PACKETS), packets[slot]);
		assert_int_equal(map_sum(fd, slot, BYTES), bytes[slot]);
	}
	assert_int_equal(map_record(twins_map(&t, PARSE_SOURCES_MAP), &v4).rx_bytes, by4);
	assert_int_equal(map_record(twins_map(&t, PARSE_SOURCES_MAP), &v6).rx_bytes, by6);
	beside_close(&b);
	twins_close(&t);
}

#define PARALLEL 300000

static void test_several_cpus_lose_no_packet_of_a_source(void **state)
{
	struct source_key key = { .version = 4, .address = { 192, 0, 2, 1 } };
	struct stats_record sum;
	static struct frame f;
	struct twins t;

	(void)state;
	twins_open(&t, "parse");
	frame_ethernet(&f, PARSE_MAC_A, PARSE_MAC_B);
	frame_ip4(&f, "192.0.2.1", "198.51.100.1");
	frame_udp(&f, 1, 2);
	frame_finish(&f);
	for (int fd = 0; fd < 2; fd++)
		parallel_run(fd ? t.tc_fd : t.xdp_fd, &f, PARALLEL);
	sum = map_record(twins_map(&t, PARSE_SOURCES_MAP), &key);
	assert_int_equal(sum.rx_packets, 2ULL * PARALLEL * parallel_cpus());
	assert_int_equal(sum.rx_bytes, sum.rx_packets * f.len);
	assert_int_equal(map_sum(twins_map(&t, PARSE_PROTOCOLS_MAP), IPPROTO_UDP, PACKETS),
	                 sum.rx_packets);
	twins_close(&t);
}

/* More sources than there is room for: the protocols still count all, the map keeps to its size. */
static void test_more_sources_than_room_are_bounded(void **state)
{
	struct source_key key, *from = NULL;
	static struct frame f, out;
	__u32 kept = 0;
	struct twins t;

	(void)state;
	twins_open(&t, "parse");
	frame_ethernet(&f, PARSE_MAC_A, PARSE_MAC_B);
	frame_ip4(&f, "10.0.0.0", "198.51.100.1");
	frame_udp(&f, 1, 2);
	frame_finish(&f);
	for (__u32 i = 0; i < 2 * PARSE_SOURCES; i++) {
		__be32 source = htonl(0x0a000000 + i);

		memcpy(f.bytes + 26, &source, sizeof(source));
		twins_run_tc(&t, &f, &out);
	}
	while (!bpf_map_get_next_key(twins_map(&t, PARSE_SOURCES_MAP), from, &key)) {
		struct stats_record sum = map_record(twins_map(&t, PARSE_SOURCES_MAP), &key);

		assert_int_equal(sum.rx_packets, 1);
		assert_int_equal(sum.rx_bytes, f.len);
		from = &key;
		kept++;
	}
	assert_in_range(kept, PARSE_SOURCES / 2, PARSE_SOURCES);
	assert_int_equal(map_sum(twins_map(&t, PARSE_PROTOCOLS_MAP), IPPROTO_UDP, PACKETS),
	                 2 * PARSE_SOURCES);
	twins_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_twins_count_each_frame_once_by_protocol_and_source),
		cmocka_unit_test(test_what_has_its_tag_beside_is_counted_alike),
		cmocka_unit_test(test_several_cpus_lose_no_packet_of_a_source),
		cmocka_unit_test(test_more_sources_than_room_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
