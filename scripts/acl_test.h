/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the programs would decide about a packet, and by which rule or list: the verb test. */
#ifndef SCRIPTS_ACL_TEST_H
#define SCRIPTS_ACL_TEST_H

#include "scripts/acl_edit.h"

/*
 * A packet from that source address, to that TCP or UDP port (or NULL), and with the rest from the
 * options; looked up in the tables that the programs use. Returns an exit status.
 */
int acl_test(struct config *config, const struct acl_options *options, const char *source,
             const char *port);

#endif
