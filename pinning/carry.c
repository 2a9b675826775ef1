// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/carry.h"
#include "pinning/carry_done.h"
#include "pinning/carry_open.h"
#include "pinning/object.h"

struct carried *carry_add(struct carry *carry, const char *name, enum migrate_class class)
{
	struct carried **list = reallocarray(carry->list, carry->len + 1, sizeof(*list));
	struct carried *one;

	if (!list)
		return NULL;
	carry->list = list;
	one = calloc(1, sizeof(*one));
	if (!one)
		return NULL;
	list[carry->len++] = one;
	one->class = class;
	one->from.fd = one->to.fd = one->own_fd = -1;
	snprintf(one->name, sizeof(one->name), "%s", name);
	one->progress.what = one->name;
	return one;
}

void carry_show_progress(void *context, __u64 done, __u64 total)
{
	struct carried *one = context;

	progress_show(&one->progress, done, total);
}

/* One more, between the pinned map and that of the object, with its plan in m. */
static int plan_one(struct carry *carry, const struct object *object, const struct bpf_map *map,
                    int pin_fd, enum layout_verdict layout, const char *const *classes,
                    struct carried **result)
{
	const char *name = object_map_name(object, map);
	struct carried *one;
	enum migrate_class class;
	int fd, err;

	class = carry_class(bpf_object__btf(object->obj), name, bpf_map__type(map), classes);
	if (class < 0)
		return failed(class, "cannot tell the class of map '%s'", name);
	*result = one = carry_add(carry, name, class);
	fd = one ? fcntl(pin_fd, F_DUPFD_CLOEXEC, 3) : -1;
	if (fd < 0)
		return failed(one ? -errno : -ENOMEM, "cannot carry map '%s' over", name);
	one->map = map;
	err = migrate_map_open(&one->from, fd);
	one->from.fd = fd;
	one->from_id = one->from.info.id;
	one->from.layout = layout;
	if (!err) {
		migrate_map_define(&one->to, object->obj, map);
		err = migrate_plan(&one->m, &one->from, &one->to, class);
	}
	one->anew = !err && migrate_begins_anew(one->m);
	if (err == -EOPNOTSUPP)
		failed(err, "cannot carry the content of map '%s' over", name);
	else if (err)
		failed(err, "cannot compare map '%s' with what is pinned", name);
	if (one->m)
		migrate_set_progress(one->m, carry_show_progress, one);
	return err;
}

int carry_plan(struct carry *carry, const struct object *object, const struct bpf_map *map,
               int pin_fd, enum layout_verdict layout, const char *const *classes,
               bool may_begin_anew)
{
	struct carried *one = NULL;
	int err = plan_one(carry, object, map, pin_fd, layout, classes, &one);
	bool refused;

	if (!one || !one->m)
		return err;
	refused = one->anew && !may_begin_anew;
	if (refused)
		err = rejected(-EOPNOTSUPP,
		               "cannot carry map '%s' over as a whole: what the kernel holds in %s "
		               "would be lost",
		               one->name, migrate_begins_anew(one->m));
	if (!err)
		note("map '%s' is to be carried over into a new one:", one->name);
	migrate_print(one->m, stderr);
	if (!err)
		note("%s", migrate_bound(one->m));
	if (!err && map_is_frozen(pin_fd))
		note("map '%s' is frozen, and the new one is not: it takes edits until it is "
		     "frozen as well",
		     one->name);
	if (refused)
		hint("carry the rest over, and begin that anew: --on-mismatch %s=migrate",
		     cli_word(one->name));
	return err;
}

int carry_join(struct carry *carry, const struct object *object, const struct bpf_map *map,
               int pin_fd, enum layout_verdict layout, const char *const *classes, bool left_before,
               const struct record *done)
{
	struct carried *one = NULL;
	int err = plan_one(carry, object, map, pin_fd, layout, classes, &one);

	if (!one || !one->m)
		return err;
	one->joins = true;
	one->guessed = !done && one->class == MIGRATE_CONFIG && migrate_may_count(one->m) &&
	               !carry_class_is_said(bpf_object__btf(object->obj), one->name, classes);
	one->left_before = left_before;
	one->done = done != NULL;
	one->came_known = done && carry_came_get(done, one->from_id, &one->came);
	if (!done)
		note("map '%s': what map %u has is added to map %u, which is in place:", one->name,
		     one->from_id, one->to.info.id);
	if (!done || err)
		migrate_print(one->m, stderr);
	return err;
}

int carry_check(const struct object *object, const struct bpf_map *map, int pin_fd,
                enum layout_verdict layout, const char *const *classes, char *why, size_t size)
{
	int class = carry_class(bpf_object__btf(object->obj), object_map_name(object, map),
	                        bpf_map__type(map), classes);
	struct migrate_map from = {}, to = {};
	struct migration *m = NULL;
	int err = class < 0 ? class : migrate_map_open(&from, pin_fd);

	*why = '\0';
	if (!err) {
		from.layout = layout;
		migrate_map_define(&to, object->obj, map);
		err = migrate_plan(&m, &from, &to, class);
	}
	if (err == -EOPNOTSUPP && m)
		migrate_why_refused(m, why, size);
	migrate_free(m);
	migrate_map_close(&to);
	migrate_map_close(&from);
	return err;
}

bool carry_is_bulky(const struct carry *carry)
{
	for (size_t i = 0; i < carry->len; i++)
		if (carry->list[i]->m && migrate_copies(carry->list[i]->m) &&
		    !carry->list[i]->joins)
			return true;
	return false;
}

/* Keep what was copied in the kernel as well, so that another process can go on. */
static int copy_one(struct carried *one)
{
	int err = 0, fd;

	if (one->done)
		return 0;
	/* What others use is written to at the switch, when all else is ready. */
	if (one->joins)
		err = carry_begin(one);
	else
		err = migrate_copy(one->m);
	progress_clear(&one->progress);
	if (err || !migrate_copies(one->m) || one->apart)
		return err;
	fd = migrate_snapshot(one->m);
	return fd < 0 ? fd : 0;
}

int carry_copy(struct carry *carry)
{
	int err = 0;

	for (size_t i = 0; !err && i < carry->len; i++) {
		err = carry_open_target(carry->list[i]);
		if (!err)
			err = copy_one(carry->list[i]);
	}
	return err;
}

int carry_reconcile(struct carry *carry)
{
	int err = 0;

	for (size_t i = 0; !err && i < carry->len; i++) {
		if (carry->list[i]->done || carry->list[i]->left_out)
			continue;
		err = migrate_reconcile(carry->list[i]->m);
		progress_clear(&carry->list[i]->progress);
	}
	return err;
}

void carry_tell_added(const struct carry *carry)
{
	for (size_t i = 0; i < carry->len; i++) {
		const struct carried *one = carry->list[i];
		__u64 added = one->joins && one->m ? migrate_report(one->m)->added : 0;

		if (added)
			note("map '%s': %llu entr%s of map %u %s in map %u already, and stay%s "
			     "there",
			     one->name, (unsigned long long)added, added == 1 ? "y" : "ies",
			     one->from_id, added == 1 ? "is" : "are", one->to_id,
			     added == 1 ? "s" : "");
	}
}

bool carry_brings(const struct carry *carry, const struct bpf_map *map, __u32 from_id)
{
	for (size_t i = 0; i < carry->len; i++)
		if (carry->list[i]->map == map && carry->list[i]->from_id == from_id)
			return true;
	return false;
}

static void free_one(struct carried *one)
{
	if (!one->lender)
		migrate_free(one->m);
	/* The new map is the object's, unless a later run goes on with it. */
	if (!one->map && one->to.fd >= 0)
		close(one->to.fd);
	if (one->own_fd >= 0)
		close(one->own_fd);
	migrate_map_close(&one->to);
	migrate_map_close(&one->from);
	if (one->from.fd >= 0)
		close(one->from.fd);
	free(one);
}

/* The same two maps, with which an earlier round was not done. */
static void drop_earlier(struct carry *carry, const struct carried *again)
{
	size_t len = 0;

	for (size_t i = 0; i < carry->len; i++) {
		struct carried *one = carry->list[i];

		if (one->from_id == again->from_id && one->to_id == again->to_id &&
		    one->egress == again->egress)
			free_one(one);
		else
			carry->list[len++] = one;
	}
	carry->len = len;
}

int carry_move(struct carry *to, struct carry *from)
{
	struct carried **list;

	if (!from->len)
		return 0;
	list = reallocarray(to->list, to->len + from->len, sizeof(*list));
	if (!list)
		return -ENOMEM;
	to->list = list;
	for (size_t i = 0; i < from->len; i++)
		drop_earlier(to, from->list[i]);
	memcpy(list + to->len, from->list, from->len * sizeof(*list));
	to->len += from->len;
	from->len = 0;
	return 0;
}

void carry_free(struct carry *carry)
{
	for (size_t i = 0; i < carry->len; i++)
		free_one(carry->list[i]);
	free(carry->list);
	memset(carry, 0, sizeof(*carry));
}
