// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/pin.h"
#include "pinning/mapname.h"
#include "pinning/nameless_source.h"
#include "pinning/object.h"
#include "pinning/shape.h"

void nameless_source_close(struct nameless_source *source)
{
	nameless_tags_free(&source->tags);
	uses_free(&source->uses);
	bpf_object__close(source->obj);
	memset(source, 0, sizeof(*source));
}

int nameless_source_open(struct nameless_source *source)
{
	struct legacy_ids unused = {};
	int err = object_read(source->path, &source->obj, &unused);

	legacy_ids_free(&unused);
	return err ? err : uses_read(&source->uses, source->path);
}

int nameless_query(__u32 prog_id, struct nameless_running *prog)
{
	__u32 ids[NAMELESS_MAPS], size, count;
	struct bpf_prog_info info = { .nr_map_ids = NAMELESS_MAPS,
		                      .map_ids = (__u64)(unsigned long)ids };
	int fd = bpf_prog_get_fd_by_id(prog_id), err = 0;

	size = sizeof(info);
	if (fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		err = -errno;
	close(fd);
	prog->id = prog_id;
	prog->type = info.type;
	memcpy(prog->tag, info.tag, sizeof(prog->tag));
	count = info.nr_map_ids < NAMELESS_MAPS ? info.nr_map_ids : NAMELESS_MAPS;
	prog->len = 0;
	for (__u32 i = 0; !err && i < count; i++) {
		fd = bpf_map_get_fd_by_id(ids[i]);
		err = fd < 0 ? -errno : map_describe(fd, &prog->maps[prog->len]);
		if (fd >= 0)
			close(fd);
		prog->len += !err && !mapname_is_internal(&prog->maps[prog->len]);
	}
	return err;
}

/* As far as a loader takes over what the object says. */
static bool is_alike(const struct bpf_map *def, const struct bpf_map_info *map)
{
	__u32 type = bpf_map__type(def), entries = bpf_map__max_entries(def);

	if (type != map->type || bpf_map__key_size(def) != map->key_size ||
	    bpf_map__value_size(def) != map->value_size ||
	    shape_flags(type, bpf_map__map_flags(def)) != shape_flags(type, map->map_flags))
		return false;
	/* A ring buffer's size is rounded up, and what is left open may be anything. */
	return !entries || entries == map->max_entries ||
	       (type == BPF_MAP_TYPE_RINGBUF && map->max_entries > entries);
}

static bool fits(const struct nameless_source *source, const struct uses_program *prog,
                 const struct nameless_running *running)
{
	const struct bpf_map_info *maps = running->maps;

	if (prog->len != running->len)
		return false;
	for (__u32 i = 0; i < prog->len; i++) {
		const struct bpf_map *def =
			bpf_object__find_map_by_name(source->obj, prog->maps[i]);

		if (!def || !is_alike(def, &maps[i]))
			return false;
		if (*maps[i].name && strncmp(maps[i].name, prog->maps[i], sizeof(maps[i].name) - 1))
			return false;
	}
	return true;
}

bool nameless_source_has(struct nameless_source *source, size_t at,
                         const struct nameless_running *running, enum nameless_by by)
{
	const __u8 *tag;

	if (!fits(source, &source->uses.list[at], running))
		return false;
	if (by == NAMELESS_BY_SHAPE)
		return true;
	tag = nameless_tag(&source->tags, source->path, &source->uses, at, running->type);
	return tag && !memcmp(tag, running->tag, sizeof(running->tag));
}

bool nameless_source_lacks(struct nameless_source *source, const struct nameless_running *running)
{
	for (size_t i = 0; i < source->uses.len; i++)
		if (fits(source, &source->uses.list[i], running) &&
		    (!nameless_tag(&source->tags, source->path, &source->uses, i, running->type) ||
		     nameless_source_has(source, i, running, NAMELESS_BY_TAG)))
			return false;
	return true;
}
