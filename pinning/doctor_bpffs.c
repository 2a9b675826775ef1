// SPDX-License-Identifier: GPL-2.0-or-later
/* The BPF filesystems: which are mounted, who sees them, whose they are, what lies in them. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/bpffs.h"
#include "bpffs/mounts.h"
#include "bpffs/recover.h"
#include "pinning/doctor_findings.h"

#define NAMESPACES_MAX 256

struct mount_list {
	struct doctor *d;
	unsigned int count;
	char points[512];
};

static int take_mount(const struct mount *mount, void *arg)
{
	struct mount_list *list = arg;
	size_t len = strlen(list->points);
	struct stat st;
	bool hidden;

	if (strcmp(mount->fstype, "bpf"))
		return 0;
	hidden = !stat(mount->point, &st) && st.st_dev != mount->dev;
	list->count++;
	if (len + 1 < sizeof(list->points))
		snprintf(list->points + len, sizeof(list->points) - len,
		         "%s%.200s (device %u:%u)%s", len ? ", " : "", mount->point,
		         major(mount->dev), minor(mount->dev),
		         hidden ? ", covered by another mount" : "");
	return 0;
}

static void look_at_mounts(struct doctor *d)
{
	struct mount_list list = { .d = d };
	int err = mounts_each("/proc/self/mountinfo", take_mount, &list);
	int probed = bpffs_probe();

	if (mounts_private_sys()) {
		found(d, DOCTOR_PROBLEM, "this shell has a /sys of its own: pins vanish with it");
		evidence(d,
		         "/proc/self/mountinfo has another /sys than /proc/1/mountinfo, as under "
		         "'ip netns exec'");
		remedy(d, "leave it, and name the namespace: ifbpf VERB --netns NAME");
	}
	if (probed < 0 && getenv("IFBPF_BPFFS")) {
		found(d, DOCTOR_PROBLEM, "there is no BPF filesystem where IFBPF_BPFFS says");
		evidence(d, "%.300s: %s", getenv("IFBPF_BPFFS"), strerror(-probed));
		remedy(d, "unset IFBPF_BPFFS");
	} else if (probed < 0) {
		found(d, DOCTOR_INFO, "no BPF filesystem is mounted; pin and load mount one");
		evidence(d, "none in /proc/self/mountinfo at the usual place");
	} else if (!d->has_fs) {
		found(d, DOCTOR_PROBLEM, "the BPF filesystem cannot be used: every verb will fail");
		evidence(d, "the message on stderr says why");
	} else if (list.count > 1) {
		found(d, DOCTOR_INFO,
		      "%u BPF filesystems are mounted: a pin in one is not in another", list.count);
		evidence(d, "%s", list.points);
	} else if (!err) {
		found(d, DOCTOR_OK, "one BPF filesystem is mounted");
		evidence(d, "%s", list.points);
	}
}

static void look_at_root(struct doctor *d)
{
	struct stat st;
	unsigned int mode;

	if (!d->has_fs || fstat(d->fs.fd, &st))
		return;
	mode = st.st_mode & 07777;
	if (mode & S_IWOTH) {
		found(d, DOCTOR_WARNING,
		      "any user can make an interface's directory first, and block it");
		remedy(d, "chmod 0711 %s", d->fs.path);
	} else if (!(mode & S_IXOTH)) {
		found(d, DOCTOR_OK, "only root can enter the BPF filesystem; --group needs 0711");
	} else {
		found(d, DOCTOR_OK, "only root can make names in the BPF filesystem");
	}
	evidence(d, "%s has mode %04o, owner uid %u", d->fs.path, mode, st.st_uid);
	if (bpffs_is_readonly(&d->fs)) {
		found(d, DOCTOR_PROBLEM,
		      "the BPF filesystem is mounted read-only: nothing can be pinned or unpinned");
		evidence(d, "%s: %s", d->fs.path, strerror(EROFS));
		remedy(d, "mount -o remount,rw %s", d->fs.path);
	} else if (faccessat(d->fs.fd, ".", W_OK, AT_EACCESS)) {
		found(d, DOCTOR_PROBLEM, "this user cannot make a pin: pin and load will fail");
		evidence(d, "%s has mode %04o, owner uid %u; we are uid %u", d->fs.path, mode,
		         st.st_uid, geteuid());
		remedy(d, "sudo %s ...", cli_command("pin_maps"));
	}
}

/* Mount namespaces that were counted already, by the inode of their file. */
struct viewers {
	dev_t dev;
	ino_t seen[NAMESPACES_MAX];
	unsigned int namespaces, with;
	bool init_with, init_known;
	char without[128]; /* a process that does not see it */
};

static int has_device(const struct mount *mount, void *arg)
{
	return mount->dev == *(const dev_t *)arg;
}

static void take_process(struct viewers *viewers, const char *pid)
{
	char path[280], name[64] = "?";
	struct stat st;
	int sees;

	snprintf(path, sizeof(path), "/proc/%s/ns/mnt", pid);
	if (stat(path, &st))
		return;
	for (unsigned int i = 0; i < viewers->namespaces; i++)
		if (viewers->seen[i] == st.st_ino)
			return;
	snprintf(path, sizeof(path), "/proc/%s/mountinfo", pid);
	sees = mounts_each(path, has_device, &viewers->dev);
	if (sees < 0 || viewers->namespaces == NAMESPACES_MAX)
		return;
	viewers->seen[viewers->namespaces++] = st.st_ino;
	viewers->with += sees;
	if (sees || *viewers->without)
		return;
	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	doctor_read(path, name, sizeof(name));
	snprintf(viewers->without, sizeof(viewers->without), "%s (pid %.20s)", name, pid);
}

static void count_viewers(struct viewers *viewers)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int sees;

	sees = mounts_each("/proc/1/mountinfo", has_device, &viewers->dev);
	viewers->init_known = sees >= 0;
	viewers->init_with = sees > 0;
	if (!proc)
		return;
	while ((entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			take_process(viewers, entry->d_name);
	closedir(proc);
}

static void look_at_viewers(struct doctor *d)
{
	struct viewers viewers = {};

	if (!d->has_fs)
		return;
	viewers.dev = d->fs.dev;
	count_viewers(&viewers);
	if (!viewers.init_known)
		found(d, DOCTOR_INFO, "cannot tell whether PID 1 sees this BPF filesystem");
	else if (viewers.init_with)
		found(d, DOCTOR_OK, "PID 1 sees the same BPF filesystem");
	else
		found(d, DOCTOR_WARNING,
		      "PID 1 sees another BPF filesystem, or none: so may other shells");
	evidence(d, "%u of %u mount namespaces have %s%s%s", viewers.with, viewers.namespaces,
	         d->fs.path, *viewers.without ? "; not that of " : "", viewers.without);
	if (viewers.init_known && !viewers.init_with)
		remedy(d, "nsenter --mount --target 1 ifbpf ... for the pins of the machine");
}

static void look_at_home(struct doctor *d)
{
	char component[NETNS_COMPONENT_SIZE], home[NETNS_COMPONENT_SIZE];
	struct netns_id here;
	int fd;

	if (!d->has_fs)
		return;
	netns_component(&d->fs.home, home);
	if (netns_current(&here)) {
		found(d, DOCTOR_INFO, "cannot tell which network namespace this is");
	} else if (netns_equal(&here, &d->fs.home)) {
		found(d, DOCTOR_OK, "this is the home namespace: pins lie at %s/IFNAME",
		      d->fs.path);
		evidence(d, "home is %s%s", home,
		         d->fs.ours_fd < 0 ? ", from the first pin on" : "");
	} else {
		netns_component(&here, component);
		found(d, DOCTOR_INFO,
		      "this is not the home namespace: pins lie at %s/%%ifbpf/ns/%s/IFNAME",
		      d->fs.path, component);
		fd = netns_find(&d->fs.home);
		evidence(d, "home is %s, which %s", home,
		         fd >= 0 ? "exists" : "no process and no name in /run/netns is in");
		if (fd >= 0)
			close(fd);
	}
}

/* iproute2 makes xdp -> tc unless there is an xdp already; libxdp makes a directory xdp. */
static void look_at_xdp_trap(struct doctor *d)
{
	char target[PATH_MAX];
	struct stat st;
	ssize_t len;
	int err;

	if (!d->has_fs)
		return;
	err = fstatat(d->fs.fd, "xdp", &st, AT_SYMLINK_NOFOLLOW) ? errno : 0;
	if (err) {
		if (err == ENOENT)
			found(d, DOCTOR_OK,
			      "no directory xdp is in the way of iproute2's own pins");
		else
			found(d, DOCTOR_INFO, "cannot tell whether ip and tc pin in one directory");
		evidence(d, "%s/xdp: %s", d->fs.path, strerror(err));
	} else if (S_ISLNK(st.st_mode)) {
		len = readlinkat(d->fs.fd, "xdp", target, sizeof(target) - 1);
		target[len < 0 ? 0 : len] = '\0';
		found(d, DOCTOR_OK, "ip and tc pin in one global directory");
		evidence(d, "%.200s/xdp is a symlink to %.300s", d->fs.path, target);
	} else {
		found(d, DOCTOR_WARNING,
		      "ip pins global maps in xdp/globals and tc in tc/globals: XDP and tc objects "
		      "that share a map by name get two");
		evidence(d,
		         "%s/xdp is a directory, as libxdp makes it; iproute2 else makes a "
		         "symlink to tc",
		         d->fs.path);
		remedy(d, "eval \"$(%s IFNAME)\" before ip and tc", cli_command("iproute2_env"));
	}
}

static void take_stage(struct doctor *d, int stages_fd, const char *name)
{
	char ifname[IF_NAMESIZE];

	const char *pid = strrchr(name, '~');
	char path[64];
	bool blind;

	snprintf(path, sizeof(path), "/proc/%.20s", pid ? pid + 1 : "?");
	if (!access(path, F_OK))
		return;
	if (recover_is_stuck(&d->fs, stages_fd, name, ifname, &blind)) {
		found(d, DOCTOR_PROBLEM,
		      "a run was killed, and nobody can tell how it was to end: pin, load and "
		      "unload of %s will fail",
		      ifname);
		if (blind)
			remedy(d, RECOVER_REMEDY_ASK);
		else
			remedy(d, RECOVER_REMEDY_DROP, cli_command("gc"));
	} else {
		found(d, DOCTOR_INFO, "a run was killed; the next one that writes finishes it");
		remedy(d, "%s IFNAME", cli_command("pin_maps"));
	}
	evidence(d, "%.200s/%%ifbpf/stage/%.200s", d->fs.path, name);
}

static void look_at_stages(struct doctor *d)
{
	struct dirent *entry;
	DIR *stages;
	int fd;

	if (!d->has_fs)
		return;
	fd = d->fs.ours_fd < 0 ? -1 : bpffs_open_dir(d->fs.ours_fd, "stage", O_RDONLY);
	stages = fd < 0 ? NULL : fdopendir(fd);
	while (stages && (entry = readdir(stages)))
		if (entry->d_name[0] != '.')
			take_stage(d, fd, entry->d_name);
	if (stages)
		closedir(stages);
	else if (fd >= 0)
		close(fd);
}

const struct doctor_probe doctor_bpffs[] = {
	{ "bpffs_mounts", look_at_mounts },
	{ "bpffs_mode", look_at_root },
	{ "bpffs_viewers", look_at_viewers },
	{ "bpffs_home", look_at_home },
	{ "bpffs_xdp", look_at_xdp_trap },
	{ "bpffs_stage", look_at_stages },
	{},
};
