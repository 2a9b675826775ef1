/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs and links that we pinned in an interface's directory: looked for, and opened. */
#ifndef PINNING_OWNERSHIP_PINS_H
#define PINNING_OWNERSHIP_PINS_H

#include <stdbool.h>
#include "bpffs/directory.h"
#include "bpffs/query.h"
#include "pinning/attach.h"

/*
 * The first of our pins that could not be looked at, and why; all zero: there is none. What follows
 * takes for another's what is ours then, and notes it here, unless that is NULL.
 */
struct ownership_unseen {
	int err; /* negative errno, or 0 */
	char path[PATH_MAX];
};

/*
 * Nothing was unseen since the last check, else a negative errno, reported. Who acts upon what
 * follows checks before.
 */
int ownership_check(struct ownership_unseen *unseen);

/* After the failure to look at one of our pins: tell what to do if there is no /proc, or it is
 * read-only. */
void ownership_hint(int err);

/*
 * The file name under %progs/<hook>/ of the pinned program with that id.
 * Returns 0, or -ENOENT if it is not pinned there.
 */
int ownership_find_prog(const struct directory *dir, enum hook hook, __u32 prog_id,
                        struct ownership_unseen *unseen, char file[NAME_SIZE]);

/*
 * Note in the XDP attachments the link that we pinned: what links_find() cannot do without
 * CAP_SYS_ADMIN.
 */
void ownership_find_links(const struct directory *dir, struct ownership_unseen *unseen,
                          struct attachments *attached);

/* The link that is pinned for the hook has that id. */
bool ownership_is_link(const struct directory *dir, enum hook hook, __u32 link_id,
                       struct ownership_unseen *unseen);

/* A link is pinned for the hook, dead or alive. */
bool ownership_has_link(const struct directory *dir, enum hook hook,
                        struct ownership_unseen *unseen);

/*
 * The attachment on the hook, other than old, that is by the link which is pinned for it here; or
 * NULL. It would end with that pin.
 */
const struct attachment *ownership_linked_besides(const struct directory *dir,
                                                  const struct attachments *attached,
                                                  const struct attachment *old, enum hook hook,
                                                  struct ownership_unseen *unseen);

/*
 * Open the program and the link of an attachment: by id, which takes CAP_SYS_ADMIN, or from our
 * own pins. dir may be NULL. Reports its failures. ownership_close() releases it.
 */
int ownership_open(const struct directory *dir, const struct attachment *at,
                   struct ownership_unseen *unseen, struct attach_old *old);
void ownership_close(struct attach_old *old);

/* The kernel lets this process open the program by its id, or that is not what is in the way. */
bool ownership_may_open(const struct attachment *at);

#endif
