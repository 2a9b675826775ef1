// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/carry.h"
#include "pinning/migrate_entries.h"
#include "pinning/reuse_lacks.h"

/* Room for a key, the one after it, and a value of either map. */
struct reading {
	__u8 *key, *next, *value, *other;
	size_t value_bytes;
};

/* A slot of an array is there always: nothing is lost with zeros. */
static bool is_empty(const struct bpf_map_info *info, const __u8 *value, size_t size)
{
	return map_is_array(info->type) &&
	       (!size || (!*value && !memcmp(value, value + 1, size - 1)));
}

static bool lacks(const struct reading *r, int to_fd, const void *key)
{
	return to_fd < 0 || bpf_map_lookup_elem(to_fd, key, r->other) ||
	       memcmp(r->value, r->other, r->value_bytes) != 0;
}

/* As they are, with no plan between the two. Of a queue only whether something is in it. */
static int count_plainly(int from_fd, const struct bpf_map_info *info, int to_fd, struct reading *r,
                         __u64 *lacking)
{
	void *previous = NULL, *used;
	int err;

	if (!info->key_size) {
		*lacking = !bpf_map_lookup_elem(from_fd, NULL, r->value);
		return 0;
	}
	while (!(err = bpf_map_get_next_key(from_fd, previous, r->next))) {
		used = r->key;
		r->key = previous = r->next;
		r->next = used;
		if (!bpf_map_lookup_elem(from_fd, r->key, r->value) &&
		    !is_empty(info, r->value, r->value_bytes) && lacks(r, to_fd, r->key))
			(*lacking)++;
	}
	return err == -ENOENT ? 0 : err;
}

static int count_alone(int from_fd, const struct bpf_map_info *info, int to_fd, __u64 *lacking)
{
	struct reading r = { .value_bytes = map_value_bytes(info) };
	struct bpf_map_info to;
	int err = to_fd < 0 ? 0 : map_describe(to_fd, &to);

	/* No key of the one is a key of the other. */
	if (!err && to_fd >= 0 &&
	    (to.key_size != info->key_size || map_value_bytes(&to) != r.value_bytes))
		to_fd = -1;
	r.key = calloc(1, info->key_size + 1);
	r.next = calloc(1, info->key_size + 1);
	r.value = calloc(1, r.value_bytes + 1);
	r.other = calloc(1, r.value_bytes + 1);
	if (!err)
		err = r.key && r.next && r.value && r.other ? 0 : -ENOMEM;
	if (!err)
		err = count_plainly(from_fd, info, to_fd, &r, lacking);
	free(r.key);
	free(r.next);
	free(r.value);
	free(r.other);
	return err ? failed(err, "cannot read map %s", info->name) : 0;
}

int reuse_count_lacking(int from_fd, int to_fd, enum migrate_class class, __u64 *lacking)
{
	struct migrate_map from = {}, to = {};
	struct migration *m = NULL;
	bool planned = false;
	int err;

	*lacking = 0;
	err = migrate_map_open(&from, from_fd);
	if (!err && to_fd >= 0)
		err = migrate_map_open(&to, to_fd);
	if (err)
		failed(err, "cannot query map %s", from.info.name);
	if (!err && to_fd >= 0) {
		err = migrate_plan(&m, &from, &to, class);
		planned = !err;
		if (planned)
			err = migrate_count_missing(m, lacking);
		else if (err == -EOPNOTSUPP)
			err = 0;
		else
			failed(err, "cannot compare map %s with the one in place", from.info.name);
	}
	if (!err && !planned)
		err = count_alone(from_fd, &from.info, to_fd, lacking);
	migrate_free(m);
	migrate_map_close(&to);
	migrate_map_close(&from);
	return err;
}

/* What user space can list, and is nothing of a task, a socket or the like. */
static bool can_list(__u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LPM_TRIE:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_DEVMAP:
	case BPF_MAP_TYPE_DEVMAP_HASH:
	case BPF_MAP_TYPE_CPUMAP: return true;
	default: return false;
	}
}

void reuse_name_behind(const struct object *object, const struct bpf_map *map, int from_fd,
                       int to_fd, const char *const *classes, char *text, size_t size)
{
	const char *name = object_map_name(object, map);
	int class = carry_class(bpf_object__btf(object->obj), name, bpf_map__type(map), classes);
	struct bpf_map_info info;
	__u64 lacking;

	*text = '\0';
	if (class == MIGRATE_CONFIG && !map_describe(from_fd, &info) && can_list(info.type) &&
	    !reuse_count_lacking(from_fd, to_fd, class, &lacking) && lacking)
		snprintf(text, size, "map '%s': %llu entr%s of map %u %s left behind", name,
		         (unsigned long long)lacking, lacking == 1 ? "y" : "ies", info.id,
		         lacking == 1 ? "is" : "are");
}
