// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/links.h"
#include "bpffs/pin.h"
#include "compat/libbpf.h"
#include "pinning/gc_pins.h"

#define FREED_PATIENCE_MS 500
#define FREED_RETRY_MS    5

/* What is read at the moment. */
struct reading {
	struct gc *gc;
	struct gc_content *content;
	enum hook hook; /* below %progs/ */
};

/* Call visit for each file of a directory below `parent`; none at all is fine. */
static int each_file(int parent_fd, const char *name,
                     int (*visit)(struct reading *r, int dir_fd, const char *file),
                     struct reading *r)
{
	struct dirent **list;
	int fd, count, err = 0;

	fd = bpffs_open_dir(parent_fd, name, O_RDONLY);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	count = scandirat(fd, ".", &list, NULL, alphasort);
	if (count < 0)
		err = -errno;
	for (int i = 0; i < count; i++) {
		const char *file = list[i]->d_name;

		if (!err && strcmp(file, ".") && strcmp(file, ".."))
			err = visit(r, fd, file);
		free(list[i]);
	}
	if (count >= 0)
		free(list);
	close(fd);
	return err;
}

static int not_ours(struct reading *r, const char *file)
{
	if (!*r->content->foreign)
		snprintf(r->content->foreign, sizeof(r->content->foreign), "%s", file);
	return 0;
}

static int add_id(__u32 **ids, size_t *len, __u32 id)
{
	__u32 *list = reallocarray(*ids, *len + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	*ids = list;
	list[(*len)++] = id;
	return 0;
}

static bool is_back_link(const char *file, const char *text)
{
	static const char *const names[] = { "tc", "xdp", "ip", "globals" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(file, names[i]))
			return !strcmp(text, ".");
	return false;
}

/* A map, old or not, in the directory itself or in %egress/, or one of our symlinks. */
static int read_flat(struct reading *r, int dir_fd, const char *file)
{
	char text[RECORD_SIZE], map[NAME_SIZE];
	struct stat st;
	__u32 id, old_id;
	ssize_t len;
	int err;

	if (fstatat(dir_fd, file, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	if (S_ISLNK(st.st_mode)) {
		len = readlinkat(dir_fd, file, text, sizeof(text) - 1);
		text[len < 0 ? 0 : len] = '\0';
		if (is_back_link(file, text) || !strcmp(file, DIRECTORY_RECORD) ||
		    (!strncmp(text, "../", 3) && !strcmp(text + 3, file)))
			return 0;
		return not_ours(r, file);
	}
	if (S_ISDIR(st.st_mode) &&
	    (!strcmp(file, DIRECTORY_EGRESS) || !strcmp(file, DIRECTORY_LOCK) ||
	     !strcmp(file, DIRECTORY_PROGS) || !strcmp(file, DIRECTORY_LINKS) ||
	     !strcmp(file, DIRECTORY_CARRY)))
		return 0;
	if (!S_ISREG(st.st_mode) || mapname_parse(file, map, sizeof(map), &old_id))
		return not_ours(r, file);
	err = pin_map_id(dir_fd, file, &id);
	if (err == -EINVAL)
		return not_ours(r, file);
	return err ? err : add_id(&r->content->maps, &r->content->maps_len, id);
}

static int read_prog(struct reading *r, int dir_fd, const char *file)
{
	struct gc_content *content = r->content;
	struct bpf_prog_info info = {};
	struct gc_pinned_prog *progs, *prog;
	__u32 len = sizeof(info);
	int fd = pin_open(dir_fd, file, 0), err = 0;

	if (fd == -EINVAL || fd == -ELOOP)
		return not_ours(r, file);
	if (fd < 0)
		return fd;
	if (pin_kind_of(fd) != PIN_PROG)
		err = -EINVAL;
	else if (bpf_obj_get_info_by_fd(fd, &info, &len))
		err = -errno;
	close(fd);
	if (err)
		return err == -EINVAL ? not_ours(r, file) : err;
	progs = reallocarray(content->progs, content->progs_len + 1, sizeof(*progs));
	if (!progs)
		return -ENOMEM;
	content->progs = progs;
	prog = &progs[content->progs_len++];
	*prog = (struct gc_pinned_prog){ .id = info.id, .hook = r->hook };
	snprintf(prog->file, sizeof(prog->file), "%s", file);
	if (!r->gc->has_attached)
		err = gc_attached_find(&r->gc->attached, &r->gc->namespaces);
	r->gc->has_attached = !err;
	if (err)
		return err;
	prog->at = gc_attached_prog(&r->gc->attached, info.id);
	return prog->at ? 0 : add_id(&content->idle, &content->idle_len, info.id);
}

/* The directories below %progs/ are called like hooks. */
static int read_hook(struct reading *r, int dir_fd, const char *file)
{
	int hook = hook_parse(file);

	if (hook < 0 || strcmp(file, hook_name(hook)))
		return not_ours(r, file);
	r->hook = hook;
	return each_file(dir_fd, file, read_prog, r);
}

int gc_link_read(int dir_fd, const char *file, struct bpf_link_info *info)
{
	__u32 len = sizeof(*info);
	int fd = pin_open(dir_fd, file, 0), err = 0;

	if (fd < 0)
		return fd;
	memset(info, 0, sizeof(*info));
	if (pin_kind_of(fd) != PIN_LINK)
		err = -EINVAL;
	else if (bpf_obj_get_info_by_fd(fd, info, &len))
		err = -errno;
	close(fd);
	return err;
}

static int read_link(struct reading *r, int dir_fd, const char *file)
{
	struct bpf_link_info info;
	int err = gc_link_read(dir_fd, file, &info);

	if (err)
		return err == -EINVAL || err == -ELOOP ? not_ours(r, file) : err;
	if (!link_is_dead(&info))
		r->content->link_id = info.id;
	return 0;
}

int gc_content_read(struct gc *gc, const struct directory *dir, struct gc_content *content)
{
	struct reading r = { .gc = gc, .content = content };
	int err;

	memset(content, 0, sizeof(*content));
	err = each_file(dir->fd, ".", read_flat, &r);
	if (!err)
		err = each_file(dir->fd, DIRECTORY_EGRESS, read_flat, &r);
	if (!err)
		err = each_file(dir->fd, DIRECTORY_PROGS, read_hook, &r);
	if (!err)
		err = each_file(dir->fd, DIRECTORY_LINKS, read_link, &r);
	if (err)
		gc_content_free(content);
	return err;
}

void gc_content_free(struct gc_content *content)
{
	free(content->progs);
	free(content->idle);
	free(content->maps);
	memset(content, 0, sizeof(*content));
}

/*
 * A program that is attached nowhere may be on its way out: the kernel frees it some milliseconds
 * after its last holder went. Returns true if it has gone meanwhile.
 */
static bool goes_away(struct gc *gc, __u32 prog_id)
{
	if (!gc->has_attached)
		gc->has_attached = !gc_attached_find(&gc->attached, &gc->namespaces);
	if (gc_attached_prog(&gc->attached, prog_id))
		return false;
	for (int ms = 0; ms < FREED_PATIENCE_MS; ms += FREED_RETRY_MS) {
		if (!gc_prog_exists(prog_id))
			return true;
		poll(NULL, 0, FREED_RETRY_MS);
	}
	return false;
}

/* A program that uses one of the maps, and stays. */
static const struct gc_prog *find_user(struct gc *gc, const struct gc_content *content,
                                       bool except_idle, __u32 *map_id)
{
	const struct gc_prog *user;

	for (size_t i = 0; i < content->maps_len; i++) {
		*map_id = content->maps[i];
		while ((user = gc_uses_find(&gc->uses, *map_id, content->idle,
		                            except_idle ? content->idle_len : 0))) {
			if (!goes_away(gc, user->id))
				return user;
			gc_uses_drop(&gc->uses, user->id);
		}
	}
	return NULL;
}

bool gc_content_in_use(struct gc *gc, const struct directory *dir, const struct gc_content *content,
                       bool except_idle, char why[256])
{
	const struct gc_prog *user;
	const char *mounted;
	__u32 map_id;

	if (*content->foreign) {
		snprintf(why, 256, "it holds '%.100s', which is not ours", content->foreign);
		return true;
	}
	if (content->link_id) {
		snprintf(why, 256, "its link %u holds a program on an interface", content->link_id);
		return true;
	}
	for (size_t i = 0; i < content->progs_len; i++) {
		const struct gc_pinned_prog *prog = &content->progs[i];

		if (!prog->at)
			continue;
		snprintf(why, 256, "its program %u runs on %s of %s", prog->id,
		         hook_name(prog->at->hook), cli_json_name(prog->at->ifname));
		return true;
	}
	user = find_user(gc, content, except_idle, &map_id);
	if (user) {
		snprintf(why, 256, "its map %u is used by program %u (%s)", map_id, user->id,
		         *user->name ? user->name : "-");
		return true;
	}
	if (!gc->has_mounts && gc_mounts_find(&gc->mounts, gc->fs.dev)) {
		snprintf(why, 256, "the mounts of this machine cannot be listed");
		return true;
	}
	gc->has_mounts = true;
	mounted = gc_mounts_of(&gc->mounts, dir->relative);
	if (mounted) {
		snprintf(why, 256, "it is mounted at %.200s", mounted);
		return true;
	}
	return false;
}
