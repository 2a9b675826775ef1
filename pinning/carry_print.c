// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/name.h"
#include "pinning/carry_print.h"
#include "pinning/old_pin.h"

const char *carry_state_name(const struct carried *one)
{
	if (*one->why)
		return one->event ? "empty" : "refused";
	if (!one->finished)
		return "unfinished";
	if (one->complete)
		return "carried";
	return carry_left(one) ? "partly" : "shared";
}

bool carry_is_partly(const struct carry *carry, bool dry_run)
{
	for (size_t i = 0; i < carry->len; i++) {
		const struct carried *one = carry->list[i];

		if (one->anew || one->again || carry_overwritten(one))
			return true;
		if (*one->why ? !one->event : (!dry_run && !one->finished) || carry_left(one))
			return true;
	}
	return false;
}

bool carry_is_complete(const struct carry *carry, __u32 old_map_id)
{
	for (size_t i = 0; i < carry->len; i++)
		if (carry->list[i]->from_id == old_map_id)
			return carry->list[i]->complete && !carry->list[i]->again;
	return false;
}

/* Why it is refused, or the first of what is left; else "". */
static void find_reason(const struct carried *one, char *text, size_t size)
{
	*text = '\0';
	if (*one->why)
		snprintf(text, size, "%s", one->why);
	else if (carry_left(one))
		carry_left_why(one, text, size);
}

static void print_why(const struct carried *one, const char *dir, bool dry_run)
{
	__u64 conflicts = one->m ? migrate_report(one->m)->conflicts : 0;
	char old[NAME_SIZE * 2], reason[256];
	int fd;

	find_reason(one, reason, sizeof(reason));
	if (carry_left(one))
		printf(", all but %llu", (unsigned long long)carry_left(one));
	if (*reason)
		printf(": %s", reason);
	if (conflicts && dry_run)
		printf("  (%llu entr%s in both, and differ%s)", (unsigned long long)conflicts,
		       conflicts == 1 ? "y is" : "ies are", conflicts == 1 ? "s" : "");
	if (dry_run)
		return;
	fd = one->complete && !one->again ? -1 : open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && !old_pin_find(fd, one->name, one->egress, one->from_id, old, sizeof(old)))
		printf("  (stays as %s/%s)", dir, old);
	if (fd >= 0)
		close(fd);
	if (conflicts)
		printf("  (%llu entr%s in both, and differed)", (unsigned long long)conflicts,
		       conflicts == 1 ? "y was" : "ies were");
}

void carry_print(const struct carry *carry, const char *dir, bool dry_run)
{
	for (size_t i = 0; i < carry->len; i++) {
		const struct carried *one = carry->list[i];
		const char *word = carry_state_name(one);

		if (dry_run && !*one->why)
			word = "would carry";
		printf("%-10s map %u into %s (id %u), %s", word, one->from_id, one->name,
		       one->to_id, migrate_class_name(one->class));
		print_why(one, dir, dry_run);
		putchar('\n');
	}
}

static struct json_object *one_json(const struct carried *one, bool dry_run)
{
	const struct migrate_report *report = one->m ? migrate_report(one->m) : NULL;
	struct json_object *out = json_object_new_object();
	char reason[256];

	find_reason(one, reason, sizeof(reason));
	json_put_string(out, "state", dry_run && !*one->why ? NULL : carry_state_name(one));
	json_put_string(out, "name", one->name);
	json_put_bool(out, "egress", one->egress);
	json_put_string(out, "class", migrate_class_name(one->class));
	json_put_number(out, "from_id", one->from_id);
	json_put_number(out, "to_id", one->to_id);
	json_put_number(out, "left", carry_left(one));
	json_put_number(out, "conflicts", report ? report->conflicts : 0);
	json_put_string(out, "reason", reason);
	return out;
}

struct json_object *carry_json(const struct carry *carry, bool dry_run)
{
	struct json_object *out = json_object_new_array();

	for (size_t i = 0; i < carry->len; i++)
		json_object_array_add(out, one_json(carry->list[i], dry_run));
	return out;
}
