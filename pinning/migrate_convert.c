// SPDX-License-Identifier: GPL-2.0-or-later
/* Carrying out what migrate_fields planned, in user space. */
#include <string.h>
#include "pinning/migrate_fields.h"

/* BTF counts the bits of a record from the lowest address, as the compiler fills it. */
static unsigned int bit_shift(__u32 bit)
{
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? bit % 8 : 7 - bit % 8;
}

/* Which bit of the record is bit n of an integer, 0 being the lowest. */
static __u32 bit_place(__u32 at, __u32 bits, __u32 n)
{
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? at + n : at + bits - 1 - n;
}

static __u64 read_bits(const __u8 *record, __u32 at, __u32 bits)
{
	__u64 value = 0;

	for (__u32 n = 0; n < bits; n++) {
		__u32 bit = bit_place(at, bits, n);

		value |= (__u64)(record[bit / 8] >> bit_shift(bit) & 1) << n;
	}
	return value;
}

static void write_bits(__u8 *record, __u32 at, __u32 bits, __u64 value)
{
	for (__u32 n = 0; n < bits; n++) {
		__u32 bit = bit_place(at, bits, n);

		record[bit / 8] |= (value >> n & 1) << bit_shift(bit);
	}
}

static bool whole(__u32 at, __u32 bits, __u32 size)
{
	return bits == size && at % 8 == 0;
}

static __u64 read_integer(const __u8 *record, __u32 at, __u32 bits, bool is_signed)
{
	const __u8 *p = record + at / 8;
	__u64 value;

	if (whole(at, bits, 64)) {
		memcpy(&value, p, 8);
	} else if (whole(at, bits, 32)) {
		__u32 word;

		memcpy(&word, p, 4);
		value = word;
	} else {
		value = read_bits(record, at, bits);
	}
	if (is_signed && bits < 64 && value >> (bits - 1))
		value |= ~0ULL << bits;
	return value;
}

static void write_integer(__u8 *record, __u32 at, __u32 bits, __u64 value)
{
	if (whole(at, bits, 64)) {
		memcpy(record + at / 8, &value, 8);
	} else if (whole(at, bits, 32)) {
		__u32 word = value;

		memcpy(record + at / 8, &word, 4);
	} else {
		write_bits(record, at, bits, value);
	}
}

/* Between network byte order and the machine's own. */
static __u64 turn_bytes(__u64 value, __u32 bits)
{
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap64(value) >> (64 - bits)
	                                                 : value;
}

/* The number must be the same. Sums of counters are the same in __u32 and int. */
static bool integer_fits(const struct field *f, __u64 value)
{
	bool negative = f->from_signed && value >> 63;

	if (f->from_bits == f->to_bits)
		return !f->resigned || !(value >> (f->from_bits - 1) & 1);
	if (negative)
		return f->to_signed && (f->to_bits == 64 || ~value >> (f->to_bits - 1) == 0);
	return f->to_bits == 64 || value >> (f->to_bits - f->to_signed) == 0;
}

static bool all_zero(const __u8 *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

static bool convert_field(const struct field *f, const __u8 *from, __u8 *to)
{
	__u64 value;

	switch (f->kind) {
	case FIELD_BYTES: memcpy(to + f->to / 8, from + f->from / 8, f->from_bits / 8); return true;
	case FIELD_CUT: return all_zero(from + f->from / 8, f->from_bits / 8);
	case FIELD_INTEGER:
		value = read_integer(from, f->from, f->from_bits, f->from_signed);
		if (f->big_endian)
			value = turn_bytes(value, f->from_bits);
		if (!integer_fits(f, value))
			return false;
		if (f->big_endian)
			value = turn_bytes(value, f->to_bits);
		write_integer(to, f->to, f->to_bits, value);
	}
	return true;
}

const struct field *fields_convert(const struct fields *fields, const void *from, void *to)
{
	if (fields->identical) {
		memcpy(to, from, fields->to_size);
		return NULL;
	}
	memset(to, 0, fields->to_size);
	for (size_t i = 0; i < fields->len; i++)
		if (!convert_field(&fields->list[i], from, to))
			return &fields->list[i];
	return NULL;
}

static __u64 read_number(const struct field *f, const __u8 *record, bool old)
{
	__u32 bits = old ? f->from_bits : f->to_bits;
	__u64 value = read_integer(record, old ? f->from : f->to, bits,
	                           old ? f->from_signed : f->to_signed);

	return f->big_endian ? turn_bytes(value, bits) : value;
}

static enum field_merge merge_integer(const struct field *f, const __u8 *from, const __u8 *present)
{
	__u64 old = read_number(f, from, true), new = read_number(f, present, false);
	bool narrower = f->to_bits < f->from_bits, is_signed = f->from_signed && f->to_signed;

	if (f->greatest) {
		if (!old || (is_signed ? (__s64) new >= (__s64)old : new >= old))
			return FIELD_MERGED;
	} else if (f->counter) {
		if (narrower && !integer_fits(f, old + new))
			return FIELD_STUCK;
	} else if (!old || old == new) {
		return FIELD_MERGED;
	} else if (new) {
		return f->unsure ? FIELD_UNADDED : FIELD_MERGED;
	}
	return narrower && !integer_fits(f, old) ? FIELD_STUCK : FIELD_MERGED;
}

enum field_merge fields_merge(const struct field *f, const void *from, const void *present)
{
	const __u8 *old = from, *new = present;
	bool zero = f->kind == FIELD_INTEGER && !f->apart
	                    ? false
	                    : all_zero(old + f->from / 8, f->from_bits / 8);

	if (f->kind == FIELD_CUT)
		return zero ? FIELD_MERGED : FIELD_STUCK;
	if (f->apart)
		return zero ? FIELD_MERGED : FIELD_UNADDED;
	if (f->kind == FIELD_INTEGER)
		return merge_integer(f, old, new);
	return f->unsure && !zero && !all_zero(new + f->to / 8, f->to_bits / 8) ? FIELD_UNADDED
	                                                                        : FIELD_MERGED;
}
