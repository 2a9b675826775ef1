// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/links.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "bpffs/stage.h"
#include "compat/libbpf.h"
#include "pinning/carry_done.h"
#include "pinning/gc_note.h"
#include "pinning/gc_pins.h"
#include "pinning/notes.h"

/* A program whose last holder went is freed within some milliseconds. */
#define FREED_PATIENCE_MS 2000
#define FREED_RETRY_MS    5

/* Pins that are to go, by their paths below the directory. */
struct drops {
	struct gc *gc;
	struct directory *dir;
	char (*paths)[NAME_SIZE * 2];
	size_t len;
	bool links[HOOKS]; /* of these hooks a dead link goes */
};

static int add_drop(struct drops *drops, const char *top, const char *file)
{
	char(*paths)[NAME_SIZE * 2] = reallocarray(drops->paths, drops->len + 1, sizeof(*paths));

	if (!paths)
		return -ENOMEM;
	drops->paths = paths;
	snprintf(paths[drops->len++], sizeof(*paths), "%s%s%s", top, *top ? "/" : "", file);
	return 0;
}

static void say(const struct drops *drops, enum gc_what what, enum gc_done done, const char *top,
                const char *file, const char *why)
{
	char path[PATH_MAX + NAME_SIZE * 2];

	snprintf(path, sizeof(path), "%s/%s%s%s", drops->dir->path, top, *top ? "/" : "", file);
	gc_decide(drops->gc->report, what, done, path, "%s", why);
}

/*
 * Remove them in one exchange. The record stays as it is, but for its generation, and for what the
 * next load would have seen from a link.
 */
static int publish_drops(struct drops *drops)
{
	struct record rec = drops->dir->record;
	struct stage stage;
	int err;

	if (!drops->len || drops->gc->options->dry_run)
		return 0;
	err = gc_note_carry(&rec);
	if (err)
		return failed(err, "cannot write the record of %s", drops->dir->path);
	for (int hook = 0; !err && hook < HOOKS; hook++)
		if (drops->links[hook])
			err = notes_set_dead_link(&rec, hook, true);
	if (err)
		return err;
	err = stage_begin(&stage, &drops->gc->fs, drops->dir->ifname, "gc");
	for (size_t i = 0; !err && i < drops->len; i++)
		err = stage_add_drop(&stage, drops->paths[i]);
	if (!err)
		err = stage_publish(&stage, drops->dir, &rec);
	stage_end(&stage);
	return err;
}

static int look_at_link(struct drops *drops, int dir_fd, const char *file)
{
	struct bpf_link_info info;
	int hook = hook_parse(file);

	if (gc_link_read(dir_fd, file, &info) || !link_is_dead(&info))
		return 0;
	say(drops, GC_LINK, GC_REMOVED, DIRECTORY_LINKS, file,
	    "it holds no program: its interface is gone, or it was detached");
	if (hook >= 0 && !strcmp(file, hook_name(hook)))
		drops->links[hook] = true;
	return add_drop(drops, DIRECTORY_LINKS, file);
}

static int look_at_symlink(struct drops *drops, int dir_fd, const char *file)
{
	char text[RECORD_SIZE];
	ssize_t len = readlinkat(dir_fd, file, text, sizeof(text) - 1);

	text[len < 0 ? 0 : len] = '\0';
	if (strncmp(text, "../", 3) || strcmp(text + 3, file) ||
	    !faccessat(dir_fd, file, F_OK, 0) || errno != ENOENT)
		return 0;
	say(drops, GC_SYMLINK, GC_REMOVED, DIRECTORY_EGRESS, file,
	    "the map that it led to is gone");
	return add_drop(drops, DIRECTORY_EGRESS, file);
}

/*
 * What goes with an old map, of which readers add up arrays and hashes. What has a value for each
 * CPU counts; what cannot be looked at may do so.
 */
static const char *what_goes(int dir_fd, const char *file)
{
	static const char counts[] = "a replacement left it, and --old drops it: what it counted "
				     "is not added any more";
	struct bpf_map_info info;
	int fd = pin_open_map(dir_fd, file, BPF_F_RDONLY, &info);

	if (fd < 0)
		return counts;
	close(fd);
	switch (info.type) {
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH: return counts;
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
		return "a replacement left it, and --old drops it, with what is in it; if it "
		       "counted, that is not added any more";
	default: return "a replacement left it, and --old drops it, with what is in it";
	}
}

static int look_at_old(struct drops *drops, int dir_fd, const char *top, const char *file)
{
	const struct gc_prog *user;
	char map[NAME_SIZE], why[128];
	__u32 id, old_id;

	if (mapname_parse(file, map, sizeof(map), &old_id) || !old_id ||
	    pin_map_id(dir_fd, file, &id))
		return 0;
	user = gc_uses_find(&drops->gc->uses, id);
	if (user) {
		snprintf(why, sizeof(why), "it is still used by program %u (%s)", user->id,
		         *user->name ? user->name : "-");
		say(drops, GC_OLD_MAP, GC_KEPT, top, file, why);
		return 0;
	}
	if (id != old_id) {
		snprintf(why, sizeof(why), "it is map %u: no replacement left it under that name",
		         id);
		say(drops, GC_OLD_MAP, GC_KEPT, top, file, why);
		return 0;
	}
	if (directory_carries(drops->dir, id)) {
		say(drops, GC_OLD_MAP, GC_KEPT, top, file,
		    "its content is not brought over yet: the next load or pin goes on with it");
		return 0;
	}
	if (carry_done_has(&drops->dir->record, id))
		say(drops, GC_OLD_MAP, GC_REMOVED, top, file,
		    "a replacement left in it what did not fit the map in place, or changed since; "
		    "--old drops it, and that is lost");
	else
		say(drops, GC_OLD_MAP, GC_REMOVED, top, file, what_goes(dir_fd, file));
	return add_drop(drops, top, file);
}

static int look_at_flat(struct drops *drops, int dir_fd, const char *file)
{
	return look_at_old(drops, dir_fd, "", file);
}

static int look_at_egress(struct drops *drops, int dir_fd, const char *file)
{
	return look_at_old(drops, dir_fd, DIRECTORY_EGRESS, file);
}

static int look_below(struct drops *drops, const char *name,
                      int (*look)(struct drops *drops, int dir_fd, const char *file))
{
	struct dirent **list;
	int fd, count, err = 0;

	fd = bpffs_open_dir(drops->dir->fd, name, O_RDONLY);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	count = scandirat(fd, ".", &list, NULL, alphasort);
	if (count < 0)
		err = -errno;
	for (int i = 0; i < count; i++) {
		if (!err)
			err = look(drops, fd, list[i]->d_name);
		free(list[i]);
	}
	if (count >= 0)
		free(list);
	close(fd);
	return err;
}

int gc_sweep(struct gc *gc, struct directory *dir)
{
	struct drops drops = { .gc = gc, .dir = dir };
	size_t first = gc->report->len;
	int err;

	err = look_below(&drops, DIRECTORY_LINKS, look_at_link);
	if (!err)
		err = look_below(&drops, DIRECTORY_EGRESS, look_at_symlink);
	if (!err && gc->options->old)
		err = look_below(&drops, ".", look_at_flat);
	if (!err && gc->options->old)
		err = look_below(&drops, DIRECTORY_EGRESS, look_at_egress);
	if (err)
		failed(err, "cannot look at the pins in %s", dir->path);
	else
		err = publish_drops(&drops);
	if (err)
		gc_decide_failed(gc->report, first, err);
	free(drops.paths);
	return err;
}

void gc_wait_freed(const struct gc_ids *progs)
{
	bool there = true;

	for (int ms = 0; there && ms < FREED_PATIENCE_MS; ms += FREED_RETRY_MS) {
		there = false;
		for (size_t i = 0; !there && i < progs->len; i++)
			there = gc_prog_exists(progs->list[i]) != 0;
		if (there)
			poll(NULL, 0, FREED_RETRY_MS);
	}
}

/* Pin a program again that is still there without its pin: 0 if it is not. */
static int pin_again(struct gc *gc, struct directory *dir, const struct gc_pinned_prog *prog)
{
	struct record rec = dir->record;
	struct stage stage;
	int fd, err;

	fd = bpf_prog_get_fd_by_id(prog->id);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	gc_note_carry(&rec);
	err = stage_begin(&stage, &gc->fs, dir->ifname, "gc");
	if (!err)
		err = stage_add_prog(&stage, prog->hook, prog->file, fd);
	if (!err)
		err = stage_publish(&stage, dir, &rec);
	stage_end(&stage);
	close(fd);
	return err ? err : 1;
}

int gc_drop_doomed(struct gc *gc, struct directory *dir, const struct gc_content *content,
                   const struct gc_ids *doomed)
{
	struct drops drops = { .gc = gc, .dir = dir };
	char top[NAME_SIZE];
	int err = 0;

	for (size_t i = 0; !err && i < content->progs_len; i++) {
		const struct gc_pinned_prog *prog = &content->progs[i];

		snprintf(top, sizeof(top), "%s/%s", DIRECTORY_PROGS, hook_name(prog->hook));
		if (gc_ids_has(doomed, prog->id))
			err = add_drop(&drops, top, prog->file);
	}
	if (!err)
		err = publish_drops(&drops);
	free(drops.paths);
	return err;
}

int gc_put_back(struct gc *gc, struct directory *dir, const struct gc_content *content,
                const struct gc_ids *doomed)
{
	const struct drops drops = { .gc = gc, .dir = dir };
	char top[NAME_SIZE];
	int back = 0;

	for (size_t i = 0; i < content->progs_len; i++) {
		const struct gc_pinned_prog *prog = &content->progs[i];

		if (!gc_ids_has(doomed, prog->id))
			continue;
		snprintf(top, sizeof(top), "%s/%s", DIRECTORY_PROGS, hook_name(prog->hook));
		if (!gc->options->dry_run)
			back = pin_again(gc, dir, prog);
		if (back < 0)
			return back;
		if (back)
			say(&drops, GC_PROGRAM, GC_KEPT, top, prog->file,
			    "its interface is gone, but something holds it: it is attached where "
			    "this cannot be seen, pinned elsewhere or open in a process");
		else
			say(&drops, GC_PROGRAM, GC_REMOVED, top, prog->file,
			    gc->options->dry_run
			            ? "its interface is gone; should something hold it that cannot "
			              "be seen, that shows when the pin is gone, and it is put back"
			            : "its interface is gone, and nothing else holds it");
	}
	return 0;
}
