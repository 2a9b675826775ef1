/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of access lists as text: "192.0.2.0/24", "10.0.0.1-10.0.0.9", "tcp/80", "02:00:..." */
#ifndef SCRIPTS_ACL_ENTRY_H
#define SCRIPTS_ACL_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include "objects/acl.h"

/* The longest text of an entry: a range of two IPv6 addresses. */
#define ACL_ENTRY_TEXT 96

/* What is said of a text that is none of what may stand there. */
#define ACL_NO_ENTRY                                                                               \
	"is no address, port or Ethernet address, and none of src, dst, both, allow and deny"
#define ACL_NO_ADDRESS "is no address, prefix or range of addresses: lists hold nothing else"

/*
 * Parse one entry, without spaces, into kind, protocol, first and last of *rule, and zero all else.
 * wanted: one of the above. Returns NULL, or why it is refused, as acl_refuse().
 */
const char *acl_entry_parse(struct acl_rule *rule, const char *text, size_t len,
                            const char *wanted);

/* The text, shortened, and behind it the reason: words that are valid until the next call. */
const char *acl_refuse(const char *text, size_t len, const char *reason);

/*
 * "src", "dst", "both", "allow" and "deny" set sides and verdict. Returns whether it was one;
 * *reason is why it is refused, if sides or verdict were set before: in words, valid until the next
 * call.
 */
bool acl_entry_word(struct acl_rule *rule, const char *text, size_t len, const char **reason);

/* "pass", "drop" and "drop-ip" set the bits of ACL_FLAGS_POLICY. Returns whether it was one. */
bool acl_policy_word(__u8 *flags, const char *text, size_t len);

/* Of each kind what an entry means that does not say it: deny; ports dst, addresses src. */
void acl_entry_defaults(struct acl_rule *rule);

/* The entry as acl_entry_parse() reads it: a range that is a prefix is written as one. */
void acl_entry_print(const struct acl_rule *rule, char text[ACL_ENTRY_TEXT]);

/* "FILE:LINE: ", a long name shortened, or "" if file is NULL. */
#define ACL_PLACE 280
const char *acl_place(const char *file, unsigned int line, char text[ACL_PLACE]);

const char *acl_sides_name(__u8 sides);
const char *acl_verdict_name(__u8 verdict);

/* Of an address: its bytes, 4 or 16. */
size_t acl_address_size(__u8 kind);

/* The length of the prefix that a range of addresses is, or -1 if it is none. */
int acl_prefix_length(const struct acl_rule *rule);

/*
 * Call visit with the fewest prefixes that make up a range of addresses, in their order, until it
 * returns anything but 0, which is then returned. address points to acl_address_size() bytes.
 */
int acl_prefixes(const struct acl_rule *rule,
                 int (*visit)(const __u8 *address, unsigned int length, void *arg), void *arg);

#endif
