/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The rules of xdp_acl and tc_acl: records shared by the programs and the tools that write their
 * maps. All tables that a packet is looked up in exist twice, in two banks of the same maps: one is
 * in force, the other is filled, and one store to acl_settings exchanges them.
 */
#ifndef ACL_H
#define ACL_H

#include <linux/types.h>
#include "acl_verdict.h"

#define ACL_SETTINGS  "acl_settings"
#define ACL_RULES     "acl_rules"
#define ACL_RULE_HITS "acl_rule_hits"
#define ACL_MACS      "acl_macs"
#define ACL_PREFIXES4 "acl_prefixes4"
#define ACL_PREFIXES6 "acl_prefixes6"
#define ACL_PORTS     "acl_ports"

#define ACL_BANKS      2
#define ACL_DIRECTIONS 2 /* a table holds ACL_SOURCE and ACL_DESTINATION apart */

/* So many rules at the most. A rule keeps its number, by which its packets are counted; those of
 * two banks together never run out. */
#define ACL_MAX_RULES   8192
#define ACL_NUMBERS     16384
#define ACL_MAX_ENTRIES 65536 /* of a table: both banks, both directions, ranges in pieces */

enum acl_table_direction {
	ACL_SOURCE,
	ACL_DESTINATION,
};

/*
 * What is in force, in one 64-bit word, which is written and read in one piece. All zero: nothing
 * is looked up and every packet passes.
 */
struct acl_settings {
	__u16 generation; /* its lowest bit says which bank is in force */
	__u16 rules;      /* how many acl_rules has in that bank */
	__u16 lists;      /* bit n: list n is in force */
	__u8 tables;      /* ACL_TABLE_*: those that have anything in that bank */
	__u8 flags;       /* ACL_FLAG_* */
};

_Static_assert(sizeof(struct acl_settings) == 8, "struct acl_settings is a pinned format");

#define ACL_TABLE_MAC(direction)   (1 << (direction))
#define ACL_TABLE_IP4(direction)   (4 << (direction))
#define ACL_TABLE_IP6(direction)   (16 << (direction))
#define ACL_TABLE_PORTS(direction) (64 << (direction))

#define ACL_FLAG_DROP 1 /* what nothing decides is dropped */
/* A rule for ports denies: what hides its ports is dropped as well. */
#define ACL_FLAG_PORTS_DENY 2
/* With ACL_FLAG_DROP: what is not IP passes, such as ARP, which IPv4 needs. */
#define ACL_FLAG_IP_ONLY 4
/* A rule for IP addresses denies: what hides them is dropped as well. */
#define ACL_FLAG_ADDRESSES_DENY 8
/* These follow from the rules. */
#define ACL_FLAGS_RULES (ACL_FLAG_PORTS_DENY | ACL_FLAG_ADDRESSES_DENY)
/* Which slots of the lists are in force: no part of what is decided by, but of where it stands. */
#define ACL_FLAG_LISTS_BANK 0x80
#define ACL_FLAGS_POLICY    (ACL_FLAG_DROP | ACL_FLAG_IP_ONLY)

/* What the tables hold: 0 for nothing, or the number of a rule, ACL_REF_SET and its verdict. */
#define ACL_REF_NUMBER 0x3fff
#define ACL_REF_SET    0x4000
#define ACL_REF_DENY   0x8000

struct acl_mac_key {
	__u8 bank;
	__u8 direction;
	__u8 mac[6];
};

_Static_assert(sizeof(struct acl_mac_key) == 8, "struct acl_mac_key is a pinned format");

/* Keys of LPM tries: prefix_length counts bits from bank on, so a /24 has ACL_KEY_BITS + 24. */
#define ACL_KEY_BITS 32

struct acl_key4 {
	__u32 prefix_length;
	__u8 bank;
	__u8 direction;
	__u8 pad[2];
	__u8 address[4];
};

_Static_assert(sizeof(struct acl_key4) == 12, "struct acl_key4 is a pinned format");

struct acl_key6 {
	__u32 prefix_length;
	__u8 bank;
	__u8 direction;
	__u8 pad[2];
	__u8 address[16];
};

_Static_assert(sizeof(struct acl_key6) == 24, "struct acl_key6 is a pinned format");

/* A slot of acl_ports: all ports of a bank, direction and protocol, by port in host byte order. */
#define ACL_PORTS_SLOTS 8

struct acl_ports {
	__u16 ref[65536];
};

_Static_assert(sizeof(struct acl_ports) == 131072, "struct acl_ports is a pinned format");

static inline __u32 acl_ports_slot(__u32 bank, __u32 direction, __u32 is_udp)
{
	return (bank * ACL_DIRECTIONS + direction) * 2 + is_udp;
}

enum acl_rule_kind {
	ACL_RULE_NONE,
	ACL_RULE_MAC,
	ACL_RULE_IP4,
	ACL_RULE_IP6,
	ACL_RULE_PORTS,
};

/*
 * A rule as the user wrote it. acl_rules has those of bank b from index b * ACL_MAX_RULES on, in
 * the order in which they are listed. From first to last: addresses in network byte order (IPv4: 4
 * bytes), a MAC address (6 bytes, both the same), or ports (2 bytes, in network byte order).
 */
struct acl_rule {
	__u16 number;  /* in acl_rule_hits */
	__u8 kind;     /* enum acl_rule_kind */
	__u8 verdict;  /* ACL_ALLOW or ACL_DENY */
	__u8 sides;    /* ACL_SIDE_* */
	__u8 protocol; /* IPPROTO_TCP or IPPROTO_UDP for ports, else 0 */
	__u8 pad[2];
	__u8 first[16];
	__u8 last[16];
};

_Static_assert(sizeof(struct acl_rule) == 40, "struct acl_rule is a pinned format");

#endif
