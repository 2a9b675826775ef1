// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "scripts/rewrite_rules.h"
#include "scripts/rewrite_shapes.h"

int rule_compare(const void *a, const void *b)
{
	const struct rule *one = a, *other = b;
	int order = shape_compare(&one->match, &other->match);

	return order ? order : memcmp(&one->match, &other->match, sizeof(one->match));
}

static int read_hits(const struct rules *rules, struct rule *rule)
{
	int cpus = libbpf_num_possible_cpus();
	__u32 slot = rule->actions.slot;
	struct stats_record *each;
	int err;

	each = calloc(cpus, sizeof(*each));
	if (!each)
		return failed(-ENOMEM, "cannot read the hits of rules");
	err = bpf_map_lookup_elem(rules->hits_fd, &slot, each);
	if (err)
		err = failed(-errno, "cannot read the hits of a rule in map '%s'",
		             REWRITE_HITS_MAP);
	for (int cpu = 0; !err && cpu < cpus; cpu++) {
		rule->hits.rx_packets += each[cpu].rx_packets;
		rule->hits.rx_bytes += each[cpu].rx_bytes;
	}
	free(each);
	return err;
}

static int read_rule(struct rules *rules, const struct rewrite_key *key)
{
	struct rule *rule = &rules->list[rules->len];

	memset(rule, 0, sizeof(*rule));
	rule->match = *key;
	if (bpf_map_lookup_elem(rules->rules_fd, key, &rule->actions))
		return errno == ENOENT ? 0
		                       : failed(-errno, "cannot read a rule of map '%s'",
		                                REWRITE_RULES_MAP);
	rules->len++;
	return read_hits(rules, rule);
}

static int read_rules(struct rules *rules)
{
	struct rewrite_key key, *before = NULL;
	int err = 0, end = 0;

	rules->list = calloc(REWRITE_RULES, sizeof(*rules->list));
	if (!rules->list)
		return failed(-ENOMEM, "cannot read the rules");
	while (!err && rules->len < REWRITE_RULES) {
		end = bpf_map_get_next_key(rules->rules_fd, before, &key);
		if (end)
			break;
		err = read_rule(rules, &key);
		before = &key;
	}
	if (end && end != -ENOENT)
		err = failed(end, "cannot read map '%s'", REWRITE_RULES_MAP);
	if (rules->len)
		qsort(rules->list, rules->len, sizeof(*rules->list), rule_compare);
	return err;
}

int rules_open(struct rules *rules, const struct config *config, enum config_access access)
{
	static const struct config_map maps[] = {
		{ REWRITE_RULES_MAP, BPF_MAP_TYPE_HASH, sizeof(struct rewrite_key),
		  sizeof(struct rewrite_rule) },
		{ REWRITE_SHAPES_MAP, BPF_MAP_TYPE_ARRAY, sizeof(__u32),
		  sizeof(struct rewrite_shapes) },
		{ REWRITE_HITS_MAP, BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(__u32),
		  sizeof(struct stats_record) },
	};
	int err = 0;

	memset(rules, 0, sizeof(*rules));
	rules->shapes_fd = rules->hits_fd = -1;
	rules->rules_fd = config_open_map(config, &maps[0], access, NULL);
	if (rules->rules_fd < 0)
		return rules->rules_fd;
	rules->shapes_fd = config_open_map(config, &maps[1], access, NULL);
	if (rules->shapes_fd >= 0)
		rules->hits_fd = config_open_map(config, &maps[2], access, NULL);
	if (rules->shapes_fd < 0 || rules->hits_fd < 0)
		err = rules->shapes_fd < 0 ? rules->shapes_fd : rules->hits_fd;
	if (!err)
		err = read_rules(rules);
	if (err)
		rules_close(rules);
	return err;
}

void rules_close(struct rules *rules)
{
	free(rules->list);
	if (rules->rules_fd >= 0)
		close(rules->rules_fd);
	if (rules->shapes_fd >= 0)
		close(rules->shapes_fd);
	if (rules->hits_fd >= 0)
		close(rules->hits_fd);
}

struct rule *rules_find(const struct rules *rules, const struct rule *rule)
{
	return rules->len ? bsearch(rule, rules->list, rules->len, sizeof(*rule), rule_compare)
	                  : NULL;
}

/* A counter that starts from 0. */
static int clear_slot(const struct rules *rules, __u32 slot)
{
	int cpus = libbpf_num_possible_cpus(), err = 0;
	struct stats_record *zeros = calloc(cpus, sizeof(*zeros));

	if (!zeros || bpf_map_update_elem(rules->hits_fd, &slot, zeros, BPF_ANY))
		err = failed(-errno, "cannot clear a counter of map '%s'", REWRITE_HITS_MAP);
	free(zeros);
	return err;
}

int rules_give_slots(const struct rules *rules, struct rule *list, size_t len)
{
	bool used[REWRITE_RULES] = {};
	const struct rule *there;
	__u32 slot = 0;
	int err = 0;

	for (size_t n = 0; n < rules->len; n++)
		used[rules->list[n].actions.slot % REWRITE_RULES] = true;
	for (size_t n = 0; n < len && !err; n++) {
		there = rules_find(rules, &list[n]);
		if (there) {
			list[n].actions.slot = there->actions.slot;
			continue;
		}
		while (slot < REWRITE_RULES && used[slot])
			slot++;
		if (slot == REWRITE_RULES)
			return rejected(-ENOSPC, "cannot have more than %d rules", REWRITE_RULES);
		err = clear_slot(rules, slot);
		list[n].actions.slot = slot++;
	}
	return err;
}

int rules_put(const struct rules *rules, const struct rule *rule)
{
	if (bpf_map_update_elem(rules->rules_fd, &rule->match, &rule->actions, BPF_ANY))
		return failed(-errno, "cannot write the rule to map '%s'", REWRITE_RULES_MAP);
	return 0;
}

int rules_remove(const struct rules *rules, const struct rule *rule)
{
	if (bpf_map_delete_elem(rules->rules_fd, &rule->match))
		return failed(-errno, "cannot delete the rule from map '%s'", REWRITE_RULES_MAP);
	return 0;
}

int rules_add(struct rules *rules, const struct rule *rule, bool replace)
{
	struct rule *there = rules_find(rules, rule), new = *rule;
	struct rewrite_shapes shapes;
	int err;

	if (there && !replace) {
		rejected(-EEXIST, "cannot add the rule: there is one for the same packets");
		hint("replace it: the verb is replace");
		return -EEXIST;
	}
	err = rules_give_slots(rules, &new, 1);
	if (err)
		return err;
	if (!there) {
		rules->list[rules->len++] = new;
		qsort(rules->list, rules->len, sizeof(*rules->list), rule_compare);
	}
	if (shapes_collect(rules->list, rules->len, &shapes))
		return shapes_refused();
	/* The rule first: nobody looks for it before its shape is there. */
	err = rules_put(rules, &new);
	return err ? err : shapes_store(rules, &shapes);
}

int rules_delete(struct rules *rules, const struct rule *rule)
{
	struct rule *there = rules_find(rules, rule);
	struct rewrite_shapes shapes;
	int err;

	if (!there)
		return rejected(-ENOENT, "cannot delete the rule: there is none for these packets");
	err = rules_remove(rules, rule);
	if (err)
		return err;
	rules->len--;
	memmove(there, there + 1, (rules->list + rules->len - there) * sizeof(*there));
	/* Fewer rules have no more shapes. */
	if (shapes_collect(rules->list, rules->len, &shapes))
		return shapes_refused();
	return shapes_store(rules, &shapes);
}

int rules_flush(struct rules *rules)
{
	struct rewrite_shapes none = {};
	int err = shapes_store(rules, &none);

	for (size_t i = 0; !err && i < rules->len; i++)
		if (bpf_map_delete_elem(rules->rules_fd, &rules->list[i].match) && errno != ENOENT)
			err = failed(-errno, "cannot empty map '%s'", REWRITE_RULES_MAP);
	return err;
}
