/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Internet checksums, updated rather than computed (RFC 1624, equation 3): what was wrong before
 * stays wrong, so a broken packet is never made good.
 */
#ifndef CHECKSUM_BPF_H
#define CHECKSUM_BPF_H

#include <linux/bpf.h>
#include <linux/ip.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

/*
 * What a change adds to the sum that a checksum is the complement of: a running number, 0 for no
 * change. Values are in network byte order, as they stand in the packet.
 */
static __always_inline __u64 checksum_change16(__u64 change, __u16 removed, __u16 added)
{
	return change + (__u16)~removed + added;
}

static __always_inline __u64 checksum_change32(__u64 change, __u32 removed, __u32 added)
{
	return change + (__u32)~removed + added;
}

static __always_inline __u32 checksum_fold32(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	return (sum & 0xffffffff) + (sum >> 32);
}

static __always_inline __u16 checksum_fold16(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* The checksum after the change. */
static __always_inline __u16 checksum_update(__u16 check, __u64 change)
{
	return ~checksum_fold16(checksum_fold32(change + (__u16)~check));
}

/* The checksum of a header without options is right: its sum is all ones (RFC 1071). */
static __always_inline int checksum_is_whole4(const struct iphdr *ip)
{
	const __u32 *words = (const __u32 *)ip;
	__u64 sum = 0;

#pragma unroll
	for (int i = 0; i < 5; i++)
		sum += words[i];
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (sum >> 16) + (sum & 0xffff) == 0xffff;
}

#endif
