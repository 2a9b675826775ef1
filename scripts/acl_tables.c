// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "scripts/acl_entries.h"
#include "scripts/acl_entry.h"
#include "scripts/acl_tables.h"

/* The two banks share the room. */
#define BANK_ENTRIES (ACL_MAX_ENTRIES / ACL_BANKS)

struct compiler {
	struct acl_entries macs, prefixes4, prefixes6;
	struct acl_ports *ports; /* four: by acl_ports_slot() of bank 0 */
	__u32 *widths;           /* of the rule that a port has: one for each ref of ports */
	__u8 bank, direction, tables, flags;
	const struct acl_rule *rule; /* that is looked at */
	__u16 ref, rank;
};

static int add_prefix(const __u8 *address, unsigned int length, void *arg)
{
	struct compiler *c = arg;
	struct acl_key4 key4 = { ACL_KEY_BITS + length, c->bank, c->direction, {}, {} };
	struct acl_key6 key6 = { ACL_KEY_BITS + length, c->bank, c->direction, {}, {} };

	if (c->rule->kind == ACL_RULE_IP4) {
		memcpy(key4.address, address, sizeof(key4.address));
		return acl_entries_add(&c->prefixes4, &key4, c->ref, c->rank);
	}
	memcpy(key6.address, address, sizeof(key6.address));
	return acl_entries_add(&c->prefixes6, &key6, c->ref, c->rank);
}

/* A prefix goes before a range that has the same one among its pieces. */
static int add_addresses(struct compiler *c)
{
	c->rank = acl_prefix_length(c->rule) < 0;
	c->tables |= c->rule->kind == ACL_RULE_IP4 ? ACL_TABLE_IP4(c->direction)
	                                           : ACL_TABLE_IP6(c->direction);
	if (c->rule->verdict == ACL_DENY)
		c->flags |= ACL_FLAG_ADDRESSES_DENY;
	return acl_prefixes(c->rule, add_prefix, c);
}

static int add_mac(struct compiler *c)
{
	struct acl_mac_key key = { .bank = c->bank, .direction = c->direction };

	memcpy(key.mac, c->rule->first, sizeof(key.mac));
	c->tables |= ACL_TABLE_MAC(c->direction);
	return acl_entries_add(&c->macs, &key, c->ref, 0);
}

/* The narrowest range has a port; of equally wide ones the rule that is listed first. */
static int add_ports(struct compiler *c)
{
	__u32 slot = acl_ports_slot(0, c->direction, c->rule->protocol == IPPROTO_UDP);
	__u32 first = c->rule->first[0] << 8 | c->rule->first[1];
	__u32 last = c->rule->last[0] << 8 | c->rule->last[1], width = last - first;
	__u32 *widths = c->widths + slot * 65536;

	c->tables |= ACL_TABLE_PORTS(c->direction);
	if (c->rule->verdict == ACL_DENY)
		c->flags |= ACL_FLAG_PORTS_DENY;
	for (__u32 port = first; port <= last; port++) {
		if (c->ports[slot].ref[port] && widths[port] <= width)
			continue;
		c->ports[slot].ref[port] = c->ref;
		widths[port] = width;
	}
	return 0;
}

static int add_rule(struct compiler *c, const struct acl_rule *rule)
{
	int err = 0;

	c->rule = rule;
	c->ref = rule->number | ACL_REF_SET | (rule->verdict == ACL_DENY ? ACL_REF_DENY : 0);
	for (c->direction = ACL_SOURCE; c->direction <= ACL_DESTINATION && !err; c->direction++) {
		if (!(rule->sides & (1 << c->direction)))
			continue;
		switch (rule->kind) {
		case ACL_RULE_MAC: err = add_mac(c); break;
		case ACL_RULE_IP4:
		case ACL_RULE_IP6: err = add_addresses(c); break;
		case ACL_RULE_PORTS: err = add_ports(c); break;
		default: break;
		}
	}
	return err;
}

/* Name the first rule for which there is no room. */
static int no_room(struct acl_entries *entries, const struct acl_rules *rules, const char *name)
{
	__u16 number = acl_entries_first_beyond(entries) & ACL_REF_NUMBER;
	char place[ACL_PLACE], text[ACL_ENTRY_TEXT];
	size_t i = 0;

	while (i + 1 < rules->len && rules->list[i].number != number)
		i++;
	acl_entry_print(&rules->list[i], text);
	rejected(-E2BIG, "%sthere is no room for %s: the rules need more than %zu entries of '%s'",
	         acl_place(rules->file, rules->lines[i], place), text, entries->most, name);
	hint("a range counts for each prefix in it; a list has no such bound: --list");
	return -E2BIG;
}

static int write_entries(struct acl_entries *entries, const struct acl_rules *rules,
                         const struct acl_maps *maps, int map_fd, __u8 bank, const char *name)
{
	int err;

	acl_entries_sort(entries);
	if (entries->len > entries->most)
		return no_room(entries, rules, name);
	err = acl_entries_write(entries, map_fd, bank);
	return err ? failed(err, "cannot write '%s' of %s", name, maps->config->iface.name) : 0;
}

static int write_ports(const struct compiler *c, const struct acl_maps *maps)
{
	__u32 slot, first = acl_ports_slot(c->bank, ACL_SOURCE, 0);

	for (__u32 i = 0; i < ACL_PORTS_SLOTS / ACL_BANKS; i++) {
		slot = first + i;
		if (bpf_map_update_elem(maps->ports_fd, &slot, &c->ports[i], BPF_ANY))
			return failed(-errno, "cannot write '%s' of %s", ACL_PORTS,
			              maps->config->iface.name);
	}
	return 0;
}

static int write_tables(struct compiler *c, const struct acl_rules *rules,
                        const struct acl_maps *maps)
{
	int err;

	err = write_entries(&c->macs, rules, maps, maps->macs_fd, c->bank, ACL_MACS);
	if (!err)
		err = write_entries(&c->prefixes4, rules, maps, maps->prefixes4_fd, c->bank,
		                    ACL_PREFIXES4);
	if (!err)
		err = write_entries(&c->prefixes6, rules, maps, maps->prefixes6_fd, c->bank,
		                    ACL_PREFIXES6);
	if (!err && c->tables & (ACL_TABLE_PORTS(ACL_SOURCE) | ACL_TABLE_PORTS(ACL_DESTINATION)))
		err = write_ports(c, maps);
	return err;
}

int acl_tables_fill(const struct acl_rules *rules, const struct acl_maps *maps, __u8 bank,
                    struct acl_settings *settings)
{
	struct compiler c = {
		.macs = { .key_size = sizeof(struct acl_mac_key),
		          .bank_at = offsetof(struct acl_mac_key, bank),
		          .most = BANK_ENTRIES },
		.prefixes4 = { .key_size = sizeof(struct acl_key4),
		               .bank_at = offsetof(struct acl_key4, bank),
		               .most = BANK_ENTRIES },
		.prefixes6 = { .key_size = sizeof(struct acl_key6),
		               .bank_at = offsetof(struct acl_key6, bank),
		               .most = BANK_ENTRIES },
		.bank = bank,
	};
	int err = 0;

	c.ports = calloc(ACL_PORTS_SLOTS / ACL_BANKS, sizeof(*c.ports));
	c.widths = calloc(ACL_PORTS_SLOTS / ACL_BANKS, 65536 * sizeof(*c.widths));
	if (!c.ports || !c.widths)
		err = -ENOMEM;
	for (size_t i = 0; i < rules->len && !err; i++)
		err = add_rule(&c, &rules->list[i]);
	/* Where too many were added, there is no more to be known than that. */
	if (err && err != -E2BIG)
		failed(err, "cannot make tables of %zu rules", rules->len);
	else
		err = write_tables(&c, rules, maps);
	settings->tables = c.tables;
	settings->flags &= ~ACL_FLAGS_RULES;
	settings->flags |= c.flags;
	acl_entries_free(&c.macs);
	acl_entries_free(&c.prefixes4);
	acl_entries_free(&c.prefixes6);
	free(c.ports);
	free(c.widths);
	return err;
}
