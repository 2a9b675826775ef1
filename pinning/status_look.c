// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "bpffs/claim.h"
#include "bpffs/identity.h"
#include "bpffs/links.h"
#include "bpffs/log.h"
#include "pinning/status_blind.h"
#include "pinning/status_links.h"
#include "pinning/status_look.h"
#include "pinning/status_pins.h"

void *status_grow(void *list, size_t *len, size_t size)
{
	void **head = list;
	char *grown = reallocarray(*head, *len + 1, size);

	if (!grown)
		return NULL;
	*head = grown;
	return memset(grown + (*len)++ * size, 0, size);
}

static __u64 now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* Fill in what the kernel says of a program. One that went away meanwhile stays undescribed. */
static int describe(struct status_prog *prog)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd, err = 0;

	fd = bpf_prog_get_fd_by_id(prog->id);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		err = -errno;
	close(fd);
	if (err)
		return err;
	prog->described = true;
	memcpy(prog->name, info.name, sizeof(prog->name));
	for (int i = 0; i < BPF_TAG_SIZE; i++)
		sprintf(prog->tag + 2 * i, "%02x", info.tag[i]);
	/* The kernel counts from boot, sleep included. */
	prog->loaded_ns = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_BOOTTIME) + info.load_time;
	prog->uid = info.created_by_uid;
	return 0;
}

/* How many of the attachments before this one are on its hook; like_it: and attached like it. */
static unsigned int count_before(const struct status *st, size_t index, bool like_it)
{
	const struct attachment *list = st->attached.list;
	unsigned int count = 0;

	for (size_t i = 0; i < index; i++)
		if (list[i].hook == list[index].hook && (!like_it || list[i].by == list[index].by))
			count++;
	return count;
}

/* Others are known to have it: they pinned it, or its link, or it is a dispatcher. */
static bool is_elsewhere(const struct status *st, const struct status_prog *prog)
{
	const struct attachment *at = prog->at;

	return prog->owner.dispatcher ||
	       owners_path(st->owners, OWNER_OTHER, PIN_PROG, at->prog_id) ||
	       (at->link_id && owners_path(st->owners, OWNER_OTHER, PIN_LINK, at->link_id));
}

static int list_attached(struct status *st, const struct status_scope *scope)
{
	for (size_t i = 0; i < st->attached.len; i++) {
		const struct attachment *at = &st->attached.list[i];
		struct status_prog *prog =
			status_grow(&st->progs, &st->progs_len, sizeof(*st->progs));

		if (!prog)
			return -ENOMEM;
		prog->hook = at->hook;
		prog->at = at;
		prog->id = at->prog_id;
		prog->position = count_before(st, i, false) + 1;
		prog->in_chain = count_before(st, i, true) + 1;
		if (!scope->no_ids)
			ownership_of(at, st->has_dir ? &st->dir : NULL, st->owners, NULL,
			             &prog->owner);
		/* It may be ours: only what others have of it can be seen. */
		if (st->hidden && !is_elsewhere(st, prog))
			*prog->owner.why = '\0';
		else if (!scope->no_ids && !st->hidden)
			status_doubt_owner(st, prog);
	}
	return 0;
}

/* Programs in program arrays, devmap and cpumap entries, and behind a dispatcher. */
static int list_reached(struct status *st)
{
	for (size_t i = 0; i < st->live.progs_len; i++) {
		const struct live_prog *live = &st->live.progs[i];
		struct status_prog *prog;

		if (!live->via_map && !live->via_link)
			continue;
		prog = status_grow(&st->progs, &st->progs_len, sizeof(*st->progs));
		if (!prog)
			return -ENOMEM;
		prog->hook = live->hook;
		prog->id = live->id;
		prog->via_map = live->via_map;
		prog->via_link = live->via_link;
	}
	return 0;
}

static int look_at_progs(struct status *st, struct status_scope *scope)
{
	int err = list_attached(st, scope);

	if (!err)
		err = list_reached(st);
	for (size_t i = 0; !err && !scope->no_ids && i < st->progs_len; i++)
		err = describe(&st->progs[i]);
	return err;
}

/* What is attached, and what is behind it. Missing privilege is noted, and is no failure. */
static int look_at_kernel(struct status *st, struct status_scope *scope)
{
	int err = st->gone ? 0 : attachments_query(&st->attached, &st->iface);

	if (err)
		return err;
	if (!st->gone &&
	    !(st->attached.known[HOOK_TC_INGRESS] && st->attached.known[HOOK_TC_EGRESS]))
		scope->no_tcx = true;
	err = links_find(&st->attached, &st->iface);
	if (!err)
		err = live_query(&st->live, &st->attached);
	st->has_live = !err;
	if (err == -EPERM) {
		scope->no_ids = true;
		return 0;
	}
	return err ? failed(err, "cannot look at the programs on %s", st->iface.name) : 0;
}

/*
 * The pins outside the directory. One scan does for all interfaces whose directory has a record,
 * since that tells its pins from others'.
 */
static int find_owners(struct status *st, const struct status_scope *scope)
{
	st->owners = &scope->owners;
	if (!st->has_dir || st->dir.has_record || scope->no_ids)
		return 0;
	st->owners = &st->own_scan;
	return owners_scan_with_interfaces(&st->own_scan, &scope->fs, st->dir.relative);
}

int status_look(struct status *st, struct status_scope *scope)
{
	int err = look_at_kernel(st, scope);

	if (err)
		return err;
	if (!st->has_dir && !st->hidden && !st->gone && scope->has_fs) {
		st->follows = !claim_find_followed(&st->dir, &scope->fs, &st->iface, &st->attached);
		st->has_dir = st->follows;
	}
	st->others = st->has_dir && st->dir.has_record && !st->gone &&
	             !record_same_interface(&st->dir.record, &st->iface) &&
	             identity_lives(&st->dir, &st->iface, &st->owner);
	if (st->has_dir && !st->others) {
		err = view_open(&st->view, &st->dir, NULL, 0, BPF_F_RDONLY);
		st->has_view = !err;
		st->partly |= err != 0;
	}
	err = find_owners(st, scope);
	if (!err)
		err = look_at_progs(st, scope);
	if (!err)
		err = status_look_at_pins(st);
	if (!err)
		err = status_look_for_orphans(st);
	if (!err && !scope->no_ids) {
		err = status_look_at_links(st);
		/* Where nothing is attached, nothing was asked for by id before. */
		scope->no_ids = err == -EPERM;
		if (err == -EPERM)
			err = 0;
	}
	return err ? failed(err, "cannot describe %s", st->iface.name) : 0;
}

void status_free(struct status *st)
{
	owners_free(&st->own_scan);
	live_free(&st->live);
	attachments_free(&st->attached);
	if (st->has_view)
		view_close(&st->view);
	if (st->has_dir)
		directory_close(&st->dir);
	free(st->progs);
	free(st->maps);
	free(st->links);
	free(st->drift);
	free(st->orphans);
	memset(st, 0, sizeof(*st));
}
