/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking programs off an interface: the maps stay, unless they are to be dropped as well. */
#ifndef PINNING_UNLOADER_H
#define PINNING_UNLOADER_H

#include <linux/bpf.h>
#include <stdbool.h>
#include "bpffs/interface.h"
#include "bpffs/query.h"

struct unload_options {
	int hook;            /* enum hook, or -1: any */
	__u32 id;            /* program id, or 0: any */
	const char *program; /* name, or NULL: any */
	const char *section; /* that it was loaded from, or NULL: any */
	bool all;            /* everything of ours that fits; else it must be one */
	bool foreign;        /* also what is not ours */
	bool purge;          /* drop the maps that nothing else on the interface uses */
	bool prepared;       /* for unload_prepared(): the caller chooses by this */
	const __u32 *maps;   /* with it: ids of maps to be dropped as well */
	size_t maps_len;
	bool dry_run;
};

/* One program that was to be removed. */
struct unloaded {
	struct attachment at;
	char name[BPF_OBJ_NAME_LEN];
	bool ours;
	bool done;           /* it was removed, or with dry_run would be */
	bool begun;          /* it may be off, but its pins are still to go: the next run ends it */
	unsigned int purged; /* pins of maps that were dropped */
};

struct unload_report {
	struct unloaded *list;
	size_t len;
	bool only_pins;      /* nothing of ours was attached, and all was to be purged */
	bool foreign;        /* with only_pins: but something of others */
	unsigned int purged; /* with only_pins: pins of maps that were dropped */
};

/*
 * Take programs off an interface, each in the mode in which the kernel reports it, and read back
 * that it is gone. What fails does not keep the others from being removed, unless it is the
 * exchange of the pins: the next run has to end that first. The report says which were. The caller
 * releases it with unload_report_free(), after a failure too. Reports its failures. Returns 0,
 * -ENOENT if nothing fits, -EINVAL if several do without all, -EEXIST if what fits is not ours, or
 * another negative errno.
 */
int unload_programs(const struct interface *iface, const struct unload_options *options,
                    struct unload_report *report);
void unload_report_free(struct unload_report *report);

#endif
