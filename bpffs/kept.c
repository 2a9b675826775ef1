// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/idlist.h"
#include "bpffs/kept.h"
#include "bpffs/listing.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "bpffs/stage.h"

#define FIELD_KEPT    "kept"
#define FIELD_LOADERS "iproute2"

static bool is_published(const struct record *rec, __u32 map_id)
{
	for (int hook = 0; hook < HOOKS; hook++)
		if (record_has_map(rec, hook, map_id))
			return true;
	return false;
}

/* The maps of a directory of which the next record says nothing, and that stay. */
struct keeping {
	const struct record *before, *next;
	const char *was; /* the list of the record that is in place */
	int stage_fd;
	const char *below; /* "" or "%egress/" */
	char list[IDLIST_SIZE];
	unsigned int noted, missed; /* missed: there was no room for them */
};

static bool goes(const struct keeping *k, const char *file)
{
	char path[NAME_SIZE * 2];

	snprintf(path, sizeof(path), "%s%s", k->below, file);
	return stage_takes(k->stage_fd, path);
}

static int keep(int dir_fd, const char *file, void *arg)
{
	struct keeping *k = arg;
	char map[NAME_SIZE];
	__u32 old_id, id;

	if (mapname_parse(file, map, sizeof(map), &old_id) || old_id ||
	    pin_map_id(dir_fd, file, &id))
		return 0;
	if (is_published(k->next, id) || idlist_has(k->list, id) ||
	    (!is_published(k->before, id) && !idlist_has(k->was, id)) || goes(k, file))
		return 0;
	if (idlist_add(k->list, id, ','))
		k->missed++;
	else
		k->noted++;
	return 0;
}

static void tell_missed(const struct directory *dir, unsigned int maps)
{
	note("%s: the record has no room for the ids of %u maps that stay pinned without a "
	     "program: they count as somebody else's from now on",
	     dir->path, maps);
}

/* Anything that was published before, and is not now. */
static bool has_candidates(const struct record *before, const struct record *next)
{
	for (int hook = 0; hook < HOOKS; hook++)
		for (unsigned int i = 0; i < before->hooks[hook].maps_len; i++)
			if (!is_published(next, before->hooks[hook].maps[i]))
				return true;
	return false;
}

void kept_note(struct record *next, const struct directory *dir, int stage_fd)
{
	char was[IDLIST_SIZE] = "", is[IDLIST_SIZE] = "";
	struct keeping k = {
		.before = &dir->record,
		.next = next,
		.was = was,
		.stage_fd = stage_fd,
		.below = "",
	};
	int egress_fd;

	if (!dir->has_record)
		return;
	record_get_other(&dir->record, FIELD_KEPT, was, sizeof(was));
	record_get_other(next, FIELD_KEPT, is, sizeof(is));
	if (!*was && !*is && !has_candidates(&dir->record, next))
		return;
	pin_each(dir->fd, keep, &k);
	k.below = DIRECTORY_EGRESS "/";
	egress_fd = bpffs_open_dir(dir->fd, DIRECTORY_EGRESS, O_RDONLY);
	if (egress_fd >= 0) {
		pin_each(egress_fd, keep, &k);
		close(egress_fd);
	}
	if (!strcmp(k.list, is))
		return;
	record_unset_other(next, FIELD_KEPT);
	if (*k.list && record_set_other(next, FIELD_KEPT, k.list))
		k.missed += k.noted;
	if (k.missed)
		tell_missed(dir, k.missed);
}

static bool has_loaders(const struct record *rec)
{
	char flag[8];

	return !record_get_other(rec, FIELD_LOADERS, flag, sizeof(flag));
}

int kept_note_loaders(struct record *rec)
{
	return has_loaders(rec) ? 0 : record_set_other(rec, FIELD_LOADERS, "1");
}

bool kept_is_ours(const struct record *rec, __u32 map_id)
{
	char list[IDLIST_SIZE] = "";

	record_get_other(rec, FIELD_KEPT, list, sizeof(list));
	return is_published(rec, map_id) || idlist_has(list, map_id) || has_loaders(rec);
}
