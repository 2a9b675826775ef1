// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "pinning/gc_mounts.h"

static int add(struct gc_mounts *mounts, const char *root, const char *point)
{
	struct gc_mount *list = reallocarray(mounts->list, mounts->len + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	mounts->list = list;
	list[mounts->len].root = strdup(root);
	list[mounts->len].point = strdup(point);
	if (list[mounts->len].root && list[mounts->len].point) {
		mounts->len++;
		return 0;
	}
	free(list[mounts->len].root);
	free(list[mounts->len].point);
	return -ENOMEM;
}

/* 36 35 98:0 /root /point ...: names in the layout need no unescaping. */
static int add_from(struct gc_mounts *mounts, const char *file, dev_t dev)
{
	char *line = NULL, *root, *point;
	unsigned int major, minor;
	FILE *in = fopen(file, "re");
	size_t size = 0;
	int err = 0;

	if (!in)
		return 0;
	while (!err && getline(&line, &size, in) > 0) {
		root = point = NULL;
		if (sscanf(line, "%*d %*d %u:%u %ms %ms", &major, &minor, &root, &point) == 4 &&
		    makedev(major, minor) == dev && strcmp(root, "/"))
			err = add(mounts, root, point);
		free(root);
		free(point);
	}
	free(line);
	fclose(in);
	return err;
}

/* The mount namespaces that were looked at: many processes share one. */
struct seen {
	ino_t *list;
	size_t len;
};

static int first_time(struct seen *seen, ino_t ino)
{
	ino_t *list;

	for (size_t i = 0; i < seen->len; i++)
		if (seen->list[i] == ino)
			return 0;
	list = reallocarray(seen->list, seen->len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	seen->list = list;
	list[seen->len++] = ino;
	return 1;
}

int gc_mounts_find(struct gc_mounts *mounts, dev_t dev)
{
	DIR *stream = opendir("/proc");
	struct seen seen = {};
	struct dirent *entry;
	char path[PATH_MAX];
	struct stat st;
	int err = 0;

	memset(mounts, 0, sizeof(*mounts));
	if (!stream)
		return 0;
	while (err >= 0 && (entry = readdir(stream))) {
		if (!isdigit((unsigned char)*entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/ns/mnt", entry->d_name);
		err = stat(path, &st) ? 1 : first_time(&seen, st.st_ino);
		if (err <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%s/mountinfo", entry->d_name);
		err = add_from(mounts, path, dev);
	}
	closedir(stream);
	free(seen.list);
	if (err >= 0)
		return 0;
	gc_mounts_free(mounts);
	return err;
}

void gc_mounts_free(struct gc_mounts *mounts)
{
	for (size_t i = 0; i < mounts->len; i++) {
		free(mounts->list[i].root);
		free(mounts->list[i].point);
	}
	free(mounts->list);
	memset(mounts, 0, sizeof(*mounts));
}

/* Our own root may itself be a part of the filesystem: the end of the path decides. */
const char *gc_mounts_of(const struct gc_mounts *mounts, const char *relative)
{
	size_t len = strlen(relative);

	for (size_t i = 0; i < mounts->len; i++) {
		const char *root = mounts->list[i].root, *at = root;

		while ((at = strstr(at, relative))) {
			if (at > root && at[-1] == '/' && (at[len] == '/' || !at[len]))
				return mounts->list[i].point;
			at++;
		}
	}
	return NULL;
}
