// SPDX-License-Identifier: GPL-2.0-or-later
/* Several interfaces with sets of maps of their own: which of these all get, and who goes first. */
#include <errno.h>
#include <string.h>
#include "bpffs/log.h"
#include "pinning/load_together.h"

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

int load_choose_set(struct load_present *p, const struct object *object,
                    const struct load_options *options)
{
	size_t first = choose_first(p), m = 0;
	struct bpf_map *map;
	int err = 0;

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
