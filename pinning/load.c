// SPDX-License-Identifier: GPL-2.0-or-later
/* load - put a program on a hook of an interface; its maps are found, reused and kept */
#include <getopt.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/number.h"
#include "pinning/load_call.h"

static const struct option options[] = {
	{ "hook", required_argument, NULL, 'H' },
	{ "section", required_argument, NULL, 's' },
	{ "prog-name", required_argument, NULL, 'n' },
	{ "mode", required_argument, NULL, 'm' },
	{ "tc", required_argument, NULL, 't' },
	{ "link", no_argument, NULL, 'l' },
	{ "netlink", no_argument, NULL, 'L' },
	{ "join", no_argument, NULL, 'J' },
	{ "no-attach", no_argument, NULL, 'A' },
	{ "replace", no_argument, NULL, 'r' },
	{ "expect", required_argument, NULL, 'e' },
	{ "on-mismatch", required_argument, NULL, 'M' },
	{ "class", required_argument, NULL, 'c' },
	{ "fresh", no_argument, NULL, 'R' },
	{ "shared", no_argument, NULL, 'S' },
	{ "explain", no_argument, NULL, 'E' },
	{ "dry-run", no_argument, NULL, 'D' },
	{ "json", no_argument, NULL, 'j' },
	{ "netns", required_argument, NULL, 'N' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{},
};

/* clang-format off */
static const char usage[] =
	"Usage: %s [options] <ifname>... <object>\n"
	"Load a program and put it on a hook; what is ours there is replaced in one step.\n"
	"Maps that are pinned for the interface are used on, new ones are pinned.\n"
	"\n"
	"      --hook <hook>       xdp, tc_ingress or tc_egress; default: by the section\n"
	"  -s, --section <name>    the program in that ELF section\n"
	"  -n, --prog-name <name>  the program of that name\n"
	"  -m, --mode <mode>       XDP: native, skb or auto (as what it replaces, else\n"
	"                          native, or skb where the driver has none); no hw;\n"
	"                          default: as what it replaces, else native\n"
	"      --tc <way>          clsact, tcx or auto: as ours is attached, else clsact\n"
	"      --link              attach by a pinned bpf_link\n"
	"      --netlink           attach by none, also where ours is there by one\n"
	"      --join              behind a dispatcher, beside the programs of others\n"
	"      --no-attach         pin program and maps for ip and tc, attach nothing\n"
	"      --replace           replace also a program that is not ours\n"
	"      --expect <id>       only if program <id> is on the hook (0: none)\n"
	"      --on-mismatch <do>  where a pinned map is defined differently: fail,\n"
	"                          fresh (an empty map; the old one stays beside it) or\n"
	"                          migrate (its content is carried over);\n"
	"                          <map>=<do> is for that map\n"
	"      --class <map=class> config, counter or flow: how that map is carried over\n"
	"      --fresh             drop what an interface of that name left that is gone\n"
	"      --shared            several interfaces share one program and its maps\n"
	"      --explain           tell each stage; a load that fails does it by itself\n"
	"      --dry-run           do all of it up to the switch, leave nothing\n"
	"  -j, --json              print JSON\n"
	"      --netns <ns>        interface of that network namespace: name, path or pid\n"
	"  -v, --verbose           also print libbpf's messages\n"
	"  -h, --help              show this help\n"
	"  -V, --version           show the version\n"
	"\n"
	"Example: %s eth0 objects/xdp_drop.o && stats eth0\n";
/* clang-format on */

static const char *const tc_names[] = { "clsact", "tcx", "auto", NULL };
static const char *const mode_names[] = { "native", "skb", "auto", NULL };

/* The place of a word in a list, or -1 with what is wrong said. */
static int parse_word(const char *what, const char *text, const char *const names[])
{
	char list[128] = "";

	for (int i = 0; names[i]; i++) {
		if (!strcmp(text, names[i]))
			return i;
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
		         names[i]);
	}
	cli_misused("load", "no such %s '%s'; there is %s", what, text, list);
	return -1;
}

static bool parse_mode(const char *text, struct load_options *how)
{
	static const enum xdp_mode modes[] = { XDP_MODE_NATIVE, XDP_MODE_SKB, XDP_MODE_NONE };
	/* Known, and refused later for a reason of its own: none that could be asked for. */
	bool hw = !strcmp(text, "hw");
	int i = hw ? 0 : parse_word("mode", text, mode_names);

	if (i < 0)
		return false;
	how->has_mode = true;
	how->mode = hw ? XDP_MODE_HW : modes[i];
	return true;
}

static bool parse_tc(const char *text, struct load_options *how)
{
	int i = parse_word("way of tc", text, tc_names);

	how->has_tc = i == 0 || i == 1;
	how->tc = i == 1 ? ATTACH_TCX : ATTACH_CLSACT;
	return i >= 0;
}

static bool parse_id(const char *text, struct load_options *how)
{
	__u64 id = 0;
	bool good = number_parse(text, UINT32_MAX, &id);

	how->expect = (__u32)id;
	how->has_expect = true;
	if (good)
		return true;
	cli_misused("load", "'%s' is no program id", text);
	return false;
}

static bool parse_hook(const char *text, struct object_choice *choice)
{
	choice->hook = hook_parse(text);
	if (choice->hook < 0)
		cli_misused("load", "no such hook '%s'; there is xdp, tc_ingress, tc_egress", text);
	return choice->hook >= 0;
}

/* With one word alone, which of the two it is. */
static bool is_object(const char *word)
{
	size_t len = strlen(word);

	return len > 2 && !strcmp(word + len - 2, ".o") && !if_nametoindex(word);
}

/* Options that contradict each other. */
static bool go_together(const struct load_options *how, const struct object_choice *choice,
                        bool shared)
{
	const char *alone = how->link       ? "--link"
	                    : how->netlink  ? "--netlink"
	                    : how->has_mode ? "--mode"
	                    : how->has_tc   ? "--tc"
	                                    : NULL;

	const char *joined = how->no_attach    ? "--no-attach"
	                     : how->link       ? "--link"
	                     : how->netlink    ? "--netlink"
	                     : how->has_expect ? "--expect"
	                     : how->has_tc     ? "--tc"
	                     : how->replace    ? "--replace"
	                     : shared          ? "--shared"
	                                       : NULL;

	if (how->join && joined)
		cli_misused("load", "%s and --join do not go together", joined);
	else if (how->join && mismatch_any(&how->mismatch, MISMATCH_MIGRATE))
		cli_misused("load", "--join carries nothing over: --on-mismatch fresh, then "
		                    "pin_maps --carry");
	else if (how->no_attach && alone)
		cli_misused("load", "%s says how to attach, and --no-attach not to", alone);
	else if (how->link && how->netlink)
		cli_misused("load", "--link and --netlink do not go together");
	else if (how->link && how->has_tc && how->tc == ATTACH_CLSACT)
		cli_misused("load", "a filter of clsact cannot be a link");
	else if (how->has_tc && choice->hook == HOOK_XDP)
		cli_misused("load", "--tc is for the tc hooks, not for xdp");
	else if (how->has_mode && choice->hook > HOOK_XDP)
		cli_misused("load", "--mode is for xdp, not for %s", hook_name(choice->hook));
	else
		return true;
	return false;
}

int main(int argc, char **argv)
{
	static const char *const words[] = { "the interface", "the object file" };
	struct object_choice choice = { .hook = -1 };
	const char *classes[CARRY_CLASSES_MAX + 1] = {};
	struct load_options how = { .classes = classes };
	struct load_call call = { .choice = &choice, .how = &how };
	bool shared = false, verbose = false, good = true;
	struct explanation none = {};
	const char *netns = NULL;
	int c, err;

	argv[0] = (char *)cli_name("load");
	while (good && (c = cli_option(argc, argv, "s:n:m:jvhV", options, "cM")) != -1) {
		switch (c) {
		case 'H': good = parse_hook(optarg, &choice); break;
		case 's': choice.section = optarg; break;
		case 'n': choice.program = optarg; break;
		case 'm': good = parse_mode(optarg, &how); break;
		case 't': good = parse_tc(optarg, &how); break;
		case 'l': how.link = true; break;
		case 'L': how.netlink = true; break;
		case 'J': how.join = true; break;
		case 'A': how.no_attach = true; break;
		case 'r': how.replace = true; break;
		case 'e': good = parse_id(optarg, &how); break;
		case 'M': good = mismatch_parse("load", optarg, &how.mismatch); break;
		case 'c': good = carry_parse_class("load", optarg, classes); break;
		case 'R': how.fresh = true; break;
		case 'S': shared = true; break;
		case 'E': call.print.explain = true; break;
		case 'D': how.dry_run = call.print.dry_run = true; break;
		case 'j': call.print.json = true; break;
		case 'N':
			netns = optarg;
			cli_netns(netns);
			break;
		case 'v': verbose = true; break;
		case 'h': cli_usage(stdout, usage, "load"); return cli_finish(EXIT_SUCCESS);
		case 'V': puts("load " VERSION); return cli_finish(EXIT_SUCCESS);
		default: return cli_misused("load", NULL);
		}
	}
	if (good && argc - optind == 1 && is_object(argv[optind]))
		return cli_misused("load", "the interface is missing");
	if (!good || !go_together(&how, &choice, shared) ||
	    cli_expect_words("load", argc - optind, argv + optind, 2, -1, words))
		return EXIT_USAGE;
	log_init("load", verbose);
	choice.file = argv[argc - 1];
	/* What is said of the first interface, and read by nobody, does not keep off the others. */
	if (!how.dry_run && argc - optind > 2)
		cli_outlive_readers();
	err = netns ? netns_enter(netns) : 0;
	if (err) {
		load_explain_early(&none, EXPLAIN_ATTACH, NULL, err, &call);
		return cli_finish(EXIT_KERNEL);
	}
	return cli_finish_change(load_call(argv + optind, argc - 1 - optind, shared, &call));
}
