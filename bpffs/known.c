// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/directory.h"
#include "bpffs/known.h"

static int add(struct known *known, const char *relative, const struct interface *was)
{
	struct known_directory *list, *one;

	list = reallocarray(known->list, known->len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	known->list = list;
	one = &list[known->len];
	one->relative = strdup(relative);
	if (!one->relative)
		return -ENOMEM;
	one->was = *was;
	known->len++;
	return 0;
}

/* below is "" or "%ifbpf/ns/<netns>/"; the stream is closed. */
static int list_below(struct known *known, DIR *stream, const char *below)
{
	char relative[PATH_MAX], meta[NAME_MAX + sizeof("/" DIRECTORY_RECORD)];
	char ifname[IF_NAMESIZE];
	struct interface was;
	struct dirent *entry;
	int err = 0;

	while (!err && (entry = readdir(stream))) {
		if (ifname_decode(entry->d_name, ifname, sizeof(ifname)))
			continue;
		snprintf(meta, sizeof(meta), "%s/%s", entry->d_name, DIRECTORY_RECORD);
		if (record_read_identity(dirfd(stream), meta, &was))
			continue;
		snprintf(relative, sizeof(relative), "%s%s", below, entry->d_name);
		err = add(known, relative, &was);
	}
	closedir(stream);
	return err;
}

static DIR *open_stream(int parent_fd, const char *name)
{
	int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (!stream && fd >= 0)
		close(fd);
	return stream;
}

static int list_namespaces(struct known *known, const struct bpffs *fs)
{
	int fd = fs->ours_fd < 0 ? -1 : bpffs_open_dir(fs->ours_fd, "ns", O_RDONLY), err = 0;
	DIR *stream = fd < 0 ? NULL : fdopendir(fd), *below;
	struct dirent *entry;
	char path[PATH_MAX];

	if (!stream) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (!err && (entry = readdir(stream))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%%ifbpf/ns/%s/", entry->d_name);
		below = open_stream(fs->fd, path);
		if (below)
			err = list_below(known, below, path);
	}
	closedir(stream);
	return err;
}

int known_list(struct known *known, const struct bpffs *fs)
{
	DIR *stream;
	int err = 0;

	if (known->listed)
		return 0;
	stream = open_stream(fs->fd, ".");
	if (stream)
		err = list_below(known, stream, "");
	if (!err)
		err = list_namespaces(known, fs);
	if (err)
		known_forget(known);
	known->listed = !err;
	return err;
}

void known_note_absent(const struct bpffs *fs, const char *relative)
{
	if (!fs->known)
		return;
	free(fs->known->absent);
	fs->known->absent = strdup(relative);
}

bool known_is_absent(const struct bpffs *fs, const char *relative)
{
	return fs->known && fs->known->absent && !strcmp(fs->known->absent, relative);
}

void known_forget(struct known *known)
{
	if (!known)
		return;
	free(known->absent);
	for (size_t i = 0; i < known->len; i++)
		free(known->list[i].relative);
	free(known->list);
	memset(known, 0, sizeof(*known));
}
