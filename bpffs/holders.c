// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/holders.h"

/* The link that a descriptor is, by its file in fdinfo; 0: it is none. */
static __u32 link_of(int fdinfo_fd, const char *file)
{
	int fd = openat(fdinfo_fd, file, O_RDONLY | O_CLOEXEC);
	char text[1024], *line;
	__u32 id = 0;
	ssize_t len;

	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len < 0 ? 0 : len] = '\0';
	line = strstr(text, "\nlink_id:");
	return line && sscanf(line, "\nlink_id: %u", &id) == 1 ? id : 0;
}

static bool holds(const char *pid, __u32 link_id)
{
	struct dirent *entry;
	bool found = false;
	char path[280];
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo", pid);
	fds = opendir(path);
	if (!fds)
		return false;
	while (!found && (entry = readdir(fds)))
		found = isdigit((unsigned char)entry->d_name[0]) &&
		        link_of(dirfd(fds), entry->d_name) == link_id;
	closedir(fds);
	return found;
}

static void name_process(const char *pid, char out[64])
{
	char path[280], name[32] = "?";
	FILE *comm;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	comm = fopen(path, "re");
	if (comm) {
		if (fgets(name, sizeof(name), comm))
			name[strcspn(name, "\n")] = '\0';
		fclose(comm);
	}
	snprintf(out, 64, "%s (pid %.16s)", name, pid);
}

int holder_of_link(__u32 link_id, char out[64])
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int err = -ENOENT;

	if (!proc)
		return err;
	while (err && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) || !holds(entry->d_name, link_id))
			continue;
		name_process(entry->d_name, out);
		err = 0;
	}
	closedir(proc);
	return err;
}
