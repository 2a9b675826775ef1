/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* One rtnetlink request and its answers, over libmnl. */
#ifndef BPFFS_NETLINK_H
#define BPFFS_NETLINK_H

#include <libmnl/libmnl.h>

/*
 * Send a request and call cb(message, arg) for each message of the answer.
 * Returns 0 or a negative errno: the kernel's own answer, or -EINTR when the kernel says that a
 * dump is not consistent.
 */
int netlink_ask(struct nlmsghdr *request, mnl_cb_t cb, void *arg);

#endif
