// SPDX-License-Identifier: GPL-2.0-or-later
/* What is pinned where a map of the object is to come. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/name.h"
#include "bpffs/pin.h"
#include "pinning/kind.h"
#include "pinning/layout.h"
#include "pinning/migrate.h"
#include "pinning/object_maps.h"
#include "pinning/reuse_internal.h"
#include "pinning/reuse_join.h"

int reuse_open_pin(const struct directory *dir, enum hook hook, const char *name,
                   struct bpf_map_info *info)
{
	char file[NAME_SIZE], path[NAME_SIZE * 2];
	int fd;

	if (mapname_encode(name, file, sizeof(file)))
		return -ENOENT;
	if (hook == HOOK_TC_EGRESS) {
		snprintf(path, sizeof(path), "%s/%s", DIRECTORY_EGRESS, file);
		fd = pin_open_map(dir->fd, path, 0, info);
		if (fd != -ENOENT && fd != -ELOOP)
			return fd;
		if (!strcmp(name, DIRECTORY_TC_STATS))
			return -ENOENT;
	}
	return pin_open_map(dir->fd, file, 0, info);
}

/* What has the name of a map cannot be opened: say what it is, if that is why. */
int reuse_refuse_pin(const struct directory *dir, enum hook hook, const char *name, int err)
{
	char file[NAME_SIZE], path[NAME_SIZE * 2], full[PATH_MAX + NAME_SIZE * 2];
	struct stat st = {};

	if ((err != -EINVAL && err != -ELOOP) || mapname_encode(name, file, sizeof(file)))
		return failed(err, "cannot open what is pinned as '%s' in %s", name, dir->path);
	snprintf(path, sizeof(path), "%s/%s", DIRECTORY_EGRESS, file);
	if (hook != HOOK_TC_EGRESS || fstatat(dir->fd, path, &st, AT_SYMLINK_NOFOLLOW) ||
	    S_ISLNK(st.st_mode)) {
		strcpy(path, file);
		fstatat(dir->fd, path, &st, AT_SYMLINK_NOFOLLOW);
	}
	rejected(-EEXIST, "cannot pin map '%s' in %s: %s has that name there", name, dir->path,
	         S_ISDIR(st.st_mode)   ? "a directory"
	         : S_ISLNK(st.st_mode) ? "a symlink"
	                               : "something that is no map");
	snprintf(full, sizeof(full), "%s/%s", dir->path, path);
	hint("if nobody needs it: %s %s", S_ISDIR(st.st_mode) ? "rmdir" : "rm", cli_word(full));
	return -EEXIST;
}

/* Whether it would be used on, and why not. */
static void compare(const struct object *object, const struct bpf_map *map,
                    const struct directory *dir, int fd, const struct bpf_map_info *info,
                    struct reuse_pinned *pinned)
{
	struct shape_diffs diffs = {};

	pinned->differs = reuse_entry_prog(fd, info).prog_id ||
	                  (!layout_compare(dir, object->obj, map, fd, info, &diffs) && diffs.len);
	shape_diffs_free(&diffs);
	/* A link of another kind is refused. */
	pinned->bound = !pinned->differs && info->type != BPF_MAP_TYPE_PROG_ARRAY &&
	                reuse_is_bound(info->type) && kind_clashes(object->prog, fd);
	pinned->differs |= pinned->bound;
}

struct reuse_pinned reuse_find(const struct object *object, const struct bpf_map *map,
                               const struct directory *dir, const struct reuse_pinned *seen)
{
	const char *name = object_map_name(object, map);
	struct reuse_pinned pinned = {};
	struct bpf_map_info info;
	int fd = -ENOENT;

	if (object_map_counts(map))
		fd = reuse_open_pin(dir, object->hook, name, &info);
	if (fd < 0)
		return pinned;
	if (seen && seen->id == info.id) {
		pinned = *seen;
	} else if (!reuse_is_made_anew(fd, &info, name)) {
		pinned.id = info.id;
		pinned.stream = migrate_is_stream(info.type);
		compare(object, map, dir, fd, &info, &pinned);
	}
	close(fd);
	return pinned;
}

bool reuse_is_current(const struct object *object, const struct directory *dir,
                      const struct carry *carry)
{
	struct bpf_map_info info;
	int fd;

	for (size_t i = 0; i < carry->len; i++) {
		const struct carried *one = carry->list[i];

		fd = reuse_open_pin(dir, object->hook, one->name, &info);
		if (fd >= 0)
			close(fd);
		if (fd < 0 || info.id != (one->left_before ? one->to_id : one->from_id))
			return false;
	}
	return true;
}
