/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the tables of a full run share its time. */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

/*
 * Until when the table may be measured, as now_seconds(): of the time that is left to the run, a
 * share by what this table and those that are still to come in its groups take. What a table leaves
 * is for those. The end of the run's time for a table that the plan does not have, and in a quick
 * run.
 */
double plan_end(const char *table);

#endif
