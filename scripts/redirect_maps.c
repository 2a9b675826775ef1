// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/view.h"
#include "scripts/config_apart.h"
#include "scripts/redirect_maps.h"
#include "scripts/station.h"

static const __u32 zero;

static const struct config_map port_map = {
	.name = REDIRECT_PORT_MAP,
	.type = BPF_MAP_TYPE_DEVMAP,
	.key_size = sizeof(__u32),
	.value_size = sizeof(__u32),
};
static const struct config_map params_map = {
	.name = REDIRECT_PARAMS_MAP,
	.type = BPF_MAP_TYPE_HASH,
	.key_size = sizeof(struct redirect_mac),
	.value_size = sizeof(struct redirect_mac),
};
static const struct config_map flows_map = {
	.name = REDIRECT_FLOWS_MAP,
	.type = BPF_MAP_TYPE_PERCPU_HASH,
	.key_size = sizeof(struct redirect_mac),
	.value_size = sizeof(struct stats_record),
};
static const struct config_map mode_map = {
	.name = REDIRECT_MODE_MAP,
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(struct redirect_mode),
};

static int open_one(int *fd, const struct config *config, const struct config_map *map,
                    enum config_access access)
{
	*fd = config_open_map(config, map, access, NULL);
	return *fd < 0 ? *fd : 0;
}

int redirect_maps_open(struct redirect_maps *maps, const struct config *config,
                       enum config_access access)
{
	__u32 id;
	int err;

	*maps = (struct redirect_maps){ -1, -1, -1, -1, config->iface.name };
	err = open_one(&maps->mode_fd, config, &mode_map, access);
	if (!err)
		err = open_one(&maps->params_fd, config, &params_map, access);
	if (!err)
		err = open_one(&maps->flows_fd, config, &flows_map, access);
	/* A program of tc has none; that of XDP may wait for its pin, if its loader makes none. */
	if (!err && view_map_id(&config->dir, REDIRECT_PORT_MAP, &id) != -ENOENT)
		err = open_one(&maps->port_fd, config, &port_map, access);
	else if (!err && config_apart_tell(config, REDIRECT_PORT_MAP, 0) && access == CONFIG_WRITE)
		err = rejected(-ENOENT, "cannot redirect %s without its map '%s'",
		               config->iface.name, REDIRECT_PORT_MAP);
	if (err)
		redirect_maps_close(maps);
	return err;
}

void redirect_maps_close(struct redirect_maps *maps)
{
	int *fds[] = { &maps->port_fd, &maps->params_fd, &maps->flows_fd, &maps->mode_fd };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

static int failed_read(const struct redirect_maps *maps, const char *map, int err)
{
	return failed(err, "cannot read map '%s' of %s", map, maps->ifname);
}

static int failed_write(const struct redirect_maps *maps, const char *map, int err)
{
	return failed(err, "cannot write map '%s' of %s", map, maps->ifname);
}

int redirect_maps_get(const struct redirect_maps *maps, struct redirect_mode *mode, __u32 *port)
{
	int err = bpf_map_lookup_elem(maps->mode_fd, &zero, mode);

	*port = 0;
	if (err)
		return failed_read(maps, REDIRECT_MODE_MAP, err);
	if (maps->port_fd < 0)
		return 0;
	err = bpf_map_lookup_elem(maps->port_fd, &zero, port);
	return err && err != -ENOENT ? failed_read(maps, REDIRECT_PORT_MAP, err) : 0;
}

static int set_mode(const struct redirect_maps *maps, const struct redirect_mode *mode)
{
	int err = bpf_map_update_elem(maps->mode_fd, &zero, mode, BPF_ANY);

	return err ? failed_write(maps, REDIRECT_MODE_MAP, err) : 0;
}

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
	return err && err != -ENOENT ? failed_read(maps, REDIRECT_PARAMS_MAP, err) : 0;
}

/* Ours in redirect_flows first: what is in redirect_params alone is taken for somebody else's. */
static int add_one(const struct redirect_maps *maps, const struct redirect_pair *pair, bool *added)
{
	char source[STATION_TEXT_SIZE], destination[STATION_TEXT_SIZE];
	struct redirect_mac there;
	struct stats_record sum, *zeros;
	bool ours = !count(maps, &pair->source, &sum);
	int err = bpf_map_lookup_elem(maps->params_fd, &pair->source, &there);

	*added = false;
	if (!err && !ours) {
		if (station_equal(&there, &pair->destination))
			return 0;
		station_format(&pair->source, source);
		station_format(&there, destination);
		rejected(-EEXIST, "cannot redirect %s of %s: somebody else's flow leads it to %s",
		         source, maps->ifname, destination);
		return -EEXIST;
	}
	if (!ours) {
		zeros = calloc((size_t)libbpf_num_possible_cpus(), sizeof(*zeros));
		err = zeros ? bpf_map_update_elem(maps->flows_fd, &pair->source, zeros, BPF_ANY)
		            : -ENOMEM;
		free(zeros);
		if (err)
			return failed_write(maps, REDIRECT_FLOWS_MAP, err);
		*added = true;
	}
	err = bpf_map_update_elem(maps->params_fd, &pair->source, &pair->destination, BPF_ANY);
	return err ? failed_write(maps, REDIRECT_PARAMS_MAP, err) : 0;
}

static int remove_one(const struct redirect_maps *maps, const struct redirect_mac *source)
{
	int err = bpf_map_delete_elem(maps->params_fd, source);

	if (err && err != -ENOENT)
		return failed_write(maps, REDIRECT_PARAMS_MAP, err);
	err = bpf_map_delete_elem(maps->flows_fd, source);
	return err && err != -ENOENT ? failed_write(maps, REDIRECT_FLOWS_MAP, err) : 0;
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
			remove_one(maps, &pairs[i].source);
	free(added);
	return err;
}

int redirect_maps_switch_on(const struct redirect_maps *maps, const struct redirect_mode *mode)
{
	int err = set_mode(maps, mode);

	if (err || maps->port_fd < 0 || mode->plain)
		return err;
	err = bpf_map_update_elem(maps->port_fd, &zero, &mode->ifindex, BPF_ANY);
	return err ? failed_write(maps, REDIRECT_PORT_MAP, err) : 0;
}

/* Every flow that redirect_flows has. */
static int remove_flows(const struct redirect_maps *maps)
{
	struct redirect_mac key;
	int err;

	for (;;) {
		err = bpf_map_get_next_key(maps->flows_fd, NULL, &key);
		if (err)
			return err == -ENOENT ? 0 : failed_read(maps, REDIRECT_FLOWS_MAP, err);
		err = remove_one(maps, &key);
		if (err)
			return err;
	}
}

int redirect_maps_switch_off(const struct redirect_maps *maps)
{
	struct redirect_mode mode;
	__u32 port;
	int err = redirect_maps_get(maps, &mode, &port);

	if (err)
		return err;
	if (port && port == mode.ifindex) {
		err = bpf_map_delete_elem(maps->port_fd, &zero);
		if (err && err != -ENOENT)
			return failed_write(maps, REDIRECT_PORT_MAP, err);
	} else if (port) {
		note("somebody else changed where %s of %s leads: it stays", REDIRECT_PORT_MAP,
		     maps->ifname);
	}
	mode.ifindex = 0;
	mode.plain = 0;
	err = set_mode(maps, &mode);
	return err ? err : remove_flows(maps);
}

int redirect_maps_forget(const struct redirect_maps *maps)
{
	struct redirect_mode mode = {};

	return set_mode(maps, &mode);
}
