// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pinning/nameless_tag.h"
#include "pinning/object.h"

void nameless_tags_free(struct nameless_tags *tags)
{
	free(tags->list);
	tags->list = NULL;
}

/*
 * What a map holds does not matter here, and a list of a million entries would take its memory.
 * Those that libbpf fills from the object stay as they are.
 */
static void shrink(struct bpf_map *map)
{
	bpf_map__set_pin_path(map, NULL);
	if (object_map_is_internal(map) || bpf_map__max_entries(map) <= 1)
		return;
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS: break;
	case BPF_MAP_TYPE_RINGBUF: bpf_map__set_max_entries(map, getpagesize()); break;
	default: bpf_map__set_max_entries(map, 1); break;
	}
}

static int load_alone(struct bpf_object *obj, const char *name, __u32 type, __u8 tag[BPF_TAG_SIZE])
{
	struct bpf_program *prog, *wanted = NULL;
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	struct bpf_map *map;
	int err;

	bpf_object__for_each_program(prog, obj) {
		bpf_program__set_type(prog, type);
		bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog), name));
		if (bpf_program__autoload(prog))
			wanted = prog;
	}
	bpf_object__for_each_map(map, obj)
		shrink(map);
	if (!wanted)
		return -ENOENT;
	err = bpf_object__load(obj);
	if (err)
		return err;
	if (bpf_obj_get_info_by_fd(bpf_program__fd(wanted), &info, &size))
		return -errno;
	memcpy(tag, info.tag, BPF_TAG_SIZE);
	return 0;
}

const __u8 *nameless_tag(struct nameless_tags *tags, const char *path, const struct uses *uses,
                         size_t at, __u32 type)
{
	struct legacy_ids unused = {};
	struct bpf_object *obj = NULL;
	struct nameless_tag *one;

	if (!tags->list)
		tags->list = calloc(uses->len, sizeof(*tags->list));
	if (!tags->list)
		return NULL;
	one = &tags->list[at];
	if (!one->tried) {
		one->tried = true;
		/* It was read before, so it can be. */
		one->known = !object_read(path, &obj, &unused) &&
		             !load_alone(obj, uses->list[at].name, type, one->tag);
		bpf_object__close(obj);
		legacy_ids_free(&unused);
	}
	return one->known ? one->tag : NULL;
}
