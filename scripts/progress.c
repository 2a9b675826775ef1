// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>
#include "scripts/progress.h"

#define WIDTH 40

static bool shown;

void progress_show(const char *what, size_t done, size_t total)
{
	static const char marks[] = "########################################";
	int percent = total ? done * 100 / total : 100, filled = percent * WIDTH / 100;

	if (!isatty(STDERR_FILENO))
		return;
	shown = true;
	fprintf(stderr, "\r\033[K%.30s [%.*s%*s] %d%%", what, filled, marks, WIDTH - filled, "",
	        percent);
}

void progress_end(void)
{
	if (shown)
		fputs("\r\033[K", stderr);
	shown = false;
}
