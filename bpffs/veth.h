/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The other end of a veth, on which it depends whether frames of XDP arrive. */
#ifndef BPFFS_VETH_H
#define BPFFS_VETH_H

#include "bpffs/link.h"

struct veth_peer {
	__u32 ifindex; /* in its own network namespace */
	struct link_facts facts;
	int netns_fd;           /* of that namespace; the caller closes it */
	int gro;                /* 1, 0 or a negative errno */
	__u32 native_prog;      /* id, or 0 */
	unsigned int tx_queues; /* 0 if unknown */
};

/*
 * Look at the other end, in whatever network namespace it is.
 * Returns 0; -ENODEV if the link is no veth; -ENOENT if that namespace is not to be found; or
 * another negative errno. Silent; peer->ifindex is set in any case.
 */
int veth_peer_get(const struct link_facts *veth, struct veth_peer *peer);

/*
 * Whether it takes what native XDP sends to it: back out of the veth (XDP_TX), or from another
 * interface (redirect). 1, 0, or a negative errno: not known.
 */
int veth_peer_takes_tx(const struct veth_peer *peer);
int veth_peer_takes_redirect(const struct veth_peer *peer);

#endif
