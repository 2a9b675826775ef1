// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/icmp.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/frame.h"

#define EXPERIMENTAL 0x88b5 /* as tests/send.c */

static const unsigned char v0_mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 1 };
static const unsigned char v1_mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 2 };

/* What the wrapper adds the key to. */
static void sum_header(struct frame *frame)
{
	__u16 word;

	frame->sum_base = 0;
	for (size_t i = 0; i < sizeof(struct iphdr); i += sizeof(word)) {
		memcpy(&word, frame->bytes + ETH_HLEN + i, sizeof(word));
		frame->sum_base += word;
	}
}

/* Copied to where they belong: behind an Ethernet header nothing is aligned. */
static void put_ip(struct frame *frame, const void *ip, size_t size)
{
	const struct tcphdr tcp = {
		.source = htons(40000), .dest = htons(80), .doff = sizeof(tcp) / 4, .ack = 1
	};

	memcpy(frame->bytes + ETH_HLEN, ip, size);
	memcpy(frame->bytes + ETH_HLEN + size, &tcp, sizeof(tcp));
}

static void make_v4(struct frame *frame)
{
	const struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tot_len = htons(FRAME_SIZE_V4 - ETH_HLEN),
		.ttl = 64,
		.protocol = IPPROTO_TCP,
		.daddr = inet_addr("10.0.0.1"),
	};

	frame->size = FRAME_SIZE_V4;
	frame->key_offset = ETH_HLEN + offsetof(struct iphdr, saddr);
	frame->key_size = sizeof(ip.saddr);
	frame->sum_offset = ETH_HLEN + offsetof(struct iphdr, check);
	put_ip(frame, &ip, sizeof(ip));
	sum_header(frame);
}

static void make_v6(struct frame *frame)
{
	struct ipv6hdr ip = {
		.version = 6,
		.payload_len = htons(FRAME_SIZE_V6 - ETH_HLEN - sizeof(ip)),
		.nexthdr = IPPROTO_TCP,
		.hop_limit = 64,
	};

	frame->size = FRAME_SIZE_V6;
	frame->key_offset = ETH_HLEN + offsetof(struct ipv6hdr, saddr);
	frame->key_size = sizeof(ip.saddr);
	inet_pton(AF_INET6, "fd00::1", &ip.daddr);
	put_ip(frame, &ip, sizeof(ip));
}

static void set_protocol(struct frame *frame, __u16 protocol)
{
	__be16 bytes = htons(protocol);

	memcpy(frame->bytes + offsetof(struct ethhdr, h_proto), &bytes, sizeof(bytes));
}

void frame_make(struct frame *frame, bool v6)
{
	memset(frame, 0, sizeof(*frame));
	memcpy(frame->bytes + offsetof(struct ethhdr, h_dest), v0_mac, ETH_ALEN);
	memcpy(frame->bytes + offsetof(struct ethhdr, h_source), v1_mac, ETH_ALEN);
	set_protocol(frame, v6 ? ETH_P_IPV6 : ETH_P_IP);
	if (v6)
		make_v6(frame);
	else
		make_v4(frame);
}

void frame_set_destination(struct frame *frame, const char *address)
{
	in_addr_t bytes = inet_addr(address);

	memcpy(frame->bytes + ETH_HLEN + offsetof(struct iphdr, daddr), &bytes, sizeof(bytes));
	sum_header(frame);
}

/* Its checksum is about the header, behind which there are zeros, and not about addresses. */
void frame_ask(struct frame *frame, unsigned char mac_end)
{
	struct icmphdr icmp = { .type = ICMP_ECHO, .un.echo = { htons(1), htons(1) } };
	struct iphdr ip;

	memcpy(&ip, frame->bytes + ETH_HLEN, sizeof(ip));
	ip.protocol = IPPROTO_ICMP;
	memset(frame->bytes + ETH_HLEN, 0, frame->size - ETH_HLEN);
	memcpy(frame->bytes + ETH_HLEN, &ip, sizeof(ip));
	icmp.checksum = htons(0xffff - ((ICMP_ECHO << 8) + 1 + 1));
	memcpy(frame->bytes + ETH_HLEN + sizeof(ip), &icmp, sizeof(icmp));
	frame->bytes[offsetof(struct ethhdr, h_dest) + ETH_ALEN - 1] = mac_end;
	sum_header(frame);
}

void frame_silence(struct frame *frame)
{
	set_protocol(frame, EXPERIMENTAL);
	frame->sum_offset = 0;
}

void frame_spoil(struct frame *frame)
{
	frame->sum_offset = 0;
}

/* An element of an array map takes whole words of 8 bytes, in an mmapped one as well. */
int keys_make(struct keys *keys, const void *bytes, __u32 count, __u32 size)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	__u32 stride = (size + 7) / 8 * 8;
	const unsigned char *from = bytes;
	unsigned char *to;

	keys->count = count;
	keys->size = size;
	keys->map_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "keys", 4, size, count, &opts);
	if (keys->map_fd < 0)
		return failed(-errno, "cannot make a map of %u keys", count);
	to = mmap(NULL, (size_t)count * stride, PROT_READ | PROT_WRITE, MAP_SHARED, keys->map_fd,
	          0);
	if (to == MAP_FAILED) {
		int err = failed(-errno, "cannot map %u keys into memory", count);

		keys_free(keys);
		return err;
	}
	for (__u32 i = 0; i < count; i++)
		memcpy(to + (size_t)i * stride, from + (size_t)i * size, size);
	munmap(to, (size_t)count * stride);
	return 0;
}

int keys_make_private(struct keys *keys, __u32 count)
{
	__be32 *addresses = malloc(count * sizeof(*addresses));
	__u64 seed = 1;
	int err;

	if (!addresses)
		return failed(-ENOMEM, "cannot make %u addresses", count);
	for (__u32 i = 0; i < count; i++)
		addresses[i] = htonl(0x0a400000 | (random_next(&seed) >> 42));
	err = keys_make(keys, addresses, count, sizeof(*addresses));
	free(addresses);
	return err;
}

void keys_free(struct keys *keys)
{
	if (keys->map_fd > 0)
		close(keys->map_fd);
	keys->map_fd = 0;
}
