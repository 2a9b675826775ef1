/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What the rules and the lists of acl have in common. */
#ifndef ACL_VERDICT_H
#define ACL_VERDICT_H

/* What decides says this; ACL_NONE: it is for the next to decide. */
enum acl_verdict {
	ACL_NONE,
	ACL_ALLOW,
	ACL_DENY,
};

/* Which address or port of a packet is meant: either of them for both bits. */
#define ACL_SIDE_SOURCE      1
#define ACL_SIDE_DESTINATION 2
#define ACL_SIDE_BOTH        3

#endif
