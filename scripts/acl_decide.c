// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "scripts/acl_decide.h"

static __u16 look_up_ports(const struct acl_maps *maps, __u8 bank, __u8 direction,
                           const struct acl_rule *port)
{
	__u32 slot = acl_ports_slot(bank, direction, port->protocol == IPPROTO_UDP);
	struct acl_ports *ports = malloc(sizeof(*ports));
	__u16 ref = 0;

	if (ports && !bpf_map_lookup_elem(maps->ports_fd, &slot, ports))
		ref = ports->ref[port->first[0] << 8 | port->first[1]];
	free(ports);
	return ref;
}

/* What the table of a kind has for it, as the programs look it up; 0 for nothing. */
static __u16 look_up(const struct acl_maps *maps, __u8 bank, __u8 direction,
                     const struct acl_rule *met)
{
	struct acl_mac_key mac = { .bank = bank, .direction = direction };
	struct acl_key4 key4 = { ACL_KEY_BITS + 32, bank, direction, {}, {} };
	struct acl_key6 key6 = { ACL_KEY_BITS + 128, bank, direction, {}, {} };
	__u16 ref = 0;

	switch (met->kind) {
	case ACL_RULE_MAC:
		memcpy(mac.mac, met->first, sizeof(mac.mac));
		bpf_map_lookup_elem(maps->macs_fd, &mac, &ref);
		break;
	case ACL_RULE_IP4:
		memcpy(key4.address, met->first, sizeof(key4.address));
		bpf_map_lookup_elem(maps->prefixes4_fd, &key4, &ref);
		break;
	case ACL_RULE_IP6:
		memcpy(key6.address, met->first, sizeof(key6.address));
		bpf_map_lookup_elem(maps->prefixes6_fd, &key6, &ref);
		break;
	case ACL_RULE_PORTS: ref = look_up_ports(maps, bank, direction, met); break;
	default: break;
	}
	return ref;
}

static bool is_filled(const struct acl_settings *settings, __u8 kind, __u8 direction)
{
	switch (kind) {
	case ACL_RULE_MAC: return settings->tables & ACL_TABLE_MAC(direction);
	case ACL_RULE_IP4: return settings->tables & ACL_TABLE_IP4(direction);
	case ACL_RULE_IP6: return settings->tables & ACL_TABLE_IP6(direction);
	default: return settings->tables & ACL_TABLE_PORTS(direction);
	}
}

static const struct acl_rule *find_rule(const struct acl_rules *rules, __u16 number)
{
	for (size_t i = 0; i < rules->len; i++)
		if (rules->list[i].number == number)
			return &rules->list[i];
	return NULL;
}

/* The same order as in objects/acl.bpf.h. */
static bool ask_rules(const struct acl_maps *maps, const struct acl_rules *rules,
                      const struct acl_packet *packet, struct acl_answer *answer)
{
	const struct acl_rule *order[] = { packet->mac, packet->address, packet->port };
	__u8 bank = rules->settings.generation & 1;
	__u16 ref;

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		for (__u8 direction = 0; direction < ACL_DIRECTIONS; direction++) {
			const struct acl_rule *met = &order[i][direction];

			if (!met->kind || !is_filled(&rules->settings, met->kind, direction))
				continue;
			ref = look_up(maps, bank, direction, met);
			if (!(ref & ACL_REF_SET))
				continue;
			answer->verdict = ref & ACL_REF_DENY ? ACL_DENY : ACL_ALLOW;
			answer->rule = find_rule(rules, ref & ACL_REF_NUMBER);
			answer->met = met;
			answer->direction = direction;
			return true;
		}
	}
	return false;
}

static bool ask_lists(const struct acl_lists *lists, const struct acl_packet *packet,
                      struct acl_answer *answer)
{
	for (int i = 0; i < ACL_LISTS; i++) {
		for (__u8 direction = 0; direction < ACL_DIRECTIONS; direction++) {
			const struct acl_rule *met = &packet->address[direction];

			if (!lists->record[i].verdict || !met->kind ||
			    !(lists->record[i].sides & (1 << direction)) ||
			    !acl_list_has(lists, i, met, &answer->around))
				continue;
			answer->verdict = lists->record[i].verdict;
			answer->list = &lists->record[i];
			answer->met = met;
			answer->direction = direction;
			return true;
		}
	}
	return false;
}

void acl_decide(const struct acl_session *session, const struct acl_rules *rules,
                const struct acl_packet *packet, struct acl_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	if (ask_rules(&session->maps, rules, packet, answer) ||
	    ask_lists(&session->lists, packet, answer))
		return;
	answer->verdict = rules->settings.flags & ACL_FLAG_DROP ? ACL_DENY : ACL_ALLOW;
}

unsigned int acl_left_out(const struct acl_session *session, const struct acl_settings *settings,
                          const struct acl_packet *packet)
{
	const struct acl_rule *known[] = { packet->mac, packet->address, packet->port };
	__u8 kinds[] = { ACL_RULE_MAC, packet->address[ACL_SOURCE].kind, ACL_RULE_PORTS };
	unsigned int mask = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		for (__u8 direction = 0; direction < ACL_DIRECTIONS; direction++)
			if (!known[i][direction].kind && is_filled(settings, kinds[i], direction))
				mask |= 1 << (i * ACL_DIRECTIONS + direction);
	for (int i = 0; i < ACL_LISTS; i++)
		if (session->lists.record[i].verdict && !packet->address[ACL_DESTINATION].kind &&
		    session->lists.record[i].sides & ACL_SIDE_DESTINATION)
			mask |= 1 << (ACL_DIRECTIONS + ACL_DESTINATION);
	return mask;
}
