/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two veth pairs in0/in1 and out0/out1 with routes, rules and neighbours between them: what forward
 * is tried in, and what becomes of packets there.
 */
#ifndef PACKET_FORWARD_WORLD_H
#define PACKET_FORWARD_WORLD_H

#include <linux/types.h>
#include <stddef.h>
#include "objects/forward.h"
#include "tests/packet/frame.h"
#include "tests/packet/twins.h"

#define IN_MAC     "02:00:00:00:00:01"
#define CLIENT_MAC "02:00:00:00:00:02"
#define OUT_MAC    "02:00:00:00:00:03"
#define HOP_A      "02:00:00:00:00:0a"
#define HOP_B      "02:00:00:00:00:0b"

/* A packet and what becomes of it. */
struct forward_row {
	const char *name;
	const char *from, *to;
	enum forward_reason reason;
	const char *hop; /* of those that are sent */
	__u8 ttl;        /* 0: 64 */
	__u8 tos;
	__u16 dport;  /* 0: 80 */
	__u16 length; /* of the IP packet, if not as it comes */
};

/* Those that every forwarding program answers in the same way. */
extern const struct forward_row forward_rows[];
extern const size_t forward_rows_len;

/* One of IPv4 and one of IPv6, which are sent by HOP_A. */
extern const struct forward_row forward_both[2];

/* A cmocka group setup: the interfaces, and this thread on one CPU, for the cache is per CPU. */
int forward_world_make(void **state);

/* Both programs, on in0. */
void forward_world_open(struct twins *t);

void forward_world_set(const struct twins *t, const struct forward_settings *setup);

/* How often both counted that reason. */
__u64 forward_world_counted(const struct twins *t, enum forward_reason reason);

void forward_packet(struct frame *f, const struct forward_row *row);

/* Take off what lies behind the IP packet, but for what a frame needs to be long enough. */
void forward_trim(struct frame *f);

/* What a router writes into it, computed by another way than that of the programs. */
void forward_by_hand(struct frame *f, const char *hop);

/* Both give the frame that verdict, count that reason, and write what a router writes: by hop, if
 * it is sent. */
void forward_expect(const struct twins *t, const struct frame *f, enum forward_reason reason,
                    const char *hop, const char *name);

#endif
