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
	/* Where somebody else has written a slot that there is not, nothing is counted. */
	if (err && errno == ENOENT)
		err = 0;
	else if (err)
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

/* room: of the map, which may be another one than the programs bring along. */
static int read_rules(struct rules *rules, __u32 room)
{
	struct rewrite_key key, *before = NULL;
	struct rule *more;
	int err = 0, end = 0;
	size_t size = 0;

	while (!err && rules->len < room) {
		end = bpf_map_get_next_key(rules->rules_fd, before, &key);
		if (end)
			break;
		if (rules->len == size) {
			size = 2 * size + 64;
			more = reallocarray(rules->list, size, sizeof(*more));
			if (!more)
				return failed(-ENOMEM, "cannot read the rules");
			rules->list = more;
		}
		err = read_rule(rules, &key);
		before = &key;
	}
	if (end && end != -ENOENT)
		err = failed(end, "cannot read map '%s'", REWRITE_RULES_MAP);
	if (rules->len)
		qsort(rules->list, rules->len, sizeof(*rules->list), rule_compare);
	return err;
}

/*
 * An edit that was killed may leave rules that no program looks for: they are none. Whoever edits
 * takes them out, so that they do not come into force with the shape of another one.
 */
static int drop_idle(struct rules *rules, enum config_access access)
{
	struct rewrite_shapes shapes;
	size_t kept = 0;
	int err = rules->len ? shapes_read(rules, &shapes) : 0;

	for (size_t i = 0; !err && i < rules->len; i++) {
		if (shapes_have(&shapes, &rules->list[i].match))
			rules->list[kept++] = rules->list[i];
		else if (access != CONFIG_READ)
			err = rules_remove(rules, &rules->list[i]);
	}
	rules->len = kept;
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
	struct bpf_map_info infos[3];
	int fds[3], err;

	memset(rules, 0, sizeof(*rules));
	err = config_open_maps(config, maps, 3, access, fds, infos);
	if (err)
		return err;
	rules->rules_fd = fds[0];
	rules->shapes_fd = fds[1];
	rules->hits_fd = fds[2];
	err = read_rules(rules, infos[0].max_entries);
	if (!err)
		err = drop_idle(rules, access);
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

static int no_room(void)
{
	return rejected(-ENOSPC, "cannot have more than %d rules", REWRITE_RULES);
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
			return no_room();
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
	struct rule *there = rules_find(rules, rule), new = *rule, *more;
	struct rewrite_shapes shapes;
	int err;

	if (there && !replace) {
		rejected(-EEXIST, "cannot add the rule: there is one for the same packets");
		hint("replace it: the verb is replace");
		return -EEXIST;
	}
	if (!there && rules->len >= REWRITE_RULES)
		return no_room();
	err = rules_give_slots(rules, &new, 1);
	if (err)
		return err;
	if (!there) {
		more = reallocarray(rules->list, rules->len + 1, sizeof(*more));
		if (!more)
			return failed(-ENOMEM, "cannot add the rule");
		rules->list = more;
		rules->list[rules->len++] = new;
		qsort(rules->list, rules->len, sizeof(*rules->list), rule_compare);
	}
	if (shapes_collect(rules->list, rules->len, &shapes))
		return shapes_refused();
	/* The shape first: wherever this ends, the rule is there and is looked for, or is not. */
	err = shapes_store(rules, &shapes);
	return err ? err : rules_put(rules, &new);
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

/* At once for packets. What is left of the rules if this is killed, the next edit takes out. */
int rules_flush(struct rules *rules)
{
	struct rewrite_shapes none = {};
	int err = shapes_store(rules, &none);

	for (size_t i = 0; !err && i < rules->len; i++)
		if (bpf_map_delete_elem(rules->rules_fd, &rules->list[i].match) && errno != ENOENT)
			err = failed(-errno, "cannot empty map '%s'", REWRITE_RULES_MAP);
	return err;
}
