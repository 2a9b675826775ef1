/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of C structs in BTF, those of anonymous structs and unions inside included. */
#ifndef PINNING_MIGRATE_MEMBER_H
#define PINNING_MIGRATE_MEMBER_H

#include <bpf/btf.h>
#include <stdbool.h>
#include <stddef.h>

/* A place in a record. */
struct member {
	const char *name;
	__u32 type;     /* BTF id */
	__u32 bit;      /* from the beginning of the record */
	__u32 bitfield; /* bits, or 0 for a whole type */
	/* Where it stands: for the tags on it. */
	__u32 parent, index;
	/* In an anonymous union: */
	bool in_union;
	__u32 union_type, union_bit;
};

struct member_list {
	struct member *list;
	size_t len;
};

/* All named members of a struct, in order. Returns 0 or -ENOMEM. */
int member_list(const struct btf *btf, const struct member *of, struct member_list *members);
void member_list_free(struct member_list *members);

/* The member of that name. */
bool member_find(const struct btf *btf, const struct member *of, const char *name,
                 struct member *found);

/* Its type, past typedef, const, volatile, restrict and type tags; NULL for void. */
const struct btf_type *member_type(const struct btf *btf, const struct member *member);

/* The bits of an integer or enum of at most 64; 0 for anything else. */
__u32 member_bits(const struct btf *btf, const struct member *member);
bool member_is_signed(const struct btf *btf, const struct member *member);

/*
 * Two enums give one name different values, or one value different names: what was written by the
 * one means something else to the other. Constants that only one has are none. a_text and b_text
 * become the first such constant in each: "DENY = 1".
 */
bool member_constants_differ(const struct btf *a_btf, const struct member *a,
                             const struct btf *b_btf, const struct member *b, char a_text[64],
                             char b_text[64]);

/* Of network byte order by the name of its type: __be16, __be32, __be64. */
bool member_is_big_endian(const struct btf *btf, const struct member *member);

/* An integer that is neither an enum nor bool nor of network byte order (__be32). */
bool member_may_count(const struct btf *btf, const struct member *member);

/* And of at least 2 bytes: taken as a counter. */
bool member_is_counter(const struct btf *btf, const struct member *member);

/* The size of an integer type that is no counter, 1 or 2 bytes; else 0. */
__u32 member_small_size(const struct btf *btf, __u32 type);

/* A lock or reference count: the kernel shows it as zeros and ignores what is written there. */
bool member_is_lock(const struct btf *btf, const struct member *member);

/*
 * A timer, a list, a pointer to an object of the kernel: the same, but what it holds is state, and
 * is lost with the map.
 */
bool member_is_kernels(const struct btf *btf, const struct member *member);

/* A declaration tag on the member. */
bool member_has_tag(const struct btf *btf, const struct member *member, const char *tag);

/*
 * "__u64, 8 B at byte 16", "struct flow, 24 B at byte 0", "__u32:4 at bit 3"; what is no member of
 * a struct (without a parent) has no place: "char[16], 16 B".
 */
void member_describe(const struct btf *btf, const struct member *member, char out[64]);

#endif
