/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Moving staged pins into an interface's directory, step by step, each step repeatable. */
#ifndef BPFFS_PUBLISH_H
#define BPFFS_PUBLISH_H

/* Names in a stage. */
#define STAGE_RECORD   "%record"
#define STAGE_DIR      "%dir"
#define STAGE_DROP_ALL "%drop"
#define STAGE_DROPS    "%drops"
#define STAGE_ODD      "%odd"
#define STAGE_META     "%meta"

/* Fields of a stage's record. */
#define STAGE_FIELD_VERB "verb"
#define STAGE_FIELD_DIR  "dir"
#define STAGE_FIELD_HOOK "hook"
#define STAGE_FIELD_OLD  "old"
#define STAGE_FIELD_NEW  "new"

/*
 * Complete a directory: the symlinks that lead iproute2 back into it, %egress/ with the same, and
 * there a symlink to each flat map. Returns 0 or a negative errno. Silent.
 */
int publish_skeleton(int dir_fd);

/*
 * Carry out what is staged, the odd record being in place already, and end with the even one.
 * Can be repeated after being stopped anywhere. Returns 0 or a negative errno. Silent.
 */
int publish_staged(int stage_fd, int dir_fd);

#endif
