// SPDX-License-Identifier: GPL-2.0-only
/* With room for 32 entries. */
#define LISTED_ROOM 32
#include "tests/bpf/listed.bpf.h"
