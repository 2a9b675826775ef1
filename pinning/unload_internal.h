/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of an unload share. */
#ifndef PINNING_UNLOAD_INTERNAL_H
#define PINNING_UNLOAD_INTERNAL_H

#include <bpf/bpf.h>
#include "bpffs/owners.h"
#include "pinning/unloader.h"

/* Everything that one unload works with. */
struct unloading {
	const struct interface *iface;
	const struct unload_options *options;
	struct unload_report *report;
	struct bpffs fs;
	struct attachments attached;
	struct directory dir; /* fd -1 if the interface has none */
	struct owners owners;
	bool resumed; /* what was still to be brought over was seen to */
};

/* The kernel's name for a program; without the right to ask, the name of its pin; or "". */
void unload_prog_name(const struct unloading *u, const struct attachment *at,
                      char name[BPF_OBJ_NAME_LEN]);

/* Whatever is ours is to go, on any hook, and all maps with it. */
bool unload_is_everything(const struct unload_options *o);

/* Nothing of ours is attached, so that nothing can be chosen; what was left pinned is to go. */
bool unload_only_pins(const struct unloading *u);

/*
 * Put what fits and is ours on the report's list; with act, what stays of all is told. Returns 0 or
 * a negative errno, reported: nothing fits, only what others attached, or more than one.
 */
int unload_choose(struct unloading *u, bool act);

#endif
