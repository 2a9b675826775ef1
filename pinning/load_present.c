// SPDX-License-Identifier: GPL-2.0-or-later
/* Several interfaces with one set of maps: what each of them has pinned of it already. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/listing.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/load_shared.h"
#include "pinning/load_together.h"

static int add_left(struct load_present *p, size_t i, __u32 id, bool own)
{
	struct load_left *list = reallocarray(p->left, p->left_len + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	p->left = list;
	/* What several left behind one after the other comes over for all of them as well. */
	for (size_t n = 0; n < p->left_len; n++)
		p->together |= list[n].id == id && list[n].iface != i;
	list[p->left_len++] = (struct load_left){ .id = id, .iface = i, .own = own };
	return 0;
}

static bool is_carried(const struct object *object, const struct mismatches *how, const char *name)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object->obj)
		if (!strcmp(object_map_name(object, map), name))
			return mismatch_of(how, name) == MISMATCH_MIGRATE;
	return false;
}

/* Old maps beside those of the object's names; own: where an egress program has some of its own. */
static int look_beside(struct load_present *p, size_t i, int dir_fd, bool own,
                       const struct object *object, const struct mismatches *how)
{
	struct listing files;
	int err = listing_read(&files, dir_fd);

	for (size_t n = 0; !err && n < files.len; n++) {
		const char *file = files.list[n].name;
		char name[NAME_SIZE];
		__u32 old_id, id;

		if (!S_ISREG(files.list[n].type) ||
		    mapname_parse(file, name, sizeof(name), &old_id) ||
		    !is_carried(object, how, name))
			continue;
		if (old_id)
			err = add_left(p, i, old_id, false);
		else if (own && !pin_map_id(dir_fd, file, &id))
			err = add_left(p, i, id, true);
	}
	listing_free(&files);
	return err;
}

static int look_for_left(struct load_present *p, size_t i, const struct directory *dir,
                         const struct object *object, const struct mismatches *how)
{
	int err, fd;

	if (p->count == 1 || !mismatch_any(how, MISMATCH_MIGRATE))
		return 0;
	err = look_beside(p, i, dir->fd, false, object, how);
	fd = bpffs_open_dir(dir->fd, DIRECTORY_EGRESS, O_RDONLY);
	if (fd < 0)
		return err;
	err = err ? err : look_beside(p, i, fd, true, object, how);
	close(fd);
	return err;
}

/* Others are told by the load itself, and by its lock: this only looks. */
static int look_at(struct load_present *p, size_t i, const struct bpffs *fs,
                   const struct object *object, const struct load_options *options)
{
	struct netlink *netlink = &options->session->netlink;
	struct interface *iface = &p->ifaces[i];
	struct directory dir;
	struct bpf_map *map;
	size_t m = 0;
	int err;

	if (interface_by_name_over(iface, p->ifnames[i], netlink)) {
		memset(iface, 0, sizeof(*iface));
		return 0;
	}
	if (directory_open(&dir, fs, iface))
		return 0;
	/* What an interface that is gone has left, and what is about to be dropped. */
	if (options->fresh && dir.has_record && !record_same_interface(&dir.record, iface)) {
		directory_close(&dir);
		return 0;
	}
	bpf_object__for_each_map(map, object->obj) {
		*load_pinned_at(p, i, m) =
			reuse_find(object, map, &dir, i ? load_pinned_at(p, i - 1, m) : NULL);
		m++;
	}
	err = look_for_left(p, i, &dir, object, &options->mismatch);
	directory_close(&dir);
	return err ? failed(err, "cannot look for old maps of %s", iface->name) : 0;
}

static struct load_present *present_new(char **ifnames, struct interface *ifaces, size_t count,
                                        size_t maps)
{
	struct load_present *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	*p = (struct load_present){
		.ifnames = ifnames,
		.ifaces = ifaces,
		.count = count,
		.maps = maps,
		.all = calloc((count + 1) * maps + 1, sizeof(*p->all)),
	};
	if (p->all) {
		p->pinned = p->all + maps;
		return p;
	}
	free(p);
	return NULL;
}

void load_present_free(struct load_present *p)
{
	if (!p)
		return;
	free(p->left);
	free(p->all);
	free(p);
}

static int look_at_all(struct load_present *p, const struct bpffs *fs, const struct object *object,
                       const struct load_options *options)
{
	int err = 0;

	for (size_t i = 0; !err && i < p->count; i++)
		err = look_at(p, i, fs, object, options);
	return err ? err : load_choose_set(p, object, options);
}

static int look(struct load_present *p, const struct object *object,
                const struct load_options *options)
{
	struct known known = {};
	struct bpffs fs;
	int err = bpffs_open(&fs, BPFFS_READ);

	if (err)
		return err;
	memset(p->all, 0, ((p->count + 1) * p->maps + 1) * sizeof(*p->all));
	p->left_len = 0;
	p->together = false;
	fs.known = &known;
	err = look_at_all(p, &fs, object, options);
	known_forget(&known);
	bpffs_close(&fs);
	return err;
}

int load_share(char **ifnames, struct interface *ifaces, size_t count, const struct object *object,
               const struct load_options *options)
{
	struct load_session *session = options->session;
	struct load_present *p = present_new(ifnames, ifaces, count, object->maps_len);
	bool alone = count < 2 || options->dry_run;
	bool resume = !alone && mismatch_any(&options->mismatch, MISMATCH_MIGRATE);
	int err = 0;

	if (!p)
		return failed(-ENOMEM, "cannot look at %zu interfaces", count);
	/* What a killed run left is ended first: it may be half of this. */
	if (resume)
		err = load_resume_all(ifnames, count, session);
	if (!err)
		err = look(p, object, options);
	/* Content comes over that nobody asked for: nobody has looked as the one writer yet. */
	if (!err && p->together && !resume && !alone) {
		err = load_resume_all(ifnames, count, session);
		if (!err)
			err = look(p, object, options);
	}
	if (err) {
		load_present_free(p);
		return err;
	}
	session->together = p->together;
	session->present = p;
	return 0;
}

/* Where an interface is among them, or SIZE_MAX. */
static size_t place_of(const struct load_present *p, const struct interface *iface)
{
	for (size_t i = 0; p && i < p->count; i++)
		if (p->ifaces[i].ifindex == iface->ifindex)
			return i;
	return SIZE_MAX;
}

void load_note_refused(const struct loading *l)
{
	struct load_session *session = l->options->session;
	size_t i = session ? place_of(session->present, l->iface) : SIZE_MAX;

	if (i != SIZE_MAX)
		session->refused = &session->present->ifaces[i];
}

const struct interface *load_refused_alike(const struct loading *l)
{
	const struct load_session *session = l->options->session;
	const struct load_present *p = session ? session->present : NULL;
	size_t ours = p && session->refused ? place_of(p, l->iface) : SIZE_MAX, theirs;

	if (ours == SIZE_MAX)
		return NULL;
	theirs = place_of(p, session->refused);
	for (size_t m = 0; m < p->maps; m++)
		if (load_pinned_at(p, ours, m)->id != load_pinned_at(p, theirs, m)->id)
			return NULL;
	return session->refused;
}
