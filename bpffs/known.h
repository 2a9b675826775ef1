/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What a writer need not look up again as long as no other one had its turn. */
#ifndef BPFFS_KNOWN_H
#define BPFFS_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include "bpffs/interface.h"

struct bpffs;

/* Begins as zeros. With struct bpffs.known it is forgotten when the lock is given back. */
struct known {
	bool no_stages; /* of a run that was killed, or lives */
	bool listed;
	struct known_directory {
		char *relative;
		struct interface was; /* its interface by its record, without the name */
	} * list;
	size_t len;
	char *absent; /* the last directory that was looked for and not there, or NULL */
};

/*
 * List the directories of interfaces that have a record, the home namespace first.
 * It takes a system call for each. Returns 0 or -ENOMEM.
 */
int known_list(struct known *known, const struct bpffs *fs);

/*
 * Note that a directory is not there; and whether that is known. Who does not go by the lock may
 * have made it since, as between any two steps. fs without known: nothing is. Silent.
 */
void known_note_absent(const struct bpffs *fs, const char *relative);
bool known_is_absent(const struct bpffs *fs, const char *relative);

/* Release it: nothing is known any more. NULL is accepted. */
void known_forget(struct known *known);

#endif
