// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/bench/bench.h"
#include "tests/bench/print.h"
#include "tests/bench/results.h"
#include "tests/bench/targets.h"

struct target *targets;
size_t targets_len;

static const char *const comparisons[] = {
	[TARGET_AT_MOST] = "at most",
	[TARGET_AT_LEAST] = "at least",
	[TARGET_EXACTLY] = "exactly",
};

static struct table *find_table(const char *name)
{
	for (size_t i = 0; i < bench.tables_len; i++)
		if (!strcmp(bench.tables[i]->name, name))
			return bench.tables[i];
	return NULL;
}

/* The number of a metric, or -1. */
static int find_metric(const struct table *table, const char *name)
{
	for (size_t m = 0; m < table->metrics_len; m++)
		if (!strcmp(table->metrics[m].name, name))
			return (int)m;
	return -1;
}

/* The row is there and measured; else says why not. */
static bool is_measured(struct target *target, const struct table *table, const struct row *row,
                        const char *name)
{
	if (row && !row->missing[0] && table->measured)
		return true;
	target->state = row && row->absent ? TARGET_NOT_BUILT : TARGET_NOT_MEASURED;
	if (row && row->missing[0])
		snprintf(target->found, sizeof(target->found), "%s%s%s",
		         name == target->row ? "" : name, name == target->row ? "" : " ",
		         row->missing);
	else if (row)
		snprintf(target->found, sizeof(target->found), "%s", table->failed);
	else
		snprintf(target->found, sizeof(target->found), "table %s has no row %s",
		         table->name, name);
	return false;
}

/* Of a count the worst round: it must hold in each. Of anything else the median. */
static double value_of(const struct target *target, const struct metric *metric,
                       const struct summary *value)
{
	if (!metric->no_ratio)
		return value->median;
	if (target->is == TARGET_EXACTLY)
		return value->max > target->limit ? value->max : value->min;
	return target->is == TARGET_AT_LEAST ? value->min : value->max;
}

static bool is_met(const struct target *target)
{
	switch (target->is) {
	case TARGET_AT_MOST: return target->measured <= target->limit;
	case TARGET_AT_LEAST: return target->measured >= target->limit;
	case TARGET_EXACTLY: break;
	}
	return target->measured == target->limit;
}

/* Rows of two tables took no turns: the ratio is that of their medians, and noise that of both. */
static bool compare_tables(struct target *target, struct table *table, const struct row *row,
                           struct table *other, const struct row *vs, size_t m)
{
	double mine = row->value[m].median, theirs = vs->value[m].median;
	double ratio = table->metrics[m].higher ? mine / theirs : theirs / mine;

	if (mine <= 0 || theirs <= 0)
		return false;
	target->measured = ratio;
	target->margin = ratio * (results_noise_of(table, row, m) + results_noise_of(other, vs, m) +
	                          row->value[m].unsure / mine + vs->value[m].unsure / theirs);
	return true;
}

/* What is measured, and how far noise may bring it off. Returns false if the numbers do not tell.
 */
static bool measure(struct target *target, struct table *table, const struct row *row,
                    struct table *other, const struct row *vs, size_t m)
{
	const struct summary *value = &row->value[m];
	struct summary ratio;

	if (vs && other != table)
		return compare_tables(target, table, row, other, vs, m);
	if (!vs) {
		target->measured = value_of(target, &table->metrics[m], value);
		if (!table->metrics[m].no_ratio)
			target->margin = fmax(results_noise_of(table, row, m) * fabs(value->median),
			                      value->unsure);
		return true;
	}
	if (!results_ratio(table, row, vs, m, &ratio))
		return false;
	target->measured = ratio.median;
	target->bound = ratio.bound;
	if (!ratio.bound) /* which has the noise in it */
		target->margin = results_ratio_margin(table, row, vs, m, &ratio);
	return true;
}

/* Behind what was found: why that does not decide, where the numbers themselves do not show it. */
static void tell_more(struct target *target, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void tell_more(struct target *target, const char *fmt, ...)
{
	size_t len = strlen(target->found);
	va_list args;

	va_start(args, fmt);
	vsnprintf(target->found + len, sizeof(target->found) - len, fmt, args);
	va_end(args);
}

/* Nothing was seen, but there is what would not have been. */
static void doubt(struct target *target, const struct table *table, const struct row *row, size_t m)
{
	const char *silent = table->metrics[m].silent;
	int other = silent ? find_metric(table, silent) : -1;

	if (other < 0 || target->state != TARGET_MET || row->value[other].max <= 0)
		return;
	target->state = TARGET_UNSURE;
	tell_more(target, ", but %s is up to %s %s", silent, print_number(row->value[other].max),
	          table->metrics[other].unit);
}

/* What lies beyond a bound lies on one side of the limit. */
static bool bound_decides(const struct target *target)
{
	bool met = is_met(target);

	if (!target->bound)
		return true;
	return (target->bound == '>') == (target->is == TARGET_AT_LEAST) ? met : !met;
}

static void tell_found(struct target *target)
{
	char sure[40] = "";

	if (target->margin >= 0)
		snprintf(sure, sizeof(sure), ", sure within %s", print_number(target->margin));
	snprintf(target->found, sizeof(target->found), "%s%s %s%s, wanted %s %s",
	         target->bound == '>'   ? "more than "
	         : target->bound == '<' ? "less than "
	                                : "",
	         print_number(target->measured), target->unit, sure, comparisons[target->is],
	         print_number(target->limit));
}

/*
 * Whether there is more to it than noise. A column that A/A calls unreliable may tell all the same,
 * if the limit is far off. Counts are what they are. What the numbers do not show is told.
 */
static bool is_sure(struct target *target, const struct table *table, const struct table *other,
                    size_t m)
{
	const struct table *few = table->rounds_done < ROUNDS_LEAST   ? table
	                          : other->rounds_done < ROUNDS_LEAST ? other
	                                                              : NULL;

	if (table->metrics[m].no_ratio)
		return true;
	if (bench.quick) {
		tell_more(target, ", but a quick run does not tell times");
		return false;
	}
	if (few)
		tell_more(target, ", but %u round%s of %s are too few", few->rounds_done,
		          few->rounds_done == 1 ? "" : "s", few->name);
	return !few && bound_decides(target) &&
	       fabs(target->measured - target->limit) > target->margin;
}

static void judge(struct target *target)
{
	struct table *table = find_table(target->table), *other = table;
	const char *vs_name = target->vs, *colon = strchr(target->vs, ':');
	struct row *row, *vs = NULL;
	char name[48];
	int m;

	target->state = TARGET_NOT_MEASURED;
	target->margin = -1;
	target->found[0] = '\0';
	target->unit = NULL;
	if (!table) {
		snprintf(target->found, sizeof(target->found), "this run has no table %s",
		         target->table);
		return;
	}
	if (table->reduced[0]) {
		snprintf(target->found, sizeof(target->found), "%s", table->reduced);
		return;
	}
	row = table_find(table, target->row);
	m = find_metric(table, target->metric);
	if (!is_measured(target, table, row, target->row))
		return;
	if (m < 0) {
		snprintf(target->found, sizeof(target->found), "table %s has no metric %s",
		         table->name, target->metric);
		return;
	}
	if (colon) {
		snprintf(name, sizeof(name), "%.*s", (int)(colon - vs_name), vs_name);
		other = find_table(name);
		vs_name = colon + 1;
		if (!other) {
			snprintf(target->found, sizeof(target->found), "there is no table %s",
			         name);
			return;
		}
		if (find_metric(other, target->metric) != m) {
			snprintf(target->found, sizeof(target->found),
			         "table %s has another metric", name);
			return;
		}
	}
	if (*vs_name)
		vs = table_find(other, vs_name);
	if (*vs_name && !is_measured(target, other, vs, vs_name))
		return;
	target->unit = vs ? "times" : table->metrics[m].unit;
	target->bound = '\0';
	if (!measure(target, table, row, other, vs, (size_t)m)) {
		target->state = TARGET_UNSURE;
		target->unit = NULL;
		snprintf(target->found, sizeof(target->found), "drowns in the noise");
		return;
	}
	tell_found(target);
	target->state = is_met(target) ? TARGET_MET : TARGET_MISSED;
	if (!is_sure(target, table, other, (size_t)m))
		target->state = TARGET_UNSURE;
	doubt(target, table, row, (size_t)m);
}

void targets_judge(void)
{
	for (size_t i = 0; i < targets_len; i++)
		judge(&targets[i]);
}

/* In a run of all groups each target has a line, whatever is missing. */
bool target_is_asked(const struct target *target)
{
	return find_table(target->table) || (bench.all_groups && !bench.quick);
}

size_t targets_unasked(void)
{
	size_t n = 0;

	for (size_t i = 0; i < targets_len; i++)
		n += !target_is_asked(&targets[i]);
	return n;
}

const char *target_verdict(const struct target *target)
{
	switch (target->state) {
	case TARGET_MET: return "met";
	case TARGET_MISSED: return "missed";
	case TARGET_UNSURE: return "unsure";
	case TARGET_NOT_BUILT: return "not built yet";
	case TARGET_NOT_MEASURED: break;
	}
	return "not measured";
}

void targets_free(void)
{
	free(targets);
	targets = NULL;
	targets_len = 0;
}
