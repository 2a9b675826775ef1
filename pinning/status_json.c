// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/libbpf.h>
#include <errno.h>
#include <json.h>
#include <stdio.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/status_print.h"

#define SCHEMA "ifbpf.status/1"

/* In JSON, null is no object: json-c represents it by NULL. */
static void put(struct json_object *to, const char *key, struct json_object *value)
{
	json_object_object_add(to, key, value);
}

static void put_string(struct json_object *to, const char *key, const char *value)
{
	put(to, key, value && *value ? json_object_new_string(value) : NULL);
}

static void put_number(struct json_object *to, const char *key, __u64 value)
{
	put(to, key, json_object_new_uint64(value));
}

/* An id, or another number that is never 0. */
static void put_id(struct json_object *to, const char *key, __u64 id)
{
	put(to, key, id ? json_object_new_uint64(id) : NULL);
}

static void put_bool(struct json_object *to, const char *key, bool value)
{
	put(to, key, json_object_new_boolean(value));
}

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

	put_string(out, "name", map->name);
	put_number(out, "id", map->info.id);
	put_string(out, "type", libbpf_bpf_map_type_str(map->info.type));
	put_bool(out, "internal", map->internal);
	put_string(out, "pin", states[map->pin]);
	put_id(out, "pinned_id", map->pinned_id);
	put_string(out, "path", map->path);
	put_string(out, "elsewhere", map->elsewhere);
	return out;
}

static struct json_object *link_json(const struct status_link *link)
{
	struct json_object *out = json_object_new_object();

	put_string(out, "link_type", link->type);
	put_number(out, "link_id", link->id);
	put_string(out, "prog_tag", link->tag);
	put_number(out, "prog_id", link->prog_id);
	put(out, "ifindex", link->has_ifindex ? json_object_new_uint64(link->ifindex) : NULL);
	put_string(out, "kind", link->kind);
	put_id(out, "target_program_id", link->target_prog_id);
	put_string(out, "path", link->path);
	return out;
}

static void put_attached(struct json_object *out, const struct status *st,
                         const struct status_prog *prog)
{
	static const struct attachment none;
	const struct attachment *at = prog->at ? prog->at : &none;
	bool clsact = at->by == ATTACH_CLSACT;

	put_string(out, "attached", attached_name(st, prog->at));
	put_id(out, "position", prog->position);
	put_id(out, "chain_position", prog->in_chain);
	put_string(out, "mode", prog->at && at->by == ATTACH_XDP ? xdp_mode_name(at->mode) : NULL);
	put_id(out, "link_id", at->link_id);
	put(out, "pref", clsact ? json_object_new_uint64(at->pref) : NULL);
	put(out, "handle", clsact ? json_object_new_uint64(at->handle) : NULL);
	put(out, "chain", clsact ? json_object_new_uint64(at->chain) : NULL);
	put_id(out, "via_map_id", prog->via_map);
}

static struct json_object *prog_json(const struct status *st, const struct status_prog *prog)
{
	struct json_object *out = json_object_new_object(), *maps = json_object_new_array();
	struct json_object *tracing = json_object_new_array();

	put_string(out, "hook", hook_name(prog->hook));
	put_attached(out, st, prog);
	put_number(out, "id", prog->id);
	put_string(out, "name", prog->name);
	put_string(out, "tag", prog->tag);
	put_id(out, "loaded_ns", prog->loaded_ns);
	put(out, "uid", prog->described ? json_object_new_uint64(prog->uid) : NULL);
	put(out, "ours", *prog->owner.why ? json_object_new_boolean(prog->owner.ours) : NULL);
	put_string(out, "why", prog->owner.why);
	for (size_t i = 0; i < st->maps_len; i++)
		if (st->maps[i].hook == prog->hook && st->maps[i].prog_id == prog->id)
			json_object_array_add(maps, map_json(&st->maps[i]));
	put(out, "maps", maps);
	for (size_t i = 0; i < st->links_len; i++)
		if (st->links[i].target_prog_id == prog->id)
			json_object_array_add(tracing, link_json(&st->links[i]));
	put(out, "tracing", tracing);
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

	put_string(out, "kind", kinds[drift->kind]);
	put_string(out, "hook", drift->prog_id ? hook_name(drift->hook) : NULL);
	put_id(out, "program_id", drift->prog_id);
	put_string(out, "what", status_drift_text(st, drift, text, sizeof(text)));
	return out;
}

static struct json_object *orphan_json(const struct status_orphan *orphan)
{
	struct json_object *out = json_object_new_object();

	put_string(out, "kind", pin_kind_name(orphan->kind));
	put_string(out, "file", orphan->file);
	put_number(out, "id", orphan->id);
	put_string(out, "why", orphan->why);
	return out;
}

static void put_interface(struct json_object *out, const struct status *st)
{
	bool has_gen = st->has_view && st->view.has_record;
	char cookie[24];

	snprintf(cookie, sizeof(cookie), "%llu", (unsigned long long)st->iface.netns.cookie);
	put_string(out, "ifname", cli_json_name(st->iface.name));
	put_number(out, "ifindex", st->iface.ifindex);
	put_string(out, "netns", st->iface.netns.cookie ? cookie : NULL);
	put_bool(out, "gone", st->gone);
	put_string(out, "path", st->has_dir ? st->dir.path : NULL);
	put(out, "gen", has_gen ? json_object_new_uint64(st->view.record.gen) : NULL);
}

int status_print_json(const struct status *st, const struct status_scope *scope)
{
	struct json_object *out = json_object_new_object(), *links = json_object_new_array();
	struct json_object *drift = json_object_new_array(), *orphans = json_object_new_array();
	const char *text;

	put_string(out, "schema", SCHEMA);
	put_interface(out, st);
	put_bool(out, "complete",
	         !st->partly && !scope->no_ids && !scope->no_tcx && !scope->no_pins);
	put(out, "programs", progs_json(st));
	for (size_t i = 0; i < st->drift_len; i++)
		json_object_array_add(drift, drift_json(st, &st->drift[i]));
	put(out, "drift", drift);
	for (size_t i = 0; i < st->orphans_len; i++)
		json_object_array_add(orphans, orphan_json(&st->orphans[i]));
	put(out, "orphans", orphans);
	for (size_t i = 0; i < st->links_len; i++)
		json_object_array_add(links, link_json(&st->links[i]));
	put(out, "links", links);
	text = json_object_to_json_string_ext(out, JSON_C_TO_STRING_PLAIN |
	                                                   JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text)
		puts(text);
	json_object_put(out);
	return text ? 0 : failed(-ENOMEM, "cannot write the status of %s", st->iface.name);
}
