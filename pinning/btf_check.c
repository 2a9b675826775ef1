// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/btf.h>
#include <stdbool.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "pinning/btf_check.h"

/* Types inside each other by value: the kernel takes 32. */
#define DEPTH_MAX 128

enum mark {
	MARK_NEW,
	MARK_OPEN, /* its parts are being looked at: who comes here again contains itself */
	MARK_GOOD,
};

struct check {
	const struct btf *btf;
	unsigned char *marks; /* by type id */
	char *why;
};

static int refuse(const struct check *c, __u32 id, const char *what)
{
	snprintf(c->why, 96, "type %u %s", id, what);
	return -EINVAL;
}

static bool has_name(const struct check *c, __u32 offset)
{
	return btf__name_by_offset(c->btf, offset) != NULL;
}

static int check_type(struct check *c, __u32 id, int depth);

static int check_members(struct check *c, __u32 id, const struct btf_type *type, int depth)
{
	const struct btf_member *member = btf_members(type);
	int err = 0;

	for (__u32 i = 0; !err && i < btf_vlen(type); i++, member++) {
		__u64 bits = btf_member_bitfield_size(type, i);
		__s64 size;

		if (!has_name(c, member->name_off))
			return refuse(c, id, "has a member whose name is not there");
		err = check_type(c, member->type, depth);
		if (err)
			return err;
		size = btf__resolve_size(c->btf, member->type);
		if (size < 0)
			return refuse(c, id, "has a member without a size");
		if (btf_member_bit_offset(type, i) + (bits ? bits : 8 * (__u64)size) >
		    8 * (__u64)type->size)
			return refuse(c, id, "has a member that reaches beyond its end");
	}
	return err;
}

/* The types that this one contains, by value. */
static int check_parts(struct check *c, __u32 id, const struct btf_type *type, int depth)
{
	if (btf_is_composite(type))
		return check_members(c, id, type, depth);
	if (btf_is_array(type))
		return check_type(c, btf_array(type)->type, depth);
	if (btf_is_mod(type) || btf_is_typedef(type) || btf_is_type_tag(type))
		return check_type(c, type->type, depth);
	return 0;
}

static int check_type(struct check *c, __u32 id, int depth)
{
	const struct btf_type *type;
	int err;

	if (!id) /* void */
		return 0;
	type = btf__type_by_id(c->btf, id);
	if (!type)
		return refuse(c, id, "is not there");
	if (c->marks[id] == MARK_GOOD)
		return 0;
	if (c->marks[id] == MARK_OPEN)
		return refuse(c, id, "contains itself");
	if (depth > DEPTH_MAX)
		return refuse(c, id, "is nested too deeply");
	if (!has_name(c, type->name_off))
		return refuse(c, id, "has a name that is not there");
	c->marks[id] = MARK_OPEN;
	err = check_parts(c, id, type, depth + 1);
	c->marks[id] = MARK_GOOD;
	return err;
}

/* What a type points to, or is about, and does not contain. */
static int check_target(const struct check *c, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(c->btf, id);
	const struct btf_var_secinfo *var;

	if ((btf_is_ptr(type) || btf_is_func(type) || btf_is_var(type) || btf_is_decl_tag(type) ||
	     btf_is_func_proto(type)) &&
	    type->type && !btf__type_by_id(c->btf, type->type))
		return refuse(c, id, "is about a type that is not there");
	if (!btf_is_datasec(type))
		return 0;
	var = btf_var_secinfos(type);
	for (__u32 i = 0; i < btf_vlen(type); i++, var++)
		if (!btf__type_by_id(c->btf, var->type))
			return refuse(c, id, "has a variable that is not there");
	return 0;
}

int btf_check(const struct btf *btf, char why[96])
{
	struct check c = { .btf = btf, .why = why };
	__u32 count = btf__type_cnt(btf);
	int err = 0;

	c.marks = calloc(count, 1);
	if (!c.marks) {
		snprintf(why, 96, "no memory");
		return -ENOMEM;
	}
	for (__u32 id = 1; !err && id < count; id++) {
		err = check_type(&c, id, 0);
		if (!err)
			err = check_target(&c, id);
	}
	free(c.marks);
	return err;
}
