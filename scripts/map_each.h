/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All entries of a map, in as few system calls as the kernel lets it be. */
#ifndef SCRIPTS_MAP_EACH_H
#define SCRIPTS_MAP_EACH_H

#include <linux/bpf.h>
#include "objects/stats.h"

/*
 * Call visit(key, value, arg) for each entry; of a per-CPU map value is an array, one for each
 * possible CPU, at distances of the value size rounded up to 8. What is added or removed meanwhile
 * may be seen or not. Returns 0, what visit returned if that was not 0, or a negative errno.
 * Silent.
 */
int map_each(int fd, const struct bpf_map_info *info,
             int (*visit)(const void *key, const void *value, void *arg), void *arg);

/* So many values an entry has: the possible CPUs, or 1; a negative errno on failure. */
int map_values(const struct bpf_map_info *info);

/* The sum of the records of all CPUs, as visit() gets them. */
struct stats_record map_record_sum(const void *value, int cpus);

#endif
