// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules from words. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <netinet/ether.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "scripts/rewrite_rules.h"

#define VLAN_ID_MAX 4094

struct words {
	char **at;
	int left;
};

static bool next_is(const struct words *w, const char *word)
{
	return w->left && !strcmp(*w->at, word);
}

static bool take(struct words *w, const char *word)
{
	if (!next_is(w, word))
		return false;
	w->at++;
	w->left--;
	return true;
}

static int bad(const char *what, const char *word)
{
	return failed(-EINVAL, "cannot read the rule: %s: '%s'", what, word);
}

static const char *take_value(struct words *w, const char *of)
{
	if (!w->left) {
		failed(-EINVAL, "cannot read the rule: no value for %s", of);
		return NULL;
	}
	w->left--;
	return *w->at++;
}

static int take_number(struct words *w, const char *of, unsigned long max, __u16 *to)
{
	const char *text = take_value(w, of);
	unsigned long number;
	char *end;

	if (!text)
		return -EINVAL;
	number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || number > max)
		return failed(-EINVAL, "cannot read the rule: %s is no number from 0 to %lu: '%s'",
		              of, max, text);
	*to = number;
	return 0;
}

static int take_port(struct words *w, const char *of, __be16 *to)
{
	int err = take_number(w, of, 65535, to);

	*to = htons(*to);
	return err;
}

static int take_mac(struct words *w, const char *of, __u8 *to)
{
	const char *text = take_value(w, of);
	struct ether_addr mac;

	if (!text)
		return -EINVAL;
	if (!ether_aton_r(text, &mac))
		return bad("no Ethernet address", text);
	memcpy(to, &mac, ETH_ALEN);
	return 0;
}

/* An address. Its family must be that of the rule, or becomes it. */
static int read_address(struct rewrite_key *match, const char *text, __u8 *to)
{
	__u8 family = strchr(text, ':') ? 6 : 4;

	memset(to, 0, 16);
	if (inet_pton(family == 6 ? AF_INET6 : AF_INET, text, to) != 1)
		return bad("no IP address", text);
	if (match->fields & REWRITE_FIELD_FAMILY && match->family != family)
		return bad("IPv4 and IPv6 in one rule", text);
	match->fields |= REWRITE_FIELD_FAMILY;
	match->family = family;
	return 0;
}

/* ADDRESS[/LENGTH]; nothing may be set behind the prefix. */
static int take_prefix(struct words *w, const char *of, struct rewrite_key *match, __u8 *to,
                       __u8 *bits)
{
	const char *word = take_value(w, of);
	char text[64], *slash;
	unsigned long length;
	char *end;
	int err;

	if (!word)
		return -EINVAL;
	snprintf(text, sizeof(text), "%s", word);
	slash = strchr(text, '/');
	if (slash)
		*slash = '\0';
	err = read_address(match, text, to);
	if (err)
		return err;
	length = match->family == 4 ? 32 : 128;
	if (slash) {
		unsigned long given = strtoul(slash + 1, &end, 10);

		if (!slash[1] || *end || !given || given > length)
			return bad("no prefix length", word);
		length = given;
	}
	*bits = length;
	for (unsigned long i = length; i < 128; i++)
		if (to[i / 8] & 0x80 >> i % 8)
			return bad("bits are set behind the prefix", word);
	return 0;
}

static int take_protocol(struct words *w, struct rewrite_key *match)
{
	static const struct {
		const char *name;
		__u8 protocol;
	} known[] = { { "tcp", IPPROTO_TCP },
		      { "udp", IPPROTO_UDP },
		      { "icmp", IPPROTO_ICMP },
		      { "icmp6", IPPROTO_ICMPV6 } };
	__u16 number;
	int err;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (!take(w, known[i].name))
			continue;
		match->protocol = known[i].protocol;
		match->fields |= REWRITE_FIELD_PROTOCOL;
		return 1;
	}
	if (!take(w, "proto"))
		return 0;
	err = take_number(w, "proto", 255, &number);
	match->protocol = number;
	match->fields |= REWRITE_FIELD_PROTOCOL;
	return err ? err : 1;
}

static int take_vlan(struct words *w, struct rewrite_key *match)
{
	__u16 id;
	int err;

	match->fields |= REWRITE_FIELD_VLAN;
	if (take(w, "none"))
		return 0;
	err = take_number(w, "vlan", VLAN_ID_MAX, &id);
	match->vlan = REWRITE_TAGGED | id;
	return err;
}

/* Returns 1 if it took something of the match, 0 if what comes is none. */
static int take_match(struct words *w, struct rewrite_key *match)
{
	int err = 0, taken;

	taken = take_protocol(w, match);
	if (taken)
		return taken;
	if (next_is(w, "in") || next_is(w, "out")) {
		match->direction = next_is(w, "in") ? REWRITE_IN : REWRITE_OUT;
		match->fields |= REWRITE_FIELD_DIRECTION;
		take(w, *w->at);
	} else if (take(w, "vlan")) {
		err = take_vlan(w, match);
	} else if (take(w, "src")) {
		err = take_prefix(w, "src", match, match->saddr, &match->saddr_bits);
	} else if (take(w, "dst")) {
		err = take_prefix(w, "dst", match, match->daddr, &match->daddr_bits);
	} else if (take(w, "sport")) {
		match->fields |= REWRITE_FIELD_SPORT;
		err = take_port(w, "sport", &match->sport);
	} else if (take(w, "dport")) {
		match->fields |= REWRITE_FIELD_DPORT;
		err = take_port(w, "dport", &match->dport);
	} else {
		return 0;
	}
	return err ? err : 1;
}

static int take_push(struct words *w, struct rewrite_rule *actions)
{
	__u16 id, priority = 0;
	int err = take_number(w, "push", VLAN_ID_MAX, &id);

	if (!err && take(w, "prio"))
		err = take_number(w, "prio", 7, &priority);
	actions->vlan_protocol = htons(take(w, "802.1ad") ? ETH_P_8021AD : ETH_P_8021Q);
	actions->tci = id | priority << 13;
	actions->actions |= REWRITE_PUSH_VLAN;
	return err;
}

static int take_address(struct words *w, const char *of, struct rewrite_key *match, __u8 *to)
{
	const char *text = take_value(w, of);

	return text ? read_address(match, text, to) : -EINVAL;
}

/* Returns 1 if it took something to set, 0 if what comes is none. */
static int take_set(struct words *w, struct rule *rule)
{
	struct rewrite_rule *a = &rule->actions;
	int err;

	if (take(w, "src")) {
		a->actions |= REWRITE_SET_SADDR;
		err = take_address(w, "set src", &rule->match, a->saddr);
	} else if (take(w, "dst")) {
		a->actions |= REWRITE_SET_DADDR;
		err = take_address(w, "set dst", &rule->match, a->daddr);
	} else if (take(w, "sport")) {
		a->actions |= REWRITE_SET_SPORT;
		err = take_port(w, "set sport", &a->sport);
	} else if (take(w, "dport")) {
		a->actions |= REWRITE_SET_DPORT;
		err = take_port(w, "set dport", &a->dport);
	} else if (take(w, "smac")) {
		a->actions |= REWRITE_SET_SMAC;
		err = take_mac(w, "smac", a->smac);
	} else if (take(w, "dmac")) {
		a->actions |= REWRITE_SET_DMAC;
		err = take_mac(w, "dmac", a->dmac);
	} else if (take(w, "vlan")) {
		a->actions |= REWRITE_SET_VLAN;
		err = take_number(w, "set vlan", VLAN_ID_MAX, &a->tci);
	} else {
		return 0;
	}
	return err ? err : 1;
}

static int take_actions(struct words *w, struct rule *rule)
{
	struct rewrite_rule *a = &rule->actions;
	int vlans = 0, taken = 0, err = 0;

	while (!err && w->left) {
		if (take(w, "pop")) {
			a->actions |= REWRITE_POP_VLAN;
			vlans++;
		} else if (take(w, "push")) {
			err = take_push(w, a);
			vlans++;
		} else if (take(w, "set")) {
			for (taken = 0; (err = take_set(w, rule)) > 0;)
				taken++;
			if (!err && !taken)
				return bad("nothing to set", w->left ? *w->at : "");
		} else {
			return bad("unknown word", *w->at);
		}
	}
	vlans += !!(a->actions & REWRITE_SET_VLAN);
	if (!err && vlans > 1)
		return failed(-EINVAL, "cannot read the rule: push, pop or set vlan: one of them");
	return err;
}

static bool has_ports(const struct rewrite_key *match)
{
	return match->fields & REWRITE_FIELD_PROTOCOL &&
	       (match->protocol == IPPROTO_TCP || match->protocol == IPPROTO_UDP);
}

int rule_parse(struct rule *rule, char **words, int count, bool has_actions)
{
	struct words w = { .at = words, .left = count };
	int err;

	memset(rule, 0, sizeof(*rule));
	while ((err = take_match(&w, &rule->match)) > 0)
		;
	if (err)
		return err;
	if (has_actions)
		err = take_actions(&w, rule);
	else if (w.left)
		return bad("unknown word", *w.at);
	if (err)
		return err;
	if (has_actions && !rule->actions.actions)
		return failed(-EINVAL, "cannot read the rule: it does nothing");
	if ((rule->match.fields & (REWRITE_FIELD_SPORT | REWRITE_FIELD_DPORT) ||
	     rule->actions.actions & (REWRITE_SET_SPORT | REWRITE_SET_DPORT)) &&
	    !has_ports(&rule->match))
		return failed(-EINVAL, "cannot read the rule: ports are of tcp or udp: say which");
	return 0;
}
