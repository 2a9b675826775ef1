// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/libbpf.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/status_print.h"
#include "bpffs/json.h"

#define SCHEMA "ifbpf.status/1"

static const char *attached_name(const struct status *st, const struct attachment *at)
{
	if (!at)
		return "map";
	if (at->by != ATTACH_XDP)
		return attach_by_name(at->by);
	if (at->link_id)
		return "link";
	return st->has_live ? "netlink" : NULL;
}

static struct json_object *map_json(const struct status_map *map)
{
	static const char *const states[] = {
		[PIN_STATE_NONE] = "not pinned",
		[PIN_STATE_LIVE] = "live",
		[PIN_STATE_STALE] = "stale",
	};
	struct json_object *out = json_object_new_object();

	json_put_string(out, "name", map->name);
	json_put_number(out, "id", map->info.id);
	json_put_string(out, "type", libbpf_bpf_map_type_str(map->info.type));
	json_put_bool(out, "internal", map->internal);
	json_put_string(out, "pin", states[map->pin]);
	json_put_id(out, "pinned_id", map->pinned_id);
	json_put_string(out, "path", map->path);
	json_put_string(out, "elsewhere", map->elsewhere);
	return out;
}

static struct json_object *link_json(const struct status_link *link)
{
	struct json_object *out = json_object_new_object();

	json_put_string(out, "link_type", link->type);
	json_put_number(out, "link_id", link->id);
	json_put_string(out, "prog_tag", link->tag);
	json_put_number(out, "prog_id", link->prog_id);
	json_object_object_add(out, "ifindex",
	                       link->has_ifindex ? json_object_new_uint64(link->ifindex) : NULL);
	json_put_string(out, "kind", link->kind);
	json_put_id(out, "target_program_id", link->target_prog_id);
	json_put_string(out, "path", link->path);
	json_put_string(out, "holder", link->holder);
	return out;
}

static void put_attached(struct json_object *out, const struct status *st,
                         const struct status_prog *prog)
{
	static const struct attachment none;
	const struct attachment *at = prog->at ? prog->at : &none;
	bool clsact = at->by == ATTACH_CLSACT;

	json_put_string(out, "attached", attached_name(st, prog->at));
	json_put_id(out, "position", prog->position);
	json_put_id(out, "chain_position", prog->in_chain);
	json_put_string(out, "mode",
	                prog->at && at->by == ATTACH_XDP ? xdp_mode_name(at->mode) : NULL);
	json_put_id(out, "link_id", at->link_id);
	json_object_object_add(out, "pref", clsact ? json_object_new_uint64(at->pref) : NULL);
	json_object_object_add(out, "handle", clsact ? json_object_new_uint64(at->handle) : NULL);
	json_object_object_add(out, "direct_action",
	                       clsact ? json_object_new_boolean(!at->indirect) : NULL);
	json_object_object_add(out, "chain", clsact ? json_object_new_uint64(at->chain) : NULL);
	json_put_id(out, "via_map_id", prog->via_map);
	json_put_id(out, "via_link_id", prog->via_link);
}

static struct json_object *prog_json(const struct status *st, const struct status_prog *prog)
{
	struct json_object *out = json_object_new_object(), *maps = json_object_new_array();
	struct json_object *tracing = json_object_new_array();

	json_put_string(out, "hook", hook_name(prog->hook));
	put_attached(out, st, prog);
	json_put_number(out, "id", prog->id);
	json_put_string(out, "name", prog->name);
	json_put_string(out, "tag", prog->tag);
	json_put_id(out, "loaded_ns", prog->loaded_ns);
	json_object_object_add(out, "uid",
	                       prog->described ? json_object_new_uint64(prog->uid) : NULL);
	json_object_object_add(out, "ours",
	                       *prog->owner.why ? json_object_new_boolean(prog->owner.ours) : NULL);
	json_put_string(out, "why", prog->owner.why);
	for (size_t i = 0; i < st->maps_len; i++)
		if (st->maps[i].hook == prog->hook && st->maps[i].prog_id == prog->id)
			json_object_array_add(maps, map_json(&st->maps[i]));
	json_object_object_add(out, "maps", maps);
	for (size_t i = 0; i < st->links_len; i++)
		if (st->links[i].target_prog_id == prog->id)
			json_object_array_add(tracing, link_json(&st->links[i]));
	json_object_object_add(out, "tracing", tracing);
	return out;
}

static struct json_object *progs_json(const struct status *st)
{
	struct json_object *out = json_object_new_array();

	for (int hook = 0; hook < HOOKS; hook++)
		for (size_t i = 0; i < st->progs_len; i++)
			if (st->progs[i].hook == (enum hook)hook)
				json_object_array_add(out, prog_json(st, &st->progs[i]));
	return out;
}

static struct json_object *drift_json(const struct status *st, const struct status_drift *drift)
{
	static const char *const kinds[] = {
		[DRIFT_GONE] = "gone",
		[DRIFT_NEW] = "new",
		[DRIFT_INTERFACE] = "interface",
		[DRIFT_NAME] = "name",
	};
	struct json_object *out = json_object_new_object();
	char text[256];

	json_put_string(out, "kind", kinds[drift->kind]);
	json_put_string(out, "hook", drift->prog_id ? hook_name(drift->hook) : NULL);
	json_put_id(out, "program_id", drift->prog_id);
	json_put_string(out, "what", status_drift_text(st, drift, text, sizeof(text)));
	return out;
}

static struct json_object *orphan_json(const struct status_orphan *orphan)
{
	struct json_object *out = json_object_new_object();

	json_put_string(out, "kind", pin_kind_name(orphan->kind));
	json_put_string(out, "file", orphan->file);
	json_put_number(out, "id", orphan->id);
	json_put_string(out, "why", orphan->why);
	return out;
}

int status_print_json(const struct status *st, const struct status_scope *scope)
{
	struct json_object *out = json_begin(SCHEMA, &st->iface), *links = json_object_new_array();
	struct json_object *drift = json_object_new_array(), *orphans = json_object_new_array();
	bool has_gen = st->has_view && st->view.has_record;

	json_put_bool(out, "gone", st->gone);
	json_put_string(out, "path", st->has_dir ? st->dir.path : NULL);
	json_object_object_add(out, "gen",
	                       has_gen ? json_object_new_uint64(st->view.record.gen) : NULL);
	json_put_bool(out, "complete",
	              !st->partly && !scope->no_ids && !scope->no_tcx && !scope->no_pins);
	json_object_object_add(out, "programs", progs_json(st));
	for (size_t i = 0; i < st->drift_len; i++)
		json_object_array_add(drift, drift_json(st, &st->drift[i]));
	json_object_object_add(out, "drift", drift);
	for (size_t i = 0; i < st->orphans_len; i++)
		json_object_array_add(orphans, orphan_json(&st->orphans[i]));
	json_object_object_add(out, "orphans", orphans);
	for (size_t i = 0; i < st->links_len; i++)
		json_object_array_add(links, link_json(&st->links[i]));
	json_object_object_add(out, "links", links);
	return json_end(out);
}
