/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load --shared, before anything is loaded. */
#ifndef PINNING_LOAD_SHARED_H
#define PINNING_LOAD_SHARED_H

#include <stddef.h>
#include "pinning/loader.h"

/*
 * Look which of the interfaces have maps of the object pinned, and put the one first that has the
 * set which all shall share; options->session->together says that content is to be carried over
 * from one set that several have. ifaces: room for as many, which gets those that were found, in
 * the order of the names; the others are zeros. Reports its failures. Returns 0, -EEXIST for two
 * different sets, unless one may take the place of the other (MISMATCH_FRESH) or is carried over
 * into it, or another negative errno.
 */
int load_share(char **ifnames, struct interface *ifaces, size_t count, const struct object *object,
               const struct load_options *options);

/*
 * The load is over, and only these got the program, not as many as the records say: correct those
 * which say `told`. Reports its failures. Returns 0 or a negative errno.
 */
int load_correct_shared(char **ifnames, unsigned int count, enum hook hook, unsigned int told);

#endif
