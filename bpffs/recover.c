// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/links.h"
#include "bpffs/lock.h"
#include "bpffs/log.h"
#include "bpffs/publish.h"
#include "bpffs/query.h"
#include "bpffs/recover.h"
#include "bpffs/stage.h"
#include "bpffs/whereabouts.h"

/* A stage whose writer is dead. */
struct leftover {
	const struct bpffs *fs;
	const char *name;
	int fd;
	char verb[32];
	char relative[PATH_MAX]; /* of the directory it is for; "" if it did not come that far */
	struct record rec;       /* what the directory was to get */
	int hook;                /* -1: no hook was to be changed */
	__u32 old_prog, new_prog;
};

enum way {
	FORWARD,
	BACK,
	NEITHER,
};

static __u32 field_number(const struct record *rec, const char *key)
{
	char text[16];

	return record_get_other(rec, key, text, sizeof(text)) ? 0 : strtoul(text, NULL, 10);
}

static void read_leftover(struct leftover *l)
{
	struct record rec;
	char hook[16];

	strcpy(l->verb, "tool");
	*l->relative = '\0';
	l->hook = -1;
	record_init(&l->rec, NULL);
	if (record_read(l->fd, STAGE_RECORD, &rec))
		return;
	record_get_other(&rec, STAGE_FIELD_VERB, l->verb, sizeof(l->verb));
	if (record_get_other(&rec, STAGE_FIELD_DIR, l->relative, sizeof(l->relative)))
		*l->relative = '\0';
	record_read(l->fd, STAGE_META, &l->rec);
	if (record_get_other(&rec, STAGE_FIELD_HOOK, hook, sizeof(hook)))
		return;
	l->hook = hook_parse(hook);
	l->old_prog = field_number(&rec, STAGE_FIELD_OLD);
	l->new_prog = field_number(&rec, STAGE_FIELD_NEW);
}

struct inspection {
	const struct leftover *l;
	enum way way;
	bool known; /* else this is not the interface of the record, or there is none */
};

/* In the namespace of the interface: which of the two programs is attached? */
static int inspect(void *arg)
{
	struct inspection *in = arg;
	const struct leftover *l = in->l;
	struct attachments attached;
	struct interface now;
	bool old, new;
	int err;

	err = interface_by_index(&now, l->rec.iface.ifindex);
	in->way = err == -ENODEV ? BACK : NEITHER;
	in->known = err && err != -ENODEV;
	if (err)
		return 0;
	in->known = true;
	if (attachments_query(&attached, &now))
		return 0;
	old = attachments_has(&attached, l->hook, l->old_prog);
	new = attachments_has(&attached, l->hook, l->new_prog);
	attachments_free(&attached);
	if (new)
		in->way = FORWARD;
	else if (old)
		in->way = BACK;
	else
		/* The number may be used again, and the name as well. */
		in->known = !strcmp(now.mac, l->rec.iface.mac);
	if (new || old || !in->known)
		return 0;
	if (!l->new_prog)
		in->way = FORWARD;
	else
		in->way = l->old_prog ? NEITHER : BACK;
	return 0;
}

/* The program that a link of ours holds on an interface, wherever that is; or 0. */
static __u32 linked_prog(const struct leftover *l)
{
	struct directory dir;
	char path[NAME_SIZE];
	__u32 id;

	snprintf(path, sizeof(path), "%s/%s", DIRECTORY_LINKS, hook_name(l->hook));
	id = link_pinned_prog(l->fd, path);
	if (id || !directory_is_relative(l->relative) ||
	    directory_open_relative(&dir, l->fs, l->relative))
		return id;
	id = link_pinned_prog(dir.fd, path);
	directory_close(&dir);
	return id;
}

/*
 * The interface is not there under its number. Gone, it took both programs with it; moved, it runs
 * one of them.
 */
static enum way search(const struct leftover *l, bool hidden)
{
	__u32 linked = linked_prog(l);
	struct whereabouts w = {
		.was = &l->rec.iface,
		.hook = l->hook,
		.old_prog = l->old_prog,
		.new_prog = l->new_prog,
	};

	if (linked && linked == l->new_prog)
		return FORWARD;
	if (linked && linked == l->old_prog)
		return BACK;
	if (whereabouts_find(&w))
		return NEITHER;
	if (w.new || w.old)
		return w.new ? FORWARD : BACK;
	if (w.new_any || w.old_any)
		return w.new_any ? FORWARD : BACK;
	return hidden || w.partial || linked ? NEITHER : BACK;
}

static enum way choose_way(const struct leftover *l)
{
	struct inspection in = { .l = l, .way = NEITHER };
	struct netns_id here;
	int fd;

	if (stage_is_committed(l->fd))
		return FORWARD;
	if (l->hook < 0 || !stage_is_sealed(l->fd))
		return BACK;
	if (!netns_current(&here) && netns_equal(&here, &l->rec.iface.netns)) {
		inspect(&in);
		return in.known ? in.way : search(l, false);
	}
	fd = netns_find(&l->rec.iface.netns);
	if (fd < 0)
		return search(l, true);
	if (netns_visit(fd, inspect, &in))
		in.known = true;
	close(fd);
	return in.known ? in.way : search(l, false);
}

static int go_forward(const struct leftover *l, bool wait, recover_before_fn before)
{
	struct directory dir;
	int err;

	if (!directory_is_relative(l->relative))
		return failed(-EINVAL, "cannot finish stage %s: it names no interface's directory",
		              l->name);
	err = directory_open_relative(&dir, l->fs, l->relative);
	if (err == -ENOENT && l->hook >= 0 && linked_prog(l))
		return failed(err,
		              "cannot finish what a killed '%s' began in %s/%s: it is gone, "
		              "and a link in stage %s holds a program",
		              l->verb, l->fs->path, l->relative, l->name);
	if (err == -ENOENT) {
		note("%s/%s is gone; dropped what a killed '%s' had prepared for it", l->fs->path,
		     l->relative, l->verb);
		return 0;
	}
	if (err)
		return err;
	err = wait ? directory_lock(&dir) : directory_try_lock(&dir);
	if (err == -EWOULDBLOCK)
		detail("somebody is at work in %s: left what a killed '%s' began there", dir.path,
		       l->verb);
	if (!err && stage_is_sealed(l->fd))
		before(l->fd, &dir);
	if (!err && stage_is_sealed(l->fd) && renameat(l->fd, STAGE_ODD, dir.fd, DIRECTORY_RECORD))
		err = failed(-errno, "cannot write the record of %s", dir.path);
	if (!err) {
		err = publish_staged(l->fd, dir.fd);
		if (err)
			failed(err, "cannot finish what a killed '%s' began in %s", l->verb,
			       dir.path);
		else
			note("finished what a killed '%s' began in %s", l->verb, dir.path);
	}
	directory_close(&dir);
	return err;
}

static int say_neither(const struct leftover *l)
{
	failed(-EUCLEAN,
	       "cannot tell how a killed '%s' is to end: neither program %u nor %u is on %s of %s",
	       l->verb, l->old_prog, l->new_prog, hook_name(l->hook), l->rec.iface.name);
	hint("what it had prepared stays in %s/%%ifbpf/stage/%s; once nothing of it is wanted:",
	     l->fs->path, l->name);
	hint("rm -r '%s/%%ifbpf/stage/%s'", l->fs->path, l->name);
	return -EUCLEAN;
}

static int recover_one(const struct bpffs *fs, const char *name, const struct interface *iface,
                       recover_before_fn before)
{
	struct leftover l = { .fs = fs, .name = name };
	bool own;
	int err = 0;

	l.fd = bpffs_open_dir(fs->stage_fd, name, O_RDONLY);
	if (l.fd < 0) {
		if (l.fd != -ENOENT)
			note("%s/%%ifbpf/stage/%s is no stage of ours, and was left alone",
			     fs->path, name);
		return 0;
	}
	if (lock_try(l.fd)) {
		/* Its writer lives. */
		close(l.fd);
		return 0;
	}
	read_leftover(&l);
	own = iface && record_same_interface(&l.rec, iface);
	switch (choose_way(&l)) {
	case FORWARD: err = go_forward(&l, own, before); break;
	case BACK: detail("removed what a killed '%s' had prepared: %s", l.verb, name); break;
	case NEITHER: err = say_neither(&l); break;
	}
	if (!err)
		err = stage_remove(fs, name);
	close(l.fd);
	/* What is wrong with one interface must not hold up the others. */
	return own ? err : 0;
}

int recover_stages(const struct bpffs *fs, const struct interface *iface, recover_before_fn before)
{
	struct dirent **list;
	int count, err = 0;

	count = scandirat(fs->stage_fd, ".", &list, NULL, alphasort);
	if (count < 0)
		return failed(-errno, "cannot list the stages in %s", fs->path);
	for (int i = 0; i < count; i++) {
		if (!err && list[i]->d_name[0] != '.')
			err = recover_one(fs, list[i]->d_name, iface, before);
		free(list[i]);
	}
	free(list);
	return err;
}

bool recover_is_stuck(const struct bpffs *fs, int stages_fd, const char *name,
                      char ifname[IF_NAMESIZE])
{
	struct leftover l = { .fs = fs, .name = name };
	bool stuck;

	l.fd = bpffs_open_dir(stages_fd, name, O_RDONLY);
	if (l.fd < 0)
		return false;
	stuck = !lock_try(l.fd);
	if (stuck) {
		read_leftover(&l);
		stuck = choose_way(&l) == NEITHER;
		snprintf(ifname, IF_NAMESIZE, "%s", l.rec.iface.name);
	}
	close(l.fd);
	return stuck;
}
