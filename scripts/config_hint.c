// SPDX-License-Identifier: GPL-2.0-or-later
/* What to do where the maps of a tool are not those of a program that runs. */
#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/live.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "bpffs/query.h"
#include "objects/chain.h"
#include "scripts/config.h"

/* The words that differ between the rows of both kinds of hooks. */
struct row {
	const char *head, *option, *prefix;
	const char *link; /* of the head */
	enum hook hook;   /* one of that kind */
};

static const struct row xdp_row = { "xdp_" CHAIN_HEAD, "", "xdp", CHAIN_HEAD CHAIN_XDP_LINK,
	                            HOOK_XDP };
static const struct row tc_row = { "tc_" CHAIN_HEAD, "--tc ", "tc", CHAIN_HEAD CHAIN_TC_LINK,
	                           HOOK_TC_INGRESS };

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

/* Whether a program that follows the pinned link of the head uses the map. Silent. */
static bool row_has(const struct config *config, const struct row *row, __u32 map_id)
{
	int fd = pin_open(config->dir.fd, row->link, BPF_F_RDONLY);
	struct live live = {};
	bool has;

	if (fd < 0)
		return false;
	has = pin_kind_of(fd) == PIN_MAP && !live_add_held(&live, row->hook, fd) &&
	      live_map_fd(&live, map_id) >= 0;
	live_free(&live);
	close(fd);
	return has;
}

bool config_hint_head(const struct config *config, __u32 map_id)
{
	const struct row *row = row_has(config, &xdp_row, map_id)  ? &xdp_row
	                        : row_has(config, &tc_row, map_id) ? &tc_row
	                                                           : NULL;
	char object[64];

	if (!row)
		return false;
	snprintf(object, sizeof(object), "%s.o", row->head);
	hint("the program is in the row of %s, whose head is not attached; load that: %s %s %s",
	     config->iface.name, cli_command("load"), cli_interface(config->iface.name),
	     cli_object(object));
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
