// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/log.h"
#include "bpffs/netns.h"
#include "compat/libbpf.h"

#define NETNS_OF_THREAD "/proc/thread-self/ns/net"
#define NETNS_DIRECTORY "/run/netns"

static struct netns_id caller;
static bool caller_known;

bool netns_equal(const struct netns_id *a, const struct netns_id *b)
{
	if (a->cookie && b->cookie)
		return a->cookie == b->cookie;
	return a->ino && a->ino == b->ino;
}

void netns_component(const struct netns_id *id, char out[NETNS_COMPONENT_SIZE])
{
	bool cookie = id->cookie != 0;

	snprintf(out, NETNS_COMPONENT_SIZE, "%s%llu", cookie ? "" : "i",
	         (unsigned long long)(cookie ? id->cookie : id->ino));
}

int netns_current(struct netns_id *id)
{
	socklen_t len = sizeof(id->cookie);
	struct stat st;
	int fd, err = 0;

	memset(id, 0, sizeof(*id));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &id->cookie, &len))
		id->cookie = 0;
	close(fd);
	if (stat(NETNS_OF_THREAD, &st))
		err = -errno;
	else
		id->ino = st.st_ino;
	return id->cookie ? 0 : err;
}

int netns_caller(struct netns_id *id)
{
	int err = caller_known ? 0 : netns_current(&caller);

	if (err)
		return err;
	caller_known = true;
	*id = caller;
	return 0;
}

static bool is_number(const char *text)
{
	if (!*text)
		return false;
	while (isdigit((unsigned char)*text))
		text++;
	return !*text;
}

/* The file of the namespace that a user named; a name wins over a pid of the same digits. */
static void netns_path(const char *spec, char *path, size_t size)
{
	if (strchr(spec, '/')) {
		snprintf(path, size, "%s", spec);
		return;
	}
	snprintf(path, size, NETNS_DIRECTORY "/%s", spec);
	if (is_number(spec) && access(path, F_OK))
		snprintf(path, size, "/proc/%s/ns/net", spec);
}

int netns_enter(const char *spec)
{
	char path[PATH_MAX];
	struct netns_id before;
	int fd, err;

	err = netns_caller(&before);
	if (err)
		return failed(err, "cannot tell which network namespace this is");
	if (!*spec) {
		rejected(-EINVAL, "cannot find a network namespace without a name");
		hint("name it as 'ip netns list' shows it, or give a path or a pid");
		return -EINVAL;
	}
	netns_path(spec, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		err = failed(-errno, "cannot find network namespace %s at %s", spec, path);
		hint("name it as 'ip netns list' shows it, or give a path or a pid");
		return err;
	}
	if (setns(fd, CLONE_NEWNET)) {
		err = failed(-errno, "cannot enter network namespace %s at %s", spec, path);
		if (err == -EPERM)
			access_hint("CAP_SYS_ADMIN");
	}
	close(fd);
	return err;
}

int netns_visit(int netns_fd, int (*visit)(void *arg), void *arg)
{
	int home_fd, err;

	home_fd = open(NETNS_OF_THREAD, O_RDONLY | O_CLOEXEC);
	if (home_fd < 0)
		return -errno;
	if (setns(netns_fd, CLONE_NEWNET)) {
		err = -errno;
		close(home_fd);
		return err;
	}
	err = visit(arg);
	if (setns(home_fd, CLONE_NEWNET)) {
		failed(-errno, "cannot come back to the network namespace of this process");
		exit(EXIT_KERNEL);
	}
	close(home_fd);
	return err;
}

static int visit_identify(void *arg)
{
	return netns_current(arg);
}

/* A descriptor of the namespace at path if it is the one that id names, else -ENOENT. */
static int netns_match(const char *path, const struct netns_id *id)
{
	struct netns_id found;
	struct stat st;
	int fd;

	if (stat(path, &st) || st.st_ino != id->ino)
		return -ENOENT;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ENOENT;
	/* An inode number is used again after a namespace is gone: the cookie decides. */
	if (netns_visit(fd, visit_identify, &found) || !netns_equal(&found, id)) {
		close(fd);
		return -ENOENT;
	}
	return fd;
}

/* Try <dir>/<entry><suffix> for every entry of a directory. */
static int netns_search(const char *dir, const char *suffix, const struct netns_id *id)
{
	struct dirent *entry;
	char path[PATH_MAX];
	int fd = -ENOENT;
	DIR *stream;

	stream = opendir(dir);
	if (!stream)
		return -ENOENT;
	while (fd < 0 && (entry = readdir(stream))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s%s", dir, entry->d_name, suffix);
		fd = netns_match(path, id);
	}
	closedir(stream);
	return fd;
}

int netns_find(const struct netns_id *id)
{
	int fd = netns_search(NETNS_DIRECTORY, "", id);

	return fd >= 0 ? fd : netns_search("/proc", "/ns/net", id);
}

int netns_visit_id(const struct netns_id *id, int (*visit)(void *arg), void *arg)
{
	struct netns_id here;
	int fd, err;

	if (!netns_current(&here) && netns_equal(&here, id))
		return visit(arg);
	fd = netns_find(id);
	if (fd < 0)
		return fd;
	err = netns_visit(fd, visit, arg);
	close(fd);
	return err;
}
