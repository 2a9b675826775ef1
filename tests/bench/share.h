/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading a program once more without what is in its maps being filled in once more. */
#ifndef BENCH_SHARE_H
#define BENCH_SHARE_H

#include <bpf/libbpf.h>

/*
 * Let an object that is not loaded yet have the maps of a loaded program, found by their names,
 * instead of new ones. Returns 0 or a negative errno: -ENOENT if a map is missing.
 */
int share_maps(struct bpf_object *obj, int prog_fd);

/* Returns 0 if two loaded programs are the same, by their tags, or a negative errno, reported. */
int share_check(int prog_fd, int again_fd);

#endif
