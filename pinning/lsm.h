/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The security modules at work. */
#ifndef PINNING_LSM_H
#define PINNING_LSM_H

#include <stddef.h>

#define LSM_FILE      "/sys/kernel/security/lsm"
#define LOCKDOWN_FILE "/sys/kernel/security/lockdown"

/*
 * Their names with commas between, from LSM_FILE or, where securityfs is not mounted, from the
 * kernel itself (6.8 or later). Returns 0 or a negative errno: of LSM_FILE.
 */
int lsm_list(char *out, size_t size);

#endif
