// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pinning/migrate_member.h"

/* Anonymous structs inside each other: compilers do not go deeper either. */
#define NESTING_MAX 16

static const struct btf_type *resolve(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type) || btf_is_type_tag(type)))
		type = btf__type_by_id(btf, type->type);
	return type && !btf_is_void(type) ? type : NULL;
}

const struct btf_type *member_type(const struct btf *btf, const struct member *member)
{
	return resolve(btf, member->type);
}

static int append(struct member_list *members, const struct member *member)
{
	struct member *list = reallocarray(members->list, members->len + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	members->list = list;
	list[members->len++] = *member;
	return 0;
}

static int list_members(const struct btf *btf, const struct member *of, struct member_list *members,
                        int depth)
{
	const struct btf_type *type = member_type(btf, of);
	int err = 0;

	if (!type || !btf_is_composite(type) || depth > NESTING_MAX)
		return 0;
	for (__u32 i = 0; !err && i < btf_vlen(type); i++) {
		struct member member = {
			.name = btf__name_by_offset(btf, btf_members(type)[i].name_off),
			.type = btf_members(type)[i].type,
			.bit = of->bit + btf_member_bit_offset(type, i),
			.bitfield = btf_member_bitfield_size(type, i),
			.parent = of->type,
			.index = i,
			.in_union = of->in_union,
			.union_type = of->union_type,
			.union_bit = of->union_bit,
		};
		const struct btf_type *inner = member_type(btf, &member);

		if (*member.name) {
			err = append(members, &member);
			continue;
		}
		if (inner && btf_is_union(inner) && !member.in_union) {
			member.in_union = true;
			member.union_type = member.type;
			member.union_bit = member.bit;
		}
		err = list_members(btf, &member, members, depth + 1);
	}
	return err;
}

int member_list(const struct btf *btf, const struct member *of, struct member_list *members)
{
	struct member root = { .type = of->type, .bit = of->bit };
	int err;

	memset(members, 0, sizeof(*members));
	err = list_members(btf, &root, members, 0);
	if (err)
		member_list_free(members);
	return err;
}

void member_list_free(struct member_list *members)
{
	free(members->list);
	memset(members, 0, sizeof(*members));
}

bool member_find(const struct btf *btf, const struct member *of, const char *name,
                 struct member *found)
{
	struct member_list members;
	bool there = false;

	if (member_list(btf, of, &members))
		return false;
	for (size_t i = 0; !there && i < members.len; i++) {
		if (!strcmp(members.list[i].name, name)) {
			*found = members.list[i];
			there = true;
		}
	}
	member_list_free(&members);
	return there;
}

__u32 member_bits(const struct btf *btf, const struct member *member)
{
	const struct btf_type *type = member_type(btf, member);

	if (!type || !(btf_is_int(type) || btf_is_any_enum(type)) || type->size > 8)
		return 0;
	return member->bitfield ? member->bitfield : 8 * type->size;
}

bool member_is_signed(const struct btf *btf, const struct member *member)
{
	const struct btf_type *type = member_type(btf, member);
	const struct btf_enum *value;

	if (btf_is_int(type))
		return btf_int_encoding(type) & BTF_INT_SIGNED;
	if (btf_kflag(type) || btf_is_enum64(type))
		return btf_kflag(type);
	/* Older compilers do not say: a negative value shows it. */
	value = btf_enum(type);
	for (__u32 i = 0; i < btf_vlen(type); i++)
		if (value[i].val < 0)
			return true;
	return false;
}

struct constant {
	const char *name;
	__s64 value; /* unsigned ones of 64 bits have the same bits */
};

static struct constant constant_at(const struct btf *btf, const struct btf_type *type, __u32 i)
{
	const struct btf_enum *narrow = btf_enum(type) + i;
	const struct btf_enum64 *wide = btf_enum64(type) + i;

	if (btf_is_enum64(type))
		return (struct constant){ btf__name_by_offset(btf, wide->name_off),
			                  (__s64)btf_enum64_value(wide) };
	return (struct constant){ btf__name_by_offset(btf, narrow->name_off), narrow->val };
}

/* Whether the enum names this value so; *other becomes what contradicts it. */
static bool contradicts(const struct btf *btf, const struct btf_type *type,
                        const struct constant *one, struct constant *other)
{
	bool contradicted = false;

	for (__u32 i = 0; i < btf_vlen(type); i++) {
		struct constant found = constant_at(btf, type, i);
		bool same_name = !strcmp(found.name, one->name);

		if (same_name && found.value == one->value)
			return false;
		/* What has become of the name tells more. */
		if (same_name || (found.value == one->value && !contradicted)) {
			contradicted = true;
			*other = found;
		}
	}
	return contradicted;
}

bool member_constants_differ(const struct btf *a_btf, const struct member *a,
                             const struct btf *b_btf, const struct member *b, char a_text[64],
                             char b_text[64])
{
	const struct btf_type *ours = member_type(a_btf, a), *theirs = member_type(b_btf, b);
	struct constant one, other;

	if (!ours || !theirs || !btf_is_any_enum(ours) || !btf_is_any_enum(theirs))
		return false;
	for (__u32 i = 0; i < btf_vlen(ours); i++) {
		one = constant_at(a_btf, ours, i);
		if (!contradicts(b_btf, theirs, &one, &other))
			continue;
		snprintf(a_text, 64, "%.38s = %lld", one.name, (long long)one.value);
		snprintf(b_text, 64, "%.38s = %lld", other.name, (long long)other.value);
		return true;
	}
	return false;
}

bool member_is_big_endian(const struct btf *btf, const struct member *member)
{
	const struct btf_type *type = btf__type_by_id(btf, member->type);
	const struct btf_type *real = resolve(btf, member->type);

	for (; type != real; type = btf__type_by_id(btf, type->type))
		if (!strncmp(btf__name_by_offset(btf, type->name_off), "__be", 4))
			return true;
	return false;
}

bool member_may_count(const struct btf *btf, const struct member *member)
{
	const struct btf_type *real = resolve(btf, member->type);

	return btf_is_int(real) && !(btf_int_encoding(real) & BTF_INT_BOOL) &&
	       !member_is_big_endian(btf, member);
}

bool member_is_counter(const struct btf *btf, const struct member *member)
{
	return member_may_count(btf, member) && member_type(btf, member)->size >= 2;
}

__u32 member_small_size(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = resolve(btf, id);

	return type && btf_is_int(type) && type->size <= 2 ? type->size : 0;
}

/* A struct that the kernel knows by one of these names. */
static bool is_struct_of(const struct btf *btf, const struct btf_type *type,
                         const char *const *names)
{
	const char *name = type ? btf__name_by_offset(btf, type->name_off) : "";

	for (; type && btf_is_struct(type) && *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

bool member_is_lock(const struct btf *btf, const struct member *member)
{
	static const char *const names[] = { "bpf_spin_lock", "bpf_res_spin_lock", "bpf_refcount",
		                             NULL };

	return is_struct_of(btf, member_type(btf, member), names);
}

/* Such a pointer has a tag where it points to. */
static bool is_kptr(const struct btf *btf, const struct btf_type *type)
{
	static const char *const tags[] = { "kptr", "kptr_ref", "kptr_untrusted", "percpu_kptr",
		                            "uptr" };
	const struct btf_type *tag =
		type && btf_is_ptr(type) ? btf__type_by_id(btf, type->type) : NULL;

	for (; tag && btf_is_type_tag(tag); tag = btf__type_by_id(btf, tag->type))
		for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
			if (!strcmp(btf__name_by_offset(btf, tag->name_off), tags[i]))
				return true;
	return false;
}

bool member_is_kernels(const struct btf *btf, const struct member *member)
{
	static const char *const names[] = { "bpf_timer",     "bpf_wq",
		                             "bpf_task_work", "bpf_list_head",
		                             "bpf_list_node", "bpf_rb_root",
		                             "bpf_rb_node",   NULL };
	const struct btf_type *type = member_type(btf, member);

	return is_struct_of(btf, type, names) || is_kptr(btf, type);
}

bool member_has_tag(const struct btf *btf, const struct member *member, const char *tag)
{
	const struct btf_type *parent = resolve(btf, member->parent);

	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_decl_tag(type) && btf__type_by_id(btf, type->type) == parent &&
		    btf_decl_tag(type)->component_idx == (int)member->index &&
		    !strcmp(btf__name_by_offset(btf, type->name_off), tag))
			return true;
	}
	return false;
}

/* "__u64", "struct flow", "char[16]". */
static void name_type(const struct btf *btf, __u32 id, char out[40])
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	const struct btf_type *real = resolve(btf, id);
	const char *name;
	char element[40];

	while (type && type != real && !btf_is_typedef(type))
		type = btf__type_by_id(btf, type->type);
	name = type ? btf__name_by_offset(btf, type->name_off) : "";
	if (!real) {
		snprintf(out, 40, "void");
	} else if (type == real && btf_is_array(real)) {
		name_type(btf, btf_array(real)->type, element);
		snprintf(out, 40, "%.26s[%u]", element, btf_array(real)->nelems);
	} else if (btf_is_ptr(real)) {
		snprintf(out, 40, "pointer");
	} else {
		snprintf(out, 40, "%s%.32s",
		         type != real || !btf_is_composite(real) ? ""
		         : btf_is_union(real)                    ? "union "
		                                                 : "struct ",
		         *name ? name : "(no name)");
	}
}

void member_describe(const struct btf *btf, const struct member *member, char out[64])
{
	__s64 size = resolve(btf, member->type) ? btf__resolve_size(btf, member->type) : -1;
	char place[24] = "";

	name_type(btf, member->type, out);
	if (member->parent && member->bitfield)
		snprintf(place, sizeof(place), " at bit %u", member->bit);
	else if (member->parent)
		snprintf(place, sizeof(place), " at byte %u", member->bit / 8);
	if (member->bitfield)
		snprintf(out + strlen(out), 64 - strlen(out), ":%u%s", member->bitfield, place);
	else if (size >= 0)
		snprintf(out + strlen(out), 64 - strlen(out), ", %lld B%s", (long long)size, place);
}
