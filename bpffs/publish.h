/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Moving staged pins into an interface's directory, step by step, each step repeatable. */
#ifndef BPFFS_PUBLISH_H
#define BPFFS_PUBLISH_H

#include <linux/types.h>

/* Names in a stage. */
#define STAGE_RECORD   "%record"
#define STAGE_DIR      "%dir"
#define STAGE_DROP_ALL "%drop"
#define STAGE_DROPS    "%drops"
#define STAGE_ODD      "%odd"
#define STAGE_META     "%meta"
#define STAGE_NEXT     "%next"
#define STAGE_WHOLE    STAGE_DIR "/" STAGE_META

/* Fields of a stage's record. */
#define STAGE_FIELD_VERB "verb"
#define STAGE_FIELD_DIR  "dir"
#define STAGE_FIELD_HOOK "hook"
#define STAGE_FIELD_OLD  "old"
#define STAGE_FIELD_NEW  "new"
#define STAGE_FIELD_LEFT "left"

/*
 * Complete a directory in which nothing is exchanged: what each has besides pins, and the modes of
 * its record: root's alone, or a group's to read. Returns 0 or a negative errno. Silent.
 */
int publish_complete(int dir_fd, __u32 group);

/*
 * Carry out what is staged, the odd record being in place already, and end with the even one.
 * Can be repeated after being stopped anywhere. Returns 0 or a negative errno. Silent.
 */
int publish_staged(int stage_fd, int dir_fd);

#endif
