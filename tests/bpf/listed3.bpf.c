// SPDX-License-Identifier: GPL-2.0-only
/* With room for 32 entries, and for more lists. */
#define LISTED_ROOM  32
#define LISTED_SLOTS 8
#include "tests/bpf/listed.bpf.h"
