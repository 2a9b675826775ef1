// SPDX-License-Identifier: GPL-2.0-only
/* The numbers of verdicts1, and one more. */
enum verdict { VERDICT_PASS, VERDICT_DENY, VERDICT_LOG };

#include "tests/bpf/verdicts.bpf.h"
