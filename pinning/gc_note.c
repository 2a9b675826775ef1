// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <time.h>
#include "pinning/gc_note.h"

#define FIELD_GONE "gone"

static long long now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec;
}

bool gc_note_present(const struct record *rec)
{
	char text[128];

	return !record_get_other(rec, FIELD_GONE, text, sizeof(text));
}

/* The two times of a note, if it is of the record's generation. */
static bool read_note(const struct record *rec, long long *real, long long *boot)
{
	unsigned long long gen;
	char text[128];
	int end = 0;

	return !record_get_other(rec, FIELD_GONE, text, sizeof(text)) &&
	       sscanf(text, "%lld,%lld,%llu%n", real, boot, &gen, &end) == 3 && !text[end] &&
	       gen == rec->gen;
}

static int write_note(struct record *rec, long long real, long long boot)
{
	/* What stage_seal() makes of the generation. */
	unsigned long long gen = ((rec->gen + 1) | 1) + 1;
	char text[128];

	snprintf(text, sizeof(text), "%lld,%lld,%llu", real, boot, gen);
	return record_set_other(rec, FIELD_GONE, text);
}

long long gc_note_age(const struct record *rec)
{
	long long real, boot;

	if (!read_note(rec, &real, &boot))
		return -1;
	real = now(CLOCK_REALTIME) - real;
	boot = now(CLOCK_BOOTTIME) - boot;
	if (real < 0 || boot < 0)
		return -1;
	return real < boot ? real : boot;
}

int gc_note_set(struct record *rec)
{
	return write_note(rec, now(CLOCK_REALTIME), now(CLOCK_BOOTTIME));
}

int gc_note_carry(struct record *rec)
{
	long long real, boot;

	return read_note(rec, &real, &boot) ? write_note(rec, real, boot) : 0;
}

void gc_note_unset(struct record *rec)
{
	record_unset_other(rec, FIELD_GONE);
}
