// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
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

/* "struct flow", "__u64", "int[4]" as far as a column of a table allows. */
static void describe(const struct btf *btf, __u32 id, char out[64])
{
	const struct btf_type *type = btf__type_by_id(btf, shape_strip(btf, id));
	const char *name = type ? btf__name_by_offset(btf, type->name_off) : NULL;
	__s64 size = type ? btf__resolve_size(btf, id) : -1;

	if (!type)
		snprintf(out, 64, "void");
	else if (btf_is_array(type))
		snprintf(out, 64, "array of %u, %lld B", btf_array(type)->nelems, (long long)size);
	else if (btf_is_composite(type))
		snprintf(out, 64, "%s %.40s, %lld B", btf_is_union(type) ? "union" : "struct",
		         *name ? name : "(no name)", (long long)size);
	else if (btf_is_ptr(type))
		snprintf(out, 64, "pointer");
	else
		snprintf(out, 64, "%.40s, %lld B", *name ? name : "integer", (long long)size);
}

static int differ(const struct comparison *c, const char *field, __u32 object, __u32 pinned)
{
	char a[64], b[64];

	describe(c->object, object, a);
	describe(c->pinned, pinned, b);
	return shape_diffs_add(c->diffs, field, a, b);
}

static int compare(const struct comparison *c, __u32 object, __u32 pinned, const char *field,
                   int depth);

static const struct btf_member *find_member(const struct btf *btf, const struct btf_type *type,
                                            const char *name)
{
	const struct btf_member *member = btf_members(type);

	for (int i = 0; i < btf_vlen(type); i++, member++)
		if (!strcmp(btf__name_by_offset(btf, member->name_off), name))
			return member;
	return NULL;
}

static __u32 bit_offset(const struct btf_type *type, const struct btf_member *member)
{
	return btf_member_bit_offset(type, member - btf_members(type));
}

/* One member of the object's struct against the one of the same name. */
static int compare_member(const struct comparison *c, const struct btf_type *object,
                          const struct btf_member *member, const struct btf_type *pinned,
                          const char *field, int depth)
{
	const char *name = btf__name_by_offset(c->object, member->name_off);
	const struct btf_member *other = find_member(c->pinned, pinned, name);
	char row[64], a[64], b[64];
	int err = 0;

	snprintf(row, sizeof(row), "%.30s.%.30s", field, *name ? name : "(no name)");
	if (!other) {
		describe(c->object, member->type, a);
		return shape_diffs_add(c->diffs, row, a, "-");
	}
	if (bit_offset(object, member) != bit_offset(pinned, other)) {
		snprintf(a, sizeof(a), "at byte %u", bit_offset(object, member) / 8);
		snprintf(b, sizeof(b), "at byte %u", bit_offset(pinned, other) / 8);
		err = shape_diffs_add(c->diffs, row, a, b);
	}
	return err ? err : compare(c, member->type, other->type, row, depth + 1);
}

static int compare_composite(const struct comparison *c, const struct btf_type *object,
                             const struct btf_type *pinned, const char *field, int depth)
{
	const struct btf_member *member = btf_members(object);
	char row[64], b[64];
	int err = 0;

	for (int i = 0; !err && i < btf_vlen(object); i++, member++)
		err = compare_member(c, object, member, pinned, field, depth);
	member = btf_members(pinned);
	for (int i = 0; !err && i < btf_vlen(pinned); i++, member++) {
		const char *name = btf__name_by_offset(c->pinned, member->name_off);

		if (find_member(c->object, object, name))
			continue;
		snprintf(row, sizeof(row), "%.30s.%.30s", field, name);
		describe(c->pinned, member->type, b);
		err = shape_diffs_add(c->diffs, row, "-", b);
	}
	return err;
}

static int compare(const struct comparison *c, __u32 object, __u32 pinned, const char *field,
                   int depth)
{
	const struct btf_type *a = btf__type_by_id(c->object, shape_strip(c->object, object));
	const struct btf_type *b = btf__type_by_id(c->pinned, shape_strip(c->pinned, pinned));

	if (depth > SHAPE_DEPTH_MAX || (!a && !b))
		return 0;
	if (!a || !b || btf_kind(a) != btf_kind(b))
		return differ(c, field, object, pinned);
	if (btf_is_composite(a))
		return compare_composite(c, a, b, field, depth);
	if (btf_is_array(a)) {
		if (btf_array(a)->nelems != btf_array(b)->nelems)
			return differ(c, field, object, pinned);
		return compare(c, btf_array(a)->type, btf_array(b)->type, field, depth + 1);
	}
	/* Integers, enums and floats: __u32 and int of equal size hold the same bytes. */
	if (!btf_is_ptr(a) && a->size != b->size)
		return differ(c, field, object, pinned);
	return 0;
}

int shape_compare_btf(const struct btf *object, __u32 object_type, const struct btf *pinned,
                      __u32 pinned_type, const char *field, struct shape_diffs *diffs)
{
	const struct comparison c = { .object = object, .pinned = pinned, .diffs = diffs };

	return compare(&c, object_type, pinned_type, field, 0);
}
