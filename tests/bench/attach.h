/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rows put on v0, by lines of the shell. */
#ifndef BENCH_ATTACH_H
#define BENCH_ATTACH_H

#include <stdbool.h>
#include "tests/bench/table.h"

/*
 * Attach as a trial. A line that fails leaves nothing on v0, and the row missing if it is a peer's
 * or if kernels refuse it that are not new enough (newer); else it has failed. detach: what may
 * take it off, or NULL. Returns whether it is attached.
 */
bool attach_try(struct table *table, struct row *row, const char *attach, const char *detach,
                bool newer);

/*
 * Take off what a line has left that failed on its way: of a tool that was killed, or of one of
 * two. What took it off would have failed as well.
 */
void attach_clear(void);

/*
 * iptables is that of before nftables (legacy): a table that it has once looked at is asked about
 * each packet until the network namespace ends, and nothing takes that away.
 */
bool attach_iptables_stays(void);

#endif
