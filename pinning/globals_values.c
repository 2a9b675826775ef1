// SPDX-License-Identifier: GPL-2.0-or-later
/* The variables of one map of the old program, beside those of the new one. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pinning/globals.h"
#include "pinning/migrate_fields.h"

/* A map with one entry, whose type is a section of variables. */
struct section {
	struct migrate_map map;
	const struct btf_type *vars; /* NULL where there is no BTF */
	__u8 *bytes;                 /* as they are now */
};

/* A variable in a section. */
struct variable {
	const char *name;
	__u32 type, at, size;
};

static int section_read(struct section *s)
{
	const struct btf_type *type =
		s->map.btf ? btf__type_by_id(s->map.btf, s->map.value_type) : NULL;
	__u32 zero = 0;

	s->vars = type && btf_is_datasec(type) ? type : NULL;
	s->bytes = malloc(s->map.info.value_size);
	if (!s->bytes)
		return -ENOMEM;
	return bpf_map_lookup_elem(s->map.fd, &zero, s->bytes) ? -errno : 0;
}

static void section_free(struct section *s)
{
	migrate_map_close(&s->map);
	free(s->bytes);
}

/* Without BTF the section is one variable without a name. */
static unsigned int count_of(const struct section *s)
{
	return s->vars ? btf_vlen(s->vars) : 1;
}

static struct variable variable_at(const struct section *s, unsigned int i)
{
	const struct btf_var_secinfo *place;
	const struct btf_type *var;

	if (!s->vars)
		return (struct variable){ .name = s->map.info.name,
			                  .size = s->map.info.value_size };
	place = &btf_var_secinfos(s->vars)[i];
	var = btf__type_by_id(s->map.btf, place->type);
	return (struct variable){
		.name = btf__name_by_offset(s->map.btf, var->name_off),
		.type = var->type,
		.at = place->offset,
		.size = place->size,
	};
}

static bool find(const struct section *s, const char *name, struct variable *found)
{
	for (unsigned int i = 0; s->vars && i < count_of(s); i++) {
		*found = variable_at(s, i);
		if (!strcmp(found->name, name))
			return true;
	}
	return false;
}

static bool is_zero(const __u8 *bytes, __u32 size)
{
	for (__u32 i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

void global_values_name(struct global_values *values, const char *name)
{
	size_t len = strlen(values->names), room = sizeof(values->names) - len;
	const char *comma = len ? ", " : "";

	if (strlen(comma) + strlen(name) + sizeof(", ...") <= room)
		snprintf(values->names + len, room, "%s%s", comma, name);
	else if (room >= sizeof(", ...") && !strstr(values->names, "..."))
		snprintf(values->names + len, room, "%s...", comma);
}

/* By names and kinds, as values of maps are carried over. Returns 1 if it is converted. */
static int convert(const struct section *from, const struct variable *old, struct section *to,
                   const struct variable *new)
{
	const struct field_type a = { .btf = from->map.btf, .id = old->type, .size = old->size };
	const struct field_type b = { .btf = to->map.btf, .id = new->type, .size = new->size };
	struct migrate_rows rows = {};
	struct fields fields = {};
	__u8 *value;
	int err;

	err = fields_map(&fields, &rows, old->name, &a, &b, MIGRATE_FLOW);
	value = err || rows.refused ? NULL : malloc(new->size);
	if (value && !fields_convert(&fields, from->bytes + old->at, value)) {
		memcpy(to->bytes + new->at, value, new->size);
		err = 1;
	}
	free(value);
	free(rows.list);
	fields_free(&fields);
	return err;
}

/* Returns whether it is lost, as 1, or a negative errno. */
static int compare(const struct section *from, const struct variable *old, struct section *to,
                   bool carry, struct global_values *values)
{
	const __u8 *bytes = from->bytes + old->at;
	struct variable new;
	int done = 0;

	if (!find(to, old->name, &new)) {
		/* Without BTF on either side the sections are all that can be compared. */
		if (!from->vars && to->bytes && to->map.info.value_size == old->size)
			return memcmp(bytes, to->bytes, old->size) != 0;
		return !is_zero(bytes, old->size);
	}
	if (new.size == old->size
	            ? !memcmp(bytes, to->bytes + new.at, old->size)
	            : is_zero(bytes, old->size) && is_zero(to->bytes + new.at, new.size))
		return 0;
	if (carry)
		done = convert(from, old, to, &new);
	values->carried += done > 0;
	values->unfit += carry && !done;
	return done < 0 ? done : !done;
}

/* One that is not there any more cannot begin anew. */
static void name_lost(struct global_values *values, const struct section *from,
                      const struct section *to, const struct variable *old)
{
	struct variable new;
	bool alike = find(to, old->name, &new);
	char text[96];

	values->alike += alike;
	snprintf(text, sizeof(text), "%.70s%s", old->name,
	         from->vars && !alike ? " (not there any more)" : "");
	global_values_name(values, text);
}

int global_values_compare(const struct object *object, const struct bpf_map *to_map, int from_fd,
                          bool carry, bool write, struct global_values *values)
{
	struct section from = {}, to = {};
	unsigned int before = values->carried;
	__u32 zero = 0;
	int err;

	err = migrate_map_open(&from.map, from_fd);
	if (!err)
		err = section_read(&from);
	if (!err && to_map) {
		migrate_map_define(&to.map, object->obj, to_map);
		err = section_read(&to);
	}
	for (unsigned int i = 0; !err && i < count_of(&from); i++) {
		const struct variable old = variable_at(&from, i);

		/* No more than was read, whatever the BTF says. */
		if (old.at > from.map.info.value_size ||
		    old.size > from.map.info.value_size - old.at)
			continue;
		err = compare(&from, &old, &to, carry, values);
		if (err > 0) {
			values->lost++;
			name_lost(values, &from, &to, &old);
		}
		err = err < 0 ? err : 0;
	}
	if (!err && write && values->carried > before &&
	    bpf_map_update_elem(to.map.fd, &zero, to.bytes, BPF_EXIST))
		err = -errno;
	section_free(&from);
	section_free(&to);
	return err;
}
