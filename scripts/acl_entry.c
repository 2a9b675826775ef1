// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/mac.h"
#include "scripts/acl_entry.h"
#include "scripts/acl_ranges.h"
#include "scripts/config.h"

static char why[160];

const char *acl_refuse(const char *text, size_t len, const char *reason)
{
	snprintf(why, sizeof(why), "'%.*s' %s", len > 60 ? 60 : (int)len, text, reason);
	return why;
}

/* A decimal number of at most `digits` digits, without leading zeros. Returns what follows. */
static const char *parse_number(const char *at, const char *end, unsigned int digits,
                                unsigned int *number)
{
	const char *begin = at;

	*number = 0;
	while (at < end && *at >= '0' && *at <= '9' && at - begin < digits)
		*number = *number * 10 + (*at++ - '0');
	if (at == begin || (at - begin > 1 && *begin == '0'))
		return NULL;
	return at;
}

/* inet_pton() in a tenth of its time: block lists have millions of these. */
static bool parse_ip4(__u8 *address, const char *at, const char *end)
{
	unsigned int byte;

	for (int i = 0; i < 4; i++) {
		if (i && (at == end || *at++ != '.'))
			return false;
		at = parse_number(at, end, 3, &byte);
		if (!at || byte > 255)
			return false;
		address[i] = byte;
	}
	return at == end;
}

static bool parse_ip6(__u8 *address, const char *at, const char *end)
{
	char text[INET6_ADDRSTRLEN];

	if ((size_t)(end - at) >= sizeof(text))
		return false;
	memcpy(text, at, end - at);
	text[end - at] = 0;
	return inet_pton(AF_INET6, text, address) == 1;
}

/* Returns the kind, or ACL_RULE_NONE. */
static __u8 parse_address(__u8 *address, const char *at, const char *end)
{
	if (parse_ip4(address, at, end))
		return ACL_RULE_IP4;
	if (memchr(at, ':', end - at) && parse_ip6(address, at, end))
		return ACL_RULE_IP6;
	return ACL_RULE_NONE;
}

static bool is_mapped(const struct acl_rule *rule)
{
	static const __u8 mapped[12] = { [10] = 0xff, [11] = 0xff };

	return rule->kind == ACL_RULE_IP6 && !memcmp(rule->first, mapped, sizeof(mapped));
}

size_t acl_address_size(__u8 kind)
{
	return kind == ACL_RULE_IP4 ? 4 : 16;
}

static const char *parse_prefix(struct acl_rule *rule, const char *text, size_t len,
                                const char *slash)
{
	unsigned int bits = acl_address_size(rule->kind) * 8, length = bits;
	const char *end = text + len;
	bool beyond = false;

	if (slash && parse_number(slash + 1, end, 3, &length) != end)
		return acl_refuse(text, len, "has no prefix length behind its slash");
	if (length > bits)
		return acl_refuse(text, len, "has a prefix longer than an address");
	memcpy(rule->last, rule->first, sizeof(rule->last));
	for (unsigned int i = length; i < bits; i++) {
		beyond |= rule->first[i / 8] & (0x80 >> i % 8);
		rule->last[i / 8] |= 0x80 >> i % 8;
	}
	if (beyond)
		return acl_refuse(text, len,
		                  "has bits set behind its prefix: one address has no slash");
	return NULL;
}

static const char *parse_range(struct acl_rule *rule, const char *text, size_t len,
                               const char *dash)
{
	const char *end = text + len;

	if (parse_address(rule->last, dash + 1, end) != rule->kind)
		return acl_refuse(text, len, "is no range: two addresses of one kind");
	if (memcmp(rule->first, rule->last, acl_address_size(rule->kind)) > 0)
		return acl_refuse(text, len, "is a range that ends before it begins");
	return NULL;
}

static const char *parse_ports(struct acl_rule *rule, const char *text, size_t len)
{
	const char *end = text + len, *at = text + 4;
	unsigned int first, last;
	__be16 port;

	rule->kind = ACL_RULE_PORTS;
	rule->protocol = *text == 't' ? IPPROTO_TCP : IPPROTO_UDP;
	at = parse_number(at, end, 5, &first);
	last = first;
	if (at && at < end && *at == '-')
		at = parse_number(at + 1, end, 5, &last);
	if (at != end || first > 65535 || last > 65535)
		return acl_refuse(text, len, "has no port, or range of ports, from 0 to 65535");
	if (first > last)
		return acl_refuse(text, len, "is a range that ends before it begins");
	port = htons(first);
	memcpy(rule->first, &port, sizeof(port));
	port = htons(last);
	memcpy(rule->last, &port, sizeof(port));
	return NULL;
}

static bool parse_mac(struct acl_rule *rule, const char *text, size_t len)
{
	if (!mac_parse(text, len, rule->first))
		return false;
	rule->kind = ACL_RULE_MAC;
	memcpy(rule->last, rule->first, sizeof(rule->last));
	return true;
}

const char *acl_entry_parse(struct acl_rule *rule, const char *text, size_t len, const char *wanted)
{
	const char *end = text + len, *slash, *dash, *reason;

	memset(rule, 0, sizeof(*rule));
	if (len > 4 && (!memcmp(text, "tcp/", 4) || !memcmp(text, "udp/", 4)))
		return parse_ports(rule, text, len);
	if (parse_mac(rule, text, len))
		return NULL;
	slash = memchr(text, '/', len);
	dash = memchr(text, '-', len);
	if (slash && dash)
		return acl_refuse(text, len, "is a range or a prefix, not both");
	rule->kind = parse_address(rule->first, text, slash ? slash : dash ? dash : end);
	if (!rule->kind)
		return acl_refuse(text, len, wanted);
	reason = dash ? parse_range(rule, text, len, dash) : parse_prefix(rule, text, len, slash);
	if (!reason && is_mapped(rule))
		reason =
			acl_refuse(text, len,
		                   "is an IPv4-mapped address, which no packet has: write the IPv4 "
		                   "address");
	return reason;
}

bool acl_entry_word(struct acl_rule *rule, const char *text, size_t len, const char **reason)
{
	static const struct {
		const char *name;
		__u8 sides, verdict;
	} words[] = {
		{ "src", ACL_SIDE_SOURCE, 0 }, { "dst", ACL_SIDE_DESTINATION, 0 },
		{ "both", ACL_SIDE_BOTH, 0 },  { "allow", 0, ACL_ALLOW },
		{ "deny", 0, ACL_DENY },
	};
	const char *before;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strlen(words[i].name) != len || memcmp(words[i].name, text, len))
			continue;
		if (words[i].sides) {
			before = rule->sides ? acl_sides_name(rule->sides) : NULL;
			rule->sides = words[i].sides;
		} else {
			before = rule->verdict ? acl_verdict_name(rule->verdict) : NULL;
			rule->verdict = words[i].verdict;
		}
		if (before)
			*reason = config_clash(before, text, len);
		return true;
	}
	return false;
}

bool acl_policy_word(__u8 *flags, const char *text, size_t len)
{
	static const struct {
		const char *name;
		__u8 flags;
	} words[] = {
		{ "pass", 0 },
		{ "drop", ACL_FLAG_DROP },
		{ "drop-ip", ACL_FLAG_DROP | ACL_FLAG_IP_ONLY },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strlen(words[i].name) != len || memcmp(words[i].name, text, len))
			continue;
		*flags = (*flags & ~ACL_FLAGS_POLICY) | words[i].flags;
		return true;
	}
	return false;
}

void acl_entry_defaults(struct acl_rule *rule)
{
	if (!rule->verdict)
		rule->verdict = ACL_DENY;
	if (!rule->sides)
		rule->sides = rule->kind == ACL_RULE_PORTS ? ACL_SIDE_DESTINATION : ACL_SIDE_SOURCE;
}

const char *acl_place(const char *file, unsigned int line, char text[ACL_PLACE])
{
	*text = 0;
	if (file)
		snprintf(text, ACL_PLACE, "%.*s:%u: ", ACL_PLACE - 16, file, line);
	return text;
}

const char *acl_sides_name(__u8 sides)
{
	return sides == ACL_SIDE_SOURCE ? "src" : sides == ACL_SIDE_DESTINATION ? "dst" : "both";
}

const char *acl_verdict_name(__u8 verdict)
{
	return verdict == ACL_ALLOW ? "allow" : "deny";
}

int acl_prefix_length(const struct acl_rule *rule)
{
	int bits = acl_address_size(rule->kind) * 8, length = 0;

	while (length < bits &&
	       !((rule->first[length / 8] ^ rule->last[length / 8]) & (0x80 >> length % 8)))
		length++;
	for (int i = length; i < bits; i++)
		if (rule->first[i / 8] & (0x80 >> i % 8) || !(rule->last[i / 8] & (0x80 >> i % 8)))
			return -1;
	return length;
}

void acl_entry_print(const struct acl_rule *rule, char text[ACL_ENTRY_TEXT])
{
	int family = rule->kind == ACL_RULE_IP4 ? AF_INET : AF_INET6, length;
	char first[INET6_ADDRSTRLEN], last[INET6_ADDRSTRLEN];
	const __u8 *f = rule->first, *l = rule->last;

	switch (rule->kind) {
	case ACL_RULE_MAC:
		snprintf(text, ACL_ENTRY_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", f[0], f[1], f[2],
		         f[3], f[4], f[5]);
		return;
	case ACL_RULE_PORTS:
		snprintf(first, sizeof(first), "%u", f[0] << 8 | f[1]);
		snprintf(last, sizeof(last), "-%u", l[0] << 8 | l[1]);
		snprintf(text, ACL_ENTRY_TEXT, "%s/%s%s",
		         rule->protocol == IPPROTO_TCP ? "tcp" : "udp", first,
		         memcmp(f, l, 2) ? last : "");
		return;
	default: break;
	}
	inet_ntop(family, f, first, sizeof(first));
	inet_ntop(family, l, last, sizeof(last));
	length = acl_prefix_length(rule);
	if (length < 0)
		snprintf(text, ACL_ENTRY_TEXT, "%s-%s", first, last);
	else if (length == (int)acl_address_size(rule->kind) * 8)
		snprintf(text, ACL_ENTRY_TEXT, "%s", first);
	else
		snprintf(text, ACL_ENTRY_TEXT, "%s/%d", first, length);
}

/* An IPv4 address stands in the low bits. */
static struct addr6 read_number(const __u8 *bytes, size_t size)
{
	__u8 padded[16] = {};

	memcpy(padded + sizeof(padded) - size, bytes, size);
	return addr6_read(padded);
}

int acl_prefixes(const struct acl_rule *rule,
                 int (*visit)(const __u8 *address, unsigned int length, void *arg), void *arg)
{
	size_t size = acl_address_size(rule->kind), before = 16 - size;
	struct range6 left = { read_number(rule->first, size), read_number(rule->last, size) };
	struct addr6 prefix;
	unsigned int length;
	__u8 address[16];
	bool more;
	int err;

	do {
		more = range6_cut(&left, &prefix, &length);
		addr6_write(prefix, address);
		err = visit(address + before, length - before * 8, arg);
	} while (!err && more);
	return err;
}
