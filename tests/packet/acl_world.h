/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The acl programs with their maps open as the tool has them, and a plain reference beside. */
#ifndef TESTS_PACKET_ACL_WORLD_H
#define TESTS_PACKET_ACL_WORLD_H

#include "scripts/acl_decide.h"
#include "tests/packet/twins.h"

struct world {
	struct twins twins;
	struct config config;
	struct acl_session session;
};

void world_open(struct world *w);
void world_close(struct world *w);

/*
 * Put in force what the text says, as "acl load" does; lists that it does not name are removed.
 * Whatever is refused fails the test.
 */
void world_load(struct world *w, const char *text);

/* What was counted for the nth rule, by the order in which they were loaded. */
__u64 world_hits(struct world *w, size_t n);

/*
 * The rule that decides about a packet, or NULL: found by looking at every rule, without any table.
 */
const struct acl_rule *reference_rule(const struct acl_rules *rules,
                                      const struct acl_packet *packet);

/* What a frame has of all this, found by tests/packet/checksum.h. */
void packet_of_frame(struct acl_packet *packet, struct frame *f);

#endif
