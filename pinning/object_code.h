/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the code of an object refers to, by the relocations of the file. */
#ifndef PINNING_OBJECT_CODE_H
#define PINNING_OBJECT_CODE_H

#include "pinning/object.h"

/*
 * use(): each map that the programs which are to be loaded (autoload), and the functions that these
 * call, refer to; as often as they do. What it returns, if not 0, ends it. Silent. Returns 0,
 * -ENOENT for a reference that leads nowhere, or another negative errno.
 */
int object_code_read(const struct object *object,
                     int (*use)(const struct object *object, const char *map));

#endif
