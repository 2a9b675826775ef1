/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose program is on a hook. Ours: what we loaded (its program or link is pinned in the
 * interface's directory), and what pin_maps adopted while it was attached by netlink or clsact and
 * pinned nowhere else. All else is foreign: named, and left alone; so are dispatchers of libxdp.
 */
#ifndef PINNING_OWNERSHIP_H
#define PINNING_OWNERSHIP_H

#include <stdbool.h>
#include "bpffs/directory.h"
#include "bpffs/owners.h"
#include "bpffs/query.h"
#include "pinning/attach.h"

struct ownership {
	bool ours;
	bool loaded;          /* ours, and not only adopted: its program or link is pinned here */
	bool unfinished;      /* and by a run that did not publish its pins yet */
	bool dispatcher;      /* of libxdp, with programs behind it */
	char file[NAME_SIZE]; /* below %progs/<hook>/, if the program is pinned here; else "" */
	char why[PATH_MAX + 64]; /* for the user: "loaded by us", "pinned at ...", ... */
};

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

/*
 * Decide about one attachment. dir: the interface's directory, or NULL if it has none; owners:
 * the pins outside it; links_find() has been called on the attachments.
 */
void ownership_of(const struct attachment *at, const struct directory *dir,
                  const struct owners *owners, struct ownership_unseen *unseen,
                  struct ownership *verdict);

/* Not ours only for want of adoption: nobody else is known to have it. */
bool ownership_is_unadopted(const struct ownership *verdict);

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
