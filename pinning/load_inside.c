// SPDX-License-Identifier: GPL-2.0-or-later
/* What load tells of maps in the slots of maps of maps. */
#include <stdio.h>
#include "bpffs/json.h"
#include "pinning/inside.h"
#include "pinning/load_print.h"

/* The program names it itself, and it is reported as one of its own. */
static bool is_reported(const struct load_report *report, __u32 map_id)
{
	for (size_t i = 0; i < report->plan.len; i++)
		if (load_is_own(report, &report->plan.maps[i]) &&
		    report->plan.maps[i].info.id == map_id)
			return true;
	return false;
}

static void print_inside(const struct inside *one, void *arg)
{
	if (!is_reported(arg, one->id))
		printf("  map %s id %u is in slot %u of map %s\n", one->name, one->id, one->slot,
		       one->outer);
}

void load_print_inside(const struct load_report *report)
{
	inside_each(report->globals.object, print_inside, (void *)report);
}

struct inside_json {
	const struct load_report *report;
	struct json_object *maps;
};

static void add_inside(const struct inside *one, void *arg)
{
	struct inside_json *to = arg;
	struct json_object *out;

	if (is_reported(to->report, one->id))
		return;
	out = json_object_new_object();
	json_put_string(out, "name", one->name);
	json_put_number(out, "id", one->id);
	json_put_string(out, "state", "inside");
	json_put_string(out, "path", NULL);
	json_put_id(out, "old_id", 0);
	json_put_number(out, "lost", 0);
	json_put_number(out, "left", 0);
	json_put_string(out, "reason", NULL);
	json_put_string(out, "outer", one->outer);
	json_put_number(out, "slot", one->slot);
	json_object_array_add(to->maps, out);
}

void load_json_inside(const struct load_report *report, struct json_object *maps)
{
	inside_each(report->globals.object, add_inside, &(struct inside_json){ report, maps });
}
