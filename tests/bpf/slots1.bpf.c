// SPDX-License-Identifier: GPL-2.0-only
/* One slot is filled. */
#include "tests/bpf/slots.bpf.h"
