// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/kept.h"
#include "bpffs/listing.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "bpffs/view.h"
#include "pinning/unload_pins.h"

/* The id of the program that is pinned there; 0 if it is something else. */
static int pinned_prog(int dir_fd, const char *file, __u32 *id)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = pin_open(dir_fd, file, 0), err = 0;

	*id = 0;
	if (fd < 0)
		return fd == -EINVAL || fd == -ELOOP ? 0 : fd;
	if (pin_kind_of(fd) == PIN_PROG) {
		err = bpf_obj_get_info_by_fd(fd, &info, &len) ? -errno : 0;
		*id = info.id;
	}
	close(fd);
	return err;
}

int unload_drop_prog(struct stage *stage, const struct directory *dir, enum hook hook,
                     __u32 prog_id)
{
	char top[NAME_SIZE], path[NAME_SIZE * 2];
	struct dirent **list;
	int fd, count, err = 0;

	snprintf(top, sizeof(top), "%s/%s", DIRECTORY_PROGS, hook_name(hook));
	fd = bpffs_open_dir(dir->fd, top, O_RDONLY);
	if (fd == -ENOENT)
		return 0;
	count = fd < 0 ? fd : scandirat(fd, ".", &list, NULL, alphasort);
	if (count < 0)
		err = failed(fd < 0 ? fd : -errno, "cannot list %s/%s", dir->path, top);
	for (int i = 0; i < count; i++) {
		__u32 id = 0;

		snprintf(path, sizeof(path), "%s/%s", top, list[i]->d_name);
		if (!err && list[i]->d_name[0] != '.') {
			err = pinned_prog(fd, list[i]->d_name, &id);
			if (err)
				failed(err, "cannot open %s/%s", dir->path, path);
		}
		if (!err && id && (!prog_id || id == prog_id))
			err = stage_add_drop(stage, path);
		free(list[i]);
	}
	if (count >= 0)
		free(list);
	if (fd >= 0)
		close(fd);
	return err;
}

/* Only the hook and the program are known of it. */
static int add_prepared(struct attachments *out, enum hook hook, __u32 prog_id)
{
	struct attachment *list;

	if (attachments_has(out, hook, prog_id))
		return 0;
	list = reallocarray(out->list, out->len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	out->list = list;
	list[out->len++] = (struct attachment){ .hook = hook, .prog_id = prog_id };
	return 0;
}

static int add_pinned(const struct directory *dir, enum hook hook, const struct attachment *going,
                      struct attachments *out)
{
	char top[NAME_SIZE];
	struct listing progs;
	__u32 id;
	int fd, err;

	snprintf(top, sizeof(top), "%s/%s", DIRECTORY_PROGS, hook_name(hook));
	fd = bpffs_open_dir(dir->fd, top, O_RDONLY);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	err = listing_read(&progs, fd);
	for (size_t i = 0; !err && i < progs.len; i++) {
		err = pinned_prog(fd, progs.list[i].name, &id);
		if (!err && id && (hook != going->hook || id != going->prog_id))
			err = add_prepared(out, hook, id);
	}
	listing_free(&progs);
	close(fd);
	return err;
}

int unload_list_staying(const struct directory *dir, const struct attachments *attached,
                        const struct attachment *going, struct attachments *out)
{
	int err = attachments_without(attached, NULL, out);

	for (int hook = 0; !err && hook < HOOKS; hook++)
		err = add_pinned(dir, hook, going, out);
	if (!err)
		return 0;
	attachments_free(out);
	return failed(err, "cannot list the programs that are pinned in %s", dir->path);
}

static bool uses_map(const struct live *live, __u32 map_id)
{
	for (size_t i = 0; i < live->maps_len; i++)
		if (live->maps[i].info.id == map_id)
			return true;
	return false;
}

/* Is this pin, or for an old one the pin that replaced it, a map of the program that goes? */
static bool goes(const struct view *view, const struct view_map *pin, const struct live *going,
                 const struct live *staying)
{
	if (uses_map(staying, pin->info.id))
		return false;
	for (size_t i = 0; i < view->len; i++) {
		const struct view_map *map = &view->maps[i];

		if (!map->old_id && map->egress == pin->egress && !strcmp(map->name, pin->name))
			return uses_map(going, map->info.id) && !uses_map(staying, map->info.id);
	}
	return false;
}

int unload_drop_pin(struct stage *stage, const struct directory *dir, const struct view_map *pin)
{
	char file[NAME_SIZE], old[NAME_SIZE], path[NAME_SIZE * 2];
	int err;

	err = mapname_encode(pin->name, file, sizeof(file));
	if (!err && pin->old_id)
		err = mapname_old(file, pin->old_id, old, sizeof(old));
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s%s", pin->egress ? DIRECTORY_EGRESS "/" : "",
	         pin->old_id ? old : file);
	err = stage_add_drop(stage, path);
	if (err || pin->egress || pin->old_id)
		return err;
	/* The symlink to it for egress programs would lead nowhere. */
	snprintf(path, sizeof(path), "%s/%s", DIRECTORY_EGRESS, file);
	return readlinkat(dir->fd, path, old, sizeof(old)) < 0 ? 0 : stage_add_drop(stage, path);
}

/* What was not brought over from an old map goes with it, and so does the note of that. */
static int drop_carry(struct stage *stage, const struct directory *dir, const struct view_map *pin)
{
	char path[NAME_SIZE];
	int err = 0;

	if (!pin->old_id || !directory_carries(dir, pin->info.id))
		return 0;
	note("map '%s': what was not brought over yet from map %u %s dropped with it", pin->name,
	     pin->info.id, stage ? "is" : "would be");
	for (int base = 0; stage && !err && base < 2; base++) {
		snprintf(path, sizeof(path), "%s/%u%s", DIRECTORY_CARRY, pin->info.id,
		         base ? DIRECTORY_BASE : "");
		err = stage_add_drop(stage, path);
	}
	return err;
}

/* What others pinned among our maps is theirs. */
static bool is_foreign(const struct directory *dir, const struct view_map *pin)
{
	if (pin->old_id || kept_is_ours(&dir->record, pin->info.id))
		return false;
	note("map %u at %s/%s%s is not ours, and is left alone", pin->info.id, dir->path,
	     pin->egress ? DIRECTORY_EGRESS "/" : "", pin->name);
	return true;
}

/* Drop the maps that go; with going NULL all that are ours and that nothing which stays uses. */
static int drop_maps(struct stage *stage, const struct directory *dir, const struct live *going,
                     const struct live *staying, unsigned int *count)
{
	struct view view;
	int err;

	*count = 0;
	err = view_open(&view, dir, NULL, BPF_F_RDONLY);
	if (err)
		return err;
	for (size_t i = 0; !err && i < view.len; i++) {
		if (going ? !goes(&view, &view.maps[i], going, staying)
		          : uses_map(staying, view.maps[i].info.id) ||
		                    is_foreign(dir, &view.maps[i]))
			continue;
		(*count)++;
		if (stage)
			err = unload_drop_pin(stage, dir, &view.maps[i]);
		if (!err)
			err = drop_carry(stage, dir, &view.maps[i]);
	}
	view_close(&view);
	return err;
}

int unload_drop_maps(struct stage *stage, const struct directory *dir, const struct live *going,
                     const struct live *staying, unsigned int *count)
{
	return drop_maps(stage, dir, going, staying, count);
}

int unload_drop_all(struct stage *stage, const struct directory *dir, const struct live *staying,
                    unsigned int *count)
{
	int err = drop_maps(stage, dir, NULL, staying, count);

	for (int hook = 0; stage && !err && hook < HOOKS; hook++)
		err = unload_drop_prog(stage, dir, hook, 0);
	return err;
}
