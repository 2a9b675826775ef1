/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file declares, and neither it nor the kernel is said to have. */
#ifndef PINNING_OBJECT_EXTERN_H
#define PINNING_OBJECT_EXTERN_H

#include <stdbool.h>

/* Room for its name, of which more is cut. */
#define OBJECT_EXTERN 128

/*
 * Find the first function or variable that is not defined in the file, and that its BTF, if it has
 * any, does not place among those of the kernel (__ksym, __kconfig). Returns whether there is one;
 * silent.
 */
bool object_find_extern(const char *path, char name[OBJECT_EXTERN]);

#endif
