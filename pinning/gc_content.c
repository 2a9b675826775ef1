// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/kept.h"
#include "bpffs/links.h"
#include "bpffs/pin.h"
#include "compat/libbpf.h"
#include "pinning/gc_pins.h"

/* What is read at the moment. */
struct reading {
	struct gc *gc;
	struct gc_content *content;
	const struct record *record;
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
		    !strcmp(file, DIRECTORY_LAYOUTS) ||
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
	if (err == -EINVAL || (!err && !old_id && !kept_is_ours(r->record, id)))
		return not_ours(r, file);
	return err ? err : gc_ids_add(&r->content->maps, id);
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
	err = gc_find_attached(r->gc);
	if (!err)
		prog->at = gc_attached_prog(&r->gc->attached, info.id);
	return err;
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
	struct reading r = { .gc = gc, .content = content, .record = &dir->record };
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
	free(content->maps.list);
	memset(content, 0, sizeof(*content));
}
