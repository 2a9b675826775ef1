// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <string.h>
#include "bpffs/pin.h"
#include "pinning/carry_inner.h"
#include "pinning/layout.h"
#include "pinning/shape.h"

/* The type behind a member of that name, or 0. */
static __u32 member_type(const struct btf *btf, __u32 type_id, const char *name)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);
	const struct btf_member *member;

	if (!type || !btf_is_struct(type))
		return 0;
	member = btf_members(type);
	for (int i = 0; i < btf_vlen(type); i++, member++)
		if (!strcmp(btf__name_by_offset(btf, member->name_off), name))
			return member->type;
	return 0;
}

static __u32 behind_pointer(const struct btf *btf, __u32 type_id)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);

	return type && btf_is_ptr(type) ? type->type : 0;
}

/* __array(values, T) is an array of pointers to T, a definition like that of a map. */
static __u32 print_values(const struct btf *btf, __u32 map_type)
{
	const struct btf_type *array;
	__u32 inner, key, value;

	array = btf__type_by_id(btf, member_type(btf, map_type, "values"));
	if (!array || !btf_is_array(array))
		return 0;
	inner = behind_pointer(btf, btf_array(array)->type);
	key = behind_pointer(btf, member_type(btf, inner, "key"));
	value = behind_pointer(btf, member_type(btf, inner, "value"));
	return key && value ? layout_print(btf, key, value) : 0;
}

int carry_inner_wanted(__u32 prog_btf_id, const char *name, __u32 *wanted)
{
	struct btf *btf;
	bool denied;
	__s32 id;
	int err;

	*wanted = 0;
	err = shape_kernel_btf(prog_btf_id, &btf, &denied);
	if (err || !btf)
		return err;
	id = btf__find_by_name_kind(btf, name, BTF_KIND_VAR);
	if (id > 0)
		*wanted = print_values(btf, btf__type_by_id(btf, id)->type);
	btf__free(btf);
	return 0;
}

int carry_inner_fits(int map_fd, __u32 wanted)
{
	struct bpf_map_info info;
	struct btf *btf;
	bool denied, fits;
	int err;

	if (!wanted)
		return 1;
	err = map_describe(map_fd, &info);
	if (err)
		return err;
	if (!info.btf_key_type_id || !info.btf_value_type_id)
		return 1;
	err = shape_kernel_btf(info.btf_id, &btf, &denied);
	if (err || !btf)
		return err ? err : 1;
	fits = layout_print(btf, info.btf_key_type_id, info.btf_value_type_id) == wanted;
	btf__free(btf);
	return fits;
}
