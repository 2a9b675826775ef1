/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Rules that change packets: records shared by the programs and the tool that writes them. */
#ifndef REWRITE_H
#define REWRITE_H

#include <linux/types.h>

#define REWRITE_RULES_MAP  "rewrite_rules"  /* struct rewrite_key -> struct rewrite_rule */
#define REWRITE_SHAPES_MAP "rewrite_shapes" /* array of two struct rewrite_shapes */
#define REWRITE_HITS_MAP   "rewrite_hits"   /* per-CPU struct stats_record, by the rule's slot */

#define REWRITE_RULES  4096
#define REWRITE_SHAPES 16

/* Members of a key that its rule looks at; each of the others is 0 and fits all packets. */
#define REWRITE_FIELD_DIRECTION 0x01
#define REWRITE_FIELD_FAMILY    0x02
#define REWRITE_FIELD_VLAN      0x04
#define REWRITE_FIELD_PROTOCOL  0x08
#define REWRITE_FIELD_SPORT     0x10
#define REWRITE_FIELD_DPORT     0x20

#define REWRITE_IN     1      /* XDP and tc ingress */
#define REWRITE_OUT    2      /* tc egress */
#define REWRITE_TAGGED 0x1000 /* in the member vlan, beside the id */

/*
 * What a rule looks for. The shape of a rule is which members it looks at, and it is part of the
 * key: the first three members. As a mask, the first three are the same, and the others have all
 * bits set that are looked at.
 */
struct rewrite_key {
	__u16 fields;
	__u8 saddr_bits; /* prefix lengths; 0: any address */
	__u8 daddr_bits;
	__u8 direction;
	__u8 family;   /* 4 or 6; 0 is neither */
	__u8 protocol; /* IPPROTO_* */
	__u8 pad1;
	__u16 vlan; /* of the outer tag: REWRITE_TAGGED | id; 0 without a tag */
	__be16 sport, dport;
	__u16 pad2;
	__u8 saddr[16], daddr[16]; /* IPv4: the first four bytes */
};

_Static_assert(sizeof(struct rewrite_key) == 48, "struct rewrite_key is a pinned format");

/*
 * The shapes of all rules, as masks; of the rules that fit a packet, the first shape's is taken.
 * There are two, and the one with the greater turn counts: the other is filled in with turn 0, then
 * gets its turn, which is one store.
 */
struct rewrite_shapes {
	__u32 turn;
	__u32 count;
	struct rewrite_key masks[REWRITE_SHAPES];
};

_Static_assert(sizeof(struct rewrite_shapes) == 8 + REWRITE_SHAPES * 48,
               "struct rewrite_shapes is a pinned format");

#define REWRITE_SET_SADDR 0x001
#define REWRITE_SET_DADDR 0x002
#define REWRITE_SET_SPORT 0x004
#define REWRITE_SET_DPORT 0x008
#define REWRITE_SET_SMAC  0x010
#define REWRITE_SET_DMAC  0x020
#define REWRITE_SET_VLAN  0x040 /* of these three, one at the most */
#define REWRITE_PUSH_VLAN 0x080
#define REWRITE_POP_VLAN  0x100

/* What a rule does. */
struct rewrite_rule {
	__u16 actions;
	__u16 slot;           /* in rewrite_hits */
	__u16 tci;            /* push: priority and id; set: the id */
	__be16 vlan_protocol; /* push: 802.1Q or 802.1ad */
	__be16 sport, dport;
	__u8 smac[6], dmac[6];
	__u8 saddr[16], daddr[16];
};

_Static_assert(sizeof(struct rewrite_rule) == 56, "struct rewrite_rule is a pinned format");

#endif
