/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* bpf_links: which one attaches a program, which is not in rtnetlink's answers. */
#ifndef BPFFS_LINKS_H
#define BPFFS_LINKS_H

#include <linux/bpf.h>
#include <stdbool.h>
#include "bpffs/query.h"

/*
 * Call visit(fd, info, arg) for every link of the kernel until it returns anything but 0, which is
 * then returned. The descriptor is closed afterwards. Needs CAP_SYS_ADMIN (BPF_LINK_GET_NEXT_ID);
 * returns -EPERM without it.
 */
int links_each(int (*visit)(int fd, const struct bpf_link_info *info, void *arg), void *arg);

/* The interface of an XDP, tcx or netkit link is gone, or it was detached: it holds no program. */
bool link_is_dead(const struct bpf_link_info *info);

/* The id of the program that a pinned link holds on an interface; 0 if it is dead, or no link. */
__u32 link_pinned_prog(int dir_fd, const char *file);

/*
 * Note in each XDP attachment the link that holds it: link_id stays 0 where there is none. One that
 * is noted already stays as it is. Returns 0 or a negative errno as above, silent.
 */
int links_find(struct attachments *attached, const struct interface *iface);

/* The XDP links that hold a program on an interface. Begins as zeros. */
struct xdp_links {
	struct xdp_link {
		__u32 id, prog_id, ifindex;
	} * list;
	size_t len;
	bool listed;
};

/* links_find() for several interfaces: the links are listed once, when an attachment asks for it.
 */
int links_match(struct xdp_links *links, struct attachments *attached,
                const struct interface *iface);
void links_free(struct xdp_links *links);

#endif
