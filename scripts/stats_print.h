/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples as lines for people, or as JSON documents (schema ifbpf.stats/1). */
#ifndef STATS_PRINT_H
#define STATS_PRINT_H

#include "scripts/stats_sample.h"

/* One line per hook and action that counted a packet, or per action; columns are aligned. */
void print_text(const struct sample *samples, size_t len, bool every_action);

/* One document a line per sample. Returns 0 or -ENOMEM, reported. */
int print_json(const struct sample *samples, size_t len);

#endif
