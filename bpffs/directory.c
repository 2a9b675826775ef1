// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/directory.h"
#include "bpffs/directory_each.h"
#include "bpffs/lock.h"
#include "bpffs/log.h"

/* Without a record the directory is adopted, and whatever is pinned there stays. */
static void hint_damaged(const struct directory *dir)
{
	char path[PATH_MAX + sizeof(DIRECTORY_RECORD)];

	snprintf(path, sizeof(path), "%s/%s", dir->path, DIRECTORY_RECORD);
	hint("it is damaged; see it with: readlink %s", cli_word(path));
	hint("if that interface is still the same, have it written anew; the pins stay: rm -r %s "
	     "&& "
	     "%s %s",
	     cli_word(path), cli_command("pin_maps"), cli_interface(dir->ifname));
}

int directory_read_record(struct directory *dir)
{
	int err = record_read_owner(dir->fd, DIRECTORY_RECORD, &dir->record);

	dir->has_record = !err;
	if (!err || err == -ENOENT)
		return 0;
	failed(err, "cannot read the record of %s", dir->path);
	if (err == -EPROTONOSUPPORT)
		hint("a newer version of ifbpf wrote it: use that one");
	else
		hint_damaged(dir);
	return err;
}

int directory_name(struct directory *dir, const struct bpffs *fs, const char *relative)
{
	const char *file = strrchr(relative, '/');

	dir->has_record = dir->dropped = dir->blank = dir->adopted = false;
	dir->no_links = dir->no_carry = false;
	dir->old_mode = 0;
	dir->fd = dir->lock_fd = -1;
	if (ifname_decode(file ? file + 1 : relative, dir->ifname, sizeof(dir->ifname)))
		*dir->ifname = '\0';
	snprintf(dir->relative, sizeof(dir->relative), "%s", relative);
	if (snprintf(dir->path, sizeof(dir->path), "%s/%s", fs->path, relative) >=
	    (int)sizeof(dir->path))
		return -ENAMETOOLONG;
	return 0;
}

static int directory_at(struct directory *dir, const struct bpffs *fs, const char *relative)
{
	int err = directory_name(dir, fs, relative);

	if (err)
		return err;
	dir->fd = bpffs_open_dir(fs->fd, relative, O_RDONLY);
	return dir->fd < 0 ? dir->fd : 0;
}

int directory_open_quietly(struct directory *dir, const struct bpffs *fs, const char *relative)
{
	int err = directory_at(dir, fs, relative);

	if (!err)
		dir->has_record = !record_read_owner(dir->fd, DIRECTORY_RECORD, &dir->record);
	return err;
}

int directory_open_relative(struct directory *dir, const struct bpffs *fs, const char *relative)
{
	int err = directory_at(dir, fs, relative);

	if (err == -ENOENT)
		return err;
	if (err)
		return bpffs_refused(err, fs->fd, relative, dir->path);
	err = directory_read_record(dir);
	if (err)
		directory_close(dir);
	return err;
}

/* Lock it, waiting for that or not. */
static int take_lock(struct directory *dir, bool wait)
{
	char path[PATH_MAX + 16];
	int err;

	if (dir->lock_fd >= 0)
		return 0;
	cli_outlive_readers();
	snprintf(path, sizeof(path), "%s/%s", dir->path, DIRECTORY_LOCK);
	dir->lock_fd = bpffs_make_dir(dir->fd, DIRECTORY_LOCK, 0700);
	if (dir->lock_fd < 0)
		return bpffs_refused(dir->lock_fd, dir->fd, DIRECTORY_LOCK, path);
	err = wait ? lock_wait(dir->lock_fd, path) : lock_try(dir->lock_fd);
	if (!err)
		return 0;
	close(dir->lock_fd);
	dir->lock_fd = -1;
	return err;
}

int directory_lock(struct directory *dir)
{
	return take_lock(dir, true);
}

int directory_try_lock(struct directory *dir)
{
	return take_lock(dir, false);
}

void directory_unlock(struct directory *dir)
{
	if (dir->lock_fd >= 0)
		close(dir->lock_fd);
	dir->lock_fd = -1;
}

void directory_close(struct directory *dir)
{
	directory_unlock(dir);
	if (dir->fd >= 0 && dir->old_mode && fchmod(dir->fd, dir->old_mode))
		note("%s was made root's alone, and stays so", dir->path);
	dir->old_mode = 0;
	if (dir->fd >= 0)
		close(dir->fd);
	dir->fd = -1;
}

bool directory_carries(const struct directory *dir, __u32 old_map_id)
{
	char mark[64];

	snprintf(mark, sizeof(mark), "%s/%u", DIRECTORY_CARRY, old_map_id);
	return !faccessat(dir->fd, mark, F_OK, AT_SYMLINK_NOFOLLOW);
}

bool directory_is_relative(const char *relative)
{
	static const char ns[] = "%ifbpf/ns/";
	char ifname[IF_NAMESIZE];
	const char *file = relative;

	if (!strncmp(relative, ns, strlen(ns))) {
		file = strchr(relative + strlen(ns), '/');
		if (!file || file == relative + strlen(ns) || relative[strlen(ns)] == '.')
			return false;
		file++;
	}
	return !ifname_decode(file, ifname, sizeof(ifname));
}

int directory_make_parent(const struct bpffs *fs, const char *relative)
{
	char parent[PATH_MAX], path[PATH_MAX * 2], *slash;
	int fd;

	strcpy(parent, relative);
	slash = strrchr(parent, '/');
	if (!slash)
		return 0;
	*slash = '\0';
	fd = bpffs_make_dir(fs->fd, parent, 0711);
	if (fd < 0) {
		snprintf(path, sizeof(path), "%s/%s", fs->path, parent);
		return bpffs_refused(fd, fs->fd, parent, path);
	}
	close(fd);
	return 0;
}

void directory_remove_parent(const struct bpffs *fs, const char *relative)
{
	char parent[PATH_MAX], *slash;

	strcpy(parent, relative);
	slash = strrchr(parent, '/');
	if (!slash)
		return;
	*slash = '\0';
	unlinkat(fs->fd, parent, AT_REMOVEDIR);
}

int directory_open(struct directory *dir, const struct bpffs *fs, const struct interface *iface)
{
	struct directory renamed;
	char relative[PATH_MAX];
	int err;

	err = bpffs_relative(fs, iface->name, &iface->netns, relative);
	if (err)
		return failed(err, "cannot name a directory for interface %s", iface->name);
	err = directory_open_relative(dir, fs, relative);
	if (err == -ENOENT)
		return directory_find_renamed(dir, fs, iface);
	if (err || !dir->has_record || record_same_interface(&dir->record, iface) ||
	    directory_find_renamed(&renamed, fs, iface))
		return err;
	directory_close(dir);
	*dir = renamed;
	return 0;
}
