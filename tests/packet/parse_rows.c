// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "tests/packet/parse_rows.h"

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
const struct parse_row parse_rows[] = {
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
const size_t parse_rows_len = sizeof(parse_rows) / sizeof(parse_rows[0]);

static void add_layer(struct frame *f, const struct parse_layer *l)
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

void parse_row_make(struct frame *f, const struct parse_row *row)
{
	frame_ethernet(f, PARSE_MAC_A, PARSE_MAC_B);
	for (const struct parse_layer *l = row->layers; l->kind != END; l++)
		add_layer(f, l);
	frame_finish(f);
	if (row->spoil)
		row->spoil(f);
}
