// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules as words and as JSON. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <netinet/ether.h>
#include "bpffs/json.h"
#include "scripts/rewrite_rules.h"

#define ADDRESS_SIZE (INET6_ADDRSTRLEN + 4)

static const char *address_text(char *text, const __u8 *address, __u8 family, unsigned int bits)
{
	unsigned int all = family == 6 ? 128 : 32;
	char *end;

	inet_ntop(family == 6 ? AF_INET6 : AF_INET, address, text, INET6_ADDRSTRLEN);
	for (end = text; *end; end++)
		;
	if (bits < all)
		sprintf(end, "/%u", bits);
	return text;
}

static const char *mac_text(char *text, const __u8 *mac)
{
	snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
	         mac[5]);
	return text;
}

static void print_protocol(FILE *out, __u8 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP: fputs(" tcp", out); break;
	case IPPROTO_UDP: fputs(" udp", out); break;
	case IPPROTO_ICMP: fputs(" icmp", out); break;
	case IPPROTO_ICMPV6: fputs(" icmp6", out); break;
	default: fprintf(out, " proto %u", protocol);
	}
}

static void print_match(FILE *out, const struct rewrite_key *match)
{
	char text[ADDRESS_SIZE];

	if (match->fields & REWRITE_FIELD_DIRECTION)
		fputs(match->direction == REWRITE_IN ? " in" : " out", out);
	if (match->fields & REWRITE_FIELD_VLAN && match->vlan)
		fprintf(out, " vlan %u", match->vlan & ~REWRITE_TAGGED);
	else if (match->fields & REWRITE_FIELD_VLAN)
		fputs(" vlan none", out);
	/* A rule for all of a family; else the addresses tell which it is. */
	if (match->fields & REWRITE_FIELD_FAMILY && !match->saddr_bits && !match->daddr_bits)
		fputs(match->family == 6 ? " src ::/0" : " src 0.0.0.0/0", out);
	if (match->saddr_bits)
		fprintf(out, " src %s",
		        address_text(text, match->saddr, match->family, match->saddr_bits));
	if (match->daddr_bits)
		fprintf(out, " dst %s",
		        address_text(text, match->daddr, match->family, match->daddr_bits));
	if (match->fields & REWRITE_FIELD_PROTOCOL)
		print_protocol(out, match->protocol);
	if (match->fields & REWRITE_FIELD_SPORT)
		fprintf(out, " sport %u", ntohs(match->sport));
	if (match->fields & REWRITE_FIELD_DPORT)
		fprintf(out, " dport %u", ntohs(match->dport));
}

static void print_set(FILE *out, const struct rewrite_rule *a, __u8 family)
{
	char text[ADDRESS_SIZE];

	fputs(" set", out);
	if (a->actions & REWRITE_SET_VLAN)
		fprintf(out, " vlan %u", a->tci);
	if (a->actions & REWRITE_SET_SADDR)
		fprintf(out, " src %s", address_text(text, a->saddr, family, 128));
	if (a->actions & REWRITE_SET_DADDR)
		fprintf(out, " dst %s", address_text(text, a->daddr, family, 128));
	if (a->actions & REWRITE_SET_SPORT)
		fprintf(out, " sport %u", ntohs(a->sport));
	if (a->actions & REWRITE_SET_DPORT)
		fprintf(out, " dport %u", ntohs(a->dport));
	if (a->actions & REWRITE_SET_SMAC)
		fprintf(out, " smac %s", mac_text(text, a->smac));
	if (a->actions & REWRITE_SET_DMAC)
		fprintf(out, " dmac %s", mac_text(text, a->dmac));
}

void rule_print(FILE *out, const struct rule *rule)
{
	const struct rewrite_rule *a = &rule->actions;

	print_match(out, &rule->match);
	if (a->actions & REWRITE_POP_VLAN)
		fputs(" pop", out);
	if (a->actions & REWRITE_PUSH_VLAN) {
		fprintf(out, " push %u", a->tci & 0x0fff);
		if (a->tci >> 13)
			fprintf(out, " prio %u", a->tci >> 13);
		if (a->vlan_protocol == htons(ETH_P_8021AD))
			fputs(" 802.1ad", out);
	}
	if (a->actions & ~(REWRITE_POP_VLAN | REWRITE_PUSH_VLAN))
		print_set(out, a, rule->match.family);
}

/* A number, or null. */
static void put(struct json_object *to, const char *key, bool there, __u64 value)
{
	json_object_object_add(to, key, there ? json_object_new_uint64(value) : NULL);
}

static struct json_object *match_json(const struct rewrite_key *match)
{
	struct json_object *to = json_object_new_object();
	char text[ADDRESS_SIZE];
	bool looks = match->fields & REWRITE_FIELD_VLAN;

	json_put_string(to, "direction",
	                !(match->fields & REWRITE_FIELD_DIRECTION) ? NULL
	                : match->direction == REWRITE_IN           ? "in"
	                                                           : "out");
	json_object_object_add(to, "tagged",
	                       looks ? json_object_new_boolean(match->vlan != 0) : NULL);
	put(to, "vlan", looks && match->vlan, match->vlan & ~REWRITE_TAGGED);
	put(to, "family", match->fields & REWRITE_FIELD_FAMILY, match->family);
	json_put_string(to, "src",
	                match->saddr_bits
	                        ? address_text(text, match->saddr, match->family, match->saddr_bits)
	                        : NULL);
	json_put_string(to, "dst",
	                match->daddr_bits
	                        ? address_text(text, match->daddr, match->family, match->daddr_bits)
	                        : NULL);
	put(to, "protocol", match->fields & REWRITE_FIELD_PROTOCOL, match->protocol);
	put(to, "sport", match->fields & REWRITE_FIELD_SPORT, ntohs(match->sport));
	put(to, "dport", match->fields & REWRITE_FIELD_DPORT, ntohs(match->dport));
	return to;
}

static struct json_object *set_json(const struct rewrite_rule *a, __u8 family)
{
	struct json_object *to = json_object_new_object();
	char text[ADDRESS_SIZE];

	put(to, "vlan", a->actions & REWRITE_SET_VLAN, a->tci);
	json_put_string(to, "src",
	                a->actions & REWRITE_SET_SADDR ? address_text(text, a->saddr, family, 128)
	                                               : NULL);
	json_put_string(to, "dst",
	                a->actions & REWRITE_SET_DADDR ? address_text(text, a->daddr, family, 128)
	                                               : NULL);
	put(to, "sport", a->actions & REWRITE_SET_SPORT, ntohs(a->sport));
	put(to, "dport", a->actions & REWRITE_SET_DPORT, ntohs(a->dport));
	json_put_string(to, "smac", a->actions & REWRITE_SET_SMAC ? mac_text(text, a->smac) : NULL);
	json_put_string(to, "dmac", a->actions & REWRITE_SET_DMAC ? mac_text(text, a->dmac) : NULL);
	return to;
}

static struct json_object *push_json(const struct rewrite_rule *a)
{
	struct json_object *to = json_object_new_object();

	json_put_number(to, "vlan", a->tci & 0x0fff);
	json_put_number(to, "prio", a->tci >> 13);
	json_put_string(to, "protocol",
	                a->vlan_protocol == htons(ETH_P_8021AD) ? "802.1ad" : "802.1Q");
	return to;
}

struct json_object *rule_json(const struct rule *rule)
{
	const struct rewrite_rule *a = &rule->actions;
	struct json_object *to = json_object_new_object();

	json_object_object_add(to, "match", match_json(&rule->match));
	json_put_bool(to, "pop", a->actions & REWRITE_POP_VLAN);
	json_object_object_add(to, "push", a->actions & REWRITE_PUSH_VLAN ? push_json(a) : NULL);
	json_object_object_add(to, "set", set_json(a, rule->match.family));
	json_put_number(to, "packets", rule->hits.rx_packets);
	json_put_number(to, "bytes", rule->hits.rx_bytes);
	return to;
}
