// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/layouts.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/gc_uses.h"
#include "pinning/layout.h"
#include "pinning/shape.h"

static __u64 mix(__u64 hash, __u64 number)
{
	for (int i = 0; i < 8; i++, number >>= 8)
		hash = (hash ^ (number & 0xff)) * 0x100000001b3; /* FNV-1a */
	return hash;
}

static __u64 mix_text(__u64 hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return mix(hash, 0);
}

static __u64 print_type(const struct btf *btf, __u32 id, int depth);

/* Members are found by their names, so their order does not count. */
static __u64 print_members(const struct btf *btf, const struct btf_type *type, int depth)
{
	const struct btf_member *member = btf_members(type);
	__u64 sum = 0;

	for (int i = 0; i < btf_vlen(type); i++, member++) {
		__u64 one = mix_text(1, btf__name_by_offset(btf, member->name_off));

		one = mix(one, btf_member_bit_offset(type, i));
		sum += mix(one, print_type(btf, member->type, depth + 1));
	}
	return sum;
}

static __u64 print_type(const struct btf *btf, __u32 id, int depth)
{
	const struct btf_type *type = btf__type_by_id(btf, shape_strip(btf, id));
	__u64 hash = 0xcbf29ce484222325;

	if (!type || depth > SHAPE_DEPTH_MAX)
		return hash;
	hash = mix(hash, btf_kind(type));
	if (btf_is_composite(type))
		return mix(hash, print_members(btf, type, depth));
	if (btf_is_array(type))
		return mix(mix(hash, btf_array(type)->nelems),
		           print_type(btf, btf_array(type)->type, depth + 1));
	return btf_is_ptr(type) ? hash : mix(hash, type->size);
}

__u32 layout_print(const struct btf *btf, __u32 key_type, __u32 value_type)
{
	__u64 both = mix(print_type(btf, key_type, 0), print_type(btf, value_type, 0));

	return both ^ (both >> 32);
}

/* What is noted of a pinned map, against one of the object. */
static enum layout_verdict compare_noted(const struct directory *dir, const struct bpf_object *obj,
                                         const struct bpf_map *map, __u32 pinned_id)
{
	enum layout_verdict verdict = LAYOUT_UNKNOWN;
	struct layouts layouts;
	__u32 print, noted;

	if (!layouts_read(&layouts, dir->fd) && layouts_find(&layouts, pinned_id, &noted)) {
		print = layout_print(bpf_object__btf(obj), bpf_map__btf_key_type_id(map),
		                     bpf_map__btf_value_type_id(map));
		verdict = noted == print ? LAYOUT_SAME : LAYOUT_DIFFERS;
	}
	layouts_free(&layouts);
	return verdict;
}

int layout_compare(const struct directory *dir, const struct bpf_object *obj,
                   const struct bpf_map *map, int pin_fd, const struct bpf_map_info *pinned,
                   struct shape_diffs *diffs)
{
	int err = shape_compare(obj, map, pin_fd, pinned, diffs);

	if (err || !diffs->btf_denied)
		return err;
	diffs->layout = compare_noted(dir, obj, map, pinned->id);
	/* Another size explains it. */
	if (diffs->layout != LAYOUT_DIFFERS || bpf_map__key_size(map) != pinned->key_size ||
	    bpf_map__value_size(map) != pinned->value_size)
		return 0;
	err = shape_diffs_add(diffs, "types of key and value", "see the object's BTF",
	                      "others: CAP_SYS_ADMIN shows them");
	if (err)
		shape_diffs_free(diffs);
	return err;
}

/* The id that the kernel gave the BTF of a loaded object: that of all maps made for it. 0: none. */
static __u32 btf_id_of(const struct bpf_object *obj)
{
	struct bpf_btf_info info = {};
	__u32 len = sizeof(info);
	int fd = obj ? bpf_object__btf_fd(obj) : -1;

	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

__u32 layout_print_defined(const struct map_definition *def, const struct bpf_map_info *info)
{
	if (!def->btf || btf__resolve_size(def->btf, def->key_type) != info->key_size ||
	    btf__resolve_size(def->btf, def->value_type) != info->value_size)
		return 0;
	return layout_print(def->btf, def->key_type, def->value_type);
}

/* It has types, of its own or by the object, and nothing is noted of them yet. */
static bool is_news(const struct layouts *layouts, const struct plan_map *map)
{
	bool typed = map->info.btf_id ? map->info.btf_value_type_id
	                              : layout_print_defined(&map->definition, &map->info);
	__u32 print;

	return typed && !layouts_find(layouts, map->info.id, &print);
}

/* Note a map, if its types can be known. */
static int note_map(struct layouts *layouts, const struct plan_map *map,
                    const struct bpf_object *obj, __u32 obj_btf_id)
{
	const struct bpf_map_info *info = &map->info;
	const struct btf *btf;
	struct btf *kernels = NULL;
	bool denied;
	__u32 print;
	int err = 0;

	if (!is_news(layouts, map))
		return 0;
	if (!info->btf_id)
		return layouts_note(layouts, info->id,
		                    layout_print_defined(&map->definition, info));
	if (info->btf_id != obj_btf_id)
		err = shape_kernel_btf(info->btf_id, &kernels, &denied);
	btf = info->btf_id == obj_btf_id ? bpf_object__btf(obj) : kernels;
	if (btf) {
		print = layout_print(btf, info->btf_key_type_id, info->btf_value_type_id);
		err = layouts_note(layouts, info->id, print);
	}
	btf__free(kernels);
	return err;
}

static int add_pinned(int dir_fd, const char *file, void *arg)
{
	__u32 id;

	return pin_map_id(dir_fd, file, &id) ? 0 : gc_ids_add(arg, id);
}

static bool is_pinned(__u32 map_id, const void *arg)
{
	return gc_ids_has(arg, map_id);
}

static bool is_planned(const struct plan *plan, __u32 map_id)
{
	for (size_t i = 0; i < plan->len; i++)
		if (plan->maps[i].info.id == map_id && plan_publishes(&plan->maps[i]))
			return true;
	return false;
}

/* Maps that are not pinned any more need not be known. Asked only where there may be such. */
static int forget_gone(struct layouts *layouts, const struct plan *plan,
                       const struct directory *dir)
{
	struct gc_ids pinned = {};
	bool all = true;
	int egress_fd, err = 0;

	for (size_t i = 0; i < layouts->len; i++)
		all &= is_planned(plan, layouts->list[i].map_id);
	if (all)
		return 0;
	egress_fd = bpffs_open_dir(dir->fd, DIRECTORY_EGRESS, O_RDONLY);
	if (egress_fd >= 0) {
		err = pin_each(egress_fd, add_pinned, &pinned);
		close(egress_fd);
	}
	if (!err)
		err = pin_each(dir->fd, add_pinned, &pinned);
	if (!err)
		layouts_keep(layouts, is_pinned, &pinned);
	free(pinned.list);
	return err;
}

int layout_stage(const struct plan *plan, const struct bpf_object *obj, const struct directory *dir,
                 struct stage *stage)
{
	struct layouts layouts;
	__u32 obj_btf_id = 0;
	bool news = false;
	int err = layouts_read(&layouts, dir->blank ? -1 : dir->fd);

	/* What is gone may stand there until something comes in: nothing is written for it alone.
	 */
	for (size_t i = 0; !err && i < plan->len; i++)
		news |= plan_publishes(&plan->maps[i]) && is_news(&layouts, &plan->maps[i]);
	if (!err && news)
		err = forget_gone(&layouts, plan, dir);
	if (!err && news)
		obj_btf_id = btf_id_of(obj);
	for (size_t i = 0; !err && news && i < plan->len; i++)
		if (plan_publishes(&plan->maps[i]))
			err = note_map(&layouts, &plan->maps[i], obj, obj_btf_id);
	if (!err)
		err = layouts_stage(&layouts, stage->pins_fd);
	layouts_free(&layouts);
	return err ? failed(err, "cannot note the types of maps of %s", dir->path) : 0;
}
