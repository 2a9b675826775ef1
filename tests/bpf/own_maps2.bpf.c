// SPDX-License-Identifier: GPL-2.0-only
/* The newer version: other maps, and one less is used. */
#define OWN_SECOND
#include "tests/bpf/own_maps.bpf.h"
