// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/directory_each.h"
#include "bpffs/identity.h"
#include "bpffs/links.h"
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
	struct moved *moved;
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

static int is_of(struct directory *dir, void *arg)
{
	return record_same_interface(&dir->record, arg);
}

static bool has_directory(const struct search *s, struct interface *iface)
{
	return directory_each_akin(s->fs, iface, is_of, iface) == 1;
}

/* It works with what was published. Its address tells whether it is the one of the record. */
static bool is_same(const struct search *s, const struct interface *iface)
{
	struct moved *moved = s->moved;

	if (!strcmp(iface->mac, s->dir->record.iface.mac))
		return true;
	if (!moved->user.ifindex) {
		moved->user = *iface;
		strcpy(moved->user_netns, moved->netns);
	}
	return false;
}

static bool look_at(const struct search *s, struct interface *iface)
{
	struct attachments here;
	bool found;

	if (s->linked && !has_link(s, iface))
		return false;
	if (iface->ifindex == s->claimant->ifindex &&
	    netns_equal(&iface->netns, &s->claimant->netns))
		return false;
	/* It may have gone away meanwhile, and its attachments with it. */
	if (attachments_query_passing(&here, iface))
		return false;
	found = s->linked ? is_linked(s, &here)
	                  : identity_works(&s->dir->record, &here) && !has_directory(s, iface) &&
	                            is_same(s, iface);
	attachments_free(&here);
	return found;
}

static int look_at_all(void *arg)
{
	struct search *s = arg;
	struct interface *now = &s->moved->now;
	struct if_nameindex *names = if_nameindex();
	int found = 0;

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; !found && names[i].if_index; i++)
		found = !interface_by_index(now, names[i].if_index) && look_at(s, now);
	if_freenameindex(names);
	return found;
}

/* From the one at `first` on. Returns 1 if it was found. */
static int look_everywhere(struct search *s, const struct namespaces *all, size_t first)
{
	struct moved *moved = s->moved;
	int found = 0;

	for (size_t i = first; found <= 0 && i < all->len; i++) {
		namespace_spec(&all->list[i], moved->netns, sizeof(moved->netns));
		if (!*moved->netns)
			continue;
		found = netns_visit(all->list[i].fd, look_at_all, s);
		moved->partial |= found < 0;
	}
	return found;
}

int moved_find(struct moved *moved, const struct bpffs *fs, const struct directory *dir,
               const struct interface *claimant)
{
	struct search s = { .fs = fs, .dir = dir, .claimant = claimant, .moved = moved };
	struct namespaces all;
	size_t seen;
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
	if (found <= 0)
		found = look_everywhere(&s, &all, 0);
	/* Before it is taken for gone. */
	seen = all.len;
	if (found <= 0)
		err = namespaces_add_held(&all);
	if (found <= 0 && !err)
		found = look_everywhere(&s, &all, seen);
	namespaces_free(&all);
	if (found > 0 || err)
		return found > 0 ? 0 : err;
	return s.linked ? -EBUSY : -ENOENT;
}
