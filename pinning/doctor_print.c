// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <json.h>
#include <stdio.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "pinning/doctor_findings.h"

#define SCHEMA "ifbpf.doctor/1"

static void count_text(size_t count, const char *noun)
{
	printf("%zu %s%s", count, noun, count == 1 ? "" : "s");
}

void doctor_print_text(const struct doctor *d)
{
	for (size_t i = 0; i < d->len; i++) {
		const struct finding *f = &d->list[i];

		printf("%-8s %s\n", doctor_level_name(f->level), f->what);
		if (*f->evidence)
			printf("           seen: %s\n", f->evidence);
		if (*f->type)
			printf("           type: %s\n", f->type);
	}
	count_text(doctor_count(d, DOCTOR_PROBLEM), "problem");
	fputs(", ", stdout);
	count_text(doctor_count(d, DOCTOR_WARNING), "warning");
	putchar('\n');
}

/* In JSON, null is no object: json-c represents it by NULL. */
static void put_string(struct json_object *to, const char *key, const char *value)
{
	json_object_object_add(to, key, value && *value ? json_object_new_string(value) : NULL);
}

static struct json_object *finding_json(const struct finding *f)
{
	struct json_object *out = json_object_new_object();

	put_string(out, "level", doctor_level_name(f->level));
	put_string(out, "probe", f->probe);
	put_string(out, "what", f->what);
	put_string(out, "evidence", f->evidence);
	put_string(out, "type", f->type);
	return out;
}

int doctor_print_json(const struct doctor *d)
{
	struct json_object *out = json_object_new_object(), *list = json_object_new_array();
	const struct interface *iface = d->has_iface ? &d->iface : NULL;
	char cookie[24] = "";
	const char *text;

	if (iface && iface->netns.cookie)
		snprintf(cookie, sizeof(cookie), "%llu", (unsigned long long)iface->netns.cookie);
	put_string(out, "schema", SCHEMA);
	put_string(out, "ifname", iface ? cli_json_name(iface->name) : NULL);
	json_object_object_add(out, "ifindex",
	                       iface ? json_object_new_uint64(iface->ifindex) : NULL);
	put_string(out, "netns", cookie);
	for (size_t i = 0; i < d->len; i++)
		json_object_array_add(list, finding_json(&d->list[i]));
	json_object_object_add(out, "findings", list);
	json_object_object_add(out, "problems",
	                       json_object_new_uint64(doctor_count(d, DOCTOR_PROBLEM)));
	json_object_object_add(out, "warnings",
	                       json_object_new_uint64(doctor_count(d, DOCTOR_WARNING)));
	text = json_object_to_json_string_ext(out, JSON_C_TO_STRING_PLAIN |
	                                                   JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text)
		puts(text);
	json_object_put(out);
	return text ? 0 : failed(-ENOMEM, "cannot write what was found");
}
