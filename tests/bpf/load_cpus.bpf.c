// SPDX-License-Identifier: GPL-2.0-only
/* Every packet goes to another CPU, whose stack takes it; it passes while there is none. */
#include "compat/maps.bpf.h"

BPF_MAP(cpus, BPF_MAP_TYPE_CPUMAP, __u32, __u32, 2);

SEC("xdp")
int load_cpus(struct xdp_md *ctx)
{
	(void)ctx;
	return bpf_redirect_map(&cpus, 0, XDP_PASS);
}

char LICENSE[] SEC("license") = "GPL";
