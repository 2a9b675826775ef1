/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The places in an interface's directory where programs, links and notes are pinned. */
#ifndef BPFFS_PLACES_H
#define BPFFS_PLACES_H

#include <sys/stat.h>
#include "bpffs/directory.h"

#define PLACES_PATH_SIZE (NAME_SIZE * 2)

/*
 * Find a directory that stands where a pin belongs: no rename can put one there, which would stop
 * an exchange after the switch. dir_fd: of the interface's directory, below which path is.
 * Returns 1 if there is one, 0, or a negative errno. Silent.
 */
int places_find_directory(int dir_fd, char path[PLACES_PATH_SIZE]);

/* The same in one of the places, which st describes. */
int places_look_in(int dir_fd, const char *place, const struct stat *st,
                   char path[PLACES_PATH_SIZE]);

#endif
