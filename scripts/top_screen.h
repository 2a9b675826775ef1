/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The full-screen view of top. */
#ifndef SCRIPTS_TOP_SCREEN_H
#define SCRIPTS_TOP_SCREEN_H

#include <stdbool.h>
#include "scripts/top_sample.h"

/* Take the terminal over. Returns false if it is none, or one that cannot do it. */
bool screen_open(void);
void screen_close(void);

/* Draw a sample, its sources sorted. count: as many sources at the most; 0: as many as fit. */
void screen_draw(const struct config *config, const struct top_sample *sample, enum top_sort by,
                 size_t count);

/*
 * Act on the keys that were pressed: they may change *by. Returns false if the user wants to end.
 */
bool screen_keys(enum top_sort *by);

#endif
