// SPDX-License-Identifier: GPL-2.0-only
/* One look-up of a new key for each packet, in a list of acl and in the kernel's own tables. */
#include "objects/acl_lists.bpf.h"
#include "acl_speed.h"

BPF_MAP_FLAGS(keys, BPF_MAP_TYPE_ARRAY, __u32, struct speed_key, SPEED_KEYS, BPF_F_MMAPABLE)
MAP_CONFIG;
BPF_MAP(place, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1) MAP_CONFIG;
BPF_MAP_FLAGS(lpm4, BPF_MAP_TYPE_LPM_TRIE, struct speed_prefix4, __u32, SPEED_KEYS * 2,
              BPF_F_NO_PREALLOC)
MAP_CONFIG;
BPF_MAP_FLAGS(lpm6, BPF_MAP_TYPE_LPM_TRIE, struct speed_prefix6, __u32, SPEED_KEYS * 2,
              BPF_F_NO_PREALLOC)
MAP_CONFIG;
BPF_MAP(hash4, BPF_MAP_TYPE_HASH, __u32, __u32, SPEED_KEYS * 2) MAP_CONFIG;
BPF_MAP(percpu4, BPF_MAP_TYPE_PERCPU_HASH, __u32, __u64, SPEED_KEYS * 2) MAP_CONFIG;

static __always_inline struct speed_key *next_key(void)
{
	__u32 zero = 0, i, *at = bpf_map_lookup_elem(&place, &zero);

	if (!at)
		return NULL;
	i = *at = (*at + 1) % SPEED_KEYS;
	return bpf_map_lookup_elem(&keys, &i);
}

SEC("tc")
int speed_none(struct __sk_buff *skb)
{
	struct speed_key *key = next_key();

	(void)skb;
	return key ? key->low & 1 : 0;
}

SEC("tc")
int speed_set4(struct __sk_buff *skb)
{
	struct speed_key *key = next_key();

	(void)skb;
	return key ? acl_set4_has(0, key->low) : 0;
}

SEC("tc")
int speed_set6(struct __sk_buff *skb)
{
	struct speed_key *key = next_key();

	(void)skb;
	return key ? acl_set6_has(0, key->high, key->low) : 0;
}

SEC("tc")
int speed_lpm4(struct __sk_buff *skb)
{
	struct speed_key *key = next_key();
	struct speed_prefix4 prefix = { .length = 32 };

	(void)skb;
	if (!key)
		return 0;
	prefix.address = bpf_htonl(key->low);
	return !!bpf_map_lookup_elem(&lpm4, &prefix);
}

SEC("tc")
int speed_lpm6(struct __sk_buff *skb)
{
	struct speed_key *key = next_key();
	struct speed_prefix6 prefix = { .length = 128 };

	(void)skb;
	if (!key)
		return 0;
	prefix.address[0] = bpf_htonl(key->high >> 32);
	prefix.address[1] = bpf_htonl(key->high);
	prefix.address[2] = bpf_htonl(key->low >> 32);
	prefix.address[3] = bpf_htonl(key->low);
	return !!bpf_map_lookup_elem(&lpm6, &prefix);
}

static __always_inline int look_up_exact(void *map)
{
	struct speed_key *key = next_key();
	__u32 address;

	if (!key)
		return 0;
	address = key->low;
	return !!bpf_map_lookup_elem(map, &address);
}

SEC("tc")
int speed_hash4(struct __sk_buff *skb)
{
	(void)skb;
	return look_up_exact(&hash4);
}

SEC("tc")
int speed_percpu4(struct __sk_buff *skb)
{
	(void)skb;
	return look_up_exact(&percpu4);
}

char LICENSE[] SEC("license") = "GPL";
