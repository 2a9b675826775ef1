/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the records of all directories say, read once, and by who watches again only when something
 * has changed in any of them: inotify tells, in one system call for all.
 */
#ifndef STATS_RECORDS_H
#define STATS_RECORDS_H

#include <net/if.h>
#include "bpffs/bpffs.h"

/* One record. */
struct recorded {
	char *relative; /* path of its directory below the root */
	char ifname[IF_NAMESIZE];
	__u32 ifindex;
	__u32 *maps; /* ids, of all hooks */
	size_t maps_len;
};

struct records {
	const struct bpffs *fs;
	int inotify_fd;       /* -1: changes are not told */
	bool known;           /* the list is what the directories say */
	unsigned int version; /* moves when anything has changed, or may have */
	struct recorded *list;
	size_t len;
};

/* watching: they will be asked for again and again. */
void records_begin(struct records *records, const struct bpffs *fs, bool watching);
void records_end(struct records *records);

/* Another sample of everything begins: what nobody tells the changes of is to be read anew. */
void records_next_round(struct records *records);

/* Bring the list up to date. Returns 0 or -ENOMEM; what cannot be read is left out. Silent. */
int records_refresh(struct records *records);

/* As long as the version stays, no directory of an interface has changed, nor %egress/ in it. */
bool records_are_watched(const struct records *records);

bool recorded_has_map(const struct recorded *recorded, __u32 map_id);

#endif
