// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
