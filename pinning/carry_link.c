// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The link of a row: what followed the old program follows the new one, which nothing follows yet,
 * and goes on with the maps that it was loaded with.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/cli.h"
#include "bpffs/live.h"
#include "bpffs/log.h"
#include "objects/chain.h"
#include "pinning/carry.h"

/* How the row's tool is told which row it is. */
static const char *chain_option(const char *link)
{
	size_t len = strlen(link), suffix = strlen(CHAIN_TC_LINK);

	return len >= suffix && !strcmp(link + len - suffix, CHAIN_TC_LINK) ? "--tc " : "";
}

int carry_finish_link(struct carried *one, const char *ifname)
{
	__u32 zero = 0, id;
	int err = 0, fd;

	if (bpf_map_lookup_elem(one->from.fd, &zero, &id))
		return failed(-errno, "cannot read link '%s'", one->name);
	fd = bpf_prog_get_fd_by_id(id);
	if (fd < 0 || bpf_map_update_elem(one->to.fd, &zero, &fd, BPF_ANY))
		err = -errno;
	if (fd >= 0)
		close(fd);
	if (err)
		failed(err,
		       "cannot put program id %u, which followed by the old link '%s', into "
		       "the new one",
		       id, one->name);
	if (err == -EINVAL)
		hint("they are of one kind: all NAME_frags.o or none, and all loaded alike");
	if (!err)
		hint("the row that '%s' leads to still counts in the maps that its head had: "
		     "prepare each program anew, and exchange it: %s --no-attach %s OBJECT, then "
		     "%s %s%s set SLOT PROGRAM; %s --carry %s then adds up what they counted",
		     one->name, cli_command("load"), cli_interface(ifname), cli_command("chain"),
		     chain_option(one->name), cli_interface(ifname), cli_command("pin_maps"),
		     cli_interface(ifname));
	one->finished = !err;
	one->complete = !err && !one->shared;
	return err;
}

static bool uses(const struct live *row, __u32 map_id)
{
	for (size_t i = 0; i < row->maps_len; i++)
		if (row->maps[i].info.id == map_id)
			return true;
	return false;
}

/* Once the link has come over, they are on the interface; until then, nobody calls them. */
static void leave_to(struct carry *carry, const struct live *row)
{
	for (size_t i = 0; i < carry->len; i++)
		if (uses(row, carry->list[i]->from_id))
			carry->list[i]->shared = true;
}

int carry_leave_to_row(struct carry *carry)
{
	int err = 0;

	for (size_t i = 0; !err && i < carry->len; i++) {
		const struct carried *link = carry->list[i];
		struct live row = {};

		if (!link->link || !link->placed)
			continue;
		/* Which hook it is on, makes no difference to what is behind the link. */
		err = live_add_held(&row, HOOK_XDP, link->from.fd);
		if (!err)
			leave_to(carry, &row);
		live_free(&row);
		if (err)
			failed(err, "cannot look at the row that link '%s' leads to", link->name);
		if (err == -EPERM)
			access_hint("CAP_SYS_ADMIN");
	}
	return err;
}
