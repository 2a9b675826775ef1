// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/view.h"
#include "scripts/ratelimit_edit.h"
#include "scripts/ratelimit_limit.h"
#include "scripts/ratelimit_show.h"

static const struct config_map settings_map = {
	.name = RATE_SETTINGS_MAP,
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(struct rate_settings),
};

/* Programs of an earlier version have none. */
static int open_settings(struct ratelimit_edit *edit)
{
	__u32 id;
	int err = view_map_id(&edit->config->dir, RATE_SETTINGS_MAP, &id);

	edit->settings_fd = -1;
	if (err == -ENOENT)
		return 0;
	edit->settings_fd = config_open_map(edit->config, &settings_map, CONFIG_WRITE, NULL);
	return edit->settings_fd < 0 ? edit->settings_fd : 0;
}

static int say(const struct ratelimit_edit *edit, bool empty)
{
	const struct rate_settings settings = { .empty = empty };
	__u32 key = 0;
	int err;

	if (edit->settings_fd < 0)
		return 0;
	err = bpf_map_update_elem(edit->settings_fd, &key, &settings, BPF_ANY);
	return err ? failed(err, "cannot change the settings of %s", edit->config->iface.name) : 0;
}

/* Whether there is no limit; what cannot be read may have one. */
static bool is_empty(const struct ratelimit_edit *edit)
{
	struct rate_prefix first;

	return bpf_map_get_next_key(edit->limits_fd, NULL, &first) == -ENOENT;
}

static void close_maps(const struct ratelimit_edit *edit)
{
	close(edit->limits_fd);
	if (edit->settings_fd >= 0)
		close(edit->settings_fd);
}

int ratelimit_edit_begin(struct ratelimit_edit *edit, const struct config *config)
{
	struct bpf_map_info info;
	int err;

	edit->config = config;
	edit->limits_fd = config_open_map(config, &ratelimit_limits, CONFIG_WRITE, &info);
	if (edit->limits_fd < 0)
		return edit->limits_fd;
	edit->room = info.max_entries;
	err = open_settings(edit);
	if (!err)
		err = say(edit, false);
	if (err)
		close_maps(edit);
	return err;
}

/*
 * Interfaces that share these maps each have a lock of their own, so another editor may be at work.
 * Whoever says that there is nothing looks once more afterwards, and whoever put something says so
 * once more: one of the two comes last, and sees what the other did.
 */
int ratelimit_edit_end(struct ratelimit_edit *edit)
{
	bool empty = is_empty(edit);
	int err = say(edit, empty);

	if (!err && empty && !is_empty(edit))
		err = say(edit, false);
	close_maps(edit);
	return err;
}

int ratelimit_put(const struct ratelimit_edit *edit, const struct rate_limit *limit)
{
	char text[PREFIX_TEXT_SIZE];
	int err = bpf_map_update_elem(edit->limits_fd, &limit->prefix, limit, BPF_ANY);

	if (err)
		failed(err, "cannot limit %s on %s", prefix_text(&limit->prefix, text),
		       edit->config->iface.name);
	if (err == -ENOSPC)
		hint("the map holds %d limits", RATE_LIMITS);
	return err;
}

int ratelimit_remove(const struct ratelimit_edit *edit, const struct rate_prefix *prefix)
{
	char text[PREFIX_TEXT_SIZE];
	int err = bpf_map_delete_elem(edit->limits_fd, prefix);

	if (err == -ENOENT)
		rejected(err, "cannot remove the limit of %s on %s: there is none",
		         prefix_text(prefix, text), edit->config->iface.name);
	else if (err)
		failed(err, "cannot remove the limit of %s on %s", prefix_text(prefix, text),
		       edit->config->iface.name);
	return err;
}
