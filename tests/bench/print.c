// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "tests/bench/bench.h"
#include "tests/bench/machine.h"
#include "tests/bench/print.h"
#include "tests/bench/results.h"
#include "tests/bench/targets.h"

/* Above this share of the CPUs, others have disturbed what was measured. */
#define OTHERS_LIMIT 0.1

const char *print_number(double number)
{
	static char texts[8][32];
	static unsigned int next;
	char *text = texts[next++ % 8];
	double size = fabs(number);
	int digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size == 0 ? 2 : 4;

	snprintf(text, sizeof(texts[0]), "%.*f", digits, number);
	return text;
}

const char *print_ratio(const struct summary *ratio)
{
	static char texts[2][40];
	static unsigned int next;
	char *text = texts[next++ % 2];

	snprintf(text, sizeof(texts[0]), "%s%.1s%s", ratio->even ? "~" : "", &ratio->bound,
	         print_number(ratio->median));
	return text;
}

const char *print_missing(const struct table *table, const struct row *row)
{
	return row->missing[0] || table->measured ? row->missing : "not measured";
}

const char *print_no_ratio(struct table *table, const struct row *row, size_t metric)
{
	const struct row *against = row_against(table, row);

	if (row->has_ratio[metric])
		return NULL;
	if (row->drowned[metric])
		return PRINT_NOISE;
	if (table->metrics[metric].no_ratio)
		return "count";
	return against ? "the other is not measured" : "compared to none";
}

const char *print_legend(const struct table *table)
{
	bool drowned = false;

	for (size_t r = 0; r < table->rows_len; r++)
		for (size_t m = 0; m < table->metrics_len; m++)
			drowned = drowned ||
			          (!table->rows[r].missing[0] &&
			           (table->rows[r].drowned[m] || (table->rows[r].has_ratio[m] &&
			                                          table->rows[r].ratio[m].bound)));
	return drowned ? PRINT_NOISE " instead of a ratio: both are less than three times as far "
	                             "from their zero lines as noise may bring them, or they may "
	                             "be the same; > or <: one of the two is, and the ratio is "
	                             "beyond that."
	               : NULL;
}

/* Of what is shown without its zero line, a share of what was measured says nothing. */
static bool has_zero_lines(const struct table *table, size_t metric)
{
	for (size_t r = 0; metric == table->zero_metric && r < table->rows_len; r++)
		if (table->rows[r].zero[0])
			return true;
	return false;
}

/* Of each metric that is no count. */
static void tell_noise(const struct table *table, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t m = 0; m < table->metrics_len; m++) {
		const struct metric *metric = &table->metrics[m];
		const struct noise *noise = &table->noise[m];

		if (metric->no_ratio || len >= size)
			continue;
		len += (size_t)snprintf(text + len, size - len, ", A/A of %s within ",
		                        metric->name);
		if (len < size && has_zero_lines(table, m))
			len += (size_t)snprintf(text + len, size - len,
			                        "%s %s (%.1f%% of a row with its zero line)",
			                        print_number(noise->size), metric->unit,
			                        noise->share * 100);
		else if (len < size)
			len += (size_t)snprintf(text + len, size - len, "%.1f%%",
			                        noise->share * 100);
		if (len < size && !noise->reliable)
			len += (size_t)snprintf(text + len, size - len, ": UNRELIABLE");
	}
}

const char *print_doubt(const struct table *table, size_t metric)
{
	return !table->measured || table->noise[metric].reliable ? "" : ", UNRELIABLE";
}

/* How often it was measured, and of one that is unreliable all the same why not once more. */
static void tell_attempts(const struct table *table, char *text, size_t size)
{
	bool unreliable = !results_are_reliable(table);
	char times[60] = "";

	if (table->attempts > 1)
		snprintf(times, sizeof(times), ", measured %u times, the quietest is shown",
		         table->attempts);
	if (unreliable && bench.quick)
		snprintf(text, size, "%s, not repeated in a quick run", times);
	else if (unreliable && table->unrepeated[0])
		snprintf(text, size, "%s, not repeated%s: %s", times, times[0] ? " again" : "",
		         table->unrepeated);
	else
		snprintf(text, size, "%s", times);
}

const char *print_sureness(const struct table *table)
{
	static char text[640];
	char noise[300], attempts[200];

	if (!table->measured) {
		snprintf(text, sizeof(text), "not measured%s%s", table->failed[0] ? ": " : "",
		         table->failed);
		return text;
	}
	tell_noise(table, noise, sizeof(noise));
	tell_attempts(table, attempts, sizeof(attempts));
	snprintf(text, sizeof(text), "%u round%s%s%s, others used %.0f%% of the CPUs%s",
	         table->rounds_done, table->rounds_done == 1 ? "" : "s",
	         table->rounds_done >= ROUNDS_LEAST ? "" : ", too few to be trusted", noise,
	         table->others * 100, attempts);
	return text;
}

const char *print_disturbed(void)
{
	static char text[160];
	double others = bench.others;

	for (size_t i = 0; i < bench.tables_len; i++)
		others = fmax(others, bench.tables[i]->others);
	if (others <= OTHERS_LIMIT)
		return NULL;
	snprintf(text, sizeof(text),
	         "others used up to %.0f%% of the CPUs before or while it was measured",
	         others * 100);
	return text;
}

void print_machine(void)
{
	const char *disturbed = print_disturbed();
	struct fact facts[MACHINE_FACTS];
	size_t len = machine_facts(facts, MACHINE_FACTS);

	for (size_t i = 0; i < len; i++)
		printf("%-14s %s\n", facts[i].name, facts[i].value);
	if (bench.quick)
		puts("mode           quick: " QUICK_MEANS);
	if (disturbed)
		printf("%-14s %s\n", "loaded", disturbed);
	if (bench.incomplete[0])
		printf("%-14s %s\n", "incomplete", bench.incomplete);
	printf("%-14s %s\n", "how to read it", HOW_TO_READ);
	putchar('\n');
}

static void print_metric(const struct table *table, const struct row *row, size_t m)
{
	char range[64];

	snprintf(range, sizeof(range), "(%s .. %s)", print_number(row->value[m].min),
	         print_number(row->value[m].max));
	printf("  %10s %-22s", print_number(row->value[m].median), range);
	if (table->metrics[m].no_ratio)
		return;
	if (row->has_ratio[m])
		printf(" %7sx", print_ratio(&row->ratio[m]));
	else
		printf(" %8s", row->drowned[m] ? PRINT_NOISE : "-");
}

static int name_width(const struct table *table)
{
	size_t width = 8;

	for (size_t r = 0; r < table->rows_len; r++)
		if (strlen(table->rows[r].name) > width)
			width = strlen(table->rows[r].name);
	return (int)width;
}

void print_table(struct table *table)
{
	const char *legend = print_legend(table);
	const struct row *against;
	int width = name_width(table);
	char head[64];

	printf("%s: %s\n  %s\n", table->name, table->title, print_sureness(table));
	for (size_t i = 0; i < table->notes_len; i++)
		printf("  %s\n", table->notes[i]);
	if (legend)
		printf("  %s\n", legend);
	printf("  %-*s", width, "");
	for (size_t m = 0; m < table->metrics_len; m++) {
		snprintf(head, sizeof(head), "%s, %s%s", table->metrics[m].name,
		         table->metrics[m].unit, print_doubt(table, m));
		printf("  %-*s", table->metrics[m].no_ratio ? 33 : 42, head);
	}
	printf("  %-*s  row\n", width, "against");
	for (size_t r = 0; r < table->rows_len; r++) {
		const struct row *row = &table->rows[r];

		printf("  %-*s", width, row->name);
		if (print_missing(table, row)[0]) {
			printf("  %s\n", print_missing(table, row));
			continue;
		}
		for (size_t m = 0; m < table->metrics_len; m++)
			print_metric(table, row, m);
		against = row_against(table, row);
		printf("  %-*s  %s\n", width, against ? against->name : "", row->what);
	}
	putchar('\n');
}

void print_targets(void)
{
	size_t unasked = targets_unasked();

	puts("targets");
	for (size_t i = 0; i < targets_len; i++)
		if (target_is_asked(&targets[i]))
			printf("  %-13s %s%s%s\n", target_verdict(&targets[i]), targets[i].sentence,
			       targets[i].found[0] ? ": " : "", targets[i].found);
	if (unasked)
		printf("  %-13s %zu " TARGETS_UNASKED "\n", "not measured", unasked);
}
