// SPDX-License-Identifier: GPL-2.0-or-later
/* The jobs that real frames are measured on: what sends them on, from v0 to w0. */
#include "tests/bench/command.h"
#include "tests/bench/job.h"

#define XDP_OFF "unload --purge --hook xdp v0"
#define TC_OFF  "unload --purge --hook tc_ingress v0"

const struct job job_forwards[] = {
	{ .name = "kernel",
	  .what = "the kernel's forwarding, two interfaces, no filter",
	  .attach = "true",
	  .detach = "true",
	  .forwards = true,
	  .routed = true },
	{ .name = "xdp-forward",
	  .what = "xdp-forward, native mode",
	  .command = "xdp-forward",
	  .package = "xdp-tools, 1.5 or later, or tests/matrix/fetch.sh trixie",
	  .attach = "xdp-forward load -m native v0 w0",
	  .detach = "xdp-forward unload v0 w0",
	  .forwards = true },
	{ .name = "xdp_forward",
	  .what = "ours, native mode",
	  .object = "objects/xdp_forward.o",
	  .attach = "load -m native v0 objects/xdp_forward.o",
	  .detach = XDP_OFF,
	  .forwards = true },
	{ .name = "xdp_forward/cached",
	  .what = "ours, with its cache, which has room for 4096 of the flows",
	  .object = "objects/xdp_forward.o",
	  .attach = "load -m native v0 objects/xdp_forward.o && forward v0 cache on",
	  .detach = XDP_OFF,
	  .forwards = true },
	{ .name = "xdp_forward/generic",
	  .what = "ours, skb mode",
	  .object = "objects/xdp_forward.o",
	  .attach = "load -m skb v0 objects/xdp_forward.o",
	  .detach = XDP_OFF,
	  .forwards = true },
	{ .name = "tc_forward",
	  .what = "ours, clsact",
	  .object = "objects/tc_forward.o",
	  .attach = "load --tc clsact v0 objects/tc_forward.o",
	  .detach = CLSACT_OFF(TC_OFF),
	  .forwards = true },
	{ .name = "tc_forward/cached",
	  .what = "ours, clsact, with its cache",
	  .object = "objects/tc_forward.o",
	  .attach = "load --tc clsact v0 objects/tc_forward.o && forward v0 cache on",
	  .detach = CLSACT_OFF(TC_OFF),
	  .forwards = true },
	{ .name = "tc_forward/tcx",
	  .what = "ours, tcx",
	  .object = "objects/tc_forward.o",
	  .newer = true,
	  .attach = "load --tc tcx v0 objects/tc_forward.o",
	  .detach = TC_OFF,
	  .forwards = true },
	{ .name = "xdp_redirect",
	  .what = "ours, native mode",
	  .object = "objects/xdp_redirect.o",
	  .attach = "load -m native v0 objects/xdp_redirect.o && redirect v0 w0",
	  .detach = XDP_OFF,
	  .forwards = true },
	{ .name = "xdp_redirect/generic",
	  .what = "ours, skb mode",
	  .object = "objects/xdp_redirect.o",
	  .attach = "load -m skb v0 objects/xdp_redirect.o && redirect v0 w0",
	  .detach = XDP_OFF,
	  .forwards = true },
	{ .name = "tc_redirect",
	  .what = "ours, clsact",
	  .object = "objects/tc_redirect.o",
	  .attach = "load --tc clsact v0 objects/tc_redirect.o && redirect v0 w0",
	  .detach = CLSACT_OFF(TC_OFF),
	  .forwards = true },
	{ .name = "tc_redirect/tcx",
	  .what = "ours, tcx",
	  .object = "objects/tc_redirect.o",
	  .newer = true,
	  .attach = "load --tc tcx v0 objects/tc_redirect.o && redirect v0 w0",
	  .detach = TC_OFF,
	  .forwards = true },
};
const size_t job_forwards_len = sizeof(job_forwards) / sizeof(job_forwards[0]);

int job_sink_begin(void)
{
	return command_run(NULL, "load --netns peer -m native w1 objects/xdp_drop.o");
}

void job_sink_end(void)
{
	command_try("unload --netns peer --hook xdp w1");
}
