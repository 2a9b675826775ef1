// SPDX-License-Identifier: GPL-2.0-or-later
/* Which of the programs on an interface an unload is about. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/components.h"
#include "bpffs/log.h"
#include "pinning/filter.h"
#include "pinning/notes.h"
#include "pinning/ownership.h"
#include "pinning/unload_internal.h"

/* What fits and is not ours. */
struct foreign {
	struct {
		const struct attachment *at;
		struct ownership verdict;
	} * list;
	size_t len;
};

void unload_prog_name(const struct unloading *u, const struct attachment *at,
                      char name[BPF_OBJ_NAME_LEN])
{
	int fd = bpf_prog_get_fd_by_id(at->prog_id);
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	char file[NAME_SIZE];

	*name = '\0';
	if (fd >= 0) {
		if (!bpf_obj_get_info_by_fd(fd, &info, &len))
			memcpy(name, info.name, BPF_OBJ_NAME_LEN);
		close(fd);
	} else if (u->dir.fd >= 0 &&
	           !ownership_find_prog(&u->dir, at->hook, at->prog_id, u->unseen, file)) {
		snprintf(name, BPF_OBJ_NAME_LEN, "%.15s", file);
	}
}

static bool fits(const struct unloading *u, const struct attachment *at)
{
	const struct unload_options *o = u->options;
	char name[BPF_OBJ_NAME_LEN], section[256];

	if (o->hook >= 0 && (enum hook)o->hook != at->hook)
		return false;
	if (o->id && o->id != at->prog_id)
		return false;
	if (o->program) {
		unload_prog_name(u, at, name);
		if (strncmp(name, o->program, sizeof(name) - 1))
			return false;
	}
	if (o->section)
		return u->dir.fd >= 0 && record_has_prog(&u->dir.record, at->hook, at->prog_id) &&
		       !notes_get_section(&u->dir.record, at->hook, section, sizeof(section)) &&
		       !strcmp(section, o->section);
	return true;
}

static int add(const struct unloading *u, const struct attachment *at, bool ours)
{
	struct unload_report *report = u->report;
	struct unloaded *list = reallocarray(report->list, report->len + 1, sizeof(*list));

	if (!list)
		return failed(-ENOMEM, "cannot list programs");
	report->list = list;
	list[report->len] = (struct unloaded){ .at = *at, .ours = ours };
	unload_prog_name(u, at, list[report->len++].name);
	return 0;
}

/* All that fit are others': name each. */
static int refuse_foreign(const struct unloading *u, const struct foreign *foreign)
{
	bool adoptable = false;

	for (size_t i = 0; i < foreign->len; i++) {
		const struct attachment *at = foreign->list[i].at;
		const char *why = foreign->list[i].verdict.why;

		rejected(-EEXIST, "cannot remove program %u from %s of %s, which is not ours: %s",
		         at->prog_id, hook_name(at->hook), u->iface->name, why);
		adoptable = adoptable ||
		            (!at->link_id && ownership_is_unadopted(&foreign->list[i].verdict));
	}
	if (adoptable)
		hint("adopt it first: %s %s; or remove it all the same: --foreign",
		     cli_command("pin_maps"), cli_interface(u->iface->name));
	else
		hint("remove it all the same: --foreign");
	return -EEXIST;
}

static void tell_foreign(const struct unloading *u, const struct foreign *foreign)
{
	for (size_t i = 0; i < foreign->len; i++) {
		const struct attachment *at = foreign->list[i].at;

		note("program %u on %s of %s is not ours, and stays: %s", at->prog_id,
		     hook_name(at->hook), u->iface->name, foreign->list[i].verdict.why);
	}
}

/* So many of those that fit are this program on this hook: --id tells them not apart. */
static size_t count_copies(const struct unload_report *report, const struct attachment *at)
{
	size_t count = 0;

	for (size_t i = 0; i < report->len; i++)
		count += report->list[i].at.hook == at->hook &&
		         report->list[i].at.prog_id == at->prog_id;
	return count;
}

static int refuse_several(const struct unloading *u)
{
	const struct unload_report *report = u->report;
	bool nameable = false;

	rejected(-EINVAL, "cannot choose: %zu programs on %s fit", report->len, u->iface->name);
	for (size_t i = 0; i < report->len; i++) {
		const struct attachment *at = &report->list[i].at;
		const char *name = report->list[i].name;

		if (count_copies(report, at) == 1) {
			nameable = true;
			hint("--hook %s --id %u is %s", hook_name(at->hook), at->prog_id, name);
		} else if (at->by == ATTACH_CLSACT) {
			hint("%s (id %u), clsact pref %u handle %u, is there more than once; take "
			     "this one off: %s",
			     name, at->prog_id, at->pref, at->handle, filter_command(u->iface, at));
		} else {
			hint("%s (id %u), %s, is there more than once", name, at->prog_id,
			     attach_by_name(at->by));
		}
	}
	hint("%stake them all: --all", nameable ? "name one, or " : "or ");
	return -EINVAL;
}

bool unload_is_everything(const struct unload_options *o)
{
	return o->all && o->purge && o->hook < 0 && !o->id && !o->program && !o->section;
}

bool unload_only_pins(const struct unloading *u)
{
	return unload_is_everything(u->options) && !u->report->len && u->dir.fd >= 0;
}

/* List what fits, by whose it is. */
static int sort_out(const struct unloading *u, struct foreign *foreign)
{
	const struct directory *dir = NULL;

	foreign->list = calloc(u->attached.len, sizeof(*foreign->list));
	if (!foreign->list && u->attached.len)
		return failed(-ENOMEM, "cannot list programs");
	/* One without a record may be about to get it, which is told by its path alone. */
	if (u->dir.fd >= 0 || (*u->dir.relative && !u->dir.has_record))
		dir = &u->dir;
	for (size_t i = 0; i < u->attached.len; i++) {
		const struct attachment *at = &u->attached.list[i];
		struct ownership *verdict = &foreign->list[foreign->len].verdict;
		int err;

		if (!fits(u, at))
			continue;
		ownership_of(at, dir, &u->owners, u->unseen, verdict);
		if (!verdict->ours && !u->options->foreign) {
			foreign->list[foreign->len++].at = at;
			continue;
		}
		if (verdict->unfinished && u->options->dry_run)
			note("program %u was put there by a run that has not ended: unload "
			     "finishes "
			     "that first",
			     at->prog_id);
		err = add(u, at, verdict->ours);
		if (err)
			return err;
	}
	return 0;
}

/* What it is called is behind a dispatcher, where programs are not ours to take off. */
static bool hint_behind(const struct unloading *u)
{
	bool found = false;

	for (size_t i = 0; u->options->id && !found && i < u->attached.len; i++) {
		const struct attachment *at = &u->attached.list[i];
		struct components all = {};

		if (at->by != ATTACH_XDP || components_find(&all, at->prog_id))
			continue;
		for (size_t k = 0; k < all.len; k++)
			found |= all.list[k].prog_id == u->options->id;
		components_free(&all);
		if (found)
			hint("it is behind a dispatcher of libxdp, program %u: xdp-loader unload "
			     "%s "
			     "--id %u",
			     at->prog_id, cli_word(u->iface->name), u->options->id);
	}
	return found;
}

int unload_choose(struct unloading *u, bool act)
{
	struct foreign foreign = {};
	int err = sort_out(u, &foreign);

	if (err)
		goto out;
	if (!u->report->len && foreign.len && !unload_only_pins(u)) {
		err = refuse_foreign(u, &foreign);
	} else if (!u->report->len && cli_for_plugin()) {
		/* Another one took it off meanwhile, and so it is as asked for. */
		err = 0;
	} else if (!u->report->len && !unload_only_pins(u)) {
		err = rejected(-ENOENT, "cannot find such a program on %s", u->iface->name);
		if (!hint_behind(u))
			hint("see what is there: %s %s", cli_command("status"),
			     cli_word(u->iface->name));
	} else if (u->report->len > 1 && !u->options->all) {
		err = refuse_several(u);
	} else if (u->options->all && act) {
		tell_foreign(u, &foreign);
	}
out:
	free(foreign.list);
	return err;
}
