// SPDX-License-Identifier: GPL-2.0-or-later
/* Which prepared programs there are, and which of them go. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "bpffs/progs.h"
#include "pinning/unload_prepared_internal.h"

bool prepared_runs(const struct taking *t, enum hook hook, __u32 prog_id)
{
	return live_has_prog(&t->live, hook, prog_id) ||
	       attachments_has(&t->u.attached, hook, prog_id);
}

/* Note the program that is pinned there; what is no program is nobody's concern here. */
static int add_pin(struct taking *t, int dir_fd, enum hook hook, const char *file)
{
	int fd = pin_open(dir_fd, file, 0);
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	struct prepared *list, *one;

	if (fd < 0)
		return fd == -EINVAL || fd == -ELOOP || fd == -ENOENT ? 0 : fd;
	if (pin_kind_of(fd) != PIN_PROG) {
		close(fd);
		return 0;
	}
	list = reallocarray(t->list, t->len + 1, sizeof(*list));
	if (!list) {
		close(fd);
		return -ENOMEM;
	}
	t->list = list;
	one = memset(&list[t->len], 0, sizeof(*one));
	info.nr_map_ids = PROG_MAPS;
	info.map_ids = (__u64)(unsigned long)one->maps;
	if (bpf_obj_get_info_by_fd(fd, &info, &len)) {
		close(fd);
		return -errno;
	}
	close(fd);
	one->hook = hook;
	one->id = info.id;
	one->maps_len = info.nr_map_ids < PROG_MAPS ? info.nr_map_ids : PROG_MAPS;
	one->at = elsewhere_runs(&t->others, info.id);
	one->attached = one->at || prepared_runs(t, hook, info.id);
	snprintf(one->file, sizeof(one->file), "%s", file);
	memcpy(one->name, info.name, sizeof(one->name));
	t->len++;
	return 0;
}

int prepared_list(struct taking *t, enum hook hook)
{
	char top[NAME_SIZE];
	struct listing progs;
	int fd, err = 0;

	fd = progs_open(&t->u.dir, hook, top, &progs);
	if (fd < 0)
		return fd == -ENOENT ? 0 : failed(fd, "cannot list %s/%s", t->u.dir.path, top);
	for (size_t i = 0; !err && i < progs.len; i++) {
		err = add_pin(t, fd, hook, progs.list[i].name);
		if (err)
			failed(err, "cannot look at %s/%s/%s", t->u.dir.path, top,
			       progs.list[i].name);
	}
	listing_free(&progs);
	close(fd);
	return err;
}

static bool fits(const struct unload_options *o, const struct prepared *one)
{
	return (o->hook < 0 || (enum hook)o->hook == one->hook) && (!o->id || o->id == one->id) &&
	       (!o->program || !strncmp(o->program, one->name, sizeof(one->name) - 1));
}

int prepared_choose(struct taking *t)
{
	const struct prepared *running = NULL;
	struct unload_report *report = t->u.report;

	for (size_t i = 0; i < t->len; i++) {
		struct prepared *one = &t->list[i];
		struct unloaded *list;

		if (!fits(t->u.options, one))
			continue;
		if (one->attached) {
			running = one;
			if (one->at && t->u.options->all)
				note("program %u (%s) stays: it is attached to %s of %s", one->id,
				     one->name, hook_name(one->at->hook), one->at->iface.name);
			continue;
		}
		list = reallocarray(report->list, report->len + 1, sizeof(*list));
		if (!list)
			return failed(-ENOMEM, "cannot list programs");
		report->list = list;
		list[report->len] = (struct unloaded){
			.at = { .hook = one->hook, .prog_id = one->id },
			.ours = true,
		};
		memcpy(list[report->len++].name, one->name, sizeof(one->name));
		one->goes = true;
	}
	if (report->len > 1 && !t->u.options->all) {
		rejected(-EINVAL, "cannot choose: %zu prepared programs of %s fit", report->len,
		         t->u.iface->name);
		hint("name one by --id, or take them all: --all");
		return -EINVAL;
	}
	if (report->len || t->u.options->all)
		return 0;
	if (running)
		rejected(-ENOENT, "cannot take program %u back: it is attached to %s of %s",
		         running->id, hook_name(running->at ? running->at->hook : running->hook),
		         running->at ? running->at->iface.name : t->u.iface->name);
	else
		rejected(-ENOENT, "cannot find such a prepared program of %s", t->u.iface->name);
	hint("see what is there: %s %s", cli_command("status"), cli_word(t->u.iface->name));
	return -ENOENT;
}
