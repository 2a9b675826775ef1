// SPDX-License-Identifier: GPL-2.0-only
/* The filter of stops1. */
#include <linux/pkt_cls.h>

#define SECTION "tc"
#define STOP    TC_ACT_SHOT
#define PASS    TC_ACT_OK

#include "tests/bpf/stops1.bpf.c"
