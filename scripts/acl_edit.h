/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs of acl that change rules, or the policy; each returns an exit status. */
#ifndef SCRIPTS_ACL_EDIT_H
#define SCRIPTS_ACL_EDIT_H

#include <stdbool.h>
#include "scripts/config.h"

/* What the user asked for beside the verb and its arguments. */
struct acl_options {
	struct config_options config;
	const char *list; /* --list, or NULL: rules */
	bool keep_going;
	const char *destination, *sport, *mac, *destination_mac; /* of the packet of "test" */
};

int acl_add(struct config *config, const struct acl_options *options, char **words, int count);
int acl_del(struct config *config, const struct acl_options *options, char **words, int count);
int acl_flush(struct config *config, const struct acl_options *options);

/* Set the policy, with the lock taken by itself; or show it, if word is NULL. */
int acl_policy(struct config *config, const char *word);

#endif
