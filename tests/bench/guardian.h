/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands have started ends with this process, however it ends itself. */
#ifndef BENCH_GUARDIAN_H
#define BENCH_GUARDIAN_H

#include <sys/types.h>

/*
 * The process group that is killed once this process is gone, by one that waits for that; 0: none.
 * Without memory or room for a process nobody does.
 */
void guardian_watch(pid_t group);

/*
 * Kill what has left its process group, such as a daemon, and has been ours since its parent ended.
 * What shares our process group is not meant.
 */
void guardian_end_orphans(void);

#endif
