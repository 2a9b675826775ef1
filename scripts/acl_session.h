/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All maps of acl, open for one verb. */
#ifndef SCRIPTS_ACL_SESSION_H
#define SCRIPTS_ACL_SESSION_H

#include "scripts/acl_lists.h"

struct acl_session {
	const struct config *config;
	struct acl_maps maps;
	struct acl_lists lists; /* all out of force if the program has none */
	bool has_lists;
};

/* Reports its failures. Returns 0 or a negative errno; acl_session_close() always follows. */
int acl_session_open(struct acl_session *session, const struct config *config,
                     enum config_access access);
void acl_session_close(struct acl_session *session);

/* Returns 0, or -ENOENT, reported, if the program has no lists. */
int acl_session_need_lists(const struct acl_session *session);

#endif
