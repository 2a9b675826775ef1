/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Who may write, and letting a group read. */
#ifndef BPFFS_ACCESS_H
#define BPFFS_ACCESS_H

#include <stdbool.h>
#include "bpffs/bpffs.h"

/*
 * Whether this process may do BPF at all (CAP_BPF or CAP_SYS_ADMIN, by libcap). Without that it
 * must not even make a directory: it would be in root's way.
 */
bool access_privileged(void);

/*
 * Whether this is a user namespace of its own, whose capabilities the BPF checks do not see:
 * 1 or 0, with /proc/self/uid_map's line in evidence, or a negative errno.
 */
int access_user_namespace(char *evidence, size_t size);

/*
 * Say, under a failure for want of privilege, what to do about it: root, or the capabilities that
 * caps names, if not NULL; or to leave a user namespace, whose root may do no more.
 */
void access_hint(const char *caps);

/*
 * Report that the programs on an interface could not be opened by their ids, as live_query() does;
 * for want of privilege with access_hint(caps). Returns err.
 */
int access_programs_refused(int err, const char *ifname, const char *caps);

/*
 * Find a group by name or number and see that it may be let in: everybody must be able to pass the
 * root, and nobody but root may be able to write any directory of any BPF filesystem in sight,
 * since a read-only descriptor can be pinned there again and reopened for writing. BPF filesystems
 * of other mount namespaces cannot be seen. Reports its failures. Returns 0, -ENOENT for an unknown
 * group, -EACCES or -EPERM.
 */
int access_check_group(const struct bpffs *fs, const char *group, __u32 *gid);

#endif
