/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directories whose interfaces are gone. They are decided about together: interfaces that
 * shared a program and its maps leave pins that hold each other, and what nothing else holds is
 * dead.
 */
#ifndef PINNING_GC_GONE_H
#define PINNING_GC_GONE_H

#include <stdbool.h>
#include "bpffs/directory.h"

struct gc;

/*
 * hidden: its network namespace cannot be found, and the user named that.
 * Returns 0 or -ENOMEM, reported.
 */
int gc_gone_add(struct gc *gc, const struct directory *dir, bool hidden);

/*
 * Once all that stay are known: note since when, or remove. What fails is in the report.
 * Returns 0 or -ENOMEM, reported.
 */
int gc_gone_decide(struct gc *gc);

void gc_gone_free(struct gc *gc);

/* Remove the note from the record of a directory that is in use, or whose interface is there. */
int gc_forget_note(struct gc *gc, struct directory *dir);

#endif
