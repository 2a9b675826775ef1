/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* An interface was renamed or moved to another network namespace: its directory follows it. */
#ifndef BPFFS_CLAIM_FOLLOW_H
#define BPFFS_CLAIM_FOLLOW_H

#include <stdbool.h>
#include "bpffs/claim.h"

/* Everything that one claim is about. */
struct claimant {
	const struct bpffs *fs;
	const struct interface *iface;
	const struct attachments *attached;
	struct stage *stage;
	const struct claim *how;
};

/* A program that was published for this record runs on the interface: proof of a move. */
bool claim_runs_published(const struct record *rec, const struct attachments *attached);

/*
 * Find the directory that was this interface's before; only one that lies elsewhere than dir.
 * Returns 0 with it open in found, or -ENOENT. Silent.
 */
int claim_find_own(const struct claimant *c, const struct directory *dir, struct directory *found);

/*
 * Let the directory that was this interface's under another name or namespace follow it to the
 * place of dir, which then is it; was is closed, or dir's. swap: it changes places with the one
 * that is there. Returns 0, or a negative errno, reported.
 */
int claim_follow(const struct claimant *c, struct directory *dir, struct directory *was, bool swap);

#endif
