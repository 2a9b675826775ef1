// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs that are only pinned, for others to attach, and were loaded with the old maps. */
#include <stdio.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/live.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "bpffs/progs.h"
#include "pinning/carry.h"
#include "pinning/notes.h"

static bool has(const __u32 *maps, __u32 len, __u32 map_id)
{
	for (__u32 i = 0; i < len; i++)
		if (maps[i] == map_id)
			return true;
	return false;
}

static bool is_noted(const struct carry_place *at, enum hook hook, __u32 prog_id)
{
	const struct record *rec = &at->dir->record;

	return notes_get_prepared(rec, hook) == prog_id || notes_has_wanted(rec, hook, prog_id);
}

/* Taken off by others, a program leaves its pin on the hook; the one that comes follows it there.
 */
static bool is_prepared(const struct carry_place *at, enum hook hook, __u32 prog_id)
{
	if (at->hook == HOOKS)
		return is_noted(at, hook, prog_id) && !live_has_prog(at->live, HOOKS, prog_id);
	return hook != at->hook || is_noted(at, hook, prog_id);
}

/* Counters are not copied: what they have comes over, or is with those that share them. */
static void tell_left(const struct carried *one, const struct bpf_prog_info *info, enum hook hook,
                      const struct carry_place *at)
{
	const char *prog = *info->name ? info->name : "-";
	/* Or it was on the hook, and others put another one there. */
	const char *how = is_noted(at, hook, info->id) ? "prepared" : "pinned";

	if (one->apart)
		note("map '%s': program %s (id %u), %s for %s, has the one of %s as well, "
		     "and counts in it",
		     one->name, prog, info->id, how, hook_name(hook), one->sharers);
	else
		note("map '%s': program %s (id %u), %s for %s, has the old one, which stays "
		     "for it%s",
		     one->name, prog, info->id, how, hook_name(hook),
		     one->class == MIGRATE_COUNTER ? ", and counts there"
		     : one->joins                  ? ": edits of it are not in the one in place"
		                                   : ": the new one is a copy");
}

/* Nobody can put it on with a map that is closed to edits, and that no tool finds any more. */
static void leave_to(struct carry *carry, int prog_fd, enum hook hook, const struct carry_place *at)
{
	struct bpf_prog_info info = {};
	__u32 maps[PROG_MAPS];
	bool left = false;

	if (pin_kind_of(prog_fd) != PIN_PROG || prog_describe(prog_fd, &info, maps) ||
	    !is_prepared(at, hook, info.id))
		return;
	for (size_t i = 0; i < carry->len; i++) {
		struct carried *one = carry->list[i];

		if (!one->placed || one->shared || !has(maps, info.nr_map_ids, one->from_id))
			continue;
		one->shared = left = true;
		tell_left(one, &info, hook, at);
		if (at->stage_fd >= 0)
			carry_note_shared(one, at->stage_fd);
	}
	if (left && at->hook == HOOKS)
		hint("prepare it anew, and it gets those in place: %s --no-attach %s OBJECT; "
		     "%s --carry %s then brings over the rest",
		     cli_command("load"), cli_interface(at->iface->name), cli_command("pin_maps"),
		     cli_interface(at->iface->name));
}

static void look_at_hook(struct carry *carry, const struct carry_place *at, enum hook hook)
{
	char top[NAME_SIZE], path[NAME_SIZE * 2];
	struct listing progs;
	int dir_fd, fd;

	dir_fd = progs_open(at->dir, hook, top, &progs);
	if (dir_fd < 0)
		return;
	for (size_t i = 0; i < progs.len; i++) {
		snprintf(path, sizeof(path), "%s/%s", top, progs.list[i].name);
		/* The one that was replaced. */
		if (stage_takes(at->stage_fd, path))
			continue;
		fd = pin_open(dir_fd, progs.list[i].name, 0);
		if (fd < 0)
			continue;
		leave_to(carry, fd, hook, at);
		close(fd);
	}
	listing_free(&progs);
	close(dir_fd);
}

void carry_look_at_prepared(struct carry *carry, const struct carry_place *at)
{
	for (int hook = 0; hook < HOOKS; hook++)
		look_at_hook(carry, at, hook);
}
