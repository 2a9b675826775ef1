/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adopting: the maps of whatever runs on an interface, pinned in its directory. */
#ifndef PINNING_ADOPT_H
#define PINNING_ADOPT_H

#include <stdbool.h>
#include "bpffs/interface.h"
#include "pinning/carry.h"
#include "pinning/plan.h"

struct adopt_report {
	char path[PATH_MAX]; /* the interface's directory */
	__u64 gen;
	struct plan plan;
	struct carry carry; /* with options->carry; all rounds together */
	size_t left_out;    /* programs that the record has no room for: they are not adopted */
	bool unfinished;    /* some content is not brought over yet; a later run goes on with it */
	bool misused;       /* with -EINVAL: a word of options->classes is about no map */
	struct nameless *nameless; /* of options->object: plan and carry refer to it */
};

struct adopt_options {
	bool dry_run; /* decide and say, change nothing */
	bool foreign; /* pin also what others keep pinned */
	bool fresh;   /* drop what an interface that is gone left behind */
	bool carry;   /* merge the content of replaced maps into those in their places */
	const char *const *classes; /* "MAP=CLASS" words for that, NULL at the end; or NULL */
	const char *object;         /* of which maps without a name are; or NULL */
	const char *group;          /* let this group read the maps; "": none; NULL: as it is */
};

/*
 * Pin the maps of every program that runs on the interface. The caller releases the report with
 * adopt_report_free(), after a failure too.
 * Returns 0, also if some maps were refused (see report->plan.refused), or not all was carried over
 * (report->unfinished, and each one's why); -ENOENT if nothing is
 * attached; or another negative errno. Reports its failures. Needs CAP_SYS_ADMIN, to open
 * programs and maps by id.
 */
int adopt_maps(const struct interface *iface, const struct adopt_options *options,
               struct adopt_report *report);
void adopt_report_free(struct adopt_report *report);

#endif
