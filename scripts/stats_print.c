// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <json.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "scripts/rate_text.h"
#include "scripts/stats_print.h"

#define SCHEMA "ifbpf.stats/1"

/* 20 digits of a __u64, NUL. */
#define NUMBER_SIZE 21

/* The widest entry of each column. */
struct widths {
	int ifname, hook, action, packets, bytes;
};

static void widen(int *width, const char *text)
{
	int len = (int)strlen(text);

	if (len > *width)
		*width = len;
}

static void widen_number(int *width, __u64 number)
{
	char text[NUMBER_SIZE];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	widen(width, text);
}

static bool nothing_counted(const struct hook_stats *hook)
{
	for (unsigned int slot = 0; slot < action_count(hook->hook); slot++)
		if (hook->actions[slot].rx_packets)
			return false;
	return true;
}

/* A hook that counted nothing is shown by the action that lets packets pass. */
static bool is_shown(const struct hook_stats *hook, unsigned int slot, bool every_action)
{
	const unsigned int pass = hook->hook == HOOK_XDP ? XDP_PASS : TC_ACT_OK;

	return every_action || hook->actions[slot].rx_packets ||
	       (slot == pass && nothing_counted(hook));
}

static void widen_hook(struct widths *widths, const struct hook_stats *hook, bool every_action)
{
	widen(&widths->hook, hook_name(hook->hook));
	for (unsigned int slot = 0; slot < action_count(hook->hook); slot++) {
		if (!is_shown(hook, slot, every_action))
			continue;
		widen(&widths->action, action_name(hook->hook, slot));
		widen_number(&widths->packets, hook->actions[slot].rx_packets);
		widen_number(&widths->bytes, hook->actions[slot].rx_bytes);
	}
}

static const char *mark(const struct sample *sample, const struct hook_stats *hook)
{
	if (sample->found == FOUND_LEFT)
		return "  (stale: the interface is gone)";
	switch (hook->use) {
	case MAP_USE_UNKNOWN:
	case MAP_USE_RUNS: return "";
	case MAP_USE_OTHERWISE: return "  (stale: not a map of the program that runs)";
	case MAP_USE_NOTHING: return "  (stale: no program runs)";
	}
	return "";
}

static void print_shared(const struct hook_stats *hook)
{
	const char *before = "  (shared with ";

	for (int other = 0; other < HOOKS; other++) {
		if (!hook->shared_hooks[other])
			continue;
		printf("%s%s", before, hook_name(other));
		before = ", ";
	}
	for (unsigned int i = 0; i < hook->shared_len && i < SHARED_NAMES; i++) {
		printf("%s%s", before, hook->shared[i]);
		before = ", ";
	}
	if (hook->shared_len > SHARED_NAMES)
		printf(" and %u more", hook->shared_len - SHARED_NAMES);
	if (*before == ',')
		putchar(')');
}

static void print_hook(const struct sample *sample, const struct hook_stats *hook,
                       const struct widths *widths, bool every_action)
{
	for (unsigned int slot = 0; slot < action_count(hook->hook); slot++) {
		if (!is_shown(hook, slot, every_action))
			continue;
		printf("%-*s  %-*s  %-*s  %*llu packets  %*llu bytes", widths->ifname,
		       cli_text(sample->iface.name), widths->hook, hook_name(hook->hook),
		       widths->action, action_name(hook->hook, slot), widths->packets,
		       (unsigned long long)hook->actions[slot].rx_packets, widths->bytes,
		       (unsigned long long)hook->actions[slot].rx_bytes);
		if (hook->has_rates)
			printf("  %s", rate_text(hook->rates[slot].pps, hook->rates[slot].bps));
		print_shared(hook);
		puts(mark(sample, hook));
	}
}

void print_text(const struct sample *samples, size_t len, bool every_action)
{
	struct widths widths = {};

	for (size_t i = 0; i < len; i++) {
		widen(&widths.ifname, cli_text(samples[i].iface.name));
		for (unsigned int hook = 0; hook < samples[i].hooks_len; hook++)
			widen_hook(&widths, &samples[i].hooks[hook], every_action);
	}
	for (size_t i = 0; i < len; i++)
		for (unsigned int hook = 0; hook < samples[i].hooks_len; hook++)
			print_hook(&samples[i], &samples[i].hooks[hook], &widths, every_action);
}

static int add(struct json_object *to, const char *key, struct json_object *value)
{
	if (!value)
		return -ENOMEM;
	if (!json_object_object_add(to, key, value))
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

/* In JSON, null is no object: json-c represents it by NULL. */
static int add_id(struct json_object *to, const char *key, __u32 id)
{
	return id ? add(to, key, json_object_new_uint64(id))
	          : json_object_object_add(to, key, NULL);
}

static int add_rate(struct json_object *to, const char *key, double rate)
{
	char text[64];

	snprintf(text, sizeof(text), "%.3f", rate);
	return add(to, key, json_object_new_double_s(rate, text));
}

static int add_stale(struct json_object *to, enum map_use use)
{
	if (use == MAP_USE_UNKNOWN)
		return json_object_object_add(to, "stale", NULL);
	return add(to, "stale", json_object_new_boolean(use != MAP_USE_RUNS));
}

static int fill_action(struct json_object *to, const struct hook_stats *hook, unsigned int slot)
{
	int err;

	err = add(to, "packets", json_object_new_uint64(hook->actions[slot].rx_packets));
	if (!err)
		err = add(to, "bytes", json_object_new_uint64(hook->actions[slot].rx_bytes));
	if (err || !hook->has_rates)
		return err;
	err = add_rate(to, "pps", hook->rates[slot].pps);
	return err ? err : add_rate(to, "bps", hook->rates[slot].bps);
}

static int fill_actions(struct json_object *to, const struct hook_stats *hook)
{
	int err = 0;

	for (unsigned int slot = 0; !err && slot < action_count(hook->hook); slot++) {
		struct json_object *action = json_object_new_object();

		err = add(to, action_name(hook->hook, slot), action);
		if (!err)
			err = fill_action(action, hook, slot);
	}
	return err;
}

static int add_shared_hooks(struct json_object *to, const struct hook_stats *hook)
{
	struct json_object *names = json_object_new_array();
	int err = add(to, "shared_hooks", names);

	for (int other = 0; !err && other < HOOKS; other++)
		if (hook->shared_hooks[other] &&
		    json_object_array_add(names, json_object_new_string(hook_name(other))))
			err = -ENOMEM;
	return err;
}

static int add_shared(struct json_object *to, const struct hook_stats *hook)
{
	struct json_object *names = json_object_new_array();
	int err = add(to, "shared_with", names);

	for (unsigned int i = 0; !err && i < hook->shared_len && i < SHARED_NAMES; i++)
		if (json_object_array_add(names,
		                          json_object_new_string(cli_json_name(hook->shared[i]))))
			err = -ENOMEM;
	return err ? err
	           : add(to, "shared_more",
	                 json_object_new_int64(hook->shared_len > SHARED_NAMES
	                                               ? hook->shared_len - SHARED_NAMES
	                                               : 0));
}

static int fill_hook(struct json_object *to, const struct hook_stats *hook)
{
	struct json_object *actions;
	int err;

	err = add(to, "hook", json_object_new_string(hook_name(hook->hook)));
	if (!err)
		err = add(to, "map", json_object_new_string(hook->map));
	if (!err)
		err = add_id(to, "map_id", hook->map_id);
	if (!err)
		err = add_id(to, "program_id", hook->prog_id);
	if (!err)
		err = add_stale(to, hook->use);
	if (!err)
		err = add_shared(to, hook);
	if (!err)
		err = add_shared_hooks(to, hook);
	if (err)
		return err;
	actions = json_object_new_object();
	err = add(to, "actions", actions);
	return err ? err : fill_actions(actions, hook);
}

static int fill_hooks(struct json_object *to, const struct sample *sample)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < sample->hooks_len; i++) {
		struct json_object *hook = json_object_new_object();

		if (!hook)
			return -ENOMEM;
		if (json_object_array_add(to, hook)) {
			json_object_put(hook);
			return -ENOMEM;
		}
		err = fill_hook(hook, &sample->hooks[i]);
	}
	return err;
}

/* Cookies are strings: many readers of JSON hold numbers in doubles. */
static int add_netns(struct json_object *to, __u64 cookie)
{
	char text[NUMBER_SIZE];

	if (!cookie)
		return json_object_object_add(to, "netns", NULL);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)cookie);
	return add(to, "netns", json_object_new_string(text));
}

static int fill_document(struct json_object *to, const struct sample *sample)
{
	struct json_object *hooks;
	int err;

	err = add(to, "schema", json_object_new_string(SCHEMA));
	if (!err)
		err = add(to, "ifname", json_object_new_string(cli_json_name(sample->iface.name)));
	if (!err)
		err = add_id(to, "ifindex", sample->iface.ifindex);
	if (!err)
		err = add_netns(to, sample->iface.netns.cookie);
	if (!err)
		err = add(to, "time_ns", json_object_new_uint64(sample->time_ns));
	if (err)
		return err;
	hooks = json_object_new_array();
	err = add(to, "hooks", hooks);
	return err ? err : fill_hooks(hooks, sample);
}

int print_json(const struct sample *samples, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		struct json_object *document = json_object_new_object();
		const char *text = NULL;

		if (document && !fill_document(document, &samples[i]))
			text = json_object_to_json_string_ext(
				document, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
		if (text)
			puts(text);
		json_object_put(document);
		if (!text)
			return failed(-ENOMEM, "cannot write the counters of %s",
			              samples[i].iface.name);
	}
	return 0;
}
