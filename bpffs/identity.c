// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/identity.h"
#include "bpffs/links.h"
#include "bpffs/live.h"
#include "bpffs/log.h"

bool identity_works(const struct record *rec, const struct attachments *here)
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

/* What a link of the directory holds runs here; others may have updated it since. */
static bool is_linked(const struct directory *dir, const struct attachments *here)
{
	char path[NAME_SIZE];
	__u32 prog_id;

	for (int hook = 0; hook < HOOKS; hook++) {
		snprintf(path, sizeof(path), "%s/%s", DIRECTORY_LINKS, hook_name(hook));
		prog_id = link_pinned_prog(dir->fd, path);
		if (prog_id && attachments_has(here, hook, prog_id))
			return true;
	}
	return false;
}

bool identity_is_of(const struct directory *dir, const struct interface *iface)
{
	const struct interface *was = &dir->record.iface;
	struct attachments here;
	bool found;

	if (!dir->has_record || !record_same_interface(&dir->record, iface))
		return false;
	if (!strcmp(was->name, iface->name) || !strcmp(was->mac, iface->mac))
		return true;
	if (attachments_query(&here, iface))
		return false;
	found = identity_works(&dir->record, &here) || is_linked(dir, &here);
	attachments_free(&here);
	return found;
}

struct presence {
	const struct directory *dir;
	struct interface now;
	bool alive;
};

static int visit_presence(void *arg)
{
	struct presence *p = arg;

	p->alive = !interface_by_index(&p->now, p->dir->record.iface.ifindex) &&
	           identity_is_of(p->dir, &p->now);
	return 0;
}

bool identity_lives(const struct directory *dir, const struct interface *iface,
                    struct interface *now)
{
	const struct netns_id *netns = &dir->record.iface.netns;
	struct presence p = { .dir = dir };
	int fd;

	if (netns_equal(netns, &iface->netns)) {
		visit_presence(&p);
	} else {
		fd = netns_find(netns);
		if (fd >= 0) {
			netns_visit(fd, visit_presence, &p);
			close(fd);
		}
	}
	*now = p.now;
	return p.alive;
}

int identity_refuse(const struct directory *dir, const struct interface *iface,
                    const struct interface *owner)
{
	rejected(-EBUSY, "cannot use %s: it belongs to interface %s (ifindex %u)", dir->path,
	         owner->name, owner->ifindex);
	if (netns_equal(&owner->netns, &iface->netns))
		hint("that one was renamed; let its directory follow first: %s %s",
		     cli_command("pin_maps"), cli_interface(owner->name));
	else
		hint("that one was moved to another network namespace; let its directory follow "
		     "first: "
		     "%s --netns NAME %s",
		     cli_command("pin_maps"), cli_word(owner->name));
	return -EBUSY;
}
