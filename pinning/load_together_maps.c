// SPDX-License-Identifier: GPL-2.0-or-later
/* Which maps are carried over for several interfaces at once, and where they are pinned. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/map_path.h"
#include "pinning/carry_done.h"
#include "pinning/layout.h"
#include "pinning/load_together.h"
#include "pinning/old_pin.h"
#include "pinning/writer.h"

int load_resume_all(char **ifnames, size_t count, struct load_session *session)
{
	bool resumed;
	int err = 0;

	if (!session->open)
		err = bpffs_open(&session->fs, BPFFS_WRITE);
	if (err)
		return err;
	session->open = true;
	session->fs.known = &session->known;
	for (size_t i = 0; i < count; i++) {
		struct interface iface;

		if (!interface_by_name_over(&iface, ifnames[i], &session->netlink))
			writer_begin(&session->fs, &iface, &resumed);
	}
	return bpffs_lock(&session->fs);
}

/* How the types of the old map compare, should this run not be allowed to read them. */
static int compare(const struct loading *l, const struct bpf_map *map, const struct directory *dir,
                   int fd, const struct bpf_map_info *info, enum layout_verdict *layout)
{
	struct shape_diffs diffs;
	int err = layout_compare(dir, l->object->obj, map, fd, info, &diffs);

	if (err)
		return failed(err, "cannot compare map '%s' with its pin in %s",
		              object_map_name(l->object, map), dir->path);
	*layout = diffs.layout;
	shape_diffs_free(&diffs);
	return 0;
}

static int join_map(struct loading *l, const struct bpf_map *map, const struct interface *iface,
                    __u32 old_id)
{
	const char *name = object_map_name(l->object, map);
	enum layout_verdict layout = LAYOUT_UNKNOWN;
	struct bpf_map_info info;
	struct directory dir;
	int fd, err;

	err = directory_open(&dir, &l->fs, iface);
	if (err)
		return failed(err, "cannot look at the maps of %s", iface->name);
	fd = reuse_open_pin(&dir, l->object->hook, name, &info);
	if (fd >= 0 && info.id != old_id) {
		close(fd);
		fd = -EAGAIN;
	}
	if (fd < 0) {
		failed(fd, "cannot open map '%s' of %s", name, iface->name);
	} else {
		err = compare(l, map, &dir, fd, &info, &layout);
		if (!err)
			err = carry_join(&l->report->carry, l->object, map, fd, layout,
			                 l->options->classes, true, NULL);
		if (err == -EOPNOTSUPP)
			hint("leave it beside the shared one: --on-mismatch %s=fresh",
			     cli_word(name));
		close(fd);
	}
	directory_close(&dir);
	return fd < 0 ? fd : err;
}

/* A list that came over once would get back what was deleted from it since. */
static bool came_before(const struct loading *l, const struct bpf_map *map,
                        const struct directory *dir, __u32 old_id)
{
	int class = carry_class(bpf_object__btf(l->object->obj), object_map_name(l->object, map),
	                        bpf_map__type(map), l->options->classes);
	struct bpf_map_info info;

	return class == MIGRATE_CONFIG && dir->has_record &&
	       !map_describe(bpf_map__fd(map), &info) &&
	       carry_done_into(&dir->record, old_id, info.id);
}

/* The program on its hook goes by it. An egress program that has it under its name goes on with it.
 */
static int bring_left(struct loading *l, const struct bpf_map *map, const struct directory *dir,
                      int fd, const struct bpf_map_info *info, bool own)
{
	struct carry *carry = &l->report->carry;
	const char *name = object_map_name(l->object, map);
	enum layout_verdict layout = LAYOUT_UNKNOWN;
	size_t len = carry->len;
	char why[256];
	int err = compare(l, map, dir, fd, info, &layout);

	if (err)
		return err;
	if (carry_check(l->object, map, fd, layout, l->options->classes, why, sizeof(why)) ==
	    -EOPNOTSUPP) {
		note("map '%s': what is in map %u of %s stays there: %s", name, info->id,
		     dir->ifname, why);
		return 0;
	}
	err = carry_join(carry, l->object, map, fd, layout, l->options->classes, true,
	                 came_before(l, map, dir, info->id) ? &dir->record : NULL);
	if (carry->len > len)
		carry->list[len]->shared = own;
	return err;
}

/* It has an old map of that name there, which the program on its hook uses. */
static int join_left(struct loading *l, const struct bpf_map *map, const struct interface *iface,
                     const struct load_left *left)
{
	const char *name = object_map_name(l->object, map);
	bool egress = l->object->hook == HOOK_TC_EGRESS;
	char path[MAP_PATH_SIZE];
	struct bpf_map_info info;
	struct directory dir;
	int fd, err;

	if (directory_open(&dir, &l->fs, iface))
		return 0;
	err = old_pin_find(dir.fd, name, egress, left->id, path, sizeof(path));
	fd = err ? err : pin_open_map(dir.fd, path, 0, &info);
	/* Of another name. */
	if (fd < 0 || info.id != left->id)
		err = 0;
	else
		err = bring_left(l, map, &dir, fd, &info, left->own);
	if (fd >= 0)
		close(fd);
	directory_close(&dir);
	return err;
}

/* Silent: what cannot be told stays where it is. */
static bool runs_with(const struct interface *iface, enum hook hook, struct netlink *netlink,
                      __u32 map_id)
{
	struct attachments all;
	bool found = false;

	if (attachments_query_over(&all, iface, netlink))
		return false;
	for (size_t i = 0; !found && i < all.len; i++) {
		const struct attachments one = { .list = &all.list[i], .len = 1 };
		struct live live;

		if (all.list[i].hook != hook)
			continue;
		if (!live_query(&live, &one))
			found = live_map_fd(&live, map_id) >= 0;
		live_free(&live);
	}
	attachments_free(&all);
	return found;
}

bool load_follows_with(const struct load_present *p, const struct load_left *left, enum hook hook,
                       struct netlink *netlink)
{
	/* One of the egress program is what it has in the place. */
	return left->iface && !(left->own && hook == HOOK_TC_EGRESS) &&
	       runs_with(&p->ifaces[left->iface], hook, netlink, left->id);
}

/* The object has it already. It need not be what the first has in the place: an egress program may
 * go on with the map of the other hooks. */
static bool is_taken(const struct bpf_map *map, __u32 map_id)
{
	struct bpf_map_info info;

	return !map_describe(bpf_map__fd(map), &info) && info.id == map_id;
}

/* What others than the first one left behind with a hook that now follows. */
static int join_left_of_others(struct loading *l, const struct load_present *p)
{
	const struct bpf_map *map;
	int err = 0;

	for (size_t n = 0; !err && n < p->left_len; n++) {
		const struct load_left *left = &p->left[n];
		const struct interface *iface = &p->ifaces[left->iface];

		if (!load_follows_with(p, left, l->object->hook, l->netlink))
			continue;
		bpf_object__for_each_map(map, l->object->obj) {
			if (!err && !is_taken(map, left->id) &&
			    !carry_brings(&l->report->carry, map, left->id) &&
			    mismatch_of(&l->options->mismatch, object_map_name(l->object, map)) ==
			            MISMATCH_MIGRATE)
				err = join_left(l, map, iface, left);
		}
	}
	return err;
}

/* An interface has another map there than the first, and than those before it. */
static bool is_another(const struct load_present *p, size_t iface, size_t m)
{
	const struct reuse_pinned *pinned = load_pinned_at(p, iface, m);

	for (size_t i = 0; i < iface; i++)
		if (load_pinned_at(p, i, m)->id == pinned->id)
			return false;
	return pinned->id && !pinned->stream;
}

/* Into the one that fits, which the first has, comes what is in the others. */
static int join_others(struct loading *l, const struct bpf_map *map, size_t m)
{
	const struct load_present *p = l->options->session->present;
	const struct reuse_pinned *ours = load_pinned_at(p, 0, m);
	int err = 0;

	if (!ours->id || ours->differs)
		return 0;
	for (size_t i = 1; !err && i < p->count; i++)
		if (is_another(p, i, m) && !is_taken(map, load_pinned_at(p, i, m)->id) &&
		    !carry_brings(&l->report->carry, map, load_pinned_at(p, i, m)->id))
			err = join_map(l, map, &p->ifaces[i], load_pinned_at(p, i, m)->id);
	return err;
}

int load_join_others(struct loading *l)
{
	struct load_session *session = l->options->session;
	const struct bpf_map *map;
	size_t m = 0;
	int err = 0;

	bpf_object__for_each_map(map, l->object->obj) {
		const char *name = object_map_name(l->object, map);

		if (!err && mismatch_of(&l->options->mismatch, name) == MISMATCH_MIGRATE)
			err = join_others(l, map, m);
		m++;
	}
	if (!err)
		err = join_left_of_others(l, session->present);
	session->carry = &l->report->carry;
	return err;
}

void load_forget_members(const struct loading *l, struct owners *owners)
{
	const struct load_present *p = l->options->session->present;
	struct directory dir;

	for (size_t i = 0; i < p->count; i++) {
		if (!p->ifaces[i].ifindex || directory_open(&dir, &l->fs, &p->ifaces[i]))
			continue;
		owners_forget(owners, dir.relative);
		directory_close(&dir);
	}
}

/* It has given way here before, and is beside the one in place. */
static bool is_beside(const struct loading *l, const struct carried *one)
{
	char path[MAP_PATH_SIZE];

	return !old_pin_find(l->dir.fd, one->name, one->egress, one->from_id, path, sizeof(path));
}

static bool is_in_place(const struct loading *l, const struct carried *one)
{
	struct bpf_map_info info;
	int fd = reuse_open_pin(&l->dir, l->object->hook, one->name, &info);

	if (fd < 0)
		return false;
	close(fd);
	return info.id == one->from_id;
}

int load_share_carry(struct loading *l)
{
	const struct carry *carry = l->options->session->carry;

	for (size_t i = 0; carry && l->dir.fd >= 0 && i < carry->len; i++) {
		struct carried *one = carry->list[i];
		bool in_place = is_in_place(l, one);
		struct carried *copy;

		if (!in_place && !is_beside(l, one))
			continue;
		copy = carry_add(&l->report->carry, one->name, one->class);
		if (!copy)
			return failed(-ENOMEM, "cannot carry map '%s' over", one->name);
		copy->lender = one;
		copy->m = one->m;
		copy->map = one->map;
		copy->from.info = one->from.info;
		copy->from_id = one->from_id;
		copy->to_id = one->to_id;
		copy->joins = one->joins;
		copy->left_before = !in_place;
		copy->done = one->done;
		copy->came_known = one->came_known;
		copy->came = one->came;
		copy->apart = one->apart;
		copy->left_elsewhere = one->left_elsewhere;
		copy->typed = one->typed;
		copy->guessed = one->guessed;
		memcpy(copy->sharers, one->sharers, sizeof(copy->sharers));
	}
	return 0;
}
