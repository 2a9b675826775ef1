// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/directory_each.h"
#include "bpffs/identity.h"
#include "bpffs/log.h"
#include "scripts/stats_find.h"

static int no_directory(const struct bpffs *fs, const struct interface *iface,
                        const struct target *target)
{
	char relative[PATH_MAX];

	if (target->optional)
		return -ENOENT;
	if (bpffs_relative(fs, iface->name, &iface->netns, relative))
		*relative = '\0';
	rejected(-ENOENT, "cannot find the maps of %s at %s/%s", iface->name, fs->path, relative);
	hint("pin what runs there first: %s %s%s%s%s", cli_command("pin_maps"),
	     target->netns ? "--netns " : "", target->netns ? cli_word(target->netns) : "",
	     target->netns ? " " : "", cli_word(iface->name));
	return -ENOENT;
}

/* Another interface, which was renamed, has left its directory under this name, and works with it.
 */
static int refuse_others(const struct directory *dir, const struct interface *owner,
                         const struct target *target)
{
	if (target->optional)
		return -ENOENT;
	rejected(-ENOENT, "cannot find the maps of %s: %s belongs to interface %s (ifindex %u)",
	         target->ifname, dir->path, owner->name, owner->ifindex);
	hint("those are shown by: %s %s", cli_command("stats"), cli_word(owner->name));
	return -ENOENT;
}

/* The directory of an interface that exists. */
static int open_present(struct directory *dir, struct sample *sample, const struct bpffs *fs,
                        const struct target *target)
{
	struct interface *iface = &sample->iface, owner;
	struct directory other;
	int err;

	err = directory_open(dir, fs, iface);
	if (err == -ENOENT)
		return no_directory(fs, iface, target);
	if (err || !dir->has_record || record_same_interface(&dir->record, iface))
		return err;
	/* It is another interface's. Two that swapped their names find theirs by the record. */
	if (directory_find_renamed(&other, fs, iface)) {
		sample->found = FOUND_SUCCESSOR;
		if (!identity_lives(dir, iface, &owner))
			return 0;
		err = refuse_others(dir, &owner, target);
		directory_close(dir);
		return err;
	}
	directory_close(dir);
	*dir = other;
	return 0;
}

/* The interface of the record, under the name that it has now. */
static bool find_renamed(const struct directory *dir, struct interface *now)
{
	return dir->has_record && !interface_by_index(now, dir->record.iface.ifindex) &&
	       identity_is_of(dir, now);
}

static int no_interface(const struct target *target)
{
	if (target->optional)
		return -ENODEV;
	failed(-ENODEV, "cannot find interface %s", target->ifname);
	hint("list the interfaces of this network namespace: ip -br link");
	return -ENODEV;
}

/* There is no interface of this name, but perhaps a directory that it left. */
static int open_left(struct directory *dir, struct sample *sample, const struct bpffs *fs,
                     const struct target *target)
{
	struct interface left = {}, *iface = &sample->iface;
	char relative[PATH_MAX];
	int err;

	if (strlen(target->ifname) >= sizeof(left.name))
		return no_interface(target);
	strcpy(left.name, target->ifname);
	err = netns_current(&left.netns);
	if (err || bpffs_relative(fs, left.name, &left.netns, relative))
		return no_interface(target);
	err = directory_open_relative(dir, fs, relative);
	if (err)
		return err == -ENOENT ? no_interface(target) : err;
	if (find_renamed(dir, iface)) {
		sample->found = FOUND_RENAMED;
		return 0;
	}
	sample->found = FOUND_LEFT;
	if (dir->has_record) {
		left.ifindex = dir->record.iface.ifindex;
		left.netns = dir->record.iface.netns;
	}
	*iface = left;
	return 0;
}

int find_directory(struct directory *dir, struct sample *sample, const struct bpffs *fs,
                   const struct target *target)
{
	int err = interface_by_name(&sample->iface, target->ifname);

	if (!err)
		err = open_present(dir, sample, fs, target);
	else if (err == -ENODEV)
		err = open_left(dir, sample, fs, target);
	else
		failed(err, "cannot find interface %s", target->ifname);
	if (!err)
		snprintf(sample->path, sizeof(sample->path), "%s", dir->path);
	return err;
}
