// SPDX-License-Identifier: GPL-2.0-only
/* Programs that the kernel refuses, each for another of the usual causes. */
#include "compat/maps.bpf.h"

BPF_MAP(of_causes, BPF_MAP_TYPE_ARRAY, __u32, __u64, 4);

SEC("xdp/packet")
int beyond_packet(struct xdp_md *ctx)
{
	return *(volatile __u8 *)(long)ctx->data ? XDP_PASS : XDP_DROP;
}

SEC("xdp/null")
int without_null(struct xdp_md *ctx)
{
	__u32 key = ctx->rx_queue_index;
	__u64 *value = bpf_map_lookup_elem(&of_causes, &key);

	*value = 1;
	return XDP_PASS;
}

SEC("xdp/value")
int beyond_value(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&of_causes, &key);

	if (value)
		value[ctx->rx_queue_index] = 1;
	return XDP_PASS;
}

/* It ends, but the verifier takes each turn for itself. */
SEC("xdp/long")
int long_loop(struct xdp_md *ctx)
{
	__u32 turns = 0;

	(void)ctx;
	for (__u32 i = 0; i < 2000000; i++)
		asm volatile("%0 += 1" : "+r"(turns));
	return turns & 1 ? XDP_PASS : XDP_DROP;
}

/* Nobody knows whether it ends. */
SEC("xdp/jumps")
int long_jumps(struct xdp_md *ctx)
{
	__u32 turns = 0;

	for (__u32 at = ctx->rx_queue_index; at != 77; at = at * 5 + 1)
		asm volatile("%0 += 1" : "+r"(turns));
	return turns & 1 ? XDP_PASS : XDP_DROP;
}

SEC("xdp/endless")
int endless_loop(struct xdp_md *ctx)
{
	(void)ctx;
	asm volatile("r6 = 1\n"
	             "endless_again:\n"
	             "if r6 != 0 goto endless_again" ::
	                     : "r6");
	return XDP_PASS;
}

/* The same of one line of source alone, which the log has at the beginning. */
SEC("xdp/long_line")
int long_line(struct xdp_md *ctx)
{
	(void)ctx;
	asm volatile("r6 = 0\n"
	             "long_again:\n"
	             "r6 += 1\n"
	             "r7 = r6\n"
	             "if r7 != 2000000 goto long_again" ::
	                     : "r6", "r7");
	return XDP_PASS;
}

/*
 * A counter on the stack: the verifier does not see that it comes closer to its end. All of it is
 * one line, as a macro would be.
 */
/* clang-format off */
SEC("xdp/endless_line")
int endless_line(struct xdp_md *ctx) { volatile int i; (void)ctx; for (i = 0; i < 100000000; i++) asm volatile(""); return i; }
/* clang-format on */

SEC("xdp/unknown")
int unknown_helper(struct xdp_md *ctx)
{
	return ((int (*)(void *))99999)(ctx);
}

/* It exists, but for other types of programs. */
SEC("xdp/other")
int others_helper(struct xdp_md *ctx)
{
	return ((int (*)(void *))BPF_FUNC_skb_vlan_pop)(ctx);
}

SEC("xdp/unset")
int unset_register(struct xdp_md *ctx)
{
	int action;

	(void)ctx;
	asm volatile("%0 = r7" : "=r"(action));
	return action;
}

/* A length: pointers may be subtracted with CAP_PERFMON. */
SEC("xdp/length")
int packet_length(struct xdp_md *ctx)
{
	return ctx->data_end - ctx->data > 100 ? XDP_PASS : XDP_DROP;
}

/* A field that no kernel has. */
struct sk_buff {
	int field_of_nobody;
} __attribute__((preserve_access_index));

SEC("xdp/field")
int missing_field(struct xdp_md *ctx)
{
	struct sk_buff *skb = (void *)(long)ctx->data;

	return __builtin_preserve_field_info(skb->field_of_nobody, 0);
}

char LICENSE[] SEC("license") = "GPL";
