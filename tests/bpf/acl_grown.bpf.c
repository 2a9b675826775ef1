// SPDX-License-Identifier: GPL-2.0-only
/* xdp_acl as a later version may be: its tables have more room. */
#include "objects/acl.h"

#undef ACL_MAX_ENTRIES
#define ACL_MAX_ENTRIES 131072

#include "objects/xdp_acl.bpf.c"
