// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include "scripts/stats_shared.h"

static void compare(struct hook_stats *hook, const struct recorded *other)
{
	if (!recorded_has_map(other, hook->map_id))
		return;
	if (hook->shared_len < SHARED_NAMES)
		snprintf(hook->shared[hook->shared_len], sizeof(hook->shared[0]), "%s",
		         other->ifname);
	hook->shared_len++;
}

/* Programs that others put there may count on ingress and egress in one map. */
static void compare_hooks(struct sample *sample)
{
	for (unsigned int i = 0; i < sample->hooks_len; i++)
		for (unsigned int k = 0; k < sample->hooks_len; k++)
			if (i != k && sample->hooks[i].map_id == sample->hooks[k].map_id)
				sample->hooks[i].shared_hooks[sample->hooks[k].hook] = true;
}

void shared_find(struct sample *sample, struct records *records, const struct directory *dir)
{
	compare_hooks(sample);
	if (records_refresh(records))
		return;
	for (size_t i = 0; i < records->len; i++)
		for (unsigned int k = 0; k < sample->hooks_len; k++)
			if (strcmp(records->list[i].relative, dir->relative) != 0)
				compare(&sample->hooks[k], &records->list[i]);
}
