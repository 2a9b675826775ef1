// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "pinning/gc_report.h"

const char *gc_what_name(enum gc_what what)
{
	static const char *const names[] = {
		[GC_STAGE] = "stage",         [GC_LINK] = "link",
		[GC_PROGRAM] = "program",     [GC_OLD_MAP] = "map",
		[GC_SYMLINK] = "symlink",     [GC_DIRECTORY] = "directory",
		[GC_NAMESPACE] = "namespace",
	};

	return names[what];
}

const char *gc_done_name(enum gc_done done)
{
	static const char *const names[] = {
		[GC_REMOVED] = "removed",
		[GC_KEPT] = "kept",
		[GC_FAILED] = "failed",
	};

	return names[done];
}

void gc_decide(struct gc_report *report, enum gc_what what, enum gc_done done, const char *path,
               const char *fmt, ...)
{
	struct gc_decision *list = reallocarray(report->list, report->len + 1, sizeof(*list));
	struct gc_decision *decision;
	va_list args;

	if (list)
		report->list = list;
	decision = list ? &list[report->len] : NULL;
	if (decision)
		decision->path = strdup(path);
	if (!decision || !decision->path) {
		failed(-ENOMEM, "cannot note what to do with %s", path);
		exit(EXIT_KERNEL);
	}
	decision->what = what;
	decision->done = done;
	va_start(args, fmt);
	vsnprintf(decision->why, sizeof(decision->why), fmt, args);
	va_end(args);
	report->len++;
}

void gc_decide_failed(struct gc_report *report, size_t first, int err)
{
	for (size_t i = first; i < report->len; i++) {
		struct gc_decision *decision = &report->list[i];

		if (decision->done != GC_REMOVED)
			continue;
		decision->done = GC_FAILED;
		snprintf(decision->why, sizeof(decision->why), "it cannot be removed: %s",
		         strerror(-err));
	}
}

size_t gc_report_count(const struct gc_report *report, enum gc_done done)
{
	size_t count = 0;

	for (size_t i = 0; i < report->len; i++)
		count += report->list[i].done == done;
	return count;
}

void gc_report_free(struct gc_report *report)
{
	for (size_t i = 0; i < report->len; i++)
		free(report->list[i].path);
	free(report->list);
	memset(report, 0, sizeof(*report));
}
