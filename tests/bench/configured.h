/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of the store with something to do, set up as a user would: by load and by their tools.
 */
#ifndef BENCH_CONFIGURED_H
#define BENCH_CONFIGURED_H

#include "tests/bench/store.h"

/*
 * A row for each, at most STORE_MORE, above the empty program; for store_measure(), whose packets
 * they get. One that does not work says so in its row. Some have fewer sources, and the empty
 * program with few as well as their zero line, whose name has CONFIGURED_FEW behind it.
 *
 * XDP, beside what xdp-tools has for it; tc; and both, each XDP program compared to its tc twin,
 * above "empty-xdp" and "empty-tc".
 */
#define CONFIGURED_FEW "/1k"
void configured_add_xdp(struct table *table, struct measured *runs, const struct keys *keys);
void configured_add_tc(struct table *table, struct measured *runs, const struct keys *keys);
void configured_add_twins(struct table *table, struct measured *runs, const struct keys *keys);

#endif
