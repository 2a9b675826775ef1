/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What runs on an interface against what is pinned in its directory. */
#ifndef PINNING_STATUS_PINS_H
#define PINNING_STATUS_PINS_H

#include "pinning/status_look.h"

/* Fill in maps and drift. Returns 0 or -ENOMEM. */
int status_look_at_pins(struct status *st);

/* Fill in the pins that nothing attached needs. Returns 0 or -ENOMEM. */
int status_look_for_orphans(struct status *st);

bool status_uses_map(const struct live *live, __u32 map_id);
bool status_runs(const struct status *st, enum hook hook, __u32 prog_id);

/* The id of the link that is pinned for a hook in the directory, or 0. */
__u32 status_pinned_link(const struct status *st, enum hook hook);

#endif
