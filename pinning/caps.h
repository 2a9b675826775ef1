/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which capabilities this process has. */
#ifndef PINNING_CAPS_H
#define PINNING_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/capability.h>

/* Ends a list of capabilities: none has this number. */
#define CAPS_END (-1)

/* Write the names of the wanted ones that caps lacks. Returns whether there are any. */
bool caps_missing(cap_t caps, const cap_value_t *wanted, char *out, size_t size);

#endif
