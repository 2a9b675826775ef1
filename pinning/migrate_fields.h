/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which bytes of an old key or value become which bytes of the new one, by BTF name. */
#ifndef PINNING_MIGRATE_FIELDS_H
#define PINNING_MIGRATE_FIELDS_H

#include "pinning/migrate.h"

struct migrate_rows {
	struct migrate_row *list;
	size_t len;
	bool refused; /* one of them is MIGRATE_REFUSED */
	bool anew;    /* one of them is MIGRATE_ANEW */
};

/* Add a row; why may be NULL. Returns 0 or -ENOMEM. */
int rows_add(struct migrate_rows *rows, enum migrate_outcome outcome, const char *field,
             const char *from, const char *to, const char *why);

enum field_kind {
	FIELD_INTEGER, /* of at most 64 bits, converted */
	FIELD_BYTES,   /* anything else, copied */
	FIELD_CUT,     /* the end of an array, must be zero */
};

/* One step of a conversion. Places and lengths are in bits. */
struct field {
	enum field_kind kind;
	__u32 from, to;
	__u32 from_bits, to_bits;
	bool from_signed, to_signed;
	bool big_endian; /* a number of network byte order, in both */
	bool resigned;   /* of one width, and only one of them has a sign: the highest bit must be 0
	                  */
	bool counter;    /* MIGRATE_COUNTER adds it up */
	bool greatest;   /* or takes the greater of both: tagged ifbpf:max */
	bool unsure; /* neither, but it may count: what is set in both maps stays in the old one */
	bool apart;  /* a counter that no instruction can add: it stays in the old map */
	__u32 row;   /* its name */
};

struct fields {
	struct field *list;
	size_t len;
	__u32 from_size, to_size; /* bytes */
	bool identical;           /* the same layout: copied as a whole, with its padding */
	bool lossy;               /* something was dropped: two old records can become one new */
};

/* A type in BTF. */
struct field_type {
	const struct btf *btf;      /* or NULL */
	__u32 id, size;             /* bytes, as the map has it */
	bool denied;                /* there is BTF, which takes CAP_SYS_ADMIN to read */
	enum layout_verdict layout; /* what is known of it then */
};

/*
 * Map the fields of `from` to those of `to`, with a row for each; name is "key" or "value". Without
 * BTF on one side the other's is taken for both, if the sizes agree; without any, bytes are copied,
 * or added as 64-bit counters. Refusals are rows. Returns 0 or -ENOMEM.
 */
int fields_map(struct fields *fields, struct migrate_rows *rows, const char *name,
               const struct field_type *from, const struct field_type *to,
               enum migrate_class class);

/* Add a step. Returns 0, -ENOMEM, or -E2BIG for more than FIELDS_MAX. */
#define FIELDS_MAX 65536
int fields_add(struct fields *fields, const struct field *field);
void fields_free(struct fields *fields);

/*
 * Convert one record of from_size bytes into one of to_size bytes. Returns NULL, or the field whose
 * value does not fit.
 */
const struct field *fields_convert(const struct fields *fields, const void *from, void *to);

/* What a merge does with a field: see migrate_merge_field.h. */
enum field_merge {
	FIELD_MERGED,
	FIELD_STUCK,   /* its number does not fit, and stays in the old map */
	FIELD_UNADDED, /* it may count, cannot be added, and stays there */
};

/* The same in user space, without doing it. present: the new record. */
enum field_merge fields_merge(const struct field *field, const void *from, const void *present);

/* The walk through two types, for fields_map(). Returns 0 or a negative errno as above. */
int fields_walk(struct fields *fields, struct migrate_rows *rows, const char *name,
                const struct field_type *from, const struct field_type *to,
                enum migrate_class class);

#endif
