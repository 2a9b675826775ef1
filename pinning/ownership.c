// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/components.h"
#include "bpffs/holders.h"
#include "bpffs/libxdp.h"
#include "bpffs/log.h"
#include "bpffs/progs.h"
#include "bpffs/unfinished.h"
#include "pinning/ownership.h"

/* Why a program is not ours that nobody else is known to have either. */
#define NOT_ADOPTED "not adopted"

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

static bool is_our_link(const struct directory *dir, enum hook hook, __u32 link_id,
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
		    is_our_link(dir, hook, at->link_id, unseen))
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

__attribute__((format(printf, 3, 4))) static void decide(struct ownership *verdict, bool ours,
                                                         const char *fmt, ...)
{
	va_list args;

	verdict->ours = ours;
	verdict->loaded = verdict->dispatcher = verdict->unfinished = false;
	va_start(args, fmt);
	vsnprintf(verdict->why, sizeof(verdict->why), fmt, args);
	va_end(args);
}

static void decide_loaded(struct ownership *verdict, __u32 link_id)
{
	if (link_id)
		decide(verdict, true, "loaded by ifbpf, link %u", link_id);
	else
		decide(verdict, true, "loaded by ifbpf");
	verdict->loaded = true;
}

/* By a run of ours that put it on and did not come to publishing its pins. */
static bool is_unfinished(const struct attachment *at, const struct directory *dir,
                          struct ownership *verdict)
{
	char stage[NAME_MAX + 1];

	if (!unfinished_find(dir ? dir->relative : NULL, at->hook, at->prog_id, stage))
		return false;
	decide(verdict, true,
	       "loaded by ifbpf, by a run that has not ended (stage %s); if it was killed, the "
	       "next "
	       "run that writes finishes it",
	       stage);
	verdict->loaded = verdict->unfinished = true;
	return true;
}

struct link_search {
	const struct attachment *at;
	struct ownership_unseen *unseen;
	char path[PATH_MAX];
};

static int look_in_directory(struct directory *dir, void *arg)
{
	struct link_search *search = arg;

	if (!is_our_link(dir, search->at->hook, search->at->link_id, search->unseen))
		return 0;
	snprintf(search->path, sizeof(search->path), "%.3800s/%s/%s", dir->path, DIRECTORY_LINKS,
	         hook_name(search->at->hook));
	return 1;
}

/* Pinned in another directory of this layout, say since its interface was moved; or held open. */
static void judge_hidden_link(const struct attachment *at, struct ownership_unseen *unseen,
                              struct ownership *verdict)
{
	struct link_search search = { .at = at, .unseen = unseen };
	struct bpffs fs;
	char holder[64];

	if (bpffs_probe() == 1 && !bpffs_open(&fs, BPFFS_READ)) {
		directory_each(&fs, look_in_directory, &search);
		bpffs_close(&fs);
	}
	if (*search.path)
		decide(verdict, false, "link %u, pinned at %s", at->link_id, search.path);
	else if (!holder_of_link(at->link_id, holder))
		decide(verdict, false, "link %u, held by process %s", at->link_id, holder);
	else
		decide(verdict, false,
		       "link %u, held by another process, or pinned where it cannot be seen",
		       at->link_id);
}

static bool describe(__u32 prog_id, struct bpf_prog_info *info)
{
	__u32 len = sizeof(*info);
	int fd = bpf_prog_get_fd_by_id(prog_id);
	bool known;

	memset(info, 0, sizeof(*info));
	if (fd < 0)
		return false;
	known = !bpf_obj_get_info_by_fd(fd, info, &len);
	close(fd);
	return known;
}

/*
 * A dispatcher belongs to whoever put programs behind it, all of which would go with it. Known by
 * those, or by its name where the kernel does not tell (before Linux 5.13).
 */
static bool is_dispatcher(const struct attachment *at, struct ownership *verdict)
{
	struct components all = {};
	struct bpf_prog_info info;
	size_t n;

	/* Where there is one function, none can be replaced. */
	if (at->by != ATTACH_XDP || !describe(at->prog_id, &info) || info.nr_func_info < 2)
		return false;
	if (components_find(&all, at->prog_id) ||
	    (!all.len && strcmp(info.name, LIBXDP_DISPATCHER) != 0))
		return false;
	decide(verdict, false, "a dispatcher of libxdp");
	verdict->dispatcher = true;
	for (size_t i = 0; i < all.len; i++) {
		n = strlen(verdict->why);
		describe(all.list[i].prog_id, &info);
		snprintf(verdict->why + n, sizeof(verdict->why) - n, "%s%s (id %u)",
		         i ? ", " : ", for ", info.name, all.list[i].prog_id);
	}
	components_free(&all);
	return true;
}

bool ownership_is_unadopted(const struct ownership *verdict)
{
	return !strcmp(verdict->why, NOT_ADOPTED);
}

/* Whoever pinned the program of a link has it after the link has another one, or is gone. */
static void add_prog_pins(const struct owners *owners, __u32 prog_id, struct ownership *verdict)
{
	size_t len = strlen(verdict->why);
	char paths[PATH_MAX];

	if (owners_name_paths(owners, OWNER_OTHER, PIN_PROG, prog_id, paths, sizeof(paths)))
		snprintf(verdict->why + len, sizeof(verdict->why) - len, "; its program at %s",
		         paths);
}

void ownership_of(const struct attachment *at, const struct directory *dir,
                  const struct owners *owners, struct ownership_unseen *unseen,
                  struct ownership *verdict)
{
	char paths[PATH_MAX];
	unsigned int pins;

	*verdict->file = '\0';
	if (at->link_id) {
		pins = owners_name_paths(owners, OWNER_OTHER, PIN_LINK, at->link_id, paths,
		                         sizeof(paths));
		if (dir && is_our_link(dir, at->hook, at->link_id, unseen)) {
			/* It was updated, and that was not published. */
			if (record_has_prog(&dir->record, at->hook, at->prog_id) ||
			    !is_unfinished(at, dir, verdict))
				decide_loaded(verdict, at->link_id);
			return;
		}
		if (pins)
			decide(verdict, false, "link %u, pinned at %s", at->link_id, paths);
		else if (!is_unfinished(at, dir, verdict))
			judge_hidden_link(at, unseen, verdict);
		if (!verdict->ours)
			add_prog_pins(owners, at->prog_id, verdict);
		return;
	}
	if (dir && !ownership_find_prog(dir, at->hook, at->prog_id, unseen, verdict->file)) {
		decide_loaded(verdict, 0);
		return;
	}
	if (owners_name_paths(owners, OWNER_OTHER, PIN_PROG, at->prog_id, paths, sizeof(paths)))
		decide(verdict, false, "pinned at %s", paths);
	else if (is_dispatcher(at, verdict))
		return;
	else if (at->by != ATTACH_XDP && at->by != ATTACH_CLSACT)
		decide(verdict, false, "attached by %s, by others", attach_by_name(at->by));
	else if (dir && dir->has_record && record_has_prog(&dir->record, at->hook, at->prog_id))
		decide(verdict, true, "adopted by pin_maps");
	else if (is_unfinished(at, dir, verdict))
		return;
	else if (dir && dir->has_record && record_lacks_progs(&dir->record, at->hook))
		decide(verdict, false, "not adopted, for the record holds no more");
	else
		decide(verdict, false, NOT_ADOPTED);
}
