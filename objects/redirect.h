/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The maps of the redirect programs: where to, which stations, and what was sent. */
#ifndef REDIRECT_H
#define REDIRECT_H

#include <linux/types.h>

/*
 * Devmap: the interface that key 0 holds gets the frames of XDP; without an entry they pass. The
 * kernel lets only programs of one kind share a devmap, so tc has the ifindex below.
 */
#define REDIRECT_PORT_MAP "tx_port"

/* Source MAC to the destination MAC that a frame of it gets. Unknown sources pass. */
#define REDIRECT_PARAMS_MAP "redirect_params"

/* Source MAC to struct stats_record, per CPU. Only flows that have an entry are counted. */
#define REDIRECT_FLOWS_MAP "redirect_flows"

/* One struct redirect_mode. */
#define REDIRECT_MODE_MAP "redirect_mode"

#define REDIRECT_FLOWS 4096

struct redirect_mac {
	__u8 bytes[6];
};

struct redirect_mode {
	__u32 ifindex; /* for tc, and for XDP if plain; 0: all pass */
	__u32 plain;   /* 1: XDP uses bpf_redirect() rather than bpf_redirect_map() */
	/* The programs do not read these: what a tool did, so that it can undo it. */
	__u32 owned;     /* 1: a tool filled in the above; each flow of redirect_flows is its */
	__u32 reverse;   /* ifindex of the interface that it set up in the other direction, or 0 */
	__u32 stub_prog; /* id of the program that it loaded at the other end of a veth, or 0, */
			 /* or REDIRECT_STUB_COMING */
	__u32 stub_port; /* ifindex of that veth; 0, from before it was noted: the above */
};

/* It was about to load its stub there, and may have done so. */
#define REDIRECT_STUB_COMING 0xffffffffU

_Static_assert(sizeof(struct redirect_mac) == 6, "struct redirect_mac is a pinned format");
_Static_assert(sizeof(struct redirect_mode) == 24, "struct redirect_mode is a pinned format");

#endif
