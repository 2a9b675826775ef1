// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The parser header, on a table of frames, on each of them cut at every length, and on frames
 * spoilt at random: what it finds is what the oracle finds. And what the parse twins count of them.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "objects/parse.h"
#include "tests/packet/beside.h"
#include "tests/packet/oracle.h"
#include "tests/packet/parallel.h"
#include "tests/packet/twins.h"

#define PACKETS offsetof(struct stats_record, rx_packets)
#define BYTES   offsetof(struct stats_record, rx_bytes)

#define MAC_A "02:00:00:00:00:01"
#define MAC_B "02:00:00:00:00:02"

/* What a test changes in a frame that stands. */
typedef void spoil_t(struct frame *f);

struct layer {
	enum { END, VLAN, SVLAN, IP4, OPTIONS4, IP6, EXTENSION, TCP, UDP, ICMP4, ICMP6, DATA } kind;
	unsigned int a, b;
};

struct row {
	const char *name;
	enum oracle_status status;
	struct layer layers[14];
	spoil_t *spoil;
};

static __u8 *find(struct frame *f, __u8 first, size_t from)
{
	for (size_t i = from; i < f->len; i++)
		if (f->bytes[i] == first)
			return f->bytes + i;
	fail_msg("no byte %u in the frame", first);
	return NULL;
}

static struct iphdr *ip4_of(struct frame *f)
{
	return (void *)find(f, 0x45, 14);
}

static void spoil_ihl(struct frame *f)
{
	ip4_of(f)->ihl = 4;
}

static void spoil_long_ihl(struct frame *f)
{
	ip4_of(f)->ihl = 15;
}

static void spoil_version4(struct frame *f)
{
	ip4_of(f)->version = 6;
}

static void spoil_short_total(struct frame *f)
{
	ip4_of(f)->tot_len = htons(19);
}

static void spoil_zero_total(struct frame *f)
{
	ip4_of(f)->tot_len = 0;
}

static void spoil_long_total(struct frame *f)
{
	struct iphdr *ip = ip4_of(f);

	ip->tot_len = htons(ntohs(ip->tot_len) + 1);
}

/* Ports that are Ethernet's padding. */
static void spoil_total_within_udp(struct frame *f)
{
	ip4_of(f)->tot_len = htons(27);
}

static void make_first(struct frame *f)
{
	ip4_of(f)->frag_off = htons(0x2000);
}

static void make_later(struct frame *f)
{
	ip4_of(f)->frag_off = htons(0x2001);
}

static void make_last(struct frame *f)
{
	ip4_of(f)->frag_off = htons(100);
}

static void set_df(struct frame *f)
{
	ip4_of(f)->frag_off = htons(0xc000);
}

static struct udphdr *udp_of(struct frame *f)
{
	return (void *)(f->bytes + f->len - 8 - 20);
}

static void spoil_udp_seven(struct frame *f)
{
	udp_of(f)->len = htons(7);
}

static void spoil_udp_long(struct frame *f)
{
	udp_of(f)->len = htons(29);
}

static void spoil_udp_zero(struct frame *f)
{
	udp_of(f)->len = 0;
}

static void make_first_of_long(struct frame *f)
{
	make_first(f);
	udp_of(f)->len = htons(4000);
}

static struct tcphdr *tcp_of(struct frame *f)
{
	return (void *)(f->bytes + f->len - 20 - 20);
}

static void spoil_doff(struct frame *f)
{
	tcp_of(f)->doff = 4;
}

static void set_tcp_options(struct frame *f)
{
	tcp_of(f)->doff = 10;
}

static void spoil_long_doff(struct frame *f)
{
	tcp_of(f)->doff = 11;
}

static struct ipv6hdr *ip6_of(struct frame *f)
{
	return (void *)find(f, 0x60, 14);
}

static void spoil_version6(struct frame *f)
{
	ip6_of(f)->version = 4;
}

static void spoil_long_payload(struct frame *f)
{
	struct ipv6hdr *ip = ip6_of(f);

	ip->payload_len = htons(ntohs(ip->payload_len) + 1);
}

static void spoil_payload_within_udp(struct frame *f)
{
	ip6_of(f)->payload_len = htons(7);
}

static void spoil_zero_payload(struct frame *f)
{
	ip6_of(f)->payload_len = 0;
}

/* The extension header right behind IPv6. */
static __u8 *first_extension(struct frame *f)
{
	return (__u8 *)(ip6_of(f) + 1);
}

static void make_first6(struct frame *f)
{
	first_extension(f)[3] = 1;
}

static void make_later6(struct frame *f)
{
	first_extension(f)[3] = 8;
}

static void spoil_long_extension(struct frame *f)
{
	first_extension(f)[1] = 255;
}

#define IPV4                                                                                       \
	{                                                                                          \
		IP4, 0, 0                                                                          \
	}
#define IPV6                                                                                       \
	{                                                                                          \
		IP6, 0, 0                                                                          \
	}
#define DATA_20                                                                                    \
	{                                                                                          \
		DATA, 20, 0                                                                        \
	}
#define DATA_50                                                                                    \
	{                                                                                          \
		DATA, 50, 0                                                                        \
	}
#define UDP_DATA { UDP, 53, 4000 }, DATA_20
#define TCP_DATA { TCP, 80, 4001 }, DATA_20
#define HOP                                                                                        \
	{                                                                                          \
		EXTENSION, IPPROTO_HOPOPTS, 8                                                      \
	}
#define DST                                                                                        \
	{                                                                                          \
		EXTENSION, IPPROTO_DSTOPTS, 16                                                     \
	}
#define ROUTE                                                                                      \
	{                                                                                          \
		EXTENSION, IPPROTO_ROUTING, 24                                                     \
	}
#define FRAG                                                                                       \
	{                                                                                          \
		EXTENSION, IPPROTO_FRAGMENT, 8                                                     \
	}
#define AH                                                                                         \
	{                                                                                          \
		EXTENSION, IPPROTO_AH, 24                                                          \
	}
#define ESP                                                                                        \
	{                                                                                          \
		EXTENSION, IPPROTO_ESP, 16                                                         \
	}

#define ROW(row_name, row_status, row_spoil, ...)                                                  \
	{                                                                                          \
		.name = row_name, .status = ORACLE_##row_status, .spoil = row_spoil,               \
		.layers = { __VA_ARGS__ },                                                         \
	}

/* clang-format off */
static const struct row rows[] = {
	ROW("no IP", GOOD, NULL, DATA_50),
	ROW("a VLAN tag, no IP", GOOD, NULL, { VLAN, 7, 0 }, DATA_50),
	ROW("UDP", GOOD, NULL, IPV4, UDP_DATA),
	ROW("UDP, don't fragment", GOOD, set_df, IPV4, UDP_DATA),
	ROW("UDP of 7 bytes", MALFORMED, spoil_udp_seven, IPV4, UDP_DATA),
	ROW("UDP of 0 bytes", MALFORMED, spoil_udp_zero, IPV4, UDP_DATA),
	ROW("UDP longer than IPv4", TRUNCATED, spoil_udp_long, IPV4, UDP_DATA),
	ROW("UDP behind the end of IPv4", TRUNCATED, spoil_total_within_udp, IPV4, UDP_DATA),
	ROW("TCP", GOOD, NULL, IPV4, TCP_DATA),
	ROW("TCP with options", GOOD, set_tcp_options, IPV4, TCP_DATA),
	ROW("TCP with too little offset", MALFORMED, spoil_doff, IPV4, TCP_DATA),
	ROW("TCP with too much offset", TRUNCATED, spoil_long_doff, IPV4, TCP_DATA),
	ROW("ICMP", GOOD, NULL, IPV4, { ICMP4, 8, 0 }, DATA_20),
	ROW("ICMPv6 over IPv4", GOOD, NULL, IPV4, { ICMP6, 128, 0 }, DATA_20),
	ROW("IPv4 of another protocol", GOOD, NULL, IPV4, DATA_20),
	ROW("ESP over IPv4", GOOD, NULL, IPV4, ESP, DATA_20),
	ROW("AH over IPv4", GOOD, NULL, IPV4, AH, UDP_DATA),
	ROW("IPv4 options, UDP", GOOD, NULL, { OPTIONS4, 40, 0 }, UDP_DATA),
	ROW("IPv4 options, TCP", GOOD, NULL, { OPTIONS4, 4, 0 }, TCP_DATA),
	ROW("ihl 4", MALFORMED, spoil_ihl, IPV4, UDP_DATA),
	ROW("ihl 15, no options", MALFORMED, spoil_long_ihl, IPV4, UDP_DATA),
	ROW("IPv4 with version 6", MALFORMED, spoil_version4, IPV4, UDP_DATA),
	ROW("total length 19", MALFORMED, spoil_short_total, IPV4, UDP_DATA),
	ROW("total length 0", MALFORMED, spoil_zero_total, IPV4, UDP_DATA),
	ROW("total length one too much", TRUNCATED, spoil_long_total, IPV4, UDP_DATA),
	ROW("IPv4, first fragment", GOOD, make_first, IPV4, TCP_DATA),
	ROW("IPv4, first fragment of long UDP", GOOD, make_first_of_long, IPV4, UDP_DATA),
	ROW("IPv4, later fragment", GOOD, make_later, IPV4, UDP_DATA),
	ROW("IPv4, last fragment", GOOD, make_last, IPV4, UDP_DATA),
	ROW("UDP behind a tag", GOOD, NULL, { VLAN, 0x6123, 0 }, IPV4, UDP_DATA),
	ROW("TCP behind a service tag", GOOD, NULL, { SVLAN, 5, 0 }, IPV4, TCP_DATA),
	ROW("UDP behind two tags", GOOD, NULL, { SVLAN, 5, 0 }, { VLAN, 6, 0 }, IPV4, UDP_DATA),
	ROW("TCP over IPv6 behind two tags", GOOD, NULL, { VLAN, 5, 0 }, { VLAN, 6, 0 }, IPV6, TCP_DATA),
	ROW("UDP behind three tags", GOOD, NULL, { SVLAN, 5, 0 }, { VLAN, 6, 0 }, { VLAN, 7, 0 }, IPV4, UDP_DATA),
	ROW("UDP over IPv6", GOOD, NULL, IPV6, UDP_DATA),
	ROW("UDP over IPv6 of 7 bytes", MALFORMED, spoil_udp_seven, IPV6, UDP_DATA),
	ROW("UDP over IPv6 of 0 bytes", GOOD, spoil_udp_zero, IPV6, UDP_DATA),
	ROW("UDP longer than IPv6", TRUNCATED, spoil_udp_long, IPV6, UDP_DATA),
	ROW("UDP behind the end of IPv6", TRUNCATED, spoil_payload_within_udp, IPV6, UDP_DATA),
	ROW("TCP over IPv6", GOOD, NULL, IPV6, TCP_DATA),
	ROW("ICMPv6", GOOD, NULL, IPV6, { ICMP6, 128, 0 }, DATA_20),
	ROW("ICMP over IPv6", GOOD, NULL, IPV6, { ICMP4, 8, 0 }, DATA_20),
	ROW("IPv6 with version 4", MALFORMED, spoil_version6, IPV6, UDP_DATA),
	ROW("payload one too much", TRUNCATED, spoil_long_payload, IPV6, UDP_DATA),
	ROW("payload 0, UDP", TRUNCATED, spoil_zero_payload, IPV6, UDP_DATA),
	ROW("payload 0, hop by hop: all there is", GOOD, spoil_zero_payload, IPV6, HOP, UDP_DATA),
	ROW("no next header", GOOD, NULL, IPV6, DST),
	ROW("ESP", GOOD, NULL, IPV6, DST, ESP, DATA_20),
	ROW("AH, TCP", GOOD, NULL, IPV6, AH, TCP_DATA),
	ROW("mobility", GOOD, NULL, IPV6, { EXTENSION, IPPROTO_MH, 8 }),
	ROW("an extension of 2,048 bytes, not there", TRUNCATED, spoil_long_extension, IPV6, DST, UDP_DATA),
	ROW("an extension of 2,048 bytes", GOOD, NULL, IPV6, { EXTENSION, IPPROTO_DSTOPTS, 2048 }, UDP_DATA),
	ROW("IPv6, atomic fragment", GOOD, NULL, IPV6, FRAG, UDP_DATA),
	ROW("IPv6, first fragment", GOOD, make_first6, IPV6, FRAG, UDP_DATA),
	ROW("IPv6, later fragment", GOOD, make_later6, IPV6, FRAG, UDP_DATA),
	ROW("IPv6, later fragment that begins like a header", GOOD, make_later6, IPV6, FRAG, DST, UDP_DATA),
	ROW("seven extensions", GOOD, NULL, IPV6, HOP, DST, ROUTE, FRAG, AH, DST, DST, UDP_DATA),
	ROW("eight extensions", GOOD, NULL, IPV6, HOP, DST, ROUTE, FRAG, AH, DST, DST, DST, TCP_DATA),
	ROW("nine extensions", MALFORMED, NULL, IPV6, HOP, DST, ROUTE, FRAG, AH, DST, DST, DST, DST, UDP_DATA),
	ROW("nine extensions of 2 kinds", MALFORMED, NULL, IPV6, AH, AH, AH, AH, DST, DST, AH, AH, AH, TCP_DATA),
};
/* clang-format on */
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void add_layer(struct frame *f, const struct layer *l)
{
	switch (l->kind) {
	case VLAN: frame_vlan(f, 0x8100, l->a); break;
	case SVLAN: frame_vlan(f, 0x88a8, l->a); break;
	case IP4: frame_ip4(f, "192.0.2.1", "198.51.100.1"); break;
	case OPTIONS4: frame_ip4_options(f, "192.0.2.1", "198.51.100.1", l->a); break;
	case IP6: frame_ip6(f, "2001:db8::1", "2001:db8::2"); break;
	case EXTENSION: frame_extension(f, l->a, l->b); break;
	case TCP: frame_tcp(f, l->a, l->b); break;
	case UDP: frame_udp(f, l->a, l->b); break;
	case ICMP4: frame_icmp(f, l->a, l->b); break;
	case ICMP6: frame_icmp6(f, l->a, l->b); break;
	case DATA: frame_payload(f, l->a); break;
	case END: break;
	}
}

static void make_frame(struct frame *f, const struct row *row)
{
	frame_ethernet(f, MAC_A, MAC_B);
	for (const struct layer *l = row->layers; l->kind != END; l++)
		add_layer(f, l);
	frame_finish(f);
	if (row->spoil)
		row->spoil(f);
}

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
	for (size_t i = 0; i < ROWS; i++) {
		make_frame(&f, &rows[i]);
		probe_frame(&p, rows[i].name, &f, &expected);
		if (expected.status != rows[i].status)
			fail_msg("%s: the oracle says %u, the table %u", rows[i].name,
			         expected.status, rows[i].status);
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
	for (size_t i = 0; i < ROWS; i++) {
		make_frame(&f, &rows[i]);
		while (--f.len >= 14)
			probe_frame(&p, rows[i].name, &f, &expected);
	}
	bpf_object__close(p.obj);
}

static void shift(__u16 *offset, int by)
{
	if (*offset != PROBE_NOTHING)
		*offset += by;
}

/* What the oracle finds in the frame with the tag in it; but there it is 4 bytes longer. */
static void oracle_beside(const struct frame *f, __u16 protocol, __u16 tci, struct probe *expected)
{
	struct frame tagged = *f;

	beside_insert(&tagged, protocol, tci);
	oracle_parse(tagged.bytes, tagged.len, expected);
	expected->bytes -= 4;
	shift(&expected->ip4, -4);
	shift(&expected->ip6, -4);
	shift(&expected->tcp, -4);
	shift(&expected->udp, -4);
	shift(&expected->icmp, -4);
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
	for (size_t i = 0; i < ROWS; i++) {
		make_frame(&f, &rows[i]);
		for (; f.len >= 14; f.len--) {
			__u16 protocol = protocols[f.len % 2], tci = 0x2000 | f.len;

			if (!twins_tc_takes(&f))
				continue;
			oracle_beside(&f, protocol, tci, &expected);
			assert_int_equal(beside_run(&b, &f, protocol, tci, &out), -1);
			compare(&p, rows[i].name, &f, &expected, "tc");
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
		frame_ethernet(&f, MAC_A, MAC_B);
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
	unsigned int statuses[3] = {};
	struct probe expected;
	static struct frame f;
	struct probes p;

	(void)state;
	print_message("seed %d\n", SEED);
	srand(SEED);
	probes_open(&p);
	for (int i = 0; i < SPOILT; i++) {
		make_frame(&f, &rows[rand() % ROWS]);
		spoil_at_random(&f);
		probe_frame(&p, "spoilt", &f, &expected);
		statuses[expected.status]++;
	}
	print_message("good %u, truncated %u, malformed %u\n", statuses[0], statuses[1],
	              statuses[2]);
	for (int i = 0; i < 3; i++)
		assert_true(statuses[i] > SPOILT / 50);
	bpf_object__close(p.obj);
}

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
	for (size_t i = 0; i < ROWS; i++) {
		make_frame(&f, &rows[i]);
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
	for (size_t i = 0; i < ROWS; i++) {
		make_frame(&f, &rows[i]);
		oracle_beside(&f, 0x8100, 9, &expected);
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
	frame_ethernet(&f, MAC_A, MAC_B);
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
	frame_ethernet(&f, MAC_A, MAC_B);
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
		cmocka_unit_test(test_each_frame_is_parsed_as_it_should),
		cmocka_unit_test(test_each_frame_is_parsed_when_cut_at_every_length),
		cmocka_unit_test(test_a_tag_beside_the_packet_is_the_first),
		cmocka_unit_test(test_extensions_are_followed_in_every_order),
		cmocka_unit_test(test_what_is_spoilt_at_random_is_parsed_the_same),
		cmocka_unit_test(test_the_twins_count_each_frame_once_by_protocol_and_source),
		cmocka_unit_test(test_what_has_its_tag_beside_is_counted_alike),
		cmocka_unit_test(test_several_cpus_lose_no_packet_of_a_source),
		cmocka_unit_test(test_more_sources_than_room_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
