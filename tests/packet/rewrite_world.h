/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules in words, both twins of rewrite with those rules, and packets to try them on. */
#ifndef PACKET_REWRITE_WORLD_H
#define PACKET_REWRITE_WORLD_H

#include <linux/types.h>
#include "tests/packet/frame.h"
#include "tests/packet/twins.h"
#include "tests/rule_words.h"

#define MAC1 "02:00:00:00:00:01"
#define MAC2 "02:00:00:00:00:02"
#define NONE 0xffff /* no VLAN tag */

extern struct twins twins;
extern int tc_fd;          /* of tc_rewrite.o, whose tags a test run does not show */
extern struct rules rules; /* in words, as they are in the maps */

/* Load both objects, and drop them: for cmocka_run_group_tests(). */
int open_twins(void **state);
int close_twins(void **state);

/* Set-up of each test: the tables are empty, and packets come in. */
int no_rules(void **state);

/* Add a rule that must be right. */
void add(const char *text);

/* A packet of TCP or UDP; ICMP has no ports. */
struct flow {
	__u16 outer, inner; /* tags, or NONE */
	const char *smac, *dmac, *src, *dst;
	__u8 protocol;
	__u16 sport, dport;
};

/* TCP from port 1000 to 80, from 192.0.2.1 to .2, and from 2001:db8::1 to ::2. */
extern const struct flow flow4, flow6;

/* The packet, with right sums; outer_protocol: that of the outer tag. */
void make(struct frame *f, const struct flow *flow, __u16 outer_protocol);

/* Both twins pass it on, and it is the wanted one then, byte for byte. */
void expect_out(const struct frame *in, const struct frame *wanted);
void expect_flow(const struct flow *in, const struct flow *wanted);

#endif
