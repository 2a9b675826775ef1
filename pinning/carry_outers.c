// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Old maps that are in slots of a map of maps which the new program uses on. It would go on with
 * them there, and with the new ones by their names.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "bpffs/view.h"
#include "pinning/carry_outers.h"
#include "pinning/outers.h"
#include "pinning/shape.h"

/* It stays in the slot: then it must be open to edits, and have a name. */
static void leave(struct carried *one, const char *outer, const char *why, int stage_fd)
{
	one->shared = true;
	note("map '%s': the old one stays in a slot of map '%s', and in use there: %s", one->name,
	     outer, why);
	carry_note_shared(one, stage_fd);
}

static void exchange(struct carried *one, const struct view_map *pin, int fd,
                     const struct carry_place *at, struct elsewhere *others)
{
	int new_fd = one->map ? bpf_map__fd(one->map) : one->to.fd, slots;
	char who[ELSEWHERE_WHO_SIZE];

	if (outer_has(fd, &pin->info, one->from_id) <= 0)
		return;
	if (!at->switched) {
		leave(one, pin->name, "the program is only prepared", at->stage_fd);
		return;
	}
	if (elsewhere_uses(others, pin->info.id, who)) {
		leave(one, pin->name, who, at->stage_fd);
		return;
	}
	slots = outer_exchange(fd, &pin->info, one->from_id, new_fd);
	if (slots < 0)
		leave(one, pin->name,
		      slots == -EINVAL ? "the new one is not such as its slots take"
		                       : strerror(-slots),
		      at->stage_fd);
	else if (slots)
		note("map '%s': %d slot%s of map '%s' had the old one, and ha%s the new one now",
		     one->name, slots, slots == 1 ? "" : "s", pin->name, slots == 1 ? "s" : "ve");
}

static void look_at(struct carry *carry, const struct view_map *pin, const struct carry_place *at,
                    struct elsewhere *others)
{
	char file[NAME_SIZE], path[NAME_SIZE * 2];
	struct view_map open = *pin;
	int fd;

	if (mapname_encode(pin->name, file, sizeof(file)))
		return;
	snprintf(path, sizeof(path), "%s%s", pin->egress ? DIRECTORY_EGRESS "/" : "", file);
	/* What gives way keeps what it has. */
	if (stage_takes(at->stage_fd, path))
		return;
	fd = pin_open_map(at->dir->fd, path, 0, &open.info);
	if (fd < 0)
		return;
	for (size_t i = 0; i < carry->len; i++)
		if (carry->list[i]->placed && !carry->list[i]->link)
			exchange(carry->list[i], &open, fd, at, others);
	close(fd);
}

void carry_exchange_in_outers(struct carry *carry, const struct carry_place *at,
                              struct elsewhere *others)
{
	struct view pinned;

	if (view_list(&pinned, at->dir))
		return;
	for (size_t i = 0; i < pinned.len; i++)
		if (!pinned.maps[i].old_id && shape_holds_maps(pinned.maps[i].info.type))
			look_at(carry, &pinned.maps[i], at, others);
	view_close(&pinned);
}
