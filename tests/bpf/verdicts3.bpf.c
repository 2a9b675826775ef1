// SPDX-License-Identifier: GPL-2.0-only
/* The same, and a larger value. */
enum verdict { VERDICT_DENY, VERDICT_PASS };

#define GROWN
#include "tests/bpf/verdicts.bpf.h"
