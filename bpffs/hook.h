/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The hooks of an interface, in the order in which they claim a map's name. */
#ifndef BPFFS_HOOK_H
#define BPFFS_HOOK_H

enum hook {
	HOOK_XDP,
	HOOK_TC_INGRESS,
	HOOK_TC_EGRESS,
	HOOKS,
};

/* "xdp", "tc_ingress" or "tc_egress". */
const char *hook_name(enum hook hook);

/* The reverse; a hyphen is as good as the underscore. Returns a hook or -EINVAL. */
int hook_parse(const char *name);

#endif
