/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a hook could not be changed: somebody else has changed it meanwhile. */
#ifndef PINNING_ATTACH_MEANWHILE_H
#define PINNING_ATTACH_MEANWHILE_H

#include <stdbool.h>
#include "bpffs/query.h"

#define ATTACH_MEANWHILE_SIZE 160

/*
 * Whether another program, or none, is where `old` was: the kernel's error for that is one that it
 * has for want of a privilege as well. Writes what is there now into text. False also if the kernel
 * cannot be asked.
 */
bool attach_meanwhile(const struct interface *iface, const struct attachment *old,
                      char text[ATTACH_MEANWHILE_SIZE]);

#endif
