/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Whether a directory is that of an interface. Its number in its network namespace says so, with
 * one more witness, for a number can be used again: its name, its hardware address, or what runs.
 */
#ifndef BPFFS_IDENTITY_H
#define BPFFS_IDENTITY_H

#include "bpffs/directory.h"
#include "bpffs/query.h"

/*
 * A program that was published with the record is attached to the interface, on the hook that it
 * was published for; or, as far as programs can be opened by id (CAP_SYS_ADMIN), one that works
 * with a map that was.
 */
bool identity_works(const struct record *rec, const struct attachments *here);

/*
 * The directory is of this interface of the present network namespace: the record has its number
 * and namespace, and its name or address; or both were changed since, and what runs on it is what
 * was published, or what the directory's link holds. Asks the kernel in that last case alone.
 */
bool identity_is_of(const struct directory *dir, const struct interface *iface);

/*
 * The interface of the record is there, in the namespace of the record, which need not be that of
 * iface; *now says what it is called. A namespace that cannot be found counts as gone. Silent.
 */
bool identity_lives(const struct directory *dir, const struct interface *iface,
                    struct interface *now);

/* Say that iface cannot use the directory, which is that of a living one. Returns -EBUSY. */
int identity_refuse(const struct directory *dir, const struct interface *iface,
                    const struct interface *owner);

#endif
