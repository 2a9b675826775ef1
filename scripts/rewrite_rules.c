// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "scripts/rewrite_rules.h"

static void prefix_mask(__u8 *mask, unsigned int bits)
{
	for (unsigned int i = 0; i < bits; i++)
		mask[i / 8] |= 0x80 >> i % 8;
}

void shape_mask(struct rewrite_key *mask, const struct rewrite_key *match)
{
	*mask = (struct rewrite_key){ .fields = match->fields,
		                      .saddr_bits = match->saddr_bits,
		                      .daddr_bits = match->daddr_bits };
	if (match->fields & REWRITE_FIELD_DIRECTION)
		mask->direction = 0xff;
	if (match->fields & REWRITE_FIELD_FAMILY)
		mask->family = 0xff;
	if (match->fields & REWRITE_FIELD_VLAN)
		mask->vlan = 0xffff;
	if (match->fields & REWRITE_FIELD_PROTOCOL)
		mask->protocol = 0xff;
	if (match->fields & REWRITE_FIELD_SPORT)
		mask->sport = 0xffff;
	if (match->fields & REWRITE_FIELD_DPORT)
		mask->dport = 0xffff;
	prefix_mask(mask->saddr, match->saddr_bits);
	prefix_mask(mask->daddr, match->daddr_bits);
}

/* How many things a rule looks at. */
static int things(const struct rewrite_key *key)
{
	return __builtin_popcount(key->fields) + !!key->saddr_bits + !!key->daddr_bits;
}

/* Shapes in the order in which they are tried: the one that says most first. */
static int compare_shapes(const struct rewrite_key *a, const struct rewrite_key *b)
{
	if (things(a) != things(b))
		return things(b) - things(a);
	if (a->daddr_bits != b->daddr_bits)
		return b->daddr_bits - a->daddr_bits;
	if (a->saddr_bits != b->saddr_bits)
		return b->saddr_bits - a->saddr_bits;
	return b->fields - a->fields;
}

static int compare_rules(const void *a, const void *b)
{
	const struct rule *one = a, *other = b;
	int order = compare_shapes(&one->match, &other->match);

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
	int err = 0;

	rules->list = calloc(REWRITE_RULES, sizeof(*rules->list));
	if (!rules->list)
		return failed(-ENOMEM, "cannot read the rules");
	while (!err && rules->len < REWRITE_RULES &&
	       !bpf_map_get_next_key(rules->rules_fd, before, &key)) {
		err = read_rule(rules, &key);
		before = &key;
	}
	if (rules->len)
		qsort(rules->list, rules->len, sizeof(*rules->list), compare_rules);
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

static struct rule *find(const struct rules *rules, const struct rewrite_key *match)
{
	for (size_t i = 0; i < rules->len; i++)
		if (!memcmp(&rules->list[i].match, match, sizeof(*match)))
			return &rules->list[i];
	return NULL;
}

/* Which shapes the rules of the list have; -ENOSPC, reported, if these are too many. */
static int collect_shapes(const struct rules *rules, struct rewrite_shapes *shapes)
{
	memset(shapes, 0, sizeof(*shapes));
	for (size_t i = 0; i < rules->len; i++) {
		const struct rewrite_key *match = &rules->list[i].match;

		if (i && !compare_shapes(&rules->list[i - 1].match, match))
			continue;
		if (shapes->count == REWRITE_SHAPES) {
			failed(-ENOSPC, "cannot look at more than %d combinations of things",
			       REWRITE_SHAPES);
			hint("rules that look at the same things, with other values, are one");
			return -ENOSPC;
		}
		shape_mask(&shapes->masks[shapes->count++], match);
	}
	return 0;
}

static int store_half(const struct rules *rules, __u32 half, const struct rewrite_shapes *shapes)
{
	if (bpf_map_update_elem(rules->shapes_fd, &half, shapes, BPF_ANY))
		return failed(-errno, "cannot change map '%s'", REWRITE_SHAPES_MAP);
	return 0;
}

/* Programs find all shapes of before, or all of now. */
static int store_shapes(const struct rules *rules, struct rewrite_shapes *shapes)
{
	struct rewrite_shapes halves[2];
	__u32 half, turn;
	int err;

	for (half = 0; half < 2; half++)
		if (bpf_map_lookup_elem(rules->shapes_fd, &half, &halves[half]))
			return failed(-errno, "cannot read map '%s'", REWRITE_SHAPES_MAP);
	half = halves[0].turn < halves[1].turn ? 0 : 1;
	turn = halves[!half].turn + 1;
	if (halves[!half].count == shapes->count &&
	    !memcmp(halves[!half].masks, shapes->masks, sizeof(shapes->masks)))
		return 0;
	/* Somebody may still use this half, since the edit before. */
	err = config_wait();
	shapes->turn = 0;
	if (!err)
		err = store_half(rules, half, shapes);
	shapes->turn = turn;
	return err ? err : store_half(rules, half, shapes);
}

/* A counter that no rule has, set to 0. */
static int take_slot(const struct rules *rules, __u16 *slot)
{
	static bool used[REWRITE_RULES];
	int cpus = libbpf_num_possible_cpus(), err = 0;
	struct stats_record *zeros;
	__u32 i;

	memset(used, 0, sizeof(used));
	for (size_t n = 0; n < rules->len; n++)
		used[rules->list[n].actions.slot % REWRITE_RULES] = true;
	for (i = 0; i < REWRITE_RULES && used[i]; i++)
		;
	if (i == REWRITE_RULES)
		return failed(-ENOSPC, "cannot have more than %d rules", REWRITE_RULES);
	zeros = calloc(cpus, sizeof(*zeros));
	if (!zeros || bpf_map_update_elem(rules->hits_fd, &i, zeros, BPF_ANY))
		err = failed(-errno, "cannot clear a counter of map '%s'", REWRITE_HITS_MAP);
	free(zeros);
	*slot = i;
	return err;
}

int rules_add(struct rules *rules, const struct rule *rule, bool replace)
{
	struct rule *there = find(rules, &rule->match), new = *rule;
	struct rewrite_shapes shapes;
	int err;

	if (there && !replace) {
		failed(-EEXIST, "cannot add the rule: there is one for the same packets");
		hint("replace it: the verb is replace");
		return -EEXIST;
	}
	if (there)
		new.actions.slot = there->actions.slot;
	else
		err = take_slot(rules, &new.actions.slot);
	if (!there && err)
		return err;
	if (!there) {
		rules->list[rules->len++] = new;
		qsort(rules->list, rules->len, sizeof(*rules->list), compare_rules);
	}
	err = collect_shapes(rules, &shapes);
	if (err)
		return err;
	/* The rule first: nobody looks for it before its shape is there. */
	if (bpf_map_update_elem(rules->rules_fd, &new.match, &new.actions, BPF_ANY))
		return failed(-errno, "cannot write the rule to map '%s'", REWRITE_RULES_MAP);
	return store_shapes(rules, &shapes);
}

int rules_delete(struct rules *rules, const struct rule *rule)
{
	struct rule *there = find(rules, &rule->match);
	struct rewrite_shapes shapes;
	int err;

	if (!there)
		return failed(-ENOENT, "cannot delete the rule: there is none for these packets");
	if (bpf_map_delete_elem(rules->rules_fd, &rule->match))
		return failed(-errno, "cannot delete the rule from map '%s'", REWRITE_RULES_MAP);
	rules->len--;
	memmove(there, there + 1, (rules->list + rules->len - there) * sizeof(*there));
	err = collect_shapes(rules, &shapes);
	return err ? err : store_shapes(rules, &shapes);
}

int rules_flush(struct rules *rules)
{
	struct rewrite_shapes none = {};
	int err = store_shapes(rules, &none);

	for (size_t i = 0; !err && i < rules->len; i++)
		if (bpf_map_delete_elem(rules->rules_fd, &rules->list[i].match) && errno != ENOENT)
			err = failed(-errno, "cannot empty map '%s'", REWRITE_RULES_MAP);
	return err;
}
