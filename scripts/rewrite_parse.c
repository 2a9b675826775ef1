// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules from words. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <string.h>
#include "bpffs/log.h"
#include "bpffs/number.h"
#include "scripts/rewrite_rules.h"
#include "scripts/rewrite_words.h"

#define VLAN_ID_MAX 4094

/* An address. Its family must be that of the rule, or becomes it. */
static int read_address(struct rewrite_key *match, const char *text, __u8 *to)
{
	__u8 family = strchr(text, ':') ? 6 : 4;

	memset(to, 0, 16);
	if (inet_pton(family == 6 ? AF_INET6 : AF_INET, text, to) != 1)
		return words_bad("no IP address", text);
	if (family == 6 && IN6_IS_ADDR_V4MAPPED((struct in6_addr *)to))
		return words_bad("no packet has such an address: write that of IPv4", text);
	if (match->fields & REWRITE_FIELD_FAMILY && match->family != family)
		return words_bad("IPv4 and IPv6 in one rule", text);
	match->fields |= REWRITE_FIELD_FAMILY;
	match->family = family;
	return 0;
}

/* ADDRESS[/LENGTH]; nothing may be set behind the prefix. Length 0 is all of the family. */
static int take_prefix(struct words *w, const char *of, struct rewrite_key *match, __u8 *to,
                       __u8 *bits)
{
	const char *word = words_value(w, of);
	char text[64], *slash;
	__u64 length;
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
	if (slash && !number_parse(slash + 1, length, &length)) {
		words_bad("no prefix length", word);
		number_hint(slash + 1);
		return -EINVAL;
	}
	*bits = length;
	for (__u64 i = length; i < 128; i++)
		if (to[i / 8] & 0x80 >> i % 8)
			return words_bad("bits are set behind the prefix", word);
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
		if (!words_take(w, known[i].name))
			continue;
		if (words_once(w->protocol, known[i].name))
			return -EINVAL;
		w->protocol = known[i].name;
		match->protocol = known[i].protocol;
		match->fields |= REWRITE_FIELD_PROTOCOL;
		return 1;
	}
	if (!words_take(w, "proto"))
		return 0;
	if (words_once(w->protocol, "proto"))
		return -EINVAL;
	w->protocol = "proto";
	err = words_number(w, "proto", 255, &number);
	match->protocol = number;
	match->fields |= REWRITE_FIELD_PROTOCOL;
	return err ? err : 1;
}

static int take_vlan(struct words *w, struct rewrite_key *match)
{
	__u16 id;
	int err;

	match->fields |= REWRITE_FIELD_VLAN;
	if (words_take(w, "none"))
		return 0;
	err = words_number(w, "vlan", VLAN_ID_MAX, &id);
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
	if (words_next_is(w, "in") || words_next_is(w, "out")) {
		err = words_once(w->direction, *w->at);
		w->direction = *w->at;
		match->direction = words_next_is(w, "in") ? REWRITE_IN : REWRITE_OUT;
		match->fields |= REWRITE_FIELD_DIRECTION;
		words_take(w, *w->at);
	} else if (words_take(w, "vlan")) {
		err = words_once_if(match->fields & REWRITE_FIELD_VLAN, "vlan");
		err = err ? err : take_vlan(w, match);
	} else if (words_take(w, "src")) {
		err = words_once(w->src, "src");
		w->src = "src";
		err = err ? err : take_prefix(w, "src", match, match->saddr, &match->saddr_bits);
	} else if (words_take(w, "dst")) {
		err = words_once(w->dst, "dst");
		w->dst = "dst";
		err = err ? err : take_prefix(w, "dst", match, match->daddr, &match->daddr_bits);
	} else if (words_take(w, "sport")) {
		err = words_once_if(match->fields & REWRITE_FIELD_SPORT, "sport");
		match->fields |= REWRITE_FIELD_SPORT;
		err = err ? err : words_port(w, "sport", &match->sport);
	} else if (words_take(w, "dport")) {
		err = words_once_if(match->fields & REWRITE_FIELD_DPORT, "dport");
		match->fields |= REWRITE_FIELD_DPORT;
		err = err ? err : words_port(w, "dport", &match->dport);
	} else {
		return 0;
	}
	return err ? err : 1;
}

static int take_push(struct words *w, struct rewrite_rule *actions)
{
	const char *prio = NULL, *tag = NULL;
	__u16 id, priority = 0;
	int err = words_number(w, "push", VLAN_ID_MAX, &id);

	while (!err && (words_next_is(w, "prio") || words_next_is(w, "802.1ad"))) {
		const char **before = words_next_is(w, "prio") ? &prio : &tag;

		err = words_once(*before, *w->at);
		*before = *w->at;
		words_take(w, *w->at);
		if (!err && before == &prio)
			err = words_number(w, "prio", 7, &priority);
	}
	actions->vlan_protocol = htons(tag ? ETH_P_8021AD : ETH_P_8021Q);
	actions->tci = id | priority << 13;
	actions->actions |= REWRITE_PUSH_VLAN;
	return err;
}

static int take_address(struct words *w, const char *of, struct rewrite_key *match, __u8 *to)
{
	const char *text = words_value(w, of);

	return text ? read_address(match, text, to) : -EINVAL;
}

/* Returns 1 if it took something to set, 0 if what comes is none. */
static int take_set(struct words *w, struct rule *rule)
{
	static const struct {
		const char *word, *name;
		__u16 action;
	} known[] = {
		{ "src", "set src", REWRITE_SET_SADDR },
		{ "dst", "set dst", REWRITE_SET_DADDR },
		{ "sport", "set sport", REWRITE_SET_SPORT },
		{ "dport", "set dport", REWRITE_SET_DPORT },
		{ "smac", "smac", REWRITE_SET_SMAC },
		{ "dmac", "dmac", REWRITE_SET_DMAC },
		{ "vlan", "set vlan", REWRITE_SET_VLAN },
	};
	struct rewrite_rule *a = &rule->actions;
	const char *name;
	size_t i = 0;
	int err;

	while (i < sizeof(known) / sizeof(*known) && !words_take(w, known[i].word))
		i++;
	if (i == sizeof(known) / sizeof(*known))
		return 0;
	name = known[i].name;
	err = words_once_if(a->actions & known[i].action, name);
	if (err)
		return err;
	a->actions |= known[i].action;
	switch (known[i].action) {
	case REWRITE_SET_SADDR: err = take_address(w, name, &rule->match, a->saddr); break;
	case REWRITE_SET_DADDR: err = take_address(w, name, &rule->match, a->daddr); break;
	case REWRITE_SET_SPORT: err = words_port(w, name, &a->sport); break;
	case REWRITE_SET_DPORT: err = words_port(w, name, &a->dport); break;
	case REWRITE_SET_SMAC:
		err = words_mac(w, name, a->smac);
		if (!err && a->smac[0] & 1)
			err = words_bad("smac is the address of a group", w->at[-1]);
		break;
	case REWRITE_SET_DMAC: err = words_mac(w, name, a->dmac); break;
	default: err = words_number(w, name, VLAN_ID_MAX, &a->tci); break;
	}
	return err ? err : 1;
}

static int take_actions(struct words *w, struct rule *rule)
{
	struct rewrite_rule *a = &rule->actions;
	int vlans = 0, taken = 0, err = 0;

	while (!err && w->left) {
		if (words_take(w, "pop")) {
			a->actions |= REWRITE_POP_VLAN;
			vlans++;
		} else if (words_take(w, "push")) {
			err = take_push(w, a);
			vlans++;
		} else if (words_take(w, "set")) {
			for (taken = 0; (err = take_set(w, rule)) > 0;)
				taken++;
			if (!err && !taken)
				return words_bad("nothing to set", w->left ? *w->at : "");
		} else {
			return words_bad("unknown word", *w->at);
		}
	}
	vlans += !!(a->actions & REWRITE_SET_VLAN);
	if (!err && vlans > 1)
		return rejected(-EINVAL,
		                "cannot read the rule: push, pop or set vlan: one of them");
	return err;
}

static bool has_ports(const struct rewrite_key *match)
{
	return match->fields & REWRITE_FIELD_PROTOCOL &&
	       (match->protocol == IPPROTO_TCP || match->protocol == IPPROTO_UDP);
}

/* Words that are right each for itself, and together fit no packet, or change none. */
static int check_sense(const struct rule *rule)
{
	const struct rewrite_key *match = &rule->match;
	__u16 actions = rule->actions.actions;

	if ((match->fields & (REWRITE_FIELD_SPORT | REWRITE_FIELD_DPORT) ||
	     actions & (REWRITE_SET_SPORT | REWRITE_SET_DPORT)) &&
	    !has_ports(match))
		return rejected(-EINVAL,
		                "cannot read the rule: ports are of tcp or udp: say which");
	if (match->fields & REWRITE_FIELD_FAMILY && match->fields & REWRITE_FIELD_PROTOCOL &&
	    match->protocol == (match->family == 4 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return rejected(-EINVAL, "cannot read the rule: icmp is of IPv4, icmp6 is of IPv6");
	if (match->fields & REWRITE_FIELD_VLAN && !match->vlan &&
	    actions & (REWRITE_POP_VLAN | REWRITE_SET_VLAN))
		return rejected(-EINVAL, "cannot read the rule: vlan none has no tag to %s",
		                actions & REWRITE_POP_VLAN ? "pop" : "set");
	return 0;
}

int rule_parse(struct rule *rule, char **words, int count, bool has_actions)
{
	struct words w = { .at = words, .left = count };
	bool any;
	int err = 0;

	memset(rule, 0, sizeof(*rule));
	any = words_take(&w, "any");
	while (!any && (err = take_match(&w, &rule->match)) > 0)
		;
	if (err)
		return err;
	if (has_actions)
		err = take_actions(&w, rule);
	else if (w.left)
		return words_bad("unknown word", *w.at);
	if (err)
		return err;
	if (has_actions && !rule->actions.actions)
		return rejected(-EINVAL, "cannot read the rule: it does nothing");
	return check_sense(rule);
}
