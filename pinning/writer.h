/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every writer does before it looks at anything. */
#ifndef PINNING_WRITER_H
#define PINNING_WRITER_H

#include <stdbool.h>
#include "bpffs/bpffs.h"
#include "bpffs/interface.h"

/*
 * Become the one writer, finish what killed runs left, and go on with what is still to be brought
 * over in the directory of the interface, for which other writers need not wait. *resumed: that was
 * done, or tried. Reports its failures. Returns 0 or a negative errno.
 */
int writer_begin(struct bpffs *fs, const struct interface *iface, bool *resumed);

#endif
