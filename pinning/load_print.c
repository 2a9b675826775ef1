// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdio_ext.h>
#include "bpffs/cli.h"
#include "bpffs/json.h"
#include "bpffs/log.h"
#include "pinning/load_print.h"
#include "pinning/old_pin.h"

bool load_is_own(const struct load_report *report, const struct plan_map *map)
{
	return map->hook == report->hook && map->prog_id == report->prog_id;
}

/* What was carried over into the map, or NULL. */
static const struct carried *carried_to(const struct load_report *report,
                                        const struct plan_map *map)
{
	for (size_t i = 0; i < report->carry.len; i++)
		if (report->carry.list[i]->to_id == map->info.id)
			return report->carry.list[i];
	return NULL;
}

static const char *map_word(const struct load_report *report, const struct plan_map *map)
{
	const struct carried *one = carried_to(report, map);

	if (one && !one->apart && !one->joins)
		return "migrated";
	if (map->joins || map->renamed)
		return "reused";
	switch (map->state) {
	case PLAN_KEPT: return "reused";
	case PLAN_PINNED:
	case PLAN_REPLACED: return report->shares ? "shared" : "created";
	default: return plan_state_name(map->state);
	}
}

static void print_how(const struct load_report *report)
{
	const struct attachment *how = &report->how;

	printf("  attached by ");
	if (report->dispatcher_id)
		printf("libxdp behind program %u in %s mode", report->dispatcher_id,
		       xdp_mode_name(how->mode));
	else if (how->by == ATTACH_XDP)
		printf("%s in %s mode", how->link_id ? "link" : "netlink",
		       xdp_mode_name(how->mode));
	else if (how->by == ATTACH_CLSACT)
		printf("clsact pref %u handle %u", how->pref, how->handle);
	else
		printf("%s", attach_by_name(how->by));
	if (how->link_id)
		printf(" (link %u)", how->link_id);
	putchar('\n');
}

/* Nothing of the old map was left to keep. */
static bool is_complete(const struct load_report *report, const struct plan_map *map)
{
	const struct carried *one = carried_to(report, map);

	return one && one->complete;
}

/* How much of the old map is not in the new one, and why; 0 with "". */
static __u64 left_of(const struct load_report *report, const struct plan_map *map, char why[256])
{
	const struct carried *one = carried_to(report, map);
	__u64 left = one ? carry_left(one) : 0;

	*why = '\0';
	if (left)
		carry_left_why(one, why, 256);
	return left;
}

/* The old map that stays, with something of its own: here, or where another interface had it. 0:
 * none. Before it has happened, all that fits will have come over. */
static __u32 old_id_of(const struct load_report *report, const struct plan_map *map, bool dry_run)
{
	const struct carried *one = carried_to(report, map);

	if (one && carry_left(one))
		return one->from_id;
	return is_complete(report, map) || (one && dry_run) ? 0 : map->old_id;
}

/* Until it has happened, as far as that can be told. */
static void print_stays(const struct plan_map *map, bool dry_run)
{
	char path[PATH_MAX * 2];
	int err = old_pin_of(map, path, sizeof(path));

	if (!err || (err == -ENOENT && dry_run))
		printf(" (map %u %s as %s)", map->old_id, dry_run ? "would stay" : "stays", path);
}

static void print_map(const struct load_report *report, const struct plan_map *map, bool dry_run)
{
	char why[256];
	__u64 left = left_of(report, map, why);

	printf("  map %s id %u %s%s", map->name, map->info.id,
	       dry_run && plan_publishes(map) ? "would be " : "", map_word(report, map));
	if (map->state == PLAN_REPLACED && map->old_id && !is_complete(report, map) &&
	    (!dry_run || left || !carried_to(report, map)))
		print_stays(map, dry_run);
	else if (map->state == PLAN_REFUSED)
		printf(": %s", map->why);
	putchar('\n');
	if (left)
		printf("    %llu %s in map %u: %s%s\n", (unsigned long long)left,
		       dry_run     ? "would stay"
		       : left == 1 ? "stays"
		                   : "stay",
		       old_id_of(report, map, dry_run), left > 1 ? "the first, " : "", why);
}

static const char *global_word(const struct load_report *report, const struct global_map *map)
{
	return map->values.carried ? "migrated" : report->shares ? "shared" : "created";
}

static void print_lost(const struct load_report *report, const struct plan_map *map)
{
	const struct carried *one = carried_to(report, map);
	__u64 lost = one ? carry_lost(one) : 0;

	if (lost)
		printf("    counts in %llu entr%s that went on in both maps were not added up\n",
		       (unsigned long long)lost, lost == 1 ? "y" : "ies");
}

static void print_global(const struct load_report *report, const struct global_map *map,
                         bool dry_run)
{
	printf("  map %s id %u %s%s%s%s\n", map->name, map->id, dry_run ? "would be " : "",
	       global_word(report, map), map->values.lost ? ": global variables begin anew: " : "",
	       map->values.names);
}

/* What a dry run would do to the hook. */
static void print_switch(const struct load_report *report)
{
	const struct load_foreseen *would = &report->foreseen;

	if (*would->old)
		printf("  would replace program %s, %s, which is %s%s%s\n", would->old,
		       would->old_how, would->old_foreign ? "not ours: " : "ours",
		       would->old_foreign ? would->old_why : "",
		       would->two_steps ? "; not in one step: packets pass between" : "");
	if (*would->how)
		printf("  would be attached %s\n", would->how);
	else
		printf("  would be prepared at %s\n", report->prog_path);
}

static void print_text(const struct interface *iface, const struct load_report *report,
                       bool dry_run)
{
	printf("%s %s: program %s id %u%s", cli_text(iface->name), hook_name(report->hook),
	       report->prog_name, report->prog_id, dry_run ? " would be loaded" : "");
	if (report->old_prog_id)
		printf(" replaced program id %u", report->old_prog_id);
	putchar('\n');
	if (report->attached)
		print_how(report);
	else if (dry_run)
		print_switch(report);
	else
		printf("  prepared at %s\n", report->prog_path);
	for (size_t i = 0; i < report->plan.len; i++)
		if (load_is_own(report, &report->plan.maps[i])) {
			print_map(report, &report->plan.maps[i], dry_run);
			print_lost(report, &report->plan.maps[i]);
		}
	load_print_inside(report);
	for (size_t i = 0; i < report->globals.len; i++)
		print_global(report, &report->globals.list[i], dry_run);
}

static struct json_object *attachment_json(const struct load_report *report)
{
	const struct attachment *how = &report->how;
	struct json_object *out = json_object_new_object();

	json_put_string(out, "by", attach_by_name(how->by));
	json_put_string(out, "mode", how->by == ATTACH_XDP ? xdp_mode_name(how->mode) : NULL);
	json_put_id(out, "link_id", how->link_id);
	json_put_id(out, "dispatcher_id", report->dispatcher_id);
	if (how->by == ATTACH_CLSACT) {
		json_put_number(out, "pref", how->pref);
		json_put_number(out, "handle", how->handle);
	}
	return out;
}

static struct json_object *map_json(const struct load_report *report, const struct plan_map *map,
                                    bool dry_run)
{
	struct json_object *out = json_object_new_object();
	char why[256];
	__u64 left = left_of(report, map, why);
	const struct carried *one = carried_to(report, map);

	json_put_string(out, "name", map->name);
	json_put_number(out, "id", map->info.id);
	json_put_string(out, "state", map_word(report, map));
	json_put_string(out, "path", map->state == PLAN_REFUSED ? NULL : map->path);
	json_put_id(out, "old_id", old_id_of(report, map, dry_run));
	json_put_number(out, "lost", one ? carry_lost(one) : 0);
	json_put_number(out, "left", left);
	json_put_string(out, "reason", left ? why : map->why);
	return out;
}

static struct json_object *global_json(const struct load_report *report,
                                       const struct global_map *map)
{
	struct json_object *out = json_object_new_object();
	char why[256] = "";

	if (map->values.lost)
		snprintf(why, sizeof(why), "global variables begin anew: %s", map->values.names);
	json_put_string(out, "name", map->name);
	json_put_number(out, "id", map->id);
	json_put_string(out, "state", global_word(report, map));
	json_put_string(out, "path", NULL);
	json_put_id(out, "old_id", 0);
	json_put_number(out, "lost", map->values.unfit);
	json_put_number(out, "left", 0);
	json_put_string(out, "reason", why);
	return out;
}

static struct json_object *foreseen_json(const struct load_report *report)
{
	const struct load_foreseen *would = &report->foreseen;
	struct json_object *out = json_object_new_object();

	json_put_id(out, "replaced_id", would->old_id);
	json_put_string(out, "replaced", would->old);
	json_put_string(out, "replaced_how", would->old_how);
	json_put_bool(out, "foreign", would->old_foreign);
	json_put_string(out, "reason", would->old_foreign ? would->old_why : NULL);
	json_put_string(out, "how", would->how);
	json_put_bool(out, "one_step", !would->two_steps);
	return out;
}

static void print_json(const struct interface *iface, const struct load_report *report,
                       bool dry_run, struct json_object *stages)
{
	struct json_object *out = json_begin("ifbpf.load/1", iface),
			   *maps = json_object_new_array();
	struct json_object *prog = json_object_new_object();

	json_put_string(out, "path", report->path);
	json_put_number(out, "gen", report->gen);
	json_put_bool(out, "dry_run", dry_run);
	json_put_string(out, "hook", hook_name(report->hook));
	json_put_string(prog, "name", report->prog_name);
	json_put_number(prog, "id", report->prog_id);
	json_put_string(prog, "path", dry_run ? NULL : report->prog_path);
	json_object_object_add(out, "program", prog);
	json_put_id(out, "replaced_id", report->old_prog_id);
	json_object_object_add(out, "attached", report->attached ? attachment_json(report) : NULL);
	if (dry_run)
		json_object_object_add(out, "would", foreseen_json(report));
	for (size_t i = 0; i < report->plan.len; i++)
		if (load_is_own(report, &report->plan.maps[i]))
			json_object_array_add(maps,
			                      map_json(report, &report->plan.maps[i], dry_run));
	load_json_inside(report, maps);
	for (size_t i = 0; i < report->globals.len; i++)
		json_object_array_add(maps, global_json(report, &report->globals.list[i]));
	json_object_object_add(out, "maps", maps);
	if (stages)
		json_object_object_add(out, "stages", stages);
	json_end(out);
}

void load_print(const struct interface *iface, const struct load_report *report,
                const struct explanation *explanation, const struct load_print *how)
{
	if (how->json) {
		print_json(iface, report, how->dry_run,
		           how->explain ? explain_json(explanation) : NULL);
		return;
	}
	print_text(iface, report, how->dry_run);
	if (how->explain)
		explain_print(explanation);
}

void load_print_failed(const struct interface *iface, const struct explanation *explanation,
                       const struct load_print *how)
{
	struct json_object *out;

	if (!how->json || !how->explain) {
		explain_print(explanation);
		return;
	}
	out = json_begin("ifbpf.load/1", iface);
	json_put_string(out, "path", NULL);
	json_put_bool(out, "dry_run", how->dry_run);
	json_put_string(out, "hook", explanation->hook);
	json_put_string(out, "program", NULL);
	json_put_string(out, "attached", NULL);
	json_put_string(out, "reason", log_last_failure());
	json_object_object_add(out, "stages", explain_json(explanation));
	json_end(out);
}

/* So much of what is printed waits for a moment at which no lock is held. */
#define HELD_MAX (256 * 1024)

void load_print_hold(void)
{
	static char buffer[2 * HELD_MAX];

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
}

bool load_print_is_full(void)
{
	return __fpending(stdout) >= HELD_MAX;
}
