// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/listing.h"
#include "bpffs/log.h"
#include "bpffs/map_path.h"
#include "bpffs/pin.h"
#include "bpffs/view.h"

/* An exchange of pins takes microseconds; one that lasts this long was killed in the middle. */
/* For one exchange; and for all of them, where each look meets the next one. */
#define EXCHANGE_PATIENCE_NS  2000000000ULL
#define EXCHANGES_PATIENCE_NS 20000000000ULL
#define EXCHANGE_RETRY_MS     1

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* What is looked for. */
struct scan {
	const char *const *wanted; /* names of maps, or NULL: all */
	size_t wanted_len;
	__u32 flags;
	bool closed; /* describe only */
};

static bool is_wanted(const struct scan *scan, const char *name)
{
	for (size_t i = 0; i < scan->wanted_len; i++)
		if (!strcmp(scan->wanted[i], name))
			return true;
	return !scan->wanted;
}

/* Open one file of a directory, if it is a map that is asked for. */
static int view_add(struct view *view, int dir_fd, const char *file, const struct scan *scan,
                    bool egress)
{
	struct view_map map = { .egress = egress }, *maps;

	if (mapname_parse(file, map.name, sizeof(map.name), &map.old_id))
		return 0;
	if (!is_wanted(scan, map.name))
		return 0;
	map.fd = pin_open_map(dir_fd, file, scan->flags, &map.info);
	if (map.fd == -EINVAL)
		return 0;
	if (map.fd < 0)
		return map.fd;
	if (scan->closed) {
		close(map.fd);
		map.fd = -1;
	}
	maps = reallocarray(view->maps, view->len + 1, sizeof(*maps));
	if (!maps) {
		if (map.fd >= 0)
			close(map.fd);
		return -ENOMEM;
	}
	view->maps = maps;
	maps[view->len++] = map;
	return 0;
}

static int view_scan(struct view *view, const struct directory *dir, const char *subdir,
                     const struct scan *scan, const char **culprit)
{
	static char file[NAME_SIZE];
	bool egress = *subdir != '\0';
	struct listing all;
	int fd, err;

	*culprit = subdir;
	fd = egress ? bpffs_open_dir(dir->fd, subdir, O_RDONLY) : dir->fd;
	if (fd < 0)
		return fd;
	err = listing_read(&all, fd);
	for (size_t i = 0; !err && i < all.len; i++) {
		/* The symlinks in %egress/ lead to what the flat directory shows already. */
		if (!S_ISREG(all.list[i].type))
			continue;
		err = view_add(view, fd, all.list[i].name, scan, egress);
		snprintf(file, sizeof(file), "%s", all.list[i].name);
		*culprit = file;
	}
	listing_free(&all);
	if (egress)
		close(fd);
	return err;
}

/* The flat directory and %egress/, which one that others made has not. */
static int view_scan_both(struct view *view, const struct directory *dir, const struct scan *scan,
                          const char **culprit)
{
	int err = view_scan(view, dir, "", scan, culprit);

	if (err)
		return err;
	err = view_scan(view, dir, DIRECTORY_EGRESS, scan, culprit);
	return err == -ENOENT ? 0 : err;
}

/* One try. -EAGAIN: the generation moved meanwhile, so what was opened may not belong together. */
static int view_try(struct view *view, const struct directory *dir, const struct scan *scan,
                    const char **culprit)
{
	struct record after;
	int err;

	memset(view, 0, sizeof(*view));
	*culprit = "";
	err = record_read(dir->fd, DIRECTORY_RECORD, &view->record);
	if (err && err != -ENOENT)
		return err;
	view->has_record = !err;
	if (view->has_record && view->record.gen & 1)
		return -EAGAIN;
	err = view_scan_both(view, dir, scan, culprit);
	if (record_read(dir->fd, DIRECTORY_RECORD, &after))
		return view->has_record ? -EAGAIN : err;
	if (!view->has_record || after.gen != view->record.gen)
		return -EAGAIN;
	return err;
}

/* Maps that were replaced can be many: use all the descriptors that this process may have. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* The directory that is open has been removed: nothing will come into it any more. */
static bool is_removed(const struct directory *dir)
{
	struct stat st;

	return !fstat(dir->fd, &st) && !st.st_nlink;
}

int view_open(struct view *view, const struct directory *dir, const char *const *names, size_t len,
              __u32 flags)
{
	const struct scan scan = { .wanted = names, .wanted_len = len, .flags = flags };
	__u64 begin = now_ns(), since = begin, gen = 0;
	const char *culprit = "";
	int err;

	raise_descriptors();
	for (;;) {
		err = view_try(view, dir, &scan, &culprit);
		if (!err)
			return 0;
		if (view->record.gen != gen)
			since = now_ns();
		gen = view->record.gen;
		view_close(view);
		/* A pin can go away between listing and opening, with no generation to tell. */
		if ((err != -EAGAIN && err != -ENOENT) || is_removed(dir) ||
		    now_ns() - since > EXCHANGE_PATIENCE_NS ||
		    now_ns() - begin > EXCHANGES_PATIENCE_NS)
			break;
		poll(NULL, 0, EXCHANGE_RETRY_MS);
	}
	if (is_removed(dir))
		return rejected(-ENOENT, "cannot read the maps in %s: it was removed meanwhile",
		                dir->path);
	if (err == -EAGAIN && !(gen & 1)) {
		failed(err, "cannot read the maps in %s: its pins are exchanged all the time",
		       dir->path);
		hint("loads go on there, one after the other: run it again once they have ended");
		return err;
	}
	if (err == -EAGAIN) {
		failed(err, "cannot read the maps in %s: an exchange of its pins was interrupted",
		       dir->path);
		hint("finish it: %s %s", cli_command("pin_maps"), cli_interface(dir->ifname));
		return err;
	}
	failed(err, "cannot open the maps in %s%s%s", dir->path, *culprit ? ", at " : "", culprit);
	/* The mode of a pin is EACCES. */
	if (err == -EPERM)
		hint("run as root: this kernel keeps users from bpf(2) altogether, by the sysctl "
		     "kernel.unprivileged_bpf_disabled before Linux 5.19");
	else if (err == -EROFS)
		bpffs_hint_readonly(NULL);
	else if (err == -EACCES)
		hint("run as root, or let a group read them: %s --group GROUP %s",
		     cli_command("pin_maps"), cli_interface(dir->ifname));
	return err;
}

void view_map_path(const struct view_map *map, char *out, size_t size)
{
	/* Its name is from that path: it cannot fail. */
	if (map_path(map->name, map->egress, map->old_id, out, size))
		snprintf(out, size, "%s", map->name);
}

bool view_is_in_place(const struct view *view, const struct view_map *map)
{
	if (map->old_id || !map->egress)
		return !map->old_id;
	for (size_t i = 0; i < view->len; i++)
		if (!view->maps[i].egress && !view->maps[i].old_id &&
		    !strcmp(view->maps[i].name, map->name))
			return false;
	return true;
}

int view_map_id(const struct directory *dir, const char *name, __u32 *id)
{
	char file[NAME_SIZE];
	int fd, err = mapname_encode(name, file, sizeof(file));

	if (!err)
		err = pin_map_id(dir->fd, file, id);
	if (err != -ENOENT)
		return err;
	fd = bpffs_open_dir(dir->fd, DIRECTORY_EGRESS, O_RDONLY);
	if (fd < 0)
		return err;
	err = pin_map_id(fd, file, id);
	close(fd);
	return err;
}

int view_list(struct view *view, const struct directory *dir)
{
	const struct scan scan = { .flags = BPF_F_RDONLY, .closed = true };
	const char *culprit = "";
	int err;

	memset(view, 0, sizeof(*view));
	err = view_scan_both(view, dir, &scan, &culprit);
	if (!err)
		return 0;
	view_close(view);
	return failed(err, "cannot list the maps in %s%s%s", dir->path, *culprit ? ", at " : "",
	              culprit);
}

bool view_has_flat(const struct view *view, const char *name, __u32 id)
{
	for (size_t i = 0; i < view->len; i++)
		if (view->maps[i].info.id == id && !view->maps[i].egress && !view->maps[i].old_id &&
		    !strcmp(view->maps[i].name, name))
			return true;
	return false;
}

void view_close(struct view *view)
{
	for (size_t i = 0; i < view->len; i++)
		if (view->maps[i].fd >= 0)
			close(view->maps[i].fd);
	free(view->maps);
	view->maps = NULL;
	view->len = 0;
}

__u64 view_generation(const struct directory *dir)
{
	struct record rec;

	return record_read(dir->fd, DIRECTORY_RECORD, &rec) ? 0 : rec.gen;
}
