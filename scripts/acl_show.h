/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What acl prints: rules and lists for people, as JSON, or as a file that it loads. */
#ifndef SCRIPTS_ACL_SHOW_H
#define SCRIPTS_ACL_SHOW_H

#include "bpffs/json.h"
#include "scripts/acl_edit.h"
#include "scripts/acl_rules.h"
#include "scripts/acl_session.h"

#define ACL_SCHEMA "ifbpf.acl/1"

/* "pass" or "drop". */
const char *acl_policy_name(const struct acl_settings *settings);

/* The policy alone. */
void acl_show_policy(const struct config *config, const struct acl_settings *settings);

/* The verbs list and save; they return exit statuses. */
int acl_list(struct config *config, const struct acl_options *options);
int acl_save(struct config *config, const struct acl_options *options);

/* The end of an edit: one JSON document with the number of rules before and after it, if asked. */
void acl_show_edit(const struct config *config, size_t before, size_t after);

/* The same after the edit of a list: what it has now; without JSON a line, if it is long. */
void acl_show_list_edit(const struct acl_session *session, const char *name);

/* A rule in JSON: number, entry, kind, direction, verdict. */
struct json_object *acl_rule_json(const struct acl_rule *rule);

#endif
