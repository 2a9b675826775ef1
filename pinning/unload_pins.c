// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/map_path.h"
#include "bpffs/pin.h"
#include "bpffs/progs.h"
#include "pinning/unload_pins.h"

int unload_drop_prog(struct stage *stage, const struct directory *dir, enum hook hook,
                     __u32 prog_id)
{
	char top[NAME_SIZE], path[NAME_SIZE * 2];
	struct listing progs;
	int fd, err = 0;
	__u32 id;

	fd = progs_open(dir, hook, top, &progs);
	if (fd < 0)
		return fd == -ENOENT ? 0 : failed(fd, "cannot list %s/%s", dir->path, top);
	for (size_t i = 0; !err && i < progs.len; i++) {
		snprintf(path, sizeof(path), "%s/%s", top, progs.list[i].name);
		err = pin_prog_id(fd, progs.list[i].name, &id);
		if (err)
			failed(err, "cannot open %s/%s", dir->path, path);
		else if (id && (!prog_id || id == prog_id))
			err = stage_add_drop(stage, path);
	}
	listing_free(&progs);
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
	int fd, err = 0;

	fd = progs_open(dir, hook, top, &progs);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	for (size_t i = 0; !err && i < progs.len; i++) {
		err = pin_prog_id(fd, progs.list[i].name, &id);
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

int unload_drop_pin(struct stage *stage, const struct directory *dir, const struct view_map *pin)
{
	char path[MAP_PATH_SIZE], target[NAME_SIZE];
	int err = map_path(pin->name, pin->egress, pin->old_id, path, sizeof(path));

	if (err)
		return err;
	err = stage_add_drop(stage, path);
	if (err || pin->egress || pin->old_id)
		return err;
	/* The symlink to it for egress programs would lead nowhere. */
	err = map_path(pin->name, true, 0, path, sizeof(path));
	if (err)
		return err;
	return readlinkat(dir->fd, path, target, sizeof(target)) < 0 ? 0
	                                                             : stage_add_drop(stage, path);
}
