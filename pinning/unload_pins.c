// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/listing.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
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
