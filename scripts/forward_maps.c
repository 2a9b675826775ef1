// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <time.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "scripts/forward_maps.h"

static const __u32 zero;

static int open_map(const struct config *config, const char *name, __u32 type, __u32 value_size,
                    enum config_access access)
{
	const struct config_map map = {
		.name = name,
		.type = type,
		.key_size = sizeof(__u32),
		.value_size = value_size,
	};

	return config_open_map(config, &map, access, NULL);
}

int forward_open_setup(const struct config *config, enum config_access access)
{
	return open_map(config, FORWARD_SETTINGS_MAP, BPF_MAP_TYPE_ARRAY,
	                sizeof(struct forward_settings), access);
}

int forward_open_count(const struct config *config)
{
	return open_map(config, FORWARD_COUNT_MAP, BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(__u64),
	                CONFIG_READ);
}

int forward_open_exclude(const struct config *config, enum config_access access)
{
	return open_map(config, FORWARD_EXCLUDE_MAP, BPF_MAP_TYPE_HASH, sizeof(__u32), access);
}

int forward_open_cache4(const struct config *config)
{
	return open_map(config, FORWARD_CACHE4_MAP, BPF_MAP_TYPE_PERCPU_ARRAY,
	                sizeof(struct forward_entry4), CONFIG_READ);
}

int forward_open_cache6(const struct config *config)
{
	return open_map(config, FORWARD_CACHE6_MAP, BPF_MAP_TYPE_PERCPU_ARRAY,
	                sizeof(struct forward_entry6), CONFIG_READ);
}

int forward_get_setup(const struct config *config, struct forward_settings *setup)
{
	int fd = forward_open_setup(config, CONFIG_READ), err;

	if (fd < 0)
		return fd;
	err = bpf_map_lookup_elem(fd, &zero, setup);
	close(fd);
	if (err)
		failed(err, "cannot read map '%s' of %s", FORWARD_SETTINGS_MAP, config->iface.name);
	return err;
}

int forward_set_setup(const struct config *config, const struct forward_settings *setup)
{
	int fd = forward_open_setup(config, CONFIG_WRITE), err;

	if (fd < 0)
		return fd;
	err = bpf_map_update_elem(fd, &zero, setup, BPF_ANY);
	close(fd);
	if (err)
		failed(err, "cannot write map '%s' of %s", FORWARD_SETTINGS_MAP,
		       config->iface.name);
	return err;
}

__u64 forward_tick_ns(void)
{
	struct timespec tick;

	/* The coarse clocks advance with each jiffy. */
	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick))
		return 0;
	return (__u64)tick.tv_sec * 1000000000 + (__u64)tick.tv_nsec;
}

__u32 forward_bound_ms(const struct forward_settings *setup)
{
	return (__u32)((setup->cache_jiffies * forward_tick_ns() + 999999) / 1000000);
}
