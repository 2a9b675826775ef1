/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A network interface of the present network namespace, as rtnetlink describes it. */
#ifndef BPFFS_INTERFACE_H
#define BPFFS_INTERFACE_H

#include <linux/types.h>
#include <net/if.h>
#include "bpffs/netns.h"

/* The longest hardware address of the kernel (MAX_ADDR_LEN), written as aa:bb:..., with NUL. */
#define MAC_TEXT_SIZE (32 * 3)

struct interface {
	char name[IF_NAMESIZE]; /* the real name, also when found by an altname */
	__u32 ifindex;
	struct netns_id netns;
	char mac[MAC_TEXT_SIZE]; /* "" if it has none */
};

/*
 * Find an interface by its name or altname, in the present network namespace or, if netns is
 * given, in that one, which the process then enters and stays in (netns_enter()).
 * Reports its failures. Returns 0 or a negative errno.
 */
int interface_find(struct interface *iface, const char *name, const char *netns);

/* The same without a message and without entering a namespace. -ENODEV: there is none. */
int interface_by_name(struct interface *iface, const char *name);
int interface_by_index(struct interface *iface, __u32 ifindex);

/* The same over a socket for several requests. The first reports its failures. */
struct netlink;
int interface_find_over(struct interface *iface, const char *name, struct netlink *netlink);
int interface_by_name_over(struct interface *iface, const char *name, struct netlink *netlink);

#endif
