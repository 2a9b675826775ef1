// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/netdev.h"

static int home = -1, peer = -1;

int netdev_read(const char *ifname, struct netdev *netdev)
{
	FILE *f = fopen("/proc/net/dev", "r");
	unsigned long long n[4];
	char line[512], name[32];
	int err = -ENODEV;

	while (f && err && fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %31[^:]: %*u %llu %*u %llu %*u %*u %*u %*u %*u %llu %*u %llu",
		           name, &n[0], &n[1], &n[2], &n[3]) != 5 ||
		    strcmp(name, ifname))
			continue;
		*netdev = (struct netdev){ n[0], n[1], n[2], n[3] };
		err = 0;
	}
	if (f)
		fclose(f);
	return err ? failed(err, "cannot read the counters of %s", ifname) : 0;
}

static int open_both(void)
{
	if (home < 0)
		home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (peer < 0)
		peer = open("/run/netns/peer", O_RDONLY | O_CLOEXEC);
	return home < 0 || peer < 0 ? failed(-errno, "cannot open netns peer") : 0;
}

int netns_enter_peer(void)
{
	int err = open_both();

	if (!err && setns(peer, CLONE_NEWNET))
		err = failed(-errno, "cannot enter netns peer");
	return err;
}

int netns_leave_peer(void)
{
	return setns(home, CLONE_NEWNET) ? failed(-errno, "cannot leave netns peer") : 0;
}

int netdev_read_peer(const char *ifname, struct netdev *netdev)
{
	int err = netns_enter_peer(), back;

	if (err)
		return err;
	err = netdev_read(ifname, netdev);
	back = netns_leave_peer();
	return err ? err : back;
}
