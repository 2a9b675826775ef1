/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adopting: the maps of whatever runs on an interface, pinned in its directory. */
#ifndef PINNING_ADOPT_H
#define PINNING_ADOPT_H

#include <stdbool.h>
#include "bpffs/directory.h"
#include "bpffs/interface.h"
#include "bpffs/live.h"
#include "bpffs/name.h"

enum adopt_state {
	ADOPT_PINNED,   /* under a name that was free */
	ADOPT_KEPT,     /* it was pinned there already */
	ADOPT_REPLACED, /* another map was: that one stays as <name>%old-<id> */
	ADOPT_FOREIGN,  /* others keep it pinned; left to them */
	ADOPT_REFUSED,  /* see why */
};

struct adopt_map {
	enum adopt_state state;
	enum hook hook;
	bool egress;          /* in %egress/ rather than under the flat name */
	char name[NAME_SIZE]; /* "" if it has none */
	struct bpf_map_info info;
	__u32 prog_id;
	char prog_name[BPF_OBJ_NAME_LEN];
	__u32 old_id;          /* with ADOPT_REPLACED */
	char path[PATH_MAX];   /* where it is pinned, or with ADOPT_FOREIGN where others have it */
	char why[256];         /* with ADOPT_REFUSED */
	char shared[PATH_MAX]; /* another interface's pin of the same map, or "" */
};

struct adopt_report {
	char path[PATH_MAX]; /* the interface's directory */
	__u64 gen;
	struct adopt_map *maps;
	size_t len;
	unsigned int internal; /* .rodata, .bss, .data and .kconfig maps, which are never pinned */
	unsigned int refused;
};

struct adopt_options {
	bool dry_run;      /* decide and say, change nothing */
	bool foreign;      /* pin also what others keep pinned */
	bool fresh;        /* drop what an interface that is gone left behind */
	const char *group; /* let this group read the maps; NULL: as it is */
};

/*
 * Pin the maps of every program that runs on the interface. The caller releases the report with
 * adopt_report_free(), after a failure too.
 * Returns 0, also if some maps were refused (see report->refused); -ENOENT if nothing is
 * attached; or another negative errno. Reports its failures. Needs CAP_SYS_ADMIN, to open
 * programs and maps by id.
 */
int adopt_maps(const struct interface *iface, const struct adopt_options *options,
               struct adopt_report *report);
void adopt_report_free(struct adopt_report *report);

const char *adopt_state_name(enum adopt_state state);

#endif
