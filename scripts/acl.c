// SPDX-License-Identifier: GPL-2.0-or-later
/* acl - edit and test the allow and deny lists of an interface */
#include <stdio.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "scripts/acl_edit.h"
#include "scripts/acl_load.h"
#include "scripts/acl_show.h"
#include "scripts/acl_test.h"

static const struct option options[] = {
	{ "list", required_argument, NULL, 'l' },
	{ "keep-going", no_argument, NULL, 'k' },
	{ "dst", required_argument, NULL, 'D' },
	{ "sport", required_argument, NULL, 'S' },
	{ "mac", required_argument, NULL, 'M' },
	{ "dst-mac", required_argument, NULL, 'E' },
	CONFIG_OPTIONS,
	{},
};

/* clang-format off */
static const char usage[] =
	"Usage: %s [options] <ifname> [list]\n"
	"       %s [options] <ifname> <verb> [<argument>...]\n"
	"Edit and test the allow and deny lists of an interface.\n"
	"\n"
	"  list                  show policy, rules, lists and what they counted\n"
	"  add ENTRY... [WORD...]   ENTRY: 192.0.2.1 2001:db8::/32 10.0.0.1-10.0.0.9\n"
	"                        tcp/80 udp/1000-2000 02:00:00:00:00:01\n"
	"                        WORD: src dst both allow deny; src (ports: dst) and deny\n"
	"  del ENTRY... [WORD...]   remove the rules of these entries\n"
	"  flush                 remove all rules; with --list, that list\n"
	"  load FILE             replace all rules, or a list, in one step; - is stdin\n"
	"  save                  print what load reads\n"
	"  policy pass|drop|drop-ip   what becomes of all else; drop-ip: ARP passes\n"
	"  test ADDRESS [tcp/PORT|udp/PORT]   say which rule or list decides about it\n"
	"\n"
	"  -l, --list <name>     work on the addresses of a list instead of rules\n"
	"  -k, --keep-going      leave out what is refused; exit status 3\n"
	"      --dst <address>   destination address of the packet to test\n"
	"      --sport <port>    its source port\n"
	"      --mac <mac>       its Ethernet source address\n"
	"      --dst-mac <mac>   its Ethernet destination address\n"
	"  -j, --json            print JSON\n"
	"      --netns <ns>      interface of that network namespace: name, path or pid\n"
	"  -v, --verbose         also print libbpf's messages\n"
	"  -h, --help            show this help\n"
	"  -V, --version         show the version\n"
	"\n"
	"Example: acl eth0 add 192.0.2.0/24 tcp/23 deny\n";
/* clang-format on */

static struct acl_options asked;

static int run_list(struct config *config, char **words, int count)
{
	(void)words, (void)count;
	return acl_list(config, &asked);
}

static int run_save(struct config *config, char **words, int count)
{
	(void)words, (void)count;
	return acl_save(config, &asked);
}

static int run_add(struct config *config, char **words, int count)
{
	return acl_add(config, &asked, words, count);
}

static int run_del(struct config *config, char **words, int count)
{
	return acl_del(config, &asked, words, count);
}

static int run_flush(struct config *config, char **words, int count)
{
	(void)words, (void)count;
	return acl_flush(config, &asked);
}

static int run_load(struct config *config, char **words, int count)
{
	return acl_load(config, &asked, words[0], words + 1, count - 1);
}

static int run_policy(struct config *config, char **words, int count)
{
	return acl_policy(config, count ? words[0] : NULL);
}

static int run_test(struct config *config, char **words, int count)
{
	return acl_test(config, &asked, words[0], count > 1 ? words[1] : NULL);
}

static const struct config_verb verbs[] = {
	{ "list", CONFIG_READ, 0, 0, run_list },
	{ "add", CONFIG_WRITE, 1, -1, run_add },
	{ "del", CONFIG_WRITE, 1, -1, run_del },
	{ "flush", CONFIG_WRITE, 0, 0, run_flush },
	{ "load", CONFIG_WRITE_LATER, 1, 3, run_load },
	{ "save", CONFIG_READ, 0, 0, run_save },
	{ "policy", CONFIG_WRITE_LATER, 0, 1, run_policy },
	{ "test", CONFIG_READ, 1, 2, run_test },
	{},
};

/* What would be taken for asked, and is not. Returns NULL if there is nothing. */
static const char *useless_option(const char *verb)
{
	bool is_test = verb && !strcmp(verb, "test");

	if (asked.list && verb && (is_test || !strcmp(verb, "policy")))
		return "--list goes with list, add, del, flush, load and save";
	if (!is_test && (asked.destination || asked.sport || asked.mac || asked.destination_mac))
		return "--dst, --sport, --mac and --dst-mac go with test";
	return NULL;
}

int main(int argc, char **argv)
{
	const char *useless;
	int c, status;

	argv[0] = (char *)cli_name("acl");
	while ((c = cli_option(argc, argv, "l:kjvhV", options, "")) != -1) {
		status = -1;
		switch (c) {
		case 'l': asked.list = optarg; break;
		case 'k': asked.keep_going = true; break;
		case 'D': asked.destination = optarg; break;
		case 'S': asked.sport = optarg; break;
		case 'M': asked.mac = optarg; break;
		case 'E': asked.destination_mac = optarg; break;
		default: status = config_option(&asked.config, c, "acl", usage); break;
		}
		if (status >= 0)
			return status;
	}
	useless = useless_option(argc - optind > 1 ? argv[optind + 1] : NULL);
	if (useless)
		return cli_misused("acl", "%s", useless);
	return config_run(verbs, &asked.config, "acl", "acl", argv + optind, argc - optind);
}
