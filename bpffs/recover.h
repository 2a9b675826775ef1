/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What killed runs left: finished or undone by the next one. */
#ifndef BPFFS_RECOVER_H
#define BPFFS_RECOVER_H

#include <net/if.h>
#include <stdbool.h>
#include "bpffs/bpffs.h"
#include "bpffs/directory.h"
#include "bpffs/interface.h"

/*
 * A stage whose program is on its hook, before its pins are moved in, with the directory locked:
 * what must be done while nobody can find the new maps by name. It reports what fails.
 */
typedef void (*recover_before_fn)(int stage_fd, const struct directory *dir);

/*
 * Finish or undo every stage whose writer is dead, and say so. The caller holds bpffs_lock().
 * A stage that was to change a hook goes forward if its new program is attached, and back if the
 * old one is. If it is neither (-EUCLEAN), both stay, and stage and programs are named.
 * A stage of another interface in whose directory somebody is at work is left to the next run.
 * Every failure is reported; returned is only that of a stage of iface, 0 else: what is wrong with
 * one interface does not hold up the others.
 * before: called for each that goes forward and has moved nothing yet.
 */
int recover_stages(const struct bpffs *fs, const struct interface *iface, recover_before_fn before);

/*
 * Whether a stage, of those in stages_fd, is one whose writer is dead and of which nobody can tell
 * how it is to end; then ifname is its interface. Changes nothing; silent.
 */
bool recover_is_stuck(const struct bpffs *fs, int stages_fd, const char *name,
                      char ifname[IF_NAMESIZE]);

#endif
