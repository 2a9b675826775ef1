/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the store is shown. */
#ifndef PINNING_INSPECT_TABLE_H
#define PINNING_INSPECT_TABLE_H

#include "pinning/inspect_store.h"

/* One row for each object, below a row that says what the columns are. */
void store_print_head(void);
void store_print_row(const struct store_builds *builds);

/* All of one object. */
void store_print(const struct store_builds *builds);

/* The same as one JSON document. Returns 0, or -ENOMEM, reported. */
int store_json(const struct store_builds *builds);

#endif
