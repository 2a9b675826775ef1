/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fronts of IPv4 sets (objects/acl_lists.h): what a program looks at before the set. A front
 * may say that there is something where there is nothing, but never the other way round, at any
 * moment. Failures are reported.
 */
#ifndef SCRIPTS_ACL_FRONT4_H
#define SCRIPTS_ACL_FRONT4_H

#include "scripts/acl_ranges.h"
#include "scripts/acl_set4.h"

/* Make it the set of a slot, in one step: set4_publish() with its front. */
int front4_publish_set(const struct set4_maps *maps, __u32 slot, struct set4 *set);

/* Leave a slot without IPv4 addresses. */
int front4_remove_set(const struct set4_maps *maps, __u32 slot);

/* set4_edit(), with the front. */
int front4_edit_set(const struct set4_maps *maps, __u32 slot, struct ranges4 *ranges,
                    enum set_edit edit, __u64 *changed);

#endif
