// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/claim.h"
#include "bpffs/cli.h"
#include "bpffs/exchange.h"
#include "bpffs/identity.h"
#include "bpffs/known.h"
#include "bpffs/log.h"
#include "bpffs/moved.h"
#include "bpffs/places.h"
#include "bpffs/recall.h"

/* Everything that one claim is about. */
struct claimant {
	const struct bpffs *fs;
	const struct interface *iface;
	const struct attachments *attached;
	struct stage *stage;
	const struct claim *how;
};

/* A program that was published for this record runs on the interface: proof of a move. */
static bool runs_published(const struct record *rec, const struct attachments *attached)
{
	for (size_t i = 0; i < attached->len; i++)
		if (record_has_prog(rec, attached->list[i].hook, attached->list[i].prog_id))
			return true;
	return false;
}

struct search {
	const struct claimant *c;
	struct directory *found;
};

/* The record is of this interface, before it was renamed or moved here. */
static int match_followed(struct directory *dir, void *arg)
{
	struct search *search = arg;
	const struct claimant *c = search->c;
	const struct record *rec = &dir->record;
	struct interface now;

	if (!identity_is_of(dir, c->iface) &&
	    (netns_equal(&rec->iface.netns, &c->iface->netns) ||
	     strcmp(rec->iface.mac, c->iface->mac) != 0 || !runs_published(rec, c->attached) ||
	     identity_lives(dir, c->iface, &now)))
		return 0;
	*search->found = *dir;
	dir->fd = -1;
	return 1;
}

/* The directory that was this interface's before; only one that lies elsewhere than dir. */
static int find_followed(const struct claimant *c, const struct directory *dir,
                         struct directory *found)
{
	struct search search = { .c = c, .found = found };

	if (directory_each_akin(c->fs, c->iface, match_followed, &search) != 1)
		return -ENOENT;
	if (strcmp(found->relative, dir->relative))
		return 0;
	directory_close(found);
	return -ENOENT;
}

/*
 * Let the directory that was this interface's under another name or namespace follow it. swap: it
 * changes places with the one that is there.
 */
static int follow(const struct claimant *c, struct directory *dir, struct directory *was, bool swap)
{
	int err = 0;

	if (!c->how->dry_run && swap)
		err = directories_exchange(c->fs, was->relative, dir->relative);
	else if (!c->how->dry_run &&
	         renameat2(c->fs->fd, was->relative, c->fs->fd, dir->relative, RENAME_NOREPLACE))
		err = -errno;
	if (err) {
		failed(err, "cannot rename %s to %s", was->path, dir->path);
		directory_close(was);
		return err;
	}
	known_forget(c->fs->known);
	dir->no_links = dir->no_carry = false;
	if (strcmp(c->iface->name, was->record.iface.name))
		note("%s was %s: its directory %s to %s", c->iface->name, was->record.iface.name,
		     c->how->dry_run ? "would follow" : "followed", dir->path);
	else
		note("%s came from another network namespace: its directory %s to %s",
		     c->iface->name, c->how->dry_run ? "would follow" : "followed", dir->path);
	directory_close(dir);
	dir->fd = was->fd;
	dir->has_record = true;
	dir->record = was->record;
	return 0;
}

static int make_or_follow(const struct claimant *c, struct directory *dir)
{
	struct directory was;
	int err = c->how->dry_run ? 0 : directory_make_parent(c->fs, dir->relative);

	if (err)
		return err;
	dir->fd = -1;
	dir->has_record = dir->no_links = dir->no_carry = false;
	if (!find_followed(c, dir, &was))
		return follow(c, dir, &was, false);
	if (c->how->dry_run)
		return 0;
	return c->how->whole ? stage_make_whole(c->stage, dir)
	                     : stage_make_directory(c->stage, dir);
}

/* The record names another interface, which lives. */
static int refuse_or_swap(const struct claimant *c, struct directory *dir,
                          const struct interface *owner)
{
	struct directory was;

	/* Names were swapped: so are the directories. */
	if (!find_followed(c, dir, &was))
		return follow(c, dir, &was, true);
	identity_refuse(dir, c->iface, owner);
	directory_close(dir);
	return -EBUSY;
}

/* A program on the interface is of the record or of a pin here, or uses a map of either. */
static bool works_here(const struct claimant *c, const struct directory *dir)
{
	struct recalled lacks;
	struct live live;
	bool found;

	if (identity_works(&dir->record, c->attached))
		return true;
	/* That was all that there is to see, unless programs cannot be opened by id. */
	if (live_recall(&live, &lacks, c->attached, c->attached, dir))
		return true;
	found = live.maps_len > 0;
	live_free(&live);
	return found;
}

/*
 * The interface of the record is gone: this one has its name, and gets its maps. What was put aside
 * under this name is of another one, and would have gone with gc; but not what this one works with.
 */
static int inherit(const struct claimant *c, struct directory *dir)
{
	const struct interface *was = &dir->record.iface;
	bool aside = strcmp(was->name, c->iface->name) != 0;
	bool fresh = c->how->fresh || (aside && !works_here(c, dir));

	note("%s belonged to an interface that is gone (%s%sifindex %u): its maps %s %s", dir->path,
	     aside ? was->name : "", aside ? ", " : "", was->ifindex,
	     c->how->dry_run ? "would be" : "are", fresh ? "dropped" : "inherited");
	if (!fresh && c->how->dry_run)
		hint("--fresh drops them instead");
	else if (!fresh)
		hint("they are %s's from now on, and --fresh drops only what is left by one that "
		     "is "
		     "gone: to be rid of them, %s --all --purge %s, and begin anew",
		     c->iface->name, cli_command("unload"), cli_word(c->iface->name));
	dir->dropped = fresh;
	return fresh && !c->how->dry_run ? stage_add_drop_all(c->stage) : 0;
}

/* The interface of the record is not where it was: it lives on elsewhere, or is gone. */
static int take_left(const struct claimant *c, struct directory *dir)
{
	struct directory own;
	struct moved moved;
	int err = moved_find(&moved, c->fs, dir, c->iface);

	if (!err) {
		err = moved_send_after(&moved, dir, c->fs, c->how->dry_run ? NULL : c->stage);
		return err ? err : make_or_follow(c, dir);
	}
	if (err == -EBUSY)
		return moved_refuse_linked(&moved, dir);
	if (err != -ENOENT)
		return failed(err, "cannot tell whether the interface of %s lives elsewhere",
		              dir->path);
	if (find_followed(c, dir, &own)) {
		if (moved.partial)
			note("not every network namespace could be entered, which takes "
			     "CAP_SYS_ADMIN: "
			     "the interface of %s is sought in this one alone",
			     dir->path);
		return moved.user.ifindex ? moved_refuse_used(&moved, dir) : inherit(c, dir);
	}
	/* Its own directory wins; what the other one left goes as gc has it. */
	note("%s belonged to an interface that is gone (ifindex %u): what it left %s to %s, until "
	     "'%s' removes it",
	     dir->path, dir->record.iface.ifindex, c->how->dry_run ? "would go" : "goes", own.path,
	     cli_command("gc"));
	return follow(c, dir, &own, true);
}

/*
 * Made by somebody else, such as xdp-tutorial's loader. It is root's alone from here on; what is
 * then published says so, and without that its mode is given back.
 */
static int adopt(const struct claimant *c, struct directory *dir)
{
	struct stat st;
	bool loose = !fstat(dir->fd, &st) && (st.st_mode & 07777) != 0700;

	if (c->how->dry_run) {
		note("would adopt %s, which had no record%s", dir->path,
		     loose ? "; its mode becomes 0700" : "");
		return 0;
	}
	dir->adopted = true;
	/* First of all, so that nobody else changes what is in it while we look. */
	if (loose && fchmod(dir->fd, 0700))
		return failed(-errno, "cannot make %s root's alone", dir->path);
	dir->old_mode = loose ? st.st_mode & 07777 : 0;
	return 0;
}

/* Whoever may write in it may put other maps in the place of those that programs are to use. */
static int tighten(const struct claimant *c, const struct directory *dir)
{
	struct stat st;
	mode_t mode;
	int err;

	if (fstat(dir->fd, &st) || !(st.st_mode & 0022))
		return 0;
	mode = st.st_mode & 07777 & ~0022;
	note("others than root could write in %s (mode %04o): that %s, as it %s %04o", dir->path,
	     st.st_mode & 07777, c->how->dry_run ? "would end" : "ends",
	     c->how->dry_run ? "would become" : "becomes", mode);
	hint("see that its pins are what they should be: %s %s", cli_command("status"),
	     cli_word(c->iface->name));
	err = c->how->dry_run || !fchmod(dir->fd, mode) ? 0 : -errno;
	if (err) {
		failed(err, "cannot take the right to write in %s from others", dir->path);
		hint("do it as root: chmod %04o %s", mode, cli_word(dir->path));
	}
	return err;
}

/* --fresh is about what others left, and was asked for to be rid of something. */
static void tell_not_left(const struct claimant *c, const struct directory *dir)
{
	note("--fresh drops nothing: %s is of this interface, not of one that is gone", dir->path);
	hint("to be rid of its maps: %s --all --purge %s, and begin anew", cli_command("unload"),
	     cli_word(c->iface->name));
}

/* A directory stands where something is to be pinned: no rename takes its place. */
static int check_in(const struct directory *dir, const char *place, const struct stat *st)
{
	char in_the_way[PLACES_PATH_SIZE], path[PATH_MAX + PLACES_PATH_SIZE];
	int ret = places_look_in(dir->fd, place, st, in_the_way);

	/* Gone meanwhile. */
	if (!ret || ret == -ENOENT)
		return 0;
	if (ret < 0)
		return failed(ret, "cannot look through %s", dir->path);
	snprintf(path, sizeof(path), "%s/%s", dir->path, in_the_way);
	rejected(-EISDIR, "cannot use %s: a directory is where something is to be pinned", path);
	hint("see what it is, then remove it: rmdir '%s'", path);
	return -EISDIR;
}

/* Returns -ENOENT, silent, if it is not there. holds: directories belong into it. */
static int check_place(const struct directory *dir, const char *place, bool holds)
{
	char path[PATH_MAX + NAME_SIZE];
	struct stat st;
	int err = bpffs_describe_dir(dir->fd, place, &st);

	if (!err)
		return holds ? 0 : check_in(dir, place, &st);
	if (err == -ENOENT)
		return err;
	snprintf(path, sizeof(path), "%s/%s", dir->path, place);
	return bpffs_refused(err, dir->fd, place, path);
}

/*
 * What is written in besides the directory itself: whoever made it must be trusted before anything
 * is changed, and a thing of another kind would stop the exchange after the switch.
 */
static int check_places(struct directory *dir)
{
	char place[NAME_SIZE];
	int err;

	err = check_place(dir, DIRECTORY_EGRESS, true);
	if (!err || err == -ENOENT)
		err = check_place(dir, DIRECTORY_LINKS, false);
	dir->no_links = err == -ENOENT;
	if (!err || err == -ENOENT)
		err = check_place(dir, DIRECTORY_CARRY, false);
	dir->no_carry = err == -ENOENT;
	if (!err || err == -ENOENT)
		err = check_place(dir, DIRECTORY_PROGS, true);
	/* Without %progs/ there is nothing below it. */
	for (int hook = 0; !err && hook < HOOKS; hook++) {
		snprintf(place, sizeof(place), "%s/%s", DIRECTORY_PROGS, hook_name(hook));
		err = check_place(dir, place, false);
		err = err == -ENOENT ? 0 : err;
	}
	return err == -ENOENT ? 0 : err;
}

static int take_existing(const struct claimant *c, struct directory *dir)
{
	struct interface owner;
	int err;

	err = check_places(dir);
	if (err) {
		directory_close(dir);
		return err;
	}
	if (!dir->has_record) {
		err = adopt(c, dir);
		if (err)
			directory_close(dir);
		return err;
	}
	err = tighten(c, dir);
	if (err) {
		directory_close(dir);
		return err;
	}
	if (identity_is_of(dir, c->iface)) {
		if (c->how->fresh)
			tell_not_left(c, dir);
		return 0;
	}
	if (identity_lives(dir, c->iface, &owner))
		return refuse_or_swap(c, dir, &owner);
	/* Moved here, and the directory before its record: a killed run did that. */
	if (!strcmp(dir->record.iface.mac, c->iface->mac) &&
	    runs_published(&dir->record, c->attached))
		return 0;
	err = take_left(c, dir);
	if (err)
		directory_close(dir);
	return err;
}

int claim_directory(struct directory *dir, const struct bpffs *fs, const struct interface *iface,
                    const struct attachments *attached, struct stage *stage,
                    const struct claim *how)
{
	const struct claimant c = {
		.fs = fs,
		.iface = iface,
		.attached = attached,
		.stage = stage,
		.how = how,
	};
	char relative[PATH_MAX];
	int err;

	err = bpffs_relative(fs, iface->name, &iface->netns, relative);
	if (err)
		return failed(err, "cannot name a directory for interface %s", iface->name);
	if (known_is_absent(fs, relative)) {
		err = directory_name(dir, fs, relative);
		return err ? err : make_or_follow(&c, dir);
	}
	err = directory_open_relative(dir, fs, relative);
	if (err == -ENOENT)
		return make_or_follow(&c, dir);
	return err ? err : take_existing(&c, dir);
}

int claim_find_followed(struct directory *dir, const struct bpffs *fs,
                        const struct interface *iface, const struct attachments *attached)
{
	const struct claimant c = { .fs = fs, .iface = iface, .attached = attached };
	struct search search = { .c = &c, .found = dir };

	return directory_each_akin(fs, iface, match_followed, &search) == 1 ? 0 : -ENOENT;
}
