// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/bpffs.h"
#include "bpffs/cli.h"
#include "bpffs/known.h"
#include "bpffs/lock.h"
#include "bpffs/log.h"
#include "bpffs/mounts.h"
#include "bpffs/record.h"
#include "compat/libbpf.h"

#define OURS        "%ifbpf"
#define ROOT_RECORD "%root"
/* The inode of the initial pid namespace is fixed (PROC_PID_INIT_INO). */
#define INIT_PID_NS_INO 0xEFFFFFFCU

/* A reader goes on without what somebody else made in our place, but not in silence. */
static void note_squatter(const struct bpffs *fs)
{
	struct stat st;

	if (fstatat(fs->fd, OURS, &st, AT_SYMLINK_NOFOLLOW))
		return;
	if (S_ISDIR(st.st_mode) && bpffs_trusts(&st))
		return;
	note("passing over %s/%s, %s made by uid %u", fs->path, OURS,
	     S_ISLNK(st.st_mode)   ? "a symlink"
	     : S_ISDIR(st.st_mode) ? "a directory"
	                           : "no directory and",
	     st.st_uid);
	hint("see what it is, then remove it: no tool can write here before");
}

static bool is_bpffs(int fd)
{
	struct statfs sfs;

	return !fstatfs(fd, &sfs) && (__u32)sfs.f_type == BPF_FS_MAGIC;
}

/* Open the root if a BPF filesystem is there: a descriptor, -ENODEV if not, another errno. */
static int open_root(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (is_bpffs(fd))
		return fd;
	close(fd);
	return -ENODEV;
}

static int refuse_private_sys(const char *path)
{
	rejected(-ENODEV,
	         "cannot find a BPF filesystem at %s, and this shell has a /sys of its own", path);
	hint("'ip netns exec' and 'ip -n' mount a private /sys; pins made in it vanish with it.");
	hint("leave it and name the namespace to the tool: --netns NAME");
	hint("or enter only the network namespace: nsenter --net=/run/netns/NAME");
	return -ENODEV;
}

/* Mount a BPF filesystem; two tools at once must not mount one over the other. */
static int mount_root(const char *path)
{
	int mount_fd, fd, err = 0;

	mount_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mount_fd < 0)
		return -errno;
	err = lock_wait(mount_fd, path);
	if (err)
		goto out;
	fd = open_root(path);
	if (fd >= 0) {
		close(fd);
		goto out;
	}
	if (mount("bpf", path, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
		err = -errno;
	else
		note("mounted a BPF filesystem at %s", path);
out:
	close(mount_fd);
	return err;
}

int bpffs_probe(void)
{
	const char *named = getenv("IFBPF_BPFFS");
	int fd = open_root(named && *named ? named : BPFFS_DEFAULT), in_use;

	if (fd < 0)
		return fd;
	in_use = !faccessat(fd, OURS, F_OK, AT_SYMLINK_NOFOLLOW);
	close(fd);
	return in_use;
}

/* A directory of the layout is no place for another one: nobody would look for it there. */
static bool is_inside_layout(int fd, char root[PATH_MAX])
{
	int at = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC), above;
	struct stat st, top;
	char link[64];
	ssize_t len = 0;

	if (at < 0 || fstat(fd, &top))
		return false;
	while (is_bpffs(at) && !fstat(at, &st) && st.st_dev == top.st_dev && !len) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", at);
		if (!faccessat(at, OURS, F_OK, AT_SYMLINK_NOFOLLOW))
			len = readlink(link, root, PATH_MAX - 1);
		above = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = above;
	}
	if (at >= 0)
		close(at);
	root[len > 0 ? len : 0] = '\0';
	return len > 0;
}

static int refuse_root(const struct bpffs *fs, const char *named)
{
	char mounted[PATH_MAX];

	failed(fs->fd, "cannot find a BPF filesystem at %s", fs->path);
	if (!named || mounts_free_place(fs->path)) {
		hint("mount one, as root: mount -t bpf bpf %s", cli_word(fs->path));
		return fs->fd;
	}
	hint("IFBPF_BPFFS names the place where one is mounted; without it that is " BPFFS_DEFAULT);
	if (mounts_first("bpf", mounted) && strcmp(mounted, BPFFS_DEFAULT) != 0)
		hint("there is one at %s", mounted);
	return fs->fd;
}

static int find_root(struct bpffs *fs, enum bpffs_access access)
{
	const char *named = getenv("IFBPF_BPFFS");
	char root[PATH_MAX];
	int err;

	if (named && *named) {
		if (!realpath(named, fs->path))
			return failed(-errno, "cannot find %s, named by IFBPF_BPFFS", named);
	} else {
		strcpy(fs->path, BPFFS_DEFAULT);
		named = NULL;
	}
	fs->fd = open_root(fs->path);
	if (fs->fd >= 0 && named && is_inside_layout(fs->fd, root)) {
		close(fs->fd);
		fs->fd = -1;
		rejected(-EINVAL,
		         "cannot use %s, named by IFBPF_BPFFS: it is a part of the layout in %s",
		         named, root);
		hint("IFBPF_BPFFS=%s", root);
		return -EINVAL;
	}
	if (fs->fd >= 0)
		return 0;
	if (fs->fd == -ENODEV && !named && mounts_private_sys())
		return refuse_private_sys(fs->path);
	if (fs->fd == -ENODEV && !named && access == BPFFS_WRITE) {
		err = mount_root(fs->path);
		fs->fd = err ? err : open_root(fs->path);
		if (fs->fd >= 0)
			return 0;
	}
	return refuse_root(fs, named);
}

static int same_device(const struct mount *mount, void *arg)
{
	return mount->dev == *(const dev_t *)arg;
}

static int visit_current(void *arg)
{
	return netns_current(arg);
}

/* The namespace of PID 1, if we and PID 1 look at the same BPF filesystem. */
static int home_of_init(const struct bpffs *fs, struct netns_id *home)
{
	dev_t dev = fs->dev;
	struct stat st;
	int fd, err;

	if (stat("/proc/self/ns/pid", &st) || st.st_ino != INIT_PID_NS_INO)
		return -ENOENT;
	if (mounts_each("/proc/1/mountinfo", same_device, &dev) <= 0)
		return -ENOENT;
	if (stat("/proc/1/ns/net", &st))
		return -errno;
	fd = open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = netns_visit(fd, visit_current, home);
	close(fd);
	if (err) {
		/* Without CAP_SYS_ADMIN nobody enters; the inode is known all the same. */
		memset(home, 0, sizeof(*home));
		home->ino = st.st_ino;
	}
	return 0;
}

static void hint_root_record(const struct bpffs *fs, int err)
{
	char path[PATH_MAX + 32];

	if (err == -EPROTONOSUPPORT) {
		hint("a newer version of ifbpf wrote it: use that one; nothing was changed");
		return;
	}
	snprintf(path, sizeof(path), "%s/%s/%s", fs->path, OURS, ROOT_RECORD);
	hint("it says which network namespace is home, and is damaged: readlink %s",
	     cli_word(path));
	hint("have it written anew, in the namespace whose interfaces have their pins at "
	     "%s/IFNAME: rm %s && %s IFNAME",
	     fs->path, cli_word(path), cli_command("pin_maps"));
}

static int refuse_namespace(int err)
{
	failed(err, "cannot tell which network namespace this is");
	/* Its number is there; before 5.14 there is no other sign. */
	if (err == -ENOENT)
		hint("that is seen through /proc: mount it, mount -t proc proc /proc");
	return err;
}

/* The home namespace is written once, by the first writer, and stays. */
static int find_home(struct bpffs *fs, enum bpffs_access access)
{
	struct record rec;
	int err;

	if (fs->ours_fd >= 0) {
		err = record_read(fs->ours_fd, ROOT_RECORD, &rec);
		if (!err) {
			fs->home = rec.iface.netns;
			return 0;
		}
		if (err != -ENOENT) {
			failed(err, "cannot read the record %s/%s/%s", fs->path, OURS, ROOT_RECORD);
			hint_root_record(fs, err);
			return err;
		}
	}
	if (home_of_init(fs, &fs->home)) {
		err = netns_caller(&fs->home);
		if (err)
			return refuse_namespace(err);
	}
	if (access == BPFFS_READ)
		return 0;
	record_init(&rec, NULL);
	rec.iface.netns = fs->home;
	err = record_create(fs->ours_fd, ROOT_RECORD, &rec);
	if (err == -EEXIST)
		return find_home(fs, access);
	return err ? failed(err, "cannot write %s/%s/%s", fs->path, OURS, ROOT_RECORD) : 0;
}

static int make_ours(struct bpffs *fs)
{
	const struct {
		const char *name;
		mode_t mode;
		int *fd;
	} below[] = {
		{ "lock", 0700, &fs->lock_fd },
		{ "stage", 0700, &fs->stage_fd },
		{ "ns", 0711, NULL },
	};
	char path[PATH_MAX + 64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fs->path, OURS);
	fd = bpffs_make_dir(fs->fd, OURS, 0711);
	if (fd < 0)
		return bpffs_refused(fd, fs->fd, OURS, path);
	fs->ours_fd = fd;
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		fd = bpffs_make_dir(fs->ours_fd, below[i].name, below[i].mode);
		if (fd < 0) {
			snprintf(path, sizeof(path), "%s/%s/%s", fs->path, OURS, below[i].name);
			return bpffs_refused(fd, fs->ours_fd, below[i].name, path);
		}
		if (below[i].fd)
			*below[i].fd = fd;
		else
			close(fd);
	}
	return 0;
}

bool bpffs_is_readonly(const struct bpffs *fs)
{
	return faccessat(fs->fd, ".", W_OK, AT_EACCESS) && errno == EROFS;
}

int bpffs_open(struct bpffs *fs, enum bpffs_access access)
{
	struct netns_id caller;
	struct stat st;
	int err;

	memset(fs, 0, sizeof(*fs));
	fs->fd = fs->ours_fd = fs->stage_fd = fs->lock_fd = -1;
	if (access == BPFFS_WRITE && !access_privileged()) {
		failed(-EPERM, "cannot write in a BPF filesystem");
		hint("run as root, or with CAP_BPF and CAP_NET_ADMIN");
		return -EPERM;
	}
	/* Remember where we were called before any --netns is entered. */
	err = netns_caller(&caller);
	if (err)
		return refuse_namespace(err);
	err = find_root(fs, access);
	if (err)
		return err;
	if (fstat(fs->fd, &st)) {
		err = failed(-errno, "cannot look at %s", fs->path);
		goto out;
	}
	fs->dev = st.st_dev;
	if (access == BPFFS_WRITE && bpffs_is_readonly(fs)) {
		err = failed(-EROFS, "cannot write in %s", fs->path);
		hint("it is mounted read-only: mount -o remount,rw %s", cli_word(fs->path));
		goto out;
	}
	if (access == BPFFS_WRITE) {
		cli_outlive_readers();
		if (!strcmp(fs->path, BPFFS_DEFAULT) && mounts_private_sys())
			note("this shell has a /sys of its own: pins made here vanish with it");
		err = make_ours(fs);
	} else {
		fs->ours_fd = bpffs_open_dir(fs->fd, OURS, O_PATH);
		if (fs->ours_fd < 0)
			note_squatter(fs);
	}
	if (!err)
		err = find_home(fs, access);
out:
	if (err)
		bpffs_close(fs);
	return err;
}

void bpffs_close(struct bpffs *fs)
{
	int *const fds[] = { &fs->lock_fd, &fs->stage_fd, &fs->ours_fd, &fs->fd };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

int bpffs_lock(struct bpffs *fs)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s/lock", fs->path, OURS);
	return lock_wait(fs->lock_fd, path);
}

void bpffs_unlock(struct bpffs *fs)
{
	known_forget(fs->known);
	flock(fs->lock_fd, LOCK_UN);
}

int bpffs_check_mounted(const struct bpffs *fs)
{
	struct stat st;

	if (!stat(fs->path, &st) && st.st_dev == fs->dev)
		return 0;
	return rejected(-ESTALE, "cannot go on in the BPF filesystem at %s: it was unmounted",
	                fs->path);
}

int bpffs_relative(const struct bpffs *fs, const char *ifname, const struct netns_id *netns,
                   char out[PATH_MAX])
{
	char component[NETNS_COMPONENT_SIZE];
	char file[NAME_SIZE];
	int err;

	err = ifname_encode(ifname, file, sizeof(file));
	if (err)
		return err;
	if (netns_equal(netns, &fs->home)) {
		strcpy(out, file);
		return 0;
	}
	netns_component(netns, component);
	snprintf(out, PATH_MAX, "%s/ns/%s/%s", OURS, component, file);
	return 0;
}
