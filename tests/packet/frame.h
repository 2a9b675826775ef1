/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames made by hand, header by header. */
#ifndef TESTS_PACKET_FRAME_H
#define TESTS_PACKET_FRAME_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#define FRAME_MAX 4096

struct frame {
	__u8 pad[2] __attribute__((aligned(8))); /* so that what follows Ethernet is aligned */
	__u8 bytes[FRAME_MAX];
	size_t len;
	size_t next_at; /* where the present last header names what follows it */
	enum { NEXT_NOTHING, NEXT_ETHERTYPE, NEXT_PROTOCOL } next;
};

/*
 * Each of these adds one header behind what is there, and names it in the header before it. The
 * first is frame_ethernet(), which begins a new frame. Addresses are text: "10.0.0.1",
 * "2001:db8::1", "02:00:00:00:00:01". Returned is the header, for a test that spoils it.
 */
void *frame_ethernet(struct frame *f, const char *source, const char *destination);
void *frame_vlan(struct frame *f, __u16 protocol, __u16 tci); /* 0x8100 or 0x88a8 */
void *frame_ip4(struct frame *f, const char *source, const char *destination);
void *frame_ip4_options(struct frame *f, const char *source, const char *destination, size_t bytes);
void *frame_ip6(struct frame *f, const char *source, const char *destination);
void *frame_extension(struct frame *f, __u8 type, size_t bytes); /* IPv6; a multiple of 8 */
void *frame_tcp(struct frame *f, __u16 source, __u16 destination);
void *frame_udp(struct frame *f, __u16 source, __u16 destination);
void *frame_icmp(struct frame *f, __u8 type, __u8 code); /* id 0x1234, sequence 1 */
void *frame_icmp6(struct frame *f, __u8 type, __u8 code);
void *frame_payload(struct frame *f, size_t bytes); /* a pattern */

/* Fill in the lengths and checksums, when all headers stand; or again, after a test changed some.
 */
void frame_finish(struct frame *f);

#endif
