// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/claim_follow.h"
#include "bpffs/directory_each.h"
#include "bpffs/exchange.h"
#include "bpffs/identity.h"
#include "bpffs/known.h"
#include "bpffs/log.h"

bool claim_runs_published(const struct record *rec, const struct attachments *attached)
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
	     strcmp(rec->iface.mac, c->iface->mac) != 0 ||
	     !claim_runs_published(rec, c->attached) || identity_lives(dir, c->iface, &now)))
		return 0;
	*search->found = *dir;
	dir->fd = -1;
	return 1;
}

int claim_find_own(const struct claimant *c, const struct directory *dir, struct directory *found)
{
	struct search search = { .c = c, .found = found };

	if (directory_each_akin(c->fs, c->iface, match_followed, &search) != 1)
		return -ENOENT;
	if (strcmp(found->relative, dir->relative))
		return 0;
	directory_close(found);
	return -ENOENT;
}

int claim_follow(const struct claimant *c, struct directory *dir, struct directory *was, bool swap)
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

int claim_find_followed(struct directory *dir, const struct bpffs *fs,
                        const struct interface *iface, const struct attachments *attached)
{
	const struct claimant c = { .fs = fs, .iface = iface, .attached = attached };
	struct search search = { .c = &c, .found = dir };

	return directory_each_akin(fs, iface, match_followed, &search) == 1 ? 0 : -ENOENT;
}
