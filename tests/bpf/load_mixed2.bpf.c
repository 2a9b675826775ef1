// SPDX-License-Identifier: GPL-2.0-only
#define ALLOWED __u64
#define WAITING 16
#include "load_mixed.bpf.h"
