/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an interface has counted, and being in the other network namespace for a while. */
#ifndef BENCH_NETDEV_H
#define BENCH_NETDEV_H

#include <linux/types.h>

struct netdev {
	__u64 rx_packets, rx_dropped, tx_packets, tx_dropped;
};

/* An interface of the network namespace we are in. Returns 0 or a negative errno, reported. */
int netdev_read(const char *ifname, struct netdev *netdev);

/* The same in netns "peer" of the test topology. */
int netdev_read_peer(const char *ifname, struct netdev *netdev);

/* Enter netns "peer", and come back. Return 0 or a negative errno, reported. */
int netns_enter_peer(void);
int netns_leave_peer(void);

#endif
