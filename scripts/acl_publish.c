// SPDX-License-Identifier: GPL-2.0-or-later
/* Putting rules in force: numbers, tables of the other bank, and one store. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "scripts/acl_entry.h"
#include "scripts/acl_rules.h"
#include "scripts/acl_tables.h"

/* All but its number. */
static int compare(const void *a, const void *b)
{
	const struct acl_rule *x = a, *y = b;

	return memcmp((const char *)x + sizeof(x->number), (const char *)y + sizeof(y->number),
	              sizeof(*x) - sizeof(x->number));
}

/* The counter of a rule that is new starts at zero; no packet counts in it yet. */
static int clear_hits(const struct acl_maps *maps, __u32 number)
{
	memset(maps->each, 0, maps->cpus * sizeof(*maps->each));
	return bpf_map_update_elem(maps->hits_fd, &number, maps->each, BPF_ANY) ? -errno : 0;
}

/*
 * A rule that was in force keeps its number, and with it its counter. The others get numbers that
 * no rule in force has: packets count under those until the store.
 */
static int give_numbers(struct acl_rules *rules, struct acl_rules *old, const struct acl_maps *maps)
{
	static bool taken[ACL_NUMBERS];
	struct acl_rule *same;
	__u16 next = 0;
	int err = 0;

	memset(taken, 0, sizeof(taken));
	for (size_t i = 0; i < old->len; i++)
		taken[old->list[i].number & ACL_REF_NUMBER] = true;
	if (old->len)
		qsort(old->list, old->len, sizeof(*old->list), compare);
	for (size_t i = 0; i < rules->len && !err; i++) {
		same = old->len ? bsearch(&rules->list[i], old->list, old->len, sizeof(*same),
		                          compare)
		                : NULL;
		if (same) {
			rules->list[i].number = same->number;
			continue;
		}
		while (taken[next])
			next++;
		taken[next] = true;
		rules->list[i].number = next;
		err = clear_hits(maps, next);
	}
	return err ? failed(err, "cannot write '%s' of %s", ACL_RULE_HITS, maps->config->iface.name)
	           : 0;
}

static int write_records(const struct acl_rules *rules, const struct acl_maps *maps, __u8 bank)
{
	__u32 slot = bank * ACL_MAX_RULES;

	for (size_t i = 0; i < rules->len; i++, slot++)
		if (bpf_map_update_elem(maps->rules_fd, &slot, &rules->list[i], BPF_ANY))
			return failed(-errno, "cannot write '%s' of %s", ACL_RULES,
			              maps->config->iface.name);
	return 0;
}

int acl_rules_publish(struct acl_rules *rules, struct acl_maps *maps)
{
	struct acl_settings next;
	char place[ACL_PLACE];
	struct acl_rules old;
	__u8 bank;
	int err;

	if (rules->len > ACL_MAX_RULES) {
		rejected(-E2BIG, "%sthere is room for %u rules, not for %zu",
		         acl_place(rules->file, rules->lines[ACL_MAX_RULES], place), ACL_MAX_RULES,
		         rules->len);
		hint("a list holds millions of addresses: --list NAME");
		return -E2BIG;
	}
	err = acl_rules_read(&old, maps);
	if (!err) {
		next = old.settings;
		next.generation++;
		next.rules = rules->len;
		next.flags = rules->settings.flags;
		next.lists = rules->settings.lists;
		bank = next.generation & 1;
		acl_maps_wait();
		err = give_numbers(rules, &old, maps);
	}
	if (!err)
		err = acl_tables_fill(rules, maps, bank, &next);
	if (!err)
		err = write_records(rules, maps, bank);
	if (!err)
		acl_settings_store(maps, &next);
	acl_rules_free(&old);
	return err;
}
