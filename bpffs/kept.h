/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Maps that stay pinned for the next program though no program of the record uses them any more.
 * The field `kept` of the record names them, so that they can be told from what others pinned in
 * the directory.
 */
#ifndef BPFFS_KEPT_H
#define BPFFS_KEPT_H

#include <stdbool.h>
#include "bpffs/directory.h"

/*
 * Note in the next record of a directory which of the maps that were published before stay pinned
 * when the stage has been carried out. stage_fd: of that stage, which is complete.
 */
void kept_note(struct record *next, const struct directory *dir, int stage_fd);

/* Others pin here as well, asked to, and what they pin is the interface's: iproute2_env. */
int kept_note_loaders(struct record *rec);

/*
 * The map was published in the directory of this record, or may have been pinned there by a loader
 * that was led to it. Old maps need not be asked about: their names are ours.
 */
bool kept_is_ours(const struct record *rec, __u32 map_id);

#endif
