// SPDX-License-Identifier: GPL-2.0-only
/* With room for 16 entries. */
#define LISTED_ROOM 16
#include "tests/bpf/listed.bpf.h"
