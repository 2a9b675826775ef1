// SPDX-License-Identifier: GPL-2.0-only
/*
 * Put the packet back as it was, write the next key into it, and hand it to the program that is
 * measured (wrap_*), or back to where it came from (send). The kernel does not restore packets
 * between the repeats of a test run, and one key alone finds everything in the CPU's caches.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include "wrap.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} subjects SEC(".maps");

/* Shared by all that use the same keys; the size of a key is set before loading. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u32);
} keys SEC(".maps");

/* Known when it is loaded: the frame becomes immediate stores. */
const volatile struct wrap_config config = { .frame_size = 64, .frame_words = 8, .key_size = 4 };

struct wrap_state state;

/* The frame and its next key. Returns 0 if the packet is too short for them. */
static __always_inline int restore(void *data, void *data_end)
{
	__u32 at = state.next++ & config.key_mask, sum;
	__u64 *to = data;
	__u32 *key;

	if (data + config.frame_words * 8 > data_end)
		return 0;
#pragma unroll
	for (__u32 i = 0; i < WRAP_WORDS; i++)
		if (i < config.frame_words)
			to[i] = config.frame[i];
	key = bpf_map_lookup_elem(&keys, &at);
	if (!key || data + config.key_offset + config.key_size > data_end)
		return 0;
	to = data + config.key_offset;
	*(__u32 *)to = key[0];
	if (config.key_size == 16) {
		((__u32 *)to)[1] = key[1];
		((__u32 *)to)[2] = key[2];
		((__u32 *)to)[3] = key[3];
	} else if (config.sum_offset && data + config.sum_offset + 2 <= data_end) {
		sum = config.sum_base + (*key & 0xffff) + (*key >> 16);
		sum = (sum & 0xffff) + (sum >> 16);
		sum += sum >> 16;
		*(__u16 *)(data + config.sum_offset) = ~sum;
	}
	return 1;
}

static __always_inline int restore_xdp(struct xdp_md *ctx)
{
	int grown = ctx->data_end - ctx->data - config.frame_size;

	if (grown && bpf_xdp_adjust_head(ctx, grown))
		return 0;
	return restore((void *)(long)ctx->data, (void *)(long)ctx->data_end);
}

SEC("xdp")
int wrap_xdp(struct xdp_md *ctx)
{
	if (restore_xdp(ctx))
		bpf_tail_call(ctx, &subjects, 0);
	return WRAP_FAILED;
}

SEC("xdp.frags")
int wrap_xdp_frags(struct xdp_md *ctx)
{
	if (restore_xdp(ctx))
		bpf_tail_call(ctx, &subjects, 0);
	return WRAP_FAILED;
}

SEC("tc")
int wrap_tc(struct __sk_buff *skb)
{
	if (skb->vlan_present)
		bpf_skb_vlan_pop(skb);
	if (skb->len == config.frame_size &&
	    restore((void *)(long)skb->data, (void *)(long)skb->data_end))
		bpf_tail_call(skb, &subjects, 0);
	return WRAP_FAILED;
}

/*
 * For live frames. The times of the first and of about the last frame leave out what a test run
 * waits for before and after, which is more than the frames take.
 */
SEC("xdp")
int send(struct xdp_md *ctx)
{
	if (!restore_xdp(ctx))
		return XDP_ABORTED;
	if (state.frames++ % WRAP_STAMP == 0) {
		state.stamped = state.frames;
		state.last_ns = bpf_ktime_get_ns();
		if (!state.first_ns) {
			state.first = state.frames;
			state.first_ns = state.last_ns;
		}
	}
	return state.nowhere ? XDP_DROP : XDP_TX;
}

char LICENSE[] SEC("license") = "GPL";
