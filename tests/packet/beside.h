/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tc programs on packets whose outer VLAN tag is not in the packet but beside it, in the skb. */
#ifndef TESTS_PACKET_BESIDE_H
#define TESTS_PACKET_BESIDE_H

#include "tests/packet/oracle.h"
#include "tests/packet/twins.h"

struct beside {
	struct bpf_object *obj;
	struct twins
		tagged; /* its tc program gives the packet the tag, and runs the one under test */
	int tag_fd;
};

/* t: whose tc program is to be run; it stays open until beside_close(). */
void beside_open(struct beside *b, const struct twins *t);
void beside_close(struct beside *b);

/* As twins_run_tc(). The frame is the one without the tag, before and afterwards. */
int beside_run(const struct beside *b, const struct frame *in, __u16 protocol, __u16 tci,
               struct frame *out);

/* Put a tag behind the addresses of a frame: where one that is beside it belongs. */
void beside_insert(struct frame *f, __u16 protocol, __u16 tci);

/* What the oracle finds in the frame with the tag in it; but there it is 4 bytes longer. */
void beside_oracle(const struct frame *f, __u16 protocol, __u16 tci, struct probe *expected);

#endif
