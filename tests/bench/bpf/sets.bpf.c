// SPDX-License-Identifier: GPL-2.0-only
/* Drop what comes from a listed address, by what acl looks its lists up in, and nothing else of it.
 */
#include "objects/acl_lists.bpf.h"
#include "source.bpf.h"

SEC("xdp")
int list_set4(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx);

	return ip && acl_set4_has(0, bpf_ntohl(ip->saddr)) ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int list_set6(struct xdp_md *ctx)
{
	struct ipv6hdr *ip = ipv6(ctx);
	const __u64 *words;
	__u64 high, low;

	if (!ip)
		return XDP_PASS;
	words = (const __u64 *)&ip->saddr;
	high = bpf_be64_to_cpu(words[0]);
	low = bpf_be64_to_cpu(words[1]);
	return acl_set6_has(0, high, low) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
