// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "pinning/migrate_fields.h"
#include "pinning/shape.h"

int rows_add(struct migrate_rows *rows, enum migrate_outcome outcome, const char *field,
             const char *from, const char *to, const char *why)
{
	struct migrate_row *list = reallocarray(rows->list, rows->len + 1, sizeof(*list)), *row;

	if (!list)
		return -ENOMEM;
	rows->list = list;
	row = &list[rows->len++];
	row->outcome = outcome;
	snprintf(row->field, sizeof(row->field), "%s", field);
	snprintf(row->from, sizeof(row->from), "%s", from);
	snprintf(row->to, sizeof(row->to), "%s", to);
	snprintf(row->why, sizeof(row->why), "%s", why ? why : "");
	rows->refused |= outcome == MIGRATE_REFUSED;
	rows->anew |= outcome == MIGRATE_ANEW;
	return 0;
}

int fields_add(struct fields *fields, const struct field *field)
{
	struct field *list;

	if (fields->len >= FIELDS_MAX)
		return -E2BIG;
	/* The room is always a power of two. */
	if (!(fields->len & (fields->len - 1))) {
		list = reallocarray(fields->list, fields->len ? 2 * fields->len : 1, sizeof(*list));
		if (!list)
			return -ENOMEM;
		fields->list = list;
	}
	fields->list[fields->len++] = *field;
	return 0;
}

void fields_free(struct fields *fields)
{
	free(fields->list);
	memset(fields, 0, sizeof(*fields));
}

/* The same names, kinds, sizes and places all through: bytes can be copied as they are. */
static int same_layout(const struct field_type *from, const struct field_type *to, bool *same)
{
	struct shape_diffs diffs = {};
	int err = shape_compare_btf(to->btf, to->id, from->btf, from->id, "", &diffs);

	*same = !diffs.len;
	shape_diffs_free(&diffs);
	return err;
}

/* No types: bytes, or what per-CPU maps nearly always hold, 64-bit counters. */
static int assume(struct fields *fields, struct migrate_rows *rows, const char *name,
                  const struct field_type *from, const struct field_type *to, bool counters)
{
	struct field field = { .kind = FIELD_BYTES, .from_bits = from->size * 8 };
	__u32 step = from->size;
	char a[48], b[48];
	int err = 0;

	snprintf(a, sizeof(a), "%u B", from->size);
	snprintf(b, sizeof(b), "%u B", to->size);
	if (from->size != to->size)
		return rows_add(rows, MIGRATE_REFUSED, name, a, b,
		                from->denied || to->denied
		                        ? "the sizes differ, and it takes CAP_SYS_ADMIN to read "
		                          "the BTF that tells the fields"
		                        : "the sizes differ, and there is no BTF that tells the "
		                          "fields");
	if (counters) {
		step = from->size % 8 ? 4 : 8;
		if (from->size % step)
			return rows_add(rows, MIGRATE_REFUSED, name, a, b,
			                "without BTF, counters must be of 8 or 4 bytes each");
		field.kind = FIELD_INTEGER;
		field.counter = true;
		field.from_bits = 8 * step;
	}
	field.to_bits = field.from_bits;
	field.row = rows->len;
	fields->identical = true;
	for (__u32 at = 0; !err && at < from->size; at += step) {
		field.from = field.to = at * 8;
		err = fields_add(fields, &field);
	}
	if (err)
		return err;
	if (!counters)
		return rows_add(rows, MIGRATE_ASSUMED, name, a, b,
		                "no BTF tells the fields: the bytes are copied");
	return rows_add(rows, MIGRATE_ASSUMED, name, a, b,
	                step == 8 ? "no BTF tells the fields: each 8 bytes are taken as a counter"
	                          : "no BTF tells the fields: each 4 bytes are taken as a counter");
}

/* BTF on both sides: the walk, and if nothing differs one row for all. */
static int map_types(struct fields *fields, struct migrate_rows *rows, const char *name,
                     const struct field_type *from, const struct field_type *to,
                     enum migrate_class class)
{
	size_t before = rows->len;
	bool refused = rows->refused;
	char size[48];
	int err;

	err = same_layout(from, to, &fields->identical);
	if (err)
		return err;
	if (from->size != to->size)
		fields->identical = false;
	err = fields_walk(fields, rows, name, from, to, class);
	if (err == -E2BIG) {
		fields_free(fields);
		fields->identical = from->size == to->size && class != MIGRATE_COUNTER;
		err = fields->identical ? 0
		                        : rows_add(rows, MIGRATE_REFUSED, name, "", "",
		                                   "it has more than 65536 fields");
	}
	/* The same bytes, but not the same numbers. */
	for (size_t i = 0; i < fields->len; i++)
		fields->identical &= !fields->list[i].resigned;
	if (err || !fields->identical || class == MIGRATE_COUNTER || rows->anew)
		return err;
	rows->len = before;
	rows->refused = refused;
	fields->lossy = false;
	for (size_t i = 0; i < fields->len; i++)
		fields->list[i].row = before;
	snprintf(size, sizeof(size), "%u B", from->size);
	return rows_add(rows, MIGRATE_KEPT, name, size, size, NULL);
}

/* The types of both maps, of equal sizes, are noted as not the same. */
static int refuse_layout(struct migrate_rows *rows, const char *name, __u32 size)
{
	char text[48];

	snprintf(text, sizeof(text), "%u B", size);
	return rows_add(rows, MIGRATE_REFUSED, name, text, text,
	                "the types of key and value are noted as others, and it takes "
	                "CAP_SYS_ADMIN to read them");
}

/* One side's types are taken for both: the row that says so stands for the one that says "kept". */
static int map_one_type(struct fields *fields, struct migrate_rows *rows, const char *name,
                        const struct field_type *type, enum migrate_class class, const char *why)
{
	const struct migrate_row *kept = NULL;
	size_t before = rows->len;
	char size[48];
	int err;

	snprintf(size, sizeof(size), "%u B", type->size);
	err = rows_add(rows, MIGRATE_ASSUMED, name, size, size, why);
	if (!err)
		err = map_types(fields, rows, name, type, type, class);
	if (!err && rows->len == before + 2)
		kept = &rows->list[before + 1];
	if (!kept || kept->outcome != MIGRATE_KEPT || strcmp(kept->field, name) != 0 || *kept->why)
		return err;
	rows->len--;
	for (size_t i = 0; i < fields->len; i++)
		fields->list[i].row = before;
	return 0;
}

static bool usable(const struct field_type *type)
{
	return type->btf && type->id && btf__resolve_size(type->btf, type->id) == type->size;
}

int fields_map(struct fields *fields, struct migrate_rows *rows, const char *name,
               const struct field_type *from, const struct field_type *to, enum migrate_class class)
{
	const struct field_type *known = usable(to) ? to : from;
	int err;

	memset(fields, 0, sizeof(*fields));
	if (usable(from) && usable(to)) {
		err = map_types(fields, rows, name, from, to, class);
	} else if (from->denied && from->layout == LAYOUT_DIFFERS && from->size == to->size) {
		err = refuse_layout(rows, name, from->size);
	} else if (from->denied && from->layout == LAYOUT_SAME && usable(to)) {
		err = map_types(fields, rows, name, to, to, class);
	} else if (usable(known) && from->size == to->size) {
		err = map_one_type(
			fields, rows, name, known, class,
			known == to && from->denied
				? "it takes CAP_SYS_ADMIN to read the old map's BTF: taken as "
				  "the new one's"
			: known == to ? "the old map's BTF is not known: taken as the new one's"
				      : "the new map's BTF is not known: taken as the old one's");
	} else {
		err = assume(fields, rows, name, from, to,
		             class == MIGRATE_COUNTER && !strcmp(name, "value"));
	}
	fields->from_size = from->size;
	fields->to_size = to->size;
	return err;
}
