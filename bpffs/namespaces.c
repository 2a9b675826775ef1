// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "bpffs/mounts.h"
#include "bpffs/namespaces.h"

#define PRESENT "/proc/thread-self/ns/net"
#define NAMED   "/run/netns"

static int identify(void *arg)
{
	return netns_current(arg);
}

/* Namespaces that exist at one time have different inodes, so each is entered once. */
static bool is_known(const struct namespaces *all, ino_t ino)
{
	for (size_t i = 0; i < all->len; i++)
		if (all->list[i].id.ino == ino)
			return true;
	return false;
}

static int add(struct namespaces *all, const char *path)
{
	struct namespace found, *list;
	struct stat st;
	int err;

	if (stat(path, &st) || is_known(all, st.st_ino))
		return 0;
	found.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (found.fd < 0)
		return 0;
	/* A name whose namespace is gone is a plain file. */
	err = netns_visit(found.fd, identify, &found.id);
	if (err) {
		all->partial |= err == -EPERM;
		close(found.fd);
		return 0;
	}
	found.path = strdup(path);
	list = found.path ? reallocarray(all->list, all->len + 1, sizeof(*list)) : NULL;
	if (!list) {
		free(found.path);
		close(found.fd);
		return -ENOMEM;
	}
	all->list = list;
	list[all->len++] = found;
	return 0;
}

/* Add <dir>/<entry><suffix> for every entry of a directory; with digits only for pids. */
static int add_all(struct namespaces *all, const char *dir, const char *suffix, bool digits)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;
	char path[PATH_MAX];
	int err = 0;

	if (!stream)
		return 0;
	while (!err && (entry = readdir(stream))) {
		if (entry->d_name[0] == '.' || (digits && !isdigit((unsigned char)*entry->d_name)))
			continue;
		snprintf(path, sizeof(path), "%s/%s%s", dir, entry->d_name, suffix);
		err = add(all, path);
	}
	closedir(stream);
	return err;
}

int namespaces_find(struct namespaces *all)
{
	struct rlimit limit;
	int err;

	memset(all, 0, sizeof(*all));
	/* Each is kept open. */
	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	err = add(all, PRESENT);
	if (!err)
		err = add_all(all, NAMED, "", false);
	if (!err)
		err = add_all(all, "/proc", "/ns/net", true);
	if (err)
		namespaces_free(all);
	return err;
}

/*
 * A namespace, of whatever type: a link below /proc does not tell how it was opened. Nobody is
 * asked who may not answer, such as a server of files.
 */
static bool is_namespace(const char *path, const struct statx *known)
{
	struct statx st;

	return !statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_TYPE, &st) &&
	       st.stx_dev_major == known->stx_dev_major && st.stx_dev_minor == known->stx_dev_minor;
}

static int add_open(struct namespaces *all, const char *pid, const struct statx *known)
{
	char dir[64], path[sizeof(dir) + NAME_MAX + 1];
	struct dirent *entry;
	DIR *stream;
	int err = 0;

	snprintf(dir, sizeof(dir), "/proc/%.20s/fd", pid);
	stream = opendir(dir);
	if (!stream)
		return 0;
	while (!err && (entry = readdir(stream))) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (is_namespace(path, known))
			err = add(all, path);
	}
	closedir(stream);
	return err;
}

/* A thread can enter another namespace than its process. */
static int add_of_threads(struct namespaces *all, const char *pid)
{
	char dir[64];

	snprintf(dir, sizeof(dir), "/proc/%.20s/task", pid);
	return add_all(all, dir, "/ns/net", true);
}

/* The namespaces of mounts that were looked at, each once. */
struct mount_search {
	struct namespaces *all;
	ino_t *seen;
	size_t len;
	const char *root; /* where the paths of this one begin */
};

static int add_mount(const struct mount *mount, void *arg)
{
	char path[PATH_MAX + 64];
	struct mount_search *search = arg;

	if (strcmp(mount->fstype, "nsfs") != 0)
		return 0;
	snprintf(path, sizeof(path), "%s%s", search->root, mount->point);
	return add(search->all, path);
}

static int add_mounted(struct mount_search *search, const char *pid, const char *root)
{
	char path[64];
	struct stat st;
	ino_t *list;
	int err;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/mnt", pid);
	if (stat(path, &st))
		return 0;
	for (size_t i = 0; i < search->len; i++)
		if (search->seen[i] == st.st_ino)
			return 0;
	list = reallocarray(search->seen, search->len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	search->seen = list;
	list[search->len++] = st.st_ino;
	snprintf(path, sizeof(path), "/proc/%.20s/mountinfo", pid);
	search->root = root;
	err = mounts_each(path, add_mount, search);
	/* The process may have gone away meanwhile. */
	return err == -ENOMEM ? err : 0;
}

static int add_held_by(struct mount_search *search, const char *pid, const struct statx *known)
{
	char root[64];
	int err = add_open(search->all, pid, known);

	if (!err)
		err = add_of_threads(search->all, pid);
	snprintf(root, sizeof(root), "/proc/%.20s/root", pid);
	return err ? err : add_mounted(search, pid, root);
}

int namespaces_add_held(struct namespaces *all)
{
	struct mount_search search = { .all = all };
	DIR *stream = opendir("/proc");
	struct dirent *entry;
	struct statx known;
	int err;

	if (!stream)
		return 0;
	if (statx(AT_FDCWD, PRESENT, 0, STATX_TYPE, &known)) {
		closedir(stream);
		return 0;
	}
	/* The mounts that are seen here first: their paths can be typed as they are. */
	err = add_mounted(&search, "thread-self", "");
	while (!err && (entry = readdir(stream)))
		if (isdigit((unsigned char)*entry->d_name))
			err = add_held_by(&search, entry->d_name, &known);
	closedir(stream);
	free(search.seen);
	return err;
}

void namespaces_free(struct namespaces *all)
{
	for (size_t i = 0; i < all->len; i++) {
		close(all->list[i].fd);
		free(all->list[i].path);
	}
	free(all->list);
	memset(all, 0, sizeof(*all));
}

const struct namespace *namespaces_get(const struct namespaces *all, const struct netns_id *id)
{
	for (size_t i = 0; i < all->len; i++)
		if (netns_equal(&all->list[i].id, id))
			return &all->list[i];
	return NULL;
}

const struct namespace *namespaces_named(const struct namespaces *all, const char *component)
{
	char name[NETNS_COMPONENT_SIZE];

	for (size_t i = 0; i < all->len; i++) {
		struct netns_id id = all->list[i].id;

		netns_component(&id, name);
		if (!strcmp(name, component))
			return &all->list[i];
		/* As a kernel without cookies, or a writer without the right to ask, names it. */
		id.cookie = 0;
		netns_component(&id, name);
		if (!strcmp(name, component))
			return &all->list[i];
	}
	return NULL;
}

void namespace_spec(const struct namespace *netns, char *out, size_t size)
{
	const char *path = netns->path;
	int pid, end = 0;

	if (!strcmp(path, PRESENT))
		snprintf(out, size, "%s", "");
	else if (!strncmp(path, NAMED "/", strlen(NAMED "/")))
		snprintf(out, size, "%s", path + strlen(NAMED "/"));
	else if (sscanf(path, "/proc/%d/ns/net%n", &pid, &end) == 1 && end && !path[end])
		snprintf(out, size, "%d", pid);
	else
		snprintf(out, size, "%s", path);
}
