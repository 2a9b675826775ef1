// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "bpffs/directory.h"
#include "bpffs/log.h"
#include "bpffs/view.h"
#include "scripts/stats_find.h"
#include "scripts/stats_read.h"
#include "scripts/stats_sample.h"
#include "scripts/stats_shared.h"

/* A writer may move on while a sample is taken, but not for ever. */
#define GENERATION_TRIES 10

static const char *const xdp_actions[XDP_STATS_SLOTS] = {
	[XDP_ABORTED] = "XDP_ABORTED", [XDP_DROP] = "XDP_DROP",         [XDP_PASS] = "XDP_PASS",
	[XDP_TX] = "XDP_TX",           [XDP_REDIRECT] = "XDP_REDIRECT",
};

static const char *const tc_actions[TC_STATS_SLOTS] = {
	"TC_ACT_OK",     "TC_ACT_RECLASSIFY", "TC_ACT_SHOT",     "TC_ACT_PIPE", "TC_ACT_STOLEN",
	"TC_ACT_QUEUED", "TC_ACT_REPEAT",     "TC_ACT_REDIRECT", "TC_ACT_TRAP", "TC_ACT_UNSPEC",
};

static const char *const stats_maps[STATS_MAPS] = { XDP_STATS_MAP, TC_STATS_MAP };

unsigned int action_count(enum hook hook)
{
	return hook == HOOK_XDP ? XDP_STATS_SLOTS : TC_STATS_SLOTS;
}

const char *action_name(enum hook hook, unsigned int slot)
{
	return hook == HOOK_XDP ? xdp_actions[slot] : tc_actions[slot];
}

static const char *map_name(enum hook hook)
{
	return stats_maps[hook != HOOK_XDP];
}

static __u64 clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int sample_hook(struct sample *sample, const struct view *view, enum hook hook,
                       const char *map, struct map_users *users, __u64 known_gen)
{
	struct hook_stats *stats = &sample->hooks[sample->hooks_len];
	int ret;

	*stats = (struct hook_stats){ .hook = hook, .map = map };
	ret = stats_read(stats, view, sample, known_gen);
	if (ret <= 0)
		return ret;
	stats->use = map_users_find(users, hook, stats->map_id,
	                            view->has_record ? &view->record : NULL, &stats->prog_id);
	if (sample->found == FOUND_LEFT)
		stats->use = MAP_USE_NOTHING;
	sample->hooks_len++;
	return 0;
}

/* The maps of one name, as they were opened before if they are of the generation. */
static int open_view(struct kept *kept, size_t i, __u64 gen)
{
	struct view *view = &kept->views[i];
	int err;

	if (kept->opened[i] && view->has_record && view->record.gen == gen)
		return 0;
	if (kept->opened[i])
		view_close(view);
	err = view_open(view, &kept->dir, &stats_maps[i], 1, BPF_F_RDONLY);
	kept->opened[i] = !err;
	return err;
}

/* Read the maps of one name, which may be those of several hooks. */
static int sample_map(struct sample *sample, struct kept *kept, size_t i, struct map_users *users,
                      __u64 known_gen)
{
	int ret = open_view(kept, i, sample->gen), err;

	if (ret)
		return ret;
	sample->time_ns = clock_ns(CLOCK_REALTIME);
	sample->elapsed_ns = clock_ns(CLOCK_MONOTONIC);
	for (int hook = 0; hook < HOOKS; hook++) {
		if (strcmp(map_name(hook), stats_maps[i]) != 0)
			continue;
		err = sample_hook(sample, &kept->views[i], hook, stats_maps[i], users, known_gen);
		if (err)
			ret = err;
	}
	return ret;
}

static int sample_directory(struct sample *sample, struct kept *kept, const struct target *target)
{
	struct map_users users = {};
	int err = 0, ret = 0;

	sample->hooks_len = 0;
	if (sample->found != FOUND_LEFT)
		ret = map_users_query(&users, &sample->iface);
	/* A killed writer's half exchange concerns them all. */
	for (size_t i = 0; i < STATS_MAPS && err != -EAGAIN; i++) {
		err = sample_map(sample, kept, i, &users, target->known_gen);
		if (err && !ret)
			ret = err;
	}
	map_users_free(&users);
	return ret;
}

/* What was kept is still what is found under the name: the same interface, and nothing changed. */
static bool is_current(const struct kept *kept, struct sample *sample,
                       const struct records *records, const struct target *target)
{
	const struct interface *now = &sample->iface;

	if (!kept->is_open || !records_are_watched(records) || kept->version != records->version ||
	    interface_by_name(&sample->iface, target->ifname))
		return false;
	return now->ifindex == kept->iface.ifindex && !strcmp(now->name, kept->iface.name) &&
	       netns_equal(&now->netns, &kept->iface.netns);
}

/* The directory of the target, kept or found. */
static int open_kept(struct kept *kept, struct sample *sample, const struct records *records,
                     const struct target *target)
{
	int err;

	if (is_current(kept, sample, records, target)) {
		snprintf(sample->path, sizeof(sample->path), "%s", kept->dir.path);
		return 0;
	}
	kept_close(kept);
	memset(sample, 0, sizeof(*sample));
	err = find_directory(&kept->dir, sample, records->fs, target);
	kept->is_open = !err;
	kept->iface = sample->iface;
	kept->version = records->version;
	return err;
}

void kept_close(struct kept *kept)
{
	for (size_t i = 0; i < STATS_MAPS; i++)
		if (kept->opened[i])
			view_close(&kept->views[i]);
	if (kept->is_open)
		directory_close(&kept->dir);
	memset(kept, 0, sizeof(*kept));
}

/* -ENOENT: what it was found in went away meanwhile. */
static int take_once(struct sample *sample, struct records *records, const struct target *target,
                     struct kept *kept)
{
	int tries = GENERATION_TRIES, err;

	/* Of one generation are the maps of all hooks, and what is said of the programs. */
	do {
		sample->gen = view_generation(&kept->dir);
		err = sample_directory(sample, kept, target);
	} while (!err && view_generation(&kept->dir) != sample->gen && --tries);
	shared_find(sample, records, &kept->dir);
	/* Of an interface that is gone, or has another's directory, all is looked up again. */
	if (err || sample->found != FOUND || !records_are_watched(records))
		kept_close(kept);
	return err;
}

int sample_take(struct sample *sample, struct records *records, const struct target *target,
                struct kept *kept)
{
	int err;

	for (int tries = 2;; tries--) {
		memset(sample, 0, sizeof(*sample));
		records_refresh(records);
		err = open_kept(kept, sample, records, target);
		if (err)
			return err;
		err = take_once(sample, records, target, kept);
		/* Looked for once more, it is found, or said to be gone. */
		if (err != -ENOENT || tries == 1)
			return err;
	}
}

static const struct hook_stats *find_hook(const struct sample *sample, enum hook hook)
{
	for (unsigned int i = 0; i < sample->hooks_len; i++)
		if (sample->hooks[i].hook == hook)
			return &sample->hooks[i];
	return NULL;
}

/* Counters that were set back, say by hand, stand still rather than run backwards. */
static double per_second(__u64 now, __u64 before, double seconds)
{
	return now > before ? (double)(now - before) / seconds : 0;
}

void sample_add_rates(struct sample *sample, const struct sample *before)
{
	double seconds = (double)(sample->elapsed_ns - before->elapsed_ns) / 1e9;

	if (sample->elapsed_ns <= before->elapsed_ns)
		return;
	for (unsigned int i = 0; i < sample->hooks_len; i++) {
		struct hook_stats *now = &sample->hooks[i];
		const struct hook_stats *was = find_hook(before, now->hook);

		/* What another map counted before we saw it was not counted in this interval. */
		if (!was || was->map_id != now->map_id)
			continue;
		now->has_rates = true;
		for (unsigned int slot = 0; slot < action_count(now->hook); slot++) {
			const struct stats_record *a = &now->actions[slot];
			const struct stats_record *b = &was->actions[slot];

			now->rates[slot] = (struct rate){
				.pps = per_second(a->rx_packets, b->rx_packets, seconds),
				.bps = per_second(a->rx_bytes, b->rx_bytes, seconds) * 8,
			};
		}
	}
}
