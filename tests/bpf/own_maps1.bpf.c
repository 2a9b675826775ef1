// SPDX-License-Identifier: GPL-2.0-only
/* The older version. */
#include "tests/bpf/own_maps.bpf.h"
