// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Which network namespace is home: whose interfaces have their directories right below the root. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/bpffs_internal.h"
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/mounts.h"
#include "bpffs/record.h"

#define ROOT_RECORD "%root"
/* The inode of the initial pid namespace is fixed (PROC_PID_INIT_INO). */
#define INIT_PID_NS_INO 0xEFFFFFFCU

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

int bpffs_refuse_namespace(int err)
{
	failed(err, "cannot tell which network namespace this is");
	/* Its number is there; before 5.14 there is no other sign. */
	if (err == -ENOENT)
		hint("that is seen through /proc: mount it, mount -t proc proc /proc");
	return err;
}

int bpffs_find_home(struct bpffs *fs, enum bpffs_access access)
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
			return bpffs_refuse_namespace(err);
	}
	if (access == BPFFS_READ)
		return 0;
	record_init(&rec, NULL);
	rec.iface.netns = fs->home;
	err = record_create(fs->ours_fd, ROOT_RECORD, &rec);
	if (err == -EEXIST)
		return bpffs_find_home(fs, access);
	return err ? failed(err, "cannot write %s/%s/%s", fs->path, OURS, ROOT_RECORD) : 0;
}
