/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What load tells the user on stdout, as text or as JSON. */
#ifndef PINNING_LOAD_PRINT_H
#define PINNING_LOAD_PRINT_H

#include "pinning/explain.h"
#include "pinning/loader.h"

struct load_print {
	bool json, explain, dry_run;
};

/* Whether a map of the report belongs to the program that was loaded. */
bool load_is_own(const struct load_report *report, const struct plan_map *map);

/* load_inside.c: maps that are none of the program's but in the slots of one. The object is open.
 */
void load_print_inside(const struct load_report *report);
void load_json_inside(const struct load_report *report, struct json_object *maps);

/* A load that succeeded, with its stages if how->explain. */
void load_print(const struct interface *iface, const struct load_report *report,
                const struct explanation *explanation, const struct load_print *how);

/*
 * The stages of a load that failed; its failure was reported already. iface: NULL if it came to
 * none. A document only for JSON with how->explain, else on stderr.
 */
void load_print_failed(const struct interface *iface, const struct explanation *explanation,
                       const struct load_print *how);

/*
 * From here on what is printed waits, so that nobody who is slow to read it holds up other writers;
 * once it is much, it is to be written at a moment at which no lock is held.
 */
void load_print_hold(void);
bool load_print_is_full(void);

#endif
