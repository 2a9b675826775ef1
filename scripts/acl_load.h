/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replacing all rules, or the whole of a list, by what a file has: the verb load. */
#ifndef SCRIPTS_ACL_LOAD_H
#define SCRIPTS_ACL_LOAD_H

#include "scripts/acl_edit.h"

/*
 * Read a file ("-": standard input), then take the lock of the interface and put what it says in
 * force. words: verdict and direction of a new list. Returns an exit status.
 */
int acl_load(struct config *config, const struct acl_options *options, const char *path,
             char **words, int count);

#endif
