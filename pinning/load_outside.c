// SPDX-License-Identifier: GPL-2.0-or-later
/* Pins of others that hold the old map of one that was replaced. */
#include <stdio.h>
#include <stdlib.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "pinning/elsewhere.h"
#include "pinning/load_internal.h"
#include "pinning/load_print.h"

/* Several interfaces had the same one, and one command is enough. Without memory it is said again.
 */
static bool is_again(const struct loading *l, __u32 map_id)
{
	struct load_session *session = l->options->session;
	__u32 *list;

	for (size_t i = 0; session && i < session->outside_len; i++)
		if (session->outside[i] == map_id)
			return true;
	list = session ? reallocarray(session->outside, session->outside_len + 1, sizeof(*list))
	               : NULL;
	if (list) {
		list[session->outside_len++] = map_id;
		session->outside = list;
	}
	return false;
}

/*
 * Programs that go on with the old map, and whoever reads it by that pin, would lose each other.
 * False as well, with who "", where that cannot be told.
 */
static bool is_free(const struct loading *l, __u32 map_id, char who[ELSEWHERE_WHO_SIZE])
{
	struct elsewhere all;
	bool free;

	*who = '\0';
	if (live_map_fd(&l->live, map_id) >= 0) {
		snprintf(who, ELSEWHERE_WHO_SIZE, "another program on %s", l->iface->name);
		return false;
	}
	free = !elsewhere_look(&all, l->iface) && !elsewhere_uses(&all, map_id, who);
	elsewhere_free(&all);
	return free;
}

static void tell_pins(const struct loading *l, const struct plan_map *map, enum owner_kind owner)
{
	const char *first = owners_path(&l->owners, owner, PIN_MAP, map->old_id);
	bool dry_run = l->options->dry_run;
	char paths[PATH_MAX], who[ELSEWHERE_WHO_SIZE];
	unsigned int count;

	count = owners_name_paths(&l->owners, owner, PIN_MAP, map->old_id, paths, sizeof(paths));
	if (!count)
		return;
	note("map '%s': the old one (id %u) %s pinned at %s as well: what is written there %s "
	     "program %s",
	     map->name, map->old_id, dry_run ? "is" : "stays", paths,
	     dry_run ? "would not reach" : "does not reach", l->report->prog_name);
	if (dry_run)
		return;
	if (is_free(l, map->old_id, who))
		hint("have %s hold the new one: rm %s && bpftool map pin pinned %s %s",
		     count > 1 ? "each" : "it", cli_word(first), cli_word(map->path),
		     cli_word(first));
	else if (*who)
		note("map '%s': %s goes on with the old one", map->name, who);
}

void load_tell_outside(const struct loading *l)
{
	const struct plan *plan = &l->report->plan;

	for (size_t i = 0; i < plan->len; i++) {
		const struct plan_map *map = &plan->maps[i];

		if (map->state != PLAN_REPLACED || !map->old_id || !load_is_own(l->report, map) ||
		    is_again(l, map->old_id))
			continue;
		tell_pins(l, map, OWNER_OTHER);
		tell_pins(l, map, OWNER_IPROUTE2);
	}
}
