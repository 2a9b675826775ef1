/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bar on a terminal for what takes more than a moment; on anything else nothing is printed. */
#ifndef SCRIPTS_PROGRESS_H
#define SCRIPTS_PROGRESS_H

#include <stddef.h>

/* Show how much of it is done, on stderr. */
void progress_show(const char *what, size_t done, size_t total);

/* Wipe the bar out, before anything else is printed. */
void progress_end(void);

#endif
