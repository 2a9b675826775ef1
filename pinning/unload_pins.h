/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pins that go with a program which is taken off. */
#ifndef PINNING_UNLOAD_PINS_H
#define PINNING_UNLOAD_PINS_H

#include "bpffs/live.h"
#include "bpffs/stage.h"
#include "bpffs/view.h"

/*
 * Have the pin of a program dropped that is in %progs/<hook>/, if it is there; with prog_id 0 of
 * any program.
 * Reports its failures. Returns 0 or a negative errno.
 */
int unload_drop_prog(struct stage *stage, const struct directory *dir, enum hook hook,
                     __u32 prog_id);

/*
 * What is attached, and besides, as if it were, what is pinned below %progs/ but for the program
 * that goes: prepared ones need their maps as well. attachments_free() releases it. Reports its
 * failures. Returns 0 or a negative errno.
 */
int unload_list_staying(const struct directory *dir, const struct attachments *attached,
                        const struct attachment *going, struct attachments *out);

/*
 * Have the pins of those maps dropped that the program which goes uses and no other on the
 * interface, or prepared for it, with what they replaced. With stage NULL they are only counted.
 * *count is the number of maps' pins. Reports its failures. Returns 0 or a negative errno.
 */
int unload_drop_maps(struct stage *stage, const struct directory *dir, const struct live *going,
                     const struct live *staying, unsigned int *count);

/*
 * The same for all maps of ours, and all programs, where nothing of ours is attached that could use
 * them: but for the maps that what stays uses. What others pinned in the directory is named.
 */
int unload_drop_all(struct stage *stage, const struct directory *dir, const struct live *staying,
                    unsigned int *count);

/* Have one pin of a map dropped, with the symlink of %egress/ to it. Reports its failures. */
int unload_drop_pin(struct stage *stage, const struct directory *dir, const struct view_map *pin);

#endif
