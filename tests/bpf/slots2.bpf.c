// SPDX-License-Identifier: GPL-2.0-only
/* Two slots are filled. */
#define SLOTS_SECOND
#include "tests/bpf/slots.bpf.h"
