// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/pin.h"
#include "bpffs/progs.h"
#include "pinning/gc_uses.h"
#include "pinning/status_pins.h"

static struct status_orphan *add_orphan(struct status *st, enum pin_kind kind, __u32 id,
                                        const char *why)
{
	struct status_orphan *orphan =
		status_grow(&st->orphans, &st->orphans_len, sizeof(*st->orphans));

	if (!orphan)
		return NULL;
	orphan->kind = kind;
	orphan->id = id;
	orphan->why = why;
	return orphan;
}

/* uses: every program of the kernel; NULL: they cannot be listed. */
static const char *why_unused(const struct gc_uses *uses, __u32 map_id)
{
	if (!uses)
		return "no program that is attached here uses it";
	return gc_uses_find(uses, map_id) ? "only programs that are not attached here use it"
	                                  : "no attached program uses it";
}

static int orphan_map(struct status *st, const struct view_map *pin, const struct gc_uses *uses)
{
	bool used = status_uses_map(&st->live, pin->info.id);
	struct status_orphan *orphan;

	if (!pin->old_id && used)
		return 0;
	orphan = add_orphan(st, PIN_MAP, pin->info.id,
	                    !pin->old_id ? why_unused(uses, pin->info.id)
	                    : used       ? "another map has its name; an attached program uses it"
	                                 : "a replacement left it");
	if (!orphan)
		return -ENOMEM;
	view_map_path(pin, orphan->file, sizeof(orphan->file));
	return 0;
}

/* The interface may have moved, or share its maps with others: what they run uses them too. */
static int orphan_maps(struct status *st)
{
	struct gc_uses uses = {};
	bool wanted = false, scanned;
	int err = 0;

	for (size_t i = 0; i < st->view.len; i++)
		wanted |= !st->view.maps[i].old_id &&
		          !status_uses_map(&st->live, st->view.maps[i].info.id);
	scanned = wanted && !gc_uses_scan(&uses);
	for (size_t i = 0; !err && i < st->view.len; i++)
		err = orphan_map(st, &st->view.maps[i], scanned ? &uses : NULL);
	if (scanned)
		gc_uses_free(&uses);
	return err;
}

static int orphan_progs(struct status *st, enum hook hook)
{
	struct status_orphan *orphan;
	char below[NAME_SIZE];
	struct listing progs;
	int fd, err = 0;
	__u32 id;

	fd = progs_open(&st->dir, hook, below, &progs);
	if (fd < 0)
		return fd == -ENOMEM ? fd : 0;
	for (size_t i = 0; !err && i < progs.len; i++) {
		const char *file = progs.list[i].name;

		if (pin_prog_id(fd, file, &id) || !id || status_runs(st, hook, id))
			continue;
		orphan = add_orphan(st, PIN_PROG, id, "not attached here");
		if (orphan)
			snprintf(orphan->file, sizeof(orphan->file), "%s/%s", below, file);
		else
			err = -ENOMEM;
	}
	listing_free(&progs);
	close(fd);
	return err;
}

/* Describe the link that is pinned for a hook. Returns 0 or a negative errno. */
static int pinned_link(const struct status *st, enum hook hook, struct bpf_link_info *info)
{
	__u32 len = sizeof(*info);
	char file[NAME_SIZE];
	int fd, err = 0;

	memset(info, 0, sizeof(*info));
	snprintf(file, sizeof(file), "%s/%s", DIRECTORY_LINKS, hook_name(hook));
	fd = pin_open(st->dir.fd, file, 0);
	if (fd < 0)
		return fd;
	if (pin_kind_of(fd) != PIN_LINK)
		err = -EINVAL;
	else if (bpf_obj_get_info_by_fd(fd, info, &len))
		err = -errno;
	close(fd);
	return err;
}

__u32 status_pinned_link(const struct status *st, enum hook hook)
{
	struct bpf_link_info info;

	return st->has_dir && !pinned_link(st, hook, &info) ? info.id : 0;
}

static int orphan_link(struct status *st, enum hook hook)
{
	struct status_orphan *orphan;
	struct bpf_link_info info;

	if (pinned_link(st, hook, &info))
		return 0;
	for (size_t i = 0; i < st->attached.len; i++)
		if (st->attached.list[i].hook == hook && st->attached.list[i].link_id == info.id)
			return 0;
	/* The ifindex stands in the same place for links of XDP, tcx and netkit. */
	orphan = add_orphan(st, PIN_LINK, info.id,
	                    info.xdp.ifindex ? "not attached here" : "it is detached for good");
	if (!orphan)
		return -ENOMEM;
	snprintf(orphan->file, sizeof(orphan->file), "%s/%s", DIRECTORY_LINKS, hook_name(hook));
	return 0;
}

int status_look_for_orphans(struct status *st)
{
	int err;

	if (!st->has_dir || !st->has_live || st->others)
		return 0;
	err = st->has_view ? orphan_maps(st) : 0;
	for (int hook = 0; !err && hook < HOOKS; hook++) {
		if (!st->gone && !st->attached.known[hook])
			continue;
		err = orphan_progs(st, hook);
		if (!err)
			err = orphan_link(st, hook);
	}
	return err;
}
