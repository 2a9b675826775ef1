// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/listing.h"
#include "bpffs/publish.h"
#include "bpffs/unfinished.h"

/* expected NULL: any value. */
static bool has_field(const struct record *rec, const char *key, const char *expected)
{
	char value[PATH_MAX];

	return !record_get_other(rec, key, value, sizeof(value)) &&
	       (!expected || !strcmp(value, expected));
}

/* A stage that is not sealed names no directory. */
static bool is_for(int stages_fd, const char *name, const char *relative, enum hook hook,
                   const char *prog_id)
{
	int fd = bpffs_open_dir(stages_fd, name, O_RDONLY);
	struct record rec;
	bool found;

	if (fd < 0)
		return false;
	found = !record_read(fd, STAGE_RECORD, &rec) &&
	        has_field(&rec, STAGE_FIELD_DIR, relative) &&
	        has_field(&rec, STAGE_FIELD_HOOK, hook_name(hook)) &&
	        has_field(&rec, STAGE_FIELD_NEW, prog_id);
	close(fd);
	return found;
}

static bool find_in(const struct bpffs *fs, const char *relative, enum hook hook,
                    const char *prog_id, char stage[NAME_MAX + 1])
{
	int fd = fs->ours_fd < 0 ? -1 : bpffs_open_dir(fs->ours_fd, "stage", O_RDONLY);
	struct listing stages;
	bool found = false;

	if (fd < 0)
		return false;
	listing_read(&stages, fd);
	for (size_t i = 0; !found && i < stages.len; i++) {
		found = S_ISDIR(stages.list[i].type) &&
		        is_for(fd, stages.list[i].name, relative, hook, prog_id);
		if (found)
			snprintf(stage, NAME_MAX + 1, "%s", stages.list[i].name);
	}
	listing_free(&stages);
	close(fd);
	return found;
}

bool unfinished_find(const char *relative, enum hook hook, __u32 prog_id, char stage[NAME_MAX + 1])
{
	struct bpffs fs;
	char id[16];
	bool found;

	if (bpffs_probe() != 1 || bpffs_open(&fs, BPFFS_READ))
		return false;
	snprintf(id, sizeof(id), "%u", prog_id);
	found = find_in(&fs, relative, hook, id, stage);
	bpffs_close(&fs);
	return found;
}
