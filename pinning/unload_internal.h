/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of an unload share. */
#ifndef PINNING_UNLOAD_INTERNAL_H
#define PINNING_UNLOAD_INTERNAL_H

#include <bpf/bpf.h>
#include "bpffs/idlist.h"
#include "bpffs/live.h"
#include "bpffs/owners.h"
#include "bpffs/stage.h"
#include "pinning/plan.h"
#include "pinning/unloader.h"

struct ownership_unseen;

/* Everything that one unload works with. */
struct unloading {
	const struct interface *iface;
	const struct unload_options *options;
	struct unload_report *report;
	struct bpffs fs;
	struct attachments attached;
	struct directory dir; /* fd -1 if the interface has none */
	struct owners owners;
	struct ownership_unseen *unseen;
	bool resumed; /* what was still to be brought over was seen to */

	/* By unload_plan(): */
	struct live live; /* what is published of that which stays */
	struct plan plan;
	bool blind; /* of which nothing can be told without CAP_SYS_ADMIN */

	bool shut; /* by unload_purge(): neither of this program nor of the next ones */

	/* By unload_keep(): old maps of the program that goes. */
	char left[IDLIST_SIZE];
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

/*
 * Look which maps those programs have that stay, and which pins. Reports its failures. Returns 0 or
 * a negative errno; unload_plan_free() releases it, and may be called more than once.
 */
int unload_plan(struct unloading *u);
void unload_plan_free(struct unloading *u);

/*
 * After that: what is published without this program; at NULL: none goes. Where programs cannot be
 * opened by id, that is what was published before for the others. Returns 0 or a negative errno.
 */
int unload_make_record(struct unloading *u, const struct attachment *at, struct record *rec);

/*
 * unload_purge.c, after unload_plan(): have the maps dropped that only this program uses, or with
 * the last one all that is pinned but for what the programs of others use; with stage NULL they are
 * counted. And all of that where no program goes. Report their failures. Return 0 or a negative
 * errno.
 */
int unload_purge(struct unloading *u, struct stage *stage, struct unloaded *one);
int unload_purge_all(struct unloading *u, struct stage *stage, unsigned int *count);

/* The same program on the same place, attached in the same manner. */
bool unload_same_attachment(const struct attachment *a, const struct attachment *b);

/* A filter that we cannot reach stays, and its pins with it. Returns 0 or a negative errno,
 * reported. */
int unload_check_filter(const struct unloading *u, const struct attachment *at);

/*
 * Take the program off, and believe what the kernel then shows rather than its answer: removing in
 * a wrong mode says that it was done, and an answer can be lost. *gone: whether the kernel has it
 * no more, 1 or 0, or a negative errno where that could not be read. Returns 0 or a negative errno,
 * reported.
 */
int unload_take_off(const struct unloading *u, const struct attachment *at, int *gone);

/*
 * unload_keep.c, after unload_plan(), without --purge: what is in a map of the program that another
 * one has the name of stays as %old, and this is said; with stage NULL it is only said. Reports its
 * failures. Returns 0 or a negative errno.
 */
int unload_keep(struct unloading *u, struct stage *stage, const struct unloaded *one);

#endif
