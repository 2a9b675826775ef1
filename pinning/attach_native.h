/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a driver wants before it runs a program in native mode. */
#ifndef PINNING_ATTACH_NATIVE_H
#define PINNING_ATTACH_NATIVE_H

#include "bpffs/interface.h"

/* The driver refused a program: say what to type. */
void attach_hint_native(const struct interface *iface);

#endif
