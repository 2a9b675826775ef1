// SPDX-License-Identifier: GPL-2.0-or-later
#include "pinning/carry_netns.h"

static bool has_devices(const struct carry *carry)
{
	for (size_t i = 0; i < carry->len; i++) {
		__u32 type = carry->list[i]->to.info.type;

		if (type == BPF_MAP_TYPE_DEVMAP || type == BPF_MAP_TYPE_DEVMAP_HASH)
			return true;
	}
	return false;
}

int carry_in_netns(const struct carry *carry, const struct netns_id *netns, int (*step)(void *arg),
                   void *arg)
{
	return has_devices(carry) ? netns_visit_id(netns, step, arg) : step(arg);
}
