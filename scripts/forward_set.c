// SPDX-License-Identifier: GPL-2.0-or-later
/* The verbs that change what a forward program does. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/number.h"
#include "scripts/forward_maps.h"

#define CACHE_ON_MS  100
#define CACHE_MAX_MS 60000

/* "on", "off" or milliseconds. Returns 0 or -EINVAL, reported. */
static int read_bound(const char *text, __u32 *ms)
{
	__u64 value = 0;

	if (!strcmp(text, "on")) {
		value = CACHE_ON_MS;
	} else if (strcmp(text, "off") != 0 && !number_parse(text, CACHE_MAX_MS, &value)) {
		rejected(-EINVAL, "cannot read '%s' as how old the cache may be", text);
		hint("give on, off, or milliseconds up to %d", CACHE_MAX_MS);
		number_hint(text);
		return -EINVAL;
	}
	*ms = (__u32)value;
	return 0;
}

int forward_cache(struct config *config, char **argv, int argc)
{
	struct forward_settings setup;
	__u64 tick = forward_tick_ns();
	__u32 ms;

	(void)argc;
	if (read_bound(argv[0], &ms))
		return EXIT_USAGE;
	if (!tick) {
		failed(-errno, "cannot find out the tick of this kernel");
		return EXIT_KERNEL;
	}
	if (forward_get_setup(config, &setup))
		return EXIT_KERNEL;
	/* Rounded down: never longer than was asked for. */
	setup.cache_jiffies = (__u32)(ms * 1000000ULL / tick);
	if (ms && !setup.cache_jiffies) {
		rejected(-EINVAL, "cannot keep the cache below one tick of this kernel");
		hint("give at least %llu milliseconds",
		     (unsigned long long)(tick + 999999) / 1000000);
		return EXIT_KERNEL;
	}
	return forward_set_setup(config, &setup) ? EXIT_KERNEL : EXIT_SUCCESS;
}

/* Forget what is cached, and set whether exclusions are looked at. */
static int renew(struct config *config, bool change, bool excludes)
{
	struct forward_settings setup;
	int err = forward_get_setup(config, &setup);

	if (err)
		return err;
	setup.generation++;
	if (change)
		setup.excludes = excludes;
	return forward_set_setup(config, &setup);
}

int forward_flush(struct config *config, char **argv, int argc)
{
	(void)argv;
	(void)argc;
	return renew(config, false, false) ? EXIT_KERNEL : EXIT_SUCCESS;
}

/* The number of one that is excluded, as the status shows it once it is gone. No name is 0. */
static __u32 read_excluded(int fd, const char *text)
{
	__u32 ifindex, one;
	__u64 value;

	if (!number_parse(text, UINT32_MAX, &value))
		return 0;
	ifindex = (__u32)value;
	return bpf_map_lookup_elem(fd, &ifindex, &one) ? 0 : ifindex;
}

/* Find all interfaces before any is changed. Of the excluded ones, numbers are names as well. */
static int find_all(int fd, char **names, int len, bool exclude, __u32 *ifindex)
{
	struct interface iface;
	int err = 0;

	for (int i = 0; i < len; i++) {
		if (!exclude && interface_by_name(&iface, names[i]) == -ENODEV) {
			ifindex[i] = read_excluded(fd, names[i]);
			if (ifindex[i])
				continue;
		}
		if (interface_find(&iface, names[i], NULL))
			err = -ENODEV;
		ifindex[i] = iface.ifindex;
	}
	return err;
}

static int change_excludes(struct config *config, char **names, int len, bool exclude)
{
	__u32 *ifindex = calloc((size_t)len, sizeof(*ifindex)), one = 1, key;
	bool found;
	int fd, err;

	if (!ifindex)
		return failed(-ENOMEM, "cannot list the interfaces");
	fd = forward_open_exclude(config, CONFIG_WRITE);
	if (fd < 0) {
		free(ifindex);
		return fd;
	}
	err = find_all(fd, names, len, exclude, ifindex);
	found = !err;
	for (int i = 0; !err && i < len; i++) {
		err = exclude ? bpf_map_update_elem(fd, &ifindex[i], &one, BPF_ANY)
		              : bpf_map_delete_elem(fd, &ifindex[i]);
		if (!exclude && err == -ENOENT)
			err = 0;
		if (err)
			failed(err, "cannot change map '%s' of %s for %s", FORWARD_EXCLUDE_MAP,
			       config->iface.name, names[i]);
	}
	/* Also after a failure: what was changed holds from now on. */
	if (found && renew(config, true, bpf_map_get_next_key(fd, NULL, &key) != -ENOENT) && !err)
		err = -EIO;
	close(fd);
	free(ifindex);
	return err;
}

int forward_exclude(struct config *config, char **argv, int argc)
{
	return change_excludes(config, argv, argc, true) ? EXIT_KERNEL : EXIT_SUCCESS;
}

int forward_include(struct config *config, char **argv, int argc)
{
	return change_excludes(config, argv, argc, false) ? EXIT_KERNEL : EXIT_SUCCESS;
}
