// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drop what comes from a listed address, by the kernel's own kinds of maps: what a block list costs
 * without a structure of one's own. The maps are sized before loading.
 */
#include "source.bpf.h"

struct lpm4_key {
	__u32 len;
	__u32 address;
};

struct lpm6_key {
	__u32 len;
	struct in6_addr address;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct lpm4_key);
	__type(value, __u64);
} lpm4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct lpm6_key);
	__type(value, __u64);
} lpm6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} hash4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct in6_addr);
	__type(value, __u64);
} hash6 SEC(".maps");

SEC("xdp")
int list_lpm4(struct xdp_md *ctx)
{
	struct lpm4_key key = { .len = 32 };
	struct iphdr *ip = ipv4(ctx);

	if (!ip)
		return XDP_PASS;
	key.address = ip->saddr;
	return bpf_map_lookup_elem(&lpm4, &key) ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int list_hash4(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx);
	__u32 key;

	if (!ip)
		return XDP_PASS;
	key = ip->saddr;
	return bpf_map_lookup_elem(&hash4, &key) ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int list_lpm6(struct xdp_md *ctx)
{
	struct lpm6_key key = { .len = 128 };
	struct ipv6hdr *ip = ipv6(ctx);

	if (!ip)
		return XDP_PASS;
	key.address = ip->saddr;
	return bpf_map_lookup_elem(&lpm6, &key) ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int list_hash6(struct xdp_md *ctx)
{
	struct ipv6hdr *ip = ipv6(ctx);
	struct in6_addr key;

	if (!ip)
		return XDP_PASS;
	key = ip->saddr;
	return bpf_map_lookup_elem(&hash6, &key) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
