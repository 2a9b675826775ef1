// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/packet/checksum.h"
#include "tests/packet/frame.h"

static void *add(struct frame *f, size_t len)
{
	void *at = f->bytes + f->len;

	if (f->len + len > sizeof(f->bytes)) {
		fprintf(stderr, "a frame has no room for %zu bytes more\n", len);
		abort();
	}
	memset(at, 0, len);
	f->len += len;
	return at;
}

/* The header before names the one that is about to be added. */
static void announce(struct frame *f, __u16 ethertype, __u8 protocol)
{
	__be16 type = htons(ethertype);

	if (f->next == NEXT_ETHERTYPE)
		memcpy(f->bytes + f->next_at, &type, sizeof(type));
	else if (f->next == NEXT_PROTOCOL)
		f->bytes[f->next_at] = protocol;
	f->next = NEXT_NOTHING;
}

static void expect_ethertype(struct frame *f, size_t at)
{
	f->next = NEXT_ETHERTYPE;
	f->next_at = at;
}

static void expect_protocol(struct frame *f, size_t at)
{
	f->next = NEXT_PROTOCOL;
	f->next_at = at;
}

static void parse_address(int family, const char *text, void *out)
{
	if (inet_pton(family, text, out) != 1) {
		fprintf(stderr, "no address: %s\n", text);
		abort();
	}
}

void *frame_ethernet(struct frame *f, const char *source, const char *destination)
{
	struct ethhdr *eth;

	memset(f, 0, sizeof(*f));
	eth = add(f, sizeof(*eth));
	if (!ether_aton_r(source, (struct ether_addr *)eth->h_source) ||
	    !ether_aton_r(destination, (struct ether_addr *)eth->h_dest))
		abort();
	eth->h_proto = htons(0x88b5); /* for local experiments, unless something follows */
	expect_ethertype(f, f->len - sizeof(eth->h_proto));
	return eth;
}

void *frame_vlan(struct frame *f, __u16 protocol, __u16 tci)
{
	__be16 *tag;

	announce(f, protocol, 0);
	tag = add(f, 2 * sizeof(*tag));
	tag[0] = htons(tci);
	tag[1] = htons(0x88b5);
	expect_ethertype(f, f->len - sizeof(*tag));
	return tag;
}

void *frame_ip4_options(struct frame *f, const char *source, const char *destination, size_t bytes)
{
	struct iphdr *ip;

	announce(f, ETH_P_IP, IPPROTO_IPIP);
	ip = add(f, sizeof(*ip) + bytes);
	ip->version = 4;
	ip->ihl = (sizeof(*ip) + bytes) / 4;
	ip->ttl = 64;
	ip->protocol = 253; /* for experiments, unless something follows */
	parse_address(AF_INET, source, &ip->saddr);
	parse_address(AF_INET, destination, &ip->daddr);
	memset(ip + 1, 1, bytes); /* no operation */
	expect_protocol(f, (__u8 *)&ip->protocol - f->bytes);
	return ip;
}

void *frame_ip4(struct frame *f, const char *source, const char *destination)
{
	return frame_ip4_options(f, source, destination, 0);
}

void *frame_ip6(struct frame *f, const char *source, const char *destination)
{
	struct ipv6hdr *ip;

	announce(f, ETH_P_IPV6, IPPROTO_IPV6);
	ip = add(f, sizeof(*ip));
	ip->version = 6;
	ip->hop_limit = 64;
	ip->nexthdr = 253;
	parse_address(AF_INET6, source, &ip->saddr);
	parse_address(AF_INET6, destination, &ip->daddr);
	expect_protocol(f, (__u8 *)&ip->nexthdr - f->bytes);
	return ip;
}

void *frame_extension(struct frame *f, __u8 type, size_t bytes)
{
	__u8 *ext;

	announce(f, 0, type);
	ext = add(f, bytes);
	ext[0] = 59; /* no next header, unless something follows */
	if (type == IPPROTO_AH)
		ext[1] = bytes / 4 - 2;
	else if (type != IPPROTO_FRAGMENT)
		ext[1] = bytes / 8 - 1;
	expect_protocol(f, ext - f->bytes);
	return ext;
}

void *frame_tcp(struct frame *f, __u16 source, __u16 destination)
{
	struct tcphdr *tcp;

	announce(f, 0, IPPROTO_TCP);
	tcp = add(f, sizeof(*tcp));
	tcp->source = htons(source);
	tcp->dest = htons(destination);
	tcp->doff = sizeof(*tcp) / 4;
	tcp->syn = 1;
	tcp->window = htons(1024);
	return tcp;
}

void *frame_udp(struct frame *f, __u16 source, __u16 destination)
{
	struct udphdr *udp;

	announce(f, 0, IPPROTO_UDP);
	udp = add(f, sizeof(*udp));
	udp->source = htons(source);
	udp->dest = htons(destination);
	return udp;
}

static void *add_icmp(struct frame *f, __u8 protocol, __u8 type, __u8 code)
{
	struct icmp6hdr *icmp;

	announce(f, 0, protocol);
	icmp = add(f, sizeof(*icmp));
	icmp->icmp6_type = type;
	icmp->icmp6_code = code;
	icmp->icmp6_identifier = htons(0x1234);
	icmp->icmp6_sequence = htons(1);
	return icmp;
}

void *frame_icmp(struct frame *f, __u8 type, __u8 code)
{
	return add_icmp(f, IPPROTO_ICMP, type, code);
}

void *frame_icmp6(struct frame *f, __u8 type, __u8 code)
{
	return add_icmp(f, IPPROTO_ICMPV6, type, code);
}

void *frame_payload(struct frame *f, size_t bytes)
{
	__u8 *at = add(f, bytes);

	for (size_t i = 0; i < bytes; i++)
		at[i] = 'a' + i % 26;
	return at;
}

void frame_finish(struct frame *f)
{
	struct headers h;

	headers_find(&h, f->bytes, f->len);
	if (h.ip4)
		h.ip4->tot_len = htons(f->len - ((__u8 *)h.ip4 - f->bytes));
	if (h.ip6)
		h.ip6->payload_len = htons(f->len - ((__u8 *)(h.ip6 + 1) - f->bytes));
	if (h.udp)
		h.udp->len = htons(f->len - ((__u8 *)h.udp - f->bytes));
	checksums_fix(f->bytes, f->len);
}
