// SPDX-License-Identifier: GPL-2.0-or-later
/* f_ifbpf.so - tc filter add dev IF ingress ifbpf obj FILE: a bpf filter with the maps of IF */
#include <errno.h>
#include <libgen.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include "compat/iproute2.h"
#include "compat/message.h"
#include "compat/plugin.h"
#include "compat/prepared.h"

/* clang-format off */
static const char help[] =
	"Usage: ... ifbpf obj OBJECT [ sec NAME | program NAME ]\n"
	"\t[ da ] [ classid CLASSID ] [ skip_hw ]\n"
	"\n"
	"Where OBJECT := { NAME | FILE }, the name of an installed object, or if there\n"
	"is none, a file; with a slash, always a file. CLASSID := X:Y. sec is short for\n"
	"section, and da for direct-action: the program returns the action. The\n"
	"program's maps are those of the interface, in /sys/fs/bpf/IFNAME/, which go\n"
	"on counting; new ones are pinned there. The filter is one of kind bpf: shown,\n"
	"replaced and deleted as such.\n"
	"\n"
	"Example: tc filter add dev eth0 ingress pref 10 handle 1 ifbpf obj tc_pass da\n";
/* clang-format on */

struct wish {
	const char *object, *section, *program, *class_id;
	bool direct_action, skip_hw;
	__u32 class;
};

/* "1:10", both hexadecimal. */
static int parse_class(const char *text, __u32 *class)
{
	unsigned long major, minor = 0;
	char *end;

	major = strtoul(text, &end, 16);
	if (end == text || *end != ':' || major > 0xffff)
		return -1;
	if (end[1])
		minor = strtoul(end + 1, &end, 16);
	else
		end++;
	if (*end || minor > 0xffff)
		return -1;
	*class = (__u32)(major << 16 | minor);
	return 0;
}

/* Returns 1 if help was asked for, or -1, reported. */
static int parse(int argc, char **argv, struct wish *wish)
{
	for (; argc > 0; argc--, argv++) {
		const char *word = *argv, **value;

		if (!strcmp(word, "help"))
			return 1;
		if (!strcmp(word, "da") || plugin_is(word, "direct-action")) {
			wish->direct_action = true;
			continue;
		}
		if (!strcmp(word, "skip_hw")) {
			wish->skip_hw = true;
			continue;
		}
		if (!strcmp(word, "obj") || plugin_is(word, "object-file"))
			value = &wish->object;
		else if (!strcmp(word, "sec") || plugin_is(word, "section"))
			value = &wish->section;
		else if (plugin_is(word, "program"))
			value = &wish->program;
		else if (!strcmp(word, "classid") || !strcmp(word, "flowid"))
			value = &wish->class_id;
		else
			return plugin_failed("what is '%s'? Try 'tc filter add ... ifbpf help'",
			                     word);
		if (argc < 2)
			return plugin_failed("'%s' needs a value", word);
		argc--, argv++;
		if (plugin_set(value, word, *argv))
			return -1;
		if (value == &wish->class_id && parse_class(*argv, &wish->class))
			return plugin_failed("'%s' is no class id: it looks like 1:10", *argv);
	}
	return wish->object ? 0 : plugin_failed("which object? Say 'obj OBJECT'");
}

/* Then the number of the block is where the parent would be. */
static bool is_block(const struct tcmsg *tc)
{
	return tc->tcm_ifindex == (int)TCM_IFINDEX_MAGIC_BLOCK;
}

/* The hook that the filter is for, by our names; NULL if it is none of them. */
static const char *find_hook(const struct tcmsg *tc)
{
	if (is_block(tc))
		return NULL;
	switch (tc->tcm_parent) {
	case TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS):
	case TC_H_MAKE(TC_H_INGRESS, 0): return "tc_ingress";
	case TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS): return "tc_egress";
	default: return NULL;
	}
}

/* The filter is the kernel's own kind, and says so; the name comes last in what tc wrote. */
static int rename_kind(struct nlmsghdr *request)
{
	struct rtattr *kind = message_find(request, sizeof(struct tcmsg), TCA_KIND);

	if (kind)
		message_remove(request, kind);
	return message_add(request, TCA_KIND, "bpf", sizeof("bpf")) ? 0 : -1;
}

static int write_options(struct nlmsghdr *request, const struct wish *wish,
                         const struct prepared *prog)
{
	struct rtattr *options = message_add(request, TCA_OPTIONS, NULL, 0);
	char object[256], name[256]; /* CLS_BPF_NAME_LEN */
	bool good = options;

	snprintf(object, sizeof(object), "%s", wish->object);
	snprintf(name, sizeof(name), "%.180s:[%.64s]", basename(object), prog->name);
	good = good && message_add_u32(request, TCA_BPF_FD, prog->fd);
	good = good && message_add(request, TCA_BPF_NAME, name, strlen(name) + 1);
	if (wish->class_id)
		good = good && message_add_u32(request, TCA_BPF_CLASSID, wish->class);
	if (wish->direct_action)
		good = good && message_add_u32(request, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	if (wish->skip_hw)
		good = good && message_add_u32(request, TCA_BPF_FLAGS_GEN, TCA_CLS_FLAGS_SKIP_HW);
	if (!good)
		return plugin_failed("cannot write the filter: its message is full");
	message_end(request, options);
	return 0;
}

static int set_handle(struct tcmsg *tc, const char *handle)
{
	unsigned long number;
	char *end;

	if (!handle)
		return 0;
	errno = 0;
	number = strtoul(handle, &end, 0);
	if (end == handle || *end || *handle == '-')
		return plugin_failed("'%s' is no handle of a bpf filter: it is a number", handle);
	if (errno || number > (__u32)-1)
		return plugin_failed("'%s' is no handle of a bpf filter: the largest is 0xffffffff",
		                     handle);
	tc->tcm_handle = (__u32)number;
	return 0;
}

static int refuse_place(const struct tcmsg *tc)
{
	if (is_block(tc))
		return plugin_failed("cannot put a filter into block %u: interfaces share it, and "
		                     "the maps are those of one",
		                     tc->tcm_block_index);
	if (tc->tcm_parent && tc->tcm_parent != TC_H_ROOT)
		return plugin_failed("cannot put a filter on parent %x:%x: only 'ingress' and "
		                     "'egress' of a clsact qdisc are hooks",
		                     TC_H_MAJ(tc->tcm_parent) >> 16, TC_H_MIN(tc->tcm_parent));
	return plugin_failed("cannot tell the hook: say 'ingress' or 'egress' of a clsact qdisc");
}

/* What the request does to a filter, in the word of tc. */
static const char *verb_of(const struct nlmsghdr *request)
{
	if (request->nlmsg_type == RTM_DELTFILTER)
		return "delete";
	if (!(request->nlmsg_flags & NLM_F_CREATE))
		return "change";
	return request->nlmsg_flags & NLM_F_EXCL ? "add" : "replace";
}

/* The kernel's words for a hook without its qdisc. */
static void hint_qdisc(const struct tcmsg *tc)
{
	char ifname[IF_NAMESIZE];

	if (!plugin_ifname(tc->tcm_ifindex, ifname))
		plugin_hint("make the hooks: tc qdisc add dev %s clsact", ifname);
}

/*
 * Not left to tc, which sends it once the plugin has returned: how that ends would be seen only
 * when tc calls again, or ends, and others wait until then.
 */
static int send_filter(struct nlmsghdr *request)
{
	char words[256];
	int err = message_send(request, words, sizeof(words));

	if (!err) {
		if (*words)
			plugin_note("%s", words);
		message_void(request);
		return 0;
	}
	if (*words) {
		plugin_failed("cannot %s the filter: %s: %s", verb_of(request), words,
		              strerror(-err));
		if (strstr(words, "Parent Qdisc") && request->nlmsg_type == RTM_NEWTFILTER)
			hint_qdisc(NLMSG_DATA(request));
		return -1;
	}
	plugin_failed("cannot %s the filter: %s", verb_of(request), strerror(-err));
	if (err == -EPERM)
		plugin_hint("run as root, or with CAP_NET_ADMIN");
	return -1;
}

static int add_filter(struct nlmsghdr *request, const char *hook, const struct wish *wish)
{
	struct prepared *prog;
	int err;

	if (!hook)
		return refuse_place(NLMSG_DATA(request));
	if (plugin_check_bpffs() || prepared_begin(request, hook))
		return -1;
	prog = prepared_load(wish->object, wish->section, wish->program);
	err = !prog || write_options(request, wish, prog) || prepared_check(request)
	              ? -1
	              : send_filter(request);
	prepared_settle(!err);
	return err;
}

/* The program of a filter that goes is kept by its pin only. */
static int delete_filter(struct nlmsghdr *request, const char *hook)
{
	int err;

	if (!hook || !plugin_sees_bpffs())
		return 0;
	if (prepared_begin(request, hook))
		return -1;
	err = send_filter(request);
	prepared_settle(!err);
	return err;
}

static int parse_filter(struct filter_util *self, char *handle, int argc, char **argv,
                        struct nlmsghdr *request)
{
	const struct tcmsg *tc = NLMSG_DATA(request);
	struct wish wish = {};
	int err;

	(void)self;
	err = rename_kind(request) ? -1 : set_handle(NLMSG_DATA(request), handle);
	if (!err && !argc && request->nlmsg_type == RTM_DELTFILTER)
		return delete_filter(request, find_hook(tc));
	/* To get one. */
	if (err || (!argc && request->nlmsg_type != RTM_NEWTFILTER))
		return err;
	err = parse(argc, argv, &wish);
	if (err > 0)
		fputs(help, stderr);
	if (err)
		return -1;
	if (request->nlmsg_type != RTM_NEWTFILTER)
		return plugin_failed("a filter is found by pref and handle, without '%s'", *argv);
	return add_filter(request, find_hook(tc), &wish);
}

/* tc shows a filter by its kind, which is bpf: this is asked for none. */
static int print_filter(struct filter_util *self, FILE *out, struct rtattr *options, __u32 handle)
{
	(void)self;
	(void)options;
	fprintf(out, "handle 0x%x ", handle);
	return 0;
}

IPROUTE2_PLUGIN struct filter_util ifbpf_filter_util = {
	.id = "ifbpf",
	.parse_fopt = parse_filter,
	.print_fopt = print_filter,
};
