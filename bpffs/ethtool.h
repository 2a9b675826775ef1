/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What a driver says of itself: the questions of ethtool(8), and the netdev family's. */
#ifndef BPFFS_ETHTOOL_H
#define BPFFS_ETHTOOL_H

#include <linux/ethtool.h>
#include <linux/types.h>

/* Bits of enum netdev_xdp_act (linux/netdev.h, 6.3). */
#define XDP_ACT_BASIC        (1U << 0)
#define XDP_ACT_REDIRECT     (1U << 1)
#define XDP_ACT_NDO_XMIT     (1U << 2)
#define XDP_ACT_XSK_ZEROCOPY (1U << 3)
#define XDP_ACT_HW_OFFLOAD   (1U << 4)
#define XDP_ACT_RX_SG        (1U << 5)
#define XDP_ACT_NDO_XMIT_SG  (1U << 6)

/* All of these ask in the present network namespace, and return 0 or a negative errno. */
int ethtool_driver(const char *ifname, char driver[ETHTOOL_BUSINFO_LEN]);
int ethtool_channels(const char *ifname, struct ethtool_channels *channels);

/* A feature by the name that ethtool(8) knows, say rx-gro. Returns 1 if it is on, 0 if it is off.
 */
int ethtool_feature(const char *ifname, const char *name);

/* -ENOENT from kernels without the netdev family. */
int netdev_xdp_features(__u32 ifindex, __u64 *features);

#endif
