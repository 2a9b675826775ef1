/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing to an entry in which a program may count at this moment. */
#ifndef PINNING_MIGRATE_EXCHANGE_H
#define PINNING_MIGRATE_EXCHANGE_H

#include "pinning/migrate_internal.h"

/*
 * Replace the word of 8 bytes, or of 4 at the end, of an entry of the new map that differs in two
 * values, `expected` and `wanted`, in place, only if it still is what is expected: by a BPF
 * program, since the kernel has no such system call. Returns 1, or 0 if it is not, or the entry is
 * gone, and nothing was written. -EOPNOTSUPP: nothing was written, since that cannot be done here:
 * more than one word differs, or the kernel (before 5.12) or the map has no such access. Or another
 * negative errno.
 */
int migrate_exchange(struct migration *m, const void *key, const void *expected,
                     const void *wanted);

void migrate_exchange_free(struct migration *m);

#endif
