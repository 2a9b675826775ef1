/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters of clsact that are out of our reach, as others made them. */
#ifndef PINNING_FILTER_H
#define PINNING_FILTER_H

#include "bpffs/interface.h"
#include "bpffs/query.h"

/*
 * Can the filter be exchanged, or removed, which `verb` says? Not one of another chain, where we
 * have no place, nor of a block that several interfaces share. prog: how the program is called.
 * Returns 0 or -EOPNOTSUPP, reported with the tc command by which it goes.
 */
int filter_check(const struct interface *iface, const struct attachment *at, const char *verb,
                 const char *prog);

/* "tc filter del dev v0 ingress pref 10 handle 1 bpf", for hints. */
const char *filter_command(const struct interface *iface, const struct attachment *at);

#endif
