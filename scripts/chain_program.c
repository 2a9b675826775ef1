// SPDX-License-Identifier: GPL-2.0-or-later
/* The program that the user named, by its name or by the path of a pin. */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/hook.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "scripts/chain_row.h"

#define PATH_SIZE (PATH_MAX + 64)

/* Where the prepared programs of the row are, and then those of the other one, to tell them. */
static const enum hook xdp_first[HOOKS] = { HOOK_XDP, HOOK_TC_INGRESS, HOOK_TC_EGRESS };
static const enum hook tc_first[HOOKS] = { HOOK_TC_INGRESS, HOOK_TC_EGRESS, HOOK_XDP };

static void hint_prepare(const struct row *row)
{
	hint("prepare it: %s --no-attach %s OBJECT", cli_command("load"),
	     cli_interface(row->config->iface.name));
}

/* It could not be opened: say what it is, if that is why. Returns a negative errno. */
static int refuse_path(const struct row *row, const char *path, int err)
{
	struct statfs fs;
	struct stat st;

	if (stat(path, &st) || statfs(path, &fs)) {
		err = failed(-errno, "cannot open program %s", path);
		hint_prepare(row);
	} else if (S_ISDIR(st.st_mode)) {
		rejected(-EISDIR, "cannot open program %s: it is a directory", path);
	} else if (fs.f_type != BPF_FS_MAGIC) {
		rejected(-EINVAL, "cannot open program %s: it is no pin of a BPF filesystem", path);
		hint_prepare(row);
	} else {
		failed(err, "cannot open program %s", path);
	}
	return err;
}

/* Maps and links are pinned as well. Returns 0 or -EINVAL, reported. */
static int check_kind(const char *path, int fd)
{
	int kind = pin_kind_of(fd);

	if (kind == PIN_PROG)
		return 0;
	rejected(-EINVAL, "cannot use %s as a program: it is %s%s", path, kind < 0 ? "" : "a ",
	         kind < 0 ? "something else" : pin_kind_name(kind));
	if (kind == PIN_LINK)
		hint("a link holds a program, which is pinned by itself in %s/", DIRECTORY_PROGS);
	return -EINVAL;
}

static const char *type_name(__u32 type)
{
	switch (type) {
	case BPF_PROG_TYPE_XDP: return "an XDP program";
	case BPF_PROG_TYPE_SCHED_CLS: return "a tc program";
	default: return "a program of another type";
	}
}

/* The kernel says no more of a wrong one than that it is invalid. */
static int check_type(const struct row *row, const struct member *m)
{
	__u32 wanted = row->tc ? BPF_PROG_TYPE_SCHED_CLS : BPF_PROG_TYPE_XDP;

	if (m->type == wanted)
		return 0;
	rejected(-EINVAL, "cannot put program %s into the row of %s of %s: it is %s", m->name,
	         row->tc ? "tc" : "XDP", row->config->iface.name, type_name(m->type));
	if (m->type == BPF_PROG_TYPE_XDP || m->type == BPF_PROG_TYPE_SCHED_CLS)
		hint("the row for it is that %s --tc", row->tc ? "without" : "of");
	return -EINVAL;
}

/*
 * A program whose link is not in this directory hands on by it all the same, past what can be seen
 * and edited here: to the row of another interface, which might lead back to this one.
 */
static int check_row(const struct row *row, const struct member *m)
{
	char link[BPF_OBJ_NAME_LEN];
	int err = member_find_stray(row, m, link);

	if (err || !*link)
		return err;
	rejected(-EXDEV, "cannot put program %s into the row of %s: its link '%s' is not in %s",
	         m->name, row->config->iface.name, link, row->config->dir.path);
	hint("prepare it for %s: %s --no-attach %s OBJECT", row->config->iface.name,
	     cli_command("load"), cli_interface(row->config->iface.name));
	return -EXDEV;
}

/* The path that a name stands for: of the hook that has such a program, else of the first. */
static int open_prepared(const struct row *row, const char *name, char path[PATH_SIZE])
{
	const enum hook *hooks = row->tc ? tc_first : xdp_first;
	char tried[PATH_SIZE];
	int fd = -1;

	for (int i = 0; fd < 0 && i < HOOKS; i++) {
		snprintf(tried, sizeof(tried), "%s/%s/%s/%s", row->config->dir.path,
		         DIRECTORY_PROGS, hook_name(hooks[i]), name);
		fd = bpf_obj_get(tried);
		if (!i || fd >= 0)
			strcpy(path, tried);
	}
	return fd;
}

int member_open(const struct row *row, const char *pin, struct member *m)
{
	char path[PATH_SIZE];
	int fd, err;

	snprintf(path, sizeof(path), "%s", pin);
	fd = strchr(pin, '/') ? bpf_obj_get(path) : open_prepared(row, pin, path);
	if (fd < 0)
		return refuse_path(row, path, -errno);
	err = check_kind(path, fd);
	if (err) {
		close(fd);
		return err;
	}
	err = member_describe(row, fd, m);
	if (err)
		return err;
	err = check_type(row, m);
	if (!err)
		err = check_row(row, m);
	if (err)
		close(m->prog_fd);
	return err;
}
