// SPDX-License-Identifier: GPL-2.0-or-later
/* What the user is told of an adoption, beside its report. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/identity.h"
#include "bpffs/log.h"
#include "bpffs/view.h"
#include "pinning/adopt_internal.h"
#include "pinning/gc_uses.h"

/* One pin of a directory on which nothing runs. uses: all programs, or NULL. */
static void tell_stale(const struct directory *dir, const struct view_map *pin,
                       const struct gc_uses *uses)
{
	const struct gc_prog *user = uses ? gc_uses_find(uses, pin->info.id) : NULL;
	const char *below = pin->egress ? DIRECTORY_EGRESS "/" : "";

	if (pin->old_id)
		return;
	if (user)
		note("%s/%s%s stays: program %u (%s), which is not on this interface, uses it",
		     dir->path, below, pin->name, user->id, *user->name ? user->name : "-");
	else
		note("%s/%s%s stays, and is stale: nothing uses it", dir->path, below, pin->name);
}

/* What is left of earlier programs stays, and is named. */
static void list_stale(const struct adoption *a)
{
	struct gc_uses uses = {};
	struct interface owner;
	struct directory dir;
	struct view view;
	bool scanned;

	if (directory_open(&dir, &a->fs, a->iface))
		return;
	if (dir.has_record && !record_same_interface(&dir.record, a->iface) &&
	    identity_lives(&dir, a->iface, &owner))
		note("%s belongs to interface %s (ifindex %u)", dir.path, owner.name,
		     owner.ifindex);
	else if (!view_open(&view, &dir, NULL, 0, BPF_F_RDONLY)) {
		scanned = view.len && !gc_uses_scan(&uses);
		for (size_t i = 0; i < view.len; i++)
			tell_stale(&dir, &view.maps[i], scanned ? &uses : NULL);
		gc_uses_free(&uses);
		view_close(&view);
	}
	directory_close(&dir);
}

int adopt_tell_nothing(const struct adoption *a)
{
	rejected(-ENOENT, "cannot find any BPF program on %s", a->iface->name);
	hint("load one first, say: ip link set dev %s xdpgeneric obj %s sec xdp",
	     cli_word(a->iface->name), cli_object("xdp_pass.o"));
	if (a->fs.fd >= 0)
		list_stale(a);
	return -ENOENT;
}

void adopt_tell_otherwise(const struct adoption *a)
{
	for (size_t i = 0; i < a->report->plan.len; i++) {
		const struct plan_map *map = &a->report->plan.maps[i];

		if (!*map->otherwise)
			continue;
		note("map %u is pinned as '%s', and %s has the name '%s' for it", map->info.id,
		     map->name, a->options->object, map->otherwise);
		hint("if that is its name: rm %s, and pin it again", cli_word(map->path));
	}
}

/* The map of the statistics that is published for that hook. */
static const struct plan_map *find_statistics(const struct plan *plan, enum hook hook)
{
	for (size_t i = 0; i < plan->len; i++)
		if (plan->maps[i].hook == hook && plan_publishes(&plan->maps[i]) &&
		    !strcmp(plan->maps[i].name, DIRECTORY_TC_STATS))
			return &plan->maps[i];
	return NULL;
}

void adopt_tell_one_for_both(const struct adoption *a)
{
	const struct plan *plan = &a->report->plan;
	const struct plan_map *ingress = find_statistics(plan, HOOK_TC_INGRESS);
	const struct plan_map *egress = find_statistics(plan, HOOK_TC_EGRESS);

	if (!ingress || !egress || ingress->info.id != egress->info.id)
		return;
	note("map '%s' of %s is that of %s as well: each shows what both count", egress->name,
	     hook_name(HOOK_TC_EGRESS), hook_name(HOOK_TC_INGRESS));
	hint("to count apart, put the program on egress anew after: eval \"$(%s --egress %s)\"",
	     cli_command("iproute2_env"), cli_word(a->iface->name));
}

void adopt_tell_behind(const struct adoption *a)
{
	for (size_t i = 0; i < a->report->plan.len; i++) {
		const struct plan_map *map = &a->report->plan.maps[i];
		const struct live_prog *user = live_user(&a->live, map->hook, map->info.id);

		if (map->state != PLAN_REFUSED || !*map->name || !user || !user->via_link)
			continue;
		note("program %s (id %u) behind the dispatcher has a map '%s' of its own: what it "
		     "counts, and what it decides by, is not seen here",
		     user->name, user->id, map->name);
		hint("to have one for all, take it off and put it there with the pinned one: "
		     "xdp-loader unload %s --id %u, then %s --join %s OBJECT",
		     cli_word(a->iface->name), user->id, cli_command("load"),
		     cli_word(a->iface->name));
		hint("or, with an object whose maps are pinned by name, such as %s: xdp-loader "
		     "load "
		     "-p %s %s OBJECT",
		     cli_object("pinned/xdp_pass.o"), cli_word(a->report->path),
		     cli_word(a->iface->name));
		return;
	}
}

void adopt_tell_out_of_force(const struct adoption *a)
{
	const struct plan *plan = &a->report->plan;
	char names[192] = "";
	size_t count = 0, len;

	for (size_t i = 0; !a->options->carry && i < plan->len; i++) {
		if (!plan->maps[i].lacks)
			continue;
		len = strlen(names);
		snprintf(names + len, sizeof(names) - len, "%s%s%.40s", count ? ", " : "",
		         plan->maps[i].egress ? DIRECTORY_EGRESS "/" : "",
		         cli_text(plan->maps[i].name));
		count++;
	}
	if (!count)
		return;
	note("rules or settings of what ran before %s out of force: those in %zu map%s which gave "
	     "way: %s",
	     a->options->dry_run ? "would be" : "are", count, count > 1 ? "s" : "", names);
	hint("bring them over: %s --carry %s", cli_command("pin_maps"),
	     cli_interface(a->iface->name));
}

void adopt_tell_parted(const struct adoption *a)
{
	const struct plan *plan = &a->report->plan;
	char words[1024] = "";
	bool any = false;

	for (size_t i = 0; !a->options->carry && i < plan->len; i++) {
		const struct plan_map *map = &plan->maps[i];
		size_t len = strlen(words);

		if (!map->apart_id)
			continue;
		note("map '%s' of %s is not that of the other hooks any more: what is in map %u, "
		     "which these go on with, is not in force there",
		     map->name, hook_name(map->hook), map->apart_id);
		any = true;
		/* Those for which there is no room are told when the others join. */
		if (snprintf(words + len, sizeof(words) - len, " --on-mismatch %s=migrate",
		             cli_word(map->name)) >= (int)(sizeof(words) - len))
			words[len] = '\0';
	}
	if (any && a->options->dry_run)
		hint("copy it there: %s --carry %s", cli_command("pin_maps"),
		     cli_interface(a->iface->name));
	else if (any)
		hint("have one for all of them again: %s --hook %s%s %s OBJECT",
		     cli_command("load"), hook_name(HOOK_TC_EGRESS), words,
		     cli_interface(a->iface->name));
}
