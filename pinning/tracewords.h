/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says in words when a bpf_link is refused: BPF_LINK_CREATE has no extended
 * acknowledgement, but the tracepoint xdp:bpf_xdp_link_attach_failed (6.6) carries the message.
 */
#ifndef PINNING_TRACEWORDS_H
#define PINNING_TRACEWORDS_H

#include <stdbool.h>
#include <stddef.h>

struct tracewords {
	bool unmounted; /* there is no tracefs where it could be had from */
	int fd;         /* perf event, or -1 where it cannot be had */
	void *ring;     /* its buffer */
	size_t size;
};

/*
 * Listen to what this thread causes from now on (perf_event_open(2); needs a mounted tracefs and
 * CAP_PERFMON). Where that is not to be had, tracewords_end() just finds nothing.
 */
#define TRACEWORDS_TRACEFS "/sys/kernel/tracing"
void tracewords_begin(struct tracewords *words);

/*
 * Whether the kernel has the tracepoint, asked without tracefs: of its BTF. False also if that has
 * none.
 */
bool tracewords_exist(void);

/* Stop listening; the last message goes to out, which becomes "" if there was none. */
void tracewords_end(struct tracewords *words, char *out, size_t size);

#endif
