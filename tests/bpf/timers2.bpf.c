// SPDX-License-Identifier: GPL-2.0-only
/* The maps of timers1 with room for more. */
#define ENTRIES 8
#include "tests/bpf/timers.bpf.h"
