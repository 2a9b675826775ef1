// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/directory.h"
#include "scripts/stats_subjects.h"

static bool has_subject(const struct subjects *subjects, const char *ifname)
{
	for (size_t i = 0; i < subjects->len; i++)
		if (!strcmp(subjects->list[i].ifname, ifname))
			return true;
	return false;
}

int subjects_add(struct subjects *subjects, const char *ifname)
{
	struct subject *list;
	char *copy;

	if (has_subject(subjects, ifname))
		return 0;
	list = reallocarray(subjects->list, subjects->len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	subjects->list = list;
	copy = strdup(ifname);
	if (!copy)
		return -ENOMEM;
	list[subjects->len++] = (struct subject){ .ifname = copy };
	return 0;
}

/* The interfaces that records name: a renamed one has its directory under another name. */
struct recorded {
	__u32 *ifindexes;
	size_t len;
};

static int note_recorded(struct directory *dir, void *arg)
{
	struct recorded *recorded = arg;
	__u32 *list = reallocarray(recorded->ifindexes, recorded->len + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	recorded->ifindexes = list;
	list[recorded->len++] = dir->record.iface.ifindex;
	return 0;
}

/* It may have a directory; what is sorted out here need not be looked for one by one. */
static bool may_have_directory(const struct bpffs *fs, const struct netns_id *netns,
                               const struct recorded *recorded, const struct if_nameindex *i)
{
	char relative[PATH_MAX];

	for (size_t k = 0; k < recorded->len; k++)
		if (recorded->ifindexes[k] == i->if_index)
			return true;
	return !bpffs_relative(fs, i->if_name, netns, relative) &&
	       !faccessat(fs->fd, relative, F_OK, AT_SYMLINK_NOFOLLOW);
}

static void drop_gone(struct subjects *subjects)
{
	size_t kept = 0;

	for (size_t i = 0; i < subjects->len; i++) {
		if (if_nametoindex(subjects->list[i].ifname))
			subjects->list[kept++] = subjects->list[i];
		else
			free(subjects->list[i].ifname);
	}
	subjects->len = kept;
}

int subjects_follow(struct subjects *subjects, const struct bpffs *fs)
{
	struct recorded recorded = {};
	struct if_nameindex *list;
	struct netns_id netns;
	int err;

	drop_gone(subjects);
	list = if_nameindex();
	if (!list)
		return -errno;
	err = netns_current(&netns);
	if (!err)
		err = directory_each(fs, note_recorded, &recorded);
	for (const struct if_nameindex *i = list; !err && i->if_index; i++)
		if (may_have_directory(fs, &netns, &recorded, i))
			err = subjects_add(subjects, i->if_name);
	free(recorded.ifindexes);
	if_freenameindex(list);
	return err;
}

void subjects_free(struct subjects *subjects)
{
	for (size_t i = 0; i < subjects->len; i++)
		free(subjects->list[i].ifname);
	free(subjects->list);
}
