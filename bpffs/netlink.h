/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* rtnetlink requests and their answers, over libmnl. */
#ifndef BPFFS_NETLINK_H
#define BPFFS_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include "bpffs/netns.h"

/*
 * A socket for several requests, of the network namespace in which it was opened: whoever uses it
 * stays there. All zeros: it is opened with the first request.
 */
struct netlink {
	struct mnl_socket *socket;
	char *answer; /* room for one message */
	unsigned int seq;
	bool has_netns;
	struct netns_id netns;
};

/*
 * Send a request and call cb(message, arg) for each message of the answer: one, or all of a dump.
 * cb NULL: nothing but an acknowledgement is expected; with NLM_F_ACK one follows the answer, or
 * comes alone where the kernel has none.
 * Returns 0 or a negative errno: the kernel's own answer, or -EINTR when the kernel says that a
 * dump is not consistent. Silent.
 */
int netlink_request(struct netlink *netlink, struct nlmsghdr *request, mnl_cb_t cb, void *arg);
void netlink_close(struct netlink *netlink);

/* The network namespace of the socket, which is the present one. Returns 0 or a negative errno. */
int netlink_netns(struct netlink *netlink, struct netns_id *id);

/* The same with a socket for this one request. */
int netlink_ask(struct nlmsghdr *request, mnl_cb_t cb, void *arg);

struct netlink_change {
	char words[256]; /* the kernel's own on why it refused, or "" */
	bool lost;       /* the answer did not come: it may be done all the same */
};

/*
 * Ask for a change, and take the kernel's answer to it. Returns 0 or a negative errno, which with
 * change->lost is of the receiving alone. Silent.
 */
int netlink_change(struct netlink *netlink, struct nlmsghdr *request,
                   struct netlink_change *change);

#endif
