/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose a program is cannot be told where the pins that say so cannot be looked at. */
#ifndef PINNING_STATUS_BLIND_H
#define PINNING_STATUS_BLIND_H

#include "pinning/status_look.h"

/*
 * Take back what was decided about an attached program by pins that are only not to be seen. The
 * failure is reported, and st->partly set.
 */
void status_doubt_owner(struct status *st, struct status_prog *prog);

#endif
