/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line on the terminal that says how far something is; nothing if stderr is none. */
#ifndef PINNING_PROGRESS_H
#define PINNING_PROGRESS_H

#include <linux/types.h>
#include <stdbool.h>

struct progress {
	const char *what; /* "map 'rules'" */
	__u64 begin_ms, shown_ms;
	bool shown;
};

/* Show how much is done, now and then; only what takes longer than a moment is shown at all. */
void progress_show(struct progress *progress, __u64 done, __u64 total);

/* Wipe the line: before anything else is printed. */
void progress_clear(struct progress *progress);

#endif
