// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counters are added to the new map and subtracted from the old one by atomic instructions, never
 * set: an interrupt in between that counts on, in either map, is kept. So no kernel needs to run
 * the program with softirqs off.
 */
#include <errno.h>
#include <stddef.h>
#include "pinning/migrate_merge_field.h"
#include "pinning/migrate_program.h"

/* Above this a jump over the field would not reach. */
#define CHUNKS_MAX 8192

/* Where a field stays in the old map, which counter_at counts. Jumps of both kinds land here. */
static void stays(struct code *c, const int *jumps, int count, size_t counter_at)
{
	int done = code_jump(c, BPF_JA, 0, 0);

	for (int i = 0; i < count; i++)
		code_jump_lands(c, jumps[i]);
	code_load(c, 64, R2, R6, counter_at);
	code_alu(c, BPF_ADD, R2, 1);
	code_store(c, 64, R6, R2, counter_at);
	code_jump_lands(c, done);
}

/* A number does not fit. */
static void stuck(struct code *c, const int *jumps, int count)
{
	stays(c, jumps, count, offsetof(struct program_cursor, stuck));
}

/* What may be a count can be neither added nor copied. */
static void unadded(struct code *c, const int *jumps, int count)
{
	stays(c, jumps, count, offsetof(struct program_cursor, unadded));
}

/* A jump that is taken if the number in reg is none of the new field's. Uses R4. */
static int unless_fits(struct code *c, const struct field *f, __u8 reg)
{
	code_move(c, R4, reg);
	if (f->from_signed && f->to_signed) {
		code_extend_sign(c, R4, f->to_bits);
		return code_jump_reg(c, BPF_JNE, R4, reg);
	}
	code_alu(c, BPF_RSH, R4, (__s32)(f->to_bits - f->to_signed));
	return code_jump(c, BPF_JNE, R4, 0);
}

/* An interrupt can change the word in between: to lose twice in a row takes two of them. */
#define EXCHANGES 2

/*
 * Add R1 to a number of 16 bits, for which there is no atomic instruction, by exchanging the word
 * of 32 bits around it. Returns how many jumps it made to where the counter stays.
 */
static int add_in_word(struct code *c, const struct field *f, int misfits[EXCHANGES + 1])
{
	__u32 at = f->to / 8, word = at / 4 * 4;
	__s32 shift =
		__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 8 * (at - word) : 8 * (2 - (at - word));
	int done[EXCHANGES];

	for (int i = 0; i < EXCHANGES; i++) {
		code_load(c, 32, R0, R9, word);
		code_move(c, R5, R0);
		code_move(c, R3, R0);
		code_alu(c, BPF_RSH, R3, shift);
		code_alu(c, BPF_AND, R3, 0xffff);
		if (f->to_signed)
			code_extend_sign(c, R3, 16);
		code_emit(c, BPF_ALU64 | BPF_ADD | BPF_X, R3, R1, 0, 0);
		misfits[i] = unless_fits(c, f, R3);
		code_alu(c, BPF_AND, R3, 0xffff);
		code_alu(c, BPF_LSH, R3, shift);
		code_move(c, R4, R5);
		code_alu(c, BPF_AND, R4, (__s32) ~(0xffffU << shift));
		code_emit(c, BPF_ALU64 | BPF_OR | BPF_X, R3, R4, 0, 0);
		code_emit(c, BPF_STX | BPF_ATOMIC | BPF_W, R9, R3, (__s16)word, BPF_CMPXCHG);
		done[i] = code_jump_reg(c, BPF_JEQ, R0, R5);
	}
	misfits[EXCHANGES] = code_jump(c, BPF_JA, 0, 0);
	for (int i = 0; i < EXCHANGES; i++)
		code_jump_lands(c, done[i]);
	return EXCHANGES + 1;
}

/* Take R1 from the old map. */
static void subtract(struct code *c, const struct field *f)
{
	if (f->from_bits == 16) {
		/* The old program, the only one to write it, has ended. */
		code_load(c, 16, R2, R8, f->from / 8);
		code_emit(c, BPF_ALU64 | BPF_SUB | BPF_X, R2, R1, 0, 0);
		code_store(c, 16, R8, R2, f->from / 8);
		return;
	}
	code_move(c, R2, R1);
	code_emit(c, BPF_ALU64 | BPF_NEG, R2, 0, 0, 0);
	code_emit(c, BPF_STX | BPF_XADD | code_width(f->from_bits), R8, R2, (__s16)(f->from / 8),
	          0);
}

static void add_counter(struct code *c, const struct field *f)
{
	bool narrower = f->to_bits < f->from_bits;
	int misfits[EXCHANGES + 2], count = 0;

	code_load_integer(c, R1, R8, f->from, f->from_bits, f->from_signed);
	if (narrower)
		misfits[count++] = unless_fits(c, f, R1);
	if (f->to_bits == 16) {
		count += add_in_word(c, f, misfits + count);
	} else if (narrower) {
		code_load_integer(c, R3, R9, f->to, f->to_bits, f->to_signed);
		code_emit(c, BPF_ALU64 | BPF_ADD | BPF_X, R3, R1, 0, 0);
		misfits[count++] = unless_fits(c, f, R3);
	}
	if (f->to_bits != 16)
		code_emit(c, BPF_STX | BPF_XADD | code_width(f->to_bits), R9, R1,
		          (__s16)(f->to / 8), 0);
	subtract(c, f);
	if (count)
		stuck(c, misfits, count);
}

/* A number of network byte order in reg becomes one of the machine's, and back. */
static void turn_bytes(struct code *c, const struct field *f, __u8 reg, __u32 bits)
{
	if (f->big_endian)
		code_emit(c, BPF_ALU | BPF_END | BPF_TO_BE, reg, 0, 0, (__s32)bits);
}

/* Both numbers, to be compared: R1 the old one, R2 the new one. */
static void load_both(struct code *c, const struct field *f)
{
	code_load_integer(c, R1, R8, f->from, f->from_bits, f->from_signed);
	turn_bytes(c, f, R1, f->from_bits);
	code_load_integer(c, R2, R9, f->to, f->to_bits, f->to_signed);
	turn_bytes(c, f, R2, f->to_bits);
}

/* Put R1 into the new field; it is of no use afterwards. */
static void put(struct code *c, const struct field *f)
{
	turn_bytes(c, f, R1, f->to_bits);
	code_store(c, f->to_bits, R9, R1, f->to / 8);
}

/* The greater of both. */
static void take_greater(struct code *c, const struct field *f)
{
	bool narrower = f->to_bits < f->from_bits;
	bool is_signed = f->from_signed && f->to_signed;
	int keep[2], misfit = 0;

	load_both(c, f);
	keep[0] = code_jump(c, BPF_JEQ, R1, 0);
	keep[1] = code_jump_reg(c, is_signed ? BPF_JSGE : BPF_JGE, R2, R1);
	if (narrower)
		misfit = unless_fits(c, f, R1);
	put(c, f);
	if (narrower)
		stuck(c, &misfit, 1);
	code_jump_lands(c, keep[0]);
	code_jump_lands(c, keep[1]);
}

/* The old one where the new one is still zero. Of what may count, one that differs stays. */
static void take_first(struct code *c, const struct field *f)
{
	bool narrower = f->to_bits < f->from_bits;
	int none, same, taken, misfit = 0;

	load_both(c, f);
	none = code_jump(c, BPF_JEQ, R1, 0);
	same = code_jump_reg(c, BPF_JEQ, R1, R2);
	taken = code_jump(c, BPF_JNE, R2, 0);
	if (narrower)
		misfit = unless_fits(c, f, R1);
	put(c, f);
	/* Merged again, after the new one went on, it would differ. */
	if (f->unsure) {
		code_set(c, R3, 0);
		code_store(c, f->from_bits, R8, R3, f->from / 8);
	}
	if (narrower)
		stuck(c, &misfit, 1);
	if (f->unsure)
		unadded(c, &taken, 1);
	else
		code_jump_lands(c, taken);
	code_jump_lands(c, none);
	code_jump_lands(c, same);
}

/* The largest step that is aligned on both sides. */
static __u32 chunk_at(const struct field *f, __u32 at)
{
	__u32 from = f->from / 8 + at, to = f->to / 8 + at, left = f->from_bits / 8 - at, bytes = 8;

	while (bytes > left || from % bytes || to % bytes)
		bytes /= 2;
	return bytes;
}

/* R1 becomes zero if all bytes of the field are, at this place of the record in base. */
static void gather(struct code *c, const struct field *f, __u8 base, __u32 place)
{
	__u32 bytes = f->from_bits / 8, chunks = 0;

	code_set(c, R1, 0);
	for (__u32 at = 0; at < bytes; at += chunk_at(f, at), chunks++) {
		code_load(c, 8 * chunk_at(f, at), R2, base, place / 8 + at);
		code_emit(c, BPF_ALU64 | BPF_OR | BPF_X, R1, R2, 0, 0);
	}
	if (!c->err && chunks > (f->unsure ? CHUNKS_MAX / 2 : CHUNKS_MAX))
		c->err = -E2BIG;
}

/* Bytes that are no counters: if all of the new field is zero, it gets the old one. */
static void copy_bytes(struct code *c, const struct field *f)
{
	__u32 bytes = f->from_bits / 8;
	int none = 0, taken;

	if (f->unsure) {
		gather(c, f, R8, f->from);
		none = code_jump(c, BPF_JEQ, R1, 0);
	}
	gather(c, f, R9, f->to);
	taken = code_jump(c, BPF_JNE, R1, 0);
	for (__u32 at = 0; at < bytes; at += chunk_at(f, at)) {
		code_load(c, 8 * chunk_at(f, at), R2, R8, f->from / 8 + at);
		code_store(c, 8 * chunk_at(f, at), R9, R2, f->to / 8 + at);
		/* R1 is zero. Merged again, after the new one went on, it would be left. */
		if (f->unsure)
			code_store(c, 8 * chunk_at(f, at), R8, R1, f->from / 8 + at);
	}
	if (!f->unsure) {
		code_jump_lands(c, taken);
		return;
	}
	unadded(c, &taken, 1);
	code_jump_lands(c, none);
}

/* The same for what may be a count, in one step: the new program may begin to count meanwhile. */
static void exchange_bytes(struct code *c, const struct field *f)
{
	int none, taken;

	code_load(c, f->from_bits, R1, R8, f->from / 8);
	none = code_jump(c, BPF_JEQ, R1, 0);
	code_set(c, R0, 0);
	code_emit(c, BPF_STX | BPF_ATOMIC | code_width(f->to_bits), R9, R1, (__s16)(f->to / 8),
	          BPF_CMPXCHG);
	taken = code_jump(c, BPF_JNE, R0, 0);
	subtract(c, f);
	unadded(c, &taken, 1);
	code_jump_lands(c, none);
}

/* What was cut off an array stays, and so do counters that cannot be added. */
static void leave(struct code *c, const struct field *f)
{
	int set_there;

	gather(c, f, R8, f->from);
	set_there = code_jump(c, BPF_JNE, R1, 0);
	if (f->kind == FIELD_CUT)
		stuck(c, &set_there, 1);
	else
		unadded(c, &set_there, 1);
}

static bool fits_exchange(const struct field *f)
{
	return f->kind == FIELD_BYTES && f->unsure && (f->to_bits == 32 || f->to_bits == 64) &&
	       f->from % f->to_bits == 0 && f->to % f->to_bits == 0;
}

bool merge_adds_in_word(const struct field *f)
{
	return f->kind == FIELD_INTEGER && f->counter && !f->greatest && f->to_bits == 16;
}

bool merge_exchanges(const struct field *f)
{
	return fits_exchange(f) || merge_adds_in_word(f);
}

void merge_field(struct code *c, const struct field *f, bool no_exchange)
{
	if (f->kind == FIELD_CUT || f->apart || (no_exchange && merge_adds_in_word(f)))
		leave(c, f);
	else if (fits_exchange(f) && !no_exchange)
		exchange_bytes(c, f);
	else if (f->kind == FIELD_BYTES)
		copy_bytes(c, f);
	else if (f->greatest)
		take_greater(c, f);
	else if (f->counter)
		add_counter(c, f);
	else
		take_first(c, f);
}
