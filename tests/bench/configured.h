/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of the store with something to do, set up as a user would: by load and by their tools.
 */
#ifndef BENCH_CONFIGURED_H
#define BENCH_CONFIGURED_H

#include "tests/bench/store.h"

/*
 * A row for each, at most STORE_MORE, compared to the empty program; for store_measure(), whose
 * packets they get, if not fewer sources are wanted. Returns 0 or a negative errno, reported.
 */
int configured_add(struct table *table, struct store_run *runs, const struct keys *keys);

#endif
