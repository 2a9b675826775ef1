// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <string.h>
#include "bpffs/hook.h"

static const char *const hook_names[HOOKS] = {
	[HOOK_XDP] = "xdp",
	[HOOK_TC_INGRESS] = "tc_ingress",
	[HOOK_TC_EGRESS] = "tc_egress",
};

const char *hook_name(enum hook hook)
{
	return hook_names[hook];
}

int hook_parse(const char *name)
{
	for (int hook = 0; hook < HOOKS; hook++) {
		const char *a = name, *b = hook_names[hook];

		while (*a && (*a == *b || (*a == '-' && *b == '_')))
			a++, b++;
		if (!*a && !*b)
			return hook;
	}
	return -EINVAL;
}
