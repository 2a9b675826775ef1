// SPDX-License-Identifier: GPL-2.0-only
/* The program of carry_events with greater maps, but for the queue. */
#define GROWN 2
#include "tests/bpf/carry_events.bpf.c"
