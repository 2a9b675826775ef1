/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting a program on a hook, exchanging it in one step, and taking it off. */
#ifndef PINNING_ATTACH_H
#define PINNING_ATTACH_H

#include <stdbool.h>
#include "bpffs/interface.h"
#include "bpffs/query.h"
#include "pinning/attach_netlink.h"

/* Where our clsact filters are; pref 1 handle 1 is what several other products take. */
#define ATTACH_TC_PREF   700
#define ATTACH_TC_HANDLE 1

/* So many tcx programs the kernel runs on one hook (BPF_MPROG_MAX, less the end of the row). */
#define ATTACH_TCX_MAX 63

/* How a program is to be on a hook. */
struct attach_how {
	enum hook hook;
	enum attach_by by;  /* ATTACH_XDP, ATTACH_CLSACT or ATTACH_TCX */
	enum xdp_mode mode; /* with ATTACH_XDP; XDP_MODE_NONE: native, else skb */
	bool link;          /* by a bpf_link (not with ATTACH_CLSACT) */
	const struct attachment
		*like; /* a filter of clsact that is to be as that one was, or NULL */
};

/* Before Linux 6.6, tc programs are attached by clsact alone. */
bool attach_has_tcx(const struct interface *iface);

/*
 * Changes to the hooks of one interface, and what the kernel said of them. Made of iface and
 * netlink; the rest begins empty.
 */
struct attaching {
	const struct interface *iface;
	struct netlink *netlink;
	/*
	 * Of the last request, if the kernel refused it; answer.unsure: it failed, and what the
	 * kernel did is not known, for its answer was lost and it could not be asked. Where only
	 * the answer is lost, the kernel is asked, and nothing fails.
	 */
	struct attach_answer answer;
	bool link_words_missed; /* it said it of a link where it cannot be read: without tracefs */
	char refusal[320];      /* why it refused last, in its own words where it has any, or "" */
};

/*
 * Put a program on a hook beside whatever else is there. XDP: only if the hook is free (-EBUSY
 * else). clsact: the qdisc is made if missing. With how->link, *link_fd is the link, which the
 * caller pins or closes; the program stays on only as long as the link.
 * Reports its failures, with the kernel's own words where it has any. Returns 0 or a negative
 * errno.
 */
int attach_new(struct attaching *a, struct attach_how *how, int prog_fd, int *link_fd);

/*
 * Take off what attach_new() has just put on, wherever the kernel has put it. Reports its failures.
 */
int attach_take_back(struct attaching *a, const struct attach_how *how, int prog_fd, __u32 prog_id,
                     int link_fd);

/* An attachment that is to go, with its program and its link (-1 if it has none) open. */
struct attach_old {
	const struct attachment *at;
	int prog_fd;
	int link_fd;
	bool going_back; /* what comes is what `at` was made for: a filter without direct-action */
};

/*
 * Exchange the program of an attachment for another in one step, if it is still the one that
 * `old` names: no packet goes without a program. -EEXIST, -EPERM or -ENOENT: it was another's
 * meanwhile. Reports its failures. Returns 0 or a negative errno.
 */
int attach_replace(struct attaching *a, const struct attach_old *old, int prog_fd);

/*
 * Take the program of an attachment off, if it is still the one that `old` names. A link is
 * detached (BPF_LINK_DETACH, 5.9), whoever holds it. Reports its failures.
 */
int attach_remove(struct attaching *a, const struct attach_old *old);

/*
 * Ask the kernel whether the program is on the hook now, and fill in how. Removing in a wrong mode,
 * for one, reports success and does nothing. link_fd: the link by which it was attached, or -1.
 * Returns 0, -ENOENT if it is not (silent), or another negative errno, reported.
 */
int attach_verify(const struct interface *iface, enum hook hook, __u32 prog_id, int link_fd,
                  struct netlink *netlink, struct attachment *found);

#endif
