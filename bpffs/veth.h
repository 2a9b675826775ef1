/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The other end of a veth, on which it depends whether frames of XDP arrive, and whether what it
 * sends can be redirected by XDP.
 */
#ifndef BPFFS_VETH_H
#define BPFFS_VETH_H

#include <stdbool.h>
#include "bpffs/link.h"

struct veth_peer {
	__u32 ifindex; /* in its own network namespace */
	struct link_facts facts;
	int netns_fd;           /* of that namespace; the caller closes it */
	int gro;                /* 1: on, and it takes frames for it; 0, or a negative errno */
	bool gro_helps;         /* it would take frames for it */
	__u32 native_prog;      /* id, or 0 */
	__u32 skb_prog;         /* the same of generic XDP, which takes nothing for it */
	unsigned int tx_queues; /* 0 if unknown */
	/* What it leaves to a device when it sends. Each is 1, 0 or a negative errno. */
	int tx_checksum; /* the checksums of TCP and UDP */
	int tx_segments; /* TCP in frames above the MTU, to be cut (TSO) */
	int tx_vlan;     /* VLAN tags, which lie beside the packet until then */
};

/* What is lost of its TCP or UDP when XDP redirects it. */
enum veth_loss {
	VETH_LOSES_NOTHING, /* or it is not known */
	VETH_LOSES_CHECKSUMS,
	VETH_LOSES_SEGMENTS,
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

/*
 * A frame of native XDP has no place for the note that its checksum is still to be computed; one
 * of generic XDP has, but nobody cuts it, and above the MTU of where it goes it is dropped.
 */
enum veth_loss veth_peer_loss(const struct veth_peer *peer, bool native);

/* Say it, with what to type about it. veth: the name of the end with the program. */
void veth_peer_tell_loss(const struct veth_peer *peer, const char *veth, enum veth_loss loss);

/* Native XDP is refused on a veth with fewer receive queues than its peer has transmit queues. */
struct veth_queues {
	unsigned int has;  /* the veth, to receive */
	bool on_peer;      /* the command is for the network namespace of the peer */
	char command[128]; /* what mends it */
};

/* Whether that is so of the veth of this name; then it is told. */
bool veth_lacks_queues(const char *veth, const struct veth_peer *peer, struct veth_queues *queues);

#endif
