// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* A stage that somebody finds: how far it came, and what it takes from its directory. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/listing.h"
#include "bpffs/publish.h"
#include "bpffs/stage.h"

static bool present(int dir_fd, const char *file)
{
	return !faccessat(dir_fd, file, F_OK, AT_SYMLINK_NOFOLLOW);
}

bool stage_is_sealed(int stage_fd)
{
	return (present(stage_fd, STAGE_ODD) && present(stage_fd, STAGE_META)) ||
	       stage_is_whole(stage_fd);
}

bool stage_is_whole(int stage_fd)
{
	return present(stage_fd, STAGE_WHOLE);
}

bool stage_is_committed(int stage_fd)
{
	return !present(stage_fd, STAGE_ODD) && present(stage_fd, STAGE_META);
}

static bool drops(int stage_fd, const char *path)
{
	int fd = bpffs_open_dir(stage_fd, STAGE_DROPS, O_RDONLY);
	char text[NAME_SIZE * 2];
	struct listing orders;
	bool found = false;
	ssize_t len;

	if (fd < 0)
		return false;
	listing_read(&orders, fd);
	for (size_t i = 0; !found && i < orders.len; i++) {
		len = readlinkat(fd, orders.list[i].name, text, sizeof(text) - 1);
		text[len < 0 ? 0 : len] = '\0';
		found = !strcmp(text, path);
	}
	listing_free(&orders);
	close(fd);
	return found;
}

bool stage_takes(int stage_fd, const char *path)
{
	return present(stage_fd, STAGE_DROP_ALL) || present(stage_fd, path) ||
	       drops(stage_fd, path);
}
