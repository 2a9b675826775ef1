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
	"\t[ sec NAME | program NAME ] [ mode { native | skb | auto } ]\n"
	"\n"
	"Where VERB := { pin | load | unload | stats | status | ... }, see\n"
	"'ifbpf --help', OPTIONS and ARGUMENTS are those of the verb, see\n"
	"'tc exec ifbpf VERB help', and OBJECT := { FILE | NAME }.\n"
	"\n"
	"Example: tc exec ifbpf stats dev eth0\n";
/* clang-format on */

static bool is_help(const char *word)
{
	return !strcmp(word, "help") || !strcmp(word, "--help") || !strcmp(word, "-h");
}

/* The name of the program of a verb. */
static const char *tool_of(const char *verb)
{
	return strcmp(verb, "pin") ? verb : "pin_maps";
}

/* Verbs are names of files: nothing that leads elsewhere. Where no tool is at all, it is no slip.
 */
static bool is_verb(const char *word)
{
	for (const char *s = word; *s; s++)
		if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s) && *s != '_')
			return false;
	return *word && (plugin_has(tool_of(word)) || !plugin_has("load"));
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

/* An option of load that has its value in the next word. */
static bool takes_word(const char *option)
{
	static const char *const all[] = {
		"-s",   "--section", "-n",      "--prog-name",   "-m",     "--mode", "--hook",
		"--tc", "--expect",  "--class", "--on-mismatch", "--netns"
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(option, all[i]))
			return true;
	return false;
}

/* load IF OBJ as it is, or all by words: then any other is a slip, and no further interface. */
static int translate_load(int argc, char **argv, struct plugin_words *words)
{
	struct plugin_words interfaces = {};
	const char *object = NULL, *bare = NULL;
	bool ended = false;

	for (int i = 1; i < argc; i++) {
		const char *word = argv[i], *option = load_option(word);
		bool obj = !strcmp(word, "obj"), dev = !strcmp(word, "dev");

		if (!option && !obj && !dev) {
			if (*word != '-' && !bare)
				bare = word;
			plugin_add(words, word);
			if (takes_word(word) && i + 1 < argc)
				plugin_add(words, argv[++i]);
			continue;
		}
		if (i + 1 == argc)
			return plugin_failed("'%s' needs a value", word);
		i++;
		if (obj && plugin_set(&object, word, argv[i]))
			return -1;
		if (dev)
			plugin_add(&interfaces, argv[i]);
		if (option) {
			plugin_add(words, option);
			plugin_add(words, argv[i]);
		}
	}
	if (bare && (object || interfaces.len))
		return plugin_failed("what is '%s'? Try 'tc exec ifbpf help'", bare);
	for (unsigned int i = 0; i < interfaces.len; i++)
		add_interface(words, interfaces.list[i], &ended);
	if (object)
		add_interface(words, object, &ended);
	words->full = words->full || interfaces.full;
	return 0;
}

/* Behind the interfaces, if there are any; one of that name is 'dev help'. */
static bool asks_for_help(int argc, char **argv)
{
	if (argc % 2 || strcmp(argv[argc - 1], "help"))
		return false;
	for (int i = 1; i + 1 < argc; i += 2)
		if (strcmp(argv[i], "dev"))
			return false;
	return true;
}

static int translate(int argc, char **argv, struct plugin_words *words)
{
	bool ended = false;

	plugin_add(words, tool_of(argv[0]));
	if (asks_for_help(argc, argv)) {
		plugin_add(words, "--help");
		return 0;
	}
	if (!strcmp(argv[0], "load"))
		return translate_load(argc, argv, words);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "dev")) {
			plugin_add(words, argv[i]);
			continue;
		}
		if (i + 1 == argc)
			return plugin_failed("'dev' needs a value");
		add_interface(words, argv[++i], &ended);
	}
	return 0;
}

/* Whatever is returned becomes the exit status of tc. */
static int parse_exec(struct exec_util *self, int argc, char **argv)
{
	struct plugin_words words = {};
	int status;

	(void)self;
	if (!argc || is_help(*argv)) {
		fputs(help, stderr);
		return argc ? EXIT_SUCCESS : EXIT_USAGE;
	}
	if (!strcmp(*argv, "--version") || !strcmp(*argv, "-V")) {
		puts("ifbpf " VERSION);
		return EXIT_SUCCESS;
	}
	if (!is_verb(*argv)) {
		plugin_failed("unknown verb '%s': try 'tc exec ifbpf help'", *argv);
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
