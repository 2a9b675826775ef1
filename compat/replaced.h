/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in the place that a filter is for. */
#ifndef COMPAT_REPLACED_H
#define COMPAT_REPLACED_H

#include <linux/netlink.h>
#include <linux/types.h>

/*
 * The id of the program whose filter a request would replace or delete, as the kernel says now; 0:
 * there is none, also if the request has no pref or no handle.
 */
__u32 replaced_prog(const struct nlmsghdr *request);

#endif
