// SPDX-License-Identifier: GPL-2.0-only
/* With room for 16 entries, and a program that does not name the list. */
#define LISTED_ROOM 16
#define LISTED_TC
#include "tests/bpf/listed.bpf.h"
