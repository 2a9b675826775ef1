// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* A stage is completed by its records, and then moved in. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/kept.h"
#include "bpffs/listing.h"
#include "bpffs/log.h"
#include "bpffs/publish.h"
#include "bpffs/stage.h"

/* Anything besides the stage's own record: a pin or an order. */
static bool stage_is_empty(const struct stage *stage)
{
	struct listing all;
	bool empty = !listing_read(&all, stage->fd) && all.len == 1;

	listing_free(&all);
	return empty;
}

/* Whether two records say the same, generation aside. */
static bool same_text(const struct record *a, const struct record *b)
{
	char text[2][RECORD_SIZE];
	struct record copy = *a;

	copy.gen = b->gen;
	return !record_format(&copy, text[0]) && !record_format(b, text[1]) &&
	       !strcmp(text[0], text[1]);
}

/* Nobody else can reach the directory before it is in its place: nothing in it is exchanged. */
static int seal_whole(struct stage *stage, const struct directory *dir, struct record *rec)
{
	int err;

	rec->gen = 2;
	err = record_set_other(&stage->record, STAGE_FIELD_DIR, dir->relative);
	if (!err)
		err = stage_write_record(stage);
	if (!err)
		err = record_create(stage->pins_fd, STAGE_META, rec);
	return err ? failed(err, "cannot write a record in %s", stage->fs->path) : 0;
}

int stage_seal(struct stage *stage, struct directory *dir, struct record *rec)
{
	struct record odd;
	int err;

	if (stage->whole)
		return seal_whole(stage, dir, rec);
	err = directory_lock(dir);
	if (err)
		return err;
	kept_note(rec, dir, stage->fd);
	/* Giving pins to a group can be refused: rather now than in the middle of the exchange. */
	if (rec->group != RECORD_NO_GROUP && fchown(stage->fd, -1, rec->group)) {
		err = failed(-errno, "cannot give the maps in %s to group %u", dir->path,
		             rec->group);
		access_hint("CAP_CHOWN");
		return err;
	}
	odd = dir->has_record ? dir->record : *rec;
	odd.gen = dir->has_record ? (dir->record.gen + 1) | 1 : 1;
	rec->gen = odd.gen + 1;
	err = record_set_other(&stage->record, STAGE_FIELD_DIR, dir->relative);
	if (!err)
		err = stage_write_record(stage);
	if (!err)
		err = record_create(stage->fd, STAGE_ODD, &odd);
	/* The even one last: with both in place, the stage is complete. */
	if (!err)
		err = record_create(stage->fd, STAGE_META, rec);
	return err ? failed(err, "cannot write a record in %s", stage->fs->path) : 0;
}

/* It has a record now, and with it belongs to the layout. */
static void end_adoption(struct directory *dir)
{
	if (dir->adopted)
		note("adopted %s, which had no record%s", dir->path,
		     dir->old_mode ? "; its mode becomes 0700" : "");
	dir->adopted = false;
	dir->old_mode = 0;
}

static int commit_whole(struct stage *stage, const struct directory *dir)
{
	int err = stage_put_whole(stage->fs, stage->fd, dir->relative);

	return err ? failed(err, "cannot put %s in its place", dir->path) : 0;
}

/* Move what is staged into a directory that is there. */
static int commit_pins(struct stage *stage, struct directory *dir)
{
	int err;

	if (renameat(stage->fd, STAGE_ODD, dir->fd, DIRECTORY_RECORD))
		return failed(-errno, "cannot write the record of %s", dir->path);
	end_adoption(dir);
	err = publish_staged(stage->fd, dir->fd);
	if (err) {
		failed(err, "cannot exchange the pins in %s", dir->path);
		hint("the next run finishes it; until then readers of %s are told to wait",
		     dir->ifname);
	}
	return err;
}

int stage_commit(struct stage *stage, struct directory *dir, const struct record *rec)
{
	int err = stage->whole ? commit_whole(stage, dir) : commit_pins(stage, dir);

	if (err)
		return err;
	stage->switched = false;
	stage->done = true;
	*stage->made = '\0';
	dir->record = *rec;
	dir->has_record = true;
	dir->blank = dir->no_links = dir->no_carry = false;
	return 0;
}

int stage_publish(struct stage *stage, struct directory *dir, struct record *rec)
{
	int err;

	if (dir->has_record && !(dir->record.gen & 1) && stage_is_empty(stage) &&
	    same_text(rec, &dir->record)) {
		rec->gen = dir->record.gen;
		err = publish_complete(dir->fd, rec->group);
		return err ? failed(err, "cannot complete %s", dir->path) : 0;
	}
	err = stage_seal(stage, dir, rec);
	return err ? err : stage_commit(stage, dir, rec);
}
