// SPDX-License-Identifier: GPL-2.0-only
/* The newer version, without. */
#define KEYS_SECOND
#include "tests/bpf/keys.bpf.h"
