// SPDX-License-Identifier: GPL-2.0-only
/* The numbers of verdicts1 the other way round. */
enum verdict { VERDICT_DENY, VERDICT_PASS };

#include "tests/bpf/verdicts.bpf.h"
