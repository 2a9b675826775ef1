// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/hook.h"
#include "bpffs/json.h"
#include "pinning/inspect.h"

/* Names come from the file, and need not be UTF-8. */
static void put_name(struct json_object *to, const char *key, const char *name)
{
	json_put_string(to, key, name ? cli_json_name(name) : NULL);
}

static struct json_object *new_list(struct json_object *to, const char *key)
{
	struct json_object *list = json_object_new_array();

	json_object_object_add(to, key, list);
	return list;
}

static void put_needs(struct json_object *to, const struct inspect_needs *needs)
{
	struct json_object *list;
	char text[16];

	json_put_string(to, "kernel",
	                inspect_kernel(needs) ? inspect_kernel_name(inspect_kernel(needs), text)
	                                      : NULL);
	list = new_list(to, "needs");
	for (size_t i = 0; i < needs->len; i++) {
		struct json_object *need = json_object_new_object();

		put_name(need, "what", needs->list[i].what);
		json_put_string(need, "kernel",
		                needs->list[i].version
		                        ? inspect_kernel_name(needs->list[i].version, text)
		                        : NULL);
		json_object_array_add(list, need);
	}
}

static struct json_object *prog_json(const struct inspect_prog *prog)
{
	struct json_object *to = json_object_new_object();

	put_name(to, "name", prog->name);
	put_name(to, "section", prog->section);
	json_put_string(to, "hook", prog->hook < 0 ? NULL : hook_name(prog->hook));
	json_put_string(to, "type", strcmp(prog->type, "-") ? prog->type : NULL);
	json_put_bool(to, "frags", prog->frags);
	json_put_number(to, "instructions", prog->insns);
	json_put_bool(to, "may_change_packets", prog->changing_helper);
	put_needs(to, &prog->needs);
	return to;
}

static struct json_object *map_json(const struct inspect_map *map)
{
	struct json_object *to = json_object_new_object();
	const char *type = NULL;

	put_name(to, "name", map->name);
	if (map->is_defined)
		type = libbpf_bpf_map_type_str((enum bpf_map_type)map->type);
	json_put_string(to, "type", type);
	if (map->is_defined) {
		json_put_number(to, "type_id", map->type);
		json_put_number(to, "key_size", map->key_size);
		json_put_number(to, "value_size", map->value_size);
		json_put_number(to, "max_entries", map->max_entries);
		json_put_number(to, "flags", map->flags);
	}
	json_put_string(to, "class", map->class);
	json_put_bool(to, "pinned_by_name", map->is_pinned);
	json_put_bool(to, "internal", map->is_internal);
	return to;
}

static struct json_object *verdict_json(enum inspect_loader loader,
                                        const struct inspect_verdict *verdict)
{
	struct json_object *to = json_object_new_object();

	json_put_string(to, "loader", inspect_loader_name(loader));
	json_put_string(to, "says", inspect_says_name(verdict->says));
	put_name(to, "why", verdict->why);
	put_name(to, "command", verdict->command);
	return to;
}

void inspect_json(const struct inspection *in, struct json_object *to)
{
	struct json_object *list;

	put_name(to, "file", in->path);
	json_put_bool(to, "bpf", in->is_bpf);
	json_put_bool(to, "btf", in->has_btf && !*in->btf_why);
	json_put_bool(to, "old_dialect", in->is_old_dialect);
	put_name(to, "license", in->license);
	list = new_list(to, "programs");
	for (size_t i = 0; i < in->progs_len; i++)
		json_object_array_add(list, prog_json(&in->progs[i]));
	list = new_list(to, "maps");
	for (size_t i = 0; i < in->maps_len; i++)
		json_object_array_add(list, map_json(&in->maps[i]));
	put_needs(to, &in->needs);
	list = new_list(to, "loaders");
	for (int loader = 0; loader < INSPECT_LOADERS; loader++)
		json_object_array_add(list, verdict_json(loader, &in->verdicts[loader]));
	list = new_list(to, "notes");
	for (size_t i = 0; i < in->notes_len; i++)
		json_object_array_add(list, json_object_new_string(cli_json_name(in->notes[i])));
}
