/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which map of an interface's programs gets which pin: decided first, then staged. */
#ifndef PINNING_PLAN_H
#define PINNING_PLAN_H

#include <limits.h>
#include <stdbool.h>
#include "bpffs/directory.h"
#include "bpffs/live.h"
#include "bpffs/name.h"
#include "bpffs/owners.h"
#include "bpffs/stage.h"
#include "bpffs/view.h"
#include "pinning/nameless.h"

enum plan_state {
	PLAN_PINNED,   /* under a name that was free */
	PLAN_KEPT,     /* it was pinned there already */
	PLAN_REPLACED, /* another map was: that one stays as <name>%old-<id> */
	PLAN_FOREIGN,  /* others keep it pinned; left to them */
	PLAN_REFUSED,  /* see why */
};

struct plan_map {
	enum plan_state state;
	enum hook hook;
	bool egress;    /* in %egress/ rather than under the flat name */
	bool renamed;   /* it was in %egress/ only so far, and gets the flat name */
	bool beside;    /* with PLAN_REFUSED: a map of another hook has its name; see
	                   adopt_keep_beside() */
	bool joins;     /* the flat map, which takes the place of one that is only there */
	bool parted;    /* with egress: so far it was one with the flat map, old_id; which has
	                   given way as well, or with PLAN_PINNED goes on where it is */
	__u32 went_to;  /* with egress and PLAN_REPLACED: what old_id had came over to the flat
	                   map, this one, when egress went on with old_id; or 0. Set by
	                   adopt_find_went_to() */
	bool lacks;     /* of a list: what gave way to it has entries that it has not; and */
	__u32 apart_id; /* so has this map, which the other hooks go on with; or 0. Both are
	                   set by adopt_find_left() */
	char name[NAME_SIZE]; /* "" if it has none */
	struct bpf_map_info info;
	__u32 prog_id;
	char prog_name[BPF_OBJ_NAME_LEN];
	__u32 old_id;          /* with PLAN_REPLACED, or parted */
	char path[PATH_MAX];   /* where it is pinned, or with PLAN_FOREIGN where others have it */
	char why[256];         /* with PLAN_REFUSED */
	char shared[PATH_MAX]; /* another interface's pin of the same map, or "" */
	struct map_definition definition; /* what the object given for its name says of it */
	char otherwise[NAME_SIZE]; /* that object has this name for it, which is pinned; or "" */
};

struct plan {
	struct plan_map *maps;
	size_t len;
	unsigned int internal; /* .rodata, .bss, .data and .kconfig maps, which are never pinned */
	unsigned int refused;
};

/* What is decided about. */
struct plan_input {
	const struct interface *iface;
	const struct directory *dir; /* fd -1 while it is still to be made */
	const struct live *live;
	const struct owners *owners; /* of all pins but those in dir */
	bool foreign;                /* pin also what others keep pinned */
	bool keep_names;             /* a pinned map that runs on the same hook keeps its name */
	const struct view *pinned;   /* what was just listed in dir, as far as it was; or NULL */
	struct nameless *nameless;   /* names for maps that have none, or NULL; outlives the plan */
};

/* Decide on every live map. Reports its failures. Returns 0 or a negative errno. */
int plan_make(struct plan *plan, const struct plan_input *in);
void plan_free(struct plan *plan);

/* Stage the pins that are to be made. Reports its failures. Returns 0 or a negative errno. */
int plan_stage(const struct plan *plan, const struct live *live, struct stage *stage);

/*
 * The record that goes with the plan: who the interface is, what runs, which maps are published.
 * The group and unknown fields are taken from the directory's present record.
 */
void plan_record(const struct plan *plan, const struct plan_input *in, struct record *rec);

/* "pinned", "kept", "replaced", "foreign", "refused". */
const char *plan_state_name(enum plan_state state);

/* The map has a pin in the directory after this. */
bool plan_publishes(const struct plan_map *map);

/* It is not the one of another hook, which comes before it in the plan, in the same place. */
bool plan_is_first(const struct plan *plan, size_t i);

#endif
