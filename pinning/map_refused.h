/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the kernel refuses to create a map. */
#ifndef PINNING_MAP_REFUSED_H
#define PINNING_MAP_REFUSED_H

#include <bpf/libbpf.h>
#include <stddef.h>

/* "m (hash, key 4 B, value 8 B, max_entries 0): Invalid argument"; map may be NULL: its name alone.
 */
void map_refused_describe(const struct bpf_map *map, const char *name, int err, char *text,
                          size_t size);

/* Print, under the failure, what is probably wrong with it, if anything is known. */
void map_refused_hint(const struct bpf_map *map, int err);

#endif
