/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The types of the keys and values of maps that are inside others. The kernel compares no types: it
 * takes a map of equal sizes that means something else.
 */
#ifndef PINNING_CARRY_INNER_H
#define PINNING_CARRY_INNER_H

#include <linux/types.h>

/*
 * What a map of maps of that name takes, by the BTF of a program that defines it: a fingerprint as
 * of layout_print(), or 0 if that does not tell. Silent. Returns 0 or a negative errno.
 */
int carry_inner_wanted(__u32 prog_btf_id, const char *name, __u32 *wanted);

/* Whether a map is of these types, as far as can be told: 1, 0, or a negative errno. Silent. */
int carry_inner_fits(int map_fd, __u32 wanted);

#endif
