/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sample of top as text and as JSON. */
#ifndef SCRIPTS_TOP_PRINT_H
#define SCRIPTS_TOP_PRINT_H

#include "scripts/top_sample.h"

/* Print the first `count` sources, which are sorted, and the protocols; count 0: all. */
void top_print(const struct config *config, const struct top_sample *sample, size_t count);

/* Returns 0, or -ENOMEM, reported. */
int top_print_json(const struct config *config, const struct top_sample *sample, size_t count);

#endif
