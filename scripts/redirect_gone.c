// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/access.h"
#include "bpffs/cli.h"
#include "bpffs/directory_each.h"
#include "bpffs/identity.h"
#include "bpffs/log.h"
#include "bpffs/view.h"
#include "objects/redirect.h"
#include "scripts/redirect_gone.h"

struct search {
	const struct bpffs *fs;
	struct netns_id netns;
	const char *name;
	__u32 ifindex;
	struct redirect_gone *gone;
};

/* Gone, or elsewhere: there its program goes on. Returns 1, or a negative errno, reported. */
static int judge(const struct search *search, const struct directory *dir)
{
	static const struct interface nobody;
	struct redirect_gone *gone = search->gone;
	const char *name = gone->was.name;
	struct moved moved;
	int err = moved_find(&moved, search->fs, dir, &nobody);

	if (err == -EBUSY)
		return moved_refuse_linked(&moved, dir);
	if (err && err != -ENOENT)
		return failed(err, "cannot look for interface %s", name);
	gone->lives = !err || moved.user.ifindex;
	if (gone->lives) {
		gone->now = err ? moved.user : moved.now;
		strcpy(gone->netns, err ? moved.user_netns : moved.netns);
	} else if (moved.partial) {
		rejected(-EPERM,
		         "cannot tell whether interface %s is gone or in another network namespace",
		         name);
		access_hint("CAP_SYS_ADMIN");
		return -EPERM;
	}
	return 1;
}

static int visit(struct directory *dir, void *arg)
{
	const struct search *search = arg;
	const struct interface *was = &dir->record.iface;
	struct interface now;
	__u32 id;

	if (!netns_equal(&was->netns, &search->netns) ||
	    (search->name ? strcmp(was->name, search->name) != 0
	                  : was->ifindex != search->ifindex) ||
	    identity_lives(dir, was, &now) || view_map_id(dir, REDIRECT_MODE_MAP, &id))
		return 0;
	search->gone->was = *was;
	return judge(search, dir);
}

int redirect_gone_find(struct redirect_gone *gone, const char *name, __u32 ifindex)
{
	struct search search = { .name = name, .ifindex = ifindex, .gone = gone };
	struct bpffs fs;
	int err = netns_current(&search.netns);

	memset(gone, 0, sizeof(*gone));
	if (err)
		return failed(err, "cannot identify this network namespace");
	err = bpffs_open(&fs, BPFFS_READ);
	if (err)
		return err;
	search.fs = &fs;
	err = directory_each(&fs, visit, &search);
	bpffs_close(&fs);
	return err > 0 ? 0 : err ? err : -ENOENT;
}

void redirect_gone_hint(const struct redirect_gone *gone)
{
	char place[2 * NAME_MAX] = "";

	if (*gone->netns)
		snprintf(place, sizeof(place), "--netns %s ", cli_word(gone->netns));
	hint("it is now %s%s%s; take its directory there, then switch it off: %s %s%s && %s %s%s "
	     "off",
	     gone->now.name, *gone->netns ? " in network namespace " : "", gone->netns,
	     cli_command("pin_maps"), place, cli_word(gone->now.name), cli_command("redirect"),
	     place, cli_word(gone->now.name));
}
