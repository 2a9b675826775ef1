/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collecting what is dead and ours in a BPF filesystem. */
#ifndef PINNING_GC_RUN_H
#define PINNING_GC_RUN_H

#include <stdbool.h>
#include "bpffs/bpffs.h"
#include "bpffs/namespaces.h"
#include "pinning/gc_mounts.h"
#include "pinning/gc_report.h"
#include "pinning/gc_uses.h"

struct gc_options {
	bool dry_run;
	bool old;          /* also maps that a replacement left */
	bool stages;       /* also stages of which nobody can tell how they are to end */
	const char *netns; /* only this namespace's directories, by their name below ns/; or NULL */
	long long grace_s; /* how long an interface must be gone */
};

/* Everything that one run works with. */
struct gc {
	const struct gc_options *options;
	struct gc_report *report;
	struct bpffs fs;
	struct namespaces namespaces;
	struct gc_uses uses;
	/* These are looked for when they are first needed. */
	bool has_attached, has_mounts, has_held;
	struct gc_attached attached;
	struct gc_mounts mounts;
	/* Directories, by whether their interfaces are gone. */
	struct gc_gone *gone;
	size_t gone_len;
	struct gc_stay *stay;
	size_t stay_len;
};

/*
 * Look at everything, remove what is dead, and fill in the report, which the caller releases with
 * gc_report_free(), after a failure too. What cannot be removed is in the report as failed, and no
 * failure of this. Reports its failures. Returns 0 or a negative errno.
 */
int gc_collect(const struct gc_options *options, char path[PATH_MAX], struct gc_report *report);

/* Look for what is attached, unless that was done. Returns 0 or -ENOMEM. */
int gc_find_attached(struct gc *gc);

/*
 * Look also for the network namespaces that processes only hold open: before one is taken for
 * lost. Returns 0 or -ENOMEM.
 */
int gc_find_held(struct gc *gc);

/* Finish or undo what killed runs left. */
int gc_stages(struct gc *gc);

/*
 * The verb of a stage that is left for that directory, or NULL: what is in it may be half of what a
 * killed run was to put there. Valid until the next call.
 */
const char *gc_stage_left(const struct gc *gc, const char *relative);

/*
 * Look at one directory: `relative` below the root, for interfaces of the namespace whose
 * directory below ns/ has, or would have, the name `component`. What is dead in it goes; whether
 * it goes itself is for gc_gone_decide(), if its interface is gone.
 */
int gc_directory(struct gc *gc, const char *relative, const char *component);

#endif
