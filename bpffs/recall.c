// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/live_internal.h"
#include "bpffs/log.h"
#include "bpffs/map_path.h"
#include "bpffs/pin.h"
#include "bpffs/progs.h"
#include "bpffs/recall.h"
#include "bpffs/view.h"

/* One look: what is asked about, and what the directory has. */
struct recall {
	struct live *live;
	struct recalled *lacks;
	const struct directory *dir;
	struct view pinned;
	enum hook hook;
	size_t first_unseen; /* the first program of the hook that could not be opened */
};

/* The kernel kept 15 characters of the name, by which other pins of the same map are told. */
static bool is_named(const struct view_map *pin)
{
	size_t len = strlen(pin->info.name);

	return !strncmp(pin->name, pin->info.name, len) &&
	       (len == sizeof(pin->info.name) - 1 || !pin->name[len]);
}

/* Its pin: that by which it is in place, before what a replacement left of it. */
static const struct view_map *find_pin(const struct view *pinned, __u32 map_id)
{
	const struct view_map *found = NULL;

	for (size_t i = 0; i < pinned->len; i++) {
		const struct view_map *pin = &pinned->maps[i];

		if (pin->info.id != map_id)
			continue;
		if (!found ||
		    (is_named(pin) && (!is_named(found) || (found->old_id && !pin->old_id))))
			found = pin;
	}
	return found;
}

static int recall_map(struct recall *r, size_t prog, __u32 map_id)
{
	struct live_map map = { .hook = r->hook, .prog = prog };
	const struct view_map *pin;
	char path[MAP_PATH_SIZE];
	int err;

	if (live_has_map(r->live, r->hook, map_id))
		return 0;
	pin = find_pin(&r->pinned, map_id);
	if (!pin) {
		r->lacks->maps++;
		return 0;
	}
	view_map_path(pin, path, sizeof(path));
	map.fd = pin_open_map(r->dir->fd, path, 0, &map.info);
	/* The pin is for readers, and so is what is asked. */
	if (map.fd == -EACCES)
		map.fd = pin_open_map(r->dir->fd, path, BPF_F_RDONLY, &map.info);
	if (map.fd < 0)
		return failed(map.fd, "cannot open %s in %s", path, r->dir->path);
	/* Under another name nobody finds it by that of the pin. */
	if (is_named(pin) || strlen(map.info.name) == sizeof(map.info.name) - 1)
		strcpy(map.name, pin->name);
	else
		strcpy(map.name, map.info.name);
	err = live_put_map(r->live, &map, r->live->maps_len);
	if (!err)
		err = live_put_held(r->live, r->hook, &map);
	return err ? failed(err, "cannot look at %s in %s", path, r->dir->path) : 0;
}

/* Open the program by its pin. Returns a descriptor or a negative errno: -ENOENT, it has none. */
static int open_prog(const struct recall *r, __u32 prog_id)
{
	char path[NAME_SIZE];
	struct listing progs;
	int dir_fd, fd = -ENOENT;
	__u32 id;

	dir_fd = progs_open(r->dir, r->hook, path, &progs);
	if (dir_fd < 0) {
		listing_free(&progs);
		return dir_fd;
	}
	for (size_t i = 0; fd < 0 && i < progs.len; i++)
		if (!pin_prog_id(dir_fd, progs.list[i].name, &id) && id == prog_id)
			fd = pin_open(dir_fd, progs.list[i].name, 0);
	listing_free(&progs);
	close(dir_fd);
	return fd;
}

static int recall_prog(struct recall *r, size_t prog)
{
	__u32 maps[PROG_MAPS], id = r->live->progs[prog].id;
	struct bpf_prog_info info;
	int fd, err;

	fd = open_prog(r, id);
	if (fd < 0) {
		strcpy(r->live->progs[prog].name, "-");
		r->lacks->progs = true;
		if (r->first_unseen > prog)
			r->first_unseen = prog;
		return 0;
	}
	err = prog_describe(fd, &info, maps);
	close(fd);
	if (err)
		return failed(err, "cannot query program %u", id);
	memcpy(r->live->progs[prog].name, info.name, sizeof(info.name));
	r->live->progs[prog].btf_id = info.btf_id;
	for (__u32 i = 0; !err && i < info.nr_map_ids; i++)
		err = recall_map(r, prog, maps[i]);
	return err;
}

/* The record is of all programs of the hook: those that are not asked about had some of the maps.
 */
static bool is_whole(const struct recall *r, const struct attachments *attached,
                     const struct attachments *all)
{
	const struct record *rec = &r->dir->record;

	if (!r->dir->has_record || rec->hooks[r->hook].cut)
		return false;
	for (size_t i = 0; i < all->len; i++)
		if (all->list[i].hook == r->hook &&
		    record_has_prog(rec, r->hook, all->list[i].prog_id) &&
		    !attachments_has(attached, r->hook, all->list[i].prog_id))
			return false;
	for (size_t i = 0; i < attached->len; i++)
		if (attached->list[i].hook == r->hook &&
		    record_has_prog(rec, r->hook, attached->list[i].prog_id))
			return true;
	return false;
}

static int recall_hook(struct recall *r, const struct attachments *attached,
                       const struct attachments *all)
{
	const struct record_hook *published = &r->dir->record.hooks[r->hook];
	size_t done = r->live->progs_len;
	int err = 0;

	r->first_unseen = (size_t)-1;
	for (size_t i = 0; !err && i < attached->len; i++)
		if (attached->list[i].hook == r->hook)
			err = live_put_prog(r->live, r->hook, attached->list[i].prog_id, 0, 0);
	if (err)
		return failed(err, "cannot list the programs on %s", r->dir->ifname);
	/* The list grows while the maps of its programs turn up others. */
	for (; !err && done < r->live->progs_len; done++)
		err = recall_prog(r, done);
	if (err || r->first_unseen >= r->live->progs_len || !is_whole(r, attached, all))
		return err;
	for (unsigned int i = 0; !err && i < published->maps_len; i++)
		err = recall_map(r, r->first_unseen, published->maps[i]);
	return err;
}

int live_recall(struct live *live, struct recalled *lacks, const struct attachments *attached,
                const struct attachments *all, const struct directory *dir)
{
	struct recall r = { .live = live, .lacks = lacks, .dir = dir };
	int err;

	memset(live, 0, sizeof(*live));
	*lacks = (struct recalled){};
	if (!directory_has_pins(dir)) {
		lacks->progs = attached->len > 0;
		return 0;
	}
	err = view_list(&r.pinned, dir);
	for (int hook = 0; !err && hook < HOOKS; hook++) {
		r.hook = hook;
		err = recall_hook(&r, attached, all);
	}
	view_close(&r.pinned);
	if (err)
		live_free(live);
	return err;
}
