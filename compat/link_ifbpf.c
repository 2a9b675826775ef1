// SPDX-License-Identifier: GPL-2.0-or-later
/* link_ifbpf.so - ip link set dev IF type ifbpf obj FILE: XDP with the maps of IF */
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>
#include "compat/iproute2.h"
#include "compat/message.h"
#include "compat/plugin.h"

/* clang-format off */
static const char help[] =
	"Usage: ip link set dev IFNAME type ifbpf obj OBJECT\n"
	"\t[ sec NAME | program NAME ] [ mode { native | skb | auto } ]\n"
	"       ip link set dev IFNAME type ifbpf off\n"
	"\n"
	"Where OBJECT := { NAME | FILE }, the name of an installed object, or if there\n"
	"is none, a file; with a slash, always a file. The program is put on XDP; one\n"
	"of ours that is there is replaced in one step. Its maps are those of the\n"
	"interface, in its directory /sys/fs/bpf/IFNAME/, which go on counting, and\n"
	"stay when it is taken off.\n"
	"\n"
	"Example: ip link set dev eth0 type ifbpf obj xdp_pass\n";
/* clang-format on */

struct wish {
	const char *object, *section, *program, *mode;
	bool off;
};

/* Returns 1 if help was asked for, or -1, reported. */
static int parse(int argc, char **argv, struct wish *wish)
{
	for (; argc > 0; argc--, argv++) {
		const char *word = *argv, **value;

		if (!strcmp(word, "help"))
			return 1;
		if (!strcmp(word, "off")) {
			wish->off = true;
			continue;
		}
		if (!strcmp(word, "obj") || plugin_is(word, "object"))
			value = &wish->object;
		else if (!strcmp(word, "sec") || plugin_is(word, "section"))
			value = &wish->section;
		else if (plugin_is(word, "program"))
			value = &wish->program;
		else if (!strcmp(word, "mode"))
			value = &wish->mode;
		else
			return plugin_failed(
				"what is '%s'? Try 'ip link set dev IFNAME type ifbpf help'", word);
		if (argc < 2)
			return plugin_failed("'%s' needs a value", word);
		argc--, argv++;
		if (plugin_set(value, word, *argv))
			return -1;
	}
	if (wish->off && (wish->object || wish->section || wish->program || wish->mode))
		return plugin_failed("'off' stands alone");
	if (!wish->off && !wish->object)
		return plugin_failed("which object? Say 'obj OBJECT', or 'off'");
	return 0;
}

/* The words of the tool; without end: as a hint has them, which may be about the mode. */
static void add_words(struct plugin_words *words, const char *ifname, const struct wish *wish,
                      const char *end)
{
	plugin_add(words, wish->off ? "unload" : "load");
	plugin_add(words, "--hook");
	plugin_add(words, "xdp");
	if (wish->section) {
		plugin_add(words, "--section");
		plugin_add(words, wish->section);
	}
	if (wish->program) {
		plugin_add(words, "--prog-name");
		plugin_add(words, wish->program);
	}
	if (wish->mode && (end || !strcmp(wish->mode, "skb"))) {
		plugin_add(words, "--mode");
		plugin_add(words, wish->mode);
	}
	if (end)
		plugin_add(words, end);
	plugin_add(words, ifname);
	if (!wish->off)
		plugin_add(words, wish->object);
}

static int run_tool(const char *ifname, const struct wish *wish)
{
	struct plugin_words words = {}, command = {};

	add_words(&words, ifname, wish, "--");
	add_words(&command, ifname, wish, NULL);
	plugin_set_hinted(&words, "", &command);
	return plugin_run(&words, PLUGIN_HIDE, NULL) ? -1 : 0;
}

/* No program is on XDP, in any mode; false also where that cannot be told. */
static bool has_nothing(int ifindex)
{
	union {
		struct nlmsghdr header;
		char bytes[32768];
	} talk = {};
	struct ifinfomsg *link = NLMSG_DATA(&talk.header);
	struct rtattr *xdp, *attached = NULL;

	talk.header.nlmsg_len = NLMSG_LENGTH(sizeof(*link));
	talk.header.nlmsg_type = RTM_GETLINK;
	talk.header.nlmsg_flags = NLM_F_REQUEST;
	link->ifi_index = ifindex;
	if (!message_ask(&talk.header, sizeof(talk), RTM_NEWLINK))
		return false;
	xdp = message_find(&talk.header, sizeof(*link), IFLA_XDP);
	if (xdp)
		attached = message_find_in(xdp, IFLA_XDP_ATTACHED);
	return attached && *(__u8 *)RTA_DATA(attached) == XDP_ATTACHED_NONE;
}

/*
 * The command is about the program alone. ip sends the rest of it after the plugin: what the kernel
 * then refuses would fail with the program put on, and what deletes the link is no wish for XDP.
 */
static int check_request(const struct nlmsghdr *request, const struct rtattr *kind)
{
	const struct ifinfomsg *link = NLMSG_DATA(request);

	if (request->nlmsg_type != RTM_NEWLINK)
		return plugin_failed(
			"ifbpf is no kind of link to delete: 'ip link set dev IFNAME ...'");
	if (request->nlmsg_flags & NLM_F_CREATE)
		return plugin_failed("ifbpf is no kind of link to %s: 'ip link set dev IFNAME ...'",
		                     request->nlmsg_flags & NLM_F_REPLACE ? "replace" : "add");
	if (!kind)
		return plugin_failed("cannot find what ip wrote of the type");
	if (link->ifi_change || (char *)kind != (char *)request + NLMSG_SPACE(sizeof(*link)))
		return plugin_failed("cannot do two things at once: what else stands before 'type' "
		                     "takes a command of its own");
	return 0;
}

/*
 * The kernel knows no link of this kind, so it is cut off, and with it the data that ip has begun;
 * where ip then writes their lengths is behind the end of the message. Nothing is left to be done.
 */
static int parse_link(struct link_util *self, int argc, char **argv, struct nlmsghdr *request)
{
	const struct ifinfomsg *link = NLMSG_DATA(request);
	struct rtattr *kind = message_find(request, sizeof(*link), IFLA_LINKINFO);
	char ifname[IF_NAMESIZE];
	struct wish wish = {};
	int err;

	(void)self;
	err = parse(argc, argv, &wish);
	if (err > 0)
		fputs(help, stderr);
	if (err || check_request(request, kind))
		return -1;
	if (plugin_ifname(link->ifi_index, ifname) || plugin_check_bpffs())
		return -1;
	request->nlmsg_len = (char *)kind - (char *)request;
	/* As with 'xdp off'. */
	if (wish.off && has_nothing(link->ifi_index))
		return 0;
	return run_tool(ifname, &wish);
}

static void print_help(struct link_util *self, int argc, char **argv, FILE *out)
{
	(void)self;
	(void)argc;
	(void)argv;
	fputs(help, out);
}

IPROUTE2_PLUGIN struct link_util ifbpf_link_util = {
	.id = "ifbpf",
	.parse_opt = parse_link,
	.print_help = print_help,
};
