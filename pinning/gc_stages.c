// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/lock.h"
#include "bpffs/log.h"
#include "bpffs/publish.h"
#include "bpffs/recover.h"
#include "bpffs/stage.h"
#include "pinning/gc_run.h"
#include "pinning/carry.h"

struct dead {
	char name[NAME_SIZE];
	char verb[32]; /* of the tool that made it */
};

/* Whether the writer of a stage is dead. */
static bool is_dead(int stages_fd, const char *name, struct dead *dead)
{
	struct record rec;
	bool free_lock;
	int fd;

	fd = bpffs_open_dir(stages_fd, name, O_RDONLY);
	if (fd < 0)
		return false;
	free_lock = !lock_try(fd);
	snprintf(dead->name, sizeof(dead->name), "%s", name);
	if (record_read(fd, STAGE_RECORD, &rec) ||
	    record_get_other(&rec, STAGE_FIELD_VERB, dead->verb, sizeof(dead->verb)))
		strcpy(dead->verb, "tool");
	close(fd);
	return free_lock;
}

/* List the dead ones, before anything is done about them. Returns their number, or an errno. */
static int list_dead(int stages_fd, struct dead **found)
{
	struct dirent **list;
	int count, dead = 0;

	*found = NULL;
	count = scandirat(stages_fd, ".", &list, NULL, alphasort);
	if (count < 0)
		return -errno;
	*found = calloc(count + 1, sizeof(**found));
	for (int i = 0; i < count; i++) {
		if (*found && *list[i]->d_name != '.')
			dead += is_dead(stages_fd, list[i]->d_name, &(*found)[dead]);
		free(list[i]);
	}
	free(list);
	return *found ? dead : -ENOMEM;
}

/* After all that could be finished or undone was. */
static void decide(struct gc *gc, const struct dead *dead)
{
	const char *name = dead->name, *verb = dead->verb;
	char path[PATH_MAX + NAME_SIZE + 16];
	char ifname[IF_NAMESIZE];
	bool told, blind;
	int fd, err;

	snprintf(path, sizeof(path), "%s/%%ifbpf/stage/%s", gc->fs.path, name);
	if (gc->options->dry_run) {
		gc_decide(gc->report, GC_STAGE, GC_REMOVED, path,
		          "a killed '%s' left it; it is finished or undone, if what is attached "
		          "tells which",
		          verb);
		return;
	}
	fd = bpffs_open_dir(gc->fs.stage_fd, name, O_RDONLY);
	if (fd < 0) {
		gc_decide(gc->report, GC_STAGE, GC_REMOVED, path,
		          "a killed '%s' left it; it was finished or undone", verb);
		return;
	}
	/* It is known how it is to end, and that failed. */
	told = stage_is_committed(fd) ||
	       !recover_is_stuck(&gc->fs, gc->fs.stage_fd, name, ifname, &blind);
	close(fd);
	if (told) {
		gc_decide(gc->report, GC_STAGE, GC_FAILED, path,
		          "what a killed '%s' began could not be finished", verb);
	} else if (!gc->options->stages) {
		gc_decide(gc->report, GC_STAGE, GC_KEPT, path,
		          "a killed '%s' left it, and what is attached does not tell how it is to "
		          "end; --stages removes it",
		          verb);
	} else {
		err = stage_remove(&gc->fs, name);
		gc_decide(gc->report, GC_STAGE, err ? GC_FAILED : GC_REMOVED, path,
		          "a killed '%s' left it; --stages", verb);
	}
}

int gc_stages(struct gc *gc)
{
	struct dead *dead;
	int fd, count, err = 0;

	if (gc->fs.ours_fd < 0)
		return 0;
	fd = bpffs_open_dir(gc->fs.ours_fd, "stage", O_RDONLY);
	if (fd == -ENOENT)
		return 0;
	count = fd < 0 ? fd : list_dead(fd, &dead);
	if (fd >= 0)
		close(fd);
	if (count < 0)
		return failed(count, "cannot list the stages in %s", gc->fs.path);
	if (count && !gc->options->dry_run)
		err = carry_recover(&gc->fs, NULL);
	for (int i = 0; !err && i < count; i++)
		decide(gc, &dead[i]);
	free(dead);
	return err;
}

/* The verb of a stage for that directory, or NULL. */
static const char *read_verb(int stages_fd, const char *name, const char *relative)
{
	static char verb[32];
	char dir[PATH_MAX];
	struct record rec;
	int fd, err;

	fd = bpffs_open_dir(stages_fd, name, O_RDONLY);
	if (fd < 0)
		return NULL;
	err = record_read(fd, STAGE_RECORD, &rec);
	close(fd);
	if (err || record_get_other(&rec, STAGE_FIELD_DIR, dir, sizeof(dir)) ||
	    strcmp(dir, relative) != 0)
		return NULL;
	return record_get_other(&rec, STAGE_FIELD_VERB, verb, sizeof(verb)) ? "tool" : verb;
}

const char *gc_stage_left(const struct gc *gc, const char *relative)
{
	const char *verb = NULL;
	struct dirent **list;
	int fd, count;

	fd = gc->fs.ours_fd < 0 ? -ENOENT : bpffs_open_dir(gc->fs.ours_fd, "stage", O_RDONLY);
	if (fd < 0)
		return NULL;
	count = scandirat(fd, ".", &list, NULL, NULL);
	for (int i = 0; i < count; i++) {
		if (!verb && *list[i]->d_name != '.')
			verb = read_verb(fd, list[i]->d_name, relative);
		free(list[i]);
	}
	if (count >= 0)
		free(list);
	close(fd);
	return verb;
}
