// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"

struct table *table_new(const char *name, const char *title)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table || bench.tables_len == BENCH_TABLES) {
		free(table);
		failed(-ENOMEM, "cannot make a table for %s", name);
		return NULL;
	}
	snprintf(table->name, sizeof(table->name), "%s", name);
	snprintf(table->title, sizeof(table->title), "%s", title);
	table->rounds = bench.rounds;
	table->seconds = bench.table_seconds;
	bench.tables[bench.tables_len++] = table;
	return table;
}

void table_free(struct table *table)
{
	free(table->samples);
	free(table);
}

void table_metric(struct table *table, struct metric metric)
{
	if (table->metrics_len < TABLE_METRICS)
		table->metrics[table->metrics_len++] = metric;
}

void table_note(struct table *table, const char *note)
{
	if (table->notes_len < TABLE_NOTES)
		table->notes[table->notes_len++] = note;
}

/* One place is kept for A/A. What does not fit is a mistake of the group, and ends the run. */
struct row *table_row(struct table *table, const char *name, const char *what,
                      int (*round)(struct row *row, double values[TABLE_METRICS]), void *subject)
{
	struct row *row = &table->rows[table->rows_len];

	if (table->rows_len >= TABLE_ROWS - 1 && strcmp(name, ROW_AA)) {
		failed(-E2BIG, "cannot add row %s to table %s", name, table->name);
		abort();
	}
	table->rows_len++;
	snprintf(row->name, sizeof(row->name), "%s", name);
	row->what = what;
	row->round = round;
	row->subject = subject;
	if (!table->reference[0])
		snprintf(table->reference, sizeof(table->reference), "%s", name);
	return row;
}

void table_again(struct table *table, const char *name)
{
	struct row *row = table_find(table, name), *again;
	char full[sizeof(row->name)];

	if (!row || row->missing[0])
		return;
	snprintf(full, sizeof(full), "%s/%.40s", ROW_AA, name);
	again = table_row(table, full, "the same once more", row->round, row->subject);
	again->peer = row->peer;
	snprintf(again->again, sizeof(again->again), "%s", name);
	snprintf(again->zero, sizeof(again->zero), "%s", row->zero);
}

struct row *table_find(struct table *table, const char *name)
{
	for (size_t i = 0; i < table->rows_len; i++)
		if (!strcmp(table->rows[i].name, name))
			return &table->rows[i];
	return NULL;
}

bool row_repeats(const struct row *row)
{
	return row->again[0] || !strcmp(row->name, ROW_AA);
}

static bool is_zero(const struct table *table, const struct row *row)
{
	for (size_t i = 0; i < table->rows_len; i++)
		if (!strcmp(table->rows[i].zero, row->name))
			return true;
	return false;
}

struct row *row_against(struct table *table, const struct row *row)
{
	if (row->vs[0] || row->again[0])
		return table_find(table, row->again[0] ? row->again : row->vs);
	if (strcmp(row->name, ROW_AA) &&
	    ((row->zero[0] && !table->zero_metric) || is_zero(table, row) ||
	     !strcmp(row->name, table->reference)))
		return NULL;
	return table_find(table, table->reference);
}

/* What failed, without the row's name in front: checks of frames begin with it. */
static const char *why_it_failed(const struct row *row)
{
	const char *why = log_last_failure();
	size_t len = strlen(row->name);

	if (strncmp(why, row->name, len) || strncmp(why + len, ": ", 2))
		return why;
	return why + len + 2;
}

void row_fail(struct table *table, struct row *row)
{
	row_missing(row, false, "failed: %s", why_it_failed(row));
	row->failed = true;
	for (size_t i = 0; i < table->rows_len; i++) {
		struct row *other = &table->rows[i];

		if (!strcmp(other->zero, row->name) && !other->missing[0])
			row_missing(other, false, "its zero line %s has failed", row->name);
		if (!strcmp(other->again, row->name) && !other->missing[0])
			row_missing(other, false, "%s has failed", row->name);
	}
}

const struct row *table_failed_row(const struct table *table)
{
	for (size_t i = 0; i < table->rows_len; i++)
		if (table->rows[i].failed)
			return &table->rows[i];
	return NULL;
}

void row_missing(struct row *row, bool absent, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(row->missing, sizeof(row->missing), fmt, args);
	va_end(args);
	row->absent = absent;
}
