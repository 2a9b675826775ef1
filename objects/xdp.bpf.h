/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each XDP source is built twice. NAME_frags.o has its program in section xdp.frags: native XDP
 * then takes packets of several buffers (an MTU above a page), of which only the first lies between
 * data and data_end. The kernel has such packets, and the helper that gives their whole length,
 * since 5.18; before it, that object does not load.
 */
#ifndef XDP_BPF_H
#define XDP_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#ifdef XDP_FRAGS
#define XDP_SECTION "xdp.frags"
#else
#define XDP_SECTION "xdp"
#endif

/* The length of the whole packet, of which data to data_end may be only the first buffer. */
static __always_inline __u64 xdp_bytes(struct xdp_md *ctx)
{
#ifdef XDP_FRAGS
	return bpf_xdp_get_buff_len(ctx);
#else
	/*
	 * Loaded and subtracted here and now: else the compiler may load early and spill, which for
	 * it are 32 bits, while the verifier has a pointer in them and refuses.
	 */
	__u32 bytes = *(volatile __u32 *)&ctx->data_end - *(volatile __u32 *)&ctx->data;

	asm volatile("" : "+r"(bytes));
	return bytes;
#endif
}

#endif
