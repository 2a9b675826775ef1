// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/directory_each.h"
#include "bpffs/log.h"
#include "pinning/status_find.h"

/* Whether this process may enter a directory of the layout; without a message. */
static bool may_read(struct status_scope *scope, const char *relative)
{
	int fd = bpffs_open_dir(scope->fs.fd, relative, O_RDONLY);

	if (fd >= 0)
		close(fd);
	if (fd != -EACCES)
		return true;
	scope->no_pins = true;
	return false;
}

/* The directory of an interface that exists: by its name, or after a rename by the record. */
static int open_dir(struct status *st, struct status_scope *scope)
{
	char relative[PATH_MAX];
	struct directory other;
	int err;

	err = bpffs_relative(&scope->fs, st->iface.name, &st->iface.netns, relative);
	if (err)
		return failed(err, "cannot name a directory for interface %s", st->iface.name);
	st->hidden = !may_read(scope, relative);
	if (st->hidden)
		return 0;
	err = directory_open(&st->dir, &scope->fs, &st->iface);
	st->has_dir = !err;
	if (err)
		return err == -ENOENT ? 0 : err;
	/* Two that swapped their names find theirs by the record. */
	if (st->dir.has_record && !record_same_interface(&st->dir.record, &st->iface) &&
	    !directory_find_renamed(&other, &scope->fs, &st->iface)) {
		directory_close(&st->dir);
		st->dir = other;
	}
	return 0;
}

/* A directory that cannot be read is reported, and is no reason to hide what runs. */
static void find_dir(struct status *st, struct status_scope *scope)
{
	if (scope->has_fs && open_dir(st, scope))
		st->partly = true;
}

/* The interface of a record is there, under whatever name. */
static bool is_present(const struct record *rec)
{
	struct interface now;

	return !interface_by_index(&now, rec->iface.ifindex) && record_same_interface(rec, &now);
}

/* There is no interface of this name, but perhaps a directory that it left. */
static int find_left(struct status *st, struct status_scope *scope, const char *ifname)
{
	char relative[PATH_MAX];
	int err = -ENODEV;

	if (scope->has_fs && strlen(ifname) < sizeof(st->iface.name) &&
	    !netns_current(&st->iface.netns) &&
	    !bpffs_relative(&scope->fs, ifname, &st->iface.netns, relative) &&
	    may_read(scope, relative)) {
		err = directory_open_relative(&st->dir, &scope->fs, relative);
		if (err == -ENOENT)
			err = -ENODEV;
		else if (err)
			return err;
	}
	if (err || !st->dir.has_record || is_present(&st->dir.record)) {
		if (!err)
			directory_close(&st->dir);
		failed(-ENODEV, "cannot find interface %s", ifname);
		hint("list the interfaces of this network namespace: ip -br link");
		return -ENODEV;
	}
	st->iface = st->dir.record.iface;
	st->has_dir = st->gone = true;
	return 0;
}

int status_find(struct status *st, struct status_scope *scope, const char *ifname)
{
	int err;

	memset(st, 0, sizeof(*st));
	err = interface_by_name(&st->iface, ifname);
	if (err == -ENODEV)
		return find_left(st, scope, ifname);
	if (err)
		return failed(err, "cannot find interface %s", ifname);
	find_dir(st, scope);
	return 0;
}

struct left_search {
	struct netns_id netns;
	int (*visit)(struct status *st, void *arg);
	void *arg;
};

static int visit_left(struct directory *dir, void *arg)
{
	struct left_search *search = arg;
	struct status *st;
	int ret;

	if (!netns_equal(&dir->record.iface.netns, &search->netns) || is_present(&dir->record) ||
	    !interface_by_name(&(struct interface){}, dir->record.iface.name))
		return 0;
	st = calloc(1, sizeof(*st));
	if (!st)
		return failed(-ENOMEM, "cannot describe %s", dir->path);
	st->iface = dir->record.iface;
	st->has_dir = st->gone = true;
	st->dir = *dir;
	dir->fd = -1;
	ret = search->visit(st, search->arg);
	free(st);
	return ret;
}

static int find_present(struct status_scope *scope, int (*visit)(struct status *st, void *arg),
                        void *arg)
{
	struct if_nameindex *list = if_nameindex();
	struct status *st;
	int ret = 0;

	if (!list)
		return failed(-errno, "cannot list the interfaces");
	st = malloc(sizeof(*st));
	if (!st)
		ret = failed(-ENOMEM, "cannot list the interfaces");
	for (size_t i = 0; !ret && list[i].if_index; i++) {
		memset(st, 0, sizeof(*st));
		/* It may have gone away since. */
		if (interface_by_index(&st->iface, list[i].if_index))
			continue;
		find_dir(st, scope);
		ret = visit(st, arg);
	}
	free(st);
	if_freenameindex(list);
	return ret;
}

int status_find_all(struct status_scope *scope, int (*visit)(struct status *st, void *arg),
                    void *arg)
{
	struct left_search search = { .visit = visit, .arg = arg };
	int ret = find_present(scope, visit, arg);

	if (ret || !scope->has_fs)
		return ret;
	ret = netns_current(&search.netns);
	if (ret)
		return failed(ret, "cannot tell which network namespace this is");
	return directory_each(&scope->fs, visit_left, &search);
}
