// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/directory.h"
#include "bpffs/mounts.h"
#include "bpffs/owners.h"

#define MOUNTS_MAX 64

/* So many paths are named. */
#define NAMED 4

struct scan {
	struct owners *owners;
	const struct bpffs *fs;
	const char *except;
	ino_t root;      /* of the layout, which may lie below that of its filesystem */
	bool interfaces; /* look into the interfaces' own directories as well */
	dev_t seen[MOUNTS_MAX];
	size_t seen_len;
};

/* The id of anything that can be pinned. The id comes first in link and second in the others. */
static int id_of(int fd, enum pin_kind kind, __u32 *id)
{
	union {
		struct bpf_map_info map;
		struct bpf_prog_info prog;
		struct bpf_link_info link;
	} info;
	__u32 len = kind == PIN_MAP    ? sizeof(info.map)
	            : kind == PIN_PROG ? sizeof(info.prog)
	                               : sizeof(info.link);

	memset(&info, 0, sizeof(info));
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	*id = kind == PIN_MAP ? info.map.id : kind == PIN_PROG ? info.prog.id : info.link.id;
	return 0;
}

static int add_pin(struct scan *scan, int dir_fd, const char *file, enum owner_kind owner,
                   const char *path, size_t layout_len)
{
	struct owned_pin pin = { .owner = owner, .layout_len = layout_len }, *pins;
	int fd, kind, err = -EINVAL;

	fd = pin_open(dir_fd, file, 0);
	if (fd < 0)
		return 0;
	kind = pin_kind_of(fd);
	if (kind >= 0) {
		pin.kind = kind;
		err = id_of(fd, pin.kind, &pin.id);
	}
	close(fd);
	if (err)
		return 0;
	pins = reallocarray(scan->owners->pins, scan->owners->len + 1, sizeof(*pins));
	if (!pins)
		return -ENOMEM;
	scan->owners->pins = pins;
	pin.path = strdup(path);
	if (!pin.path)
		return -ENOMEM;
	pins[scan->owners->len++] = pin;
	return 0;
}

/*
 * Whose the directory `name` in dir_fd is; relative is NULL outside our layout, else its path below
 * the root.
 */
static enum owner_kind owner_below(int dir_fd, const char *name, enum owner_kind parent,
                                   const char *relative)
{
	char path[NAME_MAX + sizeof("/" DIRECTORY_RECORD)];
	struct stat st;

	if (parent != OWNER_OTHER || !relative)
		return parent;
	if (!strcmp(relative, "tc/globals") || !strcmp(relative, "xdp/globals") ||
	    !strcmp(relative, "ip/globals"))
		return OWNER_IPROUTE2;
	snprintf(path, sizeof(path), "%s/%s", name, DIRECTORY_RECORD);
	if (!fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) && S_ISLNK(st.st_mode))
		return OWNER_INTERFACE;
	return OWNER_OTHER;
}

/* What a file of a directory is, as S_IFDIR and the like; 0: gone. The listing mostly says it. */
static mode_t type_of(int dir_fd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return DTTOIF(entry->d_type);
	return fstatat(dir_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) ? 0 : st.st_mode & S_IFMT;
}

/* However it came to be mounted there: the path that leads to it does not tell. */
static bool is_root(const struct scan *scan, int fd)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_dev == scan->fs->dev && st.st_ino == scan->root;
}

/* path[layout_len] is where the part below the root of the layout begins; 0: not there yet. */
static int scan_dir(struct scan *scan, int fd, char *path, size_t layout_len, enum owner_kind owner)
{
	size_t len = strlen(path);
	struct dirent *entry;
	mode_t type;
	int err = 0;
	DIR *stream;

	if (!layout_len && is_root(scan, fd))
		layout_len = len + 1;
	stream = fdopendir(fd);
	if (!stream) {
		close(fd);
		return 0;
	}
	while (!err && (entry = readdir(stream))) {
		const char *relative = NULL;
		enum owner_kind below;
		int below_fd;

		if (entry->d_name[0] == '.')
			continue;
		type = type_of(fd, entry);
		if (snprintf(path + len, PATH_MAX - len, "/%s", entry->d_name) >=
		    (int)(PATH_MAX - len))
			continue;
		if (S_ISREG(type)) {
			err = add_pin(scan, fd, entry->d_name, owner, path, layout_len);
			continue;
		}
		if (layout_len)
			relative = path + layout_len;
		if (!S_ISDIR(type) || (relative && (!strcmp(relative, scan->except) ||
		                                    !strcmp(relative, "%ifbpf/stage"))))
			continue;
		below = owner_below(fd, entry->d_name, owner, relative);
		if (below == OWNER_INTERFACE && !scan->interfaces)
			continue;
		below_fd =
			openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below_fd >= 0)
			err = scan_dir(scan, below_fd, path, layout_len, below);
	}
	closedir(stream);
	path[len] = '\0';
	return err;
}

static int scan_mount(const struct mount *mount, void *arg)
{
	struct scan *scan = arg;
	char path[PATH_MAX];
	struct stat st;
	int fd;

	if (strcmp(mount->fstype, "bpf") || scan->seen_len == MOUNTS_MAX)
		return 0;
	for (size_t i = 0; i < scan->seen_len; i++)
		if (scan->seen[i] == mount->dev)
			return 0;
	fd = open(mount->point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	/* Something else may be mounted over it. */
	if (fstat(fd, &st) || st.st_dev != mount->dev) {
		close(fd);
		return 0;
	}
	scan->seen[scan->seen_len++] = mount->dev;
	strcpy(path, mount->point);
	return scan_dir(scan, fd, path, 0, OWNER_OTHER);
}

static int scan_all(struct owners *owners, struct scan *scan)
{
	struct stat st;
	int err;

	memset(owners, 0, sizeof(*owners));
	scan->root = fstat(scan->fs->fd, &st) ? 0 : st.st_ino;
	err = mounts_each("/proc/self/mountinfo", scan_mount, scan);
	if (err == -ENOMEM)
		owners_free(owners);
	return err == -ENOMEM ? err : 0;
}

int owners_scan(struct owners *owners, const struct bpffs *fs, const char *except)
{
	struct scan scan = { .owners = owners, .fs = fs, .except = except };

	return scan_all(owners, &scan);
}

int owners_scan_with_interfaces(struct owners *owners, const struct bpffs *fs, const char *except)
{
	struct scan scan = { .owners = owners, .fs = fs, .except = except, .interfaces = true };

	return scan_all(owners, &scan);
}

void owners_free(struct owners *owners)
{
	for (size_t i = 0; i < owners->len; i++)
		free(owners->pins[i].path);
	free(owners->pins);
	memset(owners, 0, sizeof(*owners));
}

void owners_forget(struct owners *owners, const char *relative)
{
	size_t len = strlen(relative), kept = 0;

	for (size_t i = 0; i < owners->len; i++) {
		struct owned_pin *pin = &owners->pins[i];
		const char *path = pin->path + pin->layout_len;

		if (pin->layout_len && !strncmp(path, relative, len) && path[len] == '/')
			free(pin->path);
		else
			owners->pins[kept++] = *pin;
	}
	owners->len = kept;
}

const char *owners_path(const struct owners *owners, enum owner_kind owner, enum pin_kind kind,
                        __u32 id)
{
	for (size_t i = 0; i < owners->len; i++)
		if (owners->pins[i].owner == owner && owners->pins[i].kind == kind &&
		    owners->pins[i].id == id)
			return owners->pins[i].path;
	return NULL;
}

unsigned int owners_name_paths(const struct owners *owners, enum owner_kind owner,
                               enum pin_kind kind, __u32 id, char *text, size_t size)
{
	unsigned int count = 0;
	size_t len = 0;

	*text = '\0';
	for (size_t i = 0; i < owners->len; i++) {
		const struct owned_pin *pin = &owners->pins[i];

		if (pin->owner != owner || pin->kind != kind || pin->id != id)
			continue;
		if (count++ < NAMED && len < size)
			len += snprintf(text + len, size - len, "%s%s", len ? ", " : "", pin->path);
	}
	if (count > NAMED && len < size)
		snprintf(text + len, size - len, " and %u more", count - NAMED);
	return count;
}
