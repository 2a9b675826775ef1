// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <string.h>
#include "tests/packet/checksum.h"

/* Where IPv6's extension headers end; also sets what h says of fragments. */
static __u8 *skip_extensions(struct headers *h, __u8 *pos, const __u8 *end)
{
	while (pos + 8 <= end) {
		switch (h->l4_protocol) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case IPPROTO_MH:
			h->l4_protocol = pos[0];
			pos += 8 + pos[1] * 8;
			break;
		case IPPROTO_AH:
			h->l4_protocol = pos[0];
			pos += 8 + pos[1] * 4;
			break;
		case IPPROTO_FRAGMENT:
			h->is_fragment = 1;
			h->l4_protocol = pos[0];
			pos += 8;
			break;
		default: return pos;
		}
	}
	return pos;
}

static void find_l4(struct headers *h, __u8 *pos, const __u8 *end)
{
	if (pos > end)
		return;
	h->l4 = pos;
	h->l4_len = end - pos;
	if (h->is_fragment)
		return;
	if (h->l4_protocol == IPPROTO_TCP && h->l4_len >= sizeof(struct tcphdr))
		h->tcp = (void *)pos;
	else if (h->l4_protocol == IPPROTO_UDP && h->l4_len >= sizeof(struct udphdr))
		h->udp = (void *)pos;
	else if (h->l4_protocol == (h->ip4 ? IPPROTO_ICMP : IPPROTO_ICMPV6) &&
	         h->l4_len >= sizeof(struct icmp6hdr))
		h->icmp = (void *)pos;
}

void headers_find(struct headers *h, void *frame, size_t len)
{
	__u8 *pos = frame, *end = pos + len;
	__be16 type;

	memset(h, 0, sizeof(*h));
	if (len < sizeof(*h->eth))
		return;
	h->eth = frame;
	type = h->eth->h_proto;
	pos += sizeof(*h->eth);
	while ((type == htons(ETH_P_8021Q) || type == htons(ETH_P_8021AD)) && pos + 4 <= end &&
	       h->tag_count < 4) {
		h->tags[h->tag_count++] = (void *)pos;
		memcpy(&type, pos + 2, sizeof(type));
		pos += 4;
	}
	if (type == htons(ETH_P_IP) && pos + sizeof(*h->ip4) <= end &&
	    ((struct iphdr *)pos)->ihl >= 5) {
		h->ip4 = (void *)pos;
		h->l4_protocol = h->ip4->protocol;
		h->is_fragment = (h->ip4->frag_off & htons(0x3fff)) != 0;
		find_l4(h, pos + h->ip4->ihl * 4, end);
	} else if (type == htons(ETH_P_IPV6) && pos + sizeof(*h->ip6) <= end) {
		h->ip6 = (void *)pos;
		h->l4_protocol = h->ip6->nexthdr;
		find_l4(h, skip_extensions(h, pos + sizeof(*h->ip6), end), end);
	}
}

static __u32 sum(const void *bytes, size_t len, __u32 sum)
{
	const __u8 *b = bytes;

	for (size_t i = 0; i < len; i += 2)
		sum += b[i] << 8 | (i + 1 < len ? b[i + 1] : 0);
	return sum;
}

static __be16 fold(__u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* The length of the transport part, by what IP says rather than by the frame, which is padded. */
static size_t l4_length(const struct headers *h)
{
	size_t len = h->l4_len, told;

	if (h->ip4)
		told = ntohs(h->ip4->tot_len) - h->ip4->ihl * 4;
	else
		told = ntohs(h->ip6->payload_len) - (h->l4 - (__u8 *)(h->ip6 + 1));
	return told < len ? told : len;
}

/* Of the transport part, with the pseudo header where there is one; its own field counts as 0. */
static __be16 l4_checksum(const struct headers *h, const __be16 *field)
{
	size_t len = l4_length(h);
	/* Not by adding its complement: the sum of zeros is another one than that of all ones. */
	__u32 s = sum(h->l4, len, 0) - ntohs(*field);

	if (h->ip6)
		s = sum(&h->ip6->saddr, 32, s + h->l4_protocol + len);
	else if (h->tcp || h->udp)
		s = sum(&h->ip4->saddr, 8, s + h->l4_protocol + len);
	return fold(s);
}

static __be16 ip4_checksum(struct iphdr *ip)
{
	struct iphdr copy = *ip;
	__u32 s;

	copy.check = 0;
	s = sum(&copy, sizeof(copy), 0);
	return fold(sum(ip + 1, ip->ihl * 4 - sizeof(*ip), s));
}

/* The field, or NULL. */
static __be16 *l4_field(const struct headers *h)
{
	if (h->tcp)
		return &h->tcp->check;
	if (h->udp)
		return &h->udp->check;
	return h->icmp ? &h->icmp->icmp6_cksum : NULL;
}

const char *checksums_check(void *frame, size_t len)
{
	struct headers h;
	__be16 *field, right;

	headers_find(&h, frame, len);
	if (h.ip4 && ip4_checksum(h.ip4) != h.ip4->check)
		return "IPv4 checksum";
	field = l4_field(&h);
	if (!field || (h.udp && h.ip4 && !h.udp->check))
		return NULL;
	right = l4_checksum(&h, field);
	if (h.udp && !right)
		right = 0xffff;
	/* Unless all is zeros, both forms of zero are right. */
	if (*field == right || (!right && *field == 0xffff))
		return NULL;
	return h.tcp ? "TCP checksum" : h.udp ? "UDP checksum" : "ICMP checksum";
}

void checksums_fix(void *frame, size_t len)
{
	struct headers h;
	__be16 *field;

	headers_find(&h, frame, len);
	if (h.ip4)
		h.ip4->check = ip4_checksum(h.ip4);
	field = l4_field(&h);
	if (!field)
		return;
	*field = l4_checksum(&h, field);
	if (h.udp && !*field)
		*field = 0xffff;
}
