// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "bpffs/progs.h"
#include "pinning/ownership_pins.h"

void ownership_hint(int err)
{
	if (err == -ENOSYS)
		hint("pins are opened through /proc: mount it, mount -t proc proc /proc");
	if (err == -EROFS)
		bpffs_hint_readonly(NULL);
}

int ownership_check(struct ownership_unseen *unseen)
{
	int err = unseen->err;

	unseen->err = 0;
	if (!err)
		return 0;
	failed(err, "cannot tell what is ours: cannot look at %s", unseen->path);
	ownership_hint(err);
	return err;
}

/* Not there, or no pin: nothing of ours. All else is no answer. */
static void note_unseen(struct ownership_unseen *unseen, int err, const struct directory *dir,
                        const char *path, const char *file)
{
	if (!unseen || unseen->err || dir->fd < 0 || err == -ENOENT || err == -ELOOP ||
	    err == -EINVAL)
		return;
	unseen->err = err;
	snprintf(unseen->path, sizeof(unseen->path), "%.3800s/%s%s%s", dir->path, path,
	         *file ? "/" : "", file);
}

int ownership_find_prog(const struct directory *dir, enum hook hook, __u32 prog_id,
                        struct ownership_unseen *unseen, char file[NAME_SIZE])
{
	char path[NAME_SIZE];
	struct listing progs;
	int fd, found = -ENOENT, err;
	__u32 id;

	fd = progs_open(dir, hook, path, &progs);
	if (fd < 0) {
		note_unseen(unseen, fd, dir, path, "");
		return -ENOENT;
	}
	for (size_t i = 0; found && i < progs.len; i++) {
		if (!S_ISREG(progs.list[i].type))
			continue;
		err = pin_prog_id(fd, progs.list[i].name, &id);
		if (err)
			note_unseen(unseen, err, dir, path, progs.list[i].name);
		if (err || !id || id != prog_id)
			continue;
		snprintf(file, NAME_SIZE, "%s", progs.list[i].name);
		found = 0;
	}
	listing_free(&progs);
	close(fd);
	return found;
}

/* The link that is pinned for the hook in our directory: a descriptor, or a negative errno. */
static int open_our_link(const struct directory *dir, enum hook hook,
                         struct ownership_unseen *unseen, struct bpf_link_info *info)
{
	__u32 len = sizeof(*info);
	char path[NAME_SIZE];
	int fd, kind;

	memset(info, 0, sizeof(*info));
	if (dir->no_links)
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/%s", DIRECTORY_LINKS, hook_name(hook));
	fd = pin_open(dir->fd, path, 0);
	if (fd >= 0) {
		kind = pin_kind_of(fd);
		if (kind == PIN_LINK && !bpf_obj_get_info_by_fd(fd, info, &len))
			return fd;
		kind = kind == PIN_LINK ? -errno : kind < 0 ? kind : -EINVAL;
		close(fd);
		fd = kind;
	}
	note_unseen(unseen, fd, dir, path, "");
	return fd;
}

bool ownership_is_link(const struct directory *dir, enum hook hook, __u32 link_id,
                       struct ownership_unseen *unseen)
{
	struct bpf_link_info info;
	int fd = open_our_link(dir, hook, unseen, &info);

	if (fd < 0)
		return false;
	close(fd);
	return info.id == link_id;
}

bool ownership_has_link(const struct directory *dir, enum hook hook,
                        struct ownership_unseen *unseen)
{
	char path[NAME_SIZE];

	if (dir->no_links)
		return false;
	snprintf(path, sizeof(path), "%s/%s", DIRECTORY_LINKS, hook_name(hook));
	if (!faccessat(dir->fd, path, F_OK, AT_SYMLINK_NOFOLLOW))
		return true;
	note_unseen(unseen, -errno, dir, path, "");
	return false;
}

const struct attachment *ownership_linked_besides(const struct directory *dir,
                                                  const struct attachments *attached,
                                                  const struct attachment *old, enum hook hook,
                                                  struct ownership_unseen *unseen)
{
	for (size_t i = 0; i < attached->len; i++) {
		const struct attachment *at = &attached->list[i];

		if (at != old && at->hook == hook && at->link_id &&
		    ownership_is_link(dir, hook, at->link_id, unseen))
			return at;
	}
	return NULL;
}

void ownership_find_links(const struct directory *dir, struct ownership_unseen *unseen,
                          struct attachments *attached)
{
	struct bpf_link_info info;

	for (size_t i = 0; i < attached->len; i++) {
		struct attachment *at = &attached->list[i];
		int fd;

		if (at->by != ATTACH_XDP || at->link_id)
			continue;
		fd = open_our_link(dir, at->hook, unseen, &info);
		if (fd < 0)
			continue;
		if (info.prog_id == at->prog_id)
			at->link_id = info.id;
		close(fd);
	}
}

/* By its id, or, without the right to that, by our own pin. */
static int open_prog(const struct directory *dir, const struct attachment *at,
                     struct ownership_unseen *unseen)
{
	char file[NAME_SIZE], path[NAME_SIZE * 2];
	int fd = bpf_prog_get_fd_by_id(at->prog_id), err = -errno;

	if (fd >= 0)
		return fd;
	if (!dir || ownership_find_prog(dir, at->hook, at->prog_id, unseen, file))
		return err;
	snprintf(path, sizeof(path), "%s/%s/%s", DIRECTORY_PROGS, hook_name(at->hook), file);
	fd = pin_open(dir->fd, path, 0);
	return fd < 0 ? err : fd;
}

static int open_link(const struct directory *dir, const struct attachment *at,
                     struct ownership_unseen *unseen)
{
	struct bpf_link_info info;
	int fd;

	fd = dir ? open_our_link(dir, at->hook, unseen, &info) : -ENOENT;
	if (fd >= 0 && info.id == at->link_id)
		return fd;
	if (fd >= 0)
		close(fd);
	fd = bpf_link_get_fd_by_id(at->link_id);
	return fd < 0 ? -errno : fd;
}

int ownership_open(const struct directory *dir, const struct attachment *at,
                   struct ownership_unseen *unseen, struct attach_old *old)
{
	int err = 0;

	*old = (struct attach_old){ .at = at,
		                    .prog_fd = open_prog(dir, at, unseen),
		                    .link_fd = -1 };
	if (old->prog_fd < 0)
		err = failed(old->prog_fd, "cannot open program %u on %s", at->prog_id,
		             hook_name(at->hook));
	else if (at->link_id) {
		old->link_fd = open_link(dir, at, unseen);
		if (old->link_fd < 0)
			err = failed(old->link_fd, "cannot open link %u on %s", at->link_id,
			             hook_name(at->hook));
	}
	if (err == -EPERM)
		access_hint("CAP_SYS_ADMIN: what we did not load ourselves is opened by id");
	if (err)
		ownership_close(old);
	return err;
}

bool ownership_may_open(const struct attachment *at)
{
	int fd = bpf_prog_get_fd_by_id(at->prog_id), err = errno;

	if (fd >= 0)
		close(fd);
	return fd >= 0 || err != EPERM;
}

void ownership_close(struct attach_old *old)
{
	if (old->prog_fd >= 0)
		close(old->prog_fd);
	if (old->link_fd >= 0)
		close(old->link_fd);
}
