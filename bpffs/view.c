// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "bpffs/view.h"

/* An exchange of pins takes microseconds; one that lasts this long was killed in the middle. */
#define EXCHANGE_PATIENCE_NS 2000000000ULL
#define EXCHANGE_RETRY_MS    1

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* Open one file of a directory, if it is a map that is asked for. */
static int view_add(struct view *view, int dir_fd, const char *file, const char *wanted,
                    bool egress, __u32 flags)
{
	struct view_map map = { .egress = egress }, *maps;
	struct stat st;

	if (mapname_parse(file, map.name, sizeof(map.name), &map.old_id))
		return 0;
	if (wanted && strcmp(map.name, wanted))
		return 0;
	if (fstatat(dir_fd, file, &st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	/* The symlinks in %egress/ lead to what the flat directory shows already. */
	if (!S_ISREG(st.st_mode))
		return 0;
	map.fd = pin_open_map(dir_fd, file, flags, &map.info);
	if (map.fd == -EINVAL)
		return 0;
	if (map.fd < 0)
		return map.fd;
	maps = reallocarray(view->maps, view->len + 1, sizeof(*maps));
	if (!maps) {
		close(map.fd);
		return -ENOMEM;
	}
	view->maps = maps;
	maps[view->len++] = map;
	return 0;
}

static int view_scan(struct view *view, const struct directory *dir, const char *subdir,
                     const char *wanted, __u32 flags, const char **culprit)
{
	struct dirent **list;
	int fd, count, err = 0;

	*culprit = *subdir == '%' ? subdir : "";
	fd = bpffs_open_dir(dir->fd, subdir, O_RDONLY);
	if (fd < 0)
		return fd;
	count = scandirat(fd, ".", &list, NULL, alphasort);
	if (count < 0)
		err = -errno;
	for (int i = 0; i < count; i++) {
		static char file[NAME_SIZE];

		if (!err) {
			err = view_add(view, fd, list[i]->d_name, wanted, *subdir == '%', flags);
			strcpy(file, list[i]->d_name);
			*culprit = file;
		}
		free(list[i]);
	}
	if (count >= 0)
		free(list);
	close(fd);
	return err;
}

/* One try. -EAGAIN: the generation moved meanwhile, so what was opened may not belong together. */
static int view_try(struct view *view, const struct directory *dir, const char *name, __u32 flags,
                    const char **culprit)
{
	struct record after;
	int err, err_egress;

	memset(view, 0, sizeof(*view));
	*culprit = "";
	err = record_read(dir->fd, DIRECTORY_RECORD, &view->record);
	if (err && err != -ENOENT)
		return err;
	view->has_record = !err;
	if (view->has_record && view->record.gen & 1)
		return -EAGAIN;
	err = view_scan(view, dir, ".", name, flags, culprit);
	if (!err) {
		err_egress = view_scan(view, dir, DIRECTORY_EGRESS, name, flags, culprit);
		/* A directory that others made has no %egress/. */
		if (err_egress && err_egress != -ENOENT)
			err = err_egress;
	}
	if (record_read(dir->fd, DIRECTORY_RECORD, &after))
		return view->has_record ? -EAGAIN : err;
	if (!view->has_record || after.gen != view->record.gen)
		return -EAGAIN;
	return err;
}

int view_open(struct view *view, const struct directory *dir, const char *name, __u32 flags)
{
	__u64 deadline = now_ns() + EXCHANGE_PATIENCE_NS;
	const char *culprit = "";
	int err;

	for (;;) {
		err = view_try(view, dir, name, flags, &culprit);
		if (!err)
			return 0;
		view_close(view);
		/* A pin can go away between listing and opening, with no generation to tell. */
		if ((err != -EAGAIN && err != -ENOENT) || now_ns() > deadline)
			break;
		poll(NULL, 0, EXCHANGE_RETRY_MS);
	}
	if (err == -EAGAIN) {
		failed(err, "cannot read the maps in %s: an exchange of its pins was interrupted",
		       dir->path);
		hint("finish it: pin_maps %s", dir->ifname);
		return err;
	}
	failed(err, "cannot open the maps in %s%s%s", dir->path, *culprit ? ", at " : "", culprit);
	if (err == -EACCES || err == -EPERM)
		hint("run as root, or let a group read them: pin_maps --group GROUP %s",
		     dir->ifname);
	return err;
}

void view_close(struct view *view)
{
	for (size_t i = 0; i < view->len; i++)
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
