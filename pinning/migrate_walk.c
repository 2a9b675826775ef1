// SPDX-License-Identifier: GPL-2.0-or-later
/* The walk through an old and a new type side by side. */
#include <bpf/btf.h>
#include <errno.h>
#include <string.h>
#include "pinning/migrate_fields.h"
#include "pinning/migrate_member.h"
#include "pinning/shape.h"

#define DEPTH_MAX 16

static const char no_counter[] = "no counter: copied where the new one is zero";
static const char may_count[] = "cannot be added: copied where the new one is zero, else it stays";

struct walk {
	const struct btf *from, *to;
	enum migrate_class class;
	struct fields *fields;
	struct migrate_rows *rows;
	size_t first_row;
	unsigned int quiet; /* in an array, past its first element: the rows are there already */
	bool greatest;      /* the member is tagged so */
	__u64 union_done;   /* 1 + place of the anonymous union that was mapped last */
	int depth;
};

static int map_type(struct walk *w, const struct member *from, const struct member *to,
                    const char *name);

/* Add a row, or find the one of the array's first element; its number goes to *row. */
static int say(struct walk *w, enum migrate_outcome outcome, const char *name,
               const struct member *from, const struct member *to, const char *why, __u32 *row)
{
	char a[64] = "-", b[64] = "-";

	for (size_t i = w->first_row; w->quiet && i < w->rows->len; i++) {
		if (!strncmp(w->rows->list[i].field, name, sizeof(w->rows->list[i].field) - 1)) {
			*row = i;
			return 0;
		}
	}
	if (from)
		member_describe(w->from, from, a);
	if (to)
		member_describe(w->to, to, b);
	*row = w->rows->len;
	return rows_add(w->rows, outcome, name, a, b, why);
}

static int refuse(struct walk *w, const char *name, const struct member *from,
                  const struct member *to, const char *why)
{
	__u32 row;

	return say(w, MIGRATE_REFUSED, name, from, to, why, &row);
}

/*
 * Numbers of network byte order are converted as such, where both sides say so. Returns NULL, or
 * why one number cannot become the other.
 */
static const char *map_order(struct walk *w, const struct member *from, const struct member *to,
                             struct field *field)
{
	bool a = member_is_big_endian(w->from, from), b = member_is_big_endian(w->to, to);

	field->big_endian = a && b && !from->bitfield && !to->bitfield;
	if (field->big_endian)
		field->from_signed = field->to_signed = false;
	if (field->big_endian || !(a || b) || field->from_bits == field->to_bits)
		return NULL;
	return a && b ? "a bit field in network byte order"
	              : "in network byte order on one side only";
}

static int map_integer(struct walk *w, const struct member *from, const struct member *to,
                       const char *name)
{
	struct field field = {
		.kind = FIELD_INTEGER,
		.from = from->bit,
		.to = to->bit,
		.from_bits = member_bits(w->from, from),
		.to_bits = member_bits(w->to, to),
		.from_signed = member_is_signed(w->from, from),
		.to_signed = member_is_signed(w->to, to),
		.counter = member_is_counter(w->from, from) && member_is_counter(w->to, to),
		.greatest = w->greatest,
		.unsure = member_may_count(w->from, from) && member_may_count(w->to, to),
	};
	enum migrate_outcome outcome;
	const char *why = map_order(w, from, to, &field);
	char old_constant[64], new_constant[64];
	int err;

	if (why)
		return refuse(w, name, from, to, why);
	if (member_constants_differ(w->from, from, w->to, to, old_constant, new_constant))
		return rows_add(w->rows, MIGRATE_REFUSED, name, old_constant, new_constant,
		                "constants of its enum mean something else");
	/* Sums come out right in either: a counter of one CPU may well be negative. */
	field.resigned = w->class != MIGRATE_COUNTER && field.from_bits == field.to_bits &&
	                 field.from_signed != field.to_signed;
	outcome = field.to_bits > field.from_bits   ? MIGRATE_WIDENED
	          : field.to_bits < field.from_bits ? MIGRATE_NARROWED
	          : field.resigned                  ? MIGRATE_CHANGED
	                                            : MIGRATE_KEPT;
	if (field.resigned)
		why = field.from_signed ? "negative numbers stay in the old map"
		                        : "what would be a negative number stays in the old map";
	else if (field.big_endian && field.from_bits != field.to_bits)
		why = "in network byte order";
	if (w->class == MIGRATE_COUNTER)
		why = w->greatest     ? "the greater of both"
		      : field.counter ? NULL
		      : field.unsure  ? may_count
		                      : no_counter;
	err = say(w, outcome, name, from, to, why, &field.row);
	return err ? err : fields_add(w->fields, &field);
}

/* Neither integers nor of parts that can be told apart. */
static int map_bytes(struct walk *w, const struct member *from, const struct member *to,
                     const char *name)
{
	__s64 size = btf__resolve_size(w->from, from->type);
	struct field field = {
		.kind = FIELD_BYTES,
		.from = from->bit,
		.to = to->bit,
		.unsure = btf_is_union(member_type(w->from, from)),
	};
	struct shape_diffs diffs = {};
	int err;

	err = shape_compare_btf(w->to, to->type, w->from, from->type, "", &diffs);
	if (err || diffs.len || size < 0 || size != btf__resolve_size(w->to, to->type)) {
		shape_diffs_free(&diffs);
		return err ? err
		           : refuse(w, name, from, to,
		                    "of different kinds, or a union that has changed");
	}
	field.from_bits = field.to_bits = 8 * (__u32)size;
	err = say(w, MIGRATE_KEPT, name, from, to,
	          w->class != MIGRATE_COUNTER ? NULL
	          : field.unsure              ? may_count
	                                      : no_counter,
	          &field.row);
	return err ? err : fields_add(w->fields, &field);
}

static int map_elements(struct walk *w, const struct btf_array *from, __u32 from_bit,
                        const struct btf_array *to, __u32 to_bit, const char *name)
{
	__s64 from_size = btf__resolve_size(w->from, from->type);
	__s64 to_size = btf__resolve_size(w->to, to->type);
	__u32 count = from->nelems < to->nelems ? from->nelems : to->nelems;
	char element[64];
	int err = 0;

	if (from_size <= 0 || to_size <= 0)
		return 0;
	snprintf(element, sizeof(element), "%.60s[]", name);
	for (__u32 i = 0; !err && i < count; i++) {
		struct member a = { .type = from->type, .bit = from_bit + i * 8 * from_size };
		struct member b = { .type = to->type, .bit = to_bit + i * 8 * to_size };

		w->quiet += i == 1;
		err = map_type(w, &a, &b, element);
	}
	w->quiet -= count > 1;
	return err;
}

/* Text and other arrays of small integers go as a whole, unless they are to be added up. */
static int map_small(struct walk *w, const struct member *from, const struct member *to,
                     __u32 bytes, __u32 row)
{
	struct field field = {
		.kind = FIELD_BYTES,
		.from = from->bit,
		.to = to->bit,
		.from_bits = 8 * bytes,
		.to_bits = 8 * bytes,
		.row = row,
	};

	return bytes ? fields_add(w->fields, &field) : 0;
}

static int map_array(struct walk *w, const struct member *from, const struct member *to,
                     const char *name)
{
	const struct btf_array *a = btf_array(member_type(w->from, from));
	const struct btf_array *b = btf_array(member_type(w->to, to));
	__u32 count = a->nelems < b->nelems ? a->nelems : b->nelems;
	__u32 size = member_small_size(w->from, a->type), row = 0;
	struct field rest = { .kind = FIELD_CUT };
	__s64 element = btf__resolve_size(w->from, a->type);
	bool small = size && size == member_small_size(w->to, b->type) &&
	             (size == 1 || w->class != MIGRATE_COUNTER);
	int err = 0;

	if (a->nelems != b->nelems || small)
		err = say(w,
		          a->nelems < b->nelems   ? MIGRATE_GROWN
		          : a->nelems > b->nelems ? MIGRATE_CUT
		                                  : MIGRATE_KEPT,
		          name, from, to, NULL, &row);
	if (!err)
		err = small ? map_small(w, from, to, count * size, row)
		            : map_elements(w, a, from->bit, b, to->bit, name);
	if (err || a->nelems <= b->nelems || element <= 0)
		return err;
	rest.from = from->bit + count * 8 * element;
	rest.from_bits = (a->nelems - count) * 8 * element;
	rest.row = row;
	w->fields->lossy = true;
	return fields_add(w->fields, &rest);
}

/* One member of the new struct, wherever it stood in the old one. */
static int map_member(struct walk *w, const struct member *old_struct, const struct member *to,
                      const char *field)
{
	struct member from;
	char row_name[64];
	__u32 row;
	int err;

	snprintf(row_name, sizeof(row_name), "%.40s.%.22s", field, to->name);
	if (!member_find(w->from, old_struct, to->name, &from))
		return say(w, MIGRATE_ADDED, row_name, NULL, to, NULL, &row);
	if (from.in_union != to->in_union)
		return refuse(w, row_name, &from, to, "one of several in a union on one side only");
	if (from.in_union) {
		/* The whole union, when the first of its members comes by. */
		if (w->union_done == to->union_bit + 1ULL)
			return 0;
		w->union_done = to->union_bit + 1ULL;
		from = (struct member){ .type = from.union_type, .bit = from.union_bit };
		return map_bytes(w, &from,
		                 &(struct member){ .type = to->union_type, .bit = to->union_bit },
		                 row_name);
	}
	w->greatest = member_has_tag(w->to, to, "ifbpf:max");
	err = map_type(w, &from, to, row_name);
	w->greatest = false;
	return err;
}

static int map_struct(struct walk *w, const struct member *from, const struct member *to,
                      const char *name)
{
	struct member_list ours, theirs;
	struct member found;
	char row_name[64];
	int err;
	__u32 row;

	err = member_list(w->to, to, &ours);
	if (err)
		return err;
	for (size_t i = 0; !err && i < ours.len; i++)
		err = map_member(w, from, &ours.list[i], name);
	if (!err)
		err = member_list(w->from, from, &theirs);
	if (err) {
		member_list_free(&ours);
		return err;
	}
	for (size_t i = 0; !err && i < theirs.len; i++) {
		if (member_find(w->to, to, theirs.list[i].name, &found))
			continue;
		w->fields->lossy = true;
		snprintf(row_name, sizeof(row_name), "%.40s.%.22s", name, theirs.list[i].name);
		err = say(w, MIGRATE_DROPPED, row_name, &theirs.list[i], NULL, NULL, &row);
	}
	member_list_free(&ours);
	member_list_free(&theirs);
	return err;
}

static int map_type(struct walk *w, const struct member *from, const struct member *to,
                    const char *name)
{
	const struct btf_type *a = member_type(w->from, from), *b = member_type(w->to, to);
	__u32 row;
	int err;

	if (w->depth > DEPTH_MAX || !a || !b)
		return refuse(w, name, from, to, "nested too deeply");
	if (member_is_kernels(w->from, from) || member_is_kernels(w->to, to))
		return say(w, MIGRATE_ANEW, name, from, to,
		           "the kernel's own, which cannot be read: what it holds is lost", &row);
	if (member_is_lock(w->from, from) || member_is_lock(w->to, to))
		return say(w, MIGRATE_ADDED, name, from, to, "belongs to the kernel: begins anew",
		           &row);
	w->depth++;
	if (member_bits(w->from, from) && member_bits(w->to, to))
		err = map_integer(w, from, to, name);
	else if (btf_is_struct(a) && btf_is_struct(b))
		err = map_struct(w, from, to, name);
	else if (btf_is_array(a) && btf_is_array(b))
		err = map_array(w, from, to, name);
	else
		err = map_bytes(w, from, to, name);
	w->depth--;
	return err;
}

int fields_walk(struct fields *fields, struct migrate_rows *rows, const char *name,
                const struct field_type *from, const struct field_type *to,
                enum migrate_class class)
{
	struct walk w = {
		.from = from->btf,
		.to = to->btf,
		.class = class,
		.fields = fields,
		.rows = rows,
		.first_row = rows->len,
	};

	return map_type(&w, &(struct member){ .type = from->id },
	                &(struct member){ .type = to->id }, name);
}
