/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the cgroup of this process may have of memory: maps are counted in it (Linux 5.11). */
#ifndef PINNING_MEMORY_LIMIT_H
#define PINNING_MEMORY_LIMIT_H

#include <limits.h>
#include <stdbool.h>

/*
 * The lowest limit of the cgroup and of those around it, in bytes, and the file that sets it, by
 * which it can be raised. Returns false where none is set, or none can be seen. Silent.
 */
bool memory_limit_find(unsigned long long *bytes, char file[PATH_MAX]);

#endif
