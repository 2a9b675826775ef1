// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "pinning/filter.h"

const char *filter_command(const struct interface *iface, const struct attachment *at)
{
	static char command[IFNAMSIZ * 4 + 128];
	char where[IFNAMSIZ * 4 + 32], chain[24] = "";

	if (at->block)
		snprintf(where, sizeof(where), "block %u", at->block);
	else
		snprintf(where, sizeof(where), "dev %.63s %s", cli_word(iface->name),
		         at->hook == HOOK_TC_EGRESS ? "egress" : "ingress");
	if (at->chain)
		snprintf(chain, sizeof(chain), " chain %u", at->chain);
	snprintf(command, sizeof(command), "tc filter del %s%s pref %u handle %u bpf", where, chain,
	         at->pref, at->handle);
	return command;
}

int filter_check(const struct interface *iface, const struct attachment *at, const char *verb,
                 const char *prog)
{
	const char *hook = hook_name(at->hook);

	if (at->by != ATTACH_CLSACT || (!at->chain && !at->block))
		return 0;
	if (at->chain)
		rejected(-EOPNOTSUPP,
		         "cannot %s program %s from %s of %s: its filter is in chain %u", verb,
		         prog, hook, iface->name, at->chain);
	else
		rejected(-EOPNOTSUPP,
		         "cannot %s program %s from %s of %s: its filter is in block %u, which "
		         "interfaces share",
		         verb, prog, hook, iface->name, at->block);
	hint("remove it by tc: %s", filter_command(iface, at));
	return -EOPNOTSUPP;
}
