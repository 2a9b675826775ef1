/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of the store with something to do, set up as a user would: by load and by their tools.
 */
#ifndef BENCH_CONFIGURED_H
#define BENCH_CONFIGURED_H

#include "tests/bench/store.h"

/*
 * A row for each, at most STORE_MORE, above the empty program; for store_measure(), whose packets
 * they get, if not fewer sources are wanted. One that does not work says so in its row.
 *
 * XDP, beside what xdp-tools has for it; tc; and both, each XDP program compared to its tc twin,
 * above "empty-xdp" and "empty-tc".
 */
void configured_add_xdp(struct table *table, struct measured *runs, const struct keys *keys);
void configured_add_tc(struct table *table, struct measured *runs, const struct keys *keys);
void configured_add_twins(struct table *table, struct measured *runs, const struct keys *keys);

#endif
