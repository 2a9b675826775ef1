// SPDX-License-Identifier: GPL-2.0-only
#define ALLOWED __u32
#define WAITING 8
#include "load_mixed.bpf.h"
