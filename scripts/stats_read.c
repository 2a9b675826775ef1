// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "bpffs/map_path.h"
#include "scripts/stats_read.h"

/* A merge moves a slot's count from the old map to the new one; a reader between them retries. */
#define MERGE_RETRIES 100

/* The maps of one hook: the one in place, which may be missing, and those it replaced. */
struct place {
	const struct view *view;
	enum hook hook;
	int cpus;
	struct stats_record *percpu;
};

static bool in_place(const struct place *place, const struct view_map *map)
{
	return map->egress == (place->hook == HOOK_TC_EGRESS);
}

static bool has_shape(const struct bpf_map_info *info)
{
	return info->type == BPF_MAP_TYPE_PERCPU_ARRAY && info->key_size == sizeof(__u32) &&
	       info->value_size == sizeof(struct stats_record);
}

/* "type hash, key 4, value 8 bytes" */
static void describe(const struct bpf_map_info *info, char *out, size_t size)
{
	const char *type = libbpf_bpf_map_type_str(info->type);

	snprintf(out, size, "type %s, key %u, value %u bytes", type ? type : "unknown",
	         info->key_size, info->value_size);
}

/* A map of that name with another shape: not ours to read. */
static int refuse(const struct view_map *map, const struct sample *sample, bool say)
{
	const struct bpf_map_info wanted = {
		.type = BPF_MAP_TYPE_PERCPU_ARRAY,
		.key_size = sizeof(__u32),
		.value_size = sizeof(struct stats_record),
	};
	char below[MAP_PATH_SIZE], path[PATH_MAX + MAP_PATH_SIZE], is[128], expected[128];

	view_map_path(map, below, sizeof(below));
	snprintf(path, sizeof(path), "%s/%s", sample->path, below);
	describe(&map->info, is, sizeof(is));
	describe(&wanted, expected, sizeof(expected));
	if (!map->old_id)
		return rejected(-EINVAL, "cannot read map '%s' of %s at %s: it has %s; expected %s",
		                map->name, sample->iface.name, path, is, expected);
	if (say)
		note("not added: %s has %s; expected %s", path, is, expected);
	return 0;
}

/* Add one slot of one map. A map with fewer slots counts nothing in the others. */
static int add_slot(const struct place *place, const struct view_map *map, __u32 slot,
                    struct stats_record *sum)
{
	if (slot >= map->info.max_entries)
		return 0;
	if (bpf_map_lookup_elem(map->fd, &slot, place->percpu))
		return -errno;
	for (int cpu = 0; cpu < place->cpus; cpu++) {
		sum->rx_packets += place->percpu[cpu].rx_packets;
		sum->rx_bytes += place->percpu[cpu].rx_bytes;
	}
	return 0;
}

/* The same map has another pin before this one. */
static bool is_repeated(const struct place *place, size_t i)
{
	const struct view_map *maps = place->view->maps;

	for (size_t k = 0; k < i; k++)
		if (in_place(place, &maps[k]) && maps[k].info.id == maps[i].info.id)
			return true;
	return false;
}

/* The sum of one slot over the replaced maps, or over the one in place. */
static int sum_slot(const struct place *place, bool old, __u32 slot, struct stats_record *sum)
{
	int err = 0;

	memset(sum, 0, sizeof(*sum));
	for (size_t i = 0; !err && i < place->view->len; i++) {
		const struct view_map *map = &place->view->maps[i];

		if (in_place(place, map) && has_shape(&map->info) && !!map->old_id == old &&
		    !is_repeated(place, i))
			err = add_slot(place, map, slot, sum);
	}
	return err;
}

/* Read the replaced maps before and after the one in place: equal, nothing moved in between. */
static int read_slot(const struct place *place, __u32 slot, struct stats_record *sum)
{
	struct stats_record before, after;
	int err, tries = MERGE_RETRIES;

	do {
		err = sum_slot(place, true, slot, &before);
		if (!err)
			err = sum_slot(place, false, slot, sum);
		if (!err)
			err = sum_slot(place, true, slot, &after);
	} while (!err && memcmp(&before, &after, sizeof(after)) != 0 && tries--);
	if (err)
		return err;
	sum->rx_packets += after.rx_packets;
	sum->rx_bytes += after.rx_bytes;
	return 0;
}

static int read_slots(struct hook_stats *stats, const struct view *view)
{
	struct place place = { .view = view, .hook = stats->hook };
	int err = 0;

	place.cpus = libbpf_num_possible_cpus();
	if (place.cpus < 0)
		return place.cpus;
	place.percpu = calloc(place.cpus, sizeof(*place.percpu));
	if (!place.percpu)
		return -ENOMEM;
	for (unsigned int slot = 0; !err && slot < action_count(stats->hook); slot++)
		err = read_slot(&place, slot, &stats->actions[slot]);
	free(place.percpu);
	return err;
}

int stats_read(struct hook_stats *stats, const struct view *view, const struct sample *sample,
               __u64 known_gen)
{
	const struct place place = { .view = view, .hook = stats->hook };
	const struct view_map *shown = NULL;
	int err;

	for (size_t i = 0; i < view->len; i++) {
		const struct view_map *map = &view->maps[i];

		if (!in_place(&place, map))
			continue;
		if (!has_shape(&map->info)) {
			err = refuse(map, sample, !known_gen || view->record.gen != known_gen);
			if (err)
				return err;
		} else if (!shown || !map->old_id) {
			shown = map;
		}
	}
	if (!shown)
		return 0;
	stats->map_id = shown->info.id;
	err = read_slots(stats, view);
	if (!err)
		return 1;
	return failed(err, "cannot read map '%s' of %s in %s", stats->map, sample->iface.name,
	              sample->path);
}
