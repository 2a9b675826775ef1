// SPDX-License-Identifier: GPL-2.0-or-later
/* What is known to fail, before anything is changed. */
#include <errno.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "pinning/load_internal.h"

/* A filter for egress would come onto ingress, and nobody would be told. */
static int check_qdisc(const struct loading *l)
{
	if (l->how.by != ATTACH_CLSACT || l->how.hook != HOOK_TC_EGRESS ||
	    l->attached.qdisc != TC_INGRESS)
		return 0;
	failed(-EOPNOTSUPP,
	       "cannot load onto %s of %s: it has an ingress qdisc, which has no egress",
	       hook_name(l->how.hook), l->iface->name);
	hint("attach without a qdisc: --tc tcx; or, once nothing needs what that qdisc holds:");
	hint("tc qdisc del dev %s ingress && tc qdisc add dev %s clsact", cli_word(l->iface->name),
	     cli_word(l->iface->name));
	return -EOPNOTSUPP;
}

int load_check(const struct loading *l)
{
	return l->options->no_attach ? 0 : check_qdisc(l);
}
