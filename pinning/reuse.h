/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving the maps of an object that is about to be loaded the pinned maps of an interface. */
#ifndef PINNING_REUSE_H
#define PINNING_REUSE_H

#include <stdbool.h>
#include "bpffs/directory.h"
#include "bpffs/view.h"
#include "pinning/carry.h"
#include "pinning/mismatch.h"
#include "pinning/object.h"

struct reuse_options {
	const struct mismatches *mismatch;
	const char *const *classes; /* for MISMATCH_MIGRATE: see carry_plan() */
	struct carry *carry;        /* what is to be carried over comes here */
	/* A program goes on with this map, which therefore keeps its name; or NULL. */
	bool (*keeps_name)(const void *context, __u32 map_id);
	/* A program that is not replaced has this map, and goes on with it; or NULL. */
	bool (*runs_on)(const void *context, __u32 map_id);
	/* The pinned map would do, and is left to others all the same; or NULL. */
	bool (*parts)(void *context, const char *name, __u32 map_id);
	/* Whether the program that is to be replaced uses this map: 1, 0, or -EPERM if nobody may
	 * tell; or NULL. */
	int (*replaced_uses)(const void *context, __u32 map_id);
	/* The other hooks whose programs use the map, as far as known: "xdp and tc_ingress", or
	 * "". */
	void (*users)(const void *context, __u32 map_id, char *text, size_t size);
	bool gone; /* that one was taken off before: nothing is replaced */
	void *context;
	/* For reuse_check_shared(): what was just listed in the directory, as far as it was; or
	 * NULL. */
	const struct view *pinned;
	/* What a plugin prepares takes the place of a program of ours, and its hints say how load
	 * does that in one step. */
	bool replaces;
};

/*
 * A link that names a program: what follows in a row is the same for the new program as it is for
 * the old one, and it is exchanged in one step. An empty one is nothing to keep, and would bind the
 * new program to the kind of the old (frags or not).
 */
bool reuse_is_link(int map_fd, const struct bpf_map_info *info, const char *name);

/* It has the name and the form of a link, whether a program follows there or not. */
bool reuse_is_for_link(const struct bpf_map_info *info, const char *name);

/*
 * Let every map of the object that has a pin of the same definition use that one: data maps, ring
 * buffers, XSKMAPs, and DEVMAPs and CPUMAPs without programs. Program arrays are never shared with
 * what runs (packets would see half-updated slots), but for links of a row, an empty one only with
 * what stays attached (runs_on says so); nor are .rodata, .bss and .data. A devmap or cpumap
 * that is bound to programs of another kind is made anew and carried over, and a link that is (see
 * pinning/kind.h) refused. Where definitions differ, all differences are printed field by field and
 * it fails, or the object gets a map of its own, empty or to carry the content over into; and so
 * where entries of a devmap or cpumap have programs, which stay in the old one. *reused counts the
 * maps that are used on. Reports its failures. Returns 0, -EINVAL for a difference, -EOPNOTSUPP for
 * content that cannot be carried over, -EBUSY for one where the pinned map keeps its name, or
 * another negative errno.
 */
int reuse_maps(struct object *object, const struct directory *dir, const struct reuse_options *how,
               unsigned int *reused);

/*
 * Open the pin that a map of this name would get: the flat one, or for an egress program the one in
 * %egress/ first, and for its statistics only that. Returns a descriptor, or -ENOENT or another
 * negative errno; silent.
 */
int reuse_open_pin(const struct directory *dir, enum hook hook, const char *name,
                   struct bpf_map_info *info);

/* A map that is pinned where the object's is to come. */
struct reuse_pinned {
	__u32 id;     /* 0: none */
	bool differs; /* it would not be used on */
	bool bound;   /* and that only because it is bound to programs of another kind */
	bool stream;  /* it holds no state */
};

/*
 * What would be used on, or be in the way. seen: what was found elsewhere, or NULL: if it is the
 * same map, it is not compared again. Silent.
 */
struct reuse_pinned reuse_find(const struct object *object, const struct bpf_map *map,
                               const struct directory *dir, const struct reuse_pinned *seen);

/* Whether what is carried over is still pinned where the object's maps are to come. */
bool reuse_is_current(const struct object *object, const struct directory *dir,
                      const struct carry *carry);

/*
 * The object is loaded already, for another interface: see that no other map is pinned here under
 * the name of one of its maps, unless it may be replaced (MISMATCH_FRESH), or how->carry brings it
 * over.
 * Reports its failures. Returns 0, -EEXIST, or another negative errno.
 */
int reuse_check_shared(const struct object *object, const struct directory *dir,
                       const struct reuse_options *how);

#endif
