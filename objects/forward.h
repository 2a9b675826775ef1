/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The maps of the forward programs: settings, the next-hop cache, what was counted. */
#ifndef FORWARD_H
#define FORWARD_H

#include <linux/types.h>

#define FORWARD_SETTINGS_MAP "forward_setup"   /* one struct forward_settings */
#define FORWARD_COUNT_MAP    "forward_count"   /* per CPU, by enum forward_reason: packets, __u64 */
#define FORWARD_EXCLUDE_MAP  "forward_exclude" /* ifindex to __u32 1: what leaves there passes */
#define FORWARD_CACHE4_MAP   "forward_cache4"  /* per CPU, by hash: struct forward_entry4 */
#define FORWARD_CACHE6_MAP   "forward_cache6"

#define FORWARD_CACHE4_ENTRIES 4096 /* powers of two */
#define FORWARD_CACHE6_ENTRIES 2048
#define FORWARD_EXCLUDE_MAX    256

/* What became of a packet: the first two are sent on, all others pass. */
enum forward_reason {
	FORWARD_LOOKED_UP,  /* sent where the FIB said */
	FORWARD_CACHED,     /* sent where the cache said */
	FORWARD_NOT_IP,     /* ARP and other protocols */
	FORWARD_MALFORMED,  /* or truncated, or the checksum of the IPv4 header is wrong */
	FORWARD_VLAN,       /* with a tag */
	FORWARD_OTHER_HOST, /* broadcast, multicast or somebody else's by its hardware address */
	FORWARD_OPTIONS,    /* IPv4 options, IPv6 hop-by-hop options */
	FORWARD_ADDRESS,    /* multicast, broadcast, link-local, loopback, unspecified */
	FORWARD_TTL,        /* TTL or hop limit is at its end */
	FORWARD_LOCAL,      /* for this host, or no route */
	FORWARD_BLACKHOLE,  /* the three kinds of routes that refuse */
	FORWARD_UNREACHABLE,
	FORWARD_PROHIBIT,
	FORWARD_DISABLED,     /* the interface must not forward: sysctl */
	FORWARD_ENCAPSULATED, /* the route has an encapsulation */
	FORWARD_NO_NEIGHBOUR, /* not resolved yet, or it does not answer */
	FORWARD_FRAG_NEEDED,  /* longer than the MTU on the way out */
	FORWARD_EXCLUDED,     /* it would leave by an interface of forward_exclude */
	FORWARD_FAILED,       /* the lookup failed in another way */
	FORWARD_REASONS,
};

/* All zeros: no cache. */
struct forward_settings {
	__u32 cache_jiffies; /* an entry is used for less than so many; 0: never */
	__u32 generation;    /* entries of another one are not used: add 1 to forget all */
	__u32 excludes;      /* 1: forward_exclude is looked at */
	__u32 padding;
};

/* A next hop, and how long it may be used. */
struct forward_hop {
	__u64 jiffies; /* when the FIB was asked */
	__u32 generation;
	__u32 ifindex;  /* 0: no entry */
	__u8 source[6]; /* in the order of struct bpf_fib_lookup */
	__u8 destination[6];
	__u16 mtu; /* longer ones ask the FIB */
	__u16 padding;
};

/*
 * The keys are all that the FIB is told, so a hit is what it answered to the same question, not
 * longer than cache_jiffies ago: with policy routing by source, ports, protocol, DSCP or incoming
 * interface, and with several paths.
 */
struct forward_key4 {
	__be32 source, destination;
	__be16 sport, dport; /* of packets that are no fragments */
	__u32 ifindex;       /* where it came in */
	__u8 protocol;
	__u8 tos; /* without ECN */
	__u16 zero;
	__u32 padding;
};

struct forward_key6 {
	__be32 source[4], destination[4];
	__be16 sport, dport;
	__u32 ifindex;
	__be32 flowinfo; /* traffic class without ECN, and flow label */
	__u8 protocol;
	__u8 zero[3];
};

#define FORWARD_KEY4_WORDS 3
#define FORWARD_KEY6_WORDS 6

struct forward_entry4 {
	union {
		struct forward_key4 key;
		__u64 words[FORWARD_KEY4_WORDS]; /* as the programs write it */
	};
	struct forward_hop hop;
};

struct forward_entry6 {
	union {
		struct forward_key6 key;
		__u64 words[FORWARD_KEY6_WORDS];
	};
	struct forward_hop hop;
};

_Static_assert(sizeof(struct forward_settings) == 16, "struct forward_settings is a pinned format");
_Static_assert(sizeof(struct forward_hop) == 32, "struct forward_hop is a pinned format");
_Static_assert(sizeof(struct forward_entry4) == 56, "struct forward_entry4 is a pinned format");
_Static_assert(sizeof(struct forward_entry6) == 80, "struct forward_entry6 is a pinned format");

#endif
