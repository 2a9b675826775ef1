// SPDX-License-Identifier: GPL-2.0-only
/* Maps of devices and CPUs with 4 slots. */
#define TARGETS 4
#include "tests/bpf/targets.bpf.h"
