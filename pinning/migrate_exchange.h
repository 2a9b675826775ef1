/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing to an entry in which a program may count at this moment. */
#ifndef PINNING_MIGRATE_EXCHANGE_H
#define PINNING_MIGRATE_EXCHANGE_H

#include "pinning/migrate_internal.h"

/*
 * Replace the numbers of an entry of the new map that differ in two values, `expected` and
 * `wanted`, in place, each word only if it still is what is expected: by a BPF program, since the
 * kernel has no such system call. Returns 1, or 0 if one of them is not, or the entry is gone: then
 * that word, and those behind it, are left alone. -EOPNOTSUPP: nothing was written, since that
 * cannot be done here: other fields of several words differ, which must not be seen apart, or the
 * kernel (before 5.12) or the map has no such access. Or another negative errno.
 */
int migrate_exchange(struct migration *m, const void *key, const void *expected,
                     const void *wanted);

/* Whether programs may count in values of the new map at all. */
bool migrate_may_count(const struct migration *m);

void migrate_exchange_free(struct migration *m);

#endif
