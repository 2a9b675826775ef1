// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>
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
	struct netns_id here;
	int fd, err;

	if (!has_devices(carry) || (!netns_current(&here) && netns_equal(&here, netns)))
		return step(arg);
	fd = netns_find(netns);
	if (fd < 0)
		return fd;
	err = netns_visit(fd, step, arg);
	close(fd);
	return err;
}
