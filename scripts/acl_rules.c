// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "scripts/acl_entry.h"
#include "scripts/acl_rules.h"

/* So often at the most a reader begins anew because somebody changes the rules meanwhile. */
#define READ_TRIES 100

static int grow(struct acl_rules *rules)
{
	size_t room = rules->room ? rules->room * 2 : 64;
	struct acl_rule *list = realloc(rules->list, room * sizeof(*list));
	unsigned int *lines;

	if (list)
		rules->list = list;
	lines = list ? realloc(rules->lines, room * sizeof(*lines)) : NULL;
	if (!lines)
		return failed(-ENOMEM, "cannot keep %zu rules", room);
	rules->lines = lines;
	rules->room = room;
	return 0;
}

int acl_rules_append(struct acl_rules *rules, const struct acl_rule *rule, unsigned int line)
{
	if (rules->len == rules->room && grow(rules))
		return -ENOMEM;
	rules->list[rules->len] = *rule;
	rules->lines[rules->len++] = line;
	return 0;
}

void acl_rules_free(struct acl_rules *rules)
{
	free(rules->list);
	free(rules->lines);
	memset(rules, 0, sizeof(*rules));
}

/* Whoever may write the map may write anything; and a map that was made anew has nothing. */
static bool is_rule(const struct acl_rule *rule)
{
	size_t size = sizeof(rule->first);

	switch (rule->kind) {
	case ACL_RULE_IP4:
	case ACL_RULE_IP6: size = acl_address_size(rule->kind); break;
	case ACL_RULE_MAC:
		if (memcmp(rule->first, rule->last, size))
			return false;
		break;
	case ACL_RULE_PORTS:
		if (rule->protocol != IPPROTO_TCP && rule->protocol != IPPROTO_UDP)
			return false;
		size = sizeof(__be16);
		break;
	default: return false;
	}
	return memcmp(rule->first, rule->last, size) <= 0 && rule->number < ACL_NUMBERS &&
	       (rule->verdict == ACL_ALLOW || rule->verdict == ACL_DENY) && rule->sides &&
	       !(rule->sides & ~ACL_SIDE_BOTH);
}

static int read_bank(struct acl_rules *rules, const struct acl_maps *maps)
{
	__u32 slot = (rules->settings.generation & 1) * ACL_MAX_RULES;
	struct acl_rule rule;
	int err = 0;

	rules->len = 0;
	rules->damaged = rules->settings.rules > ACL_MAX_RULES ? ACL_MAX_RULES + 1 : 0;
	for (__u32 i = 0; i < rules->settings.rules && i < ACL_MAX_RULES && !err; i++, slot++) {
		if (bpf_map_lookup_elem(maps->rules_fd, &slot, &rule))
			return failed(-errno, "cannot read rule %u of %s", i + 1,
			              maps->config->iface.name);
		if (is_rule(&rule))
			err = acl_rules_append(rules, &rule, 0);
		else if (!rules->damaged)
			rules->damaged = i + 1;
	}
	return err;
}

int acl_rules_check(const struct acl_rules *rules, const struct acl_maps *maps)
{
	const char *ifname = maps->config->iface.name;

	if (!rules->damaged)
		return 0;
	if (rules->damaged > ACL_MAX_RULES)
		rejected(-EUCLEAN, "cannot use '%s' of %s: it tells of %u rules; %u fit",
		         ACL_SETTINGS, ifname, rules->settings.rules, ACL_MAX_RULES);
	else
		rejected(-EUCLEAN,
		         "cannot use '%s' of %s: it is damaged, or another map than before: number "
		         "%u of %u is no rule",
		         ACL_RULES, ifname, rules->damaged, rules->settings.rules);
	hint("what is in force stays until all rules are replaced: %s %s load FILE, or flush",
	     cli_command("acl"), cli_interface(ifname));
	return -EUCLEAN;
}

int acl_rules_read(struct acl_rules *rules, const struct acl_maps *maps)
{
	struct acl_settings after;
	int err;

	memset(rules, 0, sizeof(*rules));
	for (int i = 0; i < READ_TRIES; i++) {
		err = acl_settings_read(maps, &rules->settings);
		if (!err)
			err = read_bank(rules, maps);
		if (!err)
			err = acl_settings_read(maps, &after);
		if (err || after.generation == rules->settings.generation)
			return err;
	}
	return rejected(-EAGAIN, "cannot read the rules of %s: they change all the time",
	                maps->config->iface.name);
}

static bool is_same_entry(const struct acl_rule *a, const struct acl_rule *b)
{
	return a->kind == b->kind && a->protocol == b->protocol &&
	       !memcmp(a->first, b->first, sizeof(a->first)) &&
	       !memcmp(a->last, b->last, sizeof(a->last));
}

/* By entry, then as they were written; rule numbers do not matter. */
static int compare(const void *a, const void *b, void *arg)
{
	const struct acl_rules *rules = arg;
	const size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const struct acl_rule *x = &rules->list[i], *y = &rules->list[j];
	int by;

	by = x->kind != y->kind ? x->kind - y->kind : x->protocol - y->protocol;
	if (!by)
		by = memcmp(x->first, y->first, sizeof(x->first));
	if (!by)
		by = memcmp(x->last, y->last, sizeof(x->last));
	return by ? by : i < j ? -1 : 1;
}

enum relation {
	RELATION_NONE,
	RELATION_REPEATED, /* the later rule says what the earlier one says */
	RELATION_CLASH,
};

/* To the rules of the same entry that were kept; *to gets the one that it clashes with. */
static enum relation relate(const struct acl_rules *rules, const size_t *keep, size_t kept,
                            const struct acl_rule *later, size_t *to)
{
	enum relation relation = RELATION_NONE;

	for (size_t i = 0; i < kept; i++) {
		const struct acl_rule *earlier = &rules->list[keep[i]];

		if (!(earlier->sides & later->sides))
			continue;
		if (earlier->verdict != later->verdict || later->sides & ~earlier->sides) {
			*to = keep[i];
			return RELATION_CLASH;
		}
		relation = RELATION_REPEATED;
	}
	return relation;
}

/* Drop the rules whose kind was taken away. */
static void squeeze(struct acl_rules *rules)
{
	size_t kept = 0;

	for (size_t i = 0; i < rules->len; i++) {
		if (rules->list[i].kind == ACL_RULE_NONE)
			continue;
		rules->list[kept] = rules->list[i];
		rules->lines[kept++] = rules->lines[i];
	}
	rules->len = kept;
}

int acl_rules_settle(struct acl_rules *rules,
                     void (*clash)(const struct acl_rules *rules, size_t index, size_t against,
                                   void *arg),
                     void *arg)
{
	size_t *order = malloc((rules->len + 1) * sizeof(*order));
	enum relation *relation = calloc(rules->len + 1, sizeof(*relation));
	size_t *against = malloc((rules->len + 1) * sizeof(*against));
	size_t keep[2], kept = 0; /* of one entry: one for each side at the most */
	int err = 0;

	if (!order || !relation || !against) {
		err = failed(-ENOMEM, "cannot compare %zu rules", rules->len);
		goto out;
	}
	for (size_t i = 0; i < rules->len; i++)
		order[i] = i;
	qsort_r(order, rules->len, sizeof(*order), compare, rules);
	for (size_t i = 0; i < rules->len; i++) {
		const struct acl_rule *rule = &rules->list[order[i]];
		size_t n = order[i];

		if (i && !is_same_entry(rule, &rules->list[order[i - 1]]))
			kept = 0;
		relation[n] = relate(rules, keep, kept, rule, &against[n]);
		if (relation[n] == RELATION_NONE)
			keep[kept++] = n;
	}
	for (size_t i = 0; i < rules->len; i++)
		if (relation[i] == RELATION_CLASH)
			clash(rules, i, against[i], arg);
	for (size_t i = 0; i < rules->len; i++)
		if (relation[i] != RELATION_NONE)
			rules->list[i].kind = ACL_RULE_NONE;
	squeeze(rules);
out:
	free(order);
	free(relation);
	free(against);
	return err;
}

size_t acl_rules_remove(struct acl_rules *rules, const struct acl_rule *entry)
{
	size_t before = rules->len;

	for (size_t i = 0; i < rules->len; i++) {
		struct acl_rule *rule = &rules->list[i];

		if (is_same_entry(rule, entry) && (!entry->sides || entry->sides == rule->sides) &&
		    (!entry->verdict || entry->verdict == rule->verdict))
			rule->kind = ACL_RULE_NONE;
	}
	squeeze(rules);
	return before - rules->len;
}

const struct acl_rule *acl_rules_find(const struct acl_rules *rules, const struct acl_rule *entry)
{
	for (size_t i = 0; i < rules->len; i++)
		if (is_same_entry(&rules->list[i], entry))
			return &rules->list[i];
	return NULL;
}

int acl_rule_hits(const struct acl_maps *maps, const struct acl_rule *rule,
                  struct stats_record *hits)
{
	__u32 slot = rule->number;

	memset(hits, 0, sizeof(*hits));
	if (bpf_map_lookup_elem(maps->hits_fd, &slot, maps->each))
		return failed(-errno, "cannot read '%s' of %s", ACL_RULE_HITS,
		              maps->config->iface.name);
	for (int i = 0; i < maps->cpus; i++) {
		hits->rx_packets += maps->each[i].rx_packets;
		hits->rx_bytes += maps->each[i].rx_bytes;
	}
	return 0;
}
