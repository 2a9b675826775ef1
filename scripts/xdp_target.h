/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether an interface takes the frames that XDP redirects to it, what is lost of those that it
 * receives, and what helps.
 */
#ifndef SCRIPTS_XDP_TARGET_H
#define SCRIPTS_XDP_TARGET_H

#include <linux/types.h>
#include <stdbool.h>
#include "bpffs/interface.h"
#include "bpffs/veth.h"

enum xdp_target {
	XDP_TARGET_TAKES,
	XDP_TARGET_DOWN,    /* it is not up */
	XDP_TARGET_PEER,    /* a veth whose other end has neither a native program nor GRO */
	XDP_TARGET_DRIVER,  /* its driver has no way to send them */
	XDP_TARGET_HIDDEN,  /* a veth whose other end cannot be looked at: peer->gro says why */
	XDP_TARGET_UNKNOWN, /* an old kernel */
};

/*
 * Judge a target. native: the frames come from a native program; what generic XDP and tc send goes
 * the usual way, so they only need it to be up. peer (closed by the caller if its netns_fd is not
 * -1) is filled in for XDP_TARGET_PEER.
 */
enum xdp_target xdp_target_judge(const struct interface *to, bool native, struct veth_peer *peer);

/* XDP runs natively on an interface. */
bool xdp_is_native(const struct interface *iface);

/*
 * What is lost of the TCP or UDP that an interface receives when its XDP program redirects it:
 * nothing but on a veth. peer (closed by the caller if its netns_fd is not -1) is the other end.
 */
enum veth_loss xdp_source_judge(const struct interface *from, struct veth_peer *peer);

/*
 * Put the stub program on the other end of a veth, by the tool load, which refuses if any program
 * is there by then. prog_id gets the id of the program there. Reports its failures. Returns 0 or a
 * negative errno.
 */
int stub_load(const struct interface *veth, const struct veth_peer *peer, __u32 *prog_id);

/* Under a refusal: say which program of peer->skb_prog stands where a stub would, and what helps.
 */
void stub_hint_taken(const struct veth_peer *peer);

/*
 * Take the stub off the other end of a veth, by the tool unload, if it is still the program with
 * that id; REDIRECT_STUB_COMING: if any stub is there. Where the veth is not in this network
 * namespace, the program is looked for in all others that can be found. Reports its failures.
 * Returns 0 (also if there is nothing to take off) or a negative errno, such as -EPERM if it cannot
 * be looked at.
 */
int stub_unload(const struct interface *veth, __u32 prog_id);

#endif
