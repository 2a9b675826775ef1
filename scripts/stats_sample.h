/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One reading of the statistics maps of one interface. */
#ifndef STATS_SAMPLE_H
#define STATS_SAMPLE_H

#include "bpffs/bpffs.h"
#include "bpffs/hook.h"
#include "bpffs/interface.h"
#include "bpffs/view.h"
#include "objects/stats.h"
#include "scripts/map_use.h"

/* So many interfaces that share a map are named. */
#define SHARED_NAMES 8

struct rate {
	double pps;
	double bps; /* bits */
};

struct hook_stats {
	enum hook hook;
	const char *map;
	__u32 map_id;
	__u32 prog_id;    /* 0 if unknown */
	enum map_use use; /* NOTHING if the interface is gone */
	struct stats_record actions[TC_STATS_SLOTS];
	bool has_rates;
	struct rate rates[TC_STATS_SLOTS];
	char shared[SHARED_NAMES][IF_NAMESIZE]; /* other interfaces that count in this map */
	unsigned int shared_len;                /* can be more than have a place */
	bool shared_hooks[HOOKS];               /* other hooks of the interface that do */
};

/* What was found under the name that was asked for. */
enum found {
	FOUND,           /* the interface and its directory */
	FOUND_RENAMED,   /* its directory; the interface has another name now */
	FOUND_SUCCESSOR, /* an interface, and the directory of one that had its name before */
	FOUND_LEFT,      /* a directory without an interface */
};

struct sample {
	struct interface iface; /* the ifindex is 0 if that is not known any more */
	enum found found;
	char path[PATH_MAX]; /* of its directory */
	__u64 gen;           /* of its directory, 0 without a record */
	__u64 time_ns;       /* CLOCK_REALTIME */
	__u64 elapsed_ns;    /* CLOCK_MONOTONIC, from which rates come */
	struct hook_stats hooks[HOOKS];
	unsigned int hooks_len;
};

/* What a sample is taken of: an interface as the user named it, or its directory. */
struct target {
	const char *ifname;
	const char *netns; /* what the user gave to --netns, for hints; or NULL */
	bool optional;     /* if there is neither, or no directory, this is not reported */
	__u64 known_gen;   /* whatever this generation leaves out has been reported before */
};

struct records; /* of all interfaces: scripts/stats_records.h */

#define STATS_MAPS 2 /* names of statistics maps */

/* What a watch leaves open between samples of one target. Begins as all zeros. */
struct kept {
	bool is_open;         /* and so are those below */
	unsigned int version; /* of the records */
	struct interface iface;
	struct directory dir;
	bool opened[STATS_MAPS];
	struct view views[STATS_MAPS];
};

void kept_close(struct kept *kept);

/*
 * Read the counters of an interface. Takes no lock and makes nothing. Leaves open in kept what the
 * next sample can use, as long as changes are told; kept_close() must follow.
 * Returns 0; -ENOENT if it has no directory, -ENODEV if there is no interface either; or another
 * negative errno, and then the sample holds the hooks that could be read all the same. Reported,
 * unless the target says otherwise.
 */
int sample_take(struct sample *sample, struct records *records, const struct target *target,
                struct kept *kept);

/* Add rates to the hooks that count in the same map as in the sample before. */
void sample_add_rates(struct sample *sample, const struct sample *before);

/* The actions of a hook: how many, and what the kernel calls them. */
unsigned int action_count(enum hook hook);
const char *action_name(enum hook hook, unsigned int slot);

#endif
