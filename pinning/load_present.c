// SPDX-License-Identifier: GPL-2.0-or-later
/* Several interfaces with one set of maps: which of them has it already, and who goes first. */
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

/* How much of the set an interface has; what fits the object counts more. */
static size_t weight_of(const struct load_present *p, size_t i)
{
	size_t n = 0;

	for (size_t m = 0; m < p->maps; m++) {
		const struct reuse_pinned *pinned = load_pinned_at(p, i, m);

		n += !pinned->id ? 0 : pinned->differs ? 1 : 2;
	}
	return n;
}

/* Whoever has the most of the set goes first, and the others get what that one has. */
static size_t choose_first(const struct load_present *p)
{
	size_t first = 0;

	for (size_t i = 1; i < p->count; i++)
		if (weight_of(p, i) > weight_of(p, first))
			first = i;
	return first;
}

/* What can be done depends on what the first has: all get that. */
static void hint_two_sets(const struct load_present *p, const struct reuse_pinned *ours, size_t a)
{
	if (!ours->id)
		hint("let %s have one first, by a load for it alone; then add what the others "
		     "have: "
		     "--on-mismatch migrate",
		     p->ifnames[a]);
	else if (ours->differs)
		hint("neither is what the object defines: first load it with --on-mismatch migrate "
		     "onto %s and those that share its maps, and then, in the same way, onto all",
		     p->ifnames[a]);
	else
		hint("add what the others have to what %s has: --on-mismatch migrate",
		     p->ifnames[a]);
	hint("or leave what the others have beside it, of a list out of force: --on-mismatch "
	     "fresh");
}

static int refuse_two_sets(const struct load_present *p, size_t m, const char *map, size_t a,
                           size_t b)
{
	const struct reuse_pinned *ours = load_pinned_at(p, a, m);
	__u32 other = load_pinned_at(p, b, m)->id;

	if (ours->id)
		rejected(-EEXIST,
		         "cannot share map '%s': %s has map %u under that name, and %s map %u", map,
		         p->ifnames[a], ours->id, p->ifnames[b], other);
	else
		rejected(-EEXIST,
		         "cannot share map '%s': %s has map %u under that name, and %s, which has "
		         "more of the others, none",
		         map, p->ifnames[b], other, p->ifnames[a]);
	hint_two_sets(p, ours, a);
	return -EEXIST;
}

/* What others have comes into the one that fits and that the first interface has. */
static bool is_joined(const struct reuse_pinned *first)
{
	return first->id && !first->differs;
}

/* Its content goes into a new one: of what is bound to other programs also if nobody asks for it.
 */
static bool comes_over(const struct reuse_pinned *ours, enum mismatch mismatch)
{
	return !ours->stream && (mismatch == MISMATCH_MIGRATE ? ours->differs : ours->bound);
}

/* One map of the object, against what the first interface has. */
static int check_map(struct load_present *p, size_t m, const char *name, size_t first,
                     const struct mismatches *how)
{
	enum mismatch mismatch = mismatch_of(how, name);
	const struct reuse_pinned *ours = load_pinned_at(p, first, m);

	if (mismatch == MISMATCH_FRESH)
		return 0;
	for (size_t i = 0; i < p->count; i++) {
		const struct reuse_pinned *other = load_pinned_at(p, i, m);

		if (i == first || !other->id)
			continue;
		if (other->id == ours->id) {
			p->together |= comes_over(ours, mismatch);
			continue;
		}
		/* There is nothing in it to be brought: see tell_streams(). */
		if (mismatch == MISMATCH_MIGRATE && other->stream)
			continue;
		if (mismatch != MISMATCH_MIGRATE || !is_joined(ours))
			return refuse_two_sets(p, m, name, first, i);
		p->together = true;
	}
	return 0;
}

/* The others keep their order. */
static void put_first(struct load_present *p, size_t first)
{
	size_t row = p->maps * sizeof(*p->pinned);
	struct interface iface = p->ifaces[first];
	char *ifname = p->ifnames[first];

	memmove(p->ifnames + 1, p->ifnames, first * sizeof(*p->ifnames));
	memmove(p->ifaces + 1, p->ifaces, first * sizeof(*p->ifaces));
	p->ifnames[0] = ifname;
	p->ifaces[0] = iface;
	/* The row before all others is there for this. */
	memcpy(p->pinned - p->maps, load_pinned_at(p, first, 0), row);
	memmove(p->pinned, p->pinned - p->maps, (first + 1) * row);
	for (size_t n = 0; n < p->left_len; n++) {
		if (p->left[n].iface == first)
			p->left[n].iface = 0;
		else if (p->left[n].iface < first)
			p->left[n].iface++;
	}
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

/* Of the one that the first has, its own load says it. */
static void tell_streams(const struct load_present *p, const struct object *object)
{
	struct bpf_map *map;
	size_t m = 0;

	bpf_object__for_each_map(map, object->obj) {
		for (size_t i = 1; i < p->count; i++) {
			const struct reuse_pinned *other = load_pinned_at(p, i, m);

			if (other->stream && other->id != load_pinned_at(p, 0, m)->id)
				note("map '%s' of %s (id %u) holds no state: the shared one takes "
				     "its place, and its readers have to open that",
				     object_map_name(object, map), p->ifnames[i], other->id);
		}
		m++;
	}
}

static int look_at_all(struct load_present *p, const struct bpffs *fs, const struct object *object,
                       const struct load_options *options)
{
	struct bpf_map *map;
	size_t first, m = 0;
	int err = 0;

	for (size_t i = 0; !err && i < p->count; i++)
		err = look_at(p, i, fs, object, options);
	first = choose_first(p);
	bpf_object__for_each_map(map, object->obj) {
		if (!err)
			err = check_map(p, m, object_map_name(object, map), first,
			                &options->mismatch);
		m++;
	}
	if (err)
		return err;
	put_first(p, first);
	for (size_t n = 0; !p->together && n < p->left_len; n++)
		p->together =
			load_follows_with(p, &p->left[n], object->hook, &options->session->netlink);
	tell_streams(p, object);
	return 0;
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
