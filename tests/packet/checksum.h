/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A second opinion on packets: headers found and checksums computed without any BPF code. */
#ifndef TESTS_PACKET_CHECKSUM_H
#define TESTS_PACKET_CHECKSUM_H

#include <linux/types.h>
#include <stddef.h>

/* What a frame has, or NULL: all of it inside the frame. */
struct headers {
	struct ethhdr *eth;
	__be16 *tags[4];
	unsigned int tag_count;
	struct iphdr *ip4;
	struct ipv6hdr *ip6;
	struct tcphdr *tcp;
	struct udphdr *udp;
	struct icmp6hdr *icmp; /* of ICMP and of ICMPv6 */
	__u8 *l4;              /* what lies behind the IP headers, up to l4_len bytes */
	size_t l4_len;
	__u8 l4_protocol;
	int is_fragment;
};

void headers_find(struct headers *h, void *frame, size_t len);

/*
 * Recompute the checksums of IPv4, TCP, UDP, ICMP and ICMPv6 and compare. Returns NULL if all are
 * right, else which one is wrong. A UDP checksum of 0 is right over IPv4. Of fragments only the IP
 * header is looked at.
 */
const char *checksums_check(void *frame, size_t len);

/* Write the right ones. */
void checksums_fix(void *frame, size_t len);

#endif
