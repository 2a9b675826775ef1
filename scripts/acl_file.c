// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include "scripts/acl_entry.h"
#include "scripts/acl_file.h"

bool acl_file_rule(struct line_file *file, struct acl_rule *rule)
{
	struct acl_rule words = {}, second;
	const char *word, *reason = NULL;
	bool found = false;
	size_t len;

	while (!reason && (word = line_file_word(file, &len))) {
		if (acl_entry_word(&words, word, len, &reason))
			continue;
		reason = acl_entry_parse(found ? &second : rule, word, len, ACL_NO_ENTRY);
		if (!reason && found)
			reason = acl_refuse(word, len, "is a second entry: a line has one");
		found = true;
	}
	if (!reason && !found)
		reason = "has no address, port or Ethernet address";
	if (reason) {
		line_file_refuse(file, file->line, reason);
		return false;
	}
	rule->sides = words.sides;
	rule->verdict = words.verdict;
	return true;
}

/* "192.0.2.1 - 192.0.2.9": what is behind the dash, joined to what was before it. */
static const char *parse_spread_range(struct line_file *file, struct acl_rule *rule,
                                      const char *first, size_t first_len)
{
	char text[ACL_ENTRY_TEXT];
	const char *last;
	size_t len;
	int n;

	last = line_file_word(file, &len);
	if (!last)
		return "has nothing behind its dash";
	n = snprintf(text, sizeof(text), "%.*s-%.*s", (int)first_len, first, (int)len, last);
	if (n >= (int)sizeof(text))
		return "is no range: two addresses of one kind";
	return acl_entry_parse(rule, text, n, ACL_NO_ADDRESS);
}

bool acl_file_address(struct line_file *file, struct acl_rule *rule)
{
	const char *reason, *word, *second;
	struct acl_rule other;
	size_t len, second_len;

	word = line_file_word(file, &len);
	second = line_file_word(file, &second_len);
	if (second && second_len == 1 && *second == '-' && len < ACL_ENTRY_TEXT)
		reason = parse_spread_range(file, rule, word, len);
	else
		reason = acl_entry_parse(rule, word, len, ACL_NO_ADDRESS);
	/* It could be the end of a range, or a netmask. */
	if (!reason && second && !acl_entry_parse(&other, second, second_len, "") &&
	    other.kind == rule->kind)
		reason = acl_refuse(second, second_len,
		                    "is a second address: write first-last for a range");
	if (!reason && rule->kind != ACL_RULE_IP4 && rule->kind != ACL_RULE_IP6)
		reason = acl_refuse(word, len, ACL_NO_ADDRESS);
	if (reason)
		line_file_refuse(file, file->line, reason);
	return !reason;
}
