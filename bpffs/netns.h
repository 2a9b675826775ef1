/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Network namespaces: which one this is, entering another, finding one again. */
#ifndef BPFFS_NETNS_H
#define BPFFS_NETNS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Who a network namespace is. The cookie (SO_NETNS_COOKIE, Linux 5.14) is never used twice; where
 * the kernel has none it is 0, and the inode of the namespace file has to do.
 */
struct netns_id {
	__u64 cookie;
	__u64 ino;
};

/* Decimal digits of 64 bits, the mark of an inode, NUL. */
#define NETNS_COMPONENT_SIZE 24

bool netns_equal(const struct netns_id *a, const struct netns_id *b);

/* The name of a namespace's directory below ns/: the cookie, or i<inode> where there is none. */
void netns_component(const struct netns_id *id, char out[NETNS_COMPONENT_SIZE]);

/* The namespace that this process is in now. Returns 0 or a negative errno (socket, stat). */
int netns_current(struct netns_id *id);

/* The namespace in which the tool was started, before any netns_enter(). */
int netns_caller(struct netns_id *id);

/*
 * Enter the network namespace that a user named: a name of ip-netns(8), a path or a pid. Only the
 * network namespace changes, never the mounts, so bpffs stays in view. Reports its failures.
 * Returns 0 or a negative errno (setns(2): CAP_SYS_ADMIN).
 */
int netns_enter(const char *spec);

/*
 * Find a namespace among the named ones and those of running processes.
 * Returns a descriptor that the caller closes, or -ENOENT if it is not to be found (which does
 * not prove that it is gone).
 */
int netns_find(const struct netns_id *id);

/*
 * Call visit(arg) inside the namespace of netns_fd, and come back.
 * Returns what visit returned, or a negative errno. Failing to come back ends the process:
 * nothing that follows could be right.
 */
int netns_visit(int netns_fd, int (*visit)(void *arg), void *arg);

/* The same in that namespace, which may be the present one; else as netns_find() finds it. */
int netns_visit_id(const struct netns_id *id, int (*visit)(void *arg), void *arg);

#endif
