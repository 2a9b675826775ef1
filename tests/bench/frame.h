/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frames that are measured with, and the keys that change in them. */
#ifndef BENCH_FRAME_H
#define BENCH_FRAME_H

#include <linux/types.h>
#include <stdbool.h>

enum {
	FRAME_SIZE_V4 = 64,
	FRAME_SIZE_V6 = 80,
	FRAME_ROOM = 128,
};

/* TCP, from v1 of the test topology to v0; the source address is the key, and is zero. */
struct frame {
	unsigned char bytes[FRAME_ROOM];
	__u32 size;
	__u32 key_offset, key_size;
	__u32 sum_offset, sum_base; /* see wrap.bpf.c */
};

void frame_make(struct frame *frame, bool v6);

/* Send it to another IPv4 address, such as one behind v0. */
void frame_set_destination(struct frame *frame, const char *address);

/* Make it an echo request (ping) to the Ethernet address that ends so, 02:00:00:00:00:XX. */
void frame_ask(struct frame *frame, unsigned char mac_end);

/* Make it one that no stack answers: of an experimental EtherType. */
void frame_silence(struct frame *frame);

/* Make it one that the IPv4 stack counts (InReceives) and drops: with a wrong checksum. */
void frame_spoil(struct frame *frame);

/* Keys in their order: a power of two of them. */
struct keys {
	int map_fd;
	__u32 count, size;
};

/* count keys of size bytes each from bytes. Returns 0 or a negative errno, reported. */
int keys_make(struct keys *keys, const void *bytes, __u32 count, __u32 size);

/* count addresses within 10.64.0.0/10, in an order without sense. */
int keys_make_private(struct keys *keys, __u32 count);

void keys_free(struct keys *keys);

/* The next number of a sequence that is the same in each run; the seed is never 0. */
static inline __u64 random_next(__u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed * 0x2545f4914f6cdd1dULL;
}

#endif
