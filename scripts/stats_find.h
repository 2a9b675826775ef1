/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The directory that holds an interface's statistics, also when the interface is gone. */
#ifndef STATS_FIND_H
#define STATS_FIND_H

#include "bpffs/directory.h"
#include "scripts/stats_sample.h"

/*
 * Open the directory of a target, and fill in iface, found and path of the sample.
 * Returns and reports as sample_take() does.
 */
int find_directory(struct directory *dir, struct sample *sample, const struct bpffs *fs,
                   const struct target *target);

#endif
