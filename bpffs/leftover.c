// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/directory.h"
#include "bpffs/leftover.h"
#include "bpffs/links.h"
#include "bpffs/publish.h"
#include "bpffs/stage.h"
#include "bpffs/whereabouts.h"

static __u32 field_number(const struct record *rec, const char *key)
{
	char text[16];

	return record_get_other(rec, key, text, sizeof(text)) ? 0 : strtoul(text, NULL, 10);
}

void leftover_read(struct leftover *l, const struct bpffs *fs, const char *name, int fd)
{
	char hook[16], flag[8];
	struct record rec;

	memset(l, 0, sizeof(*l));
	l->fs = fs;
	l->name = name;
	l->fd = l->pins_fd = fd;
	strcpy(l->verb, "tool");
	l->hook = -1;
	record_init(&l->rec, NULL);
	if (record_read(l->fd, STAGE_RECORD, &rec))
		return;
	record_get_other(&rec, STAGE_FIELD_VERB, l->verb, sizeof(l->verb));
	l->left = !record_get_other(&rec, STAGE_FIELD_LEFT, flag, sizeof(flag));
	if (record_get_other(&rec, STAGE_FIELD_DIR, l->relative, sizeof(l->relative)))
		*l->relative = '\0';
	if (stage_is_whole(fd))
		l->pins_fd = bpffs_open_dir(fd, STAGE_DIR, O_RDONLY);
	record_read(l->pins_fd, STAGE_META, &l->rec);
	if (record_get_other(&rec, STAGE_FIELD_HOOK, hook, sizeof(hook)))
		return;
	l->hook = hook_parse(hook);
	l->old_prog = field_number(&rec, STAGE_FIELD_OLD);
	l->new_prog = field_number(&rec, STAGE_FIELD_NEW);
}

void leftover_free(struct leftover *l)
{
	if (l->pins_fd >= 0 && l->pins_fd != l->fd)
		close(l->pins_fd);
	live_free(&l->live);
	displaced_free(&l->displaced);
}

/* What the kernel says. */
enum found {
	FOUND_NEW,
	FOUND_OLD,
	FOUND_GONE,    /* the interface, with whatever was on it */
	FOUND_NEITHER, /* its hook has none of the two */
	FOUND_UNKNOWN,
};

struct inspection {
	struct leftover *l;
	enum found found;
	bool known; /* else this is not the interface of the record, or there is none */
};

/* What is on the hook besides the new program, and which maps that uses. */
static int look_behind(struct leftover *l, struct attachments *attached)
{
	size_t len = 0;
	int err;

	for (size_t i = 0; i < attached->len; i++)
		if (attached->list[i].hook == (enum hook)l->hook)
			attached->list[len++] = attached->list[i];
	attached->len = len;
	l->seen = true;
	l->there = len ? attached->list[0].prog_id : 0;
	err = live_query(&l->live, attached);
	l->blind = err == -EPERM;
	return l->blind ? 0 : err;
}

/* In the namespace of the interface: which of the two programs is attached? */
static int inspect(void *arg)
{
	struct inspection *in = arg;
	struct leftover *l = in->l;
	struct attachments attached;
	struct interface now;
	bool old, new, complete;
	int err;

	err = interface_by_index(&now, l->rec.iface.ifindex);
	in->known = err != -ENODEV;
	if (err)
		return 0;
	if (attachments_query(&attached, &now))
		return 0;
	old = attachments_has(&attached, l->hook, l->old_prog);
	new = attachments_has(&attached, l->hook, l->new_prog);
	complete = attached.known[l->hook];
	l->unasked = !complete && !new;
	/* The number may be used again, and the name as well. */
	in->known = old || new || !strcmp(now.mac, l->rec.iface.mac);
	if (new)
		in->found = FOUND_NEW;
	else if (in->known && (old || complete) && !look_behind(l, &attached))
		in->found = old ? FOUND_OLD : FOUND_NEITHER;
	if (l->seen && old)
		l->there = l->old_prog;
	attachments_free(&attached);
	return 0;
}

/* The directory that the stage is for, or -1. */
static int open_directory(const struct leftover *l, struct directory *dir)
{
	if (!directory_is_relative(l->relative) || directory_open_relative(dir, l->fs, l->relative))
		return -1;
	return dir->fd;
}

__u32 leftover_linked_prog(const struct leftover *l)
{
	struct directory dir;
	char path[NAME_SIZE];
	__u32 id;

	snprintf(path, sizeof(path), "%s/%s", DIRECTORY_LINKS, hook_name(l->hook));
	id = link_pinned_prog(l->pins_fd, path);
	if (id || open_directory(l, &dir) < 0)
		return id;
	id = link_pinned_prog(dir.fd, path);
	directory_close(&dir);
	return id;
}

/*
 * The interface is not there under its number. Gone, it took both programs with it; moved, it runs
 * one of them.
 */
static enum found search(const struct leftover *l, bool hidden)
{
	__u32 linked = leftover_linked_prog(l);
	struct whereabouts w = {
		.was = &l->rec.iface,
		.hook = l->hook,
		.old_prog = l->old_prog,
		.new_prog = l->new_prog,
	};

	if (linked && linked == l->new_prog)
		return FOUND_NEW;
	if (linked && linked == l->old_prog)
		return FOUND_OLD;
	if (whereabouts_find(&w))
		return FOUND_UNKNOWN;
	if (w.new || w.old)
		return w.new ? FOUND_NEW : FOUND_OLD;
	if (w.new_any || w.old_any)
		return w.new_any ? FOUND_NEW : FOUND_OLD;
	return hidden || w.partial || linked ? FOUND_UNKNOWN : FOUND_GONE;
}

static enum found find(struct leftover *l)
{
	struct inspection in = { .l = l, .found = FOUND_UNKNOWN };
	struct netns_id here;
	int fd;

	if (!netns_current(&here) && netns_equal(&here, &l->rec.iface.netns)) {
		inspect(&in);
		return in.known ? in.found : search(l, false);
	}
	fd = netns_find(&l->rec.iface.netns);
	if (fd < 0)
		return search(l, true);
	if (netns_visit(fd, inspect, &in))
		in.known = true;
	close(fd);
	return in.known ? in.found : search(l, false);
}

bool leftover_uses(const struct leftover *l, __u32 map_id)
{
	if (!l->seen || !l->there)
		return false;
	return l->blind || live_map_fd(&l->live, map_id) >= 0;
}

/* What is on the hook works with maps that would lose their names: it is named then. */
static bool needs_old_maps(struct leftover *l)
{
	for (size_t i = 0; i < l->displaced.len; i++) {
		__u32 old_id = l->displaced.list[i].old_id;

		if (!old_id || !leftover_uses(l, old_id))
			continue;
		if (!l->blind)
			l->there = live_user(&l->live, l->hook, old_id)->id;
		return true;
	}
	return false;
}

/* None of the two is on the hook. counted: the new one was. */
static enum leftover_way choose_for_neither(struct leftover *l, bool counted)
{
	if (needs_old_maps(l))
		return l->blind && l->old_prog ? LEFTOVER_UNTOLD : LEFTOVER_BACK;
	/* There was nothing before, and there is nothing of it now. */
	return l->old_prog || counted ? LEFTOVER_FORWARD : LEFTOVER_BACK;
}

/* The new program is not on its hook: but perhaps it was, and left what must not be lost. */
static enum leftover_way weigh(struct leftover *l, enum found found)
{
	bool closed = false, counted = false;
	struct directory dir = { .fd = -1 };
	int err;

	open_directory(l, &dir);
	err = displaced_find(&l->displaced, l->pins_fd, dir.fd);
	if (dir.fd >= 0)
		directory_close(&dir);
	if (err)
		return LEFTOVER_UNTOLD;
	for (size_t i = 0; i < l->displaced.len; i++) {
		closed |= l->displaced.list[i].closed;
		counted |= l->displaced.list[i].counted;
	}
	/* Nobody could edit the old one any more. */
	if (closed)
		return LEFTOVER_FORWARD;
	if (found == FOUND_NEITHER)
		return choose_for_neither(l, counted);
	return found == FOUND_GONE && counted ? LEFTOVER_FORWARD : LEFTOVER_BACK;
}

enum leftover_way leftover_choose(struct leftover *l)
{
	enum found found;

	if (stage_is_committed(l->fd))
		return LEFTOVER_FORWARD;
	if (l->hook < 0 || !stage_is_sealed(l->fd))
		return LEFTOVER_BACK;
	found = find(l);
	if (found == FOUND_NEW || found == FOUND_UNKNOWN)
		return found == FOUND_NEW ? LEFTOVER_FORWARD : LEFTOVER_UNTOLD;
	return weigh(l, found);
}

static void prog_name(__u32 id, char name[BPF_OBJ_NAME_LEN])
{
	int fd = bpf_prog_get_fd_by_id(id);
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	strcpy(name, "-");
	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len) && *info.name)
		memcpy(name, info.name, BPF_OBJ_NAME_LEN);
	close(fd);
}

void leftover_there(const struct leftover *l, char text[LEFTOVER_THERE_SIZE])
{
	const char *whose = ", which is not ours,";
	char name[BPF_OBJ_NAME_LEN];

	if (l->there == l->old_prog)
		whose = ", the old one,";
	else if (record_has_prog(&l->rec, l->hook, l->there))
		whose = "";
	prog_name(l->there, name);
	if (!l->there)
		snprintf(text, LEFTOVER_THERE_SIZE, "nothing is on %s of %s", hook_name(l->hook),
		         l->rec.iface.name);
	else
		snprintf(text, LEFTOVER_THERE_SIZE, "program %u (%s)%s is on %s of %s", l->there,
		         name, whose, hook_name(l->hook), l->rec.iface.name);
}
