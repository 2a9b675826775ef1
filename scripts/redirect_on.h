/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Switching on, in one direction or both. */
#ifndef SCRIPTS_REDIRECT_ON_H
#define SCRIPTS_REDIRECT_ON_H

#include "scripts/redirect_side.h"

/*
 * Switch on `len` directions, 1 or 2, whose mode and pairs say how. If that fails, what was on
 * before goes on. Reported. Returns 0 or a negative errno.
 */
int redirect_turn_on(struct redirect_side sides[2], int len,
                     const struct redirect_options *options);

#endif
