// SPDX-License-Identifier: GPL-2.0-or-later
/* What helps with content that could not be brought over, by this run or by an earlier one. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "bpffs/view.h"
#include "pinning/carry.h"
#include "pinning/carry_done.h"
#include "pinning/old_pin.h"

/* Returns whether it is in this directory. */
static bool hint_about(const struct carried *one, const struct directory *dir, __u32 old_id)
{
	char path[NAME_SIZE * 2], full[PATH_MAX + NAME_SIZE * 2];

	if (old_pin_find(dir->fd, one->name, one->egress, old_id, path, sizeof(path)))
		return false;
	snprintf(full, sizeof(full), "%s/%s", dir->path, path);
	hint("look at it: bpftool map dump pinned %s", cli_word(full));
	/* What came over once, as a list, is not added as counts either. */
	if (one->class == MIGRATE_COUNTER && !carry_done_has(&dir->record, old_id))
		hint("once a map that can take it is in place: %s --carry %s",
		     cli_command("pin_maps"), cli_word(dir->ifname));
	else
		hint("put into the new one what is still needed: nothing else does, also if the "
		     "old definition comes back");
	hint("drop it, with all such maps: %s --old", cli_command("gc"));
	return true;
}

/* It is among what this run carries over. */
static bool is_now(const struct carry *carry, __u32 old_id)
{
	for (size_t i = 0; i < carry->len; i++)
		if (carry->list[i]->from_id == old_id)
			return true;
	return false;
}

/* The program of another hook goes on with it, which was said. */
static bool is_in_use(const struct carried *one, __u32 old_id)
{
	for (int hook = 0; hook < HOOKS; hook++)
		if (one->beside[hook] == old_id)
			return true;
	return false;
}

/* A pin of what an earlier run left of the map. Of a list, there is a note if something is in it.
 */
static bool is_earlier(const struct view_map *old, const struct carried *one,
                       const struct directory *dir)
{
	return old->old_id && old->old_id == old->info.id &&
	       old->egress == old_pin_is_egress(dir->fd, one->name, one->egress) &&
	       !strcmp(old->name, one->name) &&
	       (one->class == MIGRATE_COUNTER || carry_done_has(&dir->record, old->old_id));
}

/* The last to go on with a list may have left with all that was in it. */
static bool is_empty(const struct carried *one, const struct directory *dir,
                     const struct view_map *old)
{
	char path[NAME_SIZE * 2], key[512];
	struct bpf_map_info info;
	bool empty;
	int fd;

	if ((old->info.type != BPF_MAP_TYPE_HASH && old->info.type != BPF_MAP_TYPE_LRU_HASH) ||
	    old->info.key_size > sizeof(key) ||
	    old_pin_find(dir->fd, one->name, one->egress, old->old_id, path, sizeof(path)))
		return false;
	fd = pin_open_map(dir->fd, path, BPF_F_RDONLY, &info);
	empty = fd >= 0 && bpf_map_get_next_key(fd, NULL, key) && errno == ENOENT;
	if (fd >= 0)
		close(fd);
	return empty;
}

static void tell_earlier(const struct carried *one, const struct carry *carry,
                         const struct directory *dir, const struct view *pinned)
{
	for (size_t i = 0; i < pinned->len; i++) {
		const struct view_map *old = &pinned->maps[i];

		if (!is_earlier(old, one, dir) || is_now(carry, old->old_id) ||
		    is_in_use(one, old->old_id) || is_empty(one, dir, old))
			continue;
		if (one->class == MIGRATE_COUNTER && !carry_done_has(&dir->record, old->old_id))
			note("map '%s': what an earlier run left in %%old-%u was not added to it",
			     one->name, old->old_id);
		else
			note("map '%s': what did not fit in an earlier run is in %%old-%u still, "
			     "and "
			     "not in the new one",
			     one->name, old->old_id);
		hint_about(one, dir, old->old_id);
	}
}

void carry_tell_done(const struct view_map *old, const struct directory *dir)
{
	struct carried one = { .class = MIGRATE_CONFIG, .egress = old->egress };

	strcpy(one.name, old->name);
	if (directory_carries(dir, old->old_id) || is_empty(&one, dir, old))
		return;
	note("map '%s': map %u came over in an earlier run, and what is in it still is not brought "
	     "in again",
	     old->name, old->old_id);
	hint_about(&one, dir, old->old_id);
}

void carry_tell_where(const struct carry *carry, const struct directory *dir)
{
	for (size_t i = 0; i < carry->len; i++) {
		struct carried *one = carry->list[i];

		if (one->placed && one->finished && !one->link && !one->told && carry_left(one))
			one->told = hint_about(one, dir, one->from_id);
	}
}

/* Nothing brings it over, so that each later run would refuse it again. */
static void tell_waiting(const struct carried *one, const struct directory *dir)
{
	__u32 type = one->from.info.type;
	char path[NAME_SIZE * 2], full[PATH_MAX + NAME_SIZE * 2];

	if (!*one->why || one->shared ||
	    (type != BPF_MAP_TYPE_QUEUE && type != BPF_MAP_TYPE_STACK) ||
	    old_pin_find(dir->fd, one->name, one->egress, one->from_id, path, sizeof(path)))
		return;
	snprintf(full, sizeof(full), "%s/%s", dir->path, path);
	note("map '%s': %%old-%u stays, and is refused each time, until it is dropped", one->name,
	     one->from_id);
	hint("take out what is still needed: bpftool map %s pinned %s",
	     type == BPF_MAP_TYPE_QUEUE ? "dequeue" : "pop", cli_word(full));
	hint("drop it, with all such maps: %s --old", cli_command("gc"));
}

void carry_tell_left(const struct carry *carry, const struct directory *dir)
{
	struct view pinned;

	if (!dir->has_record || view_list(&pinned, dir))
		return;
	carry_tell_where(carry, dir);
	for (size_t i = 0; i < carry->len; i++) {
		const struct carried *one = carry->list[i];

		tell_waiting(one, dir);
		if (!one->placed || !one->finished || one->link)
			continue;
		tell_earlier(one, carry, dir, &pinned);
	}
	view_close(&pinned);
}
