// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/listing.h"

#define BUFFER_SIZE 32768

/* What a file is; the listing mostly says it. One that is gone meanwhile is of no type. */
static int find_type(int dir_fd, const struct dirent64 *entry, mode_t *type)
{
	struct stat st = {};

	*type = DTTOIF(entry->d_type);
	if (entry->d_type != DT_UNKNOWN)
		return 0;
	if (fstatat(dir_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) && errno != ENOENT)
		return -errno;
	*type = st.st_mode & S_IFMT;
	return 0;
}

static int add(struct listing *listing, int dir_fd, const struct dirent64 *entry)
{
	struct listed *list;
	mode_t type;
	char *name;
	int err;

	if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
		return 0;
	err = find_type(dir_fd, entry, &type);
	if (err)
		return err;
	list = reallocarray(listing->list, listing->len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	listing->list = list;
	name = strdup(entry->d_name);
	if (!name)
		return -ENOMEM;
	list[listing->len++] = (struct listed){ .name = name, .type = type };
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int listing_read(struct listing *listing, int dir_fd)
{
	_Alignas(struct dirent64) char buffer[BUFFER_SIZE];
	ssize_t len = 0;
	int err = 0;

	memset(listing, 0, sizeof(*listing));
	if (lseek(dir_fd, 0, SEEK_SET) < 0)
		return -errno;
	while (!err && (len = getdents64(dir_fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t at = 0; !err && at < len;) {
			const struct dirent64 *entry = (const void *)(buffer + at);

			err = add(listing, dir_fd, entry);
			at += entry->d_reclen;
		}
	}
	if (len < 0)
		err = -errno;
	if (!err && listing->len)
		qsort(listing->list, listing->len, sizeof(*listing->list), compare);
	return err;
}

void listing_free(struct listing *listing)
{
	for (size_t i = 0; i < listing->len; i++)
		free(listing->list[i].name);
	free(listing->list);
	memset(listing, 0, sizeof(*listing));
}

const struct listed *listing_find(const struct listing *listing, const char *name)
{
	const struct listed wanted = { .name = (char *)name };

	if (!listing->len)
		return NULL;
	return bsearch(&wanted, listing->list, listing->len, sizeof(*listing->list), compare);
}
