// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/map_path.h"
#include "pinning/carry_done.h"
#include "pinning/doctor_orphans.h"
#include "pinning/left.h"
#include "pinning/status_pins.h"

/* Of a map that gave way to another one, what it still has decides. */
enum kind {
	KIND_NONE,    /* it is named already, as the stale pin of a map that is in use */
	KIND_VAIN,    /* nothing of it is missed */
	KIND_USED,    /* an attached program goes on with it */
	KIND_ENTRIES, /* of a list: they are out of force */
	KIND_COUNTS,
	KIND_CAME, /* a list that came over before, and has what is not in the one in place */
};

static bool is_stale(const struct status *st, __u32 map_id)
{
	for (size_t i = 0; i < st->maps_len; i++)
		if (st->maps[i].pin == PIN_STATE_STALE && st->maps[i].pinned_id == map_id)
			return true;
	return false;
}

/* What has its name now; where the egress program goes on with the flat one, that. -1: none. */
static int fd_in_place(const struct status *st, const struct view_map *old)
{
	int flat_fd = -1;

	for (size_t i = 0; i < st->view.len; i++) {
		const struct view_map *map = &st->view.maps[i];

		if (map->old_id || strcmp(map->name, old->name) != 0)
			continue;
		if (map->egress == old->egress)
			return map->fd;
		if (!map->egress)
			flat_fd = map->fd;
	}
	return flat_fd;
}

static const struct view_map *find_old(const struct status *st, const struct status_orphan *orphan)
{
	char path[MAP_PATH_SIZE];

	for (size_t i = 0; orphan->kind == PIN_MAP && i < st->view.len; i++) {
		view_map_path(&st->view.maps[i], path, sizeof(path));
		if (st->view.maps[i].old_id && !strcmp(path, orphan->file))
			return &st->view.maps[i];
	}
	return NULL;
}

static enum kind kind_of(const struct status *st, const struct status_orphan *orphan)
{
	const struct view_map *old = find_old(st, orphan);

	if (orphan->kind == PIN_MAP && is_stale(st, orphan->id))
		return KIND_NONE;
	if (!old)
		return KIND_VAIN;
	if (status_uses_map(&st->live, orphan->id))
		return KIND_USED;
	switch (left_content(old->fd, fd_in_place(st, old), old->name)) {
	case LEFT_NOTHING: return KIND_VAIN;
	case LEFT_ENTRIES:
		return carry_done_has(&st->view.record, orphan->id) ? KIND_CAME : KIND_ENTRIES;
	/* What cannot be read may hold something. */
	default: return KIND_COUNTS;
	}
}

/* count: of one kind, which are told together. */
static void tell_old(struct doctor *d, enum kind kind, size_t count)
{
	const char *s = count > 1 ? "s" : "";

	switch (kind) {
	case KIND_USED:
		found(d, DOCTOR_INFO,
		      "%zu map%s of attached programs gave way to another one of its name", count,
		      s);
		break;
	case KIND_ENTRIES:
		found(d, DOCTOR_WARNING,
		      "%zu map%s that gave way to another one hold%s rules or settings which are "
		      "out of force",
		      count, s, count > 1 ? "" : "s");
		break;
	case KIND_COUNTS:
		found(d, DOCTOR_INFO,
		      "%zu map%s that gave way to another one hold%s what nothing else has", count,
		      s, count > 1 ? "" : "s");
		break;
	default:
		found(d, DOCTOR_INFO,
		      "%zu map%s that came over before hold%s what is not in the one in place",
		      count, s, count > 1 ? "" : "s");
		break;
	}
}

/* What keeps the content comes first. has_content: of the old maps, some have any. */
static void advise_old(struct doctor *d, const struct status *st, enum kind kind, bool has_content)
{
	const char *ifname = cli_word(st->iface.name);

	if (kind == KIND_VAIN && !has_content)
		remedy(d, "%s --old", cli_command("gc"));
	else if (kind == KIND_USED)
		remedy(d, "%s --hook HOOK --on-mismatch migrate %s OBJECT: one map for all",
		       cli_command("load"), ifname);
	else if (kind == KIND_CAME)
		remedy(d, "%s --old, if nothing of that is needed: it is lost with them",
		       cli_command("gc"));
	else if (kind == KIND_VAIN)
		remedy(d, "%s --old, once what other maps of that kind hold is brought over",
		       cli_command("gc"));
	else if (!st->attached.len)
		remedy(d,
		       "%s %s OBJECT && %s --carry %s, to bring it over; %s --old gives it up for "
		       "good",
		       cli_command("load"), ifname, cli_command("pin_maps"), ifname,
		       cli_command("gc"));
	else
		remedy(d, "%s --carry %s, to bring it over; %s --old gives it up for good",
		       cli_command("pin_maps"), ifname, cli_command("gc"));
}

/* gc leaves what belongs to an interface that is there, but for what a replacement left. */
static void advise_other(struct doctor *d, const struct status *st,
                         const struct status_orphan *orphan)
{
	if (orphan->kind == PIN_LINK)
		remedy(d, "%s", cli_command("gc"));
	else if (orphan->kind == PIN_MAP)
		remedy(d, "%s --all --purge %s, if its content is of no use", cli_command("unload"),
		       cli_word(st->iface.name));
	else
		remedy(d, "%s --prepared --id %u %s, if it is not to be attached any more",
		       cli_command("unload"), orphan->id, cli_word(st->iface.name));
}

/* Maps of one object are left together, and one command is for them all. */
static bool is_like(const struct status_orphan *a, const struct status_orphan *b)
{
	return a->kind == PIN_MAP && b->kind == PIN_MAP && !strcmp(a->why, b->why) &&
	       !strstr(a->file, "%old-") == !strstr(b->file, "%old-");
}

/* How many are told with number `at`; 0: it is told with one before. */
static size_t count_like(const struct status *st, const enum kind *kinds, size_t at)
{
	size_t count = 0;

	for (size_t i = 0; i < st->orphans_len; i++) {
		if (kinds[i] != kinds[at] ||
		    (i != at && !is_like(&st->orphans[i], &st->orphans[at])))
			continue;
		if (i < at)
			return 0;
		count++;
	}
	return count;
}

static void judge(struct doctor *d, const struct status *st, const enum kind *kinds, size_t at,
                  bool has_content)
{
	const struct status_orphan *orphan = &st->orphans[at];
	size_t like = kinds[at] == KIND_NONE ? 0 : count_like(st, kinds, at);
	size_t len = strlen(orphan->why);

	if (!like)
		return;
	/* "no attached program uses it": of several, them. */
	if (len > 3 && !strcmp(orphan->why + len - 3, " it"))
		len -= 2;
	if (kinds[at] != KIND_VAIN)
		tell_old(d, kinds[at], like);
	else if (like > 1)
		found(d, DOCTOR_INFO, "%zu maps are pinned in vain: %.*s%s", like, (int)len,
		      orphan->why, orphan->why[len] ? "them" : "");
	else
		found(d, DOCTOR_INFO, "a %s is pinned in vain: %s", pin_kind_name(orphan->kind),
		      orphan->why);
	evidence(d, "%.300s/%s, id %u%s", st->dir.path, orphan->file, orphan->id,
	         like > 1 ? ", and others, which status lists" : "");
	if (find_old(st, orphan))
		advise_old(d, st, kinds[at], has_content);
	else
		advise_other(d, st, orphan);
}

void doctor_orphans(struct doctor *d, const struct status *st)
{
	enum kind *kinds = calloc(st->orphans_len + 1, sizeof(*kinds));
	bool has_content = false;

	if (!kinds) {
		d->no_memory = true;
		return;
	}
	for (size_t i = 0; i < st->orphans_len; i++) {
		kinds[i] = kind_of(st, &st->orphans[i]);
		has_content |= kinds[i] > KIND_USED;
	}
	for (size_t i = 0; i < st->orphans_len; i++)
		judge(d, st, kinds, i, has_content);
	free(kinds);
}
