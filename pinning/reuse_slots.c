// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/reuse_slots.h"
#include "pinning/shape.h"
#include "pinning/slots.h"

/* The map that has the inner one's name in the directory, which would be used on; 0: none. */
static __u32 pinned_inner(const struct object *object, const struct directory *dir,
                          const char *name)
{
	struct bpf_map_info info;
	int fd = reuse_open_pin(dir, object->hook, name, &info);

	if (fd < 0)
		return 0;
	close(fd);
	return info.id;
}

/*
 * A map that no program names itself is pinned nowhere, and made at each load: what an earlier one
 * put into the slot has its name, and the content.
 */
static bool has_name(__u32 id, const char *name)
{
	int fd = bpf_map_get_fd_by_id(id);
	struct bpf_map_info info;
	int err = fd < 0 ? fd : map_describe(fd, &info);

	if (fd >= 0)
		close(fd);
	/* Without CAP_SYS_ADMIN nobody can tell. */
	return err == -EPERM || (!err && !strncmp(info.name, name, sizeof(info.name) - 1));
}

/* What a slot has now, for the user; "" if it is as the object says. */
static void describe(const struct object *object, const struct directory *dir, int pin_fd,
                     const struct slot *slot, char text[32])
{
	__u32 id, pinned;

	*text = '\0';
	if (bpf_map_lookup_elem(pin_fd, &slot->key, &id)) {
		strcpy(text, "empty");
		return;
	}
	pinned = pinned_inner(object, dir, slot->map);
	if (pinned ? id != pinned : !has_name(id, slot->map))
		snprintf(text, 32, "map %u", id);
}

static int compare(const struct object *object, const struct bpf_map *map,
                   const struct directory *dir, int pin_fd, const struct slots *slots, bool fresh,
                   struct shape_diffs *diffs)
{
	const char *name = object_map_name(object, map);
	bool told = false;
	int err = 0;

	for (size_t i = 0; !err && i < slots->len; i++) {
		const struct slot *slot = &slots->list[i];
		char field[32], wanted[64], now[32];

		describe(object, dir, pin_fd, slot, now);
		if (!*now)
			continue;
		snprintf(field, sizeof(field), "slot %u", slot->key);
		snprintf(wanted, sizeof(wanted), "map '%.50s'", slot->map);
		if (fresh)
			err = shape_diffs_add(diffs, field, wanted, now);
		else
			note("map '%s' is used on as it is: slot %u is %s%s, and the object puts "
			     "%s there",
			     name, slot->key, now, *now == 'm' ? " still" : "", wanted);
		told = true;
	}
	if (told && !fresh)
		hint("have it as the object says: --on-mismatch %s=fresh", cli_word(name));
	return err ? failed(err, "cannot compare what is in map '%s'", name) : 0;
}

int reuse_compare_slots(const struct object *object, const struct bpf_map *map,
                        const struct directory *dir, int pin_fd, const struct bpf_map_info *info,
                        const struct reuse_options *how, struct shape_diffs *diffs)
{
	const char *name = object_map_name(object, map);
	struct slots slots;
	int err;

	if (!shape_holds_maps(info->type) || info->key_size != sizeof(__u32))
		return 0;
	err = slots_read(&slots, object->path, object->obj, name);
	if (err)
		failed(err, "cannot read what %s puts into map '%s'", object->path, name);
	else
		err = compare(object, map, dir, pin_fd, &slots,
		              mismatch_of(how->mismatch, name) == MISMATCH_FRESH, diffs);
	slots_free(&slots);
	return err;
}
