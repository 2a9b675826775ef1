// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include "bpffs/log.h"
#include "pinning/doctor_findings.h"
#include "bpffs/json.h"

#define SCHEMA "ifbpf.doctor/1"

static void count_text(size_t count, const char *noun)
{
	printf("%zu %s%s", count, noun, count == 1 ? "" : "s");
}

/* Names of interfaces are in it. */
static void print_line(const char *begin, const char *text)
{
	fputs(begin, stdout);
	log_print(stdout, text);
	putchar('\n');
}

void doctor_print_text(const struct doctor *d)
{
	for (size_t i = 0; i < d->len; i++) {
		const struct finding *f = &d->list[i];

		printf("%-8s ", doctor_level_name(f->level));
		print_line("", f->what);
		if (*f->evidence)
			print_line("           seen: ", f->evidence);
		if (*f->type)
			print_line("           type: ", f->type);
	}
	count_text(doctor_count(d, DOCTOR_PROBLEM), "problem");
	fputs(", ", stdout);
	count_text(doctor_count(d, DOCTOR_WARNING), "warning");
	putchar('\n');
}

static struct json_object *finding_json(const struct finding *f)
{
	struct json_object *out = json_object_new_object();

	json_put_string(out, "level", doctor_level_name(f->level));
	json_put_string(out, "probe", f->probe);
	json_put_string(out, "what", f->what);
	json_put_string(out, "evidence", f->evidence);
	json_put_string(out, "type", f->type);
	return out;
}

int doctor_print_json(const struct doctor *d)
{
	struct json_object *out = json_begin(SCHEMA, d->has_iface ? &d->iface : NULL);
	struct json_object *list = json_object_new_array();

	if (!d->has_iface) {
		json_put_string(out, "ifname", NULL);
		json_put_id(out, "ifindex", 0);
		json_put_string(out, "netns", NULL);
	}
	for (size_t i = 0; i < d->len; i++)
		json_object_array_add(list, finding_json(&d->list[i]));
	json_object_object_add(out, "findings", list);
	json_put_number(out, "problems", doctor_count(d, DOCTOR_PROBLEM));
	json_put_number(out, "warnings", doctor_count(d, DOCTOR_WARNING));
	return json_end(out);
}
