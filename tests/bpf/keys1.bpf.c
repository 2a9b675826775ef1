// SPDX-License-Identifier: GPL-2.0-only
/* The older version, with ports. */
#include "tests/bpf/keys.bpf.h"
