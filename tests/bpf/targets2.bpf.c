// SPDX-License-Identifier: GPL-2.0-only
/* Maps of devices and CPUs with 6 slots. */
#define TARGETS 6
#include "tests/bpf/targets.bpf.h"
