/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps of targets1 and targets2: where packets could be sent. All of them pass. */
#include "compat/maps.bpf.h"

BPF_MAP(to_ports, BPF_MAP_TYPE_DEVMAP, __u32, __u32, TARGETS);
BPF_MAP(to_peers, BPF_MAP_TYPE_DEVMAP_HASH, __u32, __u32, TARGETS);
BPF_MAP(to_cpus, BPF_MAP_TYPE_CPUMAP, __u32, __u32, TARGETS);

SEC("xdp")
int targets(struct xdp_md *ctx)
{
	switch (ctx->rx_queue_index) {
	case 1000: return bpf_redirect_map(&to_ports, 0, XDP_PASS);
	case 1001: return bpf_redirect_map(&to_peers, 0, XDP_PASS);
	case 1002: return bpf_redirect_map(&to_cpus, 0, XDP_PASS);
	default: return XDP_PASS;
	}
}

char LICENSE[] SEC("license") = "GPL";
