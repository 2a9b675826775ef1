// SPDX-License-Identifier: GPL-2.0-or-later
/* docs/BENCH.md, and its plots by gnuplot. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/command.h"
#include "tests/bench/docs.h"
#include "tests/bench/machine.h"
#include "tests/bench/plot.h"
#include "tests/bench/print.h"
#include "tests/bench/targets.h"

static void write_machine(FILE *f)
{
	struct fact facts[MACHINE_FACTS];
	size_t len = machine_facts(facts, MACHINE_FACTS);
	const char *disturbed = print_disturbed();

	fputs("| | |\n|---|---|\n", f);
	for (size_t i = 0; i < len; i++)
		fprintf(f, "| %s | %s |\n", facts[i].name, facts[i].value);
	fputc('\n', f);
	if (disturbed)
		fprintf(f, "**Taken on a loaded machine**: %s.\n\n", disturbed);
	if (bench.incomplete[0])
		fprintf(f, "**Incomplete**: %s.\n\n", bench.incomplete);
	if (bench.quick)
		fputs(DOCS_QUICK ": " QUICK_MEANS ".\n\n", f);
}

static void write_row(FILE *f, struct table *table, const struct row *row)
{
	const char *bold = row->ratio[0].even ? "" : "**"; /* what may be noise is not stressed */

	fprintf(f, "| `%s` | %s |", row->name, row->what);
	if (print_missing(table, row)[0]) {
		fprintf(f, " %s |", print_missing(table, row));
		for (size_t m = 1; m < table->metrics_len; m++)
			fputs(" |", f);
		fputs(" |\n", f);
		return;
	}
	for (size_t m = 0; m < table->metrics_len; m++) {
		fprintf(f, " %s (%s – %s)", print_number(row->value[m].median),
		        print_number(row->value[m].min), print_number(row->value[m].max));
		if (m > 0 && row->has_ratio[m])
			fprintf(f, ", %s×", print_ratio(&row->ratio[m]));
		else if (m > 0 && row->drowned[m])
			fputs(", " PRINT_NOISE, f);
		fputs(" |", f);
	}
	if (row->has_ratio[0] && row->ratio[0].bound)
		fprintf(f, " **%s×** `%s` |\n", print_ratio(&row->ratio[0]),
		        row_against(table, row)->name);
	else if (row->has_ratio[0])
		fprintf(f, " %s%s×%s (%s – %s) `%s` |\n", bold, print_ratio(&row->ratio[0]), bold,
		        print_number(row->ratio[0].min), print_number(row->ratio[0].max),
		        row_against(table, row)->name);
	else if (row->drowned[0])
		fprintf(f, " " PRINT_NOISE " `%s` |\n", row_against(table, row)->name);
	else
		fputs(" |\n", f);
}

static void write_table(FILE *f, struct table *table, bool plotted)
{
	fprintf(f, "## %s\n\n", table->title);
	fprintf(f, "`%s`: %s.\n", table->name, print_sureness(table));
	for (size_t i = 0; i < table->notes_len; i++)
		fprintf(f, "%s\n", table->notes[i]);
	if (print_legend(table))
		fprintf(f, "%s\n", print_legend(table));
	fputs("\n| | |", f);
	for (size_t m = 0; m < table->metrics_len; m++)
		fprintf(f, " %s, %s%s%s |", table->metrics[m].name, table->metrics[m].unit,
		        table->metrics[m].higher ? " (more is better)" : "", print_doubt(table, m));
	fputs(" against |\n|---|---|", f);
	for (size_t m = 0; m <= table->metrics_len; m++)
		fputs("--:|", f);
	fputc('\n', f);
	for (size_t r = 0; r < table->rows_len; r++)
		write_row(f, table, &table->rows[r]);
	fputc('\n', f);
	if (plotted)
		fprintf(f, "![%s](bench/%s.svg)\n\n", table->title, table->name);
}

static void write_targets(FILE *f)
{
	fputs("## Targets\n\n| | target | measured |\n|---|---|---|\n", f);
	for (size_t i = 0; i < targets_len; i++)
		if (target_is_asked(&targets[i]))
			fprintf(f, "| **%s** | %s | %s |\n", target_verdict(&targets[i]),
			        targets[i].sentence, targets[i].found);
	if (targets_unasked())
		fprintf(f, "| **not measured** | %zu " TARGETS_UNASKED " | |\n", targets_unasked());
}

/* Returns how many plots could not be drawn, but for those behind one that hangs; those that could
 * are told in drawn. */
static int write_all(FILE *f, const char *plot_dir, bool plots, bool drawn[BENCH_TABLES])
{
	int failures = 0;

	fputs("<!-- SPDX-License-Identifier: GPL-2.0-or-later -->\n# Benchmark\n\n"
	      "Written by `make bench-docs`; `make bench` prints the same for your machine.\n\n"
	      "How to read it: every row is a median with its minimum and maximum; rows of a "
	      "table\n"
	      "took turns, round by round. A ratio is the median of the ratios of the rounds, and\n"
	      "above 1 it is always in favour of its row: twice the rate, or half the cost. The "
	      "row\n"
	      "A/A is the table's reference measured a second time: what it differs is noise, as "
	      "is\n"
	      "what a row A/A/ROW differs from ROW. The one that differs most counts. Each\n"
	      "column has its own, and above 10% it is marked as UNRELIABLE; a full run then\n"
	      "repeats the table if its share of the 15 minutes has time for that, or says that\n"
	      "it has not.\n\n"
	      "In short: " HOW_TO_READ "\n\n",
	      f);
	write_machine(f);
	for (size_t i = 0; i < bench.tables_len; i++) {
		struct table *table = bench.tables[i];
		int err = plots && table->measured ? plot_table(table, plot_dir) : 0;

		drawn[i] = plots && table->measured && !err;
		failures += err != 0;
		if (err == -ETIME) {
			note("no more plots are drawn: each would take as long");
			plots = false;
		}
		write_table(f, table, drawn[i]);
	}
	write_targets(f);
	return failures;
}

/* Under their names once the document that shows them is under its own. Returns how many are not.
 */
static int keep_plots(const char *plot_dir, const bool drawn[BENCH_TABLES], bool keep)
{
	int failures = 0;

	for (size_t i = 0; i < bench.tables_len; i++)
		if (drawn[i] && plot_keep(bench.tables[i], plot_dir, keep))
			failures++;
	return failures;
}

static bool is_drawn(const char *name, const bool drawn[BENCH_TABLES])
{
	for (size_t i = 0; i < bench.tables_len; i++)
		if (drawn[i] && !strcmp(bench.tables[i]->name, name))
			return true;
	return false;
}

/* What the document before has shown, and this one does not: it would be of another run. */
static void drop_plots(FILE *before, const char *plot_dir, const bool drawn[BENCH_TABLES])
{
	char line[4096], path[PATH_MAX + 80], name[48];
	unsigned int dropped = 0;
	const char *shown;

	while (before && fgets(line, sizeof(line), before)) {
		shown = strncmp(line, "![", 2) ? NULL : strstr(line, "](bench/");
		if (!shown || sscanf(shown, "](bench/%47[A-Za-z0-9-].svg)", name) != 1 ||
		    is_drawn(name, drawn))
			continue;
		snprintf(path, sizeof(path), "%s/%s.svg", plot_dir, name);
		dropped += !unlink(path);
	}
	if (dropped)
		note("%u plots of the document before are removed: it is replaced", dropped);
}

static int write_document(const char *path)
{
	bool plots = command_exists("gnuplot"), drawn[BENCH_TABLES] = {};
	char new_path[PATH_MAX + 32], plot_dir[PATH_MAX + 16];
	FILE *f, *before = fopen(path, "r");
	int failures, err;

	snprintf(new_path, sizeof(new_path), "%s.new", path);
	snprintf(plot_dir, sizeof(plot_dir), "%s/bench", docs_dir());
	plot_forget_halves(plot_dir); /* of a run that was killed */
	if (!plots)
		note("no plots: needs gnuplot (package gnuplot-nox)");
	f = fopen(new_path, "w");
	err = f ? 0 : failed(-errno, "cannot write %s", new_path);
	failures = f ? write_all(f, plot_dir, plots, drawn) : 0;
	if (f)
		err = file_finish(f, new_path, path);
	failures += keep_plots(plot_dir, drawn, !err);
	if (!err)
		drop_plots(before, plot_dir, drawn);
	if (before)
		fclose(before);
	return err ? err : failures;
}

/*
 * What ends us meanwhile waits until all is written: a second or two, gnuplot's included, or as
 * long as one may take that hangs.
 */
int docs_write(void)
{
	char path[PATH_MAX + 16];
	sigset_t ends, before;
	int undone;

	snprintf(path, sizeof(path), "%s/BENCH.md", docs_dir());
	if (bench.incomplete[0] && !access(path, F_OK)) {
		note("%s stays as it was: this run is incomplete", path);
		return 1;
	}
	sigemptyset(&ends);
	sigaddset(&ends, SIGHUP);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, &before);
	undone = write_document(path);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return undone;
}
