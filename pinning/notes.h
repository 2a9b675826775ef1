/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the loader notes in an interface's record about the program on a hook: the kernel does not
 * keep it, and the next run needs it.
 */
#ifndef PINNING_NOTES_H
#define PINNING_NOTES_H

#include <stdbool.h>
#include "bpffs/query.h"
#include "bpffs/record.h"

/*
 * The ELF section that the program on a hook was loaded from: the kernel does not keep it, so the
 * record does. Note: section NULL removes it; returns 0 or a negative errno, reported. Get: returns
 * 0, or -ENOENT if it is not known.
 */
int notes_set_section(struct record *rec, enum hook hook, const char *section);
int notes_get_section(const struct record *rec, enum hook hook, char *section, size_t size);

/*
 * The XDP mode of the link that a load made: the kernel forgets it when the link is detached. Note:
 * XDP_MODE_NONE removes it; returns 0 or a negative errno, reported. Get: the mode, or
 * XDP_MODE_NONE.
 */
int notes_set_mode(struct record *rec, enum xdp_mode mode);
enum xdp_mode notes_get_mode(const struct record *rec);

/*
 * gc removed the dead link of the hook: what a load puts there next is one again. Note: false
 * removes it; returns 0 or a negative errno, reported.
 */
int notes_set_dead_link(struct record *rec, enum hook hook, bool dead);
bool notes_get_dead_link(const struct record *rec, enum hook hook);

/*
 * The program that was loaded without being attached: the record names it beside what runs, and
 * that it does not run is as it was meant. Note: id 0 removes it; returns 0 or a negative errno,
 * reported. Get: the id, or 0.
 */
int notes_set_prepared(struct record *rec, enum hook hook, __u32 prog_id);
__u32 notes_get_prepared(const struct record *rec, enum hook hook);

/*
 * The programs that users prepared on a hook, the last few of them; not those of a filter, which
 * the plugin of tc loads in the same way. Drop: of the hook. Silent: what has no room is not noted.
 */
void notes_add_wanted(struct record *rec, enum hook hook, __u32 prog_id);
bool notes_has_wanted(const struct record *rec, enum hook hook, __u32 prog_id);
void notes_drop_wanted(struct record *rec, enum hook hook);

/* The number of interfaces for which the program on a hook was loaded at once, with one set of
 * maps; 1 removes the note. Returns 0 or a negative errno, reported. */
int notes_set_shared(struct record *rec, enum hook hook, unsigned int interfaces);

/* That number; 1 if there is no note. */
unsigned int notes_get_shared(const struct record *rec, enum hook hook);

/*
 * An old map is of a program that was taken off the hook: what comes there next goes on with what
 * is in it, as if it replaced that program. Add: returns 0 or a negative errno, silent. Drop: of
 * the hook.
 */
int notes_add_left(struct record *rec, enum hook hook, __u32 map_id);
bool notes_has_left(const struct record *rec, enum hook hook, __u32 map_id);
void notes_drop_left(struct record *rec, enum hook hook);

#endif
