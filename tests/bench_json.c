// SPDX-License-Identifier: GPL-2.0-or-later
/* bench_json - is what stdin holds a document of the benchmark, whole in itself? */
#include <json-c/json.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"Usage: bench_json <DOCUMENT\n"
	"Print what a document has, and fail unless it is whole:\n"
	"  others SHARE                                 of the CPUs, before the run\n"
	"  table NAME ROUNDS\n"
	"  row TABLE ROW measured|WHY IT IS MISSING\n"
	"  again TABLE WHAT                             what A/A is\n"
	"  against TABLE ROW OTHER                      what it is compared to\n"
	"  above TABLE ROW ZERO                         what is taken off it\n"
	"  value TABLE ROW METRIC MEDIAN LEAST MOST\n"
	"  without TABLE ROW METRIC WHY                 there is no ratio\n"
	"  target VERDICT: TABLE ROW\n";

static bool good = true;

__attribute__((format(printf, 1, 2))) static void wrong(const char *fmt, ...)
{
	va_list args;

	good = false;
	va_start(args, fmt);
	fputs("bench_json: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
}

/* The member of that type; a null counts as none. */
static struct json_object *get(struct json_object *from, const char *key, enum json_type type)
{
	struct json_object *member = NULL;

	if (!json_object_object_get_ex(from, key, &member) || !json_object_is_type(member, type))
		wrong("no %s '%s' in %.60s", json_type_to_name(type), key,
		      json_object_to_json_string(from));
	return member;
}

/* A number, which may look like a whole one. */
static double get_number(struct json_object *from, const char *key)
{
	struct json_object *member = NULL;

	if (!json_object_object_get_ex(from, key, &member) ||
	    (!json_object_is_type(member, json_type_double) &&
	     !json_object_is_type(member, json_type_int)))
		wrong("no number '%s' in %.60s", key, json_object_to_json_string(from));
	return json_object_get_double(member);
}

static const char *get_string(struct json_object *from, const char *key)
{
	struct json_object *member = get(from, key, json_type_string);

	return member ? json_object_get_string(member) : "";
}

static size_t length(struct json_object *array)
{
	return array ? json_object_array_length(array) : 0;
}

static void check_summary(struct json_object *summary, const char *table, const char *row,
                          const char *what)
{
	double median = get_number(summary, "median");
	double min = get_number(summary, "min");
	double max = get_number(summary, "max");

	if (min > median || median > max)
		wrong("%s of %s: %g is not between %g and %g", row, table, median, min, max);
	if (what)
		printf("value %s %s %s %g %g %g\n", table, row, what, median, min, max);
}

/* Of each metric a value, and a ratio or why there is none. */
static void check_values(struct json_object *row, struct json_object *metrics, const char *table)
{
	struct json_object *values = get(row, "values", json_type_object);
	struct json_object *ratios = get(row, "ratios", json_type_object);
	const char *name = get_string(row, "name");

	for (size_t m = 0; m < length(metrics); m++) {
		const char *metric = get_string(json_object_array_get_idx(metrics, m), "name");
		struct json_object *ratio = get(ratios, metric, json_type_object), *reason;

		check_summary(get(values, metric, json_type_object), table, name, metric);
		if (json_object_object_get_ex(ratio, "reason", &reason))
			printf("without %s %s %s %s\n", table, name, metric,
			       json_object_get_string(reason));
		else {
			check_summary(ratio, table, name, NULL);
			get(ratio, "within_noise", json_type_boolean);
		}
	}
}

static void check_row(struct json_object *row, struct json_object *metrics, const char *table)
{
	struct json_object *missing = NULL, *vs = NULL, *zero = NULL;

	get_string(row, "what");
	if (json_object_object_get_ex(row, "zero", &zero) && zero)
		printf("above %s %s %s\n", table, get_string(row, "name"),
		       json_object_get_string(zero));
	get(row, "built", json_type_boolean);
	get(row, "failed", json_type_boolean);
	if (json_object_object_get_ex(row, "vs", &vs) && vs)
		printf("against %s %s %s\n", table, get_string(row, "name"),
		       json_object_get_string(vs));
	if (!json_object_object_get_ex(row, "missing", &missing))
		wrong("no 'missing' in a row of %s", table);
	if (!strcmp(get_string(row, "name"), "A/A"))
		printf("again %s %s\n", table, get_string(row, "what"));
	printf("row %s %s %s\n", table, get_string(row, "name"),
	       missing ? json_object_get_string(missing) : "measured");
	if (!missing)
		check_values(row, metrics, table);
}

/* Its A/A is null if it is a count. */
static void check_metric(struct json_object *metric)
{
	struct json_object *noise = NULL;

	get_string(metric, "unit");
	get_string(metric, "better");
	get(metric, "reliable", json_type_boolean);
	if (!json_object_object_get_ex(metric, "noise", &noise))
		wrong("metric %s has no noise", get_string(metric, "name"));
	if (noise && get_number(metric, "noise") < 0)
		wrong("metric %s has less noise than none", get_string(metric, "name"));
}

static void check_table(struct json_object *table)
{
	struct json_object *metrics = get(table, "metrics", json_type_array);
	struct json_object *rows = get(table, "rows", json_type_array);
	const char *name = get_string(table, "name");
	bool aa = false;

	printf("table %s %lld\n", name,
	       (long long)json_object_get_int64(get(table, "rounds", json_type_int)));
	get_string(table, "title");
	get_string(table, "reference");
	get(table, "reliable", json_type_boolean);
	get_number(table, "noise");
	get_number(table, "others");
	get(table, "notes", json_type_array);
	if (!length(metrics))
		wrong("table %s has no metric", name);
	if (!json_object_get_boolean(get(table, "measured", json_type_boolean)))
		wrong("table %s is not measured", name);
	for (size_t m = 0; m < length(metrics); m++)
		check_metric(json_object_array_get_idx(metrics, m));
	for (size_t r = 0; r < length(rows); r++) {
		struct json_object *row = json_object_array_get_idx(rows, r);

		aa = aa || !strcmp(get_string(row, "name"), "A/A");
		check_row(row, metrics, name);
	}
	if (!aa)
		wrong("table %s has no row A/A", name);
}

static void check_target(struct json_object *target)
{
	static const char *const known[] = { "met", "missed", "unsure", "not built yet",
		                             "not measured" };
	const char *verdict = get_string(target, "verdict");
	bool is_known = false;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		is_known = is_known || !strcmp(verdict, known[i]);
	if (!is_known)
		wrong("unknown verdict '%s'", verdict);
	get_string(target, "sentence");
	get_number(target, "limit");
	printf("target %s: %s %s\n", verdict, get_string(target, "table"),
	       get_string(target, "row"));
}

int main(int argc, char **argv)
{
	struct json_object *document, *list;

	(void)argv;
	if (argc != 1) {
		fputs(usage, stderr);
		return EXIT_FAILURE;
	}
	document = json_object_from_fd(0);
	if (!document) {
		wrong("this is no JSON");
		return EXIT_FAILURE;
	}
	if (strcmp(get_string(document, "schema"), "ifbpf.bench/1"))
		wrong("the schema is not ifbpf.bench/1");
	get_string(document, "version");
	get_string(document, "how_to_read");
	if (get_number(document, "seconds") <= 0)
		wrong("it took no time");
	printf("others %g\n", get_number(document, "others_before"));
	get(document, "quick", json_type_boolean);
	get_string(get(document, "machine", json_type_object), "kernel");
	list = get(document, "tables", json_type_array);
	for (size_t i = 0; i < length(list); i++)
		check_table(json_object_array_get_idx(list, i));
	list = get(document, "targets", json_type_array);
	for (size_t i = 0; i < length(list); i++)
		check_target(json_object_array_get_idx(list, i));
	json_object_put(document);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
