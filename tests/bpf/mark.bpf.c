// SPDX-License-Identifier: GPL-2.0-only
/* Gives each packet the mark 7 and lets other filters go on. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int mark(struct __sk_buff *skb)
{
	skb->mark = 7;
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
