// SPDX-License-Identifier: GPL-2.0-or-later
/* e_ifbpf.so - tc exec ifbpf VERB ... dev IF: the verbs of ifbpf(8) as words of tc */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "compat/iproute2.h"
#include "compat/plugin.h"

/* clang-format off */
static const char help[] =
	"Usage: tc exec ifbpf VERB [ OPTIONS ] [ dev IFNAME ]... [ ARGUMENTS ]\n"
	"       tc exec ifbpf load [ OPTIONS ] dev IFNAME obj OBJECT\n"
	"\t[ section NAME | program NAME ] [ mode { skb | native | hw } ]\n"
	"\n"
	"Where VERB := { pin | load | unload | stats | status | ... }, see\n"
	"'ifbpf --help', OPTIONS and ARGUMENTS are those of the verb, and\n"
	"OBJECT := { FILE | NAME }.\n"
	"\n"
	"Example: tc exec ifbpf stats dev eth0\n";
/* clang-format on */

/* Verbs are names of files: nothing that leads elsewhere. */
static bool is_verb(const char *word)
{
	for (const char *s = word; *s; s++)
		if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s) && *s != '_')
			return false;
	return *word;
}

/* An interface may be called -x: what follows is no option then. */
static void add_interface(struct plugin_words *words, const char *ifname, bool *ended)
{
	if (*ifname == '-' && !*ended) {
		plugin_add(words, "--");
		*ended = true;
	}
	plugin_add(words, ifname);
}

/* load takes its object last, and words of iproute2 for some of its options. */
static const char *load_option(const char *word)
{
	if (!strcmp(word, "sec") || !strcmp(word, "section"))
		return "--section";
	if (!strcmp(word, "program"))
		return "--prog-name";
	return strcmp(word, "mode") ? NULL : "--mode";
}

static int translate(int argc, char **argv, struct plugin_words *words)
{
	bool load = !strcmp(argv[0], "load"), ended = false;
	struct plugin_words interfaces = {}, objects = {};

	plugin_add(words, strcmp(argv[0], "pin") ? argv[0] : "pin_maps");
	for (int i = 1; i < argc; i++) {
		const char *option = load ? load_option(argv[i]) : NULL;
		bool object = load && !strcmp(argv[i], "obj"), dev = !strcmp(argv[i], "dev");

		if (!option && !object && !dev) {
			plugin_add(words, argv[i]);
			continue;
		}
		if (i + 1 == argc)
			return plugin_failed("'%s' needs a value", argv[i]);
		i++;
		if (option) {
			plugin_add(words, option);
			plugin_add(words, argv[i]);
		} else if (object) {
			plugin_add(&objects, argv[i]);
		} else if (load) {
			plugin_add(&interfaces, argv[i]);
		} else {
			add_interface(words, argv[i], &ended);
		}
	}
	for (unsigned int i = 0; i < interfaces.len; i++)
		add_interface(words, interfaces.list[i], &ended);
	for (unsigned int i = 0; i < objects.len; i++)
		add_interface(words, objects.list[i], &ended);
	words->full = words->full || interfaces.full || objects.full;
	return 0;
}

/* Whatever is returned becomes the exit status of tc. */
static int parse_exec(struct exec_util *self, int argc, char **argv)
{
	struct plugin_words words = {};
	int status;

	(void)self;
	if (!argc || !strcmp(*argv, "help")) {
		fputs(help, stderr);
		return argc ? EXIT_SUCCESS : EXIT_USAGE;
	}
	if (!is_verb(*argv)) {
		plugin_failed("'%s' is no verb: try 'tc exec ifbpf help'", *argv);
		return EXIT_USAGE;
	}
	if (translate(argc, argv, &words))
		return EXIT_USAGE;
	status = plugin_check_bpffs() ? -1 : plugin_run(&words, PLUGIN_SHOW, NULL);
	return status < 0 ? EXIT_KERNEL : status;
}

IPROUTE2_PLUGIN struct exec_util ifbpf_exec_util = {
	.id = "ifbpf",
	.parse_eopt = parse_exec,
};
