// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/directory.h"
#include "bpffs/directory_each.h"
#include "bpffs/log.h"
#include "bpffs/view.h"
#include "objects/redirect.h"
#include "scripts/redirect_all.h"

struct search {
	struct netns_id netns;
	struct redirect_all *all;
};

/* One directory of any network namespace: noted if it is of this one and has our maps. */
static int visit(struct directory *dir, void *arg)
{
	struct search *search = arg;
	struct redirect_all *all = search->all;
	__u32 *ifindexes, id;

	if (!dir->has_record || !netns_equal(&dir->record.iface.netns, &search->netns) ||
	    view_map_id(dir, REDIRECT_MODE_MAP, &id))
		return 0;
	ifindexes = reallocarray(all->ifindexes, all->len + 1, sizeof(*ifindexes));
	if (!ifindexes)
		return failed(-ENOMEM, "cannot list what is redirected");
	all->ifindexes = ifindexes;
	ifindexes[all->len++] = dir->record.iface.ifindex;
	return 0;
}

static int compare(const void *a, const void *b)
{
	__u32 first = *(const __u32 *)a, second = *(const __u32 *)b;

	return (first > second) - (first < second);
}

/* Whether a directory is closed to this run, which the search goes past. The first is reported. */
static bool find_denied(const struct bpffs *fs, const struct netns_id *netns)
{
	struct if_nameindex *list = if_nameindex();
	char relative[PATH_MAX];
	bool denied = false;

	for (size_t i = 0; list && !denied && list[i].if_index; i++)
		denied = !bpffs_relative(fs, list[i].if_name, netns, relative) &&
		         faccessat(fs->fd, relative, R_OK | X_OK, AT_EACCESS) && errno == EACCES;
	if (list)
		if_freenameindex(list);
	if (denied) {
		failed(-EACCES, "cannot look into %s/%s", fs->path, relative);
		hint("run as root");
	}
	return denied;
}

int redirect_all_find(struct redirect_all *all)
{
	struct search search = { .all = all };
	struct bpffs fs;
	int err = netns_current(&search.netns);

	memset(all, 0, sizeof(*all));
	if (err)
		return failed(err, "cannot identify this network namespace");
	err = bpffs_open(&fs, BPFFS_READ);
	if (err)
		return err;
	err = directory_each(&fs, visit, &search);
	all->denied = !err && find_denied(&fs, &search.netns);
	bpffs_close(&fs);
	if (!err && all->len)
		qsort(all->ifindexes, all->len, sizeof(*all->ifindexes), compare);
	return err;
}

void redirect_all_free(struct redirect_all *all)
{
	free(all->ifindexes);
	memset(all, 0, sizeof(*all));
}
