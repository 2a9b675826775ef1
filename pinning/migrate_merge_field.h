/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the program that merges counters does with one field. */
#ifndef PINNING_MIGRATE_MERGE_FIELD_H
#define PINNING_MIGRATE_MERGE_FIELD_H

#include "pinning/code.h"
#include "pinning/migrate_fields.h"

/*
 * R6 is the struct program_cursor, R8 the old value, R9 the new one. no_exchange: the kernel has no
 * BPF_CMPXCHG.
 */
void merge_field(struct code *c, const struct field *f, bool no_exchange);

/* A counter that becomes one of 16 bits, for which there is no atomic instruction. */
bool merge_adds_in_word(const struct field *f);

/* It takes BPF_CMPXCHG, which Linux has since 5.12. */
bool merge_exchanges(const struct field *f);

#endif
