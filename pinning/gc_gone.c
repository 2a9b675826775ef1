// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "bpffs/publish.h"
#include "bpffs/stage.h"
#include "pinning/gc_gone.h"
#include "pinning/gc_note.h"
#include "pinning/gc_pins.h"
#include "pinning/gc_remove.h"
#include "pinning/gc_stay.h"

struct gc_gone {
	char *relative;
	bool hidden;  /* and its network namespace cannot be found */
	bool settled; /* this run is done with it */
	struct gc_content content;
};

/* What is done with one of them after the other. Returns 0 or a negative errno. */
typedef int step(struct gc *gc, struct gc_gone *gone, struct directory *dir,
                 const struct gc_ids *doomed);

int gc_gone_add(struct gc *gc, const struct directory *dir, bool hidden)
{
	struct gc_gone *list = reallocarray(gc->gone, gc->gone_len + 1, sizeof(*list));
	char *relative = strdup(dir->relative);

	if (list)
		gc->gone = list;
	if (!list || !relative) {
		free(relative);
		return failed(-ENOMEM, "cannot note that the interface of %s is gone", dir->path);
	}
	list[gc->gone_len++] = (struct gc_gone){ .relative = relative, .hidden = hidden };
	return 0;
}

void gc_gone_free(struct gc *gc)
{
	for (size_t i = 0; i < gc->gone_len; i++) {
		gc_content_free(&gc->gone[i].content);
		free(gc->gone[i].relative);
	}
	free(gc->gone);
	gc->gone = NULL;
	gc->gone_len = 0;
}

/* Write a note into the record, or remove it. */
static int write_note(struct gc *gc, struct directory *dir, bool gone)
{
	struct record rec = dir->record;
	struct stage stage;
	int err = 0;

	if (gc->options->dry_run)
		return 0;
	if (gone)
		err = gc_note_set(&rec);
	else
		gc_note_unset(&rec);
	if (err)
		return failed(err, "cannot note in the record of %s that its interface is gone",
		              dir->path);
	err = stage_begin(&stage, &gc->fs, dir->ifname, "gc");
	if (!err)
		err = stage_publish(&stage, dir, &rec);
	stage_end(&stage);
	return err;
}

int gc_forget_note(struct gc *gc, struct directory *dir)
{
	return gc_note_present(&dir->record) ? write_note(gc, dir, false) : 0;
}

static int keep(struct gc *gc, struct gc_gone *gone, const struct directory *dir, const char *why)
{
	gone->settled = true;
	gc_decide(gc->report, GC_DIRECTORY, GC_KEPT, dir->path, "%s", why);
	return gc_stay_add(gc, dir);
}

/* The others are not held up by what fails on one of them. */
static void each(struct gc *gc, step *take, const struct gc_ids *doomed)
{
	char path[PATH_MAX * 2];

	for (size_t i = 0; i < gc->gone_len; i++) {
		struct gc_gone *gone = &gc->gone[i];
		struct directory dir;
		int err;

		if (gone->settled)
			continue;
		err = directory_open_relative(&dir, &gc->fs, gone->relative);
		if (!err) {
			err = take(gc, gone, &dir, doomed);
			directory_close(&dir);
		}
		if (!err)
			continue;
		gone->settled = true;
		snprintf(path, sizeof(path), "%s/%s", gc->fs.path, gone->relative);
		if (err != -ENOENT)
			gc_decide(gc->report, GC_DIRECTORY, GC_FAILED, path,
			          "it cannot be removed: %s", strerror(-err));
	}
}

static int read_content(struct gc *gc, struct gc_gone *gone, struct directory *dir,
                        const struct gc_ids *doomed)
{
	int err = gc_content_read(gc, dir, &gone->content);

	(void)doomed;
	return err ? failed(err, "cannot look at the pins in %s", dir->path) : 0;
}

static int keep_if_used(struct gc *gc, struct gc_gone *gone, struct directory *dir,
                        const struct gc_ids *doomed)
{
	char why[256];
	int err;

	if (!gc_content_in_use(gc, dir, &gone->content, doomed, why))
		return 0;
	err = keep(gc, gone, dir, why);
	return err ? err : gc_forget_note(gc, dir);
}

static int keep_if_young(struct gc *gc, struct gc_gone *gone, struct directory *dir,
                         const struct gc_ids *doomed)
{
	long long age = gc_note_age(&dir->record), grace = gc->options->grace_s;
	char why[256];
	int err;

	(void)doomed;
	if (gone->hidden || age >= grace || !grace)
		return 0;
	if (age < 0)
		snprintf(why, sizeof(why),
		         "its interface (ifindex %u) is gone, which %s noted now; it goes after "
		         "%lld s",
		         dir->record.iface.ifindex, gc->options->dry_run ? "would be" : "is",
		         grace);
	else
		snprintf(why, sizeof(why),
		         "its interface (ifindex %u) has been gone for %lld s; it goes after %lld "
		         "s",
		         dir->record.iface.ifindex, age, grace);
	err = keep(gc, gone, dir, why);
	return err || age >= 0 ? err : write_note(gc, dir, true);
}

static int drop_doomed(struct gc *gc, struct gc_gone *gone, struct directory *dir,
                       const struct gc_ids *doomed)
{
	return gc_drop_doomed(gc, dir, &gone->content, doomed);
}

static int remove_it(struct gc *gc, struct gc_gone *gone, struct directory *dir,
                     const struct gc_ids *doomed)
{
	long long age = gc_note_age(&dir->record);
	bool in_use = false;
	char why[256];
	int err;

	err = gc_put_back(gc, dir, &gone->content, doomed);
	if (!err && !gc->options->dry_run)
		err = gc_remove_unused(gc, dir, &in_use, why);
	if (err)
		return err;
	gone->settled = true;
	/* The others of its set stay too, whichever of them comes first. */
	if (in_use) {
		gc_decide(gc->report, GC_DIRECTORY, GC_KEPT, dir->path, "%s", why);
		return gc_forget_note(gc, dir);
	}
	if (gone->hidden)
		snprintf(why, sizeof(why),
		         "its network namespace, named by --netns, cannot be found%s",
		         gc->options->dry_run && doomed->len
		                 ? "; it stays if something holds a program of it"
		                 : "");
	else
		snprintf(why, sizeof(why), "its interface (ifindex %u) has been gone for %lld s",
		         dir->record.iface.ifindex, age < 0 ? 0 : age);
	gc_decide(gc->report, GC_DIRECTORY, GC_REMOVED, dir->path, "%s", why);
	return 0;
}

static size_t count_settled(const struct gc *gc)
{
	size_t count = 0;

	for (size_t i = 0; i < gc->gone_len; i++)
		count += gc->gone[i].settled;
	return count;
}

/* The programs that nothing is seen to hold but the pins in directories that are to go. */
static int gather_doomed(struct gc *gc, struct gc_ids *doomed)
{
	int err = 0;

	doomed->len = 0;
	for (size_t i = 0; i < gc->gone_len; i++) {
		const struct gc_gone *gone = &gc->gone[i];

		for (size_t j = 0; !err && !gone->settled && j < gone->content.progs_len; j++) {
			const struct gc_pinned_prog *prog = &gone->content.progs[j];

			if (!prog->at && !gc_stay_has_prog(gc, prog->id))
				err = gc_ids_add(doomed, prog->id);
		}
	}
	return err;
}

/* What is used by one that stays is in use, so this goes on until no other has to stay. */
static int keep_used(struct gc *gc, struct gc_ids *doomed)
{
	size_t before;
	int err;

	do {
		before = count_settled(gc);
		err = gather_doomed(gc, doomed);
		if (!err)
			each(gc, keep_if_used, doomed);
	} while (!err && count_settled(gc) != before);
	return err;
}

int gc_gone_decide(struct gc *gc)
{
	struct gc_ids doomed = {};
	int err;

	each(gc, read_content, &doomed);
	/* Only what is in use by nothing else is noted as gone. */
	err = keep_used(gc, &doomed);
	if (!err) {
		each(gc, keep_if_young, &doomed);
		err = keep_used(gc, &doomed);
	}
	if (err) {
		free(doomed.list);
		return failed(err, "cannot look at the directories of interfaces that are gone");
	}
	each(gc, drop_doomed, &doomed);
	if (!gc->options->dry_run)
		gc_wait_freed(&doomed);
	each(gc, remove_it, &doomed);
	free(doomed.list);
	return 0;
}
