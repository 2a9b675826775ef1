// SPDX-License-Identifier: GPL-2.0-or-later
/* Taking one program off its hook. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/libxdp.h"
#include "bpffs/log.h"
#include "bpffs/netlink.h"
#include "pinning/attach.h"
#include "pinning/filter.h"
#include "pinning/ownership.h"
#include "pinning/unload_internal.h"

bool unload_same_attachment(const struct attachment *a, const struct attachment *b)
{
	return a->hook == b->hook && a->by == b->by && a->mode == b->mode &&
	       a->prog_id == b->prog_id && a->chain == b->chain && a->pref == b->pref &&
	       a->handle == b->handle;
}

/* Whether the kernel has it no more: 1, 0, or a negative errno, reported. */
static int is_gone(const struct unloading *u, const struct attachment *at)
{
	struct netlink netlink = {};
	struct attachments now;
	int err, gone = 1;

	err = attachments_query_hook(&now, u->iface, &netlink, at->hook);
	netlink_close(&netlink);
	if (err)
		return err;
	for (size_t i = 0; i < now.len; i++)
		if (unload_same_attachment(&now.list[i], at))
			gone = 0;
	attachments_free(&now);
	return gone;
}

int unload_check_filter(const struct unloading *u, const struct attachment *at)
{
	char name[BPF_OBJ_NAME_LEN], prog[BPF_OBJ_NAME_LEN + 32];

	unload_prog_name(u, at, name);
	snprintf(prog, sizeof(prog), "%s (id %u)", *name ? name : "-", at->prog_id);
	return filter_check(u->iface, at, "remove", prog);
}

int unload_take_off(const struct unloading *u, const struct attachment *at, int *gone)
{
	struct netlink netlink = {};
	struct attaching a = { .iface = u->iface, .netlink = &netlink };
	struct attach_old old;
	int err, lock_fd;

	*gone = 0;
	err = ownership_open(u->dir.fd >= 0 ? &u->dir : NULL, at, u->unseen, &old);
	if (err)
		return err;
	lock_fd = at->by == ATTACH_XDP ? libxdp_lock(&u->fs) : -ENOENT;
	cli_outlive_caller();
	err = lock_fd >= 0 || lock_fd == -ENOENT ? attach_remove(&a, &old) : lock_fd;
	netlink_close(&netlink);
	if (lock_fd >= 0)
		close(lock_fd);
	ownership_close(&old);
	*gone = is_gone(u, at);
	if (*gone == 1)
		return 0;
	if (!err && *gone < 0)
		note("program %u was taken off %s of %s, as the kernel answered, but that cannot "
		     "be "
		     "read back: the next run looks, and finishes the rest",
		     at->prog_id, hook_name(at->hook), u->iface->name);
	if (err || *gone < 0)
		return err ? err : *gone;
	return rejected(-EBUSY, "cannot remove program %u: the kernel still has it on %s of %s",
	                at->prog_id, hook_name(at->hook), u->iface->name);
}
