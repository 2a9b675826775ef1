// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "pinning/migrate_member.h"
#include "pinning/shape.h"

struct comparison {
	const struct btf *object, *pinned;
	struct shape_diffs *diffs;
};

__u32 shape_strip(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type) || btf_is_type_tag(type))) {
		id = type->type;
		type = btf__type_by_id(btf, id);
	}
	return id;
}

/* One of them may be NULL: there is none. */
static int differ(const struct comparison *c, const char *field, const struct member *object,
                  const struct member *pinned)
{
	char a[64] = "-", b[64] = "-";

	if (object)
		member_describe(c->object, object, a);
	if (pinned)
		member_describe(c->pinned, pinned, b);
	return shape_diffs_add(c->diffs, field, a, b);
}

static int compare(const struct comparison *c, const struct member *object,
                   const struct member *pinned, const char *field, int depth);

static const char *name_of(const struct btf *btf, const struct btf_type *type, int i)
{
	return btf__name_by_offset(btf, btf_members(type)[i].name_off);
}

/* The number of the member of that name, or -1. */
static int find_member(const struct btf *btf, const struct btf_type *type, const char *name)
{
	for (int i = 0; i < btf_vlen(type); i++)
		if (!strcmp(name_of(btf, type, i), name))
			return i;
	return -1;
}

/* The i-th member of a struct, at its place in the whole key or value. */
static struct member member_at(const struct member *of, const struct btf_type *type, int i)
{
	return (struct member){
		.type = btf_members(type)[i].type,
		.bit = of->bit + btf_member_bit_offset(type, i),
		.bitfield = btf_member_bitfield_size(type, i),
		.parent = of->type,
		.index = i,
	};
}

/* A struct or union, and its type. */
struct composite {
	const struct member *place;
	const struct btf_type *type;
};

/* One member of the object's struct against the one of the same name. */
static int compare_member(const struct comparison *c, const struct composite *object, int i,
                          const struct composite *pinned, const char *field, int depth)
{
	struct member ours = member_at(object->place, object->type, i), theirs;
	const char *name = name_of(c->object, object->type, i);
	int j = find_member(c->pinned, pinned->type, name), err = 0;
	char row[64], a[64], b[64];

	snprintf(row, sizeof(row), "%.30s.%.30s", field, *name ? name : "(no name)");
	if (j < 0)
		return differ(c, row, &ours, NULL);
	theirs = member_at(pinned->place, pinned->type, j);
	/* What moved with the struct around it is said of that alone. */
	if (ours.bit - object->place->bit != theirs.bit - pinned->place->bit) {
		snprintf(a, sizeof(a), "at byte %u", ours.bit / 8);
		snprintf(b, sizeof(b), "at byte %u", theirs.bit / 8);
		err = shape_diffs_add(c->diffs, row, a, b);
	}
	return err ? err : compare(c, &ours, &theirs, row, depth + 1);
}

static int compare_composite(const struct comparison *c, const struct composite *object,
                             const struct composite *pinned, const char *field, int depth)
{
	char row[64];
	int err = 0;

	for (int i = 0; !err && i < btf_vlen(object->type); i++)
		err = compare_member(c, object, i, pinned, field, depth);
	for (int i = 0; !err && i < btf_vlen(pinned->type); i++) {
		struct member theirs = member_at(pinned->place, pinned->type, i);
		const char *name = name_of(c->pinned, pinned->type, i);

		if (find_member(c->object, object->type, name) >= 0)
			continue;
		snprintf(row, sizeof(row), "%.30s.%.30s", field, name);
		err = differ(c, row, NULL, &theirs);
	}
	return err;
}

static int compare(const struct comparison *c, const struct member *object,
                   const struct member *pinned, const char *field, int depth)
{
	const struct btf_type *a = member_type(c->object, object);
	const struct btf_type *b = member_type(c->pinned, pinned);
	struct member one = *object, other = *pinned;
	char ours[64], theirs[64];

	if (depth > SHAPE_DEPTH_MAX || (!a && !b))
		return 0;
	if (!a || !b || btf_kind(a) != btf_kind(b))
		return differ(c, field, object, pinned);
	if (btf_is_composite(a))
		return compare_composite(c, &(struct composite){ object, a },
		                         &(struct composite){ pinned, b }, field, depth);
	if (btf_is_array(a)) {
		if (btf_array(a)->nelems != btf_array(b)->nelems)
			return differ(c, field, object, pinned);
		one.type = btf_array(a)->type;
		other.type = btf_array(b)->type;
		return compare(c, &one, &other, field, depth + 1);
	}
	/* Integers, enums and floats: __u32 and int of equal size hold the same bytes. */
	if (!btf_is_ptr(a) && a->size != b->size)
		return differ(c, field, object, pinned);
	if (member_constants_differ(c->object, object, c->pinned, pinned, ours, theirs))
		return shape_diffs_add(c->diffs, field, ours, theirs);
	return 0;
}

int shape_compare_btf(const struct btf *object, __u32 object_type, const struct btf *pinned,
                      __u32 pinned_type, const char *field, struct shape_diffs *diffs)
{
	const struct comparison c = { .object = object, .pinned = pinned, .diffs = diffs };

	return compare(&c, &(struct member){ .type = object_type },
	               &(struct member){ .type = pinned_type }, field, 0);
}
