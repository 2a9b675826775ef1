// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "scripts/config_load.h"
#include "scripts/rewrite_load.h"
#include "scripts/rewrite_rules.h"
#include "scripts/rewrite_shapes.h"

/* One rule of each shape that the lines so far have. */
static struct rewrite_key seen[REWRITE_SHAPES];
static size_t seen_len;

/* Returns 0, or -EINVAL for a rule of one shape too many, reported. */
static int see_shape(const struct rewrite_key *match)
{
	for (size_t i = 0; i < seen_len; i++)
		if (!shape_compare(&seen[i], match))
			return 0;
	if (seen_len == REWRITE_SHAPES)
		return rejected(-EINVAL,
		                "cannot look at more than %d combinations of things, which "
		                "earlier lines have",
		                REWRITE_SHAPES);
	seen[seen_len++] = *match;
	return 0;
}

static int parse(char **words, int count, void *entry)
{
	int err = rule_parse(entry, words, count, true);

	return err ? err : see_shape(&((struct rule *)entry)->match);
}

static bool equal(const void *a, const void *b)
{
	const struct rule *one = a, *other = b;

	return !memcmp(&one->actions, &other->actions, sizeof(one->actions));
}

static long room(const struct config *config)
{
	(void)config;
	return REWRITE_RULES;
}

static const struct config_entry entry = {
	"rule", sizeof(struct rule), parse, rule_compare, equal, room,
};

struct exchange {
	const struct rules *rules;
	const struct rule *last; /* that was put */
	bool is_tight;           /* the shapes of before and of now are too many for one table */
	struct rewrite_shapes now;
};

/* A packet that looked for this shape already must not meet rules of the next one, put later. */
static int put(const void *rule, void *arg)
{
	struct exchange *x = arg;
	int err = 0;

	if (x->last && shape_compare(&x->last->match, &((const struct rule *)rule)->match))
		err = config_wait();
	x->last = rule;
	return err ? err : rules_put(x->rules, rule);
}

static int take_out(const void *rule, void *arg)
{
	return rules_remove(((struct exchange *)arg)->rules, rule);
}

/* A packet that has missed what was put finds what is to be removed. */
static int between(void *arg)
{
	struct exchange *x = arg;
	int err = x->is_tight ? shapes_store(x->rules, &x->now) : 0;

	return err ? err : config_wait();
}

/* The rules of before and of now, in their order; NULL without memory. The caller frees it. */
static struct rule *join(const struct rules *rules, const struct config_entries *to, size_t *len)
{
	struct rule *both = calloc(rules->len + to->len + 1, sizeof(*both)), *list = to->list;

	if (!both)
		return NULL;
	for (*len = 0; *len < rules->len; (*len)++)
		both[*len] = rules->list[*len];
	for (size_t i = 0; i < to->len; i++)
		if (!rules_find(rules, &list[i]))
			both[(*len)++] = list[i];
	qsort(both, *len, sizeof(*both), rule_compare);
	return both;
}

/* Rules of before and of now are there side by side, while one set goes over into the other. */
static int check_room(const struct config *config, size_t now, size_t both)
{
	if (now > REWRITE_RULES)
		return rejected(-ENOSPC, "cannot load %zu rules onto %s: there is room for %d", now,
		                config->iface.name, REWRITE_RULES);
	if (both <= REWRITE_RULES)
		return 0;
	rejected(-ENOSPC,
	         "cannot load %zu rules onto %s: with those that are to go they are %zu, and there "
	         "is room for %d",
	         now, config->iface.name, both, REWRITE_RULES);
	hint("remove those first, and nothing is changed meanwhile: %s %s flush",
	     cli_command("rewrite"), cli_interface(config->iface.name));
	return -ENOSPC;
}

/*
 * The shapes of before and of now are looked for while the rules are exchanged, so that a rule
 * counts from the moment at which it is put, and until it is removed. If these are too many, those
 * of now are looked for once their rules are there. What stays behind after a failure are shapes
 * without a rule, until the next edit.
 */
static int exchange(const struct rules *rules, const struct config_entries *to,
                    const struct rule *both, size_t both_len)
{
	const struct config_entries from = { &entry, rules->list, rules->len };
	struct exchange x = { .rules = rules };
	const struct config_change change = { put, take_out, between, &x };
	struct rewrite_shapes all;
	int err = 0;

	if (shapes_collect(to->list, to->len, &x.now))
		return shapes_refused();
	x.is_tight = shapes_collect(both, both_len, &all) != 0;
	if (!x.is_tight)
		err = shapes_store(rules, &all);
	if (!err)
		err = config_replace(&from, to, &change);
	return err ? err : shapes_store(rules, &x.now);
}

static int enforce(struct config *config, const struct config_entries *to)
{
	struct rules rules;
	struct rule *both;
	size_t len = 0;
	int err = rules_open(&rules, config, CONFIG_WRITE);

	if (err)
		return err;
	both = join(&rules, to, &len);
	err = both ? check_room(config, to->len, len) : failed(-ENOMEM, "cannot load the rules");
	if (!err)
		err = rules_give_slots(&rules, to->list, to->len);
	if (!err)
		err = exchange(&rules, to, both, len);
	free(both);
	rules_close(&rules);
	return err;
}

int rewrite_load(struct config *config, const char *path, bool keep_going)
{
	return config_load(config, path, keep_going, &entry, enforce);
}

/* Each word comes with a space before it: the first one needs none. */
static int print_line(const struct rule *rule)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return failed(-errno, "cannot print the rules");
	rule_print(out, rule);
	if (fclose(out) || !text) {
		free(text);
		return failed(-ENOMEM, "cannot print the rules");
	}
	puts(text + 1);
	free(text);
	return 0;
}

int rewrite_save(struct config *config, char **argv, int argc)
{
	struct rules rules;
	int err = 0;

	(void)argv;
	(void)argc;
	if (rules_open(&rules, config, CONFIG_READ))
		return EXIT_KERNEL;
	for (size_t i = 0; !err && i < rules.len; i++)
		err = print_line(&rules.list[i]);
	rules_close(&rules);
	return err ? EXIT_KERNEL : EXIT_SUCCESS;
}
