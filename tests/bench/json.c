// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include "bpffs/json.h"
#include "tests/bench/bench.h"
#include "tests/bench/machine.h"
#include "tests/bench/print.h"
#include "tests/bench/results.h"
#include "tests/bench/targets.h"

static void put_double(struct json_object *to, const char *key, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.6g", value);
	json_object_object_add(to, key, json_object_new_double_s(value, text));
}

static struct json_object *summary_json(const struct summary *summary)
{
	struct json_object *json = json_object_new_object();

	put_double(json, "median", summary->median);
	put_double(json, "min", summary->min);
	put_double(json, "max", summary->max);
	put_double(json, "unsure", summary->unsure);
	return json;
}

/* Or the reason why there is none, with what it is beyond if that is known. */
static struct json_object *ratio_json(struct table *table, const struct row *row, size_t m)
{
	const char *reason = print_no_ratio(table, row, m);
	struct json_object *json;

	if (!reason && !row->ratio[m].bound) {
		json = summary_json(&row->ratio[m]);
		json_put_bool(json, "within_noise", row->ratio[m].even);
		return json;
	}
	json = json_object_new_object();
	json_put_string(json, "reason", reason ? reason : PRINT_NOISE);
	if (!reason)
		put_double(json, row->ratio[m].bound == '>' ? "more_than" : "less_than",
		           row->ratio[m].median);
	return json;
}

static struct json_object *row_json(struct table *table, const struct row *row)
{
	struct json_object *json = json_object_new_object();
	const struct row *against = row_against(table, row);
	struct json_object *values = json_object_new_object(), *ratios = json_object_new_object();

	json_put_string(json, "name", row->name);
	json_put_string(json, "what", row->what);
	json_put_string(json, "vs", against ? against->name : NULL);
	json_put_string(json, "zero", row->zero);
	json_put_string(json, "zero_metric",
	                row->zero[0] ? table->metrics[table->zero_metric].name : NULL);
	json_put_string(json, "missing", row->missing);
	json_put_bool(json, "built", !row->absent);
	json_put_bool(json, "failed", row->failed);
	for (size_t m = 0; table->measured && !row->missing[0] && m < table->metrics_len; m++) {
		json_object_object_add(values, table->metrics[m].name,
		                       summary_json(&row->value[m]));
		json_object_object_add(ratios, table->metrics[m].name, ratio_json(table, row, m));
	}
	json_object_object_add(json, "values", values);
	json_object_object_add(json, "ratios", ratios);
	return json;
}

static struct json_object *metric_json(const struct metric *metric, const struct noise *noise)
{
	struct json_object *json = json_object_new_object();

	json_put_string(json, "name", metric->name);
	json_put_string(json, "unit", metric->unit);
	json_put_string(json, "better", metric->higher ? "higher" : "lower");
	json_put_bool(json, "reliable", noise->reliable);
	json_object_object_add(json, "noise", NULL);
	json_object_object_add(json, "noise_abs", NULL);
	if (!metric->no_ratio) {
		put_double(json, "noise", noise->share);
		put_double(json, "noise_abs", noise->size);
	}
	return json;
}

static struct json_object *table_json(struct table *table)
{
	struct json_object *json = json_object_new_object();
	struct json_object *metrics = json_object_new_array(), *rows = json_object_new_array();
	struct json_object *notes = json_object_new_array();

	json_put_string(json, "name", table->name);
	json_put_string(json, "title", table->title);
	json_put_string(json, "reference", table->reference);
	json_put_bool(json, "measured", table->measured);
	json_put_string(json, "failed", table->failed);
	json_put_bool(json, "reliable", results_are_reliable(table));
	json_put_number(json, "rounds", table->rounds_done);
	json_put_number(json, "attempts", table->attempts);
	json_put_string(json, "unrepeated", table->unrepeated);
	put_double(json, "noise", table->noise[0].share);
	put_double(json, "noise_abs", table->noise[0].size);
	put_double(json, "others", table->others);
	for (size_t i = 0; i < table->notes_len; i++)
		json_object_array_add(notes, json_object_new_string(table->notes[i]));
	for (size_t m = 0; m < table->metrics_len; m++)
		json_object_array_add(metrics, metric_json(&table->metrics[m], &table->noise[m]));
	for (size_t r = 0; r < table->rows_len; r++)
		json_object_array_add(rows, row_json(table, &table->rows[r]));
	json_object_object_add(json, "notes", notes);
	json_object_object_add(json, "metrics", metrics);
	json_object_object_add(json, "rows", rows);
	return json;
}

static struct json_object *target_json(const struct target *target)
{
	static const char *const limits[] = {
		[TARGET_AT_MOST] = "most", [TARGET_AT_LEAST] = "least", [TARGET_EXACTLY] = "exact"
	};
	struct json_object *json = json_object_new_object();

	json_put_string(json, "table", target->table);
	json_put_string(json, "row", target->row);
	json_put_string(json, "metric", target->metric);
	json_put_string(json, "vs", target->vs);
	json_put_string(json, "sentence", target->sentence);
	json_put_string(json, "limit_is", limits[target->is]);
	put_double(json, "limit", target->limit);
	json_object_object_add(json, "measured", NULL);
	if (target->unit)
		put_double(json, "measured", target->measured);
	json_object_object_add(json, "margin", NULL);
	if (target->unit && target->margin >= 0)
		put_double(json, "margin", target->margin);
	json_put_string(json, "measured_is",
	                !target->bound         ? NULL
	                : target->bound == '>' ? "more"
	                                       : "less");
	json_put_string(json, "unit", target->unit);
	json_put_string(json, "found", target->found);
	json_put_string(json, "verdict", target_verdict(target));
	return json;
}

int print_json(void)
{
	struct json_object *document = json_begin("ifbpf.bench/1", NULL);
	struct json_object *machine = json_object_new_object();
	struct json_object *tables = json_object_new_array(), *goals = json_object_new_array();
	struct fact facts[MACHINE_FACTS];
	size_t len = machine_facts(facts, MACHINE_FACTS);

	for (size_t i = 0; i < len; i++)
		json_put_string(machine, facts[i].name, facts[i].value);
	for (size_t i = 0; i < bench.tables_len; i++)
		json_object_array_add(tables, table_json(bench.tables[i]));
	for (size_t i = 0; i < targets_len; i++)
		json_object_array_add(goals, target_json(&targets[i]));
	json_put_string(document, "version", VERSION);
	json_put_string(document, "commit", getenv("BENCH_COMMIT"));
	put_double(document, "seconds", bench.seconds);
	put_double(document, "others_before", bench.others);
	json_put_string(document, "how_to_read", HOW_TO_READ);
	json_put_bool(document, "quick", bench.quick);
	json_put_string(document, "incomplete", bench.incomplete);
	json_object_object_add(document, "machine", machine);
	json_object_object_add(document, "tables", tables);
	json_object_object_add(document, "targets", goals);
	return json_end(document);
}
