// SPDX-License-Identifier: GPL-2.0-or-later
/* rewrite - edit the rules by which the rewrite programs of an interface change packets */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "bpffs/cli.h"
#include "bpffs/json.h"
#include "bpffs/log.h"
#include "scripts/config_use.h"
#include "scripts/rewrite_load.h"
#include "scripts/rewrite_rules.h"

#define SCHEMA "ifbpf.rewrite/1"

static const struct option options[] = {
	{ "keep-going", no_argument, NULL, 'k' },
	CONFIG_OPTIONS,
	{},
};

/* clang-format off */
static const char usage[] =
	"Usage: %s [options] <ifname> [list]\n"
	"       rewrite [options] <ifname> add | replace <match>... <action>...\n"
	"       rewrite [options] <ifname> del <match>...\n"
	"       rewrite [options] <ifname> flush | save\n"
	"       rewrite [options] <ifname> load FILE\n"
	"Edit the rules by which the programs xdp_rewrite and tc_rewrite of an interface\n"
	"change packets. Of the rules that fit a packet, the one that says most is taken.\n"
	"\n"
	"match:   any               all packets; alone\n"
	"         in | out           received (XDP, tc ingress), sent (tc egress)\n"
	"         vlan ID | none     of the outer tag\n"
	"         src, dst ADDRESS[/LENGTH]\n"
	"         tcp | udp | icmp | icmp6 | proto NUMBER\n"
	"         sport, dport PORT\n"
	"action:  pop                the outer VLAN tag\n"
	"         push ID [prio N] [802.1ad]\n"
	"         set [vlan ID] [src ADDRESS] [dst ADDRESS] [sport PORT] [dport PORT]\n"
	"             [smac MAC] [dmac MAC]\n"
	"\n"
	"  load FILE           put the rules of a file, each as behind add, in place of\n"
	"                      all; - is stdin\n"
	"  save                print what load reads\n"
	"\n"
	"  -k, --keep-going    load what is right of a file with bad lines; exit status 3\n"
	"  -j, --json          print one JSON document\n"
	"      --netns <ns>    interface of that network namespace: name, path or pid\n"
	"  -v, --verbose       also print libbpf's messages\n"
	"  -h, --help          show this help\n"
	"  -V, --version       show the version\n"
	"\n"
	"Example: %s eth0 add in dst 192.0.2.1 tcp dport 80 set dport 8080\n";
/* clang-format on */

static int list_json(const struct config *config, const struct rules *rules)
{
	struct json_object *document = config_json_begin(SCHEMA, config);
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < rules->len; i++)
		json_object_array_add(list, rule_json(&rules->list[i]));
	json_object_object_add(document, "rules", list);
	return json_end(document) ? EXIT_KERNEL : EXIT_SUCCESS;
}

static int list(struct config *config, char **argv, int argc)
{
	struct rules rules;
	int status = EXIT_SUCCESS;

	(void)argv;
	(void)argc;
	if (rules_open(&rules, config, CONFIG_READ))
		return EXIT_KERNEL;
	if (config->json)
		status = list_json(config, &rules);
	for (size_t i = 0; !config->json && i < rules.len; i++) {
		fputs(config->iface.name, stdout);
		rule_print(stdout, &rules.list[i]);
		printf("  %llu packets  %llu bytes\n",
		       (unsigned long long)rules.list[i].hits.rx_packets,
		       (unsigned long long)rules.list[i].hits.rx_bytes);
	}
	rules_close(&rules);
	return status;
}

static int save(struct config *config, char **argv, int argc)
{
	return config->json ? list(config, argv, argc) : rewrite_save(config, argv, argc);
}

static int edit(struct config *config, const struct rule *rule,
                int (*change)(struct rules *rules, const struct rule *rule))
{
	struct rules rules;
	int err = rules_open(&rules, config, CONFIG_WRITE);

	if (err)
		return EXIT_KERNEL;
	err = change(&rules, rule);
	rules_close(&rules);
	return err ? EXIT_KERNEL : EXIT_SUCCESS;
}

static int change_add(struct rules *rules, const struct rule *rule)
{
	return rules_add(rules, rule, false);
}

static int change_replace(struct rules *rules, const struct rule *rule)
{
	return rules_add(rules, rule, true);
}

static int change_flush(struct rules *rules, const struct rule *rule)
{
	(void)rule;
	return rules_flush(rules);
}

static int add(struct config *config, char **argv, int argc)
{
	struct rule rule;

	return rule_parse(&rule, argv, argc, true) ? EXIT_USAGE : edit(config, &rule, change_add);
}

static int replace(struct config *config, char **argv, int argc)
{
	struct rule rule;

	return rule_parse(&rule, argv, argc, true) ? EXIT_USAGE
	                                           : edit(config, &rule, change_replace);
}

static int delete (struct config *config, char **argv, int argc)
{
	struct rule rule;

	if (!argc) {
		rejected(-EINVAL, "cannot delete a rule: it is not said which");
		hint("the one for all packets: %s %s del any", cli_command("rewrite"),
		     cli_word(config->iface.name));
		return EXIT_USAGE;
	}
	return rule_parse(&rule, argv, argc, false) ? EXIT_USAGE
	                                            : edit(config, &rule, rules_delete);
}

static int flush(struct config *config, char **argv, int argc)
{
	(void)argv;
	(void)argc;
	return edit(config, NULL, change_flush);
}

static bool keep_going;

static int load(struct config *config, char **argv, int argc)
{
	(void)argc;
	return rewrite_load(config, argv[0], keep_going);
}

static const struct config_verb verbs[] = {
	{ "list", CONFIG_READ, 0, 0, list },         { "add", CONFIG_WRITE, 1, -1, add },
	{ "replace", CONFIG_WRITE, 1, -1, replace }, { "del", CONFIG_WRITE, 0, -1, delete },
	{ "flush", CONFIG_WRITE, 0, 0, flush },      { "load", CONFIG_WRITE_LATER, 1, 1, load },
	{ "save", CONFIG_READ, 0, 0, save },         {},
};

int main(int argc, char **argv)
{
	struct config_options how = {};
	int c, status;

	argv[0] = (char *)cli_name("rewrite");
	while ((c = cli_option(argc, argv, "kjvhV", options, "")) != -1) {
		if (c == 'k') {
			keep_going = true;
			continue;
		}
		status = config_option(&how, c, "rewrite", usage);
		if (status >= 0)
			return status;
	}
	return config_run(verbs, &how, "rewrite", "rewrite", argv + optind, argc - optind);
}
