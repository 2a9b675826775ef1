// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/links.h"
#include "bpffs/live.h"
#include "bpffs/moved.h"
#include "bpffs/namespaces.h"
#include "bpffs/pin.h"
#include "bpffs/query.h"

struct search {
	const struct bpffs *fs;
	const struct directory *dir;
	const struct interface *claimant;
	struct bpf_link_info links[HOOKS]; /* id 0: there is none, or it holds nothing */
	bool linked;
	struct interface *found;
};

/* The links of the directory that hold a program. */
static int find_links(struct search *s, struct moved *moved)
{
	char path[NAME_SIZE];
	int fd, err = 0;

	for (int hook = 0; !err && hook < HOOKS; hook++) {
		struct bpf_link_info *info = &s->links[hook];
		__u32 len = sizeof(*info);

		snprintf(path, sizeof(path), "%s/%s", DIRECTORY_LINKS, hook_name(hook));
		fd = pin_open(s->dir->fd, path, 0);
		if (fd == -ENOENT || fd == -ELOOP || fd == -EINVAL)
			continue;
		if (fd < 0)
			return fd;
		if (pin_kind_of(fd) == PIN_LINK && bpf_obj_get_info_by_fd(fd, info, &len))
			err = -errno;
		close(fd);
		if (err || !info->id || link_is_dead(info)) {
			memset(info, 0, sizeof(*info));
			continue;
		}
		s->linked = true;
		moved->linked = hook;
	}
	return err;
}

/* All three kinds of link have the ifindex in one place. It does not say of which namespace. */
static bool has_link(const struct search *s, const struct interface *iface)
{
	for (int hook = 0; hook < HOOKS; hook++)
		if (s->links[hook].id && s->links[hook].xdp.ifindex == iface->ifindex)
			return true;
	return false;
}

/* The program of a link is on the interface; rtnetlink does not tell by which link. */
static bool is_linked(const struct search *s, const struct attachments *here)
{
	for (size_t i = 0; i < here->len; i++) {
		const struct attachment *at = &here->list[i];
		const struct bpf_link_info *link = &s->links[at->hook];

		if (link->id && link->prog_id == at->prog_id &&
		    (!at->link_id || at->link_id == link->id))
			return true;
	}
	return false;
}

/* A program that was published runs there, or one that works with a map that was. */
static bool is_published(const struct record *rec, const struct attachments *here)
{
	struct live live = {};
	bool found = false;

	for (size_t i = 0; i < here->len; i++)
		if (record_has_prog(rec, here->list[i].hook, here->list[i].prog_id))
			return true;
	/* Without the right to open programs by id, their maps are not known. */
	if (!here->len || live_query(&live, here))
		return false;
	for (size_t i = 0; i < live.maps_len; i++)
		for (int hook = 0; hook < HOOKS; hook++)
			found |= record_has_map(rec, hook, live.maps[i].info.id);
	live_free(&live);
	return found;
}

static int is_of(struct directory *dir, void *arg)
{
	return record_same_interface(&dir->record, arg);
}

static bool has_directory(const struct search *s, struct interface *iface)
{
	return directory_each_with_mac(s->fs, iface->mac, is_of, iface) == 1;
}

static bool look_at(const struct search *s, struct interface *iface)
{
	const struct record *rec = &s->dir->record;
	struct attachments here;
	bool found;

	if (s->linked ? !has_link(s, iface) : strcmp(iface->mac, rec->iface.mac) != 0)
		return false;
	if (iface->ifindex == s->claimant->ifindex &&
	    netns_equal(&iface->netns, &s->claimant->netns))
		return false;
	/* It may have gone away meanwhile, and its attachments with it. */
	if (attachments_query(&here, iface))
		return false;
	found = s->linked ? is_linked(s, &here)
	                  : is_published(rec, &here) && !has_directory(s, iface);
	attachments_free(&here);
	return found;
}

static int look_at_all(void *arg)
{
	struct search *s = arg;
	struct if_nameindex *names = if_nameindex();
	int found = 0;

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; !found && names[i].if_index; i++)
		found = !interface_by_index(s->found, names[i].if_index) && look_at(s, s->found);
	if_freenameindex(names);
	return found;
}

int moved_find(struct moved *moved, const struct bpffs *fs, const struct directory *dir,
               const struct interface *claimant)
{
	struct search s = { .fs = fs, .dir = dir, .claimant = claimant, .found = &moved->now };
	struct namespaces all;
	int err, found;

	memset(moved, 0, sizeof(*moved));
	err = find_links(&s, moved);
	if (!err)
		err = namespaces_find(&all);
	if (err)
		return err;
	moved->partial = all.partial;
	/* The present one also without the right to enter any. */
	found = look_at_all(&s);
	for (size_t i = 0; found <= 0 && i < all.len; i++) {
		namespace_spec(&all.list[i], moved->netns, sizeof(moved->netns));
		if (!*moved->netns)
			continue;
		found = netns_visit(all.list[i].fd, look_at_all, &s);
		moved->partial |= found < 0;
	}
	namespaces_free(&all);
	if (found > 0)
		return 0;
	return s.linked ? -EBUSY : -ENOENT;
}
