/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the tables of a full run share its time. */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

/*
 * Until when the table may be measured, as now_seconds(), once it is set up. What this one and
 * those that are still to come in its groups need for ROUNDS_LEAST rounds is kept for them: as
 * planned, by how fast this machine was with the tables before. Of the rest of the run's time it
 * has a share, and all that is left if those have time for TABLE_ATTEMPTS; what it leaves is for
 * those. The end of the run's time for a table that the plan
 * does not have, and in a quick run.
 */
double plan_end(const char *table);

/* What a table took to be set up and for ROUNDS_LEAST rounds, once in a run. */
void plan_learn(const char *table, double seconds);

/* Nothing is learnt of the machine yet. */
void plan_forget(void);

#endif
