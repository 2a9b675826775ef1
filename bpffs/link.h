/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What rtnetlink says of an interface, and of the other end of a veth. */
#ifndef BPFFS_LINK_H
#define BPFFS_LINK_H

#include <linux/types.h>
#include <net/if.h>
#include <stdbool.h>

#define LINK_KIND_SIZE 16

struct link_facts {
	char name[IF_NAMESIZE];
	char kind[LINK_KIND_SIZE]; /* "veth", "bond"; "" for a device */
	__u32 flags;               /* IFF_* */
	__u8 mac[6];               /* zeros if it has none of six bytes */
	__u32 mtu;
	__u32 master;  /* ifindex of the bond or bridge above, or 0 */
	__u32 lower;   /* ifindex below, or of a veth's peer, or 0 */
	bool has_nsid; /* that one is in another network namespace: */
	__s32 nsid;    /* by its id in this one */
	int bond_mode; /* of a bond, else -1 */
	__u32 rx_queues, tx_queues;
};

/* Ask in the present network namespace. Returns 0 or a negative errno. */
int link_facts_get(__u32 ifindex, struct link_facts *facts);

/*
 * Call visit(arg) in the network namespace of the other end of a veth.
 * Returns what it returned, or -ENOENT if that namespace is not to be found, or -EPERM.
 */
int link_visit_peer(const struct link_facts *facts, int (*visit)(void *arg), void *arg);

#endif
