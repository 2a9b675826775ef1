// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether the directories that every writer uses can be used: %ifbpf, and the interface's own. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/directory.h"
#include "bpffs/places.h"
#include "pinning/doctor_findings.h"

/* Writers list what is in it and make names there. */
static bool judge_right(struct doctor *d, int parent_fd, const char *parent, const char *name)
{
	struct stat st;

	if (fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) ||
	    !faccessat(parent_fd, name, R_OK | W_OK | X_OK, AT_EACCESS) ||
	    bpffs_is_readonly(&d->fs)) /* which is a finding of its own */
		return true;
	found(d, DOCTOR_PROBLEM,
	      "this user cannot write in %.60s: pin, load, unload and gc will fail", name);
	evidence(d, "%.300s/%.60s has mode %04o, owner uid %u; we are uid %u", parent, name,
	         st.st_mode & 07777, st.st_uid, geteuid());
	remedy(d, "sudo ifbpf ...");
	return false;
}

/* Whether what has the name of a directory of the layout, if anything, is one that writers take. */
static bool judge_place(struct doctor *d, int parent_fd, const char *parent, const char *name)
{
	struct stat st;

	if (fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) ||
	    (S_ISDIR(st.st_mode) && bpffs_trusts(&st)))
		return true;
	found(d, DOCTOR_PROBLEM, "%.60s cannot be used: pin, load, unload and gc will fail", name);
	evidence(d, "%.300s/%.60s is %s of uid %u", parent, name,
	         S_ISLNK(st.st_mode)   ? "a symlink"
	         : S_ISDIR(st.st_mode) ? "a directory"
	                               : "no directory, and",
	         st.st_uid);
	remedy(d, "see what it is, then: rm%s '%.300s/%.60s'", S_ISDIR(st.st_mode) ? " -r" : "",
	       parent, name);
	return false;
}

static void look_at_ours(struct doctor *d)
{
	static const char *const below[] = { "lock", "stage", "ns" };
	char path[PATH_MAX];
	size_t before = d->len;

	if (!d->has_fs || !judge_place(d, d->fs.fd, d->fs.path, "%ifbpf") ||
	    !judge_right(d, d->fs.fd, d->fs.path, "%ifbpf") || d->fs.ours_fd < 0)
		return;
	snprintf(path, sizeof(path), "%.3000s/%%ifbpf", d->fs.path);
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++)
		judge_place(d, d->fs.ours_fd, path, below[i]);
	if (d->len > before)
		return;
	found(d, DOCTOR_OK, "the directories that all writers share can be used");
	evidence(d, "%s", path);
}

static void look_at_hook_places(struct doctor *d, int dir_fd, const char *dir, const char *name)
{
	int fd = bpffs_open_dir(dir_fd, name, O_RDONLY);
	char path[PATH_MAX];

	if (fd < 0)
		return;
	snprintf(path, sizeof(path), "%.3000s/%s", dir, name);
	for (int hook = 0; hook < HOOKS; hook++)
		judge_place(d, fd, path, hook_name(hook));
	close(fd);
}

/* Where a pin belongs. */
static void look_for_directory(struct doctor *d, int dir_fd, const char *dir)
{
	char path[PLACES_PATH_SIZE];

	if (places_find_directory(dir_fd, path) <= 0)
		return;
	found(d, DOCTOR_PROBLEM, "%.250s is in the way: pin and load will fail", path);
	evidence(d, "%.3000s/%.250s is a directory", dir, path);
	remedy(d, "see what it is, then: rmdir '%.3000s/%.250s'", dir, path);
}

static void look_at_own(struct doctor *d)
{
	static const char *const below[] = { DIRECTORY_LOCK, DIRECTORY_EGRESS, DIRECTORY_PROGS,
		                             DIRECTORY_LINKS, DIRECTORY_CARRY };
	char relative[PATH_MAX], path[PATH_MAX];
	int fd;

	if (!d->has_fs || bpffs_relative(&d->fs, d->iface.name, &d->iface.netns, relative))
		return;
	fd = bpffs_open_dir(d->fs.fd, relative, O_RDONLY);
	if (fd < 0)
		return;
	snprintf(path, sizeof(path), "%.2000s/%.1000s", d->fs.path, relative);
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++)
		judge_place(d, fd, path, below[i]);
	look_at_hook_places(d, fd, path, DIRECTORY_PROGS);
	look_for_directory(d, fd, path);
	close(fd);
}

const struct doctor_probe doctor_layout[] = {
	{ "bpffs_ours", look_at_ours },
	{},
};

const struct doctor_probe doctor_places[] = {
	{ "places", look_at_own },
	{},
};
