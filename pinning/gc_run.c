// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/lock.h"
#include "bpffs/log.h"
#include "pinning/gc_gone.h"
#include "pinning/gc_run.h"
#include "pinning/gc_stay.h"

/* Decide about each directory with an interface's name below `below`, which ends with a slash. */
static int each_directory(struct gc *gc, const char *below, const char *component)
{
	char relative[PATH_MAX], ifname[IF_NAMESIZE];
	struct dirent **list;
	int fd, count, err = 0;

	fd = bpffs_open_dir(gc->fs.fd, *below ? below : ".", O_RDONLY);
	if (fd < 0)
		return 0;
	count = scandirat(fd, ".", &list, NULL, alphasort);
	close(fd);
	if (count < 0)
		return failed(-errno, "cannot list %s/%s", gc->fs.path, below);
	for (int i = 0; i < count; i++) {
		const char *file = list[i]->d_name;

		if (!err && !ifname_decode(file, ifname, sizeof(ifname)) &&
		    snprintf(relative, sizeof(relative), "%s%s", below, file) < PATH_MAX)
			err = gc_directory(gc, relative, component);
		free(list[i]);
	}
	free(list);
	return err;
}

/* The directory of a namespace is made when it is needed: empty, it is of use to nobody. */
static int remove_if_empty(struct gc *gc, int ns_fd, const char *component)
{
	char path[PATH_MAX * 2];
	int fd, count, err = 0;
	struct dirent **list;

	if (namespaces_named(&gc->namespaces, component))
		return 0;
	fd = bpffs_open_dir(ns_fd, component, O_RDONLY);
	count = fd < 0 ? fd : scandirat(fd, ".", &list, NULL, NULL);
	for (int i = 0; i < count; i++)
		free(list[i]);
	if (count >= 0)
		free(list);
	if (fd >= 0)
		close(fd);
	if (count != 2)
		return 0;
	snprintf(path, sizeof(path), "%s/%%ifbpf/ns/%s", gc->fs.path, component);
	if (!gc->options->dry_run && unlinkat(ns_fd, component, AT_REMOVEDIR))
		err = -errno;
	if (err)
		gc_decide(gc->report, GC_NAMESPACE, GC_FAILED, path, "it cannot be removed: %s",
		          strerror(-err));
	else
		gc_decide(gc->report, GC_NAMESPACE, GC_REMOVED, path,
		          "it is empty, and its network namespace cannot be found");
	return 0;
}

/* "4476", or "i" and an inode. */
static bool is_component(const char *name)
{
	name += *name == 'i';
	return *name >= '1' && *name <= '9' && strspn(name, "0123456789") == strlen(name) &&
	       strlen(name) < NETNS_COMPONENT_SIZE - 1;
}

static bool is_wanted(const struct gc *gc, const char *component)
{
	return !gc->options->netns || !strcmp(gc->options->netns, component);
}

static int look_into(struct gc *gc, int ns_fd, const char *component)
{
	char below[NAME_SIZE + 16];

	(void)ns_fd;
	snprintf(below, sizeof(below), "%%ifbpf/ns/%s/", component);
	return each_directory(gc, below, component);
}

static int each_namespace(struct gc *gc,
                          int (*visit)(struct gc *gc, int ns_fd, const char *component))
{
	struct dirent **list;
	int fd, count, err = 0;

	fd = gc->fs.ours_fd < 0 ? -ENOENT : bpffs_open_dir(gc->fs.ours_fd, "ns", O_RDONLY);
	if (fd < 0)
		return fd == -ENOENT ? 0 : failed(fd, "cannot open %s/%%ifbpf/ns", gc->fs.path);
	count = scandirat(fd, ".", &list, NULL, alphasort);
	if (count < 0)
		err = failed(-errno, "cannot list %s/%%ifbpf/ns", gc->fs.path);
	for (int i = 0; i < count; i++) {
		const char *component = list[i]->d_name;

		if (!err && is_component(component) && is_wanted(gc, component))
			err = visit(gc, fd, component);
		free(list[i]);
	}
	if (count >= 0)
		free(list);
	close(fd);
	return err;
}

/* A dry run waits for writers as well: what it says shall hold for some moment. */
static int lock(struct gc *gc)
{
	char path[PATH_MAX + 16];

	if (gc->fs.lock_fd < 0 && gc->fs.ours_fd >= 0) {
		gc->fs.lock_fd = bpffs_open_dir(gc->fs.ours_fd, "lock", O_RDONLY);
		snprintf(path, sizeof(path), "%s/%%ifbpf/lock", gc->fs.path);
		if (gc->fs.lock_fd < 0)
			return bpffs_refused(gc->fs.lock_fd, gc->fs.ours_fd, "lock", path);
	}
	return gc->fs.lock_fd < 0 ? 0 : bpffs_lock(&gc->fs);
}

/* A cookie that was mistyped would else look as if there were nothing to remove. */
static int check_wanted(const struct gc *gc, const char *home)
{
	const char *wanted = gc->options->netns;
	char below[NAME_SIZE + 4];
	int fd;

	if (!wanted || !strcmp(wanted, home))
		return 0;
	snprintf(below, sizeof(below), "ns/%s", wanted);
	fd = gc->fs.ours_fd < 0 ? -ENOENT : bpffs_open_dir(gc->fs.ours_fd, below, O_RDONLY);
	if (fd < 0) {
		failed(fd, "cannot open %s/%%ifbpf/%s", gc->fs.path, below);
		if (fd == -ENOENT)
			hint("list the namespaces that have directories: ls %s/%%ifbpf/ns",
			     gc->fs.path);
		return fd;
	}
	close(fd);
	return 0;
}

static int collect(struct gc *gc)
{
	char home[NETNS_COMPONENT_SIZE];
	int err;

	netns_component(&gc->fs.home, home);
	err = check_wanted(gc, home);
	if (!err)
		err = lock(gc);
	if (err)
		return err;
	err = gc_uses_scan(&gc->uses);
	if (err) {
		failed(err, "cannot look at all programs");
		if (err == -EPERM)
			access_hint("CAP_SYS_ADMIN: what is in use must be known");
		return err;
	}
	err = namespaces_find(&gc->namespaces);
	if (err)
		return failed(err, "cannot look for network namespaces");
	err = gc_stages(gc);
	if (!err && is_wanted(gc, home))
		err = each_directory(gc, "", home);
	if (!err)
		err = each_namespace(gc, look_into);
	if (!err)
		err = gc_gone_decide(gc);
	return err ? err : each_namespace(gc, remove_if_empty);
}

int gc_find_held(struct gc *gc)
{
	int err = gc->has_held ? 0 : namespaces_add_held(&gc->namespaces);

	if (gc->has_held || err)
		return err;
	gc->has_held = true;
	/* What is attached there counts as well. */
	gc_attached_free(&gc->attached);
	gc->has_attached = false;
	return 0;
}

int gc_find_attached(struct gc *gc)
{
	int err = 0;

	if (!gc->has_attached)
		err = gc_attached_find(&gc->attached, &gc->namespaces);
	gc->has_attached = !err;
	return err;
}

int gc_collect(const struct gc_options *options, char path[PATH_MAX], struct gc_report *report)
{
	struct gc gc = { .options = options, .report = report };
	int err;

	memset(report, 0, sizeof(*report));
	/* Where nothing of ours is, nothing is made. */
	err = bpffs_open(&gc.fs,
	                 !options->dry_run && bpffs_probe() == 1 ? BPFFS_WRITE : BPFFS_READ);
	if (err)
		return err;
	strcpy(path, gc.fs.path);
	err = collect(&gc);
	gc_gone_free(&gc);
	gc_stay_free(&gc);
	gc_attached_free(&gc.attached);
	gc_mounts_free(&gc.mounts);
	namespaces_free(&gc.namespaces);
	gc_uses_free(&gc.uses);
	bpffs_close(&gc.fs);
	return err;
}
