// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/claim.h"
#include "bpffs/claim_follow.h"
#include "bpffs/claim_places.h"
#include "bpffs/cli.h"
#include "bpffs/identity.h"
#include "bpffs/known.h"
#include "bpffs/log.h"
#include "bpffs/moved.h"
#include "bpffs/recall.h"

static int make_or_follow(const struct claimant *c, struct directory *dir)
{
	struct directory was;
	int err = c->how->dry_run ? 0 : directory_make_parent(c->fs, dir->relative);

	if (err)
		return err;
	dir->fd = -1;
	dir->has_record = dir->no_links = dir->no_carry = false;
	if (!claim_find_own(c, dir, &was))
		return claim_follow(c, dir, &was, false);
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
	if (!claim_find_own(c, dir, &was))
		return claim_follow(c, dir, &was, true);
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
	if (claim_find_own(c, dir, &own)) {
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
	return claim_follow(c, dir, &own, true);
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

static int take_existing(const struct claimant *c, struct directory *dir)
{
	struct interface owner;
	int err;

	err = claim_check_places(dir);
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
	    claim_runs_published(&dir->record, c->attached))
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
