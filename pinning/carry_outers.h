/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of the slots of maps of maps that have a map which is carried over. */
#ifndef PINNING_CARRY_OUTERS_H
#define PINNING_CARRY_OUTERS_H

#include "pinning/carry.h"
#include "pinning/elsewhere.h"

/*
 * Put the new maps into the slots of the directory's maps of maps that have the old ones. Where
 * that cannot be, or must not, one->shared is set: the old one stays as it is. Said.
 */
void carry_exchange_in_outers(struct carry *carry, const struct carry_place *at,
                              struct elsewhere *others);

#endif
