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
 * Find a group by name or number and see that it may be let in: everybody must be able to pass the
 * root, and nobody but root may be able to write any directory of any BPF filesystem in sight,
 * since a read-only descriptor can be pinned there again and reopened for writing. BPF filesystems
 * of other mount namespaces cannot be seen. Reports its failures. Returns 0, -ENOENT for an unknown
 * group, -EACCES or -EPERM.
 */
int access_check_group(const struct bpffs *fs, const char *group, __u32 *gid);

#endif
