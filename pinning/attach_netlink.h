/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The requests over rtnetlink by which programs come onto a hook, and go. An answer that is lost is
 * no answer: then the kernel is asked what is so.
 */
#ifndef PINNING_ATTACH_NETLINK_H
#define PINNING_ATTACH_NETLINK_H

#include "bpffs/interface.h"
#include "bpffs/query.h"

struct netlink;

struct attach_answer {
	char words[256]; /* the kernel's own on why it refused, or "" */
	bool unsure;     /* it failed, and the kernel could not be asked whether it is done */
};

/* XDP_FLAGS_* of a mode. */
__u32 attach_xdp_flags(enum xdp_mode mode);

/*
 * Exchange the XDP program in a mode (skb, native or hw) for another if it is still the expected
 * one; expected_fd -1: if there is none, prog_fd -1: for none. Each returns 0 or a negative errno;
 * silent, but for what cannot be asked.
 */
int attach_netlink_xdp(const struct interface *iface, struct netlink *netlink, enum xdp_mode mode,
                       int prog_fd, int expected_fd, struct attach_answer *answer);

/* Make the clsact qdisc, unless it or the ingress qdisc is there. */
int attach_netlink_qdisc(const struct interface *iface, struct netlink *netlink,
                         struct attach_answer *answer);

/*
 * Make a filter in the place, of the protocol and with the flags of `at`; or exchange the program
 * of the one that is there; or remove it.
 */
int attach_netlink_filter(const struct interface *iface, struct netlink *netlink,
                          const struct attachment *at, int prog_fd, struct attach_answer *answer);
int attach_netlink_refilter(const struct interface *iface, struct netlink *netlink,
                            const struct attachment *at, int prog_fd, struct attach_answer *answer);
int attach_netlink_unfilter(const struct interface *iface, struct netlink *netlink,
                            const struct attachment *at, struct attach_answer *answer);

#endif
