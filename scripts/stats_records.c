// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>
#include "bpffs/directory.h"
#include "bpffs/directory_each.h"
#include "scripts/stats_records.h"

/* A record is exchanged by a rename, a directory comes, goes, or may be read from now on. */
#define CHANGES                                                                                    \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF |        \
	 IN_MOVE_SELF | IN_ONLYDIR)

void records_begin(struct records *records, const struct bpffs *fs, bool watching)
{
	*records = (struct records){ .fs = fs, .inotify_fd = -1 };
	if (watching)
		records->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

static void forget(struct records *records)
{
	for (size_t i = 0; i < records->len; i++) {
		free(records->list[i].relative);
		free(records->list[i].maps);
	}
	free(records->list);
	records->list = NULL;
	records->len = 0;
	records->known = false;
}

static void stop_watching(struct records *records)
{
	if (records->inotify_fd >= 0)
		close(records->inotify_fd);
	records->inotify_fd = -1;
}

void records_end(struct records *records)
{
	stop_watching(records);
	forget(records);
}

void records_next_round(struct records *records)
{
	if (records->inotify_fd < 0)
		records->known = false;
}

/*
 * Be told of changes in a directory: "" for that of the descriptor itself. One that is not there,
 * or may not be read, makes itself known in the one above when that changes.
 */
static void watch(struct records *records, int dir_fd, const char *name)
{
	char path[64 + PATH_MAX];

	if (records->inotify_fd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir_fd, name);
	if (inotify_add_watch(records->inotify_fd, path, CHANGES) < 0 && errno != ENOENT &&
	    errno != EACCES)
		stop_watching(records);
}

static int add(struct records *records, const struct directory *dir)
{
	struct recorded one = { .ifindex = dir->record.iface.ifindex };
	struct recorded *list;
	size_t at = 0;

	list = reallocarray(records->list, records->len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	records->list = list;
	snprintf(one.ifname, sizeof(one.ifname), "%s", dir->ifname);
	one.relative = strdup(dir->relative);
	for (int hook = 0; hook < HOOKS; hook++)
		one.maps_len += dir->record.hooks[hook].maps_len;
	one.maps = calloc(one.maps_len + 1, sizeof(*one.maps));
	if (!one.relative || !one.maps) {
		free(one.relative);
		free(one.maps);
		return -ENOMEM;
	}
	for (int hook = 0; hook < HOOKS; hook++) {
		const struct record_hook *from = &dir->record.hooks[hook];

		memcpy(one.maps + at, from->maps, from->maps_len * sizeof(*one.maps));
		at += from->maps_len;
	}
	list[records->len++] = one;
	return 0;
}

/* First watched, then read: what changes in between is told. */
static int visit(struct directory *dir, void *arg)
{
	struct records *records = arg;

	watch(records, dir->fd, "");
	watch(records, dir->fd, DIRECTORY_EGRESS);
	if (records->inotify_fd >= 0)
		dir->has_record = !record_read_owner(dir->fd, DIRECTORY_RECORD, &dir->record);
	return dir->has_record ? add(records, dir) : 0;
}

static int watch_namespace(const char *below, void *arg)
{
	struct records *records = arg;

	watch(records, records->fs->fd, below);
	return 0;
}

static int read_all(struct records *records)
{
	int err;

	watch(records, records->fs->fd, "");
	if (records->inotify_fd >= 0 && records->fs->ours_fd >= 0) {
		watch(records, records->fs->ours_fd, "");
		watch(records, records->fs->ours_fd, "ns");
		directory_each_namespace(records->fs, watch_namespace, records);
	}
	err = directory_each_found(records->fs, visit, records);
	records->known = !err;
	return err;
}

/* Something was told; all of it is taken. */
static bool has_changed(struct records *records)
{
	char events[4096];
	bool changed = false;

	if (records->inotify_fd < 0)
		return false;
	while (read(records->inotify_fd, events, sizeof(events)) > 0)
		changed = true;
	return changed;
}

int records_refresh(struct records *records)
{
	int err;

	if (!has_changed(records) && records->known)
		return 0;
	forget(records);
	records->version++;
	err = read_all(records);
	if (err)
		forget(records);
	return err;
}

bool records_are_watched(const struct records *records)
{
	return records->inotify_fd >= 0 && records->known;
}

bool recorded_has_map(const struct recorded *recorded, __u32 map_id)
{
	for (size_t i = 0; i < recorded->maps_len; i++)
		if (recorded->maps[i] == map_id)
			return true;
	return false;
}
