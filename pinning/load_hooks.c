// SPDX-License-Identifier: GPL-2.0-or-later
/* The hooks of an interface share maps by name, and are loaded onto one after the other. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "pinning/carry_done.h"
#include "pinning/load_internal.h"
#include "pinning/load_together.h"

/* Who has the name of a map that is refused, on another hook; or NULL. */
static const struct plan_map *find_holder(const struct loading *l, const struct plan_map *refused)
{
	const struct plan *plan = &l->report->plan;

	for (size_t i = 0; i < plan->len; i++) {
		const struct plan_map *map = &plan->maps[i];

		if (plan_publishes(map) && map->hook != refused->hook &&
		    map->egress == refused->egress && !strcmp(map->name, refused->name))
			return map;
	}
	return NULL;
}

int load_check_names(const struct loading *l)
{
	const struct load_report *report = l->report;

	for (size_t i = 0; i < report->plan.len; i++) {
		const struct plan_map *map = &report->plan.maps[i], *holder;

		/* Program arrays are made anew whatever was asked for. */
		if (map->state != PLAN_REFUSED || map->hook != l->object->hook ||
		    map->prog_id != report->prog_id || !*map->name ||
		    map->info.type == BPF_MAP_TYPE_PROG_ARRAY ||
		    mismatch_of(&l->options->mismatch, map->name) != MISMATCH_FRESH)
			continue;
		holder = find_holder(l, map);
		if (!holder)
			continue;
		rejected(-EEXIST, "cannot give program %s %s map '%s': it cannot be pinned",
		         report->prog_name, report->shares ? "the shared" : "a new", map->name);
		hint("%s", map->why);
		if (report->shares)
			hint("that hook goes first, with all that are to share: %s --shared "
			     "--on-mismatch fresh --hook %s %s ... OBJECT",
			     cli_command("load"), hook_name(holder->hook),
			     cli_word(l->iface->name));
		else
			hint("that hook goes first, and the others then have its new map: %s "
			     "--on-mismatch fresh --hook %s %s OBJECT",
			     cli_command("load"), hook_name(holder->hook),
			     cli_word(l->iface->name));
		return -EEXIST;
	}
	return 0;
}

void load_name_users(const void *context, __u32 map_id, char *text, size_t size)
{
	const struct loading *l = context;
	struct recalled lacks;
	struct live live;
	size_t len = 0;
	int err;

	*text = '\0';
	err = live_query(&live, &l->attached);
	if (err == -EPERM)
		err = live_recall(&live, &lacks, &l->attached, &l->attached, &l->dir);
	for (int hook = 0; !err && hook < HOOKS; hook++)
		if (hook != (int)l->object->hook && live_user(&live, hook, map_id))
			len += snprintf(text + len, size - len, "%s%s", len ? " and " : "",
			                hook_name(hook));
	if (!err)
		live_free(&live);
}

/* What hooks have of a map that begins anew on this one. */
struct parted {
	bool follows[HOOKS]; /* the old map, which lost its name */
	bool keeps[HOOKS];   /* the one with the flat name, and this is only in %egress/ */
	char maps[256];      /* options that join them again: " --on-mismatch deny=migrate" */
};

/* The map begins anew: who has another one under its name, which they share by name else. */
static void tell_parted(const struct loading *l, const struct plan_map *anew, struct parted *parted)
{
	const struct plan *plan = &l->report->plan;
	size_t len = strlen(parted->maps);
	bool kept = false;

	for (size_t i = 0; i < plan->len; i++) {
		const struct plan_map *map = &plan->maps[i];

		if (map->hook == anew->hook || map->info.id == anew->info.id ||
		    strcmp(map->name, anew->name) != 0)
			continue;
		note("map '%s': program %s (id %u) on %s goes on with another one, map %u",
		     anew->name, map->prog_name, map->prog_id, hook_name(map->hook), map->info.id);
		kept |= anew->egress;
		*(anew->egress ? &parted->keeps[map->hook] : &parted->follows[map->hook]) = true;
	}
	if (!kept)
		return;
	/* Those for which there is no room are told when the others join. */
	if (snprintf(parted->maps + len, sizeof(parted->maps) - len, " --on-mismatch %s=migrate",
	             cli_word(anew->name)) >= (int)(sizeof(parted->maps) - len))
		parted->maps[len] = '\0';
}

/* "load --on-mismatch migrate --hook xdp eth0 OBJECT, then " for each of them. */
static void hint_kept(const struct loading *l, const struct parted *parted)
{
	char hooks[64] = "", steps[1024] = "";
	size_t len = 0, at = 0;

	for (int hook = 0; hook < HOOKS; hook++) {
		if (!parted->keeps[hook])
			continue;
		len += snprintf(hooks + len, sizeof(hooks) - len, "%s%s", len ? " and " : "",
		                hook_name(hook));
		at += snprintf(steps + at, sizeof(steps) - at,
		               "%.200s --on-mismatch migrate --hook %s %.200s OBJECT, then ",
		               cli_command("load"), hook_name(hook), cli_word(l->iface->name));
	}
	if (!len)
		return;
	hint("what tools edit from now on is in force on %s, and not on %s; to have one map again: "
	     "%s%s%s --hook %s %s OBJECT",
	     hooks, hook_name(l->object->hook), steps, cli_command("load"), parted->maps,
	     hook_name(l->object->hook), cli_word(l->iface->name));
}

/* Statistics are of each hook; program arrays and streams hold nothing that they share. */
static bool begins_anew(const struct loading *l, const struct plan_map *map)
{
	return (map->state == PLAN_REPLACED || map->state == PLAN_PINNED) &&
	       map->hook == l->object->hook && map->prog_id == l->report->prog_id &&
	       mismatch_of(&l->options->mismatch, map->name) == MISMATCH_FRESH &&
	       strcmp(map->name, DIRECTORY_TC_STATS) != 0 &&
	       map->info.type != BPF_MAP_TYPE_PROG_ARRAY && !migrate_is_stream(map->info.type);
}

static void hint_follower(const struct loading *l, enum hook hook)
{
	struct load_session *session = l->options->session;
	char **list;

	/* One command does it for all, and names them. */
	list = session ? reallocarray(session->followers[hook], session->followers_len[hook] + 1,
	                              sizeof(*list))
	               : NULL;
	if (list) {
		session->followers[hook] = list;
		list[session->followers_len[hook]] = strdup(l->iface->name);
		session->followers_len[hook] += !!list[session->followers_len[hook]];
		return;
	}
	hint("what tools edit from now on is not in force on %s before it follows: %s "
	     "--on-mismatch migrate --hook %s %s OBJECT",
	     hook_name(hook), cli_command("load"), hook_name(hook), cli_word(l->iface->name));
}

/* "h1 h2", as words for a shell. */
static char *join_words(char *const *names, size_t count)
{
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? " " : "", cli_word(names[i]));
	fclose(out);
	return text;
}

void load_hint_followers(const struct load_session *session)
{
	for (int hook = 0; hook < HOOKS; hook++) {
		size_t count = session->followers_len[hook];
		char *words = count ? join_words(session->followers[hook], count) : NULL;

		if (words)
			hint("what tools edit from now on is not in force on %s before %s: %s%s "
			     "--on-mismatch migrate --hook %s %s OBJECT",
			     hook_name(hook), count > 1 ? "all of them follow" : "it follows",
			     cli_command("load"), count > 1 ? " --shared" : "", hook_name(hook),
			     words);
		free(words);
	}
}

/* The egress program has it alone, since the other hooks took what was in it along. */
static bool is_parted(const struct loading *l, const struct plan_map *map,
                      const struct carried *one)
{
	const struct record *rec = &l->dir.record;
	__u32 to;

	return map->egress && plan_publishes(map) && map->info.id != one->from_id &&
	       !strcmp(map->name, one->name) && l->dir.has_record &&
	       carry_parted_get(rec, map->info.id, &to) && to == one->from_id;
}

void load_tell_followers(const struct loading *l)
{
	const struct load_report *report = l->report;
	/* What comes into the maps that all get may be the map of another hook alone here. */
	const struct carry *carry = load_is_together(l) && l->options->session->carry
	                                    ? l->options->session->carry
	                                    : &report->carry;
	struct parted parted = {};

	for (size_t i = 0; i < report->plan.len; i++)
		if (begins_anew(l, &report->plan.maps[i]))
			tell_parted(l, &report->plan.maps[i], &parted);
	for (size_t c = 0; c < carry->len; c++)
		for (size_t i = 0; i < report->plan.len; i++) {
			const struct plan_map *map = &report->plan.maps[i];

			if (is_parted(l, map, carry->list[c])) {
				note("map '%s': program %s (id %u) on %s goes on with another one, "
				     "map %u",
				     map->name, map->prog_name, map->prog_id, hook_name(map->hook),
				     map->info.id);
				parted.follows[map->hook] = true;
			}
			/* What keeps the flat name is what tools edit. */
			if ((map->info.id == carry->list[c]->from_id ||
			     map->info.id == carry->list[c]->beside[map->hook]) &&
			    !(plan_publishes(map) && !map->egress))
				parted.follows[map->hook] = true;
		}
	for (int hook = 0; hook < HOOKS; hook++)
		if (parted.follows[hook] && hook != (int)l->object->hook)
			hint_follower(l, hook);
	hint_kept(l, &parted);
}
