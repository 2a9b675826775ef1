/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of taking prepared programs back share. */
#ifndef PINNING_UNLOAD_PREPARED_INTERNAL_H
#define PINNING_UNLOAD_PREPARED_INTERNAL_H

#include <bpf/bpf.h>
#include "bpffs/live.h"
#include "pinning/elsewhere.h"
#include "pinning/unload_internal.h"

/* One pin below %progs/. */
struct prepared {
	enum hook hook;
	char file[NAME_SIZE];
	__u32 id;
	char name[BPF_OBJ_NAME_LEN];
	bool attached;
	const struct gc_attachment *at; /* where another interface runs it, or NULL */
	bool goes;
	__u32 maps[PROG_MAPS];
	__u32 maps_len;
};

/* Everything that this works with. */
struct taking {
	struct unloading u;
	struct live live; /* behind what is attached */
	bool blind;       /* of which nothing can be told without CAP_SYS_ADMIN */
	struct elsewhere others;
	struct prepared *list;
	size_t len;
};

/* It is attached, or called by one that is, as far as can be told. */
bool prepared_runs(const struct taking *t, enum hook hook, __u32 prog_id);

/* List what is pinned below %progs/ of that hook. Returns 0 or a negative errno, reported. */
int prepared_list(struct taking *t, enum hook hook);

/*
 * Choose those that go, and put them into the report. Returns 0 or a negative errno, reported:
 * nothing fits, or more than one.
 */
int prepared_choose(struct taking *t);

/*
 * unload_prepared_maps.c: once it is chosen: drop the pins of the maps that are named, and of
 * program arrays of those that go, with what the record says of them; the map of a program that
 * stays gets the name back which such a one has taken from it. With stage NULL they are only
 * counted. Reports its failures. Returns 0 or a negative errno.
 */
int prepared_drop_maps(struct taking *t, struct stage *stage, struct record *rec);

#endif
