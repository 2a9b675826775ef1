// SPDX-License-Identifier: GPL-2.0-or-later
/* The pins of the interface: stale, foreign, left over, or in a directory that cannot be used. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "bpffs/cli.h"
#include "bpffs/pin.h"
#include "pinning/doctor_findings.h"
#include "pinning/doctor_orphans.h"
#include "pinning/status_find.h"

static void judge_programs(struct doctor *d, const struct status *st)
{
	for (size_t i = 0; i < st->progs_len; i++) {
		const struct status_prog *prog = &st->progs[i];

		if (!prog->at || prog->owner.ours)
			continue;
		if (!*prog->owner.why) {
			found(d, DOCTOR_INFO, "cannot tell whose program %u (%s) on %s is",
			      prog->id, prog->name, hook_name(prog->hook));
			evidence(d, "its directory of pins cannot be read");
			remedy(d, "sudo %s %s", cli_command("doctor"), cli_word(st->iface.name));
			continue;
		}
		/* On the tc hooks programs run side by side. */
		if (prog->hook == HOOK_XDP)
			found(d, DOCTOR_PROBLEM,
			      "program %u (%s) on xdp is foreign: load will be refused without "
			      "--replace",
			      prog->id, prog->name);
		else
			found(d, DOCTOR_INFO,
			      "program %u (%s) on %s is foreign: ours comes beside it", prog->id,
			      prog->name, hook_name(prog->hook));
		evidence(d, "%s", prog->owner.why);
		if (ownership_is_unadopted(&prog->owner))
			remedy(d, "%s %s", cli_command("pin_maps"), cli_word(st->iface.name));
		else if (prog->hook == HOOK_XDP)
			remedy(d, "%s --replace %s OBJECT, if its owner agrees",
			       cli_command("load"), cli_word(st->iface.name));
	}
}

static void judge_maps(struct doctor *d, const struct status *st)
{
	for (size_t i = 0; i < st->maps_len; i++) {
		const struct status_map *map = &st->maps[i];

		if (map->pin == PIN_STATE_STALE) {
			found(d, DOCTOR_WARNING,
			      "the pin of %s is stale: readers see map %u, the program uses %u",
			      map->name, map->pinned_id, map->info.id);
			evidence(d, "%s", map->path);
			remedy(d, "%s %s", cli_command("pin_maps"), cli_word(st->iface.name));
		}
		if (owners_path(st->owners, OWNER_OTHER, PIN_MAP, map->info.id)) {
			found(d, DOCTOR_INFO, "others keep map %u (%s) pinned", map->info.id,
			      map->name);
			evidence(d, "%s",
			         owners_path(st->owners, OWNER_OTHER, PIN_MAP, map->info.id));
		}
	}
}

/* The program that is pinned for a hook and attached nowhere has this id. */
static bool is_prepared(const struct status *st, __u32 prog_id)
{
	for (size_t i = 0; i < st->orphans_len; i++)
		if (st->orphans[i].kind == PIN_PROG && st->orphans[i].id == prog_id)
			return true;
	return false;
}

/* With nothing attached there is nothing to pin, and what the record names is taken back. */
static void advise_drift(struct doctor *d, const struct status *st,
                         const struct status_drift *drift)
{
	if (drift->kind != DRIFT_GONE || st->attached.len)
		remedy(d, "%s %s", cli_command("pin_maps"), cli_word(st->iface.name));
	else if (is_prepared(st, drift->prog_id))
		remedy(d, "%s --prepared --id %u %s, or load it again", cli_command("unload"),
		       drift->prog_id, cli_word(st->iface.name));
	else
		remedy(d, "%s --prepared --all %s, or load it again", cli_command("unload"),
		       cli_word(st->iface.name));
}

static void judge_drift(struct doctor *d, const struct status *st)
{
	char text[256];

	for (size_t i = 0; i < st->drift_len; i++) {
		const struct status_drift *drift = &st->drift[i];

		if (drift->kind != DRIFT_INTERFACE) {
			found(d, DOCTOR_WARNING, "%s",
			      status_drift_text(st, drift, text, sizeof(text)));
			evidence(d, "%.600s/%s", st->dir.path, DIRECTORY_RECORD);
			advise_drift(d, st, drift);
		} else if (st->others) {
			found(d, DOCTOR_PROBLEM,
			      "its directory belongs to interface %s, which lives and had this "
			      "name "
			      "before: pin and load will be refused until it has followed",
			      st->owner.name);
			evidence(d, "%.600s is of ifindex %u", st->dir.path, st->owner.ifindex);
			if (netns_equal(&st->owner.netns, &st->iface.netns))
				remedy(d, "%s %s", cli_command("pin_maps"),
				       cli_word(st->owner.name));
			else
				remedy(d, "%s %s, in its network namespace",
				       cli_command("pin_maps"), cli_word(st->owner.name));
		} else {
			found(d, DOCTOR_INFO,
			      "its directory is of an earlier interface, whose maps it will "
			      "inherit");
			evidence(d, "%.600s is of ifindex %u, which is gone", st->dir.path,
			         st->dir.record.iface.ifindex);
			remedy(d, "%s %s, or %s --fresh %s", cli_command("pin_maps"),
			       cli_word(st->iface.name), cli_command("pin_maps"),
			       cli_word(st->iface.name));
		}
	}
}

/* Something has the name of the directory that the tools will not use. */
static void judge_directory(struct doctor *d)
{
	char relative[PATH_MAX];
	struct stat st;

	found(d, DOCTOR_PROBLEM, "its directory of pins cannot be used: pin and load will fail");
	if (bpffs_relative(&d->fs, d->iface.name, &d->iface.netns, relative) ||
	    fstatat(d->fs.fd, relative, &st, AT_SYMLINK_NOFOLLOW))
		return;
	evidence(d, "%.300s/%.300s is %s of uid %u%s", d->fs.path, relative,
	         S_ISLNK(st.st_mode)   ? "a symlink"
	         : S_ISDIR(st.st_mode) ? "a directory"
	                               : "no directory",
	         st.st_uid, bpffs_trusts(&st) ? "; the message on stderr says more" : "");
	remedy(d, "ls -la '%.200s/%.200s'", d->fs.path, relative);
}

/* Whoever may write there can put other maps in the place of those that programs are to use. */
static void judge_mode(struct doctor *d, const struct status *status)
{
	struct stat st;

	if (!status->has_dir || fstat(status->dir.fd, &st) || !(st.st_mode & 0022))
		return;
	found(d, DOCTOR_PROBLEM, "others than root may write in its directory of pins");
	evidence(d, "%.600s has mode %04o", status->dir.path, st.st_mode & 07777);
	remedy(d, "chmod %04o '%.600s'", st.st_mode & 07777 & ~0022, status->dir.path);
}

/* Its pins are right again as soon as a writer comes. */
static void judge_interrupted(struct doctor *d, const struct status *st)
{
	found(d, DOCTOR_WARNING,
	      "an exchange of its pins was interrupted, or is going on: readers wait until a "
	      "writer "
	      "has finished it");
	evidence(d, "%.600s, generation %llu", st->dir.path,
	         (unsigned long long)st->dir.record.gen);
	remedy(d, "%s %s", cli_command("pin_maps"), cli_word(st->iface.name));
}

static void judge(struct doctor *d, const struct status *st, const struct status_scope *scope)
{
	size_t before = d->len;

	if (st->has_dir && !st->has_view && st->dir.has_record && st->dir.record.gen & 1)
		judge_interrupted(d, st);
	else if (st->partly)
		judge_directory(d);
	judge_mode(d, st);
	if (scope->no_pins) {
		found(d, DOCTOR_INFO, "cannot read the directory of pins: it is root's");
		evidence(d, "%s", strerror(EACCES));
		remedy(d, "%s --group GROUP %s", cli_command("pin_maps"), cli_word(d->iface.name));
	}
	if (scope->no_ids) {
		found(d, DOCTOR_INFO, "cannot compare the pins with what runs");
		evidence(d, "programs and maps are opened by id, which takes CAP_SYS_ADMIN");
		remedy(d, "sudo %s %s", cli_command("doctor"), cli_word(d->iface.name));
		return;
	}
	judge_programs(d, st);
	judge_maps(d, st);
	judge_drift(d, st);
	doctor_orphans(d, st);
	if (d->len > before)
		return;
	if (st->has_dir) {
		found(d, DOCTOR_OK, "the pins are those of what runs");
		evidence(d, "%.600s, generation %llu", st->dir.path,
		         (unsigned long long)st->view.record.gen);
	} else {
		found(d, DOCTOR_OK, "nothing runs, and nothing is pinned");
		evidence(d, "no program on any hook, no directory");
	}
}

static void look_at_pins(struct doctor *d)
{
	struct status_scope scope = { .has_fs = d->has_fs, .fs = d->fs };
	struct status *st;

	/* That is a problem of its own, and nothing is known of those that it hides. */
	if (!pin_has_proc()) {
		found(d, DOCTOR_INFO, "cannot compare the pins with what runs");
		evidence(d, "pins are opened through /proc");
		return;
	}
	st = malloc(sizeof(*st));
	if (!st || owners_scan(&scope.owners, &scope.fs, "")) {
		d->no_memory = true;
	} else if (!status_find(st, &scope, d->iface.name)) {
		if (!status_look(st, &scope))
			judge(d, st, &scope);
		status_free(st);
	}
	owners_free(&scope.owners);
	free(st);
}

const struct doctor_probe doctor_pins[] = {
	{ "pins", look_at_pins },
	{},
};
