// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/log.h"
#include "scripts/acl_decide.h"
#include "scripts/acl_entry.h"
#include "scripts/acl_show.h"
#include "scripts/acl_test.h"
#include "scripts/config_use.h"

/* By the bits of acl_left_out(). */
static const char *const subjects[] = { "Ethernet source address",
	                                "Ethernet destination address",
	                                "source address",
	                                "destination address",
	                                "source port",
	                                "destination port" };

static bool is_single(const struct acl_rule *rule)
{
	return !memcmp(rule->first, rule->last, sizeof(rule->first));
}

static int parse(struct acl_rule *to, const char *text, const char *what, bool (*fits)(__u8 kind))
{
	const char *reason = acl_entry_parse(to, text, strlen(text), ACL_NO_ENTRY);

	if (!reason && fits(to->kind) && is_single(to))
		return 0;
	if (reason && fits(to->kind))
		note("%s", reason);
	else
		note("'%s' is no %s", text, what);
	return -EINVAL;
}

static bool is_address(__u8 kind)
{
	return kind == ACL_RULE_IP4 || kind == ACL_RULE_IP6;
}

static bool is_mac(__u8 kind)
{
	return kind == ACL_RULE_MAC;
}

static bool is_port(__u8 kind)
{
	return kind == ACL_RULE_PORTS;
}

/* A source port is of the protocol that the destination port has. */
static int parse_sport(struct acl_packet *packet, const char *text)
{
	char port[16];

	if (!packet->port[ACL_DESTINATION].kind) {
		note("--sport needs a destination port: tcp/PORT or udp/PORT");
		return -EINVAL;
	}
	snprintf(port, sizeof(port), "%s/%s",
	         packet->port[ACL_DESTINATION].protocol == IPPROTO_UDP ? "udp" : "tcp", text);
	return parse(&packet->port[ACL_SOURCE], port, "port", is_port);
}

static int parse_all(struct acl_packet *packet, const struct acl_options *options,
                     const char *source, const char *port)
{
	int err;

	memset(packet, 0, sizeof(*packet));
	err = parse(&packet->address[ACL_SOURCE], source, "address", is_address);
	if (!err && options->destination)
		err = parse(&packet->address[ACL_DESTINATION], options->destination, "address",
		            is_address);
	if (!err && port)
		err = parse(&packet->port[ACL_DESTINATION], port, "port: tcp/PORT or udp/PORT",
		            is_port);
	if (!err && options->sport)
		err = parse_sport(packet, options->sport);
	if (!err && options->mac)
		err = parse(&packet->mac[ACL_SOURCE], options->mac, "Ethernet address", is_mac);
	if (!err && options->destination_mac)
		err = parse(&packet->mac[ACL_DESTINATION], options->destination_mac,
		            "Ethernet address", is_mac);
	if (!err && options->destination &&
	    packet->address[ACL_SOURCE].kind != packet->address[ACL_DESTINATION].kind) {
		note("one address is IPv4, the other IPv6");
		err = -EINVAL;
	}
	return err;
}

static void print_text(const struct acl_rules *rules, const struct acl_answer *answer,
                       unsigned int missing)
{
	char met[ACL_ENTRY_TEXT], by[ACL_ENTRY_TEXT];

	printf("%s: ", acl_verdict_name(answer->verdict));
	if (answer->met)
		acl_entry_print(answer->met, met);
	if (answer->list) {
		acl_entry_print(&answer->around, by);
		printf("list %s %s %s has %s, with its %s %s\n", answer->list->name,
		       acl_sides_name(answer->list->sides), acl_verdict_name(answer->verdict), by,
		       acl_sides_name(1 << answer->direction), met);
	} else if (answer->rule) {
		acl_entry_print(answer->rule, by);
		printf("rule %s %s %s has its %s %s\n", by, acl_sides_name(answer->rule->sides),
		       acl_verdict_name(answer->verdict), acl_sides_name(1 << answer->direction),
		       met);
	} else {
		printf("no rule or list has it, and the policy is %s\n",
		       acl_policy_name(&rules->settings));
	}
	if (!missing)
		return;
	printf("not asked, since it is not given:");
	for (size_t i = 0; i < sizeof(subjects) / sizeof(*subjects); i++)
		if (missing & (1 << i))
			printf(" %s%s", subjects[i], missing >> (i + 1) ? "," : "\n");
}

static int print_json(const struct config *config, const struct acl_rules *rules,
                      const struct acl_answer *answer, unsigned int missing)
{
	struct json_object *document = config_json_begin(ACL_SCHEMA, config);
	struct json_object *array = json_object_new_array();
	char text[ACL_ENTRY_TEXT];

	json_put_string(document, "verdict", acl_verdict_name(answer->verdict));
	json_put_string(document, "by", answer->rule ? "rule" : answer->list ? "list" : "policy");
	json_put_string(document, "policy", acl_policy_name(&rules->settings));
	if (answer->rule)
		json_object_object_add(document, "rule", acl_rule_json(answer->rule));
	if (answer->list) {
		acl_entry_print(&answer->around, text);
		json_put_string(document, "list", answer->list->name);
		json_put_string(document, "entry", text);
	}
	if (answer->met) {
		acl_entry_print(answer->met, text);
		json_put_string(document, "met", text);
		json_put_string(document, "direction", acl_sides_name(1 << answer->direction));
	}
	for (size_t i = 0; i < sizeof(subjects) / sizeof(*subjects); i++)
		if (missing & (1 << i))
			json_object_array_add(array, json_object_new_string(subjects[i]));
	json_object_object_add(document, "not_asked", array);
	return json_end(document);
}

int acl_test(struct config *config, const struct acl_options *options, const char *source,
             const char *port)
{
	struct acl_rules rules = {};
	struct acl_session session;
	struct acl_answer answer;
	struct acl_packet packet;
	unsigned int missing;
	int err;

	if (parse_all(&packet, options, source, port))
		return EXIT_USAGE;
	err = acl_session_open(&session, config, CONFIG_READ);
	if (!err)
		err = acl_rules_read(&rules, &session.maps);
	if (!err)
		err = acl_rules_check(&rules, &session.maps);
	if (!err) {
		acl_decide(&session, &rules, &packet, &answer);
		missing = acl_left_out(&session, &rules.settings, &packet);
		if (config->json)
			err = print_json(config, &rules, &answer, missing);
		else
			print_text(&rules, &answer, missing);
	}
	acl_rules_free(&rules);
	acl_session_close(&session);
	return err ? EXIT_KERNEL : EXIT_SUCCESS;
}
