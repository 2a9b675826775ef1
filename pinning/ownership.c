// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/components.h"
#include "bpffs/directory_each.h"
#include "bpffs/holders.h"
#include "bpffs/libxdp.h"
#include "bpffs/unfinished.h"
#include "pinning/ownership.h"

/* Why a program is not ours that nobody else is known to have either. */
#define NOT_ADOPTED "not adopted"

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

	if (!ownership_is_link(dir, search->at->hook, search->at->link_id, search->unseen))
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
		if (dir && ownership_is_link(dir, at->hook, at->link_id, unseen)) {
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
