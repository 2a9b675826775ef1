// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/view.h"
#include "scripts/config_apart.h"
#include "scripts/config_use.h"
#include "scripts/redirect_maps.h"

static const __u32 zero;

static const struct config_map port_map = {
	.name = REDIRECT_PORT_MAP,
	.type = BPF_MAP_TYPE_DEVMAP,
	.key_size = sizeof(__u32),
	.value_size = sizeof(__u32),
};
/* What each program has, of XDP as of tc. */
static const struct config_map common_maps[] = {
	{ REDIRECT_MODE_MAP, BPF_MAP_TYPE_ARRAY, sizeof(__u32), sizeof(struct redirect_mode) },
	{ REDIRECT_PARAMS_MAP, BPF_MAP_TYPE_HASH, sizeof(struct redirect_mac),
	  sizeof(struct redirect_mac) },
	{ REDIRECT_FLOWS_MAP, BPF_MAP_TYPE_PERCPU_HASH, sizeof(struct redirect_mac),
	  sizeof(struct stats_record) },
};

#define COMMON (sizeof(common_maps) / sizeof(*common_maps))

/* A program of tc has none; that of XDP may wait for its pin, if its loader makes none. */
static int open_port(struct redirect_maps *maps, const struct config *config,
                     enum config_access access)
{
	__u32 id;

	if (view_map_id(&config->dir, REDIRECT_PORT_MAP, &id) != -ENOENT) {
		maps->tc_only = config_use_is_left(config, &port_map, id);
		maps->port_fd = config_open_map(config, &port_map, access, NULL);
		return maps->port_fd < 0 ? maps->port_fd : 0;
	}
	maps->tc_only = true;
	if (config_apart_tell(config, REDIRECT_PORT_MAP, 0) && access == CONFIG_WRITE)
		return rejected(-ENOENT, "cannot redirect %s without its map '%s'",
		                config->iface.name, REDIRECT_PORT_MAP);
	return 0;
}

int redirect_maps_open(struct redirect_maps *maps, const struct config *config,
                       enum config_access access)
{
	int fds[COMMON], err;

	*maps = (struct redirect_maps){ -1, false, -1, -1, -1, config->iface.name };
	err = config_open_maps(config, common_maps, COMMON, access, fds, NULL);
	maps->mode_fd = fds[0];
	maps->params_fd = fds[1];
	maps->flows_fd = fds[2];
	if (!err)
		err = open_port(maps, config, access);
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

int redirect_maps_failed_read(const struct redirect_maps *maps, const char *map, int err)
{
	return failed(err, "cannot read map '%s' of %s", map, maps->ifname);
}

int redirect_maps_failed_write(const struct redirect_maps *maps, const char *map, int err)
{
	return failed(err, "cannot write map '%s' of %s", map, maps->ifname);
}

int redirect_maps_get(const struct redirect_maps *maps, struct redirect_mode *mode, __u32 *port)
{
	int err = bpf_map_lookup_elem(maps->mode_fd, &zero, mode);

	*port = 0;
	if (err)
		return redirect_maps_failed_read(maps, REDIRECT_MODE_MAP, err);
	if (maps->port_fd < 0)
		return 0;
	err = bpf_map_lookup_elem(maps->port_fd, &zero, port);
	return err && err != -ENOENT ? redirect_maps_failed_read(maps, REDIRECT_PORT_MAP, err) : 0;
}

static int set_mode(const struct redirect_maps *maps, const struct redirect_mode *mode)
{
	int err = bpf_map_update_elem(maps->mode_fd, &zero, mode, BPF_ANY);

	return err ? redirect_maps_failed_write(maps, REDIRECT_MODE_MAP, err) : 0;
}

int redirect_maps_note(const struct redirect_maps *maps, const struct redirect_mode *mode)
{
	return set_mode(maps, mode);
}

int redirect_maps_switch_on(const struct redirect_maps *maps, const struct redirect_mode *mode)
{
	bool plain = mode->plain || maps->tc_only;
	int err = set_mode(maps, mode);

	if (err || maps->port_fd < 0)
		return err;
	/* From devmap to plain, or to tc, the entry is of no more use. */
	err = plain ? bpf_map_delete_elem(maps->port_fd, &zero)
	            : bpf_map_update_elem(maps->port_fd, &zero, &mode->ifindex, BPF_ANY);
	return err && !(plain && err == -ENOENT)
	               ? redirect_maps_failed_write(maps, REDIRECT_PORT_MAP, err)
	               : 0;
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
			return redirect_maps_failed_write(maps, REDIRECT_PORT_MAP, err);
	} else if (port) {
		note("somebody else changed where %s of %s leads: it stays", REDIRECT_PORT_MAP,
		     maps->ifname);
	}
	mode.ifindex = 0;
	mode.plain = 0;
	err = set_mode(maps, &mode);
	return err ? err : redirect_maps_remove(maps);
}

int redirect_maps_stub_comes(const struct redirect_maps *maps, __u32 port)
{
	struct redirect_mode mode;
	__u32 now;
	int err = redirect_maps_get(maps, &mode, &now);

	if (err)
		return err;
	if (mode.owned ? mode.ifindex != port : mode.ifindex || now)
		return -EAGAIN;
	mode.owned = 1;
	mode.stub_prog = REDIRECT_STUB_COMING;
	mode.stub_port = port;
	return set_mode(maps, &mode);
}

int redirect_maps_stub_came(const struct redirect_maps *maps, __u32 prog)
{
	struct redirect_mode mode;
	__u32 port;
	int err = redirect_maps_get(maps, &mode, &port);

	if (err || mode.stub_prog != REDIRECT_STUB_COMING)
		return err;
	if (!mode.ifindex)
		return redirect_maps_forget(maps);
	mode.stub_prog = prog;
	return set_mode(maps, &mode);
}

int redirect_maps_forget(const struct redirect_maps *maps)
{
	struct redirect_mode mode = {};

	return set_mode(maps, &mode);
}
