/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Undoing a redirect: the switch, the flows, the other direction and the stubs. */
#ifndef SCRIPTS_REDIRECT_OFF_H
#define SCRIPTS_REDIRECT_OFF_H

#include "scripts/redirect_side.h"

/*
 * Undo what this tool did on side->from, also what was begun and not ended; takes the locks by
 * itself. What somebody else set stays, and is told. Reports its failures. Returns an exit status:
 * EXIT_PARTLY if the direction is off, and not all of the rest could be undone.
 */
int redirect_turn_off(struct redirect_side *side, const struct redirect_options *options);

#endif
