// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include "scripts/stats_shared.h"

struct shared_search {
	struct sample *sample;
	const char *own; /* relative path of the sample's directory */
};

static bool names_map(const struct record *rec, __u32 map_id)
{
	for (int hook = 0; hook < HOOKS; hook++)
		if (record_has_map(rec, hook, map_id))
			return true;
	return false;
}

static int compare_directory(struct directory *dir, void *arg)
{
	struct shared_search *search = arg;

	if (!strcmp(dir->relative, search->own))
		return 0;
	for (unsigned int i = 0; i < search->sample->hooks_len; i++) {
		struct hook_stats *hook = &search->sample->hooks[i];

		if (!names_map(&dir->record, hook->map_id))
			continue;
		if (hook->shared_len < SHARED_NAMES)
			snprintf(hook->shared[hook->shared_len], sizeof(hook->shared[0]), "%s",
			         dir->ifname);
		hook->shared_len++;
	}
	return 0;
}

void shared_find(struct sample *sample, const struct bpffs *fs, const struct directory *dir)
{
	struct shared_search search = { .sample = sample, .own = dir->relative };

	directory_each(fs, compare_directory, &search);
}
