// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "scripts/config_load.h"
#include "scripts/ratelimit_edit.h"
#include "scripts/ratelimit_limit.h"
#include "scripts/ratelimit_load.h"
#include "scripts/ratelimit_show.h"

static int parse(char **words, int count, void *entry)
{
	struct rate_prefix prefix;
	int err = prefix_parse(words[0], &prefix);

	return err ? err : limit_parse(words + 1, count - 1, &prefix, entry);
}

/* The longest prefix decides. */
static int compare(const void *a, const void *b)
{
	const struct rate_prefix *x = &((const struct rate_limit *)a)->prefix;
	const struct rate_prefix *y = &((const struct rate_limit *)b)->prefix;

	return x->length != y->length ? (int)y->length - (int)x->length
	                              : memcmp(&x->source, &y->source, sizeof(x->source));
}

static bool equal(const void *a, const void *b)
{
	return !memcmp(a, b, sizeof(struct rate_limit));
}

static long room(const struct config *config)
{
	struct bpf_map_info info;
	int fd = config_open_map(config, &ratelimit_limits, CONFIG_READ, &info);

	if (fd < 0)
		return fd;
	close(fd);
	return info.max_entries;
}

static const struct config_entry entry = {
	"limit", sizeof(struct rate_limit), parse, compare, equal, room,
};

static int put(const void *limit, void *arg)
{
	return ratelimit_put(arg, limit);
}

static int take_out(const void *limit, void *arg)
{
	return ratelimit_remove(arg, &((const struct rate_limit *)limit)->prefix);
}

/* New limits are there before old ones go: for a moment there are both. */
static int check_room(const struct config *config, const struct config_entries *before,
                      const struct config_entries *limits, __u32 room)
{
	size_t both = before->len;

	for (size_t i = 0; i < limits->len; i++)
		both += !before->len || !bsearch((const struct rate_limit *)limits->list + i,
		                                 before->list, before->len, entry.size, compare);
	if (limits->len > room)
		return rejected(-ENOSPC, "cannot load %zu limits onto %s: there is room for %u",
		                limits->len, config->iface.name, room);
	if (both <= room)
		return 0;
	rejected(-ENOSPC,
	         "cannot load %zu limits onto %s: with those that are to go they are %zu, and "
	         "there is "
	         "room for %u",
	         limits->len, config->iface.name, both, room);
	hint("remove those first, and nothing is limited meanwhile: %s %s flush",
	     cli_command("ratelimit"), cli_interface(config->iface.name));
	return -ENOSPC;
}

static int replace(struct ratelimit_edit *edit, const struct config_entries *before,
                   const struct config_entries *limits)
{
	const struct config_change change = { put, take_out, NULL, edit };
	int err = check_room(edit->config, before, limits, edit->room);

	return err ? err : config_replace(before, limits, &change);
}

static int enforce(struct config *config, const struct config_entries *limits)
{
	struct config_entries before = { .entry = &entry };
	struct ratelimit_edit edit;
	struct ratelimit_list list;
	int err = ratelimit_read_limits(config, &list), end;

	if (err)
		return err;
	before.list = list.values;
	before.len = list.len;
	if (list.len)
		qsort(list.values, list.len, list.size, compare);
	err = ratelimit_edit_begin(&edit, config);
	if (!err) {
		err = replace(&edit, &before, limits);
		end = ratelimit_edit_end(&edit);
		err = err ? err : end;
	}
	free(list.values);
	return err;
}

int ratelimit_load(struct config *config, const char *path, bool keep_going)
{
	return config_load(config, path, keep_going, &entry, enforce);
}

int ratelimit_save(struct config *config, char **argv, int argc)
{
	struct ratelimit_list list;

	if (config->json)
		return ratelimit_list(config, argv, argc);
	if (ratelimit_read_limits(config, &list))
		return EXIT_KERNEL;
	for (size_t i = 0; i < list.len; i++)
		limit_print(stdout, (const struct rate_limit *)list.values + i);
	free(list.values);
	return EXIT_SUCCESS;
}
