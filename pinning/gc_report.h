/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What gc decided, one by one, each with its reason. */
#ifndef PINNING_GC_REPORT_H
#define PINNING_GC_REPORT_H

#include <stddef.h>

enum gc_what {
	GC_STAGE,
	GC_LINK,
	GC_PROGRAM,
	GC_OLD_MAP,
	GC_SYMLINK,
	GC_DIRECTORY,
	GC_NAMESPACE,
};

enum gc_done {
	GC_REMOVED, /* or would be, in a dry run */
	GC_KEPT,
	GC_FAILED, /* it was to be removed, and could not be */
};

struct gc_decision {
	enum gc_what what;
	enum gc_done done;
	char *path;
	char why[256];
};

struct gc_report {
	struct gc_decision *list;
	size_t len;
};

/* "stage", "link", ... and "removed", "kept", "failed". */
const char *gc_what_name(enum gc_what what);
const char *gc_done_name(enum gc_done done);

/* Add a decision. Without memory the process ends: what is not said must not be done. */
void gc_decide(struct gc_report *report, enum gc_what what, enum gc_done done, const char *path,
               const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* What was to be removed, from decision number `first` on, was not: err says why. */
void gc_decide_failed(struct gc_report *report, size_t first, int err);

size_t gc_report_count(const struct gc_report *report, enum gc_done done);
void gc_report_free(struct gc_report *report);

#endif
