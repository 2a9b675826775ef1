// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/directory_each.h"
#include "bpffs/identity.h"
#include "bpffs/known.h"

/* Who visits which directories. */
struct each {
	const struct bpffs *fs;
	int (*visit)(struct directory *dir, void *arg);
	void *arg;
	bool without_record; /* these as well */
};

/* Visit the directories below <root>/<below>, which is "" or "%ifbpf/ns/<netns>/". */
static int each_below(const char *below, void *arg)
{
	char relative[PATH_MAX], ifname[IF_NAMESIZE];
	const struct each *each = arg;
	struct directory dir;
	struct dirent *entry;
	int fd, ret = 0;
	DIR *stream;

	fd = openat(each->fs->fd, *below ? below : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	stream = fdopendir(fd);
	if (!stream) {
		close(fd);
		return -ENOMEM;
	}
	while (!ret && (entry = readdir(stream))) {
		if (ifname_decode(entry->d_name, ifname, sizeof(ifname)))
			continue;
		snprintf(relative, sizeof(relative), "%s%s", below, entry->d_name);
		if (directory_open_quietly(&dir, each->fs, relative))
			continue;
		if (dir.has_record || each->without_record)
			ret = each->visit(&dir, each->arg);
		directory_close(&dir);
	}
	closedir(stream);
	return ret;
}

int directory_each_namespace(const struct bpffs *fs, int (*visit)(const char *below, void *arg),
                             void *arg)
{
	int fd = fs->ours_fd < 0 ? -1 : bpffs_open_dir(fs->ours_fd, "ns", O_RDONLY), ret = 0;
	char below[PATH_MAX];
	struct dirent *entry;
	DIR *stream;

	stream = fd < 0 ? NULL : fdopendir(fd);
	if (!stream) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (!ret && (entry = readdir(stream))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(below, sizeof(below), "%%ifbpf/ns/%s/", entry->d_name);
		ret = visit(below, arg);
	}
	closedir(stream);
	return ret;
}

static int visit_each(struct each *each)
{
	int ret = each_below("", each);

	return ret ? ret : directory_each_namespace(each->fs, each_below, each);
}

int directory_each(const struct bpffs *fs, int (*visit)(struct directory *dir, void *arg),
                   void *arg)
{
	struct each each = { .fs = fs, .visit = visit, .arg = arg };

	return visit_each(&each);
}

int directory_each_found(const struct bpffs *fs, int (*visit)(struct directory *dir, void *arg),
                         void *arg)
{
	struct each each = { .fs = fs, .visit = visit, .arg = arg, .without_record = true };

	return visit_each(&each);
}

static bool is_akin(const struct interface *was, const struct interface *iface)
{
	return !strcmp(was->mac, iface->mac) ||
	       (was->ifindex == iface->ifindex && netns_equal(&was->netns, &iface->netns));
}

int directory_each_akin(const struct bpffs *fs, const struct interface *iface,
                        int (*visit)(struct directory *dir, void *arg), void *arg)
{
	struct known now = {}, *known = fs->known ? fs->known : &now;
	int ret = known_list(known, fs);
	struct directory dir;

	for (size_t i = 0; !ret && i < known->len; i++) {
		if (!is_akin(&known->list[i].was, iface) ||
		    directory_open_quietly(&dir, fs, known->list[i].relative))
			continue;
		if (dir.has_record)
			ret = visit(&dir, arg);
		directory_close(&dir);
	}
	known_forget(&now);
	return ret;
}

struct renamed_search {
	const struct interface *iface;
	struct directory *found;
};

static int match_renamed(struct directory *dir, void *arg)
{
	struct renamed_search *search = arg;

	if (!strcmp(dir->record.iface.name, search->iface->name) ||
	    !identity_is_of(dir, search->iface))
		return 0;
	*search->found = *dir;
	dir->fd = -1;
	return 1;
}

int directory_find_renamed(struct directory *dir, const struct bpffs *fs,
                           const struct interface *iface)
{
	struct renamed_search search = { .iface = iface, .found = dir };

	return directory_each_akin(fs, iface, match_renamed, &search) == 1 ? 0 : -ENOENT;
}
