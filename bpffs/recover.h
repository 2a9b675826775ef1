/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What killed runs left: finished or undone by the next one. */
#ifndef BPFFS_RECOVER_H
#define BPFFS_RECOVER_H

#include <net/if.h>
#include <stdbool.h>
#include "bpffs/bpffs.h"
#include "bpffs/directory.h"
#include "bpffs/interface.h"

struct leftover;

/*
 * Before the pins of a stage that goes forward are moved in, with the directory locked: what must
 * be done while nobody can find the new maps by name. leftover_uses() says which maps are still in
 * use on its hook. It reports what fails.
 */
typedef void (*recover_before_fn)(const struct leftover *l, const struct directory *dir);

/* What to do about one of which it cannot be told: who may ask, or else with the command for gc. */
#define RECOVER_REMEDY_ASK                                                                         \
	"run as root, or with CAP_SYS_ADMIN and CAP_NET_ADMIN: what is attached tells it"
#define RECOVER_REMEDY_DROP "%s --stages, once nothing of it is wanted"

/*
 * Finish or undo every stage whose writer is dead, and say so. The caller holds bpffs_lock().
 * A stage that was to change a hook goes forward if its new program is attached, and back if the
 * old one is. If it is neither, it goes forward as well, so that what the new program counted is
 * found, unless what is there uses maps that it would replace: then it goes back. If the kernel
 * cannot be asked (-EUCLEAN), it stays, and is named with both programs.
 * A stage of another interface in whose directory somebody is at work is left to the next run.
 * Every failure is reported; returned is only that of a stage of iface, 0 else: what is wrong with
 * one interface does not hold up the others.
 * before: called for each that goes forward and has moved nothing yet.
 */
int recover_stages(const struct bpffs *fs, const struct interface *iface, recover_before_fn before);

/*
 * Whether a stage, of those in stages_fd, is one whose writer is dead and of which nobody can tell
 * how it is to end; then ifname is its interface. blind: with all capabilities it could be told.
 * Changes nothing; silent.
 */
bool recover_is_stuck(const struct bpffs *fs, int stages_fd, const char *name,
                      char ifname[IF_NAMESIZE], bool *blind);

#endif
