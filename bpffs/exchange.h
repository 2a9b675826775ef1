/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Two directories of the layout change places. */
#ifndef BPFFS_EXCHANGE_H
#define BPFFS_EXCHANGE_H

#include "bpffs/bpffs.h"

/*
 * In one step, or where the kernel cannot (5.10) by way of a third place, from which a directory
 * follows its interface should this run be killed. Paths are relative to the bpffs; the caller
 * holds bpffs_lock(). Returns 0 or a negative errno.
 */
int directories_exchange(const struct bpffs *fs, const char *one, const char *other);

#endif
