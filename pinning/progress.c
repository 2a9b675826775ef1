// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "pinning/progress.h"

/* Before the first line, and between two. */
#define PROGRESS_PATIENCE_MS 300
#define PROGRESS_PAUSE_MS    100

static __u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

void progress_show(struct progress *progress, __u64 done, __u64 total)
{
	__u64 now = now_ms();

	if (!progress->begin_ms)
		progress->begin_ms = now;
	if (now - progress->begin_ms < PROGRESS_PATIENCE_MS ||
	    now - progress->shown_ms < PROGRESS_PAUSE_MS || !isatty(STDERR_FILENO))
		return;
	/* An old map holds more keys than it has room for if others change them meanwhile. */
	fprintf(stderr, "\r  %s: %llu entries, room for %llu\033[K", progress->what,
	        (unsigned long long)done, (unsigned long long)total);
	fflush(stderr);
	progress->shown_ms = now;
	progress->shown = true;
}

void progress_clear(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
	progress->begin_ms = 0;
}
