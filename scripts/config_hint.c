// SPDX-License-Identifier: GPL-2.0-or-later
/* What to do where the maps of a tool are not those of a program that runs. */
#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/live.h"
#include "bpffs/log.h"
#include "bpffs/query.h"
#include "objects/chain.h"
#include "scripts/config.h"

/* The words that differ between the rows of both kinds of hooks. */
struct row {
	const char *head, *option, *prefix;
};

static const struct row xdp_row = { "xdp_" CHAIN_HEAD, "", "xdp" };
static const struct row tc_row = { "tc_" CHAIN_HEAD, "--tc ", "tc" };

static bool is_called(__u32 prog_id, const char *name)
{
	int fd = bpf_prog_get_fd_by_id(prog_id);
	struct bpf_prog_info info = {};
	__u32 maps[PROG_MAPS];
	bool is = fd >= 0 && !prog_describe(fd, &info, maps) && !strcmp(info.name, name);

	if (fd >= 0)
		close(fd);
	return is;
}

/* Whether the head of a row runs on the hook, or on any: the row, or NULL. Silent. */
static const struct row *find_row(const struct config *config, const enum hook *hook)
{
	const struct row *row, *found = NULL;
	struct attachments all;

	if (!strcmp(config->object, CHAIN_HEAD) || attachments_query_passing(&all, &config->iface))
		return NULL;
	for (size_t i = 0; i < all.len && !found; i++) {
		row = all.list[i].hook == HOOK_XDP ? &xdp_row : &tc_row;
		if (hook && (*hook == HOOK_XDP) != (row == &xdp_row))
			continue;
		if (is_called(all.list[i].prog_id, row->head))
			found = row;
	}
	attachments_free(&all);
	return found;
}

bool config_hint_row(const struct config *config, enum hook hook, const char *program)
{
	const struct row *row = find_row(config, &hook);

	if (!row)
		return false;
	hint("put it into the row: %s %s%s insert 0 %s", cli_command("chain"), row->option,
	     cli_interface(config->iface.name), program);
	return true;
}

void config_hint_attach(const struct config *config, enum hook hook)
{
	const struct row *row = hook == HOOK_XDP ? &xdp_row : &tc_row;
	const char *option = hook == HOOK_TC_EGRESS ? "--hook tc_egress " : "";
	char object[64];

	snprintf(object, sizeof(object), "%s_%s.o", row->prefix, config->object);
	hint("attach it: %s %s%s %s", cli_command("load"), option,
	     cli_interface(config->iface.name), cli_object(object));
}

/* Over the head of a row, another program would take the row away. */
void config_hint_load(const struct config *config, const char *advice)
{
	const struct row *row = find_row(config, NULL);
	const char *prefix = row ? row->prefix : config->tc ? "tc" : "xdp";
	const char *ifname = config->iface.name;
	char object[64];

	snprintf(object, sizeof(object), "%s_%s.o", prefix, config->object);
	if (!row) {
		hint("%s: %s %s %s", advice, cli_command("load"), cli_interface(ifname),
		     cli_object(object));
		return;
	}
	hint("prepare it: %s --no-attach %s %s", cli_command("load"), cli_interface(ifname),
	     cli_object(object));
	hint("and put it into the row: %s %s%s insert 0 %s_%s", cli_command("chain"), row->option,
	     cli_interface(ifname), prefix, config->object);
}
