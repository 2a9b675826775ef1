/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the programs decide about a packet, and by what: looked up in the tables that they use. */
#ifndef SCRIPTS_ACL_DECIDE_H
#define SCRIPTS_ACL_DECIDE_H

#include "scripts/acl_rules.h"
#include "scripts/acl_session.h"

/* By direction; what a packet has not, or what is not known, has kind ACL_RULE_NONE. */
struct acl_packet {
	struct acl_rule mac[ACL_DIRECTIONS], address[ACL_DIRECTIONS], port[ACL_DIRECTIONS];
};

struct acl_answer {
	enum acl_verdict verdict;
	const struct acl_rule *rule; /* that decided, or NULL */
	const struct acl_list *list; /* that did, or NULL; with neither the policy did */
	struct acl_rule around;      /* what the list has about the address */
	const struct acl_rule *met;  /* what of the packet it was about, and its direction */
	__u8 direction;
};

void acl_decide(const struct acl_session *session, const struct acl_rules *rules,
                const struct acl_packet *packet, struct acl_answer *answer);

/*
 * What is not known of the packet, though there are rules or lists for it: bit 2 * i + direction,
 * where i is 0 for mac, 1 for address and 2 for port.
 */
unsigned int acl_left_out(const struct acl_session *session, const struct acl_settings *settings,
                          const struct acl_packet *packet);

#endif
