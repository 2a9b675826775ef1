// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "pinning/shape.h"
#include "pinning/shape_inner.h"

int shape_diffs_add(struct shape_diffs *diffs, const char *field, const char *object,
                    const char *pinned)
{
	struct shape_diff *list = reallocarray(diffs->list, diffs->len + 1, sizeof(*list)), *diff;

	if (!list)
		return -ENOMEM;
	diffs->list = list;
	diff = &list[diffs->len++];
	snprintf(diff->field, sizeof(diff->field), "%s", field);
	snprintf(diff->object, sizeof(diff->object), "%s", object);
	snprintf(diff->pinned, sizeof(diff->pinned), "%s", pinned);
	return 0;
}

void shape_diffs_free(struct shape_diffs *diffs)
{
	free(diffs->list);
	memset(diffs, 0, sizeof(*diffs));
}

void shape_diffs_print(const struct shape_diffs *diffs)
{
	int field = 36, object = 24;

	for (size_t i = 0; i < diffs->len; i++) {
		const struct shape_diff *diff = &diffs->list[i];

		field = (int)strlen(diff->field) > field ? (int)strlen(diff->field) : field;
		object = (int)strlen(diff->object) > object ? (int)strlen(diff->object) : object;
	}
	fprintf(stderr, "  %-*s %-*s pinned\n", field, "", object, "object");
	for (size_t i = 0; i < diffs->len; i++)
		log_line(stderr, "  %-*s %-*s %s", field, diffs->list[i].field, object,
		         diffs->list[i].object, diffs->list[i].pinned);
}

__u32 shape_flags(__u32 type, __u32 flags)
{
	/* Programs must not write a devmap: the kernel says so by itself. */
	if (type == BPF_MAP_TYPE_DEVMAP || type == BPF_MAP_TYPE_DEVMAP_HASH)
		flags &= ~BPF_F_RDONLY_PROG;
	/* They are of the descriptor that the maker of the map gets: the map has forgotten them. */
	return flags & ~(BPF_F_RDONLY | BPF_F_WRONLY);
}

/* libbpf rounds a ring buffer up to a power of two of at least a page. */
static __u32 entries_of(const struct bpf_map *map)
{
	__u32 entries = bpf_map__max_entries(map), rounded = sysconf(_SC_PAGESIZE);

	if (bpf_map__type(map) == BPF_MAP_TYPE_PERF_EVENT_ARRAY && !entries)
		return libbpf_num_possible_cpus();
	if (bpf_map__type(map) != BPF_MAP_TYPE_RINGBUF)
		return entries;
	while (rounded < entries && rounded < 1U << 31)
		rounded *= 2;
	return rounded;
}

const char *shape_type_name(__u32 type)
{
	const char *name = libbpf_bpf_map_type_str(type);

	return name ? name : "unknown";
}

int shape_compare_number(struct shape_diffs *diffs, const char *field, bool hex, __u64 object,
                         __u64 pinned)
{
	char a[32], b[32];

	if (object == pinned)
		return 0;
	snprintf(a, sizeof(a), hex ? "0x%llx" : "%llu", (unsigned long long)object);
	snprintf(b, sizeof(b), hex ? "0x%llx" : "%llu", (unsigned long long)pinned);
	return shape_diffs_add(diffs, field, a, b);
}

static int compare_sizes(const struct bpf_map *map, const struct bpf_map_info *pinned,
                         struct shape_diffs *diffs)
{
	int err = 0;

	if (bpf_map__type(map) != pinned->type)
		err = shape_diffs_add(diffs, "type", shape_type_name(bpf_map__type(map)),
		                      shape_type_name(pinned->type));
	if (!err)
		err = shape_compare_number(diffs, "key size", false, bpf_map__key_size(map),
		                           pinned->key_size);
	if (!err)
		err = shape_compare_number(diffs, "value size", false, bpf_map__value_size(map),
		                           pinned->value_size);
	if (!err)
		err = shape_compare_number(diffs, "max entries", false, entries_of(map),
		                           pinned->max_entries);
	if (!err)
		err = shape_compare_number(diffs, "flags", true,
		                           shape_flags(bpf_map__type(map), bpf_map__map_flags(map)),
		                           shape_flags(pinned->type, pinned->map_flags));
	if (!err)
		err = shape_compare_number(diffs, "extra", true, bpf_map__map_extra(map),
		                           pinned->map_extra);
	return err;
}

int shape_kernel_btf(__u32 btf_id, struct btf **btf, bool *denied)
{
	*denied = false;
	*btf = btf_id ? btf__load_from_kernel_by_id(btf_id) : NULL;
	if (*btf || !btf_id)
		return 0;
	*denied = errno == EPERM || errno == EACCES;
	/* What this libbpf does not understand counts as none. */
	return *denied || errno == EINVAL || errno == ENOTSUP ? 0 : -errno;
}

int shape_compare_types(const struct bpf_object *obj, const struct bpf_map *map,
                        const struct bpf_map_info *pinned, const char *prefix,
                        struct shape_diffs *diffs)
{
	char key[32], value[32];
	const struct btf *ours = bpf_object__btf(obj);
	struct btf *theirs;
	bool denied;
	int err;

	if (!ours || !pinned->btf_id || !bpf_map__btf_value_type_id(map) ||
	    !pinned->btf_value_type_id) {
		diffs->btf_skipped = true;
		return 0;
	}
	err = shape_kernel_btf(pinned->btf_id, &theirs, &denied);
	if (err || !theirs) {
		diffs->btf_skipped = true;
		diffs->btf_denied |= denied;
		return err;
	}
	snprintf(key, sizeof(key), "%skey", prefix);
	snprintf(value, sizeof(value), "%svalue", prefix);
	if (bpf_map__btf_key_type_id(map) && pinned->btf_key_type_id)
		err = shape_compare_btf(ours, bpf_map__btf_key_type_id(map), theirs,
		                        pinned->btf_key_type_id, key, diffs);
	if (!err)
		err = shape_compare_btf(ours, bpf_map__btf_value_type_id(map), theirs,
		                        pinned->btf_value_type_id, value, diffs);
	btf__free(theirs);
	return err;
}

bool shape_holds_maps(__u32 type)
{
	return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

int shape_compare(const struct bpf_object *obj, const struct bpf_map *map, int pin_fd,
                  const struct bpf_map_info *pinned, struct shape_diffs *diffs)
{
	int err;

	memset(diffs, 0, sizeof(*diffs));
	err = compare_sizes(map, pinned, diffs);
	if (!err)
		err = shape_compare_types(obj, map, pinned, "", diffs);
	if (!err && shape_holds_maps(pinned->type) && pinned->type == bpf_map__type(map))
		err = shape_compare_inner(obj, map, pin_fd, pinned, diffs);
	if (err)
		shape_diffs_free(diffs);
	return err;
}
