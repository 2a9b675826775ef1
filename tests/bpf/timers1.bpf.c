// SPDX-License-Identifier: GPL-2.0-only
/* Timers and locks; timers2 has more of them. */
#define ENTRIES 4
#include "tests/bpf/timers.bpf.h"
