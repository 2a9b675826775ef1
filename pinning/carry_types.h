/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types of maps that are carried over, where the kernel was given none. */
#ifndef PINNING_CARRY_TYPES_H
#define PINNING_CARRY_TYPES_H

#include "bpffs/directory.h"
#include "pinning/carry.h"
#include "pinning/plan.h"

/*
 * The new map's are as the object of the plan says, the old one's as the new one's, if they were
 * noted as the same when it was pinned. If they were noted as others, one->why says so.
 */
void carry_define(struct carried *one, const struct plan_map *map, const struct directory *dir);

#endif
