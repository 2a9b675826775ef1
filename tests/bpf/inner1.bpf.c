// SPDX-License-Identifier: GPL-2.0-only
/* Maps of maps; the other of inner1 and inner2 takes other maps into them. */
#define INNER_VALUE __u64
#define INNER_TYPE  BPF_MAP_TYPE_HASH
#include "tests/bpf/inner.bpf.h"
