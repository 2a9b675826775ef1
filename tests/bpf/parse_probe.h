/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What the parser header finds in a packet, as numbers: offsets from the first byte. */
#ifndef PARSE_PROBE_H
#define PARSE_PROBE_H

#include <linux/types.h>

#define PROBE_NOTHING 0xffff

struct probe {
	__u32 status; /* enum parse_status: 0 good, 1 truncated, 2 malformed */
	__u32 bytes;
	__u16 ip4, ip6, tcp, udp, icmp; /* PROBE_NOTHING: there is none */
	__u16 protocol, outer_tci, inner_tci, sport, dport;
	__u8 vlans;
	__u8 l4_protocol;
	__u8 fragment; /* enum parse_fragment: 0 none, 1 first, 2 later */
	__u8 has_ports;
};

#endif
