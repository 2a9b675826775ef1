// SPDX-License-Identifier: GPL-2.0-only
/* Look all questions up, in one run: a test run of one packet for each would take too long. */
#include "objects/acl_lists.bpf.h"
#include "acl_lists.h"

BPF_MAP_FLAGS(questions, BPF_MAP_TYPE_ARRAY, __u32, struct question, QUESTIONS, BPF_F_MMAPABLE)
MAP_CONFIG;

__noinline int ask4(__u32 i)
{
	struct question *q = bpf_map_lookup_elem(&questions, &i);

	if (q)
		q->answer = acl_set4_has(q->list, q->low);
	return 0;
}

__noinline int ask6(__u32 i)
{
	struct question *q = bpf_map_lookup_elem(&questions, &i);

	if (q)
		q->answer = acl_set6_has(q->list, q->high, q->low);
	return 0;
}

SEC("tc")
int ask_all4(struct __sk_buff *skb)
{
	(void)skb;
	for (__u32 i = 0; i < QUESTIONS; i++)
		ask4(i);
	return TC_ACT_OK;
}

SEC("tc")
int ask_all6(struct __sk_buff *skb)
{
	(void)skb;
	for (__u32 i = 0; i < QUESTIONS; i++)
		ask6(i);
	return TC_ACT_OK;
}

/* As the programs of acl do it: a packet, and the lists in use. */
SEC("tc")
int match_lists(struct __sk_buff *skb)
{
	struct packet p;

	parse_tc(skb, &p);
	return acl_lists_match(&p, p.bytes, 0xffff, 0);
}

char LICENSE[] SEC("license") = "GPL";
