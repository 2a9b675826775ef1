// SPDX-License-Identifier: GPL-2.0-only
/* Note what the parser header finds in the last packet; every packet passes. */
#include <linux/pkt_cls.h>
#include "compat/maps.bpf.h"
#include "objects/parse.bpf.h"
#include "tests/bpf/parse_probe.h"

BPF_MAP(probed, BPF_MAP_TYPE_ARRAY, __u32, struct probe, 1);

static __always_inline __u16 offset_of(const struct packet *p, void *header)
{
	return header ? header - (void *)p->eth : PROBE_NOTHING;
}

static __always_inline void note(const struct packet *p, enum parse_status status)
{
	__u32 zero = 0;
	struct probe *probe = bpf_map_lookup_elem(&probed, &zero);

	if (!probe)
		return;
	*probe = (struct probe){
		.status = status,
		.bytes = p->bytes,
		.ip4 = offset_of(p, p->ip4),
		.ip6 = offset_of(p, p->ip6),
		.tcp = offset_of(p, p->tcp),
		.udp = offset_of(p, p->udp),
		.icmp = offset_of(p, p->icmp),
		.protocol = bpf_ntohs(p->protocol),
		.outer_tci = bpf_ntohs(p->outer_tci),
		.inner_tci = bpf_ntohs(p->inner_tci),
		.sport = bpf_ntohs(p->sport),
		.dport = bpf_ntohs(p->dport),
		.vlans = p->vlans,
		.l4_protocol = p->l4_protocol,
		.fragment = p->fragment,
		.has_ports = p->has_ports,
	};
}

SEC("xdp")
int probe_xdp(struct xdp_md *ctx)
{
	struct packet p;

	note(&p, parse_xdp(ctx, &p));
	return XDP_PASS;
}

SEC("tc")
int probe_tc(struct __sk_buff *skb)
{
	struct packet p;

	note(&p, parse_tc(skb, &p));
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
