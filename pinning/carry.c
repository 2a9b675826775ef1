// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/carry.h"
#include "pinning/object.h"

/* The class of a map: as the user says, else as the object or the map's type does. */
static int find_class(const struct object *object, const struct bpf_map *map, const char *name,
                      const char *const *classes)
{
	size_t len = strlen(name);

	for (; classes && *classes; classes++)
		if (!strncmp(*classes, name, len) && (*classes)[len] == '=')
			return migrate_class_parse(*classes + len + 1);
	return migrate_class_of(bpf_object__btf(object->obj), name, bpf_map__type(map));
}

int carry_plan(struct carry *carry, const struct object *object, const struct bpf_map *map,
               int pin_fd, const char *const *classes)
{
	const char *name = object_map_name(object, map);
	struct carried *list, *one;
	int fd, class, err;

	class = find_class(object, map, name, classes);
	if (class < 0)
		return failed(class, "cannot tell the class of map '%s'", name);
	list = reallocarray(carry->list, carry->len + 1, sizeof(*list));
	fd = list ? fcntl(pin_fd, F_DUPFD_CLOEXEC, 3) : -1;
	if (fd < 0)
		return failed(list ? -errno : -ENOMEM, "cannot carry map '%s' over", name);
	carry->list = list;
	one = &list[carry->len++];
	*one = (struct carried){ .map = map, .class = class };
	snprintf(one->name, sizeof(one->name), "%s", name);
	err = migrate_map_open(&one->from, fd);
	one->from.fd = fd;
	one->from_id = one->from.info.id;
	if (!err) {
		migrate_map_define(&one->to, object->obj, map);
		err = migrate_plan(&one->m, &one->from, &one->to, class);
	}
	if (err == -EOPNOTSUPP)
		failed(err, "cannot carry the content of map '%s' over", name);
	else if (err)
		failed(err, "cannot compare map '%s' with what is pinned", name);
	else
		note("map '%s' is carried over into one of another definition:", name);
	if (one->m) {
		migrate_print(one->m, stderr);
		if (!err)
			note("%s", migrate_bound(one->m));
	}
	return err;
}

int carry_copy(struct carry *carry)
{
	struct bpf_map_info info;
	int err = 0;

	for (size_t i = 0; !err && i < carry->len; i++) {
		struct carried *one = &carry->list[i];
		int fd = bpf_map__fd(one->map);

		err = map_describe(fd, &info);
		if (err)
			return failed(err, "cannot query map '%s'", one->name);
		one->to_id = info.id;
		migrate_set_target(one->m, fd);
		err = migrate_copy(one->m);
	}
	return err;
}

int carry_reconcile(struct carry *carry)
{
	int err = 0;

	for (size_t i = 0; !err && i < carry->len; i++)
		err = migrate_reconcile(carry->list[i].m);
	return err;
}

/* What is left in the old map stays there, beside the new one. */
static void say_left(const struct carried *one, const struct migrate_report *report)
{
	if (report->left)
		note("map '%s': %llu entries did not fit and stay in %%old-%u", one->name,
		     (unsigned long long)report->left, one->from_id);
	if (report->counters_left || report->cpus_left)
		note("map '%s': %llu counters and the slots of %u CPUs stay in %%old-%u", one->name,
		     (unsigned long long)report->counters_left, report->cpus_left, one->from_id);
	if (report->conflicts)
		note("map '%s': %llu entries were changed in both maps; the new map's were kept",
		     one->name, (unsigned long long)report->conflicts);
	for (unsigned int i = 0; i < report->problem_count; i++)
		note("map '%s', key %s: %s", one->name, report->problems[i].key,
		     report->problems[i].why);
}

int carry_merge(struct carry *carry)
{
	const struct migrate_report *report;
	int err = 0;

	for (size_t i = 0; i < carry->len; i++) {
		struct carried *one = &carry->list[i];
		int merged = migrate_merge(one->m);

		report = migrate_report(one->m);
		one->complete =
			!merged && !report->left && !report->counters_left && !report->cpus_left;
		say_left(one, report);
		if (merged)
			err = merged;
	}
	return err;
}

void carry_free(struct carry *carry)
{
	for (size_t i = 0; i < carry->len; i++) {
		struct carried *one = &carry->list[i];

		migrate_free(one->m);
		migrate_map_close(&one->to);
		migrate_map_close(&one->from);
		close(one->from.fd);
	}
	free(carry->list);
	memset(carry, 0, sizeof(*carry));
}
