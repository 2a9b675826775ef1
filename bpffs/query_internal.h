/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What the parts of a query share. */
#ifndef BPFFS_QUERY_INTERNAL_H
#define BPFFS_QUERY_INTERNAL_H

#include "bpffs/netlink.h"
#include "bpffs/query.h"

/* Put one more at the end. Returns 0 or -ENOMEM. */
int query_add(struct attachments *all, const struct attachment *at);

/*
 * Add what is on that hook of tc, in the order in which it runs: netkit before tcx, and tcx before
 * clsact. Sets all->known of the hook. Returns 0 or a negative errno.
 */
int query_tc(struct attachments *all, const struct interface *iface, struct netlink *netlink,
             enum hook hook);

/*
 * Neither clsact nor the ingress qdisc is there, and so no filter: one question in the place of two
 * dumps. False also if the kernel does not say so. Silent.
 */
bool query_has_no_qdisc(const struct interface *iface, struct netlink *netlink);

#endif
