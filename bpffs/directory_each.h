/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The directories of a BPF filesystem, one after the other; and which of them is an interface's. */
#ifndef BPFFS_DIRECTORY_EACH_H
#define BPFFS_DIRECTORY_EACH_H

#include "bpffs/directory.h"

/*
 * Call visit(dir, arg) for each interface's directory of a BPF filesystem whose record can be
 * read, the home namespace first, until it returns anything but 0, which is then returned.
 */
int directory_each(const struct bpffs *fs, int (*visit)(struct directory *dir, void *arg),
                   void *arg);

/* The same for those without a record as well, which dir->has_record tells apart. */
int directory_each_found(const struct bpffs *fs, int (*visit)(struct directory *dir, void *arg),
                         void *arg);

/* Call visit("%ifbpf/ns/<netns>/", arg) for each namespace other than home, likewise. */
int directory_each_namespace(const struct bpffs *fs, int (*visit)(const char *below, void *arg),
                             void *arg);

/*
 * The same as directory_each() for those whose record has the address of this interface, or its
 * number and network namespace, without opening the others.
 */
int directory_each_akin(const struct bpffs *fs, const struct interface *iface,
                        int (*visit)(struct directory *dir, void *arg), void *arg);

/*
 * Find the directory that another name hides: its record names this interface, which was renamed
 * since, and perhaps got another address. Returns 0 with dir open, or -ENOENT.
 */
int directory_find_renamed(struct directory *dir, const struct bpffs *fs,
                           const struct interface *iface);

#endif
