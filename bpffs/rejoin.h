/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Old maps of an egress program that has the flat map now: they are old ones of that. */
#ifndef BPFFS_REJOIN_H
#define BPFFS_REJOIN_H

#include "bpffs/skeleton.h"

/*
 * The directory is completed: wherever %egress/NAME is a symlink to the flat map, have
 * %egress/NAME%old-ID become NAME%old-ID, where whoever counts or looks for old ones of the flat
 * map finds it. A second run is harmless. Returns 0 or a negative errno; silent.
 */
int rejoin_old(const struct skeleton *s);

#endif
