/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loading a file in place of what a map has, for maps whose entries are in an order in which one
 * decides: of those that fit a packet, the first.
 */
#ifndef SCRIPTS_CONFIG_LOAD_H
#define SCRIPTS_CONFIG_LOAD_H

#include "scripts/config.h"

/* What entries are. */
struct config_entry {
	const char *what; /* "limit" */
	size_t size;
	/* From the words of a line. Returns 0 or -EINVAL, reported. */
	int (*parse)(char **words, int count, void *entry);
	/* Their order: which decides first. 0: they are for the same packets, and exclude each
	 * other. */
	int (*compare)(const void *a, const void *b);
	/* Two for the same packets do the same. */
	bool (*equal)(const void *a, const void *b);
	/* How many there is room for. Returns that, or a negative errno, reported. */
	long (*room)(const struct config *config);
};

/* Entries one behind the other. */
struct config_entries {
	const struct config_entry *entry;
	void *list;
	size_t len;
};

/*
 * Read a file of entries, and hand them to enforce(), in their order and each once, with the
 * interface's lock taken; it reports its failures, and returns 0 or a negative errno. Bad lines are
 * named, and nothing is done then, unless keep_going; which also leaves out the last of those that
 * are too many. Nor is anything done if nothing is left: of a download that failed there may be
 * nothing. Returns an exit status.
 */
int config_load(struct config *config, const char *path, bool keep_going,
                const struct config_entry *entry,
                int (*enforce)(struct config *config, const struct config_entries *entries));

/* How entries are changed. Both report their failures, and return 0 or a negative errno. */
struct config_change {
	int (*put)(const void *entry,
	           void *arg); /* add it, or change the one for the same packets */
	int (*remove)(const void *entry, void *arg);
	int (*between)(void *arg); /* when all is put, and nothing removed yet; or NULL */
	void *arg;
};

/*
 * Put `to` in place of `from`, both in their order, entry by entry, so that each packet is decided
 * by what decided before or by what decides afterwards, and by nothing else in between:
 *
 * What is new is put in order. While the one that is to decide about a packet is not there yet,
 * there is no new one that fits it at all. Then what is left over is removed in reverse. As long as
 * the one that decided about a packet is there, it goes on to decide, or the new one does; when it
 * goes, no old one behind it is there any more.
 *
 * Entries that are the same in both are not touched. If one cannot be put, all is as it was before.
 * Returns 0 or a negative errno.
 */
int config_replace(const struct config_entries *from, const struct config_entries *to,
                   const struct config_change *change);

#endif
