/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that were prepared for other loaders to attach, and that are on no hook. */
#ifndef PINNING_UNLOAD_PREPARED_H
#define PINNING_UNLOAD_PREPARED_H

#include "bpffs/interface.h"
#include "pinning/unloader.h"

/*
 * Drop the pins of programs below %progs/ that are attached neither there nor elsewhere: those that
 * fit options->hook, id and program; and those of the maps of options->maps that no program uses
 * which is attached anywhere or still pinned; and those of their program arrays that others
 * replaced, or that took the name of one which runs: that gets it back. Attached programs stay as
 * they are, and their record is set right. The caller releases the report with
 * unload_report_free(), after a failure too. Reports its failures. Returns 0, -ENOENT if nothing
 * fits (0 with options->all), -EINVAL if several do without all, or another negative errno.
 */
int unload_prepared(const struct interface *iface, const struct unload_options *options,
                    struct unload_report *report);

#endif
