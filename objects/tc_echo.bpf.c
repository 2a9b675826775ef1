// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answer ICMP and ICMPv6 echo requests (ping) to this host; every other packet goes on. On egress
 * nothing is answered: requests there are the host's own.
 */
#include <linux/if_packet.h>
#include "compat/maps.bpf.h"
#include "echo.bpf.h"
#include "stats.bpf.h"
#include "chain.bpf.h"

BPF_MAP(tc_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, TC_STATS_SLOTS)
MAP_COUNTER;
CHAIN_TC(echo);

SEC("tc")
int tc_echo(struct __sk_buff *skb)
{
	struct packet p;

	/*
	 * On ingress they are the same; what leaves came from elsewhere, or from the host. What a
	 * promiscuous interface takes in besides is for the Ethernet address of another host.
	 */
	if (skb->ingress_ifindex != skb->ifindex || skb->pkt_type != PACKET_HOST ||
	    parse_tc(skb, &p) != PARSE_OK || !echo_is_request(&p) ||
	    !echo_is_for_host(skb, skb->ifindex, &p))
		return chain_tc(skb);
	echo_answer(&p);
	return tc_count(&tc_stats_map, skb, bpf_redirect(skb->ifindex, 0));
}

char LICENSE[] SEC("license") = "GPL";
