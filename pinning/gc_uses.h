/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every program that the kernel has, with the maps that it uses; and where programs are attached.
 */
#ifndef PINNING_GC_USES_H
#define PINNING_GC_USES_H

#include <linux/bpf.h>
#include <stdbool.h>
#include "bpffs/directory.h"
#include "bpffs/namespaces.h"
#include "bpffs/query.h"
#include "pinning/outers.h"

/* The kernel lets a program use this many maps (MAX_USED_MAPS). */
#define GC_MAPS_MAX 64

struct gc_ids {
	__u32 *list;
	size_t len;
};

bool gc_ids_has(const struct gc_ids *ids, __u32 id);

/* Nothing is changed if it is there. Returns 0 or -ENOMEM. The caller frees the list. */
int gc_ids_add(struct gc_ids *ids, __u32 id);

struct gc_prog {
	__u32 id;
	__u32 type; /* enum bpf_prog_type */
	char name[BPF_OBJ_NAME_LEN];
	__u32 maps[GC_MAPS_MAX];
	__u32 maps_len;
	bool stays; /* something holds it: it was waited for long enough */
};

struct gc_uses {
	struct gc_prog *progs;
	size_t len;
	struct outers outers;
};

/*
 * Ask for all programs, and for what is in maps of maps. Returns 0, -EPERM without CAP_SYS_ADMIN,
 * or another negative errno; silent.
 */
int gc_uses_scan(struct gc_uses *uses);

/*
 * Add the programs that are pinned in a directory, which takes no CAP_SYS_ADMIN: for who has none,
 * after the scan. Returns 0 or -ENOMEM.
 */
int gc_uses_add_pinned(struct gc_uses *uses, const struct directory *dir);
void gc_uses_free(struct gc_uses *uses);

/* The program names the map, or finds it in a slot of one that it names. */
bool gc_prog_uses(const struct gc_uses *uses, const struct gc_prog *prog, __u32 map_id);

/* A program that uses the map, or NULL. */
const struct gc_prog *gc_uses_find(const struct gc_uses *uses, __u32 map_id);

/* Forget a program, which the kernel has no more. */
void gc_uses_drop(struct gc_uses *uses, __u32 prog_id);

/* The kernel still has this program: 1, 0, or a negative errno. */
int gc_prog_exists(__u32 prog_id);

/*
 * A program that is attached nowhere may be on its way out: the kernel frees it some milliseconds
 * after its last holder went. Waits for that, once for each program; true if it has gone.
 */
bool gc_prog_goes_away(struct gc_prog *prog);

struct gc_attachment {
	__u32 prog_id;
	enum hook hook;
	struct interface iface;
};

struct gc_attached {
	struct gc_attachment *list;
	size_t len;
};

/* Ask every interface of these namespaces. Returns 0 or -ENOMEM. */
int gc_attached_find(struct gc_attached *attached, const struct namespaces *namespaces);

/* The same for the present one alone, which takes no right to enter any. */
int gc_attached_here(struct gc_attached *attached);
void gc_attached_free(struct gc_attached *attached);

/* An attachment of the program, or NULL. */
const struct gc_attachment *gc_attached_prog(const struct gc_attached *attached, __u32 prog_id);

#endif
