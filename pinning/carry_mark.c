// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/idlist.h"
#include "bpffs/log.h"
#include "bpffs/map_path.h"
#include "pinning/carry_mark.h"

#define FIELD_MAP     "map"
#define FIELD_CLASS   "class"
#define FIELD_TO      "to"
#define FIELD_EGRESS  "egress"
#define FIELD_SHARED  "shared"
#define FIELD_TYPED   "typed"
#define FIELD_GUESSED "guessed"
#define FIELD_SAID    "said"
#define FIELD_SETTLED "settled"
#define FIELD_SHARERS "sharers"
#define FIELD_CAME    "came"
#define FIELD_OTHERS  "others"

/* In the directory's own record: old maps that stay, and of which nothing more is to be added. */
#define FIELD_DONE "carried"

/* And of lists among them, what was in them then. */
#define FIELD_LISTED "listed"

int carry_mark_write(const struct carried *one, struct record *rec)
{
	char to[16];
	int err;

	snprintf(to, sizeof(to), "%u", one->to_id);
	record_init(rec, NULL);
	err = record_set_other(rec, FIELD_MAP, one->name);
	if (!err)
		err = record_set_other(rec, FIELD_CLASS, migrate_class_name(one->class));
	if (!err)
		err = record_set_other(rec, FIELD_TO, to);
	if (!err && one->egress)
		err = record_set_other(rec, FIELD_EGRESS, "1");
	if (!err && one->shared)
		err = record_set_other(rec, FIELD_SHARED, "1");
	if (!err && one->typed)
		err = record_set_other(rec, FIELD_TYPED, "1");
	if (!err && one->guessed)
		err = record_set_other(rec, FIELD_GUESSED, "1");
	if (!err && one->said)
		err = record_set_other(rec, FIELD_SAID, "1");
	if (!err && one->settled)
		err = record_set_other(rec, FIELD_SETTLED, "1");
	if (!err && one->done)
		err = record_set_other(rec, FIELD_CAME, "1");
	if (!err && one->left_elsewhere)
		err = record_set_other(rec, FIELD_OTHERS, "1");
	if (!err && *one->sharers)
		err = record_set_other(rec, FIELD_SHARERS, one->sharers);
	return err;
}

int carry_mark_read(struct carry *carry, const struct record *rec, __u32 old_map_id)
{
	char name[NAME_SIZE], class_name[16], to[16], flag[8];
	struct carried *one;
	int class;

	if (record_get_other(rec, FIELD_MAP, name, sizeof(name)) ||
	    record_get_other(rec, FIELD_CLASS, class_name, sizeof(class_name)) ||
	    record_get_other(rec, FIELD_TO, to, sizeof(to)))
		return -EINVAL;
	class = migrate_class_parse(class_name);
	if (class < 0)
		return -EINVAL;
	one = carry_add(carry, name, class);
	if (!one)
		return -ENOMEM;
	one->from_id = old_map_id;
	one->to_id = strtoul(to, NULL, 10);
	one->egress = !record_get_other(rec, FIELD_EGRESS, flag, sizeof(flag));
	one->shared = !record_get_other(rec, FIELD_SHARED, flag, sizeof(flag));
	one->typed = !record_get_other(rec, FIELD_TYPED, flag, sizeof(flag));
	one->guessed = !record_get_other(rec, FIELD_GUESSED, flag, sizeof(flag));
	one->said = !record_get_other(rec, FIELD_SAID, flag, sizeof(flag));
	one->settled = !record_get_other(rec, FIELD_SETTLED, flag, sizeof(flag));
	one->done = !record_get_other(rec, FIELD_CAME, flag, sizeof(flag));
	one->left_elsewhere = !record_get_other(rec, FIELD_OTHERS, flag, sizeof(flag));
	if (record_get_other(rec, FIELD_SHARERS, one->sharers, sizeof(one->sharers)))
		*one->sharers = '\0';
	return 0;
}

int carry_new_path(const struct carried *one, char *path, size_t size)
{
	return map_path(one->name, one->egress, 0, path, size);
}

int carry_old_path(const struct carried *one, char *path, size_t size)
{
	return map_path(one->name, one->egress, one->from_id, path, size);
}

bool carry_done_has(const struct record *rec, __u32 old_map_id)
{
	char text[IDLIST_SIZE];

	return !record_get_other(rec, FIELD_DONE, text, sizeof(text)) &&
	       idlist_has(text, old_map_id);
}

void carry_done_add(struct record *rec, __u32 old_map_id)
{
	char text[IDLIST_SIZE] = "", *second;
	int err;

	record_get_other(rec, FIELD_DONE, text, sizeof(text));
	while ((err = idlist_add(text, old_map_id, '.')) && (second = strchr(text, '.')))
		memmove(text, second + 1, strlen(second));
	record_unset_other(rec, FIELD_DONE);
	if (!err)
		err = record_set_other(rec, FIELD_DONE, text);
	if (err)
		note("the record has no room to say of old map %u that it is done with",
		     old_map_id);
}

void carry_done_keep(struct record *rec, bool (*is_old)(const void *context, __u32 old_map_id),
                     const void *context)
{
	char text[IDLIST_SIZE];
	const char *list = text;
	struct idrange ids;

	if (record_get_other(rec, FIELD_DONE, text, sizeof(text)))
		return;
	record_unset_other(rec, FIELD_DONE);
	while (idlist_next(&list, &ids))
		for (__u64 id = ids.first; id <= ids.last; id++)
			if (is_old(context, id))
				carry_done_add(rec, id);
}

/* "117-2f3c.144-90ab": the oldest one comes first. */
#define CAME_SIZE 512

void carry_came_add(struct record *rec, const struct carried *one)
{
	char text[CAME_SIZE * 2] = "", *rest = text;
	size_t len;

	if (!one->m)
		return;
	record_get_other(rec, FIELD_LISTED, text, CAME_SIZE);
	len = strlen(text);
	snprintf(text + len, sizeof(text) - len, "%s%u-%llx", len ? "." : "", one->from_id,
	         (unsigned long long)migrate_fingerprint_came(one->m));
	while (strlen(rest) >= CAME_SIZE)
		rest = strchr(rest, '.') + 1;
	/* Without room nothing is known of any. */
	record_unset_other(rec, FIELD_LISTED);
	record_set_other(rec, FIELD_LISTED, rest);
}

/* Take the first off the text. False: there is none. */
static bool next_came(const char **text, __u32 *id, __u64 *print)
{
	char *end;

	*id = strtoul(*text, &end, 10);
	if (!*id || *end != '-')
		return false;
	*print = strtoull(end + 1, &end, 16);
	*text = *end == '.' ? end + 1 : "";
	return true;
}

bool carry_came_get(const struct record *rec, __u32 old_map_id, __u64 *print)
{
	char text[CAME_SIZE];
	const char *rest = text;
	bool found = false;
	__u64 one;
	__u32 id;

	if (record_get_other(rec, FIELD_LISTED, text, sizeof(text)))
		return false;
	/* The last that was added. */
	while (next_came(&rest, &id, &one)) {
		if (id != old_map_id)
			continue;
		*print = one;
		found = true;
	}
	return found;
}

bool carry_came_differs(const struct record *rec, __u32 old_map_id, int old_fd)
{
	__u64 came, now;

	return !carry_came_get(rec, old_map_id, &came) || migrate_fingerprint(old_fd, &now) ||
	       came != now;
}
