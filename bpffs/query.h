/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What the kernel says is attached to an interface, on every hook. */
#ifndef BPFFS_QUERY_H
#define BPFFS_QUERY_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "bpffs/hook.h"
#include "bpffs/interface.h"

enum attach_by {
	ATTACH_XDP,    /* netlink or bpf_link; the kernel's answer does not tell which */
	ATTACH_CLSACT, /* a bpf filter of the clsact or ingress qdisc */
	ATTACH_TCX,
	ATTACH_NETKIT,
};

enum xdp_mode {
	XDP_MODE_NONE,
	XDP_MODE_SKB,
	XDP_MODE_NATIVE,
	XDP_MODE_HW,
};

/* The ingress qdisc has no egress: it puts a filter for that on ingress, and says nothing. */
enum tc_qdisc {
	TC_NONE,
	TC_INGRESS,
	TC_CLSACT,
};

struct attachment {
	enum hook hook;
	enum attach_by by;
	enum xdp_mode mode; /* ATTACH_XDP only */
	__u32 prog_id;
	__u32 link_id; /* tcx and netkit: 0 if attached without a link */
	/* ATTACH_CLSACT only; protocol: ETH_P_*, flags: TCA_CLS_FLAGS_SKIP_* */
	__u32 chain, pref, handle, classid, flags;
	__u16 protocol;
	__u32 block;   /* that interfaces share, or 0 */
	bool indirect; /* it gives a class, and its actions decide: without direct-action */
};

/* Everything that is attached to one interface, each hook's programs in run order. */
struct attachments {
	struct attachment *list;
	size_t len;
	/* The hook was read in full. tcx can only be queried with CAP_NET_ADMIN. */
	bool known[HOOKS];
	char ifname[IF_NAMESIZE]; /* what the interface is called, with XDP */
	/* Of these there can be none here: they need not be asked for. */
	bool no_netkit, no_filters;
};

/*
 * Which of the two qdiscs with filters an interface has. The kernel lists those of all interfaces
 * for this, so only who must know asks. Returns 0 or a negative errno; silent.
 */
int attachments_qdisc(const struct interface *iface, enum tc_qdisc *qdisc);

/* The block of filters that a tc hook was given, to be shared with other interfaces, or 0. */
int attachments_block(const struct interface *iface, enum hook hook, __u32 *block);

/* "xdp", "clsact", "tcx", "netkit", and "skb", "native", "hw". */
const char *attach_by_name(enum attach_by by);
const char *xdp_mode_name(enum xdp_mode mode);

/*
 * Ask for all hooks of an interface of the present network namespace: rtnetlink for XDP and tc,
 * BPF_PROG_QUERY for tcx and netkit. Nothing here needs privilege but tcx, see known.
 * Returns 0 or a negative errno, reported. attachments_free() releases the list.
 */
int attachments_query(struct attachments *all, const struct interface *iface);

/* The same of any interface that is come by, and may be gone by now: that, -ENODEV, is silent. */
int attachments_query_passing(struct attachments *all, const struct interface *iface);

/* attachments_query() over a socket for several requests; and of one hook alone, known of no other.
 */
struct netlink;
int attachments_query_over(struct attachments *all, const struct interface *iface,
                           struct netlink *netlink);
int attachments_query_hook(struct attachments *all, const struct interface *iface,
                           struct netlink *netlink, enum hook hook);
void attachments_free(struct attachments *all);

/*
 * Every hook was read: what is not listed is not attached. Who goes by that asks. Returns 0, or
 * -EPERM, reported.
 */
int attachments_check(const struct attachments *all, const struct interface *iface);

/* A copy of all attachments but one of them. Returns 0 or -ENOMEM. */
int attachments_without(const struct attachments *all, const struct attachment *one,
                        struct attachments *rest);

/* The program runs on that hook, as far as is known. */
bool attachments_has(const struct attachments *all, enum hook hook, __u32 prog_id);

#endif
