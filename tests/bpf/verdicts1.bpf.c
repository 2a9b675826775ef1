// SPDX-License-Identifier: GPL-2.0-only
/* Passing is 0, denying 1. */
enum verdict { VERDICT_PASS, VERDICT_DENY };

#include "tests/bpf/verdicts.bpf.h"
