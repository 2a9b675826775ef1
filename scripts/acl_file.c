// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <strings.h>
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

#define NO_RANGE "is no range: two addresses of one kind"

/* What some write between two addresses, beside what has no letter in it. */
static const char *const connectors[] = { "to",    "through", "thru",    "till", "until",
	                                  "up-to", "mask",    "netmask", NULL };

struct word {
	const char *text; /* NULL: there is none */
	size_t len;
};

/* Words end at '|' as well, and quotes around one are no part of it. */
static struct word next_word(struct line_file *file)
{
	struct word word = {};
	const char *bar;

	do {
		word.text = line_file_word(file, &word.len);
		if (!word.text)
			return word;
		for (; word.len && *word.text == '|'; word.len--)
			word.text++;
	} while (!word.len);
	bar = memchr(word.text, '|', word.len);
	if (bar) {
		word.len = bar - word.text;
		file->word = bar;
	}
	if (word.len > 2 && *word.text == '"' && word.text[word.len - 1] == '"') {
		word.text++;
		word.len -= 2;
	}
	return word;
}

static bool is(struct word word, const char *wanted)
{
	return word.text && word.len == strlen(wanted) && !strncasecmp(word.text, wanted, word.len);
}

static bool is_letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Without what is before its first letter or digit, such as dashes, of any alphabet; or ':'. */
static struct word strip(struct word word)
{
	for (; word.len && !is_letter_or_digit(*word.text) && *word.text != ':'; word.len--)
		word.text++;
	return word;
}

static bool is_connector(struct word word)
{
	/* Quotes around nothing are a field without anything. */
	if (!word.text || *word.text == '"')
		return false;
	if (!strip(word).len || (word.len == 1 && *word.text == ':'))
		return true;
	for (int i = 0; connectors[i]; i++)
		if (is(word, connectors[i]))
			return true;
	return false;
}

/* The kind of the address with which a word begins, which something else may follow. */
static __u8 leading_address(struct word word)
{
	struct acl_rule address;
	size_t len = 0;

	word = strip(word);
	while (len < word.len && (word.text[len] == '.' || word.text[len] == ':' ||
	                          is_letter_or_digit(word.text[len])))
		len++;
	if (len && len == word.len && word.text[len - 1] == '.')
		len--;
	acl_entry_parse(&address, word.text, len, "");
	/* An IPv4-mapped one is refused, but no less an address. */
	return address.kind == ACL_RULE_IP4 || address.kind == ACL_RULE_IP6 ? address.kind : 0;
}

static bool is_prefix_length(struct word word, const struct acl_rule *rule)
{
	int length = acl_prefix_length(rule);
	char text[8];

	snprintf(text, sizeof(text), "%d", length);
	return length >= 0 && is(word, text);
}

/* first and last, with what stands between them. */
static const char *parse_two(struct acl_rule *rule, struct word first, struct word last)
{
	char text[ACL_ENTRY_TEXT];
	int n;

	n = snprintf(text, sizeof(text), "%.*s-%.*s", (int)first.len, first.text, (int)last.len,
	             last.text);
	return n < (int)sizeof(text) ? acl_entry_parse(rule, text, n, ACL_NO_ADDRESS) : NO_RANGE;
}

/* "192.0.2.1 - 192.0.2.9"; but what else stands behind a dash or another such sign is text. */
static const char *parse_connected(struct line_file *file, struct acl_rule *rule, struct word first,
                                   struct word sign)
{
	struct word last = next_word(file);

	if (!last.text)
		return acl_refuse(sign.text, sign.len, "has nothing behind it");
	if (is(sign, "-") && (leading_address(last) || (*last.text >= '0' && *last.text <= '9')))
		return first.len + last.len < ACL_ENTRY_TEXT ? parse_two(rule, first, last)
		                                             : NO_RANGE;
	while (is_connector(last))
		last = next_word(file);
	if (last.text && (leading_address(last) || (*last.text >= '0' && *last.text <= '9')))
		return acl_refuse(last.text, last.len,
		                  "could be the end of a range, or a netmask: write first-last");
	return NULL;
}

/*
 * Any text may stand behind an address, but nothing by which it could be meant as more than one.
 * Two addresses and the length of the prefix that they are say the same twice.
 */
static const char *parse_behind(struct line_file *file, struct acl_rule *rule, struct word first)
{
	struct word second = next_word(file), rest = strip(second);
	struct acl_rule range;

	if (!second.text)
		return NULL;
	if (is_connector(second))
		return parse_connected(file, rule, first, second);
	if (leading_address(second) == rule->kind) {
		if (first.len + second.len < ACL_ENTRY_TEXT && !parse_two(&range, first, second) &&
		    is_prefix_length(next_word(file), &range)) {
			*rule = range;
			return NULL;
		}
		return acl_refuse(second.text, second.len,
		                  "is a second address: write first-last for a range");
	}
	if (*second.text == '/' && rest.len && *rest.text >= '0' && *rest.text <= '9')
		return acl_refuse(second.text, second.len,
		                  "is apart from its address: write address/length for a prefix");
	if (*second.text == '-' && rest.len && *rest.text >= '0' && *rest.text <= '9')
		return acl_refuse(second.text, second.len,
		                  "could be the end of a range: write first-last");
	if (rest.len > 2 && !strncasecmp(rest.text, "0x", 2))
		return acl_refuse(second.text, second.len,
		                  "could be a netmask: write address/length for a prefix");
	return NULL;
}

/* A line of ipset(8): "add NAME ENTRY", with nothing by which it would be less than the entry. */
static const char *parse_ipset(struct line_file *file, struct acl_rule *rule)
{
	struct word name = next_word(file), entry = next_word(file), behind;
	const char *reason;

	if (!name.text || !entry.text)
		return "is no line of ipset: add NAME ADDRESS";
	if (file->word < file->end && *file->word == ',')
		return acl_refuse(entry.text, entry.len,
		                  "is not all of its entry: lists hold addresses only");
	reason = acl_entry_parse(rule, entry.text, entry.len, ACL_NO_ADDRESS);
	while (!reason && (behind = next_word(file)).text)
		if (is(behind, "nomatch"))
			reason = acl_refuse(entry.text, entry.len,
			                    "is nomatch: a list has no exceptions");
	return reason;
}

bool acl_file_address(struct line_file *file, struct acl_rule *rule)
{
	struct word word = next_word(file);
	const char *reason;

	if (!word.text)
		reason = ACL_NO_ADDRESS;
	else if (is(word, "add"))
		reason = parse_ipset(file, rule);
	else
		reason = acl_entry_parse(rule, word.text, word.len, ACL_NO_ADDRESS);
	if (!reason && rule->kind != ACL_RULE_IP4 && rule->kind != ACL_RULE_IP6)
		reason = acl_refuse(word.text, word.len, ACL_NO_ADDRESS);
	if (!reason && !is(word, "add"))
		reason = parse_behind(file, rule, word);
	if (reason)
		line_file_refuse(file, file->line, reason);
	return !reason;
}
