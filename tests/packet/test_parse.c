// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The parser header, on a table of frames, on each of them cut at every length, and on frames
 * spoilt at random: what it finds is what the oracle finds.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/packet/beside.h"
#include "tests/packet/parse_rows.h"
#include "tests/packet/twins.h"

/* The programs that tell what the parser header finds; twins_run_*() run them. */
struct probes {
	struct bpf_object *obj;
	struct twins twins;
	int map_fd;
};

static void probes_open(struct probes *p)
{
	memset(p, 0, sizeof(*p));
	p->obj = bpf_object__open_file("build/tests/bpf/parse_probe.o", NULL);
	assert_non_null(p->obj);
	assert_int_equal(bpf_object__load(p->obj), 0);
	p->twins.xdp_fd = bpf_program__fd(bpf_object__find_program_by_name(p->obj, "probe_xdp"));
	p->twins.tc_fd = bpf_program__fd(bpf_object__find_program_by_name(p->obj, "probe_tc"));
	p->map_fd = bpf_object__find_map_fd_by_name(p->obj, "probed");
}

static void print_probe(const char *who, const struct probe *p)
{
	print_error("%s: status %u bytes %u ip4 %u ip6 %u tcp %u udp %u icmp %u protocol %#x tci "
	            "%#x %#x ports %u %u %u vlans %u l4 %u fragment %u\n",
	            who, p->status, p->bytes, p->ip4, p->ip6, p->tcp, p->udp, p->icmp, p->protocol,
	            p->outer_tci, p->inner_tci, p->has_ports, p->sport, p->dport, p->vlans,
	            p->l4_protocol, p->fragment);
}

static void compare(const struct probes *p, const char *name, const struct frame *f,
                    const struct probe *expected, const char *who)
{
	struct probe found;
	__u32 zero = 0;

	assert_int_equal(bpf_map_lookup_elem(p->map_fd, &zero, &found), 0);
	if (!memcmp(&found, expected, sizeof(found)))
		return;
	print_error("%s, %zu bytes:\n", name, f->len);
	print_probe("oracle", expected);
	print_probe(who, &found);
	for (size_t i = 0; i < f->len && i < 200; i++)
		print_error("%02x%s", f->bytes[i], i % 32 == 31 ? "\n" : " ");
	fail_msg("the parser differs");
}

static void probe_frame(const struct probes *p, const char *name, const struct frame *f,
                        struct probe *expected)
{
	static struct frame out;

	oracle_parse(f->bytes, f->len, expected);
	twins_run_xdp(&p->twins, f, &out);
	compare(p, name, f, expected, "xdp");
	if (!twins_tc_takes(f))
		return;
	twins_run_tc(&p->twins, f, &out);
	compare(p, name, f, expected, "tc");
}

static void test_each_frame_is_parsed_as_it_should(void **state)
{
	static struct frame f;
	struct probe expected;
	struct probes p;

	(void)state;
	probes_open(&p);
	for (size_t i = 0; i < parse_rows_len; i++) {
		parse_row_make(&f, &parse_rows[i]);
		probe_frame(&p, parse_rows[i].name, &f, &expected);
		if (expected.status != parse_rows[i].status)
			fail_msg("%s: the oracle says %u, the table %u", parse_rows[i].name,
			         expected.status, parse_rows[i].status);
	}
	bpf_object__close(p.obj);
}

static void test_each_frame_is_parsed_when_cut_at_every_length(void **state)
{
	struct probe expected;
	static struct frame f;
	struct probes p;

	(void)state;
	probes_open(&p);
	for (size_t i = 0; i < parse_rows_len; i++) {
		parse_row_make(&f, &parse_rows[i]);
		while (--f.len >= 14)
			probe_frame(&p, parse_rows[i].name, &f, &expected);
	}
	bpf_object__close(p.obj);
}

/* Where tc has it, as a rule; each frame at every length. */
static void test_a_tag_beside_the_packet_is_the_first(void **state)
{
	static const __u16 protocols[] = { 0x8100, 0x88a8 };
	static struct frame f, out;
	struct probe expected;
	struct beside b;
	struct probes p;

	(void)state;
	probes_open(&p);
	beside_open(&b, &p.twins);
	for (size_t i = 0; i < parse_rows_len; i++) {
		parse_row_make(&f, &parse_rows[i]);
		for (; f.len >= 14; f.len--) {
			__u16 protocol = protocols[f.len % 2], tci = 0x2000 | f.len;

			if (!twins_tc_takes(&f))
				continue;
			beside_oracle(&f, protocol, tci, &expected);
			assert_int_equal(beside_run(&b, &f, protocol, tci, &out), -1);
			compare(&p, parse_rows[i].name, &f, &expected, "tc");
			assert_int_equal(out.len, f.len);
			assert_memory_equal(out.bytes, f.bytes, f.len);
		}
	}
	beside_close(&b);
	bpf_object__close(p.obj);
}

static const __u8 kinds[] = { IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_DSTOPTS,
	                      IPPROTO_MH,      IPPROTO_AH,      IPPROTO_FRAGMENT };

/* All orders of five extension headers, the fragment header atomic or of a first fragment. */
static void test_extensions_are_followed_in_every_order(void **state)
{
	unsigned int orders = 6 * 6 * 6 * 6 * 6;
	struct probe expected;
	static struct frame f;
	struct probes p;

	(void)state;
	probes_open(&p);
	for (unsigned int order = 0; order < orders; order++) {
		frame_ethernet(&f, PARSE_MAC_A, PARSE_MAC_B);
		frame_ip6(&f, "2001:db8::1", "2001:db8::2");
		for (unsigned int i = 0, rest = order; i < 5; i++, rest /= 6) {
			__u8 kind = kinds[rest % 6];
			__u8 *ext = frame_extension(&f, kind, kind == IPPROTO_FRAGMENT ? 8 : 16);

			if (kind == IPPROTO_FRAGMENT)
				ext[3] = order & 1;
		}
		frame_udp(&f, 53, order);
		frame_payload(&f, 20);
		frame_finish(&f);
		probe_frame(&p, "five extensions", &f, &expected);
		assert_int_equal(expected.status, ORACLE_GOOD);
		assert_int_equal(expected.dport, (__u16)order);
	}
	bpf_object__close(p.obj);
}

static void spoil_at_random(struct frame *f)
{
	int changes = 1 + rand() % 4;

	while (changes--) {
		/* In the headers, and often with a number that means something there. */
		size_t at = 12 + rand() % (f->len < 100 ? f->len - 12 : 88);

		if (rand() % 3)
			f->bytes[at] = rand();
		else
			f->bytes[at] = kinds[rand() % sizeof(kinds)];
	}
	if (rand() % 2)
		f->len = 14 + rand() % (f->len - 13);
}

#define SEED   20260122
#define SPOILT 200000

static void test_what_is_spoilt_at_random_is_parsed_the_same(void **state)
{
	const int frames = twins_frames(SPOILT);
	unsigned int statuses[3] = {};
	struct probe expected;
	static struct frame f;
	struct probes p;

	(void)state;
	print_message("seed %d\n", SEED);
	srand(SEED);
	probes_open(&p);
	for (int i = 0; i < frames; i++) {
		parse_row_make(&f, &parse_rows[rand() % parse_rows_len]);
		spoil_at_random(&f);
		probe_frame(&p, "spoilt", &f, &expected);
		statuses[expected.status]++;
	}
	print_message("good %u, truncated %u, malformed %u\n", statuses[0], statuses[1],
	              statuses[2]);
	for (int i = 0; i < 3; i++)
		assert_true(statuses[i] > (unsigned int)frames / 50);
	bpf_object__close(p.obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_frame_is_parsed_as_it_should),
		cmocka_unit_test(test_each_frame_is_parsed_when_cut_at_every_length),
		cmocka_unit_test(test_a_tag_beside_the_packet_is_the_first),
		cmocka_unit_test(test_extensions_are_followed_in_every_order),
		cmocka_unit_test(test_what_is_spoilt_at_random_is_parsed_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
