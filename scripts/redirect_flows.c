// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "scripts/redirect_maps.h"
#include "scripts/station.h"

/* What was counted for a flow, over all CPUs. Returns 0, or -ENOENT if the flow is not ours. */
static int count(const struct redirect_maps *maps, const struct redirect_mac *source,
                 struct stats_record *sum)
{
	int cpus = libbpf_num_possible_cpus(), err;
	struct stats_record *values;

	memset(sum, 0, sizeof(*sum));
	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	err = bpf_map_lookup_elem(maps->flows_fd, source, values);
	for (int cpu = 0; !err && cpu < cpus; cpu++) {
		sum->rx_packets += values[cpu].rx_packets;
		sum->rx_bytes += values[cpu].rx_bytes;
	}
	free(values);
	return err;
}

int redirect_maps_flows(const struct redirect_maps *maps, struct redirect_flow **flows, size_t *len)
{
	struct redirect_flow *list = calloc(REDIRECT_FLOWS, sizeof(*list)), *flow;
	struct redirect_mac key;
	void *last = NULL;
	int err = 0;

	*len = 0;
	*flows = list;
	if (!list)
		return failed(-ENOMEM, "cannot read the flows of %s", maps->ifname);
	while (*len < REDIRECT_FLOWS) {
		err = bpf_map_get_next_key(maps->params_fd, last, &key);
		if (err)
			break;
		last = &key;
		flow = &list[*len];
		flow->pair.source = key;
		/* One that went meanwhile is none. */
		if (bpf_map_lookup_elem(maps->params_fd, &key, &flow->pair.destination))
			continue;
		flow->ours = !count(maps, &key, &flow->count);
		(*len)++;
	}
	return err && err != -ENOENT ? redirect_maps_failed_read(maps, REDIRECT_PARAMS_MAP, err)
	                             : 0;
}

/* Refused: what is in redirect_params alone is somebody else's, and leads elsewhere. */
static int check_one(const struct redirect_maps *maps, const struct redirect_pair *pair, bool ours,
                     bool *there)
{
	char source[STATION_TEXT_SIZE], destination[STATION_TEXT_SIZE];
	struct redirect_mac found;

	*there = !bpf_map_lookup_elem(maps->params_fd, &pair->source, &found);
	if (!*there || ours || station_equal(&found, &pair->destination))
		return 0;
	station_format(&pair->source, source);
	station_format(&found, destination);
	return rejected(-EEXIST, "cannot redirect %s of %s: somebody else's flow leads it to %s",
	                source, maps->ifname, destination);
}

int redirect_maps_check(const struct redirect_maps *maps, const struct redirect_pair *pairs,
                        size_t len)
{
	struct stats_record sum;
	bool there;
	int err = 0;

	for (size_t i = 0; !err && i < len; i++)
		err = check_one(maps, &pairs[i], !count(maps, &pairs[i].source, &sum), &there);
	return err;
}

/* Ours in redirect_flows first: what is in redirect_params alone is taken for somebody else's. */
static int add_one(const struct redirect_maps *maps, const struct redirect_pair *pair, bool *added)
{
	struct stats_record sum, *zeros;
	bool ours = !count(maps, &pair->source, &sum), there;
	int err = check_one(maps, pair, ours, &there);

	*added = false;
	if (err || (there && !ours))
		return err;
	if (!ours) {
		zeros = calloc((size_t)libbpf_num_possible_cpus(), sizeof(*zeros));
		err = zeros ? bpf_map_update_elem(maps->flows_fd, &pair->source, zeros, BPF_ANY)
		            : -ENOMEM;
		free(zeros);
		if (err == -E2BIG)
			return rejected(-ENOSPC, "cannot add a flow to %s: there is room for %d",
			                maps->ifname, REDIRECT_FLOWS);
		if (err)
			return redirect_maps_failed_write(maps, REDIRECT_FLOWS_MAP, err);
		*added = true;
	}
	err = bpf_map_update_elem(maps->params_fd, &pair->source, &pair->destination, BPF_ANY);
	return err ? redirect_maps_failed_write(maps, REDIRECT_PARAMS_MAP, err) : 0;
}

int redirect_maps_remove_one(const struct redirect_maps *maps, const struct redirect_mac *source)
{
	int err = bpf_map_delete_elem(maps->params_fd, source);

	if (err && err != -ENOENT)
		return redirect_maps_failed_write(maps, REDIRECT_PARAMS_MAP, err);
	err = bpf_map_delete_elem(maps->flows_fd, source);
	return err && err != -ENOENT ? redirect_maps_failed_write(maps, REDIRECT_FLOWS_MAP, err)
	                             : 0;
}

int redirect_maps_add(const struct redirect_maps *maps, const struct redirect_pair *pairs,
                      size_t len)
{
	bool *added = calloc(len, sizeof(*added));
	int err = added ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < len; i++)
		err = add_one(maps, &pairs[i], &added[i]);
	for (size_t i = 0; err && added && i < len; i++)
		if (added[i])
			redirect_maps_remove_one(maps, &pairs[i].source);
	free(added);
	return err;
}

int redirect_maps_remove(const struct redirect_maps *maps)
{
	struct redirect_mac key;
	int err;

	for (;;) {
		err = bpf_map_get_next_key(maps->flows_fd, NULL, &key);
		if (err)
			return err == -ENOENT
			               ? 0
			               : redirect_maps_failed_read(maps, REDIRECT_FLOWS_MAP, err);
		err = redirect_maps_remove_one(maps, &key);
		if (err)
			return err;
	}
}

void redirect_maps_tell_others(const struct redirect_maps *maps)
{
	struct redirect_mac key, last;
	struct stats_record sum;
	size_t others = 0;

	for (void *from = NULL; others < REDIRECT_FLOWS; from = &last) {
		if (bpf_map_get_next_key(maps->params_fd, from, &key))
			break;
		last = key;
		others += count(maps, &key, &sum) == -ENOENT;
	}
	if (others)
		note("%zu %s of %s in %s %s set by somebody else: %s", others,
		     others == 1 ? "flow" : "flows", maps->ifname, REDIRECT_PARAMS_MAP,
		     others == 1 ? "was" : "were", others == 1 ? "it stays" : "they stay");
}
