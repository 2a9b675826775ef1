/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Programs that a run put on their hook without getting as far as to publish their pins: it is
 * still at it, or it was killed, and the next writer goes on where it stopped. For who only looks.
 */
#ifndef BPFFS_UNFINISHED_H
#define BPFFS_UNFINISHED_H

#include "bpffs/directory.h"

/*
 * Find the stage in which the program is the new one for a hook of the directory, by the name of
 * that; NULL: of any, as the directory may be in that stage itself. Takes no lock. Silent.
 */
bool unfinished_find(const char *relative, enum hook hook, __u32 prog_id, char stage[NAME_MAX + 1]);

#endif
