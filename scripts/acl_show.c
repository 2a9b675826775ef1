// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include "bpffs/log.h"
#include "scripts/acl_entry.h"
#include "scripts/acl_show.h"
#include "scripts/config_use.h"

const char *acl_policy_name(const struct acl_settings *settings)
{
	if (!(settings->flags & ACL_FLAG_DROP))
		return "pass";
	return settings->flags & ACL_FLAG_IP_ONLY ? "drop-ip" : "drop";
}

static const char *kind_name(__u8 kind)
{
	switch (kind) {
	case ACL_RULE_MAC: return "mac";
	case ACL_RULE_IP4: return "ipv4";
	case ACL_RULE_IP6: return "ipv6";
	default: return "ports";
	}
}

struct json_object *acl_rule_json(const struct acl_rule *rule)
{
	struct json_object *to = json_object_new_object();
	char text[ACL_ENTRY_TEXT];

	acl_entry_print(rule, text);
	json_put_number(to, "number", rule->number);
	json_put_string(to, "entry", text);
	json_put_string(to, "kind", kind_name(rule->kind));
	json_put_string(to, "direction", acl_sides_name(rule->sides));
	json_put_string(to, "verdict", acl_verdict_name(rule->verdict));
	return to;
}

void acl_show_edit(const struct config *config, size_t before, size_t after)
{
	if (!config->edit)
		return;
	json_put_number(config->edit, "rules_before", before);
	json_put_number(config->edit, "rules_after", after);
}

void acl_show_policy(const struct config *config, const struct acl_settings *settings)
{
	if (config->edit)
		json_put_string(config->edit, "policy", acl_policy_name(settings));
	else
		printf("policy %s\n", acl_policy_name(settings));
}

static void put_hits(struct json_object *to, const struct stats_record *hits)
{
	json_put_number(to, "packets", hits->rx_packets);
	json_put_number(to, "bytes", hits->rx_bytes);
}

static int show_rule(const struct acl_maps *maps, const struct acl_rule *rule,
                     struct json_object *to)
{
	struct json_object *one;
	char text[ACL_ENTRY_TEXT];
	struct stats_record hits;
	int err = acl_rule_hits(maps, rule, &hits);

	if (err)
		return err;
	if (!to) {
		acl_entry_print(rule, text);
		printf("%-5s  %-4s  %s  %llu packets  %llu bytes\n",
		       acl_verdict_name(rule->verdict), acl_sides_name(rule->sides), text,
		       hits.rx_packets, hits.rx_bytes);
		return 0;
	}
	one = acl_rule_json(rule);
	put_hits(one, &hits);
	json_object_array_add(to, one);
	return 0;
}

static struct json_object *list_json(const struct acl_list *record, int number,
                                     const struct acl_list_size *size)
{
	struct json_object *to = json_object_new_object();

	json_put_number(to, "number", number);
	json_put_string(to, "name", record->name);
	json_put_string(to, "direction", acl_sides_name(record->sides));
	json_put_string(to, "verdict", acl_verdict_name(record->verdict));
	json_put_number(to, "ipv4_addresses", size->addresses4);
	json_put_number(to, "ipv6_prefixes", size->prefixes6);
	return to;
}

static int show_list(const struct acl_lists *lists, int number, struct json_object *to)
{
	const struct acl_list *record = &lists->record[number];
	struct acl_list_size size;
	struct stats_record hits;
	struct json_object *one;
	int err = acl_list_measure(lists, number, &size);

	if (!err)
		err = acl_list_hits(lists, number, &hits);
	if (err)
		return err;
	if (!to) {
		printf("%-5s  %-4s  list %s  %llu IPv4 addresses  %llu IPv6 prefixes  %llu packets "
		       " %llu bytes\n",
		       acl_verdict_name(record->verdict), acl_sides_name(record->sides),
		       record->name, size.addresses4, size.prefixes6, hits.rx_packets,
		       hits.rx_bytes);
		return 0;
	}
	one = list_json(record, number, &size);
	put_hits(one, &hits);
	json_object_array_add(to, one);
	return 0;
}

void acl_show_list_edit(const struct acl_session *session, const char *name)
{
	const struct acl_lists *lists = &session->lists;
	struct json_object *edit = session->config->edit;
	int number = acl_lists_find(lists, name);
	struct acl_list_size size;

	if (edit && !acl_list_measure(lists, number, &size))
		json_object_object_add(edit, "list",
		                       list_json(&lists->record[number], number, &size));
}

/* In the order in which they decide. */
static int show_all(const struct acl_session *session, const struct acl_rules *rules)
{
	struct json_object *document = NULL, *array = NULL, *list_array = NULL;
	int err = 0;

	if (session->config->json) {
		document = config_json_begin(ACL_SCHEMA, session->config);
		array = json_object_new_array();
		list_array = json_object_new_array();
		json_put_string(document, "policy", acl_policy_name(&rules->settings));
		json_object_object_add(document, "rules", array);
		json_object_object_add(document, "lists", list_array);
	}
	for (size_t i = 0; i < rules->len && !err; i++)
		err = show_rule(&session->maps, &rules->list[i], array);
	for (int i = 0; i < ACL_LISTS && !err; i++)
		if (session->lists.record[i].verdict)
			err = show_list(&session->lists, i, list_array);
	if (!document)
		printf("policy %s\n", acl_policy_name(&rules->settings));
	else if (err)
		json_object_put(document);
	else
		err = json_end(document);
	return err;
}

static int print_range(void *context, const struct acl_rule *range)
{
	char text[ACL_ENTRY_TEXT];

	acl_entry_print(range, text);
	if (context)
		json_object_array_add(context, json_object_new_string(text));
	else
		puts(text);
	return 0;
}

/* What is in the list that was named. */
static int show_content(const struct acl_session *session, const char *name)
{
	struct json_object *document, *one, *array;
	const struct acl_lists *lists = &session->lists;
	int number = acl_lists_find(lists, name), err;
	struct acl_list_size size;

	if (number < 0)
		return rejected(number, "cannot find list %s of %s", name,
		                session->config->iface.name);
	if (!session->config->json)
		return acl_list_each(lists, number, print_range, NULL);
	err = acl_list_measure(lists, number, &size);
	if (err)
		return err;
	document = config_json_begin(ACL_SCHEMA, session->config);
	one = list_json(&lists->record[number], number, &size);
	array = json_object_new_array();
	json_object_object_add(document, "list", one);
	json_object_object_add(one, "entries", array);
	err = acl_list_each(lists, number, print_range, array);
	return err ? err : json_end(document);
}

/* A part of what is saved would load as well: what cannot be read is found out before. */
static int try_lists(const struct acl_lists *lists)
{
	struct acl_list_size size;
	int err = 0;

	for (int i = 0; i < ACL_LISTS && !err; i++)
		if (lists->record[i].verdict)
			err = acl_list_measure(lists, i, &size);
	return err;
}

/* What load reads: rules, then each list with its addresses. */
static int save_all(const struct acl_session *session, const struct acl_rules *rules)
{
	const struct acl_lists *lists = &session->lists;
	char text[ACL_ENTRY_TEXT];
	int err = try_lists(lists);

	if (err)
		return err;
	printf("policy %s\n", acl_policy_name(&rules->settings));
	for (size_t i = 0; i < rules->len; i++) {
		acl_entry_print(&rules->list[i], text);
		printf("%s %s %s\n", text, acl_sides_name(rules->list[i].sides),
		       acl_verdict_name(rules->list[i].verdict));
	}
	for (int i = 0; i < ACL_LISTS && !err; i++) {
		if (!lists->record[i].verdict)
			continue;
		printf("list %s %s %s\n", lists->record[i].name,
		       acl_verdict_name(lists->record[i].verdict),
		       acl_sides_name(lists->record[i].sides));
		err = acl_list_each(lists, i, print_range, NULL);
	}
	return err;
}

static int show(struct config *config, const struct acl_options *options,
                int (*all)(const struct acl_session *session, const struct acl_rules *rules))
{
	struct acl_rules rules = {};
	struct acl_session session;
	int err;

	err = acl_session_open(&session, config, CONFIG_READ);
	if (!err && options->list)
		err = acl_session_need_lists(&session);
	if (!err)
		err = acl_rules_read(&rules, &session.maps);
	if (!err && !options->list)
		err = acl_rules_check(&rules, &session.maps);
	if (!err)
		err = options->list ? show_content(&session, options->list) : all(&session, &rules);
	acl_rules_free(&rules);
	acl_session_close(&session);
	return err ? EXIT_KERNEL : EXIT_SUCCESS;
}

int acl_list(struct config *config, const struct acl_options *options)
{
	return show(config, options, show_all);
}

int acl_save(struct config *config, const struct acl_options *options)
{
	return show(config, options, config->json ? show_all : save_all);
}
