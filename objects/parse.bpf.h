/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The headers of a packet, as far as it has them: Ethernet, up to two VLAN tags, IPv4 with options,
 * IPv6 with extension headers, TCP, UDP, ICMP and ICMPv6.
 *
 * Only what is there in full is pointed to, so a program may use a header as soon as its pointer is
 * not NULL. Lengths that headers tell are compared with the length of the whole packet, which may
 * be more than the part between data and data_end.
 */
#ifndef PARSE_BPF_H
#define PARSE_BPF_H

#include <linux/bpf.h>
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "xdp.bpf.h"

/*
 * So many extension headers of IPv6 are looked at. Each may stand once, and destination options
 * twice (RFC 8200, 4.1): that makes seven.
 */
#define PARSE_EXTENSIONS 8

/* Above the length of one of them, up to 2,048 bytes, and of all of them. */
#define PARSE_EXTENSION_MASK  0xfff
#define PARSE_EXTENSIONS_MASK 0x7fff

/* So much of a packet a tc program has in one piece before it looks at it. */
#define PARSE_PULL 256

enum parse_status {
	PARSE_OK,        /* all headers that this knows are there; others may follow */
	PARSE_TRUNCATED, /* it ends before its headers do, or before the end that they tell */
	PARSE_MALFORMED, /* a header contradicts itself, or there are too many of them */
};

enum parse_fragment {
	FRAGMENT_NONE,
	FRAGMENT_FIRST, /* with the transport header */
	FRAGMENT_LATER, /* without */
};

struct vlan_tag {
	__be16 tci;
	__be16 protocol; /* of what follows */
};

struct packet {
	void *end;           /* of what can be read */
	struct ethhdr *eth;  /* NULL if not even that is there */
	struct iphdr *ip4;   /* IPv4, or else NULL */
	struct ipv6hdr *ip6; /* IPv6, or else NULL */
	struct tcphdr *tcp;  /* one of these at the most */
	struct udphdr *udp;
	struct icmp6hdr *icmp; /* of ICMP and of ICMPv6 */
	__u32 bytes;           /* the whole packet */
	__be16 protocol;       /* the EtherType behind the tags */
	__be16 outer_tci;      /* of the first tag, if vlans is 1 or 2 */
	__be16 inner_tci;      /* of the second, if it is 2 */
	__u8 vlans;
	__u8 l4_protocol;    /* IPPROTO_*, behind the extension headers; of later fragments too */
	__u8 fragment;       /* enum parse_fragment */
	__u8 has_ports;      /* also where the rest of a TCP or UDP header is cut off or wrong */
	__be16 sport, dport; /* of TCP and UDP, else 0 */
};

static __always_inline int parse_is_vlan(__be16 protocol)
{
	return protocol == bpf_htons(ETH_P_8021Q) || protocol == bpf_htons(ETH_P_8021AD);
}

/*
 * There are more tags than are looked behind. Linux may find IP there: it takes off any number of
 * tags of VLAN 0, on every interface.
 */
static __always_inline int parse_is_hidden(const struct packet *p)
{
	return p->vlans == 2 && parse_is_vlan(p->protocol);
}

/*
 * The value, which is at most the mask. Exclusive or with any variable, twice, changes nothing, but
 * the verifier knows no more of the result than the mask: so it need not go through what follows
 * again for each way in which the value can come about.
 */
#define parse_forget(value, variable, mask)                                                        \
	({                                                                                         \
		__u64 _value = (value), _variable = (variable);                                    \
                                                                                                   \
		asm volatile("%0 ^= %1\n\t%0 ^= %1\n\t%0 &= %2"                                    \
		             : "+r"(_value)                                                        \
		             : "r"(_variable), "i"(mask));                                         \
		_value;                                                                            \
	})

/*
 * More bytes are needed than there are. Of a plain comparison of two variables the verifier keeps
 * what it says about both, which makes each way through the headers another case for it.
 */
static __always_inline int parse_lacks(__u64 have, __u64 need)
{
	asm volatile("%0 -= %1" : "+r"(have) : "r"(need));
	return (__s64)have < 0;
}

/*
 * left: what IP says that there is from pos on. Ethernet pads short packets: what stands behind the
 * end of the IP packet is no header.
 *
 * Ports come first in TCP and UDP, and are all that a small first fragment may have: who decides by
 * ports must not be led astray by the rest of the header.
 */
static __always_inline void parse_ports(struct packet *p, void *pos, __u32 left)
{
	__be16 *ports = pos;

	if ((void *)(ports + 2) > p->end || parse_lacks(left, 2 * sizeof(*ports)))
		return;
	p->sport = ports[0];
	p->dport = ports[1];
	p->has_ports = 1;
}

static __always_inline enum parse_status parse_tcp(struct packet *p, void *pos, __u32 left)
{
	struct tcphdr *tcp = pos;
	__u32 header;

	parse_ports(p, pos, left);
	if ((void *)(tcp + 1) > p->end || parse_lacks(left, sizeof(*tcp)))
		return PARSE_TRUNCATED;
	header = tcp->doff * 4;
	if (header < sizeof(*tcp))
		return PARSE_MALFORMED;
	if (pos + header > p->end || parse_lacks(left, header))
		return PARSE_TRUNCATED;
	p->tcp = tcp;
	return PARSE_OK;
}

static __always_inline enum parse_status parse_udp(struct packet *p, void *pos, __u32 left)
{
	struct udphdr *udp = pos;
	__u32 length;

	parse_ports(p, pos, left);
	if ((void *)(udp + 1) > p->end || parse_lacks(left, sizeof(*udp)))
		return PARSE_TRUNCATED;
	length = bpf_ntohs(udp->len);
	/* Over IPv6, Linux takes 0 for "all there is", jumbogram or not. */
	if (length < sizeof(*udp) && (length || !p->ip6))
		return PARSE_MALFORMED;
	/* A first fragment has the length of the datagram that it begins. */
	if (p->fragment == FRAGMENT_NONE && parse_lacks(left, length))
		return PARSE_TRUNCATED;
	p->udp = udp;
	return PARSE_OK;
}

/* ICMP has the header of ICMPv6; <linux/icmp.h> does not compile for BPF. */
static __always_inline enum parse_status parse_icmp(struct packet *p, void *pos, __u32 left)
{
	struct icmp6hdr *icmp = pos;

	if ((void *)(icmp + 1) > p->end || parse_lacks(left, sizeof(*icmp)))
		return PARSE_TRUNCATED;
	p->icmp = icmp;
	return PARSE_OK;
}

static __always_inline enum parse_status parse_l4(struct packet *p, void *pos, __u32 left)
{
	if (p->fragment == FRAGMENT_LATER)
		return PARSE_OK;
	switch (p->l4_protocol) {
	case IPPROTO_TCP: return parse_tcp(p, pos, left);
	case IPPROTO_UDP: return parse_udp(p, pos, left);
	case IPPROTO_ICMP: return p->ip4 ? parse_icmp(p, pos, left) : PARSE_OK;
	case IPPROTO_ICMPV6: return p->ip6 ? parse_icmp(p, pos, left) : PARSE_OK;
	default: return PARSE_OK;
	}
}

/* left: the bytes of the packet from pos on. */
static __always_inline enum parse_status parse_ip4(struct packet *p, void *pos, __u32 left,
                                                   int transport)
{
	struct iphdr *ip = pos;
	__u32 header, total;

	if ((void *)(ip + 1) > p->end)
		return PARSE_TRUNCATED;
	header = ip->ihl * 4;
	total = bpf_ntohs(ip->tot_len);
	/* What segmentation offload makes longer than the field can say has 0 there. */
	if (!total && left > 0xffff)
		total = left;
	if (ip->version != 4 || header < sizeof(*ip) || total < header)
		return PARSE_MALFORMED;
	p->ip4 = ip;
	p->l4_protocol = ip->protocol;
	if (ip->frag_off & bpf_htons(0x1fff))
		p->fragment = FRAGMENT_LATER;
	else if (ip->frag_off & bpf_htons(0x2000))
		p->fragment = FRAGMENT_FIRST;
	if (parse_lacks(left, total) || pos + header > p->end)
		return PARSE_TRUNCATED;
	return transport ? parse_l4(p, pos + header, total - header) : PARSE_OK;
}

/* What the extension headers of IPv6 begin with. */
struct parse_extension {
	__u8 next;
	__u8 length;     /* in units of 8 bytes beyond the first; AH: 4 bytes beyond 8 */
	__be16 fragment; /* in a fragment header: the offset, and a bit for "more" */
	__be32 id;
};

static __always_inline int parse_is_extension(__u8 protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
	       protocol == IPPROTO_DSTOPTS || protocol == IPPROTO_MH || protocol == IPPROTO_AH ||
	       protocol == IPPROTO_FRAGMENT;
}

static __always_inline enum parse_status parse_ip6(struct packet *p, void *pos, __u32 left,
                                                   int transport)
{
	struct ipv6hdr *ip = pos;
	struct parse_extension *ext;
	__u64 offset = 0, size;
	__u32 payload;

	if ((void *)(ip + 1) > p->end)
		return PARSE_TRUNCATED;
	if (ip->version != 6)
		return PARSE_MALFORMED;
	p->ip6 = ip;
	p->l4_protocol = ip->nexthdr;
	left -= sizeof(*ip);
	payload = bpf_ntohs(ip->payload_len);
	/* A jumbogram, whose length is in an option, or in none after segmentation offload. */
	if (!payload && (ip->nexthdr == IPPROTO_HOPOPTS || left > 0xffff))
		payload = left;
	if (parse_lacks(left, payload))
		return PARSE_TRUNCATED;
	if (!transport)
		return PARSE_OK;
	pos = ip + 1;
#pragma unroll
	for (int i = 0; i < PARSE_EXTENSIONS; i++) {
		if (!parse_is_extension(p->l4_protocol))
			break;
		ext = pos + offset;
		if ((void *)(ext + 1) > p->end || parse_lacks(payload, offset + sizeof(*ext)))
			return PARSE_TRUNCATED;
		if (p->l4_protocol == IPPROTO_FRAGMENT) {
			size = sizeof(*ext);
			if (ext->fragment & bpf_htons(0xfff8))
				p->fragment = FRAGMENT_LATER;
			else if (ext->fragment & bpf_htons(1))
				p->fragment = FRAGMENT_FIRST;
		} else if (p->l4_protocol == IPPROTO_AH) {
			size = (ext->length + 2) * 4;
		} else {
			size = (ext->length + 1) * 8;
		}
		size = parse_forget(size, payload, PARSE_EXTENSION_MASK);
		if (parse_lacks(payload, offset + size) || (void *)ext + size > p->end)
			return PARSE_TRUNCATED;
		p->l4_protocol = ext->next;
		/* Behind the header of a later fragment is the middle of something. */
		if (p->fragment == FRAGMENT_LATER)
			return PARSE_OK;
		offset = parse_forget(offset + size, payload, PARSE_EXTENSIONS_MASK);
	}
	if (parse_is_extension(p->l4_protocol))
		return PARSE_MALFORMED;
	return parse_l4(p, pos + offset, payload - offset);
}

static __always_inline enum parse_status parse_l3(struct packet *p, void *pos, __u32 left,
                                                  int transport)
{
	if (p->protocol == bpf_htons(ETH_P_IP))
		return parse_ip4(p, pos, left, transport);
	if (p->protocol == bpf_htons(ETH_P_IPV6))
		return parse_ip6(p, pos, left, transport);
	return PARSE_OK;
}

/* beside: a tag may already have been found outside of the packet. */
static __always_inline enum parse_status parse_headers(struct packet *p, void *data, void *end,
                                                       int beside, int transport)
{
	__u32 left = p->bytes - sizeof(*p->eth);
	struct vlan_tag *tag;
	void *pos;

	p->end = end;
	if (data + sizeof(*p->eth) > end)
		return PARSE_TRUNCATED;
	p->eth = data;
	p->protocol = p->eth->h_proto;
	pos = p->eth + 1;
	if (!p->vlans && parse_is_vlan(p->protocol)) {
		tag = pos;
		if ((void *)(tag + 1) > end)
			return PARSE_TRUNCATED;
		p->outer_tci = tag->tci;
		p->vlans = 1;
		p->protocol = tag->protocol;
		pos = tag + 1;
		left -= sizeof(*tag);
	}
	if (p->vlans && parse_is_vlan(p->protocol)) {
		tag = pos;
		if ((void *)(tag + 1) > end)
			return PARSE_TRUNCATED;
		p->inner_tci = tag->tci;
		p->vlans = 2;
		p->protocol = tag->protocol;
		pos = tag + 1;
		left -= sizeof(*tag);
	}
	/* From here on it is the same where a tag was. */
	if (beside)
		p->vlans = parse_forget(p->vlans, left, 3);
	return parse_l3(p, pos, left, transport);
}

/*
 * Look at the headers of a packet: all of them, or with transport 0 only as far as the addresses of
 * IP, and what is behind them is as if it were not there.
 */
static __always_inline enum parse_status parse_xdp_to(struct xdp_md *ctx, struct packet *p,
                                                      int transport)
{
	*p = (struct packet){ .bytes = xdp_bytes(ctx) };
	return parse_headers(p, (void *)(long)ctx->data, (void *)(long)ctx->data_end, 0, transport);
}

static __always_inline enum parse_status parse_xdp(struct xdp_md *ctx, struct packet *p)
{
	return parse_xdp_to(ctx, p, 1);
}

/*
 * The same in tc. The outer VLAN tag is often not in the packet but beside it; the headers may lie
 * in several pieces, and are pulled into one first.
 */
static __always_inline enum parse_status parse_tc_to(struct __sk_buff *skb, struct packet *p,
                                                     int transport)
{
	__u32 want = skb->len < PARSE_PULL ? skb->len : PARSE_PULL;

	/* If it cannot pull, the packet is as short as it looks. */
	if ((void *)(long)skb->data + want > (void *)(long)skb->data_end)
		bpf_skb_pull_data(skb, want);
	*p = (struct packet){
		.bytes = skb->len,
		.outer_tci = bpf_htons(skb->vlan_tci),
		.vlans = skb->vlan_present,
	};
	return parse_headers(p, (void *)(long)skb->data, (void *)(long)skb->data_end, 1, transport);
}

static __always_inline enum parse_status parse_tc(struct __sk_buff *skb, struct packet *p)
{
	return parse_tc_to(skb, p, 1);
}

#endif
