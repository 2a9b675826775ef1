/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which interfaces status shows, and the directory of each. */
#ifndef PINNING_STATUS_FIND_H
#define PINNING_STATUS_FIND_H

#include "pinning/status_look.h"

/*
 * Find an interface by its name and open its directory; of an interface that is gone, its
 * directory may be left. Reports its failures. Returns 0, -ENODEV if there is neither, or another
 * negative errno.
 */
int status_find(struct status *st, struct status_scope *scope, const char *ifname);

/*
 * Call visit(st, arg) for each interface of this network namespace and then for each directory
 * that an interface left, until it returns anything but 0, which is then returned. visit releases
 * what it is given. Returns 0 or a negative errno, reported.
 */
int status_find_all(struct status_scope *scope, int (*visit)(struct status *st, void *arg),
                    void *arg);

#endif
