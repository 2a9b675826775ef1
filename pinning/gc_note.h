/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Since when the interface of a directory is gone, noted in its record:
 *
 *   gone=<CLOCK_REALTIME seconds>,<CLOCK_BOOTTIME seconds>,<generation>
 *
 * Both clocks must have moved on: one can be set, the other is shifted in a time namespace. A
 * note of another generation is void: somebody has written the record since, for an interface that
 * was there.
 */
#ifndef PINNING_GC_NOTE_H
#define PINNING_GC_NOTE_H

#include <stdbool.h>
#include "bpffs/record.h"

/* The record has a note, valid or not. */
bool gc_note_present(const struct record *rec);

/* For how many seconds it is noted; -1 if there is no valid note, or a clock went back. */
long long gc_note_age(const struct record *rec);

/*
 * The record is about to be published, which gives it another generation. Set: note it from now
 * on. Carry: a valid note stays valid. Return 0 or -E2BIG.
 */
int gc_note_set(struct record *rec);
int gc_note_carry(struct record *rec);
void gc_note_unset(struct record *rec);

#endif
