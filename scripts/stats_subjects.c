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

/*
 * It may have a directory; what is sorted out here need not be looked for one by one. A renamed one
 * has its directory under another name, which the record tells.
 */
static bool may_have_directory(const struct records *records, const struct netns_id *netns,
                               const struct if_nameindex *i)
{
	char relative[PATH_MAX];

	for (size_t k = 0; k < records->len; k++)
		if (records->list[k].ifindex == i->if_index)
			return true;
	return !bpffs_relative(records->fs, i->if_name, netns, relative) &&
	       !faccessat(records->fs->fd, relative, F_OK, AT_SYMLINK_NOFOLLOW);
}

static bool is_there(const struct if_nameindex *list, const char *ifname)
{
	for (; list->if_index; list++)
		if (!strcmp(list->if_name, ifname))
			return true;
	return false;
}

static void subject_free(struct subject *subject)
{
	kept_close(&subject->kept);
	free(subject->ifname);
}

static void drop_gone(struct subjects *subjects, const struct if_nameindex *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < subjects->len; i++) {
		if (is_there(list, subjects->list[i].ifname))
			subjects->list[kept++] = subjects->list[i];
		else
			subject_free(&subjects->list[i]);
	}
	subjects->len = kept;
}

int subjects_follow(struct subjects *subjects, struct records *records)
{
	struct if_nameindex *list = if_nameindex();
	struct netns_id netns;
	int err;

	if (!list)
		return -errno;
	drop_gone(subjects, list);
	err = netns_current(&netns);
	if (!err)
		err = records_refresh(records);
	for (const struct if_nameindex *i = list; !err && i->if_index; i++)
		if (may_have_directory(records, &netns, i))
			err = subjects_add(subjects, i->if_name);
	if_freenameindex(list);
	return err;
}

void subjects_free(struct subjects *subjects)
{
	for (size_t i = 0; i < subjects->len; i++)
		subject_free(&subjects->list[i]);
	free(subjects->list);
}
