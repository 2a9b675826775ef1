/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interfaces that are looked at: those that were named, or all that have a directory. */
#ifndef STATS_SUBJECTS_H
#define STATS_SUBJECTS_H

#include "scripts/stats_records.h"
#include "scripts/stats_sample.h"

/* One interface, and how it was found the last time. */
struct subject {
	char *ifname;
	bool missing; /* this was reported */
	bool sampled;
	struct sample last;
	struct kept kept;
};

struct subjects {
	struct subject *list;
	size_t len;
};

/* Add an interface by its name. Returns 0 or -ENOMEM. */
int subjects_add(struct subjects *subjects, const char *ifname);

/*
 * Bring the list up to date with the interfaces of this network namespace that have a directory;
 * what is known of those that stay is kept. Returns 0 or a negative errno. Silent.
 */
int subjects_follow(struct subjects *subjects, struct records *records);

void subjects_free(struct subjects *subjects);

#endif
