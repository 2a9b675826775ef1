// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/modes.h"
#include "bpffs/name.h"
#include "bpffs/pin.h"
#include "bpffs/record.h"

struct modes {
	mode_t pin;
	gid_t gid;
};

/* Maps only: whoever can open the pin of a program can attach it. */
static int set_mode(int dir_fd, const char *file, const struct modes *modes)
{
	char path[64];
	struct stat st;
	int fd, err = 0;
	__u32 id;

	/* It mostly is as it should be already. */
	if (!fstatat(dir_fd, file, &st, AT_SYMLINK_NOFOLLOW) &&
	    (!S_ISREG(st.st_mode) || ((st.st_mode & 07777) == modes->pin &&
	                              (modes->gid == (gid_t)-1 || st.st_gid == modes->gid))))
		return 0;
	if (pin_map_id(dir_fd, file, &id))
		return 0;
	/* By the inode that was looked at: a symlink put in its place is not followed. */
	fd = openat(dir_fd, file, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = 0;
	else if (modes->gid != (gid_t)-1 && st.st_gid != modes->gid &&
	         fchownat(fd, "", -1, modes->gid, AT_EMPTY_PATH))
		err = -errno;
	else if ((st.st_mode & 07777) != modes->pin && chmod(path, modes->pin))
		err = -errno;
	close(fd);
	return err;
}

/* Root's alone, or readable for one group. */
static int set_modes(int dir_fd, const struct listing *listing, __u32 group)
{
	bool shared = group != RECORD_NO_GROUP;
	struct modes modes = { .pin = shared ? 0440 : 0600, .gid = shared ? group : (gid_t)-1 };
	mode_t mode = shared ? 0750 : 0700;
	char map[NAME_SIZE];
	struct stat st;
	__u32 old_id;
	int err = 0;

	for (size_t i = 0; !err && i < listing->len; i++)
		if (S_ISREG(listing->list[i].type) &&
		    !mapname_parse(listing->list[i].name, map, sizeof(map), &old_id))
			err = set_mode(dir_fd, listing->list[i].name, &modes);
	if (err)
		return err;
	if (fstat(dir_fd, &st))
		return -errno;
	if (shared && st.st_gid != modes.gid && fchown(dir_fd, -1, modes.gid))
		return -errno;
	/* Only its owner may, even if there is nothing to change. */
	if ((st.st_mode & 07777) != mode && fchmod(dir_fd, mode))
		return -errno;
	return 0;
}

int modes_set(const struct skeleton *s, __u32 group)
{
	int err = set_modes(s->egress_fd, &s->egress, group);

	return err ? err : set_modes(s->dir_fd, &s->dir, group);
}
