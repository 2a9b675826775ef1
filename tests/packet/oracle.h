/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a parser should find in a frame, by code that has nothing in common with the BPF header. */
#ifndef TESTS_PACKET_ORACLE_H
#define TESTS_PACKET_ORACLE_H

#include <stddef.h>
#include "tests/bpf/parse_probe.h"

enum oracle_status {
	ORACLE_GOOD,
	ORACLE_TRUNCATED,
	ORACLE_MALFORMED,
};

/* Fill in what the frame holds, tags in the packet counted alike wherever a hook sees them. */
void oracle_parse(const __u8 *frame, size_t len, struct probe *found);

#endif
